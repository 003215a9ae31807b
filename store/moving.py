"""An inbox carried from one store to another, of whichever kinds: all of it, compared on both sides, or nothing.

The source is held meanwhile, so nobody writes to it, and is marked as moved at the end. The target is marked as
unfinished before the first row, so that nobody takes a part for the whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tinydb.table import Document

from majlis.errors import CannotMove, StoreDamaged
from store.inbox import make_ready, open_rows
from store.keeping import settle
from store.pins import chain_break, head_of, record
from store.rows import open_tinydb
from store.rows.address import is_file, shown
from store.rows.engine import MOVED, UNFINISHED
from store.rows.mapping import CHUNK, document_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from majlis.audit import EventDraft
    from store.keeping import Told
    from store.rows.database import RowDB
    from store.rows.engine import Row

MARK: Final = "move"
"""The table in which a store that was left says where its inbox went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An inbox that was carried."""

    to: str
    """Without a password."""
    revision: int
    counts: dict[str, int]
    """Rows by table, the same on both sides."""
    digests: dict[str, str]
    """SHA-256 over all documents of a table, the same on both sides."""
    in_doubt: int = 0
    """Entries that the old place may send, and the new one looks up first."""


def move(url: str, to: str, event: EventDraft, told: Told, *, is_kept: bool = False) -> Moved:
    """Carry an inbox to an empty store.

    Args:
        url: Where it is.
        to: Where it goes; made where there is none.
        event: What the history says of it at the new place.
        told: How far it is (`copying`, `verifying`), in rows.
        is_kept: Leave the old place in use too, as for a trial; what waits there to go out is then looked up before
            the new place sends it.

    Raises:
        CannotMove: The target is not empty, or is no store that can be made; nothing was changed.
        StoreDamaged: What was read back is not what was read.
        MajlisError: One of them cannot be opened, or written.
    """
    place = _shown(to)
    source = open_rows(url)
    try:
        target = _opened(to, place)
        try:
            with source.transaction():
                if target.path == source.path:
                    raise CannotMove(to=place, detail="it is there already")
                head, counts = head_of(source), _counts(source)
                digests: dict[str, str] = {}
                count = 0
                if not _has_arrived(target, head):
                    _begin(target, place)
                    digests, count = _carried(source, target, event, told, is_kept=is_kept)
                if not is_kept:
                    source.table(MARK).upsert(Document({"to": place, "rev": head[0]}, doc_id=1))
                    source.schema = MOVED
        finally:
            target.close()
    finally:
        source.close()
    return Moved(to=place, revision=head[0], counts=counts, digests=digests, in_doubt=count)


def _opened(to: str, place: str) -> RowDB:
    try:
        return open_tinydb(to, schema=UNFINISHED)
    except ValueError as error:
        raise CannotMove(to=place, detail="there are no stores of this kind") from error


def _shown(url: str) -> str:
    """Return an address without the password that may stand in it, or a path from the root on."""
    return str(Path(url).expanduser().absolute()) if is_file(url) else shown(url)


def _has_arrived(target: RowDB, head: tuple[int, str]) -> bool:
    """Say whether this very inbox is at the target, and only the mark at its old place is missing: a killed move."""
    rev, digest = head
    event, following = (target.table("event").get(doc_id=number) for number in (rev, rev + 1))
    is_same = isinstance(event, Document) and event["hash"] == digest
    return is_same and isinstance(following, Document) and following["action"] == MARK


def _begin(target: RowDB, place: str) -> None:
    """Mark the target as unfinished, so that it is no inbox until it is whole."""
    with target.transaction():
        if any(len(target.table(table)) for table in target.tables()):
            raise CannotMove(to=place, detail="it is not empty")
        target.schema = UNFINISHED


def _counts(db: RowDB) -> dict[str, int]:
    return {table: len(db.table(table)) for table in sorted(db.tables() - {MARK})}


def _carried(
    source: RowDB, target: RowDB, event: EventDraft, told: Told, *, is_kept: bool
) -> tuple[dict[str, str], int]:
    """Copy everything, compare what was read with what is read back, and let the target be an inbox; or none of it."""
    counts, head = _counts(source), head_of(source)
    with target.transaction():
        digests = {table: _copied(source, target, table, _Steps(told, "copying", counts)) for table in counts}
        make_ready(target)
        steps = _Steps(told, "verifying", counts)
        for table, digest in digests.items():
            if len(target.table(table)) != counts[table] or _digest(target, table, steps) != digest:
                raise StoreDamaged(path=target.path, detail=f"table {table} is not what was copied")
        if head_of(target) != head or chain_break(target) is not None:
            raise StoreDamaged(path=target.path, detail="its history does not fit")
        if head_of(source) != head:
            raise CannotMove(to=target.path, detail="it was written to meanwhile")
        count = _begun(target, event, head, is_kept=is_kept)
        target.schema = source.schema
    return digests, count


def _begun(target: RowDB, event: EventDraft, head: tuple[int, str], *, is_kept: bool) -> int:
    """Write the first event at the new place; return how many entries are in doubt, where the old place goes on."""
    last: Any = target.table("event").get(doc_id=head[0])
    if is_kept and last:
        return settle(target, event, datetime.fromisoformat(last["at"]))[0]
    version = str(last["profile_version"]) if last else ""
    record(target, replace(event, profile_version=version), head[0] + 1, head[1], {})
    return 0


class _Steps:
    """Counts rows over all tables, and tells of each lot."""

    def __init__(self, told: Told, stage: str, counts: dict[str, int]) -> None:
        self._told = told
        self._stage = stage
        self._total = sum(counts.values())
        self._done = 0

    def took(self, count: int) -> None:
        self._done += count
        self._told(self._stage, self._done, self._total)


def _copied(source: RowDB, target: RowDB, table: str, steps: _Steps) -> str:
    """Copy a table with its ids, and the next one it would give; return the digest of what was read."""
    target.engine.create(table)
    digest = sha256()
    for rows in _lots(source, table):
        for row in rows:
            _add(digest, source, table, row)
        target.engine.insert(table, rows)
        steps.took(len(rows))
    next_id, given = source.engine.new_ids(table, 0).start, target.engine.new_ids(table, 0).start
    target.engine.new_ids(table, next_id - given)
    return digest.hexdigest()


def _digest(db: RowDB, table: str, steps: _Steps) -> str:
    digest = sha256()
    for rows in _lots(db, table):
        for row in rows:
            _add(digest, db, table, row)
        steps.took(len(rows))
    return digest.hexdigest()


def _lots(db: RowDB, table: str) -> Iterator[list[Row]]:
    after = None
    while rows := list(db.engine.rows(table, after=after, limit=CHUNK)):
        yield rows
        after = rows[-1][0]


def _add(digest: Any, db: RowDB, table: str, row: Row) -> None:
    """Add a document as it is, however its engine spells it."""
    written = json.dumps(document_of(db.engine, table, row[1]), sort_keys=True, separators=(",", ":"))
    digest.update(f"{row[0]}{written}\n".encode())
