"""What a single character does to the cells of a terminal, looked up once per character."""

import unicodedata
from enum import IntEnum
from typing import NamedTuple

from rich.cells import get_character_cell_size

TAB_WIDTH = 4
"""Columns of a tab: it is drawn as so many blanks wherever it stands, so that wrapping cannot change it."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Role(IntEnum):
    """How a character takes part in a cell."""

    LETTER = 0
    """Begins a cell."""
    BLANK = 1
    """Begins a cell after which a line may break."""
    MARK = 2
    """Is drawn in the cell before it."""
    HIDDEN = 3
    """Belongs to the cell before it and is not drawn."""
    EMOJI = 4
    """Begins a cell, unless a joiner ties it to the emoji before it."""
    REGIONAL = 5
    """Half a flag."""
    JOINER = 6
    """ZWJ: ties emoji; between letters it has done its work in shaping."""
    EXTENDER = 7
    """Changes the look of an emoji: skin tone, variation selector, keycap. Terminals disagree about the width."""


class Glyph(NamedTuple):
    """A character as it is drawn."""

    role: Role
    shown: str
    width: int
    """Columns, as Rich counts them."""


_NO_BREAK = frozenset("\u00a0\u2007\u202f")
_FILLERS = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")  # by category letters, marks or formats; blank
_EMOJI_RANGES = (  # a generous reading of Extended_Pictographic, which Python does not know
    *((0x00A9, 0x00AE), (0x203C, 0x2049), (0x2122, 0x2139), (0x2190, 0x21FF), (0x2300, 0x2BFF), (0x3030, 0x303D)),
    *((0x3297, 0x3299), (0x1F000, 0x1FAFF)),
)
_EMOJI_CATEGORIES = frozenset({"So", "Sm", "Po", "Pd", "Sk", "Cn"})  # Cn: newer than this interpreter's tables


class _Glyphs(dict[str, Glyph]):
    def __missing__(self, ch: str) -> Glyph:
        found = _look(ch)
        self[ch] = found
        return found


def _look(ch: str) -> Glyph:  # noqa: PLR0911  (a decision list, first match wins)
    code = ord(ch)
    category = unicodedata.category(ch)
    width = get_character_cell_size(ch)
    if ch == "\t":
        return Glyph(Role.BLANK, " " * TAB_WIDTH, TAB_WIDTH)
    if category == "Zs":
        role = Role.LETTER if ch in _NO_BREAK else Role.BLANK
        return Glyph(role, " " * width, width)
    if category == "Cs" or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:  # noqa: PLR2004  (noncharacters)
        return Glyph(Role.LETTER, REPLACEMENT, 1)
    special = _special_role(ch, code)
    if special is not None:
        return Glyph(special, ch, width)
    if ch in _FILLERS or category in {"Cc", "Zl", "Zp"}:
        return Glyph(Role.HIDDEN, "", 0)
    if category.startswith("M") or (width == 0 and category == "Lo"):  # conjoining jamo are letters of no width
        return Glyph(Role.MARK, ch, width)
    if width == 0:
        return Glyph(Role.HIDDEN, "", 0)
    is_emoji = category in _EMOJI_CATEGORIES and any(first <= code <= last for first, last in _EMOJI_RANGES)
    return Glyph(Role.EMOJI if is_emoji else Role.LETTER, ch, width)


def _special_role(ch: str, code: int) -> Role | None:
    if ch == "\N{ZERO WIDTH JOINER}":
        return Role.JOINER
    if 0x1F1E6 <= code <= 0x1F1FF:  # noqa: PLR2004  (regional indicators)
        return Role.REGIONAL
    if 0x1F3FB <= code <= 0x1F3FF or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code == 0x20E3:  # noqa: PLR2004
        return Role.EXTENDER
    return None


GLYPHS = _Glyphs()
"""Glyph by character; filled as characters are met."""
