"""The line that is filled in for a search, a filter, a note: the editor, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from tests.tui.arabic.test_editor import press
from tests.tui.conftest import OpenSitting
from tui.screens.dialogs import LineScreen

if TYPE_CHECKING:
    from tests.tui.conftest import Sitting
    from tui.widgets.entry import LineEntry


def entry(s: Sitting) -> LineEntry:
    """Return the line on top."""
    assert isinstance(s.app.screen, LineScreen)
    return s.app.screen.entry


async def test_a_line_is_the_editor_without_line_ends(sitting: OpenSitting) -> None:
    """Enter takes it, a paste of several lines becomes one, controls are left out, ctrl+z takes back."""
    async with sitting() as s:
        await s.press("m")
        await press(s.pilot, "لا abc")  # type: ignore[arg-type]  # any pilot
        entry(s).post_message(events.Paste("one\ntwo\u202e"))
        await s.pilot.pause()
        assert entry(s).text == "لا abcone two"
        await s.press("ctrl+z")
        assert entry(s).text == "لا abc"
        await s.press("enter")

        assert not s.on(LineScreen)
        assert [memo.text for memo in await s.bench.store.memos("moh", "t0")] == ["لا abc"]


async def test_arrows_in_a_line_go_where_they_point(sitting: OpenSitting) -> None:
    """Left moves the caret left in Arabic and in Latin, and what is typed lands in logical order."""
    async with sitting() as s:
        await s.press("m")
        await press(s.pilot, "سلام")  # type: ignore[arg-type]  # same
        before = entry(s)._cursor_offset[0]
        await s.press("right", "right")
        assert entry(s)._cursor_offset[0] == before + 2
        await s.press("x")

        assert entry(s).text == "سxلام"  # lam and alef share a cell


async def test_a_long_line_is_wrapped_and_the_field_grows(sitting: OpenSitting) -> None:
    """Everything that was written stays in sight, up to eight rows."""
    async with sitting() as s:
        await s.press("m")
        assert entry(s).size.height == 1
        entry(s).post_message(events.Paste("كلمة " * 40))
        await s.pilot.pause()
        await s.pilot.pause()

        assert entry(s).size.height == entry(s).bidi.height == 3
        assert sum("ﺔﻤﻠﻛ" in line for line in s.lines()) == 3


async def test_a_line_takes_no_book(sitting: OpenSitting) -> None:
    """Two thousand characters, and then nothing more."""
    async with sitting() as s:
        await s.press("m")
        entry(s).post_message(events.Paste("x" * 1999))
        await s.pilot.pause()
        await s.press("y", "z")

        assert entry(s).text.endswith("xy")
        assert len(entry(s).text) == 2000


async def test_a_selection_in_a_line_is_copied_in_logical_order(sitting: OpenSitting) -> None:
    """The clipboard gets what was written, not what is drawn."""
    async with sitting() as s:
        await s.press("m")
        await press(s.pilot, "لا بأس")  # type: ignore[arg-type]  # same
        await s.press("f7", "ctrl+c")

        assert s.app.clipboard == "لا بأس"
