"""The verbs about the inbox as a whole: export, import, store check."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.errors import GiveUp, StoreDamaged
from tui import wiring
from tui.cli.verbs import Verb
from tui.language import N_, _, ngettext

if TYPE_CHECKING:
    from argparse import Namespace

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


def _check(call: Call, _options: Namespace) -> int:
    report = asyncio.run(wiring.check(call.settings))
    if call.printer.json:
        call.printer.value(
            {
                "path": report.path,
                "ok": report.ok,
                "problems": list(report.problems),
                "counts": report.counts,
                "chain_broken_at": report.chain_broken_at,
            }
        )
        return 0 if report.ok else StoreDamaged.exit_code
    for problem in report.problems:
        call.printer.line(problem)
    if report.chain_broken_at is not None:
        call.printer.line(_("The history does not fit from revision {n} on.", n=report.chain_broken_at))
    if not report.ok:
        raise StoreDamaged(path=report.path, detail=_("see above"))
    call.printer.line(_("{path}: all is well.", path=report.path))
    call.printer.table([(name, str(count)) for name, count in report.counts.items()])
    return 0


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
    "store check": Verb(run=_check, about=N_("Changes nothing."), examples=("majlis store check",)),
}
