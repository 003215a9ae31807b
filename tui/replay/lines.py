"""A scenario's lines, each at its time: what colleagues and hands do, and what the machine's clock does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from connectors.clock import JumpingClock
from connectors.scenario.expected import Expect
from connectors.scenario.rows import WORLD, ClockJump, Delete, Hide, Key, Operator, Token, Unhide, Wire
from connectors.scenario.times import offset
from majlis.errors import MajlisError
from tui.replay.people import Roll, command

if TYPE_CHECKING:
    from connectors.scenario import Scenario, Step
    from majlis.ports import Clock
    from tui.replay.hands import Hands
    from tui.wiring import Stage

SETTLES: Final = timedelta(milliseconds=1)
"""Before a line is looked at or acted on, whatever is due at that moment is done."""

LEAVES: Final = (Delete, Hide, Unhide, Token)
"""After these, what is known may be gone, or back: it is looked at. What arrives or changes is in the listings."""


class Lines:
    """Carries the lines out; whoever looks at what came of them derives from it."""

    def __init__(self, scenario: Scenario, stage: Stage, world: Clock, machine: Clock) -> None:
        """Take what is played, where, and by which clocks: the networks' and the machine's."""
        self._scenario = scenario
        self._start = scenario.header.start
        self._stage = stage
        self._world = world
        self._machine = machine
        self._roll = Roll(stage.desktop.store, scenario.header.accounts)
        bodies = ((each, each.what) for each in scenario.steps)
        self._turns = {(what.account, each.at): each.line for each, what in bodies if isinstance(what, Wire)}
        """The last line of each turn at an account whose service is played on the wire."""
        self.hands: Hands | None = None
        """Of whoever sits at the screen, if somebody does."""

    async def perform(self) -> None:
        """Carry all lines out, and wait for the end."""
        async with asyncio.TaskGroup() as watching:
            for step in self._scenario.steps:
                match step.what:
                    case Operator():
                        await self._come_to(step)
                        self.acted(step, step.what, await self._refusal(step.what))
                    case Key():
                        await self._come_to(step)
                        if self.hands is not None:
                            await self.hands.press(step.what.keys)
                    case ClockJump():
                        await self._come_to(step)
                        if isinstance(self._machine, JumpingClock):
                            self._machine.jump(offset(step.what.by))
                    case Expect():
                        await self._come_to(step)
                        await self.expected(step, step.what, watching)
                    case _:  # the networks do it by themselves, when they are asked
                        await self._prompt(step)
        await self._world.sleep_until(self._scenario.end)
        await self._settle()

    def acted(self, step: Step, row: Operator, refusal: MajlisError | None) -> None:
        """Take notice of what a colleague did, or could not do."""

    async def expected(self, step: Step, expect: Expect, watching: asyncio.TaskGroup) -> None:
        """Look at what has to be so; what may become so is watched beside the lines."""

    async def _refusal(self, row: Operator) -> MajlisError | None:
        """Let a colleague do something; return why not, if it was refused."""
        try:
            await self._stage.desks[row.operator].do(await command(row, self._roll, self._start))
        except MajlisError as error:
            return error
        return None

    async def _prompt(self, step: Step) -> None:
        """Have a network read as soon as something happens there, where the header wants that."""
        reads = self._scenario.header.reads
        if reads != "paced" and isinstance(step.what, (*WORLD, Wire)) and self._is_last_of_turn(step):
            await self._come_to(step)
            look = isinstance(step.what, LEAVES) or (reads == "at_once" and isinstance(step.what, Wire))
            self._stage.loops.poller.prompt(step.what.account, look=look)

    def _is_last_of_turn(self, step: Step) -> bool:
        """Whether no other body of that account comes at the same moment: a turn's answers stand together."""
        if not isinstance(step.what, Wire):
            return True
        return self._turns[step.what.account, step.at] == step.line

    async def _come_to(self, step: Step) -> None:
        await self._world.sleep_until(step.at)
        await self._settle()

    async def _settle(self) -> None:
        await self._world.sleep_until(self._world.now() + SETTLES)
