"""Rows that somebody wrote by hand and that are no values: nobody is held up by them, and they are found."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sender import Sender
from majlis.commands import Reply
from majlis.errors import StoreDamaged
from majlis.outbox import Entry
from majlis.ports import View, ViewName
from majlis.states import EntryState
from store.inbox import Inbox, open_rows
from store.verifying import verify
from tests.builders import Bench, key, message, page
from tests.fakes.connector import FakeConnector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FAR = "2000-01-01T00:00:00.000000+00:00"
ROW = {"key": "by-hand", "rev": 99}
NONSENSE: dict[str, dict[str, Any]] = {
    "entry": ROW | {"state": "held", "due_at": FAR, "newest": FAR, "queued": 1, "value": {"id": 7}},
    "message": ROW | {"list": "queue", "order": "0", "newest": FAR, "queued": 1, "value": "none"},
    "case": ROW | {"list": "cases", "order": "0"},
    "post": {"list": "calendar", "order": "0", "rev": 99, "value": []},
}
"""A table, and what somebody puts into it."""
BROKEN: dict[str, Any] = {"key": "x:moh:comment:9", "lease_until": FAR, "wake_at": FAR, "rev": 1, "value": {"text": 3}}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An inbox on either engine."""
    if request.param == "sqlite":
        return str(tmp_path / "inbox.db")
    address: str = request.getfixturevalue("postgres").emptied()
    return address


@pytest.fixture
async def bench(url: str) -> AsyncIterator[Bench]:
    """A desk with a message, an answer that is due, and nonsense in every table."""
    store = await Inbox.open(url)
    await store.ingest(page(message()))
    bench = Bench(store)
    await bench.desk.do(Reply(key=key(), text="نعم، كل يوم"))  # Arabic: yes, every day
    bench.clock.at = bench.clock.at.replace(minute=1)
    db = open_rows(url)
    for table, row in NONSENSE.items():
        db.table(table).insert(row)
    db.table("message").insert(BROKEN)
    db.close()
    yield bench
    await store.aclose()


async def test_the_sender_goes_on_beside_nonsense_and_says_so_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """What is whole goes out."""
    network = FakeConnector(bench.clock)
    sender = Sender((network,), bench.store, bench.clock, bench.dispatch)
    with caplog.at_level(logging.WARNING):
        assert await sender.run_once() == 1
        assert await sender.run_once() == 0

    said = [record.getMessage() for record in caplog.records]
    assert len([each for each in said if "entry by-hand" in each]) == 1
    assert len([each for each in said if "message x:moh:comment:9" in each]) == 1


async def test_lists_and_changes_leave_it_out(bench: Bench) -> None:
    """And whoever asks for it by name is told that it is damaged."""
    for name, count in ((ViewName.QUEUE, 0), (ViewName.OUTBOX, 1), (ViewName.CASES, 0), (ViewName.CALENDAR, 0)):
        found = await bench.store.window(View(name=name, operator="salem"), limit=10)
        assert len(found.rows) == count, name
    assert [entry.id for entry in await bench.store.entries(EntryState)] == [(await first_entry(bench)).id]
    assert "by-hand" in (await bench.store.changes(0)).keys
    with pytest.raises(StoreDamaged, match="entry by-hand"):
        await bench.store.entry("by-hand")


async def first_entry(bench: Bench) -> Entry:
    rows = (await bench.store.window(View(name=ViewName.OUTBOX, operator="salem"), limit=10)).rows
    found = rows[0].entry
    assert found is not None
    return found


async def test_reading_goes_on_where_a_message_cannot_be_read(bench: Bench) -> None:
    """It is left as it is; what else is on the page is kept."""
    ingested = await bench.store.ingest(page(message("9"), message("10")))

    assert [each.native_id for each in ingested.new] == ["10"]
    assert ingested.changed == ()


async def test_it_is_found_by_both_looks(bench: Bench, url: str) -> None:
    """`store check` names the row, `audit verify` says that nobody wrote it."""
    checked = await bench.store.check()
    assert not checked.ok
    assert sum("by-hand" in problem for problem in checked.problems) == 3

    found = {each.subject for each in verify(url, keys={}, log=()).discrepancies}
    assert {"entry:by-hand", "message:by-hand", "case:by-hand", "message:x:moh:comment:9"} <= found


async def test_an_event_that_is_none_breaks_the_history_and_no_look_at_it(bench: Bench, url: str) -> None:
    """The sender believes nothing then, and goes on."""
    db = open_rows(url)
    db.table("event").update({"at": "noon", "rev": "second"}, doc_ids=[2])
    db.close()
    sender = Sender((FakeConnector(bench.clock),), bench.store, bench.clock, bench.dispatch)

    assert await sender.run_once() == 0
    assert [event.hash for event in await bench.store.events()][1] == ""
    assert "event:2" in {each.subject for each in verify(url, keys={}, log=()).discrepancies}
