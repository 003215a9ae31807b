"""A network of one account that behaves as badly as real ones: late rows, dead marks, limits, outages, lost answers."""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from connectors.verdict import ListingBusy, Unreachable
from majlis.errors import Busy, MajlisError, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import Message, MessageKey, Network, ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Budget, Capability, Clock, Mark, Page, Probe, Stream, Walk

PAGE = 25
OVERLAP = timedelta(minutes=2)
SWEEPS = timedelta(hours=12)
"""How far back the sweep reads."""
SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """The process dies in this very call."""


@dataclass(slots=True)
class Item:
    """One message as the network has it."""

    message: Message
    shown_from: datetime
    """Listings are eventually consistent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which nothing works."""

    since: datetime
    until: datetime
    kind: str
    """`down` or `signed_out`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often what goes wrong; each between 0 and 1, per call."""

    unreachable: float = 0.0
    busy: float = 0.0
    listing_busy: float = 0.0
    malformed: float = 0.0
    stale: float = 0.0
    """A continuation that has died."""
    killed: float = 0.0
    lost_after: float = 0.0
    """A write that was accepted, and its answer lost."""
    lost_before: float = 0.0
    refused: float = 0.0


@dataclass(slots=True)
class Ledger:
    """What the service saw of us."""

    calls: int = 0
    too_early: list[str] = field(default_factory=list)
    """Calls within a wait that it had named."""
    walks: dict[str, list[datetime]] = field(default_factory=dict)
    """When walks began, by listing."""
    met: Counter[str] = field(default_factory=Counter)
    """Faults, by name."""


class PagedConnector:
    """The `Connector` port over items in memory; its marks are times, as the networks' own are."""

    def __init__(  # a service has many sides
        self,
        clock: Clock,
        account: str,
        network: Network,
        *,
        interval: timedelta = timedelta(seconds=60),
        names: tuple[str, ...] = ("comments",),
        faults: Faults = Faults(),  # frozen
        chance: random.Random | None = None,
        outages: Sequence[Outage] = (),
    ) -> None:
        self._clock = clock
        self._account = account
        self._network = network
        self._interval = interval
        self.names = names
        self.faults = faults
        self.outages = tuple(outages)
        self._chance = chance or random.Random(0)  # noqa: S311  # repeatable, not secret
        self.items: dict[str, Item] = {}
        self._places: list[str] = []
        """Time and id of everything that was ever written, oldest first."""
        self._waits: dict[str, datetime] = {}
        self.ledger = Ledger()
        self.left: Budget | None = None
        self.reach: timedelta | None = None
        self.reach_rows: int | None = None

    @property
    def network(self) -> Network:
        """Which network."""
        return self._network

    @property
    def account(self) -> str:
        """Which account."""
        return self._account

    # ------------------------------------------------------------------------------------------------ what people do

    def arrive(self, native_id: str, text: str = "متى يفتح المركز؟", **fields: object) -> Message:
        """Let somebody write now; `late` is for how long listings do not show it yet."""
        now = self._clock.now()
        late = fields.pop("late", timedelta())
        assert isinstance(late, timedelta)
        known: dict[str, object] = {
            "key": MessageKey(
                network=self._network, account=self._account, object=ObjectKind.COMMENT, native_id=native_id
            ),
            "thread": f"t-{native_id}",
            "text": text,
            "created_at": now,
            "received_at": now,
            "listings": (self.names[0],),
        }
        message = Message(**{**known, **fields})  # type: ignore[arg-type]  # a test's shorthand
        self.items[native_id] = Item(message, now + late)
        insort(self._places, f"{message.created_at.isoformat()} {native_id}")
        return message

    def edit(self, native_id: str, text: str) -> None:
        """Let somebody change a text: no listing brings it up again."""
        item = self.items[native_id]
        item.message = replace(item.message, text=text)

    def delete(self, native_id: str) -> None:
        """Let somebody delete it."""
        del self.items[native_id]

    def published(self) -> list[Message]:
        """Return what is there of ours."""
        return [item.message for item in self.items.values() if item.message.ours]

    # ------------------------------------------------------------------------------------------------------- reading

    def streams(self) -> tuple[Stream, ...]:
        """Return its listings; the sweep is read less often."""
        return tuple(
            Stream(
                network=self._network,
                account=self._account,
                name=name,
                interval=self._interval * (20 if name == "sweep" else 1),
                reach=self.reach,
                reach_rows=self.reach_rows,
            )
            for name in self.names
        )

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Return a page, newest first, from two minutes before the mark on."""
        mark = mark or Mark()
        if mark.walk is None:
            self.ledger.walks.setdefault(stream.name, []).append(self._clock.now())
        self._call(stream.name)
        if mark.walk is not None and self._happens("stale"):
            mark = Mark(high=mark.high)
        now = self._clock.now()
        rows = self._listed(stream, mark, now)
        shown, rest = rows[:PAGE], rows[PAGE:]
        newest = shown[0].created_at.isoformat() if shown else None
        high = mark.walk.candidate_high if mark.walk else max(filter(None, (mark.high, newest)), default=None)
        after = Mark(high=high)
        if rest:
            last = shown[-1]
            place = f"{last.created_at.isoformat()} {last.key.native_id}"
            after = Mark(high=mark.high, walk=Walk(continuation=place, candidate_high=high))
        return Page(stream=stream, messages=tuple(shown), mark=after, more=bool(rest), read_at=now)

    def _listed(self, stream: Stream, mark: Mark, now: datetime) -> list[Message]:
        """Return a page's rows and one more, if there is one; newest first."""
        since = datetime.fromisoformat(mark.high) - OVERLAP if mark.high else None
        if stream.name == "sweep" and since:
            since = now - SWEEPS
        if self.reach is not None:
            since = max(now - self.reach, since or now - self.reach)
        begin = bisect_left(self._places, since.isoformat() if since else "")
        end = bisect_left(self._places, mark.walk.continuation) if mark.walk else len(self._places)
        if self.reach_rows is not None:
            begin = max(begin, len(self._places) - self.reach_rows)
        shown = (place.split(" ", 1)[1] for place in reversed(self._places[begin:end]))
        visible = (name for name in shown if self._shows(name, stream, now))
        return [replace(self.items[name].message, received_at=now) for name in islice(visible, PAGE + 1)]

    def _shows(self, name: str, stream: Stream, now: datetime) -> bool:
        item = self.items.get(name)
        if item is None or item.shown_from > now:
            return False
        return stream.name == "sweep" or stream.name in item.message.listings

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those that are not there."""
        self._call("look")
        return frozenset(ids) - set(self.items)

    # --------------------------------------------------------------------------------------------------------- doing

    async def perform(self, entry: Entry) -> Receipt:
        """Do it, unless something goes wrong before or after."""
        self._call("write")
        if self._happens("refused"):
            raise Refused(account=self._account, reason="closed", code="403")
        if self._happens("lost_before"):
            raise Unknown(account=self._account, what=entry.id)
        receipt = self._done(entry)
        if self._happens("killed"):
            raise Killed
        if self._happens("lost_after"):
            raise Unknown(account=self._account, what=entry.id)
        return receipt

    def _done(self, entry: Entry) -> Receipt:
        now = self._clock.now()
        if entry.action not in {Action.REPLY, Action.MESSAGE}:
            return Receipt(native_id=None, at=now)
        target = entry.target.native_id if entry.target else ""
        if target not in self.items:
            raise Refused(account=self._account, reason="not found", code="404")
        name = f"our-{self._account}-{len(self.items)}"
        thread = self.items[target].message.thread
        self.arrive(name, entry.text, ours=True, parent=target, thread=thread)
        return Receipt(native_id=name, at=now)

    async def find(self, entry: Entry) -> Receipt | None:
        """Look among our own items below the target."""
        self._call("find")
        target = entry.target.native_id if entry.target else None
        for name, item in self.items.items():
            message = item.message
            if message.ours and message.parent == target and message.text == entry.text:
                return Receipt(native_id=name, at=message.created_at)
        return None

    # -------------------------------------------------------------------------------------------------- what goes wrong

    def _call(self, what: str) -> None:
        """Count a call, and let it fail as chance or the day will have it."""
        now, ledger = self._clock.now(), self.ledger
        ledger.calls += 1
        scope = what if what in {"write", "find"} else "read"  # services count them apart
        if any(now < self._waits.get(each, now) for each in (scope, what)):
            ledger.too_early.append(f"{what} at {now}")
        for outage in self.outages:
            if outage.since <= now < outage.until:
                ledger.met[outage.kind] += 1
                raise self._outage(outage)
        if self._happens("killed", only=what != "write"):
            raise Killed
        if self._happens("unreachable"):
            raise Unreachable(account=self._account, wait_s=5, reason="503")
        if self._happens("malformed", only=what != "write"):
            raise Malformed(account=self._account, what="HTML")
        if self._happens("busy"):
            self._waits[scope] = now + 60 * SECOND
            raise Busy(account=self._account, wait_s=60, reason="429")
        if self._happens("listing_busy", only=what in self.names):
            self._waits[what] = now + 120 * SECOND
            raise ListingBusy(account=self._account, wait_s=120, reason="429")

    def forget(self) -> None:
        """Hold nobody to the waits that were told to a process before."""
        self._waits.clear()

    def _outage(self, outage: Outage) -> MajlisError:
        if outage.kind == "signed_out":
            return NeedsSignIn(account=self._account, network=self._network)
        return Unreachable(account=self._account, wait_s=5, reason="connection refused")

    def _happens(self, fault: str, *, only: bool = True) -> bool:
        rate: float = getattr(self.faults, fault)
        if not only or not rate or self._chance.random() >= rate:
            return False
        self.ledger.met[fault] += 1
        return True

    # ------------------------------------------------------------------------------------------------- what is asked

    def capabilities(self) -> frozenset[Capability]:
        """Return everything."""
        return frozenset(Capability)

    async def is_signed_in(self) -> bool:
        """Whether no outage says otherwise."""
        now = self._clock.now()
        return not any(each.kind == "signed_out" and each.since <= now < each.until for each in self.outages)

    def budget(self) -> Budget | None:
        """Return what a test gave it."""
        return self.left

    async def probe(self) -> Probe:
        """Say that all is well."""
        return Probe(account=self._account, ok=True)

    async def aclose(self) -> None:
        """Hold nothing."""
