"""A clock that several processes share and that runs fast, so that waits of minutes take a second."""

from __future__ import annotations

from datetime import datetime

from connectors.clock import ShiftedClock, SystemClock

SPEED = 60.0
"""Seconds of the test in a second of the wall."""


def fast_clock(begun: str) -> ShiftedClock:
    """Return the clock that began at a moment of the wall clock, in ISO form, and shows that moment then."""
    base = SystemClock()
    start = datetime.fromisoformat(begun)
    return ShiftedClock(base, start + (base.now() - start) * SPEED, speed=SPEED)
