"""A compiled query finds what TinyDB's own evaluation finds."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tinydb import Query, where
from tinydb.queries import QueryInstance

from store import open_tinydb
from store.rows import RowDB
from store.rows.sqlite import SqliteEngine
from store.rows.where import ALWAYS, NOTHING, UNKNOWN, holding
from tests.store.rows.plans import plans

KEYS = st.sampled_from(
    ["a", "b", "a.b", "a'b", 'a"b', "a\\b", "ع", "$", "0", "?", "#", "[0]", "", "\x00", "\x01", "\ue000"]
)
WHOLE = [0, 1, -1, 2, 5, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**63 + 1, 10**30, 10**400]
REAL = [0.0, -0.0, 1.0, 1.5, 0.1, 0.1 + 0.2, 5e-324, 1e-15, 2.0**53, 2.0**63, 1e23, 8e-287, 1e300, -1e300]
PLAIN = ["", "a", "b", "A", "ab", "[", "[1]", "{", "{}", "1", "1.0", "true", "null", "'", "2026-11-23T03:30"]
ODD = ["ع", "é", "e\u0301", "\U0001f600", "\uffff", "\ud7ff", "\ue000", "\ue000\u0100", "\x01", "\x01\x01"]
IMPOSSIBLE = ["\x00", "a\x00", "\ud800", "\udfff"]
NUMBERS = (
    st.sampled_from(WHOLE)
    | st.sampled_from(REAL)
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = st.sampled_from(PLAIN) | st.sampled_from([*ODD, *IMPOSSIBLE]) | st.text(max_size=3)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=5
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
PATHS = st.lists(KEYS, min_size=1, max_size=2) | st.sampled_from([["a"], ["a", "b"]])


def _at(path: list[str]) -> Query:
    query = Query()
    for key in path:
        query = query[key]
    return query


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 1


COMPARISONS: list[Callable[[Query, Any], QueryInstance]] = [
    lambda q, v: q == v,
    lambda q, v: q != v,
    lambda q, v: q < v,
    lambda q, v: q <= v,
    lambda q, v: q > v,
    lambda q, v: q >= v,
]
OTHERS: list[Callable[[Query, list[Any]], QueryInstance]] = [
    lambda q, v: q.one_of(v),
    lambda q, v: q.any(v),
    lambda q, v: q.all(v),
    lambda q, v: q.any(Query().a == v[0] if v else Query().a.exists()),
    lambda q, v: q.all(Query().b.one_of(v)),
    lambda q, _: q.exists(),
    lambda q, _: q.matches("[a-z]+$"),
    lambda q, _: q.search("[0-9]"),
    lambda q, _: q.test(_is_long),
    lambda q, v: holding(q, str(v[0]) if v else ""),
    lambda q, v: q.fragment({"a": v[0]} if v else {}),
    lambda q, v: q.map(repr) == repr(v),
]
LEAVES: st.SearchStrategy[QueryInstance] = (
    st.builds(lambda make, path, value: make(_at(path), value), st.sampled_from(COMPARISONS), PATHS, VALUES)
    | st.builds(
        lambda make, path, values: make(_at(path), values), st.sampled_from(OTHERS), PATHS, st.lists(VALUES, max_size=4)
    )
    | st.just(Query().noop())
)
QUERIES: st.SearchStrategy[QueryInstance] = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda x, y: x & y, inner, inner)
        | st.builds(lambda x, y: x | y, inner, inner)
        | inner.map(lambda x: ~x)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def memory(request: pytest.FixtureRequest) -> Iterator[RowDB]:
    """One store for all examples; each begins by emptying it."""
    with open_tinydb(":memory:" if request.param == "sqlite" else request.getfixturevalue("postgres").fresh()) as db:
        # An index decides nothing, and must not change what is found.
        db.index("indexed", "a")
        db.index("indexed", "a.b", "-a", where=where("a").exists())
        db.index_parts("indexed", "a")
        yield db


def judged(query: QueryInstance, documents: list[dict[str, Any]]) -> tuple[set[int], set[int]]:
    """Return the ids that match by TinyDB's evaluation, and those whose evaluation stops with an error."""
    matching, failing = set(), set()
    for doc_id, document in enumerate(documents, 1):
        try:
            if query(document):
                matching.add(doc_id)
        except (TypeError, AttributeError):
            failing.add(doc_id)
    return matching, failing


@settings(max_examples=400, deadline=None)
@given(query=QUERIES, documents=st.lists(DOCUMENTS, max_size=5), table=st.sampled_from(["plain", "indexed"]))
@example(query=where("a") == "[1]", documents=[{"a": [1]}, {"a": "[1]"}], table="plain")
@example(query=where("a") > 5, documents=[{"a": 10**30}, {"a": True}, {"a": "6"}, {"a": None}, {}], table="indexed")
@example(query=~(where("a") == 1), documents=[{}, {"a": None}, {"a": 1.0}, {"a": True}, {"a": []}], table="plain")
@example(query=where("a") == 2.0**63, documents=[{"a": 2**63 + 1}, {"a": 2**63}], table="plain")
@example(query=where("a") == "\x00", documents=[{"a": "\x00"}, {"a": "\x01\x01"}, {"a": ""}], table="plain")
@example(query=where("a") < "\ud800", documents=[{"a": "\uffff"}, {"a": "\ud7ff"}, {"a": "\ue000"}], table="indexed")
@example(query=where("a") < 2**63, documents=[{"a": 2**63 - 1}, {"a": 2**63}, {"a": 2**63 + 1}], table="plain")
def test_sql_finds_what_tinydb_finds(
    memory: RowDB, query: QueryInstance, documents: list[dict[str, Any]], table: str
) -> None:
    """Whatever the query and the documents; where TinyDB itself stops with an error, either answer will do."""
    finds_the_same(memory, query, documents, table)


def finds_the_same(db: RowDB, query: QueryInstance, documents: list[dict[str, Any]], table: str) -> None:
    rows = db.table(table)
    rows.truncate()
    rows.insert_multiple(documents)
    matching, failing = judged(query, documents)

    try:
        found = [document.doc_id for document in rows.search(query)]
        first, number, kept = rows.get(query), rows.count(query), rows.window(query, ("a", "-b"))
    except (TypeError, AttributeError):
        assert failing
        return

    assert found == sorted(set(found))
    assert matching <= set(found) <= matching | failing
    assert number == len(found)
    assert (None if first is None else first.doc_id) == (found[0] if found else None)
    assert {document.doc_id for document in kept} == set(found)


PARTS = st.text(st.sampled_from([*"ab*?[]'", "ع", "\u0100", "\x00", "\x01", "\x02", "\ud800", "\ue000"]), max_size=6)


@settings(max_examples=200, deadline=None)
@given(part=PARTS, texts=st.lists(PARTS | st.just([1]), max_size=5), table=st.sampled_from(["plain", "indexed"]))
@example(part="\u0100", texts=["\ud800", "\ud800\u0100", "\ue000"], table="indexed")
@example(part="a[b", texts=["xa[bx", "ab"], table="indexed")
def test_a_part_of_a_text_is_found_where_it_is(memory: RowDB, part: str, texts: list[Any], table: str) -> None:
    """With and without an index, whatever the letters; documents that change are found by what they say now."""
    rows = memory.table(table)
    rows.truncate()
    rows.insert_multiple({"a": "before"} for _ in texts)
    for doc_id, text in enumerate(texts, 1):
        rows.update({"a": text}, doc_ids=[doc_id])
    query = holding(where("a"), part)

    found = [document.doc_id for document in rows.search(query)]

    assert found == [doc_id for doc_id, text in enumerate(texts, 1) if isinstance(text, str) and part in text]
    assert rows.count(query) == len(found)
    for common in (0, 4000):  # whether it is looked for row by row, or first in all of them
        if isinstance(memory.engine, SqliteEngine):
            memory.engine.common = common
        window = rows.window(query & where("a").exists(), ("a",), limit=9)
        assert {document.doc_id for document in window} == set(found)
    rows.remove(query)
    assert rows.count(query) == 0


def test_an_index_of_parts_reads_no_document(db: RowDB) -> None:
    """Three letters and more are looked up; the plan says so."""
    db.index_parts("message", "found")
    db.table("message").insert_multiple({"found": f"text {n}"} for n in range(5))

    for plan in plans(db, "message", lambda: db.table("message").count(holding(where("found"), "text 3")), bitmap=True):
        assert plan.reads_index, plan
        assert "SCAN doc_message" not in plan.text


def test_an_index_of_parts_goes_with_its_table(db: RowDB) -> None:
    """A dropped table that is made again finds only what is in it."""
    query = holding(where("found"), "text")
    db.index_parts("message", "found")
    db.table("message").insert({"found": "text"})
    db.drop_table("message")
    db.table("message").insert({"found": "another text"})

    assert [row["found"] for row in db.table("message").search(query)] == ["another text"]
    assert db.check() == []


@settings(max_examples=100, deadline=None)
@given(query=QUERIES, documents=st.lists(DOCUMENTS, max_size=4))
def test_updates_and_removals_touch_what_tinydb_would(
    memory: RowDB, query: QueryInstance, documents: list[dict[str, Any]]
) -> None:
    """And nothing else."""
    rows = memory.table("plain")
    rows.truncate()
    rows.insert_multiple(documents)
    matching, failing = judged(query, documents)
    if failing:
        return

    assert set(rows.update({"seen": 1}, query)) == matching
    assert {document.doc_id for document in rows if "seen" in document} == matching
    assert set(rows.remove(where("seen") == 1)) == matching
    assert len(rows) == len(documents) - len(matching)


@pytest.mark.parametrize(("query", "ids"), [(where("a") < "m", [3]), (where("a") > "m", [4]), (where("a") > 5, [2])])
def test_values_are_compared_with_their_own_kind(memory: RowDB, query: QueryInstance, ids: list[int]) -> None:
    """Where TinyDB would stop because a text cannot be compared with a number, the document is left out."""
    rows = memory.table("plain")
    rows.truncate()
    rows.insert_multiple({"a": value} for value in (4, 6, "a", "z", None, ["z"], {"z": 1}))

    assert [document.doc_id for document in rows.search(query)] == ids


class Colour(StrEnum):
    RED = "red"


EXACT: list[QueryInstance] = [
    where("a") == "x",
    where("a") == Colour.RED,
    where("a") == 5,
    where("a") == None,  # noqa: E711 - a query, not a test
    where("a") != True,  # noqa: E712 - a query, not a test
    where("a") >= "2026",
    where("a") < 1.5,
    where("a").one_of(["x", None, 3]),
    Query().a.b.exists(),
    ~((where("a") == 1) & (where("b") == 2)) | (where("c") > 3),
    Query().noop(),
    holding(where("a"), "ab"),
]


@pytest.mark.parametrize("query", EXACT, ids=range(len(EXACT)))
def test_common_queries_are_decided_by_sql_alone(memory: RowDB, query: QueryInstance) -> None:
    """So that counting and paging need no document."""
    assert memory.engine.compile("plain", query).exact


@pytest.mark.parametrize(
    "query", [where("a") == [1], where("a").matches("x"), where("a") == 10**30, where("a").any(["x"])], ids=repr
)
def test_what_sql_would_get_wrong_is_left_to_tinydb(memory: RowDB, query: QueryInstance) -> None:
    """On rows that SQL has narrowed down."""
    condition = memory.engine.compile("plain", query)

    assert not condition.exact
    assert condition.may != ALWAYS.may


@pytest.mark.parametrize("query", [where("a").map(len) == 1, Query().fragment({"a": 1}), where('"') == 1], ids=repr)
def test_what_shows_no_structure_is_left_to_tinydb_whole(memory: RowDB, query: QueryInstance) -> None:
    """A function in a path, a fragment whose tuple lacks its path, a key that no JSON path can say."""
    assert memory.engine.compile("plain", query) == UNKNOWN


def test_a_part_that_sql_understands_narrows_the_rest_down(memory: RowDB) -> None:
    """Only rows that one part allows are shown to the other."""
    condition = memory.engine.compile("plain", (where("a") == 1) & (where("b").map(len) == 1))
    assert condition == UNKNOWN  # TinyDB forgets the structure of such a query as a whole

    condition = memory.engine.compile("plain", (where("a") == 1) & where("b").search("x"))
    assert len(condition.may.params) == 1
    assert condition.must == NOTHING


def test_a_plain_function_is_a_query_too(memory: RowDB) -> None:
    """TinyDB takes any callable."""
    rows = memory.table("plain")
    rows.truncate()
    rows.insert_multiple({"n": n} for n in range(5))

    assert [document["n"] for document in rows.search(lambda document: document["n"] % 2 == 1)] == [1, 3]
