"""Several processes on one store, and processes that die while they write."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tinydb import where

from store import open_tinydb
from tests.postgres import Cluster

ROOT = Path(__file__).resolve().parents[3]
WRITERS = 4
TURNS = 60
DEATHS = 30


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, path: Path) -> str:
    """Where a store of each engine may lie; with PostgreSQL these take as long again."""
    if request.param == "sqlite":
        return str(path)
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.fresh()


def _errors(process: subprocess.Popen[str]) -> str:
    """Wait for the end of a process and return what it complained about."""
    assert process.stderr is not None
    with process:
        return process.stderr.read()


def _start(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


WRITER = """
    import sys
    from tinydb import where
    from tinydb.operations import add, increment
    from store import open_tinydb

    path, name, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
    db = open_tinydb(path)
    db.index("entry", "key", unique=True)
    print("ready", flush=True)
    sys.stdin.readline()
    ids = []
    for turn in range(turns):
        ids.append(db.table("message").insert({"by": name, "turn": turn}))
        db.table("counter").update(increment("n"), where("key") == "shared")
        db.table("entry").upsert({"key": turn, "last": name}, where("key") == turn)
        with db.transaction():
            db.table("account").update(add("balance", -1), doc_ids=[1])
            db.table("account").update(add("balance", 1), doc_ids=[2])
    print(*ids, flush=True)
    """


def test_writers_at_once_lose_nothing(address: str) -> None:
    """Four processes insert, count, upsert and book at full speed; every one of their changes is there."""
    with open_tinydb(address) as db:
        db.table("counter").insert({"key": "shared", "n": 0})
        db.table("account").insert_multiple([{"balance": 1000}, {"balance": 0}])
        writers = [_start(WRITER, address, str(n), str(TURNS)) for n in range(WRITERS)]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"

        told = [writer.communicate("go\n", timeout=100) for writer in writers]

        assert [errors for _, errors in told] == [""] * WRITERS
        ids = [int(doc_id) for out, _ in told for doc_id in out.split()]
        assert sorted(ids) == list(range(1, WRITERS * TURNS + 1))
        assert len(db.table("message")) == WRITERS * TURNS
        assert db.table("counter").get(doc_id=1)["n"] == WRITERS * TURNS
        assert [account["balance"] for account in db.table("account")] == [1000 - WRITERS * TURNS, WRITERS * TURNS]
        assert len(db.table("entry")) == TURNS
        assert db.check() == []


DYING_WRITER = """
    import itertools, sys
    from store import open_tinydb

    db = open_tinydb(sys.argv[1])
    begun = len(db.table("message"))
    for n in itertools.count(begun):
        with db.transaction():
            doc_id = db.table("message").insert({"n": n, "text": "x" * (n * 37 % 3000)})
            db.table("event").insert({"message": doc_id})
        print(doc_id, flush=True)
    """


def test_a_killed_writer_takes_nothing_acknowledged_with_it(address: str) -> None:
    """Killed at thirty different moments: what it said it had written is there, and nothing is there by half."""
    acknowledged = 0
    for death in range(DEATHS):
        writer = _start(DYING_WRITER, address)
        assert writer.stdout is not None
        for _ in range(1 + death * 7 % 23):
            acknowledged = int(writer.stdout.readline())
        writer.kill()
        # Not by communicate(), which leaves out what readline() has taken from the pipe ahead of time.
        rest, errors = writer.stdout.read(), _errors(writer)
        # A line cut short by the kill was not said in full; its row may be there or not.
        acknowledged = max([acknowledged, *(int(line) for line in rest.splitlines(keepends=True) if line[-1:] == "\n")])
        assert errors == ""

        with open_tinydb(address) as db:
            messages = [message.doc_id for message in db.table("message")]
            assert messages[:acknowledged] == list(range(1, acknowledged + 1))
            assert len(messages) <= acknowledged + 1
            assert [event["message"] for event in db.table("event")] == messages
    with open_tinydb(address) as db:
        assert db.check() == []
        assert db.table("message").count(where("n") >= 0) >= acknowledged > DEATHS


def test_two_that_begin_a_store_at_once_begin_one(address: str) -> None:
    """Whoever comes second finds what the first made."""
    code = """
        import sys
        from store import open_tinydb

        print("ready", flush=True)
        sys.stdin.readline()
        print(open_tinydb(sys.argv[1]).insert({}), flush=True)
        """
    writers = [_start(code, address) for _ in range(WRITERS)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()

    told = [writer.communicate(timeout=60) for writer in writers]

    assert sorted(told) == [(f"{n}\n", "") for n in range(1, WRITERS + 1)]
