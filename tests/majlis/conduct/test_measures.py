"""How right the rules are on labelled texts: the half that was never tuned on, and the project's samples."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from majlis.conduct import Contacts, Rules, contacts_from, text_check

from .conftest import DATA

SAMPLES = Path(__file__).resolve().parents[3].parent / "shared" / "samples"
Row = dict[str, Any]


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass
class Tally:
    """Blocking spans and soft rules, counted."""

    right: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    soft_right: int = 0
    soft_missed: list[str] = field(default_factory=list)
    soft_false: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share found of what must be."""
        return self.right / (self.right + len(self.missed))

    @property
    def precision(self) -> float:
        """Share right of what was found."""
        return self.right / (self.right + len(self.false))

    def count(self, row: Row, answer: Row, rules: Rules) -> None:
        """Compare an answer with its labels: a span is right with exact ends and an accepted category."""
        found = [each for each in answer["findings"] if each["severity"] == "block" and "start" in each]
        for span in row["spans"]:
            accepted = span.get("accept", [span["category"]])
            match = next(
                (
                    each
                    for each in found
                    if (each["start"], each["end"]) == (span["start"], span["end"]) and each.get("category") in accepted
                ),
                None,
            )
            if match:
                found.remove(match)
                self.right += 1
            else:
                self.missed.append(f"{row['id']}: {row['text']}")
        self.false += [f"{row['id']}: {each}" for each in found if "category" in each]
        soft = {each["rule"] for each in answer["findings"] if rules[each["rule"]].severity != "block"}
        wanted = set(row["remind"])
        self.soft_right += len(wanted & soft)
        self.soft_missed += [f"{row['id']}: {rule}" for rule in wanted - soft]
        if not row["spans"]:
            self.soft_false += [f"{row['id']}: {rule}" for rule in soft - wanted]


def tally(rows: list[Row], contacts: Contacts, rules: Rules) -> Tally:
    counted = Tally()
    for row in rows:
        counted.count(row, text_check(row, contacts, rules), rules)
    return counted


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_blocks_are_complete_and_right(half: str, contacts: Contacts, rules: Rules) -> None:
    """Nearly everything that must be blocked is, with exact spans, and nearly nothing else."""
    rows = lines(DATA / f"outgoing_{half}.jsonl")

    counted = tally(rows, contacts, rules)

    assert counted.recall >= 0.98, counted.missed
    assert counted.precision >= 0.97, counted.false


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_reminders_are_mostly_right(half: str, contacts: Contacts, rules: Rules) -> None:
    """Heuristics find most of what they are for and stay rare elsewhere."""
    counted = tally(lines(DATA / f"outgoing_{half}.jsonl"), contacts, rules)

    assert counted.soft_right / (counted.soft_right + len(counted.soft_missed)) >= 0.85, counted.soft_missed
    assert counted.soft_right / (counted.soft_right + len(counted.soft_false)) >= 0.85, counted.soft_false


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_no_official_contact_is_ever_blocked(half: str, contacts: Contacts, rules: Rules) -> None:
    """Texts without private data go out, whatever official data they carry."""
    rows = [row for row in lines(DATA / f"outgoing_{half}.jsonl") if not row["should_block"]]

    assert len(rows) > 80
    assert [row["id"] for row in rows if text_check(row, contacts, rules)["blocked"]] == []


def test_labels_mark_what_they_say() -> None:
    """The data is sound: spans lie where their text is, no text stands in both halves."""
    halves = [lines(DATA / f"outgoing_{half}.jsonl") for half in ("tune", "measure")]

    for row in (*halves[0], *halves[1]):
        assert all(row["text"][span["start"] : span["end"]] == span["text"] for span in row["spans"])
        assert row["should_block"] is bool(row["spans"])
    assert {row["text"] for row in halves[0]} & {row["text"] for row in halves[1]} == set()
    assert len(halves[0]) + len(halves[1]) >= 300


def test_sample_cases_are_all_right(rules: Rules) -> None:
    """Every sample: blocked or not, spans, categories, reminders."""
    if not SAMPLES.is_dir():
        pytest.skip("needs ../shared, the project's shared data")
    contacts = contacts_from(json.loads((SAMPLES / "conduct_profile.json").read_text(encoding="utf-8")))
    rows = lines(SAMPLES / "conduct_cases.jsonl")

    counted = tally(rows, contacts, rules)

    assert (counted.missed, counted.false, counted.soft_missed) == ([], [], [])
    assert [row["id"] for row in rows if text_check(row, contacts, rules)["blocked"] != row["should_block"]] == []
