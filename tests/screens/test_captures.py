"""What a terminal holds while the practice inbox runs: every row as wide as the screen, Arabic in visual order."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from connectors.scenario import built_in_day
from tests.screens.tmux import Tmux

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DAY = ROOT / "connectors" / "scenario" / "day.jsonl"
EMOJI = 0x1F000
ANSWER = "شكرا لتواصلكم معنا"

FILLER = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""FriBidi puts it where a ligature has swallowed a letter."""

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
    pytest.mark.skipif(shutil.which("fribidi") is None, reason="needs the fribidi command"),
]


def visual(text: str, *, base: str = "--wrtl") -> str:
    """Return a line as FriBidi orders and shapes it."""
    command = ["fribidi", base, "--nobreak", "--nopad", "--clean"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\n").replace(FILLER, "")


def arabic_names() -> set[str]:
    """Return the names of people in the built-in day that hold nothing but Arabic letters and blanks."""
    rows = (json.loads(line) for line in DAY.read_text("utf-8").splitlines())
    names = {(row.get("author") or {}).get("name", "") for row in rows}
    return {name for name in names if name and all(char == " " or "\u0621" <= char <= "\u064a" for char in name)}


@pytest.fixture(params=[("ar", 80, 24), ("en", 80, 24), ("ar", 120, 40), ("en", 120, 40)], ids=str)
def practice(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmux]:
    """The practice inbox in tmux, with its queue on the screen."""
    language, columns, rows = request.param
    command = [sys.executable, "-m", "majlis", "--language", language, "demo"]
    env = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    with Tmux(command, columns, rows, tmp_path, env) as terminal:
        terminal.wait(lambda screen: len(with_state(screen)) > rows // 2, seconds=30)
        yield terminal


def with_state(screen: list[str]) -> list[str]:
    """Return the rows of messages: those that hold the word for a new one."""
    words = (visual("جديدة") + " *", "* new")
    return [row for row in screen if any(word in row for word in words)]


def assert_full(terminal: Tmux) -> list[str]:
    """Check that the rows fill the screen; return it.

    A terminal leaves out blanks that nothing was ever written to, so a row may end early, but only in blanks.
    """
    screen = terminal.settled()
    assert len(screen) == terminal.rows
    assert all(width <= terminal.columns for width in terminal.widths()), "\n".join(screen)
    return screen


@pytest.mark.slow
def test_the_practice_inbox_reads_right_from_end_to_end(practice: Tmux) -> None:
    """Queue, thread, composer, review and help: columns stand, Arabic is in fribidi's order, the banner stays."""
    queue = assert_full(practice)
    rows = with_state(queue)
    assert any(ord(char) > EMOJI for row in rows for char in row), "no emoji among\n" + "\n".join(queue)
    # On a wide screen a border stands between list and thread, on a narrow one the column of signs at the edge.
    borders = {cell_len(row.split("│")[0]) for row in queue if "│" in row}
    edges = borders or {cell_len(row[: sign_of(row)]) for row in rows}
    assert len(edges) == 1, "text shifts what stands beside it\n" + "\n".join(queue)
    assert [name for name in arabic_names() if visual(name) in "\n".join(queue)], "\n".join(queue)
    screens = [queue]

    practice.keys("Enter")
    screens.append(assert_full(practice))
    practice.keys("r")
    practice.settled()
    practice.type(ANSWER)
    practice.wait(visual(ANSWER))
    screens.append(assert_full(practice))
    practice.keys("Escape")
    screens.append(assert_full(practice))
    assert visual(ANSWER) in "\n".join(screens[-1]), "\n".join(screens[-1])
    practice.keys("p")
    practice.settled()
    practice.keys("?")
    screens.append(assert_full(practice))

    assert len({"\n".join(screen[1:]) for screen in screens}) == len(screens), "a key did nothing"
    assert len({screen[0].strip() for screen in screens}) == 1, "the banner is not on every screen"
    assert screens[0][0].strip()


def sign_of(row: str) -> int:
    """Return where a row's sign for a new message stands: first in English, last in Arabic."""
    return row.find("* new") if "* new" in row else row.rstrip().rfind(" *")


def test_the_day_has_enough_to_practise_on() -> None:
    """At least sixty messages of the public, over three networks."""
    day = built_in_day()
    rows = [json.loads(line) for line in DAY.read_text("utf-8").splitlines()]
    arrivals = [row for row in rows if row.get("do") == "arrive" and not row.get("ours")]

    assert len(arrivals) >= 60
    assert {account.network.value for account in day.header.accounts} == {"facebook", "x", "youtube"}
    assert {row["do"] for row in rows if "do" in row} >= {"arrive", "edit", "delete"}
