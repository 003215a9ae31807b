"""What the command line prints: text laid out for a terminal, plain logical text for a pipe, JSON for a program.

Nothing hostile leaves here as it came: control characters and bidi controls are shown as signs, and escaped in JSON.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, TextIO

from tui import language
from tui.arabic.columns import Field, compose, line, measure_row
from tui.arabic.layout import Options, wrap
from tui.language import say

if TYPE_CHECKING:
    from majlis.errors import MajlisError

NARROW, WIDE = 40, 120
"""Columns between which text is set; longer lines read badly."""
PIPE_WIDTH = 100
"""Columns for a reader that has no width."""

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON allows and a terminal may obey, or UTF-8 cannot carry; C0 is escaped anyway."""


def json_line(value: object, *, ascii_only: bool = False) -> str:
    """Return a value as one line of JSON that no terminal can obey; a reader gets the same value back."""
    text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, default=_plain)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def bare(text: str) -> str:
    """Return a sentence of ours without the isolates that keep its parts apart on a screen: a program needs none."""
    return _ISOLATES.sub("", text)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else str(value)


_ISOLATES = re.compile("[\u2066-\u2069]")


@dataclass(slots=True, kw_only=True)
class Printer:
    """Where answers and errors go."""

    out: TextIO
    err: TextIO
    json: bool = False
    """Whether the reader is a program."""

    @property
    def is_terminal(self) -> bool:
        """Whether answers go to a screen."""
        return self.out.isatty()

    @property
    def width(self) -> int:
        """Columns for text that is broken into lines."""
        return min(max(shutil.get_terminal_size().columns, NARROW), WIDE) if self.is_terminal else PIPE_WIDTH

    def _options(self) -> Options:
        # A pipe's reader gets the text in the order in which it is read.
        return Options() if self.is_terminal else Options(logical=True, emoji=False)

    def line(self, text: str = "") -> None:
        """Print one line, however long; a newline in it is shown as a sign."""
        print(line(text, options=self._options()), file=self.out)

    def paragraph(self, text: str, indent: int = 0) -> None:
        """Print a text of any length, broken into lines."""
        for row in wrap(text, self.width - indent, self._options()):
            print(f"{' ' * indent}{row.text if self.is_terminal else row.text.strip()}".rstrip(), file=self.out)

    def value(self, value: object) -> None:
        """Print one JSON object on one line."""
        utf8 = (self.out.encoding or "utf-8").replace("-", "").lower() == "utf8"
        print(json_line(value, ascii_only=not utf8), file=self.out)

    def rows(self, rows: Iterable[tuple[str, str]], indent: int = 2) -> None:
        """Print terms and what they mean, in two columns; an Arabic page begins at the right."""
        pairs = list(rows)
        from_right = language.from_right() and self.is_terminal
        term = min(max((measure_row(left) for left, _ in pairs), default=0), self.width // 2)
        rest = self.width - term - indent - 2
        for left, right in pairs:
            for n, row in enumerate(wrap(right, rest, self._options())):
                first = left if n == 0 else ""
                if first and measure_row(left) > term:
                    self.line(" " * indent + left)
                    first = ""
                self._columns([(first, term), (right[row.start : row.end], rest)], indent, from_right=from_right)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Print cells in columns: aligned on a terminal, parted by tabs in a pipe."""
        if not self.is_terminal:
            for cells in rows:
                print("\t".join(line(cell, options=self._options()) for cell in cells), file=self.out)
            return
        widths = [max(measure_row(cell) for cell in column) for column in zip(*rows, strict=True)]
        for cells in rows:
            self._columns(list(zip(cells, widths, strict=True)), 0, from_right=language.from_right())

    def _columns(self, cells: Sequence[tuple[str, int]], indent: int, *, from_right: bool) -> None:
        fields = [
            Field(text=text, width=width, align="right" if from_right else "left", options=self._options())
            for text, width in cells
        ]
        total = sum(field.width or 0 for field in fields) + 2 * (len(fields) - 1)
        laid = compose(fields, total, gap="  ", from_right=from_right)
        before = max(self.width - total - indent, 0) if from_right else indent
        print(f"{' ' * before}{laid}".rstrip(), file=self.out)

    def problem(self, error: MajlisError, more: Sequence[str] = (), facts: Mapping[str, Any] | None = None) -> None:
        """Print an error where errors go: what happened, what is safe, what to do next."""
        parts = [say(template, error.facts) for template in error.templates]
        if self.json:
            body = {
                "error": type(error).__name__,
                "exit_code": error.exit_code,
                "said": [bare(part) for part in parts],
                "facts": error.facts,
                **(facts or {}),
            }
            print(json_line(body, ascii_only=True), file=self.err)
            return
        options = Options() if self.err.isatty() else Options(logical=True, emoji=False)
        for text in [f"majlis: {parts[0]}", *more, *parts[1:]]:
            print(line(text, options=options), file=self.err)
