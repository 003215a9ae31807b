"""A YouTube channel: comments of all its videos with replies, those held for review, its own videos."""

from __future__ import annotations

from .connector import YouTubeConnector
from .settings import YouTubeSettings

__all__ = ["YouTubeConnector", "YouTubeSettings"]
