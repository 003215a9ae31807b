"""A store whose file or log was exchanged for an older one: it is sound in itself, and still not written to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from majlis.errors import StoreRolledBack
from majlis.ports import View, ViewName
from store.inbox import Inbox, open_rows
from store.rows.witness import Backup, Head, Witness
from tests.builders import decision, message, page

ROOT = Path(__file__).resolve().parents[2]
ALL = View(name=ViewName.ALL, operator="salem")
KILLED = """
import asyncio, os, sys
from store.inbox import Inbox
from tests.builders import message, page

async def write():
    inbox = await Inbox.open(sys.argv[1])
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        await inbox.ingest(page(message(str(number))))
    os._exit(9)  # as a kill does: the log stays

asyncio.run(write())
"""


def _written_and_killed(path: Path, first: int, last: int) -> None:
    subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(first), str(last)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=60,
    )


async def _is_refused(path: Path, *, found: int, expected: int) -> None:
    """Open a store, read it, and be refused when writing."""
    inbox = await Inbox.open(str(path))
    window = await inbox.window(ALL, limit=10)
    assert len(window.rows) == found
    with pytest.raises(StoreRolledBack) as refused:
        await inbox.ingest(page(message("later")))
    with pytest.raises(StoreRolledBack):
        await inbox.prefer("salem", "theme", "dark")
    await inbox.aclose()
    assert (refused.value.facts["found"], refused.value.facts["expected"]) == (found, expected)


async def test_a_log_that_is_removed_while_nobody_has_the_store_open(tmp_path: Path) -> None:
    """What was in it is missing, and that is said before anything is written over it."""
    path = tmp_path / "inbox.db"
    inbox = await Inbox.open(str(path))
    await inbox.ingest(page(message("0")))
    await inbox.aclose()
    _written_and_killed(path, 1, 4)
    log = path.with_name("inbox.db-wal")
    assert log.stat().st_size

    log.unlink()

    await _is_refused(path, found=1, expected=4)


async def test_a_log_that_a_killed_process_leaves_is_taken_up(tmp_path: Path) -> None:
    """The ordinary case, in which the witness has nothing to object to."""
    path = tmp_path / "inbox.db"
    _written_and_killed(path, 0, 3)

    inbox = await Inbox.open(str(path))

    await inbox.ingest(page(message("later")))
    assert await inbox.revision() == 4
    await inbox.aclose()


@pytest.mark.parametrize("goes_on", [False, True])
async def test_an_older_file_that_is_put_back_by_hand(tmp_path: Path, *, goes_on: bool) -> None:
    """Also where another history has grown on it meanwhile, in a place without a witness."""
    path, old = tmp_path / "inbox.db", tmp_path / "elsewhere" / "old.db"
    old.parent.mkdir()
    inbox = await Inbox.open(str(path))
    await inbox.ingest(page(message("0")))
    await inbox.aclose()
    shutil.copy(path, old)
    inbox = await Inbox.open(str(path))
    await inbox.apply(decision(await inbox.message(message("0").key)))
    await inbox.aclose()
    if goes_on:
        other = await Inbox.open(str(old))
        await other.ingest(page(message("1")))
        await other.ingest(page(message("2")))
        await other.aclose()

    shutil.copy(old, path)

    await _is_refused(path, found=3 if goes_on else 1, expected=2)


async def test_a_file_that_has_vanished_is_not_begun_anew(tmp_path: Path) -> None:
    """An empty inbox in its place would hide the loss."""
    path = tmp_path / "inbox.db"
    inbox = await Inbox.open(str(path))
    await inbox.ingest(page(message("0")))
    await inbox.aclose()

    path.unlink()

    await _is_refused(path, found=0, expected=1)


def test_a_witness_knows_the_furthest_head_and_the_last_backup(tmp_path: Path) -> None:
    """Whatever the order in which processes write their lines, and whatever was cut off."""
    store = tmp_path / "inbox.db"
    store.touch(mode=0o640)
    mine, theirs = Witness(store), Witness(store)
    mine.note(Head(rev=11, hash="b"))
    theirs.note(Head(rev=10, hash="a"))
    theirs.note(Backup(path="/srv/1.db", at="2026-11-25T10:00:00Z", rev=9, hash="z"))
    with mine.path.open("ab") as file:
        file.write(b'\n{"type":"head","rev":9')

    assert mine.head() == Head(rev=11, hash="b")
    assert mine.backup() == Backup(path="/srv/1.db", at="2026-11-25T10:00:00Z", rev=9, hash="z")
    assert mine.path.stat().st_mode & 0o777 == 0o640

    mine.note(Head(rev=3, hash="c", is_anew=True))
    assert mine.head() == Head(rev=3, hash="c", is_anew=True)
    mine.close()
    theirs.close()


def test_a_witness_stays_short_and_is_made_anew_when_it_is_removed(tmp_path: Path) -> None:
    """It forgets what does not count, never what does."""
    store = tmp_path / "inbox.db"
    store.touch()
    witness = Witness(store)
    witness.note(Backup(path="/srv/1.db", at="2026-11-25T10:00:00Z", rev=9, hash="z"))
    for rev in range(2000):
        witness.note(Head(rev=rev, hash="h" * 64))

    assert witness.path.stat().st_size < 1 << 17
    assert (witness.head(), witness.backup() is not None) == (Head(rev=1999, hash="h" * 64), True)

    witness.path.unlink()
    witness.note(Head(rev=2000, hash="i"))
    assert witness.head() == Head(rev=2000, hash="i")
    witness.close()


def test_a_transaction_that_is_rolled_back_is_not_witnessed(tmp_path: Path) -> None:
    """The witness knows too little at worst."""
    db = open_rows(str(tmp_path / "inbox.db"))
    assert db.witness is not None

    def broken() -> None:
        with db.transaction():
            db.saw(7, "x")
            raise LookupError

    with pytest.raises(LookupError):
        broken()
    with db.transaction():
        db.table("draft").insert({"key": "k"})

    assert db.witness.head() is None
    db.close()
