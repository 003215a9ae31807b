"""The form of a text that detectors read, with the way back to the original (POLICY D16)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from majlis.text import fold_char


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded character by character: see `majlis.text.fold_char`.

    Unlike a search key it keeps line ends and every space, so that what stood on two lines stays on two.
    """

    text: str
    """As given."""
    key: str
    """Lower case, ASCII digits, no marks, no controls."""
    origins: tuple[int, ...]
    """Per character of `key` its index in `text`."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return a span of `key`, not empty, as a span of `text`.

        What was dropped between its characters belongs to it, what was dropped around it does not.
        """
        return self.origins[start], self.origins[end - 1] + 1


def folded(text: str) -> Folded:
    """Fold a text for the detectors."""
    if text.isascii() and text.isprintable():
        return Folded(text, text.lower(), tuple(range(len(text))))
    parts = [fold_char(char) for char in text]
    origins = tuple(chain.from_iterable((index,) * len(part) for index, part in enumerate(parts)))
    return Folded(text, "".join(parts), origins)
