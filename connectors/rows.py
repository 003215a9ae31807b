"""Reading rows one by one: what can be read becomes messages, what cannot is kept aside whole."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from majlis.message import Message, MessageKey, Network, ObjectKind, Quarantined

_T = TypeVar("_T")

SAME_ATTEMPT = timedelta(minutes=10)
"""How far the time of one of our items may lie from the attempt that made it. Source: API facts, section 5."""


class OddRow(Exception):
    """A row that cannot be keyed or read; its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where rows come from, and when they were read."""

    network: Network
    account: str
    stream: str
    read_at: datetime

    def key(self, kind: ObjectKind, native_id: str) -> MessageKey:
        """Return the natural key of one of this source's messages."""
        return MessageKey(network=self.network, account=self.account, object=kind, native_id=native_id)

    def odd(self, raw: bytes, reason: str) -> Quarantined:
        """Return a row kept aside."""
        return Quarantined(
            network=self.network,
            account=self.account,
            stream=self.stream,
            raw=raw.decode("utf-8", "replace"),
            reason=reason,
            seen_at=self.read_at,
        )


def sift(
    raws: Iterable[msgspec.Raw], kind: type[_T], make: Callable[[_T], Iterable[Message]], source: Source
) -> tuple[tuple[Message, ...], tuple[Quarantined, ...]]:
    """Decode rows and make messages of them; one bad row never stops the others.

    Args:
        raws: The rows' JSON.
        kind: Their wire type.
        make: Makes the messages of one row; raises `OddRow` when it cannot.
        source: Where they come from.
    """
    messages: list[Message] = []
    odd: list[Quarantined] = []
    for raw in raws:
        body = bytes(raw)
        try:
            messages += make(msgspec.json.decode(body, type=kind))
        except (msgspec.DecodeError, UnicodeDecodeError, OddRow, RecursionError) as error:
            odd.append(source.odd(body, str(error)))
    return tuple(messages), tuple(odd)


def decoded(raws: Iterable[msgspec.Raw], kind: type[_T]) -> list[_T]:
    """Return those rows that can be decoded; the odd ones are kept aside by whoever sifts the same page."""
    rows: list[_T] = []
    for raw in raws:
        try:
            rows.append(msgspec.json.decode(bytes(raw), type=kind))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return rows


def parse_time(text: str | None) -> datetime | None:
    """Read a service's time: `+0000`, `Z`, with or without fractions; None when it says nothing."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def same_text(ours: str, theirs: str) -> bool:
    """Whether a service's text is the one we sent: NFC, and blanks as services change them."""
    return _plain(ours) == _plain(theirs)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def near(at: datetime | None, attempt: datetime) -> bool:
    """Whether an item's time fits the attempt that may have made it; an item without a time does."""
    return at is None or abs(at - attempt) <= SAME_ATTEMPT


def permalink(address: str | None) -> str | None:
    """Return an address that may be shown as a link: https and nothing else."""
    return address if address and address.startswith("https://") else None


def joined(*parts: Sequence[str | None]) -> tuple[str, ...]:
    """Return what is there, in order, each once."""
    return tuple(dict.fromkeys(each for part in parts for each in part if each))
