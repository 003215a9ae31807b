"""Walking a page's listings: posts with the comments below them, conversations, posts by visitors or that tag us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, timedelta

import msgspec

from connectors.rows import Source, decoded, parse_time, sift
from connectors.verdict import Failed, Says, Verdict
from connectors.walks import CONTEXT_AGE, OVERLAP, Sifted, is_before, latest, paged, resumed, seconds
from majlis.message import Message, Network
from majlis.ports import Clock, Mark, Page, Stream

from .client import GraphClient, PostEdge
from .normalise import Pages
from .settings import FacebookSettings
from .wire import Comment, Conversation, Cursor, Listing, Post, PrivateMessage

UNTIL = "until"
"""Cuts a list at a time, in epoch seconds."""


class _Comments(msgspec.Struct, kw_only=True):
    """A walk over the posts of the page and the comments below those that changed."""

    since: int
    """Epoch seconds: comments before it are known."""
    listing: bool = True
    """Whether the list of posts goes on."""
    feed: Cursor = {}
    posts: list[str] = []
    """Posts whose comments are to be read, the first one now."""
    cursor: Cursor = {}
    """Within the comments of the first post."""
    oldest: int | None = None
    """Epoch seconds of the oldest of those that were read, where they come newest first."""
    read: int = 0
    """Posts whose comments could be read."""
    barred: str | None = None
    """Why the comments of some post could not be read."""


class _Conversations(msgspec.Struct, kw_only=True):
    """A walk over conversations, last changed first, and over older messages of those in which much was written."""

    since: int
    listing: bool = True
    cursor: Cursor = {}
    threads: list[tuple[str, str | None, Cursor]] = []
    """Conversation, person, and where its messages go on."""


class _Posts(msgspec.Struct, kw_only=True):
    """A walk over one list of posts."""

    since: int
    cursor: Cursor = {}


class Reader:
    """Fetches one page of a stream at a time."""

    def __init__(self, settings: FacebookSettings, clock: Clock, client: GraphClient) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client

    async def page(self, stream: Stream, mark: Mark) -> Page:
        """Return the next page.

        Raises:
            Failed: The service refused; STALE when the continuation is dead.
            TransportError: There was no usable answer.
        """
        match stream.name:
            case "comments" | "sweep":
                return await self._comments(stream, mark)
            case "conversations":
                return await self._conversations(stream, mark)
            case _:
                return await self._posts(stream, mark, "tagged" if stream.name == "tagged" else "visitor_posts")

    def _pages(self, stream: Stream) -> Pages:
        read_at = self._clock.now().astimezone(UTC)
        source = Source(network=Network.FACEBOOK, account=stream.account, stream=stream.name, read_at=read_at)
        return Pages(source=source, page=self._settings.page)

    def _since(self, high: str | None) -> int:
        """Return the moment before which everything is known: by the service's clock, once there is a mark."""
        if at := parse_time(high):
            return seconds(at - OVERLAP)
        return seconds(self._clock.now() - timedelta(days=self._settings.backlog_days))

    # ----------------------------------------------------------------------------------------- posts and their comments

    async def _comments(self, stream: Stream, mark: Mark) -> Page:
        walk = resumed(mark, _Comments)
        if walk is None:
            walk = _Comments(since=self._since(None if stream.name == "sweep" else mark.high))
            return await self._posts_page(stream, mark, walk, mark.high)
        high = mark.walk.candidate_high if mark.walk else mark.high
        if walk.listing:
            return await self._posts_page(stream, mark, walk, high)
        return await self._below_page(stream, mark, walk, high)

    async def _posts_page(self, stream: Stream, mark: Mark, walk: _Comments, high: str | None) -> Page:
        """Read a page of the list of posts, and note those whose comments have to be read."""
        sweeping = stream.name == "sweep"
        days = self._settings.sweep_days if sweeping else self._settings.posts_days
        oldest = (parse_time(mark.high) or self._clock.now()) - timedelta(days=days)
        listing = await self._client.feed("feed", since=seconds(oldest), cursor=walk.feed)
        posts = decoded(listing.rows, Post)
        if not walk.feed:  # the service's time when the walk began: what changes during it is read again by the next
            high = latest([high, *(post.updated_time or post.created_time for post in posts)])
        pages = self._pages(stream)
        changed = [post.id for post in posts if post.id and (sweeping or not is_before(post.updated_time, walk.since))]
        following = listing.following()
        walk.listing, walk.feed = following is not None, following or {}
        walk.posts = list(dict.fromkeys([*walk.posts, *changed]))
        rows = sift(listing.rows, Post, pages.post, pages.source)
        more = walk.listing or bool(walk.posts)
        return paged(stream, mark, rows, pages.source.read_at, walk=walk if more else None, high=high)

    async def _below_page(self, stream: Stream, mark: Mark, walk: _Comments, high: str | None) -> Page:
        """Read a page of the comments below the first post that waits."""
        pages, post = self._pages(stream), walk.posts[0]
        listing = await self._comments_of(post, walk)
        rows = sift(listing.rows, Comment, lambda row: pages.comment(row, post), pages.source)
        seen = decoded(listing.rows, Comment)  # an empty page says nothing about the next one
        passed = listing.newest_first and seen and all(is_before(row.created_time, walk.since) for row in seen)
        following = None if passed else listing.following()
        walk.oldest = _oldest(walk.oldest, seen) if listing.newest_first else None
        if following is None:
            walk.cursor, walk.oldest = {}, None
            walk.posts.pop(0)
        else:  # what the list was cut by stays with it
            walk.cursor = {name: at for name, at in walk.cursor.items() if name == UNTIL} | following
        if not walk.posts and walk.barred and not walk.read:
            raise Failed(Verdict(says=Says.NO_RIGHT, code=walk.barred, reason="comments"))
        return paged(stream, mark, rows, pages.source.read_at, walk=walk if walk.posts else None, high=high)

    async def _comments_of(self, post: str, walk: _Comments) -> Listing:
        """Return comments of one post; a post that is gone, or closed to us, does not hold up the others."""
        try:
            listing = await self._going_on(post, walk)
        except Failed as error:
            match error.verdict.says:
                case Says.GONE:
                    walk.read += 1
                case Says.NO | Says.NO_RIGHT:
                    walk.barred = error.verdict.code
                case Says.STALE if walk.cursor:
                    walk.posts.append(post)
                case _:
                    raise
            return Listing()
        walk.read += 1
        return listing

    async def _going_on(self, post: str, walk: _Comments) -> Listing:
        """Read on below a post; by time, from the oldest comment that was read, where the continuation has died."""
        try:
            return await self._client.comments(post, since=walk.since, cursor=walk.cursor)
        except Failed as error:
            by_time = _by_time(walk)
            if error.verdict.says is not Says.STALE or by_time is None:
                raise
            walk.cursor = by_time
        return await self._client.comments(post, since=walk.since, cursor=walk.cursor)

    # -------------------------------------------------------------------------------------------------- conversations

    async def _conversations(self, stream: Stream, mark: Mark) -> Page:
        walk = resumed(mark, _Conversations)
        if walk is None:
            return await self._threads_page(stream, mark, _Conversations(since=self._since(mark.high)), mark.high)
        high = mark.walk.candidate_high if mark.walk else mark.high
        if walk.listing:
            return await self._threads_page(stream, mark, walk, high)
        return await self._older_page(stream, mark, walk, high)

    async def _threads_page(self, stream: Stream, mark: Mark, walk: _Conversations, high: str | None) -> Page:
        listing = await self._client.conversations(walk.cursor)
        pages, threads = self._pages(stream), decoded(listing.rows, Conversation)
        if not walk.cursor:
            high = latest([high, *(thread.updated_time for thread in threads)])
        messages: list[Message] = []
        _, odd = sift(listing.rows, Conversation, lambda _: (), pages.source)
        for thread in threads:
            if thread.id and thread.messages:
                person = pages.person(thread)
                known, bad = _privates(pages, thread.messages, thread.id, person)
                messages += known
                odd += bad
                if mark.high and (following := _goes_on(thread.messages, walk.since)):
                    walk.threads.append((thread.id, person, following))
        reached = any(is_before(thread.updated_time, walk.since) for thread in threads)
        following = None if reached else listing.following()
        walk.listing, walk.cursor = following is not None, following or {}
        more = walk.listing or bool(walk.threads)
        rows = (self._with_context(messages, mark), odd)
        return paged(stream, mark, rows, pages.source.read_at, walk=walk if more else None, high=high)

    async def _older_page(self, stream: Stream, mark: Mark, walk: _Conversations, high: str | None) -> Page:
        """Read further messages of a conversation in which more was written than its row shows."""
        thread, person, cursor = walk.threads.pop(0)
        listing = await self._client.messages(thread, cursor)
        pages = self._pages(stream)
        messages, odd = _privates(pages, listing, thread, person)
        if following := _goes_on(listing, walk.since):
            walk.threads.insert(0, (thread, person, following))
        rows = (self._with_context(messages, mark), odd)
        return paged(stream, mark, rows, pages.source.read_at, walk=walk if walk.threads else None, high=high)

    @staticmethod
    def _with_context(messages: Iterable[Message], mark: Mark) -> tuple[Message, ...]:
        """Mark what is much older than the mark: it comes along to show what was said before."""
        high = parse_time(mark.high)
        if high is None:
            return tuple(messages)
        return tuple(
            replace(each, standing=replace(each.standing, historic=True))
            if each.created_at < high - CONTEXT_AGE
            else each
            for each in messages
        )

    # ------------------------------------------------------------------------------------------------ posts of others

    async def _posts(self, stream: Stream, mark: Mark, edge: PostEdge) -> Page:
        walk = resumed(mark, _Posts)
        high = mark.walk.candidate_high if walk and mark.walk else mark.high
        walk = walk or _Posts(since=self._since(mark.high))
        listing = await self._client.feed(edge, since=walk.since, cursor=walk.cursor)
        pages = self._pages(stream)
        if not walk.cursor:
            high = latest([high, *(post.created_time for post in decoded(listing.rows, Post))])
        rows = sift(listing.rows, Post, pages.post, pages.source)
        following = listing.following()
        walk.cursor = following or {}
        return paged(stream, mark, rows, pages.source.read_at, walk=walk if following else None, high=high)


def _privates(pages: Pages, listing: Listing, thread: str, person: str | None) -> Sifted:
    return sift(listing.rows, PrivateMessage, lambda row: pages.private(row, thread, person), pages.source)


def _oldest(before: int | None, rows: Iterable[Comment]) -> int | None:
    """Return the time of the oldest row, in epoch seconds."""
    times = [seconds(at) for row in rows if (at := parse_time(row.created_time))]
    return min([*times, *([] if before is None else [before])], default=None)


def _by_time(walk: _Comments) -> Cursor | None:
    """Return where comments, newest first, go on by time, with overlap; None where they begin again from the top.

    What dies again without any progress goes on at that very comment: then the overlap alone fills a page.
    """
    if walk.oldest is None or not walk.cursor.keys() - {UNTIL}:
        return None
    until = walk.oldest + int(OVERLAP.total_seconds())
    cut = walk.cursor.get(UNTIL)
    return {UNTIL: str(walk.oldest if cut is not None and until >= int(cut) else until)}


def _goes_on(listing: Listing, since: int) -> Cursor | None:
    """Return where a conversation's messages go on, while those seen are all new."""
    seen = decoded(listing.rows, PrivateMessage)
    if not seen or any(is_before(row.created_time, since) for row in seen):
        return None
    return listing.following()
