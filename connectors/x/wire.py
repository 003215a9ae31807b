"""The shapes of X's answers, in both generations of names.

`data`, `includes` and `errors` are absent where there is nothing; any part of a row may be.
Source: the machine-readable contracts of specification 2.159 and 2.167.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from connectors.rows import decoded

from .answers import Problem

_T = TypeVar("_T")


class User(msgspec.Struct):
    """Somebody on X."""

    id: str | None = None
    name: str | None = None
    username: str | None = None


class Referenced(msgspec.Struct):
    """What a post answers or quotes."""

    type: str | None = None
    id: str | None = None


class Note(msgspec.Struct):
    """The whole text of a long post."""

    text: str | None = None


class Attached(msgspec.Struct):
    """Keys of pictures and videos."""

    media_keys: list[str] | None = None


class Post(msgspec.Struct):
    """A post, in both generations of names."""

    id: str | None = None
    text: str | None = None
    author_id: str | None = None
    created_at: str | None = None
    conversation_id: str | None = None
    referenced_tweets: list[Referenced] | None = None
    referenced_posts: list[Referenced] | None = None
    edit_history_tweet_ids: list[str] | None = None
    edit_history_post_ids: list[str] | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None
    attachments: Attached | None = None

    @property
    def references(self) -> list[Referenced]:
        """What it answers or quotes."""
        return self.referenced_tweets or self.referenced_posts or []

    @property
    def history(self) -> list[str]:
        """Its ids, the first one first; an edit gives a new one."""
        return self.edit_history_tweet_ids or self.edit_history_post_ids or []

    @property
    def whole_text(self) -> str:
        """The text as received: of a long post the long one."""
        note = self.note_tweet or self.note_post
        return (note.text if note else None) or self.text or ""

    @property
    def answers(self) -> str | None:
        """Id of the post it answers."""
        return next((each.id for each in self.references if each.type == "replied_to"), None)


class Event(msgspec.Struct):
    """A direct message."""

    id: str | None = None
    text: str | None = None
    event_type: str | None = None
    sender_id: str | None = None
    dm_conversation_id: str | None = None
    created_at: str | None = None
    participant_ids: list[str] | None = None
    attachments: Attached | None = None


class Medium(msgspec.Struct):
    """A picture or video."""

    media_key: str | None = None
    url: str | None = None
    preview_image_url: str | None = None


class Includes(msgspec.Struct):
    """What comes along with rows; each thing is decoded on its own."""

    users: list[msgspec.Raw] | None = None
    media: list[msgspec.Raw] | None = None
    tweets: list[msgspec.Raw] | None = None
    posts: list[msgspec.Raw] | None = None


class Meta(msgspec.Struct):
    """What is said of a page as a whole."""

    next_token: str | None = None


class Listing(msgspec.Struct):
    """A page of rows; each row is decoded on its own, and what comes along never spoils it."""

    data: list[msgspec.Raw] | None = None
    includes: msgspec.Raw = msgspec.Raw(b"null")
    meta: Meta | None = None
    errors: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def rows(self) -> list[msgspec.Raw]:
        """The rows; none where the service sent none."""
        return self.data or []

    @property
    def following(self) -> str | None:
        """The mark of the next page; None: this is the last one."""
        return (self.meta.next_token if self.meta else None) or None

    @property
    def users(self) -> list[User]:
        """People who came along."""
        return decoded(self._along.users or [], User)

    @property
    def media(self) -> list[Medium]:
        """Pictures that came along."""
        return decoded(self._along.media or [], Medium)

    @property
    def posts(self) -> list[Post]:
        """Posts that came along: those that rows answer or quote."""
        return decoded(self._along.posts or self._along.tweets or [], Post)

    @property
    def problems(self) -> list[Problem]:
        """What could not be given, and why; it stands beside the rows of a success."""
        return decoded(_forgiving(self.errors, list[msgspec.Raw]) or [], Problem)

    @property
    def _along(self) -> Includes:
        return _forgiving(self.includes, Includes) or Includes()


def _forgiving(raw: msgspec.Raw, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(bytes(raw), type=kind | None)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class Processing(msgspec.Struct):
    """How far the service is with a file."""

    state: str | None = None
    """pending, in_progress, failed or succeeded."""
    check_after_secs: float | None = None


class Outcome(msgspec.Struct):
    """What a write did."""

    id: str | None = None
    processing_info: Processing | None = None
    deleted: bool | None = None
    hidden: bool | None = None
    dm_event_id: str | None = None
    dm_conversation_id: str | None = None


class Done(msgspec.Struct):
    """The answer to a write."""

    data: Outcome | None = None


class Me(msgspec.Struct):
    """The answer about ourselves."""

    data: User | None = None
