"""One state of an open database as a file of its own, while others go on writing."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import apsw

from .sqlite_file import meaning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Told = Callable[[int, int], None]
    """Is told how many pages are done, of how many."""

_STEP: Final = 1000
"""Pages copied at a time, 4 MB: a guess, between a person who waits for ctrl+c and the cost of a step."""


def copy_pages(source: apsw.Connection, target: Path, told: Told | None = None) -> None:
    """Write what a connection sees as one plain file, readable by its owner alone, durable when this returns.

    Inside a read transaction of the connection that is one state, however long it takes and whatever others write;
    without one, SQLite begins again when somebody writes between two steps (sqlite.org/backup.html).

    Args:
        source: Stays as it is.
        target: A new file; nothing is left of it when this fails.
        told: How far it is.

    Raises:
        FileExistsError: Something lies at the target.
        OSError: It cannot be made.
        MajlisError: `DiskFull`, `StoreDamaged` and others, of the source or the target.
    """
    handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _copy(source, target, told)
        os.fsync(handle)
    except apsw.Error as error:
        _remove(target)
        raise meaning(error, path=str(target), patience_s=0) or error from error
    except BaseException:
        _remove(target)
        raise
    finally:
        os.close(handle)


def _copy(source: apsw.Connection, target: Path, told: Told | None) -> None:
    # Nobody else knows this file, so it needs no locks, and nothing has to survive before it is whole.
    copy = apsw.Connection(str(target), vfs="unix-none")
    try:
        copy.pragma(
            "locking_mode", "EXCLUSIVE"
        )  # or the log's mode, which is copied along, would ask for shared memory
        copy.pragma("synchronous", "OFF")
        with copy.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_STEP)
                if told is not None:
                    told(backup.page_count - backup.remaining, backup.page_count)
        copy.pragma("journal_mode", "DELETE")  # one file, whatever the source keeps beside it
    finally:
        copy.close()


def _remove(target: Path) -> None:
    with suppress(FileNotFoundError):
        target.unlink()
