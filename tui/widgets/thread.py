"""A thread, oldest first: whose words, which are ours, what was edited or deleted, what we noted beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.strip import Strip

from majlis.masking import mask
from majlis.sorting import MAY_BE_DANGER
from majlis.states import EntryState, MessageState
from tui.arabic.columns import Field, measure_row
from tui.arabic.layout import is_logical
from tui.company import sentences
from tui.language import _, code, from_right, ngettext, retold, word
from tui.themes import name as theme_name
from tui.times import when
from tui.widgets.lines import Lines, one_row, paragraphs, ui_field
from tui.widgets.rows import Look, entry_text, network_text, state_text

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.escalation import Case
    from majlis.hours import ServiceHours
    from majlis.message import Message, MessageKey
    from majlis.outbox import Entry
    from majlis.ports import Memo

_GUTTER: Final = 2
_HEAD: Final = 2
"""Lines above a thread that say who else is there, at most."""
_NAME: Final = 28
"""Columns an author's name may take at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """How the item is sorted, and why."""

    category: str
    urgency: str
    reason: str | None
    route: str
    why: tuple[str, ...] = ()
    """The words that led there."""
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadShown:
    """All that a thread's place shows."""

    messages: tuple[Message, ...]
    """Oldest first."""
    item: MessageKey
    """The one that keys act on."""
    suggestion: Suggestion | None = None
    """What triage, or a colleague, thinks of the item."""
    memos: tuple[Memo, ...] = ()
    entries: tuple[Entry, ...] = ()
    """Answers of ours that are not out yet."""
    cases: tuple[Case, ...] = ()
    revealed: frozenset[str] = frozenset()
    """Keys of messages whose personal data may be read."""

    def text_of(self, message: Message) -> str:
        """Return a message's words as they are shown, covered where they are."""
        revealed = message.ours or str(message.key) in self.revealed
        return message.text if revealed else mask(message.text, message.personal)

    def message(self) -> Message | None:
        """Return the item itself."""
        return next((each for each in self.messages if each.key == self.item), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """One piece of a thread: a head, and words below it."""

    at: datetime
    name: str
    facts: str
    text: str
    style: str | None = None
    key: str | None = None
    """Of a message; None for what lies beside messages."""
    below: tuple[str, ...] = ()
    """Quiet lines of ours under the words."""
    ui: bool = False
    """The words are ours, in the interface's direction."""


def _blocks(thread: ThreadShown, look: Look, hours: ServiceHours) -> list[_Block]:
    blocks = [_of_message(message, thread, look, hours) for message in thread.messages]
    blocks += [
        _Block(
            at=memo.at,
            name=_("Memo"),
            facts=f"{memo.author}  {when(memo.at, look.now, hours)}  {_('stays inside')}",
            text=memo.text,
            style="memo",
        )
        for memo in thread.memos
    ]
    blocks += [_of_entry(entry, look, hours) for entry in thread.entries if entry.state is not EntryState.SENT]
    blocks += [_of_case(case, look, hours) for case in thread.cases]
    return sorted(blocks, key=lambda block: block.at)


def _of_message(message: Message, thread: ThreadShown, look: Look, hours: ServiceHours) -> _Block:
    revealed = str(message.key) in thread.revealed or message.ours
    standing = message.standing
    marks = [
        network_text(message),
        when(message.created_at, look.now, hours),
        " ".join(state_text(message, look).split()),
    ]
    if message.editions:
        marks.append(_("edited"))
    if standing.hidden:
        marks.append(_("hidden") if message.moderation is None else word(message.moderation))
    if standing.barred:
        marks.append(word("barred"))
    if message.author.handle and message.author.name:
        marks.insert(0, f"@{message.author.handle}")
    below = []
    if message.attachments:
        count = len(message.attachments)
        below.append(ngettext("{n} picture or video", "{n} pictures or videos", count))
    if message.personal and not revealed:
        below.append(_("Personal data is covered; x shows it, and that is logged."))
    if standing.barred:
        below.append(word("ways_out"))
    if message.editions and message.key == thread.item:
        earlier = message.editions[-1].text
        below.append(_("Before: {text}", text=earlier if revealed else mask(earlier, message.personal)))
    if thread.suggestion is not None and message.key == thread.item:
        below.append(_sorted_text(thread.suggestion, is_covered=bool(message.personal) and not revealed))
    style = "ours" if message.ours else None
    return _Block(
        at=message.created_at,
        name=message.author.shown() or _("unknown person"),
        facts=" · ".join(marks),
        text=thread.text_of(message),
        style="quiet" if standing.state is MessageState.GONE else style,
        key=str(message.key),
        below=tuple(below),
    )


def _sorted_text(suggestion: Suggestion, *, is_covered: bool) -> str:
    """Say how a message is sorted, and by which words; not by words that are covered."""
    facts = {
        "category": word(suggestion.reason or suggestion.category),
        "urgency": word(suggestion.urgency),
        "route": word(suggestion.route),
    }
    if suggestion.by_hand:
        return _("Sorted by hand: {category}, {urgency}, {route}.", **facts)
    if not suggestion.why or is_covered:
        return _("Sorted: {category}, {urgency}, {route}.", **facts)
    if suggestion.why[0] == MAY_BE_DANGER:
        words = "; ".join(suggestion.why[1:])
        return _("May be danger, look soon: “{why}”. Sorted: {category}, {urgency}, {route}.", **facts, why=words)
    return _("Sorted: {category}, {urgency}, {route}; by “{why}”.", **facts, why="; ".join(suggestion.why))


def _of_entry(entry: Entry, look: Look, hours: ServiceHours) -> _Block:
    facts = [word(entry.state), entry.author]
    if entry.state in {EntryState.HELD, EntryState.QUEUED}:
        facts.append(_("goes out {at}", at=when(entry.due_at, look.now, hours)))
    return _Block(
        at=entry.created_at,
        name=_("Our answer"),
        facts=" · ".join(facts),
        text=entry_text(entry),
        style="ours",
        below=(retold(entry.problem),) if entry.problem else (),
    )


def _of_case(case: Case, look: Look, hours: ServiceHours) -> _Block:
    facts = [word(case.reason), word(case.state), _("answer by {at}", at=when(case.answer_by, look.now, hours))]
    parts = [case.note] if case.note else []
    parts += [f"{word(step.step)}: {step.text}" for step in case.steps if step.text]
    return _Block(
        at=case.created_at,
        name=_("Customer service"),
        facts=" · ".join(facts),
        text="\n".join(parts),
        style="memo",
    )


class ThreadView(Lines):
    """Draws a thread from any place in it; only the blocks in sight are laid out."""

    DEFAULT_CSS = "ThreadView { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._thread: ThreadShown | None = None
        self._look: Look | None = None
        self._hours: ServiceHours | None = None
        self._all: list[_Block] = []
        self._laid: dict[int, list[Strip]] = {}
        self._laid_for: tuple[object, ...] = ()
        self._top = (0, 0)
        """The block at the upper edge, and how many of its lines lie above it."""
        self._sought = False
        """Whether the item was brought into sight; that needs a size."""
        self._head: list[Strip] = []
        """Who else is at the item: it stays above the thread while that is scrolled."""

    @property
    def shown(self) -> ThreadShown | None:
        """The thread on the screen."""
        return self._thread

    def show(self, thread: ThreadShown | None, look: Look, hours: ServiceHours) -> None:
        """Show a thread; a new item is brought into sight, a changed thread stays where it is."""
        before = self._thread
        self._thread, self._look, self._hours = thread, look, hours
        self._all = _blocks(thread, look, hours) if thread is not None else []
        self._laid = {}
        same = before is not None and thread is not None and before.item == thread.item
        self._sought = self._sought and same
        self.redraw()

    def redraw(self) -> None:
        """Draw again what is in sight, after a change of size, language or theme."""
        width, height = self.size
        if width < 8 or height < 1:  # noqa: PLR2004  nothing readable fits
            self.put([])
            return
        laid_for = (width, code(), theme_name(), is_logical())
        if self._laid_for != laid_for:
            self._laid_for = laid_for
            if self._thread is not None and self._look is not None and self._hours is not None:
                self._all = _blocks(self._thread, self._look, self._hours)
            self._laid = {}
        self._head = self._said_above(width)
        if not self._sought:
            self._sought = True
            self._seek()
        self._clamp()
        self.put([*self._head, *self._visible(self.room, width)])

    @property
    def room(self) -> int:
        """Lines that the thread itself has."""
        return max(self.size.height - len(self._head), 0)

    def _said_above(self, width: int) -> list[Strip]:
        """Say who holds the item and who else is there, in two lines at most and never in most of the height."""
        item = self._thread.message() if self._thread is not None else None
        if item is None or self._look is None or self._hours is None:
            return []
        look = self._look
        said = sentences(item, look.company, look.operator, look.now, self._hours)
        lines = paragraphs(" ".join(said), width, style="notice") if said else []
        return lines[: min(_HEAD, self.size.height // 3)]

    def scroll_lines(self, by: int) -> bool:
        """Move by lines; False when there was nowhere to go."""
        before = self._top
        self._top = self._walk(self._top, by)
        self._clamp()
        self.redraw()
        return self._top != before

    def scroll_page(self, part: float) -> None:
        """Move by a share of the height."""
        self.scroll_lines(int(self.room * part) or 1)

    def scroll_edge(self, *, last: bool) -> None:
        """Go to the beginning or the end."""
        self._top = (len(self._all), 0) if last else (0, 0)
        self.redraw()

    def item_ends_below(self) -> bool:
        """Tell whether the item goes on below the lower edge."""
        index = self._index()
        return index is not None and self._line_of(index) + len(self._block(index)) > self.room

    def item_begins_above(self) -> bool:
        """Tell whether the item begins above the upper edge."""
        index = self._index()
        return index is not None and self._line_of(index) < 0

    # ---------------------------------------------------------------------------------------------------------- places

    def _index(self) -> int | None:
        if self._thread is None:
            return None
        key = str(self._thread.item)
        return next((n for n, block in enumerate(self._all) if block.key == key), None)

    def _seek(self) -> None:
        """Bring the item into sight, with something of what came before it."""
        index = self._index()
        self._top = (0, 0)
        if index is None:
            return
        spare = max(self.room - len(self._block(index)), 0)
        self._top = self._walk((index, 0), -min(spare, max(self.room // 2, 1)))

    def _line_of(self, index: int) -> int:
        """Return where a block begins, in lines from the upper edge; far away is as good as a screen away."""
        at, line = self._top
        distance = -line
        step = 1 if index >= at else -1
        while at != index and abs(distance) <= 2 * self.room:
            distance += len(self._block(at)) if step > 0 else -len(self._block(at - 1))
            at += step
        return distance

    def _walk(self, place: tuple[int, int], by: int) -> tuple[int, int]:
        """Return the place so many lines further."""
        at, line = place
        line += by
        while line < 0 and at > 0:
            at -= 1
            line += len(self._block(at))
        while at < len(self._all) and line >= len(self._block(at)):
            line -= len(self._block(at))
            at += 1
        return (at, max(line, 0)) if at < len(self._all) else (len(self._all), 0)

    def _clamp(self) -> None:
        """Keep the lower edge filled: the end of the thread does not come up past it."""
        lowest = self._walk((len(self._all), 0), -self.room)
        self._top = min(self._top, lowest)

    # --------------------------------------------------------------------------------------------------------- drawing

    def _visible(self, height: int, width: int) -> list[Strip]:
        at, line = self._top
        lines: list[Strip] = []
        while at < len(self._all) and len(lines) < height:
            lines += self._block(at)[line:]
            at, line = at + 1, 0
        lines = lines[:height]
        return lines + [Strip.blank(width)] * (height - len(lines))

    def _block(self, index: int) -> list[Strip]:
        made = self._laid.get(index)
        if made is None:
            made = self._laid[index] = self._lay_out(self._all[index])
        return made

    def _lay_out(self, block: _Block) -> list[Strip]:
        width = max(self.size.width, 8)
        is_item = self._thread is not None and block.key == str(self._thread.item)
        mark = "|" if is_item else " "
        lit = self._look.lit if self._look is not None else _nothing
        inner = width - _GUTTER
        name = min(measure_row(block.name), _NAME)
        head = one_row(
            [
                ui_field(mark, 1, "item"),
                Field(text=block.name, width=name, style="head", spans=lit(block.name)),
                ui_field(block.facts, None, "quiet"),
            ],
            width,
        )
        body = (
            paragraphs(block.text, inner, style=block.style, spans=lit(block.text), ui=block.ui) if block.text else []
        )
        below = [line for text in block.below for line in paragraphs(text, inner, style="quiet")]
        gutter = one_row([ui_field(mark, _GUTTER, "item" if is_item else None)], _GUTTER)
        return [head, *(_beside(gutter, line) for line in (*body, *below)), Strip.blank(width)]


def _nothing(_text: str) -> tuple[tuple[int, int, str], ...]:
    return ()


def _beside(gutter: Strip, line: Strip) -> Strip:
    """Put the gutter on the side where the interface begins."""
    return Strip.join([line, gutter] if from_right() else [gutter, line])
