"""Cut one paragraph into cells with levels: what does not depend on the width of the screen.

Here hostile characters become signs or nothing, entities are isolated, letters take their forms and emoji their safe
widths. Lines are made of these cells by `tui.arabic.layout`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rich.cells import cell_len

from tui.arabic import bidi
from tui.arabic.entities import Entity, find
from tui.arabic.entities import Kind as EntityKind
from tui.arabic.glyphs import GLYPHS, REPLACEMENT, Role
from tui.arabic.shape import shape

MAX_MARKS = 6
"""Marks drawn on one base; a guess that leaves room for Qur'anic text and none for a flood."""

NEWLINE_SIGN = " ¶ "
"""Stands for a newline where there is one row only."""

SEPARATORS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a paragraph on the screen. U+2028 does too: each of its lines finds its own direction."""

_HOSTILE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NEUTRAL = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands in for a sign: no direction of its own, joins nothing
_INVISIBLE = "\N{ZERO WIDTH SPACE}"
_DOTTED_CIRCLE = "\N{DOTTED CIRCLE}"
_OVERRIDES = {"\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO"}
_ISOLATES = {"\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI"}
_LRI, _RLI, _PDI = "\u2066", "\u2067", "\u2069"
_REMOVED = frozenset("\u200e\u200f\u061c") | _OVERRIDES.keys() | _ISOLATES.keys()  # all that plain UAX #9 takes away

_SIMPLE_ROLES = frozenset({Role.LETTER, Role.BLANK})

CellKind = Literal["text", "blank", "token", "hidden", "end", "more"]


class Cell(NamedTuple):
    """The unit of drawing; a tuple, because hundreds are made for each message."""

    text: str
    """What is printed; `""` where there is nothing to see."""
    width: int
    """Columns."""
    start: int
    """First code point it stands for."""
    end: int
    """One past the last; joiners, marks and controls belong to the cell before them."""
    level: int
    """Embedding level; odd runs right to left."""
    kind: CellKind = "text"
    """`token`: a sign in place of something dangerous; `end`: a paragraph separator; `more`: what was cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to lay out."""

    isolate: bool = True
    """Keep entities whole and out of the choice of direction; off: plain UAX #9."""
    base: Literal["auto", "ltr", "rtl"] = "auto"
    """Direction of each paragraph; `auto`: its first strong letter outside entities."""
    default_base: Literal["ltr", "rtl"] = "rtl"
    """Direction of a paragraph without a strong letter."""
    emoji: bool = True
    """Reduce emoji to forms whose width all terminals agree on."""
    shape: bool = True
    """Draw Arabic letters by presentation forms."""
    tokens: bool = True
    """Show overrides, embeddings, stray isolates and control codes as signs; off: controls are a replacement sign."""
    logical: bool = False
    """Logical order, unshaped and unmirrored, for a terminal that does all of it itself (drawing `logical`)."""
    verbatim: bool = False
    """Keep joiners and control codes as they are: for comparison with other implementations, never for a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph in logical order, ready to be cut into lines."""

    base: int
    cells: tuple[Cell, ...]
    start: int
    end: int
    """One past its separator."""
    widest: int
    """Columns of its widest cell."""
    width: int
    """Columns of all of it."""


def paragraph(text: str, start: int, end: int, after: int, options: Options) -> Paragraph:
    """Cut `text[start:end]` into cells; `text[end:after]` is its separator, if any.

    Separators inside, as for a single row, are drawn as signs.
    """
    body = text[start:end]
    if options.verbatim:
        base, levels = _plain_levels(body, options)
        cells = _verbatim_cells(body, start, levels, shape(body) if options.shape else {})
    else:
        clean, signs = _disarm(body, options) if _HOSTILE.search(body) else (body, {})
        found = find(body) if options.isolate else ()
        base, levels = _isolated_levels(clean, found, options) if options.isolate else _plain_levels(clean, options)
        drawn = shape(clean) if options.shape and not options.logical else {}
        builder = _Builder(
            text=clean,
            offset=start,
            base=base,
            levels=levels,
            drawn=drawn,
            signs=signs,
            found=found,
            options=options,
        )
        cells = builder.build() if signs or not _SIMPLE_ROLES.issuperset(builder.roles) else builder.build_simple()
    if "\t" in body:
        cells = _reset_before_tabs(cells, text, base)
    if after > end:
        cells.append(Cell("", 0, end, after, base, "end"))
    widths = [cell.width for cell in cells]
    return Paragraph(
        base=base, cells=tuple(cells), start=start, end=after, widest=max(widths, default=0), width=sum(widths)
    )


def _disarm(text: str, options: Options) -> tuple[str, dict[int, str]]:  # noqa: C901  (one case per kind of control)
    """Replace what is hostile by neutral characters, one for one, and say by what signs it is drawn."""
    clean = list(text)
    signs: dict[int, str] = {}
    waiting: list[int] = []
    stray: list[int] = []
    for match in _HOSTILE.finditer(text):
        i, ch = match.start(), match[0]
        if ch in "\u2066\u2067\u2068":
            waiting.append(i)
        elif ch == _PDI:
            if waiting:
                waiting.pop()
            else:
                stray.append(i)
        elif ch in _OVERRIDES:
            if options.tokens:
                signs[i] = f"⟪{_OVERRIDES[ch]}⟫"
        elif SEPARATORS.match(ch):
            shown_already = i == 0 or SEPARATORS.match(text[i - 1]) is not None
            clean[i] = _INVISIBLE
            if not shown_already:
                signs[i] = NEWLINE_SIGN
        else:
            signs[i] = _control_sign(ch) if options.tokens else REPLACEMENT
    if options.tokens:
        signs |= {i: f"⟪{_ISOLATES[text[i]]}⟫" for i in waiting + stray}
    for i in signs:
        clean[i] = _NEUTRAL
    return "".join(clean), signs


def _control_sign(ch: str) -> str:
    code = ord(ch)
    if code < 0x20:  # noqa: PLR2004  (the control pictures stand in the order of what they picture)
        return chr(0x2400 + code)
    if code == 0x7F:  # noqa: PLR2004
        return "\N{SYMBOL FOR DELETE}"
    return f"⟪{code:02X}⟫" if code <= 0x9F else REPLACEMENT  # noqa: PLR2004


def _plain_levels(text: str, options: Options) -> tuple[int, Sequence[int]]:
    fixed = None if options.base == "auto" else int(options.base == "rtl")
    resolved = bidi.resolve(text, fixed)
    return resolved.base, resolved.levels


def _isolated_levels(text: str, found: Sequence[Entity], options: Options) -> tuple[int, Sequence[int]]:
    """Resolve with isolates round the entities, which exist in a copy only (UAX #9, HL3 in spirit)."""
    marked = _mark(text, found) if found else text
    classes = bidi.classes_of(marked)
    if options.base != "auto":
        base = int(options.base == "rtl")
    else:
        strong = bidi.first_strong(classes)
        if strong is None:
            holds_arabic = not {"R", "AL", "AN"}.isdisjoint(bidi.classes_of(text))
            strong = int(holds_arabic or options.default_base == "rtl")
        base = strong
    levels = bidi.resolve_classes(marked, classes, base).levels
    if not found:
        return base, levels
    own: list[int] = []
    position = 0
    for n, entity in enumerate(found):
        shift = 2 * n  # the isolates put in before this one
        own += levels[position + shift : entity.start + shift]
        own += levels[entity.start + shift + 1 : entity.end + shift + 1]
        position = entity.end
    own += levels[position + 2 * len(found) :]
    return base, own


def _mark(text: str, found: Sequence[Entity]) -> str:
    parts = []
    position = 0
    for entity in found:
        inside = text[entity.start : entity.end]
        opener = _LRI
        if entity.kind is EntityKind.NUMBER:
            inside = "a" * len(inside)  # digits of either script, in the order written
        elif entity.kind in {EntityKind.HASHTAG, EntityKind.HANDLE} and bidi.first_strong(bidi.classes_of(inside)):
            opener = _RLI
        parts += [text[position : entity.start], opener, inside, _PDI]
        position = entity.end
    parts.append(text[position:])
    return "".join(parts)


_KIND_OF: dict[Role, CellKind] = {Role.LETTER: "text", Role.BLANK: "blank"}


class _Builder:
    """Makes the cells of a paragraph in one walk over its code points."""

    def __init__(
        self,
        *,
        text: str,
        offset: int,
        base: int,
        levels: Sequence[int],
        drawn: dict[int, str],
        signs: dict[int, str],
        found: Sequence[Entity],
        options: Options,
    ) -> None:
        self.text, self.offset, self.base, self.levels = text, offset, base, levels
        self.drawn, self.signs, self.options = drawn, signs, options
        self.mirrors = not options.logical
        self.glyphs = [GLYPHS[ch] for ch in text]
        self.roles = {glyph[0] for glyph in self.glyphs}
        self.unbroken = {
            i for entity in found if entity.kind is EntityKind.NUMBER for i in range(entity.start, entity.end)
        }
        self.cells: list[Cell] = []
        self.start = 0
        self.shown = ""
        self.width = 0
        self.level = base
        self.kind: CellKind = "hidden"
        self.marks = 0

    def build_simple(self) -> list[Cell]:
        """Do what `build` does for text of letters and blanks alone: most text, at a third of the time."""
        drawn, levels, offset = self.drawn, self.levels, self.offset
        starts = [i for i in range(len(self.text)) if drawn.get(i) != ""]  # an alef may be in its lam
        mirror = bidi.mirror if self.mirrors else str
        return list(
            map(
                Cell,
                [
                    drawn.get(i) or (mirror(self.glyphs[i].shown) if levels[i] & 1 else self.glyphs[i].shown)
                    for i in starts
                ],
                [self.glyphs[i].width for i in starts],
                [i + offset for i in starts],
                [i + offset for i in [*starts[1:], len(self.text)]],
                [levels[i] for i in starts],
                [_KIND_OF[self.glyphs[i].role] if i not in self.unbroken else "text" for i in starts],
            )
        )

    def build(self) -> list[Cell]:  # noqa: C901  (the hot walk: one decision per kind of character)
        """Return the cells in logical order; they cover the text without a gap."""
        text, drawn, levels = self.text, self.drawn, self.levels
        begin = self._begin
        for i, (ch, (role, shown, width)) in enumerate(zip(text, self.glyphs, strict=True)):
            if role is Role.LETTER:
                form = drawn.get(i)
                if form is not None:
                    if form:
                        begin(i, form, 1, "text")
                elif ch == _NEUTRAL and i in self.signs:
                    sign = self.signs[i]
                    begin(i, sign, cell_len(sign), "token" if sign != NEWLINE_SIGN else "text")
                elif levels[i] & 1 and self.mirrors:
                    begin(i, bidi.mirror(shown), width, "text")
                else:
                    begin(i, shown, width, "text")
            elif role is Role.BLANK:
                begin(i, shown, width, "text" if i in self.unbroken else "blank")
            elif role is Role.MARK:
                self._mark(i, shown, width)
            elif role is not Role.HIDDEN:
                self._emoji(i, role, shown, width)
        if text:
            self._finish(len(text))
        return self.cells

    def _begin(self, i: int, shown: str, width: int, kind: CellKind) -> None:
        if self.kind != "hidden":
            self._finish(i)
            self.start = i
        self.shown, self.width, self.kind, self.level, self.marks = shown, width, kind, self.levels[i], 0

    def _finish(self, end: int) -> None:
        self.cells.append(
            Cell(self.shown, self.width, self.start + self.offset, end + self.offset, self.level, self.kind)
        )

    def _mark(self, i: int, shown: str, width: int) -> None:
        if self.kind == "hidden" or self.shown == NEWLINE_SIGN:
            self._begin(i, _DOTTED_CIRCLE, 1, "text")
        elif self.kind == "blank":
            self.kind = "text"  # a blank that carries a mark must not hang over the end of a line
        self.marks += 1
        if self.marks <= MAX_MARKS:
            self.shown += shown
            self.width += width

    def _emoji(self, i: int, role: Role, shown: str, width: int) -> None:
        whole = not self.options.emoji
        match role:
            case Role.EMOJI if self._joins(i):
                if whole:
                    self.shown += self.text[i - 1] + shown
            case Role.EMOJI:
                if self.levels[i] & 1 and self.mirrors:
                    shown = bidi.mirror(shown)
                self._begin(i, shown, width, "text")
            case Role.REGIONAL:
                self._flag(i, shown, width)
            case Role.EXTENDER if whole and self.kind == "text" and self.marks <= MAX_MARKS:
                self.marks += 1
                self.shown += shown
                self.width = cell_len(self.shown)

    def _joins(self, i: int) -> bool:
        """Tell whether a joiner ties the emoji at `i` to one before it."""
        if i == 0 or GLYPHS[self.text[i - 1]].role is not Role.JOINER:
            return False
        before = i - 2
        while before >= 0 and GLYPHS[self.text[before]].role is Role.EXTENDER:
            before -= 1
        return before >= 0 and GLYPHS[self.text[before]].role is Role.EMOJI

    def _flag(self, i: int, shown: str, width: int) -> None:
        """Draw two halves as one flag; half a flag is the letter it stands for, since its width is disputed."""
        before = i
        while before > 0 and GLYPHS[self.text[before - 1]].role is Role.REGIONAL:
            before -= 1
        if (i - before) % 2:
            self.shown += shown
            self.width += width
        elif i + 1 < len(self.text) and GLYPHS[self.text[i + 1]].role is Role.REGIONAL:
            self._begin(i, shown, width, "text")
        else:
            self._begin(i, chr(ord(shown) - ord("\U0001f1e6") + ord("A")), 1, "text")


def _verbatim_cells(text: str, offset: int, levels: Sequence[int], drawn: dict[int, str]) -> list[Cell]:
    """Cut plain UAX #9 text: grapheme clusters whole, direction controls gone, everything else as it is."""
    cells: list[Cell] = []
    for i, ch in enumerate(text):
        role, _, width = GLYPHS[ch]
        shown = drawn.get(i, ch)
        if ch in _REMOVED:
            shown, width = "", 0
        elif levels[i] & 1:
            shown = bidi.mirror(shown)
        own = Cell(text=shown, width=width, start=i + offset, end=i + offset + 1, level=levels[i], kind=_plain_kind(ch))
        if role in {Role.MARK, Role.EXTENDER} or not shown or _continues(text, i, role):
            depth = len(cells)
            while depth and role is Role.MARK and cells[depth - 1].kind == "hidden":
                depth -= 1  # a mark reaches its base through joiners (L3)
            depth = max(depth - 1, 0)
            if depth < len(cells):
                own = _merge([*cells[depth:], own])
                del cells[depth:]
        cells.append(own)
    return cells


def _plain_kind(ch: str) -> CellKind:
    kind = bidi.classes_of(ch)[0]
    if kind in {"WS", "S"}:
        return "blank"
    return "hidden" if kind == "BN" or ch in _REMOVED else "text"


def _continues(text: str, i: int, role: Role) -> bool:
    """Tell whether an emoji cluster or a flag goes on at `i`."""
    if i == 0:
        return False
    before = GLYPHS[text[i - 1]].role
    if role is Role.REGIONAL:
        first = i
        while first > 0 and GLYPHS[text[first - 1]].role is Role.REGIONAL:
            first -= 1
        return (i - first) % 2 == 1
    if role is Role.JOINER:
        after = i + 1 < len(text) and GLYPHS[text[i + 1]].role is Role.EMOJI
        return after and before in {Role.EMOJI, Role.EXTENDER}
    return role is Role.EMOJI and before is Role.JOINER and i > 1 and _continues(text, i - 1, Role.JOINER)


def _merge(parts: Sequence[Cell]) -> Cell:
    first = next((cell for cell in parts if cell.text and cell.kind != "hidden"), parts[0])
    return first._replace(
        text="".join(cell.text for cell in parts),
        width=sum(cell.width for cell in parts),
        start=parts[0].start,
        end=parts[-1].end,
    )


def _reset_before_tabs(cells: list[Cell], text: str, base: int) -> list[Cell]:
    """Apply the part of L1 that does not depend on lines: a tab and the blanks before it take the base level."""
    done = []
    resets = False
    for cell in reversed(cells):
        resets = cell.kind in {"blank", "hidden"} and (resets or text[cell.start] == "\t")
        done.append(cell._replace(level=base) if resets else cell)
    return done[::-1]
