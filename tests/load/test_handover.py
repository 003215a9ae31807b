"""One sender after the other: a dead one is followed in seconds, a stopped one never, and nothing goes out twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from connectors.clock import SystemClock, SystemIds
from connectors.sender import LEASE, LEASE_NAME
from majlis.commands import Reply
from majlis.desk import Desk
from majlis.errors import StoreBusy
from majlis.policy import Operator, Role
from majlis.states import EntryState
from store.inbox import Inbox
from store.rows import open_tinydb
from store.rows.locks import FileLocks
from store.rows.sqlite import SqliteEngine
from tests.builders import message, page
from tests.load.fast import SPEED, fast_clock
from tests.load.worker import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20
"""Far less than a lease, and enough for a busy machine to start a process."""


class Stage:
    """A network, an inbox, and senders on it."""

    def __init__(self, inbox: Inbox, store: Path, stack: ExitStack, begun: str | None) -> None:
        self._inbox = inbox
        self._store = store
        self._stack = stack
        self._clock = ["--begun", begun] if begun else []
        self._begun = begun or datetime.now(UTC).isoformat()  # noqa: TID251  processes share the wall clock
        service = self._started("tests.load.service", "--begun", self._begun)
        assert service.stdout is not None
        self._url = service.stdout.readline().strip()
        clock = fast_clock(begun) if begun else SystemClock()
        operator = Operator(name="salem", roles=frozenset({Role.OPERATOR}), terminal="load")
        self._desk = Desk(store=inbox, clock=clock, ids=SystemIds(), policy=rules(), operator=operator)
        self._now = clock.now
        self._made = 0

    @classmethod
    async def of(cls, folder: Path, stack: ExitStack, *, begun: str | None = None) -> Self:
        """Begin with nothing to send."""
        return cls(await Inbox.open(str(folder / "inbox.db")), folder / "inbox.db", stack, begun)

    def _started(self, module: str, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", module, *words]
        process = self._stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        self._stack.callback(process.kill)
        return process

    def sender(self, holder: str) -> subprocess.Popen[str]:
        """Start a sender, and return when it is at work."""
        process = self._started("tests.load.sending", str(self._store), self._url, holder, *self._clock)
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
        return process

    async def queue(self, count: int) -> None:
        """Put replies to so many new messages into the outbox."""
        for number in range(self._made, self._made + count):
            new = message(str(number), thread=f"t{number}", created_at=self._now())
            await self._inbox.ingest(page(new))
            await self._desk.do(Reply(key=new.key, text=f"المركز رقم {number} يفتح الثامنة صباحا"))
        self._made += count

    def posted(self) -> Counter[str]:
        """Return how often each message was answered on the network."""
        with urllib.request.urlopen(f"{self._url}/count") as answer:  # noqa: S310  our own process on loopback
            return Counter(post["to"] for post in json.load(answer))

    def stop(self, process: subprocess.Popen[str]) -> None:
        """Stop a process, but not in the middle of a write: everybody would wait for that."""
        while True:
            process.send_signal(signal.SIGSTOP)
            engine = SqliteEngine(self._store, patience_s=0.1)
            with closing(engine), suppress(StoreBusy), engine.transaction():
                return
            process.send_signal(signal.SIGCONT)

    async def settled(self) -> None:
        """Wait until everything is sent, or is a person's to look at."""
        states = (EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN)
        for _ in range(PATIENCE_S * 10):
            if not await self._inbox.entries(states):
                return
            await asyncio.sleep(0.1)
        raise TimeoutError

    async def aclose(self) -> None:
        """Give back the inbox."""
        await self._inbox.aclose()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends every process that was started."""
    with ExitStack() as started:
        yield started


def until(is_so: Callable[[], bool]) -> float:
    """Wait until something is so; return seconds."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < PATIENCE_S
        time.sleep(0.05)
    return time.monotonic() - began


async def test_a_killed_sender_is_followed_within_seconds(tmp_path: Path, stack: ExitStack) -> None:
    """By the wall's clock, with most of the lease's two minutes still to go."""
    stage = await Stage.of(tmp_path, stack)
    first = stage.sender("first")
    await stage.queue(1)
    until(lambda: first.poll() is None and stage.posted().total() >= 1)
    stage.sender("second")
    stage.stop(first)  # so that what follows is not its doing
    await stage.queue(2)
    first.kill()

    assert until(lambda: len(stage.posted()) >= 2) < PATIENCE_S < LEASE.total_seconds() / 2

    assert max(stage.posted().values()) == 1
    await stage.aclose()


@pytest.mark.slow
async def test_a_sender_that_is_stopped_beyond_its_lease_is_not_followed(tmp_path: Path, stack: ExitStack) -> None:
    """Continued, it goes on as before; killed, the other one does; each message is answered once."""
    begun = datetime.now(UTC).isoformat()  # noqa: TID251  processes share the wall clock
    stage = await Stage.of(tmp_path, stack, begun=begun)
    first = stage.sender("first")
    await stage.queue(1)
    until(lambda: stage.posted().total() >= 1)
    stage.stop(first)
    second = stage.sender("second")
    await stage.queue(5)
    await asyncio.sleep(1.5 * LEASE.total_seconds() / SPEED)
    assert stage.posted().total() == 1

    first.send_signal(signal.SIGCONT)
    until(lambda: len(stage.posted()) >= 4)
    stage.stop(second)
    stage.stop(first)
    await stage.queue(5)
    first.kill()
    second.send_signal(signal.SIGCONT)
    await stage.settled()

    assert max(stage.posted().values()) == 1
    await stage.aclose()


@pytest.mark.slow
def test_a_service_that_is_told_to_stop_gives_its_turn_back(tmp_path: Path, stack: ExitStack) -> None:
    """It ends well, and the next one need not wait."""
    token = tmp_path / "x.json"
    token.write_text('{"access_token": "invented"}', "utf-8")
    token.chmod(0o600)
    account = f'[accounts.moh]\nnetwork = "x"\nid = "1"\ntoken_file = "{token}"\napi_url = "http://127.0.0.1:9"\n'
    (tmp_path / "site.toml").write_text(f'store = "inbox.db"\n{account}', "utf-8")
    command = [sys.executable, "-m", "majlis", "--site", str(tmp_path / "site.toml"), "send"]
    env = {**os.environ, "HOME": str(tmp_path)}
    process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, env=env))
    stack.callback(process.kill)
    store = tmp_path / "inbox.db"

    def is_held() -> bool:
        with closing(FileLocks(store)) as locks:
            return store.exists() and not locks.hold(LEASE_NAME)

    until(is_held)
    until(lambda: bool(leases(store)))
    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE_S) == 0
    assert not is_held()
    assert leases(store) == []


def leases(store: Path) -> list[str]:
    """Return the leases that somebody has."""
    with open_tinydb(store) as db:
        return [row["key"] for row in db.table("lease").all()]
