import json
import re
import shutil
import subprocess
import unicodedata
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.cells import cell_len

from tui.arabic.check import answer

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
RLO, LRI, PDI, ZWNJ = "\u202e", "\u2066", "\u2069", "\u200c"

OPENINGS = (
    "السلام عليكم ورحمة الله وبركاته",
    "@health_desk متى يفتح المركز؟",
    "Good morning, I booked (twice)",
    "عندي سؤال عن فحص PCR",
    "RT @someone: خبر عاجل",
    "سَلَامٌ عليكم",
)
MIDDLES = (
    "أريد حجز موعد vaccine appointment في مركز [المدينة] يوم 2026-11-23 الساعة 10:30",
    "my number is 050-000-4567 و رقم ابني +971 50 000 1234",
    "الفاتورة رقم 12/345 بمبلغ 1,250.50 درهم (شامل VAT 5%)",
    "please see https://health.example/ar/services?id=12&x=(3) قبل الحضور",
    "عمره ٥ سنوات ووزنه ١٨٫٥ كغ - هل الجرعة 2 x 5ml مناسبة",
)
ENDINGS = (
    "شكرا جزيلا لكم!",
    "thanks a lot :) <3",
    "#صحة_المجتمع #WorldHealthDay",
    "«انتهى» ... أرجو الرد / please reply",
    "abc, 12, 34 ثم ٥٦",
)
DAY = Path(__file__).resolve().parents[3] / "connectors" / "scenario" / "day.jsonl"
"""The messages of the practice inbox, written as people write."""


def written() -> list[str]:
    """Return the paragraphs of the practice inbox whose emoji are single ones: FriBidi knows no sequences."""
    rows = map(json.loads, DAY.read_text("utf-8").splitlines())
    texts = {part for row in rows for part in (row.get("text") or "").splitlines() if part.strip() == part != ""}
    return sorted(text for text in texts if not JOINING.search(text))


JOINING = re.compile("[\u200b-\u200f\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff]")
MADE = [" ".join(parts) for parts in product(OPENINGS, MIDDLES, ENDINGS)]
MESSAGES = MADE + written()
WIDTHS = range(20, 121)


def columns_of(char: str) -> int:
    """Return the columns of a character by Unicode's own tables."""
    return 0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")


class Oracle(NamedTuple):
    """What fribidi says about one message."""

    base: str
    order: list[int]
    """Logical indices in visual order."""
    glyphs: dict[int, str]
    """What it draws, mirrored and shaped, by logical index."""


@pytest.fixture(scope="module")
def fribidi() -> list[Oracle]:
    """Ask Debian's fribidi about every message; it is run anew each time."""
    command = shutil.which("fribidi")
    if command is None:
        pytest.skip("needs the fribidi command (Debian package libfribidi-bin)")
    flags = ["--nopad", "--nobreak", "--reordernsm", "--basedir", "--vtol"]
    done = subprocess.run(
        [command, *flags], input="\n".join(MESSAGES) + "\n", capture_output=True, text=True, check=True, timeout=60
    )
    answers = []
    for visual, base, order in zip(*[iter(done.stdout.splitlines())] * 3, strict=True):
        indices = [int(i) for i in order.split()]
        direction = "rtl" if base.endswith("R") else "ltr"
        answers.append(Oracle(direction, indices, dict(zip(indices, visual, strict=True))))
    return answers


def broken_at(text: str, width: int) -> list[tuple[int, int]]:
    """Break greedily after blanks; fold what is longer than a line between characters that are no marks."""
    lines = []
    start = used = 0
    for match in re.finditer(r"[^ ]+ *| +", text):
        word = match[0].rstrip(" ")
        columns = sum(map(columns_of, word))
        if used and used + columns > width:
            lines.append((start, match.start()))
            start, used = match.start(), 0
        for i, ch in enumerate(word, match.start()):
            if used + columns_of(ch) > width:
                lines.append((start, i))
                start, used = i, 0
            used += columns_of(ch)
        used = min(width, used + len(match[0]) - len(word))
    return [*lines, (start, len(text))]


def expected_line(text: str, oracle: Oracle, start: int, end: int) -> str:
    """Restrict the paragraph's order to a line; its trailing blanks go to the end of reading (L1)."""
    content = start + len(text[start:end].rstrip(" "))
    drawn = "".join(
        oracle.glyphs[i] if unicodedata.bidirectional(text[i]) == "ON" else text[i]
        for i in oracle.order
        if start <= i < content
    )
    blanks = " " * (end - content)
    return blanks + drawn if oracle.base == "rtl" else drawn + blanks


def test_there_are_enough_messages(fribidi: list[Oracle]) -> None:
    """More than 150 that are put together, and more than 60 as people wrote them, in both directions."""
    assert len(set(MADE)) == len(MADE) >= 150
    assert len(set(MESSAGES) - set(MADE)) >= 60
    assert all([oracle.base for oracle in fribidi].count(base) >= 30 for base in ("rtl", "ltr"))


def assert_wrapped(n: int, oracle: Oracle, width: int) -> None:
    """Check the lines of a message against the order that fribidi gives its paragraph."""
    text = MESSAGES[n]

    found = answer({"id": n, "logical": text, "width": width})

    lines = [expected_line(text, oracle, start, end) for start, end in broken_at(text, width)]
    assert found["base"] == oracle.base
    assert [line.strip(" ") for line in found["lines"]] == [line.strip(" ") for line in lines], text
    assert {cell_len(line) for line in found["lines"]} == {width}


def test_wrapped_messages_are_in_the_order_of_fribidi(fribidi: list[Oracle]) -> None:
    """Every message, wrapped at three widths, has on each line the order that fribidi gives the paragraph."""
    for n, oracle in enumerate(fribidi):
        for step in range(3):
            assert_wrapped(n, oracle, WIDTHS[(n * 37 + step * 34) % len(WIDTHS)])


@pytest.mark.slow
def test_messages_are_in_the_order_of_fribidi_at_every_width(fribidi: list[Oracle]) -> None:
    """The same for every message at every width from 20 to 120."""
    for n, oracle in enumerate(fribidi):
        for width in WIDTHS:
            assert_wrapped(n, oracle, width)


def test_shortcuts_do_not_pass(fribidi: list[Oracle]) -> None:
    """The comparison is sharp: lines resolved one by one, and a reordered paragraph cut into lines, are found wrong."""
    apart = cut = long = 0
    for text, oracle in zip(MESSAGES, fribidi, strict=True):
        places = broken_at(text, 30)
        expected = [expected_line(text, oracle, start, end).strip(" ") for start, end in places]
        rows = [{"id": 0, "logical": text[start:end], "base_dir": oracle.base} for start, end in places]
        apart += [answer(row)["lines"][0].strip(" ") for row in rows] != expected
        if len(places) > 1:
            long += oracle.base == "rtl"
            (whole,) = answer({"id": 0, "logical": text})["lines"]
            cut += oracle.base == "rtl" and whole[: places[0][1]].strip(" ") != expected[0]

    assert apart > len(MESSAGES) // 10
    assert cut == long > len(MESSAGES) // 3


def test_lines_broken_by_hand_are_in_the_order_of_fribidi(fribidi: list[Oracle]) -> None:
    """Given breaks give the same lines with their trailing blanks, in either base direction it found."""
    for n, (text, oracle) in enumerate(zip(MESSAGES, fribidi, strict=True)):
        breaks = [end for _, end in broken_at(text, 20 + n % 50)][:-1]

        found = answer({"id": n, "logical": text, "line_breaks": breaks, "base_dir": oracle.base})

        assert found["lines"] == [
            expected_line(text, oracle, start, end) for start, end in pairwise([0, *breaks, len(text)])
        ]


def test_shaped_messages_are_those_of_fribidi(fribidi: list[Oracle]) -> None:
    """Letters take the forms that fribidi, which shapes by its own tables, gives them."""
    filler = "\ufeff"  # stands for the alef of a lam-alef
    pairs = zip(MESSAGES, fribidi, strict=True)
    compared = [pair for pair in pairs if not re.search("ل[\u064b-\u0652]+[اأإآ]", pair[0])]  # fribidi: two cells
    assert len(compared) >= 190
    for n, (text, oracle) in enumerate(compared):
        found = answer({"id": n, "logical": text, "shape": True})

        drawn = "".join(oracle.glyphs[i] for i in oracle.order).replace(filler, "")
        assert found["lines"] == [drawn.replace("\u0621", "\ufe80")], (
            text
        )  # fribidi leaves a hamza, which joins nothing


@pytest.mark.parametrize("name", ["bidi_cases", "bidi_line_cases"])
def test_the_shared_samples_come_out_exactly(name: str) -> None:
    """The project's own cases, from ICU, FriBidi and bidi-js, are met to the character."""
    path = SAMPLES / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("needs ../shared, the project's shared data")
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        found = answer(row)

        assert found["id"] == row["id"]
        assert found["lines"] == row.get("expected_lines", [row.get("expected_visual")]), row["id"]
        assert found["base"] == ("rtl" if row["para_level"] else "ltr")


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        ({"logical": "متى يصل vaccine إلى"}, ["ىلإ vaccine لصي ىتم"]),
        ({"logical": "@abc متى"}, ["@abc ىتم"]),
        ({"logical": "@abc متى", "base_dir": "rtl"}, ["ىتم abc@"]),
        ({"logical": "@abc متى", "isolate": True}, ["ىتم @abc"]),
        ({"logical": "الموعد 2026-11-23"}, ["23-11-2026 دعوملا"]),
        ({"logical": "الموعد 2026-11-23", "isolate": True}, ["2026-11-23 دعوملا"]),
        ({"logical": "(ا) ب"}, ["ب (ا)"]),
        ({"logical": "سَلَم"}, ["ملَسَ"]),
        ({"logical": f"مي{ZWNJ}خواه"}, [f"هاوخ{ZWNJ}يم"]),
        ({"logical": f"ab{RLO}cd"}, ["abdc"]),
        ({"logical": f"ا {LRI}b c{PDI} 1"}, ["1 b c ا"]),
        ({"logical": "ا 👨‍👩‍👧 ب"}, ["ب 👨‍👩‍👧 ا"]),
        ({"logical": "ا 👨‍👩‍👧 ب", "isolate": True}, ["ب 👨 ا"]),
        ({"logical": "لا", "shape": True}, ["\ufefb"]),
        ({"logical": "ا\u001bب"}, ["ب\u001bا"]),
        ({"logical": "ا\u001bب", "isolate": True}, ["ب␛ا"]),
        ({"logical": "اب\nabc\r\nج"}, ["با", "abc", "ج"]),
        ({"logical": "اب "}, [" با"]),
        ({"logical": ""}, [""]),
        ({"logical": "abc اب", "width": 8}, ["abc با  "]),
        ({"logical": "اب abc", "width": 4}, ["  با", " abc"]),
        ({"logical": "abc de", "line_breaks": [4]}, ["abc ", "de"]),
    ],
)
def test_rows_are_answered(row: dict[str, Any], lines: list[str]) -> None:
    """Each field of a row does what it says."""
    assert answer({"id": "x", **row})["lines"] == lines


def test_the_width_of_the_run_is_a_default() -> None:
    """A row's own width comes first."""
    assert answer({"id": 1, "logical": "ab"}, 4)["lines"] == ["ab  "]
    assert answer({"id": 1, "logical": "ab", "width": 3}, 4)["lines"] == ["ab "]
    assert "error" in answer({"id": 1, "logical": "ab"}, 0)


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1},
        {"id": 1, "logical": 5},
        {"id": 1, "logical": "abc", "width": 0},
        {"id": 1, "logical": "abc", "width": "7"},
        {"id": 1, "logical": "abc", "width": True},
        {"id": 1, "logical": "abc", "width": 5, "line_breaks": [1]},
        {"id": 1, "logical": "abc", "line_breaks": [2, 1]},
        {"id": 1, "logical": "abc", "line_breaks": [9]},
        {"id": 1, "logical": "abc", "line_breaks": "1"},
        {"id": 1, "logical": "abc", "base_dir": "up"},
        {"id": 1, "logical": "abc", "shape": "yes"},
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: dict[str, Any]) -> None:
    """The answer carries the id and an error in place of lines."""
    found = answer(row)

    assert found.keys() == {"id", "error"}
    assert found["id"] == 1


def test_a_row_without_an_id_says_so() -> None:
    """Without an id only the error comes back."""
    assert answer({"logical": "abc"}) == {"error": "id is missing"}
