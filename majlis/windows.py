"""How long a network lets us answer a person privately, and in which way.

Source: API facts, section 1: a Facebook page may answer for 24 hours after the person's last message, and where the
Human Agent feature was granted, a person may for seven days. A public message can be answered privately once, for seven
days after it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .message import Message


class Door(StrEnum):
    """By which way an answer goes at a moment."""

    PLAIN = "plain"
    """As an answer; no right beyond writing is needed."""
    AGENT = "agent"
    """As the answer of a person, under the Human Agent feature."""
    SHUT = "shut"
    """The network refuses, until the person writes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When each way ends, UTC."""

    plain_until: datetime
    agent_until: datetime | None = None
    """None: the feature was not granted to the account."""
    once: bool = False
    """A private answer to a public message: there is one, and then the person has to answer it."""

    @property
    def until(self) -> datetime:
        """When nothing goes any more."""
        return self.agent_until or self.plain_until

    def door(self, at: datetime) -> Door:
        """Return by which way an answer goes then."""
        if at < self.plain_until:
            return Door.PLAIN
        return Door.AGENT if at < self.until else Door.SHUT


def last_word(message: Message, thread: Iterable[Message]) -> datetime:
    """Return when the person wrote last in a conversation: from then on the network counts."""
    return max((m.created_at for m in thread if not m.ours and not m.public), default=message.created_at)
