"""Rules that speak at a moment and not about a text: hours, escalation, the first send of a session."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from .finding import Finding

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.hours import ServiceHours

    from .rules import Rules

SOON: Final = timedelta(minutes=10)
"""Before closing. Source: POLICY 4."""


def check_hours(at: datetime, hours: ServiceHours, rules: Rules) -> tuple[Finding, ...]:
    """Judge one reading of the clock: R-HOURS-CLOSED with the next opening, R-HOURS-SOON with the minutes left.

    Args:
        at: The reading; aware.
        hours: The calendars in force.
        rules: The catalogue in force.

    Returns:
        One finding or none. `next_open` is wall time of the service, `YYYY-MM-DD HH:MM`; minutes are rounded up.
    """
    closes_at = hours.closes_at(at)
    if closes_at is None:
        next_open = hours.local(hours.next_open(at))
        return _found(rules, "R-HOURS-CLOSED", next_open=f"{next_open:%Y-%m-%d %H:%M}")
    left = closes_at - at
    if left <= SOON:
        return _found(rules, "R-HOURS-SOON", minutes=str(-(-left // timedelta(minutes=1))))
    return ()


NOTED: Final = frozenset({"privacy_exposure", "staff_complaint", "direct_contact"})
"""Reasons for which customer service needs a line. Source: POLICY 5."""


def check_escalation(reason: str | None, note: str, rules: Rules) -> tuple[Finding, ...]:
    """Judge an escalation: R-ESC-NOTE when it has no reason, or no note where the reason asks for one."""
    if reason is None or (reason in NOTED and not note.strip()):
        return _found(rules, "R-ESC-NOTE")
    return ()


def check_session(sent_before: int, rules: Rules) -> tuple[Finding, ...]:
    """Remind once, before the first send of a session (R-SELF)."""
    return _found(rules, "R-SELF") if sent_before == 0 else ()


def _found(rules: Rules, name: str, **facts: str) -> tuple[Finding, ...]:
    rule = rules.active(name)
    return () if rule is None else (Finding(rule=name, severity=rule.severity, facts=facts),)
