"""A sitting without a terminal: the program over a store, with a clock held by hand."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.events import Key
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key

from majlis.intake import Intake
from majlis.message import Author, Message, Network, ObjectKind
from majlis.policy import Role
from majlis.ports import Store
from store.inbox import Inbox
from tests.builders import AT, Bench, message, page, stream
from tests.fakes.memory_store import MemoryStore
from tui import language, themes
from tui.app import MajlisApp, ScreenSettings
from tui.screens.inbox import InboxScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.screen import Screen

TEXTS = (
    "متى يفتح مركز الرعاية الصحية؟",  # Arabic: when does the health centre open?
    "Where can I get the flu vaccine?",
    "شكرا جزيلا لكم",  # Arabic: many thanks
    "رقمي 0500009001 أرجو الاتصال بي",  # Arabic: my number is …, please call me
)
PEOPLE = (
    Author(id="u-maha", handle="maha_sample", name="مها"),
    Author(id="u-ravi", handle="ravi_sample", name="Ravi Kumar"),
    Author(id="u-khalid", name="أم خالد"),
)


def many(count: int = 30, **fields: Any) -> list[Message]:
    """Return invented messages, the oldest first; each thread holds three."""
    return [
        message(
            f"{number:03}",
            TEXTS[number % len(TEXTS)],
            thread=f"t{number // 3}",
            author=PEOPLE[number % len(PEOPLE)],
            created_at=AT - timedelta(days=1) + timedelta(minutes=number),
            received_at=AT,
            link=f"https://social.example/{number}",
            **fields,
        )
        for number in range(count)
    ]


class Sitting:
    """The program under test, its keys and its screen."""

    def __init__(self, app: MajlisApp, pilot: Pilot[int], bench: Bench) -> None:
        self.app = app
        self.pilot = pilot
        self.bench = bench

    async def press(self, *keys: str) -> None:
        """Press keys one after another, and let the program come to rest."""
        for key in keys:
            self._stroke(key)
            await self.rest()

    def _stroke(self, key: str) -> None:
        """Send a key as the terminal would, and as Textual's own pilot does, which waits four times for each."""
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        try:
            char: str | None = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
        except KeyError:
            char = name if len(name) == 1 else None
        stroke = Key(name, char)
        stroke.set_sender(self.app)
        driver = self.app._driver
        assert driver is not None
        driver.send_message(stroke)

    async def rest(self) -> None:
        """Wait until the program has nothing left to do; twice, since a worker may wake the screen once more."""
        await self.pilot.pause()
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Type a text without waiting between its letters."""
        for char in text:
            self._stroke(char)
        await self.rest()

    async def tick(self, by: timedelta = timedelta()) -> None:
        """Let time pass, and the program look round once."""
        self.bench.clock.at += by
        await self.app.tick()
        await self.pilot.pause()

    def inbox(self) -> InboxScreen:
        """Return the lists, on top or not."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, InboxScreen))

    def memory(self) -> MemoryStore:
        """Return the store, which has no file."""
        assert isinstance(self.bench.store, MemoryStore)
        return self.bench.store

    def on(self, place: type[Screen[Any]]) -> bool:
        """Tell whether this is what is on top."""
        return isinstance(self.app.screen, place)

    def lines(self) -> list[str]:
        """Return what the screen shows, line by line."""
        size = self.app.size
        strips = self.app.screen._compositor.render_strips(size)
        return ["".join(segment.text for segment in strip) for strip in strips]

    def text(self) -> str:
        """Return what the screen shows."""
        return "\n".join(self.lines())

    async def arrive(self, *messages: Message) -> None:
        """Let messages come in, as the poller brings them."""
        for network in Network:
            rows = tuple(each for each in messages if each.key.network is network)
            if rows:
                await self.bench.store.ingest(
                    Intake(self.bench.policy)(page(*rows, stream=stream("mentions", network)), ())
                )


OpenSitting = Callable[..., AbstractAsyncContextManager[Sitting]]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave no language and no theme in force for the next test."""
    language.use("en")
    themes.use("terminal")
    yield
    language.use("en")
    themes.use("terminal")


@pytest.fixture
def memory() -> MemoryStore:
    """An empty store without a file."""
    return MemoryStore()


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Any) -> AsyncIterator[Store]:
    """Every store that the screens run on."""
    made: Store = MemoryStore() if request.param == "memory" else await Inbox.open(str(tmp_path / "inbox.db"))
    yield made
    await made.aclose()


@pytest.fixture
def sitting(memory: MemoryStore) -> OpenSitting:
    """Open the program over a store with messages in it."""

    @asynccontextmanager
    async def opened(
        messages: list[Message] | None = None,
        *,
        size: tuple[int, int] = (80, 24),
        code: str = "en",
        store: Store | None = None,
        roles: tuple[Role, ...] = (Role.OPERATOR,),
        policy: dict[str, Any] | None = None,
        keys: dict[str, tuple[str, ...]] | None = None,
        **fields: Any,
    ) -> AsyncIterator[Sitting]:
        bench = Bench(store if store is not None else memory, **(policy or {}))
        bench.desk = bench.as_("salem", *roles)
        app = MajlisApp(
            store=bench.store,
            desk=bench.desk,
            clock=bench.clock,
            operator=bench.desk.operator,
            settings=ScreenSettings(language=code, keys=keys or {}),
            **fields,
        )
        # The test looks round itself, when it wants to.
        made = Sitting.__new__(Sitting)
        made.bench = bench
        await Sitting.arrive(made, *(many() if messages is None else messages))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Sitting(app, pilot, bench)

    return opened


__all__ = ["AT", "ObjectKind", "OpenSitting", "Sitting", "many"]
