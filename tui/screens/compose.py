"""Writing an answer: the thread above, the text below, saved while it is typed; the only way out is the review."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Vertical

from majlis import text as texts
from majlis.commands import Reveal
from majlis.conduct import Severity
from majlis.errors import AWAY, MajlisError
from majlis.message import stamp
from majlis.outcome import Outcome
from majlis.ports import Draft, ViewName
from majlis.presence import Doing
from majlis.snippets import facts_for, fill
from tui.arabic.editor import BidiTextArea
from tui.company import lost_text
from tui.keymap import Place, bindings
from tui.language import _, code
from tui.screens.dialogs import AskScreen, PickScreen, lose_question
from tui.screens.place import PlaceScreen
from tui.screens.review import SEVERITIES, Chosen, ReviewScreen, Way, finding_facts
from tui.screens.thread import thread_shown
from tui.whereabouts import Whereabout
from tui.widgets.lines import Lines, one_row, paragraphs, ui_field
from tui.widgets.rows import FULL_NAMES, Look
from tui.widgets.thread import ThreadView

if TYPE_CHECKING:
    from datetime import datetime

    from textual.binding import BindingType
    from textual.timer import Timer
    from textual.widget import Widget

    from majlis.commands import Override
    from majlis.conduct import Finding
    from majlis.message import Message
    from majlis.scene import Scene

_LOST_LINES: Final = 2
"""Lines that the loss of a claim may take from the thread."""
_MOST_SNIPPETS: Final = 16
"""Saved replies that are offered; what 24 lines hold."""
JUDGES_S: Final = 0.02
"""Seconds after a letter until the rules have read the text; with their few milliseconds it stays under 50 ms."""
SAVES_S: Final = 0.5
"""Seconds after a letter until the draft is on the disk; a second is what may be lost."""
AGAIN_S: Final = 5.0
"""Seconds until a draft that could not be kept is tried again. A guess: a busy store is free by then."""


class ComposeScreen(PlaceScreen[Outcome | None]):
    """One answer to one message."""

    PLACE = Place.COMPOSE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.COMPOSE)]
    DEFAULT_CSS = """
    ComposeScreen ThreadView { height: 2fr; }
    ComposeScreen #to, ComposeScreen #said { height: 1; }
    ComposeScreen #lost { height: 0; }
    ComposeScreen BidiTextArea { height: 3fr; border: none; padding: 0; }
    ComposeScreen BidiTextArea:focus { border: none; }
    """

    def __init__(
        self,
        message: Message,
        draft: Draft | None = None,
        *,
        suggested: str | None = None,
        override: Override | None = None,
    ) -> None:
        """Take what is answered.

        Args:
            message: The message.
            draft: What was written before; it comes before a suggestion.
            suggested: A line to begin with.
            override: What the review's override says without being asked, on the urgent path.
        """
        super().__init__()
        self._is_suggested = draft is None and suggested is not None
        self._override = override
        self.thread = ThreadView(id="thread")
        self.to_line = Lines(id="to")
        self.lost_line = Lines(id="lost")
        self.said = Lines(id="said")
        first = message.text if message.ours and not message.is_own_post else suggested
        self._saved = first if draft is None else draft.text
        """As it is kept; an answer of ours that is changed begins with its own words."""
        self._has_draft = draft is not None
        self._kept_here: str | None = None
        """As it is kept on this machine, while the store's server is away."""
        self.editor = BidiTextArea(self._saved or "", compact=True)
        self._message = message
        self._stamp: str | None = None
        self._acknowledged = draft.acknowledged if draft is not None else ()
        self._read = draft.read if draft is not None else ()
        self._scene: Scene | None = None
        self._judging: Timer | None = None
        self.findings: tuple[Finding, ...] = ()
        """What the rules have to say, the most severe first."""
        self._gravest: Finding | None = None
        self._saving: Timer | None = None
        self._keeping = asyncio.Lock()
        """Held while the draft is written: the timer and a key may want it at once."""
        self._finished = False
        self._covered = False
        self._stirred: datetime | None = None
        self._lost = ""
        """Why it cannot go out from here any more; the keys go on writing."""

    def middle(self) -> Widget:
        """Stack thread, addressee and editor."""
        return Vertical(self.thread, self.lost_line, self.to_line, self.editor, self.said, id="middle")

    def title_text(self) -> str:
        """Return the name of the place, and the direction of the paragraph with the caret."""
        return _("Reply, from the right") if self.editor.direction == "rtl" else _("Reply, from the left")

    def position_text(self) -> str:
        """Return the length as the network counts it, and its limit."""
        key = self._message.key
        length = texts.length(self.editor.text, key.network, key.below)
        return f"{length}/{texts.LIMITS[key.network, key.below]}"

    async def on_mount(self) -> None:
        """Show what it answers, and take what is typed."""
        if self._is_suggested:
            self.majlis.tell(_("A suggested line: change it as you like, or write your own."))
        else:
            self.majlis.tell(_("Your draft is back.") if self._has_draft else "")
        self.editor.move_cursor(self.editor.document.end)
        self.editor.cursor_blink = False
        self.editor.focus()
        await self._read_thread()
        self._judge()

    async def _read_thread(self) -> None:
        app = self.majlis
        is_covered = self._message.personal and str(self._message.key) not in app.revealed
        # Whoever holds the claim reads the person's own data; that is logged once.
        opens = is_covered and self.session.desk.may_reveal(self._message)
        if opens and await app.do(Reveal(key=self._message.key), tell=False) is not None:
            app.revealed.add(str(self._message.key))
        shown = await thread_shown(app, self._message)
        self._message = shown.message() or self._message
        self._scene = await self.session.desk.scene(self._message)
        if self._stamp is None:
            self._stamp = stamp(shown.messages, self._message.key)
        self.thread.show(shown, self._look(), self.session.desk.policy.hours)
        await self._say_lost()

    def _look(self) -> Look:
        return Look(
            operator=self.session.operator.name,
            now=self.session.clock.now(),
            view=ViewName.ALL,
            company=self.majlis.company,
        )

    async def moved(self) -> None:
        """Show who else is here."""
        if self.thread.shown is not None:
            self.thread.show(self.thread.shown, self._look(), self.session.desk.policy.hours)

    async def minute(self) -> None:
        """Show how long it has been held by now."""
        await self.moved()

    def whereabout(self) -> Whereabout | None:
        """Return what is being answered."""
        return Whereabout(key=self._message.key, doing=Doing.COMPOSING, stirred=self._stirred)

    async def _say_lost(self) -> None:
        """Say above the editor that a colleague has the message now, and keep what was written until then."""
        now, text = self.session.clock.now(), self.editor.text
        before, self._lost = self._lost, lost_text(self._message, self.session.operator.name, now, text)
        if self._lost and self._lost != before:
            await self.save()
        if self._lost != before:
            self.redraw()

    def on_screen_suspend(self) -> None:
        """Remember that changes are not followed while something else is on top."""
        self._covered = True

    async def on_screen_resume(self) -> None:
        """Take up what changed meanwhile."""
        if self._covered:
            self._covered = False
            await self._read_thread()
            self._judge()

    async def changed(self, keys: frozenset[str]) -> None:
        """Show what the person, or a colleague, has added meanwhile."""
        if any(key.startswith(f"{self._message.key.network}:") for key in keys):
            await self._read_thread()
            self._judge()

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
        if self._message.is_own_post:
            text = _("Below our own post on {network}, to nobody in particular: public", network=network)
        elif self._message.ours:
            text = _("Our answer on {network}: the new text takes its place, in public", network=network)
        elif self._message.public:
            text = _("To {name} on {network}: public, everybody can read it", name=name, network=network)
        else:
            text = _("To {name} on {network}: private", name=name, network=network)
        self.to_line.put([one_row([ui_field(f" {text}")], width, extra="bar")])
        lost = paragraphs(self._lost, max(width - 1, 1), style="problem")[:_LOST_LINES] if self._lost else []
        self.lost_line.styles.height = len(lost)
        self.lost_line.put(lost)
        self._say()

    # ----------------------------------------------------------------------------------------------------------- saving

    def on_bidi_text_area_direction_changed(self) -> None:
        """Say the direction of the paragraph in which the caret is now."""
        self.redraw_status()

    def action_direction(self) -> None:
        """Turn the paragraph round."""
        self.editor.action_toggle_direction()

    def on_text_area_changed(self) -> None:
        """Count, judge in a moment, and save soon."""
        self.redraw_status()
        self._stirred = self.session.clock.now()
        if self._judging is not None:
            self._judging.stop()
        self._judging = self.set_timer(JUDGES_S, self._judge)
        if self._saving is None and not self._finished and self.editor.text != (self._saved or ""):
            self._saving = self.set_timer(SAVES_S, self._save_soon)

    async def _save_soon(self) -> None:
        if self._lost:
            await self._say_lost()  # the first words are kept too
        if await self.save() is not None and self.majlis.lost is None:
            self._saving = self.set_timer(AGAIN_S, self._save_soon)

    async def save(self) -> MajlisError | None:
        """Keep the draft; nothing is written when it is as it was.

        Returns:
            What kept it from being kept, which is said too; the text is in the editor alone then.
        """
        async with self._keeping:
            if self._saving is not None:
                self._saving.stop()
                self._saving = None
            text = self.editor.text
            if self._finished or text == (self._saved or ""):
                return None
            draft = Draft(
                message=str(self._message.key),
                author=self.session.operator.name,
                text=text,
                saved_at=self.session.clock.now(),
                acknowledged=self._acknowledged,
                read=self._read,
            )
            if self.majlis.lost is not None:
                return self._shelved(draft, self.majlis.lost.error)
            try:
                await self.session.store.save_draft(draft)
            except AWAY as error:
                self.majlis.lose(error)
                return self._shelved(draft, error)
            except MajlisError as error:
                self.majlis.tell_problem(error)
                return error
            self._saved = text
            return None

    def _shelved(self, draft: Draft, error: MajlisError) -> MajlisError:
        """Keep the draft on this machine while the store's server is away; return why it is not where it belongs."""
        shelf = self.majlis.shelf
        if shelf is not None and draft.text != self._kept_here:
            try:
                shelf.keep(draft)
            except OSError as problem:
                self.majlis.tell(_("Your words are on this screen alone: {reason}.", reason=problem), look="problem")
            else:
                self._kept_here = draft.text
        return error

    async def found(self) -> None:
        """Keep what was written meanwhile where it belongs, and show what came."""
        self._kept_here = None
        await self.save()
        await self._read_thread()
        self._judge()

    def _judge(self) -> None:
        """Mark in place what the rules have to say, and say the gravest of it below; the review says all."""
        self._judging = None
        text = self.editor.text
        found = self.session.desk.policy.findings(text, self._message, self._scene) if text.strip() else ()
        self.findings = found
        self.editor.set_findings(
            [(f.start, f.end, str(f.severity)) for f in found if f.start is not None and f.end is not None]
        )
        self._gravest = next((f for f in found if f.severity is not Severity.REMIND), None)
        self._say()

    def _say(self) -> None:
        """Draw the line below the editor: what stops the text, or must be confirmed; reminders wait for the review."""
        finding = self._gravest
        if finding is None:
            self.said.put([one_row([ui_field("")], self.size.width)])
            return
        label = f" [{_(SEVERITIES[finding.severity])}] "
        text = self.session.desk.policy.rules.text(
            finding, code(), **finding_facts(self.majlis.keymap, finding, ["review", "keep"])
        )
        self.said.put([one_row([ui_field(f"{label}{text}", None, str(finding.severity))], self.size.width)])

    async def on_unmount(self) -> None:
        """Keep the draft whichever way the screen ends: a hang-up and a signal close it like a key."""
        await self.save()

    # ---------------------------------------------------------------------------------------------------- saved replies

    async def action_snippet(self) -> None:
        """Put a saved reply where the cursor is; those in the person's script come first."""
        kept = await self.session.store.snippets()
        if not kept:
            self.majlis.tell(_("There are no saved replies; majlis snippet add keeps one."))
            return
        wanted = "en" if texts.script_of(self._message.text) == "en" else "ar"
        ordered = sorted(kept, key=lambda each: (each.language != wanted, each.name))[:_MOST_SNIPPETS]

        async def picked(choice: int | None) -> None:
            if choice is not None:
                snippet = ordered[choice]
                contacts = self._scene.policy.contacts if self._scene else self.session.desk.policy.contacts
                facts = facts_for(self._message, contacts, snippet.language)
                self.editor.insert(fill(snippet.text, facts))

        labels = [f"{each.name} ({each.language})  {' '.join(each.text.split())}" for each in ordered]
        await self.majlis.push_screen(PickScreen(_("Saved replies"), labels), picked)

    # ----------------------------------------------------------------------------------------------------------- review

    async def action_review(self) -> None:
        """Save, and look at all of it before it goes out."""
        problem = await self.save()
        if problem is not None:
            await self._ask_to_leave(problem)
            return
        screen = ReviewScreen(
            self._message, self.editor.text, self._acknowledged, self._stamp, read=self._read, override=self._override
        )
        await self.majlis.push_screen(screen, self._reviewed)

    async def _reviewed(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        self._acknowledged, self._stamp, self._read = chosen.acknowledged, chosen.stamp, chosen.read
        match chosen.way:
            case Way.EDIT:
                self._saved = None
                self.editor.focus()
            case Way.KEEP:
                self._saved = None
                problem = await self.save()
                if problem is None:
                    self.dismiss(None)
                else:
                    await self._ask_to_leave(problem)
            case Way.DISCARD | Way.SENT:
                self._finished = True
                self.dismiss(chosen.outcome)

    async def _ask_to_leave(self, problem: MajlisError) -> None:
        """Ask before the way out: with the server away the words wait here, else they are lost."""
        if self.majlis.lost is None or self._kept_here != self.editor.text:
            await self._ask_to_lose(problem)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        about = _("Your words are kept on this machine and offered again; they are reviewed and sent when it is back.")
        await self.majlis.push_screen(
            AskScreen(_("The connection is lost. Leave the answer for now?"), about), answered
        )

    async def _ask_to_lose(self, problem: MajlisError) -> None:
        async def answered(yes: bool | None) -> None:
            if yes:
                self._finished = True
                self.dismiss(None)

        await self.majlis.push_screen(lose_question(problem), answered)
