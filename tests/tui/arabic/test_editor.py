import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.document._document import Selection
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.strip import Strip

from tui.arabic.editor import BidiTextArea
from tui.arabic.layout import Options, wrap

MIXED = "السلام عليكم ورحمة الله نحن نقدم vaccine appointments في جميع المراكز (يوميا) 050-000-4567 وَلَا بأس"
KEYS = {" ": "space", "\n": "enter", "(": "left_parenthesis", ")": "right_parenthesis", "@": "at", "_": "underscore"}


class Desk(App[None]):
    """An editor."""

    CSS = "BidiTextArea { border: none; padding: 0; height: 1fr; }"

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.text = text
        self.directions: list[str] = []

    def compose(self) -> ComposeResult:
        """Show it."""
        yield BidiTextArea(self.text, id="editor", placeholder="اكتب ردك")

    def on_bidi_text_area_direction_changed(self, event: BidiTextArea.DirectionChanged) -> None:
        """Keep what was told."""
        self.directions.append(event.direction)


@asynccontextmanager
async def editing(text: str = "", *, width: int = 40) -> AsyncIterator[tuple[BidiTextArea, Pilot[None]]]:
    """Open an editor with the caret at the start."""
    async with Desk(text).run_test(size=(width, 14)) as pilot:
        editor = pilot.app.query_one("#editor", BidiTextArea)
        editor.cursor_blink = False
        editor.focus()
        await pilot.pause()
        yield editor, pilot


async def press(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*(KEYS.get(ch, ch) for ch in text))


def direction_of(editor: BidiTextArea) -> str:
    return editor.direction


def row_text(editor: BidiTextArea, y: int) -> str:
    return editor.render_line(y).text


def styled(strip: Strip, attribute: Literal["underline", "reverse"]) -> list[tuple[int, str]]:
    """Return the pieces with an attribute, each with its column."""
    found = []
    column = 0
    for segment in strip:
        if segment.style is not None and getattr(segment.style, attribute):
            found.append((column, segment.text))
        column += cell_len(segment.text)
    return found


async def test_typing_stores_logical_order() -> None:
    """What is typed is stored as typed; only the drawing is visual."""
    async with editing() as (editor, pilot):
        await press(pilot, "مرحبا abc ٥")

        assert editor.text == "مرحبا abc ٥"
        assert row_text(editor, 0).strip() == wrap("مرحبا abc ٥", 39)[0].text.strip()
        assert row_text(editor, 0).endswith("ﺎﺒﺣﺮﻣ")
        assert cell_len(row_text(editor, 0)) == 40


async def test_undo_and_redo_are_logical() -> None:
    """History gives back exactly the text that was there, mixed or not."""
    async with editing() as (editor, pilot):
        await press(pilot, "سلام ")
        editor.history.checkpoint()
        editor.insert("he\u0301llo وَ")
        editor.undo()
        assert editor.text == "سلام "
        editor.redo()

        assert editor.text == "سلام he\u0301llo وَ"
        assert not unicodedata.is_normalized("NFC", editor.text)


async def test_a_paste_is_kept_but_for_controls() -> None:
    """Lines, marks and joiners stay; escape codes, overrides and isolates do not get in."""
    async with editing() as (editor, pilot):
        editor.post_message(events.Paste("سَلام\nمی‌خواهم \x1b[31m\u202egpj\u2066x\u2069"))
        await pilot.pause()

        assert editor.text == "سَلام\nمی‌خواهم [31mgpjx"
        assert editor.cursor_location == (1, len("می‌خواهم [31mgpjx"))


async def test_joiners_and_direction_marks_can_be_typed() -> None:
    """Keys of Persian and Arabic keyboards that are no printable characters reach the text."""
    async with editing() as (editor, pilot):
        await pilot.press("م", "ی")
        editor.post_message(events.Key("zero_width_non_joiner", "\u200c"))
        await pilot.press("خ")
        editor.post_message(events.Key("right_to_left_mark", "\u200f"))
        await pilot.pause()

        assert editor.text == "می\u200cخ\u200f"


@pytest.mark.parametrize("width", [20, 40])
async def test_caret_and_mouse_are_inverse(width: int) -> None:
    """What is drawn at an offset is its cell's first character, whose caret stands on that cell."""
    async with editing(f"{MIXED}\nEnglish line with عربي inside", width=width) as (editor, _):
        for y in range(editor.bidi.height):
            for column, cell in editor.bidi.row_at(y).placed():
                if cell.width:
                    place = editor.bidi.offset_to_location(Offset(column, y))

                    assert place[1] == cell.start
                    editor.move_cursor(place)
                    assert editor._cursor_offset == (column, y)
                    assert editor.cursor_screen_offset == (column, y)


async def test_a_click_goes_to_the_cell_under_it() -> None:
    """The mouse leads to the same place."""
    async with editing("سلام abc لا") as (editor, pilot):
        for column, cell in editor.bidi.row_at(0).placed():
            await pilot.click("#editor", offset=(column, 0))

            assert editor.cursor_location == (0, cell.start)


async def test_a_click_beside_the_text_goes_to_the_end_of_reading() -> None:
    """Left of an Arabic line is its end, right of it its start; the other way round for Latin."""
    async with editing("سلام عليكم\nhello") as (editor, pilot):
        await pilot.click("#editor", offset=(2, 0))
        assert editor.cursor_location == (0, 10)
        await pilot.click("#editor", offset=(30, 1))
        assert editor.cursor_location == (1, 5)
        await pilot.click("#editor", offset=(30, 9))
        assert editor.cursor_location == (1, 5)


@pytest.mark.parametrize("text", [MIXED, "English text with عربي هنا inside and (أقواس) more words", "بب\nتت ثث"])
async def test_arrows_visit_every_cell_once(text: str) -> None:
    """From the start to the end of reading by one arrow, each cell once, one column at a time; and back."""
    async with editing(text, width=24) as (editor, pilot):
        start = editor.bidi.row_at(0)
        forward, back = ("left", "right") if start.line.base else ("right", "left")
        first = start.stops()[-1 if start.line.base else 0]
        editor.move_cursor((0, first[1]))
        visited = [editor._cursor_offset]
        expected = sum(len(editor.bidi.row_at(y).stops()) for y in range(editor.bidi.height))
        actions = {"left": editor.action_cursor_left, "right": editor.action_cursor_right}
        go, come = actions[forward], actions[back]
        for _ in range(expected - 1):
            go()
            visited.append(editor._cursor_offset)

        assert len(set(visited)) == expected
        there = editor.cursor_location
        await pilot.press(forward)
        assert editor.cursor_location == there
        for offset in reversed(visited[:-1]):
            come()
            assert editor._cursor_offset == offset


async def test_arrows_do_not_swing_between_directions() -> None:
    """An arrow that would come back from the next paragraph does not go there."""
    async with editing("سلام\nhello\nمرحبا") as (editor, _):
        seen = []
        for move in (editor.action_cursor_left, editor.action_cursor_right):
            for start in ((0, 4), (0, 0), (1, 0), (1, 5), (2, 0)):
                editor.move_cursor(start)
                for _ in range(12):
                    move()
                seen.append((start[0], editor.cursor_location[0]))

        assert all(before == after for before, after in seen)


async def test_up_and_down_keep_the_column_of_the_screen() -> None:
    """Moving between rows goes to what is drawn above and below."""
    async with editing("مرحبا بكم جميعا هنا\nabcdefghijklmnopqrstuvwxyzabcdefghijkl\nسلام") as (editor, pilot):
        editor.move_cursor((0, 8))
        column = editor._cursor_offset[0]
        await pilot.press("down")
        assert editor.cursor_location == (1, column)
        await pilot.press("up")
        assert editor.cursor_location == (0, 8)
        await pilot.press("up")
        assert editor.cursor_location == (0, 0)
        editor.move_cursor((2, 1))
        await pilot.press("down")
        assert editor.cursor_location == (2, 4)


async def test_home_and_end_are_logical() -> None:
    """Home is where reading begins: the right edge of an Arabic row; End is where it ends."""
    async with editing("سلام عليكم") as (editor, pilot):
        editor.move_cursor((0, 4))
        await pilot.press("home")
        assert (editor.cursor_location, editor._cursor_offset[0]) == ((0, 0), 39)
        await pilot.press("end")
        assert (editor.cursor_location, editor._cursor_offset[0]) == ((0, 10), 30)


async def test_words_are_whole_with_their_marks() -> None:
    """Moving and deleting by words does not stop at harakat; the arrow is that of the screen."""
    async with editing("سَلَامٌ عَلَيْكُمْ abc") as (editor, pilot):
        await pilot.press("ctrl+left")
        assert editor.cursor_location == (0, len("سَلَامٌ"))
        await pilot.press("ctrl+left")
        assert editor.cursor_location == (0, len("سَلَامٌ عَلَيْكُمْ"))
        await pilot.press("ctrl+right")
        assert editor.cursor_location == (0, len("سَلَامٌ "))
        await pilot.press("ctrl+w")
        assert editor.text == "عَلَيْكُمْ abc"
        await pilot.press("alt+delete")
        assert editor.text == " abc"
        await pilot.press("ctrl+right", "ctrl+left")
        editor.move_cursor((0, 4))
        editor.action_delete_word_right()
        assert editor.text == " abc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("بَ", "ب"),
        ("بَّ", "بَ"),
        ("لا", "ل"),
        ("می\u200c", "می"),
        ("a👨‍👩‍👧", "a"),
        ("a🙏🏽", "a"),
        ("a🇦🇪", "a"),
        ("a1️⃣", "a"),
        ("a❤️", "a"),
        ("ab\n", "ab"),
        ("", ""),
    ],
)
async def test_backspace_takes_a_code_point_and_an_emoji_whole(text: str, expected: str) -> None:
    """A wrong mark can be taken off its letter; an emoji is never left in pieces."""
    async with editing(text) as (editor, pilot):
        editor.move_cursor(editor.document.end)
        await pilot.press("backspace")

        assert editor.text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("بَّت", "ت"), ("لَا", "ا"), ("👨‍👩‍👧a", "a"), ("🇦🇪🇦🇪", "🇦🇪"), ("\nab", "ab"), ("", "")],
)
async def test_delete_takes_a_letter_with_its_marks(text: str, expected: str) -> None:
    """Nothing is left without its base."""
    async with editing(text) as (editor, pilot):
        await pilot.press("delete")

        assert editor.text == expected


async def test_a_logical_selection_is_drawn_in_pieces() -> None:
    """A selection across a change of direction lights separate blocks; what is copied is the logical range."""
    async with editing("با abc") as (editor, pilot):
        editor.selection = Selection((0, 1), (0, 4))
        await pilot.pause()
        selection = editor._theme.selection_style
        assert selection is not None
        lit = [
            segment.text
            for segment in editor.render_line(0)
            if segment.style is not None and segment.style.bgcolor == selection.bgcolor
        ]

        assert editor.selected_text == "ا a"
        assert lit == ["a", " ﺎ"]
        editor.action_copy()
        assert pilot.app.clipboard == "ا a"


@pytest.mark.parametrize(("start", "end"), [(0, 5), (3, 24), (40, 70), (60, 95), (0, len(MIXED))])
async def test_a_copied_selection_is_the_logical_range(start: int, end: int) -> None:
    """Whatever pieces it is drawn in; cutting and pasting it gives the text back."""
    async with editing(MIXED) as (editor, pilot):
        editor.selection = Selection((0, start), (0, end))
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard == MIXED[start:end]
        await pilot.press("ctrl+x")
        assert editor.text == MIXED[:start] + MIXED[end:]
        await pilot.press("ctrl+v")

        assert editor.text == MIXED


async def test_arrows_collapse_a_selection_to_their_side() -> None:
    """Left goes to the end of an Arabic selection, right to its start."""
    async with editing("سلام عليكم") as (editor, pilot):
        editor.selection = Selection((0, 2), (0, 6))
        await pilot.press("left")
        assert editor.selection == Selection.cursor((0, 6))
        editor.selection = Selection((0, 2), (0, 6))
        await pilot.press("right")
        assert editor.selection == Selection.cursor((0, 2))


async def test_selecting_by_arrows_is_visual() -> None:
    """Shift with an arrow selects what the caret passes on the screen."""
    async with editing("سلام abc") as (editor, pilot):
        await pilot.press("shift+left", "shift+left")

        assert editor.selected_text == "سلا"  # the lam-alef is one cell


async def test_a_double_click_selects_the_word() -> None:
    """The word under the mouse, with its marks, and nothing else."""
    async with editing("قل سَلامٌ عليكم") as (editor, pilot):
        column = editor.bidi.location_to_offset((0, 5)).x
        await pilot.click("#editor", offset=(column, 0), times=2)

        assert editor.selected_text == "سَلامٌ"


async def test_direction_follows_the_first_strong_letter() -> None:
    """While typing, the paragraph turns when its first letter says so, and the caret stays on its character."""
    async with editing() as (editor, pilot):
        await press(pilot, "12 ")
        assert direction_of(editor) == "rtl"
        await press(pilot, "abc")
        assert direction_of(editor) == "ltr"
        assert editor._cursor_offset == (6, 0)
        editor.move_cursor((0, 0))
        await press(pilot, "س")
        await pilot.pause()

        assert direction_of(editor) == "rtl"
        assert editor.cursor_location == (0, 1)
        assert editor._cursor_offset[0] == editor.bidi.location_to_offset((0, 1)).x
        assert isinstance(pilot.app, Desk)
        assert pilot.app.directions[-2:] == ["ltr", "rtl"]


async def test_a_mention_does_not_turn_the_paragraph() -> None:
    """A reply that begins with a handle has the direction that the thread will show."""
    text = "@health_desk متى"
    async with editing(text) as (editor, _):
        assert direction_of(editor) == "rtl"
        assert row_text(editor, 0).strip() == wrap(text, 39)[0].text.strip()


async def test_the_direction_of_a_paragraph_can_be_chosen() -> None:
    """A key turns one paragraph round; the text stays, the others too, and the choice moves with its paragraph."""
    async with editing("abc سلام\nمرحبا") as (editor, pilot):
        await pilot.press("ctrl+t")
        assert (editor.bidi.direction(0), editor.bidi.direction(1)) == ("rtl", "rtl")
        assert row_text(editor, 0).endswith("abc")
        await pilot.press("home", "enter", "up")
        await press(pilot, "new")
        assert editor.text == "new\nabc سلام\nمرحبا"
        assert [editor.bidi.direction(n) for n in range(3)] == ["rtl", "rtl", "rtl"]
        editor.move_cursor((1, 0))
        await pilot.press("ctrl+t")

        assert [editor.bidi.direction(n) for n in range(3)] == ["rtl", "ltr", "rtl"]


async def test_findings_are_underlined_in_place() -> None:
    """A finding is underlined where its characters are drawn, and moves along when text before it changes."""
    async with editing("اتصل 050-000-4567 الآن\nsecond") as (editor, pilot):
        start = editor.text.index("050")
        editor.set_findings([(start, start + 12, "block"), (23, 29, "remind")])
        editor.show_cursor = False

        assert [text for _, text in styled(editor.render_line(0), "underline")] == ["050-000-4567"]
        assert [text for _, text in styled(editor.render_line(1), "underline")] == ["second"]
        editor.insert("لا ", (0, 0))
        await pilot.pause()
        assert [text for _, text in styled(editor.render_line(0), "underline")] == ["050-000-4567"]
        assert [text for _, text in styled(editor.render_line(1), "underline")] == ["second"]
        editor.delete((0, 10), (0, 12))
        assert editor.findings == ((24, 30, "remind"),)


async def test_the_caret_shows_both_places_at_a_change_of_direction() -> None:
    """At the end of Latin in Arabic the block is where Arabic goes on, and the letter before it is underlined."""
    async with editing("سلام abc") as (editor, _):
        editor.move_cursor((0, 8))
        strip = editor.render_line(0)

        assert [text for _, text in styled(strip, "underline")] == ["c"]
        assert editor._cursor_offset[0] == editor.bidi.row_at(0).slot


async def test_a_placeholder_is_laid_out_too() -> None:
    """Arabic hints are shaped and lie at the right."""
    async with editing() as (editor, _):
        assert row_text(editor, 0) == wrap("اكتب ردك", 40)[0].text


async def test_hostile_text_in_the_editor_is_harmless() -> None:
    """Text that came with controls is drawn with signs and edited by its code points."""
    async with editing("a\u202eb\x1b[31mc") as (editor, pilot):
        assert row_text(editor, 0).rstrip() == "a⟪RLO⟫b␛[31mc"
        editor.move_cursor((0, 2))
        await pilot.press("backspace")

        assert editor.text == "ab\x1b[31mc"


async def test_rows_follow_the_width_of_the_window() -> None:
    """After a change of size every row has the new width, and the caret stays on its character."""
    async with editing(MIXED, width=40) as (editor, pilot):
        editor.move_cursor((0, 30))
        await pilot.resize_terminal(25, 14)
        await pilot.pause()

        assert {cell_len(row_text(editor, y)) for y in range(editor.bidi.height)} == {25}
        assert editor._cursor_offset == editor.bidi.location_to_offset((0, 30))
        joined = "".join(MIXED[row.line.start : row.line.end] for row in editor.bidi.rows_of(0))
        assert joined == MIXED


async def test_a_scroll_bar_takes_its_columns_from_the_text() -> None:
    """When the text grows beyond the window its rows become narrower, and none is cut."""
    async with editing(width=30) as (editor, pilot):
        editor.text = "\n".join([MIXED] * 6)
        await pilot.pause()
        await pilot.pause()

        width = editor.scrollable_content_region.width
        assert width < 30
        assert {cell_len(row_text(editor, y)) for y in range(10)} == {width}
        assert editor.bidi.field == width


async def test_what_is_sent_is_what_was_typed() -> None:
    """The text has no presentation form and no control that nobody typed, whatever is done on the screen."""
    async with editing() as (editor, pilot):
        await press(pilot, "السلام @desk لا 123")
        await pilot.press("ctrl+t", "left", "left", "home", "end", "shift+left", "right", "backspace", "2")

        assert not any("\ufb50" <= ch <= "\ufdff" or "\ufe70" <= ch <= "\ufefc" for ch in editor.text)
        assert all(unicodedata.category(ch) != "Cf" for ch in editor.text)


async def test_an_editor_can_show_plain_uax_9() -> None:
    """The raw view is an option of the editor as of any other text."""

    class Raw(App[None]):
        def compose(self) -> ComposeResult:
            yield BidiTextArea("الموعد 2026-11-23", options=Options(isolate=False), read_only=True)

    async with Raw().run_test(size=(40, 5)) as pilot:
        editor = pilot.app.query_one(BidiTextArea)
        assert "23-11-2026" in editor.render_line(0).text
        await pilot.press("x", "backspace", "delete")
        assert editor.text == "الموعد 2026-11-23"
