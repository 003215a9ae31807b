"""An event says what each row it wrote is since then, and an entry that no event covers is known as such."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.audit import GENESIS, Event, digest, event_hash, row_digest
from majlis.commands import Claim, Reply
from majlis.outbox import Entry
from store import open_tinydb
from store.inbox import Inbox
from store.pins import Pins, chain_break, head_of, record
from store.rows.engine import SCHEMA
from tests.builders import Bench, decision, event, key, message, page
from tests.contract.test_store import entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

VALUES = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(VALUES, st.text("0123456789abcdef", max_size=32))
def test_the_digest_of_a_row_is_that_of_a_payload(value: dict[str, Any], salt: str) -> None:
    """The fast way of saying canonical JSON says the same, lone surrogates and long numbers included."""
    assert row_digest(value, salt) == digest(value, salt)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the inbox lies."""
    return tmp_path / "inbox.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Inbox]:
    """An inbox with one message."""
    inbox = await Inbox.open(str(path))
    await inbox.ingest(page(message()))
    yield inbox
    await inbox.aclose()


def by_hand(path: Path, table: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change every document of a table past the program."""
    db = open_tinydb(path)
    db.table(table).update(change)  # type: ignore[arg-type]  # as TinyDB calls a change
    db.close()


async def test_an_entry_is_covered_by_the_event_that_wrote_it_last(store: Inbox) -> None:
    """Other events before and after do not matter, another one about the entry does."""
    first = entry()
    rev = await store.apply(decision(first))
    await store.apply(decision(message("2", rev=0)))

    event = await store.covering(first.id)
    assert event is not None
    assert event.rev == rev

    again = await store.entry(first.id)
    assert again is not None
    later = await store.apply(decision(again))
    event = await store.covering(first.id)
    assert event is not None
    assert event.rev == later


def retext(row: dict[str, Any]) -> None:
    """Put other words into a row."""
    row["value"]["text"] = "other words"


def forget_rev(row: dict[str, Any]) -> None:
    """Pretend that a row was written later than it was."""
    row["rev"] += 1


def other_actor(row: dict[str, Any]) -> None:
    """Put somebody else's name on an event."""
    row["actor"] = "mariam"


def unpin(row: dict[str, Any]) -> None:
    """Take away what an event says of rows."""
    row.pop("rows", None)


@pytest.mark.parametrize(
    ("table", "change"),
    [("entry", retext), ("entry", forget_rev), ("event", other_actor), ("payload", unpin)],
)
async def test_an_entry_altered_by_hand_is_not_covered(
    store: Inbox, path: Path, table: str, change: Callable[[dict[str, Any]], None]
) -> None:
    """Its words, its place, who wrote it, or what the event says of it."""
    made = entry()
    await store.apply(decision(made))
    by_hand(path, table, change)

    assert await store.covering(made.id) is None


async def test_an_entry_put_back_to_an_earlier_state_is_not_covered(store: Inbox, path: Path) -> None:
    """An old row with its old pin would be sent again: a later event speaks of it."""
    made = entry()
    await store.apply(decision(made))
    db = open_tinydb(path)
    (old,) = db.table("entry").all()
    there = await store.entry(made.id)
    assert there is not None
    await store.apply(decision(there))
    db.table("entry").update(dict(old))
    db.close()

    assert await store.covering(made.id) is None


def forged(path: Path, prev: str | None, end: tuple[int, str] | None = None) -> None:
    """Change the words of the entry past the program, and write an event in somebody's name that pins them."""
    db = open_tinydb(path)
    with db.transaction():
        (row,) = db.table("entry").all()
        pins = Pins("salt")
        changed = pins.pinned("entry", {**row, "value": {**row["value"], "text": "forged"}})
        db.table("entry").update(changed)
        rev, last = head_of(db)
        record(db, event("reply", "entry"), rev + 1, last if prev is None else prev, pins.rows)
        if end is not None:
            db.table("head").update({"rev": end[0], "hash": end[1]})
    db.close()


async def test_pins_that_are_not_the_events_own_cover_nothing(store: Inbox, path: Path) -> None:
    """They lie beside it, and whoever alters a row can alter them; the event holds their digest."""
    made = entry()
    rev = await store.apply(decision(made))
    db = open_tinydb(path)
    (row,) = db.table("entry").all()
    pins = Pins("salt")
    db.table("entry").update(pins.pinned("entry", {**row, "value": {**row["value"], "text": "forged"}}))
    (beside,) = db.table("payload").get(doc_ids=[rev])
    db.table("payload").update({"rows": beside["rows"] | pins.rows}, doc_ids=[rev])
    db.close()

    assert await store.covering(made.id) is None


async def test_an_event_that_does_not_follow_covers_nothing(store: Inbox, path: Path) -> None:
    """Whatever it pins: it has to hold on to the one before it."""
    made = entry()
    await store.apply(decision(made))
    forged(path, GENESIS)

    assert await store.covering(made.id) is None


async def test_an_event_behind_the_end_covers_nothing(store: Inbox, path: Path) -> None:
    """The head says where the history ends."""
    made = entry()
    await store.apply(decision(made))
    forged(path, None, end=(2, "0" * 64))

    assert await store.covering(made.id) is None


async def test_a_carried_history_is_followed_to_its_head(store: Inbox, path: Path) -> None:
    """One that stops short of it, or goes on behind it, breaks there."""
    await store.apply(decision(entry()))
    db = open_tinydb(path)
    assert chain_break(db) is None
    db.table("head").update({"hash": GENESIS})
    assert chain_break(db) == 3
    db.close()


async def test_an_entry_added_by_hand_is_not_covered(store: Inbox, path: Path) -> None:
    """Whatever it looks like, no event knows it."""
    made = entry()
    await store.apply(decision(made))
    db = open_tinydb(path)
    (row,) = db.table("entry").all()
    row["key"] = row["value"]["id"] = "entry-by-hand"
    db.table("entry").insert(dict(row))
    db.close()

    assert await store.covering("entry-by-hand") is None
    assert await store.covering(made.id) is not None


async def test_what_an_older_program_wrote_is_covered_from_the_upgrade_on(store: Inbox, path: Path) -> None:
    """It pinned nothing; the upgrade's events do, and its own events are as they were."""
    made = entry()
    await store.apply(decision(made))
    await store.aclose()
    path.with_name(f"{path.name}-witness").unlink()  # it had none either
    db = open_tinydb(path)
    with db.transaction():
        for table in ("message", "entry"):
            db.table(table).update(lambda row: row.pop("salt"))
        db.table("payload").update(unpin)  # type: ignore[arg-type]
        prev = None
        for row in db.table("event").all():
            old = msgspec.to_builtins(_unpinned(row, prev))
            db.table("event").update(old, doc_ids=[row.doc_id])
            prev = old["hash"]
        db.table("head").update({"hash": prev})
        db.schema = SCHEMA - 1
    db.close()

    again = await Inbox.open(str(path))
    event = await again.covering(made.id)
    assert (await again.check()).ok
    await again.aclose()

    assert event is not None
    assert (event.action, event.actor, event.terminal) == ("upgrade", "service", "upgrade")


def _unpinned(row: dict[str, Any], prev: str | None) -> Any:
    event = replace(msgspec.convert(row, Event), rows="", prev=prev or GENESIS)
    return replace(event, hash=event_hash(event))


async def test_every_entry_that_a_desk_makes_is_covered(store: Inbox) -> None:
    """The desk and the sender's own steps alike."""
    bench = Bench(store)
    await bench.desk.do(Claim(key=key()))
    outcome = await bench.desk.do(Reply(key=key(), text="المركز مفتوح من الثامنة صباحا."))
    made = await bench.entry(outcome.entry)
    event = await store.covering(made.id)
    assert event is not None
    assert (event.action, event.actor) == ("reply", "salem")

    bench.clock.at = made.due_at
    going = await bench.dispatch.release(made)
    assert isinstance(going, Entry)
    event = await store.covering(made.id)
    assert event is not None
    assert (event.action, event.actor) == ("sending", "service")
