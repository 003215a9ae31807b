"""Reads what the words of a message are signs of: breath, colour, a bridge; a course, a film, last year.

The words are data (`signs.toml` beside this module). An Arabic word is found by its stem, in dialects too, and in Latin
letters by its consonants; whether a sign means anything is for the weights to say (`doubt.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from .text import search_key

NOT: Final = "not"
"""The sign that turns those of the next two words round."""
_TURNED: Final = 2
_LONGEST: Final = 4
"""Words of the longest entry of several."""
_SHORTEST: Final = 3
"""Letters of a stem that beginnings and endings may leave; consonants of one that is known by them."""
_REMEMBERED: Final = 4096
"""Words whose signs are not looked up again. A guess."""

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[\U0001f300-\U0001faff\u2600-\u27bf]|:\)|:p")
_ARABIC: Final = re.compile("[\u0621-\u064a\u067e\u0686\u06af]")
_JOINED: Final = ("وبال", "وال", "فال", "بال", "عال", "هال", "كال", "ولل", "لل", "ال", "و", "ف", "ب", "ل", "ه", "ك")
"""And, in, the, this, for: as they are written in one with a word."""
_BEGUN: Final = (
    *("بي", "بت", "بن", "هي", "هت", "هن", "حي", "حت", "سي", "ست", "كي", "كت"),
    *("ي", "ت", "ن", "ا", "م", "ب", "ح", "د"),
)
"""Beginnings of verbs, of the dialects too."""
_ENDED: Final = (
    *("وها", "وه", "ته", "تها", "تني", "لها", "له", "لي", "لنا", "ناه", "ناها", "ون", "ين", "ان", "ات", "هم", "ها"),
    *("كم", "نا", "ني", "تو", "ه", "ك", "ي", "و", "ا", "ت", "ش", "ن"),
)
"""Endings of persons and numbers."""
_ARTICLES: Final = ("وال", "فال", "بال", "عال", "هال", "لل", "ال", "و")
_SILENT: Final = re.compile("[اويءئؤى]")
_CONSONANTS: Final = str.maketrans(
    "بتثجچحخدذرزسشصضطظعغفقكگلمنهپ",
    "bttjjhxddrzscsdtd3gfqkqlmnhb",
)
_SOUNDS: Final = (
    *(("7'", "x"), ("3'", "g"), ("9'", "d"), ("6'", "d")),
    *(("sh", "c"), ("kh", "x"), ("th", "t"), ("dh", "d"), ("gh", "g"), ("ch", "j")),
)
_LETTERS: Final = str.maketrans("75698g2vp", "hxtsgqqfb", "wyaeiou'")
_DOUBLED: Final = re.compile(r"(.)\1+")
_DIGIT_LETTERS: Final = re.compile(r"[a-z][23579][a-z]")
_LATIN_ARABIC: Final = re.compile(
    r"\b(?=[a-z']*[235679])(?=[235679']*[a-z])[a-z235679']{3,}\b|\b(?:el|fi|ana|wallah|ya|bas|ommi|akhoy|w|mn|3la)\b"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a message."""

    text: str
    """Folded."""
    sounds: str
    """Its consonants, the same in both scripts; empty for words that are not Arabic."""
    signs: tuple[str, ...]
    """Sorted; after a word that denies with `!` before each."""


class Signs:
    """The words that are signs, in the form in which they are looked up."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Read the lists of `signs.toml`.

        Raises:
            ValueError: There is none, or one is no text.
        """
        lists = table.get("signs")
        if not isinstance(lists, Mapping) or not all(isinstance(each, str) for each in lists.values()):
            raise ValueError("signs: not texts by name")
        self._stems: dict[str, set[str]] = {}
        self._beginnings: dict[str, set[str]] = {}
        self._several: dict[str, set[str]] = {}
        self._sounds: dict[str, set[str]] = {}
        for name, words in lists.items():
            for word in search_key(words).split():
                self._add(name, word)
        self._of_word = lru_cache(maxsize=_REMEMBERED)(self._looked_up)

    def _add(self, name: str, word: str) -> None:
        if "_" in word:
            self._several.setdefault(" ".join(map(_bare, word.split("_"))), set()).add(name)
        elif word.endswith("*"):
            self._beginnings.setdefault(word[:-1], set()).add(name)
        else:
            stem = word.removeprefix("=")
            self._stems.setdefault(stem, set()).add(name)
            if stem == word and _ARABIC.search(stem) and len(sounds := _sounds_of(stem)) >= _SHORTEST:
                self._sounds.setdefault(sounds, set()).add(name)

    def read(self, key: str) -> list[Word]:
        """Return the words of a folded message with what they are signs of."""
        texts = _WORD.findall(key)
        is_latin = _is_arabic_in_latin(key)
        found = [self._of_word(text, is_latin) for text in texts]
        bare = [_bare(text) for text in texts]
        for at in range(len(texts)):
            for size in range(2, _LONGEST + 1):
                found[at] = found[at] | self._several.get(" ".join(bare[at : at + size]), frozenset())
        return [
            Word(
                text,
                _sounds_of(text) if is_latin or _ARABIC.search(text) else "",
                _turned(found[at], is_denied=any(NOT in each for each in found[max(0, at - _TURNED) : at])),
            )
            for at, text in enumerate(texts)
        ]

    def _looked_up(self, word: str, is_latin: bool) -> frozenset[str]:
        if _ARABIC.search(word):
            return frozenset(sign for stem in _stems(word) for sign in self._stems.get(stem, ()))
        found = set(self._stems.get(word, ()))
        for size in range(_SHORTEST, len(word) + 1):
            found |= self._beginnings.get(word[:size], set())
        if is_latin and not found:
            sounds = _sounds_of(word)
            shorter = (sounds, sounds[:-1], sounds[1:] if sounds[:1] in {*"tbnhl"} else sounds)
            found = {sign for each in shorter for sign in self._sounds.get(each, ())}
        return frozenset(found)


def _turned(signs: frozenset[str], *, is_denied: bool) -> tuple[str, ...]:
    return tuple(sorted(f"!{sign}" if is_denied and sign != NOT else sign for sign in signs))


def _is_arabic_in_latin(key: str) -> bool:
    return not _ARABIC.search(key) and (len(_LATIN_ARABIC.findall(key)) > 1 or bool(_DIGIT_LETTERS.search(key)))


def _bare(word: str) -> str:
    """Return a word without "and" and the article."""
    if _ARABIC.search(word):
        for joined in _ARTICLES:
            if word.startswith(joined) and len(word) - len(joined) >= _SHORTEST:
                return word[len(joined) :]
    return word


def _stems(word: str) -> Iterator[str]:
    """Yield what an Arabic word may be a form of, itself first."""
    heads = {word, *(word[len(each) :] for each in _JOINED if word.startswith(each) and len(word) > len(each) + 1)}
    heads |= {
        head[len(each) :]
        for head in heads
        for each in _BEGUN
        if head.startswith(each) and len(head) - len(each) >= _SHORTEST
    }
    stems = {
        head[: -len(each)]
        for head in heads
        for each in _ENDED
        if head.endswith(each) and len(head) - len(each) >= _SHORTEST
    }
    yield from heads | stems


@lru_cache(maxsize=_REMEMBERED)
def _sounds_of(word: str) -> str:
    """Return the consonants by which a word is the same in Arabic and in Latin letters."""
    if _ARABIC.search(word):
        sounds = _SILENT.sub("", word.removesuffix("ه")).translate(_CONSONANTS)
    else:
        sounds = word
        for written, sound in _SOUNDS:
            sounds = sounds.replace(written, sound)
        sounds = sounds.translate(_LETTERS)
        sounds = sounds.rstrip("h") if word.endswith(("a", "h")) else sounds
    return _DOUBLED.sub(r"\1", sounds)
