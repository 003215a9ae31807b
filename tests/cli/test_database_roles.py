"""An inbox on a server: who somebody is and what they may do goes by their role there."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from majlis.policy import Role
from store.rows.postgres_people import signed_in
from tests.postgres import USER

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
    assert (refused.code, json.loads(refused.err)["facts"]["role"][0]) == (77, "operator")
    assert cli("--store", salem, *add).code == 0
    events = cli("--store", salem, "audit", "show", "--json").rows
    assert [event["actor"] for event in events] == ["desk_salem"]


def test_grants_are_printed_for_psql_and_for_the_schema_of_the_address(cli: Cli, server: Cluster) -> None:
    """As the page about shared servers has it; a file has none."""
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("needs psql, and it is not installed")
    url = server.address(schema="desk")
    assert cli("--store", url, "store", "check").code == 0
    printed = cli("--store", url, "store", "grants", "--prefix", "desk_")
    command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", server.address()]
    done = subprocess.run(command, input=printed.out, text=True, capture_output=True, check=False, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    owners = server.tell("SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname='desk'")
    assert owners == [("desk_owner",)]
    assert cli("store", "grants").code == 4
    groups = ", ".join(f"desk_{role}" for role in (*Role, "owner"))
    server.tell(f"REASSIGN OWNED BY desk_owner TO {USER}", f"DROP OWNED BY {groups}", f"DROP ROLE {groups}")
