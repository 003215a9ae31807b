"""A piece of the stored history: messages, what became of them, and who did what, until a moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from majlis.audit import Event
from majlis.errors import NotFound, NothingThere
from majlis.escalation import Case
from majlis.message import Message, MessageKey
from majlis.outbox import Entry
from majlis.ports import Store, View, ViewName

_PAGE: Final = 1000
"""Rows read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which piece; what is None is not narrowed."""

    account: str | None = None
    message: MessageKey | None = None
    whole_thread: bool = True
    """Of `message`: everything in its thread, or it alone with what it answers and what answers it."""
    since: datetime | None = None
    """Only messages that came, or that somebody worked on, from then on."""
    until: datetime
    """Nothing from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event of the history with what was written down with it."""

    event: Event
    payload: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Story:
    """A piece of the history, as it is stored now."""

    until: datetime
    messages: dict[str, Message] = field(default_factory=dict)
    """By key."""
    told: list[Told] = field(default_factory=list)
    """Everything that was done to them up to `until`, in order."""
    entries: dict[str, Entry] = field(default_factory=dict)
    """In the order in which they were made."""
    cases: dict[str, Case] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    """Messages that changed after `until`."""
    erased: int = 0
    """Events whose words are erased."""


async def told_of(store: Store, wanted: Wanted) -> Story:
    """Read a piece of the history.

    Raises:
        NotFound: There is no such message, or nothing in that time.
    """
    chosen = {str(message.key): message async for message in _messages(store, wanted)}
    story = Story(until=wanted.until)
    subjects, busy, later = _Subjects(chosen), set[str](), set[str]()
    async for event, payload in _events(store):
        about = subjects.of(event, payload or {})
        if not about:
            continue
        if event.at >= wanted.until:
            later |= about
            continue
        if wanted.since is None or event.at >= wanted.since:
            busy |= about
        if payload is None:
            story.erased += 1
        story.told.append(Told(event=event, payload=payload or {}))
    since = wanted.since
    story.messages = {
        key: message
        for key, message in chosen.items()
        if message.received_at < wanted.until and (since is None or message.received_at >= since or key in busy)
    }
    if not story.messages:
        raise NothingThere(subject=str(wanted.message or wanted.account or "-"))
    kept = _Subjects(story.messages)
    story.told = [each for each in story.told if kept.of(each.event, each.payload)]
    story.later = frozenset(later & story.messages.keys())
    story.entries = {name: found for name in kept.entries if (found := await store.entry(name)) is not None}
    story.cases = {name: case for name in kept.cases if (case := await store.case(name)) is not None}
    return story


async def _messages(store: Store, wanted: Wanted) -> AsyncIterator[Message]:
    if wanted.message is None:
        view = View(name=ViewName.ALL, operator="", account=wanted.account)
        window = await store.window(view, limit=_PAGE)
        while window.rows:
            for row in window.rows:
                if row.message is not None:
                    yield row.message
            window = await store.window(view, limit=_PAGE, after=window.rows[-1].anchor)
        return
    message = await store.message(wanted.message)
    if message is None:
        raise NotFound(subject=str(wanted.message))
    thread = await store.thread(message.key.account, message.thread)
    above = _above(message, thread)
    for each in thread:
        answers_it = each.ours and each.parent == message.key.native_id
        if wanted.whole_thread or answers_it or each.key == message.key or each.key.native_id in above:
            yield each


def _above(message: Message, thread: tuple[Message, ...]) -> frozenset[str]:
    """Return the native ids of what a message answers, and of what that answers."""
    known = {each.key.native_id: each for each in thread}
    found: set[str] = set()
    at: Message | None = message
    while at is not None and at.parent is not None and at.parent not in found:
        found.add(at.parent)
        at = known.get(at.parent)
    return frozenset(found)


async def _events(store: Store) -> AsyncIterator[tuple[Event, dict[str, Any] | None]]:
    after = 0
    while events := await store.events(after, _PAGE):
        payloads = await store.payloads(after, _PAGE)
        for event in events:
            yield event, payloads.get(event.rev)
        after = events[-1].rev


class _Subjects:
    """Knows which messages an event is about: by their names, and by those of their entries and cases."""

    def __init__(self, messages: Mapping[str, Message]) -> None:
        self._messages = messages
        self.entries: dict[str, str] = {}
        """Which message an entry is about."""
        self.cases: dict[str, set[str]] = {}
        """Which messages a case is about."""

    def of(self, event: Event, payload: Mapping[str, Any]) -> frozenset[str]:
        """Return the keys of the messages that an event is about, as far as they are wanted."""
        if event.action == "ingest":
            named = (*payload.get("new", ()), *payload.get("changed", ()))
            return frozenset(key for key in named if key in self._messages)
        if event.subject in self.entries:
            return frozenset({self.entries[event.subject]})
        if event.subject in self.cases:
            return frozenset(self.cases[event.subject])
        if event.subject not in self._messages:
            return frozenset()
        if isinstance(entry := payload.get("entry"), str):
            self.entries[entry] = event.subject
        if isinstance(case := payload.get("case"), str):
            self.cases.setdefault(case, set()).add(event.subject)
        return frozenset({event.subject})
