"""Rings when the store has changed, so that nobody has to ask it again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.ports import Clock


class Bell:
    """Rings; whoever rests hears it, also when it rang since the last rest."""

    def __init__(self) -> None:
        self.rung = 0
        """How often."""
        self._ringing = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever rests."""
        self.rung += 1
        self._ringing.set()
        self._ringing = asyncio.Event()

    async def heard(self) -> None:
        """Return when it rings the next time."""
        await self._ringing.wait()


class Rest:
    """Somebody's rest between two looks: until a time, or until the bell rings."""

    def __init__(self, bell: Bell, clock: Clock) -> None:
        self._bell = bell
        self._clock = clock
        self._heard = -1

    async def __call__(self, until: datetime | None) -> None:
        """Rest; at once over when the bell rang since the last rest."""
        if self._heard == self._bell.rung:
            await first(self._bell.heard(), *([] if until is None else [self._clock.sleep_until(until)]))
        else:
            await asyncio.sleep(0)
        self._heard = self._bell.rung


async def first(*waits: Coroutine[Any, Any, None]) -> None:
    """Return when one of these is over, and end the others."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
