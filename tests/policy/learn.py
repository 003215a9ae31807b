"""Learn the weights of `majlis/doubt.py` from the tuning half of the labelled messages and texts.

Texts on their way out are no messages, but they are ordinary words, of which danger has to be told apart.

`python -m tests.policy.learn` writes `majlis/danger.json`. Logistic regression by stochastic gradient descent, with
steps of their own for each feature (AdaGrad), in an order that a fixed seed decides: the same messages give the same
file.
`python -m tests.policy.learn --by-writer` writes nothing: it leaves each writer out in turn, a quarter of the first,
and tells what is then found and what is wrongly called urgent at several limits.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import majlis
from majlis.conduct import contacts_from
from majlis.doubt import FEW, KINDS, features_of
from majlis.signs import NOT, Signs
from majlis.triage import Cues, cues_from, folded_message, hints_of
from tests.majlis.conduct.conftest import PROFILE, shipped_rules

DATA: Final = Path(__file__).resolve().parents[1] / "data" / "policy"
HERE: Final = Path(majlis.__file__).parent
FILE: Final = HERE / "danger.json"
DAY: Final = HERE.parent / "connectors" / "scenario" / "day.jsonl"

_ROUNDS: Final = 30
_RATE: Final = 0.3
_SHRINK: Final = 1 / 3
_OF_DANGER: Final = 2.0
"""How much more a missed danger weighs than a false alarm at what only sounds like it."""
_OF_ORDINARY: Final = 2.0
"""And a false alarm at an ordinary message, of which there are many more at work than here."""
_FEWEST: Final = {"#": 1, "+": 4, ":": 1}
"""Messages in which a sign, a pair of them or a hint has to stand; a part of a word in `_FEWEST_PARTS`."""
_FEWEST_PARTS: Final = 3
_LEAST: Final = 0.02
"""The smallest weight that is kept."""
_SEEN: Final = ":seen by phrases"
"""Weighed while learning, so that the other weights say what the phrases do not; kept out of the file."""
ENOUGH: Final = 0.12
ENOUGH_IF_PLAIN: Final = 0.3
"""Chosen with `--by-writer`: the limits at which about 19 dangers in 20 of a writer who was left out are found, by
phrases or by weights, and the fewest ordinary messages with them."""
SOON: Final = 0.1
"""A guess; it costs one look at the top of the queue."""

Example = tuple[dict[str, float], bool, float]
"""What is weighed of a message, whether it tells of danger, and how much a mistake about it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A labelled message as it is weighed."""

    writer: str
    """Two letters of its id; empty for the first writer, who wrote the cues too."""
    is_ordinary: bool
    """Neither danger nor written to sound like it."""
    kind: str | None
    """None: no danger."""
    features: dict[str, float]
    signs: tuple[str, ...]
    is_plain: bool
    """Short, or plainly about something else."""

    @property
    def example(self) -> Example:
        """As the learner wants it."""
        counts = _OF_ORDINARY if self.is_ordinary else 1.0
        return self.features, self.kind is not None, counts if self.kind is None else _OF_DANGER


def cues() -> Cues:
    """Return the shipped cues without weights."""
    table = tomllib.loads((HERE / "triage.toml").read_text(encoding="utf-8"))
    return cues_from(table, shipped_rules(), contacts_from(PROFILE))


def signs() -> dict[str, Any]:
    """Return the lists of signs."""
    return tomllib.loads((HERE / "signs.toml").read_text(encoding="utf-8"))


def rows() -> list[Row]:
    """Return the tuning half: messages with their labels, and texts on their way out as ordinary ones."""
    known, reader = cues(), Signs(signs())
    incoming, danger, outgoing = (_lines(f"{name}_tune") for name in ("incoming", "danger", "outgoing"))
    texts = [row["text"] for row in outgoing]
    texts += [row["context"]["item"] for row in outgoing if row["context"].get("item")]
    return [
        *(_row(each, known, reader, is_ordinary=True) for each in incoming if each["labels"]),
        *(_row(each, known, reader) for each in danger),
        *(_row(each, known, reader, is_ordinary=True) for each in _lines("ordinary_tune")),
        *(_row({"text": text}, known, reader, is_ordinary=True) for text in (*texts, *_practised(known))),
    ]


def _practised(known: Cues) -> list[str]:
    """Return what people write on an ordinary day, from the practice inbox, without what its phrases call danger."""
    day = [json.loads(line) for line in DAY.read_text(encoding="utf-8").splitlines()]
    texts = sorted({text for row in day for text in _texts(row)})
    return [text for text in texts if not hints_of(folded_message(text), known)[2]]


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        for name, each in data.items():
            if name == "text" and isinstance(each, str):
                yield each
            yield from _texts(each)
    elif isinstance(data, list):
        for each in data:
            yield from _texts(each)


def _row(data: dict[str, Any], known: Cues, reader: Signs, *, is_ordinary: bool = False) -> Row:
    key = folded_message(data["text"])
    words = reader.read(key)
    kind = data["labels"]["category"] if "labels" in data and data["labels"]["category"] in KINDS else None
    hints, is_plain, is_seen = hints_of(key, known)
    features = features_of(words, hints)
    if is_seen:
        features[_SEEN] = 1.0
    writer = data["id"][:2] if data.get("id", "").startswith("J") else ""
    found = {sign for word in words for sign in word.signs if sign != NOT}
    return Row(
        writer=writer,
        is_ordinary=is_ordinary and kind is None,
        kind=kind,
        features=features,
        signs=tuple(found),
        is_plain=is_plain or len(words) < FEW,
    )


def learned(given: Sequence[Row]) -> dict[str, Any]:
    """Return weights in the form of the shipped file."""
    bias, whether = _whether([row.example for row in given])
    kept = {name: round(each, 2) for name, each in sorted(whether.items()) if abs(each) >= _LEAST and name != _SEEN}
    which = _which([row for row in given if row.kind is not None])
    return {
        "bias": round(bias, 3),
        "enough": ENOUGH,
        "enough_if_plain": ENOUGH_IF_PLAIN,
        "soon": SOON,
        "which": which,
        "whether": kept,
    }


def _whether(examples: Sequence[Example]) -> tuple[float, dict[str, float]]:
    """Return the weights that tell danger from all else."""
    counts = Counter(name for features, *_ in examples for name in features)
    kept = [
        ([(name, much) for name, much in features.items() if _is_kept(name, counts)], is_danger, cost)
        for features, is_danger, cost in examples
    ]
    chance = random.Random(7)  # noqa: S311  the order of learning, not a secret
    weights = dict.fromkeys((name for features, *_ in kept for name, _ in features), 0.0)
    spent = dict.fromkeys(weights, _START)
    shrink = {name: _SHRINK / counts[name] for name in weights}
    bias, spent_bias = 0.0, _START
    for _ in range(_ROUNDS):
        chance.shuffle(kept)
        for features, is_danger, cost in kept:
            odds = bias + sum(weights[name] * much for name, much in features)
            slope = cost * (1 / (1 + math.exp(-odds)) - is_danger)
            for name, much in features:
                step = slope * much + shrink[name] * weights[name]
                spent[name] += step * step
                weights[name] -= _RATE * step / math.sqrt(spent[name])
            spent_bias += slope * slope
            bias -= _RATE * slope / math.sqrt(spent_bias)
    return bias, weights


_START: Final = 1e-6
"""Spares the first step a division by nothing."""


def _is_kept(name: str, counts: Counter[str]) -> bool:
    kind = "+" if "+" in name else name[0]
    return counts[name] >= _FEWEST.get(kind, _FEWEST_PARTS)


def _which(dangers: Sequence[Row]) -> dict[str, list[float]]:
    """Return, for each sign, how much more often it stands in each kind of danger than in all: log of the odds."""
    total = Counter(row.kind for row in dangers)
    counts = Counter((sign, row.kind) for row in dangers for sign in row.signs)
    of_all = Counter(sign for row in dangers for sign in row.signs)
    whole = len(dangers)

    def weight(sign: str, kind: str) -> float:
        share = (counts[sign, kind] + _SMOOTH * of_all[sign] / whole) / (total[kind] + _SMOOTH)
        return round(math.log(max(share, 1e-4) / (of_all[sign] / whole)), 2)

    found = {sign: [weight(sign, kind) for kind in KINDS] for sign in sorted(of_all) if of_all[sign] >= _SMOOTH}
    return {"": [round(math.log(total[kind] / whole), 2) for kind in KINDS], **found}


_SMOOTH: Final = 4
"""Messages without a sign that are thought of beside those that are known."""


def by_writer() -> None:
    """Tell what is found of writers left out, and what is wrongly called urgent."""
    given = rows()
    folds = [
        ([row for row in given if row.writer != writer], [row for row in given if row.writer == writer])
        for writer in _OTHERS
    ]
    first = [row for row in given if not row.writer]
    for part in range(4):
        left = {id(row) for row in first[part::4]}
        folds.append(([row for row in given if id(row) not in left], first[part::4]))
    scored: list[tuple[Row, float]] = []
    for known, left_out in folds:
        bias, whether = _whether([row.example for row in known])
        scored += [(row, _chance(row, bias, whether)) for row in left_out]
    for limit in (0.08, 0.1, 0.12, 0.15, 0.2, 0.3):
        for plain in (limit, 0.3, 0.4):
            sys.stdout.write(f"from {limit:.2f}, if plain {plain:.2f}: {'; '.join(_told(scored, limit, plain))}\n")


def _chance(row: Row, bias: float, whether: dict[str, float]) -> float:
    if _SEEN in row.features:
        return 1.0
    odds = bias + sum(much * whether.get(name, 0.0) for name, much in sorted(row.features.items()))
    return 1 / (1 + math.exp(-odds))


def _told(scored: Sequence[tuple[Row, float]], limit: float, plain: float) -> Iterable[str]:
    groups: dict[str, list[bool]] = {}
    for row, chance in scored:
        groups.setdefault(_group(row), []).append(chance >= (plain if row.is_plain else limit))
    for name, urgent in sorted(groups.items()):
        yield f"{name} {sum(urgent)} of {len(urgent)} ({sum(urgent) / len(urgent):.3f})"


def _group(row: Row) -> str:
    if row.is_ordinary:
        return "ordinary"
    who = "others'" if row.writer in _OTHERS else "the first's"
    return f"{who} danger" if row.kind else f"{who} near misses"


_OTHERS: Final = ("JA", "JB")
"""Writers who knew neither the cues nor the signs."""


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(learned(rows()), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    by_writer() if "--by-writer" in sys.argv else main()
