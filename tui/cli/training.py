"""The verb that lets people learn by scenarios: train."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.scenario import TRAINING, load, training
from tui import config
from tui.cli.keeping import CannotRead
from tui.cli.parser import Usage
from tui.cli.replaying import FAILED, FASTEST, SLOWEST, tell_checks
from tui.cli.verbs import Verb
from tui.language import N_, _
from tui.replay.debrief import GOOD, MISSED, text_of, title_of, told

if TYPE_CHECKING:
    from argparse import Namespace

    from connectors.scenario import Scenario
    from tui.cli.call import Call
    from tui.cli.output import Printer
    from tui.cli.parser import Parser
    from tui.replay.debrief import Debrief


def _arguments(parser: Parser) -> None:
    parser.take("name", _("a name from the list, or a file of your own"), nargs="?")
    parser.option(
        "--speed", type=float, default=1.0, metavar="N", about=_("let the day pass so many times faster; default: 1")
    )
    headless = _("without a screen, as its model operator plays it; the exit code says whether all held")
    parser.option("--headless", action="store_true", about=headless)


def _train(call: Call, options: Namespace) -> int:
    if options.name is None:
        with call.printer.told():
            return _list(call.printer)
    scenario = _chosen(options.name, call.verb)
    if options.headless:
        with call.printer.told():
            return _headless(call.printer, scenario, options.name)
    return _on_screen(call, scenario, options.name, options.speed)


def played(call: Call, name: str) -> int:
    """Let somebody play a scenario that they have chosen at the screen, and print what came of it."""
    return _on_screen(call, training(name), name, 1.0)


def _chosen(name: str, verb: str) -> Scenario:
    """Return a scenario by its name, or from a file.

    Raises:
        Usage: There is none of this name, or nothing counts in the file.
        CannotRead: The file cannot be read.
    """
    if name in TRAINING:
        return training(name)
    if not name.endswith(".jsonl"):
        nearest = config.nearest(name, list(TRAINING)) or TRAINING[0]
        raise Usage(detail=_("there is no {name}; the nearest is {nearest}", name=name, nearest=nearest), verb=verb)
    try:
        scenario = load(Path(name))
    except OSError as error:
        raise CannotRead(path=name, reason=error.strerror or str(error)) from error
    if scenario.header.training is None:
        raise Usage(detail=_("{name} says nothing in “training”", name=name), verb=verb)
    return scenario


def _list(printer: Printer) -> int:
    """Print the names, each with its title and goal."""
    scenarios = {name: training(name) for name in TRAINING}
    if printer.json:
        for name, scenario in scenarios.items():
            printer.value({"name": name, "title": title_of(scenario), "goal": text_of(scenario.header.goal)})
        return 0
    printer.rows(
        [(name, f"{title_of(scenario)}. {text_of(scenario.header.goal)}") for name, scenario in scenarios.items()],
        indent=0,
    )
    return 0


def _headless(printer: Printer, scenario: Scenario, name: str) -> int:
    from tui.replay import report  # noqa: PLC0415  needed to play alone
    from tui.replay.play import play  # noqa: PLC0415  same

    played = play(scenario, name)
    if printer.json:
        printer.value(report.as_json(played, Path(name).name))
    else:
        tell_checks(printer, played, Path(name), ())
        if played.debrief is not None:
            _tell(printer, played.debrief, scenario)
    return FAILED if played.failed else 0


def _on_screen(call: Call, scenario: Scenario, name: str, speed: float) -> int:
    from tui.cli.opening import need_terminal  # noqa: PLC0415  for a screen alone
    from tui.replay.training import train  # noqa: PLC0415  same

    need_terminal()
    code, debrief = asyncio.run(train(scenario.by_hand(), call.env, speed=min(max(speed, SLOWEST), FASTEST)))
    with call.printer.told():
        if call.printer.json:
            call.printer.value(_as_json(debrief, name))
        else:
            _tell(call.printer, debrief, scenario)
    return code


def _as_json(debrief: Debrief, name: str) -> dict[str, Any]:
    return {"scenario": name, "debrief": debrief.as_json()}


def _tell(printer: Printer, debrief: Debrief, scenario: Scenario) -> None:
    """Print what came of it, as the page on the screen says it."""
    printer.paragraph(_("What came of “{name}”:", name=title_of(scenario)))
    for text, good, missed in told(debrief):
        printer.paragraph(f"{GOOD if good else MISSED} {text}", indent=2)
        for each in missed:
            printer.paragraph(each, indent=6)
    printer.paragraph(text_of(scenario.header.debrief))


VERBS = {
    "train": Verb(
        run=_train,
        arguments=_arguments,
        about=N_(
            "Alone it lists what there is. A scenario tells its goal, then you play at the screen; when its time is"
            " over or you leave, it says what came of it. Nothing is real, and nothing leaves this machine."
        ),
        examples=(
            "majlis train",
            "majlis train first-day",
            "majlis train flood --speed 3",
            "majlis train token --headless",
        ),
    ),
}
