"""Calls to the Graph API, for one page."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from connectors.http import Answer, Http, Limits, Line, TransportError, Upload
from connectors.tokens import TokenSource, with_living_token
from connectors.verdict import Failed
from majlis.errors import MajlisError

from .answers import OF_APP, OF_OBJECTS, TOO_MUCH, Usage, error_of, is_dead, usage_of, verdict_of
from .settings import FacebookSettings
from .wire import Comment, Cursor, Listing, Made, Named, Post, Reference

_T = TypeVar("_T")

PostEdge = Literal["feed", "visitor_posts", "tagged", "published_posts", "scheduled_posts"]
"""Lists of posts that a page has."""

_SMALLEST_PAGE = 10
_SEEN = "{media_type,url,media{image{src},source}}"
COMMENT_FIELDS = "id,message,from,created_time,parent{id},is_hidden,permalink_url"
POST_FIELDS = "id,message,story,from,created_time,updated_time,permalink_url,is_hidden,scheduled_publish_time"
MESSAGE_FIELDS = "id,created_time,from,to,message"
MESSAGES_AT_ONCE = 20
"""Messages of a conversation that come with their details; older ones answer as if deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What is asked of each row."""

    lean: str
    whole: str
    """With what hangs on it, which is the first to go when the service says that it is too much."""


_POST = Fields(lean=POST_FIELDS, whole=f"{POST_FIELDS},attachments{_SEEN}")
_COMMENT = Fields(lean=COMMENT_FIELDS, whole=f"{COMMENT_FIELDS},attachment{{type,url,media{{image{{src}},source}}}}")
_MESSAGE = Fields(
    lean=MESSAGE_FIELDS, whole=f"{MESSAGE_FIELDS},sticker,attachments{{mime_type,file_url,image_data,video_data}}"
)
_THREAD = Fields(
    lean=f"id,updated_time,participants,messages.limit({MESSAGES_AT_ONCE}){{{_MESSAGE.lean}}}",
    whole=f"id,updated_time,participants,messages.limit({MESSAGES_AT_ONCE}){{{_MESSAGE.whole}}}",
)


@dataclass(slots=True, kw_only=True)
class _Asking:
    """How much one kind of list is asked for at once."""

    limit: int
    lean: bool = False

    def shrink(self) -> bool:
        """Ask for half as many rows, and then for less of each; False: there is nothing left to leave out."""
        if self.limit > _SMALLEST_PAGE:
            self.limit = max(_SMALLEST_PAGE, self.limit // 2)
            return True
        shrunk = not self.lean
        self.lean = True
        return shrunk

    def grow(self, most: int) -> None:
        """Try for more again, one step at a time."""
        if self.lean:
            self.lean = False
        else:
            self.limit = min(most, self.limit * 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """A private message as it goes out."""

    recipient: Mapping[str, str]
    """A person's page-scoped id, or the comment or post whose writer is meant, in Graph's words."""
    text: str
    agent: bool = False
    """By a person, later than a day after the last question: the Human Agent feature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A post as it goes out."""

    text: str
    link: str | None = None
    photos: Sequence[str] = field(default=())
    """Ids of photos that were sent before."""
    publish_at: datetime | None = None
    """None: at once."""


class _Rights(msgspec.Struct):
    scopes: list[str] | None = None


class _Debugged(msgspec.Struct):
    data: _Rights | None = None


class GraphClient:
    """The calls this program makes, for one page."""

    def __init__(
        self, settings: FacebookSettings, tokens: TokenSource, limits: Limits | None = None, *, line: Line | None = None
    ) -> None:
        self._http = Http(settings.api_url, limits=limits, line=line)
        self._version = settings.version
        self._page = settings.page
        self._most = settings.page_size
        self._tokens = tokens
        self._asking: dict[str, _Asking] = {}
        self.usage = Usage()
        """Of the last answer that carried figures."""
        self.last: Answer | None = None
        """The last answer, for its clock."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # ------------------------------------------------------------------------------------------------------- reading

    async def feed(self, edge: PostEdge, *, since: int | None, cursor: Cursor) -> Listing:
        """Return posts of the page, newest first."""
        return await self._listing(f"/{self._page}/{edge}", _POST, {}, since, cursor)

    async def comments(self, parent: str, *, since: int | None, cursor: Cursor) -> Listing:
        """Return comments below a post or comment with the replies to them, newest first if the service keeps to it."""
        asked = {"filter": "stream", "order": "reverse_chronological", "summary": "true"}
        return await self._listing(f"/{parent}/comments", _COMMENT, asked, since, cursor)

    async def conversations(self, cursor: Cursor, *, user: str | None = None) -> Listing:
        """Return conversations with their last messages, last changed first."""
        asked = {"platform": "MESSENGER"} | ({"user_id": user} if user else {})
        return await self._listing(f"/{self._page}/conversations", _THREAD, asked, None, cursor)

    async def messages(self, conversation: str, cursor: Cursor) -> Listing:
        """Return messages of a conversation, newest first."""
        return await self._listing(f"/{conversation}/messages", _MESSAGE, {}, None, cursor)

    async def comment(self, native_id: str) -> Comment:
        """Return one comment."""
        return await self._get(f"/{native_id}", {"fields": COMMENT_FIELDS}, Comment)

    async def post(self, native_id: str) -> Post:
        """Return one post."""
        return await self._get(f"/{native_id}", {"fields": POST_FIELDS}, Post)

    async def exists(self, native_id: str) -> None:
        """Ask for a thing's id alone; fails with GONE when it is not there."""
        await self._get(f"/{native_id}", {"fields": "id"}, Reference)

    async def page(self) -> Named:
        """Return the page itself."""
        return await self._get(f"/{self._page}", {"fields": "id,name"}, Named)

    async def rights(self) -> frozenset[str] | None:
        """Return the rights of our token; None where the service does not say."""
        try:
            told = await self._get("/debug_token", {"input_token": await self._tokens.access()}, _Debugged)
        except (Failed, TransportError, MajlisError):
            return None  # it is not for every kind of app, and whatever is wrong was said before
        return frozenset(told.data.scopes) if told.data and told.data.scopes else None

    async def _listing(
        self, path: str, fields: Fields, asked: Mapping[str, str], since: int | None, cursor: Cursor
    ) -> Listing:
        """Ask for a page of rows, and for less while the service says that it is too much."""
        asking = self._asking.setdefault(path.rsplit("/", maxsplit=1)[-1], _Asking(limit=self._most))
        while True:
            query = {**asked, "fields": fields.lean if asking.lean else fields.whole, "limit": str(asking.limit)}
            if since is not None:
                query["since"] = str(since)
            try:
                listing = await self._get(path, query | cursor, Listing)
            except Failed as error:
                if error.verdict.code != TOO_MUCH or not asking.shrink():
                    raise
                continue
            if listing.following() is None:  # the next walk tries for more again: what was too much may have gone
                asking.grow(self._most)
            return listing

    async def _get(self, path: str, query: Mapping[str, str], kind: type[_T]) -> _T:
        """Read a thing."""
        return (await self._call("GET", path, query=query)).decode(kind)

    # ------------------------------------------------------------------------------------------------------- writing

    async def reply(self, parent: str, text: str) -> Made:
        """Write a comment below a post or comment."""
        return await self._post(f"/{parent}/comments", {"message": text})

    async def message(self, private: Private) -> Made:
        """Send a private message."""
        form = {"recipient": _json(private.recipient), "message": _json({"text": private.text})}
        if private.agent:
            form |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        elif "id" in private.recipient:  # an answer to a comment begins a conversation; its kind is in the recipient
            form["messaging_type"] = "RESPONSE"
        return await self._post(f"/{self._page}/messages", form)

    async def photo(self, data: bytes, media_type: str, *, alt: str, temporary: bool) -> Made:
        """Send a photo that nobody sees yet; a temporary one is gone by itself when no post takes it up."""
        form = {"published": "false", "temporary": _truth(temporary)} | ({"alt_text_custom": alt} if alt else {})
        return await self._post(
            f"/{self._page}/photos", form, upload=Upload(name="source", media_type=media_type, data=data)
        )

    async def publish(self, publication: Publication) -> Made:
        """Publish a post, or leave it with the service to publish at a time."""
        form: dict[str, str] = {}
        if publication.text:
            form["message"] = publication.text
        if publication.link:
            form["link"] = publication.link
        if publication.photos:
            form["attached_media"] = _json([{"media_fbid": photo} for photo in publication.photos])
        if publication.publish_at:
            form["published"] = "false"
            form["scheduled_publish_time"] = str(int(publication.publish_at.timestamp()))
            form["unpublished_content_type"] = "SCHEDULED"
        return await self._post(f"/{self._page}/feed", form)

    async def hide(self, native_id: str, *, hidden: bool) -> Made:
        """Hide a comment or a visitor's post, or show it again."""
        return await self._post(f"/{native_id}", {"is_hidden": _truth(hidden)})

    async def change(self, native_id: str, text: str) -> Made:
        """Replace the text of a comment or post of ours."""
        return await self._post(f"/{native_id}", {"message": text})

    async def delete(self, native_id: str) -> Made:
        """Take a thing away."""
        return (await self._call("DELETE", f"/{native_id}", write=True)).decode(Made)

    async def _post(self, path: str, form: Mapping[str, str], *, upload: Upload | None = None) -> Made:
        return (await self._call("POST", path, form=form, upload=upload, write=True)).decode(Made)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        upload: Upload | None = None,
        write: bool = False,
    ) -> Answer:
        """Make a call with a living token: of a dead one another may have been put in its place."""

        async def call(token: str) -> Answer:
            return await self._sent(token, method, path, query=query, form=form, upload=upload, write=write)

        answer = await with_living_token(self._tokens, call, is_dead)
        if not answer.ok or error_of(answer):
            raise Failed(verdict_of(answer))
        return answer

    async def _sent(
        self,
        token: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        upload: Upload | None,
        write: bool,
    ) -> Answer:
        secret = await self._tokens.app_secret()
        signed = dict(query or {})
        if secret:
            signed["appsecret_proof"] = proof_of(secret, token)
        answer = await self._http.call(
            method,
            f"/{self._version}{path}",
            query=signed,
            headers={"Authorization": f"Bearer {token}"},
            form=form,
            upload=upload,
            write=write,
        )
        self.last = answer
        if OF_APP in answer.headers or OF_OBJECTS in answer.headers:
            self.usage = usage_of(answer.headers)
        return answer


def proof_of(secret: str, token: str) -> str:
    """Return what shows that whoever holds a token also knows the app's secret."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _truth(value: bool) -> str:
    return "true" if value else "false"
