"""The one table of keys: bindings, footer, help, palette and the key page come from it, and people remap by id.

Every key that is a letter or a digit has its twin, what the same physical key types on the Arabic layout, because
people write Arabic replies and forget to switch back. Capitals have no safe twin. `b` stays unbound: on that layout it
types two letters, ل and ا, which are `g` and `h`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from tui.language import N_, _, listed

if TYPE_CHECKING:
    from textual.binding import Binding


class Place(StrEnum):
    """Where a key works."""

    LIST = "list"
    THREAD = "thread"
    COMPOSE = "compose"
    REVIEW = "review"
    ASK = "ask"
    """A question that is answered by yes or no."""
    PICK = "pick"
    """A short list, picked from by number."""
    LINE = "line"
    """One line of text to fill in."""
    READ = "read"
    """A text to read: help, a permalink."""
    WELCOME = "welcome"
    POST = "post"
    """A post of ours, as each network will show it."""
    DRAFT = "draft"
    """The texts of a post."""
    CASE = "case"
    """A case, as customer service sees it."""


class Group(StrEnum):
    """What a key is about; a heading of the help. The values are catalogue ids."""

    MOVE = N_("Moving")
    VIEWS = N_("Lists")
    ANSWER = N_("Answering")
    CLOSE = N_("Handing on and closing")
    POST = N_("Publishing")
    CASE = N_("Customer service")
    LOOK = N_("Looking")
    REVIEW = N_("Before it goes out")
    PROGRAM = N_("The program")


TWINS: Final[dict[str, str]] = {
    **dict(zip("jkredcumastpzoywxnqghvil", "تنقثيؤعةشسفحئخغصءىضلارهم", strict=True)),
    "slash": "ظ",
    "question_mark": "arabic_question_mark",
    "left_square_bracket": "ج",
    "right_square_bracket": "د",
    "comma": "و",
    "full_stop": "ز",
    "semicolon": "ك",
    "apostrophe": "ط",
    **{str(digit): chr(ord("\N{ARABIC-INDIC DIGIT ZERO}") + digit) for digit in range(10)},
}
"""Key → what the same physical key sends on the Arabic (101) layout, both as Textual names them."""

_SHOWN: Final[dict[str, str]] = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "minus": "-",
    "colon": ":",
    "question_mark": "?",
    "arabic_question_mark": "؟",
    "slash": "/",
    "full_stop": ".",
    "backslash": "\\",
    "exclamation_mark": "!",
    "semicolon": ";",
    "apostrophe": "'",
    "equals_sign": "=",
    "underscore": "_",
    "plus": "+",
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "home": "Home",
    "end": "End",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "space": "Space",
}

PREFIX: Final = "g"
"""`gg` is the only key of two strokes; an unknown second one is swallowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One row of the table."""

    id: str
    """For remapping; the action's name, with `.` for `_`."""
    keys: tuple[str, ...]
    """As Textual names them, the first one shown in the footer; `gg` is the prefix twice. Empty: palette only."""
    label: str
    """Catalogue id of the word in the footer."""
    help: str
    """Catalogue id of the line in help, palette and key page."""
    group: Group
    where: frozenset[Place]
    footer: int = 0
    """Rank in the footer, 1 first; 0: not there."""
    argument: str = ""
    """What the action is called with."""

    @property
    def action(self) -> str:
        """The Textual action."""
        if self.argument:
            return f"{self.id.rpartition('.')[0].replace('.', '_')}({self.argument!r})"
        return self.id.replace(".", "_")

    @property
    def is_of_replay(self) -> bool:
        """Whether it is about how the time of a replay passes."""
        return self.id.startswith("replay.")

    def bound(self) -> tuple[str, ...]:
        """Return all single strokes that do it, twins included."""
        single = [key for key in self.keys if key != PREFIX * 2]
        return tuple(dict.fromkeys([*single, *(TWINS[key] for key in single if key in TWINS)]))

    def shown(self) -> str:
        """Return its first key as people read it."""
        return shown(self.keys[0]) if self.keys else ""

    def all_shown(self) -> str:
        """Return all its keys as people read them, each with its twin."""
        return "  ".join(shown(key) + (f" {shown(TWINS[key])}" if key in TWINS else "") for key in self.keys)


def shown(key: str) -> str:
    """Return a key as people read it."""
    if key.startswith("ctrl+"):
        return f"Ctrl+{key.removeprefix('ctrl+').upper()}"
    return _SHOWN.get(key, key)


_LISTS = frozenset({Place.LIST, Place.THREAD})
_MOVING = frozenset({Place.LIST, Place.THREAD, Place.READ, Place.PICK, Place.CASE, Place.POST})
_LOOKING = _LISTS | {Place.CASE}
_PROGRAM = _LOOKING | {Place.POST}


def _key(  # noqa: PLR0917  a row of a table reads best without field names
    key_id: str,
    keys: str,
    label: str,
    text: str,
    group: Group,
    where: Iterable[Place],
    footer: int = 0,
    argument: str = "",
) -> Key:
    return Key(
        id=key_id,
        keys=tuple(keys.split()),
        label=label,
        help=text,
        group=group,
        where=frozenset(where),
        footer=footer,
        argument=argument,
    )


def _view(digit: int, name: str, label: str, text: str) -> Key:
    return _key(f"view.{name}", str(digit), label, text, Group.VIEWS, [Place.LIST], argument=name)


def _confirm(digit: int) -> Key:
    return _key(
        f"confirm.{digit}",
        str(digit),
        N_("confirm"),
        N_("Confirm the warning with this number"),
        Group.REVIEW,
        [Place.REVIEW, Place.POST],
        argument=str(digit),
    )


TABLE: Final[tuple[Key, ...]] = (
    _key("move.next", "j down", N_("next"), N_("Next"), Group.MOVE, _MOVING),
    _key("move.previous", "k up", N_("previous"), N_("Previous"), Group.MOVE, _MOVING),
    _key("move.first", "gg home", N_("first"), N_("First"), Group.MOVE, _MOVING),
    _key("move.last", "G end", N_("last"), N_("Last"), Group.MOVE, _MOVING),
    _key("move.half_down", "ctrl+d", N_("half page"), N_("Half a page down"), Group.MOVE, _MOVING),
    _key("move.half_up", "ctrl+u", N_("half page"), N_("Half a page up"), Group.MOVE, _MOVING),
    _key("move.page_down", "pagedown", N_("page"), N_("A page down"), Group.MOVE, _MOVING),
    _key("move.page_up", "pageup", N_("page"), N_("A page up"), Group.MOVE, _MOVING),
    _key("unanswered.next", "right_square_bracket", N_("next open"), N_("Next unanswered message"), Group.MOVE, _LISTS),
    _key(
        "unanswered.previous",
        "left_square_bracket",
        N_("previous open"),
        N_("Previous unanswered message"),
        Group.MOVE,
        _LISTS,
    ),
    _key(
        "search",
        "slash",
        N_("search"),
        N_("Look for words; the next place that holds them"),
        Group.MOVE,
        _LISTS,
        footer=21,
    ),
    _key("find.next", "n", N_("next hit"), N_("Next place that holds the words"), Group.MOVE, _LISTS),
    _key("find.previous", "N", N_("previous hit"), N_("Previous place that holds the words"), Group.MOVE, _LISTS),
    _key("open", "enter", N_("open"), N_("Open the thread"), Group.MOVE, [Place.LIST], footer=1),
    _key("pane", "tab", N_("pane"), N_("Change between list and thread"), Group.MOVE, [Place.LIST]),
    _key(
        "back",
        "escape q",
        N_("back"),
        N_("Back; from the list: leave the program, after asking"),
        Group.MOVE,
        [Place.LIST, Place.THREAD, Place.READ, Place.WELCOME, Place.CASE, Place.POST],
        footer=20,
    ),
    _view(1, "queue", N_("Queue"), N_("Open messages, most urgent first")),
    _view(2, "mine", N_("Mine"), N_("What I hold or have answered")),
    _view(3, "waiting", N_("Waiting"), N_("Answers on their way, and snoozed messages")),
    _view(4, "escalated", N_("Escalated"), N_("With customer service")),
    _view(5, "posts", N_("Posts"), N_("What our own accounts published")),
    _view(6, "outbox", N_("Outbox"), N_("What goes out, and what became of it")),
    _view(7, "all", N_("All"), N_("Every message, newest first")),
    _view(8, "cases", N_("Cases"), N_("What customer service has to do, most urgent first")),
    _view(9, "calendar", N_("Calendar"), N_("Posts of ours that are coming")),
    _key(
        "filter",
        "backslash",
        N_("filter"),
        N_("Show only what holds certain words; Esc shows everything again"),
        Group.VIEWS,
        [Place.LIST],
        footer=22,
    ),
    _key("take_in", "comma", N_("take in"), N_("Take in new messages"), Group.VIEWS, [Place.LIST], footer=24),
    _key(
        "reply",
        "r",
        N_("reply"),
        N_("Reply to this person, and claim; below our own post: comment"),
        Group.ANSWER,
        _LISTS,
        footer=2,
    ),
    _key("claim", "c", N_("claim"), N_("Claim the message, or give it back"), Group.ANSWER, _LISTS, footer=7),
    _key("drafts", "p", N_("drafts"), N_("Answers of yours that were not sent"), Group.ANSWER, [Place.LIST]),
    _key(
        "memo",
        "m",
        N_("memo"),
        N_("Write a memo: internal, it cannot leave the building"),
        Group.ANSWER,
        _LISTS,
        footer=8,
    ),
    _key(
        "escalate",
        "e",
        N_("escalate"),
        N_("Hand it to customer service: one key, undoable"),
        Group.CLOSE,
        _LISTS,
        footer=3,
    ),
    _key(
        "urgent",
        "exclamation_mark",
        N_("danger"),
        N_("Somebody may be in danger: a case at once, emergency numbers, a safe public line; undoable"),
        Group.CLOSE,
        _LISTS,
    ),
    _key("done", "d", N_("close"), N_("Close it without a reply, with a reason"), Group.CLOSE, _LISTS, footer=4),
    _key("snooze", "z", N_("snooze"), N_("Put it away until the next service hour"), Group.CLOSE, _LISTS, footer=6),
    _key(
        "hide",
        "h",
        N_("hide"),
        N_("Hide it on the network (YouTube: hold it), or show it again; asks first"),
        Group.CLOSE,
        _LISTS,
    ),
    _key(
        "reject",
        "minus",
        N_("reject"),
        N_("Reject it for good (YouTube); asks first, cannot be undone"),
        Group.CLOSE,
        _LISTS,
    ),
    _key("edit_own", "", N_("change"), N_("Change our own answer on the network"), Group.CLOSE, _LISTS),
    _key(
        "delete_own",
        "",
        N_("delete"),
        N_("Delete our own answer on the network; asks first, cannot be undone"),
        Group.CLOSE,
        _LISTS,
    ),
    _key(
        "undo",
        "u",
        N_("undo"),
        N_("Undo the last action, or call back a reply that is still held"),
        Group.CLOSE,
        _LISTS,
        footer=5,
    ),
    _key("write", "w", N_("post"), N_("Write a post of ours"), Group.POST, _LISTS),
    _key("post.edit", "e", N_("edit"), N_("Change the words"), Group.POST, [Place.POST], footer=1),
    _key("post.submit", "s", N_("submit"), N_("Say that it is ready"), Group.POST, [Place.POST], footer=2),
    _key("post.approve", "plus", N_("approve"), N_("Approve it as it stands"), Group.POST, [Place.POST], footer=3),
    _key("post.reject", "minus", N_("reject"), N_("Give it back, with a reason"), Group.POST, [Place.POST], footer=4),
    _key(
        "post.schedule",
        "t",
        N_("when"),
        N_("Let it go out now, or at a time inside service hours"),
        Group.POST,
        [Place.POST],
        footer=5,
    ),
    _key("post.withdraw", "u", N_("withdraw"), N_("Call it back"), Group.POST, [Place.POST], footer=6),
    _key("post.targets", "a", N_("accounts"), N_("Where it is to stand, in which language"), Group.POST, [Place.POST]),
    _key("post.kind", "n", N_("kind"), N_("News, event, service or update"), Group.POST, [Place.POST]),
    _key("post.link", "i", N_("link"), N_("The page it points to"), Group.POST, [Place.POST]),
    _key("post.picture", "p", N_("picture"), N_("A picture that goes with it"), Group.POST, [Place.POST]),
    _key("post.discard", "d", N_("put away"), N_("Put it away for good; asks first"), Group.POST, [Place.POST]),
    _key(
        "other.text",
        "tab",
        N_("other text"),
        N_("Change between the Arabic and the English text"),
        Group.POST,
        [Place.DRAFT],
        footer=2,
    ),
    _key(
        "written",
        "escape",
        N_("look at it"),
        N_("Keep it, and see it as each network will show it"),
        Group.POST,
        [Place.DRAFT],
        footer=1,
    ),
    _key("case.acknowledge", "c", N_("take"), N_("Take the case"), Group.CASE, [Place.CASE], footer=1),
    _key(
        "case.answer",
        "r",
        N_("answer"),
        N_("Say what was done; the operator decides on a public line"),
        Group.CASE,
        [Place.CASE],
        footer=2,
    ),
    _key("case.ask", "i", N_("ask"), N_("Ask the operator something"), Group.CASE, [Place.CASE], footer=3),
    _key(
        "case.return",
        "t",
        N_("return"),
        N_("Give it back: not a matter of customer service"),
        Group.CASE,
        [Place.CASE],
        footer=4,
    ),
    _key(
        "case.close",
        "d",
        N_("close"),
        N_("Close it when it was answered and needs no public line"),
        Group.CASE,
        [Place.CASE],
        footer=6,
    ),
    _key(
        "case.contact",
        "x",
        N_("contact"),
        N_("Open what the person gave to be reached by; the look is logged"),
        Group.CASE,
        [Place.CASE],
        footer=5,
    ),
    _key("sort", "l", N_("sort"), N_("Correct what it is about, and whose it is"), Group.CLOSE, _LISTS),
    _key("reveal", "x", N_("reveal"), N_("Show masked personal data; the look is logged"), Group.LOOK, _LISTS),
    _key("link.show", "o", N_("link"), N_("Show the address on the network"), Group.LOOK, _LOOKING, footer=23),
    _key("link.copy", "y", N_("copy link"), N_("Copy the address on the network"), Group.LOOK, _LOOKING),
    _key("text.copy", "Y", N_("copy text"), N_("Copy the words of the message, as they are shown"), Group.LOOK, _LISTS),
    _key("raw", "i", N_("as sent"), N_("Show the text in plain order, with its hidden controls"), Group.LOOK, _LISTS),
    _key(
        "direction",
        "ctrl+t",
        N_("direction"),
        N_("Turn the paragraph round: from the right, or from the left"),
        Group.REVIEW,
        [Place.COMPOSE, Place.DRAFT],
        footer=2,
    ),
    _key(
        "review",
        "escape",
        N_("review"),
        N_("Review the text before it goes out"),
        Group.REVIEW,
        [Place.COMPOSE],
        footer=1,
    ),
    _key(
        "snippet",
        "ctrl+r",
        N_("saved reply"),
        N_("Put in a saved reply"),
        Group.ANSWER,
        [Place.COMPOSE],
        footer=2,
    ),
    _key("send", "s", N_("send"), N_("Send it, or queue it for the opening"), Group.REVIEW, [Place.REVIEW], footer=1),
    _key(
        "take_over",
        "c",
        N_("take over"),
        N_("Take the message over again from a colleague, with a reason"),
        Group.REVIEW,
        [Place.REVIEW],
        footer=1,
    ),
    _key("edit", "e escape", N_("edit"), N_("Go on writing"), Group.REVIEW, [Place.REVIEW], footer=2),
    _key("keep", "p", N_("keep"), N_("Keep the draft and go back"), Group.REVIEW, [Place.REVIEW], footer=3),
    _key(
        "discard",
        "d",
        N_("discard"),
        N_("Discard the draft and give the message back"),
        Group.REVIEW,
        [Place.REVIEW],
        footer=4,
    ),
    _key(
        "override",
        "o",
        N_("override"),
        N_("Send outside service hours, with a reason"),
        Group.REVIEW,
        [Place.REVIEW],
        footer=5,
    ),
    _key(
        "reach",
        "m",
        N_("in private"),
        N_("Answer privately, or in public again, where the network has both"),
        Group.REVIEW,
        [Place.REVIEW],
        footer=6,
    ),
    *(_confirm(digit) for digit in range(1, 10)),
    _key("no", "n escape", N_("no"), N_("No, leave it as it is"), Group.PROGRAM, [Place.ASK], footer=1),
    _key("yes", "y", N_("yes"), N_("Yes, do it"), Group.PROGRAM, [Place.ASK], footer=2),
    _key("cancel", "escape", N_("cancel"), N_("Leave it as it is"), Group.PROGRAM, [Place.PICK, Place.LINE], footer=1),
    _key("accept", "enter", N_("accept"), N_("Take this one"), Group.PROGRAM, [Place.PICK, Place.LINE], footer=2),
    _key(
        "replay.hold",
        "semicolon",
        N_("stand"),
        N_("In a replay: stand still, or go on"),
        Group.PROGRAM,
        _PROGRAM,
        footer=1,
    ),
    _key(
        "replay.step",
        "apostrophe",
        N_("step"),
        N_("In a replay: go to what happens next, and stand there"),
        Group.PROGRAM,
        _PROGRAM,
        footer=2,
    ),
    _key(
        "replay.faster",
        "equals_sign",
        N_("faster"),
        N_("In a replay: go faster; from the fastest, as fast as a clock"),
        Group.PROGRAM,
        _PROGRAM,
        footer=3,
    ),
    _key(
        "replay.slower",
        "underscore",
        N_("slower"),
        N_("In a replay: go slower, no slower than a clock"),
        Group.PROGRAM,
        _PROGRAM,
    ),
    _key("replay.jump", "", N_("jump"), N_("In a replay: hurry to a time"), Group.PROGRAM, _PROGRAM),
    _key("palette", "colon", N_("commands"), N_("Find a command by its name"), Group.PROGRAM, _PROGRAM),
    _key(
        "help",
        "question_mark",
        N_("help"),
        N_("Keys of this place"),
        Group.PROGRAM,
        [*_PROGRAM, Place.REVIEW],
        footer=10,
    ),
    _key(
        "health",
        "s",
        N_("accounts"),
        N_("How the accounts are: read when, what is left, what cannot be done, what to do"),
        Group.PROGRAM,
        _LISTS,
    ),
    _key("language", "", N_("language"), N_("العربية / English"), Group.PROGRAM, _PROGRAM),
    _key("theme", "", N_("theme"), N_("Colours: terminal, plain"), Group.PROGRAM, _PROGRAM),
    _key(
        "calibrate",
        "",
        N_("calibration"),
        N_("Calibration: say which line of Arabic reads correctly on this terminal"),
        Group.PROGRAM,
        _PROGRAM,
    ),
    _key(
        "train",
        "",
        N_("training"),
        N_("Training: learn by made-up scenarios, and see what came of it"),
        Group.PROGRAM,
        _PROGRAM,
    ),
    _key("quit", "ctrl+q ctrl+c", N_("leave"), N_("Leave the program; asks first"), Group.PROGRAM, _PROGRAM),
)
"""All keys, in the order of the help."""


class Keymap:
    """The table with a person's own changes."""

    def __init__(self, own: Mapping[str, Iterable[str]] | None = None, *, replay: bool = False) -> None:
        """Take changes by id; none: the table as it is. Without `replay` places have no keys for how time passes.

        Raises:
            ValueError: An id is unknown (the nearest is named), a key is not free, or two rows of a place share a key.
        """
        self._replay = replay
        self.own = {key_id: tuple(keys) for key_id, keys in (own or {}).items()}
        """Id → keys, as given."""
        known = [key.id for key in TABLE]
        for key_id, keys in self.own.items():
            if key_id not in known:
                near = get_close_matches(key_id, known, n=1, cutoff=0.0)
                raise ValueError(f"keys.{key_id}: no such id; the nearest is {near[0]}")
            if "b" in keys:
                raise ValueError(f"keys.{key_id}: b is not free: on the Arabic layout it types two letters")
        self.table = tuple(replace(key, keys=self.own[key.id]) if key.id in self.own else key for key in TABLE)
        for place in Place:
            self._check(place)

    def _check(self, place: Place) -> None:
        taken: dict[str, str] = {}
        for key in (key for key in self.table if place in key.where):
            for stroke in key.bound():
                if stroke in taken or (stroke in {PREFIX, TWINS[PREFIX]} and place in _MOVING):
                    other = taken.get(stroke, "move.first")
                    raise ValueError(f"keys.{key.id}: {shown(stroke)} is taken by {other}")
                taken[stroke] = key.id

    def of(self, place: Place) -> Iterator[Key]:
        """Yield the keys of a place, in the table's order."""
        return (key for key in self.table if place in key.where and (self._replay or not key.is_of_replay))

    def by_id(self, key_id: str) -> Key:
        """Return one row."""
        return next(key for key in self.table if key.id == key_id)

    def footer(self, place: Place) -> list[Key]:
        """Return what the footer of a place shows, the most useful first."""
        return sorted((key for key in self.of(place) if key.footer and key.keys), key=lambda key: key.footer)

    def strokes(self) -> dict[str, str]:
        """Return the changes as Textual's keymap: id → strokes, comma-separated."""
        return {key.id: ",".join(key.bound()) for key in self.table if key.id in self.own}

    def markdown(self) -> str:
        """Return the key page in the language in force."""
        lines = [f"# {_('Keys')}", "", _("Made from the key table; people remap by id."), ""]
        for group in Group:
            lines += [
                f"## {_(group.value)}",
                "",
                f"| {_('key')} | {_('does')} | {_('works in')} | id |",
                "| --- | --- | --- | --- |",
            ]
            for key in self.table:
                if key.group is group:
                    strokes = "  ".join(_marked(stroke) for stroke in key.keys) or "`:`"
                    places = listed(_(PLACES[place]) for place in Place if place in key.where)
                    lines.append(f"| {strokes} | {_(key.help)} | {places} | `{key.id}` |")
            lines.append("")
        return "\n".join(lines)


def _marked(stroke: str) -> str:
    twin = f" `{shown(TWINS[stroke])}`" if stroke in TWINS else ""
    return f"`{shown(stroke)}`{twin}"


PLACES: Final[dict[Place, str]] = {
    Place.LIST: N_("list"),
    Place.THREAD: N_("thread"),
    Place.COMPOSE: N_("editor"),
    Place.REVIEW: N_("review"),
    Place.ASK: N_("question"),
    Place.PICK: N_("menu"),
    Place.LINE: N_("line"),
    Place.READ: N_("text"),
    Place.WELCOME: N_("welcome"),
    Place.CASE: N_("case"),
    Place.POST: N_("post"),
    Place.DRAFT: N_("post editor"),
}
"""Catalogue ids of the places."""


@cache
def _default() -> Keymap:
    """Return the table without anybody's changes; eight places are made from it at every start."""
    return Keymap(replay=True)


def bindings(place: Place) -> list[Binding]:
    """Return the Textual bindings of a place; a person's changes come on top with `App.set_keymap`."""
    from textual.binding import Binding  # noqa: PLC0415  the key page and the command line need no toolkit

    return [
        Binding(",".join(key.bound()), key.action, show=False, id=key.id) for key in _default().of(place) if key.bound()
    ]
