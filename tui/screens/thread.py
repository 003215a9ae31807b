"""A thread, and what can be done with the message in it on which the mark lies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from majlis.ports import ViewName
from majlis.presence import Doing
from majlis.sorting import route_of
from majlis.states import MessageState
from majlis.text import search_key, search_words
from tui.keymap import Place, bindings
from tui.language import _
from tui.screens.dialogs import shortened
from tui.screens.searching import SearchingScreen
from tui.whereabouts import Whereabout
from tui.widgets.rows import Look
from tui.widgets.thread import Suggestion, ThreadShown, ThreadView

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.widget import Widget

    from majlis.message import Message, MessageKey
    from tui.app import MajlisApp


async def thread_shown(app: MajlisApp, message: Message) -> ThreadShown:
    """Read all that a thread's place shows."""
    store = app.session.store
    account, thread = message.key.account, message.thread
    messages = await store.thread(account, thread)
    answered = [each for each in messages if each.is_own_post or not each.ours]
    entries = [await store.entry(each.standing.entry) for each in answered if each.standing.entry]
    return ThreadShown(
        messages=messages,
        suggestion=_suggestion(app, next((m for m in messages if m.key == message.key), message), messages),
        item=message.key,
        memos=await store.memos(account, thread),
        entries=tuple(entry for entry in entries if entry is not None),
        cases=await store.cases(account, thread),
        revealed=frozenset(app.revealed),
    )


def _suggestion(app: MajlisApp, message: Message, thread: tuple[Message, ...]) -> Suggestion | None:
    """Return how a message of the public is sorted, and by which of its words."""
    if message.ours:
        return None
    standing = message.standing
    if standing.corrected:
        reason = standing.suggested
        return Suggestion(
            category=standing.category or "other",
            urgency=standing.urgency,
            reason=reason,
            route=route_of(standing.category, reason),
            by_hand=True,
        )
    earlier = tuple(m.text for m in thread if m.created_at < message.created_at and not m.ours)
    found = app.session.desk.policy.triage(message.text, earlier, message.key.network)
    if found.category is None:
        return None
    return Suggestion(
        category=found.category,
        urgency=found.urgency or "normal",
        reason=found.reason,
        route=route_of(found.category, found.reason),
        why=found.why,
    )


class ThreadScreen(SearchingScreen[None]):
    """One thread, in full."""

    PLACE = Place.THREAD
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.THREAD)]

    def __init__(self, message: Message, search: str = "") -> None:
        super().__init__(search)
        self.thread = ThreadView(id="middle")
        self._searched_here = False
        self._message = message
        self._shown: ThreadShown | None = None

    def middle(self) -> Widget:
        """Return the thread."""
        return self.thread

    def title_text(self) -> str:
        """Return the name of the place."""
        return _("Thread")

    def position_text(self) -> str:
        """Return which message of how many."""
        if self._shown is None:
            return ""
        keys = [message.key for message in self._shown.messages]
        return f"{keys.index(self._shown.item) + 1}/{len(keys)}" if self._shown.item in keys else ""

    def target(self) -> Message | None:
        """Return the message on which the mark lies."""
        return self._shown.message() if self._shown is not None else self._message

    def undo_key(self) -> MessageKey | None:
        """Return the message on which the mark lies: what is taken back is what is in sight."""
        message = self.target()
        return message.key if message is not None else None

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        super().redraw()
        self.call_after_refresh(self._fit)

    async def _fit(self) -> None:
        if self._shown is None:
            await self._read(self._message)
        else:
            self.thread.redraw()

    def _look(self) -> Look:
        return Look(
            operator=self.session.operator.name,
            now=self.session.clock.now(),
            view=ViewName.ALL,
            words=search_words(self._search),
            company=self.majlis.company,
        )

    async def _read(self, message: Message) -> None:
        self._shown = await thread_shown(self.majlis, message)
        self._show()

    def _show(self) -> None:
        if self._shown is None:
            return
        self.thread.show(self._shown, self._look(), self.session.desk.policy.hours)
        self.redraw_status()

    async def changed(self, keys: frozenset[str]) -> None:
        """Read the thread again when the change may be in it; it stays where it is."""
        prefix = f"{self._message.key.network}:{self._message.key.account}:"
        if any(key.startswith(prefix) or ":" not in key for key in keys):
            await self.acted()

    async def minute(self) -> None:
        """Show how long somebody holds it by now."""
        self._show()

    async def moved(self) -> None:
        """Show who is here."""
        self._show()

    def whereabout(self) -> Whereabout | None:
        """Return the message on which the mark lies."""
        message = self.target()
        return Whereabout(key=message.key, doing=Doing.READING) if message is not None else None

    async def acted(self) -> None:
        """Read the thread again."""
        message = self.target()
        if message is not None:
            await self._read(message)

    async def on_screen_resume(self) -> None:
        """Take up what changed meanwhile."""
        if self._shown is not None:
            await self.acted()
            self.redraw()

    # ----------------------------------------------------------------------------------------------------------- moving

    def _go(self, by: int) -> None:
        """Scroll within a long message, then go to the next one."""
        if self._shown is None:
            return
        if (by > 0 and self.thread.item_ends_below()) or (by < 0 and self.thread.item_begins_above()):
            self.thread.scroll_lines(by * max(self.thread.size.height // 3, 1))
            return
        keys = [message.key for message in self._shown.messages]
        at = keys.index(self._shown.item) if self._shown.item in keys else 0
        self._mark(min(max(at + by, 0), len(keys) - 1))

    def _mark(self, index: int) -> None:
        if self._shown is None or not self._shown.messages:
            return
        self._shown = replace(self._shown, item=self._shown.messages[index].key)
        self._show()

    def action_move_next(self) -> None:
        """Next message."""
        self._go(1)

    def action_move_previous(self) -> None:
        """Previous message."""
        self._go(-1)

    def action_move_first(self) -> None:
        """First message."""
        self._mark(0)

    def action_move_last(self) -> None:
        """Last message."""
        self._mark(-1)

    def action_move_half_down(self) -> None:
        """Half a page down."""
        self.thread.scroll_page(0.5)

    def action_move_half_up(self) -> None:
        """Half a page up."""
        self.thread.scroll_page(-0.5)

    def action_move_page_down(self) -> None:
        """A page down."""
        self.thread.scroll_page(1)

    def action_move_page_up(self) -> None:
        """A page up."""
        self.thread.scroll_page(-1)

    def action_unanswered_next(self) -> None:
        """Next unanswered message."""
        self._unanswered(1)

    def action_unanswered_previous(self) -> None:
        """Previous unanswered message."""
        self._unanswered(-1)

    def _unanswered(self, direction: int) -> None:
        messages = self._shown.messages if self._shown is not None else ()
        here = next((n for n, message in enumerate(messages) if self._shown and message.key == self._shown.item), 0)
        further = range(here + 1, len(messages)) if direction > 0 else range(here - 1, -1, -1)
        for index in further:
            if not messages[index].ours and messages[index].standing.state is MessageState.NEW:
                self._mark(index)
                return
        self.majlis.tell(_("No further unanswered message in this direction."))

    # -------------------------------------------------------------------------------------------------------- searching

    def asked_for(self, text: str) -> None:
        """Take words that somebody typed here; Esc ends the search before it ends the place."""
        super().asked_for(text)
        self._searched_here = True

    async def find(self, direction: int) -> None:
        """Go to the next message that holds all the words, round the ends."""
        shown = self._shown
        if shown is None:
            return
        words = search_words(self._search)
        places = [n for n, message in enumerate(shown.messages) if _holds(shown, message, words)]
        if not places:
            self.majlis.tell(_("Nothing in this thread holds “{text}”.", text=shortened(self._search)))
            self._show()
            return
        here = next((n for n, message in enumerate(shown.messages) if message.key == shown.item), 0)
        further = [n for n in places if (n - here) * direction > 0]
        target = (further or places)[0 if direction > 0 else -1]
        text = shortened(self._search)
        at, total = places.index(target) + 1, len(places)
        self.majlis.tell(_("“{text}”: {at} of {total}", text=text, at=at, total=total))
        self._mark(target)

    def action_back(self) -> None:
        """End a search that was begun here, or go back to the list."""
        if self._searched_here:
            self._search, self._searched_here = "", False
            self.majlis.tell("")
            self._show()
            return
        self.dismiss(None)


def _holds(shown: ThreadShown, message: Message, words: tuple[str, ...]) -> bool:
    author = message.author
    keys = [search_key(text) for text in (shown.text_of(message), author.name or "", f"@{author.handle or ''}")]
    return all(any(word in key for key in keys) for word in words)
