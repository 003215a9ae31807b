"""list and show."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from store.inbox import Inbox
from tests.builders import key, message, page
from tests.cli.conftest import MAHA, PHONE, PRIVATE, Cli


def test_the_list_covers_personal_contact_data(filled: Cli) -> None:
    """In words and in JSON alike."""
    assert PHONE not in filled("list").out
    assert PHONE not in filled("list", "--json").out


def test_show_covers_it_until_somebody_asks_and_that_is_logged(filled: Cli) -> None:
    """One look, one event."""
    assert PHONE not in filled("show", PRIVATE).out

    said = filled("show", PRIVATE, "--reveal")

    assert PHONE in said.out
    assert filled("store", "check", "--json").rows[0]["counts"]["event"] == 2


def test_show_marks_the_message_in_its_thread(filled: Cli) -> None:
    """The text stands below who wrote it and where it stands."""
    said = filled("show", MAHA)

    assert said.code == 0
    assert said.out.startswith("> مها")
    assert "متى يفتح المركز؟" in said.out


def test_show_says_what_can_be_done_where_a_network_lets_us_not_answer(cli: Cli) -> None:
    """The ways out in words, and a field for programs."""

    async def fill() -> None:
        cli.inbox.parent.mkdir(parents=True)
        store = await Inbox.open(str(cli.inbox))
        asked = message("7", "a question")
        await store.ingest(page(replace(asked, standing=replace(asked.standing, barred=True))))
        await store.aclose()

    asyncio.run(fill())
    name = str(key("7"))

    assert "hand it to customer service" in " ".join(cli("show", name).out.split())
    assert cli("show", name, "--json").rows[0]["message"]["barred"] is True
    assert [row["barred"] for row in cli("list", "--json").rows] == [True]


def test_the_limit_is_a_limit(filled: Cli) -> None:
    """Rows at most."""
    assert len(filled("list", "--limit", "2", "--json").rows) == 2
    assert filled("list", "--limit", "0").out == ""


def test_a_search_finds_what_people_spell_otherwise(filled: Cli) -> None:
    """Words in any spelling, and the names of authors; what is covered is not found."""
    assert [row["key"] for row in filled("list", "--search", "المَركَــز يفتح", "--json").rows] == [MAHA]
    assert len(filled("list", "--search", "مها", "--json").rows) == 3
    assert filled("list", "--search", PHONE, "--json").rows == []


def test_views_are_told_apart(filled: Cli) -> None:
    """What is escalated is no longer in the queue."""
    filled("escalate", MAHA, "--reason", "personal_case")

    assert [row["key"] for row in filled("list", "--view", "escalated", "--json").rows] == [MAHA]
    assert MAHA not in [row["key"] for row in filled("list", "--json").rows]


def test_a_word_that_names_nothing_is_refused(filled: Cli) -> None:
    """What is no name is a usage error, a name without a message is not found."""
    assert filled("show", "nonsense").code == 2
    assert filled("show", "x:moh:comment:404").code == 6


_READS = (
    *("list", "list --view all", f"show {MAHA}", "case list", "case show CASE", "post list", "post show POST"),
    *("snippet list", "official list", "pledge", "audit show", "audit verify", "report", "store check", "config show"),
    *("config path", "doctor --offline", "keys", "train", "replay --schema", "--version"),
)


def test_whatever_reads_answers_a_program_in_json(filled: Cli) -> None:
    """An object on each line, and nothing between them, in whichever language people are spoken to."""
    filled("snippet", "add", "hours", "text")
    filled("official", "add", "phones", "80055501", "--note", "the line of the ministry")
    (filled.config / "site.toml").write_text('[accounts.moh]\nnetwork = "facebook"\nid = "1"\n', encoding="utf-8")
    filled("post", "write", "--ar", "نص", "--to", "moh")
    filled("escalate", MAHA, "--reason", "personal_case")
    (post,), (case,) = filled("post", "list", "--json").rows, filled("case", "list", "--json").rows
    names = {"POST": post["post"], "CASE": case["case"]}

    for call in _READS:
        said = filled(*(names.get(word, word) for word in call.split()), "--json", "--language", "ar")

        assert said.code == 0, said.err
        assert said.rows, call
        assert all(isinstance(row, dict) for row in said.rows), call


@pytest.mark.parametrize(
    ("call", "lists"),
    [
        ("show x:moh:comment:404", "majlis list --view all"),
        ("claim x:moh:comment:404", "majlis list --view all"),
        ("case show 404", "majlis case list"),
        ("case ack 404", "majlis case list"),
        ("post show 404", "majlis post list"),
        ("post submit 404", "majlis post list"),
        ("post write --post 404 --ar x", "majlis post list"),
        ("post write --ar x --to nobody", "majlis doctor --offline"),
        ("list --account nobody", "majlis doctor --offline"),
        ("snippet remove 404", "majlis snippet list"),
        ("official remove phones 80055501", "majlis official list"),
        ("erase x:404", "majlis list --view all"),
        ("record out.jsonl --account nobody", "majlis list --view all"),
        ("--store nowhere.db store check", "majlis config show"),
        ("--store nowhere.db audit show", "majlis config show"),
    ],
)
def test_what_is_not_there_is_told_with_the_verb_that_lists_its_kind(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, call: str, lists: str
) -> None:
    """In both languages."""
    monkeypatch.chdir(tmp_path)

    english, arabic = (filled(*call.split(), "--language", each) for each in ("en", "ar"))

    assert (english.code, arabic.code) == (6, 6), english.err
    assert lists in english.err
    assert lists in arabic.err
