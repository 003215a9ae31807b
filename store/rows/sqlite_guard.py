"""Whether the file that is open is still the one at its path, whole and writable: looked at before every write.

SQLite keeps what it opened. A file that was replaced, a log that was removed or a right that was taken away is noticed
by whoever opens the store next, and what is written until then may be lost.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Final

import apsw

from majlis.errors import StoreDamaged, StoreLogRemoved, StoreReadOnly, StoreReplaced

from .sqlite_copy import copy_pages
from .sqlite_file import APPLICATION_ID, may

BESIDE: Final = ("-wal", "-shm")
"""What SQLite adds to a store's name for the log, and for what its readers share (sqlite.org/walformat.html)."""
_HEADER_BYTES: Final = 100
_FIXED: Final = slice(0, 24)
"""Bytes of the header that no writer changes: name, page size, versions (sqlite.org/fileformat2.html, 1.3)."""
_OWNER: Final = slice(68, 72)


class Guard:
    """Remembers what was opened, and compares."""

    def __init__(self, db: apsw.Connection, path: Path) -> None:
        """Take a connection that has read, so that all its files are there."""
        self._db = db
        self._path = path
        parts = (path, *(path.with_name(path.name + part) for part in BESIDE))
        self._known = {str(part): part.stat() for part in parts if part.exists()}
        self._parent = str(path.parent)
        self._folder = path.parent.stat()
        self._header = self._read_header()
        self._size = self._known[str(path)].st_size

    def is_elsewhere(self) -> bool:
        """Say whether the path led to another file by the time it was looked at than when it was opened."""
        found = ctypes.c_int()
        self._db.file_control("main", apsw.SQLITE_FCNTL_HAS_MOVED, ctypes.addressof(found))
        return bool(found.value)

    def require(self) -> None:
        """Look once; about 10 µs.

        Raises:
            StoreReplaced: Another file, or none, lies at the path.
            StoreLogRemoved: The log, or what readers share, was taken away.
            StoreReadOnly: This user may no longer write.
            StoreDamaged: The file is shorter than it was, or its beginning was overwritten.
        """
        for part, known in self._known.items():
            found = self._stat(part)
            is_store = part == str(self._path)
            if found is None or not os.path.samestat(found, known):
                raise StoreReplaced(path=part) if is_store else StoreLogRemoved(path=str(self._path), part=part)
            self._require_rights(part, known, found, os.R_OK | os.W_OK)
            if is_store:
                self._require_length(found.st_size)
        folder = self._stat(self._parent)
        if folder is not None:
            self._require_rights(self._parent, self._folder, folder, os.W_OK | os.X_OK)
        header = self._read_header()
        ours = int.from_bytes(header[_OWNER], "big") in {0, APPLICATION_ID}  # 0: what names it is still in the log
        if header[_FIXED] != self._header[_FIXED] or not ours:
            raise StoreDamaged(path=str(self._path), detail="its beginning was overwritten")

    def _stat(self, part: str) -> os.stat_result | None:
        try:
            return os.stat(part)  # noqa: PTH116  before every write: a path object costs twice as much
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise StoreReadOnly(path=str(self._path)) from error

    def _require_rights(self, part: str, known: os.stat_result, found: os.stat_result, rights: int) -> None:
        """Ask the system only where mode or owner have changed."""
        has_changed = (known.st_mode, known.st_uid, known.st_gid) != (found.st_mode, found.st_uid, found.st_gid)
        if has_changed and not may(Path(part), rights):
            raise StoreReadOnly(path=part)

    def _require_length(self, size: int) -> None:
        """Refuse a file that has become shorter than it says itself; one that was made anew is, and says so."""
        if size < self._size and not 0 < _told_size(self._read_header()) <= size:
            raise StoreDamaged(path=str(self._path), detail="a part of it was cut off")
        self._size = size

    def _read_header(self) -> bytes:
        # Through SQLite's own descriptor: closing one of ours would drop the locks of this process on the file
        # (sqlite.org/howtocorrupt.html, 2.2).
        return self._db.read("main", 0, 0, _HEADER_BYTES)[1]

    def bring_to_safety(self) -> Path | None:
        """Save what only the open files still hold: into the file where it is there, else beside where it was.

        To be called outside of a transaction. Nobody writes to what is open here any more: every writer looks first.

        Returns:
            The copy, where one was written.

        Raises:
            MajlisError: It could not be.
        """
        if _is_at(self._known[str(self._path)], self._path):
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_FULL)
            return None
        beside = self._path.with_name(f"{self._path.name}.rescued-{os.getpid()}")
        copy_pages(self._db, beside)
        return beside


def _told_size(header: bytes) -> int:
    """Return the size in bytes that a header tells (sqlite.org/fileformat2.html, 1.3): pages, and bytes of one."""
    page = int.from_bytes(header[16:18], "big")
    return int.from_bytes(header[28:32], "big") * (65536 if page == 1 else page)


def _is_at(known: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(known, path.stat())
    except OSError:
        return False
