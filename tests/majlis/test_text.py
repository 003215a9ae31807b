"""Search keys, lengths and scripts of texts."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.text import (
    LIMITS,
    hits,
    length,
    limit,
    link_spans,
    script_of,
    search_key,
    search_key_map,
    search_words,
    weighted_length,
)

CONFORMANCE = Path(__file__).resolve().parents[2].parent / "shared" / "contracts" / "twitter-text" / "validate.yml"

# Letters that exercise the folding: Arabic with marks and forms, digits, controls, Latin, emoji, blanks.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("أإآٱاىيئةهؤوءـًَُِّْ٠١٢۳４Ａａßİﷺﻻ\u200b\u200f\u2066\u2069\u00ad \u00a0\n\t👩🏽\u200d⚕️ﬁ½①e\u0301"),
        st.characters(),
    )
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("شُكْراً", "شكرا"),  # vowels
        ("شــكرا", "شكرا"),  # tatweel
        ("أإآٱا", "ااااا"),  # alef
        ("مستشفى", "مستشفي"),  # alef maksura
        ("صحة", "صحه"),  # teh marbuta
        ("مسؤول", "مسوول"),  # hamza on waw
        ("شئون", "شيون"),  # hamza on yeh
        ("کیا", "كيا"),  # letters of a Persian keyboard
        ("٠٥٠ ۰۵۰ ０５０", "050 050 050"),
        ("ﻻ ﷲ", "لا الله"),  # presentation forms
        ("ＭＯＨ ﬁx", "moh fix"),
        ("STRASSE straße", "strasse strasse"),
        ("İstanbul café", "istanbul cafe"),
        ("a\u200bb\u202ec\u2066d", "abcd"),
        ("a \u00a0\n\t b", "a b"),
        ("0\ufe0f\u20e35\ufe0f\u20e3", "05"),  # keycaps
        ("", ""),
    ],
)
def test_texts_that_read_alike_have_one_key(text: str, key: str) -> None:
    assert search_key(text) == key


@given(TEXTS)
def test_key_with_map_is_the_key(text: str) -> None:
    """Both forms agree, and every character of the key comes from the place the map says."""
    key, origins = search_key_map(text)

    assert key == search_key(text)
    assert len(origins) == len(key)
    assert origins == sorted(origins)
    assert all(0 <= each < len(text) for each in origins)


@given(TEXTS)
def test_key_of_a_key_is_itself(text: str) -> None:
    """A query typed from what is shown finds what was stored."""
    assert search_key(search_key(text)) == search_key(text)


@given(TEXTS)
def test_key_does_not_depend_on_the_normal_form(text: str) -> None:
    """Composed and decomposed writings are found by each other."""
    assert search_key(unicodedata.normalize("NFD", text)) == search_key(unicodedata.normalize("NFC", text))


def test_key_map_leads_back_through_dropped_characters() -> None:
    """A hit is marked where it stands in the original, vowels and controls around it left out."""
    text = "\u2067قال: شُكْراً\u2069"

    key, origins = search_key_map(text)
    start = key.index("شكرا")

    assert text[origins[start] : origins[start + 3] + 1] == "شُكْرا"


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("شكراً لكم،", 10),  # letters, a mark and the comma weigh one
        ("شـ٠؟", 4),
        ("ﻻﷺ", 4),  # presentation forms weigh two
        ("\u200f\u202b\u2067", 6),  # so do direction marks
        ("…", 2),
        ("‘’“”–—", 6),
        ("ab\u0301", 3),  # no composed form, so the mark counts
        ("a\u0301", 1),  # composed first
        ("👍", 2),
        ("👩🏽‍⚕️", 2),  # joined sequence with skin tone
        ("🇦🇪🇦🇪", 4),  # two flags
        ("#️⃣1⃣", 4),
        ("❤️☎", 4),
        ("©®", 2),
        ("©️", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),  # tagged flag
        ("https://moh.example/a", 21),  # a reserved domain is no link to X
        ("https://example.com/very/long/path/that/goes/on?and=on", 23),
        ("example.gov.iq", 23),
        ("زوروا example.gov.iq/ar/news اليوم", 6 + 23 + 6),
        ("زورواexample.comالآن", 5 + 23 + 4),
        ("(https://example.com/a_(b))", 25),
        ("https://example.com.", 24),
        ("https://example.com:8080/a", 23),
        ("https://example.com/صفحة", 23 + 4),  # a path ends at the first Arabic letter
        ("https://مثال.امارات/", 23),
        ("info@example.com", 16),
        ("@example.com", 12),
        ("#example.com", 12),
        ("http://127.0.0.1/", 17),
        ("7.30 v1.2 e.g. etc.and", 22),
    ],
)
def test_weight_of_a_text_on_x(text: str, weight: int) -> None:
    """The network's own count, rule by rule."""
    assert weighted_length(text) == weight


def test_weights_equal_the_conformance_suite() -> None:
    """Every weighted case of the library's own suite, under the current configuration."""
    if not CONFORMANCE.is_file():
        pytest.skip("needs ../shared, the project's shared data")
    source = CONFORMANCE.read_text(encoding="utf-8").partition("WeightedTweetsWithDiscountedEmojiCounterTest")[2]
    cases = re.findall(r'text: "((?:[^"\\]|\\.)*)"\s+expected:\s+weightedLength: (\d+)', source)

    wrong = [(text, weight) for text, weight in cases if weighted_length(unescaped(text)) != int(weight)]

    assert len(cases) == 24
    assert wrong == []


NOT_FOUND = {
    "Extract valid URL: http://✪df.ws/ejp": "a sign in place of a letter; nobody registers such names any more",
    "Extract domain followed by Japanese characters": "a bare domain in Japanese letters, in the middle of a sentence",
}
"""Links of the library's own suite that are not found as it finds them, and why that is left so."""


def test_links_are_those_of_the_conformance_suite() -> None:
    """Every case about links in the library's own suite, but for two that are named."""
    if not CONFORMANCE.is_file():
        pytest.skip("needs ../shared, the project's shared data")
    source = CONFORMANCE.with_name("extract.yml").read_text(encoding="utf-8")
    source = source[source.index("\n  urls:") : source.index("\n  hashtags:")]
    blocks = re.findall(r"- description: (.*)\n +text: (.*)\n +expected:((?: .*)?(?:\n {6,}.*)*)", source)
    cases = [(quoted(name), quoted(text), links_in(expected)) for name, text, expected in blocks]

    wrong = [name for name, text, links in cases if [text[a:b] for a, b in link_spans(text)] != links]

    assert len(cases) == source.count("- description:")
    assert sorted(wrong) == sorted(NOT_FOUND)


def links_in(expected: str) -> list[str]:
    """Return the links of a list, in either of the forms in which the suite writes one."""
    named = re.findall(r"url: (\S.*)", expected)
    return [quoted(each) for each in named or re.findall(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', expected)]


def quoted(text: str) -> str:
    """Return what a YAML text stands for: in double quotes, in single ones, or in none."""
    text = text.strip()
    if text.startswith('"'):
        return unescaped(text.strip('"'))
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def unescaped(text: str) -> str:
    """Return what a double-quoted YAML text stands for, as far as the suite uses escapes."""
    return re.sub(
        r"\\(?:U([0-9A-Fa-f]{8})|u([0-9A-Fa-f]{4})|(.))",
        lambda found: (
            chr(int(found[1] or found[2], 16)) if found[1] or found[2] else {"n": "\n"}.get(found[3], found[3])
        ),
        text,
    )


def test_links_are_found_whole() -> None:
    text = "شاهد https://example.com/a?b=c، ثم example.org."

    assert [text[start:end] for start, end in link_spans(text)] == ["https://example.com/a?b=c", "example.org"]


@given(st.text(st.sampled_from("abc.:/@#-_?=()شم\u200b \U0001f431é"), max_size=60))
def test_links_never_overlap(text: str) -> None:
    """Whatever the text, spans are in order, inside it and apart."""
    spans = link_spans(text)

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))


def test_other_networks_count_code_units() -> None:
    """Facebook and YouTube get the larger of the likely counts; X counts private messages plainly."""
    assert length("شكرا👍", "facebook") == 6
    assert length("https://example.com/12345678901234567890", "youtube") == 40
    assert length("https://example.com/12345678901234567890", "x", "private") == 40
    assert length("https://example.com/12345678901234567890", "twitter") == 23
    assert length("\ud800", "facebook") == 1


def test_limits_are_known_by_network_and_object() -> None:
    assert limit("x") == limit("twitter", "post") == 280
    assert limit("x", "private") == 10_000
    assert limit("facebook") == 8_000
    assert limit("facebook", "private") == 2_000
    assert limit("youtube") == 10_000
    assert limit("youtube", "private") is None
    assert all(size > 0 for size in LIMITS.values())


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("متى تفتح العيادة؟", "ar"),
        ("When does the clinic open?", "en"),
        ("ابغي أغير ال appointment مالي", "mixed"),
        ("أريد نتيجة فحص PCR الذي أجريته أمس في المركز", "ar"),
        ("@moh_sample متى؟ https://example.com/long/path", "ar"),
        ("info@example.com شكرا", "ar"),
        ("998 👍", "none"),
        ("", "none"),
        ("ﺷﻜﺮﺍ", "ar"),
    ],
)
def test_script_of_a_text(text: str, script: str) -> None:
    """The main script of the prose; addresses, links and a single foreign word do not decide."""
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("text", "search", "found"),
    [
        ("متى يفتح المركز", "مركز", ["مركز"]),
        ("متـــى يَفْتَحُ", "متي يفتح", ["متـــى", "يَفْتَح"]),
        ("اللقاح ولقاحات", "لقاح", ["لقاح", "لقاح"]),
        ("بلا", "ل", ["ل"]),  # half of a lam-alef
        ("رقم ٠٥٠", "050", ["٠٥٠"]),
        ("aaaa", "aa", ["aaaa"]),
        ("nothing", "x", []),
        ("nothing", " ", []),
    ],
    ids=range(8),
)
def test_hits_are_where_the_words_stand(text: str, search: str, found: list[str]) -> None:
    """Spans of the text as it is, whatever was folded away between."""
    assert [text[start:end] for start, end in hits(text, search_words(search))] == found


@given(text=TEXTS, before=TEXTS, after=TEXTS)
def test_a_text_is_found_inside_another(text: str, before: str, after: str) -> None:
    """Whatever can be searched for in a text is hit in it, in order, without overlaps."""
    words = search_words(text)

    spans = hits(f"{before} {text} {after}", words)

    assert bool(spans) == bool(words)
    assert all(start < end for start, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))
