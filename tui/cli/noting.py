"""The verbs about what the team keeps beside its messages: pledge, snippet, official, sort."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from majlis.commands import (
    AddOfficial,
    CorrectTriage,
    DropSnippet,
    KeepSnippet,
    RecordCommand,
    RemoveOfficial,
    TakePledge,
)
from majlis.escalation import REASONS
from majlis.message import Urgency
from majlis.sorting import CATEGORIES
from tui import wiring
from tui.cli.acting import report
from tui.cli.reading import key_of
from tui.cli.texts import text_arguments, text_of
from tui.cli.verbs import Verb
from tui.language import N_, _, code

if TYPE_CHECKING:
    from argparse import Namespace

    from tui.cli.call import Call
    from tui.cli.parser import Parser

KINDS = ("domains", "emails", "phones", "emergency_numbers", "po_boxes", "handles", "partner_handles", "pages")
"""Lists of official contacts."""


def _carried_out(call: Call, command: RecordCommand) -> int:
    async def work() -> int:
        async with wiring.desktop(call.settings) as desktop:
            return report(call, await desktop.desk.do(command), desktop)

    return asyncio.run(work())


# --------------------------------------------------------------------------------------------------------------- pledge


def _pledge_arguments(parser: Parser) -> None:
    parser.option("--accept", action="store_true", about=_("record that you have read it"))


def _pledge(call: Call, options: Namespace) -> int:
    async def work() -> int:
        async with wiring.desktop(call.settings) as desktop:
            pledge = desktop.desk.policy.pledge
            if pledge is None:
                return 0
            if options.accept:
                return report(call, await desktop.desk.do(TakePledge(version=pledge.version)), desktop)
            read = await desktop.store.pledge(desktop.desk.operator.name, pledge.version)
            text = pledge.ar if code() == "ar" else pledge.en
            if call.printer.json:
                call.printer.value({"version": pledge.version, "text": text, "read_at": read.at if read else None})
                return 0
            for line in text.splitlines():
                call.printer.line(line)
            is_read = _("Read and recorded.") if read else _("Not read yet: majlis pledge --accept records it.")
            call.printer.line(is_read)
            return 0

    return asyncio.run(work())


# -------------------------------------------------------------------------------------------------------- saved replies


def _language(parser: Parser) -> None:
    parser.option("--lang", choices=["ar", "en"], default="ar", about=_("ar or en; default: ar"))


def _snippet_add_arguments(parser: Parser) -> None:
    parser.take("name", _("what it is picked by"))
    text_arguments(parser)
    _language(parser)


def _snippet_remove_arguments(parser: Parser) -> None:
    parser.take("name", _("what it is picked by"))
    _language(parser)


def _snippets(call: Call, _options: Namespace) -> int:
    async def work() -> int:
        async with wiring.desktop(call.settings) as desktop:
            kept = await desktop.store.snippets()
        for each in kept:
            if call.printer.json:
                call.printer.value({"name": each.name, "language": each.language, "text": each.text, "at": each.at})
            else:
                call.printer.line(f"{each.name}  {each.language}  {' '.join(each.text.split())}")
        return 0

    return asyncio.run(work())


# ---------------------------------------------------------------------------------------------------- official contacts


def _official_arguments(parser: Parser) -> None:
    parser.take("kind", _("which list: {kinds}", kinds=", ".join(KINDS)))
    parser.take("value", _("the contact itself"))


def _official_add_arguments(parser: Parser) -> None:
    _official_arguments(parser)
    parser.option("--note", default="", about=_("why it is official, in ten characters or more"))


def _officials(call: Call, _options: Namespace) -> int:
    async def work() -> int:
        async with wiring.desktop(call.settings) as desktop:
            added = await desktop.store.officials()
        for each in added:
            if call.printer.json:
                facts = {"kind": each.kind, "value": each.value, "note": each.note, "by": each.by, "at": each.at}
                call.printer.value(facts)
            else:
                call.printer.line(f"{each.kind}  {each.value}  {each.by}  {each.note}")
        return 0

    return asyncio.run(work())


# ----------------------------------------------------------------------------------------------------------------- sort


def _sort_arguments(parser: Parser) -> None:
    parser.take("message", _("its name, as list shows it"))
    parser.option("--category", choices=list(CATEGORIES), metavar="CATEGORY", about=_("what it is about"))
    parser.option("--urgency", choices=[str(each) for each in Urgency], metavar="URGENCY", about=_("how urgent it is"))
    parser.option(
        "--reason", choices=[*REASONS, "none"], metavar="REASON", about=_("for customer service; none: not for them")
    )


def _sort(call: Call, options: Namespace) -> int:
    reason = "" if options.reason == "none" else options.reason
    urgency = Urgency(options.urgency) if options.urgency else None
    command = CorrectTriage(key=key_of(options.message), category=options.category, urgency=urgency, reason=reason)
    return _carried_out(call, command)


VERBS = {
    "pledge": Verb(
        run=_pledge,
        arguments=_pledge_arguments,
        about=N_("Everybody reads each version once; date and version are recorded."),
        examples=("majlis pledge", "majlis pledge --accept"),
    ),
    "snippet list": Verb(run=_snippets, examples=("majlis snippet list",)),
    "snippet add": Verb(
        run=lambda call, options: _carried_out(
            call, KeepSnippet(name=options.name, language=options.lang, text=text_of(call, options))
        ),
        arguments=_snippet_add_arguments,
        about=N_("What stands in braces is filled in: name, handle, case, ministry, phone, email; the rest by hand."),
        examples=("majlis snippet add hours 'أهلاً {name}، نستقبلكم من الأحد إلى الخميس'",),
    ),
    "snippet remove": Verb(
        run=lambda call, options: _carried_out(call, DropSnippet(name=options.name, language=options.lang)),
        arguments=_snippet_remove_arguments,
        examples=("majlis snippet remove hours --lang ar",),
    ),
    "official list": Verb(
        run=_officials,
        about=N_("What supervisors have added to the official contacts of the profile."),
        examples=("majlis official list",),
    ),
    "official add": Verb(
        run=lambda call, options: _carried_out(
            call, AddOfficial(kind=options.kind, value=options.value, note=options.note)
        ),
        arguments=_official_add_arguments,
        about=N_("Only a supervisor may; it is recorded. What is official may be published."),
        examples=("majlis official add phones 80055501 --note 'the new vaccination line'",),
    ),
    "official remove": Verb(
        run=lambda call, options: _carried_out(call, RemoveOfficial(kind=options.kind, value=options.value)),
        arguments=_official_arguments,
        examples=("majlis official remove phones 80055501",),
    ),
    "sort": Verb(
        run=_sort,
        arguments=_sort_arguments,
        about=N_("Sets by hand what triage suggested; corrections are counted."),
        examples=("majlis sort x:ministry-x:post:1858000000000000001 --category payment --reason payment",),
    ),
}
