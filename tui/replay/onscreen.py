"""A scenario before a terminal: the real program on the played inbox, in time that passes as it does, or faster."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from connectors.clock import JumpingClock, SystemClock, TunedClock
from connectors.scenario.rows import ClockJump
from tui import language, sitting
from tui.replay.bell import Bell, Rest
from tui.replay.hands import BANNER, Hands
from tui.replay.lines import Lines
from tui.replay.lone import lone_inbox
from tui.replay.pace import Player
from tui.wiring import staged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from connectors.scenario import Scenario
    from majlis.ports import Clock
    from tui.app import MajlisApp


async def on_screen(
    scenario: Scenario, env: Mapping[str, str], *, speed: float, since: timedelta, seed: int, paused: bool = False
) -> int:
    """Open the program on a scenario; what colleagues and hands do in it happens while one watches.

    Args:
        scenario: What is played; its expectations are not looked at.
        env: The environment, for what is known of the terminal.
        speed: How much faster than real the time passes.
        since: Where in it to begin: what lies before happens at once.
        seed: Ids, salt and jitter come from it.
        paused: Whether it stands until somebody lets it go on.

    Returns:
        The exit code.
    """
    system = SystemClock()
    world = TunedClock(system, scenario.header.start + since, speed=speed)
    pace = Player(scenario, world, speed=speed, paused=paused)
    jumps = any(isinstance(step.what, ClockJump) for step in scenario.steps)
    machine: Clock = JumpingClock(world) if jumps else world
    bell = Bell()
    store, rest = lone_inbox(bell), Rest(bell, machine)
    async with staged(scenario, store, world, machine, seed=seed, rest=rest) as stage:
        lines = Lines(scenario, stage, world, machine)

        async def beside(app: MajlisApp) -> None:
            lines.hands = Hands(app, asyncio.get_running_loop().create_future(), system)
            await lines.perform()

        language.use(scenario.header.language)
        return await sitting.replay(stage.desktop, stage.loops, env, banner=BANNER, pace=pace, beside=beside)
