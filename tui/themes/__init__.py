"""How names of styles look: in the terminal's own sixteen colours, or without any.

Nothing is said by colour alone: whatever has a style here has a word or a sign beside it. Few styles keep a line short.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from rich.style import Style

THEMES: Final[dict[str, dict[str, str]]] = {
    "terminal": {
        "cursor": "reverse",
        "bar": "reverse",
        "banner": "bold reverse yellow",
        "key": "bold",
        "late": "bold red",
        "urgent": "bold red",
        "ours": "green",
        "memo": "yellow",
        "quiet": "bright_black",
        "head": "bold",
        "item": "bold",
        "block": "bold red",
        "warn": "bold yellow",
        "remind": "cyan",
        "ill": "bold red",
        "notice": "bold",
        "problem": "bold red",
        "link": "underline",
        "hit": "reverse yellow",
        "token": "reverse red",
        "finding": "underline",
    },
    "plain": {
        "cursor": "reverse",
        "bar": "reverse",
        "banner": "bold reverse",
        "key": "bold",
        "late": "bold",
        "urgent": "bold",
        "head": "bold",
        "item": "bold",
        "block": "bold",
        "warn": "bold",
        "ill": "bold",
        "notice": "bold",
        "problem": "bold",
        "link": "underline",
        "hit": "reverse",
        "token": "reverse",
        "finding": "underline",
    },
}
"""Theme → name → style, in Rich's words; a name that is not there is drawn plainly."""

_ORDER: Final = tuple(THEMES["terminal"])


class _InForce:
    theme = "terminal"


def use(theme: str) -> None:
    """Put a theme in force for this process; the screens must be drawn anew.

    Raises:
        ValueError: There is no such theme.
    """
    if theme not in THEMES:
        raise ValueError(f"no such theme: {theme!r}")
    _InForce.theme = theme


def name() -> str:
    """Return the theme in force."""
    return _InForce.theme


def style(names: Iterable[str]) -> Style | None:
    """Return what several names look like together; None for plain text."""
    return _style(_InForce.theme, frozenset(names))


@lru_cache(maxsize=256)
def _style(theme: str, names: frozenset[str]) -> Style | None:
    known = THEMES[theme]
    found = [Style.parse(known[each]) for each in sorted(names, key=_rank) if known.get(each)]
    return Style.combine(found) if found else None


def _rank(each: str) -> int:
    # The cursor comes last, so that it is seen on whatever it lies.
    return -1 if each not in _ORDER else 99 - _ORDER.index(each)
