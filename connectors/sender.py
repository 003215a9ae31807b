"""The sender: hands due entries to the networks, once each, and finds out what became of those nobody knows about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby

from majlis.dispatch import LOOKS, Dispatch
from majlis.errors import Busy, GiveUp, MajlisError, NeedsSignIn, Unknown, Wait
from majlis.outbox import BATCHED, REPEATABLE, Action, Entry, Receipt
from majlis.ports import Batches, Clock, Connector, Performer, Store
from majlis.states import EntryState

from .turn import Turn, TurnLost

LEASE_NAME = "send"
LEASE = timedelta(seconds=120)
"""Longer than one call may take, so that a slow network does not cost us the lease."""
ASKS_AGAIN = timedelta(seconds=2)
"""Until a turn that another process has is asked for again: how long taking over from a dead one may take; a guess."""
AGAIN = timedelta(seconds=5)
"""Until the next attempt at something that certainly did not happen, or may be repeated; it doubles each time."""
LONGEST_WAIT = timedelta(minutes=5)
"""How far that doubling goes. Source: API facts, section 0."""
SIGN_IN_LOOK = timedelta(seconds=2)
"""Between two looks whether somebody has signed in; it costs a look at the token's place. A guess."""
IDLE = timedelta(seconds=30)
"""Between two looks at the whole outbox while nothing changes."""
NAP = timedelta(seconds=0.5)

_WAITING = (EntryState.HELD, EntryState.QUEUED)
_log = logging.getLogger(__name__)


class Sender:
    """Sends for as long as it is this process's turn; a store has one sender."""

    def __init__(
        self,
        connectors: Sequence[Connector],
        store: Store,
        clock: Clock,
        dispatch: Dispatch,
        *,
        targets: Sequence[Performer] = (),
        holder: str = "sender",
        sent: Callable[[str], None] = lambda _: None,
        rest: Callable[[datetime], Awaitable[None]] | None = None,
    ) -> None:
        """Take who to hand to, where entries lie, and who judges them.

        Args:
            connectors: One for each account.
            store: Where entries lie.
            clock: The time.
            dispatch: Judges them, and writes what became of them.
            targets: Where cases are told, each with an account of its own.
            holder: Who holds the lease; different for each process.
            sent: Told the account when something went out there, or may have.
            rest: Waits for the time of the next look, or until the store has changed; None: the store is asked all the
                time, since other processes write into it.
        """
        self._performers: dict[str, Performer] = {each.account: each for each in (*targets, *connectors)}
        self._store = store
        self._clock = clock
        self._dispatch = dispatch
        self._turn = Turn(LEASE_NAME, holder, store, clock, LEASE)
        self._sent = sent
        self._rest = rest or self._nap
        self._latest = clock.now()
        self._at_work: set[str] = set()
        """Accounts whose entries are being handed over just now."""
        self._quiet: dict[str, datetime] = {}
        """Accounts to which nothing is handed before a time: a limit, or a service in doubt."""
        self._no_looks: dict[str, datetime] = {}
        """Accounts among whose items nothing is looked up before a time."""
        self._doubts: dict[str, int] = {}
        """How many entries in a row ended in doubt, by account."""
        self._signed_out: set[str] = set()
        """Accounts for which entries wait until somebody has signed in."""

    async def run(self) -> None:
        """Send until cancelled; looks when something has changed or something is due.

        Each account has its own task, so that a network that hangs holds up no other.
        """
        seen, look_at = -1, self._clock.now()
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    changes = await self._store.changes(seen)
                    if changes.revision != seen or self._clock.now() >= look_at:
                        for connector, entries in (await self._due()).items():
                            group.create_task(self._account(connector, entries))
                        seen, look_at = changes.revision, await self._next_look()
                except MajlisError as error:
                    # The store is busy or full: nothing was begun, and the next look tries again.
                    _log.warning("%s", error)
                await self._rest(look_at)

    async def _nap(self, look_at: datetime) -> None:
        """Rest a moment: what another process writes is found by asking."""
        del look_at
        await self._clock.sleep_until(self._clock.now() + NAP)

    async def run_once(self) -> int:
        """Do everything that is due; return how many entries went out."""
        due = await self._due()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._account(connector, entries)) for connector, entries in due.items()]
        return sum(task.result() for task in tasks)

    async def _due(self) -> Mapping[Performer, list[Entry]]:
        """Return what is to be done by accounts that are not at work; the doubtful entries first."""
        if not await self._hold():
            return {}
        await self._dispatch.tick()
        found = [
            *await self._store.entries((EntryState.SENDING, EntryState.UNKNOWN)),
            *await self._store.entries(_WAITING, due_by=self._clock.now()),
        ]
        self._signed_out &= {entry.account for entry in found}
        by_account: dict[Performer, list[Entry]] = {}
        for entry in found:
            connector = self._performers.get(entry.account)
            if connector is not None and entry.account not in self._at_work:
                by_account.setdefault(connector, []).append(entry)
        self._at_work |= {connector.account for connector in by_account}
        return by_account

    async def _next_look(self) -> datetime:
        now = self._clock.now()
        if not self._turn.is_held:
            return now + ASKS_AGAIN
        if self._signed_out:
            return now + SIGN_IN_LOOK
        dues = [entry.due_at for entry in await self._store.entries(_WAITING)]
        dues += [self._look_at(entry) for entry in await self._store.entries((EntryState.UNKNOWN,))]
        dues += [*self._quiet.values(), *self._no_looks.values()]
        return min((due for due in dues if due > now), default=now + IDLE)

    async def _hold(self) -> bool:
        now = self._clock.now()
        if now < self._latest:  # set back: what was planned by the old time would hold for that much longer
            self._turn.ask_anew()
            self._quiet.clear()
            self._no_looks.clear()
        self._latest = now
        return await self._turn.holds()

    async def give_back(self) -> None:
        """Let another process send at once."""
        await self._turn.give_back()

    async def _account(self, connector: Performer, entries: list[Entry]) -> int:
        """Take an account's entries one after another; while it is signed out they wait."""
        sent = 0
        batches = connector if isinstance(connector, Batches) else None
        try:
            if not await self._is_signed_in(connector):
                return 0
            for run in _runs(entries, batches.batch if batches else 1):
                with _said(run[0]):
                    if not await self._hold():  # slow calls, or having been stopped, have cost us the turn
                        break
                    if batches is not None and len(run) > 1:
                        sent += await self._many(batches, run)
                    else:
                        sent += await self._entry(connector, run[0])
        finally:
            self._at_work.discard(connector.account)
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
        if entry.state not in _WAITING and not await self._dispatch.is_believed(entry):
            return 0  # those that wait are looked at when they are released
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
        if self._is_held_back(entry):
            return 0
        going = await self._dispatch.release(entry)
        if going is None or not await self._is_still_ours([going]):
            return 0
        came: Receipt | MajlisError
        try:
            came = await connector.perform(going)
        except MajlisError as error:
            came = error
        except Exception as error:  # noqa: BLE001  the outermost guard of this loop
            # Our mistake; the call may have gone out all the same.
            _log.exception("sending %s", going.id)
            came = Unknown(account=going.account, what=type(error).__name__)
        return await self._settle(going, came)

    async def _many(self, connector: Batches, entries: list[Entry]) -> int:
        """Set one state of many messages in one call; each entry goes its own way from there."""
        if self._is_held_back(entries[0]):
            return 0
        going = [each for each in [await self._dispatch.release(entry) for entry in entries] if each is not None]
        if not going or not await self._is_still_ours(going):
            return 0
        came: tuple[Receipt | MajlisError, ...]
        try:
            came = await connector.perform_many(going)
        except Exception as error:  # noqa: BLE001  the outermost guard of this loop
            _log.exception("sending %s and others", entries[0].id)
            came = tuple(Unknown(account=each.account, what=type(error).__name__) for each in going)
        sent = 0
        for entry, of_it in zip(going, came, strict=True):
            with _said(entry):
                sent += await self._settle(entry, of_it)
        return sent

    async def _is_still_ours(self, going: Sequence[Entry]) -> bool:
        """Look once more, just before the call: a process that was stopped here may have lost its turn meanwhile."""
        if await self._hold():
            return True
        for entry in going:
            with _said(entry):  # whoever sends now may have found it already
                await self._dispatch.retry(entry, self._clock.now(), TurnLost())
        return False

    def _is_held_back(self, entry: Entry) -> bool:
        """Whether its account is handed nothing just now; a case may be about somebody in danger, and is not held."""
        until = self._quiet.get(entry.account)
        return until is not None and self._clock.now() < until and entry.action is not Action.DELIVER

    async def _settle(self, going: Entry, came: Receipt | MajlisError) -> int:
        """Write what came of an entry; return how many went out."""
        match came:
            case Receipt():
                self._doubts.pop(going.account, None)
                await self._dispatch.sent(going, came)
                self._sent(going.account)
                return 1
            case Unknown():
                await self._doubt(going, came)
            case NeedsSignIn():
                await self._dispatch.retry(going, self._clock.now() + SIGN_IN_LOOK, came)
            case Wait():
                await self._again(going, came)
            case GiveUp():
                self._doubts.pop(going.account, None)
                await self._dispatch.refused(going, came)
            case _:
                raise came
        return 0

    async def _again(self, entry: Entry, error: MajlisError) -> None:
        """Put back what certainly was not done, and hand this account nothing else before the wait is over."""
        wait = _doubled(entry.attempts)
        if isinstance(error, Busy):
            wait = max(wait, timedelta(seconds=error.wait_s))
        until = self._clock.now() + wait
        self._hold_back(entry, until)
        await self._dispatch.retry(entry, until, error)

    def _hold_back(self, entry: Entry, until: datetime) -> None:
        self._quiet[entry.account] = max(until, self._quiet.get(entry.account, until))

    async def _doubt(self, entry: Entry, error: MajlisError | None) -> None:
        """Write that nobody knows; what only sets a state is simply done again.

        A service in doubt is handed the account's next entry only after a wait, so that one bad minute does not leave
        a whole outbox for people to look through.
        """
        if entry.action in REPEATABLE:
            await self._again(entry, error or Unknown(account=entry.account, what=entry.action))
            return
        self._doubts[entry.account] = count = self._doubts.get(entry.account, 0) + 1
        self._hold_back(entry, self._clock.now() + _doubled(count))
        await self._dispatch.unknown(entry, error)
        self._sent(entry.account)

    def _look_at(self, entry: Entry) -> datetime:
        return (entry.attempted_at or entry.created_at) + LOOKS[min(entry.looks, len(LOOKS) - 1)]

    async def _look(self, connector: Performer, entry: Entry) -> int:
        now = self._clock.now()
        if now < max(self._look_at(entry), self._no_looks.get(entry.account, now)):
            return 0
        try:
            receipt = await connector.find(entry)
        except MajlisError as error:
            wait = timedelta(seconds=error.wait_s) if isinstance(error, Busy) else AGAIN
            self._no_looks[entry.account] = now + max(wait, AGAIN)
            raise
        except Exception:  # noqa: BLE001  the outermost guard of this loop
            # A mistake of ours: the entry stays unknown, and is looked up again.
            _log.exception("looking for %s", entry.id)
            return 0
        await self._dispatch.looked(entry, receipt)
        return int(receipt is not None)


@contextmanager
def _said(entry: Entry) -> Iterator[None]:
    """Log what goes wrong with one entry, so that the others go on."""
    try:
        yield
    except MajlisError as error:
        # A Conflict too: another process has written about this entry, what it wrote stands, the next look sees it.
        _log.warning("%s: %s", entry.id, error)


def _runs(entries: list[Entry], batch: int) -> Iterator[list[Entry]]:
    """Part entries into those that go in one call: neighbours with the same action; the order stays as it is."""

    def together(entry: Entry) -> tuple[str, bool]:
        is_waiting = entry.state in _WAITING and entry.action in BATCHED
        return (entry.action, entry.ban) if is_waiting else (entry.id, False)

    for _, run in groupby(entries, together):
        rest = list(run)
        for start in range(0, len(rest), batch):
            yield rest[start : start + batch]


def _doubled(times: int) -> timedelta:
    """Return the wait after so many attempts that came to nothing."""
    wait: timedelta = AGAIN * 2 ** min(times - 1, 9)
    return min(LONGEST_WAIT, wait)
