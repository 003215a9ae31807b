"""How far a service's clock is from ours: what it stamps is compared with what we noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from majlis.outbox import Entry
from majlis.ports import Clock

from .attempts import attempt_of
from .http import Answer

LARGEST = timedelta(hours=1)
"""Clocks further apart are not corrected for: then nothing that is compared by time can be trusted. A guess."""


class Skew:
    """The difference of two clocks, as far as known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known = timedelta()

    def seen(self, answer: Answer | None) -> timedelta | None:
        """Note an answer that came this moment; return the service's clock less ours, where it says what it is."""
        served_at = answer.served_at if answer else None
        if served_at is None:
            return None
        skew = served_at - self._clock.now()
        self._known = skew if abs(skew) <= LARGEST else timedelta()
        return skew

    def corrected(self, entry: Entry) -> Entry:
        """Return an entry whose attempt is given by the service's clock."""
        return replace(entry, attempted_at=attempt_of(entry) + self._known)
