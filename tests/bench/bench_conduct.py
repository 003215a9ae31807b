"""How long the policy takes: all rules on one draft, and on ten thousand messages; run it by hand.

`python -m tests.bench.bench_conduct` prints medians in milliseconds and totals in seconds. The goal for a draft of 280
characters is 5 ms, a tenth of what passes between the last key and the underline.
"""

from __future__ import annotations

import json
import statistics
import tomllib
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import majlis
from majlis.conduct import Context, check, contacts_from, rules_from
from majlis.doubt import weights_from
from majlis.triage import cues_from, suggest

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(majlis.__file__).parent
DATA = Path(__file__).resolve().parents[1] / "data" / "policy"
ARABIC = (
    "أهلاً بك، العيادة الجديدة تستقبل المراجعين من الأحد إلى الخميس بين 7:30 و14:30، ويمكنك الحجز عبر موقعنا "
    "ministry.example أو الاتصال على 80055500، وللاستفسار راسلنا على info@ministry.example. نتمنى لك ولأسرتك الصحة "
    "والعافية، ولا تنس إحضار الهوية وصورة عن البطاقة الصحية وكل التقارير السابقة"
)
"""Says when a clinic is open, with the official contacts, in 280 characters."""

ITEM = "متى تفتح العيادة الجديدة؟"
"""Asks when the clinic is open."""

RUNS = 200
MESSAGES = 10_000


def main() -> None:
    """Print the figures."""
    started = perf_counter()
    rules = rules_from(*(tomllib.loads((HERE / "conduct" / f"{name}.toml").read_text("utf-8")) for name in _FILES))
    contacts = contacts_from(json.loads((DATA / "profile.json").read_text("utf-8")))
    signs = tomllib.loads((HERE / "signs.toml").read_text("utf-8"))
    weights = weights_from(json.loads((HERE / "danger.json").read_text("utf-8")), signs)
    cues = cues_from(tomllib.loads((HERE / "triage.toml").read_text("utf-8")), rules, contacts, weights=weights)
    _tell("rules and cues read", perf_counter() - started)

    draft, context = ARABIC[:280], Context(network="x", item=ITEM)
    started = perf_counter()
    check(draft, context, contacts, rules)
    _tell("first draft", perf_counter() - started)
    _tell("a draft of 280 characters, median", _median(lambda: check(draft, context, contacts, rules)))

    texts = [json.loads(line)["text"] for line in (DATA / "incoming_tune.jsonl").read_text("utf-8").splitlines()]
    many = [texts[index % len(texts)] for index in range(MESSAGES)]
    started = perf_counter()
    for text in many:
        check(text, Context(), contacts, rules)
    _tell(f"all rules on {MESSAGES} messages", perf_counter() - started)
    started = perf_counter()
    for text in many:
        suggest(text, (), "x", cues)
    _tell(f"triage of {MESSAGES} messages", perf_counter() - started)


_FILES = ("catalogue", "words")


def _median(run: Callable[[], object]) -> float:
    """Return the median of many runs, in seconds."""
    spent = []
    for _ in range(RUNS):
        started = perf_counter()
        run()
        spent.append(perf_counter() - started)
    return statistics.median(spent)


def _tell(what: str, spent_s: float) -> None:
    print(f"{what:45} {spent_s * 1000:10.2f} ms")  # noqa: T201  a figure for the person who asked


if __name__ == "__main__":
    main()
