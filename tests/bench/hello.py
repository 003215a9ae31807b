"""A Textual app that says hello and nothing else: the yardstick for how fast a screen can be here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class Hello(App[None]):
    """One line; `q` leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "leave")]

    def compose(self) -> ComposeResult:
        """Return the line."""
        yield Static("hello")


if __name__ == "__main__":
    Hello().run(mouse=False)
