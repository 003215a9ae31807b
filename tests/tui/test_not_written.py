"""A store that can only be read, or only in part: the screen shows what there is, and says why and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from majlis.errors import SchemaNewer, StoreDamaged, StoreRolledBack
from store.inbox import Inbox
from store.rows.witness import Backup, Head, Witness
from tests.builders import page
from tests.tui.conftest import many
from tui.language import bare
from tui.screens.inbox import InboxScreen
from tui.screens.thread import ThreadScreen
from tui.widgets.status import notice_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tui.conftest import OpenSitting

LONG = "x" * 900


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """An inbox with more messages than a screen shows, closed."""
    made = tmp_path / "inbox.db"
    inbox = await Inbox.open(str(made))
    await inbox.ingest(page(*many(60)))
    await inbox.aclose()
    return made


def _newer(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 99)
    connection.close()


def _gone_back(path: Path) -> None:
    witness = Witness(path)
    witness.note(Head(rev=9, hash="h"))
    witness.note(Backup(path="/srv/copy.db", at="2026-11-22T10:00:00Z", rev=8, hash="g"))
    witness.close()


def _overwrite_half(path: Path) -> None:
    """Overwrite half of the pages that hold long texts."""
    pages = path.read_bytes()
    starts = [at for at in range(0, len(pages), 4096) if pages[at : at + 4096].count(b"x" * 200) > 2]
    with path.open("r+b") as file:
        for at in starts[: len(starts) // 2]:
            file.seek(at)
            file.write(b"\xff" * 4096)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ((_newer, SchemaNewer, "en"), "ask whoever installed it"),
        ((_newer, SchemaNewer, "ar"), "اسأل من ثبّته"),  # Arabic: ask whoever installed it
        ((_gone_back, StoreRolledBack, "en"), "The last backup is /srv/copy.db"),
        ((_gone_back, StoreRolledBack, "ar"), "آخر نسخة احتياطية هي /srv/copy.db"),  # Arabic: the last backup is
    ],
)
async def test_the_screen_opens_on_a_store_that_can_only_be_read(
    path: Path, sitting: OpenSitting, case: tuple[Callable[[Path], None], type[Exception], str], said: str
) -> None:
    """Lists and threads are there; whatever would be written says why it is not, and what to do."""
    spoil, kind, code = case
    spoil(path)
    inbox = await Inbox.open(str(path))
    assert isinstance(await inbox.refusal(), kind)

    async with sitting([], store=inbox, code=code) as s:
        assert "60" in s.lines()[0]
        await s.press("c")

        assert said in bare(s.app.notice.text)
        await s.press("G", "enter")
        assert s.on(ThreadScreen)
        await s.press("d", "escape", "q")
        await s.tick()
        assert s.on(InboxScreen)
    await inbox.aclose()


async def test_damage_is_met_by_a_key_and_not_by_the_end_of_the_program(path: Path, sitting: OpenSitting) -> None:
    """What can be read stays on the screen, with the last backup named below it."""
    inbox = await Inbox.open(str(path))
    await inbox.ingest(page(*(each for each in many(90, parent=LONG) if int(each.key.native_id) >= 60)))
    await inbox.aclose()
    witness = Witness(path)
    witness.note(Backup(path="/srv/copy.db", at="2026-11-22T10:00:00Z", rev=1, hash="g"))
    witness.close()
    _overwrite_half(path)
    inbox = await Inbox.open(str(path))

    async with sitting([], store=inbox) as s:
        await s.press("G", "home", "G")

        assert s.on(InboxScreen)
        assert "is damaged" in bare(s.app.notice.text)
        assert "/srv/copy.db" in bare(s.app.notice.text)
        await s.press("home", "c")
        assert s.on(InboxScreen)
        assert "is damaged" in bare(s.app.notice.text)
    assert isinstance(await inbox.refusal(), StoreDamaged)
    await inbox.aclose()


async def test_a_store_that_takes_writes_has_nothing_to_say(path: Path) -> None:
    """And asking writes nothing."""
    inbox = await Inbox.open(str(path))

    assert await inbox.refusal() is None
    assert await inbox.revision() == 1
    await inbox.aclose()


def test_a_fact_that_is_parted_between_lines_shows_no_signs() -> None:
    """The others keep what holds them together."""
    notice = "The store \N{FIRST STRONG ISOLATE}/srv/a.db\N{POP DIRECTIONAL ISOLATE} is damaged: "
    notice += "\N{FIRST STRONG ISOLATE}database disk image is malformed\N{POP DIRECTIONAL ISOLATE}."

    shown = [strip.text for strip in notice_lines(notice, "problem", "", 50)]

    assert len(shown) > 1
    assert not any("FSI" in line or "PDI" in line for line in shown)
    assert "/srv/a.db" in "".join(shown)
