"""How the time of a replay passes before somebody who watches."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING

import msgspec
import pytest

from connectors.clock import TunedClock, VirtualClock
from connectors.scenario import load
from connectors.scenario.times import BadTime
from tests.replay.conftest import ARRIVE, HEADER
from tui import language
from tui.replay.pace import Player, reached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.scenario import Scenario

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    language.use("en")
    yield
    language.use("en")


@pytest.fixture
def scenario() -> Scenario:
    """Two messages, a minute and two hours after the start."""
    first, second = {**ARRIVE, "at": "+00:01:00"}, {**ARRIVE, "at": "+02:00:00", "id": "later"}
    return load(map(json.dumps, (HEADER, first, second)))


async def many_turns() -> None:
    """Let whoever was woken come to their next sleep."""
    for _ in range(40):
        await asyncio.sleep(0)


class Watched:
    """A replay whose own clock is moved by hand."""

    def __init__(self, scenario: Scenario, *, paused: bool = False) -> None:
        self.start = scenario.header.start
        self.system = VirtualClock(self.start, settle=many_turns)
        self.clock = TunedClock(self.system, self.start)
        self.player = Player(scenario, self.clock, speed=1.0, paused=paused)

    async def passes(self, seconds: float) -> timedelta:
        """Let real time pass; return how far the replay is."""
        await self.system.advance(seconds * SECOND)
        return self.clock.now() - self.start


async def test_time_stands_goes_on_and_goes_faster(scenario: Scenario) -> None:
    """From the fastest it is a clock again."""
    watched = Watched(scenario, paused=True)
    assert await watched.passes(9) == timedelta()
    assert language.bare(watched.player.told()) == "REPLAY +00:00:00, standing; nothing here is real: “test”"
    watched.player.hold()
    assert await watched.passes(9) == 9 * SECOND
    watched.player.faster()
    assert await watched.passes(1) == 11 * SECOND
    assert "2×" in watched.player.told()
    watched.player.hold()
    assert await watched.passes(60) == 11 * SECOND
    watched.player.hold()
    assert await watched.passes(1) == 13 * SECOND
    for _ in range(4):
        watched.player.faster()
    assert await watched.passes(1) == 14 * SECOND


async def test_time_goes_slower_down_to_a_clock(scenario: Scenario) -> None:
    """Also out of standing, where nothing slower than a clock is left."""
    watched = Watched(scenario, paused=True)
    watched.player.faster()
    watched.player.faster()
    watched.player.slower()
    assert await watched.passes(1) == 2 * SECOND
    watched.player.slower()
    watched.player.slower()
    assert await watched.passes(1) == 3 * SECOND


def test_a_long_name_leaves_room_for_what_matters(scenario: Scenario) -> None:
    """In both languages the banner is no wider than 80 columns, and says that nothing is real."""
    header = msgspec.structs.replace(scenario.header, name="The whole of a long week, with every fault there is")
    player = Watched(replace(scenario, header=header), paused=True).player
    for chosen in ("en", "ar"):
        language.use(chosen)
        told = language.bare(player.told())
        assert len(f" {told}") <= 80
        assert "The whole of a long" in told
        assert "…" in told


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("+2h", timedelta(hours=2)),
        ("+1h30m", timedelta(minutes=90)),
        ("+45s", timedelta(seconds=45)),
        ("+00:10:00", timedelta(minutes=10)),
        ("2026-11-23T10:00", timedelta(hours=2)),
        ("2026-11-23T10:00:00Z", timedelta(hours=6)),
    ],
)
def test_a_time_is_named_as_people_do(scenario: Scenario, text: str, after: timedelta) -> None:
    """A span, a time after the start, an instant with a zone or in that of the service."""
    start = scenario.header.start
    assert reached(text, start, timezone(timedelta(hours=4))) - start == after


@pytest.mark.parametrize("text", ["+", "2h", "+9999999h", "+99999h", "tomorrow", "2026-11-23"])
def test_what_is_no_time_is_refused(scenario: Scenario, text: str) -> None:
    with pytest.raises(BadTime):
        reached(text, scenario.header.start, UTC)


async def test_a_step_goes_to_what_happens_next_and_stands(scenario: Scenario) -> None:
    """A second behind it, so that what follows from it is there; behind the last line there is nowhere to go."""
    watched = Watched(scenario, paused=True)
    watched.player.step()
    assert language.bare(watched.player.told()).startswith("REPLAY +00:00:00, hurrying")
    assert await watched.passes(5) == 61 * SECOND
    assert "standing" in watched.player.told()
    watched.player.step()
    assert await watched.passes(5) == 7201 * SECOND
    watched.player.step()
    assert await watched.passes(5) == 7201 * SECOND


async def test_hurrying_never_goes_past_where_it_is_to_stop(scenario: Scenario) -> None:
    """However late whoever stops it is: what comes next has not happened yet."""
    watched = Watched(scenario)
    watched.clock.tune(3600, until=watched.start + 61 * SECOND)
    assert await watched.passes(60) == 61 * SECOND
    watched.clock.tune(1)
    assert await watched.passes(1) == 62 * SECOND


async def test_a_jump_hurries_there_and_goes_on_as_before(scenario: Scenario) -> None:
    """Whoever sleeps on the way wakes on the way, in order; back it does not go."""
    watched = Watched(scenario)
    woken: list[int] = []

    async def sleeper(hours: int) -> None:
        await watched.clock.sleep_until(watched.start + timedelta(hours=hours))
        woken.append(hours)

    tasks = [asyncio.create_task(sleeper(hours)) for hours in (2, 1, 4)]
    await watched.passes(0)
    assert watched.player.jump("+03:00:00") is None
    far = await watched.passes(5)
    assert timedelta(hours=3) <= far <= timedelta(hours=3, seconds=10)
    assert woken == [1, 2]
    assert watched.clock.speed == 1.0
    assert "forward" in (watched.player.jump("+01:00:00") or "")
    assert "no time" in (watched.player.jump("soon") or "")
    for task in tasks:
        task.cancel()
