"""Pictures on their way to X: whole or in pieces, waited for, and described."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connectors.http import NotSent
from connectors.pictures import bytes_of, id_of, refused, unpublished
from majlis.pictures import Picture
from majlis.ports import Clock, Pictures

from .client import XClient
from .wire import Outcome

MOST_PICTURES = 4
"""In one post; a moving one goes alone. Source: API facts, section 2."""

LONGEST_ALT = 1000
"""Characters. Source: the machine-readable contract of specification 2.167."""

_MOVING = "image/gif"
_PIECE_BYTES = 500_000
_LOOKS, _LOOK_S, _LONGEST_LOOK_S = 10, 1.0, 8.0
"""How often, and how long apart, the service is asked whether it is through with a picture; a guess."""


class Uploads:
    """Sends pictures; errors are those of the client."""

    def __init__(self, client: XClient, clock: Clock, pictures: Pictures | None) -> None:
        self._client = client
        self._clock = clock
        self._pictures = pictures

    async def send(self, pictures: Sequence[Picture]) -> list[str]:
        """Return the ids under which a post names its pictures.

        Raises:
            NotSent: It is not certain that the service has one.
            Failed: The service refuses one, or the store does not have it.
        """
        self._check(pictures)
        return [await self._one(picture, await bytes_of(picture, self._pictures)) for picture in pictures]

    @staticmethod
    def _check(pictures: Sequence[Picture]) -> None:
        """Refuse before anything goes out what the service would refuse afterwards."""
        if len(pictures) > MOST_PICTURES:
            raise refused("pictures", f"X takes {MOST_PICTURES} pictures at most")
        if len(pictures) > 1 and any(each.media_type == _MOVING for each in pictures):
            raise refused("pictures", "a moving picture goes alone")
        if any(len(each.alt) > LONGEST_ALT for each in pictures):
            raise refused("pictures", f"a description has {LONGEST_ALT} characters at most")

    async def _one(self, picture: Picture, data: bytes) -> str:
        with unpublished():
            send = self._moving if picture.media_type == _MOVING else self._still
            media = await send(data, picture.media_type)
            if picture.alt:
                await self._client.describe(media, picture.alt)
        return media

    async def _still(self, data: bytes, media_type: str) -> str:
        return await self._ready(await self._client.upload(data, media_type))

    async def _moving(self, data: bytes, media_type: str) -> str:
        media = id_of((await self._client.initialize(len(data), media_type)).id)
        for number, start in enumerate(range(0, len(data), _PIECE_BYTES)):
            await self._client.append(media, number, data[start : start + _PIECE_BYTES])
        return await self._ready(await self._client.finalize(media), media)

    async def _ready(self, outcome: Outcome, media: str | None = None) -> str:
        """Wait until the service is through with a picture."""
        media = media or id_of(outcome.id)
        for _ in range(_LOOKS):
            processing = outcome.processing_info
            if processing is None or processing.state in (None, "succeeded"):
                return media
            if processing.state == "failed":
                raise refused("pictures", "X cannot read a picture of it")
            wait_s = min(max(processing.check_after_secs or _LOOK_S, _LOOK_S), _LONGEST_LOOK_S)
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=wait_s))
            outcome = await self._client.upload_state(media)
        raise NotSent("picture: the service is not through with it")
