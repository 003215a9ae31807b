"""The whole program before a terminal that answers: what it is told, and that it is given back as it was."""

from __future__ import annotations

import signal
import sys
import termios
from typing import TYPE_CHECKING, Any

import pytest

from tests.screens.walk import Walk, queue_position
from tests.tui.arabic.pseudo import Program
from tui.arabic.terminal import START, Profile

if TYPE_CHECKING:
    from pathlib import Path

RUN = """
import os, sys
os.environ["HOME"] = sys.argv[1]
from tui.cli import main
sys.exit(main(["--language", "en", *sys.argv[2:]]))
"""
ASKED_LAST = b"\x1b[c"
EXPLICIT = b"\x1b[8;2$y\x1b[?2501;1$y\x1bP>|mintty 3.6.4\x1b\\\x1b[>77;30604;0c\x1b[?64;1;2c"
TMUX = b"\x1bP>|tmux 3.3a\x1b\\\x1b[>84;0;0c\x1b[?1;2c"
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
LEFT_EXPLICIT = Profile(was_explicit=True, had_autodetect=True).stop.encode()


def majlis(home: Path, *argv: str) -> Program:
    return Program(RUN, [str(home), *argv])


def test_an_explicit_terminal_stays_explicit_through_suspending_and_the_end(tmp_path: Path) -> None:
    """What it answered at the start decides what it is given back to: when suspended, and when a signal ends it."""
    with majlis(tmp_path, "demo") as running:
        running.pane.read_until(ASKED_LAST)
        running.pane.type(EXPLICIT)
        shown = running.pane.read_until(b"PRACTICE")
        running.send(signal.SIGTSTP)
        running.wait_until_stopped()
        suspended = running.pane.seen[shown:]
        assert LEAVE + LEFT_EXPLICIT in suspended
        running.send(signal.SIGCONT)
        running.pane.read_until(START.encode() + ENTER, after=shown)
        running.send(signal.SIGTERM)

        assert running.wait() == 128 + signal.SIGTERM
        seen = running.pane.seen
        assert seen.index(START.encode()) < seen.index(ENTER)
        assert seen.count(LEFT_EXPLICIT) == seen.count(START.encode()) == 2
        assert Profile().stop.encode() not in seen


@pytest.mark.slow
def test_no_answer_is_taken_for_keys(tmp_path: Path) -> None:
    """Answers that come after the budget neither move the cursor nor open a list, in the whole program."""
    program = ["env", f"HOME={tmp_path}", "TERM=xterm-256color", sys.executable, "-c", RUN, str(tmp_path), "demo"]
    at = Walk(program)
    at.until(lambda: queue_position(at.text)[1] > 1, "the queue", 20)

    at.press("\x1b[8;1$y\x1bP>|VTE(7600)\x1b\\\x1b[>65;7600;1c\x1b[?65;1;9cj")
    at.until(lambda: queue_position(at.text)[0] > 1, "the cursor moved by the key", 20)

    assert queue_position(at.text)[0] == 2
    at.press("q")
    at.until(lambda: "Leave?" in at.text, "the question", 20)
    at.press("y")
    at.until(at.ended, "the end", 20)
    assert at.code == 0


def test_a_signal_during_the_first_question_gives_the_terminal_back(tmp_path: Path) -> None:
    """The calibration before the first screen dies of SIGTERM with modes and line as they were."""
    with majlis(tmp_path) as running:
        before: list[Any] = termios.tcgetattr(running.pane.master)
        running.pane.read_until(ASKED_LAST)
        running.pane.type(TMUX)
        running.pane.read_until(b"Press the number")
        assert termios.tcgetattr(running.pane.master) != before
        running.send(signal.SIGTERM)

        assert running.wait() == -signal.SIGTERM
        assert termios.tcgetattr(running.pane.master) == before
        assert running.pane.seen.endswith(Profile().stop.encode())


@pytest.mark.slow
def test_a_signal_during_the_calibration_ends_the_program_in_good_order(tmp_path: Path) -> None:
    """Called from the palette, it gives way: screen and modes are restored, the exit code names the signal."""
    with majlis(tmp_path, "demo") as running:
        running.pane.read_until(ASKED_LAST)
        running.pane.type(TMUX)
        running.pane.read_until(b"PRACTICE")
        running.pane.type(b":")
        running.pane.read_until(b"Commands")
        running.pane.type(b"calibr")
        running.pane.read_until(b"say which")
        running.pane.type(b"\r")
        running.pane.read_until(b"Press the number")
        running.send(signal.SIGTERM)

        assert running.wait() == 128 + signal.SIGTERM
        seen = running.pane.seen
        assert seen.count(ENTER) == seen.count(LEAVE)
        assert seen.rfind(Profile().stop.encode()) > seen.rfind(LEAVE)
