"""store backup, restore and check: a copy that can be trusted, put back without sending anything twice."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from majlis.outbox import Action, Entry
from majlis.states import EntryState
from store import keeping
from store.inbox import Inbox
from store.rows.witness import Witness
from tests.builders import AT, decision, key, message, page
from tests.cli.conftest import MAHA, Cli
from tests.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]


def _later(cli: Cli, change: Callable[[Inbox], object]) -> None:
    async def change_it() -> None:
        store = await Inbox.open(str(cli.inbox))
        await change(store)  # type: ignore[misc]  # each returns something to be awaited
        await store.aclose()

    asyncio.run(change_it())


def test_a_backup_put_elsewhere_is_the_same_inbox(filled: Cli) -> None:
    """Whole in one file, for its owner alone, with the history and the lists."""
    copy, other = filled.home / "copy.db", filled.home / "other" / "inbox.db"
    other.parent.mkdir()
    before = filled("list", "--view", "all", "--json").out

    said = filled("store", "backup", str(copy))

    assert (said.code, "read through, up to revision 1" in said.out) == (0, True), said
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in filled.home.glob("*copy*")] == ["copy.db"]
    assert filled("store", "restore", str(copy), "--store", str(other)).code == 0
    assert filled("list", "--view", "all", "--json", "--store", str(other)).out == before
    checked = filled("store", "check", "--store", str(other))
    assert (checked.code, "whole up to revision 2" in checked.out) == (0, True), checked


def test_a_backup_is_named_by_whoever_looks(filled: Cli) -> None:
    """With its revision, and whether it is still there."""
    copy = filled.home / "copy.db"
    assert "No backup is known" in filled("store", "check").out

    filled("store", "backup", str(copy))

    report = filled("store", "check", "--json").rows[0]
    assert (report["backup"]["path"], report["backup"]["revision"], report["backup"]["is_there"]) == (
        str(copy),
        1,
        True,
    )
    assert report["revision"] == 2, "the backup itself stands in the history"
    copy.unlink()
    assert "no longer at that place" in filled("store", "check").out


def test_a_file_that_is_there_is_replaced_only_when_asked(filled: Cli) -> None:
    """And never the inbox itself."""
    copy = filled.home / "copy.db"
    copy.write_text("something else", encoding="utf-8")

    refused = filled("store", "backup", str(copy))
    assert (refused.code, "--force" in refused.err, copy.read_text(encoding="utf-8")) == (73, True, "something else")
    assert filled("store", "backup", "--force", str(copy)).code == 0
    assert filled("store", "backup", "--force", str(filled.inbox)).code == 73
    assert filled("store", "backup", "--force", f"{filled.inbox}-wal").code == 73
    assert filled("store", "check").code == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [("https://example.com/copy.db", 73), ("/nowhere/at/all.db", 73), ("/", 73)],
)
def test_places_that_take_no_backup_are_named(filled: Cli, name: str, code: int) -> None:
    """With the reason, and nothing left behind."""
    said = filled("store", "backup", name)

    assert (said.code, name in said.err, "Traceback" in said.err) == (code, True, False), said


def test_an_inbox_on_a_server_is_left_to_the_server(cli: Cli, postgres: Cluster) -> None:
    """Which has its own means."""
    address = postgres.fresh()
    for verb in ("backup", "restore"):
        said = cli("store", verb, str(cli.home / "copy.db"), "--store", address)
        assert (said.code, "pg_dump" in said.err) == (4, True), said


def test_a_backup_of_a_damaged_inbox_is_none(filled: Cli) -> None:
    """The last good one stays as it was, and is named."""
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))
    good = copy.read_bytes()
    _damage(filled.inbox)

    said = filled("store", "backup", "--force", str(copy))

    assert (said.code, str(copy) in said.err) == (65, True), said
    assert copy.read_bytes() == good
    assert [path.name for path in filled.home.glob(".copy*")] == []
    assert str(copy) in filled("store", "check").err


@pytest.mark.parametrize("kind", ["cut", "overwritten", "text", "in use", "absent"])
def test_a_backup_that_is_not_sound_is_not_put_back(filled: Cli, kind: str) -> None:
    """And the inbox stays as it is."""
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))
    before = filled("list", "--json").out
    match kind:
        case "cut":
            os.truncate(copy, copy.stat().st_size - 8192)
        case "overwritten":
            _damage(copy)
        case "text":
            copy.write_text("milk, bread", encoding="utf-8")
        case "in use":
            copy.with_name("copy.db-wal").write_bytes(b"log")
        case _:
            copy.unlink()

    if kind == "absent":
        without = filled("store", "restore", str(copy))
        assert (without.code, str(copy) in without.err, "--replace" in without.err) == (66, True, False)
    said = filled("store", "restore", "--replace", str(copy))

    assert (said.code, str(copy) in said.err, "Traceback" in said.err) == (66 if kind == "absent" else 65, True, False)
    assert filled("list", "--json").out == before
    assert [path.name for path in filled.inbox.parent.glob("*.part*")] == []


def test_a_place_that_takes_no_inbox_is_named_and_not_the_backup(filled: Cli) -> None:
    """What cannot be written is the folder."""
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))

    said = filled("--store", str(filled.home / "nowhere" / "inbox.db"), "store", "restore", str(copy))

    assert said.code == 73
    assert f"{filled.home}/nowhere" in said.err
    assert str(copy) not in said.err


def test_an_inbox_that_is_there_is_put_aside_only_when_asked(filled: Cli) -> None:
    """With all that came after the backup, under a name with the date; mode and place stay."""
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))
    filled.inbox.chmod(0o640)
    _later(filled, lambda store: store.ingest(page(message("9"))))

    assert filled("store", "restore", str(copy)).code == 73
    said = filled("store", "restore", "--replace", "--json", str(copy))

    assert said.code == 0, said.err
    aside = Path(said.rows[0]["aside"])
    assert aside.name.startswith("inbox.db.20")
    assert len(filled("list", "--view", "all", "--json", "--store", str(aside)).rows) == 4
    assert len(filled("list", "--view", "all", "--json").rows) == 3
    assert filled.inbox.stat().st_mode & 0o777 == 0o640
    assert filled("memo", MAHA, "note").code == 0
    assert filled("store", "check").code == 0


def test_an_inbox_that_somebody_has_open_is_not_exchanged(filled: Cli) -> None:
    """In whichever process; afterwards it can be."""
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))
    code = "import sys; from store.inbox import open_rows; db = open_rows(sys.argv[1]); print('.', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(filled.inbox)], cwd=ROOT, stdin=-1, stdout=-1, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()

        said = filled("store", "restore", "--replace", str(copy))

        holder.stdin.write("\n")
        holder.stdin.flush()
        holder.wait(timeout=30)
    assert (said.code, "open in another Majlis" in said.err) == (75, True), said
    assert filled("store", "restore", "--replace", str(copy)).code == 0


def test_what_was_to_go_out_at_the_time_of_the_backup_is_looked_up_first(filled: Cli) -> None:
    """It may have gone out since; only what may be done twice is done again."""

    def entry(entry_id: str, **fields: object) -> Entry:
        known: dict[str, object] = {
            "id": entry_id,
            "action": Action.REPLY,
            "account": "moh",
            "target": key(),
            "text": "نعم",  # Arabic: yes
            "author": "salem",
            "created_at": AT,
            "due_at": AT,
            "state": EntryState.QUEUED,
        }
        return Entry(**{**known, **fields})  # type: ignore[arg-type]  # a test's shorthand

    entries = [entry("reply"), entry("hide", action=Action.HIDE, text=""), entry("gone", state=EntryState.SENT)]
    _later(filled, lambda store: store.apply(decision(*entries)))
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))

    said = filled("store", "restore", "--replace", str(copy))

    assert "1 answer or post may have gone out since" in said.out
    found: dict[str, Entry | None] = {}

    async def look(store: Inbox) -> None:
        found.update({each.id: await store.entry(each.id) for each in entries})
        assert await store.covering("reply") is not None, "the history says so"

    _later(filled, look)
    states = {name: each.state for name, each in found.items() if each is not None}
    assert states == {"reply": EntryState.UNKNOWN, "hide": EntryState.QUEUED, "gone": EntryState.SENT}
    reply = found["reply"]
    assert reply is not None
    assert reply.attempted_at is not None, "from when on it is looked for"


def test_a_loss_is_said_until_somebody_accepts_it(filled: Cli) -> None:
    """Then work goes on, the history tells who accepted it, and nothing is sent twice."""
    old = filled.inbox.read_bytes()
    _later(filled, lambda store: store.ingest(page(message("9"))))
    filled.inbox.write_bytes(old)

    checked = filled("store", "check")
    assert (checked.code, "revision 1" in checked.err, "up to revision 2" in checked.err) == (65, True, True), checked
    assert filled("list", "--json").code == 0
    refused = filled("memo", MAHA, "note")
    assert (refused.code, "--accept" in refused.err) == (65, True), refused

    assert filled("store", "check", "--accept").code == 0

    assert filled("memo", MAHA, "note").code == 0
    assert filled("store", "check").code == 0
    assert filled("store", "check", "--accept").code == 4

    async def look(store: Inbox) -> None:
        assert [event.action for event in await store.events()][1] == "accept"

    _later(filled, look)


def test_a_loss_is_accepted_by_a_supervisor_alone(filled: Cli) -> None:
    """Everybody else reads."""
    (filled.config / "site.toml").write_text('[roles]\noperator = ["nobody-here"]\n', encoding="utf-8")

    assert filled("store", "check", "--accept").code == 77


def test_a_header_that_is_gone_is_damage_of_an_inbox_that_was_seen(filled: Cli) -> None:
    """Not somebody else's file; its backup is named."""
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))
    with filled.inbox.open("r+b") as file:
        file.write(b"\xff" * 100)

    for verb in (("store", "check"), ("list",), ("memo", MAHA, "x")):
        said = filled(*verb)
        assert (said.code, "damaged" in said.err, str(copy) in said.err) == (65, True, True), said
    assert filled("store", "restore", "--replace", str(copy)).code == 0
    assert filled("store", "check").code == 0


def test_what_a_killed_backup_left_is_cleared_away(filled: Cli) -> None:
    """By the next one to the same place; that of a living process is left alone."""
    gone, living = (filled.home / f".copy.db.{pid}.part" for pid in (2**22 + 1, os.getppid()))
    gone.touch()
    living.touch()

    filled("store", "backup", str(filled.home / "copy.db"))

    assert (gone.exists(), living.exists()) == (False, True)


def test_a_backup_is_one_state_while_others_write(filled: Cli) -> None:
    """Writers are not held up, and what they write meanwhile is in it whole or not at all."""
    code = """
import asyncio, sys
from store import keeping
from store.inbox import Inbox
from tests.builders import message, page

async def write():
    inbox = await Inbox.open(sys.argv[1])
    number = 0
    while True:
        await inbox.ingest(page(*(message(f"w{number}-{n}", "x" * 500) for n in range(20))))
        number += 1
        print(number, flush=True)

asyncio.run(write())
"""
    copy = filled.home / "copy.db"
    with subprocess.Popen([sys.executable, "-c", code, str(filled.inbox)], cwd=ROOT, stdout=-1, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(5):
            writer.stdout.readline()

        said = filled("store", "backup", "--json", str(copy))

        writer.kill()
        written = len(writer.stdout.read().split()) + 5
    assert said.code == 0, said.err
    assert (said.rows[0]["counts"]["message"] - 3) % 20 == 0
    assert said.rows[0]["revision"] >= 6
    assert written >= said.rows[0]["revision"] - 1
    assert filled("store", "check").code == 0


def test_the_witness_tells_the_backup_in_plain_json(filled: Cli) -> None:
    """For whoever reads it without the program."""
    filled("store", "backup", str(filled.home / "copy.db"))

    lines = [json.loads(line) for line in Witness(filled.inbox).path.read_text("utf-8").splitlines() if line]

    [backup] = [line for line in lines if line["type"] == "backup"]
    assert datetime.fromisoformat(backup["at"]).tzinfo is not None
    assert datetime.fromisoformat(backup["at"]) < datetime.now(UTC)  # noqa: TID251  the wall clock made it


def _damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 512] = b"\xff" * 512
    path.write_bytes(bytes(data))


def test_a_move_tells_what_was_compared(filled: Cli) -> None:
    """Counts and digests of every table, and what to write into the site file."""
    target = filled.home / "new.db"

    said = filled("store", "move", "--json", str(target))

    assert said.code == 0, said.err
    row = said.rows[0]
    assert (row["to"], row["counts"]["message"], len(row["digests"]["message"])) == (str(target), 3, 64)
    refused = filled("memo", MAHA, "note")
    assert (refused.code, str(target) in refused.err) == (6, True), refused
    assert filled("store", "check", "--store", str(target)).code == 0


def test_an_inbox_is_carried_or_exchanged_by_a_supervisor_alone(filled: Cli) -> None:
    """And only to a place that takes one; having the tokens is not enough."""
    copy = str(filled.home / "copy.db")
    filled("store", "backup", copy)
    assert filled("store", "move", "mysql://me:secret@db.example/x").code == 73
    assert "secret" not in filled("store", "move", "mysql://me:secret@db.example/x").err
    (filled.config / "site.toml").write_text('[roles]\noperator = ["nobody-here"]\n', encoding="utf-8")

    assert filled("store", "move", str(filled.home / "new.db")).code == 77
    assert filled("store", "restore", "--replace", copy).code == 77


def test_an_inbox_of_a_newer_program_is_read_and_not_written(filled: Cli) -> None:
    """By every verb, with whom to ask."""
    connection = apsw.Connection(str(filled.inbox))
    connection.pragma("user_version", 99)
    connection.close()

    assert len(filled("list", "--json").rows) == 3
    assert filled("show", MAHA).code == 0
    assert filled("store", "check").code == 0
    for language, told in (("en", "ask whoever installed it"), ("ar", "اسأل من ثبّته")):  # Arabic: the same
        refused = filled("memo", MAHA, "note", "--language", language)
        assert (refused.code, told in refused.err, "Traceback" in refused.err) == (65, True, False), refused
    copy = filled.home / "copy.db"
    assert filled("store", "backup", str(copy)).code == 0
    assert filled("store", "restore", "--replace", str(copy)).code == 65


def test_the_doctor_knows_the_backup_and_whether_the_inbox_can_be_written_to(filled: Cli) -> None:
    """And what stands against it."""
    copy = filled.home / "copy.db"
    filled("store", "backup", str(copy))
    assert f"backup  {copy}" in filled("doctor", "--offline").out

    old = filled.inbox.read_bytes()
    _later(filled, lambda store: store.ingest(page(message("9"))))
    filled.inbox.write_bytes(old)
    copy.unlink()

    said = filled("doctor", "--offline")
    assert (said.code, "has gone back" in said.out, "no longer at that place" in said.out) == (65, True, True), said


@pytest.mark.parametrize("verb", [("audit", "export"), ("export",), ("store", "backup", "--force")])
@pytest.mark.parametrize("name", ["inbox.db", "linked/inbox.db", "second.db", "inbox.db-witness"])
def test_nothing_is_written_over_the_inbox_by_any_of_its_names(filled: Cli, verb: tuple[str, ...], name: str) -> None:
    """Through a folder that is a link, a file that is one, or its own name; it is whole afterwards."""
    store = Path(filled("config", "show", "--json").rows[0].get("store") or filled.home / "inbox.db")
    store = next(each for each in (store, *filled.home.rglob("inbox.db")) if each.exists())
    (store.parent / "linked").symlink_to(store.parent)
    (store.parent / "second.db").symlink_to(store)

    said = filled(*verb, str(store.parent / name))

    assert said.code == 73, said
    assert filled("store", "check").code == 0


def test_a_restore_that_fails_leaves_file_and_log_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever only the log holds is still the inbox's."""
    target, part = tmp_path / "inbox.db", tmp_path / "part"
    for path, text in ((target, "old"), (tmp_path / "inbox.db-wal", "log"), (part, "new")):
        path.write_text(text, encoding="utf-8")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space"):
            keeping._put(part, target, AT)

    assert target.read_text("utf-8") == "old"
    assert (tmp_path / "inbox.db-wal").read_text("utf-8") == "log"
    assert {each.name for each in tmp_path.iterdir()} == {"inbox.db", "inbox.db-wal", "part"}
    first = keeping._put(part, target, AT)
    part.write_text("newer", encoding="utf-8")
    second = keeping._put(part, target, AT)
    assert first is not None
    assert second not in {None, first}
    assert first.read_text("utf-8") == "old"
    assert first.with_name(first.name + "-wal").read_text("utf-8") == "log"


def test_in_a_groups_folder_a_backup_is_put_back_in_the_groups_mode(filled: Cli, tmp_path: Path) -> None:
    """As a file that the group may use; through a link it is the inbox itself that is exchanged."""
    copy, shared, named = tmp_path / "copy.db", tmp_path / "shared", tmp_path / "named.db"
    assert filled("store", "backup", str(copy)).code == 0
    shared.mkdir()
    shared.chmod(0o2770)
    there = shared / "inbox.db"
    named.symlink_to(there)

    for place in (there, there, named):
        event = replace(decision().event, salt="5a" * 16)
        keeping.restore(str(place), copy, event, lambda *_told: None, is_replacing=True)
        assert there.stat().st_mode & 0o777 == 0o660

    assert named.is_symlink()
    assert len([each for each in shared.iterdir() if re.search("inbox.db.2[-0-9]*$", each.name)]) == 2
