"""A place of lines that scroll: something to read through, with keys that act on all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tui.screens.acting import ActingScreen
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.strip import Strip
    from textual.widget import Widget

Result = TypeVar("Result")


class ScrolledScreen(ActingScreen[Result]):
    """Subclasses say which lines; this one knows which of them are in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Lines(id="middle")
        self._top = 0
        self._drawn: list[Strip] = []

    def lines(self, width: int) -> list[Strip]:
        """Return all lines, each as wide as asked."""
        raise NotImplementedError

    def middle(self) -> Widget:
        """Return the lines."""
        return self.body

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        super().redraw()
        if self.is_attached:
            self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self.body.size.height:
            self._drawn = self.lines(self.body.size.width)
            self._show(self._top)

    def _show(self, top: int) -> None:
        height = self.body.size.height
        self._top = min(max(top, 0), max(len(self._drawn) - height, 0))
        self.body.put(self._drawn[self._top : self._top + height])

    def action_move_next(self) -> None:
        """A line down."""
        self._show(self._top + 1)

    def action_move_previous(self) -> None:
        """A line up."""
        self._show(self._top - 1)

    def action_move_first(self) -> None:
        """To the beginning."""
        self._show(0)

    def action_move_last(self) -> None:
        """To the end."""
        self._show(len(self._drawn))

    def action_move_half_down(self) -> None:
        """Half a page down."""
        self._show(self._top + self.body.size.height // 2)

    def action_move_half_up(self) -> None:
        """Half a page up."""
        self._show(self._top - self.body.size.height // 2)

    def action_move_page_down(self) -> None:
        """A page down."""
        self._show(self._top + self.body.size.height)

    def action_move_page_up(self) -> None:
        """A page up."""
        self._show(self._top - self.body.size.height)
