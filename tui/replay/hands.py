"""The hands and eyes of whoever sits at the screen: the real program without a terminal, at a scenario's size."""

from __future__ import annotations

import asyncio
import unicodedata
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from textual import _time, events
from textual.keys import REPLACED_KEYS, Keys, _character_to_key, _get_unicode_name_from_key

from connectors.scenario.expected import ScreenRow
from connectors.scenario.mistakes import nearest
from connectors.scenario.rows import Typed
from connectors.scenario.times import length
from tui import language, themes
from tui.app import MajlisApp
from tui.arabic.editor import BidiTextArea
from tui.arabic.layout import set_terminal
from tui.language import N_
from tui.screens.compose import ComposeScreen
from tui.screens.review import ReviewScreen
from tui.session import ScreenSettings
from tui.widgets.queue import QueueList
from tui.widgets.thread import ThreadView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

    from textual.geometry import Region
    from textual.widget import Widget

    from connectors.scenario.rows import Header
    from majlis.ports import Clock
    from tui.wiring import Stage

STROKE: Final = timedelta(milliseconds=50)
"""How long a key takes: a fast hand, and time enough for the screen to come to rest."""
SETTLES: Final = timedelta(milliseconds=100)
"""How long the screen is given after something that is no key."""
BANNER = N_("REPLAY: nothing here is real, and nothing leaves this machine")


@asynccontextmanager
async def at_the_screen(stage: Stage, header: Header, clock: Clock) -> AsyncIterator[Hands]:
    """Open the program for whoever sits at the screen, and leave it at the end.

    Textual reads the machine's clock for its timers; here they go by the event loop's.
    """
    before = language.code(), themes.name(), set_terminal(), _time.get_time
    _time.get_time = asyncio.get_running_loop().time
    try:
        app = _app(stage, header)
        running = asyncio.ensure_future(app.run_async(headless=True, size=header.size, mouse=False))
        hands = Hands(app, running, clock)
        await hands.settle(SETTLES)
        try:
            yield hands
        finally:
            app.exit()
            await running
    finally:
        _time.get_time = before[3]
        language.use(before[0])
        themes.use(before[1])
        set_terminal(logical=before[2][0], emoji=before[2][1])


def _app(stage: Stage, header: Header) -> MajlisApp:
    from tui.sitting import health_of  # noqa: PLC0415  it knows terminals, which are not needed for anything else here

    desktop = stage.desktop
    return MajlisApp(
        store=desktop.store,
        desk=desktop.desk,
        clock=desktop.clock,
        operator=desktop.desk.operator,
        settings=ScreenSettings(language=header.language, theme="plain"),
        banner=BANNER,
        health=health_of(stage.loops),
        interval_s=None,
    )


class Hands:
    """Presses keys and reads the screen; one thing at a time."""

    def __init__(self, app: MajlisApp, running: asyncio.Future[int | None], clock: Clock) -> None:
        self._app = app
        self._running = running
        self._clock = clock
        self._busy = asyncio.Lock()

    @property
    def notice_until(self) -> datetime | None:
        """When the notice goes by itself."""
        return self._app.notice.until if self._app.notice.text else None

    async def settle(self, by: timedelta = SETTLES) -> None:
        """Let the program come to rest."""
        await self._clock.sleep_until(self._clock.now() + by)
        if self._running.done() and (error := self._app._exception) is not None:  # noqa: SLF001  a crash must not pass for an empty screen
            raise error

    async def look_round(self) -> None:
        """Let the program notice what has changed."""
        if not self._running.done():
            with self._app._context():  # noqa: SLF001  as its own timer would
                await self._app.tick()

    # ---------------------------------------------------------------------------------------------------------- keys

    async def press(self, keys: tuple[str | Typed, ...]) -> None:
        """Press keys, type, paste and wait."""
        async with self._busy:
            for key in keys:
                await self._one(key)

    async def _one(self, key: str | Typed) -> None:
        if not isinstance(key, Typed):
            await self._stroke(key)
        elif key.text is not None:
            for char in key.text:
                await self._stroke("enter" if char == "\n" else char)
        elif key.paste is not None:
            await self.look_round()
            self._send(events.Paste(key.paste))
            await self.settle()
        elif key.wait is not None:
            await self._clock.sleep_until(self._clock.now() + length(key.wait))

    async def _stroke(self, key: str) -> None:
        """Send a key as the terminal would."""
        await self.look_round()
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        try:
            char: str | None = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
        except KeyError:
            char = key if len(key) == 1 else None
        self._send(events.Key(name, char))
        await self.settle(STROKE)

    def _send(self, event: events.Event) -> None:
        driver = self._app._driver  # noqa: SLF001  what a terminal would write to
        if driver is not None and not self._running.done():
            event.set_sender(self._app)
            driver.send_message(event)

    # -------------------------------------------------------------------------------------------------------- looking

    def rules(self) -> list[str] | None:
        """Return the rules that the place on top speaks of; None: the program was left."""
        if self._running.done():
            return None
        screen = self._app.screen
        if isinstance(screen, ReviewScreen | ComposeScreen):
            return [finding.rule for finding in screen.findings]
        return []

    async def shown(self, row: ScreenRow) -> list[str] | None:
        """Return the rows of a part of the screen without the blanks at their ends; None: it is not on the screen."""
        async with self._busy:
            await self.look_round()
            await self.settle()
            if row.order == "visual":
                return self._rows(row)
            # The same screen drawn for a terminal that turns Arabic round by itself: what it gets is logical.
            set_terminal(logical=True)
            try:
                await self._draw()
                return self._rows(row)
            finally:
                set_terminal()
                await self._draw()

    async def _draw(self) -> None:
        if not self._running.done():
            with self._app._context():  # noqa: SLF001  as after a change of the language
                self._app.redraw_all()
                for editor in self._app.screen.query(BidiTextArea):
                    editor.lay_out_again()
        await self.settle()

    def rows(self) -> list[str] | None:
        """Return all rows as they are drawn."""
        return self._rows(ScreenRow(order="visual"))

    def _rows(self, row: ScreenRow) -> list[str] | None:
        if self._running.done():
            return None
        app = self._app
        strips = app.screen._compositor.render_strips(app.size)  # noqa: SLF001  what is drawn
        if row.rows is not None:
            strips = strips[row.rows[0] - 1 : row.rows[1]]
        elif row.region != "whole":
            region = self._region(row.region)
            if region is None:
                return None
            strips = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    def _region(self, name: str) -> Region | None:
        widget = next((each for each in self._widgets(name) if each.display and each.region.area), None)
        return widget.region if widget is not None else None

    def _widgets(self, name: str) -> Iterator[Widget]:
        screen = self._app.screen
        match name:
            case "queue":
                yield from screen.query(QueueList)
            case "thread":
                yield from screen.query(ThreadView)
            case "composer":
                yield from screen.query(BidiTextArea)
            case "review" if isinstance(screen, ReviewScreen):
                yield screen.body
            case "review":
                return
            case _:
                yield from screen.query(f"#{name}")


def require_key(key: str) -> None:
    """Refuse a name that no key has.

    Raises:
        ValueError: With the nearest one that there is.
    """
    *modifiers, name = key.split("+") if len(key) > 1 else [key]
    if len(name) == 1 or (name in _NAMES and set(modifiers) <= _MODIFIERS):
        return
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        raise ValueError(f"no key is called {key!r:.100}; {nearest(name, _NAMES)}") from None


_MODIFIERS: Final = frozenset({"alt", "ctrl", "shift"})
_NAMES: Final = frozenset(key.value.rpartition("+")[2] for key in Keys if len(key.value) > 1)
