"""SQL about documents, in whichever engine's words: names, tests, orders, indexes; pure text, run by the engines.

A document's value at a path is one expression by which it is compared and sorted: NULL for what is missing, null, a
list or an object; then numbers, and truth values as 1 and 0, which is how Python compares them too; then texts by code
point. What an engine calls these things is in the abstract part of `Terms`.
"""
# ruff: noqa: S608 - this module is where SQL is put together: paths are quoted, values are parameters

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

from store.codec import escape

from .where import NOTHING, Condition, Sql, condition_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from tinydb.queries import QueryLike

    from .engine import Position, Scalar, SortKey

ESCAPE: Final = "\ue000"
"""First half of the pairs in which `codec` writes lone surrogates."""
ID_LIMIT: Final = 2**63
"""Row ids are signed 64-bit integers."""
_LONGEST_LIST: Final = 200
"""Literals of a `one_of` handed to SQL; a guess, well under what either engine takes as parameters."""
_LONGEST_PART: Final = 1000
"""Letters of a part that is looked for by SQL; patterns of SQLite end at 50,000 bytes."""
_TABLE: Final = "doc_"
_PLAIN_KEY: Final = re.compile(r'[^"\\\x00-\x1f\x7f]+')
_BARE_MARK: Final = re.compile(r"('(?:[^']|'')*')|\?")
_NAME_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def spelled_name(table: str) -> str:
    """Return a table's name as SQL can have it, however long.

    SQLite takes `A` and `a` for one name and TinyDB does not: all but small letters, digits and `_` become `%xx`.
    """
    octets = table.encode("utf-8", "surrogatepass")
    return _TABLE + "".join(chr(o) if chr(o) in _NAME_LETTERS else f"%{o:02x}" for o in octets)


def table_of(name: str) -> str | None:
    """Return the table behind a spelled name; None if it is no table of documents."""
    if not name.startswith(_TABLE):
        return None
    octets = re.sub(rb"%([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), name.removeprefix(_TABLE).encode())
    try:
        table = octets.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # of somebody else's making
        return None
    return table if spelled_name(table) == name else None


def quoted(text: str) -> str:
    """Return an SQL literal of a text."""
    return "'" + text.replace("'", "''") + "'"


def is_plain(path: Sequence[str]) -> bool:
    """Say whether every key of a path can be written in SQL as it is stored."""
    return all(_PLAIN_KEY.fullmatch(key) and escape(key) == key for key in path)


def written_out(condition: Sql) -> Sql:
    """Return a condition with its parameters in the text: a partial index is known again only by its very words."""
    params = iter(condition.params)
    return Sql(_BARE_MARK.sub(lambda found: found[1] or _literal(next(params)), condition.text))


def numbered(text: str) -> str:
    """Return a statement with `$1`, `$2` … where it has `?`."""
    count = iter(range(1, text.count("?") + 1))
    return _BARE_MARK.sub(lambda found: found[1] or f"${next(count)}", text)


def spelled(keys: Iterable[SortKey], document: object = None) -> str:
    """Return key paths, or the values they lead to, for a person."""
    if document is None:
        return ", ".join(".".join(key.path) for key in keys)
    return ", ".join(str(value_in(document, key.path)) for key in keys)


def value_in(document: object, path: Sequence[str]) -> Any:
    """Return what is at a path of keys; None if nothing is."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def hashed(prefix: str, *parts: object) -> str:
    """Return a name, in quotes, that is the same only for the same parts."""
    return f'"{prefix}_{hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]}"'


def where_text(where: Sql, everything: Sql) -> str:
    """Return a WHERE clause, nothing for every row."""
    return "" if where == everything else f" WHERE {where.text}"


def compares_as(literal: object, base: Any) -> bool:
    """Say whether a subclass, such as an enum of texts, compares as the plain type does."""
    own: Any = type(literal)
    return own.__eq__ is base.__eq__ and own.__lt__ is base.__lt__ and own.__gt__ is base.__gt__


class Terms(ABC):
    """One engine's words, and the SQL that is made of them."""

    text: ClassVar[str]
    """What the engine calls the kind of a text."""
    unlike: ClassVar[str]
    """Its word for “differs, or one of the two is NULL”."""
    holds: ClassVar[str]
    """Its function for where a text holds another one; 0 for nowhere."""
    first_text: ClassVar[str]
    """The literal that comes behind all numbers and before all texts."""
    rising: ClassVar[str]
    """Its words for an order in which NULL comes first."""
    falling: ClassVar[str]
    """The opposite."""

    @abstractmethod
    def table_name(self, table: str) -> str:
        """Return the SQL name of a table, in quotes."""

    @abstractmethod
    def place(self, path: Sequence[str]) -> str:
        """Return what leads to a plain path."""

    @abstractmethod
    def kind(self, place: str) -> str:
        """Return the expression for the kind of what is at a place; NULL for nothing."""

    @abstractmethod
    def value(self, place: str) -> str:
        """Return the expression for what a document is compared and sorted by."""

    @abstractmethod
    def text_at(self, place: str) -> str:
        """Return the expression for the text at a place that holds one."""

    @abstractmethod
    def held(self, place: str) -> tuple[str, str, str]:
        """Return, for the list at a place: what to select from, an item's value, and the test for a null."""

    @abstractmethod
    def param(self, literal: object) -> Scalar:
        """Return a literal as a parameter, None if SQL would not compare it as Python does."""

    @abstractmethod
    def sorted_as(self, given: Scalar) -> Scalar:
        """Return a value of a position as a parameter."""

    @abstractmethod
    def plain(self, found: Scalar, body: str, path: Sequence[str]) -> Scalar:
        """Return what a value that SQL gave stands for: the one at this path of the document."""

    @abstractmethod
    def index_text(self, table: str, name: str, keys: Sequence[SortKey], *, unique: bool, where: Sql | None) -> str:
        """Return the statement that makes an index."""

    def can_order(self, _literal: object) -> bool:
        """Say whether SQL alone knows what comes before or behind a literal that it can compare."""
        return True

    # --------------------------------------------------------------------------------------------------------- tests

    def leaf(self, op: str, path: tuple[str, ...], literal: object) -> Condition | None:  # noqa: PLR0911  one line each
        """Return the condition of one test; see `where.Leaves`."""
        if not is_plain(path):
            return None
        place = self.place(path)
        kind = self.kind(place)
        there = Sql(f"{kind} IS NOT NULL")
        match op:
            case "exists":
                return Condition(there, there)
            case "contains":
                return self._contains(place, literal)
            case "matches" | "search":
                return Condition(Sql(f"{kind}='{self.text}'"), NOTHING)
            case "any":
                return Condition(self._any_of(place, literal), NOTHING)
            case "all":
                return Condition(Sql(f"{kind} IN ('array','object','{self.text}')"), NOTHING)
            case "one_of":
                found = self._one_of(place, literal)
            case "==" | "!=":
                found = self._equality(op, place, literal)
            case _:
                found = self._comparison(op, place, literal)
        return Condition(there, NOTHING) if found is None else Condition(found, found)

    def _contains(self, place: str, literal: object) -> Condition:
        """Return the condition of a part of a text; see `whole_part` for what decides it."""
        is_text = f"{self.kind(place)}='{self.text}'"
        decided = self.whole_part(self.text_at(place), literal)
        may = Sql(is_text) if decided is None else Sql(f"{is_text} AND {decided.text}", decided.params)
        return Condition(may, NOTHING if decided is None else may)

    def whole_part(self, found: str, literal: object) -> Sql | None:
        """Return the test for a part of a stored text, None if SQL cannot decide it.

        What is stored is escaped, and the second half of an escaped pair looks like a letter: such halves that equal
        the first letter of the part are taken out before it is looked for.
        """
        if not isinstance(literal, str) or not 0 < len(literal) <= _LONGEST_PART:
            return None
        if escape(literal) != literal or literal[0] == "\x02":
            return None
        pair = ESCAPE + literal[0]
        return Sql(f"{self.holds}(replace({found},?,?),?)>0", (pair, ESCAPE, literal))

    def _equality(self, op: str, place: str, literal: object) -> Sql | None:
        if literal is None:
            return Sql(f"{self.kind(place)}{'=' if op == '==' else '<>'}'null'")
        param = self.param(literal)
        if param is None:
            return None
        if op == "==":
            return Sql(f"{self.value(place)}=?", (param,))
        return Sql(f"{self.kind(place)} IS NOT NULL AND {self.value(place)} {self.unlike} ?", (param,))

    def _comparison(self, op: str, place: str, literal: object) -> Sql | None:
        """Compare within a kind: SQL puts every number before every text, Python compares no number with a text."""
        param = self.param(literal)
        if param is None or not self.can_order(literal):
            return None
        text = f"{self.value(place)}{op}?"
        if isinstance(literal, str) and op in ("<", "<="):
            text += f" AND {self.value(place)}>={self.first_text}"
        elif not isinstance(literal, str) and op in (">", ">="):
            text += f" AND {self.value(place)}<{self.first_text}"
        return Sql(text, (param,))

    def _one_of(self, place: str, literal: object) -> Sql | None:
        params = self._params(literal)
        if params is None:
            return None
        return _in(self.value(place), f"{self.kind(place)}='null'", params)

    def _any_of(self, place: str, literal: object) -> Sql:
        """Narrow down to lists that hold one of the literals; TinyDB walks texts and objects too, by itself."""
        params = self._params(literal)
        kind = self.kind(place)
        if params is None:
            return Sql(f"{kind} IN ('array','object','{self.text}')")
        items, value, null = self.held(place)
        test = _in(value, null, params)
        return Sql(
            f"{kind} IN ('object','{self.text}') OR ({kind}='array' AND "
            f"EXISTS(SELECT 1 FROM {items} WHERE {test.text}))",
            test.params,
        )

    def _params(self, literal: object) -> tuple[Scalar, ...] | None:
        """Return the literals of a list, or None if SQL cannot compare one of them or they are no list."""
        if not isinstance(literal, tuple | frozenset) or len(literal) > _LONGEST_LIST:
            return None
        params = tuple(None if item is None else self.param(item) for item in literal)
        if any(param is None and item is not None for param, item in zip(params, literal, strict=True)):
            return None
        return params if isinstance(literal, tuple) else tuple(sorted(params, key=repr))

    # -------------------------------------------------------------------------------------------------------- orders

    def value_at(self, path: Sequence[str]) -> str:
        """Return the expression for the value at a path of keys.

        Raises:
            ValueError: The path cannot be said in SQL.
        """
        if not is_plain(path):
            raise ValueError(f"Keys with quotes, backslashes or control characters cannot be sorted by: {path!r}")
        return self.value(self.place(path))

    def order_by(self, order: Sequence[SortKey], *, backwards: bool) -> list[tuple[str, bool]]:
        """Return the expressions to sort by and whether each descends; the id is the last one.

        The id goes the way of the first key, as it does in an index read forwards or backwards.
        """
        columns = [(self.value_at(key.path), key.descending is not backwards) for key in order]
        return [*columns, ("id", columns[0][1] if columns else backwards)]

    def behind(self, columns: Sequence[tuple[str, bool]], position: Position) -> Iterator[tuple[Sql, int]]:
        """Return the conditions of what lies behind a position, nearest part first, and how many columns each fixes.

        Parts do not overlap, and each is one stretch of an index on the columns: the deepest row costs what the first
        does.
        """
        values = [self.sorted_as(value) for value in position.values]
        if len(values) != len(columns) - 1:
            raise ValueError(f"This order has {len(columns) - 1} keys, the position {len(values)}")
        if position.doc_id is not None:
            values.append(position.doc_id)
        for fixed in range(len(values) - 1, -1, -1):
            equal = [_equal(columns[i][0], values[i]) for i in range(fixed)]
            for beyond, one_value in _beyond(*columns[fixed], values[fixed]):
                parts = [*equal, beyond]
                text = " AND ".join(f"({part.text})" for part in parts)
                yield Sql(text, tuple(param for part in parts for param in part.params)), fixed + one_value

    def order_text(self, columns: Sequence[tuple[str, bool]]) -> str:
        """Return an ORDER BY list."""
        return ",".join(self._directed(column, descending=descending) for column, descending in columns)

    def stretch_order(self, columns: Sequence[tuple[str, bool]], fixed: int) -> str:
        """Return the ORDER BY list of a stretch in which the first columns have one value each."""
        return self.order_text(columns[fixed:])

    def _directed(self, column: str, *, descending: bool) -> str:
        if column == "id":
            return "id DESC" if descending else "id"
        return f"{column} {self.falling if descending else self.rising}"

    # ------------------------------------------------------------------------------------------------------- indexes

    def index_name(self, table: str, keys: Sequence[SortKey], *, unique: bool, where: Sql | None) -> str:
        """Return a name, in quotes, that is the same only for the same index."""
        return hashed("ix", table, [(key.path, key.descending) for key in keys], unique, where)

    def index_columns(self, keys: Sequence[SortKey]) -> str:
        """Return the columns of an index; its first key ascends, so that ids run the right way within it."""
        flipped = keys[0].descending
        return self.order_text([(self.value_at(key.path), key.descending is not flipped) for key in keys])

    def declared_condition(self, query: QueryLike) -> tuple[Hashable, Sql]:
        """Return the structure of an index's query and its condition, written out.

        Raises:
            ValueError: SQL alone cannot decide it.
        """
        shape = shape_of(query)
        condition = condition_of(shape, Words(self, {}))
        if shape is None or not condition.exact:
            raise ValueError(f"An index can only be kept on what SQL alone decides, not {query!r}")
        return shape, written_out(condition.may)


class PartsFinder(ABC):
    """Finds parts of the text at one path of a table."""

    @abstractmethod
    def condition(self, literal: object) -> Condition | None:
        """Return the condition of a part, None if the index cannot help."""


class Words:
    """An engine's `Leaves` for one table: its tests, and what its indexes were declared with."""

    def __init__(
        self,
        terms: Terms,
        declared: Mapping[Hashable, Sql],
        parts: Mapping[tuple[str, ...], PartsFinder] | None = None,
    ) -> None:
        self._terms = terms
        self._declared = declared
        self._parts = parts or {}

    def leaf(self, op: str, path: tuple[str, ...], literal: object) -> Condition | None:
        """Return the condition of one test."""
        index = self._parts.get(path) if op == "contains" else None
        by_index = index.condition(literal) if index is not None else None
        return by_index or self._terms.leaf(op, path, literal)

    def given(self, shape: Hashable) -> Sql | None:
        """Return the text under which an index was declared."""
        return self._declared.get(shape)


def _in(found: str, null: str, params: Sequence[Scalar]) -> Sql:
    given = tuple(param for param in params if param is not None)
    tests = [f"{found} IN ({','.join('?' * len(given))})"] if given else []
    if len(given) < len(params):
        tests.append(null)
    return Sql(" OR ".join(tests), given) if tests else NOTHING


def _equal(column: str, given: Scalar) -> Sql:
    return Sql(f"{column} IS NULL") if given is None else Sql(f"{column}=?", (given,))


def _beyond(column: str, descending: bool, given: Scalar) -> Iterator[tuple[Sql, bool]]:
    """Return the stretches of one column behind a value, and whether each is one value.

    NULL comes first, or last in a descending column.
    """
    if given is None:
        if not descending:
            yield Sql(f"{column} IS NOT NULL"), False
    elif descending:
        yield Sql(f"{column}<?", (given,)), False
        if column != "id":
            yield Sql(f"{column} IS NULL"), True
    else:
        yield Sql(f"{column}>?", (given,)), False


def _literal(param: object) -> str:
    return quoted(param) if isinstance(param, str) else repr(param)
