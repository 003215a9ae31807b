"""Every role tries every verb of the command line: it goes ahead, or is refused by name."""

from __future__ import annotations

import json
import os
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from majlis.policy import Role
from tests.cli.conftest import MAHA
from tui.cli import verbs
from tui.people import user_name

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

OPEN = (
    {"demo", "init", "replay", "train", "doctor", "keys", "config init", "config show", "config path"}
    | {"store grants"}
    | {f"check {what}" for what in ("text", "hours", "triage", "layout")}
)
"""They open nobody's inbox."""
LOOK = {"run", "list", "show", "post list", "post show", "case list", "case show", "pledge", "store check"} | {
    "audit show",
    "snippet list",
    "official list",
    "record",
}
WORK = {"reply", "edit", "claim", "release", "escalate", "urgent", "done", "snooze", "memo", "tag", "hide"} | {
    *("reject", "delete", "undo", "sort", "post write", "post discard", "snippet add", "snippet remove"),
}
PUBLISH = {"post submit", "post schedule", "post withdraw"}
CASES = {"case ack", "case ask", "case answer", "case return", "case close"}
KEEP = {"store backup", "store restore", "store move"}
AUDIT = {"audit verify", "audit show", "audit export"}
GOES = {
    Role.OPERATOR: OPEN | LOOK | WORK,
    Role.PUBLISHER: OPEN | LOOK | WORK | PUBLISH,
    Role.APPROVER: OPEN | LOOK | {"post approve", "post reject"},
    Role.SUPERVISOR: OPEN
    | LOOK
    | WORK
    | {"official add", "official remove", "report", "export", "import", "erase"}
    | AUDIT
    | KEEP,
    Role.CUSTOMER_SERVICE: OPEN | LOOK | CASES,
    Role.AUDITOR: OPEN | LOOK | {"report", "export"} | AUDIT,
    Role.SERVICE: OPEN | AUDIT | KEEP | {"poll", "send", "login", "record", "store check", "audit key"},
    None: OPEN,
}
"""What each role goes ahead with; None: somebody who has none."""
NOT_TRIED = {"run", "demo", "replay", "login", "poll", "send", "doctor"}
"""They open a screen or ask networks: tried where they are refused, and in tests of their own where they are not."""
ACCOUNTS = """
[accounts.ministry-facebook]
network = "facebook"
id = "1"
[accounts.ministry-x]
network = "x"
id = "2"
"""
REFUSED = 77


def test_every_verb_is_somebodys() -> None:
    """A new one says whose, and is tried here."""
    assert set(verbs.MAY_USE) == set(verbs.FAMILY)
    assert set().union(*GOES.values()) == set(verbs.FAMILY)


def sit_as(cli: Cli, role: Role | None) -> None:
    """Give the user of this process one role, and all others to somebody else."""
    me = user_name(os.getuid())
    members = {each.value: ["somebody", me] if each is role else ["somebody"] for each in Role}
    table = "\n".join(f"{name} = {json.dumps(who)}" for name, who in members.items())
    (cli.config / "site.toml").write_text(f"[roles]\n{table}\n{ACCOUNTS}", encoding="utf-8")


def words(verb: str) -> list[str]:
    """Return the command line of a verb's first example, about a message that is there."""
    _program, *rest = shlex.split(verbs.load(verb).examples[0].rpartition("|")[2])
    return [MAHA if re.match(r"\w+:[\w-]+:\w+:", word) else word for word in rest]


def assert_refused_by_name(cli: Cli, verb: str, role: Role | None) -> None:
    said = cli(*words(verb), "--json", stdin="x\n")
    assert (said.code, said.out) == (REFUSED, ""), (verb, role)
    error = json.loads(said.err)
    assert error["facts"]["role"], (verb, role)
    assert set(error["facts"]["role"]) <= set(Role), (verb, role)
    assert error["facts"]["action"], (verb, role)


@pytest.mark.parametrize("role", [None, pytest.param(Role.SERVICE, marks=pytest.mark.slow)])
def test_who_is_no_person_or_has_no_role_opens_nothing(cli: Cli, role: Role | None) -> None:
    """Not even a new inbox."""
    sit_as(cli, role)
    for verb in set(verbs.FAMILY) - GOES[role]:
        assert_refused_by_name(cli, verb, role)

    assert not cli.inbox.exists()


@pytest.mark.slow
@pytest.mark.parametrize("role", GOES)
def test_each_role_goes_ahead_with_its_own_verbs_and_no_others(
    filled: Cli, role: Role | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the verb itself refuses or the desk behind it."""
    monkeypatch.chdir(filled.home)
    sit_as(filled, role)
    for verb in verbs.FAMILY:
        if verb not in GOES[role]:
            assert_refused_by_name(filled, verb, role)
        elif verb not in NOT_TRIED:
            assert filled(*words(verb), stdin="x\n").code != REFUSED, verb


def test_an_operators_process_neither_reads_nor_sends_where_a_service_is_named(cli: Cli) -> None:
    """Not even with a token at hand; the accounts are shown as somebody else's to read."""
    sit_as(cli, Role.OPERATOR)
    cli.env["MAJLIS_TOKEN_MINISTRY_X"] = "invented"  # noqa: S105  no token
    for verb in ("poll", "send"):
        said = cli(verb, "--once")
        assert said.code == REFUSED
        assert "service" in said.err


def test_whoever_serves_is_no_person_even_in_a_group_of_people(cli: Cli) -> None:
    """The service's user is in the group that owns the inbox."""
    me = user_name(os.getuid())
    text = f'[roles]\noperator = ["{me}"]\nservice = ["{me}"]\n'
    (cli.config / "site.toml").write_text(text, encoding="utf-8")

    assert cli("list").code == REFUSED
    assert cli("poll", "--once").code == 78  # as far as it gets: no account is named
