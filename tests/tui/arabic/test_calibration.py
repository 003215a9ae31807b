import re
import termios
import threading

import pytest
from rich.cells import cell_len

from tests.tui.arabic.pseudo import line
from tui import language
from tui.arabic.advice import KITTY, SETTINGS
from tui.arabic.calibration import SENTENCE, ask, page, samples
from tui.arabic.layout import Options, row
from tui.arabic.terminal import START, Drawing, Profile


def chosen(key: bytes) -> tuple[Drawing | None, bytes]:
    """Answer the calibration with a key; return the choice, and what was written."""
    with line() as (pane, slave):
        before = termios.tcgetattr(slave)
        found: list[Drawing | None] = []
        asking = threading.Thread(target=lambda: found.append(ask(width=80, keyboard=slave, output=slave)))
        asking.start()
        pane.read_until(SENTENCE.encode())
        pane.read_until(b"kitty.conf")
        pane.type(key)
        asking.join(20)
        assert termios.tcgetattr(slave) == before
        return found[0], pane.drain()


@pytest.mark.parametrize(
    ("key", "drawing"),
    [
        ("1", Drawing.PF),
        ("2", Drawing.PF_LRO),
        ("3", Drawing.LOGICAL),
        ("٢", Drawing.PF_LRO),
        ("\x1b", None),
        ("q", None),
        ("\r", None),
    ],
)
def test_the_number_of_the_right_line_chooses(key: str, drawing: Drawing | None) -> None:
    """Latin and Arabic digits choose, Esc leaves things alone, and the terminal is given back."""
    found, written = chosen(key.encode())

    assert found is drawing
    assert written.endswith(Profile().stop.encode())


def test_another_key_is_passed_over() -> None:
    """Only an answer ends the question."""
    with line() as (pane, slave):
        found: list[Drawing | None] = []
        asking = threading.Thread(target=lambda: found.append(ask(width=80, keyboard=slave, output=slave)))
        asking.start()
        pane.read_until(b"kitty.conf")
        pane.type(b"x")
        asking.join(0.2)
        assert found == []
        pane.type(b"1")
        asking.join(20)

    assert found == [Drawing.PF]


def test_the_three_lines_are_the_three_drawings() -> None:
    """The same sentence in forms, in forms between overrides, and as stored."""
    (_, forms), (_, overridden), (_, stored) = samples()

    assert forms == row(SENTENCE, cell_len(forms), Options(base="rtl")).text
    assert overridden.replace("\u202d", "").replace("\u202c", "") == forms
    assert stored == SENTENCE


def test_the_last_line_is_left_to_the_terminal() -> None:
    """Each line is shown in the mode in which it would be used."""
    shown = page(80)
    first, second, third = (shown.index(f"  {number}   ") for number in (1, 2, 3))

    assert shown[:first].endswith(START)
    assert shown[:second].endswith(START)
    assert shown[:third].endswith(Profile().stop)


def test_the_page_says_what_to_change() -> None:
    """Without a right line the operator learns which setting to change, within the width."""
    assert "kitty.conf" in page(80, hints=(KITTY,))
    assert all(name in page(200) for name in ("kitty", "PuTTY", "Konsole", "iTerm2"))
    assert len(SETTINGS) == 4


@pytest.mark.parametrize("code", ["ar", "en"])
def test_lines_and_question_are_in_sight_on_a_small_screen(code: str) -> None:
    """All of it fits on 24 rows, the cursor's included, and none is wider than 80."""
    language.use(code)
    rows = [re.sub("\x1b\\[[?0-9 ]*[a-z]", "", line) for line in page(80).split("\r\n")]
    taller = page(80, 40)
    language.use("en")
    assert len(rows) <= 24
    assert all(name in taller and name in "".join(rows) for name in ("kitty", "PuTTY", "Konsole", "iTerm2"))
    assert taller.count("kitty.conf") == (2 if code == "ar" else 1)

    assert [row[2] for row in rows if re.match(r"  \d   \S", row)] == ["1", "2", "3"]
    assert max(cell_len(row) for row in rows) < 80
    assert "reads correctly" in " ".join(rows[-4:])


def test_nobody_is_waited_for_who_has_gone() -> None:
    """When the program has to end, the question ends without an answer, and the terminal is given back."""
    with line() as (pane, slave):
        before = termios.tcgetattr(slave)

        assert ask(width=80, keyboard=slave, output=slave, over=lambda: True) is None

        assert termios.tcgetattr(slave) == before
        assert pane.drain().endswith(Profile().stop.encode())
