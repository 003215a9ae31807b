import json
import math
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.codec import MAX_DEPTH, decode, encode, escape, unescape

TEXTS = st.text(
    st.sampled_from('\x00\x01\x02\x1f a"\\[{ع\ud7ff\ud800\udbff\udc00\udfff\ue000\ue001\u0100\u1000\U0001f600')
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=6))
def test_documents_come_back_as_they_were(document: dict[str, Any]) -> None:
    """Keys, texts, numbers of any size: nothing is lost, and what is written is valid UTF-8 without U+0000."""
    text = encode(document)

    assert decode(text) == document
    assert "\\u0000" not in text.replace("\\\\", "")
    text.encode("utf-8")


@given(TEXTS, TEXTS)
def test_escaping_keeps_the_order_of_texts(one: str, two: str) -> None:
    """Comparing escaped texts byte by byte, as an engine does, says what comparing the originals says."""
    left, right = escape(one).encode(), escape(two).encode()

    assert (left < right, left == right) == (one < two, one == two)
    assert unescape(escape(one)) == one


@given(
    st.dictionaries(
        st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["1", "true", "null"]), st.integers()
    )
)
def test_keys_become_what_json_files_make_of_them(document: dict[Any, int]) -> None:
    """Keys that are not text turn into text, and of two that become the same the last one wins."""
    assert decode(encode(document)) == json.loads(json.dumps(document))


class Colour(StrEnum):
    RED = "red"


def test_enums_of_text_are_their_text() -> None:
    """Domain values need no conversion first."""
    assert decode(encode({Colour.RED: Colour.RED, "all": (Colour.RED,)})) == {"red": "red", "all": ["red"]}


def test_whole_and_real_numbers_stay_apart() -> None:
    """1, 1.0 and true compare equal in Python, and yet come back as what they were."""
    found = decode(encode({"a": 1, "b": 1.0, "c": True, "d": 10**40, "e": -0.0}))

    assert [type(value) for value in found.values()] == [int, float, bool, int, float]
    assert found["d"] == 10**40
    assert math.copysign(1, found["e"]) == -1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [math.nan], {"x": math.inf}])
def test_nan_and_infinity_are_refused(value: object) -> None:
    """No JSON reader is bound to understand them."""
    with pytest.raises(ValueError, match="JSON"):
        encode({"a": value})


def test_values_that_json_does_not_know_are_refused() -> None:
    """A set is a mistake of the program, and says so at once."""
    with pytest.raises(TypeError):
        encode({"a": {1, 2}})
    with pytest.raises(TypeError, match="tuple"):
        encode({"a": {(1, 2): 3}})


def test_endless_and_very_deep_documents_are_refused() -> None:
    """Rather than failing whoever reads them later."""
    deep: list[Any] = []
    for _ in range(MAX_DEPTH):
        deep = [deep]
    loop: list[Any] = []
    loop.append(loop)

    for value in (deep, loop):
        with pytest.raises(ValueError, match="deep"):
            encode({"a": value})
