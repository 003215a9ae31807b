"""One message has one direction, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import message
from tests.tui.test_compose import compose
from tui.arabic.check import answer

if TYPE_CHECKING:
    from tests.tui.conftest import OpenSitting

CASES = {
    "السلام عليكم abc": "rtl",
    "hello السلام": "ltr",
    "@moh_sample متى يفتح المركز": "rtl",
    "RT @someone: متى يفتح المركز": "rtl",
    "https://example.org/x متى": "rtl",
    "#vaccine متى": "rtl",
    "@moh_sample when?": "ltr",
    "2026-11-23 متى": "rtl",
    "12:30": "rtl",
}
"""Text → its direction; what has no letter of its own takes that of the inbox."""


def side(row: str, left: int, right: int) -> str:
    """Return the side at which a text lies in its columns."""
    cells = row[left:right]
    return "rtl" if cells.startswith(" ") and not cells.endswith(" ") else "ltr"


@pytest.mark.parametrize(("text", "direction"), CASES.items(), ids=range(len(CASES)))
async def test_a_message_has_one_direction_in_queue_thread_editor_and_check(
    sitting: OpenSitting, text: str, direction: str
) -> None:
    """The first word after mentions, links and reposts decides; an export is the text itself and has none."""
    async with sitting([message("1", text)]) as s:
        assert side(s.lines()[1], 32, 80) == direction
        await s.press("enter")
        body = next(line for line in s.lines()[2:] if line.startswith("|") and "·" not in line)
        assert side(body, 2, 80) == direction
        await s.press("escape")
        screen = await compose(s, text)
        assert screen.editor.direction == direction

    assert answer({"id": 1, "logical": text, "isolate": True})["base"] == direction
