"""One line of text to fill in: the editor, without line ends; long text is wrapped, and the field grows with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.arabic.editor import BidiTextArea
from tui.arabic.layout import Options
from tui.language import from_right

if TYPE_CHECKING:
    from textual import events
    from textual.document._document import EditResult, Location

MOST: Final = 2000
"""Characters at most; a note is one line to a colleague, not a letter. A guess."""


class LineEntry(BidiTextArea):
    """For searching, filtering and notes; Enter and Esc belong to the screen."""

    DEFAULT_CSS = """
    LineEntry { width: 1fr; height: auto; min-height: 1; max-height: 8; margin: 0 2; padding: 0; border: none; }
    LineEntry:focus { border: none; }
    """

    def __init__(self, text: str = "", *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(
            " ".join(text.split("\n")),
            options=Options(default_base="rtl" if from_right() else "ltr"),
            placeholder=placeholder,
            id=id,
            compact=True,
        )
        self.cursor_blink = False
        self.move_cursor(self.document.end)

    def _pasted(self, text: str) -> str:
        return " ".join(super()._pasted(text).split("\n"))

    def _replace_via_keyboard(self, insert: str, start: Location, end: Location) -> EditResult | None:
        room = MOST - len(self.text) + abs(self.bidi.index_of(end) - self.bidi.index_of(start))
        return super()._replace_via_keyboard(insert, start, end) if len(insert) <= room else None

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.prevent_default()  # no line end here; the screen takes it
