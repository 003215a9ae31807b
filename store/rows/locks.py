"""Locks that end with the process that keeps them, whatever it dies of; a process that is stopped keeps them."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from pathlib import Path
from typing import Final

from majlis.errors import StoreReadOnly

from .modes import wanted

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)*")


def require_lock_name(name: str) -> None:
    """Refuse a name that not every engine could give to a lock.

    Raises:
        ValueError: It is none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"A lock's name is letters, digits, - and _, with : between, not {name!r}")


class FileLocks:
    """`flock` (flock(2)) on files beside a store, never on the store itself.

    SQLite's own locks are POSIX locks, and a process loses all of those it has on a file as soon as it closes any
    descriptor of that file (sqlite.org/howtocorrupt.html, 2.2). The lock files stay when they are given back: whoever
    removed one could lock a file that nobody else will ever see.
    """

    def __init__(self, store: Path | None) -> None:
        """Take the store's path; None keeps locks that nobody else can ask for."""
        self._store = store
        self._kept: dict[str, int | None] = {}
        """Descriptors by name."""

    def hold(self, name: str) -> bool:
        """Keep a lock until it is given back or this process ends; False while another process keeps it.

        Asking again costs a look at the file: one that was removed meanwhile guards nothing and is made anew.

        Raises:
            StoreReadOnly: The lock file can be neither opened nor made.
        """
        require_lock_name(name)
        if self._store is None:
            self._kept[name] = None
            return True
        path = self._store.with_name(f"{self._store.name}.{name.replace(':', '.')}.lock")
        kept = self._kept.get(name)
        if kept is not None:
            if _is_at(kept, path):
                return True
            self.let_go(name)
        handle = self._opened(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._kept[name] = handle
        return _is_at(handle, path) or self.hold(name)

    def _opened(self, path: Path) -> int:
        """Open a lock file, for whoever may use the store."""
        assert self._store is not None  # noqa: S101  hold() has looked
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
            found, mode = os.fstat(handle), wanted(self._store)
            if not stat.S_ISREG(found.st_mode):
                os.close(handle)
                raise StoreReadOnly(path=str(path))
            if found.st_uid == os.geteuid() and found.st_mode & 0o777 != mode:
                os.fchmod(handle, mode)  # whatever the umask says
        except OSError as error:
            raise StoreReadOnly(path=str(path)) from error
        return handle

    def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept."""
        handle = self._kept.pop(name, None)
        if handle is not None:
            os.close(handle)

    def close(self) -> None:
        """Give all of them back."""
        for name in tuple(self._kept):
            self.let_go(name)


def _is_at(handle: int, path: Path) -> bool:
    """Say whether an open file is still the one that a path leads to."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False
