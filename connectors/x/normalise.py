"""From X's rows to messages; pure.

An edit gives a post a new id; the first one is its key, so that a post found twice is one message.
Source: API facts, section 2, "Facts that bite".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.rows import OddRow, Source, joined, parse_time, same_text
from majlis.message import Author, Message, ObjectKind

from . import ids
from .wire import Attached, Event, Medium, Post, User

_SHORT_LINK = re.compile(r"https?://t\.co/\w+")
_ADDRESSED = re.compile(r"\A(?:@\w{1,15}\s+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Turns the rows of one listing into messages of one account."""

    source: Source
    user: str
    """Our own id: what it wrote is ours."""
    people: Mapping[str, User]
    media: Mapping[str, Medium]

    def post(self, replaced: frozenset[str], row: Post) -> Iterator[Message]:
        """Make a message of a post; earlier editions of one that is on the same page make none.

        Its aliases end with the edition whose text it is, so that an older one is known as such when it comes late.
        """
        if not row.id:
            raise OddRow("a post without an id")
        if row.id in replaced:
            return
        native_ids = joined(
            row.history[: row.history.index(row.id)] if row.id in row.history else row.history, [row.id]
        )
        author = self._author(row.author_id)
        ours = row.author_id == self.user
        text = plain(row.whole_text)
        if ours and row.answers:
            text = _ADDRESSED.sub("", text, count=1)  # X put the names there; what we wrote is what follows
        yield Message(
            key=self.source.key(ObjectKind.POST, native_ids[0]),
            thread=row.conversation_id or native_ids[0],
            parent=row.answers,
            author=author,
            text=text,
            created_at=self._time(row.created_at, native_ids[0]),
            received_at=self.source.read_at,
            ours=ours,
            link=f"https://x.com/{author.handle or 'i'}/status/{native_ids[-1]}",
            aliases=native_ids[1:],
            listings=(self.source.stream,),
            attachments=self._addresses(row.attachments),
            recipient=None if ours else row.author_id,
        )

    def event(self, row: Event) -> Iterator[Message]:
        """Make a message of a direct message; other events are not messages."""
        if row.event_type not in (None, "MessageCreate"):
            return
        if not row.id:
            raise OddRow("a direct message without an id")
        if not row.dm_conversation_id:
            raise OddRow("a direct message without a conversation")
        ours = row.sender_id == self.user
        yield Message(
            key=self.source.key(ObjectKind.PRIVATE, row.id),
            thread=row.dm_conversation_id,
            author=self._author(row.sender_id),
            text=plain(row.text or ""),
            created_at=self._time(row.created_at, row.id),
            received_at=self.source.read_at,
            ours=ours,
            listings=(self.source.stream,),
            attachments=self._addresses(row.attachments),
            recipient=self._other(row) if ours else row.sender_id,
        )

    def _other(self, row: Event) -> str | None:
        """Return with whom a one-to-one conversation is: its id names both."""
        people = row.participant_ids or (row.dm_conversation_id or "").split("-")
        others = [each for each in people if each and each != self.user]
        return others[0] if len(others) == 1 else None

    def _author(self, native_id: str | None) -> Author:
        person = self.people.get(native_id or "")
        if person is None:
            return Author(id=native_id)
        return Author(id=native_id, handle=person.username, name=person.name)

    def _time(self, text: str | None, native_id: str) -> datetime:
        return parse_time(text) or ids.time_of(native_id) or self.source.read_at

    def _addresses(self, attached: Attached | None) -> tuple[str, ...]:
        keys = (attached.media_keys if attached else None) or []
        found = [self.media[key] for key in keys if key in self.media]
        return joined([each.url or each.preview_image_url for each in found])


def superseded(posts: Sequence[Post]) -> frozenset[str]:
    """Return the ids of those posts of a page of which a later edition is on it too; an edit gives a greater id."""
    return frozenset(
        earlier for post in posts if post.id for earlier in post.history if ids.number(earlier) < ids.number(post.id)
    )


def plain(text: str) -> str:
    """Undo the three entities that X writes; whatever else looks like one was typed by a person."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def is_same(ours: str, theirs: str) -> bool:
    """Whether X's text is the one we sent: it adds the addressed names and shortens links."""
    shown = plain(theirs)
    return any(_matches(ours, form) for form in (shown, _ADDRESSED.sub("", shown, count=1)))


def _matches(ours: str, theirs: str) -> bool:
    if same_text(ours, theirs):
        return True
    if not _SHORT_LINK.search(theirs):
        return False
    # A shortened link stands for any one word of ours; one at the end may be that of a picture.
    parts = [re.escape(part.strip()) for part in _SHORT_LINK.split(" ".join(theirs.split()))]
    forms = [parts, parts[:-1]] if not parts[-1] else [parts]
    words = " ".join(ours.split())
    return any(re.fullmatch(r"\s*\S+\s*".join(form), words) for form in forms)
