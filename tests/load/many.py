"""Sixteen operators, a poller and a sender on one store at full speed; with `--faults` killed, stopped, the clock set.

Run: `python -m tests.load.many --seconds 300 [--faults] [--store URL | --cluster]`. With `--cluster` they work on a
PostgreSQL server of their own, and among the faults are its restarts and cut lines. Afterwards everything is sent that
is still to be sent, and store, history and network are compared with what each process was told: see `verify`. The last
line of output is JSON: `problems` (empty when all is well), milliseconds of a change, how evenly the operators were
served, and how many answers were left to people because nobody could tell whether they went out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import msgspec

from majlis.ports import View, ViewName
from majlis.states import EntryState, MessageState
from store.inbox import Inbox
from tests.load import crew
from tests.load.crew import LEASE, UNDECIDED, Ack, Work
from tests.postgres import running

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess

    from majlis.audit import Event
    from tests.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]
OPERATORS = 16
DRAINS_S = 120
SET = timedelta(minutes=1)
"""A step between two events beyond which the clock may have been set: it is a second of the wall."""
FREES = frozenset({"release", "reply", "done", "escalate", "expire", "urgent", "snooze"})
CLAIMS = frozenset({"claim", "renew", "take_over"})
Party = Callable[[str, int, Work], Coroutine[Any, Any, None]]


# ------------------------------------------------------------------------------------------------------ the processes


def _run(party: Party, name: str, number: int, work: Work) -> None:
    """Be one process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(party(name, number, work))


@dataclass
class Crew:
    """Processes, and who takes the place of one that was killed."""

    work: Work
    running: dict[str, tuple[Party, ForkProcess]] = field(default_factory=dict)
    begun: int = 0

    def start(self, name: str, party: Party) -> None:
        """Begin, or begin again, under a name."""
        self.begun += 1
        # Forked: what is imported is imported, so that a new one is at work within milliseconds.
        process = multiprocessing.get_context("fork").Process(target=_run, args=(party, name, self.begun, self.work))
        process.start()
        self.running[name] = (party, process)

    def kill(self, name: str) -> None:
        """End one without a word, and put another one in its place."""
        party, process = self.running[name]
        process.kill()
        process.join()
        self.start(name, party)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Stop one, or let it go on."""
        process = self.running[name][1]
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, number)

    def wait(self) -> list[str]:
        """Wait for all; return who ended badly."""
        for _, process in self.running.values():
            process.join(60)
        bad = [
            f"{name} ended with {process.exitcode}" for name, (_, process) in self.running.items() if process.exitcode
        ]
        for _, process in self.running.values():
            process.kill()
        return bad


class Faults:
    """Kills, stops, and sets the clock, by a seed; what is stopped goes on in the end."""

    def __init__(self, team: Crew, seed: int, until: float, cluster: Cluster | None) -> None:
        self._crew = team
        self._cluster = cluster
        self._chance = random.Random(seed)  # noqa: S311  chance that repeats
        self._until = until
        self._stopped: dict[str, float] = {}
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        """Do one thing after another until the time is nearly over."""
        while time.monotonic() < self._until - 2:
            time.sleep(self._chance.uniform(0.1, 0.6))
            self._let_go(time.monotonic())
            of_server = 1 if self._cluster is not None else 0
            weights = [5, 4, 1, 2 * of_server, of_server]
            what = self._chance.choices(["kill", "stop", "clock", "cut", "restart"], weights)[0]
            self.done[what] += 1
            match what:
                case "kill":
                    self._crew.kill(self._chance.choice(self._able()))
                case "stop":
                    name = self._chance.choice(self._able())
                    self._crew.signal(name, signal.SIGSTOP)
                    # Half of them for longer than a claim lasts.
                    self._stopped[name] = time.monotonic() + self._chance.uniform(0.2, 2 * LEASE.total_seconds() / 60)
                case "cut":
                    self._cut()
                case "restart":
                    assert self._cluster is not None
                    self._cluster.stop(self._chance.choice(["fast", "immediate"]))
                    self._cluster.start()
                case _:
                    self._set(self._chance.choice([-600, -120, 0, 120, 600]))
        self._let_go(float("inf"))
        self._set(0)

    def _cut(self) -> None:
        """End half of the sessions, wherever they are."""
        import psycopg  # noqa: PLC0415  an extra

        assert self._cluster is not None
        with psycopg.connect(self._cluster.address(), autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid() AND random() < 0.5"
            )

    def _able(self) -> list[str]:
        return [name for name in self._crew.running if name not in self._stopped]

    def _let_go(self, now: float) -> None:
        for name in [name for name, until in self._stopped.items() if until <= now]:
            self._crew.signal(name, signal.SIGCONT)
            del self._stopped[name]

    def _set(self, seconds: int) -> None:
        path = self._crew.work.folder / "offset"
        new = path.with_suffix(".new")
        new.write_text(str(seconds), "ascii")
        new.replace(path)


@contextmanager
def network(begun: str, seed: int) -> Iterator[str]:
    """Run the network; it lives as long as this does."""
    command = [sys.executable, "-m", "tests.load.service", "--messages", "50000", "--arrive", "60"]
    command += ["--begun", begun, "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


# -------------------------------------------------------------------------------------------------------- what was told


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the processes were told."""

    acks: tuple[Ack, ...]
    refused: Counter[str]


def told(folder: Path) -> Told:
    """Read it; the last line of one that was killed may be cut, and counts as not told."""
    acks: list[Ack] = []
    refused: Counter[str] = Counter()
    for path in sorted(folder.glob("*.acks")):
        for line in path.read_text("utf-8").splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            row = json.loads(line)
            if "refused" in row:
                refused.update(row["refused"])
            else:
                acks.append(msgspec.convert(row, Ack))
    return Told(acks=tuple(acks), refused=refused)


# --------------------------------------------------------------------------------------------------------- what is true


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of it all."""

    problems: list[str]
    left_to_people: int
    """Answers that are public, and of which the store says that nobody knows: a person is asked to look."""


async def verify(inbox: Inbox, acks: tuple[Ack, ...], posted: list[dict[str, str]], *, was_set: bool) -> Verified:
    """Return what is not as it must be.

    - The chain of events holds, and every change that was told is in it, once, by whoever was told.
    - Nobody claimed what a colleague held, unless by taking over.
    - The network has every text once, and has those that the store says were sent, and no others.
    - Nothing is under way any more, and no message waits for what is not.

    Where the clock was set between an attempt and the look for it, the two cannot be matched by time. The answer is not
    sent again then, which is the rule, but left to a person; those are counted.
    """
    report = await inbox.check()
    problems = [] if report.ok else [f"store check: {report.problems}, chain broken at {report.chain_broken_at}"]
    events = await _events(inbox)
    problems += _lost(acks, {event.rev: event for event in events})
    problems += _doubly_claimed(events, {ack.rev: ack.until for ack in acks if ack.until})
    counts = Counter(post["text"] for post in posted)
    problems += [f"posted {times} times: {text}" for text, times in counts.items() if times > 1]
    entries = await inbox.entries(EntryState)
    sent = Counter(entry.text for entry in entries if entry.state is EntryState.SENT)
    doubted = {entry.text for entry in entries if entry.state is EntryState.NEEDS_REVIEW and entry.looks}
    left = [text for text in counts - sent if was_set and text in doubted]
    problems += [f"the store says sent, the network has not: {text}" for text in sent - counts]
    problems += [f"the network has, the store does not know: {text}" for text in counts - sent if text not in left]
    problems += [f"{entry.id} is still {entry.state}" for entry in entries if entry.state in UNDECIDED]
    window = await inbox.window(View(name=ViewName.ALL, operator=""), limit=1_000_000)
    for row in window.rows:
        if row.message is not None and row.message.standing.state is MessageState.WAITING:
            problems.append(f"{row.message.key} waits for nothing")
    return Verified(problems=problems, left_to_people=len(left))


async def _events(inbox: Inbox) -> list[Event]:
    events: list[Event] = []
    while page := await inbox.events(after=events[-1].rev if events else 0, limit=5000):
        events += page
    return events


def _lost(acks: tuple[Ack, ...], events: dict[int, Event]) -> list[str]:
    problems = []
    seen: set[int] = set()
    for ack in acks:
        event = events.get(ack.rev)
        if event is None or event.actor != ack.who or ack.rev in seen:
            problems.append(f"{ack.who} was told of revision {ack.rev} ({ack.action}), and it is not theirs")
        elif ack.action != "TakeBack" and event.subject != ack.key:
            problems.append(f"revision {ack.rev} is about {event.subject}, and {ack.who} was told {ack.key}")
        seen.add(ack.rev)
    return problems


def _doubly_claimed(events: list[Event], ends: dict[int, str]) -> list[str]:
    """Follow the claims through the history.

    Args:
        events: In order.
        ends: When claims run out, by revision; of those that nobody was told of it is not known.

    Around a moment at which the clock was set nothing can be said.
    """
    problems, held, before = [], dict[str, tuple[str, datetime]](), None
    for event in events:
        if before is not None and abs(event.at - before) > SET:
            held.clear()
        before = event.at
        holder, until = held.get(event.subject, ("", event.at))
        if event.action in CLAIMS:
            if event.action != "take_over" and holder not in {"", event.actor} and until > event.at:
                problems.append(f"revision {event.rev}: {event.actor} claimed what {holder} held")
            held.pop(event.subject, None)
            if event.rev in ends:
                held[event.subject] = (event.actor, datetime.fromisoformat(ends[event.rev]))
        elif event.action in FREES:
            if event.action != "expire" and holder not in {"", event.actor} and until > event.at:
                problems.append(f"revision {event.rev}: {event.actor} did {event.action} to what {holder} held")
            held.pop(event.subject, None)
        elif event.action == "undo":
            held.pop(event.subject, None)
    return problems


# --------------------------------------------------------------------------------------------------------- figures


def figures(acks: tuple[Ack, ...], names: list[str], seconds: float) -> dict[str, Any]:
    """Return how long a change took, and how evenly the operators were served."""
    took = sorted(ack.took_us / 1000 for ack in acks) or [0.0]
    each = Counter(ack.who for ack in acks)
    shares = [each[name] for name in names]
    square = sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares)) if any(shares) else 0.0
    return {
        "changes": len(acks),
        "per_second": round(len(acks) / seconds, 1),
        "change_ms": {
            "median": round(took[len(took) // 2], 2),
            "p99": round(took[len(took) * 99 // 100], 2),
            "most": round(took[-1], 2),
            "mean": round(fmean(took), 2),
        },
        "fairness": {"least": min(shares), "most": max(shares), "jain": round(square, 4)},
        "by_action": dict(Counter(ack.action for ack in acks).most_common()),
    }


# ---------------------------------------------------------------------------------------------------------- all of it


def load(
    store: str,
    *,
    seconds: float,
    operators: int,
    seed: int,
    with_faults: bool,
    folder: Path,
    cluster: Cluster | None = None,
) -> dict[str, Any]:
    """Let all of them work on a store that is empty, then compare; return figures and problems."""
    begun = datetime.now(UTC).isoformat()  # noqa: TID251  processes share the wall clock
    names = [f"op{number:02}" for number in range(operators)]
    asyncio.run(_made(store))
    with network(begun, seed) as url:
        until = time.monotonic() + seconds
        team = Crew(Work(store=store, url=url, begun=begun, folder=folder, until=until))
        team.start("poller", crew.poll)
        team.start("sender", crew.send)
        for name in names:
            team.start(name, crew.operate)
        faults = Faults(team, seed, until, cluster)
        if with_faults:
            faults.run()
        problems = team.wait()
        last = Crew(Work(store=store, url=url, begun=begun, folder=folder, until=time.monotonic() + DRAINS_S))
        last.start("drain", crew.drain)
        last.running["drain"][1].join(DRAINS_S + 30)
        problems += last.wait()
        with urllib.request.urlopen(f"{url}/count") as answer:  # noqa: S310  our own process on loopback
            posted = json.load(answer)
    was_told = told(folder)
    verified = asyncio.run(_verified(store, was_told.acks, posted, was_set=faults.done["clock"] > 0))
    problems += verified.problems
    return {
        "seconds": seconds,
        "engine": "postgresql" if store.startswith("postgresql") else "sqlite",
        "operators": operators,
        "seed": seed,
        "faults": dict(faults.done),
        **figures(was_told.acks, names, seconds),
        "refused": dict(was_told.refused.most_common()),
        "posted": len(posted),
        "left_to_people": verified.left_to_people,
        "problems": problems[:50],
    }


async def _made(store: str) -> None:
    inbox = await Inbox.open(store)
    try:
        if await inbox.revision():
            raise SystemExit("The store is not empty.")
    finally:
        await inbox.aclose()


async def _verified(store: str, acks: tuple[Ack, ...], posted: list[dict[str, str]], *, was_set: bool) -> Verified:
    inbox = await Inbox.open(store)
    try:
        return await verify(inbox, acks, posted, was_set=was_set)
    finally:
        await inbox.aclose()


def main() -> int:
    """Load a store and say how it went; 1 when something was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--operators", type=int, default=OPERATORS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--store", help="an empty one, by path or address; default: a file that is gone afterwards")
    parser.add_argument("--cluster", action="store_true", help="on a PostgreSQL server that is made for this")
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="majlis-load-"))
    try:
        with contextmanager(running)() if wanted.cluster else nullcontext() as cluster:
            found = load(
                cluster.fresh() if cluster is not None else wanted.store or str(folder / "inbox.db"),
                seconds=wanted.seconds,
                operators=wanted.operators,
                seed=wanted.seed,
                with_faults=wanted.faults,
                folder=folder,
                cluster=cluster,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found))  # noqa: T201  a script
    return 1 if found["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
