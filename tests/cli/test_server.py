"""The command line on an inbox that lies on a PostgreSQL server, and what it never says of it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from majlis.intake import Intake
from store.inbox import Inbox
from tests.builders import message, page, policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tests.postgres import Cluster

CANARY = "cnry-91c4"
"""A password; it is searched for in every byte that is said or written."""
MAHA = "x:moh:comment:1"


@pytest.fixture
def address(postgres: Cluster, cli: Cli) -> Iterator[str]:
    """The address of an inbox with one message, in the site file, with a password in it."""
    url = f"{postgres.emptied()}&password={CANARY}"
    asyncio.run(_fill(url))
    (cli.config / "site.toml").write_text(f'store = "{url}"\n', encoding="utf-8")
    yield url
    asyncio.run(_secretless(url))


async def _fill(url: str) -> None:
    store = await Inbox.open(url)
    await store.ingest(Intake(policy())(page(message("1")), ()))
    await store.aclose()


async def _secretless(url: str) -> None:
    store = await Inbox.open(url)
    found = "".join(repr(row) for table in store._db.tables() for row in store._db.table(table))
    await store.aclose()
    assert CANARY not in found


def test_verbs_work_on_a_server_as_on_a_file(cli: Cli, address: str) -> None:
    """Listing, taking, answering, checking; nothing else changes."""
    assert address
    assert [row["key"] for row in cli("list", "--json").rows] == [MAHA]
    assert cli("claim", MAHA).code == 0
    assert cli("done", MAHA, "--reason", "thanks").code == 0
    checked = cli("store", "check", "--json")

    assert checked.code == 0, checked.err
    assert json.loads(checked.out)["ok"] is True


@pytest.mark.parametrize("argv", [("doctor", "--offline"), ("config", "show"), ("config", "show", "--json"), ("list",)])
def test_no_verb_says_the_password(cli: Cli, address: str, argv: tuple[str, ...]) -> None:
    """Of an address that holds one; the rest of the address is said."""
    said = cli(*argv)

    assert said.code == 0, said.err
    assert CANARY not in said.out + said.err
    assert "list" in argv or address.partition("&schema=")[2].partition("&")[0] in said.out


@pytest.mark.usefixtures("postgres")
def test_no_trouble_says_the_password(cli: Cli, tmp_path: Path) -> None:
    """Neither of a server that is not there, nor of an address that nobody understands, nor of another kind."""
    for url, code in (
        (f"postgresql://salem:{CANARY}@/majlis?host={tmp_path}", 75),
        (f"postgresql://salem:{CANARY}@db/majlis?nonsense=1", 78),
        (f"mysql://salem:{CANARY}@db/majlis", 78),
    ):
        for verb in (("list",), ("list", "--json"), ("doctor", "--offline"), ("store", "check")):
            said = cli("--store", url, *verb)
            assert said.code == code, (verb, said)
            assert CANARY not in said.out + said.err
    for file in cli.home.rglob("*"):
        assert file.is_dir() or CANARY.encode() not in file.read_bytes()
