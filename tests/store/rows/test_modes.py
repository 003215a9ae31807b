"""Modes of a store's files: one person's stay theirs, a group's are the group's, and anything else is refused."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from majlis.errors import WrongModes
from store.rows import open_tinydb
from store.rows.modes import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE = ("", "-wal", "-shm")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Make files under a umask."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def modes(path: Path) -> set[int]:
    """Return the modes of a store and what SQLite keeps beside it."""
    return {stat.S_IMODE(path.with_name(path.name + part).stat().st_mode) for part in BESIDE}


@pytest.fixture
def group(path: Path) -> Path:
    """A path in a folder that is a group's."""
    path.parent.chmod(0o2770)
    return path


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_store_is_its_owners_or_its_groups_whatever_the_umask(path: Path, mask: int) -> None:
    """The folder says which."""
    with umask(mask), open_tinydb(path) as db:
        db.insert({})
        assert modes(path) == {0o600}

    shared = path.parent / "shared" / "inbox.db"
    shared.parent.mkdir()
    shared.parent.chmod(0o2770)
    with umask(mask), open_tinydb(shared) as db:
        db.insert({})
        db.hold("send")
        assert modes(shared) == {0o660}
    assert list(faults(shared)) == []


@pytest.mark.parametrize(
    ("mode", "detail", "fix"),
    [
        (0o640, "its mode is not 660", "chmod 660 {path}"),
        (0o664, "its mode is not 660", "chmod 660 {path}"),
    ],
)
def test_a_file_that_the_group_cannot_use_or_others_can_is_refused(
    group: Path, mode: int, detail: str, fix: str
) -> None:
    """With the command that puts it right; after it the store opens."""
    open_tinydb(group).close()
    group.chmod(mode)

    with pytest.raises(WrongModes) as refused:
        open_tinydb(group)

    assert refused.value.facts == {"path": str(group), "detail": detail, "fix": fix.format(path=group)}
    group.chmod(0o660)
    open_tinydb(group).close()


def test_a_folder_that_others_may_enter_is_refused(group: Path) -> None:
    """Whatever the modes of what lies in it."""
    group.parent.chmod(0o2775)

    with pytest.raises(WrongModes, match="chmod o="):
        open_tinydb(group)


def test_a_folder_of_a_group_without_setgid_is_refused(path: Path) -> None:
    """What one colleague makes in it would not be the other's to write."""
    open_tinydb(path).close()
    path.chmod(0o660)
    path.parent.chmod(0o770)

    with pytest.raises(WrongModes, match=r"chmod g\+s"):
        open_tinydb(path)


def test_a_store_of_one_person_that_everybody_can_read_is_refused(path: Path) -> None:
    """Not when nobody gets as far as that; then its mode says nothing."""
    open_tinydb(path).close()
    path.chmod(0o644)
    open_tinydb(path).close()  # the folder of the tests is closed to others

    found = [fault.detail for fault in faults(path)]
    assert found == []
    path.parent.chmod(0o777)
    with pytest.raises(WrongModes, match="chmod o-w"):
        open_tinydb(path)


def test_a_place_with_blanks_is_quoted(path: Path) -> None:
    """The command can be copied as it stands."""
    blank = path.parent / "our inbox"
    blank.mkdir()
    blank.chmod(0o2777)

    with pytest.raises(WrongModes, match="'"):
        open_tinydb(blank / "inbox.db")


@pytest.mark.skipif(os.getuid() != 0, reason="giving a file away needs root")
def test_foreign_owners_and_groups_are_refused(group: Path) -> None:
    """Numbers without names stay numbers."""
    open_tinydb(group).close()
    os.chown(group.parent, 4321, 4322)
    group.parent.chmod(0o2770)
    fixes = []
    for uid, gid in ((-1, -1), (-1, 4322), (4321, -1)):
        os.chown(group, uid, gid)
        fixes.append([fault.fix for fault in faults(group) if fault.path == str(group)])

    assert fixes == [[f"chgrp 4322 {group}", f"chown 4321 {group}"], [f"chown 4321 {group}"], []]


def test_a_user_namespace_that_hides_the_owner_is_refused(group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There whoever asked for it has the number that they wanted."""
    with open_tinydb(group) as db:
        db.insert({})
    inside, owner = group.with_name("uid_map"), group.with_name("overflowuid")
    inside.write_text("      1003       1001          1\n", "ascii")
    owner.write_text(f"{group.parent.stat().st_uid}\n", "ascii")
    monkeypatch.setattr("store.rows.modes._OVERFLOW", owner)
    assert list(faults(group)) == []

    monkeypatch.setattr("store.rows.modes._UID_MAP", inside)

    assert [fault.detail for fault in faults(group)] == ["its owner is hidden by a user namespace"]


def test_an_inbox_of_one_person_that_everybody_gets_to_is_refused_while_they_can_read_it() -> None:
    """Where its folder keeps others out its mode does not matter."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "inbox.db"
        with open_tinydb(path) as db:
            db.insert({})
        path.chmod(0o604)
        assert list(faults(path)) == []
        Path(place).chmod(0o755)

        (found,) = faults(path)

        assert (found.detail, found.fix) == ("others may read it", f"chmod o= {path}")
        with pytest.raises(WrongModes):
            open_tinydb(path)
