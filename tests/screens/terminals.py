"""Real terminals on a screen of our own: xterm and VTE, each alone or with tmux inside."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.screens.display import PATIENCE_S, Display

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.screens.display import Grid, Picture

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SYSTEM_PYTHON = "/usr/bin/python3"
"""Has the bindings of VTE where Debian's packages are installed; the tests' own Python need not."""
FONT = "DejaVu Sans Mono"
CELL, MARGIN = (9, 19), 16
"""Pixels of a cell in this font at 11 points, and what a window has around them, both at most."""

_NEGATIVE, _POSITIVE = b"\x1b[?5h", b"\x1b[?5l"
"""Exchange ink and paper, and back."""

_INHERITED = frozenset({"PATH", "PYTHONPATH"})
_IMPORTS = "import gi; gi.require_version('Vte', '2.91'); from gi.repository import Vte"


@cache
def missing() -> str:
    """Return what a test of real terminals lacks here; empty when it has everything."""
    lacking = [name for name in ("Xvfb", "xterm", "tmux", "fribidi", "script") if shutil.which(name) is None]
    fonts = subprocess.run(["fc-list", FONT], capture_output=True, check=False) if shutil.which("fc-list") else None
    if fonts is None or not fonts.stdout:
        lacking.append(f"the font {FONT}")
    has_vte = (
        Path(SYSTEM_PYTHON).exists()
        and not subprocess.run([SYSTEM_PYTHON, "-c", _IMPORTS], capture_output=True, check=False).returncode
    )
    return ", ".join(lacking if has_vte else [*lacking, "VTE for the system's Python (gir1.2-vte-2.91, python3-gi)"])


def window(kind: str, columns: int, rows: int) -> list[str]:
    """Return the command of a terminal's window, to be followed by the command in it.

    Args:
        kind: `xterm`; `vte`; `plain vte`, which does nothing about direction or joining, whatever it is told.
        columns: Its width.
        rows: Its height.
    """
    if kind == "xterm":
        look = [
            "-tn",
            "xterm-256color",
            "-fa",
            FONT,
            "-fs",
            "11",
            "-b",
            "2",
            "+sb",
            "-bw",
            "0",
            "-bg",
            "black",
            "-fg",
            "white",
            "-bc",
        ]
        return ["xterm", *look, "-geometry", f"{columns}x{rows}+0+0", "-e"]
    mode = "plain" if kind == "plain vte" else "bidi"
    return [SYSTEM_PYTHON, str(HERE / "vte_window.py"), str(columns), str(rows), mode]


class Terminal:
    """A terminal with something in it, on a screen of its own; `with` starts and ends it."""

    def __init__(
        self,
        kind: str,
        columns: int,
        rows: int,
        folder: Path,
        *,
        tmux: Sequence[str] = (),
        multiplexed: bool = False,
        command: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Say what to start.

        Args:
            kind: As `window` takes it.
            columns: Of the terminal.
            rows: Of the terminal.
            folder: An empty one, for sockets and the frame buffer; its path must be short.
            tmux: Options to set in tmux.
            multiplexed: Whether tmux runs between terminal and command.
            command: What runs in it; without it, the painter.
            env: More of the environment for it.
        """
        self.columns, self.rows = columns, rows
        self.folder = folder
        self._window = window(kind, columns, rows)
        self._options = tmux
        self.multiplexed = multiplexed
        self._command = list(command)
        self._env = {"HOME": str(folder), "LANG": "C.UTF-8", "NO_AT_BRIDGE": "1", **(env or {})}
        self._grid: Grid | None = None
        self._line: socket.socket | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder.mkdir(exist_ok=True)
            size = (self.columns * CELL[0] + MARGIN, self.rows * CELL[1] + MARGIN)
            self.display = Display(stack, self.folder, *size)
            listening = stack.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(str(self.folder / "paint"))
            listening.listen()
            listening.settimeout(PATIENCE_S)
            painter = [sys.executable, "-I", str(HERE / "painter.py"), str(self.folder / "paint")]
            command = self._command or painter
            if self.multiplexed:
                command = self._in_tmux(stack, command)
            named = ["sh", "-c", 'tty > "$0"; exec "$@"', str(self.folder / "outside")]
            env = {name: text for name, text in os.environ.items() if name in _INHERITED}
            process = stack.enter_context(
                subprocess.Popen(
                    [*self._window, *named, *command],
                    env={**env, **self._env, "DISPLAY": self.display.name},
                    cwd=self.folder,
                    stderr=subprocess.DEVNULL,
                )
            )
            stack.callback(process.terminate)
            if not self._command:
                self._line, _ = listening.accept()
                self._line.settimeout(PATIENCE_S)
                stack.callback(self._line.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _in_tmux(self, stack: ExitStack, command: list[str]) -> list[str]:
        server = ["tmux", "-S", str(self.folder / "tmux"), "-u"]
        conf = self.folder / "tmux.conf"
        options = ("status off", "default-terminal tmux-256color", "escape-time 0", *self._options)
        conf.write_text("".join(f"set -g {option}\n" for option in options), encoding="utf-8")
        stack.callback(subprocess.run, [*server, "kill-server"], check=False, capture_output=True)
        return [*server, "-f", str(conf), "new-session", *command]

    def tmux(self, *words: str) -> str:
        """Give the tmux inside a command; return what it answers."""
        server = ["tmux", "-S", str(self.folder / "tmux"), "-u"]
        return subprocess.run([*server, *words], check=True, capture_output=True, text=True).stdout

    def paint(self, data: str) -> Picture:
        """Write to the terminal; return the picture when it stands still."""
        self._send(data.encode())
        return self.look()

    def look(self) -> Picture:
        """Return the picture when it stands still."""
        self._outside()
        self.display.still()
        self._repaint()
        return self.display.still()

    def _send(self, data: bytes) -> None:
        assert self._line is not None, "something else runs in it"
        self._line.sendall(struct.pack(">I", len(data)) + data)
        assert self._line.recv(1) == b"+", "the painter has gone"

    def _repaint(self) -> None:
        """Make the terminal draw all of its cells anew, line by line, from its own memory.

        The ink of a letter may reach into the next cell, so what was drawn last would be seen.
        """
        Path(self._outside()).write_bytes(_NEGATIVE + _POSITIVE)

    def _outside(self) -> str:
        """Return the device of the terminal itself, whatever runs between it and the painter."""
        told = self.folder / "outside"
        end = time.monotonic() + PATIENCE_S
        while not (told.exists() and (device := told.read_text(encoding="ascii").strip())):
            assert time.monotonic() < end, "the terminal does not start"
            time.sleep(0.02)
        return device

    @property
    def grid(self) -> Grid:
        """Where its cells are; measured once, which clears the screen."""
        if self._grid is None:
            block = "\N{FULL BLOCK}"
            picture = self.paint(f"\x1b[?25l\x1b[H\x1b[2J{block}\x1b[{self.rows};{self.columns}H{block}\x1b[H")
            self._grid = picture.grid(self.columns, self.rows)
            self.paint("\x1b[H\x1b[2J")
        return self._grid


def at(line: int, column: int) -> str:
    """Return the sequence that moves the cursor, both from 0."""
    return f"\x1b[{line + 1};{column + 1}H"


def one_by_one(lines: Sequence[Sequence[str]]) -> str:
    """Return what draws cells one at a time, so that no run of them can form; empty ones belong to a wide one."""
    cells = ((y, x, cell) for y, line in enumerate(lines) for x, cell in enumerate(line) if cell)
    return "\x1b[H\x1b[2J" + "".join(f"{at(y, x)}{cell}" for y, x, cell in cells)


def wrong_cells(terminal: Terminal, found: Picture, expected: Picture) -> dict[int, list[int]]:
    """Return the columns that look different, by line."""
    grid, columns = terminal.grid, range(terminal.columns)
    wrong = {y: [x for x in columns if not found.looks_like(expected, grid, y, x)] for y in range(terminal.rows)}
    return {y: columns_of for y, columns_of in wrong.items() if columns_of}
