"""An inbox as a file: out and in again, covered or whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tinydb import TinyDB

from majlis.commands import Claim
from majlis.errors import BadImport
from majlis.message import Span
from majlis.ports import View, ViewName
from majlis.publishing import Post, PostKind
from store.carrying import export, import_
from store.inbox import Inbox
from tests.builders import AT, Bench, decision, key, message, page
from tests.contract.test_store import case

if TYPE_CHECKING:
    from pathlib import Path

ALL = View(name=ViewName.ALL, operator="salem")


async def _filled(path: Path) -> str:
    store = await Inbox.open(str(path))
    personal = (Span(start=5, end=15, category="phone"),)
    await store.ingest(page(message("1", "call 0500000001", personal=personal), message("2", "شكرا")))
    await store.aclose()
    return str(path)


async def test_an_exported_inbox_is_the_same_when_imported(tmp_path: Path) -> None:
    """Messages, positions and history come back as they were."""
    url = await _filled(tmp_path / "a.db")

    counts = export(url, tmp_path / "copy.json", None)
    import_(str(tmp_path / "b.db"), tmp_path / "copy.json")

    one, other = await Inbox.open(url), await Inbox.open(str(tmp_path / "b.db"))
    try:
        assert await one.window(ALL, limit=9) == await other.window(ALL, limit=9)
        assert await one.events() == await other.events()
        assert (await other.counts(View(name=ViewName.ALL, operator="salem", search="شكر"))).shown == 1
        assert (await other.check()).ok
        assert counts["message"] == 2
    finally:
        await one.aclose()
        await other.aclose()


async def test_imported_cases_are_found_as_before(tmp_path: Path) -> None:
    """What they are found by is no part of the file, and made again."""
    store = await Inbox.open(str(tmp_path / "a.db"))
    await store.ingest(page(message()))
    await store.apply(decision(case()))
    await store.aclose()

    export(str(tmp_path / "a.db"), tmp_path / "copy.json", None)
    import_(str(tmp_path / "b.db"), tmp_path / "copy.json")

    other = await Inbox.open(str(tmp_path / "b.db"))
    assert (await other.counts(View(name=ViewName.CASES, operator="salem", search="case-1"))).shown == 1
    await other.aclose()
    assert "found" not in (tmp_path / "copy.json").read_text("ascii")


async def test_imported_posts_are_found_as_before(tmp_path: Path) -> None:
    """The calendar's search too."""
    store = await Inbox.open(str(tmp_path / "a.db"))
    await store.apply(
        decision(Post(id="post-1", kind=PostKind.NEWS, english="vaccination", author="salem", created_at=AT))
    )
    await store.aclose()

    export(str(tmp_path / "a.db"), tmp_path / "copy.json", None)
    import_(str(tmp_path / "b.db"), tmp_path / "copy.json")

    other = await Inbox.open(str(tmp_path / "b.db"))
    assert (await other.counts(View(name=ViewName.CALENDAR, operator="salem", search="vaccination"))).shown == 1
    await other.aclose()


async def test_stock_tinydb_reads_the_file(tmp_path: Path) -> None:
    """Nobody needs this program to get at their data."""
    url = await _filled(tmp_path / "a.db")

    export(url, tmp_path / "copy.json", None)

    with TinyDB(tmp_path / "copy.json") as db:
        assert len(db.table("message")) == 2


async def test_a_covered_export_holds_no_contact_data(tmp_path: Path) -> None:
    """The number is gone from every byte of the file, and the words around it stay."""
    url = await _filled(tmp_path / "a.db")

    export(url, tmp_path / "copy.json", lambda text: text)

    written = (tmp_path / "copy.json").read_text(encoding="ascii")
    assert "0500000001" not in written
    texts = [row["value"]["text"] for row in json.loads(written)["message"].values()]
    assert "call " + "•" * 10 in texts


async def test_a_covered_export_holds_no_contact_data_in_the_reason_of_a_take_over(tmp_path: Path) -> None:
    """Neither beside the claim nor in the history."""
    store = await Inbox.open(str(tmp_path / "a.db"))
    await store.ingest(page(message()))
    bench = Bench(store)
    await bench.as_("noura").do(Claim(key=key()))
    held = await bench.message()
    await bench.desk.do(Claim.taking_over(held, "she asked to be called on 0500000001"))
    await store.aclose()

    export(str(tmp_path / "a.db"), tmp_path / "copy.json", lambda text: text.replace("0500000001", "•"))

    written = (tmp_path / "copy.json").read_text(encoding="ascii")
    assert "she asked to be called" in written
    assert "0500000001" not in written


async def test_an_inbox_that_holds_something_takes_no_import(tmp_path: Path) -> None:
    """Two histories cannot be one."""
    url = await _filled(tmp_path / "a.db")
    export(url, tmp_path / "copy.json", None)

    with pytest.raises(BadImport, match="not empty"):
        import_(url, tmp_path / "copy.json")


@pytest.mark.parametrize("table", ["event", "head"])
async def test_a_file_whose_history_was_cut_is_refused(tmp_path: Path, table: str) -> None:
    """Nothing of it is taken in."""
    url = await _filled(tmp_path / "a.db")
    export(url, tmp_path / "copy.json", None)
    data = json.loads((tmp_path / "copy.json").read_text(encoding="ascii"))
    data.pop(table)
    (tmp_path / "copy.json").write_text(json.dumps(data), encoding="ascii")

    with pytest.raises(BadImport, match="history"):
        import_(str(tmp_path / "b.db"), tmp_path / "copy.json")

    other = await Inbox.open(str(tmp_path / "b.db"))
    assert (await other.window(ALL, limit=9)).rows == ()
    await other.aclose()


async def test_somebody_elses_tinydb_file_is_refused(tmp_path: Path) -> None:
    """Documents of another shape are named, and nothing is taken in."""
    (tmp_path / "other.json").write_text('{"message": {"1": {"name": "x"}}}', encoding="ascii")

    with pytest.raises(BadImport):
        import_(str(tmp_path / "b.db"), tmp_path / "other.json")


async def test_a_file_whose_rows_were_altered_is_refused(tmp_path: Path) -> None:
    """What the history does not cover is not taken in, a copy with covered texts included."""
    await _filled(tmp_path / "inbox.db")
    export(str(tmp_path / "inbox.db"), tmp_path / "copy.json", None)
    copy = json.loads((tmp_path / "copy.json").read_text("ascii"))
    next(iter(copy["message"].values()))["value"]["text"] = "other words"
    (tmp_path / "copy.json").write_text(json.dumps(copy), "ascii")

    with pytest.raises(BadImport, match="is not what its history says"):
        import_(str(tmp_path / "new.db"), tmp_path / "copy.json")
