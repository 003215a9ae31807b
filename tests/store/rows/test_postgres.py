"""What is PostgreSQL's own: the key that it sorts by, schemas, roles, secrets, and what it takes to reach it."""

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg  # pyright: ignore[reportMissingImports]  # an extra
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import where
from tinydb.queries import QueryInstance

from connectors.clock import SystemClock
from majlis.errors import DuplicateKey, NotAStore, SchemaNewer, StoreBusy, StoreReadOnly, StoreUnreachable
from store import open_tinydb
from store.codec import escape
from store.rows import SCHEMA, RowDB, holding
from store.rows.address import is_postgres, shown
from store.rows.postgres import PostgresEngine
from store.rows.postgres_terms import key_of, value_of
from tests.postgres import Cluster
from tests.store.rows.test_where import DOCUMENTS, NUMBERS, QUERIES, REAL, TEXTS, WHOLE, finds_the_same

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def address(postgres: Cluster) -> str:
    """These are about a server."""
    return postgres.fresh()


@pytest.fixture(scope="module")
def memory(postgres: Cluster) -> Iterator[RowDB]:
    """One store for all examples."""
    with open_tinydb(postgres.fresh()) as db:
        db.index("indexed", "a")
        db.index_parts("indexed", "a")
        yield db


# ------------------------------------------------------------------------------------------------------ the sorting key


@settings(max_examples=40, deadline=None)
@given(query=QUERIES, documents=st.lists(DOCUMENTS, max_size=5), table=st.sampled_from(["plain", "indexed"]))
def test_queries_find_what_tinydb_finds(
    memory: RowDB, query: QueryInstance, documents: list[dict[str, Any]], table: str
) -> None:
    """A few of them on every run; hundreds are in `test_where.py`, with the slow ones."""
    finds_the_same(memory, query, documents, table)


@settings(max_examples=100, deadline=None)
@given(values=st.lists(NUMBERS | TEXTS | st.booleans() | st.text(min_size=240, max_size=260), max_size=9))
def test_the_server_and_we_make_the_same_key(memory: RowDB, values: list[Any]) -> None:
    """Of any text and any number, and what it was made of can be read from it."""
    engine: Any = memory.engine
    keys = [key_of(escape(value) if isinstance(value, str) else value) for value in values]
    asked = json.dumps([escape(value) if isinstance(value, str) else value for value in values])

    made = engine._ask(
        f"SELECT {engine._terms.schema}.majlis_key(item) FROM jsonb_array_elements(?::jsonb) AS held(item)",  # noqa: S608
        (asked,),
    )

    assert [key for (key,) in made] == keys
    for value, key in zip(values, keys, strict=True):
        if len(key) <= 250 and not (isinstance(value, float) and abs(value) > 2**53):
            assert value_of(key) == value


def test_keys_stand_as_numbers_do() -> None:
    """As they are written, whatever their size and sign, and in front of all texts."""
    odd = (-0.5, -0.55, -12, -120, 0.001, 99, 100, 101)
    numbers = sorted({*REAL, *WHOLE, *(-number for number in WHOLE), *odd}, key=lambda number: Decimal(repr(number)))
    keys = [key_of(number) for number in numbers]

    assert keys == sorted(keys)
    assert all(key < key_of("") for key in keys)


def test_a_text_longer_than_an_index_takes(address: str) -> None:
    """It is kept, found by all of it, refused a second time, and paged over like any other."""
    long, longer = "ع" * 5000, "ع" * 5000 + "x"
    with open_tinydb(address) as db:
        db.index("message", "key", unique=True)
        db.index("message", "key", "-key")
        table = db.table("message")
        table.insert_multiple({"key": key} for key in ("a", long, longer, "z"))

        with pytest.raises(DuplicateKey):
            table.insert({"key": long})
        assert [row.doc_id for row in table.search(where("key") == longer)] == [3]
        assert {row.doc_id for row in table.search(where("key") > long)} == {3}
        page = table.window(None, ("key",), limit=1)
        walked = []
        while page:
            walked += page
            page = table.window(None, ("key",), after=page[-1].position, limit=1)
        assert {row["key"] for row in walked[2:]} == {long, longer}
        assert [row["key"] for row in walked[:2]] == ["a", "z"]
        assert walked[2].position.values == (walked[2]["key"],)


# ------------------------------------------------------------------------------------------------------ schemas, roles


def test_a_schema_is_a_store(postgres: Cluster) -> None:
    """Two of them in one database share nothing, whatever they are called."""
    with (
        open_tinydb(postgres.address(schema='odd "name"; --')) as one,
        open_tinydb(postgres.address(schema="عيادة")) as two,
    ):
        one.index("message", "key", unique=True)
        one.table("message").insert({"key": "k"})
        two.table("message").insert({"key": "k"})

        assert one.table("message").all() == two.table("message").all()
        assert (one.version(), len(two.tables())) == (one.version(), 1)
    for name in ("pg_own", "", "x" * 57):
        with pytest.raises(ValueError, match="schema"):
            open_tinydb(postgres.address(schema=name))


def test_a_schema_of_somebody_else_is_left_alone(postgres: Cluster) -> None:
    """Not a table is made in it."""
    postgres.tell("CREATE SCHEMA theirs", "CREATE TABLE theirs.t(n integer)")

    with pytest.raises(NotAStore):
        open_tinydb(postgres.address(schema="theirs"))

    assert postgres.tell("SELECT count(*) FROM pg_class WHERE relnamespace='theirs'::regnamespace") == [(1,)]


def test_a_role_that_may_only_use_its_schema(postgres: Cluster) -> None:
    """It can make no schema and no extension: parts of texts are found all the same, by reading."""
    postgres.tell(
        "CREATE DATABASE bare TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
        "CREATE ROLE guest LOGIN",
    )
    with psycopg.connect(postgres.address(dbname="bare"), autocommit=True) as session:
        session.execute("CREATE SCHEMA majlis AUTHORIZATION guest")
    with open_tinydb(postgres.address(dbname="bare", user="guest")) as db:
        db.index_parts("message", "found")
        table = db.table("message")
        table.insert_multiple([{"found": "متى يفتح المركز"}, {"found": "50%_off"}, {"found": 5}])
        for part, ids in (("يفتح", [1]), ("%_", [2]), ("fo", []), ("5", [2])):
            assert [row.doc_id for row in table.search(holding(where("found"), part))] == ids
        assert db.engine.compile("message", holding(where("found"), "part")).exact


def test_who_may_only_read_reads(postgres: Cluster, address: str) -> None:
    """And is told when writing is refused."""
    schema = address.rpartition("=")[2]
    with open_tinydb(address) as db:
        db.insert({"n": 1})
    postgres.tell(
        "CREATE ROLE reader LOGIN",
        f"GRANT USAGE ON SCHEMA {schema} TO reader",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader",
    )
    with open_tinydb(postgres.address(schema=schema, user="reader")) as db:
        assert db.all() == [{"n": 1}]
        with pytest.raises(StoreReadOnly):
            db.insert({"n": 2})
        assert db.count(where("n") == 1) == 1


def test_a_database_in_another_encoding_is_refused(postgres: Cluster) -> None:
    """Arabic would not fit into it."""
    postgres.tell("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")

    with pytest.raises(Exception, match="LATIN1"):
        open_tinydb(postgres.address(dbname="latin"))


def test_a_newer_store_is_read_and_never_written(address: str) -> None:
    """An older program that runs on notices the upgrade by another process."""
    with open_tinydb(address) as older, open_tinydb(address, schema=SCHEMA + 1) as newer:
        older.insert({"n": 1})
        with newer.transaction():
            newer.schema = SCHEMA + 1
        with pytest.raises(SchemaNewer) as refused:
            older.insert({"n": 2})

        assert (refused.value.facts["found"], refused.value.facts["known"]) == (SCHEMA + 1, SCHEMA)
        assert older.all() == [{"n": 1}]


def test_a_writer_that_never_ends_is_named(address: str) -> None:
    """After the patience has run out, and nothing is written."""
    with open_tinydb(address) as db:
        impatient = RowDB(PostgresEngine(address, patience_s=0.05))
        with db.transaction():
            db.insert({})
            with pytest.raises(StoreBusy):
                impatient.insert({})
        assert impatient.insert({}) == 2
        impatient.close()


def test_a_document_that_is_none_is_not_taken_in(address: str) -> None:
    """The server reads what it is given."""
    with open_tinydb(address) as db:
        db.insert({})
        engine: Any = db.engine
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            engine._ask(f"UPDATE {engine._terms.table_name('_default')} SET body='spoilt'")  # noqa: S608

        assert db.check() == []


def test_a_commit_tells_who_listens(postgres: Cluster, address: str) -> None:
    """For whoever wants to be woken; a change that was not kept tells nobody."""
    schema = address.rpartition("=")[2]
    with open_tinydb(address) as db, psycopg.connect(postgres.address(), autocommit=True) as ear:
        ear.execute(f'LISTEN "{schema}"'.encode())
        with pytest.raises(RuntimeError, match="half way"), db.transaction():
            raise RuntimeError("half way")
        db.insert({})

        heard = list(ear.notifies(timeout=10, stop_after=1))

    assert [notice.channel for notice in heard] == [schema]


def until_stirred(db: RowDB) -> None:
    """Look until there may be something new."""
    deadline = time.monotonic() + 10
    while not db.stirred():
        assert time.monotonic() < deadline


def test_who_looks_often_asks_the_server_nothing_until_somebody_writes(postgres: Cluster, address: str) -> None:
    """A session that is new, also after a cut, has everything to ask."""
    with open_tinydb(address) as one, open_tinydb(address) as other:
        assert one.stirred()
        assert not one.stirred()
        other.insert({})
        until_stirred(one)
        assert not one.stirred()
        with psycopg.connect(postgres.address(), autocommit=True) as root:
            root.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid<>pg_backend_pid()")
        until_stirred(one)
        assert len(one) == 1
        assert one.stirred()
        assert not one.stirred()


# -------------------------------------------------------------------------------------------------------------- secrets

CANARY = "cnry-5e1f"


@pytest.mark.parametrize(
    ("url", "as_shown"),
    [
        (f"postgresql://salem:{CANARY}@db/majlis", "postgresql://salem:***@db/majlis"),
        (f"postgres://salem:{CANARY}/?@{CANARY}@db:1/m?a=b", "postgres://salem:***@db:1/m?a=b"),
        (f"postgresql://:{CANARY}@db", "postgresql://:***@db"),
        (
            f"postgresql://db/m?password={CANARY}&sslmode=require&ssl%70assword={CANARY}",
            "postgresql://db/m?password=***&sslmode=require&ssl%70assword=***",
        ),
        ("postgresql://salem@db:5432/m?schema=x", "postgresql://salem@db:5432/m?schema=x"),
        ("/srv/majlis/in:box@home.db", "/srv/majlis/in:box@home.db"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, as_shown: str) -> None:
    """However it got in there."""
    assert shown(url) == as_shown


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://salem:{CANARY}@/majlis?host=/nowhere",
        f"postgresql:///majlis?host=/nowhere&password={CANARY}",
        f"postgresql://salem:{CANARY}@db/majlis?nonsense=1",
        f"postgresql://salem:{CANARY}@db:port/majlis",
        f"postgresql://salem:{CANARY}%zz@db/majlis",
    ],
)
def test_no_error_repeats_a_password(url: str) -> None:
    """Neither what a person is told nor what a log with its traceback would hold."""
    assert is_postgres(url)
    with pytest.raises((StoreUnreachable, ValueError)) as refused:
        open_tinydb(url)

    said = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
    assert CANARY not in said.replace(repr(url), "")


def test_the_password_of_an_open_store_is_not_told(postgres: Cluster) -> None:
    """Neither by its path nor by a look at what is damaged."""
    url = postgres.fresh() + f"&password={CANARY}"
    with open_tinydb(url) as db:
        assert CANARY not in db.path
        assert CANARY not in repr(db) + repr(vars(db))


def test_the_time_is_the_servers(address: str) -> None:
    """Machines that share a store set their clocks by it; a file has no other clock than its machine's."""
    with open_tinydb(address) as db, open_tinydb(":memory:") as file:
        found = db.server_time()

        assert found is not None
        assert abs(found - SystemClock().now()) < timedelta(seconds=30)
        assert file.server_time() is None


def test_without_the_driver_it_is_said_how_to_install_it() -> None:
    """And what is kept in a file needs none."""
    code = """if True:
        import sys

        sys.modules["psycopg"] = None
        from majlis.errors import DriverMissing
        from store import open_tinydb

        open_tinydb(":memory:").insert({})
        try:
            open_tinydb("postgresql://salem:secret@db/majlis")
        except DriverMissing as error:
            print(error)
        """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "pip install 'majlis[postgresql]'" in done.stdout
    assert "secret" not in done.stdout
