"""Erasing a person: nowhere any more, and the history still holds."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from majlis.commands import Claim, Escalate, KeepSnippet, Reply, WriteMemo
from majlis.message import Author, Message, Network, Quarantined, Span
from majlis.ports import Draft
from majlis.states import EntryState, MessageState
from store import open_tinydb
from store.inbox import Inbox
from tests.builders import AT, Bench, key, message, page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

CANARY, NAME, HANDLE, PHONE = "قلق-الكناري-7731", "Canary Birdwell", "canary_7731", "0507731773"
REASON = ("--reason", "asked for by letter 12", "--yes")
TELLING = (CANARY, NAME, HANDLE, PHONE)


def hers(native_id: str, text: str) -> Message:
    """Return a message of the person."""
    at = text.find(PHONE)
    spans = (Span(start=at, end=at + len(PHONE), category="phone"),) if at >= 0 else ()
    author = Author(id="u-canary", handle=HANDLE, name=NAME)
    return message(
        native_id, text, thread=f"t{native_id}", author=author, link=f"https://x.com/{HANDLE}", personal=spans
    )


@pytest.fixture
def lived(cli: Cli) -> Cli:
    """An inbox in which the person is everywhere."""

    async def live() -> None:
        cli.inbox.parent.mkdir(parents=True)
        store = await Inbox.open(str(cli.inbox))
        bench = Bench(store)
        raw = json.dumps({"from": HANDLE, "text": CANARY}, ensure_ascii=False)
        odd = Quarantined(network=Network.X, account="moh", stream="mentions", raw=raw, reason="odd", seen_at=AT)
        first = (
            hers("1", f"{CANARY} {PHONE}"),
            hers("2", CANARY),
            hers("3", CANARY),
            message("4", f"as @{HANDLE} says"),
        )
        await store.ingest(page(*first, quarantined=(odd,)))
        await store.ingest(page(hers("1", f"{CANARY} again {PHONE}")))
        await bench.desk.do(Claim(key=key("1")))
        await bench.desk.do(WriteMemo(key=key("1"), text=f"{NAME} called about {CANARY}"))
        await bench.desk.do(WriteMemo(key=key("4"), text=f"compare with {NAME}"))
        await bench.desk.do(Reply(key=key("1"), text="شكرا لكم، المركز مفتوح من الثامنة صباحا."))
        await bench.desk.do(Escalate(key=key("2"), reason="appointment", note=f"{NAME}: {CANARY}"))
        await bench.desk.do(KeepSnippet(name="thanks", language="en", text=f"Thank you, @{HANDLE}"))
        await store.save_draft(Draft(message=str(key("3")), author="salem", text=CANARY, saved_at=AT))
        await store.aclose()

    asyncio.run(live())
    return cli


def bytes_of(folder: Path) -> bytes:
    """Return every byte in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def holds(data: bytes) -> list[str]:
    """Return what of the person is in some bytes, as UTF-8 or as JSON escapes."""
    return [each for each in TELLING if each.encode() in data or json.dumps(each).strip('"').encode() in data]


def test_a_person_is_in_no_byte_of_the_inbox_afterwards_and_the_history_holds(lived: Cli) -> None:
    """Not in a table, an index, a freed page or the log, and not in an export."""
    assert set(holds(bytes_of(lived.inbox.parent))) == set(TELLING)

    said = lived("erase", "x:u-canary", *REASON, "--json")
    assert said.code == 0, said
    (row,) = said.rows
    assert row["purged"]
    assert row["erased"] == {
        "message": 4,
        "entry": 1,
        "case": 1,
        "memo": 2,
        "undo": 2,
        "snippet": 1,
        "quarantine": 1,
        "draft": 1,
        "payload": row["erased"]["payload"],
    }

    assert holds(bytes_of(lived.inbox.parent)) == []
    copy = lived.home / "copy.json"
    assert lived("export", "--whole", str(copy)).code == 0
    assert holds(copy.read_bytes()) == []
    verified = lived("audit", "verify", "--json")
    assert verified.code == 0, verified.out
    assert verified.rows[0]["erased"] == row["erased"]["payload"]
    assert lived("import", "--store", str(lived.home / "new.db"), str(copy)).code == 0


def test_what_made_the_old_digests_goes_too(lived: Cli) -> None:
    """Of every event that wrote one of their rows, whatever it was about: reading them in was about a list."""

    def salted() -> set[str]:
        db = open_tinydb(lived.inbox)
        actions = {row.doc_id: row["action"] for row in db.table("event")}
        found = {actions[row.doc_id] for row in db.table("payload") if "salt" in row}
        db.close()
        return found

    assert "ingest" in salted()
    lived("erase", str(key("1")), *REASON)
    assert "ingest" not in salted()


def test_the_history_says_why_and_by_whom_and_not_who_it_was(lived: Cli) -> None:
    """One event, with the reason and how much it touched."""
    lived("erase", str(key("1")), *REASON)
    (event,) = lived("audit", "show", "--action", "erase", "--json").rows
    assert event["subject"] == "person"
    assert event["payload"]["reason"] == "asked for by letter 12"
    assert event["payload"]["counts"]["message"] == 4
    assert "u-canary" not in json.dumps(event)


async def test_a_later_poll_brings_nothing_back(lived: Cli) -> None:
    """The key is known, and known to be erased; what waited to go out does not."""
    await asyncio.to_thread(lived, "erase", f"x:@{HANDLE}", *REASON)
    store = await Inbox.open(str(lived.inbox))
    ingested = await store.ingest(page(hers("1", f"{CANARY} {PHONE}"), hers("2", CANARY)))
    assert (ingested.new, ingested.changed) == ((), ())
    kept = await store.message(key("1"))
    assert kept is not None
    assert (kept.text, kept.author, kept.erased) == ("", Author(), True)
    third = await store.message(key("3"))
    assert third is not None
    assert third.standing.state is MessageState.DONE
    entries = await store.entries(tuple(EntryState))
    assert [(entry.state, entry.text) for entry in entries] == [(EntryState.RECALLED, "")]
    await store.aclose()


def test_erasing_says_what_it_would_touch_and_asks(lived: Cli) -> None:
    """Without --yes, without a reason, for nobody, nothing is done."""
    before = bytes_of(lived.inbox.parent)
    asked = lived("erase", "x:u-canary")
    assert asked.code == 3
    assert "messages" in asked.out
    assert "cannot be taken back" in asked.err
    short = lived("erase", "x:u-canary", "--reason", "letter", "--yes")
    assert short.code == 3
    assert "a reason of at least 10 characters" in short.err
    assert "colleague" not in short.err
    assert lived("erase", "x:nobody-here", *REASON).code == 6
    assert lived("erase", "somebody", *REASON).code == 2
    assert holds(bytes_of(lived.inbox.parent)) == holds(before)
