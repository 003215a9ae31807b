"""A TinyDB table whose documents are rows of a database."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tinydb.table import Document, Table
from tinydb.utils import LRUCache

from store.codec import encode

from .engine import Position, SortKey
from .mapping import CHUNK, OpenRows, ReadRows, document_of, row_id, walk
from .where import EVERYTHING, NOTHING, Sql, shape_of, tells_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence

    from tinydb.queries import QueryLike

    from .database import RowStorage
    from .engine import Placed, Row, Scalar

    Place: TypeAlias = Position | tuple[Scalar, ...]
    Fields: TypeAlias = Mapping[Any, Any] | Callable[[MutableMapping[Any, Any]], None]

_ROWS_REMEMBERED: Final = 1000
"""A longer answer is not kept: TinyDB's cache counts queries, not what they hold. A guess."""


class Answer:
    """What a query found, as texts: each caller gets documents of its own."""

    __slots__ = ("number", "rows")

    def __init__(self) -> None:
        self.rows: list[Row] | None = None
        """None while nobody asked for them."""
        self.number: int | None = None
        """How many; None while nobody asked."""


class PlacedDocument(Document):
    """A document of a window, and its place there."""

    def __init__(self, value: Mapping[Any, Any], doc_id: int, position: Position) -> None:
        super().__init__(value, doc_id)
        self.position = position
        """Give it back to `window` to go on from here."""


class RowTable(Table):
    """TinyDB's table; every operation reads and writes only rows it can touch, and is one transaction.

    Documents come in the order of their ids. Ids are taken inside the transaction and never given twice, until
    `truncate`. Documents are returned as copies: changing one changes nothing stored.
    """

    query_cache_class = LRUCache
    _storage: RowStorage

    def __init__(
        self,
        storage: RowStorage,
        name: str,
        cache_size: int = Table.default_query_cache_capacity,
        persist_empty: bool = False,
    ) -> None:
        super().__init__(storage, name, cache_size)
        self._engine = storage.engine
        self._answers: LRUCache[QueryLike, Answer] = self._query_cache  # type: ignore[assignment]  # ours hold answers
        self._remembered_at: object = None
        if persist_empty:
            with self._engine.transaction():
                self._engine.create(name)

    # ----------------------------------------------------------------------------------------------- TinyDB's own way

    def _read_table(self) -> Mapping[str, Mapping[str, Any]]:  # type: ignore[override]  # lazy, so no dict
        return ReadRows(self._engine, self.name)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        with self._engine.transaction():
            self._engine.create(self.name)
            rows = OpenRows(self._engine, self.name)
            updater(rows)
            rows.flush()
        self.clear_cache()

    def _get_next_id(self) -> int:
        with self._engine.transaction():
            self._engine.create(self.name)
            return self._engine.new_ids(self.name, 1)[0]

    # ------------------------------------------------------------------------------------------------------- writing

    def insert(self, document: Mapping[Any, Any]) -> int:
        """Insert a document and return its id.

        Raises:
            ValueError: No mapping, or its id is taken.
            DuplicateKey: A value that has to be unique is taken.
        """
        return self.insert_multiple((document,))[0]

    def insert_multiple(self, documents: Iterable[Mapping[Any, Any]]) -> list[int]:
        """Insert documents, all or none, and return their ids.

        Raises:
            ValueError: One is no mapping, or its id is taken.
            DuplicateKey: A value that has to be unique is taken.
        """
        doc_ids: list[int] = []
        with self._engine.transaction():
            self._engine.create(self.name)
            batch: list[Mapping[Any, Any]] = []
            for document in documents:
                batch.append(document)
                if len(batch) == CHUNK:
                    doc_ids += self._insert(batch)
                    batch = []
            doc_ids += self._insert(batch)
        self.clear_cache()
        return doc_ids

    def _insert(self, documents: Sequence[Mapping[Any, Any]]) -> list[int]:
        bodies = [encode(document) for document in documents if _is_mapping(document)]
        new = sum(not isinstance(document, self.document_class) for document in documents)
        fresh = iter(self._engine.new_ids(self.name, new) if new else ())
        doc_ids = [
            int(document.doc_id) if isinstance(document, self.document_class) else next(fresh) for document in documents
        ]
        self._engine.insert(self.name, zip(doc_ids, bodies, strict=True))
        return doc_ids

    def update(
        self,
        fields: Fields,
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        """Update documents that match, or have these ids, or all; return the ids of those."""
        if doc_ids is not None:
            return super().update(fields, doc_ids=doc_ids)
        return self.update_multiple([(fields, _every if cond is None else cond)])

    def update_multiple(self, updates: Iterable[tuple[Fields, QueryLike]]) -> list[int]:
        """Update documents by several pairs of change and condition, in their order; return the ids, one per change."""
        pairs = [(_change(fields), cond) for fields, cond in updates]
        updated: list[int] = []
        changed: list[Row] = []
        with self._engine.transaction():
            for doc_id, body in self._candidates([cond for _, cond in pairs]):
                document = document_of(self._engine, self.name, body)
                for change, cond in pairs:
                    if cond(document):
                        updated.append(doc_id)
                        change(document)
                if updated and updated[-1] == doc_id and (text := encode(document)) != body:
                    changed.append((doc_id, text))
            self._engine.replace(self.name, changed)
        self.clear_cache()
        return updated

    def upsert(self, document: Mapping[Any, Any], cond: QueryLike | None = None) -> list[int]:
        """Update what matches, or insert; nobody else can do the same in between."""
        with self._engine.transaction():
            return super().upsert(document, cond)

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        """Remove documents that match, or have these ids; return the ids of those."""
        if doc_ids is not None or cond is None:
            return super().remove(cond, doc_ids)
        with self._engine.transaction():
            removed = [doc_id for doc_id, _ in self._matching(cond)]
            self._engine.delete(self.name, removed)
        self.clear_cache()
        return removed

    def truncate(self) -> None:
        """Remove all documents; ids begin with 1 again."""
        self._update_table(lambda table: table.clear())

    # ------------------------------------------------------------------------------------------------------- reading

    def all(self) -> list[Document]:
        """Return all documents, as they are at one moment."""
        with self._engine.snapshot():
            return [self._document(row) for row in self._engine.rows(self.name)]

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that match."""
        answer = self._answer(cond)
        rows = answer.rows
        if rows is None:
            with self._engine.snapshot():
                rows = list(self._matching(cond))
            if len(rows) <= _ROWS_REMEMBERED:
                answer.rows, answer.number = rows, len(rows)
        return [self._document(row) for row in rows]

    def get(  # pyright: ignore[reportIncompatibleMethodOverride]  # one signature takes in all of TinyDB's overloads
        self,
        cond: QueryLike | None = None,
        doc_id: int | None = None,
        doc_ids: list[int] | None = None,
    ) -> Any:
        """Return a document by id or condition, or those of several ids; None if there is none."""
        if doc_id is not None:
            number = row_id(doc_id)
            body = None if number is None else self._engine.row(self.name, number)
            return None if body is None else self._document((number or 0, body))
        if doc_ids is not None:
            numbers = sorted({number for key in doc_ids if (number := row_id(key)) is not None})
            found = ((number, self._engine.row(self.name, number)) for number in numbers)
            with self._engine.snapshot():
                return [self._document((number, body)) for number, body in found if body is not None]
        if cond is None:
            raise RuntimeError("You have to pass either cond or doc_id or doc_ids")
        row = self._first(cond)
        return None if row is None else self._document(row)

    def count(self, cond: QueryLike) -> int:
        """Count the documents that match, by an index where there is one."""
        answer = self._answer(cond)
        if answer.number is None:
            answer.number = self._count(cond)
        return answer.number

    def __len__(self) -> int:
        return self._engine.count(self.name)

    def __iter__(self) -> Iterator[Document]:
        return (self._document(row) for row in walk(self._engine, self.name))

    def window(
        self,
        cond: QueryLike | None = None,
        order_by: Sequence[str] = (),
        *,
        after: Place | None = None,
        before: Place | None = None,
        last: bool = False,
        limit: int | None = None,
    ) -> list[PlacedDocument]:
        """Return documents next to a place in an order; with an index on it, the deepest costs what the first does.

        Args:
            cond: Which documents; None is all.
            order_by: Paths of keys with dots between them, `-` in front for the greatest first. Documents with equal
                values stand by id, in the direction of the first path.
            after: Those behind this place: a document's `position`, or values for the paths.
            before: Those directly in front of it.
            last: The end of the order.
            limit: Documents at most; None is all of them.

        Returns:
            In the order asked for, each with its `position`.
        """
        if sum((after is not None, before is not None, last)) > 1:
            raise ValueError("A window is after a place, before one, or at the end; not two of these")
        order = tuple(map(SortKey.parse, order_by))
        backwards = last or before is not None
        found: list[PlacedDocument] = []
        with self._engine.snapshot():
            place = _position(after if before is None else before)
            chunk = CHUNK if limit is None else limit
            found += islice(self._ordered(cond, order, place, backwards=backwards, limit=chunk), limit)
        return found[::-1] if backwards else found

    def rank(self, cond: QueryLike | None, order_by: Sequence[str], place: Place) -> int:
        """Count the documents that match and stand strictly in front of a place."""
        order = tuple(map(SortKey.parse, order_by))
        position = Position(place) if isinstance(place, tuple) else place
        condition = self._engine.compile(self.name, cond)
        with self._engine.snapshot():
            if condition.exact:
                return self._engine.rank(self.name, condition.may, order, position)
            return sum(1 for _ in self._ordered(cond, order, position, backwards=True, limit=CHUNK))

    # ------------------------------------------------------------------------------------------------------- insides

    def _document(self, row: Row) -> Document:
        return self.document_class(document_of(self._engine, self.name, row[1]), self.document_id_class(row[0]))

    def _matching(self, cond: QueryLike) -> Iterator[Row]:
        """Return the rows that match, by id; within a snapshot or a transaction."""
        condition = self._engine.compile(self.name, cond)
        rows = self._engine.rows(self.name, condition.may)
        return rows if condition.exact else (row for row in rows if self._holds(cond, row))

    def _holds(self, cond: QueryLike, row: Row) -> bool:
        return bool(cond(document_of(self._engine, self.name, row[1])))

    def _candidates(self, conds: Sequence[QueryLike]) -> list[Row]:
        """Return the rows that one of these may match: all of them now, since they are about to be written."""
        wheres = [self._engine.compile(self.name, cond if cond is not _every else None).may for cond in conds]
        if EVERYTHING in wheres:
            return list(self._engine.rows(self.name))
        text = " OR ".join(f"({where.text})" for where in wheres)
        return list(self._engine.rows(self.name, Sql(text, tuple(p for where in wheres for p in where.params))))

    def _first(self, cond: QueryLike) -> Row | None:
        condition = self._engine.compile(self.name, cond)
        if condition.exact:
            return next(iter(self._engine.rows(self.name, condition.may, limit=1)), None)
        with self._engine.snapshot():
            return next(self._matching(cond), None)

    def _count(self, cond: QueryLike) -> int:
        condition = self._engine.compile(self.name, cond)
        if condition.exact:
            return self._engine.count(self.name, condition.may)
        may, must = condition.may, condition.must
        with self._engine.snapshot():
            if must == NOTHING:
                return sum(self._holds(cond, row) for row in self._engine.rows(self.name, may))
            between = Sql(f"({may.text}) AND (({must.text}) IS NOT TRUE)", (*may.params, *must.params))
            unsure = sum(self._holds(cond, row) for row in self._engine.rows(self.name, between))
            return self._engine.count(self.name, must) + unsure

    def _ordered(
        self,
        cond: QueryLike | None,
        order: Sequence[SortKey],
        position: Position | None,
        *,
        backwards: bool,
        limit: int,
    ) -> Iterator[PlacedDocument]:
        """Return documents from a place on, the nearest first, reading `limit` rows at a time; within a snapshot."""
        condition = self._engine.compile(self.name, cond)
        unsure = None if condition.exact else cond
        while True:
            rows = self._engine.ordered(self.name, condition.may, order, position, backwards=backwards, limit=limit)
            for row in rows:
                placed = self._placed(row)
                if unsure is None or unsure(placed):
                    yield placed
            if len(rows) < limit:
                return
            position = Position(rows[-1].values, rows[-1].doc_id)

    def _placed(self, row: Placed) -> PlacedDocument:
        document = document_of(self._engine, self.name, row.body)
        return PlacedDocument(document, row.doc_id, Position(row.values, row.doc_id))

    def _answer(self, cond: QueryLike) -> Answer:
        """Return what is remembered of a query, or room for it; anybody's commit forgets everything."""
        version = self._engine.version()
        if version != self._remembered_at:
            self.clear_cache()
            self._remembered_at = version
        answer = self._answers.get(cond)
        if answer is None:
            answer = Answer()
            shape = shape_of(cond)
            if tells_all(shape) if shape is not None else getattr(cond, "is_cacheable", lambda: True)():
                self._answers[cond] = answer
        return answer


def _position(place: Place | None) -> Position | None:
    return Position(place) if isinstance(place, tuple) else place


def _every(value: Mapping[Any, Any]) -> bool:  # noqa: ARG001 - as TinyDB calls a condition
    return True


def _is_mapping(document: object) -> bool:
    """Say that a document is one.

    Raises:
        ValueError: It is not.
    """
    if isinstance(document, Mapping):
        return True
    raise ValueError("Document is not a Mapping")


def _change(fields: Fields) -> Callable[[MutableMapping[Any, Any]], None]:
    if callable(fields):
        return fields
    return lambda document: document.update(fields)
