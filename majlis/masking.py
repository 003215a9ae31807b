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
            if unicodedata.category(shown[at])[0] in "LN":
                shown[at] = COVER
    return "".join(shown)
