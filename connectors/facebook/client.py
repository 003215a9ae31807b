"""Calls to the Graph API, and the shapes of its answers.

Every field may be absent or null, and unknown ones are passed over. Continuations are rebuilt from cursors: the
addresses in `paging` carry the access token and are never followed, kept or logged.
Source: API facts, section 1, and the machine-readable contract of version 25.0.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors.http import Answer, Http, Limits
from connectors.tokens import TokenSource
from connectors.verdict import Failed

from .answers import TOO_MUCH, Usage, error_of, usage_of, verdict_of
from .settings import FacebookSettings

_T = TypeVar("_T")

Cursor = dict[str, str]
"""Parameters that lead to the next page; empty: the first one."""

_CURSOR_NAMES = ("after", "until", "__paging_token", "offset")
_SMALLEST_PAGE = 10

COMMENT_FIELDS = (
    "id,message,from,created_time,parent{id},is_hidden,permalink_url,comment_count,"
    "attachment{type,url,media{image{src},source}}"
)
POST_FIELDS = (
    "id,message,story,from,created_time,updated_time,permalink_url,is_hidden,"
    "attachments{media_type,url,media{image{src},source}}"
)
MESSAGE_FIELDS = "id,created_time,from,to,message,sticker,attachments{mime_type,file_url,image_data,video_data},shares"
MESSAGES_AT_ONCE = 20
"""Messages of a conversation that come with their details; older ones answer as if deleted."""
THREAD_FIELDS = f"id,updated_time,participants,can_reply,messages.limit({MESSAGES_AT_ONCE}){{{MESSAGE_FIELDS}}}"


class Named(msgspec.Struct):
    """A person or page."""

    id: str | None = None
    name: str | None = None


class Reference(msgspec.Struct):
    """A thing, by its id."""

    id: str | None = None


class Image(msgspec.Struct):
    """Where a picture lies."""

    src: str | None = None
    url: str | None = None


class Media(msgspec.Struct):
    """What an attachment shows."""

    image: Image | None = None
    source: str | None = None


class Attachment(msgspec.Struct):
    """Something that hangs on a post, a comment or a message."""

    url: str | None = None
    file_url: str | None = None
    media: Media | None = None
    image_data: Image | None = None
    video_data: Image | None = None

    def address(self) -> str | None:
        """Return where it can be seen."""
        shown = self.media.source or (self.media.image.src if self.media.image else None) if self.media else None
        data = self.image_data or self.video_data
        return shown or self.file_url or (data.url if data else None) or self.url


class Attachments(msgspec.Struct):
    """A list of them, inside its own envelope."""

    data: list[Attachment] | None = None


class Comment(msgspec.Struct):
    """A comment or a reply; `filter=stream` mixes them, and only `parent` tells."""

    id: str | None = None
    message: str | None = None
    from_: Named | None = msgspec.field(default=None, name="from")
    created_time: str | None = None
    parent: Reference | None = None
    is_hidden: bool | None = None
    permalink_url: str | None = None
    attachment: Attachment | None = None


class Post(msgspec.Struct):
    """A post on the page, ours or a visitor's."""

    id: str | None = None
    message: str | None = None
    story: str | None = None
    from_: Named | None = msgspec.field(default=None, name="from")
    created_time: str | None = None
    updated_time: str | None = None
    permalink_url: str | None = None
    is_hidden: bool | None = None
    attachments: Attachments | None = None


class People(msgspec.Struct):
    """Who takes part, inside its own envelope."""

    data: list[Named] | None = None


class PrivateMessage(msgspec.Struct):
    """One message of a conversation."""

    id: str | None = None
    message: str | None = None
    from_: Named | None = msgspec.field(default=None, name="from")
    to: People | None = None
    created_time: str | None = None
    sticker: str | None = None
    attachments: Attachments | None = None


class _Cursors(msgspec.Struct):
    after: str | None = None


class _Paging(msgspec.Struct):
    cursors: _Cursors | None = None
    next: str | None = None


class _Summary(msgspec.Struct):
    order: str | None = None


class Listing(msgspec.Struct):
    """A page of rows; each row is decoded on its own."""

    data: list[msgspec.Raw] | None = None
    paging: _Paging | None = None
    summary: _Summary | None = None

    @property
    def rows(self) -> list[msgspec.Raw]:
        """The rows; none where the service sent none."""
        return self.data or []

    def following(self) -> Cursor | None:
        """Return the parameters of the next page, without the token that its address carries; None: the last page."""
        if self.paging is None or not self.paging.next:
            return None
        if self.paging.cursors and self.paging.cursors.after:
            return {"after": self.paging.cursors.after}
        asked = parse_qs(urlsplit(self.paging.next).query)
        return {name: asked[name][0] for name in _CURSOR_NAMES if name in asked} or None

    @property
    def newest_first(self) -> bool:
        """Whether the service says that it kept to the order asked for."""
        return self.summary is not None and self.summary.order == "reverse_chronological"


class Conversation(msgspec.Struct):
    """A conversation with its last messages."""

    id: str | None = None
    updated_time: str | None = None
    participants: People | None = None
    messages: Listing | None = None


class Made(msgspec.Struct):
    """What a write made."""

    id: str | None = None
    message_id: str | None = None
    post_id: str | None = None
    success: bool | None = None


class GraphClient:
    """The calls this program makes, for one page."""

    def __init__(self, settings: FacebookSettings, tokens: TokenSource, limits: Limits | None = None) -> None:
        self._http = Http(settings.api_url, limits=limits)
        self._version = settings.version
        self._page = settings.page
        self._limit = settings.page_size
        self._tokens = tokens
        self.usage = Usage()
        """Of the last answer that carried figures."""
        self.last: Answer | None = None
        """The last answer, for its clock."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # ------------------------------------------------------------------------------------------------------- reading

    async def feed(self, edge: str, *, since: int | None, cursor: Cursor) -> Listing:
        """Return posts of the page: `feed`, `visitor_posts`, `tagged` or `published_posts`."""
        return await self._listing(f"/{self._page}/{edge}", {"fields": POST_FIELDS}, since, cursor)

    async def comments(self, parent: str, *, since: int | None, cursor: Cursor, everything: bool = True) -> Listing:
        """Return comments below a post or comment, newest first if the service keeps to it."""
        asked = {
            "fields": COMMENT_FIELDS,
            "filter": "stream" if everything else "toplevel",
            "order": "reverse_chronological",
            "summary": "true",
        }
        return await self._listing(f"/{parent}/comments", asked, since, cursor)

    async def conversations(self, cursor: Cursor, *, user: str | None = None) -> Listing:
        """Return conversations with their last messages, last changed first."""
        asked = {"platform": "MESSENGER", "fields": THREAD_FIELDS} | ({"user_id": user} if user else {})
        return await self._listing(f"/{self._page}/conversations", asked, None, cursor)

    async def messages(self, conversation: str, cursor: Cursor) -> Listing:
        """Return messages of a conversation, newest first."""
        return await self._listing(f"/{conversation}/messages", {"fields": MESSAGE_FIELDS}, None, cursor)

    async def comment(self, native_id: str) -> Comment:
        """Return one comment."""
        return await self.get(f"/{native_id}", {"fields": COMMENT_FIELDS}, Comment)

    async def exists(self, native_id: str) -> None:
        """Ask for a thing's id alone; fails with GONE when it is not there."""
        await self.get(f"/{native_id}", {"fields": "id"}, Reference)

    async def page(self) -> Named:
        """Return the page itself."""
        return await self.get(f"/{self._page}", {"fields": "id,name"}, Named)

    async def _listing(self, path: str, asked: Mapping[str, str], since: int | None, cursor: Cursor) -> Listing:
        """Ask for a page of rows; halve the page while the service says that it is too much."""
        while True:
            query = {**asked, "limit": str(self._limit)}
            if since is not None:
                query["since"] = str(since)
            try:
                return await self.get(path, query | cursor, Listing)
            except Failed as error:
                if error.verdict.code != TOO_MUCH or self._limit <= _SMALLEST_PAGE:
                    raise
                self._limit = max(_SMALLEST_PAGE, self._limit // 2)

    async def get(self, path: str, query: Mapping[str, str], kind: type[_T]) -> _T:
        """Read a thing."""
        return (await self._call("GET", path, query=query)).decode(kind)

    # ------------------------------------------------------------------------------------------------------- writing

    async def reply(self, parent: str, text: str) -> Made:
        """Write a comment below a post or comment."""
        return await self._post(f"/{parent}/comments", {"message": text})

    async def message(self, recipient: Mapping[str, str], text: str, *, tag: str | None = None) -> Made:
        """Send a private message to a person, or to the writer of a comment."""
        form = {
            "recipient": msgspec.json.encode(recipient).decode(),
            "message": msgspec.json.encode({"text": text}).decode(),
            "messaging_type": "MESSAGE_TAG" if tag else "RESPONSE",
        }
        return await self._post(f"/{self._page}/messages", form | ({"tag": tag} if tag else {}))

    async def publish(self, text: str) -> Made:
        """Publish a post."""
        return await self._post(f"/{self._page}/feed", {"message": text})

    async def change(self, native_id: str, **fields: str) -> Made:
        """Set fields of a comment or post."""
        return await self._post(f"/{native_id}", fields)

    async def delete(self, native_id: str) -> Made:
        """Take a thing away."""
        return (await self._call("DELETE", f"/{native_id}", write=True)).decode(Made)

    async def _post(self, path: str, form: Mapping[str, str]) -> Made:
        return (await self._call("POST", path, form=form, write=True)).decode(Made)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        write: bool = False,
    ) -> Answer:
        token = await self._tokens.access()
        secret = await self._tokens.app_secret()
        signed = dict(query or {})
        if secret:
            signed["appsecret_proof"] = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        answer = await self._http.call(
            method,
            f"/{self._version}{path}",
            query=signed,
            headers={"Authorization": f"Bearer {token}"},
            form=form,
            write=write,
        )
        self.last = answer
        seen = usage_of(answer.headers)
        self.usage = seen if seen.percent or seen.regain_s else self.usage
        if not answer.ok or error_of(answer):
            raise Failed(verdict_of(answer))
        return answer
