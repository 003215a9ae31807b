"""An inbox carried to another store: all of it, the same on both sides, or nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tinydb import where

from majlis.errors import CannotMove, StoreBusy, StoreDamaged, StoreMoved, StoreUnfinished
from majlis.outbox import Action, Entry
from majlis.ports import Draft, View, ViewName
from majlis.states import EntryState
from store import moving
from store.inbox import Inbox, open_rows
from store.rows import open_tinydb
from store.rows.address import shown
from store.rows.engine import SCHEMA, UNFINISHED
from tests.builders import AT, decision, event, key, message, page

ROOT = Path(__file__).resolve().parents[2]
ALL = View(name=ViewName.ALL, operator="salem")
HOSTILE = "\x00 \ud800 مرحبا \N{RIGHT-TO-LEFT OVERRIDE} 1e400 \\u0000 🇦🇪"  # Arabic: hello

DRAFT = Draft(message=str(key()), author="salem", text="نعم", saved_at=AT)  # Arabic: yes


def _told(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def _place(kind: str, path: Path, request: pytest.FixtureRequest) -> str:
    return str(path) if kind == "sqlite" else str(request.getfixturevalue("postgres").fresh())


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the inbox goes: nothing is there yet."""
    return _place(request.param, tmp_path / "new.db", request)


@pytest.fixture
async def source(tmp_path: Path) -> str:
    """An inbox in a file."""
    return await _filled(str(tmp_path / "inbox.db"))


async def _filled(url: str) -> str:
    """Make an inbox with messages, a draft, an entry that waits, a hole in its ids, and text of the worst kind."""
    inbox = await Inbox.open(url)
    await inbox.ingest(page(*(message(str(n), HOSTILE) for n in range(5))))
    entry = Entry(
        id="entry",
        action=Action.REPLY,
        account="moh",
        target=key(),
        text="نعم",  # Arabic: yes
        author="salem",
        created_at=AT,
        due_at=AT,
        state=EntryState.QUEUED,
    )
    await inbox.apply(decision(entry))
    await inbox.save_draft(DRAFT)
    await inbox.aclose()
    db = open_tinydb(url)
    db.table("draft").insert({"key": "removed"})
    db.table("draft").remove(where("key") == "removed")
    db.close()
    return url


def _documents(url: str) -> dict[str, dict[int, dict[str, Any]]]:
    db = open_tinydb(url, schema=UNFINISHED)
    try:
        return {name: {row.doc_id: dict(row) for row in db.table(name)} for name in db.tables()}
    finally:
        db.close()


async def test_everything_arrives_as_it_was(source: str, target: str) -> None:
    """Documents, ids, the ids that come next, and the history, which goes on with the move."""
    before = _documents(source)

    moved = moving.move(source, target, event("move"), _told)

    after = _documents(target)
    assert moved.counts == {name: len(rows) for name, rows in before.items()}
    assert {name: rows for name, rows in after.items() if name not in {"event", "payload", "head"}} == {
        name: rows for name, rows in before.items() if name not in {"event", "payload", "head"}
    }
    assert len(after["event"]) == len(before["event"]) + 1
    inbox = await Inbox.open(target)
    assert (await inbox.check()).ok
    assert [each.action for each in await inbox.events()][-1] == "move"
    assert len((await inbox.window(ALL, limit=10)).rows) == 5
    await inbox.ingest(page(message("later")))
    await inbox.aclose()
    db = open_tinydb(target)
    assert (db.table("draft").insert({"key": "next"}), db.schema) == (3, SCHEMA)
    db.close()


async def test_nobody_goes_on_at_the_old_place(source: str, target: str) -> None:
    """Neither who opens it, nor who had it open; both are told where it went, without a password."""
    inbox = await Inbox.open(source)

    moving.move(source, target, event("move"), _told)

    with pytest.raises(StoreMoved) as told:
        await inbox.ingest(page(message("late")))
    assert told.value.facts["to"] == shown(target)
    with pytest.raises(StoreMoved):
        await inbox.save_draft(DRAFT)
    await inbox.aclose()
    with pytest.raises(StoreMoved, match=re.escape(shown(target))):
        await Inbox.open(source)
    with pytest.raises(StoreMoved):
        moving.move(source, f"{source}-third", event("move"), _told)


async def test_an_inbox_that_is_kept_goes_on_and_the_copy_looks_before_it_sends(source: str, target: str) -> None:
    """Both would send what waits."""
    moved = moving.move(source, target, event("move"), _told, is_kept=True)

    assert moved.in_doubt == 1
    states = {}
    for path in (source, target):
        inbox = await Inbox.open(path)
        entry = await inbox.entry("entry")
        assert entry is not None
        states[path] = entry.state
        await inbox.ingest(page(message("later")))
        assert (await inbox.check()).ok
        await inbox.aclose()
    assert states == {source: EntryState.QUEUED, target: EntryState.UNKNOWN}


@pytest.mark.parametrize("kind", ["full", "itself", "another kind"])
def test_places_that_take_no_inbox(source: str, tmp_path: Path, kind: str) -> None:
    """Nothing changes on either side."""
    other = tmp_path / "other.db"
    with open_tinydb(other) as db:
        db.table("message").insert({"key": "theirs"})
    to = {"full": str(other), "itself": source, "another kind": "mysql://me:secret@db.example/x"}[kind]

    with pytest.raises(CannotMove) as refused:
        moving.move(source, to, event("move"), _told)

    assert "secret" not in str(refused.value)
    assert _documents(str(other)) == {"message": {1: {"key": "theirs"}}}
    db = open_rows(source)
    assert db.schema == SCHEMA
    db.close()


def test_nobody_writes_while_it_is_carried(source: str, target: str) -> None:
    """A writer waits, and gives up like before any other long writer; reading goes on."""
    asked: list[str] = []
    other = open_rows(source)
    other.engine._patience_s = 0.01  # type: ignore[attr-defined]  # of this engine

    def told(stage: str, _done: int, _total: int) -> None:
        with pytest.raises(StoreBusy):
            other.table("draft").insert({"key": stage})
        assert len(other.table("message")) == 5
        asked.append(stage)

    moving.move(source, target, event("move"), told)

    assert {"copying", "verifying"} <= set(asked)
    other.close()


KILLED = """
import os, sys
from store import moving
from tests.builders import event

def told(stage, done, total):
    if stage == sys.argv[3]:
        os.kill(os.getpid(), 9)

moving.move(sys.argv[1], sys.argv[2], event("move"), told)
"""


@pytest.mark.parametrize("stage", ["copying", "verifying"])
async def test_a_move_that_is_killed_leaves_no_inbox_behind(source: str, target: str, stage: str) -> None:
    """Its target is refused by name, the source goes on, and the move can be done again."""
    command = [sys.executable, "-c", KILLED, source, target, stage]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, cwd=ROOT, env=env, check=False, timeout=60).returncode == -9  # noqa: ASYNC221

    with pytest.raises(StoreUnfinished):
        await Inbox.open(target)
    inbox = await Inbox.open(source)
    await inbox.ingest(page(message("later")))
    await inbox.aclose()

    moved = moving.move(source, target, event("move"), _told)
    assert moved.counts["message"] == 6
    inbox = await Inbox.open(target)
    assert (await inbox.check()).ok
    await inbox.aclose()


async def test_a_move_that_is_killed_at_its_very_end_is_ended_by_the_next(source: str, target: str) -> None:
    """The inbox had arrived, perhaps somebody has worked with it; only the old place did not know."""
    before = shutil.copy(source, f"{source}-before")
    moving.move(source, target, event("move"), _told)
    shutil.move(before, source)  # as if the mark had not been written
    inbox = await Inbox.open(target)
    await inbox.ingest(page(message("later")))
    await inbox.aclose()

    moving.move(source, target, event("move"), _told)

    with pytest.raises(StoreMoved):
        await Inbox.open(source)
    inbox = await Inbox.open(target)
    assert len((await inbox.window(ALL, limit=10)).rows) == 6
    await inbox.aclose()


async def test_what_is_read_back_otherwise_is_found(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing has moved; a fault of an engine is the one thing that no argument can stand in for."""
    db = open_tinydb(target, schema=UNFINISHED)
    kind = type(db.engine)
    db.close()
    insert = kind.insert

    def forgetful(self: Any, table: str, rows: list[tuple[int, str]]) -> None:
        insert(self, table, [(doc_id, body.replace("salem", "saleh")) for doc_id, body in rows])

    monkeypatch.setattr(kind, "insert", forgetful)
    with pytest.raises(StoreDamaged, match="is not what was copied"):
        moving.move(source, target, event("move"), _told)
    monkeypatch.undo()

    with pytest.raises(StoreUnfinished):
        await Inbox.open(target)
    await (await Inbox.open(source)).aclose()


async def test_an_inbox_comes_back_from_a_server(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The way is the same in both directions, and from one server to the next."""
    first = await _filled(_place("postgresql", tmp_path, request))
    second, back = _place("postgresql", tmp_path, request), str(tmp_path / "back.db")
    before = _documents(first)
    still_open = await Inbox.open(first)

    moving.move(first, second, event("move"), _told)
    with pytest.raises(StoreMoved):
        await still_open.ingest(page(message("late")))
    assert await still_open.revision() == 2
    await still_open.aclose()
    moved = moving.move(second, back, event("move"), _told)

    after = _documents(back)
    assert (after["message"], after["entry"], after["draft"]) == (before["message"], before["entry"], before["draft"])
    assert moved.revision == 3
    inbox = await Inbox.open(back)
    assert (await inbox.check()).ok
    await inbox.aclose()
    for left in (first, second):
        with pytest.raises(StoreMoved):
            await Inbox.open(left)


def test_a_password_is_never_shown() -> None:
    """The rest of the address is."""
    told = moving._shown("postgresql://me:pa%40ss@db.example:5432/majlis?sslmode=require")

    assert told == "postgresql://me:***@db.example:5432/majlis?sslmode=require"
