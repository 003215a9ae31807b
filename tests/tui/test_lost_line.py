"""The server goes away while the program runs, and comes back: nothing of what was written is lost, or done twice."""

from __future__ import annotations

import json
import stat
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from majlis.errors import StoreInDoubt
from majlis.ports import Draft
from store.inbox import Inbox
from tests.builders import AT, key
from tests.postgres import running
from tests.tui.conftest import many
from tui.language import bare
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import AskScreen
from tui.screens.inbox import InboxScreen
from tui.shelf import Shelf, joined

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from majlis.ports import Decision
    from tests.postgres import Cluster
    from tests.tui.conftest import OpenSitting, Sitting

WORDS = "نعم كل يوم"  # Arabic: yes every day


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that may be taken away."""
    yield from running()


class Line:
    """A sitting on a server, with a folder of one's own, and the way to take the server away."""

    def __init__(self, cluster: Cluster, url: str, shelf: Shelf) -> None:
        self.cluster = cluster
        self.url = url
        self.shelf = shelf

    def cut(self) -> None:
        """Take the server away, as if it had been killed."""
        self.cluster.stop("immediate")

    def mend(self) -> None:
        """Start it again."""
        self.cluster.start()


@pytest.fixture
def line(cluster: Cluster, tmp_path: Path) -> Line:
    """An inbox of one's own on the server."""
    url = cluster.fresh()
    return Line(cluster, url, Shelf(tmp_path / "state", url))


@asynccontextmanager
async def opened(line: Line, sitting: OpenSitting, count: int = 60, **fields: Any) -> AsyncIterator[Sitting]:
    """Open the program on it."""
    store = await Inbox.open(line.url)
    try:
        # The test alone looks round: the program's own look would find the server when nobody expects it.
        async with sitting(many(count), store=store, shelf=line.shelf, interval_s=None, **fields) as s:
            yield s
    finally:
        await store.aclose()


async def test_reading_goes_on_commands_are_refused_and_it_connects_again(line: Line, sitting: OpenSitting) -> None:
    """A line says since when; afterwards the lists catch up by themselves."""
    async with opened(line, sitting) as s:
        line.cut()
        await s.tick()
        assert "Connection lost since 08:00" in bare(s.text())
        before = s.inbox().pager.page.row

        await s.press("j", "j", "k", "enter", "G", "home", "1", "2", "/")
        assert s.app.is_running
        while not s.on(InboxScreen):
            await s.press("escape")
        assert before is not None
        await s.press("c")
        assert "cannot be reached" in bare(s.app.notice.text)
        assert "Connection lost" in bare(s.text())
        await s.tick(timedelta(minutes=2))
        assert "Connection lost since 08:00" in bare(s.text())

        line.mend()
        other = await Inbox.open(line.url)
        assert not any(event.action == "claim" for event in await other.events())
        await other.aclose()
        await s.tick()
        assert "Connected again after 2" in bare(s.app.notice.text)
        assert "Connection lost" not in bare(s.text())
        await s.arrive(*many(61)[60:])
        await s.press("c")
        assert "Claimed" in s.app.notice.text


async def test_what_is_typed_meanwhile_is_kept_here_and_goes_where_it_belongs(
    line: Line, sitting: OpenSitting, tmp_path: Path
) -> None:
    """As it is typed, in a file for its writer alone."""
    async with opened(line, sitting) as s:
        await s.press("r")
        assert s.on(ComposeScreen)
        await s.write("before ")
        await s.tick()
        line.cut()
        await s.write(WORDS)
        screen = s.app.screen
        assert isinstance(screen, ComposeScreen)
        await screen.save()
        await s.tick()
        await s.write(" more")
        await screen.save()

        (path,) = (tmp_path / "state").rglob("*.json")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_bytes())["text"] == f"before {WORDS} more"
        await s.press("escape")
        assert s.on(AskScreen)
        assert "kept on this machine" in bare(s.text())
        assert "Connection lost" in bare(s.text())
        await s.press("n")
        assert s.on(ComposeScreen)
        await s.press("escape", "y", "j")
        assert s.on(InboxScreen)

        line.mend()
        await s.tick()
        assert list((tmp_path / "state").rglob("*.json")) == []
        (draft,) = await s.bench.store.drafts("salem")
        assert draft.text == f"before {WORDS} more"


async def test_what_was_kept_when_the_program_ended_is_offered_at_the_next_start(
    line: Line, sitting: OpenSitting
) -> None:
    """Whoever killed it."""
    kept = Draft(message=str(key("001")), author="salem", text=WORDS, saved_at=AT)
    line.shelf.keep(kept)
    line.shelf.keep(replace(kept, author="mariam"))
    async with opened(line, sitting) as s:
        await s.rest()
        await s.rest()
        assert "1 draft of yours" in bare(s.text())
        assert await s.bench.store.drafts("salem") == (kept,)
    assert line.shelf.drafts("salem") == ()
    assert len(line.shelf.drafts("mariam")) == 1


@pytest.mark.parametrize(("is_kept", "said"), [(True, "was done"), (False, "was not done")])
async def test_a_doubt_is_said_once_and_its_outcome_when_it_is_known(
    line: Line, sitting: OpenSitting, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool, said: str
) -> None:
    """What is asked for later, while the server is away, is in no doubt: it was not done."""
    async with opened(line, sitting) as s:
        store = s.bench.store
        assert isinstance(store, Inbox)
        engine: Any = store._db.engine
        with monkeypatch.context() as broken:
            apply = store.apply

            async def cut(decision: Decision) -> int:
                if is_kept:
                    await apply(decision)
                mark = (engine._session, engine._counted if is_kept else engine._counted + 1)
                raise StoreInDoubt(path="majlis", detail="cut", mark=mark)

            broken.setattr(store, "apply", cut)
            await s.press("c")
        assert "Look whether it is there" in bare(s.app.notice.text)
        await s.press("j", "c")
        assert "cannot be reached" in bare(s.app.notice.text)
        await s.tick()
        assert said in bare(s.app.notice.text)
        claims = [event for event in await store.events() if event.action == "claim"]
        assert len(claims) == is_kept
        await s.tick()


def test_words_that_were_written_in_two_places_are_all_kept() -> None:
    """The newer ones first; what holds the other needs nothing."""
    kept = Draft(message=str(key()), author="salem", text="one", saved_at=AT)
    stored = replace(kept, text="two", saved_at=AT + timedelta(minutes=1))

    assert joined(kept, None) == kept
    assert joined(kept, stored).text == "two\n\none"
    assert joined(replace(kept, text="two and more"), stored).text == "two and more"
    assert joined(kept, replace(stored, text="one and more")).text == "one and more"


def test_a_file_that_is_no_draft_stays_where_it_is(tmp_path: Path) -> None:
    """And hides no other."""
    shelf = Shelf(tmp_path, "postgresql:///a")
    kept = Draft(message=str(key()), author="salem", text="\ud800 odd", saved_at=AT)
    shelf.keep(replace(kept, text="odd"))
    (folder,) = (tmp_path / "drafts").iterdir()
    (folder / "0.json").write_text("{", encoding="utf-8")

    assert [draft.text for draft in shelf.drafts("salem")] == ["odd"]
    assert Shelf(tmp_path, "postgresql:///b").drafts("salem") == ()


async def test_the_thread_beside_the_list_ends_nothing(line: Line, sitting: OpenSitting) -> None:
    """It follows the cursor in its own time, and then cannot be read; no other one's thread stands there."""
    async with opened(line, sitting, size=(120, 40)) as s:
        line.cut()
        await s.press("j")
        inbox = s.inbox()
        if inbox._resting is not None:
            await inbox._resting._task  # type: ignore[misc]  # the timer's own way to its callback
        await s.rest()

        assert s.app.is_running
        assert "Connection lost" in bare(s.text())
        assert inbox.beside.shown is None
        line.mend()
        await s.tick()
        assert inbox.beside.shown is not None
