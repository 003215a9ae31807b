"""The README tells the truth: its command lines run, its exit codes and files are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests import readme
from tests.cli.conftest import MAHA, Cli, cli, filled  # noqa: F401  fixtures
from tui.cli import EXIT_CODES

ROOT = readme.README.parent
SETS_UP = ("python3 ", "uv ")
"""How the lines begin that .ci/run runs as they stand."""


@pytest.mark.parametrize("name", ["demo", "demo-uv", "tests", "tests-uv"])
def test_each_way_in_is_one_line(name: str) -> None:
    """And installs with the constraints."""
    line = readme.named(name)

    assert "-c .ci/constraints.txt" in line
    assert line.count("\n") == 0


def test_the_commands_run_in_the_order_of_the_page(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """On an inbox that has the message they name."""
    monkeypatch.chdir(filled.home)
    ran = 0
    for line in readme.lines():
        if line.startswith(SETS_UP):
            continue
        given, _, command = line.rpartition(" | ")
        words = shlex.split(command)
        assert words[0] == "majlis", line

        said = filled(*words[1:], stdin=shlex.split(given)[1] if given else "")

        assert said.code == 0, (line, said.err)
        ran += 1
    assert ran >= 14


def test_the_message_of_the_examples_is_the_one_of_the_fixture() -> None:
    """Otherwise the test above would run on air."""
    assert sum(MAHA in line for line in readme.lines()) >= 4


def test_every_exit_code_is_named() -> None:
    """The page and the program have the same table."""
    text = re.search(r"Exit codes stay as they are:(.*?)\n\n", readme.README.read_text(encoding="utf-8"), re.DOTALL)

    assert text is not None
    assert [int(code) for code in re.findall(r"(?:^|\s)(\d+) [a-z]", text[1])] == [code for code, _ in EXIT_CODES]


def test_every_file_that_is_linked_is_there() -> None:
    """A link on the first page must not lead nowhere."""
    links = re.findall(r"\]\(((?!https?:)[^)]+)\)", readme.README.read_text(encoding="utf-8"))

    assert links
    assert [link for link in links if not Path(ROOT, link).exists()] == []
