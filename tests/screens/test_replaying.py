"""A scenario before a terminal: hands type, colleagues act, and whoever watches can take part and leave."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.screens.tmux import Tmux

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


@pytest.mark.slow
def test_a_scenario_plays_on_the_screen_faster_than_time(tmp_path: Path) -> None:
    """Its keys are pressed in the real program, its colleague answers instead, and the way out is the usual one."""
    scenario = ROOT / "tests" / "day" / "take_over.jsonl"
    command = [sys.executable, "-m", "majlis", "replay", str(scenario), "--speed", "20", "--until", "+00:00:50"]
    env = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    with Tmux(command, 80, 24, tmp_path, env) as terminal:
        terminal.wait("nothing here is real")
        terminal.wait("Reply, from the right")
        terminal.wait("Nobody waits for an answer", seconds=40)
        terminal.keys("q")
        terminal.wait("Leave?")
        terminal.keys("y")
        terminal.wait("EXIT=0")
