import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.arabic.unicode_data import lines
from tui.arabic.shape import forms, shape

BEH = "ب"
ZWNJ = "\N{ZERO WIDTH NON-JOINER}"
ZWJ = "\N{ZERO WIDTH JOINER}"
RLM = "\N{RIGHT-TO-LEFT MARK}"


def joining_types() -> dict[str, str]:
    """Joining type of each Arabic letter."""
    types = {}
    for line in lines("ArabicShaping"):
        code, _, kind, _ = line.split(";")
        types[chr(int(code, 16))] = kind.strip()
    return types


def presentation_forms() -> dict[str, dict[str, str]]:
    """Forms by letter, as Unicode's compatibility decompositions name them."""
    table: dict[str, dict[str, str]] = {}
    for code in [*range(0xFB50, 0xFC00), *range(0xFE80, 0xFEF5)]:
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2:
            table.setdefault(chr(int(parts[1], 16)), {})[parts[0].strip("<>")] = chr(code)
    return table


JOINING = joining_types()
SUPPORTED = {letter: found for letter, found in presentation_forms().items() if letter in JOINING}


def drawn(text: str) -> str:
    """Return the text with its forms, as logical order would print it."""
    found = shape(text)
    return "".join(found.get(i, ch) for i, ch in enumerate(text))


@pytest.mark.parametrize("letter", SUPPORTED, ids=lambda letter: f"U+{ord(letter):04X}")
def test_letters_take_the_forms_of_their_neighbourhood(letter: str) -> None:
    """Alone, first, in the middle and last, a letter has the form that Unicode derives from it."""
    found = SUPPORTED[letter]
    joins_next = JOINING[letter] == "D" and "initial" in found  # noon ghunna has no such form
    joins_before = JOINING[letter] in {"D", "R"} and "final" in found  # nor has U+0677

    alone = drawn(letter)
    first = drawn(f"{letter}{BEH}")[0]
    middle = drawn(f"{BEH}{letter}{BEH}")[1]
    last = drawn(f"{BEH}{letter}")[1]

    assert alone == found["isolated"]
    assert first == (found["initial"] if joins_next else found["isolated"])
    assert middle == (found["medial"] if joins_next else found["final"] if joins_before else found["isolated"])
    assert last == (found["final"] if joins_before else found["isolated"])


def test_the_letters_of_the_inbox_are_all_supported() -> None:
    """Modern Arabic, Persian, Gulf and the main Urdu letters have forms."""
    assert set("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگڤکیٹڈڑےں") <= SUPPORTED.keys()


@pytest.mark.parametrize(
    ("alef", "isolated", "final"),
    [("ا", "\ufefb", "\ufefc"), ("أ", "\ufef7", "\ufef8"), ("إ", "\ufef9", "\ufefa"), ("آ", "\ufef5", "\ufef6")],
)
def test_lam_takes_the_alef_after_it(alef: str, isolated: str, final: str) -> None:
    """Lam and alef are one sign, at the lam, in two forms."""
    assert shape(f"ل{alef}") == {0: isolated, 1: ""}
    assert shape(f"بل{alef}") == {0: "\ufe91", 1: final, 2: ""}
    assert shape(f"دل{alef}")[1] == isolated


def test_lam_alef_is_found_through_marks() -> None:
    """A mark on the lam does not part it from its alef."""
    assert shape("لَا") == {0: "\ufefb", 2: ""}


def test_what_is_transparent_does_not_break_a_join() -> None:
    """Direction marks and harakat between two letters leave them joined."""
    assert drawn(f"ب{RLM}ب") == f"\ufe91{RLM}\ufe90"
    assert drawn("بّب") == "\ufe91\u0651\ufe90"


def test_joiners_join_and_part() -> None:
    """ZWNJ parts two letters; ZWJ makes a form join where no letter is."""
    assert drawn(f"ب{ZWNJ}ب") == f"\ufe8f{ZWNJ}\ufe8f"
    assert drawn(f"ه{ZWJ}") == f"\ufeeb{ZWJ}"
    assert drawn(f"{ZWJ}ه") == f"{ZWJ}\ufeea"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1445 ه‍ ثم لا", "1445 \ufeeb‍ \ufe9b\ufee2 \ufefb"),
        ("ه‍ لا", "\ufeeb‍ \ufefb"),
        ("👨‍👩‍👧 الله", "👨‍👩‍👧 \ufe8d\ufedf\ufee0\ufeea"),
        ("👨‍👩‍👧 لا", "👨‍👩‍👧 \ufefb"),
    ],
)
def test_joiners_before_a_ligature_are_survived(text: str, expected: str) -> None:
    """The year mark and emoji families, which crash the reshaper when it sees them whole, come out right."""
    assert drawn(text) == expected


def test_allah_stays_four_letters() -> None:
    """No ligature puts a word into one unreadable cell."""
    assert "\ufdf2" not in drawn("الله")


def test_tatweel_and_marks_stay() -> None:
    """Nothing is deleted from the word."""
    text = "مـــرحبًا ٔ"

    assert unicodedata.normalize("NFKC", drawn(text)) == unicodedata.normalize("NFKC", text)


@settings(max_examples=500, deadline=None)
@given(run=st.text(alphabet="ابلأإآهعدوىيئءـ" + ZWJ, min_size=1, max_size=30))
def test_forms_keep_the_letters_one_by_one(run: str) -> None:
    """Each letter has its own form or is in the lam before it: undoing the forms gives the letters back."""
    found = forms(run)

    assert len(found) == len(run)
    assert unicodedata.normalize("NFKC", "".join(found)) == run.replace(ZWJ, "")
