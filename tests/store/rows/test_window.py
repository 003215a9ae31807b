"""Windows: pages of an order, forwards and backwards, from any place."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import where
from tinydb.queries import QueryInstance
from tinydb.table import Document

from store import open_tinydb
from store.rows import Position, RowDB, RowTable
from tests.store.rows.plans import plans

VALUES = st.sampled_from([None, True, False, 0, 1, 2.5, -3, 10**30, "", "a", "b", "ع", "\x00", "\ud800", [1], {"a": 1}])
DOCUMENTS = st.lists(st.fixed_dictionaries({}, optional={"a": VALUES, "b": VALUES}), max_size=12)
ORDERS = st.lists(st.sampled_from(["a", "-a", "b", "-b"]), max_size=2, unique_by=lambda field: field.removeprefix("-"))
CONDITIONS: st.SearchStrategy[QueryInstance | None] = st.sampled_from(
    [None, where("a").exists(), where("b") == "a", where("a").test(lambda value: value is not None)]
)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def memory(request: pytest.FixtureRequest) -> Iterator[RowDB]:
    """One store for all examples; each begins by emptying it."""
    with open_tinydb(":memory:" if request.param == "sqlite" else request.getfixturevalue("postgres").fresh()) as db:
        db.index("rows", "a", "-b")
        yield db


def _rank_of(value: Any) -> tuple[int, Any]:
    """Say where a value stands: nothing first, then numbers, then texts by code point."""
    if isinstance(value, str):
        return (2, value)
    return (0, 0) if value is None or isinstance(value, list | dict) else (1, value)


def _sorted(documents: list[Document], order: list[str]) -> list[int]:
    """Sort as `window` promises, by Python's own stable sort from the last key to the first."""
    found = sorted(documents, key=lambda document: document.doc_id, reverse=bool(order) and order[0].startswith("-"))
    for field in reversed(order):
        name = field.removeprefix("-")
        found.sort(key=lambda document, name=name: _rank_of(document.get(name)), reverse=field != name)  # type: ignore[misc]  # a default binds the name
    return [document.doc_id for document in found]


@settings(max_examples=300, deadline=None)
@given(documents=DOCUMENTS, order=ORDERS, cond=CONDITIONS, size=st.integers(1, 5))
def test_paging_walks_the_whole_order_both_ways(
    memory: RowDB, documents: list[dict[str, Any]], order: list[str], cond: QueryInstance | None, size: int
) -> None:
    """Page after page gives every document once, in order; backwards the same; the rank of each is its place."""
    table = memory.table("rows")
    table.truncate()
    table.insert_multiple(documents)
    expected = _sorted([document for document in table if cond is None or cond(document)], order)

    forwards: list[int] = []
    page = table.window(cond, order, limit=size)
    while page:
        forwards += [document.doc_id for document in page]
        page = table.window(cond, order, after=page[-1].position, limit=size)
    backwards: list[int] = []
    page = table.window(cond, order, last=True, limit=size)
    while page:
        backwards[:0] = [document.doc_id for document in page]
        page = table.window(cond, order, before=page[0].position, limit=size)
    everything = table.window(cond, order)

    assert forwards == backwards == [document.doc_id for document in everything] == expected
    assert [table.rank(cond, order, document.position) for document in everything] == list(range(len(expected)))


@pytest.fixture
def numbers(db: RowDB) -> RowTable:
    """Fifty documents in five groups."""
    db.index("numbers", "group", "-n")
    table = db.table("numbers")
    table.insert_multiple({"group": n % 5, "n": n} for n in range(50))
    return table


def test_a_place_stays_where_it_is_when_its_document_is_gone(numbers: RowTable) -> None:
    """What was behind it still is."""
    page = numbers.window(None, ("n",), limit=3)
    numbers.remove(where("n") <= 2)

    assert [row["n"] for row in numbers.window(None, ("n",), after=page[-1].position, limit=2)] == [3, 4]


def test_a_place_may_be_given_by_values_alone(numbers: RowTable) -> None:
    """Then it is behind, or in front of, all documents that have them."""
    assert {row["group"] for row in numbers.window(None, ("group",), after=(3,))} == {4}
    assert {row["group"] for row in numbers.window(None, ("group",), before=(1,))} == {0}
    assert numbers.rank(None, ("group",), (2,)) == 20
    assert numbers.rank(None, ("group", "-n"), Position((2, 10))) == 28


def test_a_place_must_fit_its_order(numbers: RowTable) -> None:
    """A mistake of the program, said so."""
    with pytest.raises(ValueError, match="2 keys"):
        numbers.window(None, ("group", "n"), after=(1,))
    with pytest.raises(ValueError, match="not two"):
        numbers.window(None, ("n",), after=(1,), last=True)
    with pytest.raises(ValueError, match="field path"):
        numbers.window(None, ("a..b",))


def test_an_index_serves_the_window_in_either_direction(db: RowDB, numbers: RowTable) -> None:
    """Nothing is sorted and nothing is scanned."""
    db.index("numbers", "group", "n")
    in_group = where("group") == 3
    acts: list[Callable[[], object]] = [
        lambda: numbers.window(in_group, ("-n",), limit=5),
        lambda: numbers.window(in_group, ("n",), after=(23,), limit=5),
        lambda: numbers.window(in_group, ("n",), last=True, limit=5),
        lambda: numbers.window(None, ("group", "-n"), after=(2, 22), limit=5),
        lambda: numbers.window(None, ("-group", "n"), before=(2, 22), limit=5),
        lambda: numbers.rank(in_group, ("n",), (23,)),
        lambda: numbers.count(in_group),
    ]
    for act in acts:
        for plan in plans(db, "numbers", act, in_order=True):
            assert plan.searches, plan
            assert not plan.sorts, plan
    for plan in plans(db, "numbers", lambda: numbers.window(None, ("-group", "n"), limit=5), in_order=True):
        assert plan.reads_index, plan
        assert not plan.sorts, plan
