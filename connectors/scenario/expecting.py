"""What has to be so at the end of a recording: the lists, states, times, outbox and cases of the real inbox then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from majlis.message import Message, queue_order
from majlis.outbox import SPOKEN, Action, Entry
from majlis.states import OPEN, EntryState, MessageState

from .arrivals import whole
from .disguise import Disguise
from .expected import CaseRow, DueRow, EntryRow, Expect, OutboxRow, PostedRow, QueueRow, StateRow
from .history import Story
from .numbering import Numbering
from .retelling import LATE, Retold
from .times import written

WITHIN: Final = "+00:01:00"
"""How much longer things may take than they took: an answer that had just gone out."""
_WAITING: Final = frozenset({EntryState.HELD, EntryState.QUEUED})
_OWED: Final = OPEN | {MessageState.SNOOZED}
_CLOSED: Final = frozenset({MessageState.DONE, MessageState.ESCALATED})
_APART: Final = frozenset({Action.DELIVER, Action.POST})
"""Entries that a recording does not lead to: it has no targets outside, and no posts in the making."""


class Expecting:
    """Says what one story led to."""

    def __init__(self, story: Story, retold: Retold, disguise: Disguise, names: Numbering) -> None:
        self._story = story
        self._start = retold.start
        self._at = written(retold.end, retold.start)
        self._made = retold.sent_by_us
        waiting = [e for e in story.entries.values() if e.state in _WAITING and e.due_at <= story.until]
        self._overdue = {entry.id for entry in waiting}
        self._at_the_door = {entry.id: entry.account for entry in waiting if entry.due_at >= story.until - LATE}
        """Entries that may be out by now: nothing is said of them, nor of what they are about."""
        self._disguise = disguise
        self._names = names

    def all(self) -> Iterator[Expect]:
        """Yield the expectations; of what changed after the end nothing is known, and so nothing is said."""
        theirs = [m for m in self._story.messages.values() if not m.ours]
        if not self._story.later:
            yield self._is(queue=self._queue(theirs))
        for message in sorted(theirs, key=lambda m: (m.received_at, str(m.key))):
            if str(message.key) in self._story.later or message.history:
                continue
            if message.standing.entry not in self._at_the_door:
                yield self._is(state=self._state(message))
            if message.standing.state in _OWED and message.created_at <= message.received_at:
                yield self._is(due=self._due(message))
        if not self._story.later:
            yield from self._outside()
            yield from self._cases()

    def _is(self, **looked: Any) -> Expect:
        return Expect(at=self._at, within=WITHIN, **looked)

    def _name(self, message: Message) -> str:
        return self._names.message(message.key.account, message.key.native_id)

    def _queue(self, messages: Iterable[Message]) -> QueueRow:
        listed = [each for each in messages if each.standing.state in OPEN and not each.history]
        return QueueRow(ids=tuple(self._name(each) for each in sorted(listed, key=queue_order)))

    def _state(self, message: Message) -> StateRow:
        standing = message.standing
        fields: dict[str, Any] = {}
        if standing.state is not MessageState.GONE:
            fields["holder"] = self._disguise.staff(standing.claim.holder) if standing.claim else None
        if standing.category is not None:  # nobody can say by hand that there is none
            fields["category"] = standing.category
        if standing.state in _CLOSED:
            fields["reason"] = standing.reason
        if standing.tags:
            fields["tags"] = tuple(sorted(self._disguise.text(tag) for tag in standing.tags))
        if message.editions:
            fields |= {"editions": len(message.editions), "text": self._disguise.text(message.text)}
        return StateRow(
            id=self._name(message),
            state=standing.state,
            urgency=standing.urgency,
            edited=standing.edited,
            **fields,
        )

    def _due(self, message: Message) -> DueRow:
        standing = message.standing
        return DueRow(
            id=self._name(message),
            due=self._when(standing.due_at),
            platform=self._when(standing.platform_due_at),
            snoozed_until=self._when(standing.snoozed_until),
        )

    def _when(self, at: datetime | None) -> str | None:
        return None if at is None else written(whole(at, self._start), self._start)

    def _outside(self) -> Iterator[Expect]:
        ordered = [each for each in self._story.entries.values() if each.action not in _APART]
        yield self._is(outbox=OutboxRow(entries=tuple(self._entry(each) for each in ordered)))
        for real, account in self._names.accounts.items():
            if real in self._at_the_door.values():
                continue
            spoken = [each for each in ordered if each.account == real and each.action in SPOKEN]
            sent = [each for each in spoken if each.state is EntryState.SENT and each.receipt is not None]
            texts = [self._disguise.text(each.text) for each in sorted(sent, key=_came)]
            yield self._is(posted=PostedRow(account=account, texts=tuple(texts)))

    def _entry(self, entry: Entry) -> EntryRow:
        about = str(entry.target)
        target = entry.target
        named: dict[str, Any] = {}
        if target is not None and about not in self._made:
            named["to"] = self._names.message(target.account, target.native_id)
        return EntryRow(
            **named,
            account=self._names.accounts[entry.account],
            action=entry.action,
            state=msgspec.UNSET if entry.id in self._overdue else entry.state,
            author=self._disguise.staff(entry.author),
            text=self._disguise.text(entry.text),
        )

    def _cases(self) -> Iterator[Expect]:
        latest = {key: case for case in self._story.cases.values() for key in case.messages}
        for key, case in latest.items():
            if (message := self._story.messages.get(key)) is not None:
                row = CaseRow(id=self._name(message), state=case.state, reason=case.reason, urgency=case.urgency)
                yield self._is(case=row)


def _came(entry: Entry) -> tuple[datetime, str]:
    return (entry.receipt.at if entry.receipt else entry.due_at, entry.id)
