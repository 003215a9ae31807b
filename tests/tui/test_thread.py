"""A thread: whose words, what changed, what lies beside them; and the welcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from majlis.message import Author, Edition
from majlis.states import MessageState
from tests.builders import AT, message
from tests.tui.conftest import PEOPLE
from tui.app import LESSONS, PRACTICE
from tui.screens.dialogs import AskScreen, PickScreen, Reading, ReadScreen
from tui.screens.inbox import InboxScreen
from tui.screens.thread import ThreadScreen
from tui.screens.welcome import WelcomeScreen

if TYPE_CHECKING:
    from majlis.message import Message
    from majlis.ports import Store
    from tests.tui.conftest import OpenSitting, Sitting


def talk(count: int = 6) -> list[Message]:
    """Return one thread: people and, in turn, ourselves."""
    return [
        message(
            f"{n}",
            f"message number {n}",
            thread="t",
            ours=n % 2 == 1,
            author=Author(name="Ministry") if n % 2 else PEOPLE[n % 3],
            created_at=AT - timedelta(minutes=count - n),
        )
        for n in range(count)
    ]


def item(s: Sitting) -> str:
    screen = s.app.screen
    assert isinstance(screen, ThreadScreen)
    target = screen.target()
    assert target is not None
    return target.key.native_id


async def test_a_thread_marks_the_message_that_was_opened(sitting: OpenSitting, store: Store) -> None:
    """All its messages, oldest first, ours marked, the item with a bar beside it."""
    async with sitting(talk(), store=store) as s:
        await s.press("j", "enter")

        assert item(s) == "2"
        lines = s.lines()
        at = next(n for n, line in enumerate(lines) if "message number 2" in line)
        assert lines[at].startswith("|")
        assert lines[at - 1].startswith("|")
        assert any("Ministry" in line and "ours" in line for line in lines)
        assert lines[0].startswith(" Thread 3/6")


async def test_keys_move_the_mark_and_act_on_it(sitting: OpenSitting) -> None:
    """Next, previous, first, last, next unanswered; e acts on what is marked."""
    async with sitting(talk()) as s:
        await s.press("enter", "j")
        assert item(s) == "1"
        await s.press("]")
        assert item(s) == "2"
        await s.press("G")
        assert item(s) == "5"
        await s.press("g", "g", "right_square_bracket", "e")

        assert (await s.bench.message("2")).standing.state is MessageState.ESCALATED
        assert "Customer service" in s.text()
        await s.press("u")
        assert (await s.bench.message("2")).standing.state is MessageState.NEW


async def test_what_changed_is_said(sitting: OpenSitting) -> None:
    """Edited with what it said before, hidden, deleted."""
    first, second, third = (
        message(str(n), f"text {n}", thread="t", created_at=AT + timedelta(minutes=n)) for n in range(3)
    )
    edited = replace(first, editions=(Edition(text="what it said", until=AT),))
    hidden = replace(second, standing=replace(second.standing, hidden=True))
    async with sitting([edited, hidden, third]) as s:
        gone = await s.bench.message("2")
        await s.bench.apply(replace(gone, standing=replace(gone.standing, state=MessageState.GONE)))
        await s.press("enter")

        shown = s.text()
        assert "edited" in shown
        assert "Before: what it said" in shown
        assert "hidden" in shown
        assert "x deleted" in shown


async def test_memos_lie_in_the_thread(sitting: OpenSitting) -> None:
    """Marked as what stays inside."""
    async with sitting(talk()) as s:
        await s.press("enter", "m")
        await s.write("she called")
        await s.press("enter")

        assert "Memo salem" in s.text()
        assert "stays inside" in s.text()
        assert "she called" in s.text()


async def test_what_comes_in_is_shown_where_one_reads(sitting: OpenSitting) -> None:
    """The marked message stays marked and in its place."""
    async with sitting(talk()) as s:
        await s.press("enter")
        before = s.lines()[1:8]

        await s.arrive(message("late", "one more thing", thread="t", created_at=AT))
        await s.tick()

        assert item(s) == "0"
        assert s.lines()[1:8] == before
        assert "one more thing" in s.text()


async def test_a_long_thread_is_laid_out_only_where_it_is_seen(sitting: OpenSitting) -> None:
    """Two thousand comments open at once, at the last one, and scroll."""
    crowd = [message(f"{n:04}", f"comment {n}", thread="t", created_at=AT + timedelta(seconds=n)) for n in range(2000)]
    async with sitting(crowd) as s:
        await s.press("G", "enter")
        screen = s.app.screen
        assert isinstance(screen, ThreadScreen)
        assert len(screen.thread._laid) < 60
        assert "comment 1999" in s.text()

        await s.press("pageup", "ctrl+u")
        assert "comment 1999" not in s.text()
        await s.press("k")
        assert item(s) == "1998"


async def test_a_long_message_is_read_to_its_end_before_the_next(sitting: OpenSitting) -> None:
    """J scrolls within it first."""
    long = message("long", "\n".join(f"line {n}" for n in range(60)), thread="t")
    after = message("after", "the next one", thread="t", created_at=AT + timedelta(minutes=1))
    async with sitting([long, after]) as s:
        await s.press("enter", "g", "g")
        assert "line 0" in s.text()
        await s.press("j")
        assert item(s) == "long"
        await s.press(*["j"] * 12)
        assert item(s) == "after"


async def test_escape_goes_back_to_the_same_row(sitting: OpenSitting) -> None:
    """With what changed meanwhile."""
    async with sitting() as s:
        await s.press("j", "j", "enter", "z", "escape")

        assert s.on(InboxScreen)
        assert "002" not in [row.anchor.key.rsplit(":", 1)[-1] for row in s.inbox().pager.page.rows]


async def test_the_welcome_opens_practice(sitting: OpenSitting) -> None:
    """Its first door ends the program with a value of its own."""
    async with sitting([], welcome=True) as s:
        assert s.on(WelcomeScreen)
        assert "Open the practice inbox" in s.text()
        await s.press("1")

    assert s.app.return_value == PRACTICE


async def test_a_scenario_to_learn_by_is_chosen_from_the_welcome(sitting: OpenSitting) -> None:
    """Its second door lists them; the chosen one ends the program with its number."""
    async with sitting([], welcome=True, lessons=lambda: ["A first day", "A flood"]) as s:
        await s.press("2")
        assert s.on(PickScreen)
        assert "A flood" in s.text()
        await s.press("2")

    assert s.app.return_value == LESSONS + 1


async def test_a_scenario_to_learn_by_is_chosen_from_the_palette(sitting: OpenSitting) -> None:
    """After asking: the inbox closes."""
    async with sitting(lessons=lambda: ["A first day", "A flood"]) as s:
        await s.press(":")
        await s.write("training")
        await s.press("enter", "1")
        assert s.on(AskScreen)
        await s.press("n")
        assert s.on(InboxScreen)

        await s.press(":")
        await s.write("training")
        await s.press("enter", "1", "y")

    assert s.app.return_value == LESSONS


async def test_no_training_is_offered_inside_a_training(sitting: OpenSitting) -> None:
    """Nor in a replay: its inbox is not one's own to leave."""
    async with sitting() as s:
        await s.press(":")
        await s.write("training")

        assert "No command has that in its name." in s.text()


async def test_the_welcome_says_how_to_connect_and_speaks_both_languages(sitting: OpenSitting) -> None:
    """A door tells, another changes the language; digits of either script."""
    async with sitting([], welcome=True) as s:
        await s.press("3")
        assert s.on(ReadScreen)
        assert "majlis doctor" in s.text()
        await s.press("escape", "٥")
        assert "Open the practice inbox" not in s.text()
        await s.press("q", "y")

    assert s.app.return_value == 0


async def test_a_broken_loop_in_the_background_is_said(sitting: OpenSitting) -> None:
    """The screens go on; no words of the error, which may be a person's."""

    async def breaks() -> None:
        raise RuntimeError("somebody's words")

    async with sitting(background=[breaks]) as s:
        await s.pilot.pause()
        assert "A loop in the background has ended: RuntimeError." in s.text()
        assert "somebody's words" not in s.text()
        await s.press("j")
        assert s.on(InboxScreen)


async def test_a_message_that_may_not_be_answered_names_the_ways_out(sitting: OpenSitting, store: Store) -> None:
    """A word in the queue and in the thread, and a line that says what can be done."""
    barred = message("9", "a question")
    barred = replace(barred, standing=replace(barred.standing, barred=True, unseen=False))
    async with sitting([barred], store=store) as s:
        assert any("barred" in line for line in s.lines())
        await s.press("enter")

        assert any("· barred" in line for line in s.lines())
        assert any("The network refused our answer here: write to the person privately" in line for line in s.lines())


async def test_a_page_says_where_the_key_that_closes_it_leads(sitting: OpenSitting) -> None:
    """The goal of a training begins it, and what came of it ends it: neither goes back."""
    async with sitting() as s:
        await s.app.push_screen(ReadScreen("Goal", [Reading(text="Answer.")], "begin"))
        await s.rest()

        assert "Esc begin" in s.lines()[-1]
        assert "back" not in s.lines()[-1]
