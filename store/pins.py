"""Pins: for each row that an event writes, a digest of it, so that a row altered past the program is found.

They lie beside the event's payload, under the row's name (`table:key`), and the event's hash covers them. A row carries
the salt of its digest: what is erased from it can then not be guessed by its old digest either.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tinydb import where
from tinydb.table import Document

from majlis.audit import GENESIS, Event, chain, first_break, pins_digest, row_digest, row_salt
from majlis.errors import StoreDamaged

from .documents import TABLES
from .rows.engine import Position
from .rows.mapping import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from majlis.audit import EventDraft

    from .rows.database import RowDB

PINNED: Final = (*TABLES.values(), "quarantine", "gap")
"""Tables whose every row is pinned by the event that wrote it."""


class Pins:
    """Digests of the rows that one event writes."""

    def __init__(self, salt: str) -> None:
        """Take the salt of the event."""
        self._salt = salt
        self.rows: dict[str, str] = {}
        """By name; empty for a row that is taken away."""

    def pinned(self, table: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Return a document with its salt, after writing down its digest."""
        name = f"{table}:{fields['key']}"
        salt = row_salt(self._salt, name)
        self.rows[name] = row_digest(fields["value"], salt)
        fields["salt"] = salt
        return fields


def stands(row: Mapping[str, Any], pin: str | None) -> bool:
    """Say whether a stored document is what an event has pinned."""
    value, salt = row.get("value"), row.get("salt", "")
    return bool(pin) and isinstance(value, dict) and isinstance(salt, str) and row_digest(value, salt) == pin


def history(db: RowDB, after: int = 0) -> Iterator[tuple[Event, dict[str, Any]]]:
    """Return the events after a revision, each with what lies beside it: `payload` and `salt` unless erased, `rows`."""
    while rows := db.table("event").window(None, after=Position((), after), limit=CHUNK):
        numbers = [row.doc_id for row in rows]
        beside = {found.doc_id: found for found in db.table("payload").get(doc_ids=numbers)}
        for row in rows:
            yield event_of(row), _with_rows(dict(beside.get(row.doc_id, {})))
        after = numbers[-1]


def event_of(row: Document) -> Event:
    """Return the event of a row; of one that is none, an event that fits nowhere."""
    try:
        found = msgspec.convert(dict(row), Event)
        found.at.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError, TypeError, ValueError):
        texts = dict.fromkeys(("actor", "terminal", "action", "subject", "profile_version", "digest"), "?")
        return Event(rev=row.doc_id, at=datetime.fromtimestamp(0, UTC), prev="", hash="", **texts)
    return found


def _with_rows(beside: dict[str, Any]) -> dict[str, Any]:
    """Return what lies beside an event; pins that are none are no pins."""
    return beside if isinstance(beside.get("rows", {}), dict) else beside | {"rows": {}}


class Coverage:
    """Says which event a row stands by; remembers the part of the history it has walked."""

    def __init__(self, db: RowDB, table: str) -> None:
        self._db = db
        self._table = table
        self._begun = 0
        """Revision before the first event that was walked."""
        self._at = (0, GENESIS)
        self._last: dict[str, tuple[Event, str]] = {}
        """The last event that wrote a row, and its pin, by name."""

    def of(self, key: str) -> Event | None:
        """Return the event that wrote a row last; None if the row is not as that left it, or the history breaks."""
        with self._db.snapshot():
            row = self._db.table(self._table).get(where("key") == key)
            if not isinstance(row, Document) or not self._walk(row.get("rev")):
                return None
            event, pin = self._last.get(f"{self._table}:{key}", (None, ""))
            return event if stands(row, pin) else None

    def _walk(self, rev: object) -> bool:
        """Go through the history from a revision on, or from where the last walk ended; False where it breaks."""
        if not isinstance(rev, int) or rev < 1:
            return False
        if rev <= self._begun or not self._last:
            before = self._db.table("event").get(doc_id=rev - 1)
            self._begun, self._last = rev - 1, {}
            self._at = (rev - 1, before["hash"] if isinstance(before, Document) else GENESIS)
        at, prev = self._at
        for event, beside in history(self._db, at):
            rows = beside.get("rows", {})
            if first_break((event,), prev, at) is not None or pins_digest(rows) != event.rows:
                return False
            at, prev = event.rev, event.hash
            own = f"{self._table}:"
            self._last |= {name: (event, pin) for name, pin in rows.items() if name.startswith(own)}
        self._at = (at, prev)
        return head_of(self._db) == (at, prev)


# ---------------------------------------------------------------------------------------------------------- the chain


def head_of(db: RowDB) -> tuple[int, str]:
    """Return the revision of the store, and the hash of its last event."""
    head = db.table("head").get(doc_id=1)
    if not isinstance(head, Document):
        return 0, GENESIS
    rev, last = head.get("rev"), head.get("hash")
    if not isinstance(rev, int) or not isinstance(last, str):
        raise StoreDamaged(path=db.path, detail="head: no revision and hash")
    return rev, last


def record(db: RowDB, draft: EventDraft, rev: int, prev: str, pins: Mapping[str, str]) -> Event:
    """Write the next event, with what lies beside it; within a transaction.

    Raises:
        StoreDamaged: There is an event of that number already, or can be none.
    """
    event = chain(draft, rev, prev, pins)
    beside = {"payload": draft.payload, "salt": draft.salt} | ({"rows": dict(pins)} if pins else {})
    try:
        db.table("event").insert(Document(msgspec.to_builtins(event), doc_id=rev))
        db.table("payload").insert(Document(beside, doc_id=rev))
    except ValueError as error:  # the head, which somebody has altered, is not the end of the history
        raise StoreDamaged(path=db.path, detail=f"event: {error}") from error
    db.table("head").upsert(Document({"rev": rev, "hash": event.hash}, doc_id=1))
    db.saw(rev, event.hash)
    return event


def chain_break(db: RowDB) -> int | None:
    """Return the revision at which the chain of events breaks, or stops short of the head; None when it holds."""
    prev, rev = GENESIS, 0
    for event, _beside in history(db):
        if (found := first_break((event,), prev, rev)) is not None:
            return found
        prev, rev = event.hash, event.rev
    return None if (rev, prev) == head_of(db) else rev + 1
