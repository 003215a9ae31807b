"""Lay text out in terminal cells: visual order, exact widths, and the way back to logical indices.

Everything that reaches the screen passes here, and nothing else reorders, shapes or mirrors. Text from outside is
hostile: controls are drawn as signs, direction controls never reach the terminal, marks are bounded, and whatever one
message does to direction ends with it. Stored text is never touched.

A *cell* is the unit of drawing (one or two columns; a sign may take more) with the range of code points it stands for;
each code point is in exactly one cell. Indices are code points of the text as given; widths are terminal columns, as
Rich counts them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Literal

from tui.arabic import bidi
from tui.arabic.cells import SEPARATORS, Cell, Options, Paragraph, paragraph

__all__ = [
    "Cell",
    "Line",
    "Options",
    "broken",
    "caret",
    "cut",
    "embed",
    "graphemes",
    "index_at",
    "is_logical",
    "measure",
    "measure_row",
    "parted",
    "row",
    "segments",
    "set_terminal",
    "wrap",
]

ELLIPSIS = "…"

_DEFAULT = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of cells."""

    cells: tuple[Cell, ...]
    """In visual order, left to right, without the padding."""
    width: int
    """Columns, padding included."""
    start: int
    """First code point of the text on this line."""
    end: int
    """One past the last, hanging blanks and separator included."""
    base: int
    """Paragraph level: 1 reads from the right."""
    left: int
    """Blank columns before the cells."""
    right: int
    """Blank columns after them."""
    text: str
    """What is printed: exactly `width` columns."""

    def aligned(self, side: Literal["left", "right"]) -> "Line":
        """Return the line with all its padding on the other side of its cells."""
        spare = self.left + self.right
        left = spare if side == "right" else 0
        body = self.text[self.left : len(self.text) - self.right]
        return replace(self, left=left, right=spare - left, text=" " * left + body + " " * (spare - left))


class _Terminal:
    """What the terminal of this process needs of every layout."""

    logical = False
    emoji = True


def set_terminal(*, logical: bool = False, emoji: bool = True) -> tuple[bool, bool]:
    """Settle for the whole process what the terminal can do; screens must be drawn anew after it.

    Args:
        logical: The terminal reorders and shapes by itself (drawing `logical`).
        emoji: Emoji must be reduced; off only where a probe found the terminal to agree with Rich.

    Returns:
        What was settled before: `logical` and `emoji`.
    """
    before = (_Terminal.logical, _Terminal.emoji)
    _Terminal.logical = logical
    _Terminal.emoji = emoji
    return before


def is_logical() -> bool:
    """Tell whether the terminal gets logical order: what was laid out before that changed does not fit any more."""
    return _Terminal.logical


def _settled(options: Options) -> Options:
    if options.verbatim or (_Terminal.emoji and not _Terminal.logical):
        return options
    return replace(options, logical=options.logical or _Terminal.logical, emoji=options.emoji and _Terminal.emoji)


@lru_cache(maxsize=256)
def _prepare(text: str, options: Options) -> tuple[Paragraph, ...]:
    """Cut a text into paragraphs (P1) and these into cells; an empty text is one empty paragraph."""
    separators = _class_b(text) if options.verbatim else [match.span() for match in SEPARATORS.finditer(text)]
    if not separators or separators[-1][1] < len(text):
        separators.append((len(text), len(text)))
    starts = [0, *(after for _, after in separators[:-1])]
    return tuple(
        paragraph(text, start, end, after, options) for start, (end, after) in zip(starts, separators, strict=True)
    )


def _class_b(text: str) -> list[tuple[int, int]]:
    """Find what UAX #9 itself calls paragraph separators; a newline with its carriage return is one."""
    spans: list[tuple[int, int]] = []
    for i, kind in enumerate(bidi.classes_of(text)):
        if kind == "B":
            if text[i] == "\n" and spans and spans[-1][1] == i and text[i - 1] == "\r":
                spans[-1] = (i - 1, i + 1)
            else:
                spans.append((i, i + 1))
    return spans


@lru_cache(maxsize=256)
def _prepare_row(text: str, options: Options) -> Paragraph:
    shown = len(text.rstrip("\n\r\x85\u2028\u2029"))
    return paragraph(text, 0, shown, len(text), options)


def wrap(text: str, width: int, options: Options = _DEFAULT) -> tuple[Line, ...]:
    """Break a text into lines of exactly `width` columns, paragraph by paragraph.

    Lines break after blanks, which hang over the end without taking room; a word longer than a line is folded between
    cells. Right-to-left lines are flush right. A cell wider than the whole line is drawn as an ellipsis.

    Returns:
        At least one line; their ranges follow each other and cover the text.
    """
    return _wrap(text, max(width, 0), _settled(options))


@lru_cache(maxsize=512)
def _wrap(text: str, width: int, options: Options) -> tuple[Line, ...]:
    lines: list[Line] = []
    for par in _prepare(text, options):
        cells = par.cells if par.widest <= width else tuple(_squeeze(cell, width) for cell in par.cells)
        if not cells:
            lines.append(_line((), par.base, width, options, par.start))
        lines += (_line(cells[a:b], par.base, width, options) for a, b in _breaks(cells, width))
    return tuple(lines)


def row(text: str, width: int, options: Options = _DEFAULT) -> Line:
    """Lay a text out in one row of exactly `width` columns.

    A newline is drawn as a sign. What does not fit is cut off at its logical end, and the ellipsis stands where reading
    would have gone on: at the left of a right-to-left row.
    """
    return _row(text, max(width, 0), _settled(options))


@lru_cache(maxsize=2048)
def _row(text: str, width: int, options: Options) -> Line:
    par = _prepare_row(text, options)
    if par.width <= width or not par.cells:
        return _line(par.cells, par.base, width, options)
    if width == 0:
        return _line(tuple(_squeeze(cell, 0) for cell in par.cells), par.base, 0, options)
    used = count = 0
    while used + par.cells[count].width < width:
        used += par.cells[count].width
        count += 1
    more = Cell(
        text=ELLIPSIS, width=1, start=par.cells[count].start, end=par.cells[-1].end, level=par.base, kind="more"
    )
    return _line((*_reset_trailing(par.cells[:count], par.base), more), par.base, width, options)


def measure(text: str, options: Options = _DEFAULT) -> int:
    """Return the columns that a text takes unwrapped: the widest of its paragraphs, after shaping."""
    return max(par.width for par in _prepare(text, _settled(options)))


def measure_row(text: str, options: Options = _DEFAULT) -> int:
    """Return the columns that a text takes as one row, signs for its newlines included; nothing is laid out for it."""
    return _prepare_row(text, _settled(options)).width


def broken(text: str, breaks: Sequence[int] = (), options: Options = _DEFAULT) -> tuple[Line, ...]:
    """Lay a text out in lines whose breaks are given, each as wide as it is.

    Args:
        text: All of it: levels and shapes are those of whole paragraphs.
        breaks: Code points at which a new line begins, ascending; separators break besides. A break inside a cell
            takes effect after it.
        options: As for `wrap`.
    """
    options = _settled(options)
    lines = []
    for par in _prepare(text, options):
        at = [par.start, *(place for place in breaks if par.start < place < par.end), par.end]
        for start, end in pairwise(at):
            cells = [cell for cell in par.cells if start <= cell.start < end]
            lines.append(_line(cells, par.base, None, options, start))
    return tuple(lines)


def cut(text: str, start: int, end: int, width: int | None, options: Options = _DEFAULT) -> Line:
    """Lay out one stretch of a text, within one paragraph.

    Args:
        text: All of it: levels and shapes are those of the whole paragraph.
        start: First code point; a cell that begins before it belongs to the line before.
        end: One past the last.
        width: Columns to pad to, or `None` for the natural width. What is wider stays wider.
        options: As for `wrap`.
    """
    options = _settled(options)
    pars = _prepare(text, options)
    par = next((par for par in pars if par.start <= start < par.end), pars[-1])
    cells = [cell for cell in par.cells if start <= cell.start < end]
    return _line(cells, par.base, width, options, start)


def _squeeze(cell: Cell, width: int) -> Cell:
    if cell.width <= width:
        return cell
    shown = " " * width if cell.kind == "blank" else ELLIPSIS[:width]
    return cell._replace(text=shown, width=len(shown))


def _breaks(cells: Sequence[Cell], width: int) -> Iterator[tuple[int, int]]:
    """Find the lines as ranges of cells in logical order; blanks and what has no width hang."""
    start = used = 0
    after_blank = since_blank = 0  # cells before the last place to break, and columns used after it
    for n, cell in enumerate(cells):
        if cell.kind == "blank":
            used = min(used + cell.width, width)
            after_blank, since_blank = n + 1, 0
            continue
        if used + cell.width > width and n > start:
            if after_blank > start and since_blank + cell.width <= width:
                yield start, after_blank
                start, used = after_blank, since_blank
            elif after_blank > start and since_blank:
                # the word is too long for a line of its own: begin it on a new line all the same
                yield start, after_blank
                start, used = after_blank, since_blank
                yield start, n
                start, used = n, 0
            else:
                split = after_blank if after_blank > start else n
                yield start, split
                start, used = split, 0
            since_blank = used
        used += cell.width
        since_blank += cell.width
    if start < len(cells):
        yield start, len(cells)


def _reset_trailing(cells: Sequence[Cell], base: int) -> list[Cell]:
    """Apply L1 at a line's end: trailing blanks take the paragraph's level."""
    done = list(cells)
    n = len(done)
    while n and done[n - 1].kind in {"blank", "hidden", "end"}:
        n -= 1
        if done[n].level != base:
            done[n] = done[n]._replace(level=base)
    return done


def _hang(cells: list[Cell], width: int) -> list[Cell]:
    """Take the width from trailing blanks that do not fit."""
    excess = sum([cell.width for cell in cells]) - width
    n = len(cells)
    while excess > 0 and n:
        n -= 1
        cell = cells[n]
        if cell.kind == "blank":
            kept = max(cell.width - excess, 0)
            excess -= cell.width - kept
            cells[n] = cell._replace(text=" " * kept, width=kept)
    return cells


def _line(cells: Sequence[Cell], base: int, width: int | None, options: Options, at: int = 0) -> Line:
    """Order the cells of one line (L1, L2) and pad it to its width; `None` leaves it as wide as it is."""
    logical = _reset_trailing(cells, base)
    if width is not None:
        logical = _hang(logical, width)
    visual = logical if options.logical else [logical[i] for i in bidi.reorder([cell.level for cell in logical])]
    used = sum([cell.width for cell in visual])
    spare = 0 if width is None else max(width - used, 0)
    left = spare if base else 0
    body = "".join([cell.text for cell in visual])
    return Line(
        cells=tuple(visual),
        width=used + spare,
        start=logical[0].start if logical else at,
        end=logical[-1].end if logical else at,
        base=base,
        left=left,
        right=spare - left,
        text=" " * left + body + " " * (spare - left),
    )


def segments(line: Line, spans: Iterable[tuple[int, int, str]] = ()) -> list[tuple[str, frozenset[str]]]:
    """Divide a line into visual runs of equal style, left to right, padding included.

    A cell has the names of all spans that touch it; one logical span may be several runs. Warning signs carry the name
    `token` besides.

    Args:
        line: As laid out.
        spans: Half-open logical ranges with a name each; they may overlap.
    """
    marks = [(start, end, name) for start, end, name in spans if start < line.end and end > line.start and start < end]
    plain: frozenset[str] = frozenset()
    pieces: list[tuple[str, frozenset[str]]] = [(" " * line.left, plain)]
    for cell in line.cells:
        names = frozenset(name for start, end, name in marks if start < cell.end and cell.start < end)
        pieces.append((cell.text, names | {"token"} if cell.kind == "token" else names))
    pieces.append((" " * line.right, plain))
    drawn = [piece for piece in pieces if piece[0]]
    return [("".join(text for text, _ in run), names) for names, run in groupby(drawn, key=lambda piece: piece[1])]


def caret(line: Line, index: int) -> int:
    """Return the column of the cell that holds a logical index; past the end, the slot after the last cell.

    That slot is left of a right-to-left line; in a full line it is the outermost column.
    """
    column = line.left
    for cell in line.cells:
        if cell.start <= index < cell.end and cell.kind != "end":
            return min(column, max(line.width - 1, 0))
        column += cell.width
    past = line.left - 1 if line.base else line.width - line.right
    return min(max(past, 0), max(line.width - 1, 0))


def index_at(line: Line, column: int) -> int:
    """Return the logical index at a column: a cell's first code point, or the line's end in the padding after it."""
    position = line.left
    for cell in line.cells:
        if position <= column < position + cell.width:
            return cell.start
        position += cell.width
    before_start = column >= position if line.base else column < line.left
    if before_start:
        return line.start
    return next((cell.start for cell in line.cells if cell.kind == "end"), line.end)


def graphemes(text: str) -> tuple[tuple[int, int], ...]:
    """Return what a person takes for one character each, as half-open ranges that cover the text.

    Lam and alef are two, though they share a cell.
    """
    apart = Options(isolate=False, shape=False)
    return tuple((cell.start, cell.end) for par in _prepare(text, apart) for cell in par.cells)


def parted(text: str, ends: Iterable[int]) -> list[str]:
    """Cut a text into parts that are laid out each for itself; an isolate that is cut ends and begins again there.

    Args:
        text: Logical order.
        ends: Of its parts, ascending.
    """
    parts: list[str] = []
    waiting: list[str] = []
    start = 0
    for end in ends:
        before, whole = "".join(waiting), text[start:end].strip()
        part = whole.rstrip(f" {_INITIATORS}")  # an isolate that has just begun is the next part's
        _open(part, waiting)
        parts.append(before + part + "\u2069" * len(waiting))
        _open(whole[len(part) :], waiting)
        start = end
    return parts


_INITIATORS = "\u2066\u2067\u2068"


def _open(text: str, waiting: list[str]) -> None:
    """Keep account of the isolates that wait for their end."""
    for ch in text:
        if ch in _INITIATORS:
            waiting.append(ch)
        elif ch == "\u2069" and waiting:
            waiting.pop()


def embed(value: str) -> str:
    """Make a value safe to stand inside a sentence of ours: isolated, on one line, and unable to end its isolation.

    Use it for names, handles and quoted text; the direction of the value then cannot rearrange the sentence.
    """
    depth = 0
    kept = []
    for ch in SEPARATORS.sub(" ", value):
        if ch in _INITIATORS:
            depth += 1
        elif ch == "\u2069":
            if not depth:
                continue
            depth -= 1
        elif "\u202a" <= ch <= "\u202e":
            continue
        kept.append(ch)
    return "\u2068" + "".join(kept) + "\u2069" * (depth + 1)
