"""Where sentences begin and end, well enough to keep the words of one from clearing another."""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile(r"[.!?\u061f\u061b;\u2026]+(?=\s|$)|\n+")


def sentences(key: str) -> tuple[tuple[int, int], ...]:
    """Return the half-open places of the sentences in a text, in order, end marks included."""
    spans = []
    start = 0
    for end in (*(found.end() for found in _END.finditer(key)), len(key)):
        if key[start:end].strip():
            spans.append((start, end))
        start = end
    return tuple(spans)
