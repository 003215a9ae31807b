"""From YouTube's rows to messages; pure.

Source: API facts, section 3, "Facts that bite".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from connectors.rows import OddRow, Source, parse_time
from majlis.message import Author, Message, Moderation, ObjectKind, Standing, is_hidden

from .client import Comment, Thread, Upload

_WATCH = "https://www.youtube.com/watch"
_LISTED = {"held": Moderation.HELD, "spam": Moderation.SPAM}
"""Listings of what the public does not see; a thread is in one for its first comment or for one of its replies."""

_SAID = {
    "published": Moderation.PUBLISHED,
    "heldForReview": Moderation.HELD,
    "likelySpam": Moderation.SPAM,
    "rejected": Moderation.REJECTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """Turns the rows of one listing into messages of one channel's account."""

    source: Source
    channel: str
    """Our channel's id: what it wrote is ours."""
    oldest: datetime
    """Pages reach further back than asked for: nobody owes an answer to what was written before this."""

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
            thread: Id of the thread's first comment: what was said below it is one conversation, a video holds many.
        """
        if not row.id:
            raise OddRow("a comment without an id")
        if row.snippet is None:
            raise OddRow("a comment without its inside")
        inside = row.snippet
        above = inside.parentId or (parent_of(row.id) if "." in row.id else None)
        if above is None and thread != row.id:
            above = thread
        author_id = inside.authorChannelId.value if inside.authorChannelId else None
        created_at = self._time(inside.publishedAt)
        # What a row says of itself counts; where it says nothing, the listing does.
        listed = _LISTED.get(self.source.stream, Moderation.PUBLISHED)
        moderation = _SAID.get(inside.moderationStatus or "", listed)
        yield Message(
            key=self.source.key(ObjectKind.COMMENT, row.id),
            thread=above or row.id,
            parent=above,
            author=_author(author_id, inside.authorDisplayName),
            text=inside.text,
            created_at=created_at,
            received_at=self.source.read_at,
            ours=author_id == self.channel,
            link=address(inside.videoId or video, row.id),
            listings=(self.source.stream,),
            moderation=moderation,
            standing=Standing(hidden=is_hidden(moderation), historic=created_at < self.oldest),
        )

    def upload(self, row: Upload) -> Iterator[Message]:
        """Make a message of one of our videos."""
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
            link=f"{_WATCH}?{urlencode({'v': video})}",
            listings=(self.source.stream,),
        )

    def _time(self, text: str | None) -> datetime:
        return parse_time(text) or self.source.read_at


def address(video: str | None, native_id: str | None) -> str | None:
    """Return where a comment is seen; None where its video is not known."""
    return f"{_WATCH}?{urlencode({'v': video, 'lc': native_id})}" if video and native_id else None


def parent_of(native_id: str) -> str:
    """Return the id of the thread's first comment: replies carry it before the dot, and are not answered themselves."""
    return native_id.partition(".")[0]


def _author(native_id: str | None, name: str | None) -> Author:
    """Return an author; the service gives handles in place of names."""
    if name and name.startswith("@"):
        return Author(id=native_id, handle=name.removeprefix("@"))
    return Author(id=native_id, name=name)
