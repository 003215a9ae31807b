"""What leaves the building: entries, each with its key before the first attempt, and what the network answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .message import MessageKey
from .pictures import Picture
from .states import ENTRY_TABLE, EntryState, stepped


class Action(StrEnum):
    """What a connector is asked to do."""

    REPLY = "reply"
    """A public answer below the message."""
    MESSAGE = "message"
    """A private message to the person."""
    POST = "post"
    EDIT = "edit"
    DELETE = "delete"
    HIDE = "hide"
    UNHIDE = "unhide"
    MODERATE = "moderate"
    """Reject for good."""
    DELIVER = "deliver"
    """Tell an escalation target about a case."""


REPLIES = frozenset({Action.REPLY, Action.MESSAGE})
"""Actions that answer somebody."""

SPOKEN = REPLIES | {Action.POST, Action.EDIT}
"""Actions that put words before people; only these are bound to service hours (D8)."""

REPEATABLE = frozenset({Action.DELETE, Action.HIDE, Action.UNHIDE, Action.MODERATE, Action.DELIVER})
"""Actions that may be done twice: they set a state, or carry a name by which the second one is known as the first."""

BATCHED = frozenset({Action.HIDE, Action.UNHIDE, Action.MODERATE})
"""Actions that a service may take for many messages in one call (`ports.Batches`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the network says it made."""

    native_id: str | None
    """Id of what was made; None for an action that makes nothing."""
    at: datetime
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing to be done on one network, once."""

    id: str
    action: Action
    account: str
    target: MessageKey | None
    """The message answered, hidden, or of our own and edited or deleted; None for a new post."""
    thread: str | None = None
    recipient: str | None = None
    """For `message`: the native id of the person."""
    person: str | None = None
    """Whom it answers: the native id of the author, or the handle."""
    parent: str | None = None
    """What the target itself answers; Facebook puts an answer to a reply below the same comment."""
    text: str = ""
    """Byte for byte what was checked and what is sent."""
    link: str | None = None
    """For `post`: the address it shows as a card; what stands in the text is not repeated here."""
    pictures: tuple[Picture, ...] = ()
    """For `post`: in the order shown; their bytes lie in the store."""
    publish_at: datetime | None = None
    """For `post`: when the network itself is to publish it; None: at once."""
    ban: bool = False
    """For `moderate`: keep the person from writing to us at all; only when asked for."""
    author: str
    """The operator."""
    state: EntryState = EntryState.HELD
    created_at: datetime
    due_at: datetime
    """Not before this moment: the end of the hold, or the opening it waits for."""
    stamp: str = ""
    """What the thread looked like when the reply was written; compared again before sending."""
    acknowledged: tuple[str, ...] = ()
    """Rules whose warnings the operator confirmed."""
    override: str | None = None
    """Reason code and note of an hours override (D9)."""
    case: str | None = None
    """For `deliver`: the case that is told about; `account` is the escalation target."""
    post: str | None = None
    """For `post`: the post it is an attempt at."""
    step: str | None = None
    """For `deliver`: what happened to it, a row of the case table or `escalate`."""
    attempts: int = 0
    attempted_at: datetime | None = None
    looks: int = 0
    """How often an unknown outcome was looked up."""
    receipt: Receipt | None = None
    problem: str | None = None
    """What stands in the way: the English text of an error, as the log shows it."""
    rev: int = 0
    """Revision of its last change; 0 before it is stored."""

    def stepped(self, step: str, **changes: object) -> Entry:
        """Return the entry after a step of the state table.

        Raises:
            WrongState: The table has no such step from here.
        """
        after = stepped(ENTRY_TABLE, step, self.state, self.id)
        return replace(self, state=after, **changes)  # type: ignore[arg-type]  # replace is typed field by field
