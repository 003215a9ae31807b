"""Sealing: when it is done, and when it is refused, so that no seal ever stands over an altered history."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from connectors import sealing
from connectors.sealing import AFTER, EVERY, Sealer, load_key, log_path, make_key, read_log
from majlis.audit import event_hash
from majlis.errors import BadSettings, MajlisError
from store import open_tinydb
from store.inbox import Inbox
from store.pins import event_of
from tests.builders import Bench, HandClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """A key."""
    made = tmp_path / "seal.key"
    make_key(made)
    return made


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """An inbox of two events."""
    store = await Inbox.open(str(tmp_path / "inbox.db"))
    made = Bench(store)
    for what in ("first", "second"):
        await made.desk.log("look", what, {})
    yield made
    await store.aclose()


def sealer(bench: Bench, where: Path) -> Sealer:
    """Return the one of this process."""
    key = load_key(where)
    assert key is not None
    return Sealer(bench.store, bench.clock, key, where, "here")


def by_hand(where: Path, table: str, number: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a document past the program."""
    db = open_tinydb(where.with_name("inbox.db"))
    db.table(table).update(change, doc_ids=[number])  # type: ignore[arg-type]  # as TinyDB calls a change
    db.close()


def anew(row: dict[str, Any]) -> None:
    """Write an event anew, with a hash that fits."""
    event = replace(event_of(row), actor="mariam")  # type: ignore[arg-type]  # a document is a dict
    row.update(msgspec.to_builtins(replace(event, hash=event_hash(event))))


async def refused(one: Sealer, where: Path) -> None:
    """It says that it does not fit, and the list beside the key stays."""
    before = read_log(where)
    with pytest.raises(MajlisError, match="does not fit what was sealed"):
        await one.seal()
    assert read_log(where) == before


async def test_what_was_sealed_last_and_is_another_now_is_found_though_nothing_came_after(
    bench: Bench, where: Path
) -> None:
    """An event with a hash that fits, in the place of the sealed one."""
    one = sealer(bench, where)
    await one.seal()
    by_hand(where, "event", 2, anew)

    await refused(one, where)


async def test_what_does_not_follow_is_not_sealed(bench: Bench, where: Path) -> None:
    """Behind the last seal too: nothing is to stand over what was changed before it was sealed."""
    one = sealer(bench, where)
    await one.seal()
    for what in ("third", "fourth"):
        await bench.desk.log("look", what, {})
    by_hand(where, "event", 3, lambda row: row.update(actor="mariam"))

    await refused(one, where)


async def test_a_seal_by_another_hand_is_not_taken_for_one_whose_line_was_lost(bench: Bench, where: Path) -> None:
    """It follows the last one in every way but its signature."""
    one = sealer(bench, where)
    first = await one.seal()
    assert first is not None
    await bench.desk.log("look", "third", {})
    (event,) = await bench.store.events(2, 1)
    forged = replace(first, number=2, rev=3, hash=event.hash, prev=first.digest)
    await bench.store.keep_seal(forged)

    await refused(one, where)


async def test_a_line_that_was_cut_off_counts_for_nothing(bench: Bench, where: Path) -> None:
    """The machine stopped while it was written; the seal is in the inbox."""
    seal = await sealer(bench, where).seal()
    with log_path(where).open("ab") as file:
        file.write(b'{"number":2,"rev":')

    assert read_log(where) == (seal,)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_read_is_no_key(where: Path, mode: int) -> None:
    """Its group neither."""
    where.chmod(mode)

    with pytest.raises(BadSettings, match="others may read it"):
        load_key(where)


class Naps(HandClock):
    """A clock on which a few naps are taken, each a while after the last one."""

    def __init__(self, naps: int) -> None:
        super().__init__()
        self.naps = naps

    async def sleep_until(self, at: datetime) -> None:
        """Be there, or end whoever sleeps."""
        if not self.naps:
            raise asyncio.CancelledError
        self.naps -= 1
        await super().sleep_until(at)


@pytest.mark.parametrize(("events", "naps", "is_sealed"), [
    (1, 1, False),
    (1, AFTER // sealing.NAP - 1, False),
    (1, AFTER // sealing.NAP + 1, True),
    (EVERY - 1, 1, False),
    (EVERY, 1, True),
])  # fmt: skip
async def test_it_is_sealed_after_so_many_events_or_so_long(
    bench: Bench, where: Path, events: int, naps: int, *, is_sealed: bool
) -> None:
    """Whichever comes first; what is there at the beginning at once."""
    bench.clock = Naps(0)
    one = sealer(bench, where)
    with suppress(asyncio.CancelledError):
        await one.run()
    assert len(read_log(where)) == 1
    for n in range(events):
        await bench.desk.log("look", str(n), {})

    bench.clock.naps = naps
    with suppress(asyncio.CancelledError):
        await one.run()

    assert len(read_log(where)) == 1 + is_sealed
