"""Recordings by the command line: a tester's walk, whose people they show, what is refused."""

from __future__ import annotations

import asyncio
import json
import re
import stat
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import SeededIds, SystemClock
from connectors.scenario import load
from majlis import commands
from majlis.desk import Desk
from majlis.intake import Intake
from majlis.message import Author, Message, ObjectKind
from majlis.policy import Operator, Role
from store.inbox import Inbox
from tests.builders import HandClock, message, page, policy
from tests.cli.conftest import Cli, Said
from tests.cli.test_canary import BIRD as TOKEN_BIRD
from tests.cli.test_canary import World, plant
from tests.cli.test_login import running
from tests.connectors.networks import CHANNEL, PAGE, USER
from tests.connectors.test_vaults import ring

__all__ = ["ring"]

DOC = Path(__file__).parents[2] / "docs" / "scenarios.md"
BIRD, ARABIC_BIRD = "Canarybird", "كنارية"
HANDLE, PHONE, MAIL = "canary_bird_77", "0501239876", "canary.bird@nest-mail.com"
EID, TOKEN = "784-1987-7654321-3", "EAAcanarycanarycanary0123"
SAID = (
    f"أنا {ARABIC_BIRD}، ورقمي {PHONE}. شكرا ل{ARABIC_BIRD} و{ARABIC_BIRD} وبـ{ARABIC_BIRD}، "
    f"{BIRD.lower()}'s mail is {MAIL}, "
    f"@{HANDLE} {HANDLE} {EID} access_token={TOKEN} https://{HANDLE}.example/{HANDLE}?x={PHONE} ٠٥٠١٢٣٩٨٧٦"
)
LEAKS = (
    BIRD,
    BIRD.lower(),
    ARABIC_BIRD,
    HANDLE,
    PHONE,
    MAIL,
    EID,
    TOKEN,
    "canary",
    "nest-mail",
    "٠٥٠١٢٣٩٨٧٦",
    "1239876",
)


async def fill(path: Path, now: datetime, *messages: Message) -> Inbox:
    path.parent.mkdir(parents=True, exist_ok=True)
    store = await Inbox.open(str(path))
    await store.ingest(Intake(policy())(page(*messages, read_at=now), ()))
    return store


def asked(now: datetime, native_id: str, text: str = "متى يفتح المركز؟", **fields: Any) -> Message:
    return message(native_id, text, created_at=now, received_at=now, **fields)


@pytest.fixture
def noticed(cli: Cli) -> Cli:
    """An inbox in which somebody asked ten minutes ago, in a thread with a colleague's answer under way."""
    now = SystemClock().now() - timedelta(minutes=10)

    async def work() -> None:
        other = asked(now, "2", "شكرا", author=Author(id="u-2", name="John Doe"))
        store = await fill(cli.inbox, now, asked(now, "1"), other, asked(now, "3", thread="t3"))
        clock = HandClock(now + timedelta(minutes=1))
        salem = Operator(name="salem", roles=frozenset({Role.OPERATOR}), terminal="test")
        desk = Desk(store=store, clock=clock, ids=SeededIds(1), policy=policy(), operator=salem)
        await desk.do(commands.Done(key=other.key))
        await store.aclose()

    asyncio.run(work())
    return cli


def test_a_tester_turns_a_bug_into_a_failing_scenario_by_what_the_page_says(noticed: Cli) -> None:
    """Find, record, replay, cut down, expect, fail: the commands of the page, in their order, and no others."""
    section = DOC.read_text(encoding="utf-8").partition("### From a bug in the queue")[2].partition("\n## ")[0]
    walk = re.findall(r"^\$ (.+)$", section, re.MULTILINE)
    said = [_do(noticed, command) for command in walk]

    assert [each.code for each in said] == [0, 0, 0, 0, 0, 8], said
    assert "x:moh:comment:1" in said[0].out
    assert "read the file" in said[1].out
    assert len((noticed.home / "bug.jsonl").read_text("utf-8").splitlines()) > 5
    assert {"expected", "actual", "immediate", "normal"} <= set(re.findall(r"\w+", said[-1].out))
    assert "x:moh:comment:3" not in (noticed.home / "bug.jsonl").read_text("utf-8")


def _do(cli: Cli, command: str) -> Said:
    """Give a command as a shell in an empty folder would."""
    program, *words = command.split()
    if program == "majlis":
        return cli(*(str(cli.home / word) if word.endswith(".jsonl") else word for word in words))
    done = subprocess.run(["sh", "-c", command], cwd=cli.home, capture_output=True, text=True, check=False)
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def test_nothing_of_anybody_is_in_a_recording(cli: Cli) -> None:
    """Names, numbers, addresses and tokens in every place that a recording is made of, glued words in texts too."""
    now = SystemClock().now() - timedelta(hours=1)
    author = Author(id=f"id-{HANDLE}", handle=HANDLE, name=f"{BIRD} {ARABIC_BIRD}")
    marked: dict[str, Any] = {"author": author, "thread": f"thread-{HANDLE}", "link": f"https://x.com/{HANDLE}/1"}
    marked |= {"attachments": (f"https://media.example/{HANDLE}.jpg",), "recipient": f"id-{HANDLE}"}

    async def work() -> None:
        first = asked(now, f"1{PHONE}", SAID, **marked)
        private = asked(now, f"2{HANDLE}", SAID, kind=ObjectKind.PRIVATE, **marked)
        later = asked(now, f"3{HANDLE}", f"{SAID} 3", parent=f"1{PHONE}", **marked)
        store = await fill(cli.inbox, now, first, private, later)
        edited = asked(now, f"1{PHONE}", f"{SAID} edited", **marked)
        await store.ingest(Intake(policy())(page(edited, read_at=now + timedelta(minutes=1)), ()))
        clock, ids = HandClock(now + timedelta(minutes=2)), SeededIds(1)
        roles = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.CUSTOMER_SERVICE})
        operator = Operator(name=HANDLE, roles=roles, terminal=HANDLE)
        desk = Desk(store=store, clock=clock, ids=ids, policy=policy(), operator=operator)
        await desk.do(commands.WriteMemo(key=first.key, text=SAID))
        await desk.do(commands.Tag(key=first.key, add=(HANDLE, ARABIC_BIRD)))
        handed = await desk.do(commands.Escalate(key=first.key, note=SAID, tags=(HANDLE,)))
        assert handed.case is not None
        await desk.do(commands.AnswerCase(case=handed.case.id, text=SAID))
        await desk.do(commands.Claim(key=later.key))
        await desk.do(commands.Claim(key=later.key, take_over=SAID))
        await desk.do(commands.Reply(key=later.key, text=f"شكراً لتواصلك يا {ARABIC_BIRD}.", queue=True))
        await store.aclose()

    asyncio.run(work())
    said = cli("record", str(cli.home / "bird.jsonl"), "--json")
    whole = (cli.home / "bird.jsonl").read_bytes()

    assert said.code == 0
    assert [leak for leak in LEAKS if leak.encode() in whole] == []
    assert load(cli.home / "bird.jsonl").header.accounts[0].id == "our-x-1"
    assert stat.S_IMODE((cli.home / "bird.jsonl").stat().st_mode) == 0o600
    replaced = said.rows[0]["replaced"]
    assert {"name", "handle", "phone", "email", "national_id", "link", "operator"} <= set(replaced)
    assert BIRD not in said.out
    assert all(isinstance(count, int) for count in replaced.values())
    done = cli("replay", str(cli.home / "bird.jsonl"), "--headless", "--json")
    assert done.code == 0, done.out


def test_a_recording_keeps_to_what_was_asked_for(noticed: Cli) -> None:
    """A message with what belongs to it, a thread, a time; the same seed gives the same bytes."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for name, words in {
        "thread": ["--thread", "x:moh:comment:1"],
        "message": ["--message", "x:moh:comment:1"],
        "all": ["--seed", "5", "--until", "2099-01-01"],
        "again": ["--seed", "5", "--until", "2099-01-01"],
    }.items():
        path = noticed.home / f"{name}.jsonl"
        assert noticed("record", str(path), *words).code == 0
        lines[name] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    counts = {name: sum(row.get("do") == "arrive" for row in rows) for name, rows in lines.items()}

    assert counts == {"thread": 2, "message": 1, "all": 3, "again": 3}
    ends = [[row for row in lines[name] if row.get("do") != "expect"] for name in ("all", "again")]
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--thread", "x:moh:comment:1", "--message", "x:moh:comment:1"], 2, "do not go together"),
        (["--thread", "x:moh:comment:99"], 6, "comment:99"),
        (["--thread", "nonsense"], 2, "not the name of a message"),
        (["--since", "tomorrow"], 2, "tomorrow"),
        (["--account", "nobody"], 6, "nobody"),
        (["--wire"], 2, "--live"),
        (["--minutes", "3"], 2, "--live"),
        (["--live", "--since", "2026-01-01"], 2, "do not go together"),
        (["--live"], 78, "no account"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_nothing_is_written(
    noticed: Cli, words: list[str], code: int, says: str
) -> None:
    """With an exit code of its own, and the file that is not there."""
    said = noticed("record", str(noticed.home / "no.jsonl"), *words)

    assert (said.code, says in said.err) == (code, True)
    assert not (noticed.home / "no.jsonl").exists()


@pytest.mark.parametrize("words", [pytest.param([], marks=pytest.mark.slow), ["--wire"]])
def test_what_is_read_now_is_recorded_without_anybodys_data_or_token(
    cli: Cli, ring: dict[tuple[str, str], str], words: list[str]
) -> None:
    """In place of a poll: from all accounts, played again without a mistake, and no token in any byte."""
    world = World()
    for fake in (world.facebook, world.x, world.youtube):
        fake.arrive(BIRD.lower(), SAID)
    path = cli.home / "live.jsonl"
    with running(world) as service:  # type: ignore[arg-type]  # it answers like one
        plant(cli, service.url, ring)
        said = cli("record", str(path), "--live", "--minutes", "0", "--seed", "1", *words)
    whole = path.read_bytes()
    lines = [json.loads(line) for line in whole.splitlines()]
    played = cli("replay", str(path), "--headless", "--json")

    assert said.code == 0, said.err
    assert {row["account"] for row in lines[1:]} >= {"our-facebook-1", "our-youtube-1"}
    assert sum(row["do"] == ("wire" if words else "arrive") for row in lines[1:]) > 5
    leaks = [leak for leak in (*LEAKS, TOKEN_BIRD, PAGE, USER, CHANNEL) if leak.encode() in whole]
    assert leaks == [ARABIC_BIRD]  # nobody of that name has written: a text alone does not tell that it is one
    assert played.code == 0, played.out


def test_what_cannot_be_written_leaves_nothing_behind(noticed: Cli) -> None:
    """A folder that is not there: said plainly."""
    said = noticed("record", str(noticed.home / "nowhere" / "bug.jsonl"))

    assert said.code == 73
    assert "cannot be written" in said.err
