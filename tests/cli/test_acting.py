"""What changes something passes the desk, and says what it did."""

from __future__ import annotations

import asyncio

import pytest

from connectors.clock import SystemClock, SystemIds
from majlis.commands import Claim
from majlis.desk import Desk
from majlis.message import MessageKey
from majlis.policy import Operator, Role
from store.inbox import Inbox
from tests.builders import policy
from tests.cli.conftest import MAHA, Cli


def _state(cli: Cli) -> str:
    rows = cli("list", "--view", "all", "--json").rows
    return str(next(row["state"] for row in rows if row["key"] == MAHA))


def test_a_claim_is_taken_and_given_back(filled: Cli) -> None:
    """And the second giving back does not apply."""
    assert filled("claim", MAHA).code == 0
    assert _state(filled) == "claimed"
    assert filled("release", MAHA).code == 0
    assert filled("release", MAHA).code == 4


def test_a_colleagues_claim_is_taken_over_with_a_reason_alone(filled: Cli) -> None:
    """And from whoever is named; without, the refusal names the colleague and the command."""

    async def claimed() -> None:
        store = await Inbox.open(str(filled.inbox))
        noura = Operator(name="noura", roles=frozenset({Role.OPERATOR}))
        desk = Desk(store=store, clock=SystemClock(), ids=SystemIds(), policy=policy(), operator=noura)
        await desk.do(Claim(key=MessageKey.parse(MAHA)))
        await store.aclose()

    asyncio.run(claimed())

    refused = filled("claim", MAHA)
    assert refused.code == 3
    assert "noura holds this message" in refused.err
    assert "majlis claim --take-over on the command line." in " ".join(refused.err.split())
    assert filled("claim", MAHA, "--take-over", " ", "--from", "noura").code == 3
    assert filled("claim", MAHA, "--take-over", "shift change").code == 2
    other = filled("claim", MAHA, "--take-over", "shift change", "--from", "huda")
    assert other.code == 3
    assert "Not taken over from huda" in other.err
    assert "claimed (noura, 0m)" in filled("list").out
    assert filled("claim", MAHA, "--take-over", "shift change", "--from", "noura").code == 0


def test_escalating_is_one_command_and_undo_takes_it_back(filled: Cli) -> None:
    """The case is named in JSON."""
    said = filled("escalate", MAHA, "--reason", "appointment", "--json")

    assert said.rows[0]["case"].startswith("case-")
    assert _state(filled) == "escalated"
    assert filled("undo").code == 0
    assert _state(filled) == "new"


def test_a_reason_that_needs_a_note_asks_for_it(filled: Cli) -> None:
    """Nothing is handed over without the line for the colleague."""
    assert filled("escalate", MAHA, "--reason", "staff_complaint").code == 3
    assert filled("escalate", MAHA, "--reason", "staff_complaint", "--note", "who and when is in the text").code == 0


def test_closing_takes_a_reason_and_can_be_undone(filled: Cli) -> None:
    """A second undo finds nothing."""
    assert filled("done", MAHA, "--reason", "thanks").code == 0
    assert _state(filled) == "done"
    assert filled("undo", MAHA).code == 0
    assert filled("undo", MAHA).code == 4


def test_a_time_to_come_back_carries_its_zone(filled: Cli) -> None:
    """A time that could mean two moments is refused."""
    assert filled("snooze", MAHA, "--until", "2030-01-01T08:00").code == 2
    assert filled("snooze", MAHA, "--until", "tomorrow").code == 2
    assert filled("snooze", MAHA, "--until", "2030-01-01T08:00+04:00").code == 0
    assert _state(filled) == "snoozed"


def test_a_memo_comes_from_the_line_a_file_or_a_pipe(filled: Cli) -> None:
    """And stays inside."""
    (filled.home / "memo.txt").write_text("from a file\n", encoding="utf-8")

    assert filled("memo", MAHA, "from the line").code == 0
    assert filled("memo", MAHA, "--file", str(filled.home / "memo.txt")).code == 0
    assert filled("memo", MAHA, stdin="from a pipe\n").code == 0

    memos = filled("show", MAHA, "--json").rows[0]["memos"]
    assert [memo["text"] for memo in memos] == ["from the line", "from a file", "from a pipe"]


def test_tags_are_added_and_removed(filled: Cli) -> None:
    """Sorted, each once."""
    said = filled("tag", MAHA, "--add", "b", "--add", "a", "--json")
    assert said.rows[0]["message"]["tags"] == ["a", "b"]

    assert filled("tag", MAHA, "--remove", "a", "--json").rows[0]["message"]["tags"] == ["b"]


def test_hiding_makes_an_entry_for_the_network(filled: Cli) -> None:
    """The network does it when the sender comes by."""
    assert filled("hide", MAHA, "--json").rows[0]["entry"]["action"] == "hide"
    assert filled("hide", MAHA, "--show", "--json").rows[0]["entry"]["action"] == "unhide"


def test_somebody_without_a_role_changes_nothing(filled: Cli) -> None:
    """The site file says who may do what, and the exit code says why not."""
    site = filled.config / "site.toml"
    site.write_text('[roles]\noperator = ["somebody-else"]\n', encoding="utf-8")

    said = filled("claim", MAHA)

    site.unlink()  # whoever has no role may not look either
    assert said.code == 77
    assert _state(filled) == "new"


@pytest.mark.parametrize("verb", ["claim", "release", "escalate", "done", "snooze", "memo", "tag", "hide", "reply"])
def test_a_message_that_is_not_there_is_not_found(filled: Cli, verb: str) -> None:
    """Every verb says so in the same way."""
    said = filled(verb, "x:moh:comment:404", stdin="text")

    assert said.code == 6
    assert "x:moh:comment:404" in said.err


def test_what_nothing_brings_back_needs_a_yes(filled: Cli) -> None:
    """Without it nothing is done; on a network that has no such thing, not with it either."""
    refused = filled("reject", MAHA)
    assert refused.code == 2
    assert "cannot be undone" in refused.err
    assert filled("reject", MAHA, "--yes").code == 4
    assert filled("delete", MAHA).code == 2
    assert filled("delete", MAHA, "--yes").code == 4


def test_a_change_is_of_our_own_words_alone(filled: Cli) -> None:
    """What a citizen wrote stays as it is."""
    assert filled("edit", MAHA, "another text").code == 4
