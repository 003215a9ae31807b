"""Outbox entries and streams for the tests of connectors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from majlis.message import Message, MessageKey, Network, ObjectKind
from majlis.outbox import Action, Entry
from majlis.ports import Connector, Mark, Page

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, noon in Dubai."""


def key_of(connector: Connector, native_id: str, kind: ObjectKind = ObjectKind.COMMENT) -> MessageKey:
    """Return the key of a message of this connector's account."""
    if connector.network is Network.X and kind is ObjectKind.COMMENT:
        kind = ObjectKind.POST
    return MessageKey(network=connector.network, account=connector.account, object=kind, native_id=native_id)


def entry_for(
    connector: Connector,
    target: str,
    text: str = "",
    action: Action = Action.REPLY,
    kind: ObjectKind = ObjectKind.COMMENT,
    **parts: Any,
) -> Entry:
    """Return an entry as the sender hands it over: attempted now."""
    at = parts.pop("attempted_at", NOW)
    return Entry(
        id=parts.pop("id", "entry-1"),
        action=action,
        account=connector.account,
        target=key_of(connector, target, kind),
        text=text,
        author="noura",
        created_at=at,
        due_at=at,
        attempted_at=at,
        **parts,
    )


async def walk(connector: Connector, stream_name: str, mark: Mark | None = None, pages: int = 50) -> list[Page]:
    """Read a stream to the end of its walk."""
    stream = next(each for each in connector.streams() if each.name == stream_name)
    read: list[Page] = []
    for _ in range(pages):
        page = await connector.read(stream, mark)
        read.append(page)
        mark = page.mark
        if not page.more:
            return read
    raise AssertionError(f"{stream_name}: no end after {pages} pages")


def by_id(pages: list[Page]) -> dict[str, Message]:
    """Return the messages of all pages by their native ids."""
    return {message.key.native_id: message for page in pages for message in page.messages}


def texts(pages: list[Page]) -> list[str]:
    """Return the texts of all rows, in the order they came."""
    return [message.text for page in pages for message in page.messages]
