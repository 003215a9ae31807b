"""What the command line prints: text laid out for a terminal, plain logical text for a pipe, JSON for a program.

Nothing hostile leaves here as it came: control characters and bidi controls are shown as signs, and escaped in JSON.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TextIO

from tui import language
from tui.arabic.columns import Field, compose, line, measure_row
from tui.arabic.layout import Options, broken, embed, parted, set_terminal, wrap
from tui.arabic.terminal import Drawing, Profile
from tui.language import bare, say

if TYPE_CHECKING:
    from majlis.errors import MajlisError

NARROW, WIDE = 40, 120
"""Columns between which text is set; longer lines read badly."""
PIPE_WIDTH = 100
"""Columns for a reader that has no width."""

_DRAWN = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
"""Arabic that was laid out before: a row of the screen, as a check of a scenario quotes it."""
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON allows and a terminal may obey, or UTF-8 cannot carry; C0 is escaped anyway."""

_UNSAFE_IN_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_line(value: object, *, ascii_only: bool = False) -> str:
    """Return a value as one line of JSON that no terminal can obey; a reader gets the same value back."""
    text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, default=_plain)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(slots=True, kw_only=True)
class Printer:
    """Where answers and errors go."""

    out: TextIO
    err: TextIO
    json: bool = False
    """Whether the reader is a program."""
    profile: Profile = field(default_factory=Profile)
    """How Arabic reaches this terminal, if it is one."""

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

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell the terminal to leave our lines in their order, and give it back as it was."""
        if not self.is_terminal or self.json:
            yield
            return
        logical, emoji = set_terminal(logical=self.profile.drawing is Drawing.LOGICAL)
        self.out.write(self.profile.start)
        try:
            yield
        finally:
            self.out.write(self.profile.stop)
            self.out.flush()
            set_terminal(logical=logical, emoji=emoji)

    def _print(self, text: str) -> None:
        print(self.profile.sent(text) if self.is_terminal else text, file=self.out)

    def line(self, text: str = "") -> None:
        """Print one line, however long; a newline in it is shown as a sign."""
        self._print(line(text, options=self._options()))

    def row(self, text: str) -> None:
        """Print a text as one row; on a terminal what does not fit is cut off."""
        width = None if not self.is_terminal or measure_row(text) <= self.width else self.width
        self._print(line(text, width, self._options()).rstrip())

    def paragraph(self, text: str, indent: int = 0) -> None:
        """Print a text of any length, broken into lines; a pipe's reader gets its paragraphs whole."""
        if self.is_terminal:
            rows = [row.text.rstrip() for row in wrap(text, self.width - indent, self._options())]
        else:
            rows = [row.text.strip() for row in broken(text, (), self._options())]
        for row in rows:
            self._print(f"{' ' * indent}{row}".rstrip())

    def progress(self, text: str = "") -> None:
        """Show how far something is, in place of what was shown before; only where a person watches."""
        if self.json or not self.err.isatty():
            return
        shown = line(text, self.width, Options()).rstrip() if text else ""
        self.err.write(f"\r\x1b[K{self.profile.sent(shown)}")
        self.err.flush()

    def value(self, value: object) -> None:
        """Print one JSON object on one line."""
        utf8 = (self.out.encoding or "utf-8").replace("-", "").lower() == "utf8"
        print(json_line(value, ascii_only=not utf8), file=self.out)

    def rows(self, rows: Iterable[tuple[str, str]], indent: int = 2) -> None:
        """Print terms and what they mean, in two columns; an Arabic page begins at the right."""
        pairs = [(bare(left), right) for left, right in rows]
        from_right = language.from_right() and self.is_terminal
        options = self._options()
        term = min(max((measure_row(left, options) for left, _ in pairs), default=0), self.width // 2)
        rest = self.width - term - indent - 2
        for left, right in pairs:
            # Each line is laid out for itself; what hangs over its end has no column.
            parts = parted(right, [row.end for row in wrap(right, rest, options)])
            for n, part in enumerate(parts):
                first = left if n == 0 else ""
                if first and measure_row(left, options) > term:
                    self.line(" " * indent + left)
                    first = ""
                self._columns([(first, term), (part, rest)], indent, from_right=from_right)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Print cells in columns: aligned on a terminal, parted by tabs in a pipe."""
        if not self.is_terminal:
            for cells in rows:
                self._print("\t".join(line(cell, options=self._options()) for cell in cells))
            return
        widths = [max(measure_row(cell) for cell in column) for column in zip(*rows, strict=True)]
        for cells in rows:
            self._columns(list(zip(cells, widths, strict=True)), 0, from_right=language.from_right())

    def beside(self, heads: tuple[str, str], rows: Iterable[tuple[str, str, bool]]) -> None:
        """Print two texts side by side, row by row; a sign stands between rows that differ.

        Args:
            heads: What stands left, and what right.
            rows: Left, right, and whether they are the same.
        """
        half = (self.width - 5) // 2
        for left, right, is_same in ((*heads, True), *rows):
            sign = " " if is_same else "≠"
            if not self.is_terminal:
                self._print("\t".join(line(each, options=self._options()) for each in (left, sign, right)))
                continue
            pairs = zip_longest(self._broken(left, half), self._broken(right, half), fillvalue="")
            for n, (first, second) in enumerate(pairs):
                cells = self._half(first, half), sign if n == 0 else " ", self._half(second, half)
                self._print("  ".join(cells).rstrip())

    def _half(self, text: str, width: int) -> str:
        """Return a text in a column of its own; what was laid out before is not turned round a second time."""
        if _DRAWN.search(text):
            shown = _UNSAFE_IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
            return shown + " " * max(width - measure_row(shown), 0)
        options = replace(self._options(), default_base="ltr")
        return compose([Field(text=text, width=width, align="left", options=options)], width)

    def _broken(self, text: str, width: int) -> list[str]:
        if _DRAWN.search(text):
            return [text[at : at + width] for at in range(0, len(text), width)]
        return [text[row.start : row.end].rstrip() for row in wrap(text, width, self._options())] or [""]

    def _columns(self, cells: Sequence[tuple[str, int]], indent: int, *, from_right: bool) -> None:
        # Figures and bars have no direction of their own; in a table they have that of the page.
        options = replace(self._options(), default_base="rtl" if from_right else "ltr")
        fields = [
            Field(text=text, width=width, align="right" if from_right else "left", options=options)
            for text, width in cells
        ]
        total = sum(field.width or 0 for field in fields) + 2 * (len(fields) - 1)
        laid = compose(fields, total, gap="  ", from_right=from_right)
        before = max(self.width - total - indent, 0) if from_right else indent
        self._print(f"{' ' * before}{laid}".rstrip())

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
        aside = replace(self, out=self.err)
        with aside.told():
            # Isolated, the name of the program gives no direction to the sentence behind it.
            for text in [f"{embed('majlis')}: {parts[0]}", *more, *parts[1:]]:
                aside.paragraph(text)
