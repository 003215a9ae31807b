"""What befalls the file of a store while it is open: each fault, what it leads to, and what is still there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import timeit
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import pytest
from tinydb import where

from majlis.errors import StoreDamaged, StoreFault, StoreLogRemoved, StoreReplaced, StoreRescued
from store import open_tinydb
from store.rows import RowDB
from store.rows.witness import Backup

ROOT = Path(__file__).resolve().parents[3]
MANY = 200


@pytest.fixture
def address(path: Path) -> str:
    """These are about a file."""
    return str(path)


def _filled(db: RowDB) -> None:
    db.table("message").insert_multiple({"n": n, "text": "x" * 200} for n in range(MANY))


def _beside(path: Path, part: str) -> Path:
    return path.with_name(path.name + part)


def _replace(path: Path) -> None:
    other = path.with_name("other.db")
    with open_tinydb(other) as db:
        db.insert({"n": "somebody else's"})
    other.replace(path)


def _overwrite(path: Path, offset: int, what: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(what)


@pytest.mark.parametrize("befall", [Path.unlink, _replace], ids=["removed", "replaced"])
def test_a_file_that_is_no_longer_at_its_path_is_not_written_to(path: Path, befall: Callable[[Path], None]) -> None:
    """What was acknowledged is saved beside it, whole, and can still be read."""
    with open_tinydb(path) as db:
        _filled(db)
        befall(path)

        with pytest.raises(StoreRescued) as refused:
            db.insert({"n": -1})

        assert len(db.table("message")) == MANY
        with pytest.raises(StoreRescued):  # and again, with the same copy
            db.insert({"n": -1})
        [rescued] = path.parent.glob("*.rescued-*")
        assert refused.value.facts["rescued"] == str(rescued)
        assert rescued.stat().st_mode & 0o777 == 0o600
        with open_tinydb(rescued) as copy:
            assert (len(copy.table("message")), len(copy), copy.check()) == (MANY, 0, [])


def test_where_no_copy_can_be_written_the_open_store_is_said_to_hold_all(path: Path) -> None:
    """And the next attempt writes it, once there is room."""
    with open_tinydb(path) as db:
        _filled(db)
        moved = path.with_name("moved.db")
        path.rename(moved)
        taken = path.with_name(f"{path.name}.rescued-{os.getpid()}")
        taken.mkdir()

        with pytest.raises(StoreReplaced, match="Keep this one open") as refused:
            db.insert({"n": -1})
        assert type(refused.value) is StoreReplaced

        moved.rename(path)
        assert db.insert({"n": 1}) == 1, "what is back at its place is written to again"


@pytest.mark.parametrize("part", ["-wal", "-shm"])
def test_a_log_that_is_taken_away_while_the_store_is_open(path: Path, part: str) -> None:
    """Nothing more is written, and nothing that was acknowledged is missing when it is opened again."""
    db = open_tinydb(path)
    _filled(db)
    _beside(path, part).unlink()

    with pytest.raises(StoreLogRemoved) as refused:
        db.insert({"n": -1})

    assert refused.value.facts["part"] == str(_beside(path, part))
    assert len(db.table("message")) == MANY
    with open_tinydb(path) as again:
        assert (len(again.table("message")), again.check()) == (MANY, [])
        with pytest.raises(StoreLogRemoved):
            db.insert({"n": -1})
    db.close()
    with open_tinydb(path) as last:
        assert (len(last.table("message")), len(last), last.check()) == (MANY, 0, [])


@pytest.mark.parametrize(
    ("befall", "said"),
    [
        (lambda path: _overwrite(path, 0, b"\xff" * 100), "beginning"),
        (lambda path: _overwrite(path, 16, b"\x02\x00"), "beginning"),
        (lambda path: os.truncate(path, path.stat().st_size - 4096), "cut off"),
        (lambda path: os.truncate(path, 0), "cut off"),
    ],
    ids=["header", "page size", "cut by a page", "cut to nothing"],
)
def test_a_beginning_or_an_end_that_is_gone_is_seen_before_the_next_write(
    path: Path, befall: Callable[[Path], None], said: str
) -> None:
    """Whether or not the write would have touched it."""
    with open_tinydb(path) as db:
        _filled(db)
    with open_tinydb(path) as db:
        db.insert({"n": 1})  # so that the log has the last word about the length
        befall(path)

        with pytest.raises(StoreDamaged, match=said):
            db.insert({"n": -1})


def test_a_file_that_is_made_anew_may_be_shorter(path: Path) -> None:
    """Whoever purges it goes on, and so does everybody who has it open; a cut after that is seen as before."""
    with open_tinydb(path) as db, open_tinydb(path) as other:
        _filled(db)
        db.engine.purge()
        size = path.stat().st_size
        db.table("message").remove(where("n") > 1)
        db.engine.purge()
        assert path.stat().st_size < size

        assert (db.insert({"n": 1}), other.insert({"n": 2})) == (1, 2)

        db.engine.purge()
        os.truncate(path, path.stat().st_size - 4096)
        with pytest.raises(StoreDamaged):
            other.insert({"n": 3})


HOLDS = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR)
fcntl.lockf(handle, fcntl.LOCK_EX, 510, 0x40000002)
print("held", flush=True)
sys.stdin.readline()
os.replace(sys.argv[2], sys.argv[1])
"""


def test_whoever_opens_a_store_while_it_is_exchanged_gets_the_new_one(path: Path) -> None:
    """It waits for the lock on the old file, and would else go on writing to what was put aside."""
    new = path.with_name("new.db")
    for where_it_lies, name in ((path, "old"), (new, "new")):
        with open_tinydb(where_it_lies) as db:
            db.insert({"name": name})
    found: list[object] = []

    def look() -> None:
        with open_tinydb(path) as db:
            found.extend(db.all())
            db.insert({"name": "later"})

    command = [sys.executable, "-c", HOLDS, str(path), str(new)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()
        opener = threading.Thread(target=look)
        opener.start()
        while not _is_open(path):
            opener.join(0.005)
        holder.stdin.write("\n")
        holder.stdin.flush()
        opener.join(timeout=30)

    assert found == [{"name": "new"}]
    with open_tinydb(path) as db:
        assert db.all() == [{"name": "new"}, {"name": "later"}]


def _is_open(path: Path) -> bool:
    """Say whether this process has a file open."""
    links = []
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of this very listing
            links.append(handle.readlink())
    return path in links


@pytest.mark.parametrize("kind", ["table", "index"])
def test_an_overwritten_page_stops_writing_as_soon_as_somebody_reads_it(path: Path, kind: str) -> None:
    """The other rows can still be read; a write that needs the page finds out by itself."""
    with open_tinydb(path) as db:
        db.index("message", "text")
        _filled(db)
    with open_tinydb(path) as db:
        number = _page_of(db, kind)
    _overwrite(path, (number - 1) * 4096, b"\xff" * 4096)

    with open_tinydb(path) as db:
        assert db.insert({"n": 1}) == 1, "another table is sound, and nobody has seen the damage yet"
        with pytest.raises(StoreDamaged):
            db.table("message").update({"n": -1})
        with pytest.raises(StoreDamaged):
            db.insert({"n": 2})
        assert db.all() == [{"n": 1}]
        assert db.table("message").get(doc_id=1) == {"n": 0, "text": "x" * 200}
        assert db.check()


def _page_of(db: RowDB, kind: str) -> int:
    """Return the number of a page, not the first, of the table or of its index."""
    engine: Any = db.engine
    text = "SELECT rootpage FROM sqlite_schema WHERE type=? AND tbl_name LIKE '%message'"
    root: int = engine._db.execute(text, (kind,)).fetchall()[0][0]
    data = Path(db.path).read_bytes()[(root - 1) * 4096 : root * 4096]
    # An inner page names its children: number of cells at 3, pointers to cells from 12 on, each begins with a child.
    middle = int.from_bytes(data[3:5], "big") // 2
    cell = int.from_bytes(data[12 + 2 * middle : 14 + 2 * middle], "big")
    return int.from_bytes(data[cell : cell + 4], "big")


def test_a_fault_names_the_last_backup(path: Path) -> None:
    """Where one is known."""
    with open_tinydb(path) as db:
        _filled(db)
        engine: Any = db.engine
        engine.witness.note(Backup(path="/srv/copy.db", at="2026-11-25T10:00:00Z", rev=12, hash="x"))
        path.unlink()

        with pytest.raises(StoreFault, match=r"The last backup is /srv/copy.db, of 2026-11-25 10:00 UTC, up to"):
            db.insert({"n": -1})


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder of the user that the test becomes, who cannot reach pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="majlis-"))
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


@pytest.mark.parametrize("spoilt", ["file", "folder"])
def test_a_right_that_is_taken_away_while_the_store_is_open(open_folder: Path, spoilt: str) -> None:
    """Writing is refused with the fix, reading goes on, and both are as before once the right is back."""
    path = open_folder / "inbox.db"
    code = """
        import os, sys
        from pathlib import Path
        from majlis.errors import StoreReadOnly
        from store import open_tinydb

        path = Path(sys.argv[1])
        if os.geteuid() == 0:
            os.setuid(65534)  # nobody: root may write everything
        db = open_tinydb(path)
        db.insert({"n": 1})
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            db.insert({"n": 2})
        except StoreReadOnly as refused:
            print("refused", db.all(), "write access" in str(refused), flush=True)
        sys.stdin.readline()
        print(db.insert({"n": 3}), flush=True)
        """
    command = [sys.executable, "-c", textwrap.dedent(code), str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=-1, stdout=-1, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        spoilt_path, before = (path, path.stat().st_mode) if spoilt == "file" else (open_folder, 0o700)
        spoilt_path.chmod(0o400 if spoilt == "file" else 0o500)
        process.stdin.write("\n")
        process.stdin.flush()
        refused = process.stdout.readline()
        spoilt_path.chmod(before)
        process.stdin.write("\n")
        process.stdin.flush()

        assert refused == "refused [{'n': 1}] True\n"
        assert process.stdout.readline() == "2\n"
        assert process.wait(timeout=30) == 0


def test_looking_costs_next_to_nothing_beside_a_durable_write(db: RowDB) -> None:
    """It asks the system for four files and reads a hundred bytes; a bound, far above what was measured."""
    engine: Any = db.engine

    best = min(timeit.repeat(engine._guard.require, number=200, repeat=5)) / 200

    assert best < 200e-6, best


def test_a_file_that_says_it_is_another_programs_is_written_no_further(path: Path) -> None:
    """Somebody has let another program at it; what it says of itself is looked at before every write."""
    with open_tinydb(path) as db:
        _filled(db)
        other = apsw.Connection(str(path))
        other.execute("PRAGMA application_id=123; PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()

        with pytest.raises(StoreDamaged):
            db.table("message").insert({"n": MANY})

        assert len(db.table("message")) == MANY
