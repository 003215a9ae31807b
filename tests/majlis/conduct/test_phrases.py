"""The pattern language of the word lists."""

from __future__ import annotations

import pytest

from majlis.conduct.phrases import Phrases, phrase
from majlis.text import search_key


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("your fault", "It was Your  fault!", "your fault"),
        ("your fault", "yours faults", None),
        ("fault", "default", None),
        ("موعد", "بالموعد", "بالموعد"),
        ("موعد", "والموعد", "والموعد"),
        ("=موعد", "الموعد", None),
        ("=موعد", "وموعد", "وموعد"),
        ("=موعد", "موعد", "موعد"),
        ("موعد*", "مواعيد موعدي", "موعدي"),
        ("خطأك|ذنبك", "هذا ذَنْبُك", "ذنبك"),
        ("خطأك", "خطاك", "خطاك"),  # hamza does not matter
        ("take ... tablets", "take two small tablets", "take two small tablets"),
        ("take ... tablets", "take tablets", "take tablets"),
        ("take ... tablets", "take one two three four five six tablets", None),
        ("take ... tablets", "take it. Two tablets", None),
        ("خذ* حبة|حبتين", "خذي حبتين", "خذي حبتين"),
        ("do_not|never ask", "please do  not ask", "do not ask"),
        ("*nafas*", "ma yetnafash", "yetnafash"),
    ],
)
def test_phrase_matches_whole_words(source: str, text: str, found: str | None) -> None:
    match = next(phrase(source).finditer(search_key(text)), None)

    assert (match[0] if match else None) == found


@pytest.mark.parametrize("source", ["", " ", "...", "... a", "a ...", "a|", "a b||c", "="])
def test_wrong_phrase_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="not a phrase"):
        phrase(source)


def test_list_tells_what_it_found() -> None:
    """The leftmost place for marking, and one example of each phrase for explaining."""
    words = Phrases(["b", "a c"])

    first = words.first("x a c b")
    assert first is not None
    assert first.span() == (2, 5)
    assert words.found_in("x a c b") == ("b", "a c")
    assert not words.occur_in("x")
    assert not Phrases([])
