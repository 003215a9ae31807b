"""A breaker for each network: while a service is down, one request tests it, and nobody else waits on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from majlis.errors import MajlisError

BREAKS_AFTER = 5
"""Failures in a row after which only one request tests whether a service is back. Source: API facts, section 0."""
LONGEST_S = 300.0
"""Longest wait between two tests. Source: API facts, section 0."""


@dataclass(slots=True, kw_only=True)
class Breaker:
    """Counts the failures of one service, whichever account met them."""

    failures: int = 0
    opens_at: datetime | None = None
    """When the next test may be made; None while it is closed."""
    problem: MajlisError | None = None
    """The failure that opened it."""
    testing: bool = False

    def pages(self, now: datetime, most: int) -> int:
        """Return how many pages may be read now: as many as wanted, one as a test, or none."""
        if self.opens_at is None:
            return most
        if self.testing or now < self.opens_at:
            return 0
        self.testing = True
        return 1

    def passed(self) -> None:
        """Take notice that the service answers, be it with a no."""
        self.failures, self.opens_at, self.problem, self.testing = 0, None, None, False

    def failed(self, error: MajlisError, now: datetime, spread: float) -> None:
        """Take notice that it could not be reached, or answered with what is no answer.

        Args:
            error: What was met.
            now: The time.
            spread: Chance between -1 and 1, so that not everybody tests at once.
        """
        self.failures, self.testing = self.failures + 1, False
        if self.failures >= BREAKS_AFTER:
            wait_s = min(LONGEST_S, 2.0 ** (self.failures - 1)) * (1 + spread / 2)
            self.opens_at, self.problem = now + timedelta(seconds=wait_s), error

    def given_up(self) -> None:
        """Take notice that a test ended without saying anything about the service."""
        self.testing = False
