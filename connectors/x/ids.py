"""X's ids: 64-bit numbers in strings that carry their time. Compared as numbers, stored as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH_MS = 1288834974657
"""Milliseconds of 2010-11-04, where X's ids begin. Source: X's announcement of its ids ("Snowflake")."""
_SHIFT = 22
"""Bits below the time."""
_FIRST_MS = 1 << _SHIFT
"""Smaller ids are older than this scheme, and carry no time."""

_LONGEST = 100
"""Digits of what may be an id; Python reads no numbers of thousands of them."""


def number(native_id: str) -> int:
    """Return an id as a number, for comparing; what is no number sorts first."""
    return int(native_id) if native_id.isascii() and native_id.isdigit() and len(native_id) <= _LONGEST else -1


def time_of(native_id: str) -> datetime | None:
    """Return when an id was given out; None for an id that does not say."""
    value = number(native_id)
    if value < _FIRST_MS:
        return None
    try:
        return datetime.fromtimestamp(((value >> _SHIFT) + _EPOCH_MS) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def first_of(at: datetime) -> str:
    """Return the smallest id that can have been given out at a time."""
    return str(max(0, round(at.timestamp() * 1000) - _EPOCH_MS) << _SHIFT)


def behind(native_id: str, overlap: timedelta) -> str:
    """Return an id that lies a time before another one; ids without a time stay."""
    at = time_of(native_id)
    return first_of(at - overlap) if at else native_id


def ahead(native_id: str, overlap: timedelta) -> str:
    """Return an id that lies a time after another one; ids without a time stay."""
    at = time_of(native_id)
    return first_of(at + overlap) if at else native_id


def oldest(*native_ids: str | None) -> str | None:
    """Return the smallest id of some; None when there is none."""
    return min((each for each in native_ids if each and number(each) >= 0), key=number, default=None)


def newest(*native_ids: str | None) -> str | None:
    """Return the greatest of some ids; None when there is none."""
    return max((each for each in native_ids if each), key=number, default=None)
