"""Whether a store is sound, how far it can be trusted where it is not, and which backup there is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tinydb.table import Document

from majlis.audit import GENESIS, first_break
from majlis.errors import StoreFault, StoreRolledBack
from majlis.ports import BackupMark, CheckReport

from .documents import NONSENSE, TABLES, value_of
from .pins import head_of, history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .rows.database import RowDB


def examine(db: RowDB) -> CheckReport:
    """Look for damage, verify the chain, and compare with what is known besides; nothing is changed."""
    problems = db.check()
    problems += [] if problems else list(_unreadable(db))
    revision, last_at, broken = _walked(db)
    counts = {} if problems else {name: len(db.table(name)) for name in sorted(db.tables())}
    fault = None if problems else gone_back(db)
    return CheckReport(
        path=db.path,
        ok=not problems and broken is None and fault is None,
        problems=tuple(problems),
        counts=counts,
        chain_broken_at=None if problems else broken,
        revision=revision,
        last_at=last_at,
        expected=None if fault is None else int(str(fault.facts["expected"])),
        backup=backup_of(db),
    )


def _unreadable(db: RowDB) -> Iterator[str]:
    """Yield what stands in the place of a value and is none; lists and loops pass it over."""
    for kind, table in TABLES.items():
        for row in db.table(table):
            try:
                value_of(row, kind)
            except NONSENSE:
                yield f"{table} {row.get('key')} ({row.doc_id}): no {table}"


def _walked(db: RowDB) -> tuple[int, datetime | None, int | None]:
    """Follow the chain as far as it can be read; return its end, and the revision at which it breaks or stops short."""
    prev, rev, at = GENESIS, 0, None
    try:
        for event, _beside in history(db):
            if first_break((event,), prev, rev) is not None:
                return rev, at, rev + 1
            prev, rev, at = event.hash, event.rev, event.at
        return rev, at, None if (rev, prev) == head_of(db) else rev + 1
    except StoreFault:
        return rev, at, rev + 1


def gone_back(db: RowDB) -> StoreRolledBack | None:
    """Return what is to be said of a store that ends before what was acknowledged, or has another history; else None.

    A file that was put back, and one whose log is gone, is sound in itself: only the witness beside it knows more.
    """
    if db.witness is None or (seen := db.witness.head()) is None:
        return None
    event = db.table("event").get(doc_id=seen.rev)
    if isinstance(event, Document) and event["hash"] == seen.hash:
        return None
    rev, _ = head_of(db)
    last = db.table("event").get(doc_id=rev)
    at = f"{last['at'][:16].replace('T', ' ')} UTC" if isinstance(last, Document) else "-"
    return StoreRolledBack(path=db.path, found=rev, at=at, expected=seen.rev)


def backup_of(db: RowDB) -> BackupMark | None:
    """Return the last backup that is known."""
    known = db.witness.backup() if db.witness is not None else None
    if known is None:
        return None
    at = datetime.fromisoformat(known.at).astimezone(UTC)
    return BackupMark(path=known.path, at=at, revision=known.rev, is_there=Path(known.path).exists())
