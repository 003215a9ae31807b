"""Rules that speak at a moment: hours, escalation, first send."""

from __future__ import annotations

from datetime import datetime

import pytest

from majlis.conduct import Rules, Severity
from majlis.conduct.moments import check_escalation, check_hours, check_session
from majlis.hours import DEFAULT_CALENDAR, ServiceHours

HOURS = ServiceHours((DEFAULT_CALENDAR,))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_closed_hours_block_and_name_the_next_opening(rules: Rules) -> None:
    """At the closing instant the gate is shut; the text says when it opens, in local time."""
    (found,) = check_hours(at("2015-04-09T14:30:00+04:00"), HOURS, rules)

    assert (found.rule, found.severity) == ("R-HOURS-CLOSED", Severity.BLOCK)
    assert rules.text(found, "en") == "Service hours are over. This can go out at opening: 2015-04-12 07:30."


@pytest.mark.parametrize(("time", "minutes"), [("14:20:00", "10"), ("14:20:01", "10"), ("14:29:30", "1")])
def test_last_minutes_are_counted_down(rules: Rules, time: str, minutes: str) -> None:
    """From ten minutes to closing on, minutes begun count."""
    (found,) = check_hours(at(f"2015-04-09T{time}+04:00"), HOURS, rules)

    assert (found.rule, found.facts) == ("R-HOURS-SOON", {"minutes": minutes})


def test_open_hours_say_nothing(rules: Rules) -> None:
    assert check_hours(at("2015-04-09T14:19:59+04:00"), HOURS, rules) == ()


@pytest.mark.parametrize(
    ("reason", "note", "is_refused"),
    [
        (None, "يرجى الاتصال", True),
        ("staff_complaint", " ", True),
        ("staff_complaint", "صرخت الموظفة", False),
        ("payment", "", False),
    ],
)
def test_escalation_asks_for_reason_and_note(rules: Rules, reason: str | None, note: str, is_refused: bool) -> None:
    """A note is asked for only where the reason needs one."""
    assert [found.rule for found in check_escalation(reason, note, rules)] == (["R-ESC-NOTE"] if is_refused else [])


def test_first_send_of_a_session_is_reminded(rules: Rules) -> None:
    assert [found.rule for found in check_session(0, rules)] == ["R-SELF"]
    assert check_session(1, rules) == ()
