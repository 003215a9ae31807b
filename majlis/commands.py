"""What an operator can ask for; each is a value, and `Desk.do` decides about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from .message import Message, MessageKey, Urgency
from .pictures import Picture
from .publishing import PostKind, PostTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Take a message to compose an answer; renews a claim that is mine."""

    key: MessageKey
    take_over: str | None = None
    """Reason for taking it from a colleague; without one nothing is taken."""
    holder: str | None = None
    """From whom it is taken, as whoever decides has seen it; from nobody else."""
    since: datetime | None = None
    """Since when they held it then; None: however long."""

    @classmethod
    def taking_over(cls, message: Message, why: str) -> Claim:
        """Return what takes a message over from whoever holds it as it was read, with a reason."""
        lease = message.standing.claim
        if lease is None:
            return cls(key=message.key, take_over=why)
        return cls(key=message.key, take_over=why, holder=lease.holder, since=lease.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Give a claim back."""

    key: MessageKey


class OverrideReason(StrEnum):
    """Why something goes out outside service hours (D9)."""

    PUBLIC_HEALTH_URGENT = "public_health_urgent"
    LIFE_SAFETY = "life_safety"
    CORRECTION = "correction"
    LEADERSHIP_REQUEST = "leadership_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Send outside service hours: reason and a note of at least ten characters."""

    reason: OverrideReason
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Answer a message, to this person; the text goes out byte for byte."""

    key: MessageKey
    text: str
    acknowledged: tuple[str, ...] = ()
    """Rules whose warnings the operator confirmed."""
    read: tuple[str, ...] = ()
    """Rules that have spoken about this draft; they are counted as heeded or dismissed."""
    private: bool = False
    """To the writer of a public message alone, where the network has that; once for each message."""
    queue: bool = False
    """Outside hours: wait for the next opening instead of refusing."""
    override: Override | None = None
    stamp: str | None = None
    """What the thread looked like when it was read; None: as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Hand a message to customer service."""

    key: MessageKey
    reason: str | None = None
    """None: the one that triage suggests."""
    note: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgent:
    """Somebody may be in danger: a case at once, at any hour."""

    key: MessageKey
    reason: str | None = None
    """One of danger; None: the one that triage sees, else emergency."""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Add the line for the colleague to a case that is already there."""

    key: MessageKey
    text: str


class DoneReason(StrEnum):
    """Why no reply goes out."""

    NO_REPLY_NEEDED = "no_reply_needed"
    THANKS = "thanks"
    SPAM = "spam"
    DUPLICATE = "duplicate"
    OTHER_ENTITY = "other_entity"
    ANSWERED_ELSEWHERE = "answered_elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Close a message without a reply."""

    key: MessageKey
    reason: DoneReason = DoneReason.NO_REPLY_NEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Put a message away until a time; None: the next opening after now."""

    key: MessageKey
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteMemo:
    """Put an internal note beside a message."""

    key: MessageKey
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """Add or remove tags."""

    key: MessageKey
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hide:
    """Hide a message on the network, or show it again."""

    key: MessageKey
    hidden: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Take a message of the public off the network for good; nothing brings it back."""

    key: MessageKey
    ban: bool = False
    """Keep its writer from writing to us at all; a supervisor's to ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Put another text in the place of an answer of ours; it goes out byte for byte."""

    key: MessageKey
    """Of our own answer."""
    text: str
    acknowledged: tuple[str, ...] = ()
    """Rules whose warnings the operator confirmed."""
    read: tuple[str, ...] = ()
    """Rules that have spoken about this draft."""
    queue: bool = False
    """Outside hours: wait for the next opening instead of refusing."""
    override: Override | None = None


def changing(reply: Reply) -> Edit:
    """Return what puts a text in the place of an answer of ours, from what would answer it."""
    return Edit(
        key=reply.key,
        text=reply.text,
        acknowledged=reply.acknowledged,
        read=reply.read,
        queue=reply.queue,
        override=reply.override,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Take an answer of ours off the network; nothing brings it back."""

    key: MessageKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """Look at masked personal data; logged."""

    key: MessageKey


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Undo my last local action, or call back my last held reply."""

    key: MessageKey | None = None
    """Only if it was about this message; None: whatever was last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Take a case."""

    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBack:
    """Ask the operator something about a case."""

    case: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCase:
    """Say what was done about a case."""

    case: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCase:
    """Give a case back: not ours, and why."""

    case: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase:
    """Close a case that was answered."""

    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenContact:
    """Look at what the person gave to be reached by; logged."""

    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePost:
    """Begin a post of ours, or change one."""

    post: str | None = None
    """Id of the one that is changed; None: a new one."""
    kind: PostKind
    arabic: str = ""
    english: str = ""
    link: str | None = None
    pictures: tuple[Picture, ...] = ()
    targets: tuple[PostTarget, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPost:
    """Say that a post is ready."""

    post: str
    acknowledged: tuple[str, ...] = ()
    """Rules whose warnings were confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovePost:
    """Approve a post of somebody else as it stands."""

    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectPost:
    """Give a post back, with a reason."""

    post: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePost:
    """Let a post go out at a time, or now."""

    post: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawPost:
    """Call a scheduled post back."""

    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardPost:
    """Put a post away for good."""

    post: str


PostCommand = WritePost | SubmitPost | ApprovePost | RejectPost | SchedulePost | WithdrawPost | DiscardPost
"""What is done about posts of ours."""

CaseCommand = Acknowledge | AskBack | AnswerCase | ReturnCase | CloseCase | OpenContact
"""What customer service does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePledge:
    """Record that I have read a version of the pledge (C9)."""

    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSnippet:
    """Keep a saved reply, in place of the earlier one of that name and language."""

    name: str
    language: Literal["ar", "en"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSnippet:
    """Remove a saved reply."""

    name: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOfficial:
    """Put a contact on the allowlist (D15); only a supervisor may."""

    kind: str
    """A list of `Contacts`."""
    value: str
    note: str
    """Why it is official."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOfficial:
    """Take a contact that was added off the allowlist."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectTriage:
    """Say what a message is about, where triage was wrong; what is None stays."""

    key: MessageKey
    category: str | None = None
    urgency: Urgency | None = None
    reason: str | None = None
    """For customer service; an empty text: for nobody."""


RecordCommand = TakePledge | KeepSnippet | DropSnippet | AddOfficial | RemoveOfficial | CorrectTriage
"""What is written down beside the messages, or about one of them."""

Command = (
    Claim
    | Release
    | Reply
    | Escalate
    | Urgent
    | Note
    | Done
    | Snooze
    | WriteMemo
    | Tag
    | Hide
    | Reject
    | Edit
    | Delete
    | Reveal
    | TakeBack
    | CaseCommand
    | RecordCommand
    | PostCommand
)
"""Everything the desk decides about."""
