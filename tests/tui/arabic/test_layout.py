import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.arabic.exactness import assert_exact
from tui.arabic.layout import (
    Options,
    broken,
    caret,
    cut,
    embed,
    index_at,
    measure,
    parted,
    row,
    segments,
    set_terminal,
    wrap,
)

UNSHAPED = Options(shape=False)
RAW = Options(shape=False, isolate=False)
MESSAGE = (
    "السلام عليكم ورحمة الله، أريد حجز موعد vaccine (Pfizer) لابنتي يوم 2026-11-23 صباحًا، "
    "اتصلت على 050-000-4567 ولم يرد أحد!! @CARE_DEMO انظروا https://health.example/ar/services?id=12 "
    "و #صحة_المجتمع، عمرها 5 سنوات وَلَا تأخذ أي دواء. Thank you very much 🙏🏽 والله الموفق لكم جميعا 👨‍👩‍👧 شكراً"
)


def shown(text: str, width: int = 40, options: Options = UNSHAPED) -> str:
    """Return the visible part of the only line."""
    (line,) = wrap(text, width, options)
    return line.text.strip()


@pytest.mark.parametrize("width", range(1, 121))
def test_wrapped_lines_join_to_the_original(width: int) -> None:
    """At every width the lines cover the message, none begins with a mark or inside lam-alef."""
    lines = wrap(MESSAGE, width)

    assert_exact(MESSAGE, lines, width)
    assert "".join(MESSAGE[line.start : line.end] for line in lines) == MESSAGE
    for line in lines:
        assert MESSAGE[line.start] not in "\u064b\u0651\u064e\u200d\ufe0f\U0001f3fd"
        assert not MESSAGE[: line.start].endswith(("ل", "لَ")) or MESSAGE[line.start] not in "اأإآ"


def test_lines_break_after_blanks() -> None:
    """A word that fits on a line is not divided, and the blank stays at the end of its line."""
    lines = wrap("one two three", 8)

    assert [(line.start, line.end) for line in lines] == [(0, 8), (8, 13)]
    assert [line.text for line in lines] == ["one two ", "three   "]


def test_blanks_hang_over_the_end() -> None:
    """Blanks that do not fit take no room and do not begin the next line."""
    lines = wrap("abc    def", 4)

    assert [line.text for line in lines] == ["abc ", "def "]
    assert lines[0].end == 7


def test_a_long_word_is_folded_between_cells() -> None:
    """A word longer than a line begins on its own line and goes on where the line ends."""
    lines = wrap("ab cdefghij kl", 4)

    assert [line.text for line in lines] == ["ab  ", "cdef", "ghij", "kl  "]


def test_a_phone_number_is_not_divided_at_its_blanks() -> None:
    """A grouped number stays on one line when it fits."""
    lines = wrap("call now 050 000 4567", 14, UNSHAPED)

    assert [line.text for line in lines] == ["call now      ", "050 000 4567  "]


def test_arabic_lines_are_flush_right() -> None:
    """Each paragraph lies on the side where it begins."""
    lines = wrap("مرحبا\nhello", 10, UNSHAPED)

    assert [line.text for line in lines] == ["     ابحرم", "hello     "]
    assert [line.base for line in lines] == [1, 0]


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_separators_end_paragraphs(separator: str) -> None:
    """Every kind of newline divides, belongs to the line before, and is not drawn."""
    text = f"ab{separator}سلام{separator}"
    lines = wrap(text, 6, UNSHAPED)

    assert [line.text for line in lines] == ["ab    ", "  مالس"]
    assert_exact(text, lines, 6)


def test_empty_paragraphs_are_empty_lines() -> None:
    """Nothing, a newline alone, and a blank line between two texts each have their lines."""
    assert [line.text for line in wrap("", 3)] == ["   "]
    assert [line.text for line in wrap("\n", 3)] == ["   "]
    assert [line.text for line in wrap("a\n\nb", 3)] == ["a  ", "   ", "b  "]


def test_lam_alef_is_one_cell() -> None:
    """Widths are measured after shaping."""
    assert measure("لا") == 1
    assert measure("السلام عليكم") == 11
    assert measure("abc\nabcde") == 5


@pytest.mark.parametrize(
    ("text", "visual"),
    [
        ("الموعد 2026-11-23 صباحا", "احابص 2026-11-23 دعوملا"),
        ("اتصل على 050-000-4567 الآن", "نآلا 050-000-4567 ىلع لصتا"),
        ("اتصل على 050 000 4567 الآن", "نآلا 050 000 4567 ىلع لصتا"),
        ("هاتف +971500004567", "+971500004567 فتاه"),
        ("٠٥٠-٠٠٠-٤٥٦٧ رقمي", "يمقر ٠٥٠-٠٠٠-٤٥٦٧"),
        ("@CARE_DEMO متى يفتح المركز؟", "؟زكرملا حتفي ىتم @CARE_DEMO"),
        ("الرابط https://health.example/", "https://health.example/ طبارلا"),
        ("شاركوا في #WorldHealthDay معنا", "انعم #WorldHealthDay يف اوكراش"),
        ("Join #صحة_المجتمع today", "Join عمتجملا_ةحص# today"),
        ("راسل care@health.example.", ".care@health.example لسار"),
    ],
)
def test_entities_read_whole(text: str, visual: str) -> None:
    """A date, number, handle, link or hashtag keeps its own order inside either direction."""
    assert shown(text) == visual


@pytest.mark.parametrize(
    ("text", "visual"),
    [
        ("الموعد 2026-11-23 صباحا", "احابص 23-11-2026 دعوملا"),
        ("متى @CARE_DEMO", "CARE_DEMO@ ىتم"),
        ("@CARE_DEMO متى", "@CARE_DEMO ىتم"),
    ],
)
def test_the_raw_view_is_plain_uax_9(text: str, visual: str) -> None:
    """Without isolation the text shows as it does on the sender's phone."""
    assert shown(text, options=RAW) == visual


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("@CARE_DEMO متى يفتح المركز؟", 1),
        ("RT @user: متى الدوام", 1),
        ("https://health.example مرحبا", 1),
        ("متى @CARE_DEMO", 1),
        ("@CARE_DEMO when do you open, مركز", 0),
        ("hello", 0),
        ("@CARE_DEMO", 1),
        ("123", 1),
        ("", 1),
        ("#WorldHealthDay #صحة", 1),
    ],
)
def test_direction_is_that_of_the_first_word_after_entities(text: str, base: int) -> None:
    """Mentions, links and reposts do not decide the direction; a text without letters reads as its neighbourhood."""
    assert wrap(text, 80)[0].base == base
    assert row(text, 80).base == base
    assert row(text, 5).base == base


def test_the_neighbourhood_may_be_latin() -> None:
    """The default direction is an option, and so is a fixed one."""
    assert row("123", 9, Options(default_base="ltr")).base == 0
    assert row("hello", 9, Options(base="rtl")).text == "    hello"
    assert row("سلام", 9, Options(base="ltr", shape=False)).text == "مالس     "


def test_numbers_at_the_start_of_a_line_keep_the_order_of_the_paragraph() -> None:
    """Levels are resolved before lines are cut: a number that opens a line still belongs to the words before it."""
    latin = broken("مرحبا hello world 12, 34 ثم شكرا", [18], RAW)
    arabic = broken("عدد الجرعات المتوفرة حاليا 12345 جرعة", [27], RAW)

    assert [line.text for line in latin] == [" hello world ابحرم", "اركش مث 12, 34"]
    assert [line.text for line in arabic] == [" ايلاح ةرفوتملا تاعرجلا ددع", "ةعرج 12345"]


def test_brackets_mirror_at_odd_levels_only() -> None:
    """Brackets, angles and guillemets turn round in Arabic; quotes, slashes and ellipses do not."""
    assert shown("اللقاح (Pfizer) [مهم] «جدا» <هنا>", options=RAW) == "<انه> «ادج» [مهم] (Pfizer) حاقللا"
    assert shown("see (اللقاح) now", options=RAW) == "see (حاقللا) now"
    assert shown("\"ا\" / 'ب' …", options=RAW) == "… 'ب' / \"ا\""


def test_marks_stay_with_their_letter() -> None:
    """In visual order a mark still follows its base, as terminals that combine forwards need it."""
    assert shown("سَلَم") == "ملَسَ"


def test_joiners_are_not_printed() -> None:
    """ZWNJ and ZWJ do their work in shaping and never reach the terminal."""
    assert row("می\u200cخواهم ه\u200d", 20).text.isprintable()


@pytest.mark.parametrize(
    ("text", "width", "visual"),
    [
        ("السلام عليكم جميعا", 10, "…لع مالسلا"),
        ("hello world", 8, "hello w…"),
        ("hello مرحبا", 9, "hello رم…"),
        ("مرحبا hello", 9, "…he ابحرم"),
        ("مرحبا", 1, "…"),
        ("مرحبا", 2, "…م"),
        ("ab", 0, ""),
        ("", 4, "    "),
        ("abc def", 5, "abc …"),
    ],
)
def test_rows_are_cut_at_their_logical_end(text: str, width: int, visual: str) -> None:
    """The ellipsis stands where reading would go on, and the row is exactly as wide as asked."""
    line = row(text, width, UNSHAPED)

    assert line.text == visual
    assert_exact(text, (line,), width)


def test_a_wide_cell_that_does_not_fit_leaves_room() -> None:
    """A cell of two columns is never halved."""
    assert row("ab🙏cd", 4).text == "ab… "
    assert wrap("🙏", 1)[0].text == "…"
    assert [line.text for line in wrap("a🙏", 2)] == ["a ", "🙏"]


def test_newlines_in_a_row_are_signs() -> None:
    """Newlines inside are one sign, those at either end nothing."""
    assert row("\none\n\ntwo\n", 12).text == "one ¶ two   "
    assert_exact("\none\n\ntwo\n", (row("\none\n\ntwo\n", 12),), 12)


def test_trailing_blanks_before_the_ellipsis_do_not_move_it() -> None:
    """Latin at the end of a cut Arabic row keeps its blank between itself and the ellipsis."""
    assert row("مرحبا abc defghij", 11, UNSHAPED).text == "… abc ابحرم"


def test_a_highlight_may_be_several_pieces() -> None:
    """A logical span across a change of direction lights separate visual runs, and nothing else."""
    (line,) = wrap("ابحث عن vaccine في دبي", 24, UNSHAPED)
    whole = segments(line, [(8, 18, "hit")])
    part = segments(line, [(10, 18, "hit")])

    assert [text for text, names in whole if names] == ["يف vaccine"]
    assert [text for text, names in part if names] == ["يف ", "ccine"]
    assert "".join(text for text, _ in part) == line.text


def test_half_of_a_lam_alef_lights_the_cell() -> None:
    """A cell takes the names of every span that touches it."""
    line = row("لا", 3)

    assert segments(line, [(1, 2, "hit"), (0, 1, "link")]) == [
        ("  ", frozenset()),
        ("\ufefb", frozenset({"hit", "link"})),
    ]


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(alphabet="abc 12 ابلأ()َ@#-.", max_size=30),
    start=st.integers(0, 30),
    length=st.integers(1, 30),
    width=st.integers(4, 40),
)
def test_highlights_map_to_cells_and_back(text: str, start: int, length: int, width: int) -> None:
    """The lit cells are exactly those whose code points the span touches."""
    for line in wrap(text, width):
        runs = segments(line, [(start, start + length, "hit")])
        lit = sum(cell_len(piece) for piece, names in runs if names)
        touched = [cell for cell in line.cells if cell.start < start + length and start < cell.end]

        assert "".join(piece for piece, _ in runs) == line.text
        assert lit == sum(cell.width for cell in touched)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="abc 12 ابلأ()َ@#-.", max_size=30), width=st.integers(4, 40))
def test_columns_and_indices_map_back(text: str, width: int) -> None:
    """Each visible cell's column leads to its first code point, and that code point to the column."""
    for line in wrap(text, width):
        column = line.left
        for cell in line.cells:
            if cell.width:
                assert index_at(line, column) == cell.start
                assert [caret(line, i) for i in range(cell.start, cell.end)] == [column] * (cell.end - cell.start)
            column += cell.width


def test_the_caret_after_the_end_is_where_reading_goes_on() -> None:
    """Past the last cell: left of Arabic, right of Latin, and inside the row when it is full."""
    assert caret(row("بيتي", 8), 4) == 3
    assert caret(row("abcd", 8), 4) == 4
    assert caret(row("بيتي", 4), 4) == 0
    assert caret(row("abcd", 4), 4) == 3
    assert index_at(row("بيتي", 8), 0) == 4
    assert index_at(row("abcd", 8), 7) == 4
    assert index_at(row("بيتي", 8).aligned("left"), 7) == 0
    assert index_at(wrap("abc\ndef", 8)[0], 7) == 3


def test_alignment_moves_the_padding_only() -> None:
    """A line may be put on the other side."""
    line = row("سلام", 8, UNSHAPED)

    assert line.aligned("left").text == "مالس    "
    assert line.aligned("left").aligned("right") == line


@pytest.mark.parametrize(
    ("text", "visual"),
    [("🙏🏽!", "🙏!"), ("👨‍👩‍👧!", "👨!"), ("❤️!", "❤!"), ("1️⃣!", "1!"), ("🇦🇪!", "🇦🇪!"), ("🇦!", "A!"), ("a🏽!", "a!")],
)
def test_emoji_take_the_width_that_terminals_agree_on(text: str, visual: str) -> None:
    """Only flags and single emoji remain as they are."""
    assert row(text, 4, Options(base="ltr")).text.rstrip() == visual


def test_emoji_stay_whole_where_the_terminal_can_draw_them() -> None:
    """Without the reduction a sequence is one cell of the width that Rich gives it."""
    options = Options(emoji=False, base="ltr")
    text = "🙏🏽👨‍👩‍👧❤️1️⃣🇦🇪"

    assert [cell.text for cell in row(text, 20, options).cells] == ["🙏🏽", "👨‍👩‍👧", "❤️", "1️⃣", "🇦🇪"]
    assert_exact(text, (row(text, 20, options),), 20)


def test_levels_of_tabs_are_those_of_the_paragraph() -> None:
    """A tab and the blanks before it return to the paragraph's direction."""
    line = row("سلام abc \tdef", 40, UNSHAPED)

    assert line.text.strip() == "def     abc مالس"


def test_a_stretch_can_be_laid_out_by_itself() -> None:
    """A cut has the levels of its paragraph, and the width asked."""
    text = "مرحبا hello world 12, 34 ثم شكرا"

    assert cut(text, 18, len(text), 16, RAW).text == "  اركش مث 12, 34"
    assert cut("", 0, 0, 3).text == "   "


def test_a_terminal_that_reorders_gets_logical_order() -> None:
    """For such a terminal nothing is shaped, mirrored or reordered, and rows are as wide as ever."""
    line = row("مرحبا (abc) لا", 20, Options(logical=True))

    assert line.text == "      مرحبا (abc) لا"
    assert row("السلام عليكم", 6, Options(logical=True)).text == "السلا…"


def test_the_terminal_settles_it_for_the_process() -> None:
    """What the terminal needs applies to every layout until it is set again."""
    set_terminal(logical=True)
    try:
        assert row("سلام", 4).text == "سلام"
    finally:
        set_terminal()

    assert row("سلام", 4).text != "سلام"


def test_a_text_that_is_cut_keeps_its_isolates_on_both_sides() -> None:
    """An open one ends with its part and begins again with the next; one that has just begun is the next part's."""
    text = "say \u2066majlis \u2068x\u2069 --yes\u2069 \u2068now\u2069."
    ends = [text.index("--"), text.index("\u2068now") + 1, len(text)]

    assert parted(text, ends) == ["say \u2066majlis \u2068x\u2069\u2069", "\u2066--yes\u2069", "\u2068now\u2069."]


def test_an_embedded_value_does_not_rearrange_the_sentence() -> None:
    """A name of the other direction moves only itself, and cannot leave its place."""
    name = embed("John Smith")
    hostile = embed("a\u2069b\u202e\nc\u2067")

    assert shown(f"العميل {name} - 42") == "42 - John Smith ليمعلا"
    assert hostile == "\u2068ab c\u2067\u2069\u2069"


def test_the_layout_needs_no_toolkit() -> None:
    """Printing a table from the command line loads neither Textual nor the native bidi library."""
    heavy = "{'textual', 'bidi', 'arabic_reshaper'}"
    code = f"import sys, tui.arabic.columns as c; c.line('a'); print({heavy} & {{*sys.modules}})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
