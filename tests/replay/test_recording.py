"""A recording of the stored history, played again: the same queue, other people."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from connectors.scenario import load
from connectors.scenario.history import Wanted, told_of
from connectors.scenario.recording import Recording, recorded
from connectors.scenario.rows import Arrive
from majlis.intake import Intake
from majlis.message import queue_order
from majlis.ports import View, ViewName
from tests.builders import message, page
from tui.replay.bell import Bell
from tui.replay.lone import lone_inbox
from tui.replay.play import Played, play

from .histories import Making

QUEUE = View(name=ViewName.QUEUE, operator="salem")


def made(seed: int, steps: int = 30) -> tuple[Recording, list[str]]:
    """Make a history by chance and record it; return what lies in the queue, in its order, as states too."""

    async def making() -> tuple[Recording, list[str]]:
        store = lone_inbox(Bell())
        history = Making(store, seed)
        await history.live(steps)
        window = await store.window(QUEUE, limit=200)
        rows = [row.message for row in window.rows if row.message is not None]
        assert rows == sorted(rows, key=queue_order)
        recording = await history.recorded()
        await store.aclose()
        return recording, [f"{each.standing.state} {each.standing.urgency}" for each in rows]

    return asyncio.run(making())


def again(recording: Recording) -> Played:
    """Play a recording, read from its lines."""
    return play(load(list(recording.lines())), "recording")


def wrong(played: Played) -> list[tuple[int, str, Any, Any]]:
    return [(check.line, check.subject, check.expected, check.actual) for check in played.failed]


SEEDS = (7, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(100, 140)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recording_replayed_gives_the_same_queue(seed: int) -> None:
    """Order, states, due times, outbox and what was posted, after arrivals, edits, deletions, faults and colleagues."""
    recording, queue = made(seed)

    played = again(recording)

    assert wrong(played) == []
    order = next(check.actual["ids"] for check in played.checks if check.what == "queue")
    states = {check.subject: check.actual for check in played.checks if check.what == "state"}
    assert [f"{states[name]['state']} {states[name]['urgency']}" for name in order] == queue
    assert len(played.checks) > 30


def test_two_recordings_with_one_key_are_the_same_and_with_another_are_not() -> None:
    """Byte for byte; only who knows the key can have the same people again."""

    async def recordings() -> list[list[str]]:
        store = lone_inbox(Bell())
        history = Making(store, 3)
        await history.live(12)
        story = await told_of(store, Wanted(until=history.clock.at))
        keys = (b"a key of sixteen", b"a key of sixteen", b"another key here")
        lines = [list(recorded(story, history.setting(key)).lines()) for key in keys]
        await store.aclose()
        return lines

    one, same, other = asyncio.run(recordings())

    assert one == same
    assert one != other
    assert len(one) == len(other)


def test_equally_urgent_messages_keep_their_order() -> None:
    """A whole night's questions are owed at the same moment; what orders them then is a digest of their names."""

    async def recording() -> tuple[Recording, list[str]]:
        store = lone_inbox(Bell())
        history = Making(store, 1)
        asked = [message(str(number), f"سؤال {number}") for number in range(30)]  # Arabic: question
        await store.ingest(Intake(history.policy)(page(*asked), ()))
        window = await store.window(QUEUE, limit=50)
        history.clock.at += timedelta(minutes=1)
        return await history.recorded(), [row.message.text for row in window.rows if row.message]

    made_of_it, texts = asyncio.run(recording())
    arrived = {row.id: row.text for row in made_of_it.rows if isinstance(row, Arrive)}
    played = again(made_of_it)

    assert wrong(played) == []
    order = next(check.actual["ids"] for check in played.checks if check.what == "queue")
    assert [arrived[name] for name in order] == texts
