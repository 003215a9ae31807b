"""The lines around a list: what is open, whose practice it is, what just happened, which keys work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tui.arabic.columns import Field, measure_row
from tui.arabic.layout import is_logical, parted, wrap
from tui.language import _
from tui.widgets.lines import key_field, one_row, ui_field, ui_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from tui.keymap import Key
    from tui.strip import Lamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the status line says."""

    place: str
    """The name of the list or the screen."""
    position: str = ""
    hours: str = ""
    gate: str = ""
    """The same as `hours` in a word, for where the accounts need the room."""
    health: tuple[Lamp, ...] = ()
    language: str = ""


NOTICE_LINES = 4
"""How many lines what just happened may take from the place above it. A guess."""

_POSITION = 11
"""Columns kept for the position, so that a step of the cursor draws nothing else."""

_LENGTHS = ((0, 0), (1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3))
"""How long the words of accounts that are well may be, and of those that are not: tried in this order."""


def status_line(status: Status, width: int) -> Strip:
    """Return the status line: every account is in it, in words as long as there is room for."""
    fields = [ui_field(f" {status.place}", _width(f" {status.place}"), "bar")]
    if status.position:
        fields.append(ui_field(status.position, _POSITION, "bar"))
    tail = [ui_field(status.language, _width(status.language), "bar"), ui_field("", 0, "bar")]
    used = sum((field.width or 0) + 1 for field in fields) + _width(status.language) + 3
    hours, health = _fitting(status, width - used)
    fields.append(ui_field(hours, _width(hours), "bar"))
    shown = [ui_field(text, _width(text), lamp.look or "bar") for text, lamp in zip(health, status.health, strict=True)]
    return one_row([*fields, ui_field("", None, "bar"), *shown, *tail], width, extra="bar")


def _fitting(status: Status, room: int) -> tuple[str, list[str]]:
    """Return hours and accounts in the longest words that fit; what needs somebody keeps its words longest."""
    shortest: tuple[str, list[str]] = (status.gate, [])
    for fine, ill in _LENGTHS:
        texts = [lamp.texts[fine if lamp.is_fine else ill] for lamp in status.health]
        for hours in (status.hours, status.gate or status.hours):
            if _width(hours) + 1 + sum(_width(text) + 1 for text in texts) <= room:
                return hours, texts
            shortest = (hours, texts)
    return shortest


def _width(text: str) -> int:
    return _measured(text, logical=is_logical())


@lru_cache(maxsize=512)
def _measured(text: str, *, logical: bool) -> int:
    del logical  # a part of the key: unshaped text is wider
    # Shaping does not depend on the direction of the line, so the width does not either.
    return measure_row(text, ui_options())


def banner_line(banner: str, width: int) -> Strip:
    """Return the line that says, on every screen, that nothing here is real."""
    return one_row([ui_field(f" {_(banner)}", None)], width, extra="banner")


def notice_lines(notice: str, look: str, bar: str, width: int) -> list[Strip]:
    """Return what just happened, whole, and at the other end of the last line what waits to be taken in.

    What to do next stands at the end of what is said, so a long one takes more lines rather than lose it.
    """
    kept = _width(bar) + 3 if bar else 0
    parts = [notice]
    if notice and _width(notice) > width - kept - 1:
        parts = _broken(notice, max(width - kept - 1, 1))
    if len(parts) > NOTICE_LINES:
        parts = [*parts[: NOTICE_LINES - 1], " ".join(parts[NOTICE_LINES - 1 :])]
    rows = [[ui_field(f" {part}" if part else "", None, look)] for part in parts]
    if bar:
        rows[-1].append(ui_field(f" {bar} ", kept - 1, "bar"))
    return [one_row(fields, width) for fields in rows]


def _broken(text: str, width: int) -> list[str]:
    return parted(text, [line.end for line in wrap(text, width, ui_options())])


def footer_line(keys: Sequence[Key], width: int) -> Strip:
    """Return keys with their words, as many as fit, help always among them."""
    last = [key for key in keys if key.id == "help"]
    room = width - sum(_hint_width(key) for key in last)
    chosen: list[Key] = []
    for key in keys:
        if key in last or _hint_width(key) > room:
            continue
        chosen.append(key)
        room -= _hint_width(key)
    fields = [field for key in [*chosen, *last] for field in _hint(key)]
    return one_row([*fields, ui_field("")], width, gap="")


def _hint(key: Key) -> list[Field]:
    stroke, label = key.shown(), _(key.label)
    return [
        ui_field("", 1),
        key_field(stroke, _width(stroke)),
        ui_field(f" {label} ", _width(f" {label} ")),
    ]


def _hint_width(key: Key) -> int:
    return 1 + _width(key.shown()) + _width(f" {_(key.label)} ")
