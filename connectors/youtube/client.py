"""Calls to the YouTube Data API, and the shapes of its answers; every call is counted in units.

Source: API facts, section 3, and the machine-readable contract (discovery revision 20261104).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from connectors.budget import DayLedger
from connectors.http import Answer, Http, Limits, Line, TransportError, decode
from connectors.tokens import TokenSource, with_living_token
from connectors.verdict import Failed
from majlis.errors import MajlisError

from .answers import QUOTA, is_dead, reason_of, verdict_of
from .settings import YouTubeSettings

READ_UNITS, WRITE_UNITS = 1, 50
"""What calls cost; failed ones too. Source: API facts, section 3."""

MOST_IDS = 50
"""Ids in one call."""


class Value(msgspec.Struct):
    """A value inside its own object."""

    value: str | None = None


class CommentSnippet(msgspec.Struct):
    """The inside of a comment."""

    textDisplay: str | None = None  # noqa: N815  # the service's name
    textOriginal: str | None = None  # noqa: N815  # the service's name
    parentId: str | None = None  # noqa: N815  # the service's name
    videoId: str | None = None  # noqa: N815  # the service's name
    authorDisplayName: str | None = None  # noqa: N815  # the service's name
    authorChannelId: Value | None = None  # noqa: N815  # the service's name
    moderationStatus: str | None = None  # noqa: N815  # the service's name
    publishedAt: str | None = None  # noqa: N815  # the service's name
    updatedAt: str | None = None  # noqa: N815  # the service's name

    @property
    def text(self) -> str:
        """The plain text: what is displayed may hold HTML where the original is given too."""
        return self.textOriginal if self.textOriginal is not None else self.textDisplay or ""


class Comment(msgspec.Struct):
    """A comment, or a reply; a reply's id is its parent's, a dot and its own."""

    id: str | None = None
    snippet: CommentSnippet | None = None


class _Replies(msgspec.Struct):
    comments: list[msgspec.Raw] | None = None


class ThreadSnippet(msgspec.Struct):
    """The inside of a thread."""

    videoId: str | None = None  # noqa: N815  # the service's name
    topLevelComment: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815  # the service's name
    totalReplyCount: int | None = None  # noqa: N815  # the service's name


class Thread(msgspec.Struct):
    """A top-level comment with some of its replies."""

    id: str | None = None
    snippet: ThreadSnippet | None = None
    replies: _Replies | None = None

    @property
    def first(self) -> msgspec.Raw | None:
        """The top-level comment, to be decoded on its own."""
        raw = self.snippet.topLevelComment if self.snippet else msgspec.Raw(b"null")
        return None if bytes(raw) == b"null" else raw

    @property
    def shown_replies(self) -> list[msgspec.Raw]:
        """Some of the replies."""
        return (self.replies.comments if self.replies else None) or []


class Resource(msgspec.Struct):
    """What a playlist's item is."""

    videoId: str | None = None  # noqa: N815  # the service's name


class UploadSnippet(msgspec.Struct):
    """The inside of an upload."""

    title: str | None = None
    description: str | None = None
    publishedAt: str | None = None  # noqa: N815  # the service's name
    channelTitle: str | None = None  # noqa: N815  # the service's name
    resourceId: Resource | None = None  # noqa: N815  # the service's name


class Upload(msgspec.Struct):
    """One of the channel's videos, as an item of its list of uploads."""

    id: str | None = None
    snippet: UploadSnippet | None = None


class Listing(msgspec.Struct):
    """A page of rows; each row is decoded on its own."""

    items: list[msgspec.Raw] | None = None
    nextPageToken: str | None = None  # noqa: N815  # the service's name

    @property
    def rows(self) -> list[msgspec.Raw]:
        """The rows; none where the service sent none."""
        return self.items or []

    @property
    def following(self) -> str | None:
        """The mark of the next page; None: this is the last one."""
        return self.nextPageToken or None


class _Related(msgspec.Struct):
    uploads: str | None = None


class _Details(msgspec.Struct):
    relatedPlaylists: _Related | None = None  # noqa: N815  # the service's name


class _ChannelSnippet(msgspec.Struct):
    title: str | None = None


class _Token(msgspec.Struct):
    """What Google says of a token."""

    scope: str | None = None


class Channel(msgspec.Struct):
    """Our channel."""

    id: str | None = None
    snippet: _ChannelSnippet | None = None
    contentDetails: _Details | None = None  # noqa: N815  # the service's name

    @property
    def uploads(self) -> str | None:
        """The list of its videos."""
        related = self.contentDetails.relatedPlaylists if self.contentDetails else None
        return related.uploads if related else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    method: str
    resource: str
    query: Mapping[str, str]
    body: Any
    write: bool
    answering: bool


class YouTubeClient:
    """The calls this program makes, for one channel."""

    def __init__(
        self,
        settings: YouTubeSettings,
        tokens: TokenSource,
        ledger: DayLedger,
        limits: Limits | None = None,
        *,
        line: Line | None = None,
    ) -> None:
        self._http = Http(settings.api_url, limits=limits, line=line)
        self._limits = limits
        self._line = line
        self._settings = settings
        self._tokens = tokens
        self._ledger = ledger
        self.last: Answer | None = None
        """The last answer, for its clock."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # ------------------------------------------------------------------------------------------------------- reading

    async def threads(
        self, token: str | None, *, status: str | None = None, order: Literal["time", "relevance"] = "time"
    ) -> Listing:
        """Return threads of all videos, the latest begun first; perhaps only those held, or likely spam."""
        asked = {"part": "snippet,replies", "allThreadsRelatedToChannelId": self._settings.channel, "order": order}
        asked |= {"textFormat": "plainText"}
        asked |= {"moderationStatus": status} if status else {}
        return await self._listing("commentThreads", asked, token)

    async def threads_of(self, video: str, token: str | None) -> Listing:
        """Return threads of one video, the latest begun first, to find one of ours among them."""
        asked = {"part": "snippet", "videoId": video, "order": "time", "textFormat": "plainText"}
        return await self._listing("commentThreads", asked, token, answering=True)

    async def replies(self, parent: str, token: str | None, *, answering: bool = False) -> Listing:
        """Return all replies of a thread."""
        asked = {"part": "snippet", "parentId": parent, "textFormat": "plainText"}
        return await self._listing("comments", asked, token, answering=answering)

    async def comments(self, ids: Sequence[str], *, answering: bool = False) -> Listing:
        """Return comments by their ids; what is missing is deleted or hidden."""
        asked = {"part": "snippet", "id": ",".join(ids), "textFormat": "plainText"}
        return (await self._call("GET", "comments", query=asked, answering=answering)).decode(Listing)

    async def videos(self, ids: Sequence[str], *, answering: bool = False) -> Listing:
        """Return videos by their ids."""
        asked = {"part": "id", "id": ",".join(ids)}
        return (await self._call("GET", "videos", query=asked, answering=answering)).decode(Listing)

    async def channel(self) -> Channel | None:
        """Return our own channel."""
        asked = {"part": "snippet,contentDetails", "mine": "true"}
        listing = (await self._call("GET", "channels", query=asked)).decode(Listing)
        return decode(bytes(listing.rows[0]), Channel) if listing.rows else None

    async def rights(self) -> frozenset[str] | None:
        """Return the rights of our token; None where Google cannot be asked for them. It costs no unit."""
        parts = urlsplit(self._settings.token_url)
        http = Http(f"{parts.scheme}://{parts.netloc}", setting="token_url", limits=self._limits, line=self._line)
        try:
            # In a form, so that the token is part of no address.
            answer = await http.call("POST", "/tokeninfo", form={"access_token": await self._tokens.access()})
            scope = answer.decode(_Token).scope if answer.ok else None
        except (TransportError, MajlisError):
            return None  # whatever is wrong with the account was said before
        finally:
            await http.aclose()
        return frozenset(scope.split()) if scope else None

    async def uploads(self, playlist: str, token: str | None) -> Listing:
        """Return our own videos, newest first."""
        return await self._listing("playlistItems", {"part": "snippet", "playlistId": playlist}, token, most=50)

    async def _listing(
        self, resource: str, asked: Mapping[str, str], token: str | None, *, most: int = 100, answering: bool = False
    ) -> Listing:
        query = {**asked, "maxResults": str(min(most, self._settings.page_size))}
        if token:
            query["pageToken"] = token
        return (await self._call("GET", resource, query=query, answering=answering)).decode(Listing)

    # ------------------------------------------------------------------------------------------------------- writing

    async def reply(self, parent: str, text: str) -> Comment:
        """Write a reply into a thread."""
        body = {"snippet": {"parentId": parent, "textOriginal": text}}
        return (await self._write("POST", "comments", {"part": "snippet"}, body)).decode(Comment)

    async def comment(self, video: str, text: str) -> Thread:
        """Begin a thread below a video."""
        body = {"snippet": {"videoId": video, "topLevelComment": {"snippet": {"textOriginal": text}}}}
        body["snippet"]["channelId"] = self._settings.channel
        return (await self._write("POST", "commentThreads", {"part": "snippet"}, body)).decode(Thread)

    async def change(self, native_id: str, text: str) -> Comment:
        """Change one of our comments."""
        body = {"id": native_id, "snippet": {"textOriginal": text}}
        return (await self._write("PUT", "comments", {"part": "snippet"}, body)).decode(Comment)

    async def moderate(self, ids: Sequence[str], status: str, *, ban: bool = False) -> None:
        """Publish comments, hold them, or reject them for good, and with `ban` their writers too."""
        asked = {"id": ",".join(ids), "moderationStatus": status}
        asked |= {"banAuthor": "true"} if ban else {}
        await self._write("POST", "comments/setModerationStatus", asked)

    async def delete(self, native_id: str) -> None:
        """Take one of our comments away."""
        await self._write("DELETE", "comments", {"id": native_id})

    async def _write(self, method: str, resource: str, query: Mapping[str, str], body: Any = None) -> Answer:
        return await self._call(method, resource, query=query, body=body, write=True)

    async def _call(
        self,
        method: str,
        resource: str,
        *,
        query: Mapping[str, str],
        body: Any = None,
        write: bool = False,
        answering: bool = False,
    ) -> Answer:
        """Make a call with a living token: a dead one is replaced once, and the call repeated once.

        Args:
            method: An HTTP verb.
            resource: Below the version.
            query: Parameters.
            body: Sent as JSON.
            write: Whether it changes something.
            answering: Whether it may use the units kept for answers, as writes may: to learn what became of one.
        """
        call = _Call(method=method, resource=resource, query=query, body=body, write=write, answering=answering)
        answer = await with_living_token(self._tokens, lambda token: self._sent(token, call), is_dead)
        if answer.ok:
            return answer
        verdict = verdict_of(answer)
        if reason_of(verdict) in QUOTA:
            verdict = replace(verdict, wait_s=self._ledger.close(self._settings.account))
        raise Failed(verdict)

    async def _sent(self, token: str, call: _Call) -> Answer:
        """Send a call, counted before it goes: failed ones cost the same."""
        units, answering = (WRITE_UNITS, True) if call.write else (READ_UNITS, call.answering)
        self._ledger.charge(self._settings.account, units, answering=answering)
        headers = {"Authorization": f"Bearer {token}"}
        self.last = await self._http.call(
            call.method,
            f"/youtube/v3/{call.resource}",
            query=call.query,
            headers=headers,
            body=call.body,
            write=call.write,
        )
        return self.last
