"""Send the terminal only the cells that changed.

Textual sends whole widget lines from their left end; in an Arabic interface the cursor's mark is at the right, so a
step of the cursor would carry two whole lines. A shadow copy of the screen lies between what Textual composes and what
the driver writes. It stands on Textual's insides (`_compositor`), which is why Textual is pinned and a test compares
the screens of both ways, cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import get_character_cell_size
from rich.control import Control
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.style import Style
    from textual.geometry import Region

    Column = tuple[str, Style | None]

GAP: Final = 8
"""Columns that are sent again rather than jumped over; a jump and its styles cost about as many bytes."""

Piece = tuple[int, int, Strip]
"""Column, line, and what stands there."""


class Pieces(CompositorUpdate):
    """Strips at places."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for x, y, strip in self.pieces:
            yield Control.move_to(x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        """Return the sequences for the terminal."""
        return "".join(Control.move_to(x, y).segment.text + strip.render(console) for x, y, strip in self.pieces)


class Shadow:
    """What the terminal shows, as far as it went through here."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, Column]] = {}
        self._region: Region | None = None
        """The screen that is known; None after a resize or a suspend, when nobody knows what the terminal shows."""

    def forget(self) -> None:
        """Know nothing of the terminal any more, as after a suspend."""
        self._lines = {}
        self._region = None

    def tighten(self, update: object) -> object:
        """Return an update that sends what differs from the terminal's screen, and remember it.

        What is no update of cells is passed on, and nothing is known of the screen after it.
        """
        if isinstance(update, LayoutUpdate):
            return self._whole(update)
        if isinstance(update, ChopsUpdate):
            return Pieces([changed for piece in _pieces(update) for changed in self._changed(*piece)])
        if update is not None:
            self.forget()
        return update

    def _whole(self, update: LayoutUpdate) -> CompositorUpdate:
        """Return a whole screen as it is after a resize or a suspend, else what differs in it."""
        pieces = [(update.region.x, y, Strip.join(line)) for y, line in enumerate(update.strips, update.region.y)]
        if self._region == update.region:
            return Pieces([changed for piece in pieces for changed in self._changed(*piece)])
        self._lines = {}
        self._region = update.region
        for piece in pieces:
            self._remember(*piece)
        return Pieces(pieces)

    def _remember(self, x: int, y: int, strip: Strip) -> None:
        columns = _columns(strip)
        line = self._lines.setdefault(y, {})
        if columns is None:
            line.clear()
        else:
            line.update(enumerate(columns, x))

    def _changed(self, x: int, y: int, strip: Strip) -> Iterator[Piece]:
        """Yield the runs of a strip that differ from the line, and remember the strip."""
        before = dict(self._lines.get(y, {}))
        self._remember(x, y, strip)
        columns = _columns(strip)
        if columns is None:
            yield x, y, strip
            return
        start: int | None = None
        end = 0
        for at, column in enumerate(columns):
            if before.get(x + at) == column:
                continue
            if start is not None and at - end >= GAP:
                yield _run(columns, start, end, x, y)
                start = None
            start = at if start is None else start
            end = at + 1
        if start is not None:
            yield _run(columns, start, end, x, y)


def _pieces(update: ChopsUpdate) -> Iterator[Piece]:
    """Yield what an update draws, as Textual's own rendering chooses it."""
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= x2 and end > x1:
                yield x, y, strip if x >= x1 and end <= x2 else strip.crop(0, min(end, x2) - x)


def _run(columns: Sequence[Column], start: int, end: int, x: int, y: int) -> Piece:
    segments: list[Segment] = []
    text, style = "", columns[start][1]
    for shown, look in columns[start:end]:
        if look != style:
            segments.append(Segment(text, style))
            text, style = "", look
        text += shown
    segments.append(Segment(text, style))
    return x + start, y, Strip(segments)


def _columns(strip: Strip) -> list[Column] | None:
    """Return a strip column by column, the second one of a wide character empty; None where widths are not plain."""
    columns: list[Column] = []
    for segment in strip:
        if segment.control:
            return None
        clusters = _clusters(segment.text)
        if len(clusters) != segment.cell_length:
            return None
        columns += [(shown, segment.style) for shown in clusters]
    return columns


@lru_cache(maxsize=4096)
def _clusters(text: str) -> tuple[str, ...]:
    if text.isascii():
        return tuple(text)
    clusters: list[str] = []
    for char in text:
        width = get_character_cell_size(char)
        if width == 0 and clusters:
            base = -1 if clusters[-1] else -2
            clusters[base] += char
        elif width:
            clusters += [char, *[""] * (width - 1)]
    return tuple(clusters)
