"""Which command leads from which state to which; the tables are data, and anything outside them is refused by name.

Source: the state tables of docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from .errors import WrongState

_S = TypeVar("_S", bound=StrEnum)


def stepped(table: Mapping[str, Mapping[_S, _S]], step: str, state: _S, subject: str) -> _S:
    """Return the state after a step.

    Args:
        table: Step → state before → state after.
        step: A row of the table.
        state: Before it.
        subject: Whose state it is, for the error.

    Raises:
        WrongState: The table has no such step from here.
    """
    after = table[step].get(state)
    if after is None:
        raise WrongState(action=step, state=state, subject=subject)
    return after


class MessageState(StrEnum):
    """Where a message stands with us."""

    NEW = "new"
    CLAIMED = "claimed"
    WAITING = "waiting"
    """A reply is on its way."""
    ANSWERED = "answered"
    ESCALATED = "escalated"
    DONE = "done"
    SNOOZED = "snoozed"
    GONE = "gone"
    """Deleted upstream."""


class EntryState(StrEnum):
    """Where an outbox entry stands."""

    HELD = "held"
    """Can be called back; becomes due by itself when the hold ends."""
    QUEUED = "queued"
    """Waits for its time, usually the next opening."""
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NEEDS_REVIEW = "needs_review"
    RECALLED = "recalled"
    MISSED = "missed"


class CaseState(StrEnum):
    """Where a customer-service case stands."""

    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    NEEDS_INFO = "needs_info"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"


class PostState(StrEnum):
    """Where a post of ours stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    RELEASED = "released"
    """Every account has it."""
    DISCARDED = "discarded"


OPEN = frozenset({MessageState.NEW, MessageState.CLAIMED})
"""States in which somebody may start to act."""

_M = MessageState
MESSAGE_TABLE: dict[str, dict[MessageState, MessageState]] = {
    "claim": {_M.NEW: _M.CLAIMED},
    "release": {_M.CLAIMED: _M.NEW},
    "reply": {_M.NEW: _M.WAITING, _M.CLAIMED: _M.WAITING, _M.ESCALATED: _M.ESCALATED},
    "sent": {_M.WAITING: _M.ANSWERED, _M.ESCALATED: _M.ESCALATED},
    "reopen": {_M.WAITING: _M.CLAIMED},
    "escalate": {_M.NEW: _M.ESCALATED, _M.CLAIMED: _M.ESCALATED},
    "urgent": {
        _M.NEW: _M.ESCALATED,
        _M.CLAIMED: _M.ESCALATED,
        _M.WAITING: _M.WAITING,
        _M.ANSWERED: _M.ESCALATED,
        _M.ESCALATED: _M.ESCALATED,
        _M.DONE: _M.ESCALATED,
        _M.SNOOZED: _M.ESCALATED,
    },
    "case_back": {_M.ESCALATED: _M.NEW},
    "case_closed": {_M.ESCALATED: _M.DONE},
    "done": {_M.NEW: _M.DONE, _M.CLAIMED: _M.DONE, _M.SNOOZED: _M.DONE, _M.ESCALATED: _M.DONE},
    "snooze": {_M.NEW: _M.SNOOZED, _M.CLAIMED: _M.SNOOZED},
    "wake": {_M.SNOOZED: _M.NEW},
    "gone": {
        _M.NEW: _M.GONE,
        _M.CLAIMED: _M.GONE,
        _M.WAITING: _M.GONE,
        _M.ANSWERED: _M.GONE,
        _M.ESCALATED: _M.GONE,
        _M.DONE: _M.GONE,
        _M.SNOOZED: _M.GONE,
    },
}
"""Command → state before → state after, for messages."""

UNDOABLE = frozenset({"done", "snooze", "escalate", "urgent", "reply", "comment", "edit", "tag", "correct"})
"""Local actions that `undo` takes back while nothing has left the building; a claim is given back with its own key."""

UNDER_WAY = frozenset({EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN})
"""States of what may yet come to stand on the network."""

_E = EntryState
ENTRY_TABLE: dict[str, dict[EntryState, EntryState]] = {
    "queue": {_E.HELD: _E.QUEUED},
    "start": {_E.HELD: _E.SENDING, _E.QUEUED: _E.SENDING},
    "sent": {_E.SENDING: _E.SENT, _E.UNKNOWN: _E.SENT},
    "refused": {_E.SENDING: _E.REFUSED},
    "unknown": {_E.SENDING: _E.UNKNOWN},
    "retry": {_E.SENDING: _E.QUEUED},
    "recall": {_E.HELD: _E.RECALLED, _E.QUEUED: _E.RECALLED},
    "review": dict.fromkeys((_E.HELD, _E.QUEUED, _E.SENDING, _E.UNKNOWN), _E.NEEDS_REVIEW),
    "miss": {_E.QUEUED: _E.MISSED, _E.HELD: _E.MISSED},
    "restore": {_E.HELD: _E.UNKNOWN, _E.QUEUED: _E.UNKNOWN, _E.SENDING: _E.UNKNOWN},
}
"""Step → state before → state after, for outbox entries. `retry` is only for what certainly was not sent; *sending* is
reviewed only where no event of ours says so."""

_C = CaseState
CASE_TABLE: dict[str, dict[CaseState, CaseState]] = {
    "acknowledge": {_C.ESCALATED: _C.ACKNOWLEDGED},
    "ask": {_C.ACKNOWLEDGED: _C.NEEDS_INFO},
    "inform": {_C.NEEDS_INFO: _C.ACKNOWLEDGED},
    "join": {each: each for each in (_C.ESCALATED, _C.ACKNOWLEDGED, _C.NEEDS_INFO)},
    "answer": {_C.ACKNOWLEDGED: _C.ANSWERED},
    "close": {_C.ANSWERED: _C.CLOSED},
    "withdraw": {_C.ESCALATED: _C.WITHDRAWN},
    "return": {_C.ESCALATED: _C.RETURNED, _C.ACKNOWLEDGED: _C.RETURNED},
    "reopen": {_C.CLOSED: _C.ACKNOWLEDGED, _C.ANSWERED: _C.ACKNOWLEDGED},
}
"""Step → state before → state after, for cases (POLICY C13)."""

_P = PostState
POST_TABLE: dict[str, dict[PostState, PostState]] = {
    "write": dict.fromkeys((_P.DRAFT, _P.SUBMITTED, _P.APPROVED, _P.REJECTED), _P.DRAFT),
    "submit": {_P.DRAFT: _P.SUBMITTED},
    "approve": {_P.SUBMITTED: _P.APPROVED},
    "reject": {_P.SUBMITTED: _P.REJECTED, _P.APPROVED: _P.REJECTED},
    "schedule": {_P.SUBMITTED: _P.SCHEDULED, _P.APPROVED: _P.SCHEDULED, _P.SCHEDULED: _P.SCHEDULED},
    "withdraw": {_P.SCHEDULED: _P.SUBMITTED},
    "publish": {_P.SCHEDULED: _P.RELEASED},
    "discard": dict.fromkeys((_P.DRAFT, _P.SUBMITTED, _P.APPROVED, _P.REJECTED), _P.DISCARDED),
}
"""Step → state before → state after, for posts. A withdrawn one keeps its approval while it is as it was."""
