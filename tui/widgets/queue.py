"""The rows of a list; knows how to draw them and to move the cursor's mark, not where rows come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.language import code, from_right
from tui.paging import Page
from tui.themes import name as theme_name
from tui.widgets.lines import difference, one_row, paragraphs
from tui.widgets.rows import Look, fields, head_width

if TYPE_CHECKING:
    from textual import events

    from majlis.ports import Row

_WHEEL: Final = 3
"""Rows for one notch."""


class QueueList(Widget):
    """A page of a list, one row a line; it owns no scrollbar, and a step of the cursor draws two rows' heads."""

    DEFAULT_CSS = "QueueList { width: 1fr; height: 1fr; }"
    ALLOW_SELECT = False
    can_focus = False

    @dataclass
    class Pointed(Message):
        """Somebody clicked on a row."""

        index: int
        """The row, from the top of the page."""
        times: int
        """1 for a click, 2 for a double one."""

    @dataclass
    class Wheeled(Message):
        """Somebody turned the wheel."""

        by: int
        """Rows, downwards positive."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._page = Page()
        self._look: Look | None = None
        self._empty = ""
        self._drawn: dict[int, Strip] = {}
        self._style = ("", "")

    def show(self, page: Page, look: Look, empty: str = "") -> None:
        """Show a page as of a moment; only lines that differ are drawn again.

        Args:
            page: Rows and cursor.
            look: Whose screen it is, and the time.
            empty: What to say when there are no rows.
        """
        if page == self._page and look == self._look and empty == self._empty and self._drawn_in_force():
            return
        restyled = not self._drawn_in_force() or empty != self._empty
        self._page, self._look, self._empty = page, look, empty
        before, self._drawn = self._drawn, {}
        if restyled or not page.rows or not before:
            self._style = (code(), theme_name())
            self.refresh()
            return
        changed = [y for y in range(self.size.height) if self._differs(y, before)]
        if len(changed) > self.size.height // 2:
            self.refresh()

    def _drawn_in_force(self) -> bool:
        return self._style == (code(), theme_name())

    def _differs(self, y: int, before: dict[int, Strip]) -> bool:
        """Compose a line, ask for what changed in it, and tell whether anything did."""
        old, new = before.get(y), self._line(y)
        if old is None:
            self.refresh(Region(0, y, self.size.width, 1))
            return True
        columns = difference(old, new)
        if columns is None:
            return False
        self.refresh(Region(columns[0], y, columns[1] - columns[0], 1))
        return True

    def move_cursor(self, page: Page) -> None:
        """Show the cursor on another row of the same page: two heads are drawn, nothing else."""
        old, self._page = self._page.cursor, page
        if self._look is None or old == page.cursor:
            return
        head = head_width(self._look)
        left = max(self.size.width - head, 0) if from_right() else 0
        for y in (old, page.cursor):
            self._drawn.pop(y, None)
            self.refresh(Region(left, y, head, 1))

    def warm(self, row: Row, look: Look) -> None:
        """Lay out a row that may be shown soon; the layout remembers it."""
        if self.size.width:
            one_row(fields(row, look, self.size.width, cursor=False), self.size.width)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows shown."""
        return self._page.rows

    def on_click(self, event: events.Click) -> None:
        """Say which row it was; the mouse is off unless somebody wants it."""
        if event.y < len(self._page.rows):
            self.post_message(self.Pointed(index=event.y, times=event.chain))

    def on_mouse_scroll_down(self) -> None:
        """Say so."""
        self.post_message(self.Wheeled(by=_WHEEL))

    def on_mouse_scroll_up(self) -> None:
        """Say so."""
        self.post_message(self.Wheeled(by=-_WHEEL))

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        return self._line(y)

    def _line(self, y: int) -> Strip:
        made = self._drawn.get(y)
        if made is None or made.cell_length != self.size.width:
            made = self._drawn[y] = self._composed(y)
        return made

    def _composed(self, y: int) -> Strip:
        width = self.size.width
        if self._look is None:
            return Strip.blank(width)
        if not self._page.rows:
            said = paragraphs(self._empty, max(width - 4, 1), style="quiet") if self._empty else []
            return _inset(said[y - 1], width) if 1 <= y <= len(said) else Strip.blank(width)
        if y >= len(self._page.rows):
            return Strip.blank(width)
        row = self._page.rows[y]
        return one_row(fields(row, self._look, width, cursor=y == self._page.cursor), width)


def _inset(line: Strip, width: int) -> Strip:
    """Leave two blank columns on both sides."""
    return Strip.join([Strip.blank(2), line, Strip.blank(width - line.cell_length - 2)])
