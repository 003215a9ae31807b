"""The inbox: the domain's `Store` port on TinyDB tables whose rows are an engine's.

Every decision and every page is one transaction with one event. The revision comes from a head row locked in that
transaction, never from a sequence: sequences commit out of order, and a reader would miss events.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import msgspec
from tinydb import where
from tinydb.table import Document

from majlis.audit import EventDraft, Seal
from majlis.errors import (
    BadSettings,
    Conflict,
    DuplicateKey,
    MajlisError,
    NoSuchPicture,
    SchemaNewer,
    StoreDamaged,
    StoreFault,
    Wait,
)
from majlis.escalation import Case
from majlis.gap import Gap
from majlis.message import Message, MessageKey, merged, sortable
from majlis.outbox import Entry
from majlis.pictures import digest_of
from majlis.ports import (
    Anchor,
    BackupMark,
    Changes,
    CheckReport,
    Counts,
    Decision,
    Draft,
    Ingested,
    Mark,
    Memo,
    Row,
    Undo,
    View,
    ViewName,
    Window,
)
from majlis.presence import LIFE, Presence
from majlis.publishing import Post
from majlis.records import Official, Pledge, Snippet, Tally

from .documents import INDEXES, NONSENSE, SPARSE, TABLES, Value, becoming, document, value_of
from .examining import backup_of, examine, gone_back
from .pins import Coverage, Pins, event_of, head_of, record
from .rows import open_tinydb
from .rows.address import shown
from .rows.engine import MOVED, SCHEMA, Position, require_schema
from .search import FIELD, asked
from .upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from tinydb.queries import QueryInstance

    from majlis.audit import Event
    from majlis.errors import StoreInDoubt
    from majlis.ports import Page, Stream
    from majlis.states import EntryState

    from .rows.database import RowDB
    from .rows.table import RowTable

T = TypeVar("T")

_log = logging.getLogger(__name__)
_BY_URGENCY: Final = frozenset({ViewName.QUEUE, ViewName.MINE, ViewName.WAITING, ViewName.CASES, ViewName.CALENDAR})
_TABLE_OF: Final = {ViewName.OUTBOX: "entry", ViewName.CASES: "case", ViewName.CALENDAR: "post"}
_FEW: Final = 300
"""Changed rows that are looked at one by one; a guess, about what a whole count costs."""
_CHANGING: Final = ("message", "entry", "case", "memo", "post")
"""Tables whose rows a screen shows."""
_SEARCHED: Final = ("message", "entry")
"""Tables in which people look for words."""
_KEYED: Final = (
    *TABLES.values(),
    *("draft", "mark", "quarantine", "lease", "presence", "preference", "picture", "gap", "tally", "seal"),
)


class Inbox:
    """The store port on one database; made by `open`, and used from one event loop."""

    def __init__(self, db: RowDB, pool: ThreadPoolExecutor | None) -> None:
        """Take the tables, and the thread that works on them; None: whoever asks does, as memory blocks nobody."""
        self._db = db
        self._pool = pool
        self._seen: tuple[Hashable, int] | None = None
        self._covered = Coverage(db, "entry")
        self._is_open = True
        self._told: set[str] = set()
        """Rows that cannot be read and were spoken of."""
        self._present: tuple[Presence, ...] = ()
        """Who was where at that look."""

    @classmethod
    async def open(cls, url: str) -> Inbox:
        """Open, or make, the store at a path or address.

        Raises:
            MajlisError: It is damaged, foreign, newer, read-only or on a network file system; the file is untouched.
        """
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            db = await asyncio.get_running_loop().run_in_executor(pool, open_rows, url)
        except BaseException:
            pool.shutdown(wait=False)
            raise
        return cls(db, pool)

    async def aclose(self) -> None:
        """Give back the file; a second time does nothing."""
        if self._is_open:
            self._is_open = False
            await self._run(self._db.close)
            if self._pool is not None:
                self._pool.shutdown()

    async def server_time(self) -> datetime | None:
        """Return the time of the server that several machines share; None where there is none."""
        return await self._run(self._db.server_time)

    async def _run(self, work: Callable[[], T]) -> T:
        """Do work that touches the disk on the store's own thread."""
        if self._pool is None:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _table(self, name: str) -> RowTable:
        return self._db.table(name)

    # ------------------------------------------------------------------------------------------------------- writing

    async def ingest(self, page: Page) -> Ingested:
        """Keep a page's rows and its mark in one transaction with one event."""
        return await self._run(lambda: self._ingest(page))

    def _ingest(self, page: Page) -> Ingested:
        with self._db.transaction():
            rev, prev = self._head()
            rev += 1
            new, changed, ids = self._merged(page)
            pins = Pins(page.salt or prev)
            bad = self._aside(page, pins)
            self._keep("mark", page.stream.id, {"value": msgspec.to_builtins(page.mark)})
            if not (new or changed or bad):
                return Ingested(new=(), changed=(), revision=rev - 1)
            fresh = [pins.pinned("message", document(message, rev)) for message in new.values()]
            self._table("message").insert_multiple(fresh)
            for key, message in changed.items():
                pinned = pins.pinned("message", document(message, rev))
                self._table("message").update(becoming(pinned), doc_ids=[ids[key]])
            event = EventDraft(
                at=page.read_at,
                actor="service",
                terminal="poller",
                action="ingest",
                subject=page.stream.id,
                profile_version=page.profile_version,
                payload={"new": list(new), "changed": list(changed), "quarantined": bad},
                salt=page.salt or prev,
            )
            self._record(event, rev, prev, pins)
        return Ingested(
            new=tuple(m.key for m in new.values()), changed=tuple(m.key for m in changed.values()), revision=rev
        )

    def _merged(self, page: Page) -> tuple[dict[str, Message], dict[str, Message], dict[str, int]]:
        """Sort a page's messages into new ones and changed ones, and name the rows of those known."""
        wanted = [str(message.key) for message in page.messages]
        rows = self._table("message").search(where("key").one_of(wanted)) if wanted else []
        ids = {row["key"]: row.doc_id for row in rows}
        known = {str(each.key): each for each in self._readable(rows, Message)}
        new: dict[str, Message] = {}
        changed: dict[str, Message] = {}
        for message in page.messages:
            key = str(message.key)
            before = changed.get(key) or known.get(key) or new.get(key)
            if before is None:
                if key not in ids:  # else it is there and cannot be read: it is left as it is
                    new[key] = message
                continue
            after = merged(before, message, page.read_at)
            if key in new:
                new[key] = after
            elif after != before:
                changed[key] = after
        return new, changed, ids

    def _aside(self, page: Page, pins: Pins) -> int:
        """Keep bad rows, each once, however often it is read."""
        table = self._table("quarantine")
        count = 0
        for row in page.quarantined:
            key = sha256(f"{page.stream.id}\n{row.raw}".encode("utf-8", "surrogatepass")).hexdigest()
            if not table.contains(where("key") == key):
                table.insert(pins.pinned("quarantine", {"key": key, "value": msgspec.to_builtins(row)}))
                count += 1
        return count

    async def keep_gap(self, gap: Gap, profile_version: str = "") -> None:
        """Keep a gap, or what became of it, with an event."""

        def work() -> None:
            with self._db.transaction():
                rev, prev = self._head()
                pins = Pins(prev)
                value = msgspec.to_builtins(gap)
                fields = {"key": gap.id, "account": gap.account, "since": sortable(gap.since), "value": value}
                self._table("gap").upsert(pins.pinned("gap", fields), where("key") == gap.id)
                event = EventDraft(
                    at=gap.until or gap.noticed_at,
                    actor="service",
                    terminal="poller",
                    action="gap",
                    subject=gap.stream,
                    profile_version=profile_version,
                    payload=value,
                    salt=prev,  # it holds nobody's words: what makes its digest its own is enough
                )
                self._record(event, rev + 1, prev, pins)

        await self._run(work)

    async def apply(self, decision: Decision) -> int:
        """Write a decision in one transaction and return its revision."""
        return await self._run(lambda: self._apply(decision))

    def _apply(self, decision: Decision) -> int:
        with self._db.transaction():
            rev, prev = self._head()
            rev += 1
            pins = Pins(decision.event.salt)
            for value in decision.puts:
                self._put(value, rev, pins)
            if decision.save_draft is not None:
                self._keep_draft(decision.save_draft)
            if decision.drop_draft is not None:
                self._table("draft").remove(where("key") == "\n".join(decision.drop_draft))
            self._record(decision.event, rev, prev, pins)
        return rev

    def _put(self, value: Value, rev: int, pins: Pins) -> None:
        name = TABLES[type(value)]
        table = self._table(name)
        key = str(value.key) if isinstance(value, Message) else value.id
        row = table.get(where("key") == key)
        stands_at = row["rev"] if isinstance(row, Document) else 0
        if stands_at != value.rev:
            raise Conflict(subject=key, colleague=self._colleague(row, stands_at))
        written = pins.pinned(name, document(value, rev))
        if isinstance(row, Document):
            table.update(becoming(written), doc_ids=[row.doc_id])
        else:
            table.insert(written)

    def _colleague(self, row: Any, rev: int) -> str:
        """Name whoever changed a row last: the one who composes, or the actor of the event."""
        claim = (row or {}).get("value", {}).get("standing", {}).get("claim") if row else None
        if claim:
            return str(claim["holder"])
        event = self._table("event").get(doc_id=rev)
        return event_of(event).actor if isinstance(event, Document) else ""

    def _head(self) -> tuple[int, str]:
        return head_of(self._db)

    def _record(self, draft: EventDraft, rev: int, prev: str, pins: Pins) -> None:
        record(self._db, draft, rev, prev, pins.rows)

    def _keep(self, table: str, key: str, fields: dict[str, Any]) -> None:
        self._table(table).upsert({"key": key, **fields}, where("key") == key)

    # ------------------------------------------------------------------------------------------------------- reading

    async def _one(self, kind: type[T], key: str) -> T | None:
        row = await self._run(lambda: self._table(TABLES[kind]).get(where("key") == key))
        return self._read(row, kind) if isinstance(row, Document) else None

    async def _all(self, kind: type[T], cond: QueryInstance, *order: str) -> tuple[T, ...]:
        def work() -> tuple[T, ...]:
            return tuple(self._readable(self._table(TABLES[kind]).window(cond, order), kind))

        return await self._run(work)

    def _read(self, row: Document, kind: type[T]) -> T:
        """Return the value of a row.

        Raises:
            StoreDamaged: What stands there is none.
        """
        try:
            return value_of(row, kind)
        except NONSENSE as error:
            raise StoreDamaged(path=self._db.path, detail=f"{kind.__name__.lower()} {row.get('key')}") from error

    def _readable(self, rows: Iterable[Document], kind: type[T]) -> Iterator[T]:
        """Yield values; a row that is none is passed over, and said in the log once: nobody is held up by it."""
        for row in rows:
            try:
                yield self._read(row, kind)
            except StoreDamaged as error:
                if str(error) not in self._told:
                    self._told.add(str(error))
                    _log.warning("%s", error)

    async def message(self, key: MessageKey) -> Message | None:
        """Return one message."""
        return await self._one(Message, str(key))

    async def thread(self, account: str, thread: str) -> tuple[Message, ...]:
        """Return a thread, oldest first."""
        return await self._all(Message, (where("account") == account) & (where("thread") == thread), "newest")

    async def entry(self, entry_id: str) -> Entry | None:
        """Return one outbox entry."""
        return await self._one(Entry, entry_id)

    async def entries(
        self, states: Iterable[EntryState], *, due_by: datetime | None = None, due_from: datetime | None = None
    ) -> tuple[Entry, ...]:
        """Return entries in these states, due first."""
        cond: QueryInstance = where("state").one_of([str(state) for state in states])
        if due_by is not None:
            cond &= where("due_at") <= sortable(due_by)
        if due_from is not None:
            cond &= where("due_at") >= sortable(due_from)
        return await self._all(Entry, cond, "due_at")

    async def case(self, case_id: str) -> Case | None:
        """Return one case."""
        return await self._one(Case, case_id)

    async def cases(self, account: str, thread: str) -> tuple[Case, ...]:
        """Return the cases of a thread, oldest first."""
        return await self._all(Case, (where("account") == account) & (where("thread") == thread))

    async def post(self, post_id: str) -> Post | None:
        """Return one post of ours."""
        return await self._one(Post, post_id)

    async def cases_made(self, since: datetime, until: datetime) -> tuple[Case, ...]:
        """Return the cases made from one moment on and before another, oldest first."""
        made = where("value")["created_at"]
        # Fractions of a second are written only where there are any, so text compares whole seconds alone.
        found = await self._all(Case, (made >= _second(since)) & (made <= f"{_second(until)}~"))
        return tuple(sorted((c for c in found if since <= c.created_at < until), key=lambda c: (c.created_at, c.id)))

    async def memos(self, account: str, thread: str) -> tuple[Memo, ...]:
        """Return the memos of a thread, oldest first."""
        return await self._all(Memo, (where("account") == account) & (where("thread") == thread))

    async def snoozed(self, due_by: datetime) -> tuple[Message, ...]:
        """Return snoozed messages whose time has come."""
        return await self._all(Message, where("wake_at").exists() & (where("wake_at") <= sortable(due_by)), "wake_at")

    async def stale_claims(self, now: datetime) -> tuple[Message, ...]:
        """Return claimed messages whose lease has run out."""
        cond = where("lease_until").exists() & (where("lease_until") <= sortable(now))
        return await self._all(Message, cond, "lease_until")

    async def undoable(self, actor: str, message: MessageKey | None = None) -> Undo | None:
        """Return the actor's last action, of all or about one message, that is not taken back yet."""
        cond: QueryInstance = (where("actor") == actor) & (where("used") == False)  # noqa: E712  a query, not a test
        if message is not None:
            cond &= where("message") == str(message)
        rows = await self._run(lambda: self._table("undo").window(cond, ("-rev",), limit=1))
        return self._read(rows[0], Undo) if rows else None

    async def mark(self, stream: Stream) -> Mark | None:
        """Return how far a stream is read."""
        row = await self._run(lambda: self._table("mark").get(where("key") == stream.id))
        return next(self._readable((row,), Mark), None) if isinstance(row, Document) else None

    async def gaps(self, account: str | None = None) -> tuple[Gap, ...]:
        """Return the times that were not read, the latest first."""
        cond: QueryInstance = where("since").exists() if account is None else where("account") == account
        rows = await self._run(lambda: self._table("gap").window(cond, ("-since",)))
        return tuple(self._readable(rows, Gap))

    # --------------------------------------------------------------------------------------------------------- lists

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
        """Return rows in the view's order: the first ones, those after or before an anchor, or the last ones."""

        def work() -> Window:
            cond, order = _asked(view)
            if as_of is not None:
                cond &= where("queued") <= as_of
            rows = self._table(_table_of(view)).window(
                cond,
                (order,),
                after=(after.sort,) if after else None,
                before=(before.sort,) if before else None,
                last=last,
                limit=limit,
            )
            field = order.removeprefix("-")
            shown = tuple(
                row
                for found in rows
                for row in self._row(view, found, Anchor(sort=found.get(field, ""), key=found.get("key", "")))
            )
            return Window(rows=shown, revision=self._head()[0])

        return await self._run(work)

    def _row(self, view: View, found: Document, anchor: Anchor) -> Iterator[Row]:
        """Yield a row of a list; nothing for one that cannot be read."""
        match view.name:
            case ViewName.CASES:
                yield from (Row(anchor=anchor, message=None, case=case) for case in self._readable((found,), Case))
            case ViewName.CALENDAR:
                yield from (Row(anchor=anchor, message=None, post=post) for post in self._readable((found,), Post))
            case ViewName.OUTBOX:
                for entry in self._readable((found,), Entry):
                    target = str(entry.target) if entry.target else ""
                    row = self._table("message").get(where("key") == target) if target else None
                    rows = (row,) if isinstance(row, Document) else ()
                    yield Row(anchor=anchor, message=next(self._readable(rows, Message), None), entry=entry)
            case _:
                yield from (Row(anchor=anchor, message=message) for message in self._readable((found,), Message))

    async def counts(self, view: View, *, as_of: int | None = None) -> Counts:
        """Return how many rows a view has, and how many wait behind the bar."""

        def work() -> Counts:
            cond, _ = _asked(view)
            table = self._table(_table_of(view))
            total = table.count(cond)
            waiting = 0 if as_of is None else _newer(table, cond, as_of)
            return Counts(shown=total - waiting, waiting=waiting)

        return await self._run(work)

    async def position(self, view: View, anchor: Anchor, *, as_of: int | None = None) -> int:
        """Return how many rows come before a place."""

        def work() -> int:
            cond, order = _asked(view)
            if as_of is not None:
                cond &= where("queued") <= as_of
            return self._table(_table_of(view)).rank(cond, (order,), (anchor.sort,))

        return await self._run(work)

    # ------------------------------------------------------------------------------------------------------- changes

    async def revision(self) -> int:
        """Return the store's position."""
        return (await self._run(self._head))[0]

    async def changes(self, after: int) -> Changes:
        """Return what changed after a revision; waits for no server where nobody has written."""

        def work() -> Changes:
            is_known = self._seen is not None and self._seen[1] == after
            if is_known and not self._db.stirred():
                return Changes(revision=after, keys=frozenset(), present=self._present)
            version = self._db.version()
            if self._seen == (version, after):
                return Changes(revision=after, keys=frozenset(), present=self._present)
            rev, _ = self._head()
            self._seen, self._present = (version, rev), self._who()
            if rev == after:
                return Changes(revision=rev, keys=frozenset(), present=self._present)
            keys = {row.get("key") for table in _CHANGING for row in self._table(table).search(where("rev") > after)}
            return Changes(revision=rev, keys=frozenset(filter(None, keys)), present=self._present)

        return await self._run(work)

    async def be_present(self, presence: Presence) -> None:
        """Say where a sitting is, in place of where it was."""
        over = sortable(presence.until - 2 * LIFE)

        def work() -> None:
            with self._db.transaction():
                self._table("presence").remove(where("until") <= over)
                fields = {"until": sortable(presence.until), "value": msgspec.to_builtins(presence)}
                self._keep("presence", presence.sitting, fields)

        await self._run(work)

    async def leave(self, sitting: str) -> None:
        """Say that a sitting is nowhere."""
        await self._run(lambda: self._table("presence").remove(where("key") == sitting))

    async def present(self) -> tuple[Presence, ...]:
        """Return where each sitting is, by its name."""
        return await self._run(self._who)

    def _who(self) -> tuple[Presence, ...]:
        rows = self._table("presence").window(None, ("key",))
        return tuple(self._readable(rows, Presence))

    async def events(self, after: int = 0, limit: int = 1000) -> tuple[Event, ...]:
        """Return audit events in order."""

        def work() -> tuple[Event, ...]:
            rows = self._table("event").window(None, after=Position((), after), limit=limit)
            return tuple(event_of(row) for row in rows)

        return await self._run(work)

    async def payloads(self, after: int = 0, limit: int = 1000) -> dict[int, dict[str, Any]]:
        """Return what was written down with each event after a revision; what was erased is missing."""

        def work() -> dict[int, dict[str, Any]]:
            rows = self._table("payload").window(None, after=Position((), after), limit=limit)
            return {row.doc_id: row["payload"] for row in rows if "payload" in row and row.doc_id <= after + limit}

        return await self._run(work)

    async def covering(self, entry_id: str) -> Event | None:
        """Return the event that wrote an entry last, if the entry is as that left it and the history holds since."""
        return await self._run(lambda: self._covered.of(entry_id))

    async def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        rows = await self._run(lambda: self._table("seal").window(None, last=True, limit=1))
        return msgspec.convert(dict(rows[0]["value"]), Seal) if rows else None

    async def keep_seal(self, seal: Seal) -> None:
        """Keep the next seal."""
        kept = {"key": seal.number, "value": msgspec.to_builtins(seal)}
        await self._run(lambda: self._table("seal").insert(kept))

    # ------------------------------------------------------------------------------------------------ what people keep

    def _keep_draft(self, draft: Draft) -> None:
        fields = {"author": draft.author, "saved_at": sortable(draft.saved_at), "value": msgspec.to_builtins(draft)}
        self._keep("draft", f"{draft.message}\n{draft.author}", fields)

    async def draft(self, message: MessageKey, author: str) -> Draft | None:
        """Return the author's draft for a message."""
        row = await self._run(lambda: self._table("draft").get(where("key") == f"{message}\n{author}"))
        return next(self._readable((row,), Draft), None) if isinstance(row, Document) else None

    async def drafts(self, author: str) -> tuple[Draft, ...]:
        """Return all drafts of an author, newest first."""
        rows = await self._run(lambda: self._table("draft").window(where("author") == author, ("-saved_at",)))
        return tuple(self._readable(rows, Draft))

    async def save_draft(self, draft: Draft) -> None:
        """Keep a draft durably."""
        await self._run(lambda: self._keep_draft(draft))

    async def drop_draft(self, message: MessageKey, author: str) -> None:
        """Forget a draft."""
        await self._run(lambda: self._table("draft").remove(where("key") == f"{message}\n{author}"))

    async def preference(self, operator: str, name: str) -> str | None:
        """Return what an operator chose."""
        row = await self._run(lambda: self._table("preference").get(where("key") == f"{operator}\n{name}"))
        return str(row["value"]) if isinstance(row, Document) else None

    async def prefer(self, operator: str, name: str, value: str) -> None:
        """Remember what an operator chose."""
        await self._run(lambda: self._keep("preference", f"{operator}\n{name}", {"value": value}))

    async def pledge(self, operator: str, version: str) -> Pledge | None:
        """Return when an operator read a version of the pledge."""
        return await self._one(Pledge, f"{operator}:{version}")

    async def snippets(self) -> tuple[Snippet, ...]:
        """Return the saved replies that are not removed, by name."""
        found = await self._all(Snippet, where("key").exists(), "key")
        return tuple(snippet for snippet in found if not snippet.removed)

    async def snippet(self, snippet_id: str) -> Snippet | None:
        """Return one saved reply, also a removed one."""
        return await self._one(Snippet, snippet_id)

    async def official(self, official_id: str) -> Official | None:
        """Return one added contact, also a removed one."""
        return await self._one(Official, official_id)

    async def officials(self) -> tuple[Official, ...]:
        """Return the official contacts that were added and not removed, oldest first."""
        found = await self._all(Official, where("key").exists(), "rev")
        return tuple(official for official in found if not official.removed)

    async def tally(self, day: date, operator: str, marks: Sequence[tuple[str, str]]) -> None:
        """Count each (name, what) once more for an operator's day."""

        def work() -> None:
            with self._db.transaction():
                for name, what in marks:
                    key = f"{day.isoformat()}\n{operator}\n{name}\n{what}"
                    row = self._table("tally").get(where("key") == key)
                    count = row["count"] + 1 if isinstance(row, Document) else 1
                    fields = {"day": day.isoformat(), "operator": operator, "name": name, "what": what}
                    self._keep("tally", key, {**fields, "count": count})

        await self._run(work)

    async def tallies(self, first: date, last: date) -> tuple[Tally, ...]:
        """Return the counts of some days, both included, by day, operator, name."""
        cond = (where("day") >= first.isoformat()) & (where("day") <= last.isoformat())
        rows = await self._run(lambda: self._table("tally").window(cond, ("key",)))
        return tuple(
            Tally(
                day=date.fromisoformat(row["day"]),
                operator=row["operator"],
                name=row["name"],
                what=row["what"],
                count=row["count"],
            )
            for row in rows
        )

    async def keep_picture(self, data: bytes, media_type: str) -> str:
        """Keep a picture durably and return its digest."""
        digest = digest_of(data, media_type)

        def work() -> None:
            with self._db.transaction():
                if not self._table("picture").contains(where("key") == digest):
                    fields = {"media_type": media_type, "data": base64.b64encode(data).decode()}
                    self._table("picture").insert({"key": digest, **fields})

        await self._run(work)
        return digest

    async def picture(self, digest: str) -> bytes:
        """Return a picture's bytes."""
        row = await self._run(lambda: self._table("picture").get(where("key") == digest))
        if not isinstance(row, Document):
            raise NoSuchPicture(subject=digest)
        return base64.b64decode(row["data"])

    # -------------------------------------------------------------------------------------------------------- leases

    async def hold(self, name: str) -> bool:
        """Keep a lock that ends with this process; False while another process keeps it."""
        return await self._run(lambda: self._db.hold(name))

    async def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept."""
        await self._run(lambda: self._db.let_go(name))

    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime, *, locked: bool = False) -> bool:
        """Take or renew a lease; False when somebody else holds it."""

        def work() -> bool:
            with self._db.transaction():
                row = self._table("lease").get(where("key") == name)
                held = isinstance(row, Document) and row["holder"] != holder and row["until"] > sortable(now)
                if isinstance(row, Document) and locked and row.get("locked"):
                    held = False  # it kept the lock that is ours now
                if not held:
                    self._keep("lease", name, {"holder": holder, "until": sortable(until), "locked": locked})
                return not held

        return await self._run(work)

    async def free_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if it is held."""
        cond = (where("key") == name) & (where("holder") == holder)
        await self._run(lambda: self._table("lease").remove(cond))

    # --------------------------------------------------------------------------------------------------------- check

    async def became(self, doubt: StoreInDoubt) -> bool:
        """Say whether a change was kept whose outcome was in doubt; `StoreUnreachable` while it cannot be known."""
        mark = cast("tuple[str, int]", doubt.facts["mark"])
        return await self._run(lambda: self._db.engine.became(mark))

    async def refusal(self) -> MajlisError | None:
        """Return why nothing can be written now; None where it can, or somebody else is writing."""

        def work() -> MajlisError | None:
            try:
                with self._db.transaction():
                    return None
            except Wait:
                return None
            except MajlisError as error:
                return error

        return await self._run(work)

    async def last_backup(self) -> BackupMark | None:
        """Return the last backup that is known."""
        return await self._run(lambda: backup_of(self._db))

    async def check(self) -> CheckReport:
        """Look for damage, and verify the chain."""
        return await self._run(lambda: examine(self._db))


def open_rows(url: str) -> RowDB:
    """Open, or make, the tables of an inbox, with their indexes.

    Raises:
        MajlisError: As `Inbox.open`.
    """
    try:
        db = open_tinydb(url)
    except ValueError as error:
        raise BadSettings(path=shown(url), key="store", detail=str(error)) from None
    try:
        if (found := db.schema) >= MOVED:
            require_schema(db.engine, found, SCHEMA)  # there is nothing to be read either
        with suppress(StoreDamaged):  # what can be read is read; the engine writes nothing after that
            fault = gone_back(db)
            if fault is not None:
                db.refuse(fault)
        make_ready(db)
    except BaseException:
        db.close()
        raise
    return db


def make_ready(db: RowDB) -> None:
    """Bring the stored shapes and the indexes up to date, where the store may be written to."""
    with suppress(StoreFault):  # it is read as it is
        upgrade(db)
    with suppress(StoreFault, SchemaNewer):
        _make_history(db)
    for table in _KEYED:
        _keep_index(db, table, "key", unique=True)
    for table, indexes in INDEXES.items():
        for fields in indexes:
            _keep_index(db, table, *fields, where=where(fields[0]).exists() if fields[0] in SPARSE else None)
    for table in _SEARCHED:
        with suppress(StoreFault, SchemaNewer):  # slower, and right
            db.index_parts(table, FIELD)


def _make_history(db: RowDB) -> None:
    """Make the tables of the history, so that whoever grants rights on an empty inbox finds them."""
    lacking = {"event", "payload", "head"} - db.tables()
    if lacking:
        with db.transaction():
            for table in sorted(lacking):
                db.engine.create(table)


def _keep_index(db: RowDB, table: str, *fields: str, unique: bool = False, where: QueryInstance | None = None) -> None:
    try:
        with suppress(StoreFault, SchemaNewer):  # nothing is written to it, and without an index it is read more slowly
            db.index(table, *fields, unique=unique, where=where)
    except DuplicateKey:  # somebody took the index away, and wrote what it forbids
        if db.witness is None:
            raise
        db.refuse(StoreDamaged(path=db.path, detail=f"{table}: two rows have one key"))


def _newer(table: RowTable, cond: QueryInstance, as_of: int) -> int:
    """Count what came into a list after a revision.

    It was written after it too, so the few rows that were are read by that index and looked at one by one; an engine
    that is asked for everything at once goes through the whole list instead.
    """
    rows = table.window(where("rev") > as_of, ("rev",), limit=_FEW)
    if len(rows) < _FEW:
        return sum(row["queued"] > as_of and cond(row) for row in rows if "queued" in row)
    return table.count(cond & (where("queued") > as_of))


def _second(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _table_of(view: View) -> str:
    return _TABLE_OF.get(view.name, "message")


def _asked(view: View) -> tuple[QueryInstance, str]:
    """Return a view's condition and its order."""
    cond: QueryInstance
    match view.name:
        case (
            ViewName.QUEUE | ViewName.WAITING | ViewName.ESCALATED | ViewName.POSTS | ViewName.CASES | ViewName.CALENDAR
        ):
            cond = where("list").exists() & (where("list") == str(view.name))
        case ViewName.MINE:
            cond = where("holder").exists() & (where("holder") == view.operator)
        case ViewName.ALL | ViewName.OUTBOX:
            cond = where("newest").exists()
    if view.account is not None:
        cond &= where("account") == view.account
    if (holds := asked(view.search)) is not None:
        cond &= holds
    return cond, "order" if view.name in _BY_URGENCY else "-newest"
