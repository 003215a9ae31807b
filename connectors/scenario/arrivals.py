"""Messages as lines that let them arrive, with other people and other names; and the times that such lines can say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from majlis.message import Message, Network, ObjectKind

from .disguise import Disguise
from .numbering import Numbering
from .player import STREAMS
from .rows import Arrive, AuthorRow, Row
from .times import LONGEST, written

_R = TypeVar("_R", bound=Row)

APART: Final = timedelta(milliseconds=1)
"""Between two lines, so that their order is that of the history: what a line's time can tell apart."""


class Arrivals:
    """Makes lines of messages."""

    def __init__(self, disguise: Disguise, names: Numbering) -> None:
        self._disguise = disguise
        self._names = names

    def row(self, message: Message) -> Arrive:
        """Return the line of a message as it first was: without its time yet, and with `created` as an instant."""
        key = message.key
        name = self._names.message(key.account, key.native_id)
        thread = self._names.thread(key.account, message.thread)
        listing = next((each for each in message.listings if each in STREAMS[key.network]), None)
        if key.network is Network.X and message.ours and key.object is ObjectKind.POST:
            listing = "posts"
        return Arrive(
            at="",
            account=self._names.account(key.account, key.network),
            id=name,
            object=key.object,
            thread=None if thread == name and message.parent is None else thread,
            parent=None if message.parent is None else self._names.message(key.account, message.parent),
            author=AuthorRow() if message.ours else self._author(message),
            text=self._disguise.text(message.editions[0].text if message.editions else message.text),
            created=message.created_at.isoformat(),
            ours=message.ours,
            listing=listing,
            recipient=self._recipient(message),
            attachments=tuple(f"https://media.example/{name}-{n}" for n, _ in enumerate(message.attachments, 1)),
        )

    def _author(self, message: Message) -> AuthorRow:
        who = self._disguise.author(message.author)
        return AuthorRow(id=self._names.person(message.key.network, who.id), handle=who.handle, name=who.name)

    def _recipient(self, message: Message) -> str | None:
        if message.recipient is None or (message.recipient == message.author.id and not message.ours):
            return None
        return self._names.person(message.key.network, message.recipient)


def created(row: Arrive, at: datetime, arrives: datetime, start: datetime) -> Arrive:
    """Return an arrival with when it was written, as far as a scenario can say it."""
    at = max(at, start - LONGEST)
    return with_(row, created=written(whole(at, start), start) if at <= arrives else None)


def whole(at: datetime, start: datetime) -> datetime:
    """Return a moment in the thousandths that a scenario can tell apart."""
    return start + (at - start) // APART * APART


def with_(row: _R, **changes: Any) -> _R:
    """Return a row with other fields."""
    return msgspec.structs.replace(row, **changes)
