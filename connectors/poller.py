"""The poller: reads every account's listings into the store, each as often as it is worth, none at another's cost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from majlis.errors import Bug, Busy, MajlisError, Malformed, NeedsSignIn, Refused
from majlis.gap import Gap, GapCause
from majlis.hours import NeverOpen, ServiceHours
from majlis.lookout import Lookout
from majlis.message import Message, Network
from majlis.ports import Budget, Clock, Connector, Counted, Ingested, Mark, Page, Store, Stream
from majlis.records import Official

from .breaker import LONGEST_S, Breaker
from .gaps import SHORTEST, Gaps
from .turn import Turn
from .verdict import ListingBusy, Unreachable

LEASE = timedelta(seconds=60)
"""How long others wait for a poller whose lock they cannot ask for."""
PAGES = 10
"""Pages of one walk in one go; then the account's other listings have their turn, and the walk goes on."""
GOES_ON = timedelta(seconds=1)
"""Until a walk that is not through goes on; a guess."""
THRIFTY = 0.5
"""Below this part of what reading may use, a backlog waits its turn and a usage in percent slows reading. A guess."""
SIGN_IN_PAUSE = timedelta(minutes=5)
"""Before a dead token is looked at again: somebody may have signed in meanwhile. A guess."""
SIGN_IN_LOOK = timedelta(seconds=2)
"""Between two looks whether somebody has signed in; it costs a look at the token's place. A guess."""
RIGHT_PAUSE = timedelta(hours=1)
"""Before a listing whose right is missing is asked for again. A guess."""
SLOWEST = 8
"""A quiet listing is read this many times less often than it may be, at the least."""
OUTSIDE = 3
"""Outside service hours it is read this many times less often still. Source: API facts, section 4 (2 to 4)."""
LOOKS = {
    Network.FACEBOOK: (10, timedelta(minutes=15)),
    Network.X: (25, timedelta(hours=1)),
    Network.YOUTUBE: (100, timedelta(minutes=30)),
}
"""How many known messages are looked at again, and how often: Graph takes a call for each, X is paid by the row, and
YouTube tells of fifty for one unit. Guesses."""
NEVER = timedelta(days=366)
"""Until a listing is read that is read only when somebody says so; the longest that a scenario lasts."""
EVERYTHING = 10_000
"""Messages of a look at all of them."""
SETTLES = timedelta(seconds=3)
"""Until what we wrote is in the listings, as a rule; a guess."""
OPEN_FOR = timedelta(hours=24)
"""How old a message may be at the first connection and still be owed an answer; a guess."""
ASKS_AGAIN = timedelta(seconds=5)
"""Until a turn that another process has is asked for again: how long taking over from a dead one may take; a guess."""
SHORTEST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(seconds=30)
"""After which the clock is looked at, whatever is due."""
SET_BACK = timedelta(seconds=2)
"""Less than this is a clock being kept right, not one set back; a guess."""
SHOWN_FOR = timedelta(hours=1)
"""How long a clock set back is told of; a guess."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHealth:
    """How reading an account goes."""

    account: str
    network: Network
    last_success: datetime | None
    next_attempt: datetime | None
    problem: MajlisError | None
    """Why the last attempt failed, or why none is made; None while all is well."""
    gap: Gap | None = None
    """The time that is not read yet, the oldest if there are several; or what was lately found to be lost."""
    importing: int | None = None
    """How many messages of the backlog are here, while the first connection brings it."""
    set_back: timedelta | None = None
    """By how much this machine's clock was set back lately."""


@dataclass(slots=True, kw_only=True)
class _Listing:
    next_at: datetime
    interval: timedelta
    fetched_at: datetime | None = None
    """When a page was last read, by this process."""
    hurried_at: datetime | None = None
    barred_until: datetime | None = None
    """A limit or a missing right of this listing alone."""
    under_way: bool = False
    importing: int | None = None


@dataclass(slots=True, kw_only=True)
class _Account:
    connector: Connector
    breaker: Breaker
    gaps: Gaps
    turn: Turn
    listings: dict[str, _Listing] = field(default_factory=dict)
    quiet_until: datetime | None = None
    failures: int = 0
    last_success: datetime | None = None
    problem: MajlisError | None = None
    is_signed_out: bool = False
    looks_at: datetime | None = None
    """When known messages are looked at again."""
    looks_at_all: bool = False
    """Whether the next look is at as many as there are."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def next_at(self) -> datetime | None:
        """Return when there is something to read again; None before the first time."""
        due = min((each.next_at for each in self.listings.values()), default=None)
        waits = [at for at in (self.quiet_until, self.breaker.opens_at) if at is not None]
        return max([due, *waits]) if due is not None else max(waits, default=None)


class Poller:
    """Reads for as long as it holds the poll lease of an account; another process may read the others."""

    def __init__(
        self,
        connectors: Sequence[Connector],
        store: Store,
        clock: Clock,
        intake: Callable[[Page, Sequence[Official]], Page],
        *,
        jitter: Callable[[], float] = lambda: 0.0,
        lookout: Lookout | None = None,
        hours: ServiceHours | None = None,
        open_for: timedelta = OPEN_FOR,
        holder: str = "poller",
        version: str = "",
        only_prompted: bool = False,
    ) -> None:
        """Take what to read, where to, and how to spread it.

        Args:
            connectors: One for each account.
            store: Where pages go.
            clock: The time.
            intake: What a message gets on its way in, given the official contacts that were added.
            jitter: Chance between -1 and 1; intervals move by a fifth of it. Source: API facts, section 4.
            lookout: Finds out what was deleted; None: nobody does.
            hours: When somebody is there to answer; None: always.
            open_for: How old a message may be at the first connection without being history.
            holder: Who holds the leases; different for each process.
            version: Of the policy, recorded with every event.
            only_prompted: Whether it reads once at the beginning, and then only when it is prompted.
        """
        breakers = {connector.network: Breaker() for connector in connectors}
        self._accounts = {
            connector.account: _Account(
                connector=connector,
                breaker=breakers[connector.network],
                gaps=Gaps(connector.account, store, version),
                turn=Turn(f"poll:{connector.account}", holder, store, clock, LEASE),
            )
            for connector in connectors
        }
        self._store = store
        self._clock = clock
        self._intake = intake
        self._jitter = jitter
        self._lookout = lookout
        self._hours = hours
        self._open_for = open_for
        self._only_prompted = only_prompted
        self._latest = clock.now()
        self._set_back: tuple[datetime, timedelta] | None = None

    def health(self) -> tuple[AccountHealth, ...]:
        """Return how each account is doing."""
        noticed_at, by = self._set_back or (None, None)
        lately = noticed_at is not None and self._clock.now() - noticed_at < SHOWN_FOR
        return tuple(
            AccountHealth(
                account=name,
                network=account.connector.network,
                last_success=account.last_success,
                next_attempt=account.next_at(),
                problem=account.problem or account.breaker.problem,
                gap=account.gaps.shown(self._clock.now()),
                importing=_sum(each.importing for each in account.listings.values()),
                set_back=by if lately else None,
            )
            for name, account in self._accounts.items()
        )

    def hurry(self, account: str) -> None:
        """Read an account's fastest listings once soon: something of ours has just gone out there."""
        found = self._accounts.get(account)
        streams = found.connector.streams() if found else ()
        fastest, now = min((stream.interval for stream in streams), default=None), self._clock.now()
        for stream in streams:
            listing = found.listings.get(stream.name) if found else None
            if listing is None or stream.interval != fastest or now < (listing.barred_until or now):
                continue
            if listing.hurried_at is None or now - listing.hurried_at >= stream.interval:
                listing.hurried_at = now
                listing.next_at = min(listing.next_at, now + SETTLES)
        if found:
            found.woken.set()

    def prompt(self, account: str, *, look: bool = True) -> None:
        """Read all of an account's listings at once: something has happened there.

        A service never tells so; a played one does, whose recording has to be read when it was.

        Args:
            account: Whose.
            look: Whether to look at everything known, too; that happens as well when an earlier look is still owed, or
                has missed something and it is time to decide.
        """
        found, now = self._accounts.get(account), self._clock.now()
        if found is None:
            return
        for listing in found.listings.values():
            if now >= (listing.barred_until or now):
                listing.next_at = min(listing.next_at, now)
        if look or found.looks_at_all or (self._lookout is not None and self._lookout.is_owed(account)):
            found.looks_at, found.looks_at_all = now, True
        found.woken.set()

    async def run(self) -> None:
        """Read until cancelled: each account at its own pace, so that one that hangs holds up no other."""
        async with asyncio.TaskGroup() as group:
            for account in self._accounts.values():
                group.create_task(self._forever(account))

    async def _forever(self, account: _Account) -> None:
        while True:
            try:
                await self._turn(account)
            except MajlisError as error:
                # The store has no lease for us, or no room; what was read stays read, and it is tried again.
                _log.warning("%s: %s", account.connector.account, error)
            now = self._clock.now()
            due = account.next_at() if account.turn.is_held else now + ASKS_AGAIN
            longest = SIGN_IN_LOOK if account.is_signed_out else LONGEST_REST
            await self._rest(account, min(max(due or now, now + SHORTEST_REST), now + longest))

    async def _rest(self, account: _Account, until: datetime) -> None:
        """Sleep until a time, or until there is a reason to hurry."""
        account.woken.clear()
        sleeping = [
            asyncio.ensure_future(self._clock.sleep_until(until)),
            asyncio.ensure_future(account.woken.wait()),
        ]
        try:
            await asyncio.wait(sleeping, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in sleeping:
                each.cancel()
            await asyncio.gather(*sleeping, return_exceptions=True)

    async def run_once(self) -> int:
        """Read every listing whose time has come; return how many messages were new."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._turn(account)) for account in self._accounts.values()]
        return sum(task.result() for task in tasks)

    async def give_back(self) -> None:
        """Let another process read at once."""
        for account in self._accounts.values():
            await account.turn.give_back()

    # ---------------------------------------------------------------------------------------------- whose turn it is

    async def _turn(self, account: _Account) -> int:
        now = self._clock.now()
        self._mind_the_clock(now)
        if isinstance(account.problem, NeedsSignIn) and not await self._is_back(account):
            return 0
        if (account.quiet_until is not None and now < account.quiet_until) or not await self._holds(account):
            return 0
        await account.gaps.load()
        new = 0
        for stream in account.connector.streams():
            listing = account.listings.setdefault(stream.name, _Listing(next_at=now, interval=stream.interval))
            if self._clock.now() < listing.next_at:
                continue
            pages = account.breaker.pages(self._clock.now(), PAGES)
            if pages:
                new += await self._guarded(account, stream, listing, pages)
            if account.problem is not None or pages < PAGES:
                break
        else:
            await self._look(account)
        return new

    async def _is_back(self, account: _Account) -> bool:
        """Whether reading makes sense again; as soon as somebody has signed in, it begins at once."""
        if not await account.connector.is_signed_in():
            account.is_signed_out = True
            return False
        if account.is_signed_out:
            account.is_signed_out, account.quiet_until = False, None
        return True

    def _mind_the_clock(self, now: datetime) -> None:
        """Begin anew where the clock was set back: what was planned by the old time would wait that much longer."""
        by, self._latest = self._latest - now, now
        if by < SET_BACK:
            return
        _log.warning("the clock was set back by %s", by)
        self._set_back = (now, by)
        for account in self._accounts.values():
            account.turn.ask_anew()
            account.quiet_until = account.looks_at = None
            account.breaker.opens_at = account.breaker.opens_at and now
            for listing in account.listings.values():
                listing.next_at, listing.hurried_at, listing.barred_until = min(listing.next_at, now), None, None
            account.woken.set()

    async def _holds(self, account: _Account) -> bool:
        before = account.turn.is_held
        holds = await account.turn.holds()
        if not (before and holds):
            account.gaps.forget()  # somebody else may have read meanwhile
        return holds

    # ------------------------------------------------------------------------------------------------------- reading

    async def _guarded(self, account: _Account, stream: Stream, listing: _Listing, pages: int) -> int:
        """Read a listing; whatever goes wrong stays with this account, and is said."""
        try:
            new = await self._walk(account, stream, listing, pages)
        except Refused as error:
            # One right is missing; the account's other listings go on.
            account.breaker.passed()
            listing.next_at = listing.barred_until = self._clock.now() + RIGHT_PAUSE
            _log.warning("%s: %s", stream.id, error)
            return 0
        except ListingBusy as error:
            # Its own limit is used up; those of the other listings are not.
            account.breaker.passed()
            listing.next_at = listing.barred_until = self._clock.now() + timedelta(seconds=error.wait_s)
            _log.info("%s: %s", stream.id, error)
            return 0
        except NeedsSignIn as error:
            account.breaker.passed()
            self._pause(account, error, SIGN_IN_PAUSE)
            account.is_signed_out = not await account.connector.is_signed_in()
            for each in account.connector.streams():
                await self._notice(account, each, GapCause.SIGNED_OUT)
            return 0
        except MajlisError as error:
            self._judge(account, error)
            account.failures += 1
            self._pause(account, error, timedelta(seconds=self._backoff(account, error)))
            await self._notice(account, stream, GapCause.TROUBLE)
            return 0
        except Exception as error:  # noqa: BLE001  the outermost guard of this loop
            # A mistake of ours in one listing must not stop the others.
            _log.exception("reading %s", stream.id)
            account.failures += 1
            self._pause(account, Bug(detail=type(error).__name__), timedelta(seconds=LONGEST_S))
            return 0
        finally:
            if pages < PAGES:
                account.breaker.given_up()
        account.breaker.passed()
        account.failures, account.problem, account.quiet_until = 0, None, None
        account.last_success = self._clock.now()
        self._pace(stream, listing, new, account.connector.budget())
        return new

    async def _walk(self, account: _Account, stream: Stream, listing: _Listing, pages: int) -> int:
        """Read pages until the walk is through, or has had its share; each page is stored with its mark."""
        mark = await self._store.mark(stream) or Mark()
        await self._late(account, stream, listing, mark)
        new = 0
        for _ in range(pages):
            if not await self._holds(account):  # slow pages have cost us the lease
                break
            walked = _walked(mark, self._clock.now())
            page = self._placed(await account.connector.read(stream, mark), walked)
            prepared = self._intake(page, await self._store.officials())
            new += _fresh(page, await self._store.ingest(prepared))
            mark = page.mark
            listing.fetched_at, listing.under_way = self._clock.now(), page.more
            listing.importing = mark.rows if page.more and _is_first(walked) else None
            if not page.more:
                await account.gaps.read_through(page, replace(walked, rows=walked.rows + len(page.messages)))
                break
        return new

    def _placed(self, page: Page, walked: Mark) -> Page:
        """Return a page with its place in the walk, and with what the first connection finds marked as history."""
        rows = walked.rows + len(page.messages)
        if page.more:
            mark = replace(page.mark, begun=walked.begun, rows=rows, read_at=walked.read_at)
        else:
            mark = replace(page.mark, read_at=walked.begun)
        if not _is_first(walked) or walked.begun is None:
            return replace(page, mark=mark)
        oldest = walked.begun - self._open_for
        return replace(page, mark=mark, messages=tuple(_aged(message, oldest) for message in page.messages))

    async def _look(self, account: _Account) -> None:
        """Look at known messages again, in small lots, where there is enough to spend."""
        connector, now = account.connector, self._clock.now()
        limit, interval = LOOKS[connector.network]
        if account.looks_at is None:  # what has just been read is there
            account.looks_at = now + interval * (1 + self._jitter() / 5)
        if self._lookout is None or now < account.looks_at or account.breaker.opens_at is not None:
            return
        if self._only_prompted and not account.looks_at_all:
            return
        looks_at_all, account.looks_at_all = account.looks_at_all, False
        if looks_at_all:
            limit = EVERYTHING
        account.looks_at = now + interval * (1 + self._jitter() / 5) * (1 if self._opens_at(now) is None else OUTSIDE)
        if _free(connector.budget()) <= THRIFTY:
            return
        try:
            messages = await self._lookout.due(connector.account, limit)
            if messages:
                gone = await connector.look([message.key.native_id for message in messages])
                await self._lookout.looked(messages, gone)
        except MajlisError as error:
            # Reading says what is wrong with the service; a look can wait. A limit is kept all the same.
            account.looks_at_all = looks_at_all
            if isinstance(error, Busy):
                self._pause(account, error, timedelta(seconds=error.wait_s))
            _log.info("%s: looking again: %s", connector.account, error)
        except Exception:  # noqa: BLE001  the outermost guard of this loop
            _log.exception("looking at %s again", connector.account)

    # ---------------------------------------------------------------------------------------------- what goes wrong

    async def _late(self, account: _Account, stream: Stream, listing: _Listing, mark: Mark) -> None:
        """Notice that a listing was not read for longer than it ever waits."""
        if self._only_prompted:
            return
        now = self._clock.now()
        seen = max((at for at in (mark.read_at, listing.fetched_at) if at is not None), default=now)
        if now - seen > max(SHORTEST, stream.interval * SLOWEST * OUTSIDE * 1.5):
            cause = GapCause.TROUBLE if account.problem else GapCause.NOT_RUNNING
            await account.gaps.notice(stream, mark.read_at, now, cause)

    async def _notice(self, account: _Account, stream: Stream, cause: GapCause) -> None:
        """Notice a gap while reading fails; a store that fails as well says so with the next page."""
        with suppress(MajlisError):
            mark, listing = await self._store.mark(stream) or Mark(), account.listings.get(stream.name)
            if cause is GapCause.SIGNED_OUT:
                await account.gaps.notice(stream, mark.read_at, self._clock.now(), cause)
            elif listing is not None:
                await self._late(account, stream, listing, mark)

    def _judge(self, account: _Account, error: MajlisError) -> None:
        """Tell the network's breaker whether the service is down; a limit is a service that answers."""
        if isinstance(error, Unreachable | Malformed):
            account.breaker.failed(error, self._clock.now(), self._jitter())
        elif isinstance(error, Busy):
            account.breaker.passed()

    def _pause(self, account: _Account, error: MajlisError, wait: timedelta) -> None:
        account.problem = error
        account.quiet_until = self._clock.now() + wait
        _log.warning("%s waits %s: %s", account.connector.account, wait, error)

    def _backoff(self, account: _Account, error: MajlisError) -> float:
        """Return seconds: exponential, spread by chance, and never earlier than the service says."""
        ours = min(LONGEST_S, 2.0 ** min(account.failures - 1, 9)) * (1 + self._jitter() / 2)
        return max(ours, error.wait_s) if isinstance(error, Busy) else ours

    # ------------------------------------------------------------------------------------------------------- pacing

    def _pace(self, stream: Stream, listing: _Listing, new: int, budget: Budget | None) -> None:
        """Read sooner where there was news, later where there was none. Source: API facts, section 4."""
        now, free = self._clock.now(), _free(budget)
        if listing.under_way:
            listing.next_at = now + (GOES_ON if free > THRIFTY else stream.interval)
            return
        wanted = listing.interval / 2 if new else listing.interval * 1.5
        listing.interval = min(max(wanted, stream.interval), stream.interval * SLOWEST)
        wait = max(listing.interval * (1 + self._jitter() / 5), stream.interval)
        if budget is not None and budget.what is Counted.PERCENT:  # by the day, connectors stretch their intervals
            wait *= min(SLOWEST, max(1.0, THRIFTY / max(free, THRIFTY / SLOWEST)))
        listing.next_at = now + wait
        opens_at = self._opens_at(now)
        if opens_at is not None:
            listing.next_at = max(now + wait, min(now + wait * OUTSIDE, opens_at))
        if self._only_prompted:
            listing.next_at = now + NEVER

    def _opens_at(self, now: datetime) -> datetime | None:
        """Return when somebody is there again; None while they are."""
        if self._hours is None or self._hours.is_open(now):
            return None
        with suppress(NeverOpen):
            return self._hours.next_open(now)
        return now + LONGEST_REST


def _free(budget: Budget | None) -> float:
    """Return which part of what reading may use is left."""
    if budget is None or budget.limit <= budget.reserve:
        return 1.0
    return max(0, budget.left - budget.reserve) / (budget.limit - budget.reserve)


def _walked(mark: Mark, now: datetime) -> Mark:
    """Return a mark whose walk has begun: just now, unless one is under way."""
    under_way = mark.walk is not None and mark.begun is not None
    return mark if under_way else replace(mark, begun=now, rows=0)


def _is_first(walked: Mark) -> bool:
    """Whether no walk of this listing has gone through yet."""
    return walked.read_at is None and walked.high is None


def _aged(message: Message, oldest: datetime) -> Message:
    if message.created_at >= oldest:
        return message
    return replace(message, standing=replace(message.standing, historic=True))


def _fresh(page: Page, kept: Ingested) -> int:
    """Count what is new and no history."""
    old = {message.key for message in page.messages if message.standing.historic}
    return sum(key not in old for key in kept.new)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
