"""A connector whose network is a script: what arrives, changes and fails does so when the clock says."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NoReturn, assert_never

from connectors.skew import LARGEST
from connectors.verdict import PAUSE_S, Unreachable
from majlis.errors import Busy, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import Author, Message, MessageKey, Network, ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Budget, Capability, Clock, Mark, Page, Probe, Stream, Walk

from .accepted import Accepted
from .rows import WORLD, AccountRow, Arrive, Delete, Edit, Fault, FaultKind, Hide, Token, Unhide
from .script import Scenario, Step
from .times import length

PAGE_SIZE = 25
"""Rows of one page: few enough that a backlog takes several."""

SAME_ATTEMPT = timedelta(minutes=10)
"""How far the time of one of our items may lie from the attempt that made it (the rule for all networks)."""

_C = Capability
_CAN: dict[Network, frozenset[Capability]] = {
    Network.FACEBOOK: frozenset(_C) - {_C.PICTURE, _C.SCHEDULE, _C.MODERATE},
    Network.X: frozenset(_C) - {_C.EDIT, _C.PICTURE, _C.SCHEDULE, _C.MODERATE},
    Network.YOUTUBE: frozenset({_C.READ_PUBLIC, _C.REPLY, _C.HIDE, _C.EDIT, _C.DELETE, _C.MODERATE}),
}
_IN_DOUBT = frozenset({FaultKind.ERROR, FaultKind.GARBAGE, FaultKind.SILENCE, FaultKind.CUT})
"""Faults of a write after which nobody knows whether the service has done it."""
_LISTINGS: dict[Network, dict[ObjectKind, str]] = {
    Network.FACEBOOK: {
        ObjectKind.COMMENT: "comments",
        ObjectKind.POST: "posts",
        ObjectKind.PRIVATE: "conversations",
    },
    Network.X: {ObjectKind.POST: "mentions", ObjectKind.PRIVATE: "messages"},
    Network.YOUTUBE: {ObjectKind.COMMENT: "threads", ObjectKind.POST: "uploads"},
}
"""Which listing shows what, unless the script says otherwise."""

STREAMS: dict[Network, tuple[str, ...]] = {
    Network.FACEBOOK: ("comments", "conversations", "posts"),
    Network.X: ("mentions", "replies", "messages", "posts"),
    Network.YOUTUBE: ("threads", "uploads"),
}
"""The most pressing first."""


@dataclass(slots=True)
class _Item:
    """One message as the network holds it now."""

    id: str
    object: ObjectKind
    listing: str
    thread: str
    parent: str | None
    author: Author
    text: str
    created_at: datetime
    ours: bool
    link: str | None
    recipient: str | None = None
    attachments: tuple[str, ...] = ()
    hidden: bool = False
    """By us."""
    withdrawn: bool = False
    """By its author, who may show it again."""


@dataclass(slots=True)
class _Failing:
    """A fault in force."""

    fault: Fault
    left: int
    until: datetime | None


@dataclass(slots=True)
class _World:
    """What one account's network holds, and in which order it changed."""

    items: dict[str, _Item] = field(default_factory=dict)
    changes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By listing, place in time and id of what changed, oldest first; a place sorts as text."""
    failing: list[_Failing] = field(default_factory=list)
    signed_in: bool = True
    made: int = 0
    accepted: list[Accepted] = field(default_factory=list)

    def change(self, item: _Item, place: str) -> None:
        """Show an item in its listing as something new."""
        self.changes.setdefault(item.listing, []).append((place, item.id))


class ScenarioConnector:
    """One account of a scenario; all it knows is in memory, and it reaches nothing outside."""

    def __init__(self, account: AccountRow, scenario: Scenario, clock: Clock, machine: Clock | None = None) -> None:
        self._who = account
        self._clock = clock
        self._machine = machine or clock
        self._interval = length(scenario.header.interval)
        self._steps = tuple(
            step for step in scenario.steps if isinstance(step.what, WORLD) and step.what.account == account.id
        )
        self._next = 0
        self._world = _World()

    @property
    def network(self) -> Network:
        """Which network it plays."""
        return self._who.network

    @property
    def account(self) -> str:
        """The account's id in the scenario."""
        return self._who.id

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """What the network has done for us, in order of time."""
        return tuple(self._world.accepted)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Return nothing: here nobody asks by the wire."""
        return ()

    def streams(self) -> tuple[Stream, ...]:
        """Return the listings that this network has."""
        return tuple(
            Stream(network=self.network, account=self.account, name=name, interval=self._interval)
            for name in STREAMS[self.network]
        )

    def capabilities(self) -> frozenset[Capability]:
        """Return what the played network allows."""
        return _CAN[self.network]

    def budget(self) -> Budget | None:
        """Return nothing: a script is not counted."""
        return None

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Return what changed in a listing since the mark, newest first, in pages."""
        await self._ready_to_read()
        mark = mark or Mark()
        high = mark.high or ""
        below = mark.walk.continuation if mark.walk else None
        places = self._changed(stream.name, above=high, below=below)
        shown, rest = places[:PAGE_SIZE], places[PAGE_SIZE:]
        newest = mark.walk.candidate_high if mark.walk else (places[0][0] if places else mark.high)
        after = Mark(high=mark.high, walk=Walk(continuation=shown[-1][0], candidate_high=newest)) if rest else None
        now = self._machine.now()
        rows = dict.fromkeys(name for _, name in shown)
        return Page(
            stream=stream,
            messages=tuple(self._message(self._world.items[name], now) for name in rows),
            mark=after or Mark(high=newest),
            more=bool(rest),
            read_at=now,
        )

    def _changed(self, listing: str, *, above: str, below: str | None) -> list[tuple[str, str]]:
        """Return places and ids strictly between two places, newest first; what was deleted is not listed."""
        changes = self._world.changes.get(listing, [])
        news = takewhile(lambda change: change[0] > above, reversed(changes))
        return [
            (place, name)
            for place, name in news
            if (below is None or place < below)
            and (item := self._world.items.get(name)) is not None
            and not item.withdrawn
        ]

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says in the played network."""
        self._catch_up()
        fault = self._met("write")
        if fault is not None and not (fault.accepted and fault.kind in _IN_DOUBT):
            await self._fail(fault, "write", entry.id)
        receipt = self._perform(entry)
        self._world.accepted.append(
            Accepted(
                at=self._clock.now(),
                action=entry.action,
                to=entry.target.native_id if entry.target else None,
                text=entry.text,
            )
        )
        if fault is not None:
            await self._fail(fault, "write", entry.id)
        return receipt

    def _perform(self, entry: Entry) -> Receipt:
        match entry.action:
            case Action.REPLY:
                return self._reply(entry)
            case Action.MESSAGE:
                return self._private(entry)
            case Action.POST:
                return self._posted(self._own(entry, ObjectKind.POST, thread=None, parent=None))
            case Action.EDIT:
                item = self._theirs(entry)
                item.text = entry.text
                self._changed_now(item)
                return self._done(item)
            case Action.DELETE:
                if entry.target is not None:
                    self._world.items.pop(entry.target.native_id, None)
                return Receipt(native_id=None, at=self._clock.now())
            case Action.HIDE | Action.UNHIDE | Action.MODERATE:
                item = self._theirs(entry)
                item.hidden = entry.action is not Action.UNHIDE
                return self._done(item)
            case Action.DELIVER:
                raise Refused(account=self.account, reason="a network is no escalation target", code="unsupported")
            case _:
                assert_never(entry.action)

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made: ours, in the same place, the same text, at about the same time."""
        await self._ready_to_read()
        target = self._world.items.get(entry.target.native_id) if entry.target else None
        match entry.action:
            case Action.DELETE:
                return Receipt(native_id=None, at=self._clock.now()) if target is None else None
            case Action.HIDE | Action.UNHIDE | Action.MODERATE:
                wanted = entry.action is not Action.UNHIDE
                return self._done(target) if target and target.hidden is wanted else None
            case Action.EDIT:
                return self._done(target) if target and _same(target.text, entry.text) else None
            case Action.DELIVER:
                return None
            case Action.REPLY | Action.MESSAGE | Action.POST:
                return self._find_own(entry)
            case _:
                assert_never(entry.action)

    def _find_own(self, entry: Entry) -> Receipt | None:
        skew = self._skew()
        tried = (entry.attempted_at or entry.due_at) + (skew if abs(skew) <= LARGEST else timedelta())
        for item in reversed(self._world.items.values()):
            if (
                item.ours
                and item.parent == self._parent(entry)
                and (item.object is ObjectKind.PRIVATE) == (entry.action is Action.MESSAGE)
                and _same(item.text, entry.text)
                and abs(item.created_at - tried) <= SAME_ATTEMPT
            ):
                return self._posted(item)
        return None

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that the played network no longer shows."""
        await self._ready_to_read()
        items = self._world.items
        return frozenset(name for name in ids if name not in items or items[name].withdrawn)

    async def is_signed_in(self) -> bool:
        """Whether the script says so."""
        self._catch_up()
        return self._world.signed_in

    async def probe(self) -> Probe:
        """Say whether the sign-in lives."""
        self._catch_up()
        problem = None if self._world.signed_in else NeedsSignIn(account=self.account, network=self.network)
        return Probe(
            account=self.account, ok=problem is None, name=self._who.name, problem=problem, clock_skew=self._skew()
        )

    def _skew(self) -> timedelta:
        """Return the network's clock less the machine's."""
        return self._clock.now() - self._machine.now()

    async def aclose(self) -> None:
        """Give back nothing: it holds nothing."""

    # ---------------------------------------------------------------------------------------------- the played network

    def _catch_up(self) -> None:
        """Let everything happen whose time has come."""
        now = self._clock.now()
        while self._next < len(self._steps) and self._steps[self._next].at <= now:
            self._happen(self._steps[self._next])
            self._next += 1

    def _happen(self, step: Step) -> None:
        world, place, what = self._world, _place(step.at, step.line), step.what
        match what:
            case Arrive():
                world.items[what.id] = arrived = self._arrived(what, step.written)
                world.change(arrived, place)
            case Edit() | Hide() | Unhide():
                if item := world.items.get(what.id):  # an operator may have deleted it in the meantime
                    self._changed_by_author(item, what)
                    world.change(item, place)
            case Delete():
                world.items.pop(what.id, None)
            case Fault():
                world.failing.append(_Failing(what, what.times, step.until))
            case Token():
                world.signed_in = what.state == "alive"
            case _:  # what others do
                pass

    @staticmethod
    def _changed_by_author(item: _Item, what: Edit | Hide | Unhide) -> None:
        if isinstance(what, Edit):
            item.text = what.text
        else:
            item.withdrawn = isinstance(what, Hide)

    def _arrived(self, row: Arrive, written: datetime) -> _Item:
        parent = self._world.items.get(row.parent) if row.parent else None
        thread = row.thread or (parent.thread if parent else row.parent or row.id)
        author = Author(id=row.author.id or row.author.handle, handle=row.author.handle, name=row.author.name)
        if row.ours and author == Author():
            author = self._ourselves()
        private = row.object is ObjectKind.PRIVATE
        comment_on_x = self.network is Network.X and row.object is ObjectKind.COMMENT
        kind = ObjectKind.POST if comment_on_x else row.object  # X knows posts alone; a comment there is a reply
        return _Item(
            id=row.id,
            object=kind,
            listing=row.listing or ("replies" if comment_on_x else _LISTINGS[self.network][kind]),
            thread=thread,
            parent=row.parent,
            author=author,
            text=row.text,
            created_at=written,
            ours=row.ours,
            link=row.link or (None if private else self._link(row.id)),
            recipient=row.recipient or (author.id if private and not row.ours else None),
            attachments=row.attachments,
        )

    def _ourselves(self) -> Author:
        return Author(id=self._who.handle or self._who.id, handle=self._who.handle or None, name=self._who.name)

    def _link(self, name: str) -> str:
        return f"https://{self.network}.example/{self._who.handle or self.account}/{name}"

    def _message(self, item: _Item, now: datetime) -> Message:
        return Message(
            key=MessageKey(network=self.network, account=self.account, object=item.object, native_id=item.id),
            thread=item.thread,
            parent=item.parent,
            author=item.author,
            text=item.text,
            created_at=item.created_at,
            received_at=now,
            ours=item.ours,
            link=item.link,
            listings=(item.listing,),
            attachments=item.attachments,
            recipient=item.recipient,
        )

    # ------------------------------------------------------------------------------------------------------- doing

    async def _ready_to_read(self) -> None:
        """Let the world catch up, and fail as the script says."""
        self._catch_up()
        fault = self._met("read")
        if fault is not None:
            await self._fail(fault, "read", "")

    def _met(self, on: str) -> Fault | None:
        """Return the fault that this call meets."""
        if not self._world.signed_in:
            raise NeedsSignIn(account=self.account, network=self.network)
        now = self._clock.now()
        self._world.failing = [
            each for each in self._world.failing if (each.left > 0 if each.until is None else each.until > now)
        ]
        found = next((each for each in self._world.failing if each.fault.on in (on, "both")), None)
        if found is None:
            return None
        found.left -= 1
        return found.fault

    async def _fail(self, fault: Fault, on: str, what: str) -> NoReturn:
        if fault.kind is FaultKind.SILENCE:
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=fault.wait_s))
        match fault.kind:
            case FaultKind.BUSY:
                raise Busy(account=self.account, wait_s=fault.wait_s, reason="429")
            case FaultKind.UNAUTHORIZED:
                raise NeedsSignIn(account=self.account, network=self.network)
            case FaultKind.FORBIDDEN:
                raise Refused(account=self.account, reason="forbidden", code="403")
            case FaultKind.GARBAGE if on == "read":
                raise Malformed(account=self.account, what="not JSON")
            case kind if kind in _IN_DOUBT and on == "write":
                raise Unknown(account=self.account, what=what)
            case _:
                raise Unreachable(account=self.account, wait_s=PAUSE_S, reason=str(fault.kind))

    def _theirs(self, entry: Entry) -> _Item:
        item = self._world.items.get(entry.target.native_id) if entry.target else None
        if item is None:
            raise Refused(account=self.account, reason="not found", code="404")
        return item

    def _parent(self, entry: Entry) -> str | None:
        if entry.action is Action.POST:
            return None
        return entry.target.native_id if entry.target else None

    def _reply(self, entry: Entry) -> Receipt:
        target = self._theirs(entry)
        if target.object is ObjectKind.PRIVATE:
            return self._private(entry)
        kind = ObjectKind.POST if self.network is Network.X else ObjectKind.COMMENT
        return self._posted(self._own(entry, kind, thread=target.thread, parent=self._parent(entry)))

    def _private(self, entry: Entry) -> Receipt:
        if Capability.MESSAGE not in self.capabilities():
            raise Refused(account=self.account, reason="no private messages here", code="unsupported")
        target = self._world.items.get(entry.target.native_id) if entry.target else None
        private = target is not None and target.object is ObjectKind.PRIVATE
        thread = target.thread if target and private else entry.thread or f"t_{entry.recipient}"
        own = self._own(entry, ObjectKind.PRIVATE, thread=thread, parent=self._parent(entry))
        return self._posted(own)

    def _own(self, entry: Entry, kind: ObjectKind, *, thread: str | None, parent: str | None) -> _Item:
        """Make an item of ours; its id depends on what was asked, so that a replay makes the same one."""
        world, now = self._world, self._clock.now()
        if self.network is Network.X and any(
            item.ours and item.parent == parent and _same(item.text, entry.text) for item in world.items.values()
        ):
            raise Unknown(account=self.account, what=entry.id)  # as X: the same words twice means it may be there
        world.made += 1
        name = hashlib.sha256(f"{self.account}:{world.made}:{entry.id}".encode()).hexdigest()[:16]
        item = _Item(
            id=name,
            object=kind,
            listing=_LISTINGS[self.network][kind],
            thread=thread or name,
            parent=parent,
            author=self._ourselves(),
            text=entry.text,
            created_at=now,
            ours=True,
            link=None if kind is ObjectKind.PRIVATE else self._link(name),
        )
        world.items[name] = item
        self._changed_now(item)
        return item

    def _changed_now(self, item: _Item) -> None:
        self._world.made += 1
        self._world.change(item, _place(self._clock.now(), _AFTER_SCRIPT + self._world.made))

    def _posted(self, item: _Item) -> Receipt:
        return Receipt(native_id=item.id, at=item.created_at, link=item.link)

    def _done(self, item: _Item) -> Receipt:
        return Receipt(native_id=None, at=self._clock.now(), link=item.link)


_AFTER_SCRIPT = 10_000_000
"""Numbers of our own changes begin here: at one moment, they come after the script's lines."""


def _place(at: datetime, number: int) -> str:
    """Return a place in time that sorts as text, and is the same again after a restart."""
    return f"{at.isoformat(timespec='microseconds')}#{number:08d}"


def _same(ours: str, theirs: str) -> bool:
    return unicodedata.normalize("NFC", ours).strip() == unicodedata.normalize("NFC", theirs).strip()
