"""What the engines do in the same way: declared indexes, compiled queries, and reading a table in an order."""
# ruff: noqa: S608 - this module is where SQL is put together: names and paths quoted by `terms`, values as parameters

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from majlis.errors import NotAStore, StoreDamaged
from store.codec import decode

from .engine import Placed, Position, SortKey
from .terms import ID_LIMIT, PartsFinder, Terms, Words, where_text
from .where import ALWAYS, EVERYTHING, Condition, Sql, condition_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from datetime import datetime
    from functools import _lru_cache_wrapper

    from tinydb.queries import QueryLike

    from .engine import Row

_CONDITIONS_KEPT: Final = 512


class SqlEngine(ABC):
    """An engine's common half; see `engine.Engine` for what it promises."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._declared: dict[str, dict[Hashable, Sql]] = {}
        self._indexes: dict[str, dict[str, str]] = {}
        """By table, then by name: the statements that make them."""
        self._parts: dict[str, dict[tuple[str, ...], PartsFinder]] = {}
        self._keys: dict[str, tuple[str, tuple[SortKey, ...]]] = {}
        """Of indexes by name, without quotes: table and keys."""
        self._compiled: _lru_cache_wrapper[Condition] = lru_cache(_CONDITIONS_KEPT)(self._compile)

    @abstractmethod
    def _read(self, table: str, text: str, params: Sequence[Any] = ()) -> list[Any]:
        """Run a statement on a table, which is empty while it does not exist."""

    @abstractmethod
    def tables(self) -> set[str]:
        """Return the tables that exist."""

    @abstractmethod
    def rows(
        self, table: str, where: Sql = EVERYTHING, *, after: int | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """Return rows by id."""

    # ------------------------------------------------------------------------------------------------------- declared

    def _declare(self, table: str, keys: Sequence[SortKey], *, unique: bool, where: QueryLike | None) -> str:
        """Remember an index and return its name."""
        shape, condition = self._terms.declared_condition(where) if where is not None else (None, None)
        name = self._terms.index_name(table, keys, unique=unique, where=condition)
        text = self._terms.index_text(table, name, keys, unique=unique, where=condition)
        self._keys[name.strip('"')] = (table, tuple(keys))
        self._indexes.setdefault(table, {})[name] = text
        if condition is not None:
            self._declared.setdefault(table, {})[shape] = condition
            self._compiled.cache_clear()
        return name

    def _declare_parts(self, table: str, path: tuple[str, ...], finder: PartsFinder, name: str, making: str) -> None:
        """Remember an index of parts."""
        self._parts.setdefault(table, {})[path] = finder
        self._indexes.setdefault(table, {})[name] = making
        self._compiled.cache_clear()

    def compile(self, table: str, query: QueryLike | None) -> Condition:
        """Return what SQL can say about a query; None is every document."""
        return ALWAYS if query is None else self._compiled(table, shape_of(query))

    def _compile(self, table: str, shape: Hashable) -> Condition:
        return condition_of(shape, Words(self._terms, self._declared.get(table, {}), self._parts.get(table, {})))

    # -------------------------------------------------------------------------------------------------------- reading

    def _best(self, table: str, where: Sql, *, few: bool = True) -> Sql:  # noqa: ARG002  for engines that know better
        """Return a condition as it is best asked; `few`: only the first rows are wanted."""
        return where

    def count(self, table: str, where: Sql = EVERYTHING) -> int:
        """Count rows."""
        where = self._best(table, where, few=False)
        text = f"SELECT count(*) FROM {self._terms.table_name(table)}{where_text(where, EVERYTHING)}"
        return sum(number for (number,) in self._read(table, text, where.params))

    def row(self, table: str, doc_id: int) -> str | None:
        """Return one row's text."""
        if not -ID_LIMIT <= doc_id < ID_LIMIT:
            return None
        found = self._read(table, f"SELECT body FROM {self._terms.table_name(table)} WHERE id=?", (doc_id,))
        return found[0][0] if found else None

    def _rows_asked(self, table: str, where: Sql, after: int | None, limit: int | None) -> Sql:
        """Return the statement for rows by id, those with higher ids than `after`."""
        parts, params = [where.text], list(where.params)
        if after is not None:
            parts.append("id>?")
            params.append(after)
        some = "" if limit is None else f" LIMIT {limit:d}"
        conditions = " AND ".join(f"({part})" for part in parts)
        name = self._terms.table_name(table)
        return Sql(f"SELECT id,body FROM {name} WHERE {conditions} ORDER BY id{some}", tuple(params))

    def ordered(
        self,
        table: str,
        where: Sql,
        order: Sequence[SortKey],
        position: Position | None,
        *,
        backwards: bool,
        limit: int,
    ) -> list[Placed]:
        """Return rows strictly behind a position, the nearest first; from the beginning (or end) without one."""
        columns = self._terms.order_by(order, backwards=backwards)
        where = self._best(table, where)
        stretches = [(EVERYTHING, 0)] if position is None else self._terms.behind(columns, position)
        wanted = ",".join(["id", "body", *(column for column, _ in columns[:-1])])
        found: list[Placed] = []
        for stretch, fixed in stretches:
            text = (
                f"SELECT {wanted} FROM {self._terms.table_name(table)} WHERE ({where.text}) AND ({stretch.text}) "
                f"ORDER BY {self._terms.stretch_order(columns, fixed)} LIMIT {limit - len(found):d}"
            )
            rows = self._read(table, text, (*where.params, *stretch.params))
            found += (self._placed(order, row) for row in rows)
            if len(found) >= limit:
                break
        return found

    def _placed(self, order: Sequence[SortKey], row: Sequence[Any]) -> Placed:
        doc_id, body, *values = row
        plain = (self._terms.plain(value, body, key.path) for value, key in zip(values, order, strict=True))
        return Placed(doc_id, body, tuple(plain))

    def rank(self, table: str, where: Sql, order: Sequence[SortKey], position: Position) -> int:
        """Count rows strictly in front of a position."""
        columns = self._terms.order_by(order, backwards=True)
        return sum(
            self.count(table, Sql(f"({where.text}) AND ({stretch.text})", (*where.params, *stretch.params)))
            for stretch, _ in self._terms.behind(columns, position)
        )

    # -------------------------------------------------------------------------------------------------------- looking

    def server_time(self) -> datetime | None:
        """Return the time of the server that several machines share; None where there is none."""
        return None

    def strangers(self) -> list[str]:
        """Return what in the store this program has not made, by kind and name; nothing where others may not."""
        return []

    def became(self, mark: tuple[str, int]) -> bool:  # noqa: ARG002  for engines at the end of a line
        """Say whether a change that was in doubt was kept; on a file none ever is."""
        return False

    def _own_damage(self) -> list[str]:
        """Return what the engine itself finds to be damaged."""
        return []

    def check(self) -> list[str]:
        """Look for damage: the engine's own structures, then every document's text."""
        found: list[str] = []
        try:
            found.extend(self._own_damage())
            for table in sorted(self.tables()):
                found += self._unreadable(table)
        except (StoreDamaged, NotAStore) as damage:
            found.append(str(damage.facts.get("detail", damage)))
        return found

    def _unreadable(self, table: str) -> Iterator[str]:
        for doc_id, body in self.rows(table):
            try:
                decode(body)
            except (ValueError, TypeError) as error:  # a row of octets is no text
                yield f"{table} {doc_id}: {error}"
