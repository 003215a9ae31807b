"""Plays a scenario without a terminal: virtual time, the real poller, sender, desks and screen, and what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors import virtual
from connectors.clock import JumpingClock, LoopClock
from connectors.scenario import BadScenario
from connectors.scenario.expected import Expect
from connectors.scenario.reading import acted
from connectors.scenario.rows import WORLD, ClockJump, Key, Operator, Wire
from connectors.scenario.times import offset, written
from majlis.errors import MajlisError
from majlis.ports import View, ViewName
from tui.replay.bell import Bell, Rest
from tui.replay.lone import lone_inbox
from tui.replay.looks import Eyes
from tui.replay.people import Roll, command
from tui.wiring import staged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connectors.scenario import Scenario, Step
    from majlis.ports import Clock
    from tui.replay.hands import Hands
    from tui.replay.looks import Look
    from tui.wiring import Stage

SETTLES: Final = timedelta(milliseconds=1)
"""Before a line is looked at or acted on, whatever is due at that moment is done."""
LOOKS_AGAIN: Final = timedelta(seconds=1)
"""An expectation with time to come true is looked at when something was written, and this often besides."""
PAGE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What came of one line that could fail."""

    line: int
    at: str
    """When the line stands, as `+HH:MM:SS`."""
    what: str
    """What was looked at; `operator` or `audit`."""
    subject: str
    holds: bool
    expected: Any
    """As JSON; of a colleague, the error's name, or null where the desk had to take it."""
    actual: Any
    seen_at: str
    """When it held, or when it was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a scenario."""

    name: str
    start: datetime
    end: datetime
    seed: int
    checks: tuple[Check, ...]
    """By line."""
    states: dict[str, int]
    """How many messages are in which state."""
    entries: dict[str, int]
    """How many entries of the outbox."""
    posted: dict[str, int]
    """How much each network has accepted."""
    events: int
    head: str
    """The hash of the last event."""
    screen: tuple[str, ...] | None
    """The last screen in visual order; None where nobody sat at one."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that do not hold."""
        return tuple(check for check in self.checks if not check.holds)


def play(scenario: Scenario, path: str, seed: int | None = None) -> Played:
    """Play a scenario from its start to its end, as fast as it goes.

    Args:
        scenario: What is played.
        path: Its file, for mistakes that only playing finds.
        seed: In place of the header's.

    Raises:
        BadScenario: Something in it cannot be played.
    """
    has_screen = _require_keys(scenario, path)
    chosen = scenario.header.seed if seed is None else seed
    quiet = logging.getLogger("connectors")
    level, quiet.disabled = quiet.level, True
    quiet.setLevel(logging.CRITICAL)
    try:
        return virtual.run(lambda: _Playing(scenario, chosen, has_screen=has_screen).run())
    finally:
        quiet.disabled = False
        quiet.setLevel(level)


def _require_keys(scenario: Scenario, path: str) -> bool:
    """Return whether somebody sits at the screen; refuse names that no key has."""
    keyed = [step for step in scenario.steps if isinstance(step.what, Key)]
    if keyed:
        from tui.replay.hands import require_key  # noqa: PLC0415  most scenarios need no screen

        for step in keyed:
            for number, key in enumerate(step.what.keys if isinstance(step.what, Key) else ()):
                try:
                    require_key(key if isinstance(key, str) else "a")
                except ValueError as error:
                    field = f"keys[{number}]"
                    raise BadScenario(path=path, line=step.line, field=field, detail=str(error)) from error
    looks = (step.what for step in scenario.steps if isinstance(step.what, Expect))
    on_screen = any(look.screen is not None or (look.findings and look.findings.id is None) for look in looks)
    return bool(keyed) or on_screen


class _Playing:
    def __init__(self, scenario: Scenario, seed: int, *, has_screen: bool) -> None:
        self._scenario = scenario
        self._seed = seed
        self._has_screen = has_screen
        self._start = scenario.header.start
        self._checks: list[Check] = []
        self._hands: Hands | None = None

    async def run(self) -> Played:
        self._world: Clock = LoopClock(self._start)
        jumps = any(isinstance(step.what, ClockJump) for step in self._scenario.steps)
        self._machine: Clock = JumpingClock(self._world) if jumps else self._world
        self._bell = Bell()
        store = lone_inbox(self._bell)
        rest = Rest(self._bell, self._machine)
        async with AsyncExitStack() as stack:
            stage = await stack.enter_async_context(
                staged(self._scenario, store, self._world, self._machine, seed=self._seed, rest=rest)
            )
            self._stage = stage
            self._roll = Roll(store, self._scenario.header.accounts)
            if self._has_screen:
                from tui.replay.hands import at_the_screen  # noqa: PLC0415  most scenarios need no screen

                opened = at_the_screen(stage, self._scenario.header, self._world)
                self._hands = await stack.enter_async_context(opened)
            self._eyes = Eyes(stage, self._roll, self._start, self._hands)
            await self._with_loops(stage)
            return await self._told(stage)

    async def _with_loops(self, stage: Stage) -> None:
        """Let the loops run beside the lines, and end them with the last one."""
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(stage.loops.poller.run()), group.create_task(stage.loops.sender.run())]
            if self._hands is not None:
                loops.append(group.create_task(self._look_round(self._hands)))
            await self._lines()
            for loop in loops:
                loop.cancel()

    async def _look_round(self, hands: Hands) -> None:
        """Let the screen notice what changes, and notices go when their time is over."""
        rest = Rest(self._bell, self._machine)
        while True:
            await rest(hands.notice_until)
            await hands.look_round()

    # ------------------------------------------------------------------------------------------------------ the lines

    async def _lines(self) -> None:
        async with asyncio.TaskGroup() as watching:
            for step in self._scenario.steps:
                match step.what:
                    case Operator():
                        await self._come_to(step)
                        await self._act(step, step.what)
                    case Key():
                        await self._come_to(step)
                        if self._hands is not None:
                            await self._hands.press(step.what.keys)
                    case ClockJump():
                        await self._come_to(step)
                        if isinstance(self._machine, JumpingClock):
                            self._machine.jump(offset(step.what.by))
                    case Expect() if step.until is not None:
                        await self._come_to(step)
                        watching.create_task(self._watch(step, step.what, step.until))
                    case Expect():
                        await self._come_to(step)
                        self._keep(step, await self._eyes.look(step.what))
                    case _:  # the networks do it by themselves, when they are asked
                        await self._prompt(step)
        await self._world.sleep_until(self._scenario.end)
        await self._settle()

    async def _prompt(self, step: Step) -> None:
        """Have a network read as soon as something happens there, where the header wants that."""
        if self._scenario.header.reads == "at_once" and isinstance(step.what, (*WORLD, Wire)):
            await self._come_to(step)
            self._stage.loops.poller.prompt(step.what.account)

    async def _come_to(self, step: Step) -> None:
        await self._world.sleep_until(step.at)
        await self._settle()

    async def _settle(self) -> None:
        await self._world.sleep_until(self._world.now() + SETTLES)

    async def _act(self, step: Step, row: Operator) -> None:
        """Let a colleague do something; a refusal is what it is held to."""
        verb, about = acted(row)
        refusal: MajlisError | None = None
        try:
            await self._stage.desks[row.operator].do(await command(row, self._roll, self._start))
        except MajlisError as error:
            refusal = error
        actual = None if refusal is None else type(refusal).__name__
        self._checks.append(
            Check(
                line=step.line,
                at=written(step.at, self._start),
                what="operator",
                subject=f"{row.operator}: {verb} {about.id}",
                holds=actual == row.refused,
                expected={"refused": row.refused},
                actual={"refused": actual, **({} if refusal is None else {"because": str(refusal)})},
                seen_at=self._now(),
            )
        )

    async def _watch(self, step: Step, expect: Expect, until: datetime) -> None:
        """Look until it is so, or until its time is over."""
        rest = Rest(self._bell, self._world)
        while True:
            look = await self._eyes.look(expect)
            now = self._world.now()
            if look.holds or now >= until:
                self._keep(step, look)
                return
            await rest(min(until, now + LOOKS_AGAIN))

    def _keep(self, step: Step, look: Look) -> None:
        self._checks.append(
            Check(
                line=step.line,
                at=written(step.at, self._start),
                what=look.what,
                subject=look.subject,
                holds=look.holds,
                expected=look.expected,
                actual=look.actual,
                seen_at=self._now(),
            )
        )

    def _now(self) -> str:
        return written(self._world.now(), self._start)

    # ------------------------------------------------------------------------------------------------- what came of it

    async def _told(self, stage: Stage) -> Played:
        store = stage.desktop.store
        report = await store.check()
        revision = await store.revision()
        events = await store.events(after=max(0, revision - 1), limit=1)
        if not report.ok:
            self._checks.append(self._broken(report.problems, report.chain_broken_at))
        return Played(
            name=self._scenario.header.name,
            start=self._start,
            end=self._scenario.end,
            seed=self._seed,
            checks=tuple(sorted(self._checks, key=lambda check: check.line)),
            states=await self._counted(ViewName.ALL),
            entries=await self._counted(ViewName.OUTBOX),
            posted={name: len(network.accepted) for name, network in stage.networks.items()},
            events=revision,
            head=events[-1].hash if events else "",
            screen=None if self._hands is None else tuple(self._hands.rows() or ()),
        )

    def _broken(self, problems: Sequence[str], broken_at: int | None) -> Check:
        return Check(
            line=0,
            at=self._now(),
            what="audit",
            subject="the whole history",
            holds=False,
            expected={"problems": [], "broken_at": None},
            actual={"problems": list(problems), "broken_at": broken_at},
            seen_at=self._now(),
        )

    async def _counted(self, name: ViewName) -> dict[str, int]:
        """Return how many rows of a view are in which state."""
        store, counts = self._stage.desktop.store, Counter[str]()
        view = View(name=name, operator="")
        window = await store.window(view, limit=PAGE)
        while window.rows:
            for row in window.rows:
                if row.entry is not None:
                    counts[str(row.entry.state)] += 1
                elif row.message is not None:
                    counts[str(row.message.standing.state)] += 1
            window = await store.window(view, limit=PAGE, after=window.rows[-1].anchor)
        return dict(sorted(counts.items()))
