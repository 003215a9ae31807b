"""The lists: the queue and its siblings, with the thread beside them where there is room."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Horizontal

from majlis.errors import MajlisError
from majlis.message import MessageKey
from majlis.ports import View, ViewName
from majlis.presence import Doing
from majlis.states import OPEN, MessageState
from majlis.text import search_words
from tui import strip
from tui.keymap import Place, bindings
from tui.language import N_, _, from_right, ngettext
from tui.paging import Pager
from tui.screens.dialogs import AskScreen, LineScreen, PickScreen, shortened
from tui.screens.searching import SearchingScreen
from tui.screens.thread import ThreadScreen, thread_shown
from tui.whereabouts import Whereabout
from tui.widgets.lines import Lines, one_row, ui_field
from tui.widgets.queue import QueueList
from tui.widgets.rows import Look
from tui.widgets.thread import ThreadView

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.timer import Timer
    from textual.widget import Widget

    from majlis.message import Message
    from majlis.ports import Row
    from majlis.publishing import Post
    from tui.keymap import Key

WIDE: Final = 120
"""Columns from which list and thread stand side by side."""
WARMS_S: Final = 0.01
"""Seconds a page rests before the rows of the next one are laid out, so that turning to it draws at once. A guess."""
_MOST_DRAFTS: Final = 16
"""Drafts that are offered; what 24 lines hold."""
_ANSWERABLE: Final = OPEN | {MessageState.ESCALATED}
RESTS_S: Final = 0.06
"""Seconds the cursor rests before the thread beside the list follows, so that a held key does not paint it."""

TITLES: Final[dict[ViewName, str]] = {
    ViewName.QUEUE: N_("Queue"),
    ViewName.MINE: N_("Mine"),
    ViewName.WAITING: N_("Waiting"),
    ViewName.ESCALATED: N_("Escalated"),
    ViewName.POSTS: N_("Posts"),
    ViewName.OUTBOX: N_("Outbox"),
    ViewName.ALL: N_("All"),
    ViewName.CASES: N_("Cases"),
    ViewName.CALENDAR: N_("Calendar"),
}
EMPTY: Final[dict[ViewName, str]] = {
    ViewName.QUEUE: N_("Nobody waits for an answer. New messages appear here by themselves; 7 shows every message."),
    ViewName.MINE: N_("You hold nothing. r on a message of the queue (1) claims it and opens the editor."),
    ViewName.WAITING: N_(
        "No answer is on its way, and nothing is snoozed. z puts a message away until the next opening."
    ),
    ViewName.ESCALATED: N_(
        "Nothing is with customer service. e hands a message over with one key, and u takes it back."
    ),
    ViewName.POSTS: N_("Our accounts have published nothing that was read so far."),
    ViewName.OUTBOX: N_(
        "Nothing has gone out yet. Replies appear here with what became of them; u calls back what still can be."
    ),
    ViewName.ALL: N_("No message has come yet. The line above says how the accounts are doing."),
    ViewName.CALENDAR: N_("Nothing is planned. w writes a post; what is published already stands under 5."),
    ViewName.CASES: N_("No case waits. What operators hand over with e appears here by itself."),
}


_EMPTY_TO_LOOK_AT: Final[dict[ViewName, str]] = {
    ViewName.MINE: N_("You hold nothing; you look on here."),
    ViewName.WAITING: N_("No answer is on its way, and nothing is snoozed."),
    ViewName.ESCALATED: N_("Nothing is with customer service."),
    ViewName.OUTBOX: N_("Nothing has gone out yet. Replies appear here with what became of them."),
    ViewName.CALENDAR: N_("Nothing is planned. What is published already stands under 5."),
}
"""The same for whoever does not answer: without keys that do nothing for them."""
_ALONE: Final = frozenset({ViewName.CASES, ViewName.CALENDAR})
FOOTERS: Final[dict[ViewName, tuple[str, ...]]] = {
    ViewName.POSTS: ("open", "write", "link.show", "memo", "view.calendar", "view.queue", "help"),
    ViewName.OUTBOX: ("open", "undo", "link.show", "view.queue", "help"),
    ViewName.CASES: ("open", "undo", "filter", "view.queue", "help"),
    ViewName.CALENDAR: ("open", "write", "view.posts", "filter", "view.queue", "help"),
}
"""Ids of the keys of lists whose rows are no messages of people, the most useful first."""


class InboxScreen(SearchingScreen[None]):
    """The lists, one at a time."""

    PLACE = Place.LIST
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.LIST)]
    DEFAULT_CSS = """
    InboxScreen #divider { width: 1; height: 1fr; display: none; }
    InboxScreen ThreadView { display: none; }
    InboxScreen.wide #divider { display: block; }
    InboxScreen.wide ThreadView { display: block; width: 46%; }
    """

    def __init__(self, view: ViewName = ViewName.QUEUE) -> None:
        super().__init__()
        self.queue = QueueList(id="queue")
        self.beside = ThreadView(id="beside")
        self.divider = Lines(id="divider")
        self._pager: Pager | None = None
        self._view = view
        self._in_pane = False
        self._resting: Timer | None = None
        self._beside_key: str | None = None
        self._covered = False
        self._has_loaded = False
        self._filter = ""
        self._warming: Timer | None = None

    @property
    def pager(self) -> Pager:
        """The page of the list."""
        if self._pager is None:
            self._pager = Pager(self.session.store, self._asked(), self.queue.size.height or 1)
        return self._pager

    def middle(self) -> Widget:
        """Return list and thread side by side; in an Arabic interface the list is at the right."""
        both: list[Widget] = [self.queue, self.divider, self.beside]
        return Horizontal(*both, id="middle")

    def title_text(self) -> str:
        """Return the list's name, and by what it is filtered."""
        name = _(TITLES[self._view])
        return _("{list} with “{text}”", list=name, text=shortened(self._filter)) if self._filter else name

    def position_text(self) -> str:
        """Return row and number of rows."""
        page = self.pager.page
        return f"{page.offset + page.cursor + 1}/{page.total}" if page.rows else "0"

    def bar_text(self) -> str:
        """Return how many wait to be taken in."""
        waiting = self.pager.page.waiting
        key = self.majlis.keymap.by_id("take_in").shown()
        return ngettext("{n} new: {key}", "{n} new: {key}", waiting, key=key) if waiting else ""

    def _asked(self) -> View:
        return View(name=self._view, operator=self.session.operator.name, search=self._filter)

    def _look(self) -> Look:
        return Look(
            operator=self.session.operator.name,
            now=self.session.clock.now(),
            view=self._view,
            hours=self.session.desk.policy.hours,
            words=search_words(f"{self._search} {self._filter}"),
            company=self.majlis.company,
        )

    def target(self) -> Message | None:
        """Return the message under the cursor."""
        row = self.pager.page.row
        return row.message if row is not None else None

    def _wanted(self) -> Message | None:
        """Return the target; on a case or a post, say that its keys wait behind Enter."""
        row = self.pager.page.row
        if row is not None and row.message is None:
            key = self.majlis.keymap.by_id("open").shown()
            text = _("This is a post: {key} opens it, with its keys below.", key=key)
            if row.case is not None:
                text = _("This is a case: {key} opens it, with its keys below.", key=key)
            self.majlis.tell(text)
            return None
        return super()._wanted()

    def footer_keys(self) -> list[Key]:
        """Return the keys that this list knows; what answers a person does not work on a post or a case."""
        wanted = FOOTERS.get(self._view)
        if wanted is None:
            return super().footer_keys()
        keymap = self.majlis.keymap
        return self._theirs(key for key in map(keymap.by_id, wanted) if key.keys)

    def undo_key(self) -> MessageKey | None:
        """Return in the outbox the message whose answer lies under the cursor."""
        row = self.pager.page.row
        return row.entry.target if row is not None and row.entry is not None else None

    # ---------------------------------------------------------------------------------------------------------- drawing

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        if not self.is_attached:
            return
        self.set_class(self.is_wide, "wide")
        if not self.is_wide:
            self._in_pane = False
        super().redraw()
        self.call_after_refresh(self._fit)

    async def _fit(self) -> None:
        """Fill the height that the list has now."""
        if not self.queue.size.height:
            return
        with self.majlis.reaching():  # what is here is shown in any case
            await self.pager.resize(self.queue.size.height)
        if not self._has_loaded:
            self._has_loaded = True
            await self.pager.load()
            self._warm_soon()
        self._order_panes()
        self._show_page()
        if self.is_wide:
            divider = one_row([ui_field("│", 1, "quiet")], 1)
            self.divider.put([divider] * self.queue.size.height)
            await self._show_beside()
        self.majlis.loaded()

    def _order_panes(self) -> None:
        row = self.queue.parent
        first, last = (self.beside, self.queue) if from_right() else (self.queue, self.beside)
        if row is not None and row.children[0] is not first and self.is_wide:
            row.move_child(first, before=0)  # type: ignore[attr-defined]  # the parent is the Horizontal of `middle`
            row.move_child(last, after=2)  # type: ignore[attr-defined]  # same

    @property
    def is_wide(self) -> bool:
        """Whether the thread stands beside the list; rows that are no messages have all of the width."""
        return self.size.width >= WIDE and self._view not in _ALONE

    def _show_page(self) -> None:
        self.queue.show(self.pager.page, self._look(), self._empty_text())
        self._follow()
        self.redraw_status()

    def _warm_soon(self) -> None:
        if self._warming is not None:
            self._warming.stop()
        self._warming = self.set_timer(WARMS_S, self._warm)

    def _warm(self) -> None:
        """Lay out the rows below the page while nothing else is to be done; a key comes between any two of them."""
        self._warming = None
        self.run_worker(self._warm_rows(), group="warm", exclusive=True, exit_on_error=False)

    async def _warm_rows(self) -> None:
        for row in await self.pager.below():
            self.queue.warm(row, self._look())
            await asyncio.sleep(0)

    def _empty_text(self) -> str:
        if self._filter:
            return _(
                "Nothing in this list holds “{text}”. Esc takes the filter away; 7 looks through every message.",
                text=shortened(self._filter),
            )
        answers = any(key.id == "reply" for key in self.offered())
        empty = EMPTY[self._view] if answers else _EMPTY_TO_LOOK_AT.get(self._view, EMPTY[self._view])
        said = [_(empty), *strip.unread(self.session.health())]
        return " ".join(said)

    def _follow(self) -> None:
        """Let the thread beside the list follow when the cursor rests."""
        if not self.is_wide:
            return
        message = self.target()
        key = str(message.key) if message is not None else None
        if key == self._beside_key:
            return
        self._beside_key = key
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(RESTS_S, self._show_beside)

    async def _show_beside(self) -> None:
        message = self.target()
        self._beside_key = str(message.key) if message is not None else None
        try:
            shown = await thread_shown(self.majlis, message) if message is not None else None
        except MajlisError:
            self.beside.show(None, self._look(), self.session.desk.policy.hours)  # no other one's thread beside it
            raise
        self.beside.show(shown, self._look(), self.session.desk.policy.hours)

    # ---------------------------------------------------------------------------------------------------------- changes

    async def changed(self, keys: frozenset[str]) -> None:
        """Draw what changed in sight; newcomers are counted behind the bar."""
        await self.pager.changed(keys)
        self._show_page()
        shown = self.beside.shown
        if self.is_wide and shown is not None and keys & {str(message.key) for message in shown.messages}:
            await self._show_beside()

    async def found(self) -> None:
        """Read what is in sight again."""
        await self.pager.refresh()
        self._show_page()
        if self.is_wide:
            await self._show_beside()

    async def minute(self) -> None:
        """Draw ages that read differently now."""
        await self.moved()

    async def moved(self) -> None:
        """Draw who is at a message in sight."""
        self._show_page()
        if self.is_wide and self.beside.shown is not None:
            self.beside.show(self.beside.shown, self._look(), self.session.desk.policy.hours)

    def whereabout(self) -> Whereabout | None:
        """Return the message whose thread stands beside the list; a row alone is not read yet."""
        message = self.target() if self.is_wide else None
        return Whereabout(key=message.key, doing=Doing.READING) if message is not None else None

    async def acted(self) -> None:
        """Show the list after an action of one's own: what is done goes, and the next row takes its place."""
        await self.pager.refresh(keep=False)
        self._show_page()
        if self.is_wide:
            await self._show_beside()

    def on_screen_suspend(self) -> None:
        """Remember that changes are not followed while something else is on top."""
        self._covered = True

    async def on_screen_resume(self) -> None:
        """Take up what changed meanwhile."""
        if self._covered:
            self._covered = False
            await self.pager.refresh(keep=False)
            self.redraw()

    # ----------------------------------------------------------------------------------------------------------- moving

    async def _step(self, by: int) -> None:
        if self._in_pane:
            self.beside.scroll_lines(by)
            return
        before = self.pager.page
        page = await self.pager.move(by)
        if page.rows is before.rows:
            self.queue.move_cursor(page)
            self._follow()
            self.redraw_status()
            return
        self._show_page()
        if by > 0:
            self._warm_soon()

    async def _jump(self, part: float) -> None:
        if self._in_pane:
            self.beside.scroll_page(part)
            return
        await self.pager.jump(int(max(self.queue.size.height, 1) * part))
        self._show_page()
        if part > 0:
            self._warm_soon()

    async def on_queue_list_pointed(self, event: QueueList.Pointed) -> None:
        """Put the cursor where somebody pointed; a double click opens."""
        self._in_pane = False
        await self._step(event.index - self.pager.page.cursor)
        if event.times > 1:
            await self.action_open()

    async def on_queue_list_wheeled(self, event: QueueList.Wheeled) -> None:
        """Move as the wheel does."""
        await self._step(event.by)

    async def action_move_next(self) -> None:
        """Next row."""
        await self._step(1)

    async def action_move_previous(self) -> None:
        """Previous row."""
        await self._step(-1)

    async def action_move_half_down(self) -> None:
        """Half a page down."""
        await self._jump(0.5)

    async def action_move_half_up(self) -> None:
        """Half a page up."""
        await self._jump(-0.5)

    async def action_move_page_down(self) -> None:
        """A page down."""
        await self._jump(1)

    async def action_move_page_up(self) -> None:
        """A page up."""
        await self._jump(-1)

    async def action_move_first(self) -> None:
        """First row."""
        if self._in_pane:
            self.beside.scroll_edge(last=False)
            return
        await self.pager.first()
        self._show_page()

    async def action_move_last(self) -> None:
        """Last row."""
        if self._in_pane:
            self.beside.scroll_edge(last=True)
            return
        await self.pager.last()
        self._show_page()

    async def action_unanswered_next(self) -> None:
        """Next unanswered message."""
        await self._unanswered(1)

    async def action_unanswered_previous(self) -> None:
        """Previous unanswered message."""
        await self._unanswered(-1)

    async def _unanswered(self, direction: int) -> None:
        if await self.pager.unanswered(direction):
            self._show_page()
        else:
            self.majlis.tell(_("No further unanswered message in this direction."))

    # --------------------------------------------------------------------------------------------------------- the list

    async def action_view(self, name: str) -> None:
        """Show another list, with everything that has come."""
        self._view = ViewName(name)
        self._in_pane = False
        await self.pager.load(self._asked())
        self.redraw()

    async def action_take_in(self) -> None:
        """Let in what waits."""
        await self.pager.take_in()
        self._show_page()

    async def action_open(self) -> None:
        """Open the thread of the message under the cursor."""
        row = self.pager.page.row
        if row is not None and row.case is not None:
            from tui.screens.case import CaseScreen  # noqa: PLC0415  customer service's alone

            await self.majlis.push_screen(CaseScreen(row.case))
            return
        post = await self._post_of(row) if row is not None else None
        if post is not None:
            from tui.screens.post import PostScreen  # noqa: PLC0415  for those who publish

            await self.majlis.push_screen(PostScreen(post))
            return
        message = self._wanted()
        if message is not None:
            await self.majlis.push_screen(ThreadScreen(message, self._search or self._filter))

    async def _post_of(self, row: Row) -> Post | None:
        """Return the post of a row in the calendar, or that of which an entry in the outbox is one attempt."""
        if row.entry is not None and row.entry.post is not None:
            return await self.session.store.post(row.entry.post)
        return row.post

    async def action_undo(self) -> None:
        """Take back the last local action; a post is taken back in its own place."""
        row = self.pager.page.row
        if row is not None and row.entry is not None and row.entry.target is None:
            self._wanted()  # says where its keys are
        else:
            await super().action_undo()

    async def action_drafts(self) -> None:
        """Show what one has written and not sent, the latest first; one that can no longer go out may be discarded."""
        store, name = self.session.store, self.session.operator.name
        kept = await store.drafts(name)
        found = [(draft, await store.message(MessageKey.parse(draft.message))) for draft in kept[:_MOST_DRAFTS]]
        offered = [(draft, message) for draft, message in found if message is not None]
        if not offered:
            self.majlis.tell(_("You have no drafts."))
            return

        async def picked(choice: int | None) -> None:
            if choice is None:
                return
            draft, message = offered[choice]
            if message.ours or message.standing.state in _ANSWERABLE:
                await self.majlis.push_screen(ThreadScreen(message))
            else:
                await self._ask_discard(message.key, draft.text)

        labels = [f"{m.author.shown()}: {' '.join(draft.text.split())}" for draft, m in offered]
        await self.majlis.push_screen(PickScreen(_("Drafts"), labels), picked)

    async def _ask_discard(self, key: MessageKey, text: str) -> None:
        async def answered(yes: bool | None) -> None:
            if yes:
                await self.session.store.drop_draft(key, self.session.operator.name)
                self.majlis.tell(_("The draft is gone."))

        title = _("The message has been dealt with. Discard the draft?")
        await self.majlis.push_screen(AskScreen(title, text), answered)

    async def action_pane(self) -> None:
        """Change between list and thread; where there is no room for both, open the thread."""
        if not self.is_wide:
            await self.action_open()
            return
        self._in_pane = not self._in_pane
        self.majlis.tell(_("Keys move the thread now; Tab goes back.") if self._in_pane else "")

    async def action_back(self) -> None:
        """Leave the thread beside the list, the search, the filter, or the program after asking: one at a time."""
        if self._in_pane:
            self._in_pane = False
            self.majlis.tell("")
        elif self._search:
            self._search = ""
            self.majlis.tell("")
            await self._show_all()
        elif self._filter:
            await self._filter_by("")
        else:
            self.majlis.ask_to_leave()

    # -------------------------------------------------------------------------------------------------------- searching

    async def find(self, direction: int) -> None:
        """Go to the next row that holds the words, and say which of how many it is."""
        asked = self._asked()
        found = await self.pager.find(replace(asked, search=f"{asked.search} {self._search}"), direction)
        if found is None:
            self.majlis.tell(_("Nothing in this list holds “{text}”.", text=shortened(self._search)))
        else:
            at, total = found
            self.majlis.tell(_("“{text}”: {at} of {total}", text=shortened(self._search), at=at, total=total))
        await self._show_all()

    async def action_filter(self) -> None:
        """Ask for words and show only rows that hold them."""

        async def answered(text: str | None) -> None:
            if text is not None and text != self._filter:
                await self._filter_by(text)

        hint = _("Words in any spelling, of messages and names; an empty line shows everything again.")
        await self.majlis.push_screen(LineScreen(_("Filter"), hint, self._filter), answered)

    async def _filter_by(self, text: str) -> None:
        self._filter = text
        await self.pager.load(self._asked())
        total = self.pager.page.total
        self.majlis.tell(ngettext("{n} message holds it.", "{n} messages hold it.", total) if text else "")
        await self._show_all()

    async def _show_all(self) -> None:
        self._show_page()
        if self.is_wide:
            await self._show_beside()
