"""The verbs that change something about a message; each is one command for the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from majlis.commands import (
    Claim,
    Command,
    Delete,
    Done,
    DoneReason,
    Escalate,
    Hide,
    Reject,
    Release,
    Snooze,
    Tag,
    TakeBack,
    Urgent,
    WriteMemo,
)
from majlis.escalation import REASONS
from majlis.message import Urgency
from tui import wiring
from tui.cli.parser import Usage
from tui.cli.reading import entry_value, key_of, message_value, post_value
from tui.cli.texts import text_arguments, text_of
from tui.cli.verbs import Verb
from tui.language import N_, _, bare, say
from tui.times import when

if TYPE_CHECKING:
    from argparse import Namespace

    from majlis.outcome import Outcome
    from tui.cli.call import Call
    from tui.cli.parser import Parser
    from tui.wiring import Desktop

_COMMENT = "youtube:ministry-youtube:comment:UgwSampleCommentAaABAg"
_EXAMPLE = "x:ministry-x:post:1858000000000000001"


def report(call: Call, outcome: Outcome, desktop: Desktop) -> int:
    """Say what a command led to."""
    if call.printer.json:
        call.printer.value(_outcome_value(outcome))
        return 0
    now, hours = desktop.clock.now(), desktop.desk.policy.hours
    facts = {
        name: when(fact, now, hours) if isinstance(fact, datetime) else fact
        for name, fact in outcome.said.facts.items()
    }
    call.printer.line(say(outcome.said.template, facts))
    for key in outcome.also:
        call.printer.line(_("An earlier message of the same person is still open: {key}", key=str(key)))
    return 0


def _outcome_value(outcome: Outcome) -> dict[str, Any]:
    return {
        "said": bare(say(outcome.said.template, outcome.said.facts)),
        "revision": outcome.revision,
        "message": message_value(outcome.message) if outcome.message else None,
        "entry": entry_value(outcome.entry) if outcome.entry else None,
        "case": outcome.case.id if outcome.case else None,
        "post": post_value(outcome.post) if outcome.post else None,
        "also": [str(key) for key in outcome.also],
    }


def _verb(
    command: Callable[[Call, Namespace], Command], more: Callable[[Parser], None], about: str, *examples: str
) -> Verb:
    """Make the verb that hands one command to the desk."""

    def arguments(parser: Parser) -> None:
        parser.take("message", _("its name, as list shows it"))
        more(parser)

    return desk_verb(command, arguments, about, *examples)


def desk_verb(
    command: Callable[[Call, Namespace], Command], arguments: Callable[[Parser], None], about: str, *examples: str
) -> Verb:
    """Make the verb that hands one command to the desk, with arguments of its own."""

    async def carried_out(call: Call, given: Command) -> int:
        async with wiring.desktop(call.settings) as desktop:
            return report(call, await desktop.desk.do(given), desktop)

    def run(call: Call, options: Namespace) -> int:
        return asyncio.run(carried_out(call, command(call, options)))

    return Verb(run=run, arguments=arguments, about=about, examples=examples)


def _nothing(_parser: Parser) -> None:
    """Take nothing more."""


def instant(text: str, verb: str) -> datetime:
    """Read a time with its zone.

    Raises:
        Usage: It is none, or has no zone.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Usage(detail=_("not a time: {text}", text=text), verb=verb) from error
    if at.tzinfo is None:
        raise Usage(detail=_("a time without its zone: {text}", text=text), verb=verb)
    return at.astimezone(UTC)


# ---------------------------------------------------------------------------------------------------------- arguments


def _claim_arguments(parser: Parser) -> None:
    parser.option("--take-over", metavar="REASON", about=_("take it from a colleague, and say why"))
    about = _("with --take-over: who holds it, as you have seen it; from anybody else nothing is taken")
    parser.option("--from", dest="holder", metavar="NAME", about=about)


def _escalate_arguments(parser: Parser) -> None:
    parser.option(
        "--reason", choices=list(REASONS), metavar="REASON", about=_("why; default: the one that the text suggests")
    )
    parser.option("--note", about=_("a line for the colleague"))
    parser.option("--tag", action="append", default=[], about=_("a word to find the case by; may be repeated"))


def _urgent_arguments(parser: Parser) -> None:
    reasons = [reason.id for reason in REASONS.values() if reason.urgency is Urgency.IMMEDIATE]
    parser.option(
        "--reason", choices=reasons, metavar="REASON", about=_("what danger: {reasons}", reasons=", ".join(reasons))
    )
    parser.option("--note", about=_("a line for the colleague"))


def _done_arguments(parser: Parser) -> None:
    parser.option(
        "--reason",
        choices=[str(reason) for reason in DoneReason],
        default=str(DoneReason.NO_REPLY_NEEDED),
        metavar="REASON",
        about=_("why no reply goes out: {reasons}", reasons=", ".join(DoneReason)),
    )


def _snooze_arguments(parser: Parser) -> None:
    parser.option("--until", metavar="TIME", about=_("when it comes back, with its zone; default: the next opening"))


def _tag_arguments(parser: Parser) -> None:
    parser.option("--add", action="append", default=[], metavar="TAG", about=_("a tag to add; may be repeated"))
    parser.option("--remove", action="append", default=[], metavar="TAG", about=_("a tag to remove; may be repeated"))


def _hide_arguments(parser: Parser) -> None:
    parser.option("--show", action="store_true", about=_("show it again"))


def _final_arguments(parser: Parser) -> None:
    parser.option("--yes", action="store_true", about=_("do it; without this nothing is done"))


def _reject_arguments(parser: Parser) -> None:
    _final_arguments(parser)
    parser.option(
        "--ban", action="store_true", about=_("keep the writer from writing to the channel at all; for supervisors")
    )


def _sure(options: Namespace, verb: str) -> None:
    """Refuse what nothing brings back, unless it was meant.

    Raises:
        Usage: `--yes` is missing.
    """
    if not options.yes:
        raise Usage(detail=_("this cannot be undone; --yes does it"), verb=verb)


def _undo_arguments(parser: Parser) -> None:
    parser.take("message", _("only what was done about this message"), nargs="?")


# ----------------------------------------------------------------------------------------------------------- commands


def _claim(_call: Call, options: Namespace) -> Command:
    if (options.take_over is None) != (options.holder is None):
        raise Usage(detail=_("--take-over and --from go together"), verb="claim")
    return Claim(key=key_of(options.message), take_over=options.take_over, holder=options.holder)


def _escalation(_call: Call, options: Namespace) -> Command:
    return Escalate(key=key_of(options.message), reason=options.reason, note=options.note, tags=tuple(options.tag))


def _snooze(_call: Call, options: Namespace) -> Command:
    return Snooze(key=key_of(options.message), until=instant(options.until, "snooze") if options.until else None)


def _tags(_call: Call, options: Namespace) -> Command:
    return Tag(key=key_of(options.message), add=tuple(options.add), remove=tuple(options.remove))


def _rejection(_call: Call, options: Namespace) -> Command:
    _sure(options, "reject")
    return Reject(key=key_of(options.message), ban=options.ban)


def _deletion(_call: Call, options: Namespace) -> Command:
    _sure(options, "delete")
    return Delete(key=key_of(options.message))


def _take_back(_call: Call, options: Namespace) -> Command:
    return TakeBack(key=key_of(options.message) if options.message else None)


VERBS = {
    "claim": _verb(
        _claim,
        _claim_arguments,
        N_("A claim ends by itself after a while without a sign of life."),
        f"majlis claim {_EXAMPLE}",
        f"majlis claim {_EXAMPLE} --take-over 'shift change' --from noura",
    ),
    "release": _verb(
        lambda _call, options: Release(key=key_of(options.message)), _nothing, "", f"majlis release {_EXAMPLE}"
    ),
    "escalate": _verb(
        _escalation,
        _escalate_arguments,
        N_("Some reasons need a note. undo takes it back while customer service has not taken it."),
        f"majlis escalate {_EXAMPLE}",
        f"majlis escalate {_EXAMPLE} --reason personal_case --note '…'",
    ),
    "urgent": _verb(
        lambda _call, options: Urgent(key=key_of(options.message), reason=options.reason, note=options.note),
        _urgent_arguments,
        N_("A case at once and customer service told at once, at any hour; majlis undo takes it back."),
        f"majlis urgent {_EXAMPLE}",
        f"majlis urgent {_EXAMPLE} --reason self_harm",
    ),
    "done": _verb(
        lambda _call, options: Done(key=key_of(options.message), reason=DoneReason(options.reason)),
        _done_arguments,
        "",
        f"majlis done {_EXAMPLE} --reason thanks",
    ),
    "snooze": _verb(_snooze, _snooze_arguments, "", f"majlis snooze {_EXAMPLE}"),
    "memo": _verb(
        lambda call, options: WriteMemo(key=key_of(options.message), text=text_of(call, options)),
        text_arguments,
        N_("A memo never leaves the building."),
        f"majlis memo {_EXAMPLE} 'asked the clinic'",
    ),
    "tag": _verb(_tags, _tag_arguments, "", f"majlis tag {_EXAMPLE} --add vaccine"),
    "hide": _verb(
        lambda _call, options: Hide(key=key_of(options.message), hidden=not options.show),
        _hide_arguments,
        N_("Hiding protects a person, so it is done at any hour."),
        f"majlis hide {_EXAMPLE}",
        f"majlis hide {_EXAMPLE} --show",
    ),
    "reject": _verb(
        _rejection,
        _reject_arguments,
        N_("YouTube alone has this. Nothing brings the message back."),
        f"majlis reject {_COMMENT} --yes",
    ),
    "delete": _verb(
        _deletion,
        _final_arguments,
        N_("Nothing brings the answer back; it is done at any hour."),
        f"majlis delete {_COMMENT}.9iPX --yes",
    ),
    "undo": desk_verb(
        _take_back,
        _undo_arguments,
        N_("Works while nothing has left the building."),
        "majlis undo",
        f"majlis undo {_EXAMPLE}",
    ),
}
