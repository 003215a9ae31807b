"""What is done on a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import assert_never

from connectors.attempts import no_recipient, not_done, or_gone, target_of, unsupported
from connectors.http import NotJson
from connectors.pictures import bytes_of, id_of, refused, unpublished
from connectors.verdict import Failed
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.pictures import Picture
from majlis.ports import Clock, Pictures

from .answers import OUTSIDE_WINDOW
from .client import GraphClient, Private, Publication
from .settings import FacebookSettings
from .wire import Made

SOONEST = timedelta(minutes=10)
"""How far ahead a post has to lie that Facebook is to publish by itself. Source: API facts, section 1."""


class Deeds:
    """Does what entries say; errors are those of the client."""

    def __init__(
        self, settings: FacebookSettings, clock: Clock, client: GraphClient, pictures: Pictures | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._pictures = pictures

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once."""
        match entry.action:
            case Action.REPLY if entry.target and entry.target.object is not ObjectKind.PRIVATE:
                return self._made((await self._client.reply(parent_of(entry), entry.text)).id)
            case Action.REPLY | Action.MESSAGE:
                return await self._private(entry)
            case Action.POST:
                return await self._post(entry)
            case Action.EDIT:
                return self._set(await self._client.change(target_of(entry), entry.text))
            case Action.HIDE | Action.UNHIDE:
                return self._set(await self._client.hide(target_of(entry), hidden=entry.action is Action.HIDE))
            case Action.DELETE:
                return await self._delete(target_of(entry))
            case Action.MODERATE | Action.DELIVER:
                raise unsupported("Facebook")
            case _:
                assert_never(entry.action)

    async def _private(self, entry: Entry) -> Receipt:
        """Answer privately: to the person of a conversation, or once to whoever wrote a comment."""
        private = Private(recipient=recipient_of(entry), text=entry.text)
        try:
            made = await self._client.message(private)
        except Failed as error:
            in_conversation = "id" in private.recipient
            if error.verdict.code != OUTSIDE_WINDOW or not self._settings.human_agent or not in_conversation:
                raise
            # Certainly not sent: the service names the window, and the page may go beyond it.
            made = await self._client.message(Private(recipient=private.recipient, text=entry.text, agent=True))
        return self._made(made.message_id)

    async def _delete(self, native_id: str) -> Receipt:
        with or_gone():
            self._set(await self._client.delete(native_id))
        return self._done()

    # -------------------------------------------------------------------------------------------------------- posting

    async def _post(self, entry: Entry) -> Receipt:
        """Send the pictures where nobody sees them yet, then the post: that one call decides whether it is out."""
        self._check(entry)
        photos = [await self._photo(picture, temporary=entry.publish_at is not None) for picture in entry.pictures]
        publication = Publication(text=entry.text, link=entry.link, photos=photos, publish_at=entry.publish_at)
        return self._made((await self._client.publish(publication)).id)

    def _check(self, entry: Entry) -> None:
        """Refuse before anything goes out what the service would refuse, or do otherwise than meant, afterwards."""
        if entry.link and entry.pictures:
            raise refused("link and pictures", "a post shows either a link or pictures")
        if entry.publish_at is None:
            return
        ahead, most = entry.publish_at - self._now(), timedelta(days=self._settings.schedule_days)
        if not SOONEST <= ahead <= most:
            days = self._settings.schedule_days
            raise refused("schedule", f"Facebook itself publishes from 10 minutes to {days} days ahead")

    async def _photo(self, picture: Picture, *, temporary: bool) -> str:
        """Send one picture; whatever goes wrong with it, nothing is published, and all may be done again.

        Raises:
            NotSent: It is not certain that the service has it.
            Failed: The service refuses it, or the store does not have it.
        """
        data = await bytes_of(picture, self._pictures)
        with unpublished():
            made = await self._client.photo(data, picture.media_type, alt=picture.alt, temporary=temporary)
        return id_of(made.id)

    # ------------------------------------------------------------------------------------------------------- receipts

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)

    def _made(self, native_id: str | None) -> Receipt:
        if not native_id:
            raise NotJson("an answer without an id")  # it may have happened; looking brings the id
        return Receipt(native_id=native_id, at=self._now())

    def _set(self, made: Made) -> Receipt:
        if made.success is False:
            raise not_done()
        return self._done()

    def _done(self) -> Receipt:
        return Receipt(native_id=None, at=self._now())


def parent_of(entry: Entry) -> str:
    """Return the native id below which an answer stands: the message, or the comment to which that is a reply."""
    is_reply = entry.parent is not None and entry.parent != entry.thread
    return entry.parent if is_reply and entry.parent else target_of(entry)


def recipient_of(entry: Entry) -> dict[str, str]:
    """Return to whom a private answer goes, in Graph's words."""
    if entry.target is not None and entry.target.object is ObjectKind.COMMENT:
        return {"comment_id": entry.target.native_id}
    if entry.target is not None and entry.target.object is ObjectKind.POST:
        return {"post_id": entry.target.native_id}
    if not entry.recipient:
        raise no_recipient()
    return {"id": entry.recipient}
