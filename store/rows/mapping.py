"""A table's rows as mappings, for TinyDB's own operations: what they touch is read, what they change written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from majlis.errors import StoreDamaged
from store.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .engine import Engine

CHUNK = 1000
"""Rows read at a time where a table is walked without one long read."""


class ReadRows(Mapping[str, dict[str, Any]]):
    """What `Table._read_table` gives: ids as strings, documents decoded when asked for."""

    def __init__(self, engine: Engine, table: str) -> None:
        self._engine = engine
        self._table = table

    def __getitem__(self, key: str) -> dict[str, Any]:
        doc_id = row_id(key)
        body = None if doc_id is None else self._engine.row(self._table, doc_id)
        if body is None:
            raise KeyError(key)
        return document_of(self._engine, self._table, body)

    def __iter__(self) -> Iterator[str]:
        return (str(doc_id) for doc_id, _ in walk(self._engine, self._table))

    def __len__(self) -> int:
        return self._engine.count(self._table)


class OpenRows(MutableMapping[int, dict[str, Any]]):
    """What `Table._update_table` gives its updater: documents that may be changed in place, until `flush`."""

    def __init__(self, engine: Engine, table: str) -> None:
        self._engine = engine
        self._table = table
        self._bodies: dict[int, str] = {}
        self._documents: dict[int, dict[str, Any]] = {}
        self._gone: set[int] = set()

    def __getitem__(self, key: int) -> dict[str, Any]:
        if key not in self._documents:
            if key in self._gone or (body := self._engine.row(self._table, key)) is None:
                raise KeyError(key)
            self._bodies[key] = body
            self._documents[key] = document_of(self._engine, self._table, body)
        return self._documents[key]

    def __setitem__(self, key: int, document: dict[str, Any]) -> None:
        if key not in self._documents and key not in self._gone:
            body = self._engine.row(self._table, key)
            if body is not None:
                self._bodies[key] = body
        self._documents[key] = document

    def __delitem__(self, key: int) -> None:
        self[key]
        del self._documents[key]
        if self._bodies.pop(key, None) is not None:
            self._gone.add(key)

    def __iter__(self) -> Iterator[int]:
        stored = {doc_id for doc_id, _ in walk(self._engine, self._table)} - self._gone
        return iter(sorted(stored | self._documents.keys()))

    def __len__(self) -> int:
        new = self._documents.keys() - self._bodies.keys() - self._gone
        replaced = self._documents.keys() & self._gone
        return self._engine.count(self._table) - len(self._gone) + len(new) + len(replaced)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and (key in self._documents or super().__contains__(key))

    def clear(self) -> None:
        """Forget every row at once; ids begin with 1 again."""
        self._engine.clear(self._table)
        self._bodies.clear()
        self._documents.clear()
        self._gone.clear()

    def flush(self) -> None:
        """Write what was changed, added and removed."""
        self._engine.delete(self._table, self._gone)
        written = {doc_id: encode(document) for doc_id, document in self._documents.items()}
        self._engine.replace(
            self._table,
            [(doc_id, body) for doc_id, body in written.items() if self._bodies.get(doc_id, body) != body],
        )
        self._engine.insert(
            self._table, [(doc_id, body) for doc_id, body in written.items() if doc_id not in self._bodies]
        )


def document_of(engine: Engine, table: str, body: str) -> dict[str, Any]:
    """Return the document of a row.

    Raises:
        StoreDamaged: The row holds something else.
    """
    try:
        found = decode(body)
    except (ValueError, TypeError) as error:  # a row of octets is no text
        raise StoreDamaged(path=engine.path, detail=f"{table}: {error}") from error
    if not isinstance(found, dict):
        raise StoreDamaged(path=engine.path, detail=f"{table}: no document")
    return found


def walk(engine: Engine, table: str) -> Iterator[tuple[int, str]]:
    """Read a table by chunks; what others write meanwhile may or may not be among them."""
    last: int | None = None
    while rows := list(engine.rows(table, after=last, limit=CHUNK)):
        yield from rows
        last = rows[-1][0]


def row_id(key: Hashable) -> int | None:
    """Return the id behind a key as JSON files have it, None for one that no row can have."""
    try:
        doc_id = int(str(key))
    except ValueError:
        return None
    return doc_id if str(doc_id) == str(key) else None
