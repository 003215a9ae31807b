"""A store that keeps everything in dictionaries: for tests that need the port and no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from majlis.audit import GENESIS, Event, EventDraft, Seal, chain, first_break
from majlis.errors import Conflict, DuplicateKey, NoSuchPicture, StoreInDoubt
from majlis.escalation import CASE_OPEN, Case, case_order
from majlis.gap import Gap
from majlis.masking import cover, mask
from majlis.message import Message, MessageKey, ObjectKind, merged, newest_order, queue_order
from majlis.outbox import Entry
from majlis.pictures import digest_of
from majlis.ports import (
    Anchor,
    Changes,
    CheckReport,
    Counts,
    Decision,
    Draft,
    Ingested,
    Kept,
    Mark,
    Memo,
    Page,
    Row,
    Stream,
    Undo,
    View,
    ViewName,
    Window,
)
from majlis.presence import LIFE, Presence
from majlis.publishing import Post, calendar_order
from majlis.records import Official, Pledge, Snippet, Tally
from majlis.states import OPEN, CaseState, EntryState, MessageState, PostState
from majlis.text import search_key, search_words

Value = Kept

_BY_URGENCY = frozenset({ViewName.QUEUE, ViewName.MINE, ViewName.WAITING, ViewName.CASES, ViewName.CALENDAR})


class MemoryStore:
    """The `Store` port; one event loop."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        """Names of the calls made, for tests about what is asked and how often."""
        self._values: dict[type, dict[str, Value]] = {
            kind: {} for kind in (Message, Entry, Case, Post, Memo, Undo, Pledge, Snippet, Official)
        }
        self._tallies: Counter[tuple[date, str, str, str]] = Counter()
        self._events: list[Event] = []
        self._payloads: dict[int, dict[str, Any]] = {}
        self._seals: list[Seal] = []
        self._marks: dict[str, Mark] = {}
        self._drafts: dict[tuple[str, str], Draft] = {}
        self._leases: dict[str, tuple[str, datetime, bool]] = {}
        self._locks: dict[str, MemoryStore] = {}
        self._present: dict[str, Presence] = {}
        self._preferences: dict[tuple[str, str], str] = {}
        self._quarantined: set[str] = set()
        self._gaps: dict[str, Gap] = {}
        self._pictures: dict[str, bytes] = {}

    def again(self) -> MemoryStore:
        """Return the same store as another process has it."""
        return copy(self)

    # -------------------------------------------------------------------------------------------------------- writing

    async def ingest(self, page: Page) -> Ingested:
        """Keep a page's rows, its quarantined rows and its mark."""
        rev = len(self._events) + 1
        known = self._values[Message]
        new: dict[str, Message] = {}
        changed: dict[str, Message] = {}
        for seen in page.messages:
            key = str(seen.key)
            before = changed.get(key) or new.get(key) or known.get(key)
            if before is None:
                new[key] = replace(seen, rev=rev, queued=rev)
                continue
            assert isinstance(before, Message)
            after = merged(before, seen, page.read_at)
            if key in new:
                new[key] = after
            elif after != before:
                changed[key] = replace(after, rev=rev, queued=after.queued or rev)
        bad = {
            sha256((page.stream.id + row.raw).encode("utf-8", "surrogatepass")).hexdigest() for row in page.quarantined
        }
        self._marks[page.stream.id] = page.mark
        if not (new or changed or bad - self._quarantined):
            return Ingested(new=(), changed=(), revision=rev - 1)
        known.update(new)
        known.update(changed)
        self._quarantined |= bad
        self._record(
            EventDraft(
                at=page.read_at,
                actor="service",
                terminal="poller",
                action="ingest",
                subject=page.stream.id,
                profile_version=page.profile_version,
                payload={"new": list(new), "changed": list(changed)},
                salt="",
            )
        )
        return Ingested(
            new=tuple(m.key for m in new.values()), changed=tuple(m.key for m in changed.values()), revision=rev
        )

    async def keep_gap(self, gap: Gap, profile_version: str = "") -> None:
        """Keep a gap, or what became of it."""
        self._gaps[gap.id] = gap
        self._record(
            EventDraft(
                at=gap.until or gap.noticed_at,
                actor="service",
                terminal="poller",
                action="gap",
                subject=gap.stream,
                profile_version=profile_version,
                payload={"state": str(gap.state)},
                salt="",
            )
        )

    async def gaps(self, account: str | None = None) -> tuple[Gap, ...]:
        """Return the times that were not read, the latest first."""
        found = [gap for gap in self._gaps.values() if account in {None, gap.account}]
        return tuple(sorted(found, key=lambda gap: gap.since, reverse=True))

    async def apply(self, decision: Decision) -> int:
        """Write a decision whole, or raise `Conflict` and write nothing."""
        rev = len(self._events) + 1
        for value in decision.puts:
            stored = self._values[type(value)].get(_key(value))
            if (stored.rev if stored else 0) != value.rev:
                raise Conflict(subject=_key(value), colleague=self._colleague(stored))
        for value in decision.puts:
            put = replace(value, rev=rev)
            if isinstance(put, Message | Case | Post) and put.queued == 0:
                put = replace(put, queued=rev)
            self._values[type(value)][_key(value)] = put
        if decision.save_draft is not None:
            await self.save_draft(decision.save_draft)
        if decision.drop_draft is not None:
            self._drafts.pop(decision.drop_draft, None)
        self._record(decision.event)
        return rev

    def _colleague(self, stored: Value | None) -> str:
        if isinstance(stored, Message) and stored.standing.claim is not None:
            return stored.standing.claim.holder
        return self._events[stored.rev - 1].actor if stored else ""

    def _record(self, draft: EventDraft) -> None:
        prev = self._events[-1].hash if self._events else GENESIS
        self._events.append(chain(draft, len(self._events) + 1, prev))
        self._payloads[len(self._events)] = draft.payload

    # -------------------------------------------------------------------------------------------------------- reading

    def _messages(self) -> list[Message]:
        return [value for value in self._values[Message].values() if isinstance(value, Message)]

    def _entries(self) -> list[Entry]:
        return [value for value in self._values[Entry].values() if isinstance(value, Entry)]

    async def message(self, key: MessageKey) -> Message | None:
        """Return one message."""
        found = self._values[Message].get(str(key))
        return found if isinstance(found, Message) else None

    async def thread(self, account: str, thread: str) -> tuple[Message, ...]:
        """Return a thread, oldest first."""
        found = [m for m in self._messages() if m.key.account == account and m.thread == thread]
        return tuple(sorted(found, key=newest_order))

    async def window(
        self,
        view: View,
        *,
        limit: int,
        after: Anchor | None = None,
        before: Anchor | None = None,
        last: bool = False,
        as_of: int | None = None,
    ) -> Window:
        """Return rows in the view's order."""
        self.calls.append("window")
        rows = self._rows(view, as_of)
        if after is not None:
            rows = [row for row in rows if _behind(view, row.anchor, after)]
        if before is not None:
            rows = [row for row in rows if _behind(view, before, row.anchor)]
        shown = rows[-limit:] if last or before is not None else rows[:limit]
        return Window(rows=tuple(shown) if limit else (), revision=len(self._events))

    def _rows(self, view: View, as_of: int | None) -> list[Row]:
        if view.name is ViewName.OUTBOX:
            entries = [e for e in self._entries() if as_of is None or e.rev <= as_of]
            entries = [e for e in entries if _holds(view.search, e.text)]
            rows = [self._outbox_row(e) for e in entries if view.account in {None, e.account}]
            return sorted(rows, key=lambda row: row.anchor.sort, reverse=True)
        if view.name is ViewName.CASES:
            cases = [case for case in self._listed_cases() if as_of is None or case.queued <= as_of]
            cases = [case for case in cases if not view.search or _holds(view.search, *_words_of(case))]
            cases = sorted((case for case in cases if view.account in {None, case.account}), key=case_order)
            return [Row(anchor=Anchor(sort=case_order(c), key=c.id), message=None, case=c) for c in cases]
        if view.name is ViewName.CALENDAR:
            posts = [post for post in self._values[Post].values() if isinstance(post, Post)]
            posts = [post for post in posts if post.state not in {PostState.RELEASED, PostState.DISCARDED}]
            posts = [post for post in posts if as_of is None or post.queued <= as_of]
            posts = [post for post in posts if _holds(view.search, post.arabic, post.english, post.id)]
            return [
                Row(anchor=Anchor(sort=calendar_order(p), key=p.id), message=None, post=p)
                for p in sorted(posts, key=calendar_order)
            ]
        listed = [m for m in self._messages() if _in_view(view, m) and (as_of is None or m.queued <= as_of)]
        if view.name in _BY_URGENCY:
            listed.sort(key=queue_order)
            return [Row(anchor=Anchor(sort=queue_order(m), key=str(m.key)), message=m) for m in listed]
        listed.sort(key=newest_order, reverse=True)
        return [Row(anchor=Anchor(sort=newest_order(m), key=str(m.key)), message=m) for m in listed]

    def _listed_cases(self) -> list[Case]:
        found = [value for value in self._values[Case].values() if isinstance(value, Case)]
        return [case for case in found if case.state in CASE_OPEN or case.state is CaseState.ANSWERED]

    def _outbox_row(self, entry: Entry) -> Row:
        sort = f"{entry.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}|{entry.id}"
        message = self._values[Message].get(str(entry.target)) if entry.target else None
        return Row(
            anchor=Anchor(sort=sort, key=entry.id),
            message=message if isinstance(message, Message) else None,
            entry=entry,
        )

    async def counts(self, view: View, *, as_of: int | None = None) -> Counts:
        """Return how many rows a view has, and how many wait behind the bar."""
        self.calls.append("counts")
        shown = len(self._rows(view, as_of))
        return Counts(shown=shown, waiting=len(self._rows(view, None)) - shown)

    async def position(self, view: View, anchor: Anchor, *, as_of: int | None = None) -> int:
        """Return how many rows come before a place."""
        self.calls.append("position")
        return sum(_behind(view, anchor, row.anchor) for row in self._rows(view, as_of))

    async def entry(self, entry_id: str) -> Entry | None:
        """Return one outbox entry."""
        return next((e for e in self._entries() if e.id == entry_id), None)

    async def entries(
        self, states: Iterable[EntryState], *, due_by: datetime | None = None, due_from: datetime | None = None
    ) -> tuple[Entry, ...]:
        """Return entries in these states, due first."""
        wanted = frozenset(states)
        found = [
            e
            for e in self._entries()
            if e.state in wanted
            and (due_by is None or e.due_at <= due_by)
            and (due_from is None or e.due_at >= due_from)
        ]
        return tuple(sorted(found, key=lambda e: (e.due_at, e.id)))

    async def case(self, case_id: str) -> Case | None:
        """Return one case."""
        found = self._values[Case].get(case_id)
        return found if isinstance(found, Case) else None

    async def cases(self, account: str, thread: str) -> tuple[Case, ...]:
        """Return the cases of a thread, oldest first."""
        found = [c for c in self._values[Case].values() if isinstance(c, Case)]
        return tuple(c for c in found if (c.account, c.thread) == (account, thread))

    async def became(self, doubt: StoreInDoubt) -> bool:
        """Say whether a change was kept; here none is ever in doubt."""
        raise AssertionError(doubt)

    async def post(self, post_id: str) -> Post | None:
        """Return one post of ours."""
        found = self._values[Post].get(post_id)
        return found if isinstance(found, Post) else None

    async def cases_made(self, since: datetime, until: datetime) -> tuple[Case, ...]:
        """Return the cases made from one moment on and before another, oldest first."""
        found = [c for c in self._values[Case].values() if isinstance(c, Case) and since <= c.created_at < until]
        return tuple(sorted(found, key=lambda c: (c.created_at, c.id)))

    async def snoozed(self, due_by: datetime) -> tuple[Message, ...]:
        """Return snoozed messages whose time has come."""
        return tuple(
            m
            for m in self._messages()
            if m.standing.state is MessageState.SNOOZED
            and m.standing.snoozed_until is not None
            and m.standing.snoozed_until <= due_by
        )

    async def stale_claims(self, now: datetime) -> tuple[Message, ...]:
        """Return claimed messages whose lease has run out."""
        return tuple(
            m
            for m in self._messages()
            if m.standing.state is MessageState.CLAIMED
            and m.standing.claim is not None
            and m.standing.claim.until <= now
        )

    async def memos(self, account: str, thread: str) -> tuple[Memo, ...]:
        """Return the memos of a thread, oldest first."""
        found = [m for m in self._values[Memo].values() if isinstance(m, Memo)]
        return tuple(m for m in found if (m.account, m.thread) == (account, thread))

    async def undoable(self, actor: str, message: MessageKey | None = None) -> Undo | None:
        """Return the actor's last action that is not taken back yet."""
        found = [u for u in self._values[Undo].values() if isinstance(u, Undo)]
        fitting = [
            u for u in found if u.actor == actor and not u.used and (message is None or u.message.key == message)
        ]
        return max(fitting, key=lambda undo: undo.rev, default=None)

    async def mark(self, stream: Stream) -> Mark | None:
        """Return how far a stream is read."""
        return self._marks.get(stream.id)

    async def revision(self) -> int:
        """Return the store's position."""
        return len(self._events)

    async def changes(self, after: int) -> Changes:
        """Return what changed after a revision."""
        rev = len(self._events)
        if rev == after:
            return Changes(revision=rev, keys=frozenset(), present=await self.present())
        kinds = (Message, Entry, Case, Memo, Post)
        keys = {key for kind in kinds for key, value in self._values[kind].items() if value.rev > after}
        return Changes(revision=rev, keys=frozenset(keys), present=await self.present())

    async def covering(self, entry_id: str) -> Event | None:
        """Return the event that wrote an entry last; nobody writes past this store."""
        entry = await self.entry(entry_id)
        return self._events[entry.rev - 1] if entry else None

    async def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        return self._seals[-1] if self._seals else None

    async def keep_seal(self, seal: Seal) -> None:
        """Keep the next seal."""
        if any(each.number == seal.number for each in self._seals):
            raise DuplicateKey(table="seal", key=seal.number)
        self._seals.append(seal)

    async def events(self, after: int = 0, limit: int = 1000) -> tuple[Event, ...]:
        """Return audit events in order."""
        return tuple(self._events[after : after + limit])

    async def payloads(self, after: int = 0, limit: int = 1000) -> dict[int, dict[str, Any]]:
        """Return what was written down with each event after a revision."""
        return {rev: payload for rev, payload in self._payloads.items() if after < rev <= after + limit}

    # ------------------------------------------------------------------------------------------------ what people keep

    async def draft(self, message: MessageKey, author: str) -> Draft | None:
        """Return the author's draft for a message."""
        return self._drafts.get((str(message), author))

    async def drafts(self, author: str) -> tuple[Draft, ...]:
        """Return all drafts of an author, newest first."""
        found = [draft for draft in self._drafts.values() if draft.author == author]
        return tuple(sorted(found, key=lambda draft: draft.saved_at, reverse=True))

    async def save_draft(self, draft: Draft) -> None:
        """Keep a draft."""
        self.calls.append("save_draft")
        self._drafts[draft.message, draft.author] = draft

    async def drop_draft(self, message: MessageKey, author: str) -> None:
        """Forget a draft."""
        self._drafts.pop((str(message), author), None)

    async def preference(self, operator: str, name: str) -> str | None:
        """Return what an operator chose."""
        return self._preferences.get((operator, name))

    async def prefer(self, operator: str, name: str, value: str) -> None:
        """Remember what an operator chose."""
        self._preferences[operator, name] = value

    async def pledge(self, operator: str, version: str) -> Pledge | None:
        """Return when an operator read a version of the pledge."""
        found = self._values[Pledge].get(f"{operator}:{version}")
        return found if isinstance(found, Pledge) else None

    async def snippets(self) -> tuple[Snippet, ...]:
        """Return the saved replies that are not removed, by name."""
        found = [each for each in self._values[Snippet].values() if isinstance(each, Snippet) and not each.removed]
        return tuple(sorted(found, key=lambda each: each.id))

    async def snippet(self, snippet_id: str) -> Snippet | None:
        """Return one saved reply, also a removed one."""
        found = self._values[Snippet].get(snippet_id)
        return found if isinstance(found, Snippet) else None

    async def official(self, official_id: str) -> Official | None:
        """Return one added contact, also a removed one."""
        found = self._values[Official].get(official_id)
        return found if isinstance(found, Official) else None

    async def officials(self) -> tuple[Official, ...]:
        """Return the official contacts that were added and not removed, oldest first."""
        found = [each for each in self._values[Official].values() if isinstance(each, Official) and not each.removed]
        return tuple(sorted(found, key=lambda each: each.rev))

    async def tally(self, day: date, operator: str, marks: Sequence[tuple[str, str]]) -> None:
        """Count each (name, what) once more for an operator's day."""
        self._tallies.update((day, operator, name, what) for name, what in marks)

    async def tallies(self, first: date, last: date) -> tuple[Tally, ...]:
        """Return the counts of some days, both included, by day, operator, name."""
        return tuple(
            Tally(day=day, operator=operator, name=name, what=what, count=count)
            for (day, operator, name, what), count in sorted(self._tallies.items())
            if first <= day <= last
        )

    async def keep_picture(self, data: bytes, media_type: str) -> str:
        """Keep a picture and return its digest."""
        digest = digest_of(data, media_type)
        self._pictures[digest] = data
        return digest

    async def picture(self, digest: str) -> bytes:
        """Return a picture's bytes."""
        if digest not in self._pictures:
            raise NoSuchPicture(subject=digest)
        return self._pictures[digest]

    async def hold(self, name: str) -> bool:
        """Keep a lock until it is given back or this store is closed."""
        return self._locks.setdefault(name, self) is self

    async def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept."""
        if self._locks.get(name) is self:
            del self._locks[name]

    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime, *, locked: bool = False) -> bool:
        """Take or renew a lease; False when somebody else holds it."""
        held = self._leases.get(name)
        if held is not None and held[0] != holder and held[1] > now and not (locked and held[2]):
            return False
        self._leases[name] = (holder, until, locked)
        return True

    async def free_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if it is held."""
        if name in self._leases and self._leases[name][0] == holder:
            del self._leases[name]

    async def be_present(self, presence: Presence) -> None:
        """Say where a sitting is, in place of where it was."""
        self.calls.append("be_present")
        over = presence.until - 2 * LIFE
        for name in [name for name, each in self._present.items() if each.until <= over]:
            del self._present[name]
        self._present[presence.sitting] = presence

    async def leave(self, sitting: str) -> None:
        """Say that a sitting is nowhere."""
        self._present.pop(sitting, None)

    async def present(self) -> tuple[Presence, ...]:
        """Return where each sitting is, by its name."""
        return tuple(each for _, each in sorted(self._present.items()))

    async def check(self) -> CheckReport:
        """Verify the chain."""
        broken = first_break(self._events)
        counts = {kind.__name__.lower(): len(values) for kind, values in self._values.items()}
        counts["quarantine"] = len(self._quarantined)
        return CheckReport(path=":memory:", ok=broken is None, problems=(), counts=counts, chain_broken_at=broken)

    async def aclose(self) -> None:
        """Give back the locks."""
        for name in [name for name, holder in self._locks.items() if holder is self]:
            del self._locks[name]


def _key(value: Value) -> str:
    return str(value.key) if isinstance(value, Message) else value.id


def _behind(view: View, place: Anchor, other: Anchor) -> bool:
    """Tell whether a place comes strictly after another one in the view's order."""
    return place.sort > other.sort if view.name in _BY_URGENCY else place.sort < other.sort


def _words_of(case: Case) -> tuple[str, ...]:
    packet = case.packet
    text = cover(packet.text, packet.contact)
    return (text, packet.name or "", f"@{packet.handle or ''}", case.note or "", case.id)


def _holds(search: str, *texts: str) -> bool:
    """Tell whether every word that was typed stands in one of the texts."""
    keys = [search_key(text) for text in texts]
    return all(any(word in key for key in keys) for word in search_words(search))


def _in_view(view: View, message: Message) -> bool:  # noqa: PLR0911  one line per view
    if view.account not in {None, message.key.account}:
        return False
    author = message.author
    if not _holds(view.search, mask(message.text, message.personal), author.name or "", f"@{author.handle or ''}"):
        return False
    state, claim = message.standing.state, message.standing.claim
    match view.name:
        case ViewName.QUEUE:
            return state in OPEN and not message.ours and not message.history
        case ViewName.MINE:
            held = state in {MessageState.CLAIMED, MessageState.WAITING}
            return held and claim is not None and claim.holder == view.operator
        case ViewName.WAITING:
            return state in {MessageState.WAITING, MessageState.SNOOZED} and not message.ours
        case ViewName.ESCALATED:
            return state is MessageState.ESCALATED and not message.ours
        case ViewName.POSTS:
            return message.ours and message.key.object is ObjectKind.POST
        case _:
            return True
