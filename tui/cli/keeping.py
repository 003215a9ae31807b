"""The verbs about the inbox as a whole: export, import, store check, backup, restore, move and grants."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from majlis.errors import GiveUp, StoreDamaged, StoreRolledBack
from store.grants import PREFIX, grants
from store.rows.address import is_postgres
from tui import wiring
from tui.cli.verbs import Verb
from tui.config import toml_text
from tui.language import N_, _, ngettext

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from majlis.ports import CheckReport
    from store.keeping import Kept
    from tui.cli.call import Call
    from tui.cli.parser import Parser


class CannotWrite(GiveUp):
    """A file that cannot be written. Facts: path, reason."""

    happened = "{path} cannot be written: {reason}."
    advice = "Name another place."
    exit_code = 73


class CannotRead(GiveUp):
    """A file that cannot be read. Facts: path, reason."""

    happened = "{path} cannot be read: {reason}."
    exit_code = 66  # EX_NOINPUT


class NoGrants(GiveUp):
    """An inbox that lies in no database server. Facts: path."""

    happened = "{path} is a file, and files have no grants."
    advice = "For a group's file: majlis init --group GROUP. For a server: --store postgresql://…"
    exit_code = 4


def _export_arguments(parser: Parser) -> None:
    parser.take("file", _("where to write it; a file that is there is replaced"))
    parser.option(
        "--whole",
        action="store_true",
        about=_("leave personal contact data uncovered, as a copy to import needs it; each look is logged"),
    )


def _export(call: Call, options: Namespace) -> int:
    path = Path(options.file)
    try:
        counts = asyncio.run(wiring.export(call.settings, path, is_whole=options.whole))
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or str(error)) from error
    return _counted(call, counts, path)


def _import_arguments(parser: Parser) -> None:
    parser.take("file", _("a file that majlis export --whole wrote"))


def _import(call: Call, options: Namespace) -> int:
    path = Path(options.file)
    try:
        counts = asyncio.run(wiring.import_(call.settings, path))
    except OSError as error:
        raise CannotRead(path=str(path), reason=error.strerror or str(error)) from error
    return _counted(call, counts, path)


def _counted(call: Call, counts: dict[str, int], path: Path) -> int:
    if call.printer.json:
        call.printer.value({"path": str(path), "counts": counts})
        return 0
    n = counts.get("message", 0)
    call.printer.line(ngettext("{n} message, {path}", "{n} messages, {path}", n, path=str(path)))
    return 0


# ------------------------------------------------------------------------------------------------- backups of the file


def _backup_arguments(parser: Parser) -> None:
    parser.take("file", _("where to write it, readable by you alone"))
    parser.option("--force", action="store_true", about=_("replace a file that is there, once the new one is whole"))


def _backup(call: Call, options: Namespace) -> int:
    path = _local(options.file)
    try:
        kept = wiring.backup(call.settings, path, partial(_progress, call), is_forced=options.force)
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or str(error)) from error
    finally:
        call.printer.progress()
    return _told(call, kept, N_("{path}: written and read through, up to revision {rev} of {at}."))


def _restore_arguments(parser: Parser) -> None:
    parser.take("file", _("a file that majlis store backup wrote"))
    parser.option(
        "--replace", action="store_true", about=_("put the inbox that is there aside, under a name with the date")
    )


def _restore(call: Call, options: Namespace) -> int:
    path = _local(options.file)
    try:
        kept = wiring.restore(call.settings, path, partial(_progress, call), is_replacing=options.replace)
    except OSError as error:
        is_backup = error.filename is None or Path(error.filename) == path.absolute()
        fault = CannotRead if is_backup else CannotWrite
        raise fault(path=str(path if is_backup else error.filename), reason=error.strerror or str(error)) from error
    finally:
        call.printer.progress()
    return _told(call, kept, N_("{path}: put back, up to revision {rev} of {at}."))


def _told(call: Call, kept: Kept, template: str) -> int:
    if call.printer.json:
        aside = str(kept.aside) if kept.aside else None
        row = {"path": str(kept.path), "revision": kept.revision, "at": kept.at, "counts": kept.counts}
        call.printer.value(row | {"aside": aside, "in_doubt": kept.in_doubt})
        return 0
    call.printer.paragraph(_(template, path=str(kept.path), rev=kept.revision, at=_at(kept.at)))
    if kept.aside is not None:
        call.printer.paragraph(_("What was there lies in {path}.", path=str(kept.aside)))
    _tell_doubts(call, kept.in_doubt)
    log = call.settings.seal_key.with_name(f"{call.settings.seal_key.name}.log") if kept.aside is not None else None
    if log is not None and is_there(log):
        call.printer.paragraph(
            _(
                "{path} remembers seals of what was put aside: move it away, or the history is not sealed further.",
                path=str(log),
            )
        )
    return 0


def is_there(path: Path) -> bool:
    """Say whether something lies there, as far as this user may know."""
    try:
        return path.exists()
    except OSError:
        return False


def _tell_doubts(call: Call, count: int) -> None:
    if count:
        call.printer.paragraph(
            ngettext(
                "{n} answer or post may have gone out since; it is looked up, and not sent again by itself.",
                "{n} answers and posts may have gone out since; they are looked up, and not sent again by themselves.",
                count,
            )
        )


def _local(name: str) -> Path:
    """Return a path, and refuse an address: a backup is a file on this machine."""
    if "://" in name:
        raise CannotWrite(path=name, reason=_("it is an address, and a backup is a file"))
    return Path(name).expanduser()


_STAGES = {"copying": N_("copying: {percent}%"), "verifying": N_("reading it through: {percent}%")}


def _progress(call: Call, stage: str, done: int, total: int) -> None:
    call.printer.progress(_(_STAGES[stage], percent=100 * done // max(total, 1)))


def _move_arguments(parser: Parser) -> None:
    parser.take("to", _("where to: a path, or postgresql://…; an empty store, or none yet"), metavar="URL")
    parser.option("--keep", action="store_true", about=_("leave the inbox in use where it is too, as for a trial"))


def _move(call: Call, options: Namespace) -> int:
    try:
        moved = wiring.move(call.settings, options.to, partial(_progress, call), is_kept=options.keep)
    finally:
        call.printer.progress()
    if call.printer.json:
        call.printer.value(msgspec.to_builtins(moved))
        return 0
    call.printer.paragraph(_("Carried to {to}, up to revision {rev}.", to=moved.to, rev=moved.revision))
    call.printer.table([(table, str(count), moved.digests.get(table, "")) for table, count in moved.counts.items()])
    if not options.keep:
        call.printer.paragraph(
            _("Nobody writes at the old place any more. In the site file: store = {to}", to=toml_text(moved.to))
        )
    _tell_doubts(call, moved.in_doubt)
    return 0


def _grants_arguments(parser: Parser) -> None:
    parser.option(
        "--prefix", default=PREFIX, metavar="TEXT", about=_("in front of the names of all roles; default: majlis_")
    )


def _grants(call: Call, options: Namespace) -> int:
    url = call.settings.store
    if not is_postgres(url):
        raise NoGrants(path=call.settings.store_shown)
    sql = grants(url, options.prefix)
    if call.printer.json:
        call.printer.value({"sql": sql})
        return 0
    for each in sql.splitlines():
        call.printer.line(each)
    return 0


def _check_arguments(parser: Parser) -> None:
    parser.option(
        "--accept", action="store_true", about=_("go on without changes that are lost; supervisors, and it is logged")
    )


def _check(call: Call, options: Namespace) -> int:
    if options.accept:
        return _told(call, wiring.accept(call.settings), N_("{path}: goes on from revision {rev} of {at}."))
    report = asyncio.run(wiring.check(call.settings))
    if call.printer.json:
        call.printer.value(msgspec.to_builtins(report))
        return 0 if report.ok else StoreDamaged.exit_code
    for problem in report.problems:
        call.printer.line(problem)
    if report.chain_broken_at is not None:
        call.printer.line(_("The history does not fit from revision {n} on.", n=report.chain_broken_at))
    if report.ok:
        call.printer.line(_("{path}: all is well.", path=report.path))
        call.printer.table([(name, str(count)) for name, count in report.counts.items()])
    for told in _standing(report):
        call.printer.paragraph(told)
    if report.expected is not None and not report.problems:
        raise StoreRolledBack(path=report.path, found=report.revision, at=_at(report.last_at), expected=report.expected)
    if not report.ok:
        raise StoreDamaged(path=report.path, detail=_("see above"))
    return 0


def _standing(report: CheckReport) -> Iterator[str]:
    """Say how far the history can be read, and what the last backup has of it."""
    if report.last_at is not None:
        yield _("The history is whole up to revision {rev} of {at}.", rev=report.revision, at=_at(report.last_at))
    backup = report.backup
    if backup is None:
        yield _("No backup is known: majlis store backup FILE writes one.")
        return
    facts = {"path": backup.path, "at": _at(backup.at), "rev": backup.revision}
    yield _("The last backup is {path}, of {at}, up to revision {rev}.", **facts)
    if not backup.is_there:
        yield _("It is no longer at that place.")


def _at(at: datetime | None) -> str:
    return "-" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


VERBS = {
    "export": Verb(
        run=_export,
        arguments=_export_arguments,
        about=N_("Personal contact data is covered unless --whole is given."),
        examples=("majlis export inbox.json", "majlis export --whole copy.json"),
    ),
    "import": Verb(
        run=_import,
        arguments=_import_arguments,
        about=N_("All of it or nothing; the inbox has to be empty, and the history in the file has to fit."),
        examples=("majlis import copy.json", "majlis --store new.db import copy.json"),
    ),
    "store check": Verb(
        run=_check,
        arguments=_check_arguments,
        about=N_("Changes nothing, unless --accept is given; it names the last backup and how far it goes."),
        examples=("majlis store check", "majlis store check --json"),
    ),
    "store backup": Verb(
        run=_backup,
        arguments=_backup_arguments,
        about=N_("While the inbox is in use; the copy is read through before it gets its name."),
        examples=("majlis store backup inbox-backup.db", "majlis store backup --force /srv/backup/inbox.db"),
    ),
    "store restore": Verb(
        run=_restore,
        arguments=_restore_arguments,
        about=N_(
            "The backup is read through first, and nobody may have the inbox open. What was still to go out when the "
            "backup was made may have gone out since, so it is looked up before anything is sent."
        ),
        examples=("majlis store restore inbox-backup.db", "majlis store restore --replace inbox-backup.db"),
    ),
    "store move": Verb(
        run=_move,
        arguments=_move_arguments,
        about=N_(
            "Nobody can write to the inbox meanwhile. Every table is counted and compared on both sides, the history "
            "is verified, and the old place says where the inbox went. A move that is broken off leaves no inbox "
            "behind, and can be done again."
        ),
        examples=("majlis store move postgresql://db.example/majlis", "majlis store move --keep trial.db"),
    ),
    "store grants": Verb(
        run=_grants,
        arguments=_grants_arguments,
        about=N_(
            "For PostgreSQL's psql, run as a superuser once the inbox is there, and again after every upgrade. It "
            "makes an owner, a service and a group for each role; with them the server itself refuses what a role may "
            "not do, whatever program asks. Nothing is asked or changed here."
        ),
        examples=(
            "majlis store grants | psql -v ON_ERROR_STOP=1 majlis",
            "majlis --store 'postgresql:///media?schema=north' store grants --prefix north_",
        ),
    ),
}
