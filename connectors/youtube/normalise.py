"""From YouTube's rows to messages; pure.

Source: API facts, section 3, "Facts that bite".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from connectors.rows import OddRow, Source, parse_time
from majlis.message import Author, Message, ObjectKind, Standing

from .client import Comment, Thread, Upload

_HELD = frozenset({"held", "spam"})
"""Listings of what the public does not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """Turns the rows of one listing into messages of one channel's account."""

    source: Source
    channel: str
    """Our channel's id: what it wrote is ours."""

    def thread(self, row: Thread) -> Iterator[Message]:
        """Make a message of a thread's first comment; its replies are rows of their own."""
        if row.snippet is None or row.first is None:
            raise OddRow("a thread without a comment")
        try:
            first = msgspec.json.decode(bytes(row.first), type=Comment)
        except msgspec.MsgspecError as error:
            raise OddRow(str(error)) from error
        yield from self.comment(first, row.snippet.videoId, row.id)

    def comment(self, row: Comment, video: str | None, thread: str | None) -> Iterator[Message]:
        """Make a message of a comment or reply.

        Args:
            row: As received.
            video: Id of the video below which it stands, as far as known.
            thread: Id of the first comment above it.
        """
        if not row.id:
            raise OddRow("a comment without an id")
        if row.snippet is None:
            raise OddRow("a comment without its inside")
        inside = row.snippet
        above = inside.parentId or (parent_of(row.id) if "." in row.id else None)
        root = inside.videoId or video or above or thread or row.id
        author_id = inside.authorChannelId.value if inside.authorChannelId else None
        yield Message(
            key=self.source.key(ObjectKind.COMMENT, row.id),
            thread=root,
            parent=above or (root if root != row.id else None),
            author=_author(author_id, inside.authorDisplayName),
            text=inside.text,
            created_at=self._time(inside.publishedAt),
            received_at=self.source.read_at,
            ours=author_id == self.channel,
            link=f"https://www.youtube.com/watch?v={root}&lc={row.id}" if inside.videoId or video else None,
            listings=(self.source.stream,),
            standing=Standing(hidden=self.source.stream in _HELD),
        )

    def upload(self, row: Upload) -> Iterator[Message]:
        """Make a message of one of our videos: what is said below it answers to it."""
        video = row.snippet.resourceId.videoId if row.snippet and row.snippet.resourceId else None
        if row.snippet is None or not video:
            raise OddRow("an upload without a video")
        yield Message(
            key=self.source.key(ObjectKind.POST, video),
            thread=video,
            author=Author(id=self.channel, name=row.snippet.channelTitle),
            text=row.snippet.title or "",
            created_at=self._time(row.snippet.publishedAt),
            received_at=self.source.read_at,
            ours=True,
            link=f"https://www.youtube.com/watch?v={video}",
            listings=(self.source.stream,),
        )

    def _time(self, text: str | None) -> datetime:
        return parse_time(text) or self.source.read_at


def parent_of(native_id: str) -> str:
    """Return the id of the thread's first comment: replies carry it before the dot, and are not answered themselves."""
    return native_id.partition(".")[0]


def _author(native_id: str | None, name: str | None) -> Author:
    """Return an author; the service gives handles in place of names."""
    if name and name.startswith("@"):
        return Author(id=native_id, handle=name.removeprefix("@"))
    return Author(id=native_id, name=name)
