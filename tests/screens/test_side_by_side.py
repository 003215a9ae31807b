"""Two terminals side by side: what one does the other one sees, within a second."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from majlis.states import MessageState
from store.inbox import Inbox
from tests.builders import key, message, page
from tests.screens.tmux import Tmux
from tui.screens.compose import SAVES_S
from tui.screens.review import QUIET_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SITE = """store = "{store}"

[roles]
operator = ["amal", "badr"]
supervisor = ["huda"]
"""
SECOND = 1.0
TRIES = 3
"""On a machine that does something else too, one of them is undisturbed."""

pytestmark = [pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"), pytest.mark.slow]


async def _fill(path: Path) -> None:
    store = await Inbox.open(str(path))
    await store.ingest(page(message("1", "When does the centre open?")))
    await store.aclose()


async def _standing(path: Path) -> tuple[MessageState, str | None, list[str]]:
    """Return the message's state, the draft of Amal, and who is there."""
    store = await Inbox.open(str(path))
    try:
        found = await store.message(key("1"))
        draft = await store.draft(key("1"), "amal")
        assert found is not None
        there = [each.operator for each in await store.present()]
        return found.standing.state, draft.text if draft else None, there
    finally:
        await store.aclose()


async def _pid(path: Path, name: str) -> int:
    store = await Inbox.open(str(path))
    try:
        return next(int(each.sitting.rpartition(":")[2]) for each in await store.present() if each.operator == name)
    finally:
        await store.aclose()


class Room:
    """Terminals before one inbox."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.store = folder / "inbox.db"
        self._folder = folder
        self._stack = stack
        asyncio.run(_fill(self.store))
        (folder / "site.toml").write_text(SITE.format(store=self.store), encoding="utf-8")

    def sits(self, name: str, language: str = "en") -> Tmux:
        """Let somebody open the inbox at a terminal of 80 by 24."""
        home = self._folder / name
        home.mkdir()
        env = {"HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        words = ["--language", language, "--site", str(self._folder / "site.toml")]
        command = [sys.executable, "-m", "tests.screens.colleague", name, *words]
        at = self._stack.enter_context(Tmux(command, 80, 24, home, env))
        at.wait("Press the number")  # how this terminal draws Arabic is asked once
        at.keys("1")
        at.wait("X")
        return at

    def pid(self, name: str) -> int:
        """Return the process at which somebody sits, which names itself where colleagues look."""
        return asyncio.run(_pid(self.store, name))

    def standing(self) -> tuple[MessageState, str | None, list[str]]:
        """Return what is in the store."""
        return asyncio.run(_standing(self.store))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A place to sit."""
    with ExitStack() as stack:
        yield Room(tmp_path, stack)


def quickest(acts: Callable[[int], None], watcher: Tmux, seen: Callable[[int], str]) -> float:
    """Return the seconds between a key of one and what the other one sees, at best."""
    spans = []
    for number in range(TRIES):
        acts(number)
        begun = time.monotonic()
        watcher.wait(seen(number))
        spans.append(time.monotonic() - begun)
    return min(spans)


def test_a_claim_is_seen_within_a_second(room: Room) -> None:
    """From the key of the one to the screen of the other; and given back as fast."""
    amal, badr = room.sits("amal"), room.sits("badr")

    span = quickest(lambda _: amal.keys("c"), badr, lambda n: "  new" if n % 2 else "@ amal")

    assert span < SECOND


def test_taking_over_is_told_inside_the_editor_within_a_second(room: Room) -> None:
    """Badr may not while Amal writes; Huda may; Amal's letters go on into her text, which is kept."""
    amal, badr, huda = room.sits("amal"), room.sits("badr"), room.sits("huda")
    amal.keys("r")
    amal.wait("review")
    amal.type("We open ")
    badr.wait("& writing 0m")

    badr.keys("c")
    badr.wait("amal is writing an answer just now")

    huda.keys("c")
    huda.wait("Take over")
    huda.type("shift change")
    huda.keys("Enter")
    begun = time.monotonic()
    huda.wait("= mine")
    amal.wait("huda has taken it over: shift change")
    assert time.monotonic() - begun < 3 * SECOND

    amal.type("at eight")
    amal.wait("We open at eight")
    amal.keys("Escape")
    amal.wait("It cannot go out now")
    assert room.standing()[:2] == (MessageState.CLAIMED, "We open at eight")


@pytest.mark.parametrize("way", ["keys", "SIGHUP", "SIGTERM"])
def test_whoever_leaves_gives_back_what_they_held(room: Room, way: str) -> None:
    """By keys, a cut line or a signal: the message is free, the draft is kept, nobody is shown there any more."""
    amal, badr = room.sits("amal"), room.sits("badr")
    _composes(amal, badr)

    if way == "keys":
        amal.keys("Escape")
        amal.wait("keep")
        time.sleep(2 * QUIET_S)
        amal.keys("p")
        amal.wait("Queue")
        amal.keys("q")
        amal.wait("Leave?")
        amal.keys("y")
    else:
        os.kill(room.pid("amal"), signal.Signals[way])
    amal.wait("EXIT=")
    begun = time.monotonic()
    badr.wait("  new")
    badr.wait(lambda rows: not any("amal" in row or "& writing" in row for row in rows))

    assert time.monotonic() - begun < 3 * SECOND
    assert room.standing()[:2] == (MessageState.NEW, "We open ")
    assert "amal" not in room.standing()[2]


def test_whoever_is_killed_holds_it_until_the_lease_ends(room: Room) -> None:
    """Nobody can tell it from a line that was cut: a supervisor takes over with a reason, and the draft is kept."""
    amal, huda = room.sits("amal"), room.sits("huda")
    _composes(amal, huda)

    os.kill(room.pid("amal"), signal.SIGKILL)
    amal.wait("EXIT=")

    assert room.standing() == (MessageState.CLAIMED, "We open ", ["amal"])
    huda.keys("c")
    huda.wait("Take over")


def _composes(one: Tmux, other: Tmux) -> None:
    one.keys("r")
    one.wait("review")
    one.type("We open ")
    one.wait("We open")
    other.wait("& writing 0m")
    time.sleep(3 * SAVES_S)
