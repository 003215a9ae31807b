"""Calls to X's API, and the shapes of its answers.

Two generations of field names are about; the first is sent unless the settings say otherwise, and both are read.
`data`, `includes` and `errors` are absent where there is nothing.
Source: API facts, section 2, and the machine-readable contracts of specification 2.159 and 2.167.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.http import Answer, Http, Limits
from connectors.tokens import TokenSource, with_living_token
from connectors.verdict import Failed, Says, Verdict
from majlis.ports import Clock

from .answers import Problem, is_dead, is_used_up, reset_s, verdict_of
from .settings import XSettings


@dataclass(frozen=True, slots=True)
class _Asked:
    """Names of one generation of the interface."""

    fields: str
    """What the parameter is called that names a post's fields."""
    of_posts: str
    of_posts_along: str
    """What else comes along with posts: the second generation names ids there too."""
    of_events: str
    of_events_along: str


_ASKED = {
    "tweet": _Asked(
        fields="tweet.fields",
        of_posts="author_id,conversation_id,created_at,attachments,referenced_tweets,edit_history_tweet_ids,note_tweet",
        of_posts_along="attachments.media_keys",
        of_events="id,text,created_at,sender_id,dm_conversation_id,attachments,event_type,participant_ids",
        of_events_along="attachments.media_keys",
    ),
    "post": _Asked(
        fields="post.fields",
        of_posts="conversation_id,created_at,attachments,note_post",
        of_posts_along="attachments.media_keys,author_id,referenced_posts,edit_history_post_ids",
        of_events="id,text,created_at,dm_conversation_id,attachments,event_type",
        of_events_along="attachments.media_keys,sender_id,participant_ids",
    ),
}
_MEDIA_FIELDS = "url,preview_image_url,type"

MOST_IDS = 100
"""Ids in one call."""


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
    """What comes along with rows."""

    users: list[User] | None = None
    media: list[Medium] | None = None


class _Meta(msgspec.Struct):
    next_token: str | None = None


class Listing(msgspec.Struct):
    """A page of rows; each row is decoded on its own."""

    data: list[msgspec.Raw] | None = None
    includes: Includes | None = None
    meta: _Meta | None = None
    errors: list[Problem] | None = None

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
        return (self.includes.users if self.includes else None) or []

    @property
    def media(self) -> list[Medium]:
        """Pictures that came along."""
        return (self.includes.media if self.includes else None) or []


class Outcome(msgspec.Struct):
    """What a write did."""

    id: str | None = None
    deleted: bool | None = None
    hidden: bool | None = None
    dm_event_id: str | None = None
    dm_conversation_id: str | None = None


class _Done(msgspec.Struct):
    data: Outcome | None = None


class _Me(msgspec.Struct):
    data: User | None = None


class XClient:
    """The calls this program makes, for one account."""

    def __init__(self, settings: XSettings, clock: Clock, tokens: TokenSource, limits: Limits | None = None) -> None:
        self._http = Http(settings.api_url, limits=limits)
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._shut: dict[str, datetime] = {}
        """Calls whose window is used up, and until when."""
        self.last: Answer | None = None
        """The last answer, for its clock."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # ------------------------------------------------------------------------------------------------------- reading

    async def mentions(
        self, *, since_id: str | None = None, start_time: str | None = None, token: str | None = None
    ) -> Listing:
        """Return posts that mention us, newest first."""
        path = f"/2/users/{self._settings.user}/mentions"
        asked = {"since_id": since_id, "start_time": start_time, "pagination_token": token}
        return await self._listing("mentions", path, self._posts(asked))

    async def own(
        self, *, since_id: str | None = None, start_time: str | None = None, token: str | None = None
    ) -> Listing:
        """Return our own posts, newest first."""
        path = f"/2/users/{self._settings.user}/tweets"
        asked = {"since_id": since_id, "start_time": start_time, "pagination_token": token}
        return await self._listing("own", path, self._posts(asked))

    async def search(
        self, query: str, *, since_id: str | None = None, start_time: str | None = None, token: str | None = None
    ) -> Listing:
        """Return posts of the last seven days, newest first."""
        asked = {"query": query, "sort_order": "recency", "next_token": token}
        asked |= {"since_id": since_id, "start_time": start_time}
        return await self._listing("search", "/2/tweets/search/recent", self._posts(asked))

    async def posts(self, ids: Sequence[str]) -> Listing:
        """Return posts by their ids; those that are not there come in `errors`."""
        return await self._listing("posts", "/2/tweets", {"ids": ",".join(ids)})

    async def users(self, ids: Sequence[str]) -> list[User]:
        """Return people by their ids."""
        listing = await self._listing("users", "/2/users", {"ids": ",".join(ids)})
        return [msgspec.json.decode(bytes(row), type=User) for row in listing.rows]

    async def messages(self, token: str | None, *, participant: str | None = None) -> Listing:
        """Return direct messages, newest first: all of them, or those with one person."""
        path = f"/2/dm_conversations/with/{participant}/dm_events" if participant else "/2/dm_events"
        names = _ASKED[self._settings.names]
        asked = {
            "max_results": str(self._settings.page_size),
            "event_types": "MessageCreate",
            "dm_event.fields": names.of_events,
            "expansions": names.of_events_along,
            "media.fields": _MEDIA_FIELDS,
        }
        return await self._listing("messages", path, asked | ({"pagination_token": token} if token else {}))

    async def me(self) -> User | None:
        """Return our own account."""
        return (await self._call("me", "GET", "/2/users/me")).decode(_Me).data

    def _posts(self, asked: Mapping[str, str | None]) -> dict[str, str]:
        names = _ASKED[self._settings.names]
        return {
            "max_results": str(self._settings.page_size),
            names.fields: names.of_posts,
            "expansions": names.of_posts_along,
            "media.fields": _MEDIA_FIELDS,
            **{name: value for name, value in asked.items() if value},
        }

    async def _listing(self, bucket: str, path: str, query: Mapping[str, str]) -> Listing:
        return (await self._call(bucket, "GET", path, query=query)).decode(Listing)

    # ------------------------------------------------------------------------------------------------------- writing

    async def publish(self, text: str, *, answering: str | None = None) -> Outcome:
        """Write a post, or an answer to one."""
        body: dict[str, Any] = {"text": text}
        if answering:
            body["reply"] = {"in_reply_to_tweet_id": answering}
        return await self._do("publish", "POST", "/2/tweets", body)

    async def delete(self, native_id: str) -> Outcome:
        """Take one of our posts away."""
        return await self._do("delete", "DELETE", f"/2/tweets/{native_id}", None)

    async def hide(self, native_id: str, *, hidden: bool) -> Outcome:
        """Hide a reply in one of our conversations, or show it again."""
        return await self._do("hide", "PUT", f"/2/tweets/{native_id}/hidden", {"hidden": hidden})

    async def message(self, text: str, *, conversation: str | None, participant: str | None) -> Outcome:
        """Write a direct message into a conversation, or to a person."""
        place = conversation or f"with/{participant}"
        return await self._do("message", "POST", f"/2/dm_conversations/{place}/messages", {"text": text})

    async def _do(self, bucket: str, method: str, path: str, body: Any) -> Outcome:
        answer = await self._call(bucket, method, path, body=body, write=True)
        return answer.decode(_Done).data or Outcome()

    async def _call(
        self,
        bucket: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        write: bool = False,
    ) -> Answer:
        """Make a call with a living token: a dead one is replaced once, and the call repeated once."""
        self._mind_the_window(bucket)

        async def call(token: str) -> Answer:
            return await self._sent(token, method, path, query, body, write=write)

        answer = await with_living_token(self._tokens, call, is_dead)
        if is_used_up(answer):
            self._shut[bucket] = self._clock.now() + timedelta(seconds=reset_s(answer))
        if not answer.ok:
            raise Failed(verdict_of(answer, write=write))
        return answer

    async def _sent(
        self, token: str, method: str, path: str, query: Mapping[str, str] | None, body: Any, *, write: bool
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        self.last = await self._http.call(method, path, query=query, headers=headers, body=body, write=write)
        return self.last

    def _mind_the_window(self, bucket: str) -> None:
        """Refuse a call that the service would refuse: its window is used up."""
        until = self._shut.get(bucket)
        if until is None:
            return
        left_s = (until - self._clock.now()).total_seconds()
        if left_s > 0:
            wait_s = max(1.0, left_s)
            raise Failed(Verdict(says=Says.WAIT, code="429", reason="window used up", wait_s=wait_s, narrow=True))
        del self._shut[bucket]
