"""The sender: hands due entries to the networks, once each, and finds out what became of those nobody knows about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from majlis.dispatch import LOOKS, Dispatch
from majlis.errors import Busy, Conflict, GiveUp, MajlisError, NeedsSignIn, Unknown, Wait
from majlis.outbox import REPEATABLE, Entry
from majlis.ports import Clock, Connector, Performer, Store
from majlis.states import EntryState

LEASE_NAME = "send"
LEASE = timedelta(seconds=120)
"""Longer than one call may take, so that a slow network does not cost us the lease."""
AGAIN = timedelta(seconds=5)
"""Until the next attempt at something that may be repeated."""
SIGN_IN_LOOK = timedelta(seconds=2)
"""Between two looks whether somebody has signed in; it costs a look at the token's place. A guess."""
IDLE = timedelta(seconds=30)
"""Between two looks at the whole outbox while nothing changes."""
NAP = timedelta(seconds=0.5)

_WAITING = (EntryState.HELD, EntryState.QUEUED)
_log = logging.getLogger(__name__)


class Sender:
    """Sends for as long as it holds the one send lease of the store."""

    def __init__(
        self,
        connectors: Sequence[Connector],
        store: Store,
        clock: Clock,
        dispatch: Dispatch,
        *,
        targets: Sequence[Performer] = (),
        holder: str = "sender",
    ) -> None:
        """Take who to hand to, where entries lie, and who judges them; `holder` differs for each process."""
        self._performers: dict[str, Performer] = {each.account: each for each in (*targets, *connectors)}
        self._store = store
        self._clock = clock
        self._dispatch = dispatch
        self._holder = holder
        self._leased_until: datetime | None = None
        self._signed_out: set[str] = set()
        """Accounts for which entries wait until somebody has signed in."""

    async def run(self) -> None:
        """Send until cancelled; looks when something has changed or something is due."""
        seen, look_at = -1, self._clock.now()
        while True:
            changes = await self._store.changes(seen)
            if changes.revision != seen or self._clock.now() >= look_at:
                await self.run_once()
                seen = changes.revision
                look_at = await self._next_look()
            await self._clock.sleep_until(self._clock.now() + NAP)

    async def run_once(self) -> int:
        """Do everything that is due; return how many entries went out."""
        if not await self._hold():
            return 0
        await self._dispatch.tick()
        now = self._clock.now()
        by_account: dict[str, list[Entry]] = {}
        for entry in await self._store.entries((EntryState.SENDING, EntryState.UNKNOWN)):
            by_account.setdefault(entry.account, []).append(entry)
        for entry in await self._store.entries(_WAITING, due_by=now):
            by_account.setdefault(entry.account, []).append(entry)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._account(self._performers[account], entries))
                for account, entries in by_account.items()
                if account in self._performers
            ]
        return sum(task.result() for task in tasks)

    async def _next_look(self) -> datetime:
        now = self._clock.now()
        if self._signed_out:
            return now + SIGN_IN_LOOK
        dues = [entry.due_at for entry in await self._store.entries(_WAITING)]
        dues += [self._look_at(entry) for entry in await self._store.entries((EntryState.UNKNOWN,))]
        return min((due for due in dues if due > now), default=now + IDLE)

    async def _hold(self) -> bool:
        now = self._clock.now()
        if self._leased_until is not None and self._leased_until - now > LEASE / 2:
            return True
        held = await self._store.take_lease(LEASE_NAME, self._holder, now + LEASE, now)
        self._leased_until = now + LEASE if held else None
        return held

    async def _account(self, connector: Performer, entries: list[Entry]) -> int:
        """Take an account's entries one after another, the doubtful ones first; while it is signed out they wait."""
        if not await self._is_signed_in(connector):
            return 0
        sent = 0
        for entry in entries:
            try:
                sent += await self._entry(connector, entry)
            except Conflict as error:
                # Another process has written about this entry: what it wrote stands, and the next look sees it.
                _log.warning("%s: %s", entry.id, error)
            except MajlisError as error:
                _log.warning("%s: %s", entry.id, error)
        return sent

    async def _is_signed_in(self, connector: Performer) -> bool:
        if await connector.is_signed_in():
            self._signed_out.discard(connector.account)
            return True
        if connector.account not in self._signed_out:
            _log.warning("%s: signed out; what is to be sent waits", connector.account)
            self._signed_out.add(connector.account)
        return False

    async def _entry(self, connector: Performer, entry: Entry) -> int:
        match entry.state:
            case EntryState.SENDING:
                # Ours are never open here: somebody died between the call and the write.
                await self._doubt(entry, None)
                return 0
            case EntryState.UNKNOWN:
                return await self._look(connector, entry)
            case _:
                return await self._send(connector, entry)

    async def _send(self, connector: Performer, entry: Entry) -> int:
        going = await self._dispatch.release(entry)
        if going is None:
            return 0
        try:
            receipt = await connector.perform(going)
        except Unknown as error:
            await self._doubt(going, error)
        except NeedsSignIn as error:
            await self._dispatch.retry(going, self._clock.now() + SIGN_IN_LOOK, error)
        except Wait as error:
            wait_s = error.wait_s if isinstance(error, Busy) else AGAIN.total_seconds()
            await self._dispatch.retry(going, self._clock.now() + timedelta(seconds=max(wait_s, 1.0)), error)
        except GiveUp as error:
            await self._dispatch.refused(going, error)
        except Exception as error:  # noqa: BLE001  the outermost guard of this loop
            # Our mistake; the call may have gone out all the same.
            _log.exception("sending %s", going.id)
            await self._doubt(going, Unknown(account=going.account, what=type(error).__name__))
        else:
            await self._dispatch.sent(going, receipt)
            return 1
        return 0

    async def _doubt(self, entry: Entry, error: MajlisError | None) -> None:
        """Write that nobody knows; what only sets a state is simply done again."""
        if entry.action in REPEATABLE:
            again = error or Unknown(account=entry.account, what=entry.action)
            await self._dispatch.retry(entry, self._clock.now() + AGAIN, again)
        else:
            await self._dispatch.unknown(entry, error)

    def _look_at(self, entry: Entry) -> datetime:
        return (entry.attempted_at or entry.created_at) + LOOKS[min(entry.looks, len(LOOKS) - 1)]

    async def _look(self, connector: Performer, entry: Entry) -> int:
        if self._clock.now() < self._look_at(entry):
            return 0
        try:
            receipt = await connector.find(entry)
        except MajlisError:
            raise
        except Exception:  # noqa: BLE001  the outermost guard of this loop
            # A mistake of ours: the entry stays unknown, and is looked up again.
            _log.exception("looking for %s", entry.id)
            return 0
        await self._dispatch.looked(entry, receipt)
        return int(receipt is not None)
