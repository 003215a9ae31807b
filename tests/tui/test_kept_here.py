"""What is typed in a post or a line while the store's server is away is kept, or stands where it was typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from majlis.commands import WritePost
from majlis.errors import StoreUnreachable
from majlis.message import Network
from majlis.policy import Role
from majlis.ports import View, ViewName
from majlis.publishing import PostKind
from tests.builders import AT
from tests.fakes.memory_store import MemoryStore
from tui.language import bare
from tui.screens.dialogs import AskScreen, LineScreen
from tui.screens.draft import DraftScreen
from tui.screens.inbox import InboxScreen
from tui.shelf import KeptPost, Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from majlis.ports import Decision
    from majlis.publishing import Post
    from tests.tui.conftest import OpenSitting, Sitting

ROLES = (Role.OPERATOR, Role.PUBLISHER, Role.SUPERVISOR)
POLICY = {"policy": {"accounts": {"page": Network.FACEBOOK}}}
WORDS = "حملة التطعيم تبدأ يوم الأحد"  # Arabic: the vaccination campaign begins on Sunday


class Away(MemoryStore):
    """A store whose server takes nothing while it is away."""

    is_away = False

    async def apply(self, decision: Decision) -> int:
        """Write a decision, if somebody answers."""
        if self.is_away:
            raise StoreUnreachable(path="majlis", detail="cut")
        return await super().apply(decision)


@pytest.fixture
def away() -> Away:
    """The store."""
    return Away()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Where words lie until it is back."""
    return Shelf(tmp_path / "state", "postgresql:///a")


async def posts(here: Sitting) -> list[Post]:
    """Return what the calendar holds."""
    window = await here.bench.store.window(View(name=ViewName.CALENDAR, operator="salem"), limit=9)
    return [row.post for row in window.rows if row.post is not None]


async def test_a_new_post_is_kept_here_and_is_in_the_calendar_when_it_is_back(
    sitting: OpenSitting, away: Away, shelf: Shelf
) -> None:
    """Whoever leaves the editor meanwhile is told where the words are."""
    async with sitting([], store=away, shelf=shelf, roles=ROLES, interval_s=None, **POLICY) as here:
        await here.press("w")
        away.is_away = True
        await here.write(WORDS)
        await here.press("tab")
        await here.write("hello")
        await here.press("escape")
        assert here.on(AskScreen)
        assert "kept on this machine" in bare(here.text())
        await here.press("y")
        assert here.on(InboxScreen)
        (kept,) = shelf.posts("salem")
        assert (kept.command.arabic, kept.command.english) == (WORDS, "hello")

        away.is_away = False
        await here.tick()

        assert "in the calendar" in bare(here.app.notice.text)
        (post,) = await posts(here)
        assert (post.arabic, post.english, post.author) == (WORDS, "hello", "salem")
        assert shelf.posts("salem") == ()


async def test_an_editor_that_is_still_open_keeps_it_where_it_belongs_once(
    sitting: OpenSitting, away: Away, shelf: Shelf
) -> None:
    """A post that was known goes on; no second one is made of it."""
    async with sitting([], store=away, shelf=shelf, roles=ROLES, interval_s=None, **POLICY) as here:
        await here.press("w")
        screen = here.app.screen
        assert isinstance(screen, DraftScreen)
        await here.write("one")
        assert await screen.save() is None
        away.is_away = True
        await here.write(" two")
        assert await screen.save() is not None
        await here.write(" three")
        assert await screen.save() is not None
        assert [kept.command.arabic for kept in shelf.posts("salem")] == ["one two three"]

        away.is_away = False
        await here.tick()

        assert here.on(DraftScreen)
        assert [post.arabic for post in await posts(here)] == ["one two three"]
        assert shelf.posts("salem") == ()


async def test_a_post_that_a_colleague_changed_meanwhile_loses_nobodys_words(
    sitting: OpenSitting, away: Away, shelf: Shelf
) -> None:
    """What was kept when the program ended becomes a post of its own then; where nothing changed it goes on."""
    async with sitting([], store=away, roles=ROLES, **POLICY) as here:
        made = [
            (await here.bench.desk.do(WritePost(kind=PostKind.NEWS, arabic=text))).post for text in ("same", "theirs")
        ]
    for post in made:
        assert post is not None
        kept = KeptPost(
            name=post.id,
            author="salem",
            command=WritePost(post=post.id, kind=PostKind.NEWS, arabic=f"mine for {post.arabic}"),
            before=("same", ""),
            saved_at=AT,
        )
        shelf.keep(kept)
        shelf.keep(replace(kept, author="mariam"))

    async with sitting([], store=away, shelf=shelf, roles=ROLES, interval_s=None, **POLICY) as here:
        await here.rest()
        await here.rest()

        found = sorted(post.arabic for post in await posts(here))
        assert found == ["mine for same", "mine for theirs", "theirs"]
    assert shelf.posts("salem") == ()
    assert len(shelf.posts("mariam")) == 2


async def test_the_words_of_a_memo_stand_in_their_line_until_it_is_back(sitting: OpenSitting, away: Away) -> None:
    """They are said to stand there alone; Enter tries again, and does it once."""
    async with sitting(store=away, roles=ROLES, interval_s=None) as here:
        await here.press("m")
        await here.write(WORDS)
        away.is_away = True
        await here.press("enter")
        line = here.app.screen
        assert isinstance(line, LineScreen)
        assert line.entry.text == WORDS
        await here.rest()
        assert "kept in this line alone" in bare(here.text())
        await here.press("enter")
        assert here.on(LineScreen)

        away.is_away = False
        await here.tick()
        await here.press("enter")

        assert here.on(InboxScreen)
        (event,) = [event for event in await away.events() if event.action == "memo"]
        assert event.actor == "salem"
