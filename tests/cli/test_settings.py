"""Settings: read, explained, refused."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.clock import SystemClock
from majlis.errors import BadSettings
from majlis.gap import Gap, GapCause
from majlis.message import Network
from majlis.policy import Role
from store.inbox import Inbox
from tests.cli.conftest import MAHA, Cli
from tui import config, people
from tui.config import Site, UnknownSetting, decode

SITE = """
store = "box.db"

[roles]
operator = ["amal", "@media"]
supervisor = ["mariam"]

[accounts.moh-x]
network = "twitter"
id = "42"
handle = "moh"
api_url = "http://127.0.0.1:8080"

[accounts.moh-x.options]
poll_s = 120
"""


def _site(cli: Cli, text: str) -> Path:
    path = cli.config / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "line", "key", "near"),
    [
        ('\nstor = "x"\n', 2, "stor", "store"),
        ('[accounts.a]\nnetwrok = "x"\nid = "1"\n', 2, "accounts.a.netwrok", "network"),
        ('[roles]\n\noperater = ["x"]\n', 3, "roles.operater", "operator"),
        ('[acounts.a]\nnetwork = "x"\n', 1, "acounts", "accounts"),
    ],
)
def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_name(
    text: str, line: int, key: str, near: str
) -> None:
    """A typo in a settings file is found at once."""
    with pytest.raises(UnknownSetting) as caught:
        decode(Site, text, "site.toml")

    assert caught.value.facts == {"path": "site.toml", "line": line, "key": key, "nearest": near}


@pytest.mark.parametrize(
    "text",
    [
        'store = "x',
        "store = 1",
        '[accounts.a]\nnetwork = "myspace"\nid = "1"\n',
        '[accounts.a]\nnetwork = "x"\n',
        '[accounts.a]\nnetwork = "x"\nid = 1\n',
        "accounts = 3",
        '[roles]\noperator = "amal"\n',
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(text: str) -> None:
    """Whatever is wrong, it is the settings' own error."""
    with pytest.raises(BadSettings):
        decode(Site, text, "site.toml")


@pytest.mark.parametrize(
    "url", ["http://gateway.example", "ftp://x.example", "https://user:pw@x.example", "https://x.example/?token=1", "x"]
)
def test_an_address_that_would_leak_is_refused(cli: Cli, url: str) -> None:
    """Plain http is for this machine alone, and secrets do not stand in addresses."""
    path = _site(cli, f'[accounts.a]\nnetwork = "x"\nid = "1"\napi_url = "{url}"\n')

    said = cli("config", "show")

    assert said.code == 78
    assert f"{path}, line 4" in said.err
    assert "accounts.a.api_url" in said.err


@pytest.mark.parametrize("url", ["https://gw.example/x", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"])
def test_a_gateway_or_a_test_server_may_stand_in(cli: Cli, url: str) -> None:
    """With https anywhere, http on loopback."""
    _site(cli, f'[accounts.a]\nnetwork = "x"\nid = "1"\napi_url = "{url}"\n')

    assert cli("config", "show").code == 0


def test_show_says_where_each_value_comes_from(cli: Cli) -> None:
    """Site file, personal file, option or default."""
    site = _site(cli, SITE)
    (cli.config / "config.toml").write_text('language = "en"\nmouse = false\n', encoding="utf-8")

    rows = {row["key"]: row for row in cli("config", "show", "--json").rows}

    assert rows["store"] == {"key": "store", "value": str(cli.config / "box.db"), "from": str(site)}
    assert rows["accounts.moh-x.network"]["value"] == "x"
    assert rows["accounts.moh-x.options.poll_s"]["value"] == 120
    assert rows["mouse"]["from"] == str(cli.config / "config.toml")
    assert rows["theme"]["from"] == "default"
    assert {row["key"]: row for row in cli("config", "show", "--json", "--store", "y").rows}["store"][
        "from"
    ] == "--store"


def test_init_writes_commented_files_and_never_overwrites(cli: Cli) -> None:
    """They read back as if they were not there; the second time nothing happens."""
    assert cli("config", "init").code == 0
    personal, site = cli.config / "config.toml", cli.config / "site.toml"
    site.write_text(site.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")

    said = cli("config", "init", "--json")

    assert [row["written"] for row in said.rows] == [False, False]
    assert site.read_text(encoding="utf-8").endswith("# mine\n")
    assert stat.S_IMODE(personal.stat().st_mode) == 0o600
    assert stat.S_IMODE(site.stat().st_mode) == 0o644
    assert cli("config", "show").code == 0


@pytest.mark.parametrize("kind", [config.Site, config.Personal])
def test_the_examples_of_the_template_are_valid(kind: type[config.Site | config.Personal]) -> None:
    """Whoever takes the comment signs away gets settings that are read."""
    settings = re.sub(r"^# (?=\w+ = |\[)", "", config.template(kind), flags=re.MULTILINE)

    made = decode(kind, settings, "config.toml")

    assert made != kind()


def test_path_names_both_files(cli: Cli) -> None:
    """Before and after they are there."""
    assert [row["exists"] for row in cli("config", "path", "--json").rows] == [False, False]
    cli("config", "init")
    assert [row["exists"] for row in cli("config", "path", "--json").rows] == [True, True]


def test_a_named_site_file_that_is_not_there_is_an_error(cli: Cli) -> None:
    """Another file is not taken in its place."""
    assert cli("list", "--site", str(cli.home / "none.toml")).code == 78


def test_a_broken_settings_file_stops_what_needs_it_and_nothing_else(cli: Cli) -> None:
    """Help and the way out still work."""
    _site(cli, "store = ")

    assert cli("list").code == 78
    assert cli("config", "path").code == 0
    assert cli("keys").code == 0
    assert cli("doctor").code == 78
    assert cli("list", "--help").code == 0


def test_roles_come_from_users_and_groups(cli: Cli) -> None:
    """A person has all roles of their name and their groups."""
    _site(cli, SITE)
    settings = config.load({"HOME": str(cli.home)})

    assert people.roles_of(settings, "amal", []) == {Role.OPERATOR}
    assert people.roles_of(settings, "mariam", ["media"]) == {Role.OPERATOR, Role.SUPERVISOR}
    assert people.roles_of(settings, "stranger", ["staff"]) == frozenset()


def test_one_person_alone_may_do_everything(cli: Cli) -> None:
    """Without a site file the inbox is theirs."""
    settings = config.load({"HOME": str(cli.home)}, site_file=cli.home / "none")

    assert people.roles_of(settings, "anybody", []) == people.ALONE


def test_an_option_of_the_network_is_checked(cli: Cli) -> None:
    """By name and by kind."""
    _site(cli, SITE.replace("poll_s", "pol_s"))
    cli.env["MAJLIS_TOKEN_MOH_X"] = "t"  # noqa: S105  invented

    said = cli("poll", "--once")

    assert said.code == 78
    assert "poll_s" in said.err


def test_nothing_to_poll_is_said(cli: Cli) -> None:
    """A service without tokens ends with the fix, not with silence."""
    said = cli("poll", "--once")

    assert said.code == 78
    assert "doctor" in said.err


def test_a_token_file_that_others_can_read_is_refused(cli: Cli) -> None:
    """With the fix beside it."""
    token = cli.config / "token.json"
    token.write_text('{"access_token": "secret-token-value"}', encoding="utf-8")
    token.chmod(0o644)
    _site(cli, SITE.replace('handle = "moh"', 'handle = "moh"\ntoken_file = "token.json"'))

    said = cli("poll", "--once")

    assert said.code != 0
    assert "chmod 600" in said.out + said.err
    assert "secret-token-value" not in said.out + said.err


def test_doctor_finds_the_accounts_without_a_token(cli: Cli) -> None:
    """It names the variable that is missing."""
    _site(cli, SITE.replace('operator = ["amal", "@media"]', f'operator = ["{people.user_name(os.getuid())}"]'))

    rows = {row["about"]: row for row in cli("doctor", "--offline", "--json").rows}

    assert "MAJLIS_TOKEN_MOH_X" in rows["moh-x"]["detail"]
    assert rows["program"]["ok"] is True
    assert "SQLite 3." in rows["program"]["detail"]


def test_doctor_tells_of_times_that_were_not_read(cli: Cli) -> None:
    """Those that are read afterwards, and those that no longer can be."""
    at = SystemClock().now()
    gap = Gap(network=Network.X, account="moh", stream="x:moh:mentions", since=at - timedelta(hours=9),
              noticed_at=at, cause=GapCause.SIGNED_OUT)  # fmt: skip

    cli.inbox.parent.mkdir(parents=True, exist_ok=True)

    async def keep() -> None:
        store = await Inbox.open(str(cli.inbox))
        for part in gap.closed(at, lost_before=at - timedelta(hours=8)):
            await store.keep_gap(part)
        await store.keep_gap(replace(gap, stream="x:moh:messages"))
        await store.aclose()

    asyncio.run(keep())

    details = [row["detail"] for row in cli("doctor", "--offline", "--json").rows if row["about"] == "gap"]
    assert len(details) == 2
    assert any("x:moh:messages: not read since" in detail for detail in details)
    assert any("x:moh:mentions: lost from" in detail for detail in details)


def test_the_keys_are_listed_with_their_twins(cli: Cli) -> None:
    """A person's own keys take the place of the usual ones."""
    (cli.config / "config.toml").write_text('[keys]\nescalate = ["f"]\n', encoding="utf-8")

    rows = {row["id"]: row for row in cli("keys", "--json").rows}

    assert rows["escalate"]["keys"] == ["f"]
    assert rows["reply"]["keys"] == ["r", "ق"]
    assert MAHA not in cli("keys").out
