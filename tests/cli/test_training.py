"""The verb that lets people learn by scenarios."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connectors.scenario import TRAINING
from tests.cli.conftest import Cli
from tests.replay.conftest import ARRIVE, HEADER
from tui.sitting import PRACTICE, lesson


def test_the_list_tells_each_goal_in_the_language_in_force(cli: Cli) -> None:
    """To people, and to programs with the same names."""
    english, arabic = cli("train", "--json", "--language", "en"), cli("train", "--json", "--language", "ar")

    assert [row["name"] for row in english.rows] == [row["name"] for row in arabic.rows] == list(TRAINING)
    assert english.rows[0]["title"] == "First day"
    assert arabic.rows[0]["title"] == "اليوم الأول"
    assert all(row["goal"] in " ".join(cli("train", "--language", "en").out.split()) for row in english.rows)


def test_without_a_screen_the_model_operator_plays(cli: Cli) -> None:
    """And what came of it is told."""
    told, said = (
        cli("train", "hostile", "--headless", "--json"),
        cli("train", "hostile", "--headless", "--language", "en"),
    )

    assert told.code == said.code == 0
    assert told.rows[0]["debrief"]["answered"] == {"good": True, "n": 2, "of": 2, "missed": []}


def test_the_page_for_trainers_names_what_there_is() -> None:
    """Its table has every scenario, and its commands are those tested here."""
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf-8")

    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == list(TRAINING)
    assert re.findall(r"^majlis .*", page, re.MULTILINE) == ["majlis train", "majlis train first-day"]


@pytest.mark.parametrize("name", ["flod", "nothing.jsonl"])
def test_what_is_not_there_is_no_traceback(cli: Cli, name: str) -> None:
    """A name gets the nearest one, a file the reason."""
    said = cli("train", name, "--headless", "--language", "en")

    assert said.code in {2, 66}
    assert "flood" in said.err or "nothing.jsonl" in said.err


def test_a_file_of_ones_own_has_to_say_what_counts(cli: Cli, tmp_path: Path) -> None:
    """With it, it is played as those that came along."""
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, (HEADER, ARRIVE))), encoding="utf-8")
    without = cli("train", str(path), "--headless")
    training = {"title": {"ar": "سؤال", "en": "One question"}, "answer": ["a"]}
    path.write_text("\n".join(map(json.dumps, ({**HEADER, "training": training}, ARRIVE))), encoding="utf-8")
    played = cli("train", str(path), "--headless", "--language", "en")

    assert (without.code, played.code) == (2, 0)
    assert "✗ Answered inside the time owed: 0 of 1." in played.out
    assert "ليلى: متى يفتح المركز؟" in played.out


def test_what_the_screen_leaves_for_is_a_scenario_to_learn_by() -> None:
    """The numbers of all of them, and nothing else that a program may end with."""
    names = [name for name in map(lesson, range(256)) if name is not None]

    assert names == list(TRAINING)
    assert all(lesson(code) is None for code in (0, PRACTICE, 64, 65, 70, 73, 75, 77, 78, 130, 143))
