"""Weighs a message for danger that no cue phrase names, so that doubt goes to the urgent path (POLICY 5).

The weights are data (`danger.json` beside this module), learned from the tuning half of the labelled messages by
`python -m tests.policy.learn`: one number for each word or part of a word and each kind of danger. Nothing here knows
a language; whoever wants to know why is told the words that weighed most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

KINDS: Final = ("emergency", "self_harm", "threat")
"""In the order of a part's weights; against none of them, which weighs nothing."""
_SIZES: Final = (3, 4, 5)
"""Letters of the parts of words that are looked at, ends of words marked. A guess that held on the tuning half."""
_EMPTY: Final = frozenset(
    [
        *("a", "also", "an", "and", "are", "as", "at", "be", "been", "by", "can", "could", "do", "does"),
        *("for", "from", "had", "has", "have", "here", "in", "is", "it", "of", "on", "only", "or", "our"),
        *("should", "so", "that", "the", "there", "these", "this", "to", "was", "we", "were", "which"),
        *("will", "with", "would", "you", "your", "في", "من", "علي", "الي", "عن", "مع", "هذا", "هذه", "حق"),
        *("او", "ثم"),
    ]
)
"""Words that stand in every kind of message; those that deny say much, and stay."""
FILLING: Final = frozenset(
    [
        *("i", "i'm", "im", "i've", "me", "my", "he", "he's", "hes", "him", "his", "she", "she's", "shes", "her"),
        *("they", "them", "their", "we", "us", "if", "but", "not", "no", "now", "then", "just", "what", "when", "who"),
        *("how", "why", "where", "after", "before", "out", "up", "off", "all", "one", "too", "very", "please", "pls"),
        *("mum", "mom", "dad", "son", "daughter", "wife", "husband", "brother", "sister", "baby", "mother"),
        *("father", "friend", "child", "kid", "kids", "someone", "people", "man", "woman", "anyone", "everyone"),
        *("لا", "ما", "مو", "مش", "مب", "لم", "لن", "ولا", "وما", "بس", "لو", "اذا", "عم", "قد", "كل", "اللي", "بعد"),
        *("قبل", "هو", "هي", "انا", "انت", "وهو", "وهي", "له", "لها", "فيه", "فيها", "عليه", "عليها", "عنده", "عندها"),
        *("عندي", "عندنا", "عندكم", "شو", "وش", "ايش", "ايه", "كيف", "متي", "وين", "فين", "هل", "ليش", "الحين", "الان"),
        *("امي", "ابي", "ابوي", "ابويا", "والدي", "والدتي", "ماما", "بابا", "ابني", "بنتي", "ابنتي", "ولدي", "طفلي"),
        *("زوجي", "زوجتي", "مراتي", "جوزي", "اختي", "اخي", "اخوي", "جدي", "جدتي", "الولد", "البنت", "حد", "واحد"),
        *("ma", "w", "o", "el", "al", "mesh", "msh", "mo", "mab", "fi", "ana", "bs", "shu", "men", "3am"),
    ]
)
"""Words that say to whom, when and whether, not what: they add to a doubt, never make one, and are not shown."""
_FEWEST: Final = 20
"""Known parts, three or four words, that a message needs to be weighed at all; fewer weigh by chance."""
_TOLD: Final = 0.8
"""What part of `enough` the telling words alone have to reach; a guess that held on the tuning half."""
_MARKS: Final = ".,!?:;()\u060c\u061b\u061f\"'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What parts of words weigh."""

    bias: tuple[float, ...]
    """For each kind."""
    parts: Mapping[str, tuple[float, ...]]
    """Part → weight for each kind."""
    enough: float
    """The probability of danger from which there is doubt."""


def weights_from(data: Mapping[str, Any]) -> Weights:
    """Decode weights from their JSON form.

    Raises:
        ValueError: Something is missing or of the wrong kind.
    """
    try:
        parts = {str(part): tuple(map(float, each)) for part, each in data["parts"].items()}
        return Weights(bias=tuple(map(float, data["bias"])), parts=parts, enough=float(data["enough"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"weights: {error}") from error


def parts_of(word: str) -> Iterator[str]:
    """Yield a word and its parts."""
    yield word
    marked = f"<{word}>"
    for size in _SIZES:
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


def words_of(key: str) -> list[str]:
    """Return the words of a folded message that say something, without punctuation."""
    return [word for each in key.split() if (word := each.strip(_MARKS)) and word not in _EMPTY]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A message that may tell of danger."""

    kind: str
    chance: float
    """How likely it is, between `enough` and 1."""
    words: tuple[str, ...]
    """Those that weighed most, heaviest first."""


def doubt(key: str, weights: Weights, shown: int = 3) -> Doubt | None:
    """Weigh a folded message; None when it gives no reason to doubt."""
    words = words_of(key)
    telling = [word for word in words if word not in FILLING]
    known = _known(telling, weights)
    if len(known) < _FEWEST or _chance(_odds(known, weights)) < _TOLD * weights.enough:
        return None
    odds = _odds(_known(words, weights), weights)
    chance = _chance(odds)
    if chance < weights.enough:
        return None
    kind = odds.index(max(odds))
    heavy = sorted(dict.fromkeys(telling), key=lambda word: -_weight(word, kind, weights))
    said = tuple(word for word in heavy[:shown] if _weight(word, kind, weights) > 0)
    return Doubt(kind=KINDS[kind], chance=chance, words=said) if said else None


def _known(words: Sequence[str], weights: Weights) -> set[str]:
    return {part for word in words for part in parts_of(word)} & weights.parts.keys()


def _odds(known: set[str], weights: Weights) -> list[float]:
    """Return the odds of each kind against none."""
    norm = math.sqrt(len(known))
    return [
        math.exp(sum(weights.parts[part][kind] for part in known) / norm + bias)
        for kind, bias in enumerate(weights.bias)
    ]


def _chance(odds: Sequence[float]) -> float:
    return sum(odds) / (1 + sum(odds))


def _weight(word: str, kind: int, weights: Weights) -> float:
    return sum(weights.parts[part][kind] for part in set(parts_of(word)) if part in weights.parts)


def as_data(bias: Sequence[float], parts: Mapping[str, Sequence[float]], enough: float) -> dict[str, Any]:
    """Return weights in their JSON form, as short as they are of use."""
    kept = {part: [round(each, 2) for each in weights] for part, weights in sorted(parts.items())}
    return {
        "bias": [round(each, 2) for each in bias],
        "enough": enough,
        "parts": {part: weights for part, weights in kept.items() if max(map(abs, weights)) >= _LEAST},
    }


_LEAST: Final = 0.05
"""The smallest weight that is kept."""
