"""Times of a scenario: `+HH:MM:SS` after its start, or an instant, within what a scenario can last."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

LONGEST: Final = timedelta(days=366)
"""How far from its start a scenario may speak of anything."""
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Between these a scenario begins."""

_OFFSET = re.compile(r"([+-])([0-9]{2,4}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,3}))?")


class BadTime(ValueError):
    """A text that is no time of a scenario; says why."""


def offset(text: str) -> timedelta:
    """Return how long `+HH:MM:SS` is, or `-HH:MM:SS`, with thousandths where they are given.

    Raises:
        BadTime: It is something else, or too long.
    """
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise BadTime(f"{text!r} is not +HH:MM:SS")
    sign, hours, minutes, seconds, parts = found.groups()
    by = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    by += timedelta(milliseconds=int((parts or "").ljust(3, "0")))
    if by > LONGEST:
        raise BadTime(f"{text!r} is longer than a year")
    return -by if sign == "-" else by


def length(text: str) -> timedelta:
    """Return how long something takes.

    Raises:
        BadTime: It is no offset, or runs backwards.
    """
    by = offset(text)
    if by < timedelta():
        raise BadTime(f"{text!r} runs backwards")
    return by


def moment(text: str, start: datetime) -> datetime:
    """Return the moment that a text names.

    Args:
        text: An offset from the start, or an instant with its zone.
        start: When the scenario begins, UTC.

    Raises:
        BadTime: It is neither, or more than a year away.
    """
    if _OFFSET.fullmatch(text):
        return start + offset(text)
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError as error:
        raise BadTime(f"{text!r} is neither +HH:MM:SS nor an instant") from error
    if at.tzinfo is None:
        raise BadTime(f"{text!r} carries no zone; write Z at its end")
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise BadTime(f"{text!r} is out of range") from error
    if abs(at - start) > LONGEST:
        raise BadTime(f"{text!r} is more than a year from the start")
    return at


def written(at: datetime, start: datetime) -> str:
    """Return a moment as an offset from the start."""
    by = at - start
    sign, by = ("-", -by) if by < timedelta() else ("+", by)
    whole, parts = divmod(round(by / timedelta(milliseconds=1)), 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{sign}{hours:02}:{minutes:02}:{seconds:02}"
    return f"{text}.{parts:03}" if parts else text
