"""What a played network has done for us, as scenarios look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from majlis.outbox import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One thing that the network did because we asked for it."""

    at: datetime
    """By the network's clock."""
    action: Action
    to: str | None
    """Native id of what it was about; None for a post."""
    text: str
