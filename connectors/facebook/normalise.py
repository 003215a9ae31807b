"""From Graph's rows to messages; pure.

Without rights on the page `id` and `from` are absent from comments, so that neither is relied on: an id can be had from
the permalink, and who wrote it may stay unknown.
Source: API facts, section 1, "Facts that bite".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from connectors.rows import OddRow, Source, joined, parse_time, permalink
from majlis.message import Author, Message, ObjectKind, Standing

from .wire import Attachments, Comment, Conversation, Named, Post, PrivateMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Turns the rows of one listing into messages of one page's account."""

    source: Source
    page: str
    """Our page's id: what it wrote is ours."""

    def post(self, row: Post) -> Iterator[Message]:
        """Make a message of a post, ours or a visitor's."""
        if not row.id:
            raise OddRow("a post without an id")
        yield Message(
            key=self.source.key(ObjectKind.POST, row.id),
            thread=row.id,
            author=_author(row.from_),
            text=row.message or row.story or "",
            created_at=self._time(row.created_time),
            received_at=self.source.read_at,
            ours=self._is_ours(row.from_),
            link=permalink(row.permalink_url),
            listings=(self.source.stream,),
            attachments=_addresses(row.attachments),
            standing=Standing(hidden=bool(row.is_hidden)),
        )

    def comment(self, row: Comment, post: str) -> Iterator[Message]:
        """Make a message of a comment or reply below a post."""
        place = _place(row.permalink_url)
        native_id = row.id or place.own
        if not native_id:
            raise OddRow("a comment without an id, and none in its address")
        parent = (row.parent.id if row.parent else None) or place.parent or post
        yield Message(
            key=self.source.key(ObjectKind.COMMENT, native_id),
            thread=post,
            parent=parent,
            author=_author(row.from_),
            text=row.message or "",
            created_at=self._time(row.created_time),
            received_at=self.source.read_at,
            ours=self._is_ours(row.from_),
            link=permalink(row.permalink_url),
            listings=(self.source.stream,),
            attachments=joined([row.attachment.address()] if row.attachment else []),
            standing=Standing(hidden=bool(row.is_hidden)),
        )

    def private(self, row: PrivateMessage, conversation: str, person: str | None) -> Iterator[Message]:
        """Make a message of a private one.

        Args:
            row: As received.
            conversation: Its conversation's id.
            person: Page-scoped id of whom we talk to, where the conversation says so.
        """
        if not row.id:
            raise OddRow("a private message without an id")
        ours = self._is_ours(row.from_)
        yield Message(
            key=self.source.key(ObjectKind.PRIVATE, row.id),
            thread=conversation,
            author=_author(row.from_),
            text=row.message or "",
            created_at=self._time(row.created_time),
            received_at=self.source.read_at,
            ours=ours,
            listings=(self.source.stream,),
            attachments=joined([row.sticker], _addresses(row.attachments)),
            recipient=person if ours else (row.from_.id if row.from_ else None) or person,
        )

    def person(self, conversation: Conversation) -> str | None:
        """Return the page-scoped id of the person in a conversation."""
        people = (conversation.participants.data if conversation.participants else None) or []
        return next((each.id for each in people if each.id and each.id != self.page), None)

    def _is_ours(self, who: Named | None) -> bool:
        return who is not None and who.id == self.page

    def _time(self, text: str | None) -> datetime:
        return parse_time(text) or self.source.read_at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    own: str | None = None
    parent: str | None = None


def _place(address: str | None) -> _Place:
    """Read ids from a permalink: `/PAGE/posts/POST/?comment_id=C&reply_comment_id=R`, in the form that Graph gives."""
    if not address:
        return _Place()
    try:
        parts = urlsplit(address)
    except ValueError:
        return _Place()
    asked = parse_qs(parts.query)
    steps = [step for step in parts.path.split("/") if step]
    post = steps[steps.index("posts") + 1] if "posts" in steps[:-1] else None
    comment, reply = (asked.get(name, [None])[0] for name in ("comment_id", "reply_comment_id"))
    if not post or not comment:
        return _Place()
    if reply:
        return _Place(own=f"{post}_{reply}", parent=f"{post}_{comment}")
    return _Place(own=f"{post}_{comment}")


def _author(who: Named | None) -> Author:
    return Author(id=who.id, name=who.name) if who else Author()


def _addresses(attachments: Attachments | None) -> tuple[str, ...]:
    return joined([each.address() for each in (attachments.data if attachments else None) or []])
