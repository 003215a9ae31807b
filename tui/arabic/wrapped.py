"""The paragraphs of an editor, wrapped by the cells that are drawn, and the ways of a caret through them.

Textual's own two classes measure unshaped text from the left; these replace every method that does.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from textual.document._document import DocumentBase, Location
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset, clamp

from tui.arabic.layout import Line, Options, cut, measure, wrap
from tui.arabic.rows import Row

Direction = Literal["auto", "ltr", "rtl"]
"""Of a paragraph: chosen, or left to its text."""


class BidiDocument(WrappedDocument):
    """Wraps the paragraphs of a document by the cells that are drawn."""

    def __init__(self, document: DocumentBase, options: Options) -> None:
        self._options = options
        self._directions: list[Direction] = []
        self._rows: list[tuple[Row, ...]] = []
        self.viewport = 0
        """Columns there are on the screen; rows are never narrower."""
        super().__init__(document)

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap all paragraphs; those that have not changed come from the layout's cache.

        Args:
            width: Columns of the text, one less than those of the field; 0 does not wrap.
            tab_width: Not used; tabs have the width that the layout gives them.
        """
        self._width = width
        if tab_width:
            self._tab_width = tab_width
        lines = self.document.lines
        unchosen: list[Direction] = ["auto"] * len(lines)
        self._directions = (self._directions + unchosen)[: len(lines)]
        if width:
            field = width + 1
            laid = [wrap(text, width, self._options_of(n)) for n, text in enumerate(lines)]
        else:
            natural = [measure(text, self._options_of(n)) for n, text in enumerate(lines)]
            field = max(self.viewport, max(natural, default=0) + 1)
            laid = [(cut(text, 0, len(text), None, self._options_of(n)),) for n, text in enumerate(lines)]
        self._rows = [self._in_field(found, field) for found in laid]
        self.field = field
        """Columns of every row."""
        self._wrap_offsets = [[row.line.start for row in rows[1:]] for rows in self._rows]
        self._offset_to_line_info = [(n, section) for n, rows in enumerate(self._rows) for section in range(len(rows))]
        self._line_index_to_offsets = [[] for _ in self._rows]
        for y, (n, _) in enumerate(self._offset_to_line_info):
            self._line_index_to_offsets[n].append(y)
        self._tab_width_cache = [[] for _ in self._rows]

    def _in_field(self, lines: Sequence[Line], field: int) -> tuple[Row, ...]:
        last = len(lines) - 1
        return tuple(Row(line=line, field=field, is_last=n == last) for n, line in enumerate(lines))

    def _options_of(self, line_index: int) -> Options:
        direction = self._directions[line_index]
        return self._options if direction == "auto" else replace(self._options, base=direction)

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap after an edit; chosen directions stay with their paragraphs."""
        top, old_bottom = sorted((start[0], old_end[0]))
        new_bottom = max(start[0], new_end[0])
        chosen: Direction = self._directions[top] if top < len(self._directions) else "auto"
        self._directions[top : old_bottom + 1] = [chosen for _ in range(new_bottom - top + 1)]
        self.wrap(self._width)

    def rows_of(self, line_index: int) -> tuple[Row, ...]:
        """Return the rows of a paragraph."""
        return self._rows[line_index]

    def row_at(self, y: int) -> Row:
        """Return the row at a vertical offset."""
        line_index, section = self._offset_to_line_info[y]
        return self._rows[line_index][section]

    def index_of(self, location: Location) -> int:
        """Return the index in the whole text of a location."""
        newline = len(self.document.newline)
        return sum(len(line) + newline for line in self.document.lines[: location[0]]) + location[1]

    def place(self, location: Location) -> tuple[int, int]:
        """Return the paragraph and the number of the row in it that hold a location."""
        line_index = clamp(location[0], 0, len(self._rows) - 1)
        return line_index, bisect_right(self._wrap_offsets[line_index], location[1])

    def direction(self, line_index: int) -> Literal["ltr", "rtl"]:
        """Return the direction in which a paragraph is drawn."""
        return "rtl" if self._rows[line_index][0].line.base else "ltr"

    def choose(self, line_index: int, direction: Direction) -> None:
        """Fix the direction of a paragraph, or leave it to its text."""
        self._directions[line_index] = direction
        self.wrap(self._width)

    def get_sections(self, line_index: int) -> list[str]:
        """Return the text of each row of a paragraph, in logical order."""
        text = self.document[line_index]
        return [text[row.line.start : row.line.end] for row in self._rows[line_index]]

    def location_to_offset(self, location: Location) -> Offset:
        """Return where the caret stands."""
        line_index, section = self.place(location)
        column = self._rows[line_index][section].column_of(location[1])
        return Offset(column, self._line_index_to_offsets[line_index][section])

    def offset_to_location(self, offset: Offset) -> Location:
        """Return what is drawn at an offset; below the text, in its last row."""
        y = clamp(offset.y, 0, len(self._offset_to_line_info) - 1)
        line_index, section = self._offset_to_line_info[y]
        return line_index, self.get_target_document_column(line_index, max(offset.x, 0), section)

    def get_target_document_column(self, line_index: int, x_offset: int, y_offset: int) -> int:
        """Return the index of what is drawn at a column of one row of a paragraph."""
        return self._rows[line_index][y_offset].index_at(x_offset)


class BidiNavigator(DocumentNavigator):
    """Moves the caret between rows by the columns that are drawn."""

    def __init__(self, wrapped: BidiDocument) -> None:
        super().__init__(wrapped)
        self._bidi = wrapped

    def get_location_above(self, location: Location) -> Location:
        """Return the place in the row above; the start of the text from its first row."""
        y = self._bidi.location_to_offset(location).y
        return (0, 0) if y == 0 else self._bidi.offset_to_location(Offset(self.last_x_offset, y - 1))

    def get_location_below(self, location: Location) -> Location:
        """Return the place in the row below; the end of the text from its last row."""
        y = self._bidi.location_to_offset(location).y
        if y == self._bidi.height - 1:
            return self._bidi.document.end
        return self._bidi.offset_to_location(Offset(self.last_x_offset, y + 1))

    def get_location_end(self, location: Location) -> Location:
        """Return the last place of the caret in its row."""
        line_index, section = self._bidi.place(location)
        return line_index, self._bidi.rows_of(line_index)[section].end

    def visual_neighbour(self, location: Location, step: Literal[-1, 1]) -> Location:
        """Return the next place to the left (-1) or right (1) of the caret.

        From the edge of a row it goes on in the next or previous one, as reading does, and enters it from the other
        edge. It does not leave a paragraph for one of the other direction: the same arrow would lead back from there.
        """
        line_index, section = self._bidi.place(location)
        rows = self._bidi.rows_of(line_index)
        row = rows[section]
        column = row.column_of(location[1])
        beyond = [stop for stop in row.stops() if (stop[0] - column) * step > 0]
        if beyond:
            return line_index, min(beyond, key=lambda stop: abs(stop[0] - column))[1]
        is_forward = (step < 0) == bool(row.line.base)
        y = self._bidi.location_to_offset(location).y + (1 if is_forward else -1)
        if not 0 <= y < self._bidi.height:
            return location
        there = self._bidi.row_at(y)
        other_line = line_index if 0 <= section + (1 if is_forward else -1) < len(rows) else None
        if other_line is None and there.line.base != row.line.base:
            return location
        target_line = self._bidi.offset_to_location(Offset(0, y))[0]
        stops = there.stops()
        if not stops:
            return target_line, there.line.start
        return target_line, (stops[-1] if step < 0 else stops[0])[1]
