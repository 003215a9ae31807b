"""A program in tmux: keys go in, the screen comes out as the terminal holds it."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


_OURS = frozenset({"TMUX", "TMUX_PANE", "COLUMNS", "LINES"})
"""What the test's own terminal says of itself."""


@dataclass
class Tmux:
    """One tmux server of its own with one window; `with` starts and ends it."""

    command: Sequence[str]
    columns: int
    rows: int
    folder: Path
    """For its socket; the program's working directory too."""
    env: Mapping[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        environment = " ".join(f"{name}={shlex.quote(text)}" for name, text in self.env.items())
        shell = f"env {environment} {shlex.join(self.command)}; echo EXIT=$?; exec sleep 600"
        size = ("-x", str(self.columns), "-y", str(self.rows))
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(self.folder), "sh", "-c", shell)
        self._tmux("set-option", "-g", "status", "off")
        return self

    def __exit__(self, *error: object) -> None:
        subprocess.run([*self._server(), "kill-server"], check=False, capture_output=True)

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names: `j`, `Enter`, `Escape`, `C-d`."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-l", text)

    def screen(self, *, styled: bool = False) -> list[str]:
        """Return the rows, blanks at their ends kept."""
        options = ("-N", "-e") if styled else ("-N",)
        text = self._tmux("capture-pane", "-p", *options)
        return text.split("\n")[: self.rows]

    def widths(self) -> list[int]:
        """Return each row's width in cells."""
        return [cell_len(row) for row in self.screen()]

    def wait(self, holds: str | Callable[[list[str]], bool], *, seconds: float = 20) -> list[str]:
        """Look until a text, or a condition, is on the screen; return the screen.

        Raises:
            AssertionError: It did not come; the message is the screen.
        """
        until = time.monotonic() + seconds
        while True:
            rows = self.screen()
            if (holds in "\n".join(rows)) if isinstance(holds, str) else holds(rows):
                return rows
            if time.monotonic() > until:
                raise AssertionError(f"not seen in {seconds} s: {holds!r}\n" + "\n".join(rows))
            time.sleep(0.05)

    def settled(self, *, seconds: float = 10) -> list[str]:
        """Wait until the screen has stood still for a moment; return it."""
        until = time.monotonic() + seconds
        before = self.screen()
        while time.monotonic() < until:
            time.sleep(0.25)
            now = self.screen()
            if now == before:
                return now
            before = now
        return before

    def pid(self) -> int:
        """Return the process id of the pane's shell."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def _server(self) -> list[str]:
        return ["tmux", "-S", str(self.folder / "tmux.sock"), "-u"]

    def _tmux(self, *words: str) -> str:
        clean = {
            name: text for name, text in os.environ.items() if name not in {"TMUX", "TMUX_PANE", "COLUMNS", "LINES"}
        }
        done = subprocess.run([*self._server(), *words], check=True, capture_output=True, text=True, env=clean)
        return done.stdout
