"""The history for people and for other programs: what happened, newest last, and all of it as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from majlis.audit import Seal, event_fields

from .inbox import open_rows
from .pins import event_of, history
from .rows.engine import Position
from .rows.mapping import CHUNK
from .rows.portable import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from majlis.audit import Event

    from .rows.database import RowDB

README: Final = (
    "One JSON object a line. `hash` of an event is SHA-256, in hex, of its other fields as JSON: sorted keys, no "
    "blanks between them, UTF-8. `prev` is the hash of the event before; that of the first is 64 zeros. `rows` is "
    "SHA-256 of `pins` as such JSON; `digest` is SHA-256 of `salt`, a newline and `payload` as such JSON. Both are "
    "missing where they were erased or not asked for. `signature` of a seal is Ed25519 (RFC 8032), in base64, over the "
    "text in `signed`; its `hash` is that of the event at `rev`. With jq and openssl: "
    "jq -cjS '.event|del(.hash)' | sha256sum; "
    "openssl pkeyutl -verify -pubin -inkey seal.key.pub -rawin -in SIGNED -sigfile SIGNATURE"
)
"""First line of an export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events; what is None does not matter."""

    since: datetime | None = None
    until: datetime | None = None
    """Not itself."""
    actor: str | None = None
    subject: str | None = None
    """A part of it."""
    action: str | None = None
    rev: int | None = None

    def __call__(self, event: Event) -> bool:
        """Say whether an event is wanted."""
        return (
            (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
            and self.actor in {None, event.actor}
            and (self.subject is None or self.subject in event.subject)
            and self.action in {None, event.action}
            and self.rev in {None, event.rev}
        )


def own(wanted: Wanted, actor: str) -> Wanted:
    """Return the same for one actor alone."""
    return replace(wanted, actor=actor)


def told(url: str, wanted: Wanted, limit: int) -> list[tuple[Event, dict[str, Any] | None]]:
    """Return the newest events that are wanted, oldest first, each with its payload; None where that was erased.

    Raises:
        MajlisError: The inbox cannot be opened.
    """
    db = open_rows(url)
    try:
        found: list[tuple[Event, dict[str, Any] | None]] = []
        with db.snapshot():
            for event in _backwards(db):
                if len(found) >= limit or event.rev < (wanted.rev or 0):
                    break
                if wanted(event):
                    beside = db.table("payload").get(doc_id=event.rev)
                    found.append((event, beside.get("payload") if beside else None))
        return found[::-1]
    finally:
        db.close()


def _backwards(db: RowDB) -> Iterator[Event]:
    before: int | None = None
    while rows := db.table("event").window(
        None, before=None if before is None else Position((), before), last=before is None, limit=CHUNK
    ):
        yield from (event_of(row) for row in reversed(rows))
        before = rows[0].doc_id


def export_history(url: str, path: Path, *, is_whole: bool, told: Callable[[int], None] = lambda _: None) -> int:
    """Write the history with its seals as JSON lines, readable by its owner alone; return how many events.

    Args:
        url: The inbox.
        path: Where to; a file that is there is replaced.
        is_whole: With payloads, which hold what people wrote.
        told: Told how many events are written, from time to time.

    Raises:
        MajlisError: The inbox cannot be opened.
        OSError: The file cannot be written.
    """
    db = open_rows(url)
    count = 0
    try:
        with replacing(path) as file, db.snapshot():
            _line(file.write, {"readme": README})
            for event, beside in history(db):
                line: dict[str, Any] = {"event": event_fields(event) | {"hash": event.hash}}
                line["pins"] = beside.get("rows", {})
                if is_whole and "salt" in beside:
                    line |= {"payload": beside["payload"], "salt": beside["salt"]}
                _line(file.write, line)
                count += 1
                if count % CHUNK == 0:
                    told(count)
            for row in db.table("seal"):
                seal = msgspec.convert(row["value"], Seal)
                _line(file.write, {"seal": row["value"], "signed": seal.signed.decode()})
    finally:
        db.close()
    return count


def _line(write: Callable[[bytes], Any], value: dict[str, Any]) -> None:
    write(json.dumps(value).encode() + b"\n")
