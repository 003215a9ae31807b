"""How long a report takes over a hundred thousand messages, half of them answered; run it by hand.

`python -m tests.bench.bench_report [MESSAGES]` fills an inbox in a temporary folder and prints seconds.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from majlis.measures import By
from majlis.message import Network
from majlis.outbox import Action, Entry
from majlis.report import report
from majlis.states import EntryState
from store.inbox import Inbox
from tests.builders import AT, decision, key, message, page, policy

DAYS = 28
_BATCH = 2_000


async def main(count: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        store = await Inbox.open(str(Path(folder) / "inbox.db"))
        started = perf_counter()
        for first in range(0, count, _BATCH):
            await _fill(store, range(first, min(first + _BATCH, count)), count)
        _tell(f"{count} messages and {count // 2} answers written", perf_counter() - started)
        last = (AT + timedelta(days=DAYS)).date()
        for by in By:
            started = perf_counter()
            made = await report(store, policy(), first=AT.date(), last=last, by=by, now=AT + timedelta(days=DAYS + 1))
            _tell(f"report by {by} ({made.total.came} came)", perf_counter() - started)
        await store.aclose()
    print(f"{'at most resident':50} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:9.0f} MB")  # noqa: T201


async def _fill(store: Inbox, numbers: range, count: int) -> None:
    step = timedelta(days=DAYS) / count
    times = {n: AT + n * step for n in numbers}
    await store.ingest(
        page(*(message(str(n), created_at=at, received_at=at, thread=f"t{n}") for n, at in times.items()))
    )
    entries = [
        Entry(
            id=f"entry-{n}",
            action=Action.REPLY,
            account="moh",
            target=key(str(n), network=Network.X),
            person=f"u-{n}",
            text=f"أهلاً بك، يفتح المركز من الأحد إلى الخميس، ورقم طلبك {n}",
            author=("salem", "noura", "mariam")[n % 3],
            state=EntryState.SENT,
            created_at=at,
            due_at=at + timedelta(minutes=n % 600),
            attempted_at=at + timedelta(minutes=n % 600),
        )
        for n, at in times.items()
        if n % 2
    ]
    await store.apply(decision(*entries))


def _tell(what: str, spent_s: float) -> None:
    print(f"{what:50} {spent_s:9.2f} s")  # noqa: T201  a figure for the person who asked


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
