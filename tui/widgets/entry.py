"""One line of text to fill in: typed and kept in logical order, drawn like everything else, wrapped when it is long."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.message import Message
from textual.strip import Strip

from tui.arabic.layout import Options, caret, segments, wrap
from tui.language import from_right
from tui.themes import style
from tui.widgets.lines import Lines, strip

if TYPE_CHECKING:
    from textual import events

MOST: Final = 2000
"""Characters at most; a note is one line to a colleague, not a letter. A guess."""


class LineEntry(Lines, can_focus=True):
    """Takes letters, Backspace, Delete, Home, End, arrows, ctrl+u, and pastes; Enter and Esc belong to the screen."""

    DEFAULT_CSS = "LineEntry { height: auto; min-height: 1; }"

    @dataclass
    class Changed(Message):
        """The text is another."""

        text: str

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self.text = text
        """What was typed, logical order, one line."""
        self._caret = len(text)

    def on_mount(self) -> None:
        """Draw what it begins with."""
        self.redraw()

    def on_resize(self) -> None:
        """Wrap anew."""
        self.redraw()

    def redraw(self) -> None:
        """Draw text and caret."""
        width = self.size.width
        if width < 2:  # noqa: PLR2004  no room for a letter and a caret
            return
        lines = wrap(self.text, width - 1, Options(default_base="rtl" if from_right() else "ltr"))
        strips = []
        placed = False
        for line in lines:
            laid = strip(segments(line))
            laid = Strip.join([Strip.blank(1), laid]) if line.base else Strip.join([laid, Strip.blank(1)])
            here = not placed and (line.start <= self._caret < line.end or line is lines[-1])
            if here:
                placed = True
                column = (
                    caret(line, self._caret)
                    if self._caret < len(self.text)
                    else _past(line.base, line.left, line.width - line.right)
                )
                laid = _with_caret(laid, column + (1 if line.base else 0))
            strips.append(laid)
        self.styles.height = len(strips)
        self.put(strips)

    def on_key(self, event: events.Key) -> None:
        """Edit."""
        before = (self.text, self._caret)
        if event.is_printable and event.character is not None:
            self._insert(event.character)
        elif not self._edit(event.key):
            return
        event.stop()
        event.prevent_default()
        if before != (self.text, self._caret):
            self.redraw()
        if before[0] != self.text:
            self.post_message(self.Changed(self.text))

    def on_paste(self, event: events.Paste) -> None:
        """Take a pasted text as one line."""
        event.stop()
        self._insert(" ".join(event.text.split()))
        self.redraw()
        self.post_message(self.Changed(self.text))

    def _insert(self, text: str) -> None:
        if len(self.text) + len(text) <= MOST:
            self.text = self.text[: self._caret] + text + self.text[self._caret :]
            self._caret += len(text)

    def _edit(self, key: str) -> bool:
        forward = "left" if self._reads_from_right() else "right"
        match key:
            case "backspace" if self._caret:
                self.text = self.text[: self._caret - 1] + self.text[self._caret :]
                self._caret -= 1
            case "delete":
                self.text = self.text[: self._caret] + self.text[self._next() :]
            case "ctrl+u":
                self.text, self._caret = self.text[self._caret :], 0
            case "home":
                self._caret = 0
            case "end":
                self._caret = len(self.text)
            case "left" | "right" if key == forward:
                self._caret = self._next()
            case "left" | "right":
                self._caret = self._previous()
            case "backspace":
                pass
            case _:
                return False
        return True

    def _reads_from_right(self) -> bool:
        return bool(wrap(self.text, 10, Options(default_base="rtl" if from_right() else "ltr"))[0].base)

    def _next(self) -> int:
        """Return the place after the letter at the caret and its marks."""
        at = min(self._caret + 1, len(self.text))
        while at < len(self.text) and unicodedata.combining(self.text[at]):
            at += 1
        return at

    def _previous(self) -> int:
        at = max(self._caret - 1, 0)
        while at and unicodedata.combining(self.text[at]):
            at -= 1
        return at


def _past(base: int, left: int, right: int) -> int:
    """Return the column after the last letter, where the next one will appear."""
    return left - 1 if base else right


def _with_caret(line: Strip, column: int) -> Strip:
    look = style({"caret"})
    if look is None or not 0 <= column < line.cell_length:
        return line
    return Strip.join([line.crop(0, column), line.crop(column, column + 1).apply_style(look), line.crop(column + 1)])
