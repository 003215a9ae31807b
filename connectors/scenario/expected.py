"""What a scenario expects, and where: one struct for each thing that can be looked at."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from majlis.message import Urgency
from majlis.outbox import Action
from majlis.ports import ViewName
from majlis.states import CaseState, EntryState, MessageState

from .rows import About, Few, Row, Timed


class QueueRow(Row, frozen=True, kw_only=True):
    """The order of a list."""

    view: ViewName = ViewName.QUEUE
    operator: str | None = None
    """Whose list; null: that of whoever sits at the screen."""
    account: str | None = None
    search: str = ""
    ids: tuple[str, ...]
    """Ids of messages, first row first; `re:ID` is an answer of ours; of the outbox, what the entries are about."""
    whole: bool = True
    """Whether nothing may follow them."""


class StateRow(About, frozen=True, kw_only=True):
    """How a message stands; only what is given is compared."""

    state: MessageState | UnsetType = UNSET
    holder: str | UnsetType | None = UNSET
    """Who has it; null: nobody."""
    urgency: Urgency | UnsetType = UNSET
    category: str | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET
    """Why it was closed, or handed on."""
    tags: tuple[str, ...] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    editions: Few | UnsetType = UNSET
    """How many earlier texts are known."""
    hidden: bool | UnsetType = UNSET
    barred: bool | UnsetType = UNSET
    edited: bool | UnsetType = UNSET
    """Whether the text changed after somebody had acted on it."""
    historic: bool | UnsetType = UNSET


class DueRow(About, frozen=True, kw_only=True):
    """Until when something is owed; times as `at`, null for none."""

    due: str | UnsetType | None = UNSET
    """Our own promise."""
    platform: str | UnsetType | None = UNSET
    """When the network closes the door."""
    snoozed_until: str | UnsetType | None = UNSET


class EntryRow(Row, frozen=True, kw_only=True):
    """One entry of the outbox; only what is given is compared."""

    to: str | UnsetType | None = UNSET
    """Id of the message it is about."""
    account: str | UnsetType = UNSET
    action: Action | UnsetType = UNSET
    state: EntryState | UnsetType = UNSET
    author: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    due: str | UnsetType = UNSET
    """Not before this moment, as `at`."""
    attempts: Few | UnsetType = UNSET


class OutboxRow(Row, frozen=True, kw_only=True):
    """The whole outbox, or that of one account: as many entries as rows, the oldest first."""

    account: str | None = None
    entries: tuple[EntryRow, ...]


class PostedRow(Row, frozen=True, kw_only=True):
    """What the network has accepted from us, as often as it has: the words, in order of time."""

    account: str
    to: str | None = None
    """Only what answers this message."""
    action: Action | None = None
    """Only what this did; null: whatever brings words before people."""
    texts: tuple[str, ...]


class CaseRow(About, frozen=True, kw_only=True):
    """The latest case of a message; only what is given is compared."""

    state: CaseState | UnsetType | None = UNSET
    """null: there is none."""
    reason: str | UnsetType = UNSET
    urgency: Urgency | UnsetType = UNSET
    answer: str | UnsetType | None = UNSET
    """What customer service said last."""


class FindingsRow(Row, frozen=True, kw_only=True):
    """What the conduct rules say of a text."""

    rules: tuple[str, ...]
    """Their names, the most severe first."""
    id: str | None = None
    """Of the message that the text answers; null: what the screen shows."""
    account: str | None = None
    operator: str | None = None
    """Whose draft; null: that of whoever sits at the screen."""
    text: str | None = None
    """null: the draft."""


class AuditRow(Row, frozen=True, kw_only=True):
    """The history of the store; it is verified to its end in any case."""

    head: str | UnsetType = UNSET
    """The hash of its last event."""
    events: Few | UnsetType = UNSET
    """How many there are."""
    last: tuple[str, ...] | UnsetType = UNSET
    """The last actions, the latest at the end."""


class ScreenRow(Row, frozen=True, kw_only=True):
    """What the screen shows; blanks at the ends of rows do not count."""

    region: Literal["whole", "queue", "thread", "composer", "review", "status", "notice", "footer", "rows"] = "whole"
    """Which part; `rows` are those of `rows`."""
    rows: tuple[Few, Few] | None = None
    """The first and the last row, counted from 1."""
    order: Literal["logical", "visual"] = "logical"
    """`logical`: texts as they are read and stored; `visual`: the cells as the terminal gets them, from the left."""
    contains: tuple[str, ...] | UnsetType = UNSET
    """Each is there."""
    absent: tuple[str, ...] | UnsetType = UNSET
    """None of these is there."""
    equals: tuple[str, ...] | UnsetType = UNSET
    """Row by row, all of them."""


class Expect(Timed, frozen=True, kw_only=True, tag_field="do", tag="expect"):
    """Something has to be so: exactly one of the things that can be looked at."""

    within: str | None = None
    """Until when it may still become so, as `lasts` of a fault; null: at once."""
    queue: QueueRow | None = None
    state: StateRow | None = None
    due: DueRow | None = None
    outbox: OutboxRow | None = None
    posted: PostedRow | None = None
    case: CaseRow | None = None
    findings: FindingsRow | None = None
    audit: AuditRow | None = None
    screen: ScreenRow | None = None


Looked = QueueRow | StateRow | DueRow | OutboxRow | PostedRow | CaseRow | FindingsRow | AuditRow | ScreenRow
"""What can be looked at."""


def looked_at(expect: Expect) -> tuple[str, Looked]:
    """Return the one thing an expectation looks at, by its name."""
    name = next(each for each in LOOKS if getattr(expect, each) is not None)
    row: Looked = getattr(expect, name)
    return name, row


LOOKS = tuple(field.name for field in msgspec.structs.fields(Expect) if field.name not in {"at", "within"})
"""Names of what can be looked at."""
