"""How times and spans read: short, in the service's local time, in the language in force."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from majlis.hours import ServiceHours
from tui.language import N_, _, ngettext

_WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_WEEK: Final = timedelta(days=6)


def when(at: datetime, now: datetime, hours: ServiceHours) -> str:
    """Return a moment as people name it: the time today, with the weekday within the week, else with the date."""
    local, today = hours.local(at), hours.local(now).date()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return clock
    if abs(local.date() - today) <= _WEEK:
        return _("{weekday} {time}", weekday=_(_WEEKDAYS[local.weekday()]), time=clock)
    return f"{local:%Y-%m-%d} {clock}"


def short(span: timedelta) -> str:
    """Return a span in one unit, a few columns wide: minutes, hours or days; never negative."""
    minutes = max(int(abs(span).total_seconds()) // 60, 0)
    if minutes < 60:  # noqa: PLR2004  minutes in an hour
        return _("{n}m", n=minutes)
    if minutes < 48 * 60:
        return _("{n}h", n=minutes // 60)
    return _("{n}d", n=minutes // (24 * 60))


def long(span: timedelta) -> str:
    """Return a span in hours and minutes, or days, as for the time left until closing."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:  # noqa: PLR2004  minutes in an hour
        return _("{n} min", n=minutes)
    if minutes >= 48 * 60:
        return ngettext("{n} day", "{n} days", minutes // (24 * 60))
    return _("{h} h {m} min", h=minutes // 60, m=minutes % 60)
