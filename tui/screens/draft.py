"""Writing a post of ours: the Arabic text above, the English one below, kept while they are typed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Vertical

from majlis.commands import WritePost
from majlis.errors import MajlisError
from majlis.publishing import Post, PostKind
from tui.arabic.editor import BidiTextArea
from tui.keymap import Place, bindings
from tui.language import _
from tui.screens.dialogs import lose_question
from tui.screens.place import PlaceScreen
from tui.screens.post import content_of, every_target
from tui.widgets.lines import Lines, one_row, ui_field

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.timer import Timer
    from textual.widget import Widget

SAVES_S: Final = 2.0
"""Seconds after a letter until the post is on the disk. Each is an event of the history, so it is no shorter."""


class DraftScreen(PlaceScreen[None]):
    """Two texts of one post."""

    PLACE = Place.DRAFT
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.DRAFT)]
    DEFAULT_CSS = """
    DraftScreen Lines { height: 1; }
    DraftScreen BidiTextArea { height: 1fr; border: none; padding: 0; }
    DraftScreen BidiTextArea:focus { border: none; }
    """

    def __init__(self, post: Post | None = None) -> None:
        super().__init__()
        self._post = post
        self._saving: Timer | None = None
        self._keeping = asyncio.Lock()
        """Held while the post is written: the timer and a key may want it at once, and it is one post."""
        self._is_given_up = False
        """Whether the person leaves without what could not be kept."""
        self.arabic = BidiTextArea(post.arabic if post is not None else "", compact=True)
        self.english = BidiTextArea(post.english if post is not None else "", compact=True)
        self.arabic_head, self.english_head = Lines(id="arabic"), Lines(id="english")

    def middle(self) -> Widget:
        """Stack both texts under their heads."""
        return Vertical(self.arabic_head, self.arabic, self.english_head, self.english, id="middle")

    def title_text(self) -> str:
        """Return the name of the place."""
        return _("Writing a post")

    def on_mount(self) -> None:
        """Take what is typed."""
        for editor in (self.arabic, self.english):
            editor.cursor_blink = False
            editor.move_cursor(editor.document.end)
        self.arabic.focus()

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        super().redraw()
        if self.is_attached:
            width = self.size.width
            self.arabic_head.put([one_row([ui_field(f" {_('Arabic text')}")], width, extra="bar")])
            self.english_head.put([one_row([ui_field(f" {_('English text')}")], width, extra="bar")])

    def action_other_text(self) -> None:
        """Go to the other text."""
        (self.english if self.arabic.has_focus else self.arabic).focus()

    def on_text_area_changed(self) -> None:
        """Keep it soon."""
        if self._saving is None:
            self._saving = self.set_timer(SAVES_S, self.save)

    async def save(self) -> MajlisError | None:
        """Keep the post; nothing is written when it is as it was.

        Returns:
            What kept it from being kept, which is said too; the words are in the editors alone then.
        """
        async with self._keeping:
            if self._saving is not None:
                self._saving.stop()
                self._saving = None
            command = self._command()
            if command is None:
                return None
            try:
                outcome = await self.session.desk.do(command)
            except MajlisError as error:
                self.majlis.tell_problem(error)
                return error
            self._post = outcome.post
            return None

    def _command(self) -> WritePost | None:
        """Return what keeps the words; None: there are none, or they are kept."""
        arabic, english = self.arabic.text, self.english.text
        before = self._post
        if self._is_given_up:
            return None
        if before is None:
            if not (arabic.strip() or english.strip()):
                return None
            targets = every_target(self.session.desk.policy)
            return WritePost(kind=PostKind.NEWS, arabic=arabic, english=english, targets=targets)
        if (before.arabic, before.english) == (arabic, english):
            return None
        return content_of(before, arabic=arabic, english=english)

    async def on_unmount(self) -> None:
        """Keep it whichever way the screen ends."""
        await self.save()

    async def action_written(self) -> None:
        """Keep it, and look at it as each network will show it; what cannot be kept is not left unasked."""
        problem = await self.save()
        if problem is None:
            await self._leave()
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                self._is_given_up = True
                await self._leave()

        await self.majlis.push_screen(lose_question(problem), answered)

    async def _leave(self) -> None:
        post = self._post
        self.dismiss(None)
        from tui.screens.post import PostScreen  # noqa: PLC0415  each of the two leads to the other

        if post is not None and not any(isinstance(screen, PostScreen) for screen in self.majlis.screen_stack):
            await self.majlis.push_screen(PostScreen(post))
