"""A message as it was sent: in the order of plain UAX #9, as other programs show it, and what in it cannot be seen."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from tui.arabic.layout import Options
from tui.language import _
from tui.screens.dialogs import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN: Final = Options(isolate=False)
"""Nothing is isolated: numbers, handles and links stand where the bare algorithm puts them."""


def raw_parts(text: str, author: str) -> list[Reading]:
    """Return a text in plain order, then each invisible character of it and of its author's name."""
    parts = [Reading(text=text, options=PLAIN), Reading(text="")]
    found = [
        *(
            Reading(text=_("Character {n} of the text: {name}", n=n, name=name), style="warn")
            for n, name in hidden(text)
        ),
        *(
            Reading(text=_("Character {n} of the name: {name}", n=n, name=name), style="warn")
            for n, name in hidden(author)
        ),
    ]
    return [*parts, *(found or [Reading(text=_("There is nothing in it that cannot be seen."), style="quiet")])]


def hidden(text: str) -> Iterator[tuple[int, str]]:
    """Yield each control or format character with its place, from 1, and its Unicode name."""
    for place, char in enumerate(text, 1):
        if unicodedata.category(char) in {"Cc", "Cf"} and char not in "\n\r\t":
            yield place, f"U+{ord(char):04X} {unicodedata.name(char, '').lower()}".strip()
