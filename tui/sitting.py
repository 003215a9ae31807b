"""One operator before the screen: the terminal is asked and held, the loops run beside the app, all is closed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.verdict import Unreachable
from majlis.errors import NeedsSignIn, Wait
from tui import language, wiring
from tui.app import LEFT, PRACTICE, MajlisApp
from tui.arabic import advice, calibration, probe, terminal
from tui.arabic.driver import driver_for
from tui.arabic.terminal import Drawing, Profile
from tui.language import N_
from tui.session import Health, HealthState, ScreenSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from connectors.poller import AccountHealth
    from majlis.ports import Budget, Capability, Connector
    from tui.arabic.probe import Answers
    from tui.config import Settings
    from tui.session import Background
    from tui.wiring import Desktop, Loops

BANNER = N_("PRACTICE: nothing here is real, and nothing leaves this machine")
LOOKS_PER_BUDGET = 20
"""Looks at the accounts, a few a second, for one at what they may still spend."""
SIGNALLED = 128
"""Added to a signal's number, as shells do."""


@dataclass(slots=True, kw_only=True)
class _Leaving:
    """How the sitting came to its end, where a signal ended it."""

    signal: int = 0


async def inbox(settings: Settings, env: Mapping[str, str], *, calibrate: bool = False) -> int:
    """Open the inbox that the settings name; with nothing configured, begin with a welcome.

    Returns:
        The exit code; `PRACTICE` when the person chose the practice inbox.

    Raises:
        MajlisError: Settings or store say no.
    """
    is_new = settings.is_fresh
    async with wiring.desktop(settings) as desktop, wiring.loops(desktop, settings, env) as loops:
        return await _sit(desktop, loops, settings, env, calibrate=calibrate, welcome=is_new)


async def practice(settings: Settings, env: Mapping[str, str], *, speed: float = 1.0) -> int:
    """Open the practice inbox: a day that begins now, in a store that is gone afterwards.

    Args:
        settings: Of which only the personal ones count.
        env: The environment, for what is known of the terminal.
        speed: How much faster than real the day passes.
    """
    async with _temporary() as folder, wiring.practice(folder / "inbox.db", speed=speed) as (desktop, loops):
        return await _sit(desktop, loops, settings, env, banner=BANNER)


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
    settings: Settings,
    env: Mapping[str, str],
    *,
    banner: str | None = None,
    calibrate: bool = False,
    welcome: bool = False,
) -> int:
    """Run the app in the loop that is running, with the terminal in our hands."""
    answers = probe.probe(env)
    chosen = await _drawing(desktop, settings, env, answers, calibrate=calibrate)
    profile = advice.profile(answers, chosen)
    app = MajlisApp(
        store=desktop.store,
        desk=desktop.desk,
        clock=desktop.clock,
        operator=desktop.desk.operator,
        settings=_screen_settings(settings, profile),
        banner=banner,
        background=_background(loops),
        health=_health_of(loops),
        welcome=welcome,
    )
    leaving = _Leaving()
    with terminal.installed(profile, on_signal=_ending(app, leaving)) as guard:
        app.driver_class = driver_for(guard)
        result = await app.run_async(mouse=settings.personal.mouse)
    if leaving.signal:
        return SIGNALLED + leaving.signal
    # An app that ended by its own mistake says so with its return code.
    return (result if result is not None else LEFT) or app.return_code or LEFT


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


async def _drawing(
    desktop: Desktop, settings: Settings, env: Mapping[str, str], answers: Answers, *, calibrate: bool
) -> Drawing:
    """Return how to draw: as the person calibrated, else as the settings say, else as the terminal seems to need."""
    name = f"drawing:{advice.identity(answers, env)}"
    operator = desktop.desk.operator.name
    recommended = advice.recommend(answers, env)
    if calibrate:
        before = advice.profile(answers, recommended.drawing)
        columns = shutil.get_terminal_size().columns
        picked = await asyncio.to_thread(calibration.ask, width=columns, before=before)
        if picked is not None:
            await desktop.store.prefer(operator, name, picked.value)
    remembered = await desktop.store.preference(operator, name)
    if remembered is not None:
        return Drawing(remembered)
    wanted = settings.personal.drawing
    return recommended.drawing if wanted == "auto" else Drawing(wanted)


def _screen_settings(settings: Settings, profile: Profile) -> ScreenSettings:
    personal = settings.personal
    return ScreenSettings(
        language=language.code(),
        drawing=profile.drawing.value,
        theme=personal.theme,
        mouse=personal.mouse,
        keys=personal.keys,
    )


def _background(loops: Loops) -> Sequence[Background]:
    return (loops.poller.run, loops.sender.run) if loops.has_work else ()


def _health_of(loops: Loops) -> Callable[[], Sequence[Health]]:
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
