"""One row of a list: state, network, time, author and text, each in its own columns and its own direction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from majlis.escalation import CASE_OPEN
from majlis.masking import cover, mask
from majlis.message import Message, Moderation, Network, Urgency
from majlis.outbox import Action
from majlis.ports import ViewName
from majlis.states import CaseState, EntryState, MessageState, PostState
from majlis.text import hits
from tui.arabic.columns import Field, measure_row
from tui.arabic.layout import is_logical
from tui.company import row_text
from tui.language import N_, _, code, from_right, word
from tui.times import short, when
from tui.widgets.lines import ui_field, ui_options

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.hours import ServiceHours
    from majlis.outbox import Entry
    from majlis.ports import Row
    from majlis.presence import Presence
    from majlis.publishing import Post

NETWORKS: Final = {Network.FACEBOOK: N_("FB"), Network.X: N_("X"), Network.YOUTUBE: N_("YT")}
"""Catalogue ids; six columns at most."""
PRIVATE: Final = {Network.FACEBOOK: N_("FB dm"), Network.X: N_("X dm"), Network.YOUTUBE: N_("YT dm")}
FULL_NAMES: Final = {Network.FACEBOOK: N_("Facebook"), Network.X: N_("X (Twitter)"), Network.YOUTUBE: N_("YouTube")}

SIGNS: Final = {
    MessageState.NEW: "*",
    MessageState.CLAIMED: "@",
    MessageState.WAITING: "~",
    MessageState.ANSWERED: "+",
    MessageState.ESCALATED: "^",
    MessageState.DONE: "-",
    MessageState.SNOOZED: "z",
    MessageState.GONE: "x",
}
"""State → sign, one column, none that an Arabic line would mirror; the word stands beside it."""

_LISTED: Final = (*CASE_OPEN, CaseState.ANSWERED)
"""States in which a case stands in customer service's list."""
_OWED: Final = frozenset({MessageState.NEW, MessageState.CLAIMED})
_NOTHING: Final = timedelta()
_MINUTE: Final = timedelta(minutes=1)
_FEWEST: Final = 14
"""Columns in which who else is there can be said."""
_NARROW: Final = 70
"""Columns below which the author gives way to the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a row is drawn with besides itself."""

    operator: str
    now: datetime
    view: ViewName
    words: tuple[str, ...] = ()
    """Folded words to be lit where they are shown."""
    hours: ServiceHours | None = None
    """Whose zone the calendar's times are in."""
    company: tuple[Presence, ...] = ()
    """Colleagues who are at a message just now."""

    def lit(self, text: str) -> tuple[tuple[int, int, str], ...]:
        """Return what is lit in a text, as it is shown: what is covered is not."""
        return tuple((start, end, "hit") for start, end in hits(text, self.words))


def head_width(look: Look) -> int:
    """Return the columns of the part that shows the cursor: gutter, state, network and time."""
    return 1 + 1 + _state_width(look) + 1 + _NETWORK + 1 + _TIME


_NETWORK: Final = 6
_TIME: Final = 4


def _state_width(look: Look) -> int:
    if look.view is ViewName.ESCALATED:
        return 16
    return _state_columns(code(), look.view, logical=is_logical())


@lru_cache
def _state_columns(language: str, view: ViewName, *, logical: bool) -> int:
    """Return the columns that the longest word for a state takes in a list, a message's sign included."""
    del language, logical  # they are a part of the key under which the answer is kept
    match view:
        case ViewName.OUTBOX:
            return max(measure_row(word(state), ui_options()) for state in EntryState)
        case ViewName.CALENDAR:
            return max(measure_row(word(state), ui_options()) for state in PostState)
        case ViewName.CASES:
            return 2 + max(measure_row(word(state), ui_options()) for state in _LISTED)
        case ViewName.QUEUE:
            words = [word(MessageState.NEW), _("mine"), _("urgent"), _("edited"), _("answer"), word("barred")]
            words += [word("held"), _("hidden")]
        case _:
            words = [word(state) for state in MessageState]
    return 2 + max(measure_row(each, ui_options()) for each in words)


def fields(row: Row, look: Look, width: int, *, cursor: bool) -> list[Field]:
    """Return the fields of a row, in reading order; the head carries the cursor."""
    mark = "cursor" if cursor else None
    head = [
        ui_field(">" if cursor else " ", 1, mark),
        ui_field(_state(row, look), _state_width(look), mark or _state_style(row)),
        ui_field(_network(row), _NETWORK, mark),
        ui_field(_time(row, look), _TIME, mark or ("late" if _is_late(row, look) else None), align="right"),
    ]
    author, text = _author(row), _text(row, look)
    beside = _company(row, look, width)
    return [
        *head,
        Field(
            text=author,
            width=11 if width < _NARROW else 13,
            align="right" if from_right() else "left",
            spans=look.lit(author),
        ),
        *beside,
        Field(text=text, spans=look.lit(text)),
    ]


def _company(row: Row, look: Look, width: int) -> list[Field]:
    """Return a field with who else is there, where somebody is; most of the room stays with the words."""
    if row.message is None:
        return []
    is_cut = measure_row(_state(row, look), ui_options()) > _state_width(look)
    text = row_text(row.message, look.company, look.operator, look.now, is_named=is_cut)
    room = max(width // 4, _FEWEST)
    return [ui_field(text, min(measure_row(text, ui_options()), room), "notice")] if text else []


def _state(row: Row, look: Look) -> str:
    if row.entry is not None:
        return word(row.entry.state)
    if row.post is not None:
        return word(row.post.state)
    if row.case is not None:
        return f"{'!' if row.case.urgency is Urgency.IMMEDIATE else ' '} {word(row.case.state)}"
    if row.message is None:
        return ""
    return state_text(row.message, look)


def state_text(message: Message, look: Look) -> str:  # noqa: C901, PLR0911  one line per state
    """Return sign and word of where a message stands."""
    standing = message.standing
    if message.ours:
        return f"  {word('ours')}"
    sign = SIGNS[standing.state]
    match standing.state:
        case MessageState.NEW if standing.returned:
            return f"# {_('answer')}"
        case MessageState.NEW if standing.urgency is Urgency.IMMEDIATE:
            return f"! {_('urgent')}"
        case MessageState.NEW if standing.edited:
            return f"% {_('edited')}"
        case MessageState.NEW if standing.barred:
            return f"| {word('barred')}"
        case MessageState.NEW if standing.hidden:
            return f"o {_('hidden') if message.moderation in {None, Moderation.HIDDEN} else word('held')}"
        case MessageState.NEW:
            return f"{sign if standing.unseen else ' '} {word(standing.state)}"
        case MessageState.CLAIMED if standing.claim is not None and not standing.claim.holds(look.now):
            return f"  {word(MessageState.NEW)}"  # whoever held it is gone: it is anybody's
        case MessageState.CLAIMED if standing.claim is not None:
            mine = standing.claim.holder == look.operator
            if mine and standing.barred:
                return f"= {word('barred')}"
            return f"= {_('mine')}" if mine else f"{sign} {standing.claim.holder}"
        case MessageState.ESCALATED if look.view is ViewName.ESCALATED:
            return f"{sign} {word(standing.reason)}"
        case state:
            return f"{sign} {word(state)}"


def _state_style(row: Row) -> str | None:
    if row.case is not None and row.case.urgency is Urgency.IMMEDIATE:
        return "urgent"
    if row.entry is not None or row.message is None:
        return None
    standing = row.message.standing
    if standing.state is MessageState.NEW and standing.urgency is Urgency.IMMEDIATE:
        return "urgent"
    return None


def _network(row: Row) -> str:
    if row.message is not None:
        return network_text(row.message)
    if row.post is not None:
        return " ".join(dict.fromkeys(_(NETWORKS[target.network]) for target in row.post.targets))
    return _(NETWORKS[Network(row.case.packet.network)]) if row.case is not None else ""


def network_text(message: Message) -> str:
    """Return the short name of a network, and whether it is private."""
    return _((NETWORKS if message.public else PRIVATE)[message.key.network])


def _due(row: Row) -> datetime | None:
    if row.post is not None:
        return row.post.publish_at
    if row.case is not None:
        return row.case.due_at if row.case.state in CASE_OPEN else None
    if row.entry is not None or row.message is None or row.message.standing.state not in _OWED:
        return None
    standing = row.message.standing
    return min((at for at in (standing.due_at, standing.platform_due_at) if at is not None), default=None)


def _is_late(row: Row, look: Look) -> bool:
    due = _due(row)
    return due is not None and due < look.now


def _time(row: Row, look: Look) -> str:
    due = _due(row)
    if due is not None:
        late = look.now - due >= _MINUTE  # a minus before nothing would say nothing
        return f"-{short(look.now - due)}" if late else short(max(due - look.now, _NOTHING))
    if row.entry is not None:
        return short(look.now - row.entry.created_at)
    if row.post is not None:
        return short(look.now - row.post.created_at)
    if row.case is not None:
        return short(look.now - row.case.created_at)
    return short(look.now - row.message.created_at) if row.message is not None else ""


def _author(row: Row) -> str:
    if row.post is not None:
        return word(row.post.kind)
    if row.case is not None:
        return row.case.packet.name or row.case.packet.handle or ""
    return row.message.author.shown() if row.message is not None else ""


def _text(row: Row, look: Look) -> str:
    if row.post is not None:
        return _post_text(row.post, look)
    if row.entry is not None:
        return entry_text(row.entry)
    if row.case is not None:
        packet = row.case.packet
        return f"{word(row.case.reason)} · {cover(packet.text, packet.contact)}"
    return shown_text(row.message) if row.message is not None else ""


def _post_text(post: Post, look: Look) -> str:
    """Return when a post goes out, and how it begins."""
    words = " ".join((post.arabic or post.english).split())
    if post.publish_at is None or look.hours is None:
        return words
    return f"{when(post.publish_at, look.now, look.hours)} · {words}"


def entry_text(entry: Entry) -> str:
    """Return what an entry does: its words, or the name of an action that has none."""
    return entry.text if entry.action in {Action.REPLY, Action.MESSAGE, Action.POST} else word(entry.action)


def shown_text(message: Message) -> str:
    """Return a text with other people's contact data covered; for lists."""
    return mask(message.text, message.personal)
