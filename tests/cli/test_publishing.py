"""Posts from the command line: from the first word to each account."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from store.inbox import Inbox
from tests.cli.conftest import Cli
from tui.people import user_name

if TYPE_CHECKING:
    from pathlib import Path

ARABIC = "حملة التطعيم تبدأ يوم الأحد"  # the vaccination campaign begins on Sunday
ACCOUNTS = """
[accounts.page]
network = "facebook"
id = "100"
[accounts.short]
network = "x"
id = "200"
handle = "moh_sample"
[accounts.tube]
network = "youtube"
id = "300"
"""


@pytest.fixture
def press(cli: Cli) -> Cli:
    """A command line with three accounts and an owner who may everything."""
    (cli.config / "site.toml").write_text(ACCOUNTS, encoding="utf-8")
    return cli


def written(cli: Cli, *more: str) -> str:
    """Return a new post."""
    said = cli("post", "write", "--kind", "event", "--ar", ARABIC, "--to", "page:ar", "--to", "short", *more, "--json")
    assert said.code == 0, said.err
    return str(said.rows[0]["post"]["post"])


def test_a_post_is_shown_as_each_network_will_show_it(press: Cli) -> None:
    """With the address as a card here and in the text there, and each length."""
    post = written(press, "--link", "https://www.example.org/flu")
    value = press("post", "show", post, "--json").rows[0]

    assert (value["kind"], value["state"], value["lacking"]) == ("event", "draft", None)
    page, short = value["shown"]
    assert (page["text"], page["link"], page["limit"]) == (ARABIC, "https://www.example.org/flu", 63_206)
    assert short["text"] == f"{ARABIC}\nhttps://www.example.org/flu"
    assert short["length"] == len(ARABIC) + 1 + 23
    assert ARABIC in press("post", "show", post).out


def test_a_post_goes_its_way(press: Cli) -> None:
    """Submitted, scheduled for an open hour, listed, withdrawn, put away."""
    post = written(press)
    assert press("post", "submit", post).code == 0
    said = press("post", "schedule", post, "--at", "2031-11-24T09:00+04:00")  # a Monday
    assert said.code == 0, said.err
    listed = press("post", "list", "--json").rows
    assert [(row["post"], row["state"]) for row in listed] == [(post, "scheduled")]
    assert {row["state"] for row in press("list", "--view", "outbox", "--json").rows} == {"queued"}

    assert press("post", "withdraw", post).code == 0
    assert {row["state"] for row in press("list", "--view", "outbox", "--json").rows} == {"recalled"}
    assert press("post", "discard", post).code == 0
    assert press("post", "list", "--json").rows == []
    assert press("post", "show", post).code == 6


def test_a_time_outside_hours_and_a_network_without_posts_are_refused(press: Cli) -> None:
    """Each with its exit code, and the next opening is named."""
    post = written(press)
    press("post", "submit", post)
    closed = press("post", "schedule", post, "--at", "2031-11-28T09:00+04:00")  # a Friday

    assert closed.code == 5
    assert "2031-11-30 07:30" in closed.err
    assert press("post", "write", "--ar", ARABIC, "--to", "tube").code != 0
    assert press("post", "write", "--ar", ARABIC, "--to", "nobody").code == 6
    assert press("post", "write", "--ar", ARABIC, "--to", "page:fr").code == 2


def test_the_rules_speak_before_it_is_submitted(press: Cli) -> None:
    """In words, with the rule's name."""
    said = press("post", "submit", written(press, "--ar", f"{ARABIC} 0500004567"))

    assert said.code == 5
    assert "R-PII-PHONE" in said.err


def test_with_approval_in_the_profile_somebody_else_has_to_approve(press: Cli) -> None:
    """Not the author, whatever their roles."""
    (press.config / "profile.json").write_text('{"approval": true}', encoding="utf-8")
    text = f'profile = "profile.json"\n{ACCOUNTS}'
    (press.config / "site.toml").write_text(text, encoding="utf-8")
    post = written(press)
    press("post", "submit", post)

    assert press("post", "schedule", post, "--at", "2031-11-24T09:00+04:00").code == 4
    assert press("post", "approve", post).code == 77
    assert press("post", "reject", post, "the date is wrong").code == 0
    assert "the date is wrong" in press("post", "show", post).out


def test_a_role_is_needed(press: Cli) -> None:
    """An operator writes and may not submit."""
    me = user_name(os.getuid())
    (press.config / "site.toml").write_text(f'[roles]\noperator = ["{me}"]\n{ACCOUNTS}', encoding="utf-8")

    said = press("post", "submit", written(press))
    assert said.code == 77
    assert "publisher" in said.err


def test_pictures_are_kept_in_the_store_and_described(press: Cli, tmp_path: Path) -> None:
    """What is no picture is refused, and so is a file that is not there."""
    picture = tmp_path / "clinic.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    value = press("post", "show", written(press, "--picture", str(picture), "--alt", "a clinic"), "--json").rows[0]
    (kept,) = value["pictures"]

    async def bytes_of() -> bytes:
        store = await Inbox.open(str(press.inbox))
        try:
            return await store.picture(kept["digest"])
        finally:
            await store.aclose()

    assert (kept["type"], kept["alt"]) == ("image/png", "a clinic")
    assert asyncio.run(bytes_of()) == picture.read_bytes()
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    assert press("post", "write", "--ar", ARABIC, "--picture", str(tmp_path / "text.png")).code == 65
    assert press("post", "write", "--ar", ARABIC, "--picture", str(tmp_path / "none.png")).code == 2
