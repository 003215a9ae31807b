"""The calibration as a person meets it: asked once in tmux, called from the palette, told by the doctor."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.screens.tmux import Tmux
from tui.arabic.layout import row

ROOT = Path(__file__).resolve().parents[2]
ASKED = "Press the number"
LRO, PDF = "\u202d", "\u202c"

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


def majlis(folder: Path, *argv: str, language: str = "en") -> Tmux:
    """Start the program in a tmux that knows nothing of a terminal around it."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    (folder / "tmux.sock").unlink(missing_ok=True)
    env = {"HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return Tmux([sys.executable, "-m", "majlis", "--language", language, *argv], 80, 24, folder, env)


def test_a_hidden_terminal_is_asked_about_once(tmp_path: Path) -> None:
    """The first start asks, the answer is used at once, kept for the next start, and the doctor knows it."""
    with majlis(tmp_path) as first:
        first.wait(ASKED)
        first.keys("2")
        welcome = "\n".join(first.wait("Welcome"))
        assert LRO in welcome
        assert welcome.count(LRO) == welcome.count(PDF)
    with majlis(tmp_path, language="ar") as second:
        help_word = row("مساعدة", 6).text
        assert LRO in "\n".join(second.wait(lambda screen: help_word in "".join(screen).replace(PDF, "")))
    with majlis(tmp_path, "doctor", "--offline") as third:
        told = " ".join(" ".join(third.wait("EXIT=0")).split())
        assert "well terminal tmux" in told
        assert "Arabic is drawn as pf+lro: you said so in the calibration" in told


def test_the_palette_calibrates_and_the_screen_is_drawn_anew(tmp_path: Path) -> None:
    """Leaving the screen, choosing and coming back: rows carry the controls of the drawing that was chosen."""
    with majlis(tmp_path, "demo") as practice:
        practice.wait(lambda screen: sum("* new" in row for row in screen) > 10, seconds=30)
        assert "words read backwards here" in "\n".join(practice.screen())
        assert LRO not in "\n".join(practice.screen())
        practice.keys(":")
        practice.wait("Commands")
        practice.type("calib")
        practice.wait("say which line")
        practice.keys("Enter")
        practice.wait(ASKED)
        practice.keys("2")
        screen = practice.wait("as you chose")

        arabic = [row for row in screen if "* new" in row and any("\ufe70" <= char <= "\ufefc" for char in row)]
        assert arabic
        assert all(LRO in row for row in arabic)
