"""One operator before the screen: the terminal is asked and held, the loops run beside the app, all is closed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.verdict import Unreachable
from majlis.errors import MajlisError, NeedsSignIn, Wait
from tui import language, wiring
from tui.app import LEFT, LESSONS, PRACTICE, MajlisApp
from tui.arabic import advice, calibration, probe, terminal
from tui.arabic.advice import Reason
from tui.arabic.driver import driver_for
from tui.config import Personal
from tui.language import N_, _
from tui.session import Health, HealthState, ScreenSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence

    from connectors.poller import AccountHealth
    from majlis.ports import Budget, Capability, Connector, Store
    from tui.arabic.advice import Advice
    from tui.arabic.probe import Answers
    from tui.arabic.terminal import Drawing, Guard, Profile
    from tui.config import Settings
    from tui.session import Background, Pace
    from tui.shelf import Shelf
    from tui.wiring import Desktop, Loops

BANNER = N_("PRACTICE: nothing here is real, and nothing leaves this machine")
LOOKS_PER_BUDGET = 20
"""Looks at the accounts, a few a second, for one at what they may still spend."""
BACKWARDS = N_("If Arabic words read backwards here, press : and choose the calibration.")
SIGNALLED = 128
"""Added to a signal's number, as shells do."""


@dataclass(slots=True, kw_only=True)
class _Leaving:
    """How the sitting came to its end, where a signal ended it."""

    signal: int = 0


async def inbox(settings: Settings, env: Mapping[str, str], *, calibrate: bool = False) -> int:
    """Open the inbox that the settings name; with nothing configured, begin with a welcome.

    Returns:
        The exit code; `PRACTICE` when the person chose the practice inbox, one of which `lesson` knows the name when
        they chose to learn.

    Raises:
        MajlisError: Settings or store say no.
    """
    is_new = settings.is_fresh
    async with wiring.desktop(settings) as desktop, wiring.loops(desktop, settings, env) as loops:
        shelf = wiring.shelf(settings)
        return await _sit(
            desktop, loops, settings.personal, env, shelf=shelf, calibrate=calibrate, welcome=is_new, lessons=_titles
        )


async def practice(settings: Settings, env: Mapping[str, str], *, speed: float = 1.0) -> int:
    """Open the practice inbox: a day that begins now, in a store that is gone afterwards.

    Args:
        settings: Of which only the personal ones count.
        env: The environment, for what is known of the terminal.
        speed: How much faster than real the day passes.
    """
    async with _temporary() as folder, wiring.practice(folder / "inbox.db", speed=speed) as (desktop, loops):
        remembered = partial(wiring.remembered, settings)
        return await _sit(desktop, loops, settings.personal, env, banner=BANNER, remembered=remembered, lessons=_titles)


def lesson(code: int) -> str | None:
    """Return the name of the scenario to learn by that the person has chosen; None for any other exit value."""
    from connectors.scenario import TRAINING  # noqa: PLC0415  asked for once in a while

    return dict(enumerate(TRAINING, LESSONS)).get(code)


def _titles() -> list[str]:
    from connectors.scenario import TRAINING, training  # noqa: PLC0415  asked for once in a while
    from tui.replay.debrief import title_of  # noqa: PLC0415  asked for once in a while

    return [title_of(training(name)) for name in TRAINING]


async def replay(
    desktop: Desktop,
    loops: Loops,
    env: Mapping[str, str],
    *,
    banner: str,
    pace: Pace | None = None,
    beside: Callable[[MajlisApp], Coroutine[Any, Any, None]],
) -> int:
    """Open the program on a scenario's stage; nobody's settings count.

    Args:
        desktop: The stage's.
        loops: The stage's.
        env: The environment, for what is known of the terminal.
        banner: Said on every screen, unless `pace` tells more.
        pace: How its time passes, where whoever watches may say.
        beside: What happens while the screen is open.
    """
    return await _sit(desktop, loops, Personal(), env, banner=banner, pace=pace, beside=beside)


@asynccontextmanager
async def _temporary() -> AsyncIterator[Path]:
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="majlis-practice-")
    try:
        yield Path(folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _sit(
    desktop: Desktop,
    loops: Loops,
    personal: Personal,
    env: Mapping[str, str],
    *,
    banner: str | None = None,
    pace: Pace | None = None,
    remembered: Callable[[str], Awaitable[str | None]] | None = None,
    beside: Callable[[MajlisApp], Coroutine[Any, Any, None]] | None = None,
    shelf: Shelf | None = None,
    calibrate: bool = False,
    welcome: bool = False,
    lessons: Callable[[], Sequence[str]] | None = None,
) -> int:
    """Run the app in the loop that is running, with the terminal in our hands."""
    at = await _terminal_of(desktop, personal, env)
    if remembered is not None and at.remembered is None:  # the practice inbox has no memory of its own
        at.remembered = await remembered(at.preference)
    if calibrate or (banner is None and at.wants_calibration):
        await _ask_first(at)
    drawing, reason = at.drawing
    profile = advice.profile(at.answers, drawing)
    app: MajlisApp = MajlisApp(
        store=desktop.store,
        desk=desktop.desk,
        clock=desktop.clock,
        operator=desktop.desk.operator,
        settings=_screen_settings(personal, profile),
        banner=banner,
        pace=pace,
        background=(*_background(loops), *([lambda: beside(app)] if beside is not None else [])),
        health=health_of(loops),
        sitting=desktop.holder,
        welcome=welcome,
        lessons=lessons,
        shelf=shelf,
        hint=await _hint(desktop, _(BACKWARDS) if reason is Reason.GUESS and at.remembered is None else ""),
    )
    leaving = _Leaving()
    with terminal.installed(profile, on_signal=_ending(app, leaving)) as guard:
        app.driver_class = driver_for(guard)
        app.calibration = _calibration(at, guard, leaving)
        result = await app.run_async(mouse=personal.mouse)
    await app.give_back()
    if leaving.signal:
        return SIGNALLED + leaving.signal
    # An app that ended by its own mistake says so with its return code.
    return (result if result is not None else LEFT) or app.return_code or LEFT


async def _hint(desktop: Desktop, otherwise: str) -> str:
    """Return what is to be known from the first screen on: that the inbox can only be read, and why."""
    refusal = await desktop.store.refusal()
    return otherwise if refusal is None else language.problem(refusal)


def _ending(app: MajlisApp, leaving: _Leaving) -> Callable[[int], bool]:
    """Return what a signal does: the first one ends the app in good order, a second one the process."""
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> bool:
        if leaving.signal:
            return False
        leaving.signal = number
        loop.call_soon_threadsafe(app.exit, LEFT)
        return True

    return on_signal


@dataclass(slots=True, kw_only=True)
class _Terminal:
    """What is known of the terminal, and where a person's word about it is kept."""

    answers: Answers
    advised: Advice
    wanted: str
    """The setting."""
    store: Store
    operator: str
    preference: str
    remembered: str | None

    @property
    def drawing(self) -> tuple[Drawing, Reason]:
        """How to draw, and why."""
        return advice.choose(self.advised, remembered=self.remembered, wanted=self.wanted)

    @property
    def wants_calibration(self) -> bool:
        """Whether a person should be asked before the first screen."""
        return advice.wants_calibration(self.advised, self.answers, remembered=self.remembered, wanted=self.wanted)

    async def ask(self, over: Callable[[], bool]) -> Drawing | None:
        """Show the numbered lines on the bare terminal and remember the answer, also that there was none."""
        before = advice.profile(self.answers, self.drawing[0])
        columns, lines = shutil.get_terminal_size()
        picked = await asyncio.to_thread(calibration.ask, width=columns, height=lines, before=before, over=over)
        if picked is not None or (self.remembered is None and not over()):
            self.remembered = picked.value if picked is not None else advice.BY_ITSELF
            with suppress(MajlisError):  # what cannot be kept is asked again; why not is said on the screen
                await self.store.prefer(self.operator, self.preference, self.remembered)
        return picked


async def _terminal_of(desktop: Desktop, personal: Personal, env: Mapping[str, str]) -> _Terminal:
    answers = probe.probe(env)
    operator, preference = desktop.desk.operator.name, advice.remembered_as(answers, env)
    return _Terminal(
        answers=answers,
        advised=advice.recommend(answers, env),
        wanted=personal.drawing,
        store=desktop.store,
        operator=operator,
        preference=preference,
        remembered=await desktop.store.preference(operator, preference),
    )


async def _ask_first(at: _Terminal) -> None:
    """Ask before the first screen; a signal gives the terminal back, and the process dies of it."""
    with terminal.installed(advice.profile(at.answers, at.drawing[0])) as guard:
        guard.starting()
        await at.ask(lambda: False)


def _calibration(at: _Terminal, guard: Guard, leaving: _Leaving) -> Callable[[], Awaitable[Drawing | None]]:
    """Return what the palette's calibration does, while the screen is left."""

    async def calibrate() -> Drawing | None:
        picked = await at.ask(lambda: bool(leaving.signal))
        if picked is not None:
            guard.take(advice.profile(at.answers, picked))
        return picked

    return calibrate


def _screen_settings(personal: Personal, profile: Profile) -> ScreenSettings:
    return ScreenSettings(
        language=language.code(),
        drawing=profile.drawing.value,
        theme=personal.theme,
        mouse=personal.mouse,
        keys=personal.keys,
    )


def _background(loops: Loops) -> Sequence[Background]:
    seals = (loops.sealer.run,) if loops.sealer is not None else ()
    return (loops.poller.run, loops.sender.run, *seals) if loops.has_work else seals


def health_of(loops: Loops) -> Callable[[], Sequence[Health]]:
    """Return what tells how the accounts are doing now."""
    known = {each.account: each for each in loops.connectors}
    budgets = _Budgets(loops.connectors)

    def health() -> Sequence[Health]:
        left = budgets.now()
        read_here = tuple(
            _health(each, known[each.account].capabilities(), left[each.account]) for each in loops.poller.health()
        )
        elsewhere = tuple(Health(account=name, network=net, state=HealthState.OFF) for name, net in loops.elsewhere)
        return read_here + elsewhere

    return health


class _Budgets:
    """What services still allow; looked at once in a while, since it may lie in a file."""

    def __init__(self, connectors: Sequence[Connector]) -> None:
        self._connectors = connectors
        self._turn = 0
        self._seen: dict[str, Budget | None] = {}

    def now(self) -> dict[str, Budget | None]:
        """Return what was seen last, by account."""
        if self._turn % LOOKS_PER_BUDGET == 0:
            self._seen = {each.account: each.budget() for each in self._connectors}
        self._turn += 1
        return self._seen


def _health(account: AccountHealth, capabilities: frozenset[Capability], budget: Budget | None) -> Health:
    return Health(
        account=account.account,
        network=account.network,
        state=_state(account),
        last_success=account.last_success,
        next_attempt=account.next_attempt,
        problem=account.problem,
        gap=account.gap,
        importing=account.importing,
        set_back=account.set_back,
        budget=budget,
        capabilities=capabilities,
    )


def _state(account: AccountHealth) -> HealthState:
    match account.problem:
        case None:
            return HealthState.WELL if account.last_success else HealthState.OFF
        case NeedsSignIn():
            return HealthState.SIGNED_OUT
        case Unreachable():
            return HealthState.DOWN
        case Wait():
            return HealthState.WAITING
        case _:
            return HealthState.DOWN


__all__ = ["PRACTICE", "inbox", "practice"]
