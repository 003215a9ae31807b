"""What is done on X, and how it is found again when nobody knows whether it was."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import assert_never

from connectors.attempts import attempt_of, target_of
from connectors.budget import DayLedger
from connectors.rows import SAME_ATTEMPT, decoded, near, parse_time
from connectors.verdict import Failed, Says, Verdict
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Clock

from . import ids
from .client import Event, Listing, Outcome, Post, XClient
from .normalise import is_same
from .settings import XSettings

POST_MILLS, LINK_MILLS, MESSAGE_MILLS = 15, 200, 15
"""Prices in thousandths of a dollar: a post, a post with a link, a direct message. Source: API facts, section 2."""

_LINK = re.compile(r"https?://|\b[\w-]+\.(?:com|org|net|ae|gov|info|example)\b", re.IGNORECASE)
"""What X counts as a link, roughly: it decides a price, and nothing else."""

_PAGES = 5
"""Pages of our own items that are read back for one entry."""


class Deeds:
    """Does what entries say; errors are those of the client."""

    def __init__(self, settings: XSettings, clock: Clock, client: XClient, ledger: DayLedger) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._ledger = ledger

    # --------------------------------------------------------------------------------------------------------- doing

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once."""
        match entry.action:
            case Action.REPLY if entry.target and entry.target.object is ObjectKind.PRIVATE:
                return await self._private(entry)
            case Action.REPLY:
                return self._published(await self._publish(entry, answering=target_of(entry)))
            case Action.MESSAGE:
                return await self._private(entry)
            case Action.POST:
                return self._published(await self._publish(entry, answering=None))
            case Action.DELETE:
                await self._delete(target_of(entry))
            case Action.HIDE | Action.UNHIDE:
                await self._hide(entry)
            case Action.EDIT | Action.MODERATE | Action.DELIVER:
                raise Failed(Verdict(says=Says.NO, code="unsupported", reason="X has no such action"))
            case _:
                assert_never(entry.action)
        return self._done()

    async def _publish(self, entry: Entry, *, answering: str | None) -> Outcome:
        outcome = await self._client.publish(entry.text, answering=answering)
        self._ledger.spend(LINK_MILLS if _LINK.search(entry.text) else POST_MILLS)
        return outcome

    def _published(self, outcome: Outcome) -> Receipt:
        link = f"https://x.com/{self._settings.handle}/status/{outcome.id}" if outcome.id else None
        return Receipt(native_id=outcome.id, at=self._now(), link=link)

    async def _private(self, entry: Entry) -> Receipt:
        private = entry.target is not None and entry.target.object is ObjectKind.PRIVATE
        conversation = entry.thread if private else None
        if not conversation and not entry.recipient:
            raise Failed(Verdict(says=Says.NO, code="no recipient", reason="it is not known to whom this goes"))
        outcome = await self._client.message(entry.text, conversation=conversation, participant=entry.recipient)
        self._ledger.spend(MESSAGE_MILLS)
        return Receipt(native_id=outcome.dm_event_id, at=self._now())

    async def _hide(self, entry: Entry) -> None:
        wanted = entry.action is Action.HIDE
        outcome = await self._client.hide(target_of(entry), hidden=wanted)
        if outcome.hidden is not wanted:
            raise Failed(Verdict(says=Says.NO, code="not done", reason="the service left it as it was"))

    async def _delete(self, native_id: str) -> None:
        try:
            await self._client.delete(native_id)
        except Failed as error:
            if error.verdict.says is not Says.GONE:  # already gone is what was wanted
                raise

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)

    def _done(self) -> Receipt:
        return Receipt(native_id=None, at=self._now())

    # -------------------------------------------------------------------------------------------------------- finding

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made."""
        match entry.action:
            case Action.REPLY if entry.target and entry.target.object is not ObjectKind.PRIVATE:
                return await self._find_post(entry, answering=target_of(entry))
            case Action.REPLY | Action.MESSAGE:
                return await self._find_message(entry)
            case Action.POST:
                return await self._find_post(entry, answering=None)
            case Action.DELETE:
                gone = await self.gone([target_of(entry)])
                return self._done() if gone else None
            case Action.HIDE | Action.UNHIDE | Action.EDIT | Action.MODERATE | Action.DELIVER:
                return None  # X does not show whether a post is hidden; hiding may be repeated
            case _:
                assert_never(entry.action)

    async def _find_post(self, entry: Entry, *, answering: str | None) -> Receipt | None:
        """Look through our own posts of that time, and then through the conversation, which may know it earlier."""
        since = ids.first_of(attempt_of(entry) - SAME_ATTEMPT)
        found = await self._among(entry, answering, lambda token: self._client.own(since_id=since, token=token))
        if found or answering is None:
            return found
        query = f"conversation_id:{entry.thread or answering} from:{self._settings.handle}"
        return await self._among(
            entry, answering, lambda token: self._client.search(query, since_id=since, token=token)
        )

    async def _among(
        self, entry: Entry, answering: str | None, fetch: Callable[[str | None], Awaitable[Listing]]
    ) -> Receipt | None:
        token: str | None = None
        for _ in range(_PAGES):
            listing = await fetch(token)
            for post in decoded(listing.rows, Post):
                at = parse_time(post.created_at) or ids.time_of(post.id or "")
                ours = post.author_id in (None, self._settings.user) and post.answers in (None, answering)
                if post.id and ours and is_same(entry.text, post.whole_text) and near(at, attempt_of(entry)):
                    native_id = (post.history or [post.id])[0]
                    return self._published(Outcome(id=native_id))
            token = listing.following
            if token is None:
                return None
        raise Failed(Verdict(says=Says.FAULT, code="too many", reason="too many items to look through"))

    async def _find_message(self, entry: Entry) -> Receipt | None:
        """Look through the messages with that person, newest first."""
        attempt, token = attempt_of(entry), None
        for _ in range(_PAGES):
            listing = await self._client.messages(token, participant=entry.recipient)
            events = decoded(listing.rows, Event)
            for event in events:
                at = parse_time(event.created_at) or ids.time_of(event.id or "")
                ours = event.sender_id == self._settings.user
                if event.id and ours and is_same(entry.text, event.text or "") and near(at, attempt):
                    return Receipt(native_id=event.id, at=at or self._now())
            times = [at for event in events if (at := parse_time(event.created_at) or ids.time_of(event.id or ""))]
            token = listing.following
            if token is None or (times and min(times) < attempt - SAME_ATTEMPT):
                return None
        raise Failed(Verdict(says=Says.FAULT, code="too many", reason="too many items to look through"))

    async def gone(self, native_ids: list[str]) -> frozenset[str]:
        """Return those posts that are not there for us."""
        listing = await self._client.posts(native_ids)
        asked = set(native_ids)
        return frozenset(
            name
            for each in listing.errors or []
            if each.kind in {"resource-not-found", "not-authorized-for-resource"}
            and (name := each.resource_id or each.value or "") in asked
        )
