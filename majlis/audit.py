"""The chain of events: who did what to which, each event sealed to the one before it.

`digest` covers a payload that lies elsewhere with its salt, so that a person's data can be erased and the chain still
holds; `rows` covers the *pins*: for each row the event wrote, a digest of the row as it is since then. `hash` covers
everything else and the previous hash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GENESIS = "0" * 64
"""The hash before the first event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event before the store has given it its place."""

    at: datetime
    actor: str
    """The operator, or `service`."""
    terminal: str
    """Where: the tty, or the name of the headless service."""
    action: str
    subject: str
    """A message key, an entry id, a case id or a stream."""
    profile_version: str
    payload: dict[str, Any]
    """JSON values only; may hold personal data, so it is kept apart and can be erased."""
    salt: str
    """Random, from `Ids`; hides a short payload from guessing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One accepted change; nothing in it can be altered unseen."""

    rev: int
    at: datetime
    actor: str
    terminal: str
    action: str
    subject: str
    profile_version: str
    digest: str
    prev: str
    hash: str
    rows: str = ""
    """Digest of the pins; empty where it wrote no row, or before pins were kept."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one JSON text of a value: sorted keys, no blanks, UTF-8 (surrogates escaped)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def digest(payload: Mapping[str, Any], salt: str) -> str:
    """Return SHA-256 of the salt and the canonical payload, in hex."""
    return hashlib.sha256(salt.encode() + b"\n" + canonical(payload)).hexdigest()


def row_salt(salt: str, name: str) -> str:
    """Return the salt of a row that an event wrote; it lies in the row, and goes with what is erased from there.

    Args:
        salt: The event's.
        name: Table and key of the row, as pins name it.
    """
    return hashlib.sha256(f"{salt}\n{name}".encode("utf-8", "backslashreplace")).hexdigest()[:32]


def row_digest(value: Mapping[str, Any], salt: str) -> str:
    """Return the digest of a stored value with its row's salt: `digest`, said faster; values hold no fractions."""
    try:
        text = msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:  # a lone surrogate
        text = canonical(value)
    return hashlib.sha256(salt.encode() + b"\n" + text).hexdigest()


def pins_digest(pins: Mapping[str, str]) -> str:
    """Return what an event holds of its pins; empty without any."""
    return hashlib.sha256(canonical(pins)).hexdigest() if pins else ""


def event_hash(event: Event) -> str:
    """Return the hash that an event has to have."""
    body = {
        "rev": event.rev,
        "at": event.at.astimezone(UTC).isoformat(),
        "actor": event.actor,
        "terminal": event.terminal,
        "action": event.action,
        "subject": event.subject,
        "profile_version": event.profile_version,
        "digest": event.digest,
        "prev": event.prev,
        **({"rows": event.rows} if event.rows else {}),
    }
    return hashlib.sha256(canonical(body)).hexdigest()


def chain(draft: EventDraft, rev: int, prev: str, pins: Mapping[str, str] | None = None) -> Event:
    """Give an event its place after the event whose hash is `prev`, with the digests of what it writes."""
    event = Event(
        rev=rev,
        at=draft.at.astimezone(UTC),
        actor=draft.actor,
        terminal=draft.terminal,
        action=draft.action,
        subject=draft.subject,
        profile_version=draft.profile_version,
        digest=digest(draft.payload, draft.salt),
        prev=prev,
        hash="",
        rows=pins_digest(pins or {}),
    )
    return replace(event, hash=event_hash(event))


def first_break(events: Iterable[Event], prev: str = GENESIS, rev: int = 0) -> int | None:
    """Return the revision at which the chain breaks, or None when it holds.

    Args:
        events: In order of revision, without holes.
        prev: Hash before the first of them.
        rev: Revision before the first of them.
    """
    for event in events:
        if event.rev != rev + 1 or event.prev != prev or event_hash(event) != event.hash:
            return rev + 1
        prev, rev = event.hash, event.rev
    return None
