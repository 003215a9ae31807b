"""Writing, approving and scheduling a post at the screen (C5, C6)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from majlis.commands import DiscardPost, SchedulePost, SubmitPost, WritePost
from majlis.errors import StoreBusy
from majlis.message import Network
from majlis.policy import Role
from majlis.ports import View, ViewName
from majlis.publishing import Post, PostKind, PostTarget, Version
from majlis.states import EntryState, MessageState, PostState
from tests.builders import key
from tests.fakes.memory_store import MemoryStore
from tui.screens.dialogs import AskScreen, LineScreen
from tui.screens.draft import DraftScreen
from tui.screens.inbox import InboxScreen
from tui.screens.post import PostScreen

if TYPE_CHECKING:
    from majlis.ports import Decision
    from tests.tui.conftest import OpenSitting, Sitting

ALL = (Role.OPERATOR, Role.PUBLISHER, Role.APPROVER)
ACCOUNTS = {"page": Network.FACEBOOK, "short": Network.X, "tube": Network.YOUTUBE}
POLICY = {"policy": {"accounts": ACCOUNTS}}
ARABIC = "حملة التطعيم تبدأ يوم الأحد"


class Busy(MemoryStore):
    """A store that another process keeps busy, where posts are concerned."""

    is_busy = False

    async def post(self, post_id: str) -> Post | None:
        """Read a post, unless another process is writing."""
        if self.is_busy:
            raise StoreBusy(path="inbox.db", wait_s=5)
        return await super().post(post_id)


class Slow(MemoryStore):
    """A store that takes its time to write, as a disk does."""

    async def apply(self, decision: Decision) -> int:
        """Write a decision, after others had their turn."""
        await asyncio.sleep(0)
        return await super().apply(decision)


async def posts(here: Sitting) -> list[Post]:
    """Return what the calendar holds."""
    window = await here.bench.store.window(View(name=ViewName.CALENDAR, operator="salem"), limit=9)
    return [row.post for row in window.rows if row.post is not None]


@pytest.mark.parametrize("code", ["en", "ar"])
async def test_a_post_is_written_seen_on_each_network_and_let_out(sitting: OpenSitting, code: str) -> None:
    """From w to the outbox, by keys alone."""
    async with sitting([], roles=ALL, code=code, **POLICY) as here:
        await here.press("w")
        assert here.on(DraftScreen)
        await here.write("سلام")
        await here.press("tab")
        await here.write("hello")
        await here.press("escape")
        assert here.on(PostScreen)
        text = here.text()
        assert "page" in text
        assert "short" in text
        assert "tube" not in text
        assert "hello" in text

        keys = here.lines()[-1].split()
        assert {"e", "s"} <= set(keys)
        assert not {"+", "t", "u"} & set(keys)  # a draft has not come that far

        await here.press("s", "t", "enter")
        (post,) = await posts(here)
        assert post.state is PostState.SCHEDULED
        assert "u" in here.lines()[-1].split()
        assert "s" not in here.lines()[-1].split()
        held = await here.bench.store.entries((EntryState.HELD,))
        assert {entry.account: entry.text for entry in held} == {"page": "سلام\n\nhello", "short": "سلام"}
        await here.press("u")
        assert not await here.bench.store.entries((EntryState.HELD,))


async def test_in_the_outbox_a_post_is_no_case_and_undo_is_about_nothing_else(sitting: OpenSitting) -> None:
    """Enter opens the post; u says where it is taken back, and what was done before it stays done."""
    async with sitting(roles=ALL, **POLICY) as here:
        await here.press("d", "1")
        done = await here.bench.store.message(key("000"))
        assert done is not None
        assert done.standing.state is MessageState.DONE
        await here.press("w")
        await here.write("سلام")
        await here.press("tab")
        await here.write("hello")
        await here.press("escape", "s", "t", "enter", "escape", "6")
        assert "held" in here.text()

        await here.press("u")
        assert "This is a post" in here.text()
        assert await here.bench.store.message(key("000")) == done
        await here.press("enter")
        assert here.on(PostScreen)


async def test_nobody_approves_their_own_post_and_a_reason_comes_back(sitting: OpenSitting) -> None:
    """+ on one's own words is refused; - on a colleague's asks why."""
    async with sitting([], roles=ALL, **POLICY) as here:
        noura = here.bench.as_("noura", *ALL)
        target = PostTarget(account="page", network=Network.FACEBOOK, version=Version.ARABIC)
        made = await noura.do(WritePost(kind=PostKind.NEWS, arabic=ARABIC, targets=(target,)))
        assert made.post is not None
        await noura.do(SubmitPost(post=made.post.id))
        await here.press("9", "enter")
        assert here.on(PostScreen)
        await here.press("-")
        await here.write("wrong day")
        await here.press("enter")
        assert "wrong day" in here.text()

        await noura.do(WritePost(post=made.post.id, kind=PostKind.NEWS, arabic=ARABIC + "!", targets=(target,)))
        await noura.do(SubmitPost(post=made.post.id))
        await here.tick()
        await here.press("+")
        (post,) = await posts(here)
        assert post.is_approved()


async def test_what_is_typed_is_kept_when_the_line_is_cut(sitting: OpenSitting) -> None:
    """The screen ends, the draft is there."""
    async with sitting([], roles=ALL, **POLICY) as here:
        await here.press("w")
        await here.write("hello")
    assert [post.arabic for post in await posts(here)] == ["hello"]


async def test_the_calendar_says_when_where_and_what(sitting: OpenSitting) -> None:
    """State, networks, kind, time and the first words."""
    async with sitting([], roles=ALL, **POLICY) as here:
        await here.press("9")
        assert "Nothing is planned" in here.text()
        await here.press("w")
        await here.write("hello")
        await here.press("escape", "a", "1", "a", "3", "n", "2", "s", "t")
        await here.write("2026-11-24 09:00")
        await here.press("enter", "escape")
        await here.tick()
        row = next(line for line in here.lines() if "hello" in line)
        assert "scheduled" in row
        assert "09:00" in row
        assert "event" in row


async def test_a_warning_is_confirmed_by_its_number(sitting: OpenSitting) -> None:
    """As in the review of an answer."""
    async with sitting([], roles=ALL, **POLICY) as here:
        await here.press("w")
        await here.write("we guarantee an answer tomorrow")
        await here.press("escape", "a", "1", "a", "3", "s")
        (post,) = await posts(here)
        assert post.state is PostState.DRAFT
        assert "1 warning" in here.text()
        await here.press("1", "s")
        (post,) = await posts(here)
        assert (post.state, post.acknowledged) == (PostState.SUBMITTED, ("R-CLAIM-PROMISE",))


async def test_a_post_that_is_put_away_leads_back_to_the_calendar(sitting: OpenSitting) -> None:
    """The place closes once, not the list below it too."""
    async with sitting([], roles=ALL, **POLICY) as here:
        await here.press("w")
        await here.write("hello")
        await here.press("escape", "d", "y")
        assert here.on(InboxScreen)
        assert await posts(here) == []


async def test_a_post_put_away_by_a_colleague_waits_for_the_line_that_lies_on_it(sitting: OpenSitting) -> None:
    """What is being typed is not cut off; the place closes after it."""
    async with sitting([], roles=ALL, **POLICY) as here:
        noura = here.bench.as_("noura", *ALL)
        target = PostTarget(account="page", network=Network.FACEBOOK, version=Version.ARABIC)
        made = await noura.do(WritePost(kind=PostKind.NEWS, arabic=ARABIC, targets=(target,)))
        assert made.post is not None
        await here.press("9", "enter", "i")
        await noura.do(DiscardPost(post=made.post.id))
        await here.tick()
        assert here.on(LineScreen)

        await here.press("escape")
        assert here.on(InboxScreen)


async def test_a_post_that_cannot_be_read_just_now_stays_on_the_screen(sitting: OpenSitting) -> None:
    """Another process writes: that is said, and nothing closes."""
    store = Busy()
    async with sitting([], store=store, roles=ALL, **POLICY) as here:
        await here.press("w")
        await here.write("hello")
        await here.press("escape")
        store.is_busy = True
        screen = here.app.screen
        assert isinstance(screen, PostScreen)
        await screen.acted()
        await here.rest()

        assert here.on(PostScreen)
        assert "Another process has been writing" in here.text()


async def test_a_confirmation_is_void_when_a_colleague_changes_the_words(sitting: OpenSitting) -> None:
    """The same rule speaks of other words now, so it asks again."""
    async with sitting([], roles=ALL, **POLICY) as here:
        noura = here.bench.as_("noura", *ALL)
        target = PostTarget(account="page", network=Network.FACEBOOK, version=Version.ENGLISH)
        made = await noura.do(WritePost(kind=PostKind.NEWS, english="We guarantee an answer.", targets=(target,)))
        assert made.post is not None
        await here.press("9", "enter", "1")
        assert "[confirmed]" in here.text()

        words = "We guarantee that you get well."
        await noura.do(WritePost(post=made.post.id, kind=PostKind.NEWS, english=words, targets=(target,)))
        await here.tick()
        assert "[1 warning]" in here.text()
        await here.press("s")
        (post,) = await posts(here)
        assert post.state is PostState.DRAFT


async def test_a_confirmation_can_be_taken_back_from_a_submitted_post(sitting: OpenSitting) -> None:
    """With the last one gone the warning waits again."""
    async with sitting([], roles=ALL, **POLICY) as here:
        noura = here.bench.as_("noura", *ALL)
        target = PostTarget(account="page", network=Network.FACEBOOK, version=Version.ENGLISH)
        made = await noura.do(WritePost(kind=PostKind.NEWS, english="We guarantee an answer.", targets=(target,)))
        assert made.post is not None
        await noura.do(SubmitPost(post=made.post.id, acknowledged=("R-CLAIM-PROMISE",)))
        await here.press("9", "enter")
        assert "1 warning waits" not in here.text()
        await here.press("1")
        assert "1 warning waits" in here.text()


async def test_a_scheduled_post_is_not_opened_for_writing(sitting: OpenSitting) -> None:
    """What could not be kept is not typed in the first place."""
    async with sitting([], roles=ALL, **POLICY) as here:
        await here.press("w")
        await here.write("hello")
        await here.press("escape", "a", "1", "a", "3", "s", "t", "enter")
        assert (await posts(here))[0].state is PostState.SCHEDULED

        await here.press("e")
        assert here.on(PostScreen)
        assert "does not apply here: the state is scheduled" in here.text()


async def test_words_that_cannot_be_kept_are_left_only_after_asking(sitting: OpenSitting) -> None:
    """A colleague has scheduled it meanwhile: Esc says so; no goes on writing, yes leaves them."""
    async with sitting([], roles=ALL, **POLICY) as here:
        noura = here.bench.as_("noura", *ALL)
        target = PostTarget(account="page", network=Network.FACEBOOK, version=Version.ARABIC)
        made = await noura.do(WritePost(kind=PostKind.NEWS, arabic=ARABIC, targets=(target,)))
        assert made.post is not None
        await here.press("9", "enter", "e")
        await noura.do(SubmitPost(post=made.post.id))
        await noura.do(SchedulePost(post=made.post.id))
        await here.write("!")
        screen = here.app.screen
        assert isinstance(screen, DraftScreen)

        await here.press("escape")
        assert here.on(AskScreen)
        assert "does not apply here" in here.text()
        await here.press("n")
        assert here.on(DraftScreen)
        assert screen.arabic.text == f"{ARABIC}!"

        await here.press("escape", "y")
        assert here.on(PostScreen)
        assert [post.arabic for post in await posts(here)] == [ARABIC]


async def test_two_savings_at_once_make_one_post(sitting: OpenSitting) -> None:
    """The timer runs out while Esc keeps it."""
    async with sitting([], store=Slow(), roles=ALL, **POLICY) as here:
        await here.press("w")
        await here.write("hello")
        screen = here.app.screen
        assert isinstance(screen, DraftScreen)
        await asyncio.gather(screen.save(), screen.save())

        assert screen._saving is None
        assert [post.arabic for post in await posts(here)] == ["hello"]
