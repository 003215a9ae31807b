"""A scenario to learn by before a terminal: the goal, the inbox, and what came of it, also for whoever leaves early."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.screens.tmux import Tmux

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"), pytest.mark.slow]


def trained(folder: Path, *options: str) -> Tmux:
    """Open the first day in a terminal of the usual size."""
    command = [sys.executable, "-m", "majlis", "train", "first-day", *options]
    return Tmux(command, 80, 24, folder, {"HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"})


def test_its_goal_comes_first_and_its_debrief_when_time_is_over(tmp_path: Path) -> None:
    """Time stands still until the goal was read."""
    with trained(tmp_path, "--speed", "60") as terminal:
        terminal.wait("TRAINING: nothing here is real")
        terminal.wait("Seven messages come in ten minutes")
        terminal.keys("Escape")
        terminal.wait("What came of it", seconds=40)
        terminal.wait("Answered inside the time owed: 0 of 5.")
        terminal.keys("Escape")
        terminal.wait("What came of “First day”:")
        terminal.wait("EXIT=0")


def test_who_leaves_early_is_told_what_came_of_it(tmp_path: Path) -> None:
    """Only messages that had come count."""
    with trained(tmp_path) as terminal:
        terminal.wait("Esc begins it")
        terminal.keys("Escape")
        terminal.wait("? help")
        terminal.keys("q")
        terminal.wait("Leave?")
        terminal.keys("y")
        terminal.wait("Times a rule had to stop a text: 0.")
        terminal.wait("EXIT=0")


def test_the_welcome_leads_to_a_scenario_and_its_debrief(tmp_path: Path) -> None:
    """Without a word of the command line: what came of it is on the terminal afterwards."""
    command = [sys.executable, "-m", "majlis", "--language", "en"]
    env = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    with Tmux(command, 80, 24, tmp_path, env) as terminal:
        terminal.wait("Press the number")  # how this terminal draws Arabic
        terminal.keys("1")
        terminal.wait("Learn by scenarios")
        terminal.keys("2")
        terminal.wait("First day")
        terminal.keys("1")
        terminal.wait("TRAINING: nothing here is real")
        terminal.wait("Esc begin")
        terminal.keys("Escape")
        terminal.wait("? help")
        terminal.keys("q")
        terminal.wait("Leave?")
        terminal.keys("y")
        terminal.wait("What came of “First day”:")
        terminal.wait("EXIT=0")
