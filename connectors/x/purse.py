"""What calls to X cost, counted in thousandths of a US dollar. Reading the same thing twice on a day (UTC) is free.

Prices as of 2026-11-23. Source: API facts, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.budget import DayLedger
from majlis.ports import Clock
from majlis.text import link_spans

PRICES = {"mention": 1, "post": 5, "event": 10, "user": 10}
"""Per thing that a reading brings: a post that mentions us, any other post, a direct message, a person."""

WRITTEN, WRITTEN_WITH_LINK, MESSAGE = 15, 200, 15
"""Per post of ours, per post of ours with a link, per direct message of ours."""

MOST_KNOWN = 100_000
"""Things of a day that are remembered as paid; a guess, a few megabytes."""


class Purse:
    """Counts what this process spends for an account; after a restart a repeat is counted again, never too little."""

    def __init__(self, ledger: DayLedger, clock: Clock) -> None:
        self.ledger = ledger
        """What all processes of the account have spent."""
        self._clock = clock
        self._paid: set[str] = set()
        self._paid_until = clock.now()

    def has_read(self, what: str, native_ids: Iterable[str | None]) -> None:
        """Count what a reading brought; `what` is a key of `PRICES`."""
        if self._clock.now() >= self._paid_until or len(self._paid) > MOST_KNOWN:
            self._paid.clear()
            self._paid_until = self.ledger.resets_at()
        kind = "post" if what == "mention" else what
        fresh = {f"{kind} {each}" for each in native_ids if each} - self._paid
        self._paid |= fresh
        self.ledger.spend(PRICES[what] * len(fresh))

    def has_posted(self, text: str) -> None:
        """Count a post of ours."""
        self.ledger.spend(WRITTEN_WITH_LINK if link_spans(text) else WRITTEN)

    def has_messaged(self) -> None:
        """Count a direct message of ours."""
        self.ledger.spend(MESSAGE)
