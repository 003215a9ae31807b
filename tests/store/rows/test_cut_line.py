"""A line that is cut, a server that falls: what was said to be kept is there, what was not is not there twice."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg  # pyright: ignore[reportMissingImports]  # an extra
import pytest
from tinydb import where

from majlis.errors import StoreInDoubt, StoreUnreachable
from store import open_tinydb
from store.rows import RowDB
from store.rows.postgres import PostgresEngine
from store.rows.postgres_line import WatchedConnection
from store.rows.postgres_server import connected, line_of
from tests.store.rows.line import Cut, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.postgres import Cluster

READS: list[Callable[[RowDB], Any]] = [
    lambda db: db.all(),
    lambda db: db.count(where("n") == 1),
    lambda db: db.get(doc_id=1),
    lambda db: db.table("_default").window(None, ("n",), limit=1),
    lambda db: db.version(),
]


@pytest.fixture
def address(postgres: Cluster) -> str:
    """These are about a server."""
    return postgres.fresh()


@pytest.fixture
def cut(postgres: Cluster, db: RowDB) -> Callable[[], None]:
    """End the session of the store, as an administrator would."""
    engine: Any = db.engine

    def act() -> None:
        number = engine._db.info.backend_pid
        with psycopg.connect(postgres.address(), autocommit=True) as session:
            session.execute("SELECT pg_terminate_backend(%s, 10000)", (number,))

    return act


@pytest.fixture
def line(postgres: Cluster) -> Iterator[Line]:
    """A line to the server."""
    folder = Path(tempfile.mkdtemp(prefix="majlis-line-"))
    made = Line(folder, postgres.folder)
    yield made
    made.close()
    shutil.rmtree(folder)


@pytest.fixture
def far(address: str, postgres: Cluster, line: Line) -> Iterator[RowDB]:
    """The store at the other end of that line."""
    reached = RowDB(PostgresEngine(address.replace(str(postgres.folder), str(line.folder))))
    yield reached
    reached.close()


@pytest.mark.parametrize("read", READS, ids=["all", "count", "get", "window", "version"])
def test_a_session_that_was_cut_meanwhile_is_replaced(
    db: RowDB, cut: Callable[[], None], read: Callable[[RowDB], Any]
) -> None:
    """Who comes back after a night sees nothing of it, reading or writing."""
    db.insert({"n": 1})
    cut()
    assert read(db)
    cut()
    assert db.insert({"n": 2}) == 2


def test_what_was_under_way_is_not_kept(db: RowDB, other: RowDB, cut: Callable[[], None]) -> None:
    """It is said so, however the program goes on inside; the next call connects again."""

    def go_on() -> None:
        with db.transaction():
            db.insert({"n": 1})
            cut()
            with pytest.raises(StoreUnreachable):
                db.insert({"n": 2})
            db.insert({"n": 3})

    with pytest.raises(StoreUnreachable):
        go_on()

    assert other.all() == []
    assert db.insert({"n": 4}) == 1
    assert other.all() == [{"n": 4}]


def test_a_transaction_that_only_waits_is_cut_too(db: RowDB, cut: Callable[[], None]) -> None:
    """By the time of its end it is known that nothing of it is kept."""

    def wait() -> None:
        with db.transaction():
            db.insert({"n": 1})
            cut()

    with pytest.raises(StoreUnreachable):
        wait()

    assert db.all() == []


def test_one_state_cannot_be_read_on_after_a_cut(db: RowDB, cut: Callable[[], None]) -> None:
    """Another session would see another state."""
    db.insert({"n": 1})
    with db.snapshot():
        assert len(db) == 1
        cut()
        with pytest.raises(StoreUnreachable):
            len(db)
    assert len(db) == 1


def test_a_lock_ends_with_its_session(db: RowDB, other: RowDB, cut: Callable[[], None]) -> None:
    """Who asks again finds it taken, or takes it anew."""
    assert db.hold("send")
    assert db.hold("send")
    assert not other.hold("send")
    cut()

    assert other.hold("send")
    assert not db.hold("send")
    other.let_go("send")
    assert db.hold("send")
    db.close()
    assert other.hold("send")


def test_a_commit_that_was_kept_without_an_answer_counts(far: RowDB, db: RowDB, line: Line) -> None:
    """The server says so on the next session, and nobody does it twice."""
    far.insert({"n": 1})
    line.cut = Cut.AFTER_COMMIT

    assert far.insert({"n": 2}) == 2

    assert db.all() == far.all() == [{"n": 1}, {"n": 2}]


def test_a_commit_that_the_server_never_heard_of(far: RowDB, db: RowDB, line: Line) -> None:
    """It is said for certain that nothing was kept, so it can be done again."""
    far.insert({"n": 1})
    line.cut = Cut.BEFORE_COMMIT

    with pytest.raises(StoreUnreachable):
        far.insert({"n": 2})

    assert db.all() == [{"n": 1}]
    assert far.insert({"n": 2}) == 2


@pytest.mark.parametrize("how", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
def test_a_server_that_stays_away_leaves_a_doubt(far: RowDB, db: RowDB, line: Line, how: Cut) -> None:
    """It is said that nobody knows; when it answers again, what was kept can be seen."""
    far.insert({"n": 1})
    engine: Any = far.engine
    engine._patience_s = 0.2
    line.cut, line.dies = how, True

    with pytest.raises(StoreInDoubt) as doubt:
        far.insert({"n": 2})
    mark: Any = doubt.value.facts["mark"]
    with pytest.raises(StoreUnreachable):
        far.engine.became(mark)
    line.is_dead = False

    assert far.engine.became(mark) is (how is Cut.AFTER_COMMIT)

    assert far.all() == db.all() == [{"n": 1}, {"n": 2}][: 1 + (how is Cut.AFTER_COMMIT)]


@pytest.mark.parametrize("refuses", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["refuses", "mute"])
@pytest.mark.parametrize("read", [READS[0], lambda db: db.insert({"n": 2})], ids=["reading", "writing"])
def test_a_line_that_passes_nothing_on_holds_nobody_up(
    far: RowDB, db: RowDB, line: Line, read: Callable[[RowDB], Any], *, refuses: bool
) -> None:
    """Nobody closes it and nobody says so; it is found out, said, and another one is made when that can be."""
    far.insert({"n": 1})
    engine: Any = far.engine
    engine._db.silence_s = 0.2
    engine._db.asks["connect_timeout"] = 2
    engine._address += "&connect_timeout=2"
    engine._patience_s = 0.2
    line.is_mute, line.is_dead = True, refuses

    with pytest.raises(StoreUnreachable):
        read(far)
    line.is_mute = line.is_dead = False

    assert far.all() == db.all() == [{"n": 1}]


def test_a_long_statement_is_no_dead_line(postgres: Cluster) -> None:
    """While the server is at it there is patience, however long it takes."""
    made, _ = connected(postgres.address(), path="here", patience_s=10)
    assert isinstance(made, WatchedConnection)
    made.silence_s = 0.1

    with made:
        assert made.execute(b"SELECT pg_sleep(0.8)").fetchone() == ("",)


def test_what_the_line_may_do_is_libpqs_own_to_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An address, a service or the environment that says how long to wait has the last word."""
    file = tmp_path / "services.conf"
    file.write_text("[inbox]\nkeepalives_idle=77\n", encoding="ascii")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    ours = {"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}

    assert ours <= line_of({}).keys()
    assert ours - line_of({"tcp_user_timeout": "9"}).keys() == {"tcp_user_timeout"}
    assert ours - line_of({"service": "inbox"}).keys() == {"keepalives_idle"}
    assert "PGSERVICE" not in os.environ
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    assert ours - line_of({}).keys() == {"connect_timeout"}


def test_a_server_that_falls_and_comes_back(db: RowDB, postgres: Cluster) -> None:
    """As if it had been killed: what was committed is there, what was under way is not, and the next call goes on."""
    db.insert({"n": 1})

    def write() -> None:
        with db.transaction():
            db.insert({"n": 2})
            postgres.stop("immediate")
            try:
                db.insert({"n": 3})
            finally:
                postgres.start()

    with pytest.raises(StoreUnreachable):
        write()

    assert db.all() == [{"n": 1}]
    postgres.stop("immediate")
    with pytest.raises(StoreUnreachable, match="cannot be reached"):
        db.all()
    postgres.start()
    assert db.insert({"n": 2}) == 2


CUTS = 40
WRITERS = 3


@pytest.mark.slow
def test_writers_under_fire_lose_nothing_and_write_nothing_twice(address: str, postgres: Cluster) -> None:
    """Sessions cut at any moment and a server that falls: each writer's own count agrees with the store."""
    kept: dict[int, list[int]] = {}
    is_ready, is_over = threading.Barrier(WRITERS + 1), threading.Event()

    def write(writer: int) -> None:
        mine: list[int] = []
        with open_tinydb(address) as db:  # before the first shot
            is_ready.wait()
            n = 0
            while not is_over.is_set():
                n += 1
                try:
                    with db.transaction():
                        db.table("message").insert({"by": writer, "n": n})
                        db.table("event").insert({"by": writer, "n": n})
                except StoreUnreachable:
                    continue  # nothing of it was kept
                mine.append(n)
            kept[writer] = mine

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    with open_tinydb(address) as db:
        for thread in threads:
            thread.start()
        is_ready.wait()
        for turn in range(CUTS):
            with psycopg.connect(postgres.address(), autocommit=True) as session:
                session.execute("SELECT pg_sleep(0.03)")
                session.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            if turn % 10 == 9:
                postgres.stop("immediate")
                postgres.start()
        is_over.set()
        for thread in threads:
            thread.join(60)

        assert sorted(kept) == list(range(WRITERS))
        for table in ("message", "event"):
            for writer, mine in kept.items():
                assert [row["n"] for row in db.table(table).search(where("by") == writer)] == mine
        assert sum(map(len, kept.values())) > CUTS
