"""The verbs that put words before people: reply, and edit for an answer of ours."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from majlis.commands import Edit, Override, OverrideReason, Reply, changing
from majlis.conduct import Finding
from majlis.errors import Blocked, Unconfirmed
from tui import language, wiring
from tui.cli.acting import report
from tui.cli.parser import Usage
from tui.cli.reading import key_of
from tui.cli.texts import text_arguments, text_of
from tui.cli.verbs import Verb
from tui.language import N_, _
from tui.windows import window_text

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from datetime import datetime

    from majlis.outcome import Review
    from tui.cli.call import Call
    from tui.cli.parser import Parser
    from tui.wiring import Desktop

_OURS = "youtube:ministry-youtube:comment:UgwSampleCommentAaABAg.9iPX"
_EXAMPLE = "facebook:ministry-facebook:comment:100_200"


def _arguments(parser: Parser) -> None:
    parser.take("message", _("its name, as list shows it"))
    text_arguments(parser)
    parser.option("--ack", action="append", default=[], metavar="RULE", about=_("confirm a warning; may be repeated"))
    parser.option("--queue", action="store_true", about=_("outside service hours: let it wait for the opening"))
    parser.option(
        "--override",
        choices=[str(reason) for reason in OverrideReason],
        metavar="REASON",
        about=_("outside service hours: send it now, for one of: {reasons}", reasons=", ".join(OverrideReason)),
    )
    parser.option("--note", about=_("why, for --override, in ten characters or more"))
    parser.option("--review", action="store_true", about=_("look at everything as before sending, and send nothing"))


def _reply_arguments(parser: Parser) -> None:
    _arguments(parser)
    parser.option(
        "--private", action="store_true", about=_("to the writer of a public message alone (Facebook: once; X)")
    )


def _reply(call: Call, options: Namespace) -> int:
    return _carried_out(call, options, replace(_command(call, options, "reply"), private=options.private))


def _edit(call: Call, options: Namespace) -> int:
    return _carried_out(call, options, changing(_command(call, options, "edit")))


def _carried_out(call: Call, options: Namespace, command: Reply | Edit) -> int:
    return asyncio.run(_reviewed(call, command) if options.review else _answered(call, command))


def _command(call: Call, options: Namespace, verb: str) -> Reply:
    key, text = key_of(options.message), text_of(call, options)
    if (options.override is None) != (options.note is None):
        raise Usage(detail=_("--override and --note go together"), verb=verb)
    override = Override(reason=OverrideReason(options.override), note=options.note) if options.override else None
    return Reply(
        key=key,
        text=text,
        acknowledged=tuple(options.ack),
        queue=options.queue,
        override=override,
    )


async def _answered(call: Call, command: Reply | Edit) -> int:
    async with wiring.desktop(call.settings) as desktop:
        try:
            outcome = await desktop.desk.do(command)
        except (Blocked, Unconfirmed) as error:
            findings = [finding for finding in error.findings if isinstance(finding, Finding)]
            facts = {"findings": [_finding_value(finding) for finding in findings]}
            call.printer.problem(error, _told(findings, command.text, desktop), facts)
            return error.exit_code
        return report(call, outcome, desktop)


async def _reviewed(call: Call, command: Reply | Edit) -> int:
    private = isinstance(command, Reply) and command.private
    async with wiring.desktop(call.settings) as desktop:
        review = await desktop.desk.review(command.key, command.text, command.acknowledged, private=private)
    if call.printer.json:
        call.printer.value(_review_value(review))
    else:
        named = partial(_named, desktop)
        facts = [
            (_("length"), f"{review.length} / {review.limit}"),
            (_("service hours"), _("open now") if review.gate.open else _("closed now")),
            (_("goes out"), named(review.due_at)),
        ]
        if review.window is not None:
            facts.append((_("private answer"), window_text(review.window, review.due_at, named)))
        call.printer.rows(facts, indent=0)
        for line in _told(review.findings, review.text, desktop):
            call.printer.line(line)
    return Blocked.exit_code if review.blocked or review.unconfirmed else 0


def _named(desktop: Desktop, at: datetime) -> str:
    """Return a moment in the service's local time, to the minute."""
    return desktop.desk.policy.hours.local(at).isoformat(sep=" ", timespec="minutes")


def _told(findings: Sequence[Finding], text: str, desktop: Desktop) -> list[str]:
    """Return one line for each finding: rule, what it is about, what to do."""
    lines = []
    for finding in findings:
        part = text[finding.start : finding.end] if finding.start is not None else ""
        said = desktop.desk.policy.rules.text(finding, language.code())
        lines.append("  ".join(each for each in (finding.rule, part, said) if each))
    return lines


def _finding_value(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "category": finding.category,
        "start": finding.start,
        "end": finding.end,
    }


def _review_value(review: Review) -> dict[str, Any]:
    return {
        "private": review.private,
        "length": review.length,
        "limit": review.limit,
        "blocked": review.blocked,
        "unconfirmed": list(review.unconfirmed),
        "findings": [_finding_value(finding) for finding in review.findings],
        "open": review.gate.open,
        "due_at": review.due_at,
        "window": _window_value(review),
    }


def _window_value(review: Review) -> dict[str, Any] | None:
    if review.window is None:
        return None
    return {
        "goes": review.window.door(review.due_at),
        "plain_until": review.window.plain_until,
        "agent_until": review.window.agent_until,
    }


VERBS = {
    "reply": Verb(
        run=_reply,
        arguments=_reply_arguments,
        about=N_("The text goes out as it is, after a hold in which undo calls it back; poll and send do the rest."),
        examples=(
            f"majlis reply {_EXAMPLE} 'شكرا لتواصلكم'",
            f"majlis reply {_EXAMPLE} --file answer.txt --queue",
            f"majlis reply {_EXAMPLE} --private --review < answer.txt",
        ),
    ),
    "edit": Verb(
        run=_edit,
        arguments=_arguments,
        about=N_("Facebook and YouTube; rules, hours and hold are those of an answer."),
        examples=(
            f"majlis edit {_OURS} 'شكرا لتواصلكم'",
            f"majlis edit {_OURS} --review < answer.txt",
        ),
    ),
}
