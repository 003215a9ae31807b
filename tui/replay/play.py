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
from connectors.scenario.rows import ClockJump, Key, Operator
from connectors.scenario.times import written
from majlis.errors import MajlisError
from majlis.ports import View, ViewName
from tui.replay.bell import Bell, Rest
from tui.replay.debrief import debriefed
from tui.replay.lines import Lines
from tui.replay.lone import lone_inbox
from tui.replay.looks import Eyes
from tui.wiring import staged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connectors.scenario import Scenario, Step
    from majlis.ports import Clock
    from tui.replay.debrief import Debrief, Line
    from tui.replay.hands import Hands
    from tui.replay.looks import Look
    from tui.wiring import Stage

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
    debrief: Debrief | None = None
    """What is counted of a scenario to learn by."""

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
        return virtual.run(lambda: _played(scenario, chosen, has_screen=has_screen))
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


async def _played(scenario: Scenario, seed: int, *, has_screen: bool) -> Played:
    """Put everything on the stage, let it happen, and tell what came of it."""
    world: Clock = LoopClock(scenario.header.start)
    jumps = any(isinstance(step.what, ClockJump) for step in scenario.steps)
    machine: Clock = JumpingClock(world) if jumps else world
    bell = Bell()
    store, rest = lone_inbox(bell), Rest(bell, machine)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(staged(scenario, store, world, machine, seed=seed, rest=rest))
        playing = _Playing(scenario, stage, world, machine)
        playing.begin(bell, seed)
        if has_screen:
            from tui.replay.hands import at_the_screen  # noqa: PLC0415  most scenarios need no screen

            playing.hands = await stack.enter_async_context(at_the_screen(stage, scenario.header, world))
        return await playing.run()


class _Playing(Lines):
    def begin(self, bell: Bell, seed: int) -> None:
        self._bell = bell
        self._seed = seed
        self._checks: list[Check] = []

    async def run(self) -> Played:
        self._eyes = Eyes(self._stage, self._roll, self._start, self.hands)
        await self._with_loops(self._stage)
        return await self._told(self._stage)

    async def _with_loops(self, stage: Stage) -> None:
        """Let the loops run beside the lines, and end them with the last one."""
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(stage.loops.poller.run()), group.create_task(stage.loops.sender.run())]
            if self.hands is not None:
                loops.append(group.create_task(self._look_round(self.hands)))
            await self.perform()
            for loop in loops:
                loop.cancel()

    async def _look_round(self, hands: Hands) -> None:
        """Let the screen notice what changes, and notices go when their time is over."""
        rest = Rest(self._bell, self._machine)
        while True:
            await rest(hands.notice_until)
            await hands.look_round()

    # ------------------------------------------------------------------------------------------------------ the lines

    def acted(self, step: Step, row: Operator, refusal: MajlisError | None) -> None:
        """Hold a colleague to what was expected of the desk."""
        verb, about = acted(row)
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

    async def expected(self, step: Step, expect: Expect, watching: asyncio.TaskGroup) -> None:
        """Look at once, or until it is so."""
        if step.until is None:
            self._keep(step, await self._eyes.look(expect))
        else:
            watching.create_task(self._watch(step, expect, step.until))

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
        self._checks += [self._asked(name, each) for name, each in _unanswered(stage)]
        training = self._scenario.header.training
        debrief = None if training is None else await debriefed(training, self._roll, stage.desktop)
        if debrief is not None and self._scenario.is_solved:
            self._checks += [self._reached(line) for line in debrief.lines]
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
            screen=None if self.hands is None else tuple(self.hands.rows() or ()),
            debrief=debrief,
        )

    def _reached(self, line: Line) -> Check:
        """Hold the model operator to what people who play it should reach."""
        expected = {"n": line.all or 0, "missed": []}
        return Check(
            line=1,
            at=self._now(),
            what="debrief",
            subject=line.what,
            holds=line.good,
            expected=expected,
            actual={"n": line.n, "missed": [message.key.native_id for message in line.missed]},
            seen_at=self._now(),
        )

    def _asked(self, account: str, request: str) -> Check:
        return Check(
            line=0,
            at=self._now(),
            what="wire",
            subject=f"{account}: {request}",
            holds=False,
            expected={"answered": True},
            actual={"answered": False},
            seen_at=self._now(),
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


def _unanswered(stage: Stage) -> list[tuple[str, str]]:
    """Return requests that nothing in the file answers, each once, with their accounts."""
    asked = [(name, each) for name, network in stage.networks.items() for each in network.unanswered]
    return list(dict.fromkeys(asked))
