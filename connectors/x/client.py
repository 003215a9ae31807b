"""Calls to X's API, each counted in the purse.

Two generations of field names are about; the first is sent unless the settings say otherwise, and both are read.
Source: API facts, section 2, and the machine-readable contracts of specification 2.159 and 2.167.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.http import Answer, Http, Limits, Line, Upload
from connectors.rows import decoded
from connectors.tokens import TokenSource, with_living_token
from connectors.verdict import Failed, Says, Verdict
from majlis.ports import Clock

from .answers import is_dead, shut_s, verdict_of
from .oauth1 import Signed, Signer
from .purse import Purse
from .settings import XSettings
from .wire import Done, Event, Listing, Me, Outcome, Post, User


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


LONGEST_QUERY = 512
"""Characters of a search. Source: API facts, section 2."""

SKEW = timedelta(minutes=4)
"""Clocks that differ by more make signed calls look old; X refuses those of five minutes ago."""

_ALL = "*"
"""In place of a call's name: all of them."""


class XClient:
    """The calls this program makes, for one account."""

    def __init__(
        self,
        settings: XSettings,
        clock: Clock,
        tokens: TokenSource,
        purse: Purse,
        limits: Limits | None = None,
        *,
        line: Line | None = None,
    ) -> None:
        self._http = Http(settings.api_url, limits=limits, line=line)
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._purse = purse
        self._signer = Signer()
        self._skew = timedelta()
        """The service's clock less ours, as far as signing has to know."""
        self._shut: dict[str, Failed] = {}
        """Calls that would be refused: why, and with which wait."""
        self._shut_until: dict[str, datetime] = {}
        self.last: Answer | None = None
        """The last answer, for its clock."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # ------------------------------------------------------------------------------------------------------- reading

    async def mentions(
        self,
        *,
        since_id: str | None = None,
        start_time: str | None = None,
        until_id: str | None = None,
        token: str | None = None,
    ) -> Listing:
        """Return posts that mention us, newest first."""
        path = f"/2/users/{self._settings.user}/mentions"
        asked = {"since_id": since_id, "start_time": start_time, "until_id": until_id, "pagination_token": token}
        return await self._posts("mentions", path, asked, price="mention")

    async def own(
        self,
        *,
        since_id: str | None = None,
        start_time: str | None = None,
        until_id: str | None = None,
        token: str | None = None,
    ) -> Listing:
        """Return our own posts, newest first."""
        path = f"/2/users/{self._settings.user}/tweets"
        asked = {"since_id": since_id, "start_time": start_time, "until_id": until_id, "pagination_token": token}
        return await self._posts("own", path, asked)

    async def search(
        self,
        query: str,
        *,
        since_id: str | None = None,
        start_time: str | None = None,
        until_id: str | None = None,
        token: str | None = None,
    ) -> Listing:
        """Return posts of the last seven days, newest first.

        Raises:
            Failed: The query is longer than the service takes.
        """
        if len(query) > LONGEST_QUERY:
            raise Failed(
                Verdict(says=Says.NO, code="query", reason=f"a search of more than {LONGEST_QUERY} characters")
            )
        asked = {"query": query, "sort_order": "recency", "next_token": token}
        asked |= {"since_id": since_id, "start_time": start_time, "until_id": until_id}
        return await self._posts("search", "/2/tweets/search/recent", asked)

    async def posts(self, ids: Sequence[str]) -> Listing:
        """Return posts by their ids; those that are not there are among its problems."""
        listing = await self._listing("posts", "/2/tweets", {"ids": ",".join(ids)})
        self._purse.has_read("post", (post.id for post in decoded(listing.rows, Post)))
        return listing

    async def users(self, ids: Sequence[str]) -> list[User]:
        """Return people by their ids."""
        people = decoded((await self._listing("users", "/2/users", {"ids": ",".join(ids)})).rows, User)
        self._purse.has_read("user", (person.id for person in people))
        return people

    async def messages(self, token: str | None, *, participant: str | None = None) -> Listing:
        """Return direct messages, newest first: all of them, or those with one person."""
        bucket, path = "messages", "/2/dm_events"
        if participant:
            bucket, path = "messages with", f"/2/dm_conversations/with/{participant}/dm_events"
        names = _ASKED[self._settings.names]
        asked = {
            "max_results": str(self._settings.page_size),
            "event_types": "MessageCreate",
            "dm_event.fields": names.of_events,
            "expansions": names.of_events_along,
            "media.fields": _MEDIA_FIELDS,
        }
        listing = _there(await self._listing(bucket, path, asked | ({"pagination_token": token} if token else {})))
        self._purse.has_read("event", (event.id for event in decoded(listing.rows, Event)))
        self._purse.has_read("user", (person.id for person in listing.users))
        return listing

    async def me(self) -> User | None:
        """Return our own account."""
        person = (await self._call("me", "GET", "/2/users/me")).decode(Me).data
        self._purse.has_read("user", [person.id if person else None])
        return person

    async def _posts(self, bucket: str, path: str, asked: Mapping[str, str | None], *, price: str = "post") -> Listing:
        names = _ASKED[self._settings.names]
        query = {
            "max_results": str(self._settings.page_size),
            names.fields: names.of_posts,
            "expansions": names.of_posts_along,
            "media.fields": _MEDIA_FIELDS,
            **{name: value for name, value in asked.items() if value},
        }
        listing = _there(await self._listing(bucket, path, query))
        self._purse.has_read(price, (post.id for post in decoded(listing.rows, Post)))
        self._purse.has_read("post", (post.id for post in listing.posts))
        self._purse.has_read("user", (person.id for person in listing.users))
        return listing

    async def _listing(self, bucket: str, path: str, query: Mapping[str, str]) -> Listing:
        return (await self._call(bucket, "GET", path, query=query)).decode(Listing)

    # ------------------------------------------------------------------------------------------------------- writing

    async def publish(self, text: str, *, answering: str | None = None, media: Sequence[str] = ()) -> Outcome:
        """Write a post, or an answer to one; `media` are ids of pictures that were sent before."""
        body: dict[str, Any] = {"text": text}
        if answering:
            body["reply"] = {"in_reply_to_tweet_id": answering}
        if media:
            body["media"] = {"media_ids": list(media)}
        outcome = await self._do("publish", "POST", "/2/tweets", body)
        self._purse.has_posted(text)
        return outcome

    async def delete(self, native_id: str) -> Outcome:
        """Take one of our posts away, with all its editions."""
        return await self._do("delete", "DELETE", f"/2/tweets/{native_id}", None)

    async def hide(self, native_id: str, *, hidden: bool) -> Outcome:
        """Hide a reply in one of our conversations, or show it again."""
        return await self._do("hide", "PUT", f"/2/tweets/{native_id}/hidden", {"hidden": hidden})

    async def message(self, text: str, *, conversation: str | None, participant: str | None) -> Outcome:
        """Write a direct message into a conversation, or to a person."""
        place = conversation or f"with/{participant}"
        outcome = await self._do("message", "POST", f"/2/dm_conversations/{place}/messages", {"text": text})
        self._purse.has_messaged()
        return outcome

    # ------------------------------------------------------------------------------------------------------ pictures

    async def upload(self, data: bytes, media_type: str) -> Outcome:
        """Send a picture in one call."""
        form, upload = {"media_category": "tweet_image"}, Upload(name="media", media_type=media_type, data=data)
        answer = await self._call("upload", "POST", "/2/media/upload", form=form, upload=upload, write=True)
        return answer.decode(Done).data or Outcome()

    async def initialize(self, size_bytes: int, media_type: str) -> Outcome:
        """Begin to send a moving picture in pieces."""
        body = {"media_category": "tweet_gif", "media_type": media_type, "total_bytes": size_bytes}
        return await self._do("initialize", "POST", "/2/media/upload/initialize", body)

    async def append(self, media: str, number: int, piece: bytes) -> None:
        """Send a piece; pieces are counted from 0."""
        body = {"media": base64.b64encode(piece).decode(), "segment_index": number}
        await self._do("append", "POST", f"/2/media/upload/{media}/append", body)

    async def finalize(self, media: str) -> Outcome:
        """Say that all pieces were sent."""
        return await self._do("finalize", "POST", f"/2/media/upload/{media}/finalize", None)

    async def upload_state(self, media: str) -> Outcome:
        """Return how far the service is with what was sent."""
        query = {"media_id": media, "command": "STATUS"}
        return (await self._call("state", "GET", "/2/media/upload", query=query)).decode(Done).data or Outcome()

    async def describe(self, media: str, alt: str) -> None:
        """Say what a picture shows, for those who cannot see it."""
        body = {"id": media, "metadata": {"alt_text": {"text": alt}}}
        await self._call("describe", "POST", "/2/media/metadata", body=body, write=True)

    # ------------------------------------------------------------------------------------------------------- calling

    async def _do(self, bucket: str, method: str, path: str, body: Any) -> Outcome:
        answer = await self._call(bucket, method, path, body=body, write=True)
        return answer.decode(Done).data or Outcome()

    async def _call(self, bucket: str, method: str, path: str, *, write: bool = False, **sent: Any) -> Answer:
        """Make a call with a living token: a dead one is replaced once, and the call repeated once."""
        self._refuse_early(_ALL)
        self._refuse_early(bucket)

        async def call(token: str) -> Answer:
            return await self._made(token, method, path, write=write, **sent)

        answer = await with_living_token(self._tokens, call, is_dead)
        if (wait_s := shut_s(answer)) is not None:
            verdict = Verdict(says=Says.WAIT, code="429", reason="window used up", wait_s=wait_s, narrow=True)
            self._shut_for(bucket, Failed(verdict))
        if not answer.ok:
            failed = Failed(verdict_of(answer, write=write))
            if failed.verdict.says is Says.WAIT:
                self._shut_for(bucket if failed.verdict.narrow else _ALL, failed)
            raise failed
        return answer

    async def _made(self, token: str, method: str, path: str, *, write: bool, **sent: Any) -> Answer:
        consumer = await self._tokens.consumer()
        for last in (False, True):
            headers = {"Authorization": f"Bearer {token}"}
            if consumer is not None:
                url, at = self._http.base_url + path, self._clock.now() + self._skew
                signed = Signed(method=method, url=url, query=sent.get("query") or {}, at=at)
                headers = {"Authorization": self._signer.header(consumer, token, signed)}
            self.last = await self._http.call(method, path, headers=headers, write=write, **sent)
            if last or consumer is None or not is_dead(self.last) or not self._clock_was_wrong(self.last):
                return self.last
        raise AssertionError  # the second round returns

    def _clock_was_wrong(self, answer: Answer) -> bool:
        """Take over the service's clock; whether that may have been the reason for its refusal."""
        if answer.served_at is None:
            return False
        skew = answer.served_at - self._clock.now()
        wrong = abs(skew - self._skew) > SKEW
        self._skew = skew if wrong else self._skew
        return wrong

    def _shut_for(self, bucket: str, why: Failed) -> None:
        self._shut[bucket] = why
        self._shut_until[bucket] = self._clock.now() + timedelta(seconds=why.verdict.wait_s or 1.0)

    def _refuse_early(self, bucket: str) -> None:
        """Refuse a call that the service would refuse: its window is used up, or there is no credit."""
        why = self._shut.get(bucket)
        if why is None:
            return
        left_s = (self._shut_until[bucket] - self._clock.now()).total_seconds()
        if left_s > 0:
            raise Failed(replace(why.verdict, wait_s=max(1.0, left_s)))
        del self._shut[bucket], self._shut_until[bucket]


def _there(listing: Listing) -> Listing:
    """Return a listing that is one: nothing but problems is a refusal, whatever its status.

    Raises:
        Failed: What was asked for is not there, or not for us.
    """
    problems = listing.problems
    if listing.data is None and problems:
        says = Says.GONE if problems[0].kind == "resource-not-found" else Says.NO_RIGHT
        words = problems[0].detail or problems[0].title or ""
        raise Failed(Verdict(says=says, code=f"200 {problems[0].kind}", reason=words))
    return listing
