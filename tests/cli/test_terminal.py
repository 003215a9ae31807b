"""Answers on a terminal: Arabic in the order in which it is seen, and the terminal as it was."""

from __future__ import annotations

import re
import sys

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Cli
from tests.screens.walk import Walk
from tui.arabic.columns import line
from tui.arabic.terminal import START, Profile

QUESTION = "متى يفتح المركز؟"  # Arabic: when does the centre open?


def _shown(cli: Cli, *argv: str, term: str = "xterm-256color") -> Walk:
    env = ["env", f"HOME={cli.home}", f"TERM={term}"]
    at = Walk([*env, sys.executable, "-m", "majlis", "--language", "en", *argv])
    at.until(at.ended, "the end", 30)
    return at


def rows_of(cli: Cli, *argv: str) -> list[str]:
    """Return what a command prints on a terminal, without its sequences."""
    return re.sub(r"\x1b\[[?\d;]* ?[a-zA-Z]", "", _shown(cli, *argv).sent.decode()).splitlines()


def test_a_list_is_drawn_in_visual_order(filled: Cli) -> None:
    """The terminal is told to keep its hands off the rows, and given back."""
    at = _shown(filled, "list")

    assert at.code == 0
    assert line(QUESTION) in at.sent.decode()
    assert QUESTION not in at.sent.decode()
    assert at.sent.decode().startswith(START)
    assert at.sent.decode().endswith(Profile().stop)


@pytest.mark.parametrize("how", ["setting", "dumb terminal"])
def test_a_terminal_that_does_it_all_itself_gets_logical_text(filled: Cli, how: str) -> None:
    """By the setting, or because it understands no sequence."""
    if how == "setting":
        (filled.config / "config.toml").write_text('drawing = "logical"\n', encoding="utf-8")

    at = _shown(filled, "list", term="dumb" if how == "dumb terminal" else "xterm-256color")

    assert QUESTION in at.sent.decode()
    assert b"\x1b" not in at.sent


def test_a_refusal_in_arabic_begins_at_the_right(filled: Cli) -> None:
    """Whatever stands first in it: neither the program's name nor a word in quotes turns the sentence round."""
    audit, limit = (rows_of(filled, "--language", "ar", *call.split())[0] for call in ("audit", "list --limit x"))

    assert audit.rstrip().endswith(":majlis")
    assert limit.rstrip().endswith(":majlis")
    assert audit.index("audit") > len(audit) // 2


def test_json_on_a_terminal_is_plain_json(filled: Cli) -> None:
    """What is for a program stays for a program."""
    at = _shown(filled, "list", "--json")

    assert QUESTION in at.sent.decode()
    assert b"\x1b" not in at.sent


@pytest.mark.parametrize(
    "argv",
    [("list",), ("show", "x:moh:comment:3"), ("--help", "--language", "ar"), ("keys",), ("claim", "x:moh:comment:404")],
)
def test_no_row_is_wider_than_the_terminal(filled: Cli, argv: tuple[str, ...]) -> None:
    """What was meant for one row would break over two."""
    rows = rows_of(filled, *argv)

    assert len(rows) > 2
    assert {row: cell_len(row) for row in rows if cell_len(row) > 80} == {}
