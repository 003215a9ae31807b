"""The poller: reads every account's listings into the store, each as often as it is worth, none at another's cost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from majlis.errors import Bug, Busy, MajlisError, NeedsSignIn, Refused
from majlis.message import Network
from majlis.ports import Clock, Connector, Page, Store, Stream

from .verdict import ListingBusy

LEASE = timedelta(seconds=60)
"""How long others wait for a poller that has died without a word."""
PAGES = 20
"""Pages of one walk in one go; a longer backlog goes on with the next turn, so that no stream starves the others."""
BREAKS_AFTER = 5
"""Failures in a row after which only one request tests whether a service is back. Source: API facts, section 0."""
LONGEST_BACKOFF_S = 300.0
"""Source: API facts, section 0."""
SIGN_IN_PAUSE = timedelta(minutes=5)
"""Before a dead token is looked at again: somebody may have signed in meanwhile. A guess."""
RIGHT_PAUSE = timedelta(hours=1)
"""Before a listing whose right is missing is asked for again. A guess."""
SLOWEST = 8
"""A quiet listing is read this many times less often than it may be, at the least."""
NAP = timedelta(seconds=1)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHealth:
    """How reading an account goes."""

    account: str
    network: Network
    last_success: datetime | None
    next_attempt: datetime | None
    problem: MajlisError | None
    """Why the last attempt failed; None while all is well."""


@dataclass(slots=True, kw_only=True)
class _Listing:
    next_at: datetime
    interval: timedelta


@dataclass(slots=True, kw_only=True)
class _Account:
    connector: Connector
    listings: dict[str, _Listing] = field(default_factory=dict)
    quiet_until: datetime | None = None
    failures: int = 0
    last_success: datetime | None = None
    problem: MajlisError | None = None
    is_signed_out: bool = False


class Poller:
    """Reads for as long as it holds the poll lease of an account; another process may read the others."""

    def __init__(
        self,
        connectors: Sequence[Connector],
        store: Store,
        clock: Clock,
        intake: Callable[[Page], Page],
        *,
        jitter: Callable[[], float] = lambda: 0.0,
        holder: str = "poller",
    ) -> None:
        """Take what to read, where to, and how to spread it.

        Args:
            connectors: One for each account.
            store: Where pages go.
            clock: The time.
            intake: What a message gets on its way in.
            jitter: Chance between -1 and 1; intervals move by a fifth of it. Source: API facts, section 4.
            holder: Who holds the leases; different for each process.
        """
        self._accounts = {connector.account: _Account(connector=connector) for connector in connectors}
        self._store = store
        self._clock = clock
        self._intake = intake
        self._jitter = jitter
        self._holder = holder
        self._leased: dict[str, datetime] = {}

    def health(self) -> tuple[AccountHealth, ...]:
        """Return how each account is doing."""
        return tuple(
            AccountHealth(
                account=name,
                network=account.connector.network,
                last_success=account.last_success,
                next_attempt=account.quiet_until
                or min((each.next_at for each in account.listings.values()), default=None),
                problem=account.problem,
            )
            for name, account in self._accounts.items()
        )

    def nudge(self, account: str) -> None:
        """Read an account soon: something of ours has just gone out there."""
        for listing in self._accounts[account].listings.values():
            listing.next_at = self._clock.now()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self.run_once()
            await self._clock.sleep_until(self._clock.now() + NAP)

    async def run_once(self) -> int:
        """Read every listing whose time has come; return how many messages were new."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._account(account)) for account in self._accounts.values()]
        return sum(task.result() for task in tasks)

    async def _account(self, account: _Account) -> int:
        now = self._clock.now()
        if isinstance(account.problem, NeedsSignIn) and not await self._is_back(account):
            return 0
        if (account.quiet_until is not None and now < account.quiet_until) or not await self._hold(account, now):
            return 0
        new = 0
        for stream in account.connector.streams():
            listing = account.listings.setdefault(stream.name, _Listing(next_at=now, interval=stream.interval))
            if self._clock.now() < listing.next_at:
                continue
            testing = account.failures >= BREAKS_AFTER
            found = await self._guarded(account, stream, listing)
            new += found
            if account.problem is not None or testing:
                break
        return new

    async def _is_back(self, account: _Account) -> bool:
        """Whether reading makes sense again; as soon as somebody has signed in, it begins at once."""
        if not await account.connector.is_signed_in():
            account.is_signed_out = True
            return False
        if account.is_signed_out:
            account.is_signed_out, account.quiet_until = False, None
        return True

    async def _hold(self, account: _Account, now: datetime) -> bool:
        name = f"poll:{account.connector.account}"
        until = self._leased.get(name)
        if until is not None and until - now > LEASE / 2:
            return True
        held = await self._store.take_lease(name, self._holder, now + LEASE, now)
        if held:
            self._leased[name] = now + LEASE
        else:
            self._leased.pop(name, None)
        return held

    async def _guarded(self, account: _Account, stream: Stream, listing: _Listing) -> int:
        """Read a listing; whatever goes wrong stays with this account, and is said."""
        try:
            new = await self._walk(account, stream)
        except Refused as error:
            # One right is missing; the account's other listings go on.
            listing.next_at = self._clock.now() + RIGHT_PAUSE
            _log.warning("%s: %s", stream.id, error)
            return 0
        except ListingBusy as error:
            # Its own limit is used up; those of the other listings are not.
            listing.next_at = self._clock.now() + timedelta(seconds=error.wait_s)
            _log.info("%s: %s", stream.id, error)
            return 0
        except NeedsSignIn as error:
            self._pause(account, error, SIGN_IN_PAUSE)
            return 0
        except MajlisError as error:
            account.failures += 1
            self._pause(account, error, timedelta(seconds=self._backoff(account, error)))
            return 0
        except Exception as error:  # noqa: BLE001  the outermost guard of this loop
            # A mistake of ours in one listing must not stop the others.
            _log.exception("reading %s", stream.id)
            account.failures += 1
            self._pause(account, Bug(detail=type(error).__name__), timedelta(seconds=LONGEST_BACKOFF_S))
            return 0
        account.failures, account.problem, account.quiet_until = 0, None, None
        account.last_success = self._clock.now()
        self._pace(stream, listing, new)
        return new

    async def _walk(self, account: _Account, stream: Stream) -> int:
        """Read pages until the walk is through, or has had its share; each page is stored with its mark."""
        new = 0
        for _ in range(PAGES):
            page = await account.connector.read(stream, await self._store.mark(stream))
            kept = await self._store.ingest(self._intake(page))
            new += len(kept.new)
            if not page.more:
                break
        return new

    def _pause(self, account: _Account, error: MajlisError, wait: timedelta) -> None:
        account.problem = error
        account.quiet_until = self._clock.now() + wait
        _log.warning("%s waits %s: %s", account.connector.account, wait, error)

    def _backoff(self, account: _Account, error: MajlisError) -> float:
        """Return seconds: exponential, spread by chance, and never earlier than the service says."""
        ours = min(LONGEST_BACKOFF_S, 2.0 ** min(account.failures - 1, 9)) * (1 + self._jitter() / 2)
        return max(ours, error.wait_s) if isinstance(error, Busy) else ours

    def _pace(self, stream: Stream, listing: _Listing, new: int) -> None:
        """Read sooner where there was news, later where there was none. Source: API facts, section 4."""
        wanted = listing.interval / 2 if new else listing.interval * 1.5
        listing.interval = min(max(wanted, stream.interval), stream.interval * SLOWEST)
        listing.next_at = self._clock.now() + listing.interval * (1 + self._jitter() / 5)
