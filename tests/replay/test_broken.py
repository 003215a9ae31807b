"""Scenario files broken at random: a clear error or a clean run, never a traceback."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.scenario import BadScenario, load
from tests.day.reports import FILES
from tui.replay.play import play
from tui.replay.report import as_json, as_junit

Chance = random.Random
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**30, -(10**30), 1e308, 0.5, "", " ", "\x00", "\u202e\u0661", "a" * 5000),
    *("+00:00:00", "+99:59:59", "-01:00:00", "+24:00:00.999", "2026-11-23T05:00:00Z", "2026-11-23T05:00:00+14:00"),
    *(
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        [],
        {},
        [[]],
        [{}],
        {"id": "q1"},
        ["q1"],
        [None],
        {"a": {"b": []}},
    ),
    *("q1", "re:q1", "fb", "x", "salem", "nora", "wire", "items", "open", "gone", "enter", "ctrl+c", "زر", "\ue000"),
)
SHORT = timedelta(days=2)
"""Longer ones are only read: a wrong year would play for minutes."""


def _rows(lines: list[str]) -> list[int]:
    return [n for n, line in enumerate(lines) if line.startswith("{")]


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return every place in a row: what holds it, and its name or number."""
    names: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        found.append((value, name))
        _places(value[name], found)
    return found


def _inside(change: Callable[[Chance, list[tuple[Any, Any]]], None]) -> Callable[[Chance, list[str]], None]:
    """Return what changes one row as JSON."""

    def changed(chance: Chance, lines: list[str]) -> None:
        number = chance.choice(_rows(lines))
        try:
            row = json.loads(lines[number])
        except ValueError:  # it is broken already
            return
        if places := _places(row, []):
            change(chance, places)
        lines[number] = json.dumps(row, ensure_ascii=chance.random() < 0.5)

    return changed


@_inside
def odd_value(chance: Chance, places: list[tuple[Any, Any]]) -> None:
    """Put something odd somewhere."""
    holder, name = chance.choice(places)
    holder[name] = chance.choice(ODD)


@_inside
def swapped_fields(chance: Chance, places: list[tuple[Any, Any]]) -> None:
    """Let two values of a line change places."""
    (first, one), (second, two) = chance.choice(places), chance.choice(places)
    if not any(each is second or each is first for each in (first[one], second[two])):
        first[one], second[two] = json.loads(json.dumps(second[two])), json.loads(json.dumps(first[one]))


@_inside
def field_gone(chance: Chance, places: list[tuple[Any, Any]]) -> None:
    """Leave something out."""
    holder, name = chance.choice(places)
    del holder[name]


@_inside
def field_new(chance: Chance, places: list[tuple[Any, Any]]) -> None:
    """Add a field from elsewhere."""
    holder = chance.choice([each for each, _ in places if isinstance(each, dict)])
    holder[chance.choice(("id", "text", "account", "within", "keys", "refused", "queue", "zz"))] = chance.choice(ODD)


@_inside
def deep(chance: Chance, places: list[tuple[Any, Any]]) -> None:
    """Nest something deeply."""
    holder, name = chance.choice(places)
    for _ in range(chance.choice((3, 200))):
        holder[name] = [holder[name]] if chance.random() < 0.5 else {"id": holder[name]}


def line_gone(chance: Chance, lines: list[str]) -> None:
    """Drop a line."""
    del lines[chance.choice(_rows(lines))]


def line_twice(chance: Chance, lines: list[str]) -> None:
    """Say a line again, somewhere."""
    lines.insert(chance.randrange(len(lines)), lines[chance.choice(_rows(lines))])


def bytes_flipped(chance: Chance, lines: list[str]) -> None:
    """Change some characters, or cut a line in the middle."""
    number = chance.choice(_rows(lines))
    chars = list(lines[number])
    for _ in range(chance.choice((1, 1, 5))):
        chars[chance.randrange(len(chars))] = chance.choice('"{}[]:,\\+-09ax\x7f\u0600\U0001f600')
    lines[number] = "".join(chars)[: chance.choice((None, None, len(chars) // 2))]


CHANGES = (odd_value, odd_value, swapped_fields, field_gone, field_new, deep, line_gone, line_twice, bytes_flipped)


def broken(number: int) -> bytes:
    """Return a shipped scenario with a few things wrong in it."""
    chance = random.Random(number)  # noqa: S311  # repeatable, not secret
    files = [path for path in FILES if path.name != "day.jsonl"]
    lines = chance.choice(files).read_text("utf-8").split("\n")
    for _ in range(chance.choice((1, 1, 1, 3))):
        if _rows(lines):
            chance.choice(CHANGES)(chance, lines)
    data = bytearray("\n".join(lines).encode("utf-8", "surrogatepass"))
    if chance.random() < 0.1 and data:
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def told(path: Path, use: Callable[[Path], object]) -> BadScenario | None:
    """Return what is said to be wrong with a file."""
    try:
        use(path)
    except BadScenario as error:
        return error
    return None


def test_five_hundred_broken_files_are_read_or_refused_with_line_and_field(tmp_path: Path) -> None:
    """Whatever is wrong, it is said where; what is not wrong is read."""
    path = tmp_path / "broken.jsonl"
    refused: list[BadScenario] = []
    for number in range(500):
        path.write_bytes(broken(number))
        error = told(path, load)
        refused += [error] if error else []

    assert 150 < len(refused) < 450
    assert all(error.facts["field"] and int(str(error.facts["line"])) >= 1 for error in refused)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_of_them_can_be_read_can_be_played(tmp_path: Path) -> None:
    """To its end, with reports; a key, a contact or a calendar that makes no sense is refused by its line."""
    path = tmp_path / "broken.jsonl"
    played: list[str] = []

    def use(path: Path) -> None:
        scenario = load(path)
        if scenario.end - scenario.header.start < SHORT:
            came = play(scenario, str(path))
            played.append(json.dumps(as_json(came, path.name)) + as_junit(came, path.name))

    for number in range(500):
        path.write_bytes(broken(number))
        error = told(path, use)
        assert error is None or int(str(error.facts["line"])) >= 1

    assert len(played) > 50
