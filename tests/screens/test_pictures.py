"""Pictures of real terminals: our bytes look there like FriBidi's cells, drawn one by one.

The reference is drawn by the same program with cursor addressing, one cell at a time; in VTE with its own handling of
direction and joining switched off, in xterm, which has none, as it is. A terminal that turned a run round, joined
letters its own way or moved a border would differ in the cells concerned.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.screens.expected import CASES, Case
from tests.screens.terminals import Terminal, at, one_by_one, wrong_cells
from tui.arabic.calibration import SENTENCE, page
from tui.arabic.layout import Options, row
from tui.arabic.terminal import Drawing, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.screens.display import Picture

CLEAR = "\x1b[H\x1b[2J"
WIDTH = 46
COLUMNS, ROWS = WIDTH + 2, len(CASES) + 2
ARABIC = frozenset(n for n, case in enumerate(CASES) if case.is_arabic)
WIDE = (80, 40)
"""For the page of the calibration."""

LOOKS = 4
"""More, at a screen that does not look as awaited."""

REFERENCE = {"xterm": "xterm", "vte": "plain vte"}
"""What draws the reference for a kind of terminal."""

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("everything_is_here")]


@contextmanager
def terminal(
    kind: str, *, tmux: bool = False, size: tuple[int, int] = (COLUMNS, ROWS), options: Sequence[str] = ()
) -> Iterator[Terminal]:
    """Open a terminal with a painter in it."""
    with (
        tempfile.TemporaryDirectory(prefix="majlis-") as folder,
        Terminal(kind, *size, Path(folder) / "x", multiplexed=tmux, tmux=options) as opened,
    ):
        assert opened.grid.cell_width > 1
        yield opened


def drawn(drawing: Drawing, *, start: str | None = None, isolate: bool = True) -> str:
    """Return what the program writes for the cases.

    Args:
        drawing: How.
        start: What tells the terminal to keep out; None: what the program sends.
        isolate: Whether handles, numbers and links are kept whole.
    """
    profile = Profile(drawing=drawing)
    logical = drawing is Drawing.LOGICAL
    rows = [row(case.text, WIDTH, Options(base=case.base, logical=logical, isolate=isolate)).text for case in CASES]
    lines = "".join(profile.sent(f"{at(y, 0)}│{text}│") for y, text in enumerate(rows))
    return (profile.start if start is None else start) + CLEAR + lines


def seen(terminal: Terminal, data: str, expected: Picture, wrong: frozenset[int] = frozenset()) -> dict[int, list[int]]:
    """Write to a terminal, and return the columns that look different, by line.

    A busy machine may draw late: what looks otherwise than awaited is looked at again.

    Args:
        terminal: Has a painter in it.
        data: What to write.
        expected: How it should look.
        wrong: The lines that are awaited to be different.
    """
    different = wrong_cells(terminal, terminal.paint(data), expected)
    for _ in range(LOOKS):
        if different.keys() == wrong:
            break
        different = wrong_cells(terminal, terminal.look(), expected)
    return different


@pytest.fixture(scope="module")
def expected() -> dict[str, Picture]:
    """Return the reference by kind of terminal."""
    lines = [["│", *case.cells(WIDTH), "│"] for case in CASES]
    pictures = {}
    for kind, plain in REFERENCE.items():
        with terminal(plain) as opened:
            pictures[kind] = opened.paint(one_by_one(lines))
    return pictures


@pytest.mark.parametrize(
    ("kind", "tmux", "drawing"),
    [
        ("xterm", False, Drawing.PF),
        ("vte", False, Drawing.PF),
        ("xterm", True, Drawing.PF),
        ("vte", True, Drawing.PF_LRO),
        ("xterm", True, Drawing.PF_LRO),  # who attaches the same tmux from both needs no second calibration
    ],
)
def test_each_terminal_shows_the_cells_of_fribidi(
    expected: dict[str, Picture], kind: str, tmux: bool, drawing: Drawing
) -> None:
    """Order, joining, marks, mirrored brackets, numbers, handles, links and both borders are where they belong."""
    with terminal(kind, tmux=tmux) as opened:
        assert seen(opened, drawn(drawing), expected[kind]) == {}


@pytest.mark.parametrize(
    ("kind", "tmux", "drawing", "start"),
    [
        ("xterm", False, Drawing.LOGICAL, None),  # nobody reorders
        ("vte", False, Drawing.PF, Profile().stop),  # it was not told to keep out
        ("vte", True, Drawing.PF, None),  # it was told, but tmux swallows that
    ],
)
def test_the_wrong_drawing_is_seen_in_every_arabic_row(
    expected: dict[str, Picture], kind: str, tmux: bool, drawing: Drawing, start: str | None
) -> None:
    """The comparison is sharp: where a terminal and its drawing do not fit, no row with Arabic passes."""
    with terminal(kind, tmux=tmux) as opened:
        assert seen(opened, drawn(drawing, start=start), expected[kind], ARABIC).keys() == ARABIC


def test_one_number_or_handle_taken_apart_is_seen(expected: dict[str, Picture]) -> None:
    """Plain UAX #9 turns a date, a phone number and a handle round: just those cells fail the comparison."""
    plain = [row(case.text, WIDTH, Options(base=case.base, isolate=False)).text for case in CASES]
    whole = [row(case.text, WIDTH, Options(base=case.base)).text for case in CASES]
    differing = frozenset(n for n in range(len(CASES)) if plain[n] != whole[n])
    with terminal("xterm") as opened:
        wrong = seen(opened, drawn(Drawing.PF, isolate=False), expected["xterm"], differing)

    assert wrong.keys() == differing
    assert len(differing) >= 3
    assert all(len(columns) < WIDTH // 2 for columns in wrong.values())


def numbered_rows() -> dict[int, int]:
    """Return the numbers of the calibration's lines, by their rows on the screen."""
    rows = [re.sub("\x1b\\[[?0-9 ]*[a-z]", "", line) for line in page(WIDE[0]).split("\r\n")]
    return {y: int(row[2]) for y, row in enumerate(rows) if re.match(r"  \d   \S", row)}


@pytest.fixture(scope="module")
def numbered_lines() -> dict[str, Picture]:
    """Return, by kind of terminal, the page of the calibration if all of its lines were right."""
    places = numbered_rows()
    lines = [[*f"  {places[y]}   ", *Case(SENTENCE).cells()] if y in places else [] for y in range(max(places) + 1)]
    pictures = {}
    for kind, plain in REFERENCE.items():
        with terminal(plain, size=WIDE) as opened:
            pictures[kind] = opened.paint(one_by_one(lines))
    return pictures


@pytest.mark.parametrize(
    ("kind", "tmux", "right"),
    [
        ("xterm", False, Drawing.PF),
        ("vte", False, Drawing.PF),
        ("xterm", True, Drawing.PF),
        ("vte", True, Drawing.PF_LRO),
    ],
)
def test_the_first_right_line_of_the_calibration_is_the_drawing_that_fits(
    numbered_lines: dict[str, Picture], kind: str, tmux: bool, right: Drawing
) -> None:
    """Who presses the number of the first line that reads correctly gets the drawing of the tests above."""
    lines = dict(zip(numbered_rows(), Drawing, strict=True))
    with terminal(kind, tmux=tmux, size=WIDE) as opened:
        wrong = wrong_cells(opened, opened.paint(CLEAR + page(WIDE[0])), numbered_lines[kind])

    fitting = [drawing for line, drawing in lines.items() if line not in wrong]
    assert fitting[:1] == [right]
    assert Drawing.LOGICAL not in fitting
