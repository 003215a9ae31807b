"""Small questions on top of a place: yes or no, one of a few, one line, something to read, a command by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip

from majlis.text import search_key, search_words
from tui.arabic.columns import measure_row
from tui.arabic.layout import parted, wrap
from tui.keymap import PREFIX, TWINS, Key, Place, bindings
from tui.language import _, problem
from tui.widgets.lines import Lines, key_field, one_row, paragraphs, strip, ui_field, ui_options
from tui.widgets.status import footer_line

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from majlis.errors import MajlisError
    from tui.app import MajlisApp
    from tui.arabic.layout import Options
    from tui.widgets.entry import LineEntry

Result = TypeVar("Result")

_MARGIN = 2
_QUOTED = 24
"""Characters of what somebody typed that a line of ours repeats."""


def shortened(text: str) -> str:
    """Return what somebody typed as a line of ours repeats it: its beginning."""
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def _entry(text: str = "") -> LineEntry:
    from tui.widgets.entry import LineEntry  # noqa: PLC0415  the editor costs the start 30 ms

    return LineEntry(text)


class Dialog(ModalScreen[Result], Generic[Result], inherit_bindings=False):
    """A panel at the lower edge; what lies under it stays in sight."""

    PLACE: Place
    DEFAULT_CSS = """
    Dialog { background: transparent; align: center bottom; }
    Dialog:ansi { background: transparent; }
    Dialog #box { width: 1fr; height: auto; }
    Dialog #panel { width: 1fr; }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self.panel_title = title
        self.panel = Lines(id="panel")
        self.keys_line = Lines(id="keys")

    @property
    def majlis(self) -> MajlisApp:
        """The program."""
        app: MajlisApp = self.app  # type: ignore[assignment]  # Textual types `app` as any App
        return app

    def compose(self) -> ComposeResult:
        """Stack title and words, whatever is filled in, and keys."""
        with Vertical(id="box"):
            yield self.panel
            yield from self.filled_in()
            yield self.keys_line

    def filled_in(self) -> Iterable[LineEntry]:
        """Return what stands between words and keys."""
        return ()

    def lines(self, width: int) -> list[Strip]:
        """Return what stands between title and keys."""
        raise NotImplementedError

    def keys(self) -> list[Key]:
        """Return the keys of the lower line."""
        return self.majlis.keymap.footer(self.PLACE)

    def on_mount(self) -> None:
        """Draw."""
        self.redraw()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.redraw()

    def redraw(self) -> None:
        """Draw title, middle and keys."""
        width = self.majlis.size.width
        alert = self.majlis.alert
        above = paragraphs(alert, width - 2 * _MARGIN, style="problem") if alert else []
        inner = [*above, *self.lines(width - 2 * _MARGIN)]
        room = max(self.majlis.size.height - 3, 1)
        framed = [_framed(line, width) for line in inner[:room]]
        title = one_row([ui_field(f" {self.panel_title}")], width, extra="bar")
        self.panel.styles.height = 1 + len(framed)
        self.panel.put([title, *framed])
        self.keys_line.put([footer_line(self.keys(), width)])


def _framed(line: Strip, width: int) -> Strip:
    return Strip.join([Strip.blank(_MARGIN), line, Strip.blank(width - line.cell_length - _MARGIN)])


class AskScreen(Dialog[bool]):
    """Yes or no; no comes first, and neither Enter nor the key that asked says yes."""

    PLACE = Place.ASK
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.ASK)]

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def lines(self, width: int) -> list[Strip]:
        """Return the question."""
        return paragraphs(self._text, width)

    def action_no(self) -> None:
        """Leave it."""
        self.dismiss(result=False)

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss(result=True)


def lose_question(error: MajlisError) -> AskScreen:
    """Return the question that stands before the way out of an editor whose words could not be kept."""
    return AskScreen(_("Not kept. Leave without your words?"), problem(error))


class PickScreen(Dialog[int | None]):
    """One of a few, by its number or with the cursor."""

    PLACE = Place.PICK
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.PICK)]

    def __init__(self, title: str, options: Sequence[str]) -> None:
        super().__init__(title)
        self._options = tuple(options)
        self._cursor = 0

    def lines(self, width: int) -> list[Strip]:
        """Return the options, numbered."""
        number = len(str(len(self._options)))
        return [
            one_row(
                [
                    ui_field(">" if n == self._cursor else " ", 1),
                    key_field(str(n + 1), number),
                    ui_field(text),
                ],
                width,
                extra="cursor" if n == self._cursor else None,
            )
            for n, text in enumerate(self._options)
        ]

    def on_key(self, event: events.Key) -> None:
        """Take a number, in either script of digits."""
        char = event.character or ""
        if char.isdecimal():
            event.stop()
            event.prevent_default()
            if 1 <= int(char) <= len(self._options):
                self.dismiss(int(char) - 1)

    def _move(self, to: int) -> None:
        self._cursor = min(max(to, 0), len(self._options) - 1)
        self.redraw()

    def action_move_next(self) -> None:
        """Next option."""
        self._move(self._cursor + 1)

    def action_move_previous(self) -> None:
        """Previous option."""
        self._move(self._cursor - 1)

    def action_move_first(self) -> None:
        """First option."""
        self._move(0)

    def action_move_last(self) -> None:
        """Last option."""
        self._move(len(self._options) - 1)

    def action_accept(self) -> None:
        """Take the option under the cursor."""
        self.dismiss(self._cursor)

    def action_cancel(self) -> None:
        """Take none."""
        self.dismiss(None)


class LineScreen(Dialog[str | None]):
    """One line to fill in."""

    PLACE = Place.LINE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.LINE)]

    def __init__(self, title: str, hint: str, text: str = "") -> None:
        super().__init__(title)
        self._hint = hint
        self.entry = _entry(text)

    def filled_in(self) -> Iterable[LineEntry]:
        """Return the line."""
        return (self.entry,)

    def on_mount(self) -> None:
        """Take what is typed."""
        self.entry.focus()

    def lines(self, width: int) -> list[Strip]:
        """Return the hint."""
        return paragraphs(self._hint, width, style="quiet") if self._hint else []

    def action_accept(self) -> None:
        """Take the line."""
        self.dismiss(self.entry.text.strip())

    def action_cancel(self) -> None:
        """Leave it."""
        self.dismiss(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One paragraph to read, or a row of key and words."""

    text: str
    key: str = ""
    style: str | None = None
    link: str | None = None
    """Printable ASCII; drawn as it is, for terminals that follow links."""
    options: Options | None = None
    """How it is laid out, where it is not a text of the interface."""


class ReadScreen(Dialog[None]):
    """Something to read; as long as it likes."""

    PLACE = Place.READ
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.READ)]

    def __init__(self, title: str, parts: Sequence[Reading], leads: str = "") -> None:
        """Take what is read.

        Args:
            title: What it is.
            parts: Top down.
            leads: Catalogue id of what the key that closes it leads to, where that is not back.
        """
        super().__init__(title)
        self._parts = tuple(parts)
        self._leads = leads
        self._top = 0
        self._after_prefix = False

    def keys(self) -> list[Key]:
        """Return the keys of the lower line."""
        keys = super().keys()
        return [replace(key, label=self._leads) if self._leads and key.id == "back" else key for key in keys]

    def lines(self, width: int) -> list[Strip]:
        """Return what is in sight."""
        column = max((measure_row(part.key) for part in self._parts), default=0)
        whole = [line for part in self._parts for line in _read(part, column, width)]
        room = max(self.majlis.size.height - 3, 1)
        self._top = min(max(self._top, 0), max(len(whole) - room, 0))
        return whole[self._top : self._top + room]

    def _scroll_by(self, lines: int) -> None:
        self._top += lines
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Take `gg`."""
        prefix = {PREFIX, TWINS[PREFIX]}
        if self._after_prefix or event.key in prefix:
            event.stop()
            event.prevent_default()
            if self._after_prefix and event.key in prefix:
                self.action_move_first()
            self._after_prefix = not self._after_prefix

    def action_move_next(self) -> None:
        """One line down."""
        self._scroll_by(1)

    def action_move_previous(self) -> None:
        """One line up."""
        self._scroll_by(-1)

    def action_move_first(self) -> None:
        """To the beginning."""
        self._scroll_by(-self._top)

    def action_move_last(self) -> None:
        """To the end."""
        self._scroll_by(1 << 20)

    def action_move_half_down(self) -> None:
        """Half a page down."""
        self._scroll_by(self.majlis.size.height // 2)

    def action_move_half_up(self) -> None:
        """Half a page up."""
        self._scroll_by(-(self.majlis.size.height // 2))

    def action_move_page_down(self) -> None:
        """A page down."""
        self._scroll_by(self.majlis.size.height - 4)

    def action_move_page_up(self) -> None:
        """A page up."""
        self._scroll_by(4 - self.majlis.size.height)

    def action_back(self) -> None:
        """Close it."""
        self.dismiss(None)


def _read(part: Reading, column: int, width: int) -> list[Strip]:
    if part.link is not None:
        text = part.link
        rows = [text[n : n + width] for n in range(0, len(text), width)]
        return [strip([(row.ljust(width), frozenset({"link"}))], link=part.link) for row in rows]
    if not part.key:
        laid = paragraphs(part.text, width, style=part.style, options=part.options)
        return laid if part.text else [Strip.blank(width)]
    room = max(width - column - 2, 1)
    lines = parted(part.text, [line.end for line in wrap(part.text, room, ui_options())])
    return [
        one_row([key_field(part.key if n == 0 else "", column), ui_field(line, room, part.style)], width, gap="  ")
        for n, line in enumerate(lines)
    ]


class PaletteScreen(Dialog[str | None]):
    """A command by its name: type a part of it, in the language on the screen."""

    PLACE = Place.LINE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.LINE)]
    SHOWN = 9

    def __init__(self, title: str, keys: Sequence[Key]) -> None:
        super().__init__(title)
        self._keys = tuple(keys)
        self._cursor = 0
        self.entry = _entry()

    def filled_in(self) -> Iterable[LineEntry]:
        """Return the line."""
        return (self.entry,)

    def on_mount(self) -> None:
        """Take what is typed."""
        self.entry.focus()

    def _found(self) -> list[Key]:
        wanted = search_words(self.entry.text)
        return [
            key
            for key in self._keys
            if all(part in search_key(f"{_(key.label)} {_(key.help)} {key.id}") for part in wanted)
        ]

    def lines(self, width: int) -> list[Strip]:
        """Return the commands that fit what was typed, and room for the line."""
        found = self._found()
        self._cursor = min(self._cursor, max(len(found) - 1, 0))
        first = max(self._cursor - self.SHOWN + 1, 0)
        shown = found[first : first + self.SHOWN]
        rows = [
            one_row(
                [
                    ui_field(">" if first + n == self._cursor else " ", 1),
                    key_field(key.shown(), 6),
                    ui_field(_(key.help)),
                ],
                width,
                extra="cursor" if first + n == self._cursor else None,
            )
            for n, key in enumerate(shown)
        ]
        if not rows:
            rows = paragraphs(_("No command has that in its name."), width, style="quiet")
        return [*rows, *[Strip.blank(width)] * (self.SHOWN - len(rows))]

    def on_text_area_changed(self) -> None:
        """Look again."""
        self._cursor = 0
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        """Move among the commands; letters go into the line."""
        if event.key in {"down", "up"}:
            event.stop()
            event.prevent_default()
            self._cursor = max(self._cursor + (1 if event.key == "down" else -1), 0)
            self.redraw()

    def action_accept(self) -> None:
        """Do the command under the cursor."""
        found = self._found()
        self.dismiss(found[self._cursor].id if found else None)

    def action_cancel(self) -> None:
        """Do nothing."""
        self.dismiss(None)
