"""Locks beside a store: kept by one process, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from majlis.errors import StoreReadOnly
from store.rows import RowDB, open_tinydb
from store.rows.locks import FileLocks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
KEEPER = """
import sys, pathlib
from store.rows.locks import FileLocks
print(FileLocks(pathlib.Path(sys.argv[1])).hold("send"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def address(path: Path) -> str:
    """These are about a file."""
    return str(path)


@pytest.fixture
def keeper(db: RowDB) -> Iterator[subprocess.Popen[str]]:
    """Another process that keeps the lock."""
    command = [sys.executable, "-c", KEEPER, db.path]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_death_frees_a_lock_and_being_stopped_does_not(db: RowDB, keeper: subprocess.Popen[str]) -> None:
    """So two can never run, and nobody waits for the dead."""
    assert not db.hold("send")
    keeper.send_signal(signal.SIGSTOP)
    assert not db.hold("send")

    keeper.kill()
    keeper.wait()
    assert db.hold("send")


def test_a_lock_file_may_be_used_by_whoever_may_use_the_store(db: RowDB) -> None:
    """Whatever the umask of whoever made it."""
    before = os.umask(0o077)
    try:
        db.hold("poll:moh")
        Path(db.path).parent.chmod(0o2770)
        db.hold("send")
    finally:
        os.umask(before)

    assert Path(f"{db.path}.poll.moh.lock").stat().st_mode & 0o777 == 0o600
    assert Path(f"{db.path}.send.lock").stat().st_mode & 0o777 == 0o660


def test_a_lock_file_that_was_removed_guards_nothing(db: RowDB, other: RowDB) -> None:
    """The one who kept it notices at the next look that somebody else has the new one."""
    db.hold("send")
    Path(f"{db.path}.send.lock").unlink()

    assert other.hold("send")
    assert not db.hold("send")
    Path(f"{db.path}.send.lock").unlink()
    assert db.hold("send")
    assert not other.hold("send")


def test_a_lock_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """Not taken for one that somebody else keeps."""
    with pytest.raises(StoreReadOnly):
        FileLocks(tmp_path / "nowhere" / "inbox.db").hold("send")


@pytest.mark.parametrize("name", ["", "../send", "poll:", "a.b", "a/b"])
def test_a_name_of_a_lock_is_no_path(db: RowDB, name: str) -> None:
    """It becomes part of a file's name."""
    with pytest.raises(ValueError, match="lock's name"):
        db.hold(name)


def test_a_store_in_memory_is_nobody_elses() -> None:
    """Its locks are always to be had."""
    with open_tinydb(":memory:") as db:
        assert db.hold("send")
        db.let_go("send")


def test_a_pipe_in_place_of_a_lock_or_a_witness_holds_nobody_up(path: Path) -> None:
    """Whoever may write the folder can put one there; a lock is refused, a witness has seen nothing."""
    with open_tinydb(path) as db:
        db.insert({})
    lock, witness = (path.with_name(f"{path.name}{end}") for end in (".send.lock", "-witness"))
    for each in (lock, witness):
        each.unlink(missing_ok=True)
        os.mkfifo(each)

    with open_tinydb(path) as db:
        db.insert({})
        assert len(db) == 2
        with pytest.raises(StoreReadOnly):
            db.engine.hold("send")
