"""Take the picture of the README: the practice inbox in Arabic, in a real terminal on a screen of its own.

Run: `python -m tests.screens.picture docs/queue.png`; it needs Xvfb, xterm and ImageMagick's import.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack

DISPLAY = ":97"
COLUMNS, ROWS = 100, 28
CELL = (9, 19)
"""Pixels of a cell in this font and size."""
BORDER = 8
DRAWN_S = 8.0
"""Until the day has begun to arrive; nobody is there to see when."""


def picture(path: str) -> None:
    """Write the screen of the practice inbox, with the third message chosen."""
    width, height = COLUMNS * CELL[0] + 2 * BORDER, ROWS * CELL[1] + 2 * BORDER
    terminal = ["xterm", "-fa", "DejaVu Sans Mono", "-fs", "11", "-geometry", f"{COLUMNS}x{ROWS}+0+0"]
    colours = ["-bg", "#1c1f24", "-fg", "#d8dee9", "-b", str(BORDER), "+sb"]
    program = ["-e", sys.executable, "-m", "majlis", "demo", "--language", "ar", "--speed", "20"]
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        screen = ["Xvfb", DISPLAY, "-screen", "0", f"{width}x{height}x24"]
        env = {"DISPLAY": DISPLAY, "HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        _started(stack, screen, env)
        time.sleep(1)
        _started(stack, [*terminal, *colours, *program], env)
        time.sleep(DRAWN_S)
        subprocess.run(["import", "-display", DISPLAY, "-window", "root", path], check=True, env=env)


def _started(stack: ExitStack, command: list[str], env: dict[str, str]) -> None:
    process = stack.enter_context(subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL))
    stack.callback(process.terminate)


if __name__ == "__main__":
    picture(sys.argv[1])
