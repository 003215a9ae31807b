"""A page over a long list: the cursor stays on its message, newcomers wait, nothing jumps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.message import Message, Standing
from majlis.ports import View, ViewName
from majlis.states import MessageState
from tests.builders import AT, decision, key, message, page
from tui.paging import Pager

if TYPE_CHECKING:
    from majlis.ports import Store

QUEUE = View(name=ViewName.QUEUE, operator="salem")
HEIGHT = 10


def due(number: int) -> Standing:
    return Standing(due_at=AT + timedelta(minutes=number))


@pytest.fixture
async def pager(store: Store) -> Pager:
    """A page of ten rows at the top of a list of 35, in the order of their numbers."""
    await store.ingest(page(*(message(f"{n:02}", standing=due(n)) for n in range(35))))
    made = Pager(store, QUEUE, HEIGHT)
    await made.load()
    return made


def names(pager: Pager) -> list[str]:
    return [row.anchor.key.rsplit(":", 1)[-1] for row in pager.page.rows]


def at(pager: Pager) -> str:
    row = pager.page.row
    assert row is not None
    return row.anchor.key.rsplit(":", 1)[-1]


async def close(store: Store, native_id: str) -> None:
    found = await store.message(key(native_id))
    assert found is not None
    await store.apply(decision(replace(found, standing=replace(found.standing, state=MessageState.DONE))))


async def test_a_step_inside_the_page_reads_nothing(pager: Pager) -> None:
    """The rows are the very same ones."""
    before = pager.page.rows

    await pager.move(1)

    assert pager.page.rows is before
    assert at(pager) == "01"


async def test_a_step_at_the_edge_moves_half_a_page(pager: Pager) -> None:
    """And ends on the next row."""
    await pager.move(HEIGHT - 1)
    await pager.move(1)

    assert at(pager) == "10"
    assert names(pager) == [f"{n:02}" for n in range(5, 15)]
    assert pager.page.offset == 5


async def test_walking_down_and_up_visits_every_row_once(pager: Pager) -> None:
    """No row is skipped or shown twice at an edge."""
    down = [at(pager)]
    while at(await moved(pager, 1)) != down[-1]:
        down.append(at(pager))
    up = [at(pager)]
    while at(await moved(pager, -1)) != up[-1]:
        up.append(at(pager))

    assert down == [f"{n:02}" for n in range(35)]
    assert up == down[::-1]
    assert pager.page.offset == 0


async def moved(pager: Pager, by: int) -> Pager:
    await pager.move(by)
    return pager


async def test_a_page_down_keeps_the_cursor_in_its_place(pager: Pager) -> None:
    """Page and cursor move together; at the end only the cursor does."""
    await pager.move(2)
    await pager.jump(HEIGHT)
    assert (at(pager), pager.page.cursor, pager.page.offset) == ("12", 2, 10)

    await pager.jump(HEIGHT)
    await pager.jump(HEIGHT)
    assert at(pager) == "32"
    assert names(pager)[-1] == "34"

    await pager.jump(HEIGHT)
    assert at(pager) == "34"


async def test_first_and_last(pager: Pager) -> None:
    """Both ends, with the right position."""
    await pager.last()
    assert (at(pager), pager.page.offset, len(pager.page.rows)) == ("34", 25, HEIGHT)

    await pager.first()
    assert (at(pager), pager.page.offset) == ("00", 0)


async def test_newcomers_wait_behind_the_bar(pager: Pager, store: Store) -> None:
    """A more urgent message is counted and moves nothing until it is taken in."""
    await pager.move(3)
    before = names(pager)

    await store.ingest(page(message("new", standing=due(-60))))
    await pager.changed(frozenset({str(key("new"))}))

    assert names(pager) == before
    assert pager.page.waiting == 1

    await pager.take_in()
    assert (at(pager), pager.page.waiting, pager.page.total) == ("03", 0, 36)
    assert names(pager)[0] == "00"
    await pager.first()
    assert at(pager) == "new"


async def test_a_change_in_sight_is_drawn_in_place(pager: Pager, store: Store) -> None:
    """The row shows its new text where it stands."""
    await store.ingest(page(message("04", "another text")))

    await pager.changed(frozenset({str(key("04"))}))

    shown = pager.page.rows[4].message
    assert shown is not None
    assert shown.text == "another text"
    assert at(pager) == "00"


async def test_a_row_above_that_goes_leaves_the_cursor_where_it_is(pager: Pager, store: Store) -> None:
    """The cursor stays on its message and on its line while there are rows to fill in above."""
    await pager.jump(HEIGHT)
    await pager.move(4)
    assert (at(pager), pager.page.cursor) == ("14", 4)

    await close(store, "12")
    await pager.changed(frozenset({str(key("12"))}))

    assert (at(pager), pager.page.cursor) == ("14", 4)
    assert names(pager) == ["09", "10", "11", "13", "14", "15", "16", "17", "18", "19"]


async def test_what_a_colleague_finishes_stays_under_the_cursor(pager: Pager, store: Store) -> None:
    """The next key must not hit another message; the row goes when the cursor has left it."""
    await pager.move(2)
    await close(store, "02")

    await pager.changed(frozenset({str(key("02"))}))

    row = pager.page.row
    assert row is not None
    assert row.message is not None
    assert (at(pager), row.message.standing.state) == ("02", MessageState.DONE)

    await pager.move(1)
    await pager.refresh()
    assert at(pager) == "03"
    assert "02" not in names(pager)


async def test_what_i_finish_goes_and_the_next_row_comes(pager: Pager, store: Store) -> None:
    """The cursor stays on its line."""
    await pager.move(2)
    await close(store, "02")

    await pager.refresh(keep=False)

    assert (at(pager), pager.page.cursor) == ("03", 2)
    assert pager.page.total == 34


async def test_finishing_the_last_row_goes_to_the_one_before(pager: Pager, store: Store) -> None:
    """And the page stays full."""
    await pager.last()
    await close(store, "34")

    await pager.refresh(keep=False)

    assert at(pager) == "33"
    assert names(pager)[0] == "24"


async def test_another_height_keeps_the_cursor_on_its_message(pager: Pager) -> None:
    """Smaller, larger, and larger than the list."""
    await pager.jump(HEIGHT)
    await pager.move(7)
    for height in (4, 12, 50, 1):
        await pager.resize(height)
        assert at(pager) == "17"
        assert len(pager.page.rows) == min(height, 35)


async def test_an_empty_list_shows_what_comes_at_once(store: Store) -> None:
    """There is nothing that could jump."""
    pager = Pager(store, QUEUE, HEIGHT)
    await pager.load()
    assert pager.page.row is None

    await store.ingest(page(message("1")))
    await pager.changed(frozenset({str(key("1"))}))

    assert at(pager) == "1"


async def test_the_next_unanswered_one_is_found_beyond_the_page(pager: Pager, store: Store) -> None:
    """Claimed ones are passed over, in both directions; at the end nothing moves."""
    for number in range(1, 20):
        found = await store.message(key(f"{number:02}"))
        assert isinstance(found, Message)
        await store.apply(decision(replace(found, standing=replace(found.standing, state=MessageState.CLAIMED))))
    await pager.refresh()

    assert await pager.unanswered(1)
    assert at(pager) == "20"
    assert await pager.unanswered(-1)
    assert at(pager) == "00"
    assert not await pager.unanswered(-1)
    assert at(pager) == "00"


async def test_every_other_list_can_be_opened(pager: Pager) -> None:
    """Another list begins at its top with everything that has come."""
    await pager.jump(HEIGHT)

    await pager.load(View(name=ViewName.ALL, operator="salem"))

    assert (pager.page.cursor, pager.page.offset, pager.page.total) == (0, 0, 35)


async def test_the_rows_below_are_known_before_they_are_asked_for(pager: Pager) -> None:
    """As many as a page shows, none at the end of the list, and the page stays where it is."""
    below = [row.anchor for row in await pager.below()]
    assert at(pager) == "00"

    await pager.jump(HEIGHT)

    assert [row.anchor for row in pager.page.rows] == below
    await pager.last()
    assert await pager.below() == ()
