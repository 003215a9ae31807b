"""Four processes write to one inbox at once: no decision is lost, and the history is one chain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from majlis.audit import first_break
from majlis.states import EntryState
from store.inbox import Inbox
from tests.builders import message, page

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, DECISIONS = 4, 60
WRITER = """
import asyncio, sys
from majlis.errors import Conflict
from majlis.ports import View, ViewName
from majlis.outbox import Action, Entry
from store.inbox import Inbox
from tests.builders import AT, decision, key, message, page

async def write(store, name, count):
    inbox = await Inbox.open(store)
    made = lost = 0
    while made < count:
        shared = await inbox.message(key("shared"))
        entry = Entry(id=f"{name}-{made}", action=Action.HIDE, account="moh", target=key(), author=name,
                      created_at=AT, due_at=AT)
        try:
            await inbox.apply(decision(shared, entry))
            made += 1
        except Conflict:
            lost += 1
    await inbox.ingest(page(message(name)))
    await inbox.aclose()

asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def test_four_processes_write_at_once(tmp_path: Path) -> None:
    """All race for one message: each decision is there once, in a chain without holes."""
    path = str(tmp_path / "inbox.db")
    inbox = await Inbox.open(path)
    await inbox.ingest(page(message("shared")))
    command = [sys.executable, "-c", WRITER, path]
    names = [f"writer{number}" for number in range(PROCESSES)]
    writers = [subprocess.Popen([*command, name, str(DECISIONS)], cwd=ROOT) for name in names]  # noqa: ASYNC220  they run beside

    assert [writer.wait(timeout=100) for writer in writers] == [0] * PROCESSES

    entries = await inbox.entries(EntryState)
    events = await inbox.events(limit=10_000)
    assert {entry.id for entry in entries} == {f"{name}-{n}" for name in names for n in range(DECISIONS)}
    assert len(events) == 1 + PROCESSES * DECISIONS + PROCESSES
    assert first_break(events) is None
    assert (await inbox.check()).ok
    await inbox.aclose()
