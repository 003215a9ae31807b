"""A TinyDB whose tables are rows of a database, safe for several processes."""

from .database import RowDB, RowStorage, open_tinydb
from .engine import SCHEMA, Position
from .table import PlacedDocument, RowTable
from .where import holding

__all__ = ["SCHEMA", "PlacedDocument", "Position", "RowDB", "RowStorage", "RowTable", "holding", "open_tinydb"]
