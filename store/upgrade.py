"""From the stored shapes of an older Majlis to those of this one: one step a number, all of them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tinydb.table import Document

from majlis.audit import EventDraft
from majlis.errors import StoreDamaged
from majlis.escalation import Case
from majlis.message import Message
from majlis.outbox import Entry
from majlis.publishing import Post

from .documents import TABLES, document, value_of
from .pins import PINNED, Pins, head_of, record
from .rows.engine import SCHEMA
from .rows.mapping import CHUNK
from .search import FIELD

if TYPE_CHECKING:
    from .rows.database import RowDB

Step = Callable[["RowDB"], None]
"""Changes the documents of one schema into those of the next."""


def fill_found(db: RowDB) -> None:
    """Give what can be searched the words it is found by; what has them is left alone."""
    for kind in (Message, Entry, Case, Post):
        _fill(db, kind)


def _fill(db: RowDB, kind: type) -> None:
    def fill(row: MutableMapping[Any, Any]) -> None:
        row[FIELD] = document(value_of(row, kind), row["rev"])[FIELD]

    table = db.table(TABLES[kind])
    at = None
    while rows := table.window(None, after=at, limit=CHUNK):
        at = rows[-1].position
        table.update(fill, doc_ids=[row.doc_id for row in rows if FIELD not in row])


def list_cases(db: RowDB) -> None:
    """Give cases the fields by which customer service's list finds them."""
    for row in db.table("case").all():
        db.table("case").update(document(value_of(row, Case), row["rev"]), doc_ids=[row.doc_id])


def pin_all(db: RowDB) -> None:
    """Let events say of each row what it is now; what an older program wrote is covered from here on."""
    for table in PINNED:
        at = None
        while rows := db.table(table).window(None, after=at, limit=CHUNK):
            at = rows[-1].position
            rev, prev = head_of(db)
            pins = Pins(prev)
            for row in rows:
                db.table(table).update({"salt": pins.pinned(table, dict(row))["salt"]}, doc_ids=[row.doc_id])
            record(db, _event(db, rev, prev, f"table {table}"), rev + 1, prev, pins.rows)


def _event(db: RowDB, rev: int, prev: str, subject: str) -> EventDraft:
    """Return the event of a part of an upgrade; its time is that of the last one, for no clock is at hand."""
    last = db.table("event").get(doc_id=rev)
    at = datetime.fromisoformat(last["at"]) if isinstance(last, Document) else datetime.fromtimestamp(0, UTC)
    return EventDraft(
        at=at,
        actor="service",
        terminal="upgrade",
        action="upgrade",
        subject=subject,
        profile_version=str(last["profile_version"]) if isinstance(last, Document) else "",
        payload={},
        salt=prev,
    )


STEPS: Final[Mapping[int, Step]] = {1: fill_found, 2: list_cases, 3: pin_all}
"""By the number they start from. To 2: messages and entries can be searched. To 3: cases have a list. To 4: events pin
the rows they write."""


def upgrade(db: RowDB, *, to: int = SCHEMA, steps: Mapping[int, Step] = STEPS) -> int:
    """Bring a store up to date and return how many steps that took.

    Other writers wait meanwhile; a step that fails leaves the store as it was. A store that another process has just
    brought up to date is left alone.

    Args:
        db: Open, at `to` or below.
        to: The schema this program writes.
        steps: One for each number below `to`.

    Raises:
        StoreDamaged: Its number is none that was ever given.
        KeyError: A step is missing: a mistake of ours.
    """
    if db.schema >= to:
        return 0
    with db.transaction():
        found = db.schema
        if found < 0:
            raise StoreDamaged(path=db.path, detail=f"its schema is {found}")
        for number in range(found, to):
            steps[number](db)
        db.schema = to
    return to - found
