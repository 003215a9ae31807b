"""The verb that counts: report."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from majlis.measures import By
from majlis.report import report
from tui import wiring
from tui.cli.parser import Usage
from tui.cli.verbs import Verb
from tui.language import N_, _, word

if TYPE_CHECKING:
    from argparse import Namespace

    from majlis.measures import Figures, Reason, Spread
    from majlis.report import Report
    from tui.cli.call import Call
    from tui.cli.output import Printer
    from tui.cli.parser import Parser

_DAYS: Final = 7
"""Days of a report that names none, today included."""
_BAR: Final = 30
"""Columns of the longest bar."""


def _arguments(parser: Parser) -> None:
    parser.option("--since", metavar="DATE", about=_("the first day, as 2026-11-23; default: a week with today in it"))
    parser.option("--until", metavar="DATE", about=_("the last day, included; default: today"))
    parser.option(
        "--by",
        choices=[str(by) for by in By],
        default="day",
        about=_("what the figures are parted by; default: day"),
    )


def _report(call: Call, options: Namespace) -> int:
    return asyncio.run(_reported(call, options))


async def _reported(call: Call, options: Namespace) -> int:
    since, until = _day(call, options.since), _day(call, options.until)
    async with wiring.desktop(call.settings) as desktop:
        now, policy = desktop.clock.now(), desktop.desk.policy
        last = until or max(policy.hours.local(now).date(), since or date.min)
        first = since or last - timedelta(days=_DAYS - 1)
        if first > last:
            raise Usage(detail=_("the first day is after the last"), verb=call.verb)
        made = await report(desktop.store, policy, first=first, last=last, by=By(options.by), now=now)
    if call.printer.json:
        call.printer.value(report_value(made))
        return 0
    _print_total(call.printer, made)
    _print_parts(call.printer, made)
    return 0


def _day(call: Call, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Usage(detail=_("{word} is not a date like 2026-11-23", word=text), verb=call.verb) from error


def report_value(made: Report) -> dict[str, Any]:
    """Return a report as the command line gives it to programs."""
    return {
        "since": made.first,
        "until": made.last,
        "by": made.by,
        "at": made.at,
        "target_wm": made.target_wm,
        "total": asdict(made.total),
        "parts": [{"name": name, **asdict(part)} for name, part in made.parts.items()],
    }


# -------------------------------------------------------------------------------------------------------- for people


def _print_total(printer: Printer, made: Report) -> None:
    total = made.total
    printer.line(_("From {first} to {last}", first=made.first, last=made.last))
    for title, rows in (
        (_("What people wrote"), _asked(total, made.target_wm)),
        (_("What it was about"), [(word(name), str(count)) for name, count in total.categories.items()]),
        (_("What went out"), _went(total)),
        (_("What the rules said"), _said(total)),
        (_("Customer service"), _handed(total)),
    ):
        if rows:
            printer.line()
            printer.line(title)
            printer.rows(rows)


def _asked(total: Figures, target_wm: int) -> list[tuple[str, str]]:
    return [
        (_("came"), str(total.came)),
        (_("answered"), f"{total.answered} ({_percent(total.answered_share)})"),
        (_("closed without an answer"), str(total.closed)),
        (_("first answer, working minutes"), _spread(total.first_response)),
        (_("within {n} working minutes", n=target_wm), _percent(total.inside_target_share)),
        (_("not answered yet"), str(total.waiting)),
        (_("age of what waits, working minutes"), _spread(total.age)),
    ]


def _went(total: Figures) -> list[tuple[str, str]]:
    rows = [
        (_("sent"), str(total.sent)),
        (_("outside hours, without a reason"), str(total.outside_hours)),
        *((word(reason), str(count)) for reason, count in total.overrides.items()),
        (_("replies with the same words as another"), _percent(total.identical_share)),
    ]
    return [*rows, (_("in grace"), str(total.grace))] if total.grace else rows


def _said(total: Figures) -> list[tuple[str, str]]:
    return [(_(_TITLES.get(name, name)), _counts(counts)) for name, counts in total.rules.items()]


_TITLES: Final = {
    "triage.category": N_("sorted: category"),
    "triage.reason": N_("sorted: reason"),
    "triage.urgency": N_("sorted: urgency"),
}


def _counts(counts: dict[str, int]) -> str:
    return "  ".join(f"{_(_WHAT.get(what, what))} {count}" for what, count in counts.items())


_WHAT: Final = {
    "shown": N_("shown"),
    "heeded": N_("heeded"),
    "dismissed": N_("dismissed"),
    "blocked": N_("stopped"),
    "corrected": N_("corrected"),
    "allowed": N_("made official later"),
}


def _handed(total: Figures) -> list[tuple[str, str]]:
    rows = [row for reason, cases in total.cases.items() for row in _cases(word(reason), cases)]
    return [*rows, (_("reopened"), _percent(total.reopened_share))] if rows else []


def _cases(reason: str, cases: Reason) -> list[tuple[str, str]]:
    times = [
        (_("{reason}: taken, minutes", reason=reason), cases.acknowledge),
        (_("{reason}: answered, minutes", reason=reason), cases.answer),
    ]
    return [(reason, str(cases.cases)), *((name, _spread(each)) for name, each in times if each.count)]


def _spread(spread: Spread) -> str:
    if spread.median is None:
        return "–"
    return _("median {median}, nine in ten {p90}", median=f"{spread.median:g}", p90=f"{spread.p90:g}")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _print_parts(printer: Printer, made: Report) -> None:
    """Print a line for each part, on a terminal with a bar: dark what was answered, light what was not."""
    most = max((part.came for part in made.parts.values()), default=0)
    head = (_(_HEADS[made.by]), _("came"), _("answered"), _("sent"))
    rows = [
        (name or _("nobody yet"), str(part.came), str(part.answered), str(part.sent), _bar(part, most))
        for name, part in made.parts.items()
    ]
    if not rows:
        return
    if printer.is_terminal:
        printer.line()
        printer.table([(*head, ""), *rows])
    else:
        printer.table([row[:-1] for row in [(*head, ""), *rows]])


_HEADS: Final = {By.DAY: N_("day"), By.ACCOUNT: N_("account"), By.OPERATOR: N_("operator")}


def _bar(part: Figures, most: int) -> str:
    """Return a bar as long as what came is beside the most that came."""
    if not part.came:
        return ""
    columns = max(1, round(part.came / most * _BAR))
    dark = round(part.answered / part.came * columns)
    return "█" * dark + "░" * (columns - dark)


VERBS = {
    "report": Verb(
        run=_report,
        arguments=_arguments,
        about=N_(
            "A message counts on the day it came, what went out on the day it went. Times are working minutes; of "
            "danger, minutes by the clock."
        ),
        examples=(
            "majlis report",
            "majlis report --since 2026-11-01 --until 2026-11-30 --by operator",
            "majlis report --json",
        ),
    ),
}
