"""An inbox on a server: who somebody is and what they may do goes by their role there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from store.rows.postgres_people import signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Cli
    from tests.postgres import Cluster

ROLES = ["desk_media", "desk_salem", "desk_hamad"]


@pytest.fixture
def server(postgres: Cluster) -> Iterator[Cluster]:
    """A server with two people and a group."""
    postgres.tell(
        "CREATE ROLE desk_media NOLOGIN",
        "CREATE ROLE desk_salem LOGIN SUPERUSER IN ROLE desk_media",
        "CREATE ROLE desk_hamad LOGIN SUPERUSER",
        "CREATE SCHEMA desk",
    )
    yield postgres
    postgres.tell("DROP SCHEMA desk CASCADE", *(f"DROP ROLE {role}" for role in ROLES))
    signed_in.cache_clear()


def test_the_role_of_the_session_is_the_actor_whatever_the_environment_says(cli: Cli, server: Cluster) -> None:
    """By name or by group of the database; who the Unix user is does not count."""
    (cli.config / "site.toml").write_text('[roles]\nsupervisor = ["@desk_media"]\n', encoding="utf-8")
    cli.env = {"USER": "hamad", "LOGNAME": "hamad", "PGUSER": "desk_hamad"}
    salem, hamad = (server.address(schema="desk").replace("majlis@", f"{name}@") for name in ROLES[1:])
    add = ("official", "add", "domains", "health.gov.example", "--note", "asked the web team")

    refused = cli("--store", hamad, *add, "--json")
    assert (refused.code, json.loads(refused.err)["facts"]["role"]) == (77, "operator")
    assert cli("--store", salem, *add).code == 0
    events = cli("--store", salem, "audit", "show", "--json").rows
    assert [event["actor"] for event in events] == ["desk_salem"]
