"""What a scenario looks at: what is so, in the same shape as what was expected, so that the two can be compared.

Expected and actual are values of JSON; only what a line gives is compared, and the actual value has that part alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

import msgspec

from connectors.scenario.book import OURS
from connectors.scenario.expected import (
    AuditRow,
    CaseRow,
    DueRow,
    EntryRow,
    Expect,
    FindingsRow,
    Looked,
    OutboxRow,
    PostedRow,
    QueueRow,
    ScreenRow,
    StateRow,
    looked_at,
)
from connectors.scenario.rows import About
from connectors.scenario.times import moment, written
from majlis.outbox import SPOKEN, Entry
from majlis.ports import View, ViewName
from majlis.states import EntryState

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.message import Message, MessageKey
    from majlis.ports import Row as ViewRow
    from tui.replay.hands import Hands
    from tui.replay.people import Roll
    from tui.wiring import Stage

MORE = 20
"""Rows that are shown of a list beyond those expected."""
_STATE = tuple(name for name in StateRow.__struct_fields__ if name not in {"id", "account"})
_DUE = ("due", "platform", "snoozed_until")
_CASE = ("state", "reason", "urgency", "answer")
_ENTRY = EntryRow.__struct_fields__


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one thing."""

    what: str
    """The name of what was looked at."""
    subject: str
    """Which one: an id, a list, an account."""
    expected: Any
    actual: Any

    @property
    def holds(self) -> bool:
        """Whether it is as it should be."""
        return bool(self.expected == self.actual)


class Eyes:
    """Looks at the stage."""

    def __init__(self, stage: Stage, roll: Roll, start: datetime, hands: Hands | None) -> None:
        self._stage = stage
        self._store = stage.desktop.store
        self._roll = roll
        self._start = start
        self._hands = hands

    async def look(self, expect: Expect) -> Look:  # noqa: PLR0911  one line for each thing
        """Look at what an expectation names."""
        what, row = looked_at(expect)
        match row:
            case QueueRow():
                return await self._queue(row)
            case StateRow():
                return self._look(what, row, _given(row, _STATE), await self._state(row))
            case DueRow():
                return self._look(what, row, self._moments(row, _DUE), await self._due(row))
            case OutboxRow():
                return await self._outbox(row)
            case PostedRow():
                return self._posted(row)
            case CaseRow():
                return self._look(what, row, _given(row, _CASE), await self._case(row))
            case FindingsRow():
                actual = await self._findings(row)
                return Look(what=what, subject=row.id or "screen", expected={"rules": list(row.rules)}, actual=actual)
            case AuditRow():
                return await self._audit(row)
            case ScreenRow():
                return await self._screen(row)
            case _:
                assert_never(row)

    @staticmethod
    def _look(what: str, row: Looked, expected: dict[str, Any], known: dict[str, Any] | None) -> Look:
        """Compare what was given of something that has an id."""
        subject = row.id if isinstance(row, About) else what
        actual = None if known is None else {name: known[name] for name in expected}
        return Look(what=what, subject=subject, expected=expected, actual=actual)

    # ------------------------------------------------------------------------------------------------------- messages

    async def _queue(self, row: QueueRow) -> Look:
        operator = row.operator or self._stage.desktop.desk.operator.name
        view = View(name=row.view, operator=operator, account=row.account, search=row.search)
        limit = len(row.ids) + (MORE if row.whole else 0)
        window = await self._store.window(view, limit=limit) if limit else None
        ids = [await self._row_id(row.view, each) for each in window.rows] if window else []
        return Look(what="queue", subject=str(row.view), expected={"ids": list(row.ids)}, actual={"ids": ids})

    async def _row_id(self, view: ViewName, row: ViewRow) -> str:
        if row.case is not None:
            return row.case.messages[0].split(":", 3)[3]
        if row.post is not None:
            return row.post.id
        if row.entry is not None and view is ViewName.OUTBOX:
            return await self._id_of(row.entry.target) or row.entry.id
        return _id(row.message) if row.message is not None else ""

    async def _id_of(self, key: MessageKey | None) -> str | None:
        if key is None:
            return None
        message = await self._store.message(key)
        return _id(message) if message is not None else key.native_id

    async def _state(self, row: StateRow) -> dict[str, Any] | None:
        message = await self._roll.message(row)
        if message is None:
            return None
        standing = message.standing
        return {
            "state": str(standing.state),
            "holder": standing.claim.holder if standing.claim else None,
            "urgency": str(standing.urgency),
            "category": standing.category,
            "reason": standing.reason,
            "tags": list(standing.tags),
            "text": message.text,
            "editions": len(message.editions),
            "hidden": standing.hidden,
            "barred": standing.barred,
            "edited": standing.edited,
            "historic": standing.historic,
        }

    async def _due(self, row: DueRow) -> dict[str, Any] | None:
        message = await self._roll.message(row)
        if message is None:
            return None
        standing = message.standing
        times = {
            "due": standing.due_at,
            "platform": standing.platform_due_at,
            "snoozed_until": standing.snoozed_until,
        }
        return {name: self._written(at) for name, at in times.items()}

    def _moments(self, row: DueRow | EntryRow, names: tuple[str, ...]) -> dict[str, Any]:
        """Return what is given of a row, its times in one form."""
        given = _given(row, names)
        return {
            name: written(moment(value, self._start), self._start) if name in _DUE and value is not None else value
            for name, value in given.items()
        }

    def _written(self, at: datetime | None) -> str | None:
        return None if at is None else written(at, self._start)

    async def _case(self, row: CaseRow) -> dict[str, Any] | None:
        message = await self._roll.message(row)
        case = await self._roll.case(message) if message is not None else None
        if message is None:
            return None
        if case is None:
            return dict.fromkeys(_CASE)
        return {
            "state": str(case.state),
            "reason": case.reason,
            "urgency": str(case.urgency),
            "answer": case.answer,
        }

    # ------------------------------------------------------------------------------------------------ what leaves here

    async def _outbox(self, row: OutboxRow) -> Look:
        found = [
            entry for entry in await self._store.entries(tuple(EntryState)) if row.account in (None, entry.account)
        ]
        found.sort(key=lambda entry: (entry.created_at, entry.id))
        shown = [await self._entry(entry) for entry in found]
        expected = [self._moments(each, _ENTRY) for each in row.entries]
        fields = [each or {"to": None, "action": None, "state": None} for each in expected]
        fields += [{"to": None, "action": None, "state": None}] * (len(shown) - len(fields))
        actual = [{name: each[name] for name in given} for each, given in zip(shown, fields, strict=False)]
        if len(shown) == len(expected):
            actual = [each if given else {} for each, given in zip(actual, expected, strict=True)]
        return Look(
            what="outbox",
            subject=row.account or "all",
            expected={"entries": expected},
            actual={"entries": actual},
        )

    async def _entry(self, entry: Entry) -> dict[str, Any]:
        return {
            "to": await self._id_of(entry.target),
            "account": entry.account,
            "action": str(entry.action),
            "state": str(entry.state),
            "author": entry.author,
            "text": entry.text,
            "due": self._written(entry.due_at),
            "attempts": entry.attempts,
        }

    def _posted(self, row: PostedRow) -> Look:
        actions = SPOKEN if row.action is None else {row.action}
        to = None if row.to is None else row.to
        texts = [
            each.text
            for each in self._stage.networks[row.account].accepted
            if each.action in actions and to in (None, each.to)
        ]
        return Look(what="posted", subject=row.account, expected={"texts": list(row.texts)}, actual={"texts": texts})

    # ------------------------------------------------------------------------------------------------------- the rules

    async def _findings(self, row: FindingsRow) -> dict[str, Any] | None:
        if row.id is None:
            shown = None if self._hands is None else self._hands.rules()
            return None if shown is None else {"rules": shown}
        message = await self._roll.message(About(id=row.id, account=row.account))
        if message is None:
            return None
        desk = self._stage.desks[row.operator] if row.operator else self._stage.desktop.desk
        text = row.text
        if text is None:
            draft = await self._store.draft(message.key, desk.operator.name)
            text = draft.text if draft is not None else ""
        review = await desk.review(message.key, text)
        return {"rules": [finding.rule for finding in review.findings]}

    async def _audit(self, row: AuditRow) -> Look:
        revision = await self._store.revision()
        count = max(1, len(row.last)) if isinstance(row.last, tuple) else 1
        events = await self._store.events(after=max(0, revision - count), limit=count)
        known = {
            "head": events[-1].hash if events else "",
            "events": revision,
            "last": [event.action for event in events],
        }
        return self._look("audit", row, _given(row, ("head", "events", "last")), known)

    # ------------------------------------------------------------------------------------------------------ the screen

    async def _screen(self, row: ScreenRow) -> Look:
        shown = None if self._hands is None else await self._hands.shown(row)
        expected = _given(row, ("contains", "absent", "equals"))
        if shown is None:
            return Look(what="screen", subject=_region(row), expected=expected, actual=None)
        whole = "\n".join(shown)
        actual: dict[str, Any] = {}
        if "equals" in expected:
            actual["equals"] = shown
        if "contains" in expected:
            missing = [text for text in expected["contains"] if text not in whole]
            actual["contains"] = _seen(shown) if missing else expected["contains"]
        if "absent" in expected:
            there = [text for text in expected["absent"] if text in whole]
            actual["absent"] = [text for text in expected["absent"] if text not in there]
        return Look(what="screen", subject=_region(row), expected=expected, actual=actual)


def _seen(shown: list[str]) -> list[str]:
    return [line.strip() for line in shown if line.strip()]


def _region(row: ScreenRow) -> str:
    return row.region if row.rows is None else f"rows {row.rows[0]}-{row.rows[1]}"


def _id(message: Message) -> str:
    """Return how a scenario names a message: ours by what it answers."""
    return f"{OURS}{message.parent}" if message.ours and message.parent else message.key.native_id


def _given(row: msgspec.Struct, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what is given of a row, as values of JSON."""
    given = {name: getattr(row, name) for name in names}
    return {
        name: msgspec.to_builtins(list(value) if isinstance(value, tuple) else value)
        for name, value in given.items()
        if value is not msgspec.UNSET
    }
