"""Erasing a person from an inbox: every row that holds them, what was written down with events, and the file itself."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tinydb.table import Document

from majlis.audit import EventDraft
from majlis.erasing import (
    Person,
    covered,
    traces,
    without_case,
    without_entry,
    without_memo,
    without_message,
    without_undo,
)
from majlis.errors import NobodyThere, NotFound, StoreBusy
from majlis.escalation import Case
from majlis.message import Message, MessageKey
from majlis.outbox import Entry
from majlis.ports import Memo, Undo
from majlis.records import Official

from .documents import TABLES, becoming, document, value_of
from .inbox import open_rows
from .pins import Pins, head_of, record
from .rows.mapping import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .documents import Value
    from .rows.database import RowDB

_WORDS: Final = frozenset({"text", "note", "holding", "arabic", "english", "name", "handle", "link", "problem", "alt"})
"""Fields in which people's words, or who they are, stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure touches."""

    counts: Mapping[str, int]
    """Rows by table; `payload` is what was written down with events."""
    revision: int = 0
    """Of its event; 0: nothing was written."""
    is_purged: bool = True
    """Whether the file itself holds nothing of it any more; not while others hold on to an earlier state."""


def look(url: str, who: Person | MessageKey) -> Erased:
    """Return what erasing somebody would touch, and change nothing.

    Raises:
        NotFound: Nobody here is that.
        MajlisError: The inbox cannot be opened.
    """
    db = open_rows(url)
    try:
        with db.snapshot():
            return Erased(counts=_Erasure(db, _person(db, who)).counts())
    finally:
        db.close()


def erase(url: str, who: Person | MessageKey, event: EventDraft) -> Erased:
    """Erase somebody; the events stay, and one more says that, why and by whom it was done.

    Args:
        url: The inbox.
        who: The person, or a message of theirs.
        event: What the history is to say; how much it touched is added.

    Raises:
        NotFound: Nobody here is that; nothing was written.
        MajlisError: It cannot be written.
    """
    db = open_rows(url)
    try:
        with db.transaction():
            erasure = _Erasure(db, _person(db, who))
            counts = erasure.counts()
            rev, prev = head_of(db)
            last = db.table("event").get(doc_id=rev)
            version = event.profile_version or (str(last["profile_version"]) if isinstance(last, Document) else "")
            pins = Pins(event.salt)
            erasure.write(rev + 1, pins)
            noted = replace(event, profile_version=version, payload={**event.payload, "counts": counts})
            record(db, noted, rev + 1, prev, pins.rows)
        try:
            db.purge()
        except StoreBusy:
            return Erased(counts=counts, revision=rev + 1, is_purged=False)
        return Erased(counts=counts, revision=rev + 1)
    finally:
        db.close()


def _person(db: RowDB, who: Person | MessageKey) -> Person:
    if isinstance(who, Person):
        return who
    for row in _rows(db, "message"):
        if row["key"] == str(who):
            author = value_of(row, Message).author
            if author.id is not None or author.handle is not None:
                return Person(network=who.network, id=author.id, handle=author.handle)
    raise NotFound(subject=str(who))


@dataclass(slots=True)
class _Erasure:
    """What has to be written so that a person is nowhere."""

    db: RowDB
    person: Person
    rows: list[tuple[str, int, Value]] = field(default_factory=list)
    """Table, id and value of each row that changes."""
    aside: list[Document] = field(default_factory=list)
    """Rows that could not be read, and speak of the person."""
    drafts: list[int] = field(default_factory=list)
    payloads: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        theirs = {row["key"]: value_of(row, Message) for row in _rows(self.db, "message")}
        theirs = {key: message for key, message in theirs.items() if self.person.wrote(message)}
        if not theirs:
            raise NobodyThere(subject=self.person.id or f"@{self.person.handle}")
        parts = traces(theirs.values())
        ids = {part for each in theirs.values() for part in (each.author.id, each.author.handle) if part}
        keys, natives = frozenset(theirs), {message.key.native_id for message in theirs.values()}
        names = set(keys)
        for kind, table in TABLES.items():
            for row in _rows(self.db, table):
                value: Value = value_of(row, kind)
                after = self._linked(value, keys, natives, ids)
                after = _without(row, kind, parts) if after is None else after
                if after is not None and after != value:
                    self.rows.append((table, row.doc_id, after))
                    names.add(str(row["key"]))
        self.drafts = [row.doc_id for row in _rows(self.db, "draft") if row["value"]["message"] in keys]
        marks = {*parts, *(json.dumps(each) for each in (*ids, *natives))}
        self.aside = [row for row in _rows(self.db, "quarantine") if any(m in row["value"]["raw"] for m in marks)]
        pinned = {f"{table}:{name}" for table in TABLES.values() for name in names}
        subjects = {str(row["rev"]) for row in _rows(self.db, "event") if row["subject"] in names}
        for row in _rows(self.db, "payload"):
            is_about = str(row.doc_id) in subjects or not pinned.isdisjoint(row.get("rows", ()))
            if "salt" in row and (is_about or _speaks_of(row["payload"], parts)):
                self.payloads.append(row.doc_id)

    def _linked(self, value: Value, keys: frozenset[str], natives: set[str], ids: set[str]) -> Value | None:
        """Return a value that belongs to the person without them; None for one that does not."""
        match value:
            case Message() if str(value.key) in keys or (value.ours and value.parent in natives):
                return value if value.erased else without_message(value)
            case Entry() if value.target is not None and str(value.target) in keys:
                return without_entry(value)
            case Case() if value.person in ids or not keys.isdisjoint(value.messages):
                return without_case(value)
            case Memo() if value.message in keys:
                return without_memo(value)
            case Undo() if str(value.message.key) in keys:
                return without_undo(value)
            case _:
                return None

    def counts(self) -> dict[str, int]:
        """Return how many rows of each table are touched."""
        found = Counter(table for table, _id, _value in self.rows)
        others = {"quarantine": len(self.aside), "draft": len(self.drafts), "payload": len(self.payloads)}
        return {**found, **{table: number for table, number in others.items() if number}}

    def write(self, rev: int, pins: Pins) -> None:
        """Write all of it, within a transaction."""
        for table, doc_id, value in self.rows:
            self.db.table(table).update(becoming(pins.pinned(table, document(value, rev))), doc_ids=[doc_id])
        for row in self.aside:
            fields = {"key": row["key"], "value": {**row["value"], "raw": "", "reason": "erased"}}
            self.db.table("quarantine").update(becoming(pins.pinned("quarantine", fields)), doc_ids=[row.doc_id])
        self.db.table("draft").remove(doc_ids=self.drafts)
        for number in self.payloads:
            self.db.table("payload").update(_forget, doc_ids=[number])
            pins.rows[f"payload:{number}"] = ""


def _forget(beside: Any) -> None:
    beside.pop("payload", None)
    beside.pop("salt", None)


def _without(row: Document, kind: type[Value], parts: frozenset[str]) -> Value | None:
    """Return a value of somebody else with what tells of the person covered; None where nothing does."""
    if kind is Official or not _speaks_of(row["value"], parts):
        return None
    return msgspec.convert(_covered(row["value"], parts), kind)


def _speaks_of(value: Any, parts: frozenset[str]) -> bool:
    if isinstance(value, dict):
        return any(_speaks_of(part, parts) for part in value.values())
    if isinstance(value, list):
        return any(_speaks_of(part, parts) for part in value)
    return isinstance(value, str) and any(part in value for part in parts)


def _covered(value: Any, parts: frozenset[str], name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _covered(part, parts, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_covered(part, parts, name) for part in value]
    return covered(value, parts) if isinstance(value, str) and name in _WORDS else value


def _rows(db: RowDB, table: str) -> Iterator[Document]:
    at = None
    while rows := db.table(table).window(None, after=at, limit=CHUNK):
        yield from rows
        at = rows[-1].position
