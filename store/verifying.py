"""Verifying: the whole history, and that every row is what the last event about it wrote."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tinydb.table import Document

from majlis.audit import GENESIS, AuditReport, Discrepancy, Event, Fault, Seal, digest, first_break, pins_digest

from .documents import NONSENSE, TABLES, document, value_of
from .inbox import open_rows
from .pins import PINNED, event_of, head_of, history, stands
from .rows.mapping import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from .rows.database import RowDB

Check = Callable[[bytes, str], bool]
Progress = Callable[[str, int, int], None]

MOST: Final = 1000
"""Discrepancies that are listed; the others are counted."""
_KINDS: Final = {table: kind for kind, table in TABLES.items()}
_FOUND_BY: Final = frozenset({"key", "value", "salt"})
"""Fields of a document that its pin or its name holds; the others follow from its value."""


def verify(
    url: str, *, keys: Mapping[str, Check], log: Sequence[Seal], progress: Progress = lambda *_: None
) -> AuditReport:
    """Go through an inbox, as it is at one moment, and change nothing.

    Args:
        url: Its path or address.
        keys: What says whether a signature is that of a key, by its fingerprint; without any, seals are not looked at.
        log: Seals that were written down outside the inbox, in order.
        progress: Told what is looked at, how many of it are done, and of how many.

    Raises:
        MajlisError: It cannot be opened.
    """
    db = open_rows(url)
    try:
        with db.snapshot():
            look = _Look(db=db, progress=progress)
            look.events()
            look.rows()
            look.pictures()
            look.strangers()
            return look.report(look.seals(keys, log) if keys else ())
    finally:
        db.close()


def misfits(db: RowDB) -> tuple[Discrepancy, ...]:
    """Return what does not fit in an open inbox, seals left aside."""
    look = _Look(db=db, progress=lambda *_: None)
    look.events()
    look.rows()
    look.pictures()
    return tuple(look.found)


@dataclass(slots=True, kw_only=True)
class _Look:
    """One walk through an inbox, and what it has found so far."""

    db: RowDB
    progress: Progress
    found: list[Discrepancy] = field(default_factory=list)
    more: int = 0
    latest: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Revision and pin of the last event about a row, by the row's name."""
    hashes: dict[int, str] = field(default_factory=dict)
    """Of events at which seals were made."""
    times: dict[int, datetime] = field(default_factory=dict)
    """Of events directly behind those."""
    counted: int = 0
    looked: int = 0
    erased: int = 0
    refused: int = 0
    first_at: datetime | None = None

    def say(self, fault: Fault, subject: str, rev: int | None = None) -> None:
        """Write down what does not fit, with who wrote it last."""
        if len(self.found) == MOST:
            self.more += 1
            return
        row = self.db.table("event").get(doc_id=rev) if rev else None
        event = event_of(row) if isinstance(row, Document) else None
        found = Discrepancy(fault=fault, subject=subject, rev=rev)
        if event is not None:
            found = replace(found, action=event.action, actor=event.actor, at=event.at)
        self.found.append(found)

    # --------------------------------------------------------------------------------------------------- the history

    def events(self) -> None:
        """Follow the chain to its head; what comes behind a break is followed on from there."""
        sealed = {row["value"]["rev"] for row in self.db.table("seal")}
        total, rev, prev = len(self.db.table("event")), 0, GENESIS
        without_payload: list[int] = []
        for event, beside in history(self.db):
            if first_break((event,), prev, rev) is not None:
                self.say(Fault.EVENT, f"event:{rev + 1}", rev or None)
            rev, prev = event.rev, event.hash
            self._beside(event, beside, without_payload)
            if rev - 1 in sealed or rev == 1:
                self.times[rev] = event.at
            if rev in sealed:
                self.hashes[rev] = event.hash
            self.refused += event.action == "uncovered"
            self.counted += 1
            if self.counted % CHUNK == 0:
                self.progress("events", self.counted, total)
        if (rev, prev) != head_of(self.db):
            self.say(Fault.END, f"event:{rev + 1}", rev or None)
        for each in without_payload:
            if self.latest.pop(f"payload:{each}", None) is None:
                self.say(Fault.PAYLOAD, f"event:{each}", each)
            else:
                self.erased += 1
        self.progress("events", self.counted, total)

    def _beside(self, event: Event, beside: Mapping[str, Any], without_payload: list[int]) -> None:
        rows = beside.get("rows", {})
        if pins_digest(rows) != event.rows:
            self.say(Fault.PINS, f"event:{event.rev}", event.rev)
        self.latest.update((name, (event.rev, pin)) for name, pin in rows.items())
        if "salt" not in beside:
            without_payload.append(event.rev)
        elif not _is_that(beside, event):
            self.say(Fault.PAYLOAD, f"event:{event.rev}", event.rev)

    # ------------------------------------------------------------------------------------------------------ the rows

    def rows(self) -> None:
        """Compare every row with the last event about it."""
        total = sum(len(self.db.table(table)) for table in PINNED)
        for table in PINNED:
            for row in _documents(self.db, table):
                self._row(table, row)
                self.looked += 1
                if self.looked % CHUNK == 0:
                    self.progress("rows", self.looked, total)
        for name, (rev, pin) in self.latest.items():
            if pin:
                self.say(Fault.REMOVED, name, rev)
        self.progress("rows", self.looked, total)

    def _row(self, table: str, row: Document) -> None:
        name = f"{table}:{row.get('key')}"
        rev, pin = self.latest.pop(name, (None, ""))
        if not pin:
            self.say(Fault.ADDED, name, rev)
        elif not stands(row, pin):
            self.say(Fault.ALTERED, name, rev)
        elif table in _KINDS and not _is_in_place(row, _KINDS[table]):
            self.say(Fault.MISPLACED, name, rev)

    def pictures(self) -> None:
        """Compare pictures with their names."""
        for row in _documents(self.db, "picture"):
            if hashlib.sha256(base64.b64decode(row["data"])).hexdigest() != row["key"]:
                self.say(Fault.PICTURE, f"picture:{row['key']}")

    def strangers(self) -> None:
        """Name what in the file this program has not made."""
        for name in self.db.strangers():
            self.say(Fault.FOREIGN, name)

    # ----------------------------------------------------------------------------------------------------- the seals

    def seals(self, keys: Mapping[str, Check], log: Sequence[Seal]) -> tuple[Seal, ...]:
        """Return the seals that hold, from the first on; say which do not fit, and which are gone."""
        kept = [msgspec.convert(row["value"], Seal) for row in _documents(self.db, "seal")]
        held: list[Seal] = []
        prev = GENESIS
        for number, seal in enumerate(kept, 1):
            check = keys.get(seal.key)
            fits = (seal.number, seal.prev) == (number, prev) and self.hashes.get(seal.rev) == seal.hash
            if not fits or check is None or not check(seal.signed, seal.signature):
                self.say(Fault.SEAL, f"seal:{number}", seal.rev)
                break
            held.append(seal)
            prev = seal.digest
        first = log[0].number if log else 1
        for here, there in zip_longest(kept[first - 1 :], log):
            if there is not None and here != there:
                self.say(Fault.CUT, f"seal:{there.number}", there.rev)
                break
        return tuple(held)

    def report(self, seals: Sequence[Seal]) -> AuditReport:
        """Return all of it."""
        sealed_rev = seals[-1].rev if seals else 0
        return AuditReport(
            events=self.counted,
            rows=self.looked,
            erased=self.erased,
            seals=len(seals),
            sealed_rev=sealed_rev,
            sealed_at=seals[-1].at if seals else None,
            unsealed_since=self.times.get(sealed_rev + 1),
            refused=self.refused,
            discrepancies=tuple(self.found),
            more=self.more,
        )


def _is_that(beside: Mapping[str, Any], event: Event) -> bool:
    """Say whether a payload is the one that an event tells of; one that is none is not."""
    try:
        return digest(beside["payload"], beside["salt"]) == event.digest
    except (LookupError, AttributeError, TypeError, ValueError):
        return False


def _documents(db: RowDB, table: str) -> Iterator[Document]:
    at = None
    while rows := db.table(table).window(None, after=at, limit=CHUNK):
        yield from rows
        at = rows[-1].position


def _is_in_place(row: Mapping[str, Any], kind: type) -> bool:
    """Say whether the fields by which a row is found follow from its value."""
    try:
        made = document(value_of(row, kind), row["rev"])
    except NONSENSE:
        return False
    names = (made.keys() | row.keys()) - _FOUND_BY
    return row["value"]["rev"] == row["rev"] and all(made.get(name) == row.get(name) for name in names)
