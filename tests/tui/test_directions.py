"""One message has one direction, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


async def test_a_message_has_one_direction_in_queue_thread_editor_and_check(sitting: OpenSitting) -> None:
    """The first word after mentions, links and reposts decides; an export is the text itself and has none."""
    messages = [message(str(n), text, thread=f"t{n}") for n, text in enumerate(CASES)]
    async with sitting(messages) as s:
        shown = [row.message.text for row in s.inbox().queue.rows if row.message]
        assert {text: side(s.lines()[1 + y], 32, 80) for y, text in enumerate(shown)} == CASES
        in_thread = {}
        for text in shown:
            await s.press("enter")
            body = next(line for line in s.lines()[2:] if line.startswith("|") and "·" not in line)
            in_thread[text] = side(body, 2, 80)
            await s.press("escape", "j")
        assert in_thread == CASES
        editor = (await compose(s, "")).editor
        in_editor = {}
        for text in CASES:
            editor.text = text
            in_editor[text] = editor.direction
        assert in_editor == CASES

    assert {text: answer({"id": 1, "logical": text, "isolate": True})["base"] for text in CASES} == CASES
