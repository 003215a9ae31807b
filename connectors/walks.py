"""Walking a listing: services list newest first, in pages, and their continuations die soon.

A walk is kept as JSON in the mark. `high` moves only with the last page; a continuation that cannot be used any more
begins again from `high`, with overlap (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from majlis.message import Message, Quarantined
from majlis.ports import Mark, Page, Stream, Walk

from .rows import parse_time

_W = TypeVar("_W", bound=msgspec.Struct)

Sifted = tuple[tuple[Message, ...], tuple[Quarantined, ...]]
"""What a page's rows became: messages, and those kept aside."""

OVERLAP = timedelta(minutes=10)
"""Read again behind the mark each time, because listings are eventually consistent; a guess."""

CONTEXT_AGE = timedelta(days=1)
"""What comes along and is this much older than the mark is context: nobody owes an answer to it. A guess."""


def resumed(mark: Mark, kind: type[_W]) -> _W | None:
    """Return the walk that is under way; None when there is none, or it was written by another version."""
    if mark.walk is None:
        return None
    try:
        return msgspec.json.decode(mark.walk.continuation, type=kind)
    except msgspec.MsgspecError:
        return None


def paged(
    stream: Stream, before: Mark, rows: Sifted, read_at: datetime, *, walk: msgspec.Struct | None, high: str | None
) -> Page:
    """Return a page with the mark after it.

    Args:
        stream: What was read.
        before: The mark with which it was read.
        rows: What was read.
        read_at: When.
        walk: How it goes on; None: this was the last page, and `high` moves.
        high: The mark's next `high`.
    """
    if walk is None:
        after = Mark(high=high)
    else:
        continuation = msgspec.json.encode(walk).decode()
        after = Mark(high=before.high, walk=Walk(continuation=continuation, candidate_high=high))
    messages, odd = rows
    return Page(stream=stream, messages=messages, quarantined=odd, mark=after, more=walk is not None, read_at=read_at)


def latest(times: Iterable[str | None]) -> str | None:
    """Return the latest of the services' times, in one form; None when there is none."""
    known = [at for at in map(parse_time, times) if at is not None]
    return max(known).isoformat() if known else None


def seconds(at: datetime) -> int:
    """Return epoch seconds, as services take them."""
    return int(at.timestamp())


def is_before(text: str | None, since: int) -> bool:
    """Whether a service's time is known and lies before epoch seconds."""
    at = parse_time(text)
    return at is not None and at.timestamp() < since
