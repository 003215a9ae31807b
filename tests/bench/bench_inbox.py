"""The store port at size: what lists, state changes, ingest and changes cost at 100,000 or 1,000,000 messages.

Run: `python -m tests.bench.bench_inbox [--messages 1000000] [--keep FILE-OR-ADDRESS] [--server]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from majlis.message import Author, Claim, Message, Standing, Urgency
from majlis.outbox import Action, Entry
from majlis.ports import View, ViewName
from majlis.states import MessageState
from store.inbox import Inbox
from tests.bench.places import ask_where, place, settle, size_bytes
from tests.builders import AT, decision, key, message, page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WORDS = (  # noqa: SIM905  a text is easier to read than a list
    "السلام عليكم متى يفتح المركز الصحي في دبي أريد حجز موعد للتطعيم شكرا لكم على الخدمة hello vaccine appointment "
    "clinic where can I find the results of my test please الموعد القادم يوم الأحد الساعة التاسعة"
).split()
QUEUED = 20_000
"""Messages that are open; the others are closed, as in an inbox that has been worked in for years."""


def made(number: int, chance: random.Random) -> Message:
    """Return an invented message of about 450 bytes of JSON."""
    text = " ".join(chance.choices(WORDS, k=18))
    is_open = number % max(1, made_total // QUEUED) == 0
    created = AT - timedelta(seconds=chance.randrange(3 * 365 * 86_400))
    return message(
        f"{number:09}",
        text=text,
        thread=f"t{number // 7}",
        author=Author(id=f"u{number % 40_000}", handle=f"user_{number % 40_000}", name=chance.choice(WORDS)),
        created_at=created,
        received_at=created,
        standing=Standing(
            state=MessageState.NEW if is_open else MessageState.DONE,
            due_at=created + timedelta(hours=chance.randrange(60)),
            urgency=Urgency.NORMAL,
        ),
    )


made_total = 100_000


async def medians(name: str, work: Callable[[int], Awaitable[Any]], runs: int) -> dict[str, Any]:
    """Time one call after another; return median and 99th percentile in milliseconds."""
    taken: list[float] = []
    for run in range(runs):
        begun = time.perf_counter()
        await work(run)
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    figure = {
        "what": name,
        "median_ms": round(statistics.median(taken), 4),
        "p99_ms": round(taken[min(len(taken) - 1, int(len(taken) * 0.99))], 4),
        "n": runs,
    }
    print(json.dumps(figure, ensure_ascii=False), flush=True)  # noqa: T201  figures are this script's output
    return figure


async def fill(inbox: Inbox, total: int, size: int = 100) -> None:
    """Ingest in pages of 100, and say how fast."""
    chance = random.Random(7)  # noqa: S311  the same messages every time
    spent = 0.0
    for start in range(0, total, size):
        wanted = page(*(made(number, chance) for number in range(start, min(start + size, total))))
        begun = time.perf_counter()
        await inbox.ingest(wanted)
        spent += time.perf_counter() - begun
    figure = {"what": "ingest in pages of 100", "messages_per_s": round(total / spent), "n": total}
    print(json.dumps(figure), flush=True)  # noqa: T201  same


async def measure(inbox: Inbox) -> None:
    """Print what the screen and the desk ask for."""
    queue, everything = View(name=ViewName.QUEUE, operator="salem"), View(name=ViewName.ALL, operator="salem")
    as_of = await inbox.revision()
    await medians("window: first 50 of the queue", lambda _: inbox.window(queue, limit=50, as_of=as_of), 200)
    deep = await inbox.window(queue, limit=15_000, as_of=as_of)
    anchors = [row.anchor for row in deep.rows[::100]] or [deep.rows[-1].anchor]
    await medians(
        "window: 50 at any row of the queue",
        lambda run: inbox.window(queue, limit=50, after=anchors[run % len(anchors)], as_of=as_of),
        200,
    )
    await medians("window: last 50 of all", lambda _: inbox.window(everything, limit=50, last=True, as_of=as_of), 100)
    await medians("counts: queue, with the bar", lambda _: inbox.counts(queue, as_of=as_of), 100)
    await medians(
        "position: at any row of the queue", lambda run: inbox.position(queue, anchors[run % len(anchors)]), 100
    )
    await medians("changes: nothing new", lambda _: inbox.changes(as_of), 500)

    await measure_search(inbox, as_of)
    rows = [row.message for row in deep.rows[:300] if row.message]

    async def reply(run: int) -> None:
        mine = rows[run]
        claim = Claim(holder="salem", since=AT, until=AT)
        entry = Entry(
            id=f"entry-{as_of}-{run}",
            action=Action.REPLY,
            account="moh",
            target=mine.key,
            thread=mine.thread,
            text="شكرا لتواصلكم",
            author="salem",
            created_at=AT,
            due_at=AT,
        )
        standing = replace(mine.standing, state=MessageState.WAITING, claim=claim, entry=entry.id)
        await inbox.apply(decision(replace(mine, standing=standing), entry))

    await medians("state change: message, entry, event; durable", reply, min(300, len(rows)))
    chance = random.Random(8)  # noqa: S311  same
    await medians(
        "ingest: a page of 100 new",
        lambda run: inbox.ingest(page(*(made(10**8 + run * 100 + n, chance) for n in range(100)))),
        50,
    )
    await medians("message by key", lambda run: inbox.message(key(f"{run:09}")), 300)


def _window_of(inbox: Inbox, view: View, as_of: int) -> Callable[[int], Awaitable[Any]]:
    return lambda _: inbox.window(view, limit=22, as_of=as_of)


def _count_of(inbox: Inbox, view: View) -> Callable[[int], Awaitable[Any]]:
    return lambda _: inbox.counts(view)


async def measure_search(inbox: Inbox, as_of: int) -> None:
    """Print what a filtered list asks for: a word of most messages, of few, of none, and a single letter."""
    for typed in ("للتطعيم موعد", "مركز", "user_39999", "zzz", "ز"):
        view = View(name=ViewName.ALL, operator="salem", search=typed)
        await medians(f"search {typed}: first 22 of all", _window_of(inbox, view, as_of), 20)
        await medians(f"search {typed}: count", _count_of(inbox, view), 1)


async def main() -> None:
    """Build a store of the size asked for and measure it."""
    global made_total  # noqa: PLW0603  one script, one size
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    ask_where(parser)
    wanted = parser.parse_args()
    made_total = wanted.messages
    with place(wanted.keep, on_server=wanted.server) as address:
        inbox = await Inbox.open(address)
        if not await inbox.revision():
            await fill(inbox, wanted.messages)
            settle(inbox._db)
        await inbox.aclose()
        begun = time.perf_counter()
        inbox = await Inbox.open(address)
        opened = {"what": "open", "median_ms": round((time.perf_counter() - begun) * 1000, 2), "n": 1}
        print(json.dumps(opened), flush=True)  # noqa: T201  same
        await measure(inbox)
        await inbox.aclose()
        size = {"what": "file", "mb": round(size_bytes(address) / 1e6), "messages": wanted.messages}
        print(json.dumps(size), flush=True)  # noqa: T201  same


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
