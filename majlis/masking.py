"""Personal contact data is not shown in lists, logs and exports (D19): it is covered, length kept."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .message import Span

COVER = "•"


def mask(text: str, spans: Iterable[Span]) -> str:
    """Cover the letters and digits inside the spans; every other code point, and the length, stays."""
    shown = list(text)
    for span in spans:
        for at in range(max(span.start, 0), min(span.end, len(shown))):
            shown[at] = _covered(shown[at])
    return "".join(shown)


def cover(text: str, parts: Iterable[str]) -> str:
    """Cover these parts of a text wherever they occur, in the same way."""
    for part in filter(None, parts):
        text = text.replace(part, "".join(map(_covered, part)))
    return text


def _covered(char: str) -> str:
    return COVER if unicodedata.category(char)[0] in "LN" else char
