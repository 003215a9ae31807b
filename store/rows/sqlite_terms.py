"""SQLite's words for tables, values, tests, orders and indexes; pure text, run by `sqlite.py`.

A document's value at a path is `json_extract`, except that lists and objects are NULL: as JSON text they would look
like strings. Truth values come out as 1 and 0, which is how Python compares them too.

Numbers: SQLite turns a real number's text into a double exactly as Python does between 1e-15 and 1e19; outside,
versions before 3.54 are sometimes one unit in the last place off (tried with 4 million values each on 3.51.3 and
3.54.1). Whole numbers beyond 64 bits become reals. So literals in the safe range are compared by SQL, others by TinyDB.
"""
# ruff: noqa: S608 - this module is where SQL is put together: paths are quoted, values are parameters

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from store.codec import escape, unescape

from .where import NOTHING, Condition, Sql, condition_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from tinydb.queries import QueryLike

    from .engine import Position, Scalar, SortKey

ESCAPE: Final = "\ue000"
"""First half of the pairs in which `codec` writes lone surrogates."""
ID_LIMIT: Final = 2**63
"""Row ids are signed 64-bit integers."""
_SMALLEST: Final = 1e-15
_LONGEST_LIST: Final = 200
"""Literals of a `one_of` handed to SQL; a guess, well under SQLite's 32,766 parameters."""
_LONGEST_PART: Final = 1000
"""Letters of a part that is looked for by SQL; patterns of SQLite end at 50,000 bytes."""
_TABLE: Final = "doc_"
_PLAIN_KEY: Final = re.compile(r'[^"\\\x00-\x1f\x7f]+')
_GLOB_SIGN: Final = re.compile(r"[*?\[]")
_BARE_MARK: Final = re.compile(r"('(?:[^']|'')*')|\?")


# -------------------------------------------------------------------------------------------------------------- tables


def table_name(table: str) -> str:
    """Return the SQL name of a table, in quotes.

    SQLite takes `A` and `a` for one name and TinyDB does not: all but small letters, digits and `_` become `%xx`.
    """
    octets = table.encode("utf-8", "surrogatepass")
    return '"' + _TABLE + "".join(chr(o) if chr(o) in _NAME_LETTERS else f"%{o:02x}" for o in octets) + '"'


def table_of(name: str) -> str | None:
    """Return the table behind an SQL name without its quotes; None if it is no table of documents."""
    if not name.startswith(_TABLE):
        return None
    octets = re.sub(rb"%([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), name.removeprefix(_TABLE).encode())
    return octets.decode("utf-8", "surrogatepass")


_NAME_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


# -------------------------------------------------------------------------------------------------------------- values


def quoted(text: str) -> str:
    """Return an SQL literal of a text."""
    return "'" + text.replace("'", "''") + "'"


def json_path(path: Sequence[str]) -> str | None:
    """Return a JSON path as an SQL literal; None if a key cannot be said in one."""
    if not all(_PLAIN_KEY.fullmatch(key) and escape(key) == key for key in path):
        return None
    return quoted("$" + "".join(f'."{key}"' for key in path))


def kind(where: str) -> str:
    """Return the expression for what is at a path: text, integer, real, true, false, null, array, object or NULL."""
    return f"json_type(body,{where})"


def value(where: str) -> str:
    """Return the expression for what a document is compared and sorted by at a JSON path."""
    return f"CASE {kind(where)} WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE json_extract(body,{where}) END"


def value_at(path: Sequence[str]) -> str:
    """Return the expression for the value at a path of keys.

    Raises:
        ValueError: The path cannot be said in SQL.
    """
    where = json_path(path)
    if where is None:
        raise ValueError(f"Keys with quotes, backslashes or control characters cannot be sorted by: {path!r}")
    return value(where)


# --------------------------------------------------------------------------------------------------------------- tests


def leaf(op: str, path: tuple[str, ...], literal: object) -> Condition | None:  # noqa: PLR0911  one line per test
    """Return the condition of one test; see `where.Leaves`."""
    where = json_path(path)
    if where is None:
        return None
    there = Sql(f"{kind(where)} IS NOT NULL")
    match op:
        case "exists":
            return Condition(there, there)
        case "contains":
            return _contains(kind(where), value(where), literal)
        case "matches" | "search":
            return Condition(Sql(f"{kind(where)}='text'"), NOTHING)
        case "any":
            return Condition(_any_of(where, literal), NOTHING)
        case "all":
            return Condition(Sql(f"{kind(where)} IN ('array','object','text')"), NOTHING)
        case "one_of":
            found = _one_of(where, literal)
        case "==" | "!=":
            found = _equality(op, where, literal)
        case _:
            found = _comparison(op, where, literal)
    return Condition(there, NOTHING) if found is None else Condition(found, found)


def _contains(kind_there: str, found: str, literal: object) -> Condition:
    """Return the condition of a part of a text; see `_whole_part` for what decides it."""
    decided = _whole_part(found, literal)
    may = (
        Sql(f"{kind_there}='text'")
        if decided is None
        else Sql(f"{kind_there}='text' AND {decided.text}", decided.params)
    )
    return Condition(may, NOTHING if decided is None else may)


def _whole_part(found: str, literal: object) -> Sql | None:
    """Return the test for a part of a stored text, None if SQL cannot decide it.

    What is stored is escaped, and the second half of an escaped pair looks like a letter: such halves that equal the
    first letter of the part are taken out before it is looked for.
    """
    if not isinstance(literal, str) or not 0 < len(literal) <= _LONGEST_PART:
        return None
    if escape(literal) != literal or literal[0] == "\x02":
        return None
    pair = ESCAPE + literal[0]
    return Sql(f"instr(replace({found},?,?),?)>0", (pair, ESCAPE, literal))


def _equality(op: str, where: str, literal: object) -> Sql | None:
    if literal is None:
        return Sql(f"{kind(where)}{'=' if op == '==' else '<>'}'null'")
    param = _param(literal)
    if param is None:
        return None
    if op == "==":
        return Sql(f"{value(where)}=?", (param,))
    return Sql(f"{kind(where)} IS NOT NULL AND {value(where)} IS NOT ?", (param,))


def _comparison(op: str, where: str, literal: object) -> Sql | None:
    """Compare within a kind: SQLite puts every number before every text, Python compares no number with a text."""
    param = _param(literal)
    if param is None:
        return None
    text = f"{value(where)}{op}?"
    if isinstance(param, str) and op in ("<", "<="):
        text += f" AND {value(where)}>=''"
    elif not isinstance(param, str) and op in (">", ">="):
        text += f" AND {value(where)}<''"
    return Sql(text, (param,))


def _one_of(where: str, literal: object) -> Sql | None:
    params = _params(literal)
    if params is None:
        return None
    return _in(value(where), f"{kind(where)}='null'", params)


def _any_of(where: str, literal: object) -> Sql:
    """Narrow down to lists that hold one of the literals; texts and objects, which TinyDB walks too, are left to it."""
    params = _params(literal)
    if params is None:
        return Sql(f"{kind(where)} IN ('array','object','text')")
    held = _in("value", "type='null'", params)
    return Sql(
        f"{kind(where)} IN ('object','text') OR ({kind(where)}='array' AND "
        f"EXISTS(SELECT 1 FROM json_each(body,{where}) WHERE {held.text}))",
        held.params,
    )


def _in(found: str, null: str, params: Sequence[Scalar]) -> Sql:
    given = tuple(param for param in params if param is not None)
    tests = [f"{found} IN ({','.join('?' * len(given))})"] if given else []
    if len(given) < len(params):
        tests.append(null)
    return Sql(" OR ".join(tests), given) if tests else NOTHING


def _params(literal: object) -> tuple[Scalar, ...] | None:
    """Return the literals of a list, or None if SQL cannot compare one of them or they are no list."""
    if not isinstance(literal, tuple | frozenset) or len(literal) > _LONGEST_LIST:
        return None
    params = tuple(None if item is None else _param(item) for item in literal)
    if any(param is None and item is not None for param, item in zip(params, literal, strict=True)):
        return None
    return params if isinstance(literal, tuple) else tuple(sorted(params, key=repr))


def _param(literal: object) -> str | int | float | None:
    """Return a literal as a parameter, None if SQL would not compare it as Python does."""
    if isinstance(literal, str) and _compares_as(literal, str):
        return escape(str.__str__(literal))
    if isinstance(literal, int) and _compares_as(literal, int) and -ID_LIMIT < literal < ID_LIMIT:
        return int(literal)
    if (
        isinstance(literal, float)
        and _compares_as(literal, float)
        and isfinite(literal)
        and (literal == 0 or _SMALLEST <= abs(literal) < ID_LIMIT)
    ):
        return float(literal)
    return None


def _compares_as(literal: object, base: Any) -> bool:
    """Say whether a subclass, such as an enum of texts, compares as the plain type does."""
    own: Any = type(literal)
    return own.__eq__ is base.__eq__ and own.__lt__ is base.__lt__ and own.__gt__ is base.__gt__


# -------------------------------------------------------------------------------------------------------------- orders


def order_by(order: Sequence[SortKey], *, backwards: bool) -> list[tuple[str, bool]]:
    """Return the expressions to sort by and whether each descends; the id is the last one.

    The id goes the way of the first key, as it does in an index read forwards or backwards.
    """
    columns = [(value_at(key.path), key.descending is not backwards) for key in order]
    return [*columns, ("id", columns[0][1] if columns else backwards)]


def behind(columns: Sequence[tuple[str, bool]], position: Position) -> Iterator[tuple[Sql, int]]:
    """Return the conditions of what lies behind a position, nearest part first, and how many columns each one fixes.

    Parts do not overlap, and each is one stretch of an index on the columns: the deepest row costs what the first does.
    """
    values = [_sql_value(value) for value in position.values]
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


def _sql_value(given: Scalar) -> Scalar:
    return escape(given) if isinstance(given, str) else given


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


def order_text(columns: Sequence[tuple[str, bool]]) -> str:
    """Return an ORDER BY list."""
    return ",".join(f"{column} {'DESC' if descending else 'ASC'}" for column, descending in columns)


def plain_value(found: Scalar) -> Scalar:
    """Undo the escape in a value that SQL returned."""
    return unescape(found) if isinstance(found, str) else found


# ------------------------------------------------------------------------------------------------------------- indexes


def index_name(table: str, keys: Sequence[SortKey], *, unique: bool, where: Sql | None) -> str:
    """Return a name, in quotes, that is the same only for the same index."""
    spelled = repr((table, [(key.path, key.descending) for key in keys], unique, where))
    return f'"ix_{hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).hexdigest()[:16]}"'


def index_text(table: str, name: str, keys: Sequence[SortKey], *, unique: bool, where: Sql | None) -> str:
    """Return the statement that makes an index; its first key ascends, so that ids run the right way within it."""
    flipped = keys[0].descending
    columns = ",".join(f"{value_at(key.path)}{' DESC' if key.descending is not flipped else ''}" for key in keys)
    some = f" WHERE {where.text}" if where else ""
    return f"CREATE {'UNIQUE ' if unique else ''}INDEX IF NOT EXISTS {name} ON {table_name(table)}({columns}){some}"


_HELD: Final = "found GLOB ? AND (instr(found,?)=0 OR instr(replace(found,?,?),?)>0)"
"""Test of an indexed text: almost none holds an escaped pair, and the pattern alone decides about the others."""
_BY_PARTS: Final = re.compile(r'id IN \(SELECT rowid FROM ("parts_[0-9a-f]{16}") WHERE ' + re.escape(_HELD) + r"\)")


def parts_asked(where: Sql) -> list[Sql]:
    """Return for each part that a condition looks for the statement of what holds it; its rows are not counted."""
    found = []
    for match in _BY_PARTS.finditer(where.text):
        first = where.text[: match.start()].count("?")
        found.append(Sql(f"SELECT 1 FROM {match[1]} WHERE {_HELD}", where.params[first : first + _HELD.count("?")]))
    return found


def row_by_row(where: Sql, table: str, common: Sequence[bool]) -> Sql:
    """Return an equal condition that looks for common parts in each row as it comes, not first in all of them.

    Args:
        where: As compiled.
        table: Whose it is.
        common: For each part of `parts_asked`.
    """
    chosen = iter(common)
    test = f"EXISTS(SELECT 1 FROM {{}} WHERE rowid={table_name(table)}.id AND +{_HELD})"
    return Sql(
        _BY_PARTS.sub(lambda found: test.format(found[1]) if next(chosen) else found[0], where.text), where.params
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsIndex:
    """Finds parts of the text at one path: a table of FTS5 by groups of three letters, kept by triggers.

    Parts of one or two letters are looked for in its copies of the texts, which is still far less to read than the
    documents.
    """

    table: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in SQL, in quotes."""
        spelled = repr((self.table, self.path))
        return f'"parts_{hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).hexdigest()[:16]}"'

    def making(self) -> str:
        """Return the statements that make it and fill it.

        Raises:
            ValueError: The path cannot be said in SQL.
        """
        where = json_path(self.path)
        if where is None:
            raise ValueError(f"Keys with quotes, backslashes or control characters cannot be indexed: {self.path!r}")
        table, name, stem = table_name(self.table), self.name, self.name.strip('"')
        old, new = (
            f"CASE json_type({side}.body,{where}) WHEN 'text' THEN json_extract({side}.body,{where}) END"
            for side in ("old", "new")
        )
        insert = f"INSERT INTO {name}(rowid,found) SELECT new.id,{new} WHERE {new} IS NOT NULL;"
        delete = f"DELETE FROM {name} WHERE rowid=old.id;"
        own, other = value(where), f"{old} IS NOT {new}"
        return ";".join(
            (
                f"CREATE VIRTUAL TABLE {name} USING fts5(found,tokenize='trigram case_sensitive 1',detail='none')",
                # Merging less often makes writing twice as fast, and searching no slower that one could see.
                f"INSERT INTO {name}({stem},rank) VALUES('automerge',16)",
                f"INSERT INTO {name}(rowid,found) SELECT id,{own} FROM {table} WHERE {kind(where)}='text'",
                f'CREATE TRIGGER "{stem}_in" AFTER INSERT ON {table} WHEN {new} IS NOT NULL BEGIN {insert} END',
                f'CREATE TRIGGER "{stem}_out" AFTER DELETE ON {table} BEGIN {delete} END',
                f'CREATE TRIGGER "{stem}_on" AFTER UPDATE OF body ON {table} WHEN {other} BEGIN {delete} {insert} END',
            )
        )

    def condition(self, literal: object) -> Condition | None:
        """Return the condition of a part, None if the index cannot help."""
        decided = _whole_part("found", literal)
        if decided is None:
            return None
        pattern = "*" + _GLOB_SIGN.sub(r"[\g<0>]", str(literal)) + "*"
        found = Sql(f"id IN (SELECT rowid FROM {self.name} WHERE {_HELD})", (pattern, ESCAPE, *decided.params))
        return Condition(found, found)


def written_out(condition: Sql) -> Sql:
    """Return a condition with its parameters in the text: SQLite knows a partial index again only by its very words."""
    params = iter(condition.params)
    return Sql(_BARE_MARK.sub(lambda found: found[1] or _literal(next(params)), condition.text))


def _literal(param: object) -> str:
    return quoted(param) if isinstance(param, str) else repr(param)


class Words:
    """An engine's `Leaves` for one table: its tests, and what its indexes were declared with."""

    def __init__(
        self, declared: Mapping[Hashable, Sql], parts: Mapping[tuple[str, ...], PartsIndex] | None = None
    ) -> None:
        self._declared = declared
        self._parts = parts or {}

    def leaf(self, op: str, path: tuple[str, ...], literal: object) -> Condition | None:
        """Return the condition of one test."""
        index = self._parts.get(path) if op == "contains" else None
        by_index = index.condition(literal) if index is not None else None
        return by_index or leaf(op, path, literal)

    def given(self, shape: Hashable) -> Sql | None:
        """Return the text under which an index was declared."""
        return self._declared.get(shape)


def declared_condition(query: QueryLike) -> tuple[Hashable, Sql]:
    """Return the structure of an index's query and its condition, written out.

    Raises:
        ValueError: SQL alone cannot decide it.
    """
    shape = shape_of(query)
    condition = condition_of(shape, Words({}))
    if shape is None or not condition.exact:
        raise ValueError(f"An index can only be kept on what SQL alone decides, not {query!r}")
    return shape, written_out(condition.may)
