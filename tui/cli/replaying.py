"""The verb that plays scenarios: replay."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.scenario import load
from connectors.scenario.times import BadTime
from tui.cli.keeping import CannotRead, CannotWrite
from tui.cli.parser import Usage
from tui.cli.verbs import Verb
from tui.language import N_, _, ngettext

if TYPE_CHECKING:
    from argparse import Namespace

    from connectors.scenario import Scenario
    from tui.cli.call import Call
    from tui.cli.output import Printer
    from tui.cli.parser import Parser
    from tui.replay.play import Check, Played

SLOWEST, FASTEST = 0.1, 3600.0
"""Between these the time of a scenario passes on the screen."""
FAILED = 8
"""Exit code when an expectation does not hold."""


def _arguments(parser: Parser) -> None:
    parser.take("file", _("the scenario, JSON lines"), nargs="?")
    headless = _("without a screen, as fast as it goes; the exit code says whether all held")
    update = _("put what was so in the place of expectations that do not hold, for review")
    schema = _("print the JSON Schema of a line, for editors, and play nothing")
    until = _("begin at this time, after the start or an instant; what lies before it happens at once")
    parser.option(
        "--speed", type=float, default=1.0, metavar="N", about=_("let the day pass so many times faster; default: 1")
    )
    parser.option("--paused", action="store_true", about=_("stand at the beginning until a key lets it go on"))
    parser.option("--until", default="+00:00:00", metavar="TIME", about=until)
    parser.option("--headless", action="store_true", about=headless)
    parser.option("--report", metavar="OUT", about=_("write what came of it as JSON; the same bytes every time"))
    parser.option("--junit", metavar="OUT", about=_("write what came of it as JUnit XML"))
    parser.option("--update", action="store_true", about=update)
    parser.option("--seed", type=int, metavar="N", about=_("draw ids and chance from this, instead of the file's own"))
    parser.option("--schema", action="store_true", about=schema)


def _replay(call: Call, options: Namespace) -> int:
    if options.schema:
        from connectors.scenario.schema import json_schema  # noqa: PLC0415  for whoever asks

        indent = None if call.printer.json else 2
        print(json.dumps(json_schema(), ensure_ascii=True, indent=indent), file=call.printer.out)
        return 0
    if options.file is None:
        raise Usage(detail=_("a file is missing"), verb=call.verb)
    path = Path(options.file)
    scenario = _read(path)
    if not options.headless:
        return _on_screen(call, options, scenario)
    with call.printer.told():
        return _headless(call, options, scenario, path)


def _on_screen(call: Call, options: Namespace, scenario: Scenario) -> int:
    from tui.cli.opening import need_terminal  # noqa: PLC0415  for a screen alone
    from tui.replay.onscreen import on_screen  # noqa: PLC0415  same

    need_terminal()
    since = _since(call, options.until, scenario)
    seed = scenario.header.seed if options.seed is None else options.seed
    speed = min(max(options.speed, SLOWEST), FASTEST)
    return asyncio.run(on_screen(scenario, call.env, speed=speed, since=since, seed=seed, paused=options.paused))


def _since(call: Call, text: str, scenario: Scenario) -> timedelta:
    """Return how long after the start it begins; an instant without a zone is in the time of the service hours."""
    from tui import profile  # noqa: PLC0415  for a screen alone
    from tui.replay.pace import reached  # noqa: PLC0415  same

    start = scenario.header.start
    zone = profile.played(scenario.header, "scenario").hours.local(start).tzinfo
    try:
        since = reached(text, start, zone) - start
    except BadTime as error:
        raise Usage(detail=f"--until {text}: +HH:MM:SS, +2h, 2026-11-23T10:00", verb=call.verb) from error
    if since < timedelta():
        raise Usage(detail=_("--until {time}: that lies before the start", time=text), verb=call.verb)
    return since


def _read(path: Path) -> Scenario:
    try:
        return load(path)
    except OSError as error:
        raise CannotRead(path=str(path), reason=error.strerror or str(error)) from error


def _headless(call: Call, options: Namespace, scenario: Scenario, path: Path) -> int:
    from tui.replay import report  # noqa: PLC0415  needed to play alone
    from tui.replay.play import play  # noqa: PLC0415  same

    played = play(scenario, str(path), options.seed)
    if options.report is not None:
        text = report.unarmed(json.dumps(report.as_json(played, path.name), ensure_ascii=False, indent=2))
        _write(Path(options.report), f"{text}\n")
    if options.junit is not None:
        _write(Path(options.junit), report.as_junit(played, path.name))
    mended = _mend(path, played) if options.update else ()
    if call.printer.json:
        call.printer.value({**report.as_json(played, path.name), **({"rewritten": mended} if options.update else {})})
    else:
        tell_checks(call.printer, played, path, mended)
    return FAILED if len(played.failed) > len(mended) else 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or str(error)) from error


def _mend(path: Path, played: Played) -> tuple[int, ...]:
    from tui.replay.mend import mend  # noqa: PLC0415  seldom asked for

    try:
        return mend(path, played)
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or str(error)) from error


# ----------------------------------------------------------------------------------------------------------- the words


def tell_checks(printer: Printer, played: Played, path: Path, mended: tuple[int, ...]) -> None:
    """Tell how many checks held, and show the first that does not."""
    if played.failed:
        _first(printer, played.failed[0], path)
    checked, failed = len(played.checks), len(played.failed)
    held = ngettext("{n} check of “{name}” held.", "{n} checks of “{name}” held.", checked - failed, name=played.name)
    printer.paragraph(held)
    if failed:
        printer.paragraph(ngettext("{n} does not hold.", "{n} do not hold.", failed))
    if mended:
        lines = ", ".join(map(str, mended))
        printer.paragraph(_("Rewritten for your review: {path}, lines {lines}.", path=str(path), lines=lines))


def _first(printer: Printer, check: Check, path: Path) -> None:
    """Show the first check that does not hold: where it stands, and both sides of it."""
    from tui.replay.report import beside  # noqa: PLC0415  hopefully never needed

    printer.paragraph(
        _(
            "{path}, line {line}, at {at}: {what} ({subject}) is not as expected.",
            path=str(path),
            line=check.line,
            at=check.at,
            what=check.what,
            subject=check.subject,
        )
    )
    printer.beside((_("expected"), _("actual")), beside(check.expected, check.actual))
    printer.line()


VERBS = {
    "replay": Verb(
        run=_replay,
        arguments=_arguments,
        about=N_(
            "A scenario is a day of an inbox in a file: what arrives, what fails, who does what, what has to be so. It"
            " is played in a world of its own: no settings, accounts or tokens are read, and nothing leaves this"
            " machine. docs/scenarios.md describes the file."
        ),
        examples=(
            "majlis replay day.jsonl --speed 10",
            "majlis replay day.jsonl --until +2h",
            "majlis replay day.jsonl --headless",
            "majlis replay day.jsonl --headless --junit day.xml --report day.json",
            "majlis replay --schema",
        ),
    ),
}
