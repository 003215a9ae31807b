"""What is done on X."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from connectors.attempts import no_recipient, not_done, or_gone, target_of, unsupported
from connectors.http import NotJson
from connectors.pictures import refused
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Clock

from .client import XClient
from .media import Uploads
from .settings import XSettings


class Deeds:
    """Does what entries say; errors are those of the client."""

    def __init__(self, settings: XSettings, clock: Clock, client: XClient, uploads: Uploads) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._uploads = uploads

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once."""
        match entry.action:
            case Action.REPLY if not is_private(entry):
                return await self._publish(entry, answering=target_of(entry))
            case Action.REPLY | Action.MESSAGE:
                return await self._private(entry)
            case Action.POST:
                return await self._publish(entry, answering=None)
            case Action.DELETE:
                return await self._delete(target_of(entry))
            case Action.HIDE | Action.UNHIDE:
                return await self._hide(entry)
            case Action.EDIT | Action.MODERATE | Action.DELIVER:
                raise unsupported("X")
            case _:
                assert_never(entry.action)

    async def _publish(self, entry: Entry, *, answering: str | None) -> Receipt:
        """Send the pictures where nobody sees them yet, then the post: that one call decides whether it is out."""
        if entry.publish_at is not None:
            raise refused("schedule", "X does not publish at a later time by itself")
        media = await self._uploads.send(entry.pictures)
        outcome = await self._client.publish(text_of(entry), answering=answering, media=media)
        link = f"https://x.com/{self._settings.handle}/status/{outcome.id}"
        return self._made(outcome.id, link=link)

    async def _private(self, entry: Entry) -> Receipt:
        conversation = entry.thread if is_private(entry) else None
        if not conversation and not entry.recipient:
            raise no_recipient()
        outcome = await self._client.message(entry.text, conversation=conversation, participant=entry.recipient)
        return self._made(outcome.dm_event_id)

    async def _hide(self, entry: Entry) -> Receipt:
        wanted = entry.action is Action.HIDE
        outcome = await self._client.hide(target_of(entry), hidden=wanted)
        if outcome.hidden is not wanted:
            raise not_done()
        return self._done()

    async def _delete(self, native_id: str) -> Receipt:
        with or_gone():
            outcome = await self._client.delete(native_id)
            if outcome.deleted is False:
                raise not_done()
        return self._done()

    # ------------------------------------------------------------------------------------------------------- receipts

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)

    def _made(self, native_id: str | None, *, link: str | None = None) -> Receipt:
        if not native_id:
            raise NotJson("an answer without an id")  # it may have happened; looking brings the id
        return Receipt(native_id=native_id, at=self._now(), link=link)

    def _done(self) -> Receipt:
        return Receipt(native_id=None, at=self._now())


def text_of(entry: Entry) -> str:
    """Return the words of a post: on X a card is made of the last link in its text."""
    return f"{entry.text}\n{entry.link}".strip() if entry.link and entry.link not in entry.text else entry.text


def is_private(entry: Entry) -> bool:
    """Whether the entry is about a direct message."""
    return entry.target is not None and entry.target.object is ObjectKind.PRIVATE
