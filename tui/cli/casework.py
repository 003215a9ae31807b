"""The verbs of customer service: case list, show, ack, ask, answer, return, close."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from majlis.commands import Acknowledge, AnswerCase, AskBack, CloseCase, Command, OpenContact, ReturnCase
from majlis.errors import NoSuchCase
from majlis.escalation import case_document
from majlis.masking import cover
from majlis.ports import ViewName
from tui import wiring
from tui.cli.acting import desk_verb
from tui.cli.reading import listed, narrowing
from tui.cli.texts import text_arguments, text_of
from tui.cli.verbs import Verb
from tui.language import N_, _, word
from tui.times import when

if TYPE_CHECKING:
    from argparse import Namespace

    from majlis.escalation import Case
    from tui.cli.call import Call
    from tui.cli.output import Printer
    from tui.cli.parser import Parser
    from tui.wiring import Desktop

_EXAMPLE = "case-7f3a"


def _list(call: Call, options: Namespace) -> int:
    return asyncio.run(listed(call, options, ViewName.CASES))


def _case_argument(parser: Parser) -> None:
    parser.take("case", _("its name, as case list shows it"))


def _show_arguments(parser: Parser) -> None:
    _case_argument(parser)
    parser.option(
        "--contact", action="store_true", about=_("show what the person gave to be reached by; this is logged")
    )


def _show(call: Call, options: Namespace) -> int:
    return asyncio.run(_shown(call, options))


async def _shown(call: Call, options: Namespace) -> int:
    async with wiring.desktop(call.settings) as desktop:
        case = await desktop.store.case(options.case)
        if case is None:
            raise NoSuchCase(subject=options.case)
        if options.contact:
            await desktop.desk.do(OpenContact(case=case.id))
    if call.printer.json:
        call.printer.value(case_document(case, contact=options.contact))
    else:
        _print(call.printer, case, desktop, contact=options.contact)
    return 0


def _print(printer: Printer, case: Case, desktop: Desktop, *, contact: bool) -> None:
    now, hours, packet = desktop.clock.now(), desktop.desk.policy.hours, case.packet
    text = packet.text if contact else cover(packet.text, packet.contact)
    printer.line("  ".join((case.id, word(case.state), word(case.reason), word(case.urgency))))
    owed = [
        _("take it by {at}", at=when(case.acknowledge_by, now, hours)),
        _("answer by {at}", at=when(case.answer_by, now, hours)),
    ]
    printer.line("  ".join(owed))
    printer.line(_("handed over by {name}", name=case.operator))
    if case.note:
        printer.paragraph(case.note, indent=4)
    printer.line()
    for line in packet.earlier:
        printer.line(f"  {_('us') if line.ours else line.author or _('somebody')}  {when(line.at, now, hours)}")
        printer.paragraph(line.text if contact else cover(line.text, packet.contact), indent=4)
    printer.line(f"> {packet.name or packet.handle or _('somebody')}  {when(packet.at, now, hours)}")
    printer.paragraph(text, indent=4)
    if packet.contact:
        said = "  ".join(packet.contact) if contact else _("covered; --contact opens it, and the look is logged")
        printer.line(_("to be reached by: {contact}", contact=said))
    if case.holding:
        printer.line(_("said in public meanwhile"))
        printer.paragraph(case.holding, indent=4)
    for step in case.steps:
        printer.line(f"{word(step.step)}  {step.by}  {when(step.at, now, hours)}")
        if step.text:
            printer.paragraph(step.text, indent=4)


def _with_text(command: Callable[[str, str], Command], about: str, example: str) -> Verb:
    def arguments(parser: Parser) -> None:
        _case_argument(parser)
        text_arguments(parser)

    return desk_verb(lambda call, options: command(options.case, text_of(call, options)), arguments, about, example)


VERBS = {
    "case list": Verb(
        run=_list,
        arguments=narrowing,
        about=N_("Contact data is covered. In a pipe: name, state, reason with due time, text, parted by tabs."),
        examples=("majlis case list", "majlis case list --json | head -n 3"),
    ),
    "case show": Verb(
        run=_show,
        arguments=_show_arguments,
        about=N_("What the person gave to be reached by is for customer service alone, and each look is logged."),
        examples=(f"majlis case show {_EXAMPLE}", f"majlis case show {_EXAMPLE} --contact"),
    ),
    "case ack": desk_verb(
        lambda _call, options: Acknowledge(case=options.case), _case_argument, "", f"majlis case ack {_EXAMPLE}"
    ),
    "case ask": _with_text(
        lambda case, text: AskBack(case=case, text=text),
        N_("The message comes back to the top of the operators' queue with the question."),
        f"majlis case ask {_EXAMPLE} 'which centre?'",
    ),
    "case answer": _with_text(
        lambda case, text: AnswerCase(case=case, text=text),
        N_("The message comes back to the top of the operators' queue; nothing is published by this."),
        f"majlis case answer {_EXAMPLE} 'called her; appointment on Sunday'",
    ),
    "case return": _with_text(
        lambda case, text: ReturnCase(case=case, text=text),
        N_("The messages of the case are open again."),
        f"majlis case return {_EXAMPLE} 'a matter of the municipality'",
    ),
    "case close": desk_verb(
        lambda _call, options: CloseCase(case=options.case),
        _case_argument,
        N_("As a rule the operator's public line closes it."),
        f"majlis case close {_EXAMPLE}",
    ),
}
