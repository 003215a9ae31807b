"""PostgreSQL's words for what `terms.py` says, and its index of parts; pure text, run by `postgres.py`.

`body` is a document as `codec` wrote it, and the truth; `doc` is the same as JSONB, made by the server, and what
conditions and indexes look at. JSONB alone would not do: it turns 1e23 into a whole number and puts keys in an order of
its own, and a document comes back exactly as it went in.

What a document is compared and sorted by is one text under COLLATE "C", made by the function `majlis_key` of the store
and by `key_of` here, which agree to the letter: `T` and the text; `N` and a number written so that texts stand as the
numbers do. An index of PostgreSQL takes 2,704 octets a row, so a key of more than `_LONGEST` characters ends there,
and a digest of all of it follows: equal keys stay equal, and only texts that agree so far stand in another order.

Numbers are compared as decimals, exactly. A float beyond 2^53 is written with fewer digits than it has, so literals
beyond that are left to TinyDB.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, ClassVar, Final

from store.codec import decode, escape, unescape

from .terms import PartsFinder, Terms, compares_as, hashed, is_plain, quoted, spelled_name, value_in
from .where import Condition, Sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .engine import Scalar, SortKey

_LONGEST: Final = 250
"""Characters of a key: two of them, of letters of four octets each, fit into one row of an index."""
_EXACT: Final = 2**53
"""Up to here whole numbers are floats, and what a float is written as is nearer to it than any other float."""
_LONGEST_NAME: Final = 63
"""Octets of a name (PostgreSQL, 4.1.1)."""
_MIDDLE: Final = 500_000
"""Added to the place of the point, so that it is a number of six digits whatever JSONB can hold (131,072 digits)."""
_LIKE_SIGN: Final = re.compile(r"[\\%_]")

KEY_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {{schema}}.majlis_key(given jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $majlis$
DECLARE
  made text; number numeric; digits text; whole text; part text; place integer;
BEGIN
  CASE pg_catalog.jsonb_typeof(given)
    WHEN 'string' THEN made := 'T' || (given #>> '{{{{}}}}');
    WHEN 'boolean' THEN number := CASE WHEN given::boolean THEN 1 ELSE 0 END;
    WHEN 'number' THEN number := given::numeric;
    ELSE RETURN NULL;
  END CASE;
  IF number = 0 THEN
    made := 'N2';
  ELSIF number IS NOT NULL THEN
    digits := pg_catalog.abs(number)::text;
    whole := pg_catalog.ltrim(pg_catalog.split_part(digits, '.', 1), '0');
    part := pg_catalog.split_part(digits, '.', 2);
    place := CASE WHEN whole <> '' THEN pg_catalog.length(whole)
      ELSE pg_catalog.length(pg_catalog.ltrim(part, '0')) - pg_catalog.length(part) END;
    digits := pg_catalog.rtrim(pg_catalog.ltrim(whole || part, '0'), '0');
    IF number > 0 THEN
      made := 'N3' || ({_MIDDLE} + place) || digits;
    ELSE
      digits := pg_catalog.translate(digits, '0123456789', '9876543210');
      made := 'N1' || ({_MIDDLE - 1} - place) || digits || '~';
    END IF;
  END IF;
  IF pg_catalog.length(made) > {_LONGEST} THEN
    made := pg_catalog.left(made, {_LONGEST}) || pg_catalog.md5(made);
  END IF;
  RETURN made;
END
$majlis$
"""
"""What a document is compared by; `key_of` says the same."""


def key_of(value: str | float) -> str:
    """Return what a value is compared by, as `majlis_key` does; texts are escaped first."""
    made = f"T{value}" if isinstance(value, str) else _number(value)
    if len(made) <= _LONGEST:
        return made
    return made[:_LONGEST] + hashlib.md5(made.encode(), usedforsecurity=False).hexdigest()


def _number(value: float) -> str:
    number = Decimal(repr(+value))  # of a truth value, 1 or 0
    if not number:
        return "N2"
    sign, figures, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  neither NaN nor an infinity; told to the type checker
    digits = "".join(map(str, figures))
    place = len(digits) + exponent
    digits = digits.rstrip("0")
    if not sign:
        return f"N3{_MIDDLE + place}{digits}"
    return f"N1{_MIDDLE - 1 - place}{digits.translate(_TURNED)}~"


_TURNED: Final = str.maketrans("0123456789", "9876543210")


def value_of(key: str) -> Scalar:
    """Return the value that a key, not a cut one, was made of; whole numbers are integers."""
    if key[0] == "T":
        return unescape(key[1:])
    if key == "N2":
        return 0
    place, digits = int(key[2:8]), key[8:]
    if key[1] == "1":
        place, digits = _MIDDLE - 1 - place, "-" + digits.rstrip("~").translate(_TURNED)
    else:
        place -= _MIDDLE
    number = Decimal(f"{digits}e{place - len(digits.lstrip('-'))}")
    return int(number) if number == number.to_integral_value() else float(number)


class PostgresTerms(Terms):
    """PostgreSQL's words, for one schema."""

    text: ClassVar[str] = "string"
    unlike: ClassVar[str] = "IS DISTINCT FROM"
    holds: ClassVar[str] = "strpos"
    first_text: ClassVar[str] = "'T'"
    rising: ClassVar[str] = "ASC NULLS FIRST"
    falling: ClassVar[str] = "DESC NULLS LAST"

    def __init__(self, schema: str) -> None:
        self.schema = named(schema)
        """Its name, in quotes."""

    def relation(self, table: str) -> str:
        """Return the name of a table within the schema; of one that is too long, a digest."""
        name = spelled_name(table)
        if len(name) <= _LONGEST_NAME:
            return name
        return f"doc_%%{hashlib.sha256(name.encode()).hexdigest()[:32]}"

    def table_name(self, table: str) -> str:
        """Return the SQL name of a table, in quotes."""
        return f"{self.schema}.{named(self.relation(table))}"

    def place(self, path: Sequence[str]) -> str:
        """Return the expression for what is at a path: keys of objects only, where `#>` would count in lists too."""
        return "doc" + "".join(f"->{quoted(key)}" for key in path)

    def kind(self, place: str) -> str:
        """Return the expression for the kind: string, number, boolean, null, array, object or NULL."""
        return f"jsonb_typeof({place})"

    def value(self, place: str) -> str:
        """Return the expression for what a document is compared and sorted by."""
        return f'({self.schema}.majlis_key({place}) COLLATE "C")'

    def text_at(self, place: str) -> str:
        """Return the expression for a text."""
        return f"(({place} #>> '{{}}') COLLATE \"C\")"

    def held(self, place: str) -> tuple[str, str, str]:
        """Return what to select a list's items from, an item's value, and the test for a null."""
        items = f"jsonb_array_elements(CASE {self.kind(place)} WHEN 'array' THEN {place} ELSE '[]' END) AS held(item)"
        return items, self.value("item"), "jsonb_typeof(item)='null'"

    def param(self, literal: object) -> Scalar:
        """Return a literal as a parameter, None if SQL would not compare it as Python does."""
        if isinstance(literal, str) and compares_as(literal, str):
            return key_of(escape(str.__str__(literal)))
        if isinstance(literal, int) and compares_as(literal, int) and abs(literal) <= _EXACT:
            return key_of(int(literal))
        if isinstance(literal, float) and compares_as(literal, float) and isfinite(literal) and abs(literal) <= _EXACT:
            return key_of(float(literal))
        return None

    def can_order(self, literal: object) -> bool:
        """Say whether SQL alone knows what comes before or behind: not of a text whose key ends before it does."""
        return not isinstance(literal, str) or len(escape(literal)) < _LONGEST

    def sorted_as(self, given: Scalar) -> Scalar:
        """Return a value of a position as a parameter."""
        return None if given is None else key_of(escape(given) if isinstance(given, str) else given)

    def plain(self, found: Scalar, body: str, path: Sequence[str]) -> Scalar:
        """Return the value that a key was made of; that of a cut one stands in the document."""
        if not isinstance(found, str):
            return None
        return value_of(found) if len(found) <= _LONGEST else self._whole(body, path)

    @staticmethod
    def _whole(body: str, path: Sequence[str]) -> Scalar:
        found: Scalar = value_in(decode(body), path)
        return found

    def stretch_order(self, columns: Sequence[tuple[str, bool]], fixed: int) -> str:  # noqa: ARG002  see below
        """Return the ORDER BY list of a stretch: all of it, or no index would serve one whose column is NULL."""
        return self.order_text(columns)

    def index_text(self, table: str, name: str, keys: Sequence[SortKey], *, unique: bool, where: Sql | None) -> str:
        """Return the statement that makes an index; the id tells equal ones apart, where there are any."""
        some = f" WHERE {where.text}" if where else ""
        columns = self.index_columns(keys) + ("" if unique else ",id")
        kind = "UNIQUE INDEX" if unique else "INDEX"
        return f"CREATE {kind} IF NOT EXISTS {name} ON {self.table_name(table)}({columns}){some}"


def named(name: str) -> str:
    """Return a name in quotes."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsIndex(PartsFinder):
    """Finds parts of the text at one path: an index by groups of three letters (pg_trgm) on the text.

    What it finds is compared again with the text itself, so that letters of either case stay what they are.
    """

    terms: PostgresTerms
    table: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in SQL, in quotes."""
        return hashed("parts", self.table, self.path)

    @property
    def _text(self) -> str:
        place = self.terms.place(self.path)
        return f"(CASE {self.terms.kind(place)} WHEN 'string' THEN {self.terms.text_at(place)} END)"

    def making(self, words: str) -> str:
        """Return the statement that makes it.

        Args:
            words: The schema, in quotes, in which pg_trgm lies.

        Raises:
            ValueError: The path cannot be said in SQL.
        """
        if not is_plain(self.path):
            raise ValueError(f"Keys with quotes, backslashes or control characters cannot be indexed: {self.path!r}")
        table = self.terms.table_name(self.table)
        return f"CREATE INDEX IF NOT EXISTS {self.name} ON {table} USING gin ({self._text} {words}.gin_trgm_ops)"

    def condition(self, literal: object) -> Condition | None:
        """Return the condition of a part, None if SQL cannot decide it."""
        decided = self.terms.whole_part(self._text, literal)
        if decided is None:
            return None
        pattern = "%" + _LIKE_SIGN.sub(r"\\\g<0>", str(literal)) + "%"
        found = Sql(f"{self._text} LIKE ? AND {decided.text}", (pattern, *decided.params))
        return Condition(found, found)
