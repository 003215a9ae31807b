"""What the team keeps beside its messages, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from majlis.pledge import DEFAULT_PLEDGE
from tests.cli.conftest import MAHA

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


def test_the_pledge_is_shown_and_recorded(filled: Cli) -> None:
    """Its text comes in the language asked for; accepting a second time changes nothing."""
    before = filled("pledge", "--json").rows[0]
    assert before["read_at"] is None
    for language, pledge in (("ar", DEFAULT_PLEDGE.ar), ("en", DEFAULT_PLEDGE.en)):
        assert pledge.splitlines()[1] in filled("pledge", "--language", language).out

    assert filled("pledge", "--accept").code == 0
    read = filled("pledge", "--json").rows[0]["read_at"]
    assert read is not None
    assert filled("pledge", "--accept").code == 0
    assert filled("pledge", "--json").rows[0]["read_at"] == read


def test_saved_replies_are_kept_listed_and_removed(filled: Cli) -> None:
    assert filled("snippet", "add", "hours", "أهلاً {name}").code == 0
    assert filled("snippet", "add", "hours", "Hello {name}", "--lang", "en").code == 0
    assert [(row["name"], row["language"]) for row in filled("snippet", "list", "--json").rows] == [
        ("hours", "ar"),
        ("hours", "en"),
    ]

    assert filled("snippet", "remove", "hours").code == 0
    assert filled("snippet", "remove", "hours").code != 0
    assert "Hello {name}" in filled("snippet", "list").out


def test_a_contact_is_made_official_with_a_reason(filled: Cli) -> None:
    """What was refused goes out then; without a reason nothing changes."""
    assert filled("reply", MAHA, "call 0500004567", "--review").code != 0
    assert filled("official", "add", "phones", "0500004567").code != 0

    assert filled("official", "add", "phones", "0500004567", "--note", "the campaign's own line").code == 0
    assert filled("official", "list", "--json").rows[0]["value"] == "0500004567"
    findings = filled("reply", MAHA, "call 0500004567", "--review", "--json").rows[0]["findings"]
    assert "R-PII-PHONE" not in [each["rule"] for each in findings]
    assert filled("official", "remove", "phones", "0500004567").code == 0
    assert filled("official", "list").out == ""


def test_a_message_is_sorted_by_hand(filled: Cli) -> None:
    said = filled("sort", MAHA, "--category", "payment", "--reason", "payment", "--json")

    assert said.code == 0
    assert said.rows[0]["said"].startswith("Sorted: payment")
    assert filled("show", MAHA, "--json").rows[0]["message"]["category"] == "payment"
    assert filled("sort", MAHA, "--category", "weather").code == 2


@pytest.fixture
def governed(cli: Cli) -> Cli:
    """A home whose settings name a folder of rules."""
    rules = cli.config / "rules"
    rules.mkdir()
    (cli.config / "site.toml").write_text('rules = "rules"\n', encoding="utf-8")
    return cli


def _rule(cli: Cli, text: str) -> None:
    (cli.config / "rules" / "own.toml").write_text(text, encoding="utf-8")


def _found(cli: Cli, text: str) -> list[tuple[str, str]]:
    said = cli("check", "text", stdin=json.dumps({"id": 1, "text": text}) + "\n")
    return [(each["rule"], each["severity"]) for each in said.rows[0]["findings"]]


def test_an_administrator_extends_the_rules_without_code(governed: Cli) -> None:
    """A rule of their own with its words, more words for a shipped one, another severity."""
    _rule(
        governed,
        """
        [rules.R-OWN-SLOGAN]
        clause = "C6"
        severity = "remind"
        deterministic = false
        triggers = ["reply", "post"]
        ar = "شعار قديم. الشعار الجديد أوضح."
        en = "An old slogan."
        [rules.R-TONE-CAPS]
        severity = "warn"
        [words]
        R-OWN-SLOGAN = ["health for all"]
        R-STYLE-INFORMAL = ["cheers mate"]
        """,
    )

    assert ("R-OWN-SLOGAN", "remind") in _found(governed, "health for all of you")
    assert ("R-STYLE-INFORMAL", "remind") in _found(governed, "cheers mate")
    assert ("R-TONE-CAPS", "warn") in _found(governed, "PLEASE COME TO THE CENTRE")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[rules.R-TONE-BLAME]\nseverity = "block"', "only a deterministic rule may block"),
        ("[rules.R-TONE-BLAME]\ndeterministic = true", "not yours to change"),
        ('[rules.R-PII-PHONE]\nseverity = "warn"', "stays a block"),
        ("[rules.R-PII-EMAIL]\nenabled = false", "stays a block"),
        ('[rules.R-TONE-CAPS]\nen = "Less {shouting}"', "nothing fills"),
        ('[rules.R-TONE-CAPS]\ncolour = "red"', "unknown field"),
        ('[words]\nR-TONE-BLAME = ["... so"]', "not a phrase"),
        (
            '[rules.R-OWN]\nclause="C6"\nseverity="remind"\ndeterministic=false\ntriggers=["post"]\nar="x"\nen="x"',
            "needs the words",
        ),
        ("[rules", "own.toml"),
    ],
)
def test_a_file_of_rules_that_wants_too_much_is_refused(governed: Cli, text: str, word: str) -> None:
    """With its path and what is wrong, before anything is judged."""
    _rule(governed, text)

    said = governed("check", "text", stdin='{"id": 1, "text": "x"}\n')

    assert said.code == 78
    assert "own.toml" in said.err
    assert word in said.err


def test_a_folder_of_rules_that_is_none_is_refused(cli: Cli) -> None:
    (cli.config / "site.toml").write_text('rules = "nowhere"\n', encoding="utf-8")

    said = cli("check", "text", stdin='{"id": 1, "text": "x"}\n')

    assert said.code == 78
    assert "nowhere" in said.err


def test_an_administrator_adds_phrases_to_triage(governed: Cli) -> None:
    """To a category or a list; what is no name of one is refused with the path."""
    row = '{"id": 1, "text": "the blorp was not given back"}\n'
    _rule(governed, '[triage.categories.payment]\nstrong = ["blorp ... given back"]')
    assert governed("check", "triage", stdin=row).rows[0]["category"] == "payment"

    _rule(governed, '[triage.categories.weather]\nstrong = ["rain"]')
    said = governed("check", "triage", stdin=row)
    assert said.code == 78
    assert "own.toml" in said.err
    assert "weather" in said.err
