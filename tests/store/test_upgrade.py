"""A store written by an older Majlis becomes one of this, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tinydb.operations import delete

from majlis.errors import SchemaNewer
from majlis.ports import View, ViewName
from store import open_tinydb
from store.documents import plain
from store.inbox import Inbox
from store.rows.engine import SCHEMA
from store.upgrade import STEPS, upgrade
from tests.builders import key, message, page
from tests.connectors.escalate.conftest import case as a_case

if TYPE_CHECKING:
    from pathlib import Path

    from store.rows.database import RowDB
    from tests.postgres import Cluster


ALL = View(name=ViewName.ALL, operator="salem")


def shout(db: RowDB) -> None:
    """Write every text in capitals: what a change of shape might do."""
    for row in db.table("message").all():
        db.table("message").update({"text": row["text"].upper()}, doc_ids=[row.doc_id])


def fail(db: RowDB) -> None:
    """Change something, then fail."""
    shout(db)
    raise RuntimeError("a full disk, say")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store of each engine may lie; nothing is there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "inbox.db")
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.fresh()


@pytest.fixture
def old(address: str) -> str:
    """A store of the present schema with one document."""
    db = open_tinydb(address)
    db.table("message").insert({"text": "hello"})
    db.close()
    return address


def test_every_schema_before_this_one_has_its_step() -> None:
    """Nobody raises the number and forgets those who come from below."""
    assert set(STEPS) == set(range(1, SCHEMA))


async def test_cases_of_the_first_schema_come_into_the_list(address: str) -> None:
    """They were kept before customer service had a list of its own."""
    db = open_tinydb(address, schema=1)
    known = plain(a_case())
    db.table("case").insert(
        {"key": "case-7", "account": "moh", "thread": "t", "rev": 3, "value": known | {"answer": None}}
    )
    db.close()

    store = await Inbox.open(address)
    window = await store.window(View(name=ViewName.CASES, operator="huda"), limit=9)
    await store.aclose()

    assert [row.case.id for row in window.rows if row.case] == ["case-7"]


def test_a_store_is_brought_up_step_by_step_and_then_left_alone(old: str) -> None:
    """Two numbers, two steps; the older program refuses it afterwards."""
    db = open_tinydb(old, schema=SCHEMA + 2)
    steps = {SCHEMA: shout, SCHEMA + 1: shout}

    assert upgrade(db, to=SCHEMA + 2, steps=steps) == 2
    assert upgrade(db, to=SCHEMA + 2, steps=steps) == 0
    assert [row["text"] for row in db.table("message").all()] == ["HELLO"]
    db.close()

    older = open_tinydb(old)
    with pytest.raises(SchemaNewer):
        older.table("message").insert({"text": "from an older program"})
    older.close()


def test_a_step_that_fails_leaves_the_store_as_it_was(old: str) -> None:
    """Text and number, both."""
    db = open_tinydb(old, schema=SCHEMA + 1)
    with pytest.raises(RuntimeError):
        upgrade(db, to=SCHEMA + 1, steps={SCHEMA: fail})

    assert db.schema == SCHEMA
    assert [row["text"] for row in db.table("message").all()] == ["hello"]
    db.close()


async def test_messages_of_the_first_schema_can_be_searched(address: str) -> None:
    """They and their entries get what they are found by; everything else in them stays."""
    first = await Inbox.open(address)
    await first.ingest(page(*(message(str(number), f"رقم {number}") for number in range(3))))
    before = await first.window(ALL, limit=9)
    await first.aclose()
    db = open_tinydb(address)
    with db.transaction():
        for row in db.table("message").all():
            db.table("message").update(delete("found"), doc_ids=[row.doc_id])
        db.schema = 1
    db.close()

    again = await Inbox.open(address)

    assert (await again.window(ALL, limit=9)).rows == before.rows
    assert (await again.counts(View(name=ViewName.ALL, operator="salem", search="رقم 2"))).shown == 1
    await again.aclose()


async def test_an_inbox_of_this_schema_opens_as_it_is(address: str) -> None:
    """What this program wrote, this program reads."""
    first = await Inbox.open(address)
    await first.ingest(page(message()))
    await first.aclose()

    again = await Inbox.open(address)
    assert await again.message(key()) is not None
    await again.aclose()
