"""An X account: mentions, replies, own posts, direct messages."""

from __future__ import annotations

from .connector import XConnector
from .settings import XSettings

__all__ = ["XConnector", "XSettings"]
