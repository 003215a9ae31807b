"""A place of the program: banner, status line, something to look at, what just happened, and the keys that work."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.screen import Screen

from tui.keymap import PREFIX, TWINS, Key, Place
from tui.language import _
from tui.powers import theirs
from tui.widgets.lines import Lines
from tui.widgets.status import Status, banner_line, footer_line, notice_lines, status_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.message import Message
    from textual.widget import Widget

    from tui.app import MajlisApp
    from tui.session import Session
    from tui.whereabouts import Whereabout

Result = TypeVar("Result")


class PlaceScreen(Screen[Result], Generic[Result], inherit_bindings=False):
    """Draws the lines around a place and knows its keys; subclasses put the middle in."""

    PLACE: Place
    """Whose keys work here."""
    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    PlaceScreen { layout: vertical; overflow: hidden; }
    PlaceScreen #middle { height: 1fr; width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.banner_line = Lines(id="banner")
        self.status_line = Lines(id="status")
        self.notice_line = Lines(id="notice")
        self.footer_line = Lines(id="footer")
        self._after_prefix = False
        self._notice_height = 1

    @property
    def majlis(self) -> MajlisApp:
        """The program."""
        app: MajlisApp = self.app  # type: ignore[assignment]  # Textual types `app` as any App
        return app

    @property
    def session(self) -> Session:
        """What this sitting was given."""
        return self.majlis.session

    def middle(self) -> Widget:
        """Return what stands between the lines."""
        raise NotImplementedError

    def title_text(self) -> str:
        """Return the name of the place, translated."""
        raise NotImplementedError

    def position_text(self) -> str:
        """Return where in it the cursor is; empty where that says nothing."""
        return ""

    def bar_text(self) -> str:
        """Return what waits to be taken in; empty when nothing does."""
        return ""

    def footer_keys(self) -> list[Key]:
        """Return the keys of the footer, the most useful first."""
        return self._theirs(self.majlis.keymap.footer(self.PLACE))

    def offered(self) -> list[Key]:
        """Return all keys that do something here for this operator, in the order of the help."""
        keys = self._theirs(self.majlis.keymap.of(self.PLACE))
        return [key for key in keys if key.id != "train" or self.majlis.has_lessons]

    def _theirs(self, keys: Iterable[Key]) -> list[Key]:
        return theirs(keys, self.session.operator.roles)

    def compose(self) -> ComposeResult:
        """Stack the lines."""
        if self.session.banner is not None:
            yield self.banner_line
        yield self.status_line
        yield self.middle()
        yield self.notice_line
        yield self.footer_line

    def redraw(self) -> None:
        """Draw everything anew: another size, language or theme."""
        if not self.is_attached or self.size.width < 1:
            return
        self.redraw_banner()
        self.redraw_footer()
        self.redraw_status()

    def redraw_banner(self) -> None:
        """Say what is practised, or how the time of a replay passes."""
        pace = self.session.pace
        said = self.session.banner if pace is None else pace.told()
        if said is not None and self.is_attached and self.size.width > 0:
            self.banner_line.put([banner_line(said, self.size.width)])

    def action_replay_hold(self) -> None:
        """Let the time of a replay stand, or go on."""
        if self.session.pace is not None:
            self.session.pace.hold()
            self.redraw_banner()

    def action_replay_step(self) -> None:
        """Go to what happens next in a replay."""
        if self.session.pace is not None:
            self.session.pace.step()
            self.redraw_banner()

    def action_replay_faster(self) -> None:
        """Let the time of a replay pass faster."""
        if self.session.pace is not None:
            self.session.pace.faster()
            self.redraw_banner()

    def action_replay_slower(self) -> None:
        """Let the time of a replay pass slower."""
        if self.session.pace is not None:
            self.session.pace.slower()
            self.redraw_banner()

    async def action_replay_jump(self) -> None:
        """Hurry to a time in a replay."""
        pace = self.session.pace
        if pace is None:
            return
        from tui.screens.dialogs import LineScreen  # noqa: PLC0415  it is a place itself

        async def answered(text: str | None) -> None:
            problem = pace.jump(text) if text else None
            if problem is not None:
                self.majlis.tell(problem)

        hint = _("A time after the start, as +01:30:00, or a moment, as 2026-11-23T08:00:00Z.")
        await self.majlis.push_screen(LineScreen(_("Jump to a time"), hint), answered)

    def redraw_footer(self) -> None:
        """Draw the keys that work here now."""
        if self.is_attached and self.size.width > 0:
            self.footer_line.put([footer_line(self.footer_keys(), self.size.width)])

    def redraw_status(self) -> None:
        """Draw the lines that change while one works; what is as before costs nothing."""
        if not self.is_attached or self.size.width < 1:
            return
        app, width = self.majlis, self.size.width
        status = Status(
            place=self.title_text(),
            position=self.position_text(),
            hours=app.hours_text,
            gate=app.gate_text,
            health=app.health_texts,
            language=app.language_text,
        )
        self.status_line.put([status_line(status, width)])
        said = notice_lines(app.notice.text, app.notice.look, self.bar_text(), width)
        if lost := app.lost_text():
            above = notice_lines(lost, "problem", "", width)
            said = [*above, *said] if app.notice.text or self.bar_text() else above
        self.notice_line.put(said)
        if len(said) != self._notice_height:
            self._notice_height = len(said)
            self.notice_line.styles.height = len(said)
            self.call_after_refresh(self.redraw)  # the place has another height now

    async def found(self) -> None:
        """Take notice that the store's server is back."""

    async def _dispatch_message(self, message: Message) -> None:
        """Take a message; a store that cannot be reached just then ends neither the place nor the program."""
        with self.majlis.reaching():
            await super()._dispatch_message(message)

    async def _invoke_and_clear_callbacks(self) -> None:
        """Do what was to be done after drawing, in the same way."""
        with self.majlis.reaching():
            await super()._invoke_and_clear_callbacks()

    async def changed(self, keys: frozenset[str]) -> None:
        """Take notice of what changed in the store."""

    async def moved(self) -> None:
        """Take notice that colleagues have come to messages, or left them."""

    def whereabout(self) -> Whereabout | None:
        """Return the message that is read, or answered, here."""
        return None

    async def minute(self) -> None:
        """Take notice that the clock shows another minute."""

    def on_resize(self) -> None:
        """Draw everything for the new size."""
        self.call_after_refresh(self.redraw)

    async def on_key(self, event: events.Key) -> None:
        """Take the second stroke of `gg`; any other one is swallowed, since `b` types two letters on one layout."""
        prefix = {PREFIX, TWINS[PREFIX]}
        if self._after_prefix:
            self._after_prefix = False
            event.stop()
            event.prevent_default()
            if event.key in prefix:
                self.call_later(self.run_action, "move_first")
        elif event.key in prefix and hasattr(self, "action_move_first"):
            self._after_prefix = True
            event.stop()
            event.prevent_default()
