"""Erasing a person: what they wrote, who they are, and what was written about them, each value keeping its place.

Keys of messages stay, since events name them and a later poll must know what not to bring back; they hold no words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from .masking import COVER
from .message import Author, MessageKey, Network
from .states import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .escalation import Case
    from .message import Message
    from .outbox import Entry
    from .ports import Memo, Undo

WHY: Final = 10
"""Characters that the reason for an erasure has at least; as for an override (D9)."""
_LONG_NAME: Final = 2
"""Words from which a name says who somebody is wherever it stands."""
_ENDED = frozenset({MessageState.ANSWERED, MessageState.DONE, MessageState.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on one network, by id or handle."""

    network: Network
    id: str | None = None
    handle: str | None = None

    @classmethod
    def parse(cls, text: str) -> Person | MessageKey:
        """Read `network:id`, `network:@handle`, or the key of a message that they wrote.

        Raises:
            ValueError: It is none of these.
        """
        network, _, rest = text.partition(":")
        if rest.count(":") > 1:
            return MessageKey.parse(text)
        if not rest.strip("@"):
            raise ValueError(f"nobody: {text!r}")
        found = Network(network)
        return cls(network=found, handle=rest[1:]) if rest.startswith("@") else cls(network=found, id=rest)

    def wrote(self, message: Message) -> bool:
        """Say whether a message is theirs."""
        return message.key.network is self.network and not message.ours and self.is_(message.author)

    def is_(self, author: Author) -> bool:
        """Say whether an author is this person."""
        by_id = bool(self.id) and author.id == self.id
        return by_id or (bool(self.handle) and author.handle == self.handle)


def traces(theirs: Iterable[Message]) -> frozenset[str]:
    """Return texts that tell of a person wherever they stand: handles, contact data, names of two words or more."""
    found: set[str] = set()
    for message in theirs:
        author = message.author
        found |= {f"@{author.handle}"} if author.handle else set()
        found |= {author.name} if author.name and len(author.name.split()) >= _LONG_NAME else set()
        found |= {message.text[span.start : span.end] for span in message.personal}
    return frozenset(found - {""})


def covered(text: str, parts: Iterable[str]) -> str:
    """Return a text with these parts covered to the last sign; the length stays, since spans count on it."""
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, COVER * len(part))
    return text


def without_message(message: Message) -> Message:
    """Return a message of the person, or an answer of ours to them, without words and names; no answer is owed."""
    standing = replace(message.standing, note=None, snoozed_until=None)
    if not message.ours and standing.state not in _ENDED:
        standing = replace(standing, state=MessageState.DONE, claim=None, reason="erased", returned=False)
    return replace(
        message,
        author=message.author if message.ours else Author(),
        text="",
        link=None,
        attachments=(),
        recipient=None,
        personal=(),
        editions=(),
        erased=True,
        standing=standing,
    )


def without_entry(entry: Entry) -> Entry:
    """Return an entry to the person without its words; what has not gone is called back."""
    after = entry.stepped("recall") if entry.state in {"held", "queued"} else entry
    receipt = replace(entry.receipt, link=None) if entry.receipt else None
    return replace(after, text="", link=None, recipient=None, person=None, receipt=receipt, problem=None)


def without_case(case: Case) -> Case:
    """Return a case of the person without what it says of them; its steps and times stay."""
    packet = replace(case.packet, link=None, text="", handle=None, name=None, earlier=(), contact=())
    steps = tuple(replace(step, text=None) for step in case.steps)
    return replace(case, person=None, note=None, holding=None, packet=packet, steps=steps)


def without_memo(memo: Memo) -> Memo:
    """Return a memo beside a message of theirs without its words."""
    return replace(memo, text="")


def without_undo(undo: Undo) -> Undo:
    """Return what would take an action back as used up: there is nothing to go back to."""
    return replace(undo, message=without_message(undo.message), used=True)
