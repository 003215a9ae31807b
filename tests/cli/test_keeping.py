"""export, import, store check."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import PHONE, Cli


def test_a_whole_copy_makes_the_same_inbox(filled: Cli) -> None:
    """Out and in again: the same list, the same history."""
    copy, other = str(filled.home / "copy.json"), str(filled.home / "other.db")

    assert filled("export", "--whole", copy).code == 0
    before = filled("list", "--view", "all", "--json").out
    assert filled("import", copy, "--store", other).code == 0

    assert filled("list", "--view", "all", "--json", "--store", other).out == before
    assert filled("store", "check", "--store", other).code == 0


def test_an_export_covers_contact_data_and_a_whole_one_is_logged(filled: Cli) -> None:
    """The looks stand in the history before the file is written."""
    copy = filled.home / "copy.json"

    filled("export", str(copy))
    assert PHONE not in copy.read_text(encoding="ascii")

    filled("export", "--whole", str(copy))
    assert PHONE in copy.read_text(encoding="ascii")
    events = json.loads(copy.read_text(encoding="ascii"))["event"].values()
    assert [event["action"] for event in events].count("reveal") == 1


def test_a_full_inbox_takes_no_import(filled: Cli) -> None:
    """Two histories cannot be one."""
    copy = str(filled.home / "copy.json")
    filled("export", "--whole", copy)

    said = filled("import", copy)

    assert said.code == 65
    assert "not empty" in said.err


def test_files_that_cannot_be_read_or_written_are_named(filled: Cli) -> None:
    """The reason of the system comes along."""
    assert filled("export", "/nowhere/at/all.json").code == 73
    assert filled("import", "/nowhere/at/all.json", "--store", str(filled.home / "b.db")).code == 66


def test_looking_makes_no_inbox(cli: Cli) -> None:
    """Where there is none, there is none afterwards."""
    assert cli("store", "check").code == 6
    assert cli("export", str(cli.home / "x.json")).code == 6
    assert not cli.inbox.exists()


def test_a_damaged_inbox_is_said_to_be_damaged(filled: Cli) -> None:
    """With what is safe and what to do, and no traceback."""
    _damage(filled.inbox)

    said = filled("store", "check")

    assert said.code == 65
    assert str(filled.inbox) in said.err
    assert "Traceback" not in said.err


def test_somebody_elses_file_is_left_alone(cli: Cli) -> None:
    """Every verb refuses it, and not a byte of it changes."""
    other = cli.home / "notes.txt"
    other.write_text("milk, bread", encoding="utf-8")

    assert cli("list", "--store", str(other)).code == 65
    assert cli("store", "check", "--store", str(other)).code == 65
    assert other.read_text(encoding="utf-8") == "milk, bread"


def _damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 512] = b"\xff" * 512
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "words", [("export",), ("audit", "export"), ("store", "backup", "--force"), ("record",), ("record", "--live")]
)
def test_what_is_no_file_is_not_replaced(filled: Cli, words: tuple[str, ...]) -> None:
    """For root, a device would be gone; here it is a pipe."""
    pipe = filled.home / "pipe"
    os.mkfifo(pipe)
    filled.env["MAJLIS_TOKEN_MOH"] = "canary"  # noqa: S105  # invented
    (filled.config / "site.toml").write_text('[accounts.moh]\nnetwork = "x"\nid = "1"\n', "utf-8")

    said = filled(*words, str(pipe))

    assert pipe.is_fifo(), said
    assert said.code == 73
    assert "no file" in said.err


@pytest.mark.parametrize("words", [("export",), ("audit", "export")])
def test_what_lies_under_the_name_of_a_draft_gets_nothing(filled: Cli, words: tuple[str, ...]) -> None:
    """A link that somebody else has put there would be theirs to read."""
    theirs = filled.home / "theirs"
    theirs.touch()
    copy = filled.home / "copy.json"
    copy.with_name(f".{copy.name}.{os.getpid()}.part").symlink_to(theirs)

    assert filled(*words, str(copy)).code == 0

    assert theirs.read_bytes() == b""
    assert not copy.is_symlink()
    assert copy.stat().st_mode & 0o777 == 0o600
