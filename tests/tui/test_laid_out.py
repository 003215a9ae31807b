"""Everything on the screen has passed the layout, once: no letter is plain, no word is turned round."""

from __future__ import annotations

import ast
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from majlis.message import Author, Network, ObjectKind
from tests.builders import message
from tests.tui.conftest import TEXTS, many
from tests.tui.test_compose import compose, review
from tui import language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from majlis.message import Message
    from tests.tui.conftest import OpenSitting, Sitting

TUI = Path(language.__file__).parent
LONG = (
    "السلام عليكم ورحمة الله، حاولت أمس @moh_sample أن أحجز موعداً عبر https://book.example/a?x=1 يوم 2026-11-23 "
    "والرقم 050-000-0001 لا يجيب، وَلَدِي عمره ٥ سنوات (تقريباً) وشكراً 🙏🏽\nللتواصل: Ravi Kumar والله الموفق"
)
ANSWER = "أهلاً بكم، يمكنكم الحجز بالتطبيق أو زيارة أقرب مركز، ولا حاجة إلى موعد"
NOTE = "ملاحظة لزميلي: المتعاملة تنتظر اتصالاً"


def inbox() -> list[Message]:
    """Return messages with all that Arabic text has, of all networks, public and private."""
    author = Author(id="u-umm", handle="umm_khalid", name="أم خالد الفلاسي (د. منى)")
    special = [
        message("900", LONG, thread="long", author=author, network=Network.FACEBOOK, link="https://fb.example/900"),
        message("901", LONG[::2], thread="p", author=author, network=Network.X, kind=ObjectKind.PRIVATE),
    ]
    return [*special, *many(20)]


def unshaped(text: str) -> set[str]:
    """Return the letters of a row that a layout would have drawn by presentation forms."""
    return {char for char in text if char in _LETTERS}


def _drawn_forms() -> set[str]:
    forms = [*range(0xFB50, 0xFBB2), *range(0xFE80, 0xFEFD)]
    return {unicodedata.normalize("NFKC", chr(code)) for code in forms}


_LETTERS = {letter for letter in _drawn_forms() if len(letter) == 1} - {"\N{ARABIC LETTER HAMZA}"}
_WORD = re.compile("[\ufb50-\ufbb1\ufe80-\ufefc][\u0640\u064b-\u065f\u0670\ufb50-\ufbb1\ufe80-\ufefc]*")
_CELL = re.compile("[^\u064b-\u065f\u0670][\u064b-\u065f\u0670]*")


def words(row: str) -> Iterator[str]:
    """Yield the Arabic words of a row as a person reads them: from the right, by plain letters."""
    for found in _WORD.findall(row):
        yield unicodedata.normalize("NFKC", "".join(reversed(_CELL.findall(found))))


def sources() -> str:
    """Return all that may stand on these screens, in logical order."""
    catalogues = [(TUI / "locale" / f"{code}.po").read_text("utf-8").replace('"\n"', "") for code in ("ar", "en")]
    rules = [path.read_text("utf-8") for path in (TUI.parent / "majlis" / "conduct").glob("*.toml")]
    texts = [text for each in inbox() for text in (each.text, each.author.name or "")]
    return unicodedata.normalize("NFKC", "\n".join([*catalogues, *rules, *texts, *TEXTS, ANSWER, NOTE]))


SOURCES = sources()


def look(s: Sitting, place: str) -> int:
    """Check every row of the screen; return how many Arabic words there are."""
    count = 0
    for y, row in enumerate(s.lines()):
        assert cell_len(row) == s.app.size.width, (place, y, row)
        assert unshaped(row) == set(), (place, y, row)
        for word in words(row):
            assert word in SOURCES, (place, y, row, word)
            count += 1
    return count


STOPS = {
    "help": ["question_mark"],
    "palette": ["colon"],
    "close": ["d"],
    "hide": ["h"],
    "link": ["o"],
    "raw": ["i"],
    "memo": ["m"],
    "leave": ["ctrl+q"],
    "search": ["slash"],
}
"""What opens on top of a list or a thread; Esc closes each."""


@pytest.mark.parametrize(
    ("code", "size"),
    [
        ("ar", (80, 24)),
        pytest.param("en", (120, 40), marks=pytest.mark.slow),
        pytest.param("ar", (120, 40), marks=pytest.mark.slow),
        pytest.param("en", (80, 24), marks=pytest.mark.slow),
    ],
)
async def test_every_place_draws_laid_out_rows(sitting: OpenSitting, code: str, size: tuple[int, int]) -> None:
    """Every list, the thread, each dialog, editor and review: shaped, in order, as wide as the screen."""
    seen: dict[str, int] = {}
    async with sitting(inbox(), code=code, size=size) as s:
        for key in s.app.keymap.of(s.inbox().PLACE):
            if key.id.startswith("view."):
                await s.press(key.keys[0])
                seen[key.id] = look(s, key.id)
        await s.press("1")
        for place in ("list", "thread"):
            seen[place] = look(s, place)
            for name, strokes in STOPS.items():
                await s.press(*strokes)
                seen[name] = look(s, f"{name} on {place}")
                await s.press("escape")
            if place == "list":
                await s.press("backslash")
                seen["filter"] = look(s, "filter")
                await s.press("escape", "enter")
        await s.press("m")
        s.app.screen.entry.insert(NOTE)  # type: ignore[attr-defined]  # the line on top
        await s.pilot.pause()
        seen["note"] = look(s, "note")
        await s.press("enter", "escape", "e")
        seen["handed over"] = look(s, "handed over")
        await s.press("u", "g", "g")
        await compose(s, ANSWER)
        seen["editor"] = look(s, "editor")
        await s.press("shift+home")
        seen["selection"] = look(s, "selection")
        await s.press("escape")
        seen["review"] = look(s, "review")

    assert all(count > 3 for name, count in seen.items() if code == "ar"), seen
    assert seen["thread"] > 3
    assert seen["editor"] > 12


async def test_the_welcome_is_laid_out(sitting: OpenSitting) -> None:
    """The first screen anybody sees."""
    async with sitting([], code="ar", welcome=True) as s:
        assert look(s, "welcome") > 10


async def test_problems_and_notices_are_laid_out(sitting: OpenSitting) -> None:
    """What the program says of itself, banner included."""
    async with sitting(
        inbox(), code="ar", banner="Practice: nothing here is real and nothing leaves this machine"
    ) as s:
        await s.press("x")
        assert look(s, "notice") > 10
        await review(s, ANSWER + " " + "0500004567")
        assert look(s, "review with a finding") > 10


DRAWING_WIDGETS = frozenset(
    {
        "Static",
        "Label",
        "Button",
        "Input",
        "DataTable",
        "OptionList",
        "Markdown",
        "Footer",
        "Header",
        "Select",
        "RichLog",
    }
    | {"ListView", "Tree", "Checkbox", "RadioSet", "Tabs", "Collapsible", "Log", "MaskedInput", "SelectionList"}
)
"""Widgets of Textual that lay text out by themselves, from the left and unshaped."""


def test_no_module_hands_text_to_a_widget_that_lays_out_by_itself() -> None:
    """None of Textual's drawing widgets is used, and none of its notifications: only what draws given strips."""
    for path in TUI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
                assert {alias.name for alias in node.names} & DRAWING_WIDGETS == set(), path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr != "notify", path


def test_the_check_itself_sees_what_is_wrong() -> None:
    """Plain letters and words turned round do not pass."""
    assert unshaped("متى") == {"م", "ت", "ى"}
    assert list(words("ﻰﺘﻣ")) == ["متى"]
    assert list(words("ﻣﺘﻰ")) == ["ىتم"]
    assert "ىتم" not in SOURCES
