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
_FEWEST: Final = 20
"""Known parts, three or four words, that a message needs to be weighed at all; fewer weigh by chance."""
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
    known = {part for word in words for part in parts_of(word)} & weights.parts.keys()
    if len(known) < _FEWEST:
        return None
    sums = [sum(weights.parts[part][kind] for part in known) / math.sqrt(len(known)) for kind in range(len(KINDS))]
    odds = [math.exp(total + bias) for total, bias in zip(sums, weights.bias, strict=True)]
    chance = sum(odds) / (1 + sum(odds))
    if chance < weights.enough:
        return None
    kind = odds.index(max(odds))
    heavy = sorted(dict.fromkeys(words), key=lambda word: -_weight(word, kind, weights))
    said = tuple(word for word in heavy[:shown] if _weight(word, kind, weights) > 0)
    return Doubt(kind=KINDS[kind], chance=chance, words=said)


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
