"""Every way out of the program: the terminal is as it was, nothing is left running, the draft is in the store."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from majlis.states import MessageState
from store.inbox import Inbox
from tests.builders import key, message, page
from tests.screens.walk import Walk, queue_position

if TYPE_CHECKING:
    from pathlib import Path

    from majlis.presence import Presence

SECONDS = 20.0
MAJLIS = [sys.executable, "-m", "majlis", "--language", "en"]


def _in_home(home: Path, *argv: str) -> list[str]:
    return ["env", f"HOME={home}", f"TMPDIR={home}", "TERM=xterm-256color", *MAJLIS, *argv]


def _given_back(sent: bytes) -> bool:
    """Tell whether the screen, the cursor and the order of cells are as they were."""
    tail = sent[sent.rfind(b"\x1b[?1049l") :]
    return tail.startswith(b"\x1b[?1049l") and all(code in tail for code in (b"\x1b[8h", b"\x1b[?25h"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    """The modes are restored, the practice store is gone, the exit code names the signal."""
    at = Walk(_in_home(tmp_path, "demo"))
    at.until(lambda: queue_position(at.text)[1] > 1, "the queue", SECONDS)

    os.kill(at.pid, number)
    at.until(at.ended, "the end", SECONDS)

    assert at.code == 128 + number
    assert _given_back(at.sent)
    assert not list(tmp_path.glob("majlis-practice-*"))


def test_a_lost_terminal_leaves_no_process_and_keeps_the_draft(tmp_path: Path) -> None:
    """What was typed before the line was cut is there for its author, nobody holds the message, the program is gone."""
    asyncio.run(_fill(tmp_path / "inbox.db"))
    at = Walk(_in_home(tmp_path, "--store", str(tmp_path / "inbox.db")))
    at.until(lambda: queue_position(at.text)[1] == 1, "the queue", SECONDS)
    at.press("r")
    at.until(lambda: "discard" in at.text or "review" in at.text, "the editor", SECONDS)
    at.press("we open at eight")
    at.until(lambda: "we open at eight" in at.text, "the text", SECONDS)

    begun = time.monotonic()
    at.hang_up()
    at.wait_for_end(SECONDS)

    assert time.monotonic() - begun < 5
    assert asyncio.run(_left(tmp_path / "inbox.db")) == ("we open at eight", MessageState.NEW, ())


async def _fill(path: Path) -> None:
    store = await Inbox.open(str(path))
    await store.ingest(page(message("1")))
    await store.aclose()


async def _left(path: Path) -> tuple[str, MessageState, tuple[Presence, ...]]:
    """Return the draft, where the message stands, and who is shown there."""
    store = await Inbox.open(str(path))
    try:
        (draft,) = await store.drafts(pwd.getpwuid(os.getuid()).pw_name)
        found = await store.message(key("1"))
        assert found is not None
        return draft.text, found.standing.state, await store.present()
    finally:
        await store.aclose()
