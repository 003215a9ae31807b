"""Learn the weights of `majlis/doubt.py` from the tuning half of the labelled messages and texts.

Texts on their way out are no messages, but they are ordinary words, of which danger has to be told apart.

`python -m tests.policy.learn` writes `majlis/danger.json`. Multinomial logistic regression by stochastic gradient
descent, in an order that a fixed seed decides, so that the same messages give the same file.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import Any, Final

import majlis
from majlis.doubt import KINDS, as_data, parts_of, words_of
from majlis.triage import folded_message

DATA: Final = Path(__file__).resolve().parents[1] / "data" / "policy"
FILE: Final = Path(majlis.__file__).parent / "danger.json"

_ROUNDS: Final = 25
_RATE: Final = 0.5
_FADING: Final = 0.3
_SHRINK: Final = 0.001
_OF_DANGER: Final = 2.0
"""How much more a missed danger weighs than a false alarm."""
_FEWEST: Final = 2
"""Messages in which a part has to stand."""
ENOUGH: Final = 0.4
"""Chosen on the tuning half, by leaving a fifth of it out in turn: of the dangers that no phrase names seven in ten are
found, for one false alarm in fifty."""


def learned(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return weights in the form of the shipped file."""
    examples = [(_parts(row["text"]), _kind(row["labels"]["category"])) for row in rows if row["labels"]]
    counts = Counter(part for parts, _ in examples for part in parts)
    kept = [([part for part in parts if counts[part] >= _FEWEST], kind) for parts, kind in examples]
    chance = random.Random(7)  # noqa: S311  the order of learning, not a secret
    weights: dict[str, list[float]] = {part: [0.0] * len(KINDS) for parts, _ in kept for part in parts}
    bias = [0.0] * len(KINDS)
    for turn in range(_ROUNDS):
        chance.shuffle(kept)
        rate = _RATE / (1 + turn * _FADING)
        for parts, kind in kept:
            _step(parts, kind, weights, bias, rate)
    return as_data(bias, weights, ENOUGH)


def _step(parts: list[str], kind: int | None, weights: dict[str, list[float]], bias: list[float], rate: float) -> None:
    norm = math.sqrt(len(parts)) or 1.0
    odds = [math.exp(bias[k] + sum(weights[part][k] for part in parts) / norm) for k in range(len(KINDS))]
    whole = 1 + sum(odds)
    for k in range(len(KINDS)):
        slope = (odds[k] / whole - (kind == k)) * (_OF_DANGER if kind is not None else 1.0)
        for part in parts:
            weights[part][k] -= rate * (slope / norm + _SHRINK * weights[part][k])
        bias[k] -= rate * slope * _FADING


def _parts(text: str) -> list[str]:
    return sorted({part for word in words_of(folded_message(text)) for part in parts_of(word)})


def _kind(category: str) -> int | None:
    return KINDS.index(category) if category in KINDS else None


def rows() -> list[dict[str, Any]]:
    """Return the tuning half: messages with their labels, and texts on their way out as ordinary ones."""
    messages = [*_lines("incoming_tune"), *_lines("danger_tune")]
    texts = [row["text"] for row in _lines("outgoing_tune")]
    texts += [row["context"]["item"] for row in _lines("outgoing_tune") if row["context"].get("item")]
    return [*messages, *({"text": text, "labels": {"category": "other"}} for text in texts)]


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(learned(rows()), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
