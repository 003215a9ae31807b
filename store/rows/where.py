"""TinyDB queries to SQL conditions, without ever changing what a query finds.

A query is understood through TinyDB's private hash tuple (`QueryInstance._hash`), which spells out its structure:
`("==", ("a", "b"), 5)`, `("and", frozenset({…}))`, `("not", …)` and so on. tinydb is pinned exactly for that, and
`tests/contract/test_query_hash.py` watches the tuple.

Every query becomes a pair of conditions: `may` holds for each document the query matches, perhaps for others too;
`must` holds for none but those. Where the two are the same, SQL alone decides. Where they differ, TinyDB's own
evaluation decides about the rows in between. What cannot be understood at all is (everything, nothing), so the pair can
always be built, and negation is its mirror: `not` swaps the two.

One difference remains, on purpose: where TinyDB would stop with `TypeError` because a document's value cannot be
compared (`"abc" < 5`), SQL leaves that document out.

The SQL here is connectives only; what a single test looks like is the engine's business (`Leaves`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from tinydb.queries import Query, QueryInstance

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "one_of", "any", "all", "matches", "search"})


@dataclass(frozen=True, slots=True)
class Sql:
    """A condition with `?` where its parameters go."""

    text: str
    params: tuple[Any, ...] = ()


EVERYTHING: Final = Sql("1=1")
NOTHING: Final = Sql("1=0")


@dataclass(frozen=True, slots=True)
class Condition:
    """What SQL can say about a query. A condition that is NULL counts as one that does not hold."""

    may: Sql
    """Holds for every document that matches, perhaps for others."""
    must: Sql
    """Holds only for documents that match, perhaps not for all of them."""

    @property
    def exact(self) -> bool:
        """Whether SQL alone decides."""
        return self.may == self.must


ALWAYS: Final = Condition(EVERYTHING, EVERYTHING)
UNKNOWN: Final = Condition(EVERYTHING, NOTHING)


def contains(value: object, part: str) -> bool:
    """Tell whether a text holds another one; a test that SQL knows."""
    return isinstance(value, str) and part in value


def holding(query: Query, part: str) -> QueryInstance:
    """Return the query for texts that hold a part: `holding(where("a"), "b")`."""
    return query.test(contains, part)  # type: ignore[arg-type]  # TinyDB's hint forgets the further arguments


class Leaves(Protocol):
    """An engine's SQL for single tests."""

    def leaf(self, op: str, path: tuple[str, ...], literal: object) -> Condition | None:
        """Return the condition of one test, None where SQL cannot help.

        Args:
            op: One of `== != < <= > >= one_of any all matches search exists`, as in TinyDB's tuple, or `contains`.
            path: Keys from the document down; never empty.
            literal: What the tuple holds: frozen (lists are tuples, dicts FrozenDicts), None for `exists`.
        """
        ...

    def given(self, shape: Hashable) -> Sql | None:
        """Return the very text under which an index was declared for this part of a query, if one was."""
        ...


def shape_of(query: object) -> Hashable | None:
    """Return the structure of a query, None if it shows none (a plain function, a path with a function in it)."""
    if not isinstance(query, QueryInstance) or type(query) not in (QueryInstance, Query):
        return None
    return query._hash  # noqa: SLF001 - TinyDB has no public way; the contract test watches it


def tells_all(shape: Hashable | None) -> bool:
    """Say whether queries of this structure always find the same.

    TinyDB's tuple leaves out the flags of a regular expression and the path of a fragment, and takes a list and a tuple
    for the same literal; what such a query found must not be remembered for another one.
    """
    match shape:
        case ("and" | "or", frozenset() as parts):
            return all(tells_all(part) for part in parts)
        case ("not", part):
            return tells_all(part)
        case ("==" | "!=", _, literal):
            return literal is None or isinstance(literal, str | int | float)
        case ("<" | "<=" | ">" | ">=" | "exists" | "one_of", *_) | ():
            return True
        case ("test", _, function, (str(),)):
            return function is contains
        case _:
            return False


def condition_of(shape: Hashable | None, leaves: Leaves) -> Condition:
    """Return what SQL can say about a query of this structure."""
    if shape is not None and (declared := leaves.given(shape)) is not None:
        return Condition(declared, declared)
    match shape:
        case ():
            return ALWAYS
        case ("and", frozenset() as parts):
            return _joined(parts, leaves, _all_of)
        case ("or", frozenset() as parts):
            return _joined(parts, leaves, _any_of)
        case ("not", part):
            inner = condition_of(part, leaves)
            return Condition(_negated(inner.must), _negated(inner.may))
        case _:
            return _leaf(shape, leaves)


def _leaf(shape: Hashable | None, leaves: Leaves) -> Condition:
    match shape:
        case ("exists", tuple() as path):
            op, literal = "exists", None
        case ("test", tuple() as path, function, (str() as literal,)) if function is contains:
            op = "contains"
        case ("test", tuple() as path, _, _):
            # Only a document that has the path is ever shown to the function.
            found = _leaf(("exists", path), leaves)
            return Condition(found.may, NOTHING)
        case (str() as op, tuple() as path, literal) if op in _COMPARISONS:
            pass
        case _:
            return UNKNOWN
    if not path or not all(isinstance(key, str) for key in path):
        return UNKNOWN
    return leaves.leaf(op, path, literal) or UNKNOWN


def _joined(parts: frozenset[Hashable], leaves: Leaves, join: Callable[[Sequence[Sql]], Sql]) -> Condition:
    conditions = [condition_of(part, leaves) for part in parts]
    return Condition(join([c.may for c in conditions]), join([c.must for c in conditions]))


def _all_of(parts: Sequence[Sql]) -> Sql:
    if NOTHING in parts:
        return NOTHING
    return _strung(" AND ", [part for part in parts if part != EVERYTHING], EVERYTHING)


def _any_of(parts: Sequence[Sql]) -> Sql:
    if EVERYTHING in parts:
        return EVERYTHING
    return _strung(" OR ", [part for part in parts if part != NOTHING], NOTHING)


def _strung(word: str, parts: Sequence[Sql], none: Sql) -> Sql:
    """Join conditions, in an order that does not depend on hashing, so that statements are recognised again."""
    if len(parts) < 2:  # noqa: PLR2004 - one needs no word between
        return parts[0] if parts else none
    ordered = sorted(parts, key=lambda part: (part.text, repr(part.params)))
    text = word.join(f"({part.text})" for part in ordered)
    return Sql(text, tuple(param for part in ordered for param in part.params))


def _negated(part: Sql) -> Sql:
    if part == EVERYTHING:
        return NOTHING
    if part == NOTHING:
        return EVERYTHING
    return Sql(f"({part.text}) IS NOT TRUE", part.params)
