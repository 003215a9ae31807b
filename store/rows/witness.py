"""What is known about a store besides the store: how far its history went, and where its last backup lies.

A file that was put back, or has lost its log, is a sound database. That it once went further can only be told by
somebody else, so every commit of an event leaves a line in a file beside it. The lines are written after the commit and
are not forced to disk: the witness may know too little, and never too much.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

_MOST_BYTES: Final = 1 << 16
"""From here on the file is written anew, with what counts."""


class Head(msgspec.Struct, frozen=True, kw_only=True, tag="head"):
    """How far the history went."""

    rev: int
    hash: str
    is_anew: bool = False
    """Whether what was known before counts no more: a backup was put back, or somebody has accepted a loss."""


class Backup(msgspec.Struct, frozen=True, kw_only=True, tag="backup"):
    """A backup that was written and verified."""

    path: str
    at: str
    """UTC, whole seconds, ISO 8601."""
    rev: int
    hash: str

    def shown_at(self) -> str:
        """Return the time as a person reads it, to the minute."""
        return f"{self.at[:16].replace('T', ' ')} UTC"


_LINE: Final[msgspec.json.Decoder[Head | Backup]] = msgspec.json.Decoder(Head | Backup)


class Witness:
    """The file beside a store."""

    def __init__(self, store: Path) -> None:
        self.path: Path = store.with_name(f"{store.name}-witness")
        """Where it lies."""
        self._store = store
        self._handle: int | None = None

    def head(self) -> Head | None:
        """Return the furthest head that was seen."""
        return self._read()[0]

    def backup(self) -> Backup | None:
        """Return the last backup."""
        return self._read()[1]

    def _read(self) -> tuple[Head | None, Backup | None]:
        head: Head | None = None
        backup: Backup | None = None
        with suppress(OSError):  # nobody has seen anything
            for line in self._bytes().splitlines():
                match _line(line):
                    case Head() as found if head is None or found.is_anew or found.rev > head.rev:
                        head = found
                    case Backup() as found:
                        backup = found
                    case _:
                        pass
        return head, backup

    def _bytes(self) -> bytes:
        """Return what is written there; a pipe that somebody has put in its place is nothing that was seen."""
        handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(handle).st_mode) else b""

    def note(self, seen: Head | Backup) -> None:
        """Add what was seen; what cannot be written is not known, and nothing else comes of it."""
        with suppress(OSError):
            handle = self._opened()
            os.write(handle, b"\n" + msgspec.json.encode(seen))  # a line before it may have been cut off

    def _opened(self) -> int:
        """Return the file, opened for adding: anew when it was removed, and short when it has become long."""
        if self._handle is not None:
            found = os.fstat(self._handle)
            if found.st_nlink and found.st_size < _MOST_BYTES:
                return self._handle
            self.close()
        self._handle = self._made()
        if os.fstat(self._handle).st_size >= _MOST_BYTES:
            self._shorten(self._handle)
        return self._handle

    def _made(self) -> int:
        handle = os.open(
            self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600
        )
        found, store = os.fstat(handle), self._store.stat()
        if os.geteuid() == 0 and (found.st_uid, found.st_gid) != (store.st_uid, store.st_gid):
            os.fchown(handle, store.st_uid, store.st_gid)
        if found.st_uid == os.geteuid() and found.st_mode & 0o777 != store.st_mode & 0o666:
            os.fchmod(handle, store.st_mode & 0o666)  # for whoever may use the store, whatever the umask says
        return handle

    def _shorten(self, handle: int) -> None:
        # A line that another process adds in between is lost: then the witness knows one change less, for a moment.
        kept = b"".join(b"\n" + msgspec.json.encode(each) for each in self._read() if each is not None)
        os.ftruncate(handle, 0)
        os.write(handle, kept)

    def close(self) -> None:
        """Give back the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _line(line: bytes) -> Any:
    """Return what a line says; None for one that was cut off."""
    try:
        found = _LINE.decode(line)
        if isinstance(found, Backup):
            datetime.fromisoformat(found.at).astimezone(UTC)
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return None
    return found
