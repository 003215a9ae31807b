"""Weighs a message for danger that no cue phrase names, so that doubt goes to the urgent path (POLICY 5).

The weights are data (`danger.json` beside this module), learned from the tuning half of the labelled messages by
`python -m tests.policy.learn`: one number for each word, part of a word, sign (`signs.py`), pair of signs that stand
close together, and hint from the phrases. Nothing here knows a language; whoever wants to know why is told the words
that weighed most.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .signs import NOT, Signs, Word

KINDS: Final = ("emergency", "self_harm", "threat")
"""In the order of the weights of `which`."""
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
        *("let", "since", "left", "did", "get", "got", "go", "went", "still"),
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
_NEAR: Final = 8
"""Words between which two signs make a pair; a guess that held on the tuning half, as are the next three."""
_OF_PARTS: Final = 2.0
_OF_SIGNS: Final = 2.0
_OF_PAIRS: Final = 1.0
_OF_HINTS: Final = 1.0
_OF_LENGTH: Final = 1.0
_LENGTH: Final = 6
_LONG: Final = 5
"""Length counts in sixes of words, up to this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a message is weighed by."""

    signs: Signs
    whether: Mapping[str, float]
    """Feature → weight for danger."""
    bias: float
    enough: float
    """The probability of danger from which there is doubt."""
    enough_if_plain: float
    """The same for a message of few words, or one that plainly is about something else."""
    soon: float
    """The probability from which somebody should look soon."""
    which: Mapping[str, tuple[float, ...]]
    """Sign → weight for each kind of danger."""


def weights_from(data: Mapping[str, Any], signs: Mapping[str, Any]) -> Weights:
    """Decode weights from their JSON form.

    Args:
        data: `bias`, `enough`, `enough_if_plain`, `soon`, `whether`, `which`.
        signs: The form of `signs.toml`.

    Raises:
        ValueError: Something is missing or of the wrong kind.
    """
    try:
        return Weights(
            signs=Signs(signs),
            whether={str(name): float(each) for name, each in data["whether"].items()},
            bias=float(data["bias"]),
            enough=float(data["enough"]),
            enough_if_plain=float(data["enough_if_plain"]),
            soon=float(data["soon"]),
            which={str(name): tuple(map(float, each)) for name, each in data["which"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"weights: {error}") from error


def parts_of(word: str) -> Iterator[str]:
    """Yield a word and its parts."""
    yield word
    marked = f"<{word}>"
    for size in _SIZES:
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


def features_of(words: Sequence[Word], hints: Iterable[str]) -> dict[str, float]:
    """Return what is weighed of a message, and how much of each.

    Args:
        words: As read by the signs.
        hints: What the phrases say of it.
    """
    parts = {part for word in words if word.text not in _EMPTY for part in _parts(word)}
    signs = {f"#{sign}" for word in words for sign in word.signs}
    groups = ((parts, _OF_PARTS), (signs, _OF_SIGNS), (_pairs(words), _OF_PAIRS))
    found = {name: much / math.sqrt(len(group)) for group, much in groups for name in group}
    return {
        **found,
        **{f":{hint}": _OF_HINTS for hint in hints},
        f":length {min(_LONG, len(words) // _LENGTH)}": _OF_LENGTH,
    }


def _parts(word: Word) -> Iterator[str]:
    yield from parts_of(word.text)
    if len(word.sounds) > 1:
        yield f"~{word.sounds}"


def _pairs(words: Sequence[Word]) -> set[str]:
    """Return the pairs of signs that different words give within a few words."""
    return {
        "+".join(sorted((one, other)))
        for at, word in enumerate(words)
        for near in words[at + 1 : at + 1 + _NEAR]
        for one in word.signs
        for other in near.signs
        if one.lstrip("!") != other.lstrip("!")
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A message that may tell of danger."""

    kind: str
    is_urgent: bool
    """Likely enough for the urgent path; else somebody should look soon."""
    words: tuple[str, ...]
    """Those that weighed most, heaviest first."""


def doubt(
    words: Sequence[Word], hints: Iterable[str], weights: Weights, *, is_plain: bool = False, shown: int = 3
) -> Doubt | None:
    """Weigh a message; None when it gives no reason to look at it soon.

    Args:
        words: As read by the signs of the weights.
        hints: What the phrases say of it.
        weights: What it is weighed by.
        is_plain: It is plainly about something else, and has to weigh more.
        shown: How many words are told.
    """
    found = features_of(words, hints)
    chance = _chance(weights.bias + sum(much * weights.whether.get(name, 0.0) for name, much in sorted(found.items())))
    enough = weights.enough_if_plain if is_plain or len(words) < FEW else weights.enough
    if chance < weights.soon:
        return None
    heavy = Counter[str]()
    for word in words:
        if word.text not in FILLING and word.text not in _EMPTY:
            heavy[word.text] = max(heavy[word.text], round(_weight(word, found, weights) * _EXACT))
    told = tuple(word for word, weight in heavy.most_common(shown) if weight > 0)
    return Doubt(kind=_kind(words, weights), is_urgent=chance >= enough, words=told) if told else None


FEW: Final = 12
"""Words of a message that is short: most ordinary ones are, and of them there are very many."""
_EXACT: Final = 1000
"""Weights of words are compared in thousandths, so that the order is the same everywhere."""


def _weight(word: Word, found: Mapping[str, float], weights: Weights) -> float:
    """Return what a word adds by itself."""
    names = {*_parts(word), *(f"#{sign}" for sign in word.signs)}
    return sum(found.get(name, 0.0) * weights.whether.get(name, 0.0) for name in sorted(names))


def _kind(words: Sequence[Word], weights: Weights) -> str:
    signs = sorted({sign for word in words for sign in word.signs if sign != NOT})
    none = (0.0,) * len(KINDS)
    scores = [sum(weights.which.get(sign, none)[at] for sign in ("", *signs)) for at in range(len(KINDS))]
    return KINDS[scores.index(max(scores))]


def _chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
