"""Take the pictures that the tests compare, to look at them: `python -m tests.screens.take FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.screens.expected import CASES
from tests.screens.terminals import one_by_one
from tests.screens.test_pictures import WIDTH, drawn, terminal
from tests.screens.test_program_pictures import practice, still
from tui.arabic.terminal import Drawing

FITTING = (
    ("xterm", False, Drawing.PF),
    ("vte", False, Drawing.PF),
    ("xterm", True, Drawing.PF),
    ("vte", True, Drawing.PF_LRO),
)
"""Kind, whether tmux runs in it, and the drawing that fits."""


def take(folder: Path) -> None:
    """Write a picture of the cases and one of the practice inbox for each terminal, and the references."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("xterm", "plain vte"):
        with terminal(kind) as opened:
            lines = [["│", *case.cells(WIDTH), "│"] for case in CASES]
            opened.paint(one_by_one(lines)).write_png(folder / f"expected-{kind.replace(' ', '-')}.png")
    for kind, tmux, drawing in FITTING:
        name = f"{kind}{'-tmux' if tmux else ''}-{drawing.value}"
        with terminal(kind, tmux=tmux) as opened:
            opened.paint(drawn(drawing)).write_png(folder / f"cases-{name}.png")
        with practice(kind, drawing.value, tmux=tmux) as running, tempfile.TemporaryDirectory() as replay:
            _rows, picture = still(running, Path(replay))
            picture.write_png(folder / f"practice-{name}.png")


if __name__ == "__main__":
    take(Path(sys.argv[1]))
