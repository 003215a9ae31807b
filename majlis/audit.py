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
from enum import StrEnum
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A signature, by a key that only the service holds, over the history up to an event and the seal before."""

    number: int
    """1 for the first."""
    rev: int
    hash: str
    """Of the event at that revision."""
    at: datetime
    key: str
    """Fingerprint of the public key."""
    prev: str
    """Digest of the seal before; `GENESIS` for the first."""
    signature: str = ""
    """Ed25519 over `signed`, base64."""

    @property
    def signed(self) -> bytes:
        """What the signature is over: the canonical text of everything else."""
        return canonical(
            {
                "number": self.number,
                "rev": self.rev,
                "hash": self.hash,
                "at": self.at.astimezone(UTC).isoformat(),
                "key": self.key,
                "prev": self.prev,
            }
        )

    @property
    def digest(self) -> str:
        """By which the next seal holds on to this one."""
        return hashlib.sha256(self.signed + b"\n" + self.signature.encode()).hexdigest()


class Fault(StrEnum):
    """What can be wrong with a history, or with what it covers."""

    EVENT = "event"
    """It, or the order, is not as it was written."""
    END = "end"
    """Events are missing at the end."""
    PINS = "pins"
    """What an event says of rows was changed or taken away."""
    PAYLOAD = "payload"
    """Changed, or taken away without an erasure."""
    ALTERED = "altered"
    """A row is not what its last event wrote."""
    ADDED = "added"
    """A row that no event wrote."""
    REMOVED = "removed"
    """A row that no event took away."""
    MISPLACED = "misplaced"
    """A row whose lists or search words do not fit what it says."""
    PICTURE = "picture"
    """A picture that is not the one its name says."""
    FOREIGN = "foreign"
    """A table, trigger or view in the file that this program has not made: it may change rows, or keep them."""
    SEAL = "seal"
    """A seal that does not fit: the key, the history or the seal before."""
    CUT = "cut"
    """A seal that was made is no longer in the inbox: the history was cut back, or written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One thing that does not fit."""

    fault: Fault
    subject: str
    """A row's name (`table:key`), `event:N`, `seal:N`."""
    rev: int | None = None
    """Of the last event that fits, or of the one that does not."""
    action: str = ""
    actor: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What a look through the whole history found."""

    events: int
    rows: int
    erased: int
    """Payloads that were erased on purpose."""
    seals: int
    """Those that hold; 0 too where there is no key to check them by."""
    sealed_rev: int
    """Up to where seals hold; 0: nothing is sealed."""
    sealed_at: datetime | None = None
    unsealed_since: datetime | None = None
    """Time of the first event that no seal covers; None: all are covered."""
    refused: int = 0
    """Entries that the sender did not send, because no event covered them."""
    discrepancies: tuple[Discrepancy, ...] = ()
    more: int = 0
    """Discrepancies that are not listed."""

    @property
    def is_whole(self) -> bool:
        """Whether everything fits."""
        return not self.discrepancies


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


def event_fields(event: Event) -> dict[str, Any]:
    """Return what an event's hash covers, as JSON values; `rows` only where there are any."""
    body: dict[str, Any] = {
        "rev": event.rev,
        "at": event.at.astimezone(UTC).isoformat(),
        "actor": event.actor,
        "terminal": event.terminal,
        "action": event.action,
        "subject": event.subject,
        "profile_version": event.profile_version,
        "digest": event.digest,
        "prev": event.prev,
    }
    return body | {"rows": event.rows} if event.rows else body


def event_hash(event: Event) -> str:
    """Return the hash that an event has to have."""
    return hashlib.sha256(canonical(event_fields(event))).hexdigest()


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
