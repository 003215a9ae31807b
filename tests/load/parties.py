"""Two operators, a sender that may be killed, a citizen who writes again, and a clock, before one store: for `explore`.

Desk, dispatch and sender are the real ones. Each party has the store to itself through a `Stepped`, which stops before
what others can see and keeps account of what the party has read since its last command began. A `Witness` under all of
them holds every write against rules that are written down here once more, in other words than the desk's.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from connectors.clock import SeededIds
from connectors.sender import Sender
from majlis.commands import Claim, Reply
from majlis.conduct import rules_from
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.errors import MajlisError
from majlis.message import Claim as Lease
from majlis.message import Message, stamp
from majlis.outbox import Entry, Receipt
from majlis.policy import Operator, Role
from majlis.ports import Draft
from majlis.states import OPEN, EntryState, MessageState
from tests.builders import AT, HandClock, key, message, page, policy
from tests.load.interleaving import Body, Point, Violation, advance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from majlis.commands import Command
    from majlis.ports import Decision, Store

LEASE = timedelta(minutes=15)
OPERATING = frozenset({"claim", "renew", "release", "reply", "done", "snooze", "escalate"})
"""What nobody may do with a message that a colleague holds."""
UNDECIDED = (EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN)
_POLICY = policy(hold=timedelta(seconds=10), claim_lease=LEASE, rules=rules_from())
"""Without rules of conduct: they read a text, and the texts here are always the same."""
_NOT_COMPARED = frozenset({"rev", "queued"})


@cache
def _names(kind: type[Any]) -> tuple[str, ...] | None:
    """Return what is compared of a kind of value; None: all of it, as it is."""
    if not is_dataclass(kind):
        return None
    return tuple(each.name for each in fields(kind) if each.name not in _NOT_COMPARED)


class Shapes:
    """Values without the revisions that depend on the order in which they came about, to be compared by."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, object]] = {}
        """By identity: values never change, and are kept here so that nothing else gets theirs."""

    def of(self, value: object) -> object:
        """Return a value's shape."""
        if isinstance(value, tuple | list | frozenset):
            return tuple([self.of(each) for each in value])
        kind: Any = type(value)
        names = _names(kind)
        if names is None:
            return value
        known = self._known.get(id(value))
        if known is None:
            made = (kind, *[self.of(getattr(value, name)) for name in names])
            known = self._known[id(value)] = (value, made)
        return known[1]


class Witness:
    """The store under all parties; refuses nothing, and says when something was taken that must not have been."""

    def __init__(
        self, store: Store, clock: HandClock, meant: dict[str, Lease | None], *, sees_stamps: bool = False
    ) -> None:
        """Take the store.

        Args:
            store: Where it all goes.
            clock: The time.
            meant: Who is about to take which claim over, as they have seen it.
            sees_stamps: Whether an entry that is handed over must fit its thread at that moment; only where whoever
                looks and whoever writes *sending* are not parted by a stop.
        """
        self._store = store
        self._clock = clock
        self._meant = meant
        self._sees_stamps = sees_stamps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def apply(self, decision: Decision) -> int:
        """Write a decision, and hold what was accepted against the rules."""
        subject = decision.event.subject
        before = {}
        for put in decision.puts:
            if isinstance(put, Message):
                before[str(put.key)] = await self._store.message(put.key)
        sending = [put for put in decision.puts if isinstance(put, Entry) and put.state is EntryState.SENDING]
        was = {put.id: await self._store.entry(put.id) for put in sending}
        revision = await self._store.apply(decision)
        old = before.get(subject)
        if old is not None:
            self._look(decision, old)
        for entry in sending:
            earlier = was[entry.id]
            if earlier is None or earlier.state not in {EntryState.HELD, EntryState.QUEUED}:
                raise Violation(f"{entry.id} was handed over from {earlier.state if earlier else 'nothing'}")
            if self._sees_stamps and entry.stamp != await self._stamp(entry):
                raise Violation(f"{entry.id} was handed over though the thread had changed")
        return revision

    async def _stamp(self, entry: Entry) -> str:
        assert entry.target is not None
        assert entry.thread is not None
        return stamp(await self._store.thread(entry.account, entry.thread), entry.target)

    def _look(self, decision: Decision, old: Message) -> None:
        event, now = decision.event, self._clock.at
        claim = old.standing.claim if old.standing.state is MessageState.CLAIMED else None
        if claim is None or claim.until <= now:
            return
        if event.action in OPERATING and event.actor != claim.holder:
            raise Violation(f"{event.actor} did {event.action} while {claim.holder} held the message")
        if event.action == "expire":
            raise Violation(f"the claim of {claim.holder} was ended before its time")
        if event.action == "take_over" and not event.payload["why"]:
            raise Violation("taken over without a reason")
        meant = self._meant.get(event.actor)
        is_meant = meant is not None and (meant.holder, meant.since) == (claim.holder, claim.since)
        if event.action == "take_over" and not is_meant:
            raise Violation(f"{event.actor} took over from {claim.holder} and had named somebody else")


class Stepped:
    """One party's store: stops before each of its visible steps, and keeps account of what was read."""

    def __init__(self, store: Any, stops: Iterable[str], shapes: Shapes) -> None:
        self._store = store
        self._shapes = shapes
        self._stops = frozenset(stops)
        self._read: dict[tuple[str, object], object] = {}

    def begin(self) -> None:
        """Forget what was read for the command before."""
        self._read.clear()

    async def place(self) -> object:
        """Return what was read for this command, and which of it stands there no more as it was read."""
        read = []
        for (name, given), answer in self._read.items():
            values = answer if isinstance(answer, tuple) else (answer,)
            stale = [await self._is_stale(each) for each in values if isinstance(each, Message | Entry)]
            read.append((name, given, self._shapes.of(answer), tuple(stale)))
        return tuple(read)

    async def _is_stale(self, value: Message | Entry) -> bool:
        now = await (self._store.message(value.key) if isinstance(value, Message) else self._store.entry(value.id))
        return now is None or now.rev != value.rev

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def called(*given: Any, **named: Any) -> Any:
            if name in self._stops:
                await Point()
            answer = await method(*given, **named)
            if not name.startswith(("apply", "save", "drop", "tally")):
                self._read[name, self._shapes.of(given)] = answer
            return answer

        return called


class Line:
    """The network: takes every answer, also a second time."""

    account = "moh"

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self.posts: list[tuple[str, str]] = []
        """Entry and text of what the public sees."""

    async def is_signed_in(self) -> bool:
        """Be signed in."""
        return True

    async def perform(self, entry: Entry) -> Receipt:
        """Take an answer; the party stops before it and, by its next write, after it."""
        await Point()
        self.posts.append((entry.id, entry.text))
        return Receipt(native_id=f"n{len(self.posts)}", at=self._clock.at)

    async def find(self, entry: Entry) -> Receipt | None:
        """Look among our own items."""
        return next((Receipt(native_id="n1", at=self._clock.at) for name, _ in self.posts if name == entry.id), None)


WRITES = ("apply",)
"""Stops enough: reads between two writes see the same unless somebody else has written, and they stop there too."""


class Sitting:
    """A beginning: one message in the queue at 08:00, nobody there yet."""

    def __init__(self, store: Store, *, sees_stamps: bool = False) -> None:
        self.clock = HandClock()
        self._sees_stamps = sees_stamps
        self._meant: dict[str, Lease | None] = {}
        self.store: Any = Witness(store, self.clock, self._meant, sees_stamps=sees_stamps)
        self.line = Line(self.clock)
        self.parties: dict[str, Body] = {}
        self._shapes = Shapes()
        self._stores: dict[str, Stepped] = {}
        self._typed: list[tuple[str, str]] = []
        """Author and text of every answer that was written."""
        self._senders: dict[str, tuple[Sender, Any]] = {}

    async def begin(self) -> None:
        """Let the message come in."""
        await self.store.ingest(page(message("1")))

    def _party(
        self, name: str, body: Callable[[Stepped], Body], stops: Iterable[str] = WRITES, under: Any = None
    ) -> None:
        store = Stepped(under if under is not None else self.store, stops, self._shapes)
        self._stores[name] = store
        self.parties[name] = body(store)

    # ------------------------------------------------------------------------------------------------------ parties

    def operator(
        self, name: str, *commands: Command, role: Role = Role.OPERATOR, stops: Iterable[str] = WRITES
    ) -> None:
        """Let somebody give commands; an answer is a draft before it is sent, as in the editor.

        Whoever takes over looks first, and may be stopped between that and the reason.
        """

        async def work(store: Any) -> None:
            seed = sum(map(ord, name))
            who = Operator(name=name, roles=frozenset({role}), terminal=name)
            desk = Desk(store=store, clock=self.clock, ids=SeededIds(seed), policy=_POLICY, operator=who)
            for command in commands:
                store.begin()
                await Point()
                if isinstance(command, Reply):
                    self._typed.append((name, command.text))
                    draft = Draft(message=str(command.key), author=name, text=command.text, saved_at=self.clock.at)
                    await store.save_draft(draft)
                given = command
                if isinstance(command, Claim) and command.take_over is not None:
                    seen = await store.message(command.key)
                    await Point()
                    self._meant[name] = seen.standing.claim
                    given = Claim.taking_over(seen, command.take_over)
                try:
                    await desk.do(given)
                except MajlisError:
                    continue  # a refusal is an answer too

        self._party(name, work, stops)

    def sender(self, name: str, *, rounds: int, stops: Iterable[str] = WRITES) -> None:
        """Let a process send: so many looks at the outbox."""
        again = getattr(self.store, "again", None)
        own: Any = (
            self.store if again is None else Witness(again(), self.clock, self._meant, sees_stamps=self._sees_stamps)
        )

        async def work(store: Stepped) -> None:
            sender = self._sender(store, name)
            self._senders[name] = (sender, own)
            for _ in range(rounds):
                store.begin()
                await Point()
                await _round(sender)

        self._party(name, work, stops, under=own)

    def _sender(self, store: Any, name: str) -> Sender:
        dispatch = Dispatch(store=store, clock=self.clock, ids=SeededIds(sum(map(ord, name))), policy=_POLICY)
        return Sender((), store, self.clock, dispatch, targets=(self.line,), holder=name)

    def killer(self, victim: str) -> None:
        """Let somebody kill a process at any moment; its locks go with it."""

        async def work(_: Stepped) -> None:
            await Point()
            self.parties[victim].close()
            if victim in self._senders:
                await self._senders[victim][1].aclose()
                self._senders.pop(victim)

        self._party("kill", work)

    def time(self, *steps: timedelta) -> None:
        """Let the clock move, forward or back."""

        async def work(_: Stepped) -> None:
            for step in steps:
                await Point()
                self.clock.at += step

        self._party("clock", work)

    def citizen(self) -> None:
        """Let the person write once more in the thread."""

        async def work(store: Stepped) -> None:
            await Point()
            at = AT + timedelta(seconds=1)
            await store.ingest(page(message("2", "never mind", created_at=at, received_at=at), high="2"))

        self._party("citizen", work)

    # -------------------------------------------------------------------------------------------------- for `explore`

    async def place(self, name: str) -> object:
        """Return what a party goes by."""
        return await self._stores[name].place()

    async def state(self) -> object:
        """Return store, network and clock."""
        found = [await self.store.message(key(name)) for name in ("1", "2")]
        entries = await self.store.entries(EntryState)
        drafts = [await self.store.draft(key("1"), name) for name in ("amal", "badr")]
        meant = sorted((name, lease.holder, lease.since) for name, lease in self._meant.items() if lease is not None)
        shapes = self._shapes.of((*found, *entries, *drafts, *meant))
        return shapes, tuple(self.line.posts), self.clock.at, tuple(self._typed), tuple(sorted(self._senders))

    async def finish(self) -> None:
        """Let time pass until all is decided, then look at what must be true whatever came first."""
        senders = [each for each, _ in self._senders.values()] or [self._sender(self.store, "last")]
        for _ in range(12):
            self.clock.at += timedelta(minutes=3)
            for sender in senders:
                await _driven(_round(sender))
        undecided = await self.store.entries(UNDECIDED)
        if undecided:
            raise Violation(f"nothing moves an entry that is {undecided[0].state}")
        texts = [text for _, text in self.line.posts]
        if len(texts) != len(set(texts)):
            raise Violation(f"the public sees twice: {texts[0]}")
        if len(texts) > 1:
            raise Violation(f"the person is answered twice: {texts}")
        for name, text in self.line.posts:
            entry = await self.store.entry(name)
            if entry.state is not EntryState.SENT:
                raise Violation(f"the public sees what is {entry.state} here: {text}")
        await self._no_words_lost()
        await self._not_stuck()
        report = await self.store.check()
        if not report.ok:
            raise Violation(f"the history breaks at {report.chain_broken_at}")

    async def _no_words_lost(self) -> None:
        public = {text for _, text in self.line.posts}
        for author, text in self._typed:
            draft = await self.store.draft(key("1"), author)
            if text not in public and (draft is None or draft.text != text):
                raise Violation(f"{author} has lost: {text}")

    async def _not_stuck(self) -> None:
        self.clock.at += LEASE
        found = await self.store.message(key("1"))
        if found.standing.state in {MessageState.ANSWERED, MessageState.DONE}:
            return
        if found.standing.state not in OPEN:
            raise Violation(f"the message is stuck: {found.standing.state}")
        desk = Desk(
            store=self.store,
            clock=self.clock,
            ids=SeededIds(3),
            policy=_POLICY,
            operator=Operator(name="dana", roles=frozenset({Role.OPERATOR})),
        )
        try:
            await desk.do(Claim(key=key("1")))
        except MajlisError as error:
            raise Violation(f"nobody can take the message any more: {error}") from error


async def _round(sender: Sender) -> None:
    """Do what `Sender.run_once` does, without the tasks of an event loop."""
    for performer, entries in (await sender._due()).items():
        await sender._account(performer, entries)


async def _driven(body: Body) -> None:
    """Run through a body whose steps nobody waits for."""
    while await advance(body):
        pass
