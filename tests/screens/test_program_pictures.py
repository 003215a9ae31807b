"""Pictures of the program itself in real terminals: what is seen is what the terminal's cells hold, one by one.

The cells are what tmux, which never reorders, makes of the bytes that the program wrote; the reference is drawn from
them as in `test_pictures`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tests.screens.terminals import ROOT, Terminal, one_by_one, wrong_cells
from tests.screens.test_captures import arabic_names, visual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.screens.display import Picture

SIZE = (120, 32)
TRIES = 20
"""Pictures at most, until one is taken while nothing changes: the practice inbox lives."""

_CONTROLS = re.compile("[\u202d\u202c]")
_STYLE = re.compile(r"\x1b\[[\d;:]*m")
_STYLED = re.compile(r"(\x1b\[[\d;:]*m)|(.)", re.DOTALL)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("everything_is_here")]


@contextmanager
def practice(kind: str, drawing: str, *, tmux: bool) -> Iterator[Terminal]:
    """Open the practice inbox in a terminal; what it writes goes to `log` as well."""
    with tempfile.TemporaryDirectory(prefix="majlis-") as name:
        folder = Path(name) / "x"
        settings = folder / ".config" / "majlis" / "config.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f'drawing = "{drawing}"\n', encoding="utf-8")
        program = [sys.executable, "-m", "majlis", "--language", "ar", "demo"]
        command = program if tmux else ["script", "-qfc", shlex.join(program), str(folder / "log")]
        env = {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder / ".config")}
        with Terminal(kind, *SIZE, folder, multiplexed=tmux, command=command, env=env) as opened:
            yield opened


def held(terminal: Terminal, folder: Path) -> list[str]:
    """Return the rows of cells with their colours, as tmux holds them."""
    if terminal.multiplexed:
        return _captured(terminal.tmux("capture-pane", "-peN"))
    log = terminal.folder / "log"
    size = log.stat().st_size if log.exists() else 0
    server = ["tmux", "-S", str(folder / "replay"), "-f", "/dev/null", "-u"]
    shell = f"stty -echo; head -c {size} {log} | tail -n +2; {' '.join(server)} wait-for -S done; exec sleep 60"
    width, height = map(str, SIZE)
    try:
        started = ["new-session", "-d", "-x", width, "-y", height, shell, ";", "set", "-g", "status", "off"]
        subprocess.run([*server, *started], check=True, capture_output=True)
        subprocess.run([*server, "wait-for", "done"], check=True, capture_output=True, timeout=20)
        done = subprocess.run([*server, "capture-pane", "-peN"], check=True, capture_output=True, text=True)
    finally:
        subprocess.run([*server, "kill-server"], check=False, capture_output=True)
    return _captured(done.stdout)


def _captured(text: str) -> list[str]:
    return _CONTROLS.sub("", text).split("\n")[: SIZE[1]]


def cells(styled: str, style: str) -> tuple[list[str], str]:
    """Cut a row into cells, each with the style that is in force; return them, and the style after the row."""
    found: list[str] = []
    for told, char in _STYLED.findall(styled):
        if told:
            style = told if told == "\x1b[0m" else style + told
        elif width := cell_len(char):
            found += [f"\x1b[0m{style}{char}", *[""] * (width - 1)]
        else:
            found[-1] += char
    return found, style


def still(terminal: Terminal, folder: Path) -> tuple[list[str], Picture]:
    """Take a picture with the cells that it shows: they are the same before and after it."""
    before: list[str] = []
    for _ in range(TRIES):
        picture = terminal.look()
        after = held(terminal, folder)
        if before == after and any(visual("جديدة") in row for row in after):  # Arabic: new, of a message
            return after, picture
        before = after
    raise AssertionError("it never stands still:\n" + "\n".join(before))


@pytest.mark.parametrize(
    ("kind", "plain", "tmux", "drawing"),
    [
        ("xterm", "xterm", False, "auto"),
        ("vte", "plain vte", False, "auto"),
        ("xterm", "xterm", True, "auto"),
        ("vte", "plain vte", True, "pf+lro"),
    ],
)
def test_the_practice_inbox_looks_as_its_cells_say(
    kind: str, plain: str, tmux: bool, drawing: str, tmp_path: Path
) -> None:
    """Every cell of the screen is where it was put; the border is one column; names are in FriBidi's order."""
    with practice(kind, drawing, tmux=tmux) as opened:
        rows, found = still(opened, tmp_path)
    lines, style = [], ""
    for row in rows:
        line, style = cells(row, style)
        lines.append(line)
    with tempfile.TemporaryDirectory(prefix="majlis-") as name, Terminal(plain, *SIZE, Path(name) / "x") as reference:
        assert reference.grid.cell_width > 1
        expected = reference.paint(one_by_one(lines))
        wrong = wrong_cells(reference, found, expected)

    shown = [_STYLE.sub("", "".join(line)) for line in lines]
    borders = {cell_len(row[: row.index("│")]) for row in shown if "│" in row}
    assert wrong == {}, "\n".join(shown)
    assert len(borders) == 1
    assert sum("│" in row for row in shown) > SIZE[1] // 2
    assert [name for name in arabic_names() if visual(name) in "\n".join(shown)]
