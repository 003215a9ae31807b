"""A full disk while people work: nothing acknowledged is lost, reading goes on, drafts go in when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from majlis.errors import DiskFull
from majlis.ports import Draft, View, ViewName
from store.inbox import Inbox
from tests.builders import AT, message, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = View(name=ViewName.ALL, operator="salem")
SIZE = "8m"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = os.geteuid() == 0 and mount is not None
    if made:
        command = [str(mount), "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        made = subprocess.run(command, check=False, capture_output=True).returncode == 0
    if not made:
        pytest.skip("mount(8) may not be used here; tests/store/rows/test_sqlite_file.py fills a file instead")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_refuses_what_is_new_and_keeps_what_was_acknowledged(small: Path) -> None:
    """A page of messages and a draft alike; both go in once there is room."""
    inbox = await Inbox.open(str(small / "inbox.db"))
    draft = Draft(message="x:moh:comment:1", author="salem", text="نعم", saved_at=AT)  # Arabic: yes
    kept = 0

    async def fill() -> None:
        nonlocal kept
        while True:
            await inbox.ingest(page(*(message(f"{kept}-{n}", "x" * 3000) for n in range(20))))
            kept += 1

    async def go_on_typing() -> None:
        while True:
            await inbox.save_draft(replace(draft, message="x:moh:comment:2", text="y" * 9000))

    await inbox.save_draft(draft)
    with pytest.raises(DiskFull, match="Free some space"):
        await fill()
    assert kept > 3
    with pytest.raises(DiskFull):
        await go_on_typing()

    assert await inbox.revision() == kept
    assert len((await inbox.window(ALL, limit=10_000)).rows) == 20 * kept
    assert await inbox.drafts("salem")
    assert isinstance(await inbox.refusal(), DiskFull | None)

    subprocess.run(["mount", "-o", f"remount,size=4{SIZE}", str(small)], check=True)  # noqa: ASYNC221
    await inbox.save_draft(draft)
    await inbox.ingest(page(*(message(f"later-{n}", "x" * 3000) for n in range(20))))
    report = await inbox.check()
    assert (report.ok, report.revision) == (True, kept + 1)
    await inbox.aclose()
