"""An inbox as one plain TinyDB JSON file, out and in: whole for moving it, or with personal contact data covered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from majlis.errors import BadImport
from majlis.masking import COVER, mask
from majlis.message import Span
from store.documents import TABLES, value_of
from store.inbox import open_rows
from store.pins import chain_break, head_of
from store.rows.portable import export_json, import_json
from store.search import FIELD
from store.upgrade import fill_found, pin_all
from store.verifying import misfits

if TYPE_CHECKING:
    from pathlib import Path

    from store.rows.database import RowDB

Cover = Callable[[str], str]
"""Covers the personal contact data in a text."""

_TEXTS: Final = frozenset({"text", "note", "why", "raw", "answer", "contact"})
"""Fields that hold what people wrote, wherever in a document they stand."""


def export(url: str, path: Path, cover: Cover | None) -> dict[str, int]:
    """Write an inbox as a file.

    Args:
        url: The inbox.
        path: Where to.
        cover: For what leaves the team; None: as it is stored, to be imported elsewhere.

    Returns:
        How many documents, by table.

    Raises:
        MajlisError: The inbox cannot be opened.
        OSError: The file cannot be written; none was left behind.
    """
    counts: dict[str, int] = {}

    def counted(table: str, document: dict[str, Any]) -> dict[str, Any]:
        counts[table] = counts.get(table, 0) + 1
        document.pop(FIELD, None)  # made of the rest, and made again by an import
        return document if cover is None else _covered(table, document, cover)

    db = open_rows(url)
    try:
        export_json(db, path, counted)
    finally:
        db.close()
    return counts


def _covered(table: str, document: dict[str, Any], cover: Cover) -> dict[str, Any]:
    changed: dict[str, Any] = covered_fields(document, cover)
    value = changed.get("value")
    if table == "message" and isinstance(value, dict) and value.get("personal"):
        spans = [msgspec.convert(span, Span) for span in value["personal"]]
        value["text"] = mask(document["value"]["text"], spans)
    return changed


def covered_fields(value: Any, cover: Cover) -> Any:
    """Return JSON values with what people wrote in them covered."""
    if isinstance(value, list):
        return [covered_fields(each, cover) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _text(name, part, cover) if name in _TEXTS else covered_fields(part, cover)
        for name, part in value.items()
    }


def _text(name: str, value: Any, cover: Cover) -> Any:
    if isinstance(value, list):
        return [_text(name, each, cover) for each in value]
    if not isinstance(value, str):
        return covered_fields(value, cover)
    # What somebody gave to be reached by is contact data to its last letter.
    return COVER * len(value) if name == "contact" else cover(value)


def _require_covered(db: RowDB, path: Path) -> None:
    """Refuse rows that their history does not cover; what was exported before rows were pinned is pinned as it is."""
    if not any("rows" in row for row in db.table("payload")):
        pin_all(db)
    found = misfits(db)
    if found:
        detail = f"{found[0].subject} is not what its history says; a copy to import is made with export --whole"
        raise BadImport(path=str(path), detail=detail)


def import_(url: str, path: Path) -> dict[str, int]:
    """Fill an empty inbox from a file; all of it or nothing.

    Returns:
        How many documents, by table.

    Raises:
        BadImport: The inbox is not empty, or the file is no inbox, or its history does not fit.
        MajlisError: The inbox cannot be opened.
        OSError: The file cannot be read.
    """
    db = open_rows(url)
    try:
        with db.transaction():
            if any(len(db.table(table)) for table in db.tables()):
                raise BadImport(path=str(path), detail="this inbox is not empty")
            counts = import_json(path, db)
            fill_found(db)
            for kind, table in TABLES.items():
                for row in db.table(table):
                    value_of(row, kind)
            if head_of(db)[0] == 0:
                raise BadImport(path=str(path), detail="it holds no history, so it is no inbox")
            if (broken := chain_break(db)) is not None:
                raise BadImport(path=str(path), detail=f"its history does not fit from revision {broken} on")
            _require_covered(db, path)
    except (msgspec.ValidationError, KeyError) as error:
        raise BadImport(path=str(path), detail=str(error)) from error
    finally:
        db.close()
    return counts
