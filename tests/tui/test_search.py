"""Search and filter: in the lists and in a thread, with what was found lit where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from majlis.message import Span
from tests.builders import message
from tests.tui.arabic.test_editor import press
from tests.tui.conftest import many
from tests.tui.test_inbox import here
from tui.arabic.layout import row
from tui.screens.dialogs import AskScreen, LineScreen
from tui.screens.inbox import InboxScreen
from tui.screens.thread import ThreadScreen
from tui.themes import style

if TYPE_CHECKING:
    from majlis.ports import Store
    from tests.tui.conftest import OpenSitting, Sitting


async def fill_in(s: Sitting, key: str, text: str) -> None:
    """Open the line of a key, and fill it in."""
    await s.press(key)
    assert s.on(LineScreen)
    await press(s.pilot, text)  # type: ignore[arg-type]  # any pilot
    await s.press("enter")


def lit(s: Sitting) -> list[str]:
    """Return what is lit on the screen, row by row, left to right."""
    look = style({"hit"})
    strips = s.app.screen._compositor.render_strips(s.app.size)
    assert look is not None
    return [
        segment.text
        for strip in strips
        for segment in strip
        if segment.style and segment.style.reverse and segment.style.color == look.color
    ]


async def test_n_goes_on_to_the_next_row_and_round(sitting: OpenSitting) -> None:
    """In the list's order, in any spelling, back with N; the notice says which of how many."""
    async with sitting() as s:
        await fill_in(s, "slash", "مَتي")
        assert here(s) == "004"
        assert "“ﻲﺘﻣ”: 2 of 8" in s.text()
        await s.press("n")
        assert here(s) == "008"
        await s.press("N", "N")
        assert here(s) == "000"
        await s.press("N")
        assert here(s) == "028"
        await s.press("ى")  # n on the Arabic layout
        assert here(s) == "000"
        assert s.lines()[0].startswith(" Queue 1/30")


async def test_hits_are_lit_and_esc_ends_it(sitting: OpenSitting) -> None:
    """All rows in sight show where the words stand; Esc takes the light away and only then asks to leave."""
    async with sitting() as s:
        await fill_in(s, "slash", "شكر")
        assert set(lit(s)) == {"ﺮﻜﺷ"}
        await s.press("escape")
        assert lit(s) == []
        assert s.on(InboxScreen)
        await s.press("escape")
        assert s.on(AskScreen)


async def test_half_a_lam_alef_lights_the_whole_cell(sitting: OpenSitting) -> None:
    """A cell cannot be lit by halves; a hit across a change of direction is lit in two pieces."""
    async with sitting([message("1", "بلال Dubai"), message("2", "second")]) as s:
        await fill_in(s, "slash", "بل")
        assert lit(s) == ["ﻼﺑ"]
        await fill_in(s, "slash", "x")  # replaces nothing that is found
        assert lit(s) == []


async def test_a_search_without_a_hit_moves_nothing(sitting: OpenSitting) -> None:
    """It says so."""
    async with sitting() as s:
        await s.press("j")
        await fill_in(s, "slash", "zzz")

        assert here(s) == "001"
        assert "Nothing in this list holds “zzz”." in s.text()


async def test_a_filter_shows_only_what_holds_it(sitting: OpenSitting) -> None:
    """The status line says by what and how many; Esc shows everything again."""
    async with sitting() as s:
        await fill_in(s, "backslash", "vaccine")
        assert s.lines()[0].startswith(" Queue with “vaccine” 1/8")
        assert sum("flu vaccine" in line for line in s.lines()) == 8
        await s.press("G")
        assert here(s) == "029"
        await s.press("escape")

        assert s.lines()[0].startswith(" Queue 1/30")


async def test_newcomers_that_do_not_hold_it_stay_out(sitting: OpenSitting, store: Store) -> None:
    """Those that do wait behind the bar, as in any list."""
    async with sitting(store=store) as s:
        await fill_in(s, "backslash", "vaccine")
        await s.arrive(message("900", "The vaccine, please"), message("901", "شكرا"))
        await s.tick()
        assert "1 new" in s.text()
        await s.press("comma")

        assert s.lines()[0].startswith(" Queue with “vaccine” 1/9")


async def test_an_empty_filter_says_what_to_do(sitting: OpenSitting) -> None:
    """Words and keys, in either language."""
    async with sitting() as s:
        await fill_in(s, "backslash", "zzz")
        assert "Nothing in this list holds “zzz”. Esc takes the filter away" in s.text()
        await fill_in(s, "backslash", "")
        assert "Nothing in this list" in s.text()  # the line comes with what stands: an empty edit changes nothing
        await s.press("backslash", "ctrl+u", "enter")
        assert s.lines()[0].startswith(" Queue 1/30")


async def test_what_is_covered_is_neither_found_nor_lit(sitting: OpenSitting, store: Store) -> None:
    """Nobody learns a number by trying digits."""
    covered = message("1", "رقمي 0500009001", personal=(Span(start=5, end=15, category="phone"),))
    async with sitting([covered, message("2", "0500009001 vaccine", personal=())], store=store) as s:
        await fill_in(s, "slash", "0")
        assert lit(s) == []
        assert "Nothing in this list holds “0”." in s.text()
        await fill_in(s, "backslash", "رقمي")
        await s.press("enter")
        assert s.on(ThreadScreen)
        assert "0500009001" not in s.text()


async def test_a_thread_is_searched_too(sitting: OpenSitting) -> None:
    """The mark goes to messages that hold the words; memos and names are lit as well; Esc ends the search first."""
    async with sitting() as s:
        await s.press("enter")
        await fill_in(s, "slash", "شكرا")
        assert here(s) == "002"
        assert "“ﺍﺮﻜﺷ”" in s.text()
        assert "ﺍﺮﻜﺷ" in lit(s)
        await s.press("n")
        assert here(s) == "002"
        await fill_in(s, "slash", "zzz")
        assert "Nothing in this thread holds" in s.text()
        await s.press("escape")
        assert s.on(ThreadScreen)
        assert lit(s) == []
        await s.press("escape")
        assert s.on(InboxScreen)


async def test_a_thread_opened_from_a_search_shows_its_hits(sitting: OpenSitting) -> None:
    """What one looked for is lit where one arrives, and n works on."""
    async with sitting(size=(120, 30)) as s:
        await fill_in(s, "slash", "متى")
        assert lit(s)
        await s.press("enter")

        assert s.on(ThreadScreen)
        assert "ﻰﺘﻣ" in lit(s)


async def test_the_status_line_says_what_is_filtered_in_arabic_too(sitting: OpenSitting) -> None:
    """The words are isolated: they cannot rearrange the sentence."""
    async with sitting(code="ar") as s:
        await fill_in(s, "backslash", "vaccine")

        assert row("vaccine", 7).text in s.lines()[0]
        assert "1/8" in s.lines()[0]


async def test_the_search_costs_no_row_its_place(sitting: OpenSitting) -> None:
    """The page stays as it is when the hit is in sight."""
    async with sitting(many(10)) as s:
        before = [line[8:40] for line in s.lines()[1:11]]
        await fill_in(s, "slash", "vaccine")

        assert [line[8:40] for line in s.lines()[1:11]] == before
