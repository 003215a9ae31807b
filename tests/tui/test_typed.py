"""What somebody is to type stays as it is typed, in both languages, and is drawn in its order."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from majlis.errors import NeedsSignIn
from tests.tui.msgids import everything, of_errors
from tui import language
from tui.arabic.layout import Options, row
from tui.cli.parser import NoSuchVerb, Usage
from tui.cli.verbs import FAMILY
from tui.language import _, bare, problem

VERBS = "|".join(sorted({word for verb in FAMILY for word in verb.split()}, key=len, reverse=True))
TYPED = re.compile(
    r"`[^`]+`"  # as it stands in backticks
    rf"|\bmajlis (?:--?[a-z]+|(?:{VERBS})\b(?: (?:{VERBS})\b)?(?: --[a-z-]+| [A-Z]+\b| \{{\w+\}})*)"
    r"|(?<![\w-])--[a-z][a-z-]*"
    r"|\b(?:Esc|Enter|Tab|Ctrl\+\w)\b"
    r"|(?<![\w'’“{}-])(?<!\} )[b-z](?![\w'’”}.-])"  # a key of one letter
)
"""Commands, options and keys in an English text."""


def typed(text: str) -> list[str]:
    """Return what is to be typed in an English text."""
    return [found.strip("`") for found in TYPED.findall(text)]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    language.use("en")
    yield
    language.use("en")


def test_what_is_typed_stands_in_the_arabic_text_as_it_is_typed() -> None:
    """Commands, options and keys of every text of the program, all errors and their advice among them."""
    single, plural = everything()
    found = {text: typed(text) for text in sorted(single | {many for _one, many in plural})}
    language.use("ar")
    known = language.read("ar")
    arabic = {**known.texts, **{many: known.plurals[one][-1] for one, many in plural}}

    assert sum(map(len, found.values())) > 120
    lost = {text: [each for each in parts if each not in arabic[text]] for text, parts in found.items()}
    assert {text: parts for text, parts in lost.items() if parts} == {}
    assert len([text for text in of_errors() if found.get(text)]) > 20


def test_a_command_is_drawn_in_its_order_inside_arabic() -> None:
    """With its dashes before its options and its words after it, in every text of the program."""
    single, _plural = everything()
    language.use("ar")
    options = Options(default_base="rtl", shape=False)
    commands = {text: [each for each in typed(text) if each.startswith(("majlis ", "--"))] for text in sorted(single)}
    drawn = {text: row(_(text), 1000, options).text for text, parts in commands.items() if parts}

    wrong = {text: [each for each in commands[text] if each not in shown] for text, shown in drawn.items()}
    assert {text: parts for text, parts in wrong.items() if parts} == {}


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_the_name_of_a_command_is_no_word_of_the_language(code: str) -> None:
    """Some are spelled like a state, an action or a network, which have words of their own."""
    language.use(code)

    assert "majlis delete --help" in bare(problem(Usage(verb="delete", detail="x")))
    assert "majlis done" in bare(problem(NoSuchVerb(verb="dne", nearest="done")))
    assert "majlis login x --account x" in bare(problem(NeedsSignIn(account="x", network="x")))
