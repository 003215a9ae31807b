"""What the public does not see is shown as such; what is done about it is asked first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from majlis.message import Message, Moderation, Network, ObjectKind
from majlis.outbox import Action
from majlis.states import EntryState
from tests.builders import AT, message
from tests.tui.conftest import OpenSitting, Sitting
from tui.screens.dialogs import AskScreen

HELD = message("h", "a held question", network=Network.YOUTUBE, moderation=Moderation.HELD)
HELD = replace(HELD, standing=replace(HELD.standing, hidden=True))
SPAM = replace(HELD, moderation=Moderation.SPAM)


async def actions(s: Sitting) -> list[Action]:
    """Return what goes out."""
    return [entry.action for entry in await s.bench.store.entries(EntryState)]


async def test_what_is_held_says_so_in_list_and_thread(sitting: OpenSitting) -> None:
    """In the list by sign and word, in the thread with what the network means by it."""
    async with sitting([HELD]) as s:
        assert "o held" in s.text()
        await s.press("enter")
        assert "held for review" in s.text()


async def test_likely_spam_is_told_from_what_waits_for_review(sitting: OpenSitting) -> None:
    """The network's guess is not our decision."""
    async with sitting([SPAM]) as s:
        await s.press("enter")
        assert "held as likely spam" in s.text()


async def test_h_publishes_what_is_held_after_asking(sitting: OpenSitting) -> None:
    """And holds what is published: the question says which."""
    async with sitting([HELD]) as s:
        await s.press("h")
        assert "Publish it?" in s.text()
        await s.press("y")
        assert await actions(s) == [Action.UNHIDE]
    plain = message("p", "a question", network=Network.YOUTUBE)
    async with sitting([plain]) as s:
        await s.press("G", "h")
        assert "Hold it for review?" in s.text()


async def test_rejecting_asks_and_says_that_nothing_brings_it_back(sitting: OpenSitting) -> None:
    """No is no."""
    async with sitting([HELD]) as s:
        await s.press("minus")
        assert "Reject it?" in s.text()
        assert "This cannot be undone." in " ".join(s.text().replace("│", " ").split())
        await s.press("n")
        assert await actions(s) == []
        await s.press("minus", "y")
        assert await actions(s) == [Action.MODERATE]


async def test_what_the_network_does_not_have_is_said_before_anything_is_asked(sitting: OpenSitting) -> None:
    """X rejects nothing."""
    async with sitting([message("x", "a question")]) as s:
        await s.press("minus")
        assert not s.on(AskScreen)
        assert "X has none; hiding is there" in s.text()


async def open_our_answer(s: Sitting) -> None:
    """Go to our own answer in its thread."""
    await s.press("enter", "G")


def answered() -> list[Message]:
    """Return a question and our answer."""
    question = message("q", "a question", network=Network.YOUTUBE)
    at = AT + timedelta(minutes=1)
    ours = message("a", "our words", network=Network.YOUTUBE, parent="q", ours=True, created_at=at)
    return [question, ours]


async def test_our_answer_is_deleted_by_name_of_the_command(sitting: OpenSitting) -> None:
    """The palette has it; it asks with the words that would go."""
    async with sitting(answered()) as s:
        await open_our_answer(s)
        await s.app.screen.run_action("delete_own")
        await s.pilot.pause()
        assert "Delete our answer?" in s.text()
        assert "our words" in s.text()
        await s.press("y")
        assert await actions(s) == [Action.DELETE]


async def test_our_answer_is_changed_in_the_editor_and_reviewed(sitting: OpenSitting) -> None:
    """It begins with its own words; the review sends it as a change, held like a reply."""
    async with sitting(answered()) as s:
        await open_our_answer(s)
        await s.app.screen.run_action("edit_own")
        await s.pilot.pause()
        assert "the new text takes its place" in s.text()
        await s.press("space")
        await s.write("again")
        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # a moment of quiet
        await s.press("s")
        (entry,) = await s.bench.store.entries(EntryState)
        assert (entry.action, entry.text) == (Action.EDIT, "our words again")


async def test_r_below_our_own_post_writes_a_comment(sitting: OpenSitting) -> None:
    """From the list of posts; editor and review say that it answers nobody in particular."""
    video = message("v", "a new video", kind=ObjectKind.POST, network=Network.YOUTUBE, ours=True)
    async with sitting([video]) as s:
        await s.press("5", "r")
        assert "to nobody in particular" in s.text()
        await s.write("the link is below")
        await s.press("escape")
        assert "nobody in particular: it stands below our own post" in " ".join(s.text().split())
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # a moment of quiet
        await s.press("s")
        (entry,) = await s.bench.store.entries(EntryState)
        assert (entry.action, entry.text) == (Action.REPLY, "the link is below")
        await s.press("enter")
        assert "the link is below" in s.text()
        await s.press("u")
        assert [each.state for each in await s.bench.store.entries(EntryState)] == [EntryState.RECALLED]
