"""A Facebook page: posts, comments with replies, Messenger conversations."""

from __future__ import annotations

from .connector import FacebookConnector
from .settings import FacebookSettings

__all__ = ["FacebookConnector", "FacebookSettings"]
