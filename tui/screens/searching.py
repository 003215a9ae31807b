"""A place in which words are looked for: asked once, then gone through in both directions."""

from __future__ import annotations

from typing import TypeVar

from tui.language import _
from tui.screens.acting import ActingScreen
from tui.screens.dialogs import LineScreen

Result = TypeVar("Result")


class SearchingScreen(ActingScreen[Result]):
    """Subclasses find and draw; this one asks for the words and keeps them."""

    def __init__(self, search: str = "") -> None:
        super().__init__()
        self._search = search
        """What is looked for, as typed; empty when nothing is."""

    async def find(self, direction: int) -> None:
        """Go to the next thing that holds all the words, or say that there is none.

        Args:
            direction: 1 goes on, -1 goes back.
        """
        raise NotImplementedError

    def asked_for(self, text: str) -> None:
        """Take words that somebody typed here."""
        self._search = text

    async def action_search(self) -> None:
        """Ask for words and go to the next thing that holds them."""

        async def answered(text: str | None) -> None:
            if text:
                self.asked_for(text)
                await self.find(1)

        hint = _("Words in any spelling, of messages and names. n goes on, N goes back, Esc ends it.")
        await self.majlis.push_screen(LineScreen(_("Search"), hint, self._search), answered)

    async def action_find_next(self) -> None:
        """Next thing that holds the words."""
        await self._find_again(1)

    async def action_find_previous(self) -> None:
        """Previous thing that holds the words."""
        await self._find_again(-1)

    async def _find_again(self, direction: int) -> None:
        if self._search:
            await self.find(direction)
        else:
            await self.action_search()
