"""Writing a post of ours: the Arabic text above, the English one below, kept while they are typed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Vertical

from majlis.commands import WritePost
from majlis.errors import AWAY, MajlisError
from majlis.publishing import Post, PostKind
from tui.arabic.editor import BidiTextArea
from tui.keymap import Place, bindings
from tui.language import _
from tui.screens.dialogs import AskScreen, lose_question
from tui.screens.place import PlaceScreen
from tui.screens.post import content_of, every_target
from tui.shelf import KeptPost
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
        self._kept_here: KeptPost | None = None
        """As it is kept on this machine, while the store's server is away."""
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
            if self.majlis.lost is not None:
                return self._shelved(command, self.majlis.lost.error)
            try:
                outcome = await self.session.desk.do(command)
            except AWAY as error:
                self.majlis.lose(error)
                return self._shelved(command, error)
            except MajlisError as error:
                self.majlis.tell_problem(error)
                return error
            self._post = outcome.post
            self._forget_here()
            return None

    def _shelved(self, command: WritePost, error: MajlisError) -> MajlisError:
        """Keep the post on this machine while the store's server is away; return why it is not where it belongs."""
        shelf, kept, before = self.majlis.shelf, self._kept_here, self._post
        if shelf is None or (kept is not None and kept.command == command):
            return error
        now = self.session.clock.now()
        name = kept.name if kept is not None else command.post or f"{os.getpid()} {now.isoformat()}"
        kept = KeptPost(
            name=name,
            author=self.session.operator.name,
            command=command,
            before=(before.arabic, before.english) if before is not None else None,
            saved_at=now,
        )
        try:
            shelf.keep(kept)
        except OSError as problem:
            self.majlis.tell(_("Your words are on this screen alone: {reason}.", reason=problem), look="problem")
        else:
            self._kept_here = kept
        return error

    def _forget_here(self) -> None:
        """Keep nothing on this machine of what is where it belongs."""
        if self._kept_here is not None and self.majlis.shelf is not None:
            self.majlis.shelf.drop(self._kept_here)
        self._kept_here = None

    async def found(self) -> None:
        """Keep where it belongs what was written meanwhile; what cannot be is a post of its own from here."""
        await self.save()

    def _command(self) -> WritePost | None:
        """Return what keeps the words; None: there are none, or they are kept."""
        arabic, english = self.arabic.text, self.english.text
        before = self._post
        if self._is_given_up:
            return None
        if before is None:
            if self._kept_here is None and not (arabic.strip() or english.strip()):
                return None
            targets = every_target(self.session.desk.policy)
            return WritePost(kind=PostKind.NEWS, arabic=arabic, english=english, targets=targets)
        if self._kept_here is None and (before.arabic, before.english) == (arabic, english):
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

        is_kept = self._kept_here is not None and self._kept_here.command == self._command()

        async def answered(yes: bool | None) -> None:
            if yes:
                self._is_given_up = not is_kept
                await self._leave()

        about = _("Your words are kept on this machine; they are a post of yours again when it is back.")
        leaving = AskScreen(_("The connection is lost. Leave the post for now?"), about)
        await self.majlis.push_screen(leaving if is_kept else lose_question(problem), answered)

    async def _leave(self) -> None:
        post = self._post if self.majlis.lost is None else None
        self.dismiss(None)
        from tui.screens.post import PostScreen  # noqa: PLC0415  each of the two leads to the other

        if post is not None and not any(isinstance(screen, PostScreen) for screen in self.majlis.screen_stack):
            await self.majlis.push_screen(PostScreen(post))
