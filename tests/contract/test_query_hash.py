"""What `store/rows/where.py` relies on: how TinyDB spells a query in its private hash tuple."""

import importlib.metadata
from typing import Any

import pytest
from tinydb import Query, where
from tinydb.queries import QueryInstance
from tinydb.utils import FrozenDict


def test_tinydb_is_the_version_that_was_read() -> None:
    """Another one may spell its tuples differently, and every line below has to be looked at again."""
    assert importlib.metadata.version("tinydb") == "4.9.0"


def _is_even(value: Any, divisor: int = 2) -> bool:
    return bool(value % divisor == 0)


A = where("a")
SPELLED: list[tuple[QueryInstance, Any]] = [
    (A == 1, ("==", ("a",), 1)),
    (A != "x", ("!=", ("a",), "x")),
    (A < 1, ("<", ("a",), 1)),
    (A <= 1, ("<=", ("a",), 1)),
    (A > 1, (">", ("a",), 1)),
    (A >= 1, (">=", ("a",), 1)),
    (A.exists(), ("exists", ("a",))),
    (Query().a.b["c.d"] == None, ("==", ("a", "b", "c.d"), None)),  # noqa: E711 - a query, not a test
    (A == [1, {"x": 2}], ("==", ("a",), (1, FrozenDict(x=2)))),
    (A.one_of([1, "x"]), ("one_of", ("a",), (1, "x"))),
    (A.any([1, 2]), ("any", ("a",), (1, 2))),
    (A.all([1, 2]), ("all", ("a",), (1, 2))),
    (A.any(where("b") == 1), ("any", ("a",), where("b") == 1)),
    (A.matches("x", 2), ("matches", ("a",), "x")),
    (A.search("x", 2), ("search", ("a",), "x")),
    (A.test(_is_even, 2), ("test", ("a",), _is_even, (2,))),
    (A.fragment({"x": 1}), ("fragment", FrozenDict(x=1))),
    (Query().fragment({"x": 1}), ("fragment", FrozenDict(x=1))),
    (Query().noop(), ()),
    (Query().a, ("path", ("a",))),
    (Query(), (None,)),
    (~(A == 1), ("not", ("==", ("a",), 1))),
    ((A == 1) & (A == 2), ("and", frozenset({("==", ("a",), 1), ("==", ("a",), 2)}))),
    ((A == 1) | (A == 2), ("or", frozenset({("==", ("a",), 1), ("==", ("a",), 2)}))),
    (A.map(len) == 1, None),
    ((A.map(len) == 1) & (A == 2), None),
]


@pytest.mark.parametrize(("query", "spelled"), SPELLED, ids=range(len(SPELLED)))
def test_a_query_spells_its_structure(query: QueryInstance, spelled: object) -> None:
    """As `where.py` reads it."""
    assert query._hash == spelled
