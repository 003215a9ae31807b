"""What an editor must know of the rows on its screen: where each character is drawn, and what a column stands for.

A row is one line of the layout in a field that is one column wider, so that the caret has a place after the last
character: left of a right-to-left row, right of a left-to-right one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tui.arabic.cells import Cell
from tui.arabic.layout import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of one paragraph; indices are code points of the paragraph, columns those of the field."""

    line: Line
    field: int
    """Columns of the field."""
    is_last: bool
    """The caret may stand after its last character."""

    @property
    def used(self) -> int:
        """Columns of its cells."""
        return self.line.width - self.line.left - self.line.right

    @property
    def left(self) -> int:
        """Blank columns before the cells."""
        return self.field - self.used if self.line.base else 0

    @property
    def slot(self) -> int:
        """Column of the caret after the last character; a full row of another width than its own stays inside."""
        return max(self.left - 1, 0) if self.line.base else min(self.used, max(self.field - 1, 0))

    def placed(self) -> Iterator[tuple[int, Cell]]:
        """Yield the cells from left to right with their columns."""
        column = self.left
        for cell in self.line.cells:
            yield column, cell
            column += cell.width

    def column_of(self, index: int) -> int:
        """Return the column of the character at an index; the slot for what has no cell of its own."""
        return next(
            (column for column, cell in self.placed() if cell.width and cell.start <= index < cell.end), self.slot
        )

    def index_at(self, column: int) -> int:
        """Return the index of the character at a column; beyond the text, that of the nearer end of reading."""
        for at, cell in self.placed():
            if at <= column < at + cell.width:
                return cell.start
        is_after = column < self.left if self.line.base else column >= self.left + self.used
        return self.end if is_after else self.line.start

    @property
    def end(self) -> int:
        """The last place of the caret: after the text, or before its last character where the next row goes on."""
        if self.is_last or not self.line.cells:
            return self.line.end
        return max(cell.start for cell in self.line.cells)

    def stops(self) -> list[tuple[int, int]]:
        """Return where the caret may stand, as (column, index), from left to right."""
        places = [(column, cell.start) for column, cell in self.placed() if cell.width]
        if not self.is_last:
            return places
        return [(self.slot, self.end), *places] if self.line.base else [*places, (self.slot, self.end)]
