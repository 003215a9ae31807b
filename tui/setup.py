"""Setting an inbox up for a Unix group: what lies where, as whose, in which modes; doing it twice changes nothing."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import shlex
import stat
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from majlis.errors import BadSettings, WrongModes
from store.rows.modes import SHARED, as_user, group_name, oddity, user_name
from tui import config, people
from tui.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER: Final = 0o2770
"""The group's, and what is made in it too."""
TOKENS: Final = 0o700
SITE: Final = 0o644
SITE_FOLDER: Final = 0o755
UNITS: Final = ("majlis-poll.service", "majlis-send.service")
_UNIT_FOLDER: Final = Path(__file__).parent / "systemd"


class NoSuchAccount(BadSettings):
    """A user or group that this machine does not know. Facts: name, fix."""

    happened = "This machine knows no {name}."
    safe = "Nothing was changed."
    advice = "Run this as root: {fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an inbox for a group is to be."""

    group: int
    service: int
    store: Path
    site: Path
    systemd: Path | None = None

    @property
    def tokens(self) -> Path:
        """The folder of the service's tokens; beside the site file, where no operator can put another in its place."""
        return self.site.parent / "tokens"

    @property
    def seal_key(self) -> Path:
        """The key that seals the history."""
        return self.tokens / "seal.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is not as it has to be yet."""

    command: str
    """What a person would run for it, as root."""
    do: Callable[[], None]


def gid_of(name: str) -> int:
    """Return a group's number; a number is one.

    Raises:
        NoSuchAccount: There is none of that name.
    """
    try:
        return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise NoSuchAccount(name=name, fix=f"groupadd --system {shlex.quote(name)}") from error


def uid_of(name: str, group: str) -> int:
    """Return a user's number; a number is one.

    Raises:
        NoSuchAccount: There is none of that name.
    """
    try:
        return int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid
    except KeyError as error:
        fix = f"useradd --system --gid {shlex.quote(group)} --home-dir / --shell /usr/sbin/nologin {shlex.quote(name)}"
        raise NoSuchAccount(name=name, fix=fix) from error


def steps(wanted: Wanted) -> Iterator[Step]:
    """Yield what is left to do, in order; nothing where all is as it has to be."""
    yield from _folder(wanted.store.parent, wanted.service, wanted.group, FOLDER)
    yield from _store(wanted)
    yield from _site_folder(wanted.site.parent)
    yield from _folder(wanted.tokens, wanted.service, wanted.group, TOKENS)
    yield from _seal_key(wanted)
    yield from _file(wanted.site, lambda: site_text(wanted), 0, SITE)
    for name in UNITS if wanted.systemd is not None else ():
        assert wanted.systemd is not None  # noqa: S101  the line above
        yield from _file(wanted.systemd / name, partial(unit_text, name, wanted), None, SITE)


def may_carry_out(wanted: Wanted) -> bool:
    """Say whether this process can do all of it: giving files to somebody else is root's."""
    return os.geteuid() == 0 or (os.geteuid() == wanted.service and wanted.group in {os.getegid(), *os.getgroups()})


def _folder(path: Path, uid: int, gid: int, mode: int) -> Iterator[Step]:
    name = shlex.quote(str(path))
    if not path.is_dir():
        command = f"install -d {_owned(uid, gid)} -m {mode:o} {name}"

        def make() -> None:
            path.mkdir(mode=0o700, parents=True)
            _give(path, uid, gid, mode)

        yield Step(command=command, do=make)
        return
    yield from _owner_and_mode(path, uid, gid, mode)


def _site_folder(path: Path) -> Iterator[Step]:
    if path.is_dir():
        return

    def make() -> None:
        path.mkdir(mode=0o700, parents=True)
        path.chmod(SITE_FOLDER)

    yield Step(command=f"install -d -m {SITE_FOLDER:o} {shlex.quote(str(path))}", do=make)


def _store(wanted: Wanted) -> Iterator[Step]:
    for part in ("", "-wal", "-shm", "-witness"):
        path = wanted.store.with_name(wanted.store.name + part)
        fault = oddity(path)
        if fault is not None:
            raise WrongModes(path=fault.path, detail=fault.detail, fix=fault.fix if part else f"ls -li {name_of(path)}")
        if path.exists():
            owner = wanted.service if not part else path.lstat().st_uid
            yield from _owner_and_mode(path, owner, wanted.group, SHARED)
        elif not part:
            command = f"install {_owned(wanted.service, wanted.group)} -m {SHARED:o} /dev/null {shlex.quote(str(path))}"
            yield Step(command=command, do=lambda made=path: _begin(made, wanted))  # type: ignore[misc]  # bound early


def _owned(uid: int, gid: int) -> str:
    return f"-o {shlex.quote(user_name(uid))} -g {shlex.quote(group_name(gid))}"


def _begin(path: Path, wanted: Wanted) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    _give(path, wanted.service, wanted.group, SHARED)


def _seal_key(wanted: Wanted) -> Iterator[Step]:
    """Make the key that seals the history, for the service alone; one that is there stays."""
    path = wanted.seal_key
    closed = wanted.tokens.is_dir() and not os.access(wanted.tokens, os.X_OK)
    if closed or path.exists():
        return

    def make() -> None:
        from connectors import sealing  # noqa: PLC0415  a library of ciphers, for seals alone

        sealing.make_key(path)
        for each in (path, sealing.public_path(path)):
            os.chown(each, wanted.service, wanted.group, follow_symlinks=False)

    command = f"{as_user(wanted.service)} majlis --site {shlex.quote(str(wanted.site))} audit key"
    yield Step(command=command, do=make)


def _public(wanted: Wanted) -> str | None:
    from connectors import sealing  # noqa: PLC0415  same

    return sealing.public_key(wanted.seal_key)


def _owner_and_mode(path: Path, uid: int, gid: int, mode: int) -> Iterator[Step]:
    found = path.lstat()
    name = shlex.quote(str(path))
    if (found.st_uid, found.st_gid) != (uid, gid):
        # chown takes the setgid bit away, so the mode is set after it in any case.
        owner = shlex.quote(f"{user_name(uid)}:{group_name(gid)}")
        commands = f"chown -h {owner} {name} && chmod {mode:o} {name}"
        yield Step(command=commands, do=lambda: _give(path, uid, gid, mode))
    elif stat.S_IMODE(found.st_mode) != mode:
        yield Step(command=f"chmod {mode:o} {name}", do=lambda: _give(path, -1, -1, mode))


def _give(path: Path, uid: int, gid: int, mode: int) -> None:
    """Set owner and mode of what lies there itself: in a folder that others write to it may be a link by now.

    Raises:
        WrongModes: It is one, or has a second name.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise WrongModes(path=str(path), detail="it is no plain file", fix=f"rm {name_of(path)}") from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISDIR(found.st_mode) and (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1):
            raise WrongModes(path=str(path), detail="it is no plain file", fix=f"ls -li {name_of(path)}")
        os.fchown(handle, uid, gid)
        os.fchmod(handle, mode)
    finally:
        os.close(handle)


def name_of(path: Path) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))


def _file(path: Path, text: Callable[[], str], uid: int | None, mode: int) -> Iterator[Step]:
    """Write a file that is not there; one that is there keeps what it says."""
    name = shlex.quote(str(path))
    if not path.exists():
        yield Step(command=f"{_('write')} {name}", do=lambda: _write(path, text, mode))
        return
    found = path.stat()
    if uid is not None and found.st_uid not in {uid, os.geteuid()}:
        yield Step(command=f"chown root {name}", do=lambda: os.chown(path, uid, -1))
    if found.st_mode & 0o022:
        yield Step(command=f"chmod go-w {name}", do=lambda: path.chmod(stat.S_IMODE(found.st_mode) & ~0o022))


def _write(path: Path, text: Callable[[], str], mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    config.write_new(path, text(), mode)


# ----------------------------------------------------------------------------------------------------- what is written


def site_text(wanted: Wanted) -> str:
    """Return a site file: the inbox and its roles filled in, everything else as a commented example."""
    service, group = people.user_name(wanted.service), group_name(wanted.group)
    lines: list[str] = []
    public = _public(wanted)
    for line in config.template(config.Site, _).splitlines():
        if line.startswith("# store = "):
            lines.append(f"store = {config.toml_text(str(wanted.store))}")
        elif line.startswith("# seal_key = ") and public is not None:
            lines.append(f"seal_key = {config.toml_text(str(wanted.seal_key))}")
        elif line.startswith("# seal_public = ") and public is not None:
            lines.append(f'seal_public = ["{public}"]')
        elif line == "# [roles]":
            lines += ["[roles]", f"service = [{config.toml_text(service)}]"]
            if group.isdigit():  # roles go by names
                lines.append(f"# {_('the group has no name on this machine, so its members are named one by one')}")
            lines.append(
                '# operator = ["salem"]' if group.isdigit() else f"operator = [{config.toml_text(f'@{group}')}]"
            )
        elif line.startswith("# operator = "):
            lines += [f'# {role} = ["mariam"]' for role in ("publisher", "approver", "customer_service", "auditor")]
        elif line.startswith("# token_file = "):
            lines.append(f"# token_file = {config.toml_text(f'{wanted.tokens}/ministry-facebook.json')}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def unit_text(name: str, wanted: Wanted) -> str:
    """Return a unit of systemd with the paths of this machine."""
    facts = {
        "program": " ".join(_quoted(word).replace("$", "$$") for word in _program()),
        "site": _quoted(str(wanted.site)).replace("$", "$$"),
        "service": user_name(wanted.service),
        "group": group_name(wanted.group),
        "store_folder": _quoted(str(wanted.store.parent)),
        "tokens": _quoted(str(wanted.tokens)),
    }
    text = (_UNIT_FOLDER / name).read_text(encoding="utf-8")
    for key, value in facts.items():
        text = text.replace(f"@{key}@", value.replace("%", "%%"))
    return text


def _quoted(word: str) -> str:
    """Return a word as a unit takes it (systemd.syntax(7), Quoting); $ means something in commands alone."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _program() -> tuple[str, ...]:
    beside = Path(sys.executable).with_name("majlis")
    return (str(beside),) if beside.exists() else (sys.executable, "-m", "majlis")
