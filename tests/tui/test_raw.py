"""What a message hides: the raw view, warning signs in every place, and copying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from majlis.message import Author, Span
from tests.builders import message
from tui.arabic.layout import wrap
from tui.screens.dialogs import ReadScreen
from tui.screens.raw import PLAIN

if TYPE_CHECKING:
    from tests.tui.conftest import OpenSitting

DATED = "الموعد 2026-11-23 عند @moh_sample"
SPOOF = message(
    "1",
    "see invoice\u202efdp.exe\u200f",
    author=Author(id="e", handle="e", name="Minis\u202etry"),
    link="https://x.example/1",
)


async def test_the_raw_view_shows_plain_order(sitting: OpenSitting) -> None:
    """Dates and handles stand there as the bare algorithm puts them; nothing is hidden in this one."""
    async with sitting([message("1", DATED)]) as s:
        assert "2026-11-23" in s.text()
        await s.press("i")

        assert s.on(ReadScreen)
        assert wrap(DATED, 76, PLAIN)[0].text.strip() in s.text()
        assert "23-11-2026" in s.text()
        assert "There is nothing in it that cannot be seen." in s.text()


async def test_the_raw_view_names_what_cannot_be_seen(sitting: OpenSitting) -> None:
    """Place and name of every control, in the text and in the author's name."""
    async with sitting([SPOOF]) as s:
        await s.press("i")

        assert "Character 12 of the text: U+202E right-to-left override" in s.text()
        assert "Character 20 of the text: U+200F right-to-left mark" in s.text()
        assert "Character 6 of the name: U+202E right-to-left override" in s.text()


async def test_overrides_are_signs_wherever_they_come(sitting: OpenSitting) -> None:
    """In the queue, in the thread and in names; none reaches the terminal, and what follows is not turned round."""
    async with sitting([SPOOF], size=(120, 24)) as s:
        for place in ("queue", "thread"):
            assert "Minis⟪RLO⟫try" in s.text(), place
            assert "see invoice⟪RLO⟫fdp.exe" in s.text(), place
            assert not set("\u202e\u200f\u2066\u2067\u2068\u2069") & set(s.text()), place
            await s.press("enter")


async def test_the_copied_text_is_what_was_written(sitting: OpenSitting) -> None:
    """Logical order, no presentation forms, from the list and from the thread; covered data stays covered."""
    personal = (Span(start=5, end=15, category="phone"),)
    async with sitting([message("1", "رقمي 0500009001 لا", personal=personal)]) as s:
        for _ in range(2):
            await s.press("Y")
            assert s.app.clipboard == "رقمي •••••••••• لا"
            await s.press("enter")
        await s.press("c", "x", "Y")

        assert s.app.clipboard == "رقمي 0500009001 لا"
