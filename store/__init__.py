"""Keeping: a TinyDB whose tables are rows."""

from .rows import open_tinydb

__all__ = ["open_tinydb"]
