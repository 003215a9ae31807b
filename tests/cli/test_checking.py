"""The check verbs: lines in, lines out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import CONTACTS
from tests.cli.conftest import Cli

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs ../shared, the project's shared data")


def _lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_answers_come_in_order_and_a_broken_line_does_not_end_the_run(cli: Cli) -> None:
    """Each broken line gets its error, with its id where it has one, and the exit code says so."""
    good = {"id": 1, "logical": "abc"}
    stdin = _lines(good) + "{broken\n" + _lines({"id": 3}, ["no object"]) + "\n" + _lines({**good, "id": 5})

    said = cli("check", "layout", stdin=stdin)

    assert said.code == 65
    assert [row.get("id") for row in said.rows] == [1, None, 3, None, 5]
    assert ["error" in row for row in said.rows] == [False, True, True, True, False]


def test_check_text_names_the_rule_and_the_place(cli: Cli) -> None:
    """Spans are code points of the text."""
    (cli.home / "profile.json").write_text(json.dumps(CONTACTS), encoding="utf-8")
    rows = _lines({"id": "a", "text": "اتصل على 0500000001"}, {"id": "b", "text": "call 80090014"})

    said = cli("check", "text", "--profile", str(cli.home / "profile.json"), stdin=rows)

    assert said.code == 0
    first, second = said.rows
    assert first["blocked"] is True
    found = next(each for each in first["findings"] if each["rule"] == "R-PII-PHONE")
    assert (found["category"], found["start"], found["end"]) == ("phone", 9, 19)
    assert (second["id"], second["blocked"]) == ("b", False)


def test_check_hours_answers_in_utc(cli: Cli) -> None:
    """With the shipped calendars when none are named."""
    row = {"id": 1, "kind": "point", "calendar": "policy-2014", "instant": "2026-11-23T04:00:00Z"}

    said = cli("check", "hours", stdin=_lines(row))

    assert said.code == 0
    assert said.rows[0]["open"] is True
    assert said.rows[0]["closes_at"] == "2026-11-23T10:30:00Z"


def test_check_hours_takes_a_file_of_calendars(cli: Cli) -> None:
    """An unknown calendar is the line's error."""
    week = {"zone": "Asia/Dubai", "weekly": {"mon": [["10:00", "11:00"]]}}
    (cli.home / "c.json").write_text(json.dumps({"mine": week}), encoding="utf-8")
    row = {"id": 1, "kind": "point", "calendar": "mine", "instant": "2026-11-23T04:00:00Z"}

    said = cli("check", "hours", "--calendars", str(cli.home / "c.json"), stdin=_lines(row, {**row, "calendar": "x"}))

    assert said.code == 65
    assert said.rows[0]["next_open"] == "2026-11-23T06:00:00Z"
    assert "error" in said.rows[1]


def test_check_layout_gives_visual_order(cli: Cli) -> None:
    """Plain UAX #9, one line per paragraph unless a width is given."""
    said = cli("check", "layout", stdin=_lines({"id": 1, "logical": "abc אבג"}))
    narrow = cli("check", "layout", "--width", "4", stdin=_lines({"id": 1, "logical": "abc def"}))

    assert said.rows == [{"id": 1, "base": "ltr", "lines": ["abc גבא"]}]
    assert narrow.rows[0]["lines"] == ["abc ", "def "]


def test_check_triage_keeps_thread_and_order(cli: Cli) -> None:
    """A row of the ministry's own is answered with nulls."""
    base = {"network": "facebook", "thread_id": "t", "from_ministry": False}
    rows = _lines(
        {**base, "id": "1", "text": "افتتاح المركز", "from_ministry": True},
        {
            **base,
            "id": "2",
            "text": "إسعاف! رجل فاقد الوعي لا يتنفس عند باب الطوارئ",
        },  # Arabic: ambulance! not breathing
    )

    said = cli("check", "triage", stdin=rows)

    assert said.code == 0
    assert [row["id"] for row in said.rows] == ["1", "2"]
    assert said.rows[0]["category"] is None
    assert said.rows[1]["urgency"] == "immediate"


def test_a_file_of_contacts_that_is_none_is_refused(cli: Cli) -> None:
    """Before the first line is read."""
    (cli.home / "p.json").write_text('{"phonez": []}', encoding="utf-8")

    said = cli("check", "text", "--profile", str(cli.home / "p.json"), stdin=_lines({"id": 1, "text": "x"}))

    assert said.code == 78
    assert "phonez" in said.err


@needs_samples
@pytest.mark.parametrize(
    ("verb", "option", "file", "data"),
    [
        ("text", "--profile", "conduct_profile.json", "conduct_cases.jsonl"),
        ("hours", "--calendars", "hours_calendars.json", "hours_cases.jsonl"),
        ("triage", None, None, "inbox.jsonl"),
        ("layout", None, None, "bidi_cases.jsonl"),
        ("layout", None, None, "bidi_line_cases.jsonl"),
    ],
)
def test_the_samples_can_be_piped_as_they_stand(
    cli: Cli, verb: str, option: str | None, file: str | None, data: str
) -> None:
    """Every line gets an answer, in order."""
    text = (SAMPLES / data).read_text(encoding="utf-8")
    options = [option, str(SAMPLES / file)] if option and file else []

    said = cli("check", verb, *options, stdin=text)

    assert said.code == 0
    assert [row["id"] for row in said.rows] == [json.loads(line)["id"] for line in text.splitlines()]
