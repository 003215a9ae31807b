"""Files that are no stores, stores that cannot be written, and what each says."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from tinydb import TinyDB, where

from majlis.errors import (
    DiskFull,
    LibraryTooOld,
    NotAStore,
    SchemaNewer,
    StoreBusy,
    StoreDamaged,
    StoreReadOnly,
)
from store import open_tinydb
from store.rows import SCHEMA, RowDB
from store.rows.sqlite import SqliteEngine
from store.rows.sqlite_file import network_file_system, require_library

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def address(path: Path) -> str:
    """These are about a file."""
    return str(path)


@pytest.mark.parametrize(
    ("url", "where_it_lies"),
    [("inbox.db", "inbox.db"), ("sqlite:///inbox.db", "inbox.db"), ("sqlite:///my%20inbox.db", "my inbox.db")],
)
def test_a_store_is_named_by_path_or_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, where_it_lies: str
) -> None:
    """Relative ones lie in the current folder."""
    monkeypatch.chdir(tmp_path)
    with open_tinydb(url) as db:
        db.insert({})

    assert (tmp_path / where_it_lies).is_file()
    with open_tinydb(f"sqlite:///{tmp_path}/{where_it_lies}") as db:
        assert len(db) == 1


@pytest.mark.parametrize("url", ["mysql://host/inbox", "http://host/inbox", ""])
def test_other_kinds_of_store_are_refused(url: str) -> None:
    """Without repeating an address that may hold a password."""
    with pytest.raises(ValueError, match=r"kind|no path") as refused:
        open_tinydb(url)
    assert "host" not in str(refused.value)


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    """So may a file made beforehand with the right owner and mode."""
    path.touch(mode=0o600)
    with open_tinydb(path) as db:
        db.insert({"n": 1})
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_database_of_somebody_else_is_left_alone(path: Path) -> None:
    """Not even its journal mode is changed."""
    theirs = apsw.Connection(str(path))
    theirs.execute("CREATE TABLE t(a)")
    theirs.close()
    before = path.read_bytes()

    with pytest.raises(NotAStore):
        open_tinydb(path)

    assert path.read_bytes() == before


def test_a_tinydb_file_is_refused_with_the_way_in(path: Path) -> None:
    """It can be imported."""
    with TinyDB(path) as plain:
        plain.insert({"n": 1})
    before = path.read_bytes()

    with pytest.raises(NotAStore, match="majlis import"):
        open_tinydb(path)

    assert path.read_bytes() == before


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    """And says so."""
    with pytest.raises(NotAStore):
        open_tinydb(tmp_path)


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    """A typing error must not begin a second, empty inbox."""
    with pytest.raises(StoreReadOnly):
        open_tinydb(tmp_path / "typo" / "inbox.db")
    assert list(tmp_path.iterdir()) == []


def test_durable_settings(db: RowDB) -> None:
    """The log is written ahead, every commit reaches the disk, and no page is mapped into memory."""
    engine: Any = db.engine
    pragmas = {name: engine._db.pragma(name) for name in ("journal_mode", "synchronous", "mmap_size")}

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0}


@pytest.mark.parametrize("found", ["3.40.1", "3.51.2"])
def test_an_sqlite_that_can_corrupt_a_shared_log_is_refused(found: str) -> None:
    """Whatever library the machine brings."""
    with pytest.raises(LibraryTooOld, match=f"{found}.*3.51.3"):
        require_library(found)


def test_sqlite_versions_without_the_race_are_accepted() -> None:
    """From the fix on."""
    for found in ("3.51.3", "3.52.0", "4.0.0"):
        require_library(found)


MOUNTS = textwrap.dedent("""\
    22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
    30 22 0:50 / /srv/share rw,relatime shared:5 - nfs4 server:/export rw,vers=4.2
    31 30 0:51 / /srv/share/local\\040disk rw - xfs /dev/vdb rw
    32 22 0:52 / /mnt rw - fuse.sshfs me@host:/ rw
    33 22 0:53 / /over rw - nfs server:/x rw
    34 22 0:54 / /over rw - tmpfs tmpfs rw
    broken line
    """)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/var/lib/inbox.db", None),
        ("/srv/share/inbox.db", "nfs4"),
        ("/srv/shared/inbox.db", None),
        ("/srv/share/local disk/inbox.db", None),
        ("/mnt/deep/down/inbox.db", "fuse.sshfs"),
        ("/over/inbox.db", None),
    ],
)
def test_network_file_systems_are_known_by_their_mount(place: str, kind: str | None) -> None:
    """The deepest mount counts, and of several on one point the last."""
    assert network_file_system(Path(place), MOUNTS) == kind


@pytest.mark.parametrize("offset", [4096, 100])
def test_damage_is_named(path: Path, offset: int) -> None:
    """A page overwritten with noise is found by whoever reads it, and by the check."""
    with open_tinydb(path) as db:
        db.insert_multiple({"n": n, "text": "x" * 200} for n in range(200))
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes(range(256)) * 12)

    with pytest.raises(StoreDamaged) as damaged, open_tinydb(path) as db:
        db.all()

    assert damaged.value.facts["path"] == str(path)


def test_check_finds_damage_and_unreadable_documents(path: Path) -> None:
    """And is silent where all is well."""
    with open_tinydb(path) as db:
        engine: Any = db.engine
        db.index("message", "n")
        db.table("message").insert_multiple({"n": n, "text": "x" * 200} for n in range(200))
        assert db.check() == []
        db.table("plain").insert({"n": 1})
        engine._db.execute('UPDATE "doc_plain" SET body=?', ('{"n": 1',))
        [problem] = db.check()
        assert problem.startswith("plain 1: ")
        with pytest.raises(StoreDamaged, match="plain"):
            db.table("plain").get(doc_id=1)
        with pytest.raises(StoreDamaged, match="malformed JSON"):
            db.table("plain").count(where("n") == 1)

    with path.open("r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(b"\xff" * 4096)
    with open_tinydb(path) as db:
        assert db.check()


def test_a_newer_store_is_read_and_never_written(path: Path) -> None:
    """An older program beside a newer one shows what it can and changes nothing."""
    with open_tinydb(path, schema=SCHEMA + 1) as newer:
        newer.insert({"n": 1})

    with open_tinydb(path) as older:
        assert older.all() == [{"n": 1}]
        with pytest.raises(SchemaNewer) as refused:
            older.insert({"n": 2})
        assert (refused.value.facts["found"], refused.value.facts["known"]) == (SCHEMA + 1, SCHEMA)
        assert len(older) == 1


def test_an_upgrade_by_another_process_stops_an_older_one_that_runs(path: Path) -> None:
    """It was opened before, and still writes nothing afterwards."""
    with open_tinydb(path) as older, open_tinydb(path, schema=SCHEMA + 1) as newer:
        older.insert({})
        with newer.transaction():
            newer.schema = SCHEMA + 1
        with pytest.raises(SchemaNewer):
            older.insert({})
        assert (older.schema, len(older)) == (SCHEMA + 1, 1)


def test_a_writer_that_never_ends_is_named(path: Path) -> None:
    """After the patience has run out, and nothing is written."""
    with open_tinydb(path) as db:
        impatient = RowDB(SqliteEngine(path, patience_s=0.05))
        with db.transaction():
            db.insert({})
            with pytest.raises(StoreBusy):
                impatient.insert({})
        assert impatient.insert({}) == 2
        impatient.close()


def test_a_full_database_keeps_what_it_has(db: RowDB) -> None:
    """The change is refused as a whole, reading goes on, and so does writing once there is room."""
    db.insert({"n": 0})
    engine: Any = db.engine
    engine._db.pragma("max_page_count", engine._db.pragma("page_count") + 3)

    with pytest.raises(DiskFull):
        db.insert_multiple({"n": n, "text": "x" * 1000} for n in range(1, 100))
    assert db.all() == [{"n": 0}]

    engine._db.pragma("max_page_count", 100_000)
    assert db.insert({"n": 1}) == 2


def test_a_full_disk_that_is_overlooked_does_not_let_the_rest_slip_through(db: RowDB) -> None:
    """SQLite has rolled the whole transaction back by then; what follows in it is refused too."""
    engine: Any = db.engine
    db.insert({"n": 0})
    engine._db.pragma("max_page_count", engine._db.pragma("page_count") + 3)

    def go_on_regardless() -> None:
        with db.transaction():
            db.insert({"n": 1})
            with pytest.raises(DiskFull):
                db.insert_multiple({"text": "x" * 1000} for _ in range(100))
            db.insert({"n": 2})

    with pytest.raises(DiskFull):
        go_on_regardless()
    assert db.all() == [{"n": 0}]


def _in_a_process(code: str, *args: str) -> str:
    """Run code in a process of its own, which it may spoil; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_disk_with_no_room_left(path: Path) -> None:
    """The operating system refuses to let the file grow: the change is not kept, what was acknowledged is."""
    # The limit on a file's size stands in for a full disk; Python ignores the signal, so the write fails with EFBIG.
    assert hasattr(signal, "SIGXFSZ")
    assert resource.RLIMIT_FSIZE
    told = _in_a_process(
        """
        import resource, signal, sys
        from majlis.errors import DiskFull
        from store import open_tinydb

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        db = open_tinydb(sys.argv[1])
        db.insert({"n": 0})
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        kept = 0
        try:
            for n in range(1, 10_000):
                db.insert({"n": n, "text": "x" * 500})
                kept = n
        except DiskFull as full:
            print(kept, len(db), full.facts["path"] == sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(db.insert({"n": -1}) > kept)
        """,
        str(path),
    )

    first, second = told.splitlines()
    kept, length, named = first.split()
    assert (int(length), named, second) == (int(kept) + 1, "True", "True")
    with open_tinydb(path) as db:
        assert db.count(where("n") >= 0) == int(kept) + 1
        assert db.check() == []


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="majlis-"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("spoilt", ["file", "folder"])
def test_what_this_user_cannot_write_is_refused_at_once(open_folder: Path, spoilt: str) -> None:
    """And nothing is left beside it."""
    path = open_folder / "inbox.db"
    with open_tinydb(path) as db:
        db.insert({"n": 1})
    path.chmod(0o400 if spoilt == "file" else 0o600)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        os.chown(open_folder, 65534, 65534)
    open_folder.chmod(0o700 if spoilt == "file" else 0o500)

    told = _in_a_process(
        """
        import os, sys
        from majlis.errors import StoreReadOnly
        from store import open_tinydb

        if os.geteuid() == 0:
            os.setuid(65534)  # nobody: root may write everything
        try:
            open_tinydb(sys.argv[1])
        except StoreReadOnly as refused:
            print(refused.facts["path"] == sys.argv[1])
        """,
        str(path),
    )

    open_folder.chmod(0o700)
    assert told == "True"
    assert [found.name for found in open_folder.iterdir()] == ["inbox.db"]


def test_importing_the_store_loads_neither_screen_nor_network() -> None:
    """The command line is quick for it."""
    loaded = json.loads(_in_a_process("import json, sys, store; print(json.dumps(sorted(sys.modules)))"))

    assert not {"textual", "aiohttp", "asyncio", "sqlite3", "phonenumbers"} & set(loaded)
