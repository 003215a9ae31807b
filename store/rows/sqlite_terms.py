"""SQLite's words for what `terms.py` says, and its index of parts; pure text, run by `sqlite.py`.

A document's value at a path is `json_extract`, except that lists and objects are NULL: as JSON text they would look
like strings. Truth values come out as 1 and 0, which is how Python compares them too.

Numbers: SQLite turns a real number's text into a double exactly as Python does between 1e-15 and 1e19; outside,
versions before 3.54 are sometimes one unit in the last place off (tried with 4 million values each on 3.51.3 and
3.54.1). Whole numbers beyond 64 bits become reals. So literals in the safe range are compared by SQL, others by TinyDB.
"""
# ruff: noqa: S608 - this module is where SQL is put together: paths are quoted, values are parameters

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from store.codec import escape, unescape

from .terms import ESCAPE, ID_LIMIT, PartsFinder, Terms, compares_as, hashed, is_plain, quoted, spelled_name
from .where import Condition, Sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .engine import Scalar, SortKey

_SMALLEST: Final = 1e-15
_GLOB_SIGN: Final = re.compile(r"[*?\[]")


class SqliteTerms(Terms):
    """SQLite's words."""

    text: ClassVar[str] = "text"
    unlike: ClassVar[str] = "IS NOT"
    holds: ClassVar[str] = "instr"
    first_text: ClassVar[str] = "''"
    rising: ClassVar[str] = "ASC"
    falling: ClassVar[str] = "DESC"

    def table_name(self, table: str) -> str:
        """Return the SQL name of a table, in quotes."""
        return f'"{spelled_name(table)}"'

    def place(self, path: Sequence[str]) -> str:
        """Return a JSON path as an SQL literal."""
        return quoted("$" + "".join(f'."{key}"' for key in path))

    def kind(self, place: str) -> str:
        """Return the expression for the kind: text, integer, real, true, false, null, array, object or NULL."""
        return f"json_type(body,{place})"

    def value(self, place: str) -> str:
        """Return the expression for what a document is compared and sorted by at a JSON path."""
        kind = self.kind(place)
        return f"CASE {kind} WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE json_extract(body,{place}) END"

    def text_at(self, place: str) -> str:
        """Return the expression for a text: its value."""
        return self.value(place)

    def held(self, place: str) -> tuple[str, str, str]:
        """Return what to select a list's items from, an item's value, and the test for a null."""
        return f"json_each(body,{place})", "value", "type='null'"

    def param(self, literal: object) -> Scalar:
        """Return a literal as a parameter, None if SQL would not compare it as Python does."""
        if isinstance(literal, str) and compares_as(literal, str):
            return escape(str.__str__(literal))
        if isinstance(literal, int) and compares_as(literal, int) and -ID_LIMIT < literal < ID_LIMIT:
            return int(literal)
        if (
            isinstance(literal, float)
            and compares_as(literal, float)
            and isfinite(literal)
            and (literal == 0 or _SMALLEST <= abs(literal) < ID_LIMIT)
        ):
            return float(literal)
        return None

    def sorted_as(self, given: Scalar) -> Scalar:
        """Return a value of a position as a parameter."""
        return escape(given) if isinstance(given, str) else given

    def plain(self, found: Scalar, body: str, path: Sequence[str]) -> Scalar:  # noqa: ARG002  SQLite's own tells all
        """Undo the escape in a value that SQL returned."""
        return unescape(found) if isinstance(found, str) else found

    def index_text(self, table: str, name: str, keys: Sequence[SortKey], *, unique: bool, where: Sql | None) -> str:
        """Return the statement that makes an index."""
        some = f" WHERE {where.text}" if where else ""
        return (
            f"CREATE {'UNIQUE ' if unique else ''}INDEX IF NOT EXISTS {name} "
            f"ON {self.table_name(table)}({self.index_columns(keys)}){some}"
        )


TERMS: Final = SqliteTerms()


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
    test = f"EXISTS(SELECT 1 FROM {{}} WHERE rowid={TERMS.table_name(table)}.id AND +{_HELD})"
    return Sql(
        _BY_PARTS.sub(lambda found: test.format(found[1]) if next(chosen) else found[0], where.text), where.params
    )


COLUMNS: Final = "(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)"
"""Of every table of documents."""
_OURS: Final = {
    "table": re.compile(r"doc_.*|sqlite_\w+|parts_[0-9a-f]{16}(_(config|content|data|docsize|idx))?"),
    "index": re.compile(r"ix_[0-9a-f]{16}|sqlite_autoindex_\w+"),
    "trigger": re.compile(r"(parts_[0-9a-f]{16})_(in|out|on)"),
}
_FINDER: Final = re.compile(r"parts_[0-9a-f]{16}")
_WRITES: Final = re.compile(r"\b(?:INTO|DELETE\s+FROM|UPDATE(?!\s+OF\b))\s+([^\s(]+)", re.IGNORECASE)


def is_finder(name: str) -> bool:
    """Say whether a name is that of an index of parts."""
    return bool(_FINDER.fullmatch(name))


def foreign(schema: Iterable[Any], indexes: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Name everything in a file that this program does not make, by kind and name: a trigger could keep what is erased.

    Args:
        schema: Kind, name and text of each thing, as SQLite keeps them.
        indexes: The statements that make those of ours, by name, as far as they are known.
    """
    for kind, name, text in schema:
        known = _OURS[kind].fullmatch(name) if kind in _OURS else None
        if known is not None and kind == "trigger":
            written = {place.strip('"') for place in _WRITES.findall(text.partition("BEGIN")[2])}
            known = known if written == {known[1]} and "raise" not in text.lower() else None
        elif kind == "table" and name.startswith("doc_"):
            known = known if text == f'CREATE TABLE "{name}"{COLUMNS}' else None
        elif kind == "index" and name in indexes:
            known = known if text == indexes[name].replace(" IF NOT EXISTS", "") else None
        if known is None:
            yield f"{kind} {name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsIndex(PartsFinder):
    """Finds parts of the text at one path: a table of FTS5 by groups of three letters, kept by triggers.

    Parts of one or two letters are looked for in its copies of the texts, which is still far less to read than the
    documents.
    """

    table: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in SQL, in quotes."""
        return hashed("parts", self.table, self.path)

    def making(self) -> str:
        """Return the statements that make it and fill it.

        Raises:
            ValueError: The path cannot be said in SQL.
        """
        if not is_plain(self.path):
            raise ValueError(f"Keys with quotes, backslashes or control characters cannot be indexed: {self.path!r}")
        where = TERMS.place(self.path)
        table, name, stem = TERMS.table_name(self.table), self.name, self.name.strip('"')
        old, new = (
            f"CASE json_type({side}.body,{where}) WHEN 'text' THEN json_extract({side}.body,{where}) END"
            for side in ("old", "new")
        )
        insert = f"INSERT INTO {name}(rowid,found) SELECT new.id,{new} WHERE {new} IS NOT NULL;"
        delete = f"DELETE FROM {name} WHERE rowid=old.id;"
        own, other = TERMS.value(where), f"{old} IS NOT {new}"
        return ";".join(
            (
                f"CREATE VIRTUAL TABLE {name} USING fts5(found,tokenize='trigram case_sensitive 1',detail='none')",
                # Merging less often makes writing twice as fast, and searching no slower that one could see.
                f"INSERT INTO {name}({stem},rank) VALUES('automerge',16)",
                f"INSERT INTO {name}(rowid,found) SELECT id,{own} FROM {table} WHERE {TERMS.kind(where)}='text'",
                f'CREATE TRIGGER "{stem}_in" AFTER INSERT ON {table} WHEN {new} IS NOT NULL BEGIN {insert} END',
                f'CREATE TRIGGER "{stem}_out" AFTER DELETE ON {table} BEGIN {delete} END',
                f'CREATE TRIGGER "{stem}_on" AFTER UPDATE OF body ON {table} WHEN {other} BEGIN {delete} {insert} END',
            )
        )

    def condition(self, literal: object) -> Condition | None:
        """Return the condition of a part, None if the index cannot help."""
        decided = TERMS.whole_part("found", literal)
        if decided is None:
            return None
        pattern = "*" + _GLOB_SIGN.sub(r"[\g<0>]", str(literal)) + "*"
        found = Sql(f"id IN (SELECT rowid FROM {self.name} WHERE {_HELD})", (pattern, ESCAPE, *decided.params))
        return Condition(found, found)
