"""Which rights an account was found to lack, and for how long that is believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from majlis.ports import Capability, Clock

from .verdict import Failed, Says

RIGHT_PAUSE = timedelta(hours=1)
"""For how long a missing right counts as missing: somebody may have granted it meanwhile. A guess."""


class Rights:
    """What a missing right has shut, learned from what was tried."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._off: dict[Capability, datetime] = {}

    def off(self) -> frozenset[Capability]:
        """Return what a missing right has shut within the hour."""
        now = self._clock.now()
        return frozenset(each for each, until in self._off.items() if until > now)

    @contextmanager
    def minding(self, needed: Iterable[Capability]) -> Iterator[None]:
        """Note for an hour that a right is missing; what works is there again.

        Args:
            needed: What is shut when the block fails for want of a right.
        """
        needed = frozenset(needed)
        try:
            yield
        except Failed as error:
            if error.verdict.says is Says.NO_RIGHT:
                self._off |= dict.fromkeys(needed, self._clock.now() + RIGHT_PAUSE)
            raise
        for each in needed:
            self._off.pop(each, None)
