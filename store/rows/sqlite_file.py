"""Whether a file can be trusted as a store before SQLite touches it, and what SQLite's own refusals mean."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import apsw

from majlis.errors import (
    DiskFull,
    LibraryTooOld,
    NotAStore,
    StoreBusy,
    StoreDamaged,
    StoreOnNetworkFilesystem,
    StoreReadOnly,
)

from .modes import make, require_modes

if TYPE_CHECKING:
    from majlis.errors import MajlisError

OLDEST_SQLITE: Final = (3, 51, 3)
"""Versions 3.7.0 to 3.51.2 can corrupt a WAL database that several processes write (sqlite.org/wal.html, WAL-reset)."""
APPLICATION_ID: Final = 0x4D414A4C
"""`MAJL` in the header of every store of ours (sqlite.org/pragma.html, application_id)."""
MEMORY: Final = ":memory:"

_MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = re.compile(
    r"(fuse\.)?(nfs\d?|cifs|smb\d?|smbfs|ncpfs|afs|coda|ceph|9p|lustre|beegfs|gpfs|pvfs2|orangefs|glusterfs|sshfs|davfs2?"
    r"|s3fs|s3backer|gcsfuse|goofys|blobfuse2?|rclone|curlftpfs|gvfsd-fuse|mfs|moosefs|juicefs|seaweedfs|cephfs|ceph-fuse"
    r"|virtiofs|vboxsf|vmhgfs(-fuse)?|prl_fs|ocfs2|gfs2|afpfs)"
)
"""File systems whose other end is, or may be, another machine: shared memory and byte locks do not reach across."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def require_library(found: str) -> None:
    """Refuse an SQLite with the WAL-reset race.

    Raises:
        LibraryTooOld: Before `OLDEST_SQLITE`.
    """
    if tuple(int(part) for part in found.split(".")[:3]) < OLDEST_SQLITE:
        raise LibraryTooOld(found=found, needed=".".join(map(str, OLDEST_SQLITE)))


def require_file(path: Path) -> None:
    """Refuse a file that cannot be a store before SQLite opens it; where there is none, make an empty one.

    Raises:
        NotAStore: Something else lies there.
        StoreReadOnly: The file or its folder cannot be written, or there is no folder.
        StoreOnNetworkFilesystem: Locks cannot be trusted there.
        WrongModes: Others could read or spoil it, or colleagues could not use it.
    """
    kind = network_file_system(path, _MOUNTS.read_text(encoding="utf-8", errors="replace") if _MOUNTS.exists() else "")
    if kind is not None:
        raise StoreOnNetworkFilesystem(path=str(path), kind=kind)
    require_modes(path)
    if path.is_dir():
        raise NotAStore(path=str(path))
    if not may(path.parent, os.W_OK | os.X_OK):
        raise StoreReadOnly(path=str(path))
    make(path)
    if not may(path, os.R_OK | os.W_OK):
        raise StoreReadOnly(path=str(path))
    if not path.is_file():
        raise NotAStore(path=str(path))
    # What is in it is left to SQLite, which refuses what does not begin as a database: to read it here would drop the
    # locks of every other connection that this process has to it (sqlite.org/howtocorrupt.html, 2.2).


def may(path: Path, rights: int) -> bool:
    """Say whether this process may use a file or folder so."""
    return os.access(path, rights, effective_ids=os.access in os.supports_effective_ids)


def network_file_system(path: Path, mountinfo: str) -> str | None:
    """Return the kind of network file system a path lies on, None if it is local or unknown.

    Args:
        path: It need not exist yet.
        mountinfo: As in /proc/self/mountinfo (proc(5)): field 5 is the mount point, the one after the hyphen the kind.
    """
    target = path.resolve()
    deepest, found = -1, ""
    for line in mountinfo.splitlines():
        before, _, behind = line.partition(" - ")
        fields, kinds = before.split(), behind.split()
        if len(fields) < 5 or not kinds:  # noqa: PLR2004 - field 5 is the mount point
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        # Of several mounts on one point the last one is on top.
        if target.is_relative_to(point) and len(point.parts) >= deepest:
            deepest, found = len(point.parts), kinds[0]
    return found if _NETWORK.fullmatch(found) else None


def meaning(  # noqa: PLR0911 - a table, one line for each
    error: apsw.Error, *, path: str, patience_s: float, errno_found: int = 0
) -> MajlisError | None:
    """Return what an error of SQLite means to a person; None if it is a mistake in the program.

    Args:
        error: As raised.
        path: Of the store.
        patience_s: Seconds that were waited for the lock.
        errno_found: The operating system's own number, if it had one.
    """
    if isinstance(error, apsw.FullError) or (isinstance(error, apsw.IOError) and errno_found in _NO_ROOM):
        return DiskFull(path=path)
    match error:
        case apsw.BusyError() | apsw.LockedError():
            return StoreBusy(path=path, wait_s=round(patience_s))
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError():
            return StoreReadOnly(path=path)
        case apsw.CorruptError() | apsw.IOError():
            return StoreDamaged(path=path, detail=str(error))
        case apsw.SQLError(args=(str() as detail, *_)) if "malformed JSON" in detail:
            return StoreDamaged(path=path, detail=detail)
        case apsw.NotADBError():
            return NotAStore(path=path)
        case _:
            return None
