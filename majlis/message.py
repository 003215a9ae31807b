"""What a message is: who wrote what to which of our accounts, and what we have decided about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from .states import MessageState


class Network(StrEnum):
    """The three networks of the policy (C2)."""

    FACEBOOK = "facebook"
    X = "x"
    YOUTUBE = "youtube"

    @classmethod
    def _missing_(cls, value: object) -> Network | None:
        # The old name is still what people type.
        return cls.X if value == "twitter" else None


class ObjectKind(StrEnum):
    """What a message is, whichever listing showed it."""

    POST = "post"
    COMMENT = "comment"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKey:
    """The natural key of a message: the same message has the same key from whichever listing it comes."""

    network: Network
    account: str
    """Our account's id in the settings; letters, digits, `-` and `_`."""
    object: ObjectKind
    native_id: str
    """The service's id, always a string. On X the first of the edit history."""

    def __str__(self) -> str:
        return f"{self.network}:{self.account}:{self.object}:{self.native_id}"

    @property
    def below(self) -> ObjectKind:
        """What an answer to it is: a comment below a post or a video, but on X a post again."""
        is_commented = self.object is ObjectKind.POST and self.network is not Network.X
        return ObjectKind.COMMENT if is_commented else self.object

    @classmethod
    def parse(cls, text: str) -> MessageKey:
        """Read what `str` wrote.

        Raises:
            ValueError: `text` is not a message key.
        """
        network, account, kind, native_id = text.split(":", 3)
        if not account or not native_id:
            raise ValueError(f"not a message key: {text!r}")
        return cls(network=Network(network), account=account, object=ObjectKind(kind), native_id=native_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote it, as far as the service says; every part may be missing."""

    id: str | None = None
    handle: str | None = None
    """Without the `@`."""
    name: str | None = None

    def shown(self) -> str:
        """Return the name people know, or an empty text."""
        return self.name or (f"@{self.handle}" if self.handle else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version of a message's text."""

    text: str
    until: datetime
    """When we first saw the next one, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Personal contact data in a text: half-open, code points of the text as received."""

    start: int
    end: int
    category: str
    """email, phone, po_box, personal_page, national_id, passport or medical_record."""


class Urgency(StrEnum):
    """How fast somebody has to look."""

    IMMEDIATE = "immediate"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Moderation(StrEnum):
    """What a network shows of a message to the public."""

    PUBLISHED = "published"
    HIDDEN = "hidden"
    """Behind a click, or to its writer and their friends alone: each network has its own way."""
    HELD = "held_for_review"
    """Nobody sees it until we publish it."""
    SPAM = "likely_spam"
    """The same, because the network takes it for spam."""
    REJECTED = "rejected"
    """Nobody sees it, and nothing brings it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who is composing, since when, until when without a sign of life."""

    holder: str
    since: datetime
    until: datetime
    taken_from: str | None = None
    """From whom it was taken over."""
    why: str | None = None
    """The reason that was given for that."""

    def holds(self, now: datetime) -> bool:
        """Tell whether it has not run out."""
        return now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What we have decided about a message; ingesting an edited text never touches it, but for `edited`."""

    state: MessageState = MessageState.NEW
    claim: Claim | None = None
    """Who composes; while a reply is on its way, whose it is."""
    reason: str | None = None
    """Why it was closed, or for what it was escalated."""
    note: str | None = None
    snoozed_until: datetime | None = None
    due_at: datetime | None = None
    """When an answer is owed, in working minutes."""
    platform_due_at: datetime | None = None
    """When the network closes the door (24 h for Facebook private messages)."""
    urgency: Urgency = Urgency.NORMAL
    category: str | None = None
    suggested: str | None = None
    """For what triage, or whoever corrected it, would send it to customer service."""
    corrected: bool = False
    """Somebody has set category, urgency and reason by hand; triage keeps its hands off."""
    priority: int = 0
    """Higher comes first; set on the way in for what may be danger."""
    tags: tuple[str, ...] = ()
    case: str | None = None
    """Id of the case it belongs to."""
    entry: str | None = None
    """Id of the outbox entry that answers it; of our own messages, of the one that made it."""
    hidden: bool = False
    """The public does not see it, by what the network says or by what we did last."""
    barred: bool = False
    """The network refused an answer of ours where it stands; the person may be reached in other ways."""
    historic: bool = False
    """Came with the first connection's backlog: nobody owes an answer."""
    edited: bool = False
    """The text changed after somebody had acted on it."""
    unseen: bool = True
    """Nobody has opened it yet."""
    returned: bool = False
    """Customer service answered: it lies on top until somebody acts."""
    was: MessageState | None = None
    """What it was when it was found to be gone."""

    def back(self) -> Standing:
        """Return the standing of a message that was gone and is seen again; whoever composed has let it go."""
        was = self.was or MessageState.NEW
        if was in {MessageState.CLAIMED, MessageState.WAITING}:
            return replace(self, state=MessageState.NEW, claim=None, was=None)
        return replace(self, state=was, was=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the public, or of ours, in a thread."""

    key: MessageKey
    thread: str
    """Id of the thread within its account: its root post, top-level YouTube comment or conversation."""
    parent: str | None = None
    """Native id of what it answers; None for a root."""
    author: Author = Author()
    text: str
    """As received, logical order."""
    created_at: datetime
    """By the service's clock, UTC."""
    received_at: datetime
    """When we read it first, UTC."""
    ours: bool = False
    """Written by one of our own accounts."""
    link: str | None = None
    """Permalink, https."""
    aliases: tuple[str, ...] = ()
    """Later native ids of the same message (X gives an edited post a new id)."""
    listings: tuple[str, ...] = ()
    """Through which streams it came: mention, reply, visitor post …; an attribute, not an identity."""
    attachments: tuple[str, ...] = ()
    """Addresses of pictures and videos; shown as a word, never fetched."""
    recipient: str | None = None
    """Native id to which a private message is answered (PSID, user id)."""
    personal: tuple[Span, ...] = ()
    """Where the text holds somebody's contact data; masked in lists, logs and exports (D19)."""
    editions: tuple[Edition, ...] = ()
    """Earlier texts, oldest first; empty while it was never edited."""
    moderation: Moderation | None = None
    """What the network does with it; None: it does not say."""
    missed_at: datetime | None = None
    """When a look first did not find it; the second one decides. None while it is there."""
    erased: bool = False
    """Its words and its writer were erased; the key stays, so that it does not come back."""
    standing: Standing = Standing()
    queued: int = 0
    """Revision at which it came, or came back, into the lists; 0: the store sets it to the next one."""
    rev: int = 0
    """Revision of its last change; 0 before it is stored."""

    def __post_init__(self) -> None:
        if self.created_at.tzinfo is None or self.received_at.tzinfo is None:
            raise ValueError("a message's times carry their zone")

    @property
    def public(self) -> bool:
        """Whether everybody can read an answer to it."""
        return self.key.object is not ObjectKind.PRIVATE

    @property
    def is_own_post(self) -> bool:
        """Whether it is a post or a video of ours, and no answer of ours to somebody."""
        return self.ours and self.key.object is ObjectKind.POST and self.parent is None

    @property
    def history(self) -> bool:
        """Whether it came with a backlog and nobody has taken it up: then it is in no list but that of everything."""
        standing = self.standing
        return standing.historic and standing.state is MessageState.NEW and not standing.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A row that could not be read: kept aside whole, so that one bad row never stops a page."""

    network: Network
    account: str
    stream: str
    raw: str
    """The row's JSON as received."""
    reason: str
    """What was wrong with it, in English, for whoever looks into it."""
    seen_at: datetime


def merged(known: Message, seen: Message, at: datetime) -> Message:
    """Return a stored message with what the service says of it now.

    Missing parts never wipe known ones; a changed text makes an edition; what we decided about it stays. What was gone
    is back, but for what was rejected: that cannot come back, and a listing that still shows it is behind.

    Args:
        known: As stored.
        seen: As just read, its personal spans filled in.
        at: When it was read, UTC.
    """
    if known.erased:
        return known  # a listing that still shows it brings nothing back
    moderation = seen.moderation or known.moderation
    if known.moderation is Moderation.REJECTED:
        moderation = known.moderation
    elif known.standing.state is MessageState.GONE:
        known = replace(known, standing=known.standing.back(), queued=0)
    result = replace(
        known,
        missed_at=None,
        parent=seen.parent or known.parent,
        author=Author(
            id=seen.author.id or known.author.id,
            handle=seen.author.handle or known.author.handle,
            name=seen.author.name or known.author.name,
        ),
        ours=known.ours or seen.ours,
        link=seen.link or known.link,
        aliases=_joined(known.aliases, seen.aliases),
        listings=_joined(known.listings, seen.listings),
        attachments=seen.attachments or known.attachments,
        recipient=seen.recipient or known.recipient,
        moderation=moderation,
        standing=known.standing if moderation is None else replace(known.standing, hidden=is_hidden(moderation)),
    )
    comes_late = bool(set(known.aliases) - set(seen.aliases))
    if seen.text == known.text or comes_late:
        return result
    untouched = known.standing.unseen or known.standing.historic
    acted = not (known.standing.state is MessageState.NEW and untouched)
    return replace(
        result,
        text=seen.text,
        personal=seen.personal,
        editions=(*known.editions, Edition(text=known.text, until=at)),
        standing=replace(result.standing, edited=known.standing.edited or acted),
    )


def is_hidden(moderation: Moderation) -> bool:
    """Whether the public does not see it."""
    return moderation is not Moderation.PUBLISHED


def _joined(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *after)))


def answered(ours: Message, thread: tuple[Message, ...]) -> Message:
    """Return what an answer of ours answers, as far as the thread holds it; else the answer itself."""
    return next((message for message in thread if message.key.native_id == ours.parent), ours)


def stamp(thread: tuple[Message, ...], key: MessageKey) -> str:
    """Return what a thread looked like to somebody who answers one message in it.

    It changes when the person writes again, edits or deletes, and when we answer; what others write below a popular
    post does not change it. For our own words it changes with them alone.

    Args:
        thread: The messages of the thread, any order.
        key: The message answered.
    """
    target = next((message for message in thread if message.key == key), None)
    if target is None:
        return "gone"
    seen = sorted(
        f"{m.key.native_id} {len(m.editions)} {m.standing.state is MessageState.GONE}"
        for m in thread
        if m.key == key
        or (not target.ours and (m.author == target.author or (m.ours and m.parent in {key.native_id, target.parent})))
    )
    return hashlib.sha256("\n".join(seen).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def queue_order(message: Message) -> str:
    """Return a text by which the queue sorts, most urgent first.

    Customer service's answers, then danger, then what may be danger, then whichever comes first of our due time
    and the network's own; history last. A digest of the key makes it a total order.
    """
    standing = message.standing
    if standing.returned:
        rank = 0
    elif standing.urgency is Urgency.IMMEDIATE:
        rank = 1
    else:
        rank = 3 if standing.historic else 2
    dues = [at for at in (standing.due_at, standing.platform_due_at) if at is not None]
    due = min(dues) if dues else message.created_at
    return f"{rank}{9 - min(max(standing.priority, 0), 9)}|{sortable(due)}|{tie_break(message.key)}"


def newest_order(message: Message) -> str:
    """Return a text by which the other lists sort, descending."""
    return f"{sortable(message.created_at)}|{tie_break(message.key)}"


def tie_break(key: MessageKey) -> str:
    """Return what orders messages that are equally urgent, or came at the same moment."""
    return hashlib.blake2s(str(key).encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()


def sortable(at: datetime) -> str:
    """Return a time as text whose order is that of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
