"""The right to do something alone for a store, such as sending: a lock while the process lives, and a lease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from majlis.errors import Wait

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from majlis.ports import Clock, Store


class TurnLost(Wait):
    """Another process has taken our place while this one stood still."""

    happened = "Another process does this for the inbox now."
    safe = "This was not handed over."
    advice = "It goes out from there, by itself."


class Turn:
    """One process's turn at one thing.

    The lock ends with the process, so that nobody waits for the dead, and one that is stopped keeps it. The lease says
    in the store who it is; on an engine whose lock can be lost while the process lives, it is what others wait for.
    """

    def __init__(self, name: str, holder: str, store: Store, clock: Clock, length: timedelta) -> None:
        """Take what it is a turn at.

        Args:
            name: What only one process may do.
            holder: Names this process; different for each.
            store: Where lock and lease are.
            clock: The time.
            length: Of the lease; it is renewed after half of it.
        """
        self.name = name
        self._holder = holder
        self._store = store
        self._clock = clock
        self._length = length
        self._until: datetime | None = None

    @property
    def is_held(self) -> bool:
        """Whether it was ours at the last look."""
        return self._until is not None

    async def holds(self) -> bool:
        """Take it, keep it, or say that another process has it."""
        now, until = self._clock.now(), self._until
        is_locked = await self._store.hold(self.name)
        if is_locked and until is not None and until - now > self._length / 2:
            return True
        end = now + self._length
        has_lease = is_locked and await self._store.take_lease(self.name, self._holder, end, now, locked=True)
        self._until = end if has_lease else None
        return has_lease

    def ask_anew(self) -> None:
        """Renew the lease at the next look: the clock was set back, and what it says ends too late."""
        self._until = None

    async def give_back(self) -> None:
        """Let the next process go on at once."""
        self._until = None
        await self._store.free_lease(self.name, self._holder)
        await self._store.let_go(self.name)
