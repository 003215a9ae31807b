"""Whose a store's files are, and in which modes: its folder says whether it is one person's or a group's.

A folder that its group may write, with the setgid bit, is a group's: everything in it belongs to the group (mode 660),
whoever made it and whatever their umask, and nobody else gets in. Any other is its owner's (600).
"""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from majlis.errors import WrongModes

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED, PRIVATE = 0o660, 0o600
"""Modes of a store's files."""
_PARTS: Final = ("", "-wal", "-shm", "-witness")
"""What lies beside a store, added to its name."""
_UID_MAP, _OVERFLOW = Path("/proc/self/uid_map"), Path("/proc/sys/kernel/overflowuid")
_WHOLE: Final = ["0", "0", "4294967295"]
"""The map of a process that is in no user namespace but the machine's own."""
_AGAIN_S: Final = 0.05
"""A file that was made a moment ago gets its mode a moment later; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is not as it has to be."""

    path: str
    detail: str
    """What is wrong; a code of the vocabulary."""
    fix: str
    """The command that puts it right."""


def is_shared(folder: Path) -> bool:
    """Say whether a folder is a group's."""
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def wanted(path: Path) -> int:
    """Return the mode that a store at a path has to have."""
    return SHARED if is_shared(path.parent) else PRIVATE


def require_modes(path: Path) -> None:
    """Refuse a store that others could read or spoil, or that colleagues could not use.

    Raises:
        WrongModes: It says which command puts it right.
    """
    if not path.parent.is_dir():
        return
    if next(faults(path), None) is not None:
        time.sleep(_AGAIN_S)
        for fault in faults(path):
            raise WrongModes(path=fault.path, detail=fault.detail, fix=fault.fix)


def make(path: Path) -> None:
    """Make an empty store file, whatever the umask says; one that is there is left alone.

    Raises:
        WrongModes: It is a group's, and not this user's to begin: it was not set up, or somebody has removed it.
    """
    folder = path.parent.stat()
    if is_shared(path.parent) and os.geteuid() not in {0, folder.st_uid} and not path.exists():
        fix = f"majlis init --group {shlex.quote(group_name(folder.st_gid))} --store {shlex.quote(str(path))}"
        raise WrongModes(path=str(path), detail="no inbox yet", fix=fix)
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
        try:
            os.fchmod(handle, wanted(path))
        finally:
            os.close(handle)


def faults(path: Path) -> Iterator[Fault]:
    """Yield what is wrong with a store's files and their folder, the foundations first."""
    yield from _shared_faults(path) if is_shared(path.parent) else _private_faults(path)
    try:
        found = path.stat()
    except OSError:
        return
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        # By the other one it would be another person's, with locks and a log of their own.
        name = shlex.quote(str(path))
        yield Fault(
            path=str(path), detail="it has a second name", fix=f"find / -xdev -samefile {name} ! -path {name} -delete"
        )


def oddity(path: Path) -> Fault | None:
    """Return what is wrong where something lies that is no file of ours alone: anybody who may write the folder did it.

    No command on it but its removal is safe: others follow a link, or wait for whoever has the other end.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return _fault(path, "it is no plain file", "rm")
    return _fault(path, "it has a second name", "rm") if found.st_nlink > 1 else None


def _private_faults(path: Path) -> Iterator[Fault]:
    folder = path.parent
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield _fault(folder, "others may write here", "chmod o-w")
    found = _stat(path)
    if found is None:
        return
    if found.st_mode & 0o007 and _is_open_to_others(folder):
        yield _fault(path, "others may read it", "chmod o=")
    if found.st_mode & stat.S_IWGRP and mode & stat.S_IWGRP:
        yield _fault(folder, "new files would not belong to the group", "chmod g+s")


def _shared_faults(path: Path) -> Iterator[Fault]:
    folder = path.parent
    at = folder.stat()
    if _is_hidden(at):
        # Whose number this process has, and who owns what, is what whoever made the namespace wanted.
        yield Fault(path=str(folder), detail="its owner is hidden by a user namespace", fix="exit")
        return
    if os.geteuid() not in {0, at.st_uid} and at.st_gid not in {os.getegid(), *os.getgroups()}:
        fix = joining(at.st_gid, shlex.quote(user_name(os.geteuid())))
        yield Fault(path=str(folder), detail="not in its group", fix=fix)
        return
    if at.st_mode & 0o007:
        yield _fault(folder, "others may enter", "chmod o=")
    if at.st_mode & 0o770 != 0o770:  # noqa: PLR2004  all of it for owner and group
        yield _fault(folder, "its group may not use it", "chmod 2770")
    for part in _PARTS:
        yield from _part_faults(path.with_name(path.name + part), at, is_store=not part)


def _is_hidden(found: os.stat_result) -> bool:
    """Say whether the owner has no number in this process's user namespace (user_namespaces(7), "Unmapped")."""
    try:
        words = _UID_MAP.read_text("utf-8").split()
        overflow = int(_OVERFLOW.read_text("utf-8"))
    except OSError:  # no Linux
        return False
    return words != _WHOLE and found.st_uid == overflow


def _part_faults(path: Path, folder: os.stat_result, *, is_store: bool) -> Iterator[Fault]:
    fault = oddity(path)
    if fault is not None:
        # Removing an inbox is nobody's advice: of a second name `faults` says which one to remove.
        if not is_store or fault.detail == "it is no plain file":
            yield fault
        return
    found = _stat(path)
    if found is None:
        return
    if found.st_gid != folder.st_gid:
        yield _fault(path, "it belongs to another group", f"chgrp {shlex.quote(group_name(folder.st_gid))}")
    if found.st_mode & 0o777 != SHARED:
        yield _fault(path, "its mode is not 660", "chmod 660")
    if is_store and found.st_uid != folder.st_uid:
        yield _fault(path, "it belongs to another user", f"chown {shlex.quote(user_name(folder.st_uid))}")


def _fault(path: Path, detail: str, command: str) -> Fault:
    return Fault(path=str(path), detail=detail, fix=f"{command} {shlex.quote(str(path))}")


def _is_open_to_others(folder: Path) -> bool:
    """Say whether everybody on this machine gets as far as this folder."""
    return all(each.stat().st_mode & stat.S_IXOTH for each in (folder.resolve(), *folder.resolve().parents))


def _stat(path: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return path.stat()
    return None


def user_name(uid: int) -> str:
    """Return a user's name, as commands take it; a number without a name stays a number."""
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def group_name(gid: int) -> str:
    """Return a group's name, as commands take it; a number without a name stays a number."""
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)


def as_user(uid: int) -> str:
    """Return the beginning of a command that another user is to carry out; sudo wants a sign before a number."""
    name = user_name(uid)
    return f"sudo -u {shlex.quote(f'#{name}' if name.isdigit() else name)}"


def joining(gid: int, who: str) -> str:
    """Return the command that takes somebody into a group; one without a name takes nobody in before it has one.

    Args:
        gid: The group.
        who: The user, as a shell takes it.
    """
    name = group_name(gid)
    if name.isdigit():
        return f"groupadd --gid {gid} GROUP && usermod -aG GROUP {who}"
    return f"usermod -aG {shlex.quote(name)} {who}"
