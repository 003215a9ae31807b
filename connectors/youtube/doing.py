"""What is done on a channel, and how it is found again when nobody knows whether it was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import assert_never

import msgspec

from connectors.attempts import attempt_of, or_gone, target_of, too_many, unsupported
from connectors.rows import SAME_ATTEMPT, decoded, near, parse_time, same_text
from connectors.verdict import Failed, Says
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Clock

from .client import MOST_IDS, Comment, CommentSnippet, Listing, Thread, YouTubeClient
from .normalise import address, parent_of
from .settings import YouTubeSettings

_STATUS = {Action.HIDE: "heldForReview", Action.UNHIDE: "published", Action.MODERATE: "rejected"}
"""Hiding holds a comment back and can be undone; a rejected one cannot come back. Source: API facts, section 3."""

_PAGES = 20
"""Pages of a thread's replies that are read back for one entry."""


class Deeds:
    """Does what entries say; errors are those of the client."""

    def __init__(self, settings: YouTubeSettings, clock: Clock, client: YouTubeClient) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client

    # --------------------------------------------------------------------------------------------------------- doing

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once."""
        match entry.action:
            case Action.REPLY:
                return await self._reply(entry)
            case Action.EDIT:
                await self._client.change(target_of(entry), entry.text)
            case Action.DELETE:
                with or_gone():
                    await self._client.delete(target_of(entry))
            case Action.HIDE | Action.UNHIDE | Action.MODERATE:
                await self._moderate(entry)
            case Action.MESSAGE | Action.POST | Action.DELIVER:
                raise unsupported("YouTube")
            case _:
                assert_never(entry.action)
        return self._done()

    async def _reply(self, entry: Entry) -> Receipt:
        """Answer in the thread; below a video, begin one."""
        if entry.target is not None and entry.target.object is ObjectKind.POST:
            video = target_of(entry)
            thread = await self._client.comment(video, entry.text)
            return Receipt(native_id=thread.id, at=self._now(), link=address(video, thread.id))
        made = await self._client.reply(parent_of(target_of(entry)), entry.text)
        return self._receipt(made)

    def _receipt(self, comment: Comment) -> Receipt:
        inside = comment.snippet or CommentSnippet()
        at = parse_time(inside.publishedAt) or self._now()
        return Receipt(native_id=comment.id, at=at, link=address(inside.videoId, comment.id))

    async def _moderate(self, entry: Entry) -> None:
        call = self._client.moderate([target_of(entry)], _STATUS[entry.action], ban=entry.ban)
        if entry.action is Action.UNHIDE:
            await call
        else:
            with or_gone():
                await call

    async def moderate(self, entries: Sequence[Entry]) -> None:
        """Do one and the same action about several comments in one call; one that cannot be done fails it whole."""
        first = entries[0]
        await self._client.moderate([target_of(each) for each in entries], _STATUS[first.action], ban=first.ban)

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)

    def _done(self) -> Receipt:
        return Receipt(native_id=None, at=self._now())

    # -------------------------------------------------------------------------------------------------------- finding

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made."""
        match entry.action:
            case Action.REPLY if entry.target and entry.target.object is ObjectKind.POST:
                return await self._find_thread(entry)
            case Action.REPLY:
                return await self._find_reply(entry)
            case Action.DELETE:
                return self._done() if await self.gone([target_of(entry)], answering=True) else None
            case Action.EDIT | Action.HIDE | Action.UNHIDE | Action.MODERATE:
                return await self._find_state(entry)
            case Action.MESSAGE | Action.POST | Action.DELIVER:
                return None
            case _:
                assert_never(entry.action)

    async def _find_reply(self, entry: Entry) -> Receipt | None:
        parent, token = parent_of(target_of(entry)), None
        for _ in range(_PAGES):
            listing = await self._client.replies(parent, token, answering=True)
            for comment in decoded(listing.rows, Comment):
                if self._fits(comment, entry):
                    return self._receipt(comment)
            token = listing.following
            if token is None:
                return None
        raise too_many()

    async def _find_thread(self, entry: Entry) -> Receipt | None:
        """Look for a thread of ours among the newest ones of its video."""
        token = None
        for _ in range(_PAGES):
            listing = await self._client.threads_of(target_of(entry), token)
            threads = decoded(listing.rows, Thread)
            firsts = decoded([thread.first for thread in threads if thread.first], Comment)
            for first in firsts:
                if self._fits(first, entry):
                    return self._receipt(first)
            token = listing.following
            begun = [parse_time(first.snippet.publishedAt) for first in firsts if first.snippet]
            if token is None or any(at is not None and attempt_of(entry) - at > SAME_ATTEMPT for at in begun):
                return None
        raise too_many()

    def _fits(self, comment: Comment, entry: Entry) -> bool:
        inside = comment.snippet or CommentSnippet()
        ours = inside.authorChannelId is not None and inside.authorChannelId.value == self._settings.channel
        at = parse_time(inside.publishedAt)
        return bool(comment.id and ours and same_text(entry.text, inside.text) and near(at, attempt_of(entry)))

    async def _find_state(self, entry: Entry) -> Receipt | None:
        """Look whether a comment is in the state that the entry sets."""
        listing = await self._client.comments([target_of(entry)], answering=True)
        found = decoded(listing.rows, Comment)
        inside = (found[0].snippet if found else None) or CommentSnippet()
        if entry.action is Action.EDIT:
            there = bool(found) and same_text(entry.text, inside.text)
        else:
            there = bool(found) and inside.moderationStatus == _STATUS[entry.action]
        return self._done() if there else None

    async def gone(self, native_ids: list[str], *, answering: bool = False) -> frozenset[str]:
        """Return those comments and videos that are deleted or hidden: the service leaves them out."""
        videos = [each for each in native_ids if not _is_comment(each)]
        comments = [each for each in native_ids if _is_comment(each)]
        there: set[str | None] = set()
        for names, fetch in ((comments, self._client.comments), (videos, self._client.videos)):
            for start in range(0, len(names), MOST_IDS):
                there |= await _there(names[start : start + MOST_IDS], partial(fetch, answering=answering))
        return frozenset(native_ids) - {each for each in there if each}


async def _there(native_ids: list[str], fetch: Callable[[list[str]], Awaitable[Listing]]) -> set[str | None]:
    """Return those ids that are there; one that is "not found" must not make the others of its call seem gone."""
    try:
        listing = await fetch(native_ids)
    except Failed as error:
        if error.verdict.says is not Says.GONE:
            raise
        if len(native_ids) == 1:
            return set()
        middle = len(native_ids) // 2
        return await _there(native_ids[:middle], fetch) | await _there(native_ids[middle:], fetch)
    return {row.id for row in decoded(listing.rows, _Identified)}


class _Identified(msgspec.Struct):
    id: str | None = None


def _is_comment(native_id: str) -> bool:
    """Whether an id is that of a comment; a video's has eleven characters."""
    return len(native_id) != 11  # noqa: PLR2004  # the length of YouTube's video ids
