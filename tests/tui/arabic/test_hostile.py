import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.arabic.exactness import assert_exact
from tui.arabic.layout import Options, measure, row, segments, wrap


def pool() -> list[str]:
    """Characters that have broken layouts: Arabic blocks, controls, marks, emoji, joiners, wide and unassigned ones."""
    blocks = [(0x0600, 0x06FF), (0x0750, 0x077F), (0x0870, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF), (0x0, 0x20)]
    blocks += [(0x7F, 0xA0), (0x300, 0x36F), (0x2000, 0x206F), (0x1F3FB, 0x1F3FF), (0x1F1E6, 0x1F1FF), (0x20D0, 0x20F0)]
    blocks += [
        (0xFE00, 0xFE0F),
        (0x1F466, 0x1F469),
        (0xE0020, 0xE007F),
        (0x0900, 0x0903),
        (0x1100, 0x11FF),
        (0xD800, 0xD803),
    ]
    alone = (
        "abc XYZ 0123 ()[]<>«» #@.-+:/ ❤️🙏👨‍👩‍👧中文أهلا لا ها \u00ad\ufeff\ufffe\u3164\u1680\u3000\U0010ffff\U0001fae8"
    )
    return [chr(code) for first, last in blocks for code in range(first, last + 1)] + list(alone) * 12


@pytest.mark.timeout(300)
def test_ten_thousand_hostile_strings_are_laid_out_exactly() -> None:
    """Whatever comes, each code point is in one cell, each line has its width, and nothing dangerous is printed."""
    chance = random.Random(20261123)  # noqa: S311  (the same strings at every run)
    characters = pool()
    options = (Options(), Options(emoji=False), Options(isolate=False, tokens=False), Options(logical=True))
    for n in range(10_000):
        text = "".join(chance.choices(characters, k=chance.randint(1, 24)))
        width = chance.randint(1, 30)
        chosen = options[n % 4]

        assert_exact(text, wrap(text, width, chosen), width)
        assert_exact(text, (row(text, width, chosen),), width)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60), width=st.integers(0, 50))
def test_any_text_is_laid_out_exactly(text: str, width: int) -> None:
    """The same for all of Unicode."""
    assert_exact(text, wrap(text, width), width)
    assert_exact(text, (row(text, width),), width)
    assert measure(text) >= 0


def test_control_codes_are_signs() -> None:
    """ESC, NUL, DEL, C1 and lone surrogates are seen, and marked as warnings."""
    line = row("a\x1b[31m\x00\x7f\x9b\ud800", 20)

    assert line.text.rstrip() == "a␛[31m␀␡⟪9B⟫�"
    assert [text for text, names in segments(line) if "token" in names] == ["␛", "␀␡⟪9B⟫�"]


def test_an_override_is_shown_and_does_nothing() -> None:
    """A file name that would read backwards is drawn as it is stored, with a warning in it."""
    line = row("invoice\u202efdp.exe", 30)

    assert line.text.rstrip() == "invoice⟪RLO⟫fdp.exe"
    assert ("⟪RLO⟫", frozenset({"token"})) in segments(line)


@pytest.mark.parametrize("control", ["\u202a", "\u202b", "\u202d", "\u202e", "\u2067", "\u2066", "\u2068"])
def test_what_one_paragraph_leaves_open_does_not_reach_the_next(control: str) -> None:
    """An unclosed control changes nothing after its own line."""
    lines = wrap(f"abc {control} def\nplain (text)", 24)

    assert lines[1].text.rstrip() == "plain (text)"


def test_balanced_isolates_work_and_are_invisible() -> None:
    """A sender's own isolation is respected without a sign; a stray end of one is a warning."""
    assert row("العميل \u2068John (J)\u2069 - 42", 24, Options(shape=False)).text.strip() == "42 - John (J) ليمعلا"
    assert row("a\u2069b", 10).text.rstrip() == "a⟪PDI⟫b"


def test_a_flood_of_marks_is_bounded() -> None:
    """A letter carries a handful of marks; the rest belongs to its cell without being printed."""
    text = "e" + "\u0301\u0489" * 500 + "x"
    line = row(text, 4)

    assert len(line.text) < 16
    assert [(cell.start, cell.end) for cell in line.cells] == [(0, 1001), (1001, 1002)]


def test_a_mark_without_a_letter_gets_a_place() -> None:
    """A mark at the start of a text or a paragraph is drawn on a dotted circle; on a blank it makes it visible."""
    assert row("\u0301a", 2).text == "◌\u0301a"
    assert row("\u200f\u064ba", 2, Options(base="ltr")).text == "◌\u064ba"
    assert [cell.kind for cell in row("a \u0301", 3).cells] == ["text", "text"]


def test_text_of_nothing_but_invisible_characters_is_empty() -> None:
    """Zero-width characters alone draw nothing and are still accounted for."""
    (line,) = wrap("\u200b\u200f\ufeff", 3)

    assert line.text == "   "
    assert [(cell.start, cell.end, cell.width) for cell in line.cells] == [(0, 3, 0)]


def test_one_row_cannot_disturb_the_next_with_deep_nesting() -> None:
    """More embeddings and isolates than there are levels end in order."""
    text = "\u2067\u202b" * 200 + "abc (سلام)" + "\u202c\u2069" * 200

    assert_exact(text, (row(text, 40),), 40)
    assert_exact(text, wrap(text, 40, Options(tokens=False)), 40)


def test_hidden_text_is_never_shaped_into_storage_forms() -> None:
    """What is printed decomposes to the letters of the text: forms are for the eye only."""
    text = "السلام عليكم"
    (line,) = wrap(text, 20)
    logical = "".join(cell.text for cell in sorted(line.cells, key=lambda cell: cell.start))

    assert unicodedata.normalize("NFKC", logical) == text
