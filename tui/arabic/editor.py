"""An editor for Arabic and mixed text: everything is stored in logical order, only drawing and pointing are visual.

Textual's `TextArea` keeps the buffer, the history and the selection. What it derives from widths of unshaped text is
replaced here: wrapping, the place of the caret, the mouse, moving by arrows, drawing. It stands on private names of
Textual, which is pinned; the tests of this module are the contract.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.document._document import Document, EditResult, Location, Selection
from textual.document._edit import Edit
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from tui.arabic.cells import Cell
from tui.arabic.glyphs import GLYPHS, Role
from tui.arabic.layout import Options, graphemes, wrap
from tui.arabic.rows import Row
from tui.arabic.wrapped import BidiDocument, BidiNavigator

Finding = tuple[int, int, str]
"""A half-open span of code points of the whole text, and the name of its severity."""

_INVISIBLE_KEYS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Joiners and direction marks: no printable characters, but keys of Persian and Arabic keyboards."""

_PASTED_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What nobody types: control codes, embeddings, overrides and isolates. A paste loses them."""

_WORD = r"\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200c\u200d"
_WORD_EDGE = re.compile(rf"(?<=[^{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?=[^{_WORD}])")
_REST_OF_WORD = re.compile(rf"\s*[{_WORD}]+")
_PLAIN = Style()


class BidiTextArea(TextArea):
    """A text area for Arabic and mixed text."""

    DEFAULT_CSS = """
    BidiTextArea {
        & .editor--finding, & .editor--remind { text-style: underline; }
        & .editor--warn { text-style: underline; color: $text-warning; }
        & .editor--block { text-style: bold underline; color: $text-error; }
        & .editor--token { text-style: reverse; color: $text-warning; }
    }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "editor--finding",
        "editor--remind",
        "editor--warn",
        "editor--block",
        "editor--token",
    }
    """Findings by severity, `editor--finding` for any other name; signs in place of dangerous characters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "toggle_direction", "Direction of the paragraph", show=False, id="direction")
    ]

    @dataclass
    class DirectionChanged(Message):
        """The caret is in a paragraph of another direction than before, or its direction has changed."""

        editor: "BidiTextArea"
        """Who says so."""
        direction: Literal["ltr", "rtl"]
        """The direction now."""

        @property
        def control(self) -> "BidiTextArea":
            """Who says so."""
            return self.editor

    def __init__(
        self,
        text: str = "",
        *,
        options: Options | None = None,
        placeholder: str = "",
        soft_wrap: bool = True,
        read_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002  (Textual's name)
        classes: str | None = None,
        disabled: bool = False,
        compact: bool = False,
        highlight_cursor_line: bool = False,
    ) -> None:
        """Make an editor.

        Args:
            text: To begin with, in logical order.
            options: How to lay it out; those of the thread by default, so that a text has one direction everywhere.
            placeholder: Shown while there is no text.
            soft_wrap: Whether long paragraphs are broken into rows.
            read_only: Whether it cannot be changed by keys.
            name: Of the widget.
            id: Of the widget.
            classes: Of the widget.
            disabled: Whether it takes no keys at all.
            compact: Without a border.
            highlight_cursor_line: Whether the paragraph of the caret is lit.
        """
        self._options = options or Options()
        self._findings: tuple[Finding, ...] = ()
        self._told_direction: str | None = None
        self._styles: dict[str, Style] = {}
        self._drawn: dict[int, tuple[_Drawn, Strip]] = {}
        super().__init__(
            text,
            soft_wrap=soft_wrap,
            read_only=read_only,
            name=name,
            id=id,
            classes=classes,
            disabled=disabled,
            compact=compact,
            highlight_cursor_line=highlight_cursor_line,
            placeholder=placeholder,
        )
        self._word_pattern = _WORD_EDGE

    # What is known of the text

    @property
    def bidi(self) -> BidiDocument:
        """The wrapped document."""
        assert isinstance(self.wrapped_document, BidiDocument)  # noqa: S101  (set by `_set_document`)
        return self.wrapped_document

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The direction of the paragraph with the caret."""
        return self.bidi.direction(self.bidi.place(self.cursor_location)[0])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is underlined."""
        return self._findings

    def set_findings(self, spans: Sequence[Finding]) -> None:
        """Underline spans of the text in place.

        Args:
            spans: Half-open, code points of `text`; the name is a severity: `block`, `warn`, `remind` or another.
        """
        if self._findings != tuple(spans):
            self._findings = tuple(spans)
            self._line_cache.clear()
            self.refresh()

    def lay_out_again(self) -> None:
        """Draw the same text anew: the terminal gets another order of its cells."""
        self.bidi.wrap(self.wrap_width)
        self._drawn.clear()
        self._after_layout()
        self.refresh()

    def action_toggle_direction(self) -> None:
        """Turn the paragraph of the caret round; the text is not changed."""
        line_index, _ = self.bidi.place(self.cursor_location)
        self.bidi.choose(line_index, "ltr" if self.direction == "rtl" else "rtl")
        self._after_layout()

    def _after_layout(self) -> None:
        self._line_cache.clear()
        self._refresh_size()
        self.record_cursor_width()
        self.scroll_cursor_visible()
        self.app.cursor_position = self.cursor_screen_offset
        self._tell_direction()
        self.refresh()

    def _tell_direction(self) -> None:
        if self._told_direction != self.direction:
            self._told_direction = self.direction
            self.post_message(self.DirectionChanged(self, self.direction))

    # What Textual makes by itself

    def _set_document(self, text: str, language: str | None) -> None:  # noqa: ARG002  (no program's language)
        self.document = Document(text)
        self.wrapped_document = BidiDocument(self.document, self._options)
        self.navigator = BidiNavigator(self.wrapped_document)
        self._findings = ()
        self._build_highlight_map()
        self._rewrap_and_refresh_virtual_size()
        self.move_cursor((0, 0))

    def _rewrap_and_refresh_virtual_size(self) -> None:
        self.bidi.viewport = self.scrollable_content_region.width
        super()._rewrap_and_refresh_virtual_size()
        self.record_cursor_width()
        self._cursor_offset = self.bidi.location_to_offset(self.cursor_location)

    def _refresh_size(self) -> None:
        if self.soft_wrap:
            super()._refresh_size()
        else:
            self.virtual_size = Size(self.bidi.field, self.bidi.height)
            self._refresh_scrollbars()

    def watch_show_vertical_scrollbar(self) -> None:
        """Wrap again when the scroll bar takes a column, or gives it back."""
        self.call_after_refresh(self._rewrap_and_refresh_virtual_size)

    def edit(self, edit: Edit) -> EditResult:
        """Do an edit; findings after it move along, those that it touches are gone until they are found again."""
        start = self.bidi.index_of(edit.top)
        old_end = self.bidi.index_of(edit.bottom)
        length = len(self.text)
        result = super().edit(edit)
        shift = len(self.text) - length
        self._findings = tuple(
            finding if finding[1] <= start else (finding[0] + shift, finding[1] + shift, finding[2])
            for finding in self._findings
            if finding[1] <= start or finding[0] >= old_end
        )
        self._tell_direction()
        return result

    def _watch_selection(self, previous_selection: Selection, selection: Selection) -> None:
        super()._watch_selection(previous_selection, selection)
        if self.is_mounted:
            self._tell_direction()

    # Moving

    def action_cursor_left(self, select: bool = False) -> None:
        """Move the caret to the left on the screen."""
        self._move_visually(-1, select=select)

    def action_cursor_right(self, select: bool = False) -> None:
        """Move the caret to the right on the screen."""
        self._move_visually(1, select=select)

    def _move_visually(self, step: Literal[-1, 1], *, select: bool) -> None:
        if not self._has_cursor:
            (self.scroll_left if step < 0 else self.scroll_right)()
        elif select or self.selection.is_empty:
            assert isinstance(self.navigator, BidiNavigator)  # noqa: S101  (set by `_set_document`)
            self.move_cursor(self.navigator.visual_neighbour(self.cursor_location, step), select=select)
        else:
            ends = sorted(self.selection)
            self.move_cursor(ends[1] if (step < 0) == (self.direction == "rtl") else ends[0])

    def action_cursor_word_left(self, select: bool = False) -> None:
        """Move by a word towards the left of the paragraph: forward in a right-to-left one."""
        self._move_by_word(is_forward=self.direction == "rtl", select=select)

    def action_cursor_word_right(self, select: bool = False) -> None:
        """Move by a word towards the right of the paragraph: back in a right-to-left one."""
        self._move_by_word(is_forward=self.direction == "ltr", select=select)

    def _move_by_word(self, *, is_forward: bool, select: bool) -> None:
        if self.show_cursor:
            target = self.get_cursor_word_right_location() if is_forward else self.get_cursor_word_left_location()
            self.move_cursor(target, select=select)

    def get_cursor_word_left_location(self) -> Location:
        """Return the start of the word before the caret."""
        return (0, 0) if self.cursor_at_start_of_text else super().get_cursor_word_left_location()

    async def _on_click(self, event: events.Click) -> None:
        """Select the word at a double click."""
        if event.chain == 2:  # noqa: PLR2004  (double)
            line_index, column = self.cursor_location
            text = self.document[line_index]
            edges = [0, *(edge.start() for edge in _WORD_EDGE.finditer(text)), len(text)]
            start = max(edge for edge in edges if edge <= column)
            end = min((edge for edge in edges if edge > column), default=len(text))
            self.selection = Selection((line_index, start), (line_index, end))

    # Typing and deleting

    async def _on_key(self, event: events.Key) -> None:
        if event.character in _INVISIBLE_KEYS and not self.read_only:
            event.stop()
            event.prevent_default()
            self._restart_blink()
            self._replace_via_keyboard(event.character or "", *self.selection)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if not self.read_only and (result := self._replace_via_keyboard(self._pasted(event.text), *self.selection)):
            self.move_cursor(result.end_location)
            self.focus()

    def _pasted(self, text: str) -> str:
        """Return what is kept of a pasted text."""
        return _PASTED_CONTROLS.sub("", text)

    def get_cursor_left_location(self) -> Location:
        """Return how far Backspace deletes: one code point, so that a wrong mark can be replaced; an emoji whole."""
        line_index, column = self.cursor_location
        if column == 0:
            return super().get_cursor_left_location()
        text = self.document[line_index]
        start = next(start for start, end in graphemes(text) if start < column <= end)
        roles = {GLYPHS[ch].role for ch in text[start:column]}
        return line_index, start if roles & {Role.EMOJI, Role.REGIONAL, Role.EXTENDER} else column - 1

    def get_cursor_right_location(self) -> Location:
        """Return how far Delete deletes: a letter with its marks, an emoji whole."""
        line_index, column = self.cursor_location
        text = self.document[line_index]
        if column >= len(text):
            return super().get_cursor_right_location()
        return line_index, next(end for start, end in graphemes(text) if start <= column < end)

    def action_delete_word_right(self) -> None:
        """Delete to the end of the word after the caret, marks included."""
        if self.cursor_at_end_of_text:
            return
        start, end = self.selection
        if start == end:
            line_index, column = end
            text = self.document[line_index]
            match = _REST_OF_WORD.match(text, column)
            if match is not None:
                start = (line_index, match.end())
            else:
                start = self.get_cursor_right_location() if column == len(text) else (line_index, len(text))
        self._delete_via_keyboard(end, start)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one row; Textual asks for it."""
        if not self.text and self.placeholder:
            return self._placeholder_line(y)
        return super().render_line(y)

    def _placeholder_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        told = self.placeholder.plain if isinstance(self.placeholder, Content) else self.placeholder
        rows = wrap(told, max(width, 1), self._options)
        if y >= len(rows):
            return Strip.blank(width, self.rich_style)
        style = self.rich_style + self.get_component_rich_style("text-area--placeholder")
        strip = Strip([Segment(rows[y].text, style)])
        if y or not self._draw_cursor or not self._theme.cursor_style:
            return strip
        column = self.bidi.row_at(0).slot
        before, under, after = strip.divide([column, column + 1, width])
        return Strip.join([before, under.apply_style(self._theme.cursor_style), after])

    def _render_line(self, y: int) -> Strip:
        theme = self._theme
        base_style = theme.base_style if theme.base_style is not None else self.rich_style
        viewport = self.scrollable_content_region.width
        scroll_x, scroll_y = self.scroll_offset
        if y + scroll_y >= self.bidi.height:
            return Strip.blank(viewport, base_style)
        line_index, _ = self.bidi._offset_to_line_info[y + scroll_y]  # noqa: SLF001  (Textual's own table)
        row = self.bidi.row_at(y + scroll_y)
        drawn = _Drawn(row, self._look(line_index, row), scroll_x, viewport, base_style)
        # A key changes one row or two of those that Textual asks for.
        if (known := self._drawn.get(y)) is not None and known[0] == drawn:
            return known[1]
        strip = Strip(self._segments(row, drawn.look)).crop(scroll_x, scroll_x + viewport)
        strip = strip.adjust_cell_length(viewport).apply_style(base_style)
        self._drawn[y] = (drawn, strip)
        return strip

    def _segments(self, row: Row, look: "_Look") -> list[Segment]:
        """Return the runs of one row, from the left edge of the field to the right one."""
        pieces: list[tuple[str, Style]] = [(" " * row.left, look.plain)]
        pieces += [(cell.text, look.of(cell)) for cell in row.line.cells]
        pieces.append((" " * (row.field - row.left - row.used), look.plain))
        segments = _merged(pieces)
        if look.caret is None or (row.used and row.column_of(look.caret) != row.slot):
            return segments
        before, under, after = Strip(segments).divide([row.slot, row.slot + 1, row.field])
        return [*before, *under.apply_style(look.caret_style), *after]

    def _look(self, line_index: int, row: Row) -> "_Look":
        theme = self._theme
        cursor_line, cursor_column = self.cursor_location
        has_caret = cursor_line == line_index and self._has_cursor and self._holds(row, cursor_column)
        line_style = None
        if self._has_cursor and self.highlight_cursor_line and cursor_line == line_index:
            line_style = theme.cursor_line_style
        draws_caret = has_caret and self._draw_cursor and theme.cursor_style is not None
        return _Look(
            plain=line_style or _PLAIN,
            selected=self._selected(line_index),
            selection_style=theme.selection_style or _PLAIN,
            caret=cursor_column if draws_caret else None,
            caret_style=theme.cursor_style or _PLAIN,
            second_caret=self._second_caret(line_index, row, cursor_column) if draws_caret else None,
            findings=self._findings_of(line_index),
            styles=self._finding_styles(),
        )

    def _finding_styles(self) -> Mapping[str, Style]:
        if not self._styles:
            self._styles = {name: self.get_component_rich_style(name) for name in BidiTextArea.COMPONENT_CLASSES}
        return self._styles

    def notify_style_update(self) -> None:
        """Forget what was drawn in the old styles."""
        self._styles = {}
        self._drawn.clear()
        super().notify_style_update()

    def _holds(self, row: Row, column: int) -> bool:
        return row.line.start <= column < row.line.end or (row.is_last and column >= row.line.end)

    def _selected(self, line_index: int) -> tuple[int, int]:
        """Return the selected range of a paragraph; empty where there is none."""
        top, bottom = sorted(self.selection)
        if top == bottom or not top[0] <= line_index <= bottom[0]:
            return 0, 0
        start = top[1] if line_index == top[0] else 0
        return start, bottom[1] if line_index == bottom[0] else len(self.document[line_index])

    def _second_caret(self, line_index: int, row: Row, column: int) -> int | None:
        """Return the character before the caret where the next one is drawn elsewhere, at a change of direction."""
        text = self.document[line_index]
        if not 0 < column <= len(text):
            return None
        levels = {i: cell.level for cell in row.line.cells for i in (cell.start, cell.end - 1)}
        before = next((cell for cell in row.line.cells if cell.start < column <= cell.end), None)
        after = levels.get(column, row.line.base)
        return column - 1 if before is not None and (before.level ^ after) & 1 else None

    def _findings_of(self, line_index: int) -> list[Finding]:
        if not self._findings:
            return []
        offset = self.bidi.index_of((line_index, 0))
        length = len(self.document[line_index])
        return [
            (start - offset, end - offset, name)
            for start, end, name in self._findings
            if start < offset + length and end > offset
        ]


class _Drawn(NamedTuple):
    """All that a drawn row depends on."""

    row: Row
    look: "_Look"
    scroll_x: int
    viewport: int
    base_style: Style


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How the cells of one row are styled."""

    plain: Style
    selected: tuple[int, int]
    selection_style: Style
    caret: int | None
    caret_style: Style
    second_caret: int | None
    findings: Sequence[Finding]
    styles: Mapping[str, Style]

    def of(self, cell: Cell) -> Style:
        """Return the style of a cell."""
        style = self.plain
        for start, end, name in self.findings:
            if start < cell.end and cell.start < end:
                style += self.styles.get(f"editor--{name}", self.styles["editor--finding"])
        if cell.kind == "token":
            style += self.styles["editor--token"]
        if self.selected[0] < cell.end and cell.start < self.selected[1]:
            style += self.selection_style
        if self.second_caret is not None and cell.start <= self.second_caret < cell.end:
            style += Style(underline=True)
        if self.caret is not None and cell.width and cell.start <= self.caret < cell.end:
            style += self.caret_style
        return style


def _merged(pieces: Sequence[tuple[str, Style]]) -> list[Segment]:
    """Join neighbours of one style; the work of drawing grows with the number of runs."""
    segments: list[Segment] = []
    texts: list[str] = []
    style = _PLAIN
    for text, own in pieces:
        if not text:
            continue
        if own is not style and own != style and texts:
            segments.append(Segment("".join(texts), style))
            texts = []
        style = own
        texts.append(text)
    if texts:
        segments.append(Segment("".join(texts), style))
    return segments
