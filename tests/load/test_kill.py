"""Killed at random while it ingests, answers and sends: nothing acknowledged is lost, nothing is posted twice."""

from __future__ import annotations

import collections
import json
import random
import select
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from majlis.message import MessageKey
from majlis.ports import View, ViewName
from majlis.states import EntryState, MessageState
from store.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
EARLY = 4
"""Each so many starts, one is not waited for."""
PATIENCE_S = 30
EXPECTED = {
    "Reply": {MessageState.WAITING, MessageState.ANSWERED, MessageState.CLAIMED},
    "Escalate": {MessageState.ESCALATED},
    "Done": {MessageState.DONE},
    "Snooze": {MessageState.SNOOZED, MessageState.NEW, *MessageState},  # it wakes, and is then dealt with
}


@pytest.fixture
def begun() -> str:
    """The moment at which the shared fast clock began."""
    return datetime.now(UTC).isoformat()  # noqa: TID251  processes share the wall clock


@pytest.fixture
def service(begun: str) -> Iterator[str]:
    """The network, in a process of its own."""
    command = [sys.executable, "-m", "tests.load.service", "--messages", "3000", "--begun", begun]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def killed(store: Path, url: str, begun: str, seed: int, after: float) -> list[str]:
    """Start a worker, kill it, and return what it acknowledged."""
    command = [sys.executable, "-m", "tests.load.worker", str(store), url, begun, "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if seed % EARLY:
            # On a busy machine it may take long to begin; only every so often is it killed whatever it has come to.
            select.select([process.stdout], [], [], PATIENCE_S)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
    # The last line may have been cut by the kill; what is whole counts.
    return [line for line in out.splitlines(keepends=True) if line.startswith("ACK ") and line.endswith("\n")]


def drained(store: Path, url: str, begun: str) -> list[dict[str, str]]:
    """Let a worker send until nothing is undecided, and return what the network has."""
    command = [sys.executable, "-m", "tests.load.worker", str(store), url, begun, "--drain"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=90, stdout=subprocess.DEVNULL)
    with urllib.request.urlopen(f"{url}/count") as answer:  # noqa: S310  our own process on loopback
        posted: list[dict[str, str]] = json.load(answer)
    return posted


async def verify(store: Path, acknowledged: list[str], posted: list[dict[str, str]]) -> collections.Counter[str]:
    """Compare what was acknowledged with the store, and the store with the network."""
    posts = collections.Counter(post["to"] for post in posted)
    inbox = await Inbox.open(str(store))
    try:
        report = await inbox.check()
        assert report.ok, report
        assert max(posts.values()) == 1, [to for to, times in posts.items() if times > 1]
        last = {line.split()[2]: line.split() for line in acknowledged}
        for _, action, key, entry_id in last.values():
            message = await inbox.message(MessageKey.parse(key))
            assert message is not None, key
            entry = None if entry_id == "-" else await inbox.entry(entry_id)
            assert entry_id == "-" or entry is not None, (key, entry_id)
            # A reply that was given back to its author may have been dealt with in another way, unacknowledged.
            is_open_again = entry is not None and entry.state is EntryState.NEEDS_REVIEW
            assert is_open_again or message.standing.state in EXPECTED[action], (action, key, message.standing.state)
        sent: collections.Counter[str] = collections.Counter()
        states: collections.Counter[str] = collections.Counter()
        for entry in await inbox.entries(EntryState):
            states[entry.state] += 1
            assert entry.target is not None
            sent[entry.target.native_id] += entry.state is EntryState.SENT
        assert +sent == posts
        window = await inbox.window(View(name=ViewName.ALL, operator="salem"), limit=10_000)
        keys = [row.anchor.key for row in window.rows]
        assert len(keys) == len(set(keys))
        return states
    finally:
        await inbox.aclose()


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(6, marks=pytest.mark.timeout(110), id="6 times"),
        pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(900)], id="200 times"),
    ],
)
async def test_killed_at_random_nothing_is_lost_or_doubled(
    tmp_path: Path, service: str, begun: str, times: int
) -> None:
    """Every acknowledged change is there, every message once, every reply at most once and as the store says."""
    store = tmp_path / "inbox.db"
    chance = random.Random(times)  # noqa: S311  chance that repeats
    acknowledged: list[str] = []
    for number in range(times):
        acknowledged += killed(store, service, begun, number, chance.uniform(0.1, 1.0))

    states = await verify(store, acknowledged, drained(store, service, begun))
    assert states[EntryState.SENT] > times / 4, states
    assert len(acknowledged) > times
