"""Writing an answer: the thread above, the text below, saved while it is typed; the only way out is the review."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Vertical
from textual.widgets import TextArea

from majlis import text as texts
from majlis.desk import Outcome
from majlis.message import stamp
from majlis.ports import Draft, ViewName
from tui.keymap import Place, bindings
from tui.language import _
from tui.screens.place import PlaceScreen
from tui.screens.review import Chosen, ReviewScreen, Way
from tui.screens.thread import thread_shown
from tui.widgets.lines import Lines, one_row, paragraphs, ui_field
from tui.widgets.rows import FULL_NAMES, Look
from tui.widgets.thread import ThreadView

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.timer import Timer
    from textual.widget import Widget

    from majlis.message import Message

SAVES_S: Final = 0.5
"""Seconds after a letter until the draft is on the disk; a second is what may be lost."""


class ComposeScreen(PlaceScreen[Outcome | None]):
    """One answer to one message."""

    PLACE = Place.COMPOSE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.COMPOSE)]
    DEFAULT_CSS = """
    ComposeScreen ThreadView { height: 2fr; }
    ComposeScreen #to { height: 1; }
    ComposeScreen TextArea { height: 2fr; border: none; padding: 0; }
    ComposeScreen TextArea:focus { border: none; }
    ComposeScreen #preview { height: 1fr; }
    """

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.thread = ThreadView(id="thread")
        self.to_line = Lines(id="to")
        self.preview = Lines(id="preview")
        self.editor = TextArea(show_line_numbers=False, soft_wrap=True)
        self._message = message
        self._stamp: str | None = None
        self._acknowledged: tuple[str, ...] = ()
        self._saved: str | None = None
        self._saving: Timer | None = None
        self._finished = False
        self._restored = False

    def middle(self) -> Widget:
        """Stack thread, addressee, editor and preview."""
        return Vertical(self.thread, self.to_line, self.editor, self.preview, id="middle")

    def title_text(self) -> str:
        """Return the name of the place."""
        return _("Reply")

    def position_text(self) -> str:
        """Return the length as the network counts it, and its limit."""
        key = self._message.key
        length = texts.length(self.editor.text, key.network, key.object)
        return f"{length}/{texts.LIMITS[key.network, key.object]}"

    async def on_mount(self) -> None:
        """Bring the draft back, and show what it answers."""
        draft = await self.session.store.draft(self._message.key, self.session.operator.name)
        if draft is not None:
            self.editor.text = draft.text
            self.editor.move_cursor(self.editor.document.end)
            self._acknowledged = draft.acknowledged
            self._saved = draft.text
            self.majlis.tell(_("Your draft is back."))
        else:
            self.majlis.tell("")
        self._restored = True
        self.editor.cursor_blink = False
        self.editor.focus()
        await self._read_thread()

    async def _read_thread(self) -> None:
        app = self.majlis
        if self._message.personal and str(self._message.key) not in app.revealed:
            # Whoever holds the claim reads the person's own data; that is logged once.
            from majlis.commands import Reveal  # noqa: PLC0415  only where there is something to uncover

            if await app.do(Reveal(key=self._message.key), tell=False) is not None:
                app.revealed.add(str(self._message.key))
        shown = await thread_shown(app, self._message)
        if self._stamp is None:
            self._stamp = stamp(shown.messages, self._message.key)
        look = Look(operator=self.session.operator.name, now=self.session.clock.now(), view=ViewName.ALL)
        self.thread.show(shown, look, self.session.desk.policy.hours)

    async def changed(self, keys: frozenset[str]) -> None:
        """Show what the person, or a colleague, has added meanwhile."""
        if any(key.startswith(f"{self._message.key.network}:") for key in keys):
            await self._read_thread()

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        super().redraw()
        if self.is_attached:
            self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        width = self.size.width
        self.thread.redraw()
        name = self._message.author.shown() or _("unknown person")
        network = _(FULL_NAMES[self._message.key.network])
        if self._message.public:
            text = _("To {name} on {network}: public, everybody can read it", name=name, network=network)
        else:
            text = _("To {name} on {network}: private", name=name, network=network)
        self.to_line.put([one_row([ui_field(f" {text}")], width, extra="bar")])
        self._show_preview()

    def _show_preview(self) -> None:
        """Show the text as it reads, which a plain editor does not."""
        width, height = self.preview.size
        if width < 4 or not height:  # noqa: PLR2004  nothing readable fits
            return
        lines = paragraphs(self.editor.text, width, ui=False) if self.editor.text else []
        self.preview.put(lines[-height:])

    # ----------------------------------------------------------------------------------------------------------- saving

    def on_text_area_changed(self) -> None:
        """Count, show, and save soon."""
        self._show_preview()
        self.redraw_status()
        if self._restored and self._saving is None and not self._finished:
            self._saving = self.set_timer(SAVES_S, self.save)

    async def save(self) -> None:
        """Keep the draft; nothing is written when it is as it was."""
        if self._saving is not None:
            self._saving.stop()
            self._saving = None
        text = self.editor.text
        if self._finished or not self._restored or text == (self._saved or ""):
            return
        self._saved = text
        await self.session.store.save_draft(
            Draft(
                message=str(self._message.key),
                author=self.session.operator.name,
                text=text,
                saved_at=self.session.clock.now(),
                acknowledged=self._acknowledged,
            )
        )

    async def on_unmount(self) -> None:
        """Keep the draft whichever way the screen ends: a hang-up and a signal close it like a key."""
        await self.save()

    # ----------------------------------------------------------------------------------------------------------- review

    async def action_review(self) -> None:
        """Save, and look at all of it before it goes out."""
        await self.save()
        screen = ReviewScreen(self._message, self.editor.text, self._acknowledged, self._stamp)
        await self.majlis.push_screen(screen, self._reviewed)

    async def _reviewed(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        self._acknowledged, self._stamp = chosen.acknowledged, chosen.stamp
        match chosen.way:
            case Way.EDIT:
                self._saved = None
                self.editor.focus()
            case Way.KEEP:
                self._saved = None
                await self.save()
                self.dismiss(None)
            case Way.DISCARD | Way.SENT:
                self._finished = True
                self.dismiss(chosen.outcome)
