"""Scenarios of a few lines, played as `majlis replay --headless` plays them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.scenario import load
from tui.replay.play import Played, play

HEADER: dict[str, Any] = {
    "scenario": 1,
    "name": "test",
    "start": "2026-11-23T04:00:00Z",
    "language": "en",
    "reads": "at_once",
    "interval": "+00:02:00",
    "accounts": [
        {"id": "fb", "network": "facebook", "name": "Practice", "handle": "moh_practice"},
        {"id": "x", "network": "x", "name": "Practice", "handle": "moh_practice"},
    ],
    "operators": [
        {"id": "salem"},
        {"id": "huda"},
        {"id": "nora", "roles": ["customer_service"]},
        {"id": "amal", "roles": ["operator", "supervisor"]},
    ],
}
QUESTION = "متى يفتح المركز؟"
ANSWER = "المركز مفتوح من الثامنة صباحاً."
ARRIVE = {"at": "+00:00:10", "do": "arrive", "account": "fb", "id": "a", "author": {"id": "u1", "name": "ليلى"}}
ARRIVE |= {"text": QUESTION}

Rows = dict[str, Any]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a scenario: its lines, and what of the header is otherwise."""

    def written(*rows: Rows, **header: Any) -> Path:
        path = tmp_path / "scenario.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) for row in ({**HEADER, **header}, *rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written


Run = Callable[..., Played]


@pytest.fixture
def run(write: Write) -> Run:
    """Write a scenario and play it."""

    def played(*rows: Rows, seed: int | None = None, **header: Any) -> Played:
        path = write(*rows, **header)
        return play(load(path), str(path), seed)

    return played


def act(at: str, operator: str, **verb: Any) -> Rows:
    """Return a colleague's line."""
    return {"at": at, "do": "operator", "operator": operator, **verb}


def expect(at: str, **looks: Any) -> Rows:
    """Return an expectation."""
    return {"at": at, "do": "expect", **looks}


def press(at: str, *keys: str | Rows) -> Rows:
    """Return a line of keys."""
    return {"at": at, "do": "key", "keys": list(keys)}


def wrong(played: Played) -> list[tuple[int, Any, Any]]:
    """Return the lines that do not hold, with expected and actual."""
    return [(check.line, check.expected, check.actual) for check in played.failed]
