"""`majlis report`: figures for people, for programs and for pipes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from store.inbox import Inbox
from tests.cli.test_terminal import rows_of
from tests.majlis.test_measures import MONDAY, TUESDAY, fill

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

DAYS = ("--since", str(MONDAY), "--until", str(TUESDAY))


@pytest.fixture
def counted(cli: Cli) -> Cli:
    """A command line whose inbox has two days in it, as counted by hand in `test_measures`."""

    async def filled() -> None:
        cli.inbox.parent.mkdir(parents=True)
        store = await Inbox.open(str(cli.inbox))
        await fill(store)
        await store.aclose()

    asyncio.run(filled())
    return cli


def test_programs_get_every_figure(counted: Cli) -> None:
    """One object: the days, the total, and each part by its name."""
    said = counted("report", *DAYS, "--by", "operator", "--json")

    (made,) = said.rows
    assert (made["since"], made["until"], made["by"], made["target_wm"]) == (str(MONDAY), str(TUESDAY), "operator", 420)
    assert made["total"]["first_response"] == {"count": 3, "median": 420.0, "p90": 450.0}
    assert made["total"]["outside_hours"] == 1
    assert made["total"]["overrides"] == {"life_safety": 1}
    assert [each["name"] for each in made["parts"]] == ["", "mariam", "noura", "salem"]


def test_a_pipe_gets_a_row_for_each_day(counted: Cli) -> None:
    """Parted by tabs, without a picture."""
    out = counted("report", *DAYS).out

    assert f"{MONDAY}\t5\t3\t3" in out
    assert f"{TUESDAY}\t1\t0\t2" in out
    assert "█" not in out
    assert "median 420, nine in ten 450" in out


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_terminal_gets_a_bar_for_each_day(counted: Cli, language: str) -> None:
    """As long as what came, dark as far as it is answered; in Arabic it grows from the right."""
    rows = rows_of(counted, "report", *DAYS, "--language", language)

    monday, tuesday = ([row for row in rows if str(day) in row][-1] for day in (MONDAY, TUESDAY))
    assert monday.count("█") == 18
    assert monday.count("░") == 12
    assert (tuesday.count("█"), tuesday.count("░")) == (0, 6)
    assert ("░█" in monday) is (language == "ar")
    assert max(cell_len(row) for row in rows) <= 80


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--since", "yesterday"), "yesterday"),
        (("--since", str(TUESDAY), "--until", str(MONDAY)), "the first day is after the last"),
        (("--by", "network"), "network"),
    ],
)
def test_what_cannot_be_read_is_named(counted: Cli, argv: tuple[str, ...], said: str) -> None:
    """Nothing is counted then."""
    answer = counted("report", *argv)

    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""


def test_looking_writes_nothing(counted: Cli) -> None:
    """The history is as long as before."""

    async def revision() -> int:
        store = await Inbox.open(str(counted.inbox))
        found = await store.revision()
        await store.aclose()
        return found

    before = asyncio.run(revision())
    json.loads(counted("report", "--json").out)
    assert asyncio.run(revision()) == before
