"""How long a scenario takes without a screen; run it by hand.

`python -m tests.bench.bench_replay [--messages N] [--days N] [--reads at_once]` makes a scenario with faults and
answers, and prints seconds; without numbers, for a day of 500 messages and for a week of 10,000.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from connectors.scenario import load
from connectors.scenario.times import written
from tui.replay.play import play

from .bench_inbox import WORDS

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
"""A Sunday, 07:00 in Dubai."""
ANSWERED = 0.05
"""Part of the messages that a colleague answers; a guess."""
ANSWER = "أهلاً بكم، المركز مفتوح من السابعة والنصف صباحاً."


def lines(messages: int, days: int, reads: str = "paced") -> list[str]:
    """Return a scenario whose messages come at all hours, and whose colleagues answer until the last expectation.

    Args:
        messages: How many.
        days: In how many days.
        reads: As the header says it; read at once, a listing is read every hour besides.
    """
    chance = random.Random(7)  # noqa: S311  # repeatable, not secret
    networks = ("facebook", "x", "youtube")
    header: dict[str, Any] = {
        "scenario": 1,
        "name": f"{messages} messages in {days} days",
        "start": START.isoformat(),
        "end": f"+{24 * days:02}:00:00",
        "interval": "+00:01:00" if reads == "paced" else "+01:00:00",
        "reads": reads,
        "calendar": "open",
        "accounts": [{"id": name, "network": name, "name": "Practice", "handle": "moh_practice"} for name in networks],
    }
    rows: list[tuple[timedelta, dict[str, Any]]] = []
    span = timedelta(days=days) - timedelta(hours=1)
    for n in range(messages):
        at, account = chance.random() * span, chance.choice(networks)
        words = " ".join(chance.choices(WORDS, k=12))
        row = {"do": "arrive", "account": account, "id": f"m{n}", "author": {"id": f"u{n % 997}"}, "text": words}
        rows.append((at, row))
        if n < messages * ANSWERED:
            reply = {"id": f"m{n}", "text": f"{ANSWER} {n}"}
            rows.append((at + timedelta(minutes=30), {"do": "operator", "operator": "operator", "reply": reply}))
    for hour in range(0, 24 * days, 6):
        fault = {"do": "fault", "account": chance.choice(networks), "kind": chance.choice(("busy", "cut", "down"))}
        rows.append((timedelta(hours=hour, minutes=7), {**fault, "accepted": True, "times": 2}))
    rows.sort(key=lambda row: row[0])
    made = [{"at": written(START + at, START), **row} for at, row in rows]
    return [json.dumps(row, ensure_ascii=False) for row in (header, *made)]


def _measure(messages: int, days: int, reads: str) -> None:
    text = lines(messages, days, reads)
    began = perf_counter()
    scenario = load(text)
    read_s = perf_counter() - began
    played = play(scenario, "bench")
    took_s = perf_counter() - began
    total, accepted = sum(played.states.values()), sum(played.posted.values())
    print(  # noqa: T201
        f"{played.name}, {reads}: read in {read_s:.1f} s, played in {took_s:.1f} s; {total} messages, "
        f"{accepted} accepted, {len(played.failed)} refused by the desk, {played.events} events, "
        f"head {played.head[:16]}"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--reads", choices=("paced", "at_once"), default="paced")
    chosen = parser.parse_args()
    for messages, days in [(chosen.messages, chosen.days)] if chosen.messages else [(500, 1), (10_000, 7)]:
        _measure(messages, days, chosen.reads)
    print(f"at most resident: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
