"""docs/keeping.md tells the truth: its commands run, in the order of the page."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from tests import readme
from tests.cli.conftest import Cli, cli, filled  # noqa: F401  fixtures
from tui.cli.verbs import FAMILY

if TYPE_CHECKING:
    import pytest

PAGE = readme.README.parent / "docs" / "keeping.md"


def test_the_commands_run_in_the_order_of_the_page(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """On an inbox with a few messages; at its end the inbox has moved, and says where to."""
    monkeypatch.chdir(filled.home)
    commands = readme.lines(PAGE)
    for line in commands:
        words = shlex.split(line)
        assert words[0] == "majlis", line

        said = filled(*words[1:])

        assert said.code == 0, (line, said.err)
    assert len(commands) == 6
    assert "new.db" in filled("list").err
    assert len(filled("list", "--view", "all", "--json", "--store", "new.db").rows) == 3


def test_every_verb_about_the_whole_store_is_on_the_page() -> None:
    """With its options; what a server needs besides is on the page about shared ones."""
    text = PAGE.read_text(encoding="utf-8")

    about_files = {verb for verb in FAMILY if verb.startswith("store ")} - {"store grants"}
    assert about_files == set(re.findall(r"majlis (store \w+)", text))
    for option in ("--force", "--replace", "--accept", "--keep"):
        assert option in text
