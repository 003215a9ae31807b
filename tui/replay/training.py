"""A scenario played by hand: its goal first, then the inbox as it would be, and in the end what came of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

from connectors.clock import ShiftedClock, StandingClock, SystemClock
from tui import sitting
from tui.language import N_, _, ngettext
from tui.replay.bell import Bell, Rest
from tui.replay.debrief import GOOD, MISSED, debriefed, text_of, told
from tui.replay.lines import Lines
from tui.replay.lone import lone_inbox
from tui.replay.people import Roll
from tui.screens.dialogs import Reading, ReadScreen
from tui.wiring import staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.scenario import Scenario
    from tui.app import MajlisApp
    from tui.replay.debrief import Debrief

BANNER: Final = N_("TRAINING: nothing here is real, and nothing leaves this machine")
MINUTE: Final = timedelta(minutes=1)


async def train(scenario: Scenario, env: Mapping[str, str], *, speed: float) -> tuple[int, Debrief]:
    """Let somebody play a scenario at the screen, until its time is over or they leave.

    Args:
        scenario: One with `training`, without what its model operator does.
        env: The environment, for what is known of the terminal.
        speed: How much faster than real its time passes, once the goal has been read.

    Returns:
        The exit code, and what came of it.
    """
    header = scenario.header
    row = header.training
    if row is None:
        raise ValueError("nothing counts in it")
    standing = StandingClock(SystemClock())
    world = ShiftedClock(standing, header.start, speed=speed)
    bell = Bell()
    async with staged(scenario, lone_inbox(bell), world, world, seed=header.seed, rest=Rest(bell, world)) as stage:
        lines, roll = Lines(scenario, stage, world, world), Roll(stage.desktop.store, header.accounts)

        async def beside(app: MajlisApp) -> None:
            await _read(app, text_of(row.title), goal_parts(scenario, speed), N_("begin"))
            standing.go()
            await lines.perform()
            debrief = await debriefed(row, roll, stage.desktop)
            parts = [*debrief_parts(debrief, text_of(header.debrief))]
            await _read(app, _("What came of it"), parts, N_("end it"))
            app.exit()

        code = await sitting.replay(stage.desktop, stage.loops, env, banner=_(BANNER), beside=beside)
        return code, await debriefed(row, roll, stage.desktop)


async def _read(app: MajlisApp, title: str, parts: Sequence[Reading], leads: str) -> None:
    """Show a page, and return when it was closed by the key that `leads` on."""
    closed = asyncio.Event()
    await app.push_screen(ReadScreen(title, parts, leads), lambda _result: closed.set())
    await closed.wait()


def goal_parts(scenario: Scenario, speed: float) -> list[Reading]:
    """Return what is to be known before it begins."""
    minutes = ceil((scenario.end - scenario.header.start) / MINUTE / speed)
    lasts = ngettext(
        "It takes {n} minute. Leave the inbox to end it earlier.",
        "It takes {n} minutes. Leave the inbox to end it earlier.",
        minutes,
    )
    return [
        Reading(text=text_of(scenario.header.goal)),
        Reading(text=""),
        Reading(text=lasts, style="quiet"),
        Reading(text=_("Esc begins it; ? shows the keys at any time."), style="quiet"),
    ]


def debrief_parts(debrief: Debrief, lesson: str) -> Iterator[Reading]:
    """Yield what came of it, line by line, each with the messages for which it is not so, and what is to be learnt."""
    for text, good, missed in told(debrief):
        yield Reading(text=text, key=GOOD if good else MISSED, style=None if good else "warn")
        for each in missed:
            yield Reading(text=each, key=" ", style="quiet")
    yield Reading(text="")
    yield Reading(text=lesson)
