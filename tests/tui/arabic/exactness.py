"""What every laid-out text owes: its width, its code points, and nothing dangerous."""

from itertools import pairwise

from rich.cells import cell_len

from tui.arabic.layout import Line

DANGEROUS = frozenset(
    [
        *map(chr, range(0x20)),
        *map(chr, range(0x7F, 0xA0)),
        *map(chr, range(0xD800, 0xE000)),
        *"\u200b\u200c\u200e\u200f\u061c\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad",
    ]
)
"""What must never be printed: a terminal would obey it, or give it a cell of its own."""


def assert_exact(text: str, lines: tuple[Line, ...], width: int) -> None:
    """Every code point is in exactly one cell, every line is exactly as wide as asked and harmless."""
    ranges = []
    for line in lines:
        cells = sorted(line.cells, key=lambda cell: cell.start)
        assert cell_len(line.text) == line.width == width, ascii(text)
        assert sum(cell.width for cell in cells) + line.left + line.right == width, ascii(text)
        assert not cells or (cells[0].start, cells[-1].end) == (line.start, line.end), ascii(text)
        assert DANGEROUS.isdisjoint(line.text), ascii(text)
        ranges += [(cell.start, cell.end) for cell in cells]
    assert all(start < end for start, end in ranges), ascii(text)
    assert all(end == start for (_, end), (start, _) in pairwise(ranges)), ascii(text)
    assert not text or (ranges[0][0], ranges[-1][1]) == (0, len(text)), ascii(text)
