"""The program on the screen: composes the places, passes commands to the desk, says what came of them."""

from __future__ import annotations

import gc
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from textual.app import App
from textual.worker import Worker, WorkerState

from majlis.commands import TakePledge
from majlis.errors import AWAY, Bug, MajlisError, StoreInDoubt, StoreUnreachable
from majlis.message import MessageKey
from majlis.policy import Role
from majlis.ports import ViewName
from majlis.presence import Doing
from majlis.states import POST_TABLE, EntryState
from tui import language, themes
from tui.company import turn_text
from tui.feed import INTERVAL_S, Feed
from tui.holding import Holding, Turn
from tui.keymap import Keymap
from tui.language import N_, _, ngettext
from tui.output import Shadow
from tui.powers import refusal
from tui.screens.dialogs import AskScreen, Dialog, PickScreen
from tui.screens.inbox import InboxScreen
from tui.screens.place import PlaceScreen
from tui.session import Background, Health, HealthState, Pace, ScreenSettings, Session
from tui.shelf import joined
from tui.strip import Lamp, lamps
from tui.times import long, when
from tui.whereabouts import Whereabouts

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen

    from majlis.commands import Command
    from majlis.desk import Desk
    from majlis.outbox import Entry
    from majlis.outcome import Outcome, Said
    from majlis.policy import Operator
    from majlis.ports import Clock, Store
    from majlis.presence import Presence
    from tui.arabic.terminal import Drawing
    from tui.holding import Turned
    from tui.shelf import KeptPost, Shelf
    from tui.whereabouts import Whereabout

LEFT: Final = 0
"""Exit value: the person left."""
PRACTICE: Final = 10
"""Exit value of the welcome: open the practice inbox."""
LESSONS: Final = 20
"""Exit value from which the scenarios to learn by are counted: play this one."""

DAY: Final = timedelta(days=1)
STAYS: Final = timedelta(seconds=10)
"""How long a notice stays when nothing replaces it; a guess, time enough to read two lines."""

ALERTS: Final = timedelta(seconds=30)
"""How long it is said that a claim is lost; a guess, time enough to come back to the screen."""

_BECAME: Final = {
    EntryState.SENT: N_("Sent to {name}."),
    EntryState.REFUSED: N_("The network refused the answer to {name}; the text is your draft again."),
    EntryState.UNKNOWN: N_("It is not known whether the answer to {name} went out; Majlis looks for it."),
    EntryState.NEEDS_REVIEW: N_("The answer to {name} did not go out and needs your eyes: see the outbox (6)."),
    EntryState.MISSED: N_("The answer to {name} missed its time and was not sent: see the outbox (6)."),
}
"""What is said when an answer of this sitting has come to something."""


_WAVERING = timedelta(seconds=5)
"""By how much a clock may be set back without a word; what a time server corrects is less."""


SEEKS: Final = timedelta(seconds=1)
"""Between two attempts to reach it. A guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """That the store's server cannot be reached."""

    since: datetime
    error: MajlisError
    """What the first one who noticed was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What just happened."""

    text: str = ""
    look: str = "notice"
    until: datetime | None = None
    """When it goes by itself."""


class MajlisApp(App[int], inherit_bindings=False):
    """One operator at one terminal."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "majlis"
    CSS = "Screen { overflow: hidden; }"

    def __init__(
        self,
        *,
        store: Store,
        desk: Desk,
        clock: Clock,
        operator: Operator,
        settings: ScreenSettings | None = None,
        banner: str | None = None,
        pace: Pace | None = None,
        background: Sequence[Background] = (),
        health: Callable[[], Sequence[Health]] = tuple,
        sitting: str = "",
        welcome: bool = False,
        lessons: Callable[[], Sequence[str]] | None = None,
        shelf: Shelf | None = None,
        hint: str = "",
        interval_s: float | None = INTERVAL_S,
    ) -> None:
        """Take what a sitting needs.

        Args:
            store: Read by every screen.
            desk: Decides for the operator.
            clock: What is late, and what is open.
            operator: Who sits here.
            settings: How it looks.
            banner: Said on every screen where nothing is real.
            pace: In a replay: how its time passes; the banner says what this tells.
            background: Loops that run beside the screens and end with them.
            health: How the accounts are doing now; called several times a second, so it must cost nothing.
            sitting: Names this process among the others at the same store.
            welcome: Nothing is configured: begin with what can be done about that.
            lessons: Returns the titles of the scenarios to learn by; None where none can be played from here.
            shelf: Where words are kept while the store's server is away; None where there is no server.
            hint: Said first.
            interval_s: Seconds between two looks at what has changed; None: somebody else calls `tick`.
        """
        self.calibration: Callable[[], Awaitable[Drawing | None]] | None = None
        """Asks, on the bare terminal, how to draw Arabic, and puts that into force; None where there is no terminal."""
        self.session = Session(
            store=store,
            desk=desk,
            clock=clock,
            operator=operator,
            settings=settings or ScreenSettings(),
            banner=banner,
            health=health,
            pace=pace,
        )
        self.keymap = Keymap(self.session.settings.keys, replay=pace is not None)
        self.revealed: set[str] = set()
        """Keys of messages whose personal data was uncovered in this sitting."""
        self.notice = Notice(text=hint, until=clock.now() + STAYS) if hint else Notice()
        self.hours_text = ""
        """Open or closed, and how long."""
        self.health_texts: tuple[Lamp, ...] = ()
        """One word and one figure per account."""
        self.feed = Feed(store, clock, self, operator.name)
        self.company: tuple[Presence, ...] = ()
        """Colleagues who are at a message just now, whoever came first at the front."""
        self.alert = ""
        """What has to be seen wherever one is: dialogs show it too."""
        self.lost: Lost | None = None
        """Set while the store's server cannot be reached: what is on the screen stays, and nothing is written."""
        self.shelf = shelf
        self._doubts: list[StoreInDoubt] = []
        """What was asked for and may have been done; looked up as soon as the server is back."""
        self._sought_at: datetime | None = None
        self._seeking: Worker[None] | None = None
        self._holding = Holding(store=store, desk=desk, clock=clock)
        name = sitting or operator.name
        self._whereabouts = Whereabouts(store=store, clock=clock, sitting=name, operator=operator.name)
        self._background = tuple(background)
        self._shadow = Shadow()
        self._watched: dict[str, str] = {}
        self._welcome = welcome
        self._lessons = lessons
        self._interval_s = interval_s
        self._is_loaded = False
        self._failing: str | None = None
        self._latest: datetime | None = None
        super().__init__(ansi_color=True)
        self.animation_level = "none"

    async def on_mount(self) -> None:
        """Put the person's own choices in force, show the first place, start the loops."""
        settings, store, name = self.session.settings, self.session.store, self.session.operator.name
        chosen = await store.preference(name, "language")
        language.use(chosen if chosen in language.LANGUAGES else settings.language)
        theme = await store.preference(name, "theme")
        themes.use(theme if theme in themes.THEMES else settings.theme)
        self.theme = "ansi-dark"
        self.set_keymap(self.keymap.strokes())
        self._refresh_facts()
        await self.feed.start()
        if self._welcome:
            from tui.screens.welcome import WelcomeScreen  # noqa: PLC0415  seen once in a lifetime

            await self.push_screen(WelcomeScreen())
        else:
            await self.push_screen(InboxScreen(self._first_view()))
        for factory in self._background:
            self.run_worker(factory(), group="background", exit_on_error=False)
        self.app_resume_signal.subscribe(self, lambda _: self._shadow.forget())
        if self._interval_s is not None:
            self.set_interval(self._interval_s, self._look)

    def _first_view(self) -> ViewName:
        """Return the list that somebody's work begins with."""
        roles = self.session.operator.roles
        serves = Role.CUSTOMER_SERVICE in roles and not roles & {Role.OPERATOR, Role.SUPERVISOR, Role.PUBLISHER}
        return ViewName.CASES if serves else ViewName.QUEUE

    async def with_pledge(self, goes_on: Callable[[], Awaitable[None]]) -> None:
        """Go on once the pledge in force is read; whoever has read this version goes on at once (C9)."""
        pledge, name = self.session.desk.policy.pledge, self.session.operator.name
        if pledge is None or await self.session.store.pledge(name, pledge.version) is not None:
            await goes_on()
            return

        async def answered(yes: bool | None) -> None:
            if yes and await self.do(TakePledge(version=pledge.version)) is not None:
                await goes_on()

        text = pledge.ar if language.code() == "ar" else pledge.en
        await self.push_screen(AskScreen(_("The pledge: have you read it?"), text), answered)

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Send only what changed; a terminal that reorders by itself reorders whole lines, and so gets whole lines."""
        sends = self._running and not self._closed and not self.is_headless and self._driver is not None
        if sends and not self._batch_count and self.session.settings.drawing == "pf":
            renderable = self._shadow.tighten(renderable)
        super()._display(screen, renderable)

    def on_resize(self) -> None:
        """Know nothing of the terminal's screen: it has cut or moved its lines by itself."""
        self._shadow.forget()

    def loaded(self) -> None:
        """Take notice that the first page is on the screen; the collector need not look at what lives by now."""
        if not self._is_loaded:
            self._is_loaded = True
            self.call_after_refresh(gc.freeze)
            self.run_worker(self._offer_drafts(), exit_on_error=False)

    @property
    def is_loaded(self) -> bool:
        """Whether the first page has been on the screen."""
        return self._is_loaded

    async def _offer_drafts(self) -> None:
        """Say that there is something one has written and not sent; what is said already comes first."""
        try:
            await self._bring_back()
            drafts = await self.session.store.drafts(self.session.operator.name)
        except MajlisError:
            return  # the first look of the feed says what is wrong
        if drafts and not self.notice.text:
            self.tell(
                ngettext(
                    "{n} draft of yours was not sent; {key} shows it.",
                    "{n} drafts of yours were not sent; {key} shows them.",
                    len(drafts),
                    key=self.keymap.by_id("drafts").shown(),
                )
            )

    # --------------------------------------------------------------------------------------------------------- commands

    async def decide(self, command: Command) -> Outcome:
        """Give a command to the desk; what it claims is held from here.

        Raises:
            MajlisError: As `Desk.do`; at once while the store's server is known to be away.
        """
        if self.lost is not None:
            raise self.lost.error
        try:
            return await self._holding.decide(command)
        except StoreInDoubt as doubt:
            self._doubts.append(doubt)
            raise

    async def do(self, command: Command, *, tell: bool = True) -> Outcome | None:
        """Give a command to the desk and say what came of it; None when it was refused."""
        try:
            outcome = await self.decide(command)
        except MajlisError as error:
            self.tell_problem(error)
            return None
        if tell:
            self.tell_outcome(outcome)
        return outcome

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: Any) -> bool:
        """Do what a key asks for; what is another role's, or cannot be read, is said, and one stays in place."""
        refused = refusal(action_name, self.session.operator.roles) if isinstance(namespace, PlaceScreen) else None
        if refused is not None:
            self.tell_problem(refused)
            return True
        try:
            return await super()._dispatch_action(namespace, action_name, params)
        except MajlisError as error:
            self.tell_problem(error)
            return True

    def tell_outcome(self, outcome: Outcome) -> None:
        """Say what a command led to; while it can be called back the line stays."""
        entry = outcome.entry
        if entry is not None and entry.state in {EntryState.HELD, EntryState.QUEUED}:
            self.watch_entry(entry, outcome.message.author.shown() if outcome.message is not None else "")
        until = entry.due_at if entry is not None and entry.state is EntryState.HELD else None
        self.tell(self.said(outcome.said), until=until)

    def watch_entry(self, entry: Entry, name: str) -> None:
        """Say later what became of an entry."""
        self._watched[entry.id] = name

    def said(self, said: Said) -> str:
        """Return what the desk said, in the language in force, with local times."""
        hours, now = self.session.desk.policy.hours, self.session.clock.now()
        facts = {
            name: when(value, now, hours) if isinstance(value, datetime) else value
            for name, value in said.facts.items()
        }
        return language.say(said.template, facts)

    # ---------------------------------------------------------------------------------------------------------- notices

    def tell(self, text: str, *, look: str = "notice", until: datetime | None = None) -> None:
        """Say something below the place; it goes when its time is over, or something else is said."""
        self.notice = Notice(text=text, look=look, until=until or self.session.clock.now() + STAYS)
        self._redraw_status()

    def tell_problem(self, error: MajlisError) -> None:
        """Say why something did not happen, what is safe, and what to do next."""
        if isinstance(error, AWAY):
            self.lose(error)
        self.tell(language.problem(error), look="problem")

    def _redraw_status(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, PlaceScreen):
                screen.redraw_status()

    # ------------------------------------------------------------------------------------------------------------- feed

    async def tick(self) -> None:
        """Let the feed look once; trouble with the store is said once, not with every look."""
        try:
            await self.feed.tick()
            at = self._whereabout()
            await self._tell_turns(await self._holding.renew(_composed(at)))
            await self._whereabouts.tell(at)
        except MajlisError as error:
            if isinstance(error, StoreUnreachable):
                self.lose(error)  # the line that says so says all of it
                return
            if self._failing != str(error):
                self._failing = str(error)
                self.tell_problem(error)
        else:
            self._failing = None
            if self.lost is not None:
                await self._find()

    async def _look(self) -> None:
        """Look once; while the server is away beside everything else, since asking it may take a while."""
        if self.session.pace is not None and isinstance(self.screen, PlaceScreen):
            self.screen.redraw_banner()
        if self.lost is None:
            await self.tick()
            return
        now = self.session.clock.now()
        self.ticked(now)
        is_over = self._seeking is None or self._seeking.is_finished
        if is_over and (self._sought_at is None or not timedelta() <= now - self._sought_at < SEEKS):
            self._sought_at = now
            self._seeking = self.run_worker(self.tick(), group="feed", exit_on_error=False)

    # ---------------------------------------------------------------------------------------------- a lost connection

    def lost_text(self) -> str:
        """Return what is to be known while the store's server is away; empty while it is not."""
        if self.lost is None:
            return ""
        at = self.session.desk.policy.hours.local(self.lost.since).strftime("%H:%M")
        return _("Connection lost since {at}. What is on the screen stays; writing waits, your words are kept.", at=at)

    def lose(self, error: MajlisError) -> None:
        """Take notice that the store's server is away."""
        if self.lost is None:
            self.lost = Lost(since=self.session.clock.now(), error=_later(error))
            self._alert(self.lost_text())
            self._redraw_status()

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Take notice when the store cannot be reached inside; it ends neither a place nor the program."""
        try:
            yield
        except Exception as error:
            found = _away(error)
            if found is None or not self._is_loaded:
                raise
            self.lose(found)

    def _handle_exception(self, error: Exception) -> None:
        """End the program by an error, unless a timer or a callback has only found the store away."""
        found = _away(error)
        if found is None or not self._is_loaded:
            super()._handle_exception(error)
        else:
            self.lose(found)

    async def _find(self) -> None:
        """Take notice that it is back: what was kept here goes there, and the places show what they can again."""
        lost, self.lost = self.lost, None
        if lost is None:
            return
        self._alert("")
        away = long(max(self.session.clock.now() - lost.since, timedelta(minutes=1)))
        self.tell(_("Connected again after {time}; the lists are up to date.", time=away))
        try:
            for screen in self.screen_stack:
                if isinstance(screen, PlaceScreen):
                    await screen.found()
            await self._bring_back()
            await self._settle()
        except MajlisError as error:
            self.tell_problem(error)

    async def _settle(self) -> None:
        """Say what became of what was in doubt, in a dialog too."""
        while self._doubts:
            is_kept = await self.session.store.became(self._doubts[0])
            self._doubts.pop(0)
            done = _("Connected again. What was in doubt was done; do not do it a second time.")
            not_done = _("Connected again. What was in doubt was not done; nothing of it was kept.")
            text = done if is_kept else not_done
            self.tell(text, look="problem", until=self.session.clock.now() + ALERTS)
            self._alert(text)

    async def _bring_back(self) -> None:
        """Put what was kept on this machine, now or before the program ended, where drafts are."""
        if self.shelf is None:
            return
        for draft in self.shelf.drafts(self.session.operator.name):
            stored = await self.session.store.draft(MessageKey.parse(draft.message), draft.author)
            await self.session.store.save_draft(joined(draft, stored))
            self.shelf.drop(draft)
        for kept in self.shelf.posts(self.session.operator.name):
            await self._put_back(kept)
            self.shelf.drop(kept)
            self.tell(_("The post that you were writing is in the calendar, as you left it."))

    async def _put_back(self, kept: KeptPost) -> None:
        """Make a post of words that were kept here; where it went on without them, a new one, so that none are lost."""
        command = kept.command
        if command.post is not None:
            stored = await self.session.store.post(command.post)
            words = (stored.arabic, stored.english) if stored is not None else None
            if words == (command.arabic, command.english):
                return
            if stored is None or words != kept.before or stored.state not in POST_TABLE["write"]:
                command = replace(command, post=None)
        await self.session.desk.do(command)

    def ticked(self, now: datetime) -> None:
        """Let a notice go whose time is over, and look how the accounts are doing."""
        self._watch_clock(now)
        before = (self.notice, self.health_texts)
        if self.notice.text and self.notice.until is not None and now >= self.notice.until:
            self.notice = Notice()
            if self.alert != self.lost_text():
                self._alert("")
        self.health_texts = self._health()
        if before != (self.notice, self.health_texts):
            self._redraw_status()

    def _watch_clock(self, now: datetime) -> None:
        """Say that the clock has gone back; hours and due times are judged by what it says now (D10)."""
        back = self._latest - now if self._latest is not None else timedelta()
        if back > _WAVERING:
            self._refresh_facts()
            text = _("The clock has gone back by {time}; hours are judged by what it says now.", time=long(back))
            self.tell(text, look="problem")
        self._latest = now

    async def changed(self, keys: frozenset[str]) -> None:
        """Tell the place on top what changed, and the person what became of their answers."""
        await self._tell_turns(await self._holding.changed(keys, _composed(self._whereabout())))
        for entry_id in keys & self._watched.keys():
            await self._say_what_became(entry_id)
        screen = self._top_place()
        if screen is not None:
            await screen.changed(keys)

    async def moved(self, company: tuple[Presence, ...]) -> None:
        """Show on the place on top who is where."""
        self.company = company
        screen = self._top_place()
        if screen is not None:
            await screen.moved()

    def _whereabout(self) -> Whereabout | None:
        """Return the message that is answered or read, by the place nearest to the top that has one."""
        places = [screen for screen in reversed(self.screen_stack) if isinstance(screen, PlaceScreen)]
        return next((at for at in (place.whereabout() for place in places) if at is not None), None)

    async def _tell_turns(self, turns: Sequence[Turned]) -> None:
        """Say what became of claims; where the answer is being written, that place says it itself and longer."""
        name = self.session.operator.name
        for turned in turns:
            look = "notice" if turned.turn is Turn.REGAINED else "problem"
            if turned.turn is not Turn.REGAINED and turned.message.key == _composed(self._whereabout()):
                continue
            draft = await self.session.store.draft(turned.message.key, name)
            text = turn_text(turned, name, has_draft=draft is not None)
            self.tell(text, look=look, until=self.session.clock.now() + ALERTS)
            self._alert(text)

    def _alert(self, text: str) -> None:
        """Show what a dialog would cover in the dialog too."""
        self.alert = text or self.lost_text()
        for screen in self.screen_stack:
            if isinstance(screen, Dialog):
                screen.redraw()

    async def give_back(self) -> None:
        """Leave the messages: what is held goes back to the queue, and nobody is told any more that one is here."""
        await self._holding.give_back()
        await self._whereabouts.leave()

    async def minute(self) -> None:
        """Draw what reads differently now."""
        self._refresh_facts()
        screen = self._top_place()
        if screen is not None:
            await screen.minute()
        self._redraw_status()

    async def _say_what_became(self, entry_id: str) -> None:
        entry = await self.session.store.entry(entry_id)
        if entry is None or entry.state not in _BECAME:
            return
        name = self._watched[entry_id]
        if entry.state is not EntryState.UNKNOWN:
            del self._watched[entry_id]
        look = "notice" if entry.state is EntryState.SENT else "problem"
        self.tell(_(_BECAME[entry.state], name=name), look=look)

    def _top_place(self) -> PlaceScreen[object] | None:
        """Return the place in sight, dialogs aside."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, PlaceScreen):
                return screen
            if not isinstance(screen, Dialog):
                return None
        return None

    # ------------------------------------------------------------------------------------------------------------ facts

    def _refresh_facts(self) -> None:
        self.hours_text = self._hours()
        self.health_texts = self._health()

    @property
    def language_text(self) -> str:
        """The language in force, as the status line names it."""
        return language.code()

    @property
    def gate_text(self) -> str:
        """Open or closed, in a word, for a line with little room."""
        return _("open") if self.session.desk.gate(self.session.clock.now()).open else _("closed")

    def _hours(self) -> str:
        now = self.session.clock.now()
        gate = self.session.desk.gate(now)
        if gate.open and gate.closes_at is not None:
            left = gate.closes_at - now
            # A closing that is days away interests nobody; the practice inbox never closes at all.
            return _("open, {left} left", left=long(left)) if left < DAY else _("open now")
        at = when(gate.next_open, now, self.session.desk.policy.hours)
        return _("closed until {at}", at=at)

    def _health(self) -> tuple[Lamp, ...]:
        return lamps(self.session.health(), self.session.clock.now())

    # --------------------------------------------------------------------------------------------- the person's choices

    def switch_language(self) -> None:
        """Change between Arabic and English, for now and the next time."""
        language.use("en" if language.code() == "ar" else "ar")
        self._choose("language", language.code())

    def switch_theme(self) -> None:
        """Change to the next theme, for now and the next time."""
        names = list(themes.THEMES)
        themes.use(names[(names.index(themes.name()) + 1) % len(names)])
        self._choose("theme", themes.name())

    async def calibrate(self) -> None:
        """Leave the screen and let the person say which drawing of Arabic reads correctly."""
        if self.calibration is None:
            return
        with self.suspend(), self.batch_update():
            drawing = await self.calibration()
        if drawing is None:
            self.tell(_("Arabic is drawn as before."))
            return
        self.session = replace(self.session, settings=replace(self.session.settings, drawing=drawing.value))
        self.tell(_("Arabic is drawn as you chose; it is remembered for you and this terminal."))
        self.redraw_all()

    def redraw_all(self) -> None:
        """Draw everything anew: another language, theme or drawing is in force."""
        for screen in self.screen_stack:
            if isinstance(screen, PlaceScreen | Dialog):
                screen.redraw()

    def _choose(self, name: str, value: str) -> None:
        self.run_worker(self.session.store.prefer(self.session.operator.name, name, value), exit_on_error=False)
        self._refresh_facts()
        self.notice = Notice()
        self.redraw_all()

    @property
    def has_lessons(self) -> bool:
        """Whether scenarios to learn by can be played from here."""
        return self._lessons is not None

    async def choose_lesson(self) -> None:
        """Let the person choose a scenario to learn by, and leave for it."""
        if self._lessons is None:
            return

        async def picked(choice: int | None) -> None:
            if choice is None:
                return
            if self._welcome:
                self.exit(LESSONS + choice)
                return
            text = _("The inbox closes: drafts are kept, what you hold goes back to the queue. majlis opens it again.")
            await self.push_screen(AskScreen(_("Leave for the training?"), text), lambda yes: leave(choice, yes=yes))

        def leave(choice: int, *, yes: bool | None) -> None:
            if yes:
                self.exit(LESSONS + choice)

        await self.push_screen(PickScreen(_("Learn by scenarios"), self._lessons()), picked)

    def ask_to_leave(self) -> None:
        """Ask, and leave."""

        def answered(yes: bool | None) -> None:
            if yes:
                self.exit(LEFT)

        self.push_screen(
            AskScreen(
                _("Leave?"),
                _("Drafts are kept; what you hold goes back to the queue. Replies still held go out by themselves."),
            ),
            answered,
        )

    # ---------------------------------------------------------------------------------------------------------- trouble

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say when a loop beside the screens has ended by a mistake."""
        if event.state is WorkerState.ERROR and event.worker.group == "background":
            error = event.worker.error
            if isinstance(error, MajlisError):
                self.tell_problem(error)
            else:
                text = _(
                    "A loop in the background has ended: {detail}. The screens go on; majlis doctor shows more.",
                    detail=_named(error),
                )
                self.tell(text, look="problem")

    def _fatal_error(self) -> None:
        """Say what ended the program, discreetly: Textual would show what every function on the way held."""
        from rich.text import Text  # noqa: PLC0415  hopefully never needed

        from tui import mishaps  # noqa: PLC0415  the same

        error = self._exception
        self.bell()
        if isinstance(error, MajlisError):  # nobody's mistake: what happened, what is safe, what to do next
            self.panic(Text(language.bare(language.problem(error))))
            self._return_code = error.exit_code
            return
        told = mishaps.told(error) if error is not None else ""
        self.panic(Text(f"{language.problem(Bug(detail=_named(error)))}\n\n{told}"))


def _away(error: BaseException | None) -> MajlisError | None:
    """Return what says that the store cannot be reached, in an error or behind it; None if nothing does."""
    while error is not None:
        if isinstance(error, AWAY):
            return error
        error = error.__cause__ or error.__context__
    return None


def _later(error: MajlisError) -> MajlisError:
    """Return what is said of what is asked for from now on: of that, nothing is in doubt."""
    return StoreUnreachable(**error.facts) if isinstance(error, StoreInDoubt) else error


def _composed(at: Whereabout | None) -> MessageKey | None:
    return at.key if at is not None and at.doing is Doing.COMPOSING else None


def _named(error: BaseException | None) -> str:
    """Return the kind of an error: its own words may hold what a person wrote."""
    return re.sub(r"[^A-Za-z0-9_]", "", type(error).__name__)


__all__ = ["LEFT", "LESSONS", "PRACTICE", "Background", "Health", "HealthState", "MajlisApp", "ScreenSettings"]
