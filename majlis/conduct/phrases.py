"""Phrases as data: a small pattern language for word lists, read by the heuristics and by triage.

A phrase is words with blanks between them, matched whole, in folded form (`majlis.text.search_key`). In a word, `*`
stands for any letters, `|` parts alternatives and `_` is a blank inside one of them; `...` between words stands for
up to five others. Arabic words match with "and", the article and the short prepositions glued to them; a leading `=`
asks for the bare word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from majlis.text import search_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GAP: Final = r"[^\w\n.!?\u061f]{1,4}"
_SKIPPED: Final = rf"(?:[^\W_]+{_GAP}){{0,5}}?"
_AND: Final = "(?:[وف])?"
_GLUED: Final = _AND + "(?:بال|وال|عال|هال|ال|لل|[بل])?"
"""And, then: by the, on the, this, the, for the, by or for; as they are written in one with a word."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One pattern, ready for use."""

    source: str
    """As written in the data."""
    anchors: tuple[str, ...]
    """Texts of which one must occur for the pattern to match; a cheap first look."""
    pattern: str
    """Regular expression; compiled when an anchor is first met, since most phrases of a list never are."""

    def finditer(self, key: str) -> Iterator[re.Match[str]]:
        """Yield the places where the phrase stands in a folded text."""
        for anchor in self.anchors:
            if anchor in key:
                yield from _compiled(self.pattern).finditer(key)
                return


@lru_cache(maxsize=8192)
def phrase(source: str) -> Phrase:
    """Read a phrase.

    Raises:
        ValueError: It holds no word or an empty alternative, or begins or ends with a gap.
    """
    _refuse_wrong(source)
    words = search_key(source).split()
    pattern = ""
    for before, word in zip(("", *words), words, strict=False):
        if word == "...":
            continue
        if before:
            pattern += _GAP + (_SKIPPED if before == "..." else "")
        pattern += _word(word)
    return Phrase(source, _anchors(words), rf"(?<![^\W_]){pattern}(?![^\W_])")


def _refuse_wrong(source: str) -> None:
    """Refuse what is no phrase, without the work of reading it."""
    words = source.split()
    choices = [choice for word in words for choice in word.removeprefix("=").split("|")]
    if not words or "..." in {words[0], words[-1]} or not all(choices):
        raise ValueError(f"not a phrase: {source!r}")


_START: Final = 3
"""Letters of an anchor by which it is looked up."""


@lru_cache(maxsize=64)
def _stretches(key: str) -> frozenset[str]:
    """Return every stretch of a text that an anchor may begin with."""
    return frozenset(key[at : at + size] for size in range(1, _START + 1) for at in range(len(key) - size + 1))


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _word(word: str) -> str:
    """Return the pattern of one word with its alternatives."""
    bare = word.removeprefix("=")
    choices = "|".join(re.escape(each).replace("_", _GAP).replace(r"\*", r"[^\W_]*") for each in bare.split("|"))
    is_arabic = "\u0621" <= bare[0] <= "\u064a"
    glued = "" if not is_arabic else _GLUED if bare == word else _AND
    return f"{glued}(?:{choices})"


def _anchors(words: list[str]) -> tuple[str, ...]:
    """Return, for the word whose shortest alternative is longest, the literal part of each alternative."""
    options = [
        tuple(max(re.split(r"[*_]", choice), key=len) for choice in word.removeprefix("=").split("|"))
        for word in words
        if word != "..."
    ]
    return max(options, key=lambda literals: min(map(len, literals)))


class Phrases:
    """A list of phrases, asked together; read when first asked, since a program starts more often than it judges."""

    def __init__(self, sources: Iterable[str]) -> None:
        """Keep the phrases.

        Raises:
            ValueError: One of them is no phrase.
        """
        self._sources = tuple(sources)
        for source in self._sources:
            _refuse_wrong(source)

    def __bool__(self) -> bool:
        return bool(self._sources)

    @cached_property
    def _phrases(self) -> tuple[Phrase, ...]:
        return tuple(map(phrase, self._sources))

    @cached_property
    def _by_start(self) -> dict[str, tuple[int, ...]]:
        """How anchors begin → places of their phrases in the list."""
        found: dict[str, tuple[int, ...]] = {}
        for place, each in enumerate(self._phrases):
            for start in {anchor[:_START] for anchor in each.anchors}:
                found[start] = (*found.get(start, ()), place)
        return found

    @cached_property
    def _starts(self) -> frozenset[str]:
        return frozenset(self._by_start)

    def finditer(self, key: str) -> Iterator[re.Match[str]]:
        """Yield every place where one of them stands, phrase by phrase."""
        for pattern in self._candidates(key):
            yield from pattern.finditer(key)

    def _candidates(self, key: str) -> Iterator[re.Pattern[str]]:
        """Yield the patterns whose anchors occur, in the list's order; triage spends its time here.

        A list has hundreds of phrases of which hardly one begins anything in a text, so beginnings are compared first.
        """
        met = self._starts & _stretches(key)
        if not met:
            return
        by_start = self._by_start
        places = (
            by_start[next(iter(met))]
            if len(met) == 1
            else sorted({place for start in met for place in by_start[start]})
        )
        for place in places:
            each = self._phrases[place]
            for anchor in each.anchors:
                if anchor in key:
                    yield _compiled(each.pattern)
                    break

    def first(self, key: str) -> re.Match[str] | None:
        """Return the leftmost place, `None` when none of them stands in the text."""
        return min(self.finditer(key), key=lambda found: found.start(), default=None)

    def occur_in(self, key: str) -> bool:
        """Tell whether any of them stands in a folded text."""
        return any(pattern.search(key) for pattern in self._candidates(key))

    def found_in(self, key: str) -> tuple[str, ...]:
        """Return what each phrase that occurs looks like in the text, in the order of the list."""
        firsts = (pattern.search(key) for pattern in self._candidates(key))
        return tuple(found[0] for found in firsts if found)
