"""Clocks and ids."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from connectors.clock import SeededIds, ShiftedClock, StandingClock, SystemClock, SystemIds, VirtualClock

from .entries import NOW

S = timedelta(seconds=1)


async def test_sleepers_wake_in_order_each_at_its_own_time() -> None:
    """Advancing far wakes everybody in order of time, and then in the order in which they lay down."""
    clock = VirtualClock(NOW)
    woke: list[tuple[str, timedelta]] = []

    async def sleeper(name: str, after: timedelta) -> None:
        await clock.sleep_until(NOW + after)
        woke.append((name, clock.now() - NOW))

    async with asyncio.TaskGroup() as group:
        for name, after in (("late", 9 * S), ("first", S), ("second", S), ("never slept", -S)):
            group.create_task(sleeper(name, after))
        await clock.advance(10 * S)

    assert woke == [("never slept", 0 * S), ("first", S), ("second", S), ("late", 9 * S)]
    assert clock.now() == NOW + 10 * S


async def test_who_falls_asleep_again_wakes_again_within_one_advance() -> None:
    """A loop that sleeps ten times a minute turns ten times while a minute passes."""
    clock = VirtualClock(NOW)
    turns: list[datetime] = []

    async def loop() -> None:
        while True:
            await clock.sleep_until(clock.now() + 6 * S)
            turns.append(clock.now())

    task = asyncio.create_task(loop())
    await clock.run_until(NOW + 60 * S)
    assert clock.next_waking() == NOW + 66 * S
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert turns == [NOW + 6 * S * n for n in range(1, 11)]


async def test_cancelled_sleeper_is_passed_over() -> None:
    """Whoever gave up waiting neither wakes nor holds time up."""
    clock = VirtualClock(NOW)
    task = asyncio.create_task(clock.sleep_until(NOW + S))
    await asyncio.sleep(0)
    task.cancel()
    await clock.advance(5 * S)

    assert task.cancelled()
    assert clock.now() == NOW + 5 * S
    assert clock.next_waking() is None


async def test_shifted_clock_runs_along_from_its_own_start() -> None:
    """A practice morning at eight begins whenever it is opened, and can run faster."""
    base = VirtualClock(NOW)
    start = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    clock = ShiftedClock(base, start, speed=10)
    sleeping = asyncio.create_task(clock.sleep_until(start + 60 * S))
    await base.advance(6 * S)

    assert clock.now() == start + 60 * S
    assert sleeping.done()


async def test_system_clock_is_aware_and_does_not_wait_for_the_past() -> None:
    """The wall clock gives UTC, and a moment gone by is there at once."""
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta()
    await asyncio.wait_for(clock.sleep_until(clock.now() - S), timeout=1)
    before = clock.now()
    await clock.sleep_until(before + timedelta(milliseconds=20))
    assert clock.now() >= before + timedelta(milliseconds=20)


def test_seeded_ids_come_out_the_same_again() -> None:
    """Same seed, same ids; another seed, others; never twice the same."""
    first, again, other = SeededIds(7), SeededIds(7), SeededIds(8)
    made = [first.new("entry"), first.salt(), first.new("entry")]

    assert made == [again.new("entry"), again.salt(), again.new("entry")]
    assert other.new("entry") != made[0]
    assert len(set(made)) == 3
    assert made[0].startswith("entry-")
    assert len(bytes.fromhex(made[1])) == 16


def test_system_ids_are_different_every_time() -> None:
    """Ids and salt do not repeat."""
    ids = SystemIds()
    assert len({ids.new("case") for _ in range(100)} | {ids.salt() for _ in range(100)}) == 200


async def test_a_standing_clock_runs_on_from_where_it_stood() -> None:
    """Whoever waits for a later moment waits for the start, too."""
    base = VirtualClock(NOW)
    clock = StandingClock(base)
    waiting = asyncio.ensure_future(clock.sleep_until(NOW + 10 * S))
    await base.advance(timedelta(hours=1))
    stood, early = clock.now(), waiting.done()
    clock.go()
    await base.advance(10 * S)

    assert (stood, early) == (NOW, False)
    assert clock.now() == NOW + 10 * S
    assert waiting.done()
