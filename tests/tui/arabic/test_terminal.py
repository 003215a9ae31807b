import re
import signal
import termios
from typing import Any

import pytest

from tests.tui.arabic.pseudo import Program, line
from tui.arabic.layout import row
from tui.arabic.terminal import START, Drawing, Guard, Profile, installed

RESTORE = b"\x1b[8h\x1b[0 k\x1b[?2501l\x1b[?2500l\x1b[?1243h"

APP = """
import sys
from textual.app import App
from textual.widgets import Input
from tui.arabic.driver import driver_for
from tui.arabic.terminal import Drawing, Profile, installed

class Small(App):
    def compose(self):
        yield Input(placeholder="-ready")

    def on_mount(self):
        self.query_one(Input).focus()

    def on_input_submitted(self, event):
        if event.value == "fail":
            raise RuntimeError("on purpose")
        self.exit(event.value)

drawing, late = Drawing(sys.argv[1]), sys.argv[2] == "late"
with installed(Profile(drawing=drawing, replies_due=late)) as guard:
    app = Small(driver_class=driver_for(guard))
    print("result", app.run(mouse=False), file=sys.__stdout__)
"""


def program(drawing: str = "pf", late: str = "") -> Program:
    return Program(APP, [drawing, late])


def test_the_sequences_are_those_of_the_proposal() -> None:
    """Explicit, left to right, no autodetection, no mirroring, no arrow swap; and back."""
    assert Profile().start == START == "\x1b[8l\x1b[1 k\x1b[?2501l\x1b[?2500l\x1b[?1243l"
    assert Profile().stop.encode() == RESTORE


def test_a_terminal_is_left_as_it_was() -> None:
    """One that was explicit stays so; one that detected directions does so again."""
    assert Profile(was_explicit=True).stop.startswith("\x1b[8l\x1b[0 k")
    assert "\x1b[?2501h" in Profile(had_autodetect=True).stop


def test_a_terminal_that_does_the_work_is_not_touched() -> None:
    """The logical drawing sends no mode at all."""
    assert (Profile(drawing=Drawing.LOGICAL).start, Profile(drawing=Drawing.LOGICAL).stop) == ("", "")


def test_overrides_enclose_arabic_runs_only() -> None:
    """In `pf+lro` each run of Arabic is between LRO and PDF, and nothing else changes."""
    profile = Profile(drawing=Drawing.PF_LRO)
    text = f"\x1b[31m│{row('مرحبا (abc) لا', 20).text}│\x1b[0m"
    sent = profile.sent(text)

    assert re.sub("[\u202d\u202c]", "", sent) == text
    runs = re.findall("\u202d([^\u202c]*)\u202c", sent)
    assert len(runs) == sent.count("\u202d") == sent.count("\u202c") == 2
    assert all("\ufe70" <= ch <= "\ufefc" for run in runs for ch in run)


def test_the_plain_drawing_sends_no_overrides() -> None:
    """In `pf` and `logical` the bytes are those of the screen."""
    text = row("مرحبا abc", 20).text

    assert Profile().sent(text) == text
    assert Profile(drawing=Drawing.LOGICAL).sent(text) == text


def test_the_guard_undoes_once() -> None:
    """What is started is stopped exactly once, whoever comes first."""
    with line() as (pane, slave):
        guard = Guard(Profile(), output=slave, keyboard=slave)

        guard.restore()
        started = guard.starting()
        guard.restore()
        guard.restore()
        guard.abandon()

        assert started == START
        assert pane.drain() == RESTORE


def test_the_drawing_can_change_while_the_screen_is_left() -> None:
    """The next start is that of the new profile, and so is every layout; with the screen there it is refused."""
    with line() as (_, slave):
        with installed(Profile(drawing=Drawing.LOGICAL), output=slave, keyboard=slave) as guard:
            guard.starting()
            assert row("سلام", 4).text == "سلام"
            with pytest.raises(RuntimeError):
                guard.take(Profile())
            guard.stopping()

            guard.take(Profile())

            assert guard.starting() == START
            assert row("سلام", 4).text != "سلام"
        assert row("سلام", 3).text == "ﻡﻼﺳ"


def test_signals_and_settings_are_given_back() -> None:
    """After the screen the handlers are those of before."""
    before = signal.getsignal(signal.SIGTERM)
    with line() as (_, slave):
        with installed(Profile(), output=slave, keyboard=slave):
            assert signal.getsignal(signal.SIGTERM) is not before
        assert signal.getsignal(signal.SIGTERM) is before


def test_a_program_may_end_by_itself_on_a_signal() -> None:
    """Where the program takes the signal, nothing is torn down under it."""
    taken: list[int] = []

    def take(number: int) -> bool:
        taken.append(number)
        return True

    with line() as (pane, slave):
        with installed(Profile(), output=slave, keyboard=slave, on_signal=take) as guard:
            guard.starting()
            signal.raise_signal(signal.SIGHUP)
            assert pane.drain() == b""

        assert taken == [signal.SIGHUP]
        assert pane.drain() == RESTORE


def assert_in_order(seen: bytes, *expected: bytes) -> None:
    """Each piece comes after the one before, and none of them twice."""
    places = [seen.find(piece) for piece in expected]

    assert -1 not in places, (expected, seen)
    assert places == sorted(places), (expected, seen)


def test_the_modes_surround_the_screen_when_it_quits() -> None:
    """The start sequence precedes the alternate screen, the restore sequence follows it."""
    with program() as running:
        running.pane.read_until(b"ready")
        running.pane.type(b"ok\r")

        assert running.wait() == 0
        seen = running.pane.seen
        assert_in_order(seen, START.encode() + b"\x1b[?1049h", b"\x1b[?1049l" + RESTORE, b"result ok")
        assert seen.count(RESTORE) == 1


def test_the_modes_are_undone_when_the_program_fails() -> None:
    """An exception on the screen leaves the terminal as it was."""
    with program() as running:
        running.pane.read_until(b"ready")
        running.pane.type(b"fail\r")

        running.wait()
        assert_in_order(running.pane.seen, START.encode() + b"\x1b[?1049h", b"\x1b[?1049l" + RESTORE)
        assert running.pane.seen.count(RESTORE) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_modes_are_undone_when_the_program_is_ended(number: signal.Signals) -> None:
    """SIGTERM and SIGHUP leave screen, modes and the settings of the line as they were."""
    with program() as running:
        before: list[Any] = termios.tcgetattr(running.pane.master)
        running.pane.read_until(b"ready")
        running.send(number)

        assert running.wait() == -number
        seen = running.pane.seen
        assert seen.rfind(RESTORE) > seen.rfind(b"\x1b[?1049l") > seen.rfind(b"\x1b[?1049h")
        assert seen.count(RESTORE) == 1
        assert termios.tcgetattr(running.pane.master) == before


def test_the_modes_are_undone_while_suspended() -> None:
    """Ctrl+Z gives the terminal back; coming back sets the modes again, before the screen."""
    with program() as running:
        began = running.pane.read_until(b"ready")
        running.send(signal.SIGTSTP)
        running.wait_until_stopped()
        seen = running.pane.seen
        assert seen.find(b"\x1b[?1049l" + RESTORE) > began
        running.send(signal.SIGCONT)

        running.pane.read_until(START.encode() + b"\x1b[?1049h", after=len(seen))
        running.pane.read_until(b"ready", after=len(seen))
        running.pane.type(b"on\r")
        assert running.wait() == 0
        assert running.pane.seen.count(RESTORE) == 2
        assert b"result on" in running.pane.seen


def test_late_replies_are_never_typed() -> None:
    """Replies that come after the budget do not reach the field; keys before, between and after them do."""
    with program(late="late") as running:
        running.pane.read_until(b"ready")
        running.pane.type(b"a\x1b[8;1$y\x1b[?2501;2$yb\x1bP>|VTE(7600)")
        running.pane.type(b"\x1b\\\x1b[>65;7006;1c\x1b[1;3R\x1b[?65;1;9cc\r")

        assert running.wait() == 0
        assert b"result abc" in running.pane.seen


def test_the_filter_is_at_the_terminal_and_nowhere_else() -> None:
    """In `pf+lro` typed Arabic comes out between controls; in `pf` without."""
    for drawing, expected in (("pf+lro", "\u202dس\u202c".encode()), ("pf", "س".encode())):
        with program(drawing) as running:
            running.pane.read_until(b"ready")
            running.pane.type("س".encode())
            running.pane.read_until(expected)
            running.pane.type(b"\r")

            assert running.wait() == 0
            assert ("\u202d".encode() in running.pane.seen) == (drawing == "pf+lro")
            assert "result س".encode() in running.pane.seen
