"""What the terminal shows is the same with and without the layer that sends only changes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.output import Pieces, Shadow

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 40, 8
STYLES = [None, Style(bold=True), Style(reverse=True), Style(color="red")]
LETTERS = "abc  \N{ARABIC LETTER BEH INITIAL FORM}\N{ARABIC LETTER NOON FINAL FORM} \N{PERSON WITH FOLDED HANDS}"


def _strip(chance: random.Random, width: int) -> Strip:
    """Return a line of letters, blanks, marks and wide signs of exactly this width."""
    segments: list[Segment] = []
    left = width
    while left:
        char = chance.choice(LETTERS)
        text = char if Segment(char).cell_length <= left else "."
        if chance.random() < 0.1 and text.strip():
            text += "\N{ARABIC FATHA}"
        segments.append(Segment(text, chance.choice(STYLES)))
        left -= Segment(text).cell_length
    return Strip(segments)


def _screen() -> tuple[pyte.Screen, pyte.Stream, Console]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    console = Console(force_terminal=True, width=WIDTH, color_system="standard", legacy_windows=False)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")  # Textual switches automatic wrapping off
    return screen, stream, console


def _feed(stream: pyte.Stream, console: Console, update: object) -> int:
    assert isinstance(update, CompositorUpdate)
    sent = update.render_segments(console).replace("\n", "\r\n")
    stream.feed(sent)
    return len(sent.encode())


def _cells(screen: pyte.Screen) -> list[list[object]]:
    return [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


@pytest.mark.parametrize("seed", range(8))
def test_every_cell_is_as_without_the_layer(seed: int) -> None:
    """Random updates of random parts, with whole screens between them, leave equal screens and fewer bytes."""
    chance = random.Random(seed)  # noqa: S311  repeatable on purpose
    plain, plain_stream, console = _screen()
    tight, tight_stream, _ = _screen()
    shadow = Shadow()
    lines = [_strip(chance, WIDTH) for _ in range(HEIGHT)]
    plain_bytes = tight_bytes = 0

    for step in range(60):
        update: CompositorUpdate
        if step == 0 or chance.random() < 0.05:
            update = LayoutUpdate([[line] for line in lines], Region(0, 0, WIDTH, HEIGHT))
        else:
            changed = sorted(chance.sample(range(HEIGHT), chance.randint(1, 3)))
            for y in changed:
                if chance.random() < 0.7:
                    lines[y] = _strip(chance, WIDTH)
            update = _chops(lines, changed, chance)
        plain_bytes += _feed(plain_stream, console, update)
        tight_bytes += _feed(tight_stream, console, shadow.tighten(update))

        assert _cells(tight) == _cells(plain)
    assert tight_bytes <= plain_bytes * 1.5


def _chops(lines: Sequence[Strip], changed: Sequence[int], chance: random.Random) -> ChopsUpdate:
    """Return an update of whole lines, some cut in two as where two widgets meet."""
    middle = chance.randint(10, 30)
    chops: list[dict[int, Strip | None]] = []
    ends: list[list[int]] = []
    for line in lines:
        if chance.random() < 0.5:
            chops.append({0: line})
            ends.append([WIDTH])
        else:
            chops.append({0: line.crop(0, middle), middle: line.crop(middle, WIDTH)})
            ends.append([middle, WIDTH])
    return ChopsUpdate(chops, [(y, 0, WIDTH) for y in changed], ends)


def test_only_the_changed_cells_are_sent() -> None:
    """One letter in a long line costs a jump and that letter."""
    shadow = Shadow()
    _, _, console = _screen()
    before = Strip([Segment("a" * WIDTH)])
    after = Strip([Segment("a" * 30 + "b" + "a" * 9)])
    shadow.tighten(LayoutUpdate([[before]], Region(0, 0, WIDTH, 1)))

    update = shadow.tighten(ChopsUpdate([{0: after}], [(0, 0, WIDTH)], [[WIDTH]]))

    assert isinstance(update, Pieces)
    assert update.render_segments(console) == "\x1b[1;31Hb"


def test_what_the_terminal_shows_is_unknown_after_a_suspend() -> None:
    """Then the line is sent whole again."""
    shadow = Shadow()
    line = Strip([Segment("a" * WIDTH)])
    shadow.tighten(LayoutUpdate([[line]], Region(0, 0, WIDTH, 1)))

    shadow.forget()
    update = shadow.tighten(ChopsUpdate([{0: line}], [(0, 0, WIDTH)], [[WIDTH]]))

    assert isinstance(update, Pieces)
    assert [piece[2].text for piece in update.pieces] == ["a" * WIDTH]
