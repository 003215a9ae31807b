"""The verbs that open a screen: run, demo."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from majlis.errors import Ask
from tui import sitting
from tui.cli.verbs import Verb
from tui.language import N_, _

if TYPE_CHECKING:
    from argparse import Namespace

    from tui.cli.call import Call
    from tui.cli.parser import Parser


class NoTerminal(Ask):
    """A screen was asked for where there is none."""

    happened = "There is no terminal here to draw on."
    safe = ""
    advice = "Without a terminal: majlis list, majlis show, majlis reply …"
    exit_code = 2


def need_terminal() -> None:
    """Refuse to draw where nobody looks.

    Raises:
        NoTerminal: There is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NoTerminal


def _run_arguments(parser: Parser) -> None:
    parser.option(
        "--calibrate", action="store_true", about=_("ask first how this terminal draws Arabic, and remember it")
    )


def _run(call: Call, options: Namespace) -> int:
    settings = call.settings
    need_terminal()
    code = asyncio.run(sitting.inbox(settings, call.env, calibrate=options.calibrate))
    if code == sitting.PRACTICE:
        code = asyncio.run(sitting.practice(settings, call.env))
    return _learnt(call, code)


def _learnt(call: Call, code: int) -> int:
    """Play what was chosen to learn by, or return the code as it is."""
    name = sitting.lesson(code)
    if name is None:
        return code
    from tui.cli.training import played  # noqa: PLC0415  asked for once in a while

    return played(call, name)


def _demo_arguments(parser: Parser) -> None:
    parser.option(
        "--speed", type=float, default=1.0, metavar="N", about=_("let the day pass so many times faster; default: 1")
    )


def _demo(call: Call, options: Namespace) -> int:
    settings = call.settings
    need_terminal()
    return _learnt(call, asyncio.run(sitting.practice(settings, call.env, speed=max(options.speed, 0.1))))


VERBS = {
    "run": Verb(
        run=_run,
        arguments=_run_arguments,
        about=N_("With nothing configured it opens a welcome. ? shows the keys."),
        examples=("majlis", "majlis run --calibrate"),
    ),
    "demo": Verb(
        run=_demo,
        arguments=_demo_arguments,
        about=N_("Messages arrive while you watch; its networks are played, and everything is gone afterwards."),
        examples=("majlis demo", "majlis demo --language ar", "majlis demo --speed 10"),
    ),
}
