"""From the stored shapes of an older Majlis to those of this one: one step a number, all of them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from majlis.escalation import Case
from majlis.message import Message
from majlis.outbox import Entry
from majlis.publishing import Post

from .documents import TABLES, document, value_of
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


STEPS: Final[Mapping[int, Step]] = {1: fill_found, 2: list_cases}
"""By the number they start from. To 2: messages and entries can be searched. To 3: cases have a list."""


def upgrade(db: RowDB, *, to: int = SCHEMA, steps: Mapping[int, Step] = STEPS) -> int:
    """Bring a store up to date and return how many steps that took.

    Other writers wait meanwhile; a step that fails leaves the store as it was. A store that another process has just
    brought up to date is left alone.

    Args:
        db: Open, at `to` or below.
        to: The schema this program writes.
        steps: One for each number below `to`.

    Raises:
        KeyError: A step is missing: a mistake of ours.
    """
    if db.schema >= to:
        return 0
    with db.transaction():
        found = db.schema
        for number in range(found, to):
            steps[number](db)
        db.schema = to
    return to - found
