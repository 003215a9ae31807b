"""Walking a channel's listings: threads with their replies, what is held, older threads, the channel's own videos.

Threads are listed by when they began, so that a new reply to an old one brings nothing up: every page read is compared
by its count of replies, and an hourly sweep goes further back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from connectors.rows import Source, decoded, parse_time, sift
from connectors.verdict import Failed, Says
from connectors.walks import OVERLAP, Sifted, is_before, latest, paged, resumed, seconds
from majlis.message import Network
from majlis.ports import Clock, Mark, Page, Stream

from .answers import COMMENTS_OFF, PROCESSING, reason_of
from .client import Comment, Listing, Thread, Upload, YouTubeClient
from .normalise import Comments
from .settings import YouTubeSettings

_STATUS = {"held": "heldForReview", "spam": "likelySpam"}

TRIES = 3
"""Times that listing by time may fail before it is done by relevance. Source: API facts, section 3, errors."""

CLOSED_FOR = timedelta(hours=1)
"""How long a video that takes no comments is left alone; a guess."""


class _Moved(msgspec.Struct, array_like=True):
    """A thread with more replies than came along."""

    thread: str
    video: str | None
    count: int
    """Replies it has in all, as far as known."""
    token: str | None = None


class _Threads(msgspec.Struct, kw_only=True):
    """A walk over threads, then over the replies of those that moved."""

    since: int
    """Epoch seconds: threads begun before it are known."""
    listing: bool = True
    token: str | None = None
    pages: int = 0
    order: Literal["time", "relevance"] = "time"
    """By relevance only while the service cannot list by time."""
    moved: list[_Moved] = []


class _Uploads(msgspec.Struct, kw_only=True):
    """A walk over the channel's videos."""

    since: int
    token: str | None = None


class Reader:
    """Fetches one page of a stream at a time."""

    def __init__(self, settings: YouTubeSettings, clock: Clock, client: YouTubeClient) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._read: dict[str, int] = {}
        """How many replies a thread had when all of them were read; forgotten by a restart, which then reads again."""
        self._closed: dict[str, datetime] = {}
        """Videos that take no comments, and until when nobody asks again."""
        self._failures = 0
        """How often in a row the service could not list threads by time."""
        self._playlist: str | None = None

    async def page(self, stream: Stream, mark: Mark) -> Page:
        """Return the next page.

        Raises:
            Failed: The service refused; STALE when the continuation is dead.
            TransportError: There was no usable answer.
            Busy: The day's units are used up.
        """
        if stream.name == "uploads":
            return await self._uploads_page(stream, mark)
        walk = resumed(mark, _Threads)
        high = mark.walk.candidate_high if walk and mark.walk else mark.high
        walk = walk or _Threads(since=self._since(None if stream.name == "sweep" else mark.high))
        if walk.listing:
            return await self._threads_page(stream, mark, walk, high)
        return await self._replies_page(stream, mark, walk, high)

    def _since(self, high: str | None) -> int:
        if at := parse_time(high):
            return seconds(at - OVERLAP)
        return seconds(self._clock.now() - timedelta(days=self._settings.backlog_days))

    def _comments(self, stream: Stream) -> Comments:
        read_at = self._clock.now().astimezone(UTC)
        source = Source(network=Network.YOUTUBE, account=stream.account, stream=stream.name, read_at=read_at)
        oldest = read_at - timedelta(days=self._settings.backlog_days)
        return Comments(source=source, channel=self._settings.channel, oldest=oldest)

    # -------------------------------------------------------------------------------------------------------- threads

    async def _threads_page(self, stream: Stream, mark: Mark, walk: _Threads, high: str | None) -> Page:
        listing = await self._listed(stream, walk)
        comments, threads = self._comments(stream), decoded(listing.rows, Thread)
        begun = [_begun(thread) for thread in threads]
        if walk.token is None and walk.order == "time":
            high = latest([high, *begun])
        rows = self._sifted(comments, listing, threads)
        known = {each.thread for each in walk.moved}
        walk.moved += [each for each in map(self._moved, threads) if each and each.thread not in known]
        walk.pages += 1
        walk.token = listing.following if self._goes_on(stream, walk, begun) else None
        walk.listing = walk.token is not None
        more = walk.listing or bool(walk.moved)
        return paged(stream, mark, rows, comments.source.read_at, walk=walk if more else None, high=high)

    async def _listed(self, stream: Stream, walk: _Threads) -> Listing:
        """Return a page of threads; where listing by time has failed again and again, one by relevance.

        Such a walk leaves the mark where it is: it may have missed new threads.
        """
        status = _STATUS.get(stream.name)
        try:
            listing = await self._client.threads(walk.token, status=status, order=walk.order)
        except Failed as error:
            if reason_of(error.verdict) != PROCESSING or walk.token is not None or walk.order != "time":
                raise
            self._failures += 1
            if self._failures <= TRIES:
                raise
            walk.order = "relevance"
            return await self._client.threads(None, status=status, order=walk.order)
        if walk.order == "time":
            self._failures = 0
        return listing

    def _goes_on(self, stream: Stream, walk: _Threads, begun: list[str | None]) -> bool:
        if stream.name == "sweep" or walk.order != "time":
            return walk.pages < self._settings.sweep_pages
        if stream.name in _STATUS:  # a reply that is held may stand in an old thread
            return walk.pages < self._settings.held_pages
        return not any(is_before(at, walk.since) for at in begun)

    @staticmethod
    def _sifted(comments: Comments, listing: Listing, threads: list[Thread]) -> Sifted:
        """Return the first comments and those replies that came along."""
        messages, odd = sift(listing.rows, Thread, comments.thread, comments.source)
        for thread in threads:
            video = thread.snippet.videoId if thread.snippet else None
            more, bad = _replies(comments, thread.shown_replies, video, thread.id)
            messages, odd = messages + more, odd + bad
        return messages, odd

    def _moved(self, thread: Thread) -> _Moved | None:
        """Return a thread whose replies did not all come along, unless they were read before."""
        count = (thread.snippet.totalReplyCount if thread.snippet else None) or 0
        native_id = thread.id or _first(thread).id
        video = thread.snippet.videoId if thread.snippet else None
        if not native_id or count <= len(thread.shown_replies) or self._read.get(native_id) == count:
            return None
        return None if self._is_closed(video) else _Moved(thread=native_id, video=video, count=count)

    def _is_closed(self, video: str | None) -> bool:
        until = self._closed.get(video) if video else None
        return until is not None and until > self._clock.now()

    async def _replies_page(self, stream: Stream, mark: Mark, walk: _Threads, high: str | None) -> Page:
        """Read a page of the replies of the first thread that moved."""
        moved = walk.moved[0]
        try:
            listing = await self._client.replies(moved.thread, moved.token)
        except Failed as error:
            if error.verdict.says not in {Says.GONE, Says.NO}:  # gone, or closed: the other threads go on
                raise
            listing = Listing()
            if reason_of(error.verdict) == COMMENTS_OFF and moved.video:
                self._closed[moved.video] = self._clock.now() + CLOSED_FOR
                walk.moved = [moved, *(each for each in walk.moved[1:] if each.video != moved.video)]
        comments = self._comments(stream)
        rows = _replies(comments, listing.rows, moved.video, moved.thread)
        moved.token = listing.following
        if moved.token is None:
            if not self._is_closed(moved.video):
                self._read[moved.thread] = moved.count
            walk.moved.pop(0)
        return paged(stream, mark, rows, comments.source.read_at, walk=walk if walk.moved else None, high=high)

    # -------------------------------------------------------------------------------------------------------- uploads

    async def _uploads_page(self, stream: Stream, mark: Mark) -> Page:
        walk = resumed(mark, _Uploads)
        high = mark.walk.candidate_high if walk and mark.walk else mark.high
        walk = walk or _Uploads(since=seconds(at - OVERLAP) if (at := parse_time(mark.high)) else 0)
        comments = self._comments(stream)
        if self._playlist is None:
            channel = await self._client.channel()
            self._playlist = channel.uploads if channel else None
        if self._playlist is None:
            return paged(stream, mark, ((), ()), comments.source.read_at, walk=None, high=high)
        listing = await self._client.uploads(self._playlist, walk.token)
        times = [each.snippet.publishedAt if each.snippet else None for each in decoded(listing.rows, Upload)]
        if walk.token is None:
            high = latest([high, *times])
        rows = sift(listing.rows, Upload, comments.upload, comments.source)
        walk.token = None if any(is_before(at, walk.since) for at in times) else listing.following
        return paged(stream, mark, rows, comments.source.read_at, walk=walk if walk.token else None, high=high)


def _replies(comments: Comments, rows: list[msgspec.Raw], video: str | None, thread: str | None) -> Sifted:
    return sift(rows, Comment, lambda row: comments.comment(row, video, thread), comments.source)


def _begun(thread: Thread) -> str | None:
    """Return when a thread's first comment was published."""
    first = _first(thread)
    return first.snippet.publishedAt if first.snippet else None


def _first(thread: Thread) -> Comment:
    """Return a thread's first comment; an empty one where there is none, or an odd one."""
    return next(iter(decoded([thread.first] if thread.first else [], Comment)), Comment())
