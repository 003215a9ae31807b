import unicodedata
from collections.abc import Iterator

import pytest
from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.arabic.unicode_data import lines
from tui.arabic.bidi import Resolved, line_levels, mirror, reorder, resolve

REPRESENTATIVES = {
    "L": "a",
    "R": "\N{HEBREW LETTER ALEF}",
    "AL": "\N{ARABIC LETTER ALEF}",
    "EN": "1",
    "ES": "-",
    "ET": "$",
    "AN": "\N{ARABIC-INDIC DIGIT ONE}",
    "CS": ",",
    "B": "\N{PARAGRAPH SEPARATOR}",
    "S": "\t",
    "WS": " ",
    "ON": "!",
    "NSM": "\N{COMBINING GRAVE ACCENT}",
    "BN": "\N{SOFT HYPHEN}",
    "LRE": "\u202a",
    "RLE": "\u202b",
    "PDF": "\u202c",
    "LRO": "\u202d",
    "RLO": "\u202e",
    "LRI": "\u2066",
    "RLI": "\u2067",
    "FSI": "\u2068",
    "PDI": "\u2069",
}
BASES = ((1, None), (2, 0), (4, 1))  # bits of BidiTest.txt: automatic, left to right, right to left

# Letters of both directions, digits of both kinds, brackets, neutrals and blanks: no control, no separator.
PLAIN = st.text(alphabet="abcאבגدرس123٤٥٦ .,:-+/%()[]{}<>«»!؟،\u0651\u064e$#@", max_size=40)


def outcome(resolved: Resolved, removed: list[bool]) -> tuple[list[int | None], list[int]]:
    """Return the levels and order of one line in the form of the Unicode files."""
    levels = line_levels(resolved, 0, len(resolved.levels))
    order = [i for i in reorder(levels) if not removed[i]]
    return [None if gone else level for level, gone in zip(levels, removed, strict=True)], order


def parse_levels(field: str) -> list[int | None]:
    return [None if level == "x" else int(level) for level in field.split()]


def class_cases() -> Iterator[tuple[str, int, list[int | None], list[int]]]:
    levels: list[int | None] = []
    order: list[int] = []
    for line in lines("BidiTest"):
        if line.startswith("@Levels:"):
            levels = parse_levels(line.removeprefix("@Levels:"))
        elif line.startswith("@Reorder:"):
            order = [int(i) for i in line.removeprefix("@Reorder:").split()]
        elif not line.startswith("@"):
            classes, _, bits = line.partition(";")
            yield "".join(REPRESENTATIVES[kind] for kind in classes.split()), int(bits), levels, order


def wrong_class_cases(every: int) -> tuple[int, list[tuple[str, int | None]]]:
    """Run each `every`-th line of BidiTest in all its directions; return how many ran, and the wrong ones."""
    ran = 0
    wrong = []
    for n, (text, bits, levels, order) in enumerate(class_cases()):
        if n % every:
            continue
        removed = [level is None for level in levels]
        for bit, base in BASES:
            if bits & bit:
                ran += 1
                if outcome(resolve(text, base), removed) != (levels, order):
                    wrong.append((text, base))
    return ran, wrong


def test_a_sample_of_the_class_conformance_test_is_right() -> None:
    """Every sixteenth line of BidiTest resolves and reorders as Unicode says."""
    ran, wrong = wrong_class_cases(every=16)

    assert ran > 40_000
    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_class_conformance_test_is_right() -> None:
    """All of BidiTest resolves and reorders as Unicode says."""
    ran, wrong = wrong_class_cases(every=1)

    assert ran == 770_241
    assert wrong == []


def test_the_character_conformance_test_is_right() -> None:
    """All of BidiCharacterTest resolves and reorders as Unicode says."""
    ran = 0
    wrong = []
    for line in lines("BidiCharacterTest"):
        codes, direction, base, level_field, order_field = line.split(";")
        text = "".join(chr(int(code, 16)) for code in codes.split())
        levels = parse_levels(level_field)
        resolved = resolve(text, {"0": 0, "1": 1, "2": None}[direction])
        expected = (levels, [int(i) for i in order_field.split()])
        ran += 1
        if resolved.base != int(base) or outcome(resolved, [level is None for level in levels]) != expected:
            wrong.append(line)

    assert ran == 91_707
    assert wrong == []


@settings(max_examples=500, deadline=None)
@given(text=PLAIN)
def test_our_order_is_that_of_python_bidi(text: str) -> None:
    """On text without controls an independent implementation gives the same order."""
    resolved = resolve(text)
    order = reorder(line_levels(resolved, 0, len(text)))

    assert "".join(text[i] for i in order) == get_display(text)


@settings(max_examples=300, deadline=None)
@given(text=PLAIN, place=st.integers(0, 40), length=st.integers(0, 40))
def test_a_line_keeps_the_order_of_its_paragraph(text: str, place: int, length: int) -> None:
    """Within a line, the order is the paragraph's restricted to it, but for the blanks at its end."""
    resolved = resolve(text)
    start, end = min(place, len(text)), min(place + length, len(text))
    while end > start and text[end - 1] == " ":
        end -= 1

    whole = [i for i in reorder(line_levels(resolved, 0, len(text))) if start <= i < end]
    line = [start + i for i in reorder(line_levels(resolved, start, end))]

    kept = len(text.rstrip(" "))  # L1 moves the blanks at the paragraph's own end
    assert [i for i in whole if i < kept] == [i for i in line if i < kept]


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60), base=st.sampled_from([None, 0, 1]))
def test_any_text_resolves(text: str, base: int | None) -> None:
    """Whatever is in it, a level and a class come out for each code point, and the order loses none."""
    resolved = resolve(text, base)
    levels = line_levels(resolved, 0, len(text))

    assert len(resolved.levels) == len(resolved.classes) == len(text)
    assert sorted(reorder(levels)) == list(range(len(text)))
    assert all(0 <= level <= 127 for level in levels)


def test_brackets_are_those_of_unicode() -> None:
    """Each pair of BidiBrackets takes the direction of what it encloses, as one of its kind."""
    pairs = [line.split("; ") for line in lines("BidiBrackets")]

    for code, other, kind in pairs:
        if kind != "o":
            continue
        opening, closing = chr(int(code, 16)), chr(int(other, 16))
        assert mirror(opening) == closing
        assert mirror(closing) == opening
        # N0 b: Latin in brackets after Arabic, left to right, would otherwise leave the first one to the Arabic
        text = f"ا{opening}ب{closing}"
        assert resolve(f"a {text}", 0).levels[-1] == 1, unicodedata.name(opening)


def test_quotes_and_slashes_have_no_mirror_image() -> None:
    """What does not mirror stays as it is."""
    assert [mirror(ch) for ch in "\"'/…،a"] == list("\"'/…،a")
    assert [mirror(ch) for ch in "(<«[{"] == list(")>»]}")
