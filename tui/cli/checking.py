"""The check verbs: JSON lines in, one answer per line out, in the same order, as they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from majlis.conduct import Contacts, text_check
from majlis.hours import DEFAULT_CALENDAR, FEDERAL_CALENDAR, hours_check
from majlis.triage import triage_check
from tui import profile
from tui.arabic import check as layout_check
from tui.cli.verbs import Verb
from tui.language import N_, _

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from tui.cli.call import Call
    from tui.cli.parser import Parser

BROKEN_LINE = 65
"""Exit code when a line could not be answered: EX_DATAERR of sysexits.h."""

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


def _answer_lines(call: Call, answer: Answer) -> int:
    """Answer every line; one that is broken gets its error, and the run goes on."""
    code = 0
    for line in _lines(call):
        if not line.strip():
            continue
        told = _answered(line, answer)
        if "error" in told:
            code = BROKEN_LINE
        call.printer.value(told)
        call.printer.out.flush()
    return code


def _lines(call: Call) -> Iterator[bytes | str]:
    # Bytes where there are some: one line that is not UTF-8 must not end the run.
    yield from getattr(call.stdin, "buffer", call.stdin)


def _answered(line: bytes | str, answer: Answer) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"error": f"not JSON: {error}"}
    if not isinstance(row, dict):
        return {"error": "not a JSON object"}
    known = {"id": row["id"]} if "id" in row else {}
    try:
        return answer(row)
    except ValueError as error:
        return {**known, "error": str(error)}


# ------------------------------------------------------------------------------------------------------------ the verbs


def _text_arguments(parser: Parser) -> None:
    parser.option(
        "--profile", metavar="FILE", about=_("official contacts; default: those of the policy profile in force")
    )


def _text(call: Call, options: Namespace) -> int:
    contacts = _contacts(call, options.profile)
    rules = profile.rules(call.settings)
    triage = profile.reader_of(rules, contacts, call.settings)
    return _answer_lines(call, lambda row: text_check(row, contacts, rules, triage))


def _contacts(call: Call, path: str | None) -> Contacts:
    if path is not None:
        return profile.contacts(profile.table(path), path)
    return profile.contacts(profile.read(call.settings).contacts, call.settings.site.profile or "")


def _hours_arguments(parser: Parser) -> None:
    parser.option(
        "--calendars", metavar="FILE", about=_("calendars; default: those of the policy profile, and the shipped ones")
    )


def _hours(call: Call, options: Namespace) -> int:
    if options.calendars is not None:
        known = profile.calendars(profile.table(options.calendars), options.calendars)
    else:
        own = profile.calendars(profile.read(call.settings).calendars, call.settings.site.profile or "")
        known = {shipped.id: shipped for shipped in (DEFAULT_CALENDAR, FEDERAL_CALENDAR)} | own
    return _answer_lines(call, lambda row: hours_check(row, known))


def _triage(call: Call, _options: Namespace) -> int:
    given: list[Mapping[str, Any]] = []
    answers = triage_check(
        _taken(given), profile.cues(profile.rules(call.settings), _contacts(call, None), call.settings)
    )

    def answer(row: Mapping[str, Any]) -> dict[str, Any]:
        given.append(row)
        return next(answers)

    return _answer_lines(call, answer)


def _taken(given: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield rows as they are given, so that triage remembers their threads and answers one at a time."""
    while True:
        yield given.pop()


def _layout_arguments(parser: Parser) -> None:
    parser.option("--width", type=int, metavar="N", about=_("break lines at so many columns, unless a line says"))


def _layout(call: Call, options: Namespace) -> int:
    return _answer_lines(call, lambda row: layout_check.answer(row, options.width))


VERBS = {
    "check text": Verb(
        run=_text,
        arguments=_text_arguments,
        about=N_("In: id, text and, where they matter, kind, public, context. Out: id, blocked, findings."),
        examples=(
            "majlis check text --profile profile.json < replies.jsonl",
            """echo '{"id": 1, "text": "0500004567"}' | majlis check text""",
        ),
    ),
    "check hours": Verb(
        run=_hours,
        arguments=_hours_arguments,
        about=N_("In: id, kind (point, pair or due), calendar and its instants. Out: id and the answers, in UTC."),
        examples=("majlis check hours --calendars calendars.json < questions.jsonl",),
    ),
    "check triage": Verb(
        run=_triage,
        about=N_("In: messages in order, earlier ones of a thread first. Out: id, category, reason, urgency, why."),
        examples=("majlis check triage < inbox.jsonl",),
    ),
    "check layout": Verb(
        run=_layout,
        arguments=_layout_arguments,
        about=N_("In: id, logical. Out: id, base, lines in visual order."),
        examples=("majlis check layout --width 40 < texts.jsonl",),
    ),
}
