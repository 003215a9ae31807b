"""Backups of an inbox that lies in a file: written while it is in use, verified, and put back.

A backup is one file, whole in itself. None is ever written over, or taken for whole, before it was read through.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tinydb import where

from majlis.errors import (
    AlreadyThere,
    BadBackup,
    MajlisError,
    NotAStore,
    NotOfThisKind,
    SchemaNewer,
    StoreDamaged,
    StoreFault,
    StoreInUse,
    StoreReadOnly,
    WrongModes,
    WrongState,
)
from majlis.outbox import Entry
from majlis.restoring import UNSETTLED, in_doubt
from store.documents import becoming, document, value_of
from store.examining import examine
from store.inbox import open_rows
from store.pins import Pins, head_of, record
from store.rows.database import file_of, open_still
from store.rows.engine import SCHEMA
from store.rows.modes import as_user, is_shared, wanted
from store.rows.portable import require_plain, sync_folder
from store.rows.sqlite import SqliteEngine
from store.rows.sqlite_guard import BESIDE
from store.rows.witness import Backup, Head, Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from majlis.audit import EventDraft
    from majlis.ports import CheckReport
    from store.rows.database import RowDB

    Told = Callable[[str, int, int], None]
    """Is told what is being done (`copying`, `verifying`), and how much of how much."""

_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes on which every connection to an SQLite file holds a lock (sqlite.org/src, os.h: SHARED_FIRST)."""
_PART: Final = re.compile(r"\.(\d+)\.part$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A backup that was written, or put back."""

    path: Path
    """The backup; for one that was put back, the inbox."""
    revision: int
    at: datetime
    """When its last event happened, or, of a new backup, when it was made."""
    counts: dict[str, int]
    """Rows by table."""
    aside: Path | None = None
    """Where the file lies that was in the place."""
    in_doubt: int = 0
    """Entries that may have gone out since, and are looked up."""


# ------------------------------------------------------------------------------------------------------------- writing


def backup(url: str, path: Path, event: EventDraft, told: Told, *, is_forced: bool = False) -> Kept:
    """Write a backup of an inbox, whoever is at work in it, and read it through.

    Args:
        url: The inbox.
        path: Where to; readable by this user alone.
        event: What is written into the history afterwards; its time is that of the backup.
        told: How far it is.
        is_forced: Replace what is there, at the very end.

    Raises:
        AlreadyThere: Something is there.
        NotOfThisKind: The inbox is no file.
        StoreDamaged: The inbox is; no backup was written.
        MajlisError: It cannot be opened, or the disk is full.
        OSError: The file cannot be written; none was left behind.
    """
    _file(url, "backup")
    target = path.expanduser().absolute()
    require_elsewhere(url, target)
    if target.is_dir():
        raise IsADirectoryError(21, os.strerror(21), str(target))
    require_plain(target)
    if target.exists() and not is_forced:
        raise AlreadyThere(path=str(path), option="--force")
    part = _part(target)
    db = open_rows(url)
    try:
        assert isinstance(db.engine, SqliteEngine)  # noqa: S101  _file() has looked
        with db.snapshot():
            head, counts = head_of(db), _counts(db)
            db.engine.copy_to(part, lambda done, total: told("copying", done, total))
        told("verifying", 0, 1)
        report = _examined(part)
        if not report.ok or report.revision != head[0] or report.counts != counts:
            raise StoreDamaged(path=db.path, detail=_first_problem(report))
        part.replace(target)
        sync_folder(target.parent)
        _remember(db, Backup(path=str(target), at=_utc(event.at), rev=head[0], hash=head[1]), event)
    finally:
        part.unlink(missing_ok=True)
        db.close()
    return Kept(path=target, revision=head[0], at=event.at, counts=counts)


def _remember(db: RowDB, made: Backup, event: EventDraft) -> None:
    assert db.witness is not None  # noqa: S101  a file has one
    db.witness.note(made)
    with suppress(MajlisError), db.transaction():  # what cannot be written to is all the more worth its backup
        rev, prev = head_of(db)
        record(db, replace(event, profile_version=_profile_of(db, rev)), rev + 1, prev, {})


def _profile_of(db: RowDB, rev: int) -> str:
    last: Any = db.table("event").get(doc_id=rev)
    return str(last["profile_version"]) if last else ""


def _counts(db: RowDB) -> dict[str, int]:
    return {name: len(db.table(name)) for name in sorted(db.tables())}


def _examined(path: Path) -> CheckReport:
    still = open_still(path)
    try:
        return examine(still)
    finally:
        still.close()


def _first_problem(report: CheckReport) -> str:
    if report.problems:
        return report.problems[0]
    if report.chain_broken_at is not None:
        return f"its history does not fit from revision {report.chain_broken_at} on"
    return "the copy is not what was copied"


# -------------------------------------------------------------------------------------------------------- putting back


def restore(url: str, path: Path, event: EventDraft, told: Told, *, is_replacing: bool = False) -> Kept:
    """Put a backup in the place of an inbox, after reading it through.

    Args:
        url: Where the inbox is to be.
        path: The backup.
        event: What is written into the history; its time names the file that is put aside.
        told: How far it is.
        is_replacing: Put aside what lies there.

    Raises:
        BadBackup: It is no sound inbox; nothing was changed.
        AlreadyThere: There is an inbox.
        StoreInUse: Some process has it open.
        MajlisError: `NotAStore`, `SchemaNewer`, `NotOfThisKind`, `DiskFull`.
        OSError: The backup cannot be read, or the place not be written.
    """
    target, source = _file(url, "restore"), path.expanduser().absolute()
    _require_owner(target)
    _require_whole(source, target)
    if target.exists() and not is_replacing:
        raise AlreadyThere(path=str(target), option="--replace")
    part = _part(target)
    try:
        with _alone(target):
            _copy(source, part, told)
            _give_as(target, part)
            told("verifying", 0, 1)
            report = _examined(part)
            if not report.ok:
                raise BadBackup(path=str(path), detail=_first_problem(report))
            count, head = _settled(part, event, report.last_at or event.at)
            aside = _put(part, target, event.at)
            witness = Witness(target)
            witness.note(Head(rev=head[0], hash=head[1], is_anew=True))
            witness.close()
    finally:
        for left in (part, Witness(part).path):
            left.unlink(missing_ok=True)
    last = report.last_at or event.at
    return Kept(path=target, revision=report.revision, at=last, counts=report.counts, aside=aside, in_doubt=count)


def accept(url: str, event: EventDraft) -> Kept:
    """Go on with an inbox that has lost changes, and write that into its history.

    Raises:
        StoreDamaged: It is damaged besides, and nothing can be written to it.
        WrongState: Nothing is missing.
        MajlisError: It cannot be opened.
    """
    db = open_rows(url)
    try:
        report = examine(db)
        if report.expected is None:
            if not report.ok:
                raise StoreDamaged(path=report.path, detail=_first_problem(report))
            raise WrongState(action="accept", state="all is well", subject=report.path)
        db.refuse(None)
        lost = {"expected": report.expected, "found": report.revision}
        count, head = settle(db, replace(event, payload={**event.payload, **lost}), report.last_at or event.at)
        assert db.witness is not None  # noqa: S101  it has told of the loss
        db.witness.note(Head(rev=head[0], hash=head[1], is_anew=True))
    finally:
        db.close()
    return Kept(path=Path(report.path), revision=head[0], at=event.at, counts=report.counts, in_doubt=count)


def _settled(part: Path, event: EventDraft, since: datetime) -> tuple[int, tuple[int, str]]:
    db = open_rows(str(part))
    try:
        return settle(db, event, since)
    finally:
        db.close()


def settle(db: RowDB, event: EventDraft, since: datetime) -> tuple[int, tuple[int, str]]:
    """Let what may have gone out since be looked up before it goes out again; return how much that is, and the head."""
    with db.transaction():
        rev, prev = head_of(db)
        pins = Pins(event.salt)
        rows = db.table("entry").search(where("state").one_of([str(state) for state in UNSETTLED]))
        ids = {row["key"]: row.doc_id for row in rows}
        doubtful = in_doubt([value_of(row, Entry) for row in rows], since)
        for entry in doubtful:
            changed = becoming(pins.pinned("entry", document(entry, rev + 1)))
            db.table("entry").update(changed, doc_ids=[ids[entry.id]])
        event = replace(event, profile_version=_profile_of(db, rev))
        made = record(db, event, rev + 1, prev, pins.rows)
    return len(doubtful), (made.rev, made.hash)


def _require_whole(source: Path, target: Path) -> None:
    """Refuse what is no backup at first sight."""
    if source.is_dir():
        raise IsADirectoryError(21, os.strerror(21), str(source))
    if not source.is_file():
        raise FileNotFoundError(2, os.strerror(2), str(source))
    if target.exists() and source.samefile(target):
        raise BadBackup(path=str(source), detail="it is the inbox itself")
    if not os.access(source, os.R_OK, effective_ids=True):
        raise PermissionError(13, os.strerror(13), str(source))
    log = source.with_name(source.name + BESIDE[0])
    if log.exists() and log.stat().st_size:
        raise BadBackup(path=str(source), detail=f"a part of it lies in {log}: it is an inbox that is in use")


def _copy(source: Path, part: Path, told: Told) -> None:
    try:
        still = open_still(source)
    except NotAStore as error:
        raise BadBackup(path=str(source), detail="it is no Majlis store") from error
    except StoreFault as error:
        raise BadBackup(path=str(source), detail=str(error.facts.get("detail", ""))) from error
    try:
        assert isinstance(still.engine, SqliteEngine)  # noqa: S101  open_still() makes no other
        if still.schema > SCHEMA:
            raise SchemaNewer(path=str(source), found=still.schema, known=SCHEMA)
        still.engine.copy_to(part, lambda done, total: told("copying", done, total))
    except StoreDamaged as error:
        raise BadBackup(path=str(source), detail=str(error.facts.get("detail", ""))) from error
    finally:
        still.close()


@contextmanager
def _alone(target: Path) -> Generator[None, None, None]:
    """Hold SQLite's own lock on a file: nobody has it open, and whoever opens it waits.

    Raises:
        StoreInUse: Some process has it open.
    """
    if not target.exists():
        yield
        return
    try:
        handle = os.open(target, os.O_RDWR)
    except PermissionError as error:
        raise StoreReadOnly(path=str(target)) from error
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            raise StoreInUse(path=str(target)) from error
        yield
    finally:
        os.close(handle)


def _require_owner(target: Path) -> None:
    """Refuse to put something in a group's folder that would belong to the wrong user.

    Raises:
        WrongModes: It says as whom to do it.
    """
    folder = target.parent
    if folder.is_dir() and is_shared(folder) and os.geteuid() not in {0, folder.stat().st_uid}:
        fix = f"{as_user(folder.stat().st_uid)} majlis store restore …"
        raise WrongModes(path=str(target), detail="it would belong to another user", fix=fix)


def _give_as(target: Path, part: Path) -> None:
    """Let a new file be whose the inbox is, or would be, and in that mode."""
    folder = target.parent.stat()
    like = target.stat() if target.exists() else folder
    handle = os.open(part, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        with suppress(PermissionError):  # only root may give a file away; in a shared folder the group comes by itself
            os.fchown(handle, like.st_uid if os.geteuid() == 0 else -1, like.st_gid)
        keeps = target.exists() and not is_shared(target.parent)
        os.fchmod(handle, like.st_mode & 0o777 if keeps else wanted(target))
    finally:
        os.close(handle)


def _put(part: Path, target: Path, at: datetime) -> Path | None:
    """Exchange a file for the one in its place, which gets a dated name; at no moment is there none.

    The log of the old one is put aside with it: it would be taken for the new one's. When something fails, all is as it
    was.
    """
    log, shared = (target.with_name(target.name + each) for each in BESIDE)
    aside = _free(target, at)
    kept = aside.with_name(aside.name + BESIDE[0])
    has_log, is_there = log.exists(), target.exists()
    made: list[Path] = []
    try:
        for new, old, has_old in ((aside, target, is_there), (kept, log, has_log)):
            if has_old:
                new.hardlink_to(old)
                made.append(new)
        log.unlink(missing_ok=True)
        shared.unlink(missing_ok=True)
        part.replace(target)
    except BaseException:
        if has_log and not log.exists() and kept in made:
            log.hardlink_to(kept)
        for each in made:
            each.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    return aside if is_there else None


def _free(target: Path, at: datetime) -> Path:
    """Return a dated name that nothing has, nor its log."""
    dated = f"{target.name}.{at.astimezone(UTC):%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        aside = target.with_name(dated if number == 1 else f"{dated}-{number}")
        if not any(os.path.lexists(f"{aside}{each}") for each in ("", BESIDE[0])):
            return aside
    raise FileExistsError(17, os.strerror(17), str(target.with_name(dated)))


# --------------------------------------------------------------------------------------------------------------- paths


def _file(url: str, action: str) -> Path:
    if "://" in url and not url.startswith("sqlite:"):
        raise NotOfThisKind(action=action)
    path = file_of(url)
    if path is None:
        raise NotOfThisKind(action=action)
    return path.absolute().resolve()


def require_elsewhere(url: str, path: Path) -> None:
    """Refuse to write something to a place that belongs to the inbox, by whatever name.

    Raises:
        AlreadyThere: It does; nothing was written.
    """
    store = file_of(url) if "://" not in url or url.startswith("sqlite:") else None
    if store is None:
        return
    source, target = store.absolute().resolve(), path.expanduser().absolute().resolve()
    own = {source, Witness(source).path, *(source.with_name(source.name + each) for each in BESIDE)}
    own |= set(source.parent.glob(f"{source.name}.*.lock"))
    is_same = target.exists() and any(each.exists() and each.samefile(target) for each in own)
    if target in own or is_same:
        raise AlreadyThere(path=str(path), option="-")


def _part(target: Path) -> Path:
    """Return a name for a file that is not whole yet, after removing what killed processes have left."""
    for left in target.parent.glob(f".{target.name}.*.part"):
        found = _PART.search(left.name)
        if found and not Path(f"/proc/{found[1]}").exists():
            left.unlink(missing_ok=True)
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
