"""Who is at which message just now, reading it or writing an answer: rows of a short life, no part of the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIFE = timedelta(seconds=45)
"""How long a sign of life counts; a guess, two signs may be missed."""
AGAIN = timedelta(seconds=20)
"""Between two signs of life while nothing else changes; a guess, one small write for each terminal."""
QUIET = timedelta(minutes=2)
"""Whoever has typed nothing for so long may be taken for somebody who went away; a guess."""


class Doing(StrEnum):
    """What somebody does with a message."""

    READING = "reading"
    COMPOSING = "composing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """That somebody is at a message."""

    sitting: str
    """Names one terminal, from the start of the program to its end; a person may have several."""
    operator: str
    message: str
    """Key of the message."""
    doing: Doing
    since: datetime
    stirred: datetime
    """When the last letter was typed; for a reader when reading began."""
    until: datetime
    """When it is over without another sign of life; at most `LIFE` ahead."""

    def is_alive(self, now: datetime) -> bool:
        """Tell whether the last sign of life still counts; one from a clock that was set back since does not."""
        return now < self.until <= now + 2 * LIFE

    def is_quiet(self, now: datetime) -> bool:
        """Tell whether nothing was typed for a while."""
        return now - self.stirred >= QUIET


def alive(present: Iterable[Presence], now: datetime, *, apart: str | None = None) -> tuple[Presence, ...]:
    """Return those who are there, whoever came first at the front.

    Args:
        present: As the store tells.
        now: The time.
        apart: An operator who is left out: whoever asks.
    """
    found = [each for each in present if each.is_alive(now) and each.operator != apart]
    return tuple(sorted(found, key=lambda each: (each.since, each.sitting)))
