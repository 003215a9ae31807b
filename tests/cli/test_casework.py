"""Customer service from the command line: the whole way of a case, and what stays covered."""

from __future__ import annotations

import os

import pytest

from tests.cli.conftest import MAHA, PHONE, PRIVATE, Cli
from tui.people import user_name


@pytest.fixture
def case(filled: Cli) -> str:
    """A case about somebody who left a number."""
    said = filled("escalate", PRIVATE, "--reason", "direct_contact", "--note", "wants a call", "--json")
    return str(said.rows[0]["case"])


def _state(cli: Cli, case: str) -> str:
    return str(cli("case", "show", case, "--json").rows[0]["state"])


def test_a_case_goes_its_way_and_the_operator_closes_it(filled: Cli, case: str) -> None:
    """Taken, asked about, answered; the message is on top again, and closing it closes the case."""
    assert filled("case", "ack", case).code == 0
    assert filled("case", "ask", case, "which day?").code == 0
    assert filled("escalate", PRIVATE, "--note", "Sunday").code == 0
    assert filled("case", "answer", case, "called; Sunday at nine").code == 0
    assert _state(filled, case) == "answered"

    first = filled("list", "--json").rows[0]
    assert (first["key"], first["case"]) == (PRIVATE, case)
    assert "called; Sunday at nine" in filled("case", "show", case).out
    assert filled("done", PRIVATE).code == 0
    assert _state(filled, case) == "closed"
    assert filled("case", "list", "--json").rows == []


def test_contact_data_is_covered_until_it_is_asked_for(filled: Cli, case: str) -> None:
    """In lists, in the case and in JSON; opening it is an event."""
    for argv in (
        ("case", "list"),
        ("case", "list", "--json"),
        ("case", "show", case),
        ("case", "show", case, "--json"),
    ):
        assert PHONE not in filled(*argv).out
    assert PHONE in filled("case", "show", case, "--contact").out
    assert filled("case", "show", case, "--contact", "--json").rows[0]["packet"]["contact"] == [PHONE]


def test_an_operator_may_not_work_on_cases(filled: Cli, case: str) -> None:
    """The role is named, and nothing changes."""
    me = user_name(os.getuid())
    (filled.config / "site.toml").write_text(f'[roles]\noperator = ["{me}"]\n', encoding="utf-8")

    said = filled("case", "answer", case, "no")
    assert said.code == 77
    assert "customer service" in said.err
    assert filled("case", "show", case, "--contact").code == 77
    assert _state(filled, case) == "escalated"


def test_danger_is_one_command_at_any_hour(filled: Cli) -> None:
    """It comes first in customer service's list."""
    filled("escalate", PRIVATE, "--reason", "payment")
    said = filled("urgent", MAHA, "--json")

    assert said.code == 0
    first = filled("case", "list", "--json").rows[0]
    assert (first["case"], first["urgency"], first["reason"]) == (said.rows[0]["case"], "immediate", "emergency")


def test_an_unknown_case_and_an_empty_answer_are_said(filled: Cli, case: str) -> None:
    """Each with its exit code."""
    assert filled("case", "show", "case-none").code == 6
    assert filled("case", "answer", case, stdin="  ").code == 3
    assert filled("case", "close", case).code == 4
