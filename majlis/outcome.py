"""What the desk says back: values for whoever gave a command, or asks what one would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conduct import Finding
    from .escalation import Case
    from .message import Message, MessageKey
    from .outbox import Entry
    from .publishing import Outgoing, Post
    from .windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line for the operator: a catalogue id and what fills it."""

    template: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command led to."""

    revision: int
    """Of the store; 0 when nothing had to be written."""
    said: Said
    message: Message | None = None
    entry: Entry | None = None
    case: Case | None = None
    post: Post | None = None
    also: tuple[MessageKey, ...] = ()
    """Earlier open messages of the same person in the thread, which the answer may serve as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The hours as one reading of the clock saw them."""

    open: bool
    closes_at: datetime | None
    next_open: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All that an operator looks at before a text goes out."""

    message: Message
    thread: tuple[Message, ...]
    text: str
    private: bool
    """Whether only the person reads it."""
    length: int
    """As the network counts."""
    limit: int
    findings: tuple[Finding, ...]
    in_sight: tuple[Finding, ...]
    """What to show of them, and of what the moment reminds of: not all at once (D20)."""
    unconfirmed: tuple[str, ...]
    """Rules whose warnings nobody confirmed yet."""
    blocked: bool
    gate: Gate
    due_at: datetime
    """When it would leave the hold, or open."""
    window: Window | None
    """How long the person can be answered privately; None where the network sets no limit."""
    hold_shortened: bool
    """The hold ends at the last second before closing."""
    stamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReview:
    """All that is looked at before a post goes on."""

    post: Post
    shown: tuple[Outgoing, ...]
    """As each of its targets will show it."""
    findings: tuple[Finding, ...]
    unconfirmed: tuple[str, ...]
    """Rules whose warnings nobody confirmed yet."""
    blocked: bool
    lacking: str | None
    """What stands against submitting it; a word of the vocabulary."""
    entries: tuple[Entry, ...]
    """What became of it on each account."""
