"""Lines of cells on the screen: everything drawn goes through `tui.arabic`, and only what changed is drawn again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui import themes
from tui.arabic.columns import Field, Segments, styled
from tui.arabic.layout import Options, segments, wrap
from tui.language import from_right

if TYPE_CHECKING:
    from rich.style import Style

Spans = Iterable[tuple[int, int, str]]
"""Half-open logical ranges with the name of a style each."""


def strip(runs: Segments, *, extra: str | None = None, link: str | None = None) -> Strip:
    """Return laid out runs as a strip.

    Args:
        runs: Left to right, with names of styles.
        extra: Another style's name for all of it.
        link: Address for terminals that know OSC 8; it must be printable ASCII.
    """
    made = []
    width = 0
    for text, names in runs:
        look = themes.style(names | {extra} if extra else names)
        made.append(Segment(text, _linked(look, link)))
        width += Segment(text).cell_length
    return Strip(made, width)


def _linked(look: Style | None, link: str | None) -> Style | None:
    if link is None:
        return look
    from rich.style import Style  # noqa: PLC0415  only the permalink needs it

    return (look or Style()) + Style(link=link)


def ui_options() -> Options:
    """Return how texts of the interface itself are laid out: its own direction decides, not a name in it."""
    return Options(base="rtl" if from_right() else "ltr")


def paragraphs(
    text: str,
    width: int,
    *,
    style: str | None = None,
    spans: Spans = (),
    ui: bool = True,
    options: Options | None = None,
) -> list[Strip]:
    """Wrap a text into strips of exactly `width` columns.

    Args:
        text: Logical order, anything.
        width: Columns.
        style: Name for all of it.
        spans: Names for parts of it.
        ui: It is a text of the interface; off: a text of a person, whose own direction counts.
        options: How to lay it out, in place of either.
    """
    marks = tuple(spans)
    lines = wrap(text, width, options or (ui_options() if ui else Options()))
    return [strip(segments(line, marks), extra=style) for line in lines]


def one_row(fields: Sequence[Field], width: int, *, gap: str = " ", extra: str | None = None) -> Strip:
    """Lay fields side by side, from the side where the interface begins."""
    return strip(styled(fields, width, gap=gap, from_right=from_right()), extra=extra)


def ui_field(
    text: str,
    width: int | None = None,
    style: str | None = None,
    align: Literal["auto", "left", "right"] = "auto",
    spans: tuple[tuple[int, int, str], ...] = (),
) -> Field:
    """Return a field of the interface's own text."""
    return Field(text=text, width=width, style=style, align=align, spans=spans, options=ui_options())


def key_field(text: str, width: int, style: str | None = "key") -> Field:
    """Return a field with keys: in the order of the table whatever the language, and brackets as they are typed."""
    side: Literal["left", "right"] = "right" if from_right() else "left"
    return Field(text=text, width=width, align=side, style=style, options=Options(base="ltr"))


class Lines(Widget):
    """A widget that draws strips which it was given, and only those again that changed."""

    DEFAULT_CSS = "Lines { height: 1; }"
    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._strips: list[Strip] = []

    def put(self, strips: Sequence[Strip]) -> None:
        """Show these, top down; lines that are as before are not sent again."""
        before, self._strips = self._strips, list(strips)
        if len(before) != len(strips):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, strips, strict=True)):
            if old is not new:
                self._refresh_difference(y, old, new)

    def _refresh_difference(self, y: int, old: Strip, new: Strip) -> None:
        """Draw again from the first to the last column that differs."""
        changed = difference(old, new)
        if changed is not None:
            start, end = changed
            self.refresh(Region(start, y, end - start, 1))

    def render_line(self, y: int) -> Strip:
        """Return one line; below the last one it is blank."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)


def difference(old: Strip, new: Strip) -> tuple[int, int] | None:
    """Return the columns, half-open, outside which two strips are alike; None when they are the same."""
    if old.cell_length != new.cell_length:
        return 0, max(old.cell_length, new.cell_length)
    before, after = list(_cells(old)), list(_cells(new))
    if before == after:
        return None
    if len(before) != len(after) or any(len(char) != 1 for char, _ in (*before, *after)):
        return 0, new.cell_length
    differing = [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    return differing[0], differing[-1] + 1


def _cells(line: Strip) -> Iterable[tuple[str, Style | None]]:
    """Yield the characters of a strip with their styles; columns, as long as each character takes one."""
    for segment in line:
        if segment.cell_length != len(segment.text):
            yield segment.text, segment.style
        else:
            for char in segment.text:
                yield char, segment.style
