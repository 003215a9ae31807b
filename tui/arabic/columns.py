"""Compose rows of the screen, dialogs and printed tables out of fields that cannot disturb each other.

Each field is laid out in its own columns with its own direction, so an Arabic name beside an English subject moves
nothing but itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tui.arabic.layout import Line, Options, measure, measure_row, row, segments

Segments = list[tuple[str, frozenset[str]]]
"""Visual runs, left to right, with the names of their styles."""

_PLAIN: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of one row."""

    text: str
    """Logical order, anything."""
    width: int | None = None
    """Columns; `None` takes an equal share of what the others leave."""
    align: Literal["auto", "left", "right"] = "auto"
    """Side of the text; `auto`: the side where its own direction begins."""
    style: str | None = None
    """Name of a style for the whole field, padding included."""
    spans: tuple[tuple[int, int, str], ...] = ()
    """Logical ranges with names of styles."""
    options: Options = field(default_factory=Options)
    """How to lay it out."""


def line(text: str, width: int | None = None, options: Options | None = None) -> str:
    """Return a text as one printable row: as wide as it is, or of exactly `width` columns."""
    chosen = options or Options()
    return row(text, measure_row(text, chosen) if width is None else width, chosen).text


def compose(fields: Sequence[Field], width: int, *, gap: str = " ", from_right: bool = False) -> str:
    """Return one row of exactly `width` columns; see `styled`."""
    return "".join(text for text, _ in styled(fields, width, gap=gap, from_right=from_right))


def styled(fields: Sequence[Field], width: int, *, gap: str = " ", from_right: bool = False) -> Segments:
    """Lay fields side by side in exactly `width` columns.

    Fixed fields get their width while there is room, in the order given; the others share what is left.

    Args:
        fields: In reading order of the row.
        width: Columns of the whole row.
        gap: What stands between two fields: printable, one column per character.
        from_right: The first field stands at the right edge, as in an Arabic table.
    """
    pieces: Segments = []
    widths = _widths(fields, width, len(gap))
    for n, (column, columns) in enumerate(zip(fields, widths, strict=True)):
        laid = _segments(column, columns)
        separator: Segments = [(gap, _PLAIN)] if n and columns else []
        pieces = [*laid, *separator, *pieces] if from_right else [*pieces, *separator, *laid]
    used = sum(widths) + len(gap) * sum(1 for n, columns in enumerate(widths) if n and columns)
    rest: Segments = [(" " * (width - used), _PLAIN)] if used < width else []
    return [*rest, *pieces] if from_right else [*pieces, *rest]


def _segments(column: Field, width: int) -> Segments:
    laid: Line = row(column.text, width, column.options)
    if column.align != "auto":
        laid = laid.aligned(column.align)
    runs = segments(laid, column.spans)
    if column.style is None:
        return runs
    return [(text, names | {column.style}) for text, names in runs]


def _widths(fields: Sequence[Field], width: int, gap: int) -> list[int]:
    """Share the columns of a row; a field without room gets 0 and loses its gap."""
    shares = sum(1 for column in fields if column.width is None)
    fixed = sum(column.width for column in fields if column.width is not None)
    spare = max(width - gap * (len(fields) - 1) - fixed, 0)
    widths: list[int] = []
    left = width
    for n, column in enumerate(fields):
        if column.width is None:
            wanted = spare // shares
            spare -= wanted
            shares -= 1
        else:
            wanted = column.width
        room = left - (gap if n else 0)
        given = max(min(wanted, room), 0)
        widths.append(given)
        if given:
            left = room - given
    return widths


def table(
    rows: Sequence[Sequence[str]], width: int | None = None, *, gap: str = "  ", from_right: bool = False
) -> list[str]:
    """Print rows as aligned columns.

    Args:
        rows: All of the same length; a header is a row like the others.
        width: Columns available; wider tables shrink their widest column. `None`: as wide as they are.
        gap: What stands between two columns.
        from_right: The first column stands at the right, as in an Arabic table.
    """
    if not rows:
        return []
    widths = [max(measure_row(text) for text in column) for column in zip(*rows, strict=True)]
    natural = sum(widths) + len(gap) * (len(widths) - 1)
    while width is not None and natural > width and max(widths) > 1:
        widest = widths.index(max(widths))
        second = max([1, *(other for other in widths if other < widths[widest])])
        shrink = min(natural - width, max(widths[widest] - second, 1))
        widths[widest] -= shrink
        natural -= shrink
    return [
        compose(
            [Field(text=text, width=columns) for text, columns in zip(cells, widths, strict=True)],
            natural,
            gap=gap,
            from_right=from_right,
        )
        for cells in rows
    ]


__all__ = ["Field", "Segments", "compose", "line", "measure", "measure_row", "styled", "table"]
