"""What several writers, and careful readers, can rely on beyond TinyDB's own tests."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tinydb import Query, where
from tinydb.operations import increment
from tinydb.table import Document

from majlis.errors import DuplicateKey
from store import open_tinydb
from store.rows import RowDB
from tests.store.rows.plans import plans


def test_ids_are_taken_inside_the_transaction(db: RowDB, other: RowDB) -> None:
    """Two connections that both know the last id never give out the same next one."""
    ids = [connection.insert({"n": n}) for n, connection in enumerate([db, other, db, other])]

    assert ids == [1, 2, 3, 4]


def test_ids_are_never_given_twice(db: RowDB, other: RowDB) -> None:
    """Not even when the last document is gone, for what points at it must not point at another."""
    db.insert_multiple([{}, {}, {}])
    db.remove(doc_ids=[3])

    assert other.insert({}) == 4
    assert db._get_next_id() == 5
    assert other.insert({}) == 6


def test_an_id_that_is_taken_is_refused_and_nothing_is_written(db: RowDB) -> None:
    """As TinyDB refuses it."""
    db.insert(Document({}, 7))

    with pytest.raises(ValueError, match="ID 7 already exists"):
        db.insert_multiple([{"n": 1}, Document({}, 7)])
    with pytest.raises(ValueError, match="64-bit"):
        db.insert(Document({}, 2**63))

    assert [document.doc_id for document in db] == [7]


def test_the_last_id_there_is(db: RowDB) -> None:
    """Says so, and is not mistaken for a full disk."""
    db.insert(Document({}, 2**63 - 1))

    with pytest.raises(ValueError, match="no ids left"):
        db.insert({})


def test_table_names_are_told_apart_exactly(db: RowDB) -> None:
    """Case, quotes, Arabic, and what no file of SQLite's could be named."""
    names = {"A", "a", 'say "x"', "it's", "رسائل", "", "a b", "%61", "\x00", "\ud800", "_default", "x" * 300}
    for name in names:
        db.table(name).insert({"name": name})

    assert db.tables() == names
    assert all(db.table(name).all() == [{"name": name}] for name in names)
    db.drop_table("A")
    assert db.tables() == names - {"A"}


def test_another_writer_is_seen_at_once(db: RowDB, other: RowDB) -> None:
    """TinyDB's query cache does not survive somebody else's commit."""
    db.insert({"n": 1})
    query = where("n") > 0
    assert (len(db.search(query)), db.count(query)) == (1, 1)

    other.insert({"n": 2})

    assert (len(db.search(query)), db.count(query)) == (2, 2)


def test_remembered_answers_cannot_be_spoilt(db: RowDB) -> None:
    """Changing a document that was found changes neither the store nor what the next one finds."""
    db.insert({"n": 1, "tags": ["a"]})
    found = db.search(where("n") == 1)
    found[0]["tags"].append("b")
    found.clear()

    assert db.search(where("n") == 1) == [{"n": 1, "tags": ["a"]}]


def test_queries_that_look_alike_to_tinydb_are_not_confused(db: RowDB) -> None:
    """Its tuples lack the flags of a pattern and the path of a fragment, and take a list for a tuple."""
    db.insert({"a": {"x": 1}, "b": {"x": 2}, "t": "ABC", "l": [1]})

    assert db.count(where("t").matches("abc")) == 0
    assert db.count(where("t").matches("abc", 2)) == 1  # re.IGNORECASE
    assert db.count(where("a").fragment({"x": 1})) == 1
    assert db.count(where("b").fragment({"x": 1})) == 0
    assert db.count(where("l") == [1]) == 1
    assert db.count(where("l") == (1,)) == 0


def test_a_transaction_over_tables_is_kept_whole_or_not_at_all(db: RowDB, other: RowDB) -> None:
    """Others see nothing before its end, and nothing ever if it fails."""
    with db.transaction():
        db.table("message").insert({"n": 1})
        db.table("event").insert({"n": 1})
        assert other.tables() == set()
    assert other.tables() == {"message", "event"}

    def fail_half_way() -> None:
        with db.transaction():
            db.table("message").update(increment("n"))
            db.table("third").insert({})
            assert db.table("message").count(where("n") == 2) == 1
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()

    assert db.table("message").count(where("n") == 2) == 0
    assert db.table("message").all() == other.table("message").all() == [{"n": 1}]
    assert db.tables() == {"message", "event"}
    assert db.table("third").insert({"n": 5}) == 1


def test_an_inner_transaction_can_fail_alone(db: RowDB) -> None:
    """Its part is undone, the rest is kept."""

    def fail_inside() -> None:
        with db.transaction():
            db.insert({"part": "inner"})
            db.table("new").insert({})
            raise RuntimeError("inside")

    with db.transaction():
        db.insert({"part": "outer"})
        with pytest.raises(RuntimeError, match="inside"):
            fail_inside()
        db.insert({"part": "after"})

    assert [document["part"] for document in db] == ["outer", "after"]
    assert db.tables() == {"_default"}


def test_a_snapshot_stays_what_it_was(db: RowDB, other: RowDB) -> None:
    """However others go on."""
    db.insert({})
    with db.snapshot():
        assert len(db) == 1
        other.insert({})
        assert len(db) == 1
    assert len(db) == 2


def test_version_tells_whether_to_look_again(db: RowDB, other: RowDB) -> None:
    """It stays while nothing is committed, and moves for anybody's commit."""
    before = db.version()
    assert db.version() == before
    other.insert({})
    middle = db.version()
    db.insert({})

    assert len({before, middle, db.version()}) == 3


def test_unique_values(db: RowDB, other: RowDB) -> None:
    """The second one is refused by name, through whichever connection; missing and null values are free."""
    db.index("message", "network", "native", unique=True)
    table, same = db.table("message"), other.table("message")
    table.insert_multiple([{"network": "x", "native": "1"}, {"network": "x"}, {"network": "x", "native": None}])

    with pytest.raises(DuplicateKey) as refused:
        table.insert_multiple([{"network": "x", "native": "2"}, {"network": "x", "native": "1"}])
    with pytest.raises(DuplicateKey):
        same.insert({"network": "x", "native": "1"})
    same.insert_multiple([{"network": "x"}, {"network": "y", "native": "1"}])
    with pytest.raises(DuplicateKey):
        table.update({"network": "x"}, where("network") == "y")

    assert refused.value.facts == {"table": "message", "key": "x, 1"}
    assert len(table) == 5


def test_a_unique_index_over_twins_is_refused(db: RowDB) -> None:
    """Nothing is changed."""
    db.table("message").insert_multiple([{"key": "k"}, {"key": "k"}])

    with pytest.raises(DuplicateKey):
        db.index("message", "key", unique=True)

    assert len(db.table("message")) == 2


def test_a_dropped_table_comes_back_with_its_indexes(db: RowDB, other: RowDB) -> None:
    """Even when another process dropped it."""
    db.index("message", "key", unique=True)
    other.drop_table("message")
    db.table("message").insert({"key": "k"})

    with pytest.raises(DuplicateKey):
        db.table("message").insert({"key": "k"})


def test_an_index_needs_what_sql_can_say(db: RowDB) -> None:
    """The mistake shows when the index is declared."""
    with pytest.raises(ValueError, match="SQL alone"):
        db.index("message", "key", where=where("text").matches("x"))
    with pytest.raises(ValueError, match="sorted by"):
        db.index("message", 'a"b')
    with pytest.raises(ValueError, match="at least"):
        db.index("message")


def test_looking_up_by_natural_key_takes_the_index(db: RowDB) -> None:
    """One row is read, not the table."""
    db.index("message", "key", unique=True)
    table = db.table("message")
    table.insert_multiple({"key": str(n)} for n in range(100))

    acts: list[Callable[[], object]] = [
        lambda: table.get(where("key") == "7"),
        lambda: table.update({"seen": True}, where("key") == "7"),
        lambda: table.remove(where("key").one_of(["8", "9"])),
    ]
    for act in acts:
        assert all(plan.searches for plan in plans(db, "message", act))


def test_a_partial_index_serves_the_view_it_was_made_for(db: RowDB) -> None:
    """Counting and paging a view read its own index and never the table."""
    is_open = where("state").one_of(["new", "claimed"])
    db.index("message", "sort", where=is_open)
    table = db.table("message")
    table.insert_multiple({"state": "new" if n % 10 == 0 else "done", "sort": n} for n in range(500))

    acts: list[Callable[[], object]] = [
        lambda: table.count(is_open),
        lambda: table.window(is_open, ("-sort",), after=(250,), limit=3),
        lambda: table.window((where("sort") > 20) & is_open, ("sort",), limit=3),
    ]

    for act in acts:
        for plan in plans(db, "message", act, in_order=True):
            assert plan.reads_index, plan
            assert not plan.sorts, plan
    assert table.count(is_open) == 50
    assert [row["sort"] for row in table.window(is_open, ("-sort",), after=(250,), limit=3)] == [240, 230, 220]


def test_upsert_decides_and_writes_in_one_transaction(db: RowDB) -> None:
    """Threads that upsert the same key make one document of it."""
    table = db.table("counter")
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        for n in range(25):
            table.upsert({"key": n}, where("key") == n)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(table) == 25


def test_an_updater_of_ones_own_reads_and_writes_what_it_touches(db: RowDB) -> None:
    """TinyDB's extension point for operations stays usable."""
    db.insert_multiple({"n": n} for n in range(5))

    def shuffle(table: dict[int, dict[str, Any]]) -> None:
        assert len(table) == 5
        table[1]["n"] = 100
        table[9] = {"n": 9}
        del table[2]
        table[3] = table.pop(4)
        assert sorted(table) == [1, 3, 5, 9]
        assert len(table) == 4
        assert 2 not in table

    db.table("_default")._update_table(shuffle)

    assert {document.doc_id: document["n"] for document in db} == {1: 100, 3: 3, 5: 4, 9: 9}
    assert db.table("_default")._read_table()["9"] == {"n": 9}
    assert db.insert({}) == 10


def test_updates_see_the_changes_before_them(db: RowDB) -> None:
    """Several changes of one call go over a document in their order."""
    db.insert({"n": 1})

    assert db.update_multiple([(increment("n"), where("n") == 1), (increment("n"), where("n") == 2)]) == [1, 1]
    assert db.all() == [{"n": 3}]


def test_a_failing_change_undoes_the_whole_update(db: RowDB) -> None:
    """All documents, or none."""
    db.insert_multiple([{"n": 1}, {"n": 1, "text": "x"}, {"text": "y"}])

    with pytest.raises(KeyError):
        db.update(increment("n"))

    assert [document.get("n") for document in db] == [1, 1, None]


def test_the_storage_can_be_read_and_written_whole(db: RowDB) -> None:
    """For tools that know TinyDB's storages."""
    assert db.storage.read() is None
    db.storage.write({"a": {"3": {"n": 1}}, "b": {}})

    assert db.tables() == {"a", "b"}
    assert db.table("a").get(doc_id=3) == {"n": 1}
    assert db.storage.read() == {"a": {"3": {"n": 1}}, "b": {}}


def test_what_is_in_memory_ends_with_it() -> None:
    """Two of them share nothing."""
    with open_tinydb(":memory:") as one, open_tinydb("sqlite://") as two:
        one.insert({})
        assert (len(one), len(two)) == (1, 0)


def test_documents_may_be_counted_while_a_table_is_walked(db: RowDB) -> None:
    """Walking holds no lock and no snapshot."""
    db.insert_multiple({"n": n} for n in range(2500))
    walked = 0
    for document in db:
        walked += 1
        if document["n"] == 1200:
            db.update({"seen": True}, Query().n == 5)

    assert walked == db.count(Query().noop()) == 2500
