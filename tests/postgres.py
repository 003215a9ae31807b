"""A PostgreSQL server of the tests' own, from the installed binaries: a temporary folder and a Unix socket, no more."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from store import open_tinydb

if TYPE_CHECKING:
    from collections.abc import Iterator

USER: Final = "majlis"
"""Who owns the server; anybody on the machine who can reach the socket is let in."""
_WHERE: Final = Path("/usr/lib/postgresql")
"""Where Debian keeps them, a folder for each version; elsewhere they are looked for on the PATH."""
_RUNNERS: Final = ("postgres", "nobody")
"""PostgreSQL does not run as root."""


def binaries() -> Path | None:
    """Return the folder of the newest installed server, None if there is none."""
    found = sorted(_WHERE.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Cluster:
    """One server, and a store of its own for everybody who asks."""

    def __init__(self, folder: Path, binaries: Path, *, durable: bool = False) -> None:
        """Make one; it does not run yet.

        Args:
            folder: A short path: that of a socket ends at 107 octets.
            binaries: As `binaries()` finds them.
            durable: Whether what is committed reaches the disk; only a test that takes the machine away needs it.
        """
        self.folder = folder
        self._binaries = binaries
        self._numbers = count(1)
        self._options = f"-k {folder} -c listen_addresses='' -c max_connections=60" + (
            "" if durable else " -c fsync=off"
        )
        self._as: list[str] = []
        if os.geteuid() == 0:
            runner = next(each for each in map(_known, _RUNNERS) if each is not None)
            os.chown(folder, runner.pw_uid, runner.pw_gid)
            self._as = ["setpriv", f"--reuid={runner.pw_uid}", f"--regid={runner.pw_gid}", "--clear-groups"]
        self._do("initdb", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-U", USER)

    def _do(self, program: str, *args: str) -> None:
        command = [*self._as, str(self._binaries / program), "-D", str(self.folder / "data"), *args]
        with (self.folder / f"{program}.log").open("ab") as log:  # what a server inherits it keeps open: no pipe
            done = subprocess.run(command, stdout=log, stderr=log, cwd="/", check=False, timeout=100)
        assert done.returncode == 0, (self.folder / f"{program}.log").read_text(errors="replace")

    def start(self, *options: str) -> None:
        """Start it, and return when it answers."""
        told = " ".join((self._options, *options))
        self._do("pg_ctl", "-w", "-t", "60", "-l", str(self.folder / "server.log"), "-o", told, "start")

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write a file that the server reads, such as a key, and return its path."""
        path = self.folder / "data" / name
        path.write_text(text, encoding="ascii")
        path.chmod(mode)
        if self._as:
            owner = self.folder.stat()
            os.chown(path, owner.st_uid, owner.st_gid)
        return path

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast` in good order, `immediate` as if it had been killed."""
        self._do("pg_ctl", "-w", "-m", how, "stop")

    def address(self, **params: str) -> str:
        """Return the address of its database."""
        asked = "".join(f"&{name}={setting}" for name, setting in params.items())
        return f"postgresql://{USER}@/postgres?host={self.folder}{asked}"

    def tell(self, *statements: str, **params: str) -> list[tuple[Any, ...]]:
        """Tell it something as its owner and return what the last statement gave."""
        import psycopg  # pyright: ignore[reportMissingImports]  # noqa: PLC0415  an extra

        with psycopg.connect(self.address(**params), autocommit=True) as session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def fresh(self) -> str:
        """Return the address of a store that nobody has made yet."""
        return self.address(schema=f"inbox_{next(self._numbers)}")

    def emptied(self) -> str:
        """Return the address of an empty inbox, always the same, for one test at a time: making one takes longer."""
        address = self.address(schema="emptied")
        with open_tinydb(address) as db, db.transaction():
            for table in db.tables():
                db.engine.clear(table)
        return address


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def needed() -> Path:
    """Return the folder of the installed server; skips where it, or psycopg, is not installed, except in CI."""
    found = binaries()
    if found is None or find_spec("psycopg") is None:
        assert not os.environ.get("CI"), "PostgreSQL or psycopg is not installed, and CI must run the tests of them"
        pytest.skip("needs the server of PostgreSQL (initdb, pg_ctl) and psycopg, and one of them is not installed")
    return found


def running(*, durable: bool = False) -> Iterator[Cluster]:
    """Make a server, run it, and take everything away again; skips where there is none."""
    found = needed()
    folder = Path(tempfile.mkdtemp(prefix="majlis-pg-"))
    try:
        cluster = Cluster(folder, found, durable=durable)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
