"""The lists, by their keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.message import Claim, Network, ObjectKind, Span
from majlis.outbox import Action
from majlis.policy import Role
from majlis.states import EntryState, MessageState
from tests.builders import AT, Calm, key, message
from tests.tui.conftest import many
from tui.app import Health, HealthState
from tui.screens.dialogs import AskScreen, LineScreen, PickScreen, ReadScreen
from tui.screens.inbox import InboxScreen
from tui.screens.thread import ThreadScreen

if TYPE_CHECKING:
    from textual.geometry import Region

    from majlis.ports import Store
    from tests.tui.conftest import OpenSitting, Sitting


def here(sitting: Sitting) -> str:
    """Return the native id of the message under the cursor."""
    screen = sitting.app.screen
    assert isinstance(screen, InboxScreen | ThreadScreen)
    target = screen.target()
    assert target is not None
    return target.key.native_id


async def state(sitting: Sitting, native_id: str) -> MessageState:
    return (await sitting.bench.message(native_id)).standing.state


async def test_the_queue_opens_with_the_most_urgent_first(sitting: OpenSitting, store: Store) -> None:
    """One row a message: state, network, time left, author, text; the status line says where one is."""
    async with sitting(store=store) as s:
        lines = s.lines()

    assert lines[0].startswith(" Queue 1/30")
    assert "open, 6 h 30 min left" in lines[0]
    assert lines[1].startswith("> * new")
    assert "X" in lines[1]
    assert "ﺎﻬﻣ" in lines[1]
    assert len(lines) == 24
    assert all(len(line.encode("utf-8", "replace")) for line in lines)


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("down", "up"), ("ت", "ن")])
async def test_keys_and_their_twins_move_the_cursor(sitting: OpenSitting, down: str, up: str) -> None:
    """On either layout the same physical keys do it."""
    async with sitting() as s:
        await s.press(down, down, up)

        assert here(s) == "001"
        assert s.lines()[0].startswith(" Queue 2/30")


async def test_both_ends_and_pages(sitting: OpenSitting) -> None:
    """G, gg and its twin, half and whole pages."""
    async with sitting() as s:
        await s.press("G")
        assert here(s) == "029"
        await s.press("g", "g")
        assert here(s) == "000"
        await s.press("ctrl+d")
        assert here(s) == "010"
        await s.press("ctrl+u", "pagedown")
        assert here(s) != "000"
        await s.press("ل", "ل")
        assert here(s) == "000"
        await s.press("end")
        assert here(s) == "029"


async def test_the_two_letters_of_b_do_nothing(sitting: OpenSitting) -> None:
    """On the Arabic layout b sends lam and alef, which are g and h: the second stroke is swallowed."""
    async with sitting() as s:
        await s.press("ل", "ا")

        assert isinstance(s.app.screen, InboxScreen)
        assert here(s) == "000"


async def test_newcomers_wait_and_never_move_the_list(sitting: OpenSitting) -> None:
    """They are counted beside the notice, until the comma takes them in."""
    async with sitting() as s:
        await s.press("j", "j")
        before = s.lines()[1:22]

        await s.arrive(message("new", created_at=AT - timedelta(days=2)))
        await s.tick()

        assert s.lines()[1:22] == before
        assert "1 new: ," in s.lines()[22]
        await s.press("comma")
        assert here(s) == "002"
        assert "new: ," not in s.lines()[22]
        await s.press("home")
        assert here(s) == "new"


async def test_escalating_is_one_key_and_twice_is_one_case(sitting: OpenSitting, store: Store) -> None:
    """The row goes, the notice says for what and how to take it back, and u does."""
    async with sitting(store=store) as s:
        await s.press("e")

        assert await state(s, "000") is MessageState.ESCALATED
        assert "With customer service now: personal case. u takes it back." in s.text()
        assert here(s) == "001"

        await s.press("4", "e")
        assert "It is with customer service already." in s.text()
        assert len(await store.cases("moh", "t0")) == 1

        await s.press("ع")  # the twin of u
        assert await state(s, "000") is MessageState.NEW


async def test_a_reason_that_wants_a_note_asks_for_it(sitting: OpenSitting) -> None:
    """One line for the colleague; Esc hands nothing over."""

    def suggests(text: str, thread: object, network: str) -> object:
        del text, thread, network
        return Calm(reason="staff_complaint")

    async with sitting(policy={"triage": suggests}) as s:
        await s.press("e")
        assert s.on(LineScreen)
        await s.press("escape")
        assert await state(s, "000") is MessageState.NEW

        await s.press("e")
        await s.write("call her")
        await s.press("enter")

        (case,) = await s.bench.store.cases("moh", "t0")
        assert case.note == "call her"


async def test_closing_picks_a_reason_and_can_be_undone(sitting: OpenSitting, store: Store) -> None:
    """A number picks, in either script of digits."""
    async with sitting(store=store) as s:
        await s.press("d")
        assert s.on(PickScreen)
        await s.press("٢")

        closed = await s.bench.message("000")
        assert (closed.standing.state, closed.standing.reason) == (MessageState.DONE, "thanks")
        assert here(s) == "001"

        await s.press("u")
        assert await state(s, "000") is MessageState.NEW


async def test_leaving_the_menu_closes_nothing(sitting: OpenSitting) -> None:
    """Esc is always the way out."""
    async with sitting() as s:
        await s.press("d", "escape")

        assert await state(s, "000") is MessageState.NEW
        assert isinstance(s.app.screen, InboxScreen)


async def test_claiming_and_giving_back(sitting: OpenSitting, store: Store) -> None:
    """The same key; the row says whose it is."""
    async with sitting(store=store) as s:
        await s.press("c")
        assert s.lines()[1].startswith("> = mine")

        await s.press("ؤ")
        assert await state(s, "000") is MessageState.NEW


async def test_a_colleagues_claim_is_named_and_taken_only_with_a_reason(sitting: OpenSitting) -> None:
    """Reply says who composes; c asks why one takes over."""
    held = Claim(holder="noura", since=AT, until=AT + timedelta(minutes=10))
    async with sitting() as s:
        first = await s.bench.message("000")
        await s.bench.apply(replace(first, standing=replace(first.standing, state=MessageState.CLAIMED, claim=held)))
        await s.tick()
        assert s.lines()[1].startswith("> @ noura")

        await s.press("r")
        assert "noura holds this message" in s.text()

        await s.press("c")
        assert s.on(LineScreen)
        await s.write("she is ill")
        await s.press("enter")
        taken = (await s.bench.message("000")).standing.claim
        assert taken is not None
        assert taken.holder == "salem"


async def test_snoozing_says_when_it_comes_back(sitting: OpenSitting) -> None:
    """At the next opening, in local time with its weekday."""
    async with sitting() as s:
        await s.press("z")

        assert await state(s, "000") is MessageState.SNOOZED
        assert "Back at Tuesday 07:30" in s.text()


async def test_hiding_asks_and_no_comes_first(sitting: OpenSitting) -> None:
    """Neither Enter nor h says yes."""
    async with sitting() as s:
        await s.press("h")
        assert s.on(AskScreen)
        await s.press("enter", "h")
        assert s.on(AskScreen)
        await s.press("n")
        assert await s.bench.store.entries([EntryState.HELD]) == ()

        await s.press("ا", "غ")
        (entry,) = await s.bench.store.entries([EntryState.HELD])
        assert entry.action is Action.HIDE


async def test_a_memo_is_kept_and_has_no_way_out(sitting: OpenSitting) -> None:
    """Words in either script, typed into one line."""
    async with sitting() as s:
        await s.press("m", "ن", "ع", "م", "enter")

        (memo,) = await s.bench.store.memos("moh", "t0")
        assert memo.text == "نعم"
        assert await s.bench.store.entries([EntryState.HELD, EntryState.QUEUED]) == ()


async def test_personal_data_is_covered_until_it_is_revealed(sitting: OpenSitting) -> None:
    """In the list always; in the thread until whoever has claimed it presses x, which is logged once."""
    async with sitting() as s:
        await s.press("j", "j", "j")
        assert "0500009001" not in s.text()
        assert "••••••••••" in s.text()

        await s.press("enter", "x")
        assert "0500009001" not in s.text()
        assert "Claim it first" in s.text()
        await s.press("c", "x")
        assert "0500009001" in s.text()
        await s.press("x")
        actions = [event.action for event in await s.bench.store.events()]
        assert actions.count("reveal") == 1
        await s.press("escape")
        assert "0500009001" not in s.text()


async def test_nothing_covered_is_said(sitting: OpenSitting) -> None:
    """X on a message without personal data changes nothing."""
    async with sitting() as s:
        await s.press("x")

        assert "Nothing is covered" in s.text()
        assert "reveal" not in [event.action for event in await s.bench.store.events()]


@pytest.mark.parametrize(
    ("digit", "title"),
    [
        ("1", "Queue"),
        ("2", "Mine"),
        ("3", "Waiting"),
        ("4", "Escalated"),
        ("5", "Posts"),
        ("6", "Outbox"),
        ("٧", "All"),
    ],
)
async def test_an_empty_list_says_what_to_do(sitting: OpenSitting, digit: str, title: str) -> None:
    """Each of the seven, by its digit."""
    async with sitting([]) as s:
        await s.press(digit)

        lines = s.lines()
        assert lines[0].startswith(f" {title} 0")
        assert len(lines[2].strip()) > 20


async def test_the_outbox_shows_entries_and_u_calls_back(sitting: OpenSitting) -> None:
    """A held reply comes back as a draft."""
    async with sitting() as s:
        await s.press("r")
        await s.write("yes every day")
        await s.press("escape")
        await s.tick()
        await _past_quiet(s)
        await s.press("s")
        await s.press("6")
        assert "held" in s.lines()[1]

        await s.press("u")

        assert "called back" in s.lines()[1]
        draft = await s.bench.store.draft(key("000"), "salem")
        assert draft is not None
        assert draft.text == "yes every day"


async def _past_quiet(s: Sitting) -> None:
    """Let the review's moment of quiet pass, by its own count."""
    screen = s.app.screen
    screen._last_stroke = -10.0  # type: ignore[attr-defined]  # as if the last key lay ten seconds back


async def test_a_sent_answer_is_said(sitting: OpenSitting) -> None:
    """When an entry of this sitting has gone out, the notice tells."""
    async with sitting() as s:
        await s.press("r")
        await s.write("yes every day")
        await s.press("escape")
        await _past_quiet(s)
        await s.press("s")
        assert "The reply goes out in 10 s; u calls it back." in s.text()

        (entry,) = await s.bench.store.entries([EntryState.HELD])
        await s.bench.apply(replace(entry, state=EntryState.SENT))
        await s.tick()

        assert "Sent to" in s.text()


async def test_a_notice_goes_when_its_time_is_over(sitting: OpenSitting) -> None:
    """By the clock, on the next look round; nothing ticks meanwhile."""
    async with sitting() as s:
        await s.press("z")
        assert "Back at" in s.text()

        await s.tick(timedelta(seconds=11))

        assert "Back at" not in s.text()


async def test_what_is_said_is_said_whole(sitting: OpenSitting) -> None:
    """What to do next stands at its end, so it takes the lines it needs, and gives them back to the list."""
    async with sitting(size=(80, 24)) as s:
        before = s.lines()
        await s.press("u")
        text = " ".join(s.text().split())
        assert (
            "There is nothing left to undo. Nothing was changed. What has gone out is taken back on the network itself."
            in text
        )
        assert "…" not in "".join(s.lines()[-4:-1])
        assert s.lines()[1] == before[1]

        await s.tick(timedelta(seconds=11))
        await s.pilot.pause()
        await s.pilot.pause()
        assert [line[22:] for line in s.lines()[1:]] == [line[22:] for line in before[1:]]


@pytest.mark.parametrize(
    ("key", "works", "does_not"),
    [
        ("5", "w post", "r reply"),
        ("6", "u undo", "r reply"),
        ("8", "Enter open", "e escalate"),
        ("9", "w post", "e escalate"),
    ],
)
async def test_the_footer_names_what_works_in_this_list(
    sitting: OpenSitting, key: str, works: str, does_not: str
) -> None:
    """What answers a person is not offered where no person asks; the queue has it again."""
    async with sitting() as s:
        await s.press(key)
        assert works in s.lines()[-1]
        assert does_not not in s.lines()[-1]
        await s.press("1")
        assert does_not in s.lines()[-1]


async def test_a_wide_screen_shows_the_thread_beside_the_list(sitting: OpenSitting) -> None:
    """It follows when the cursor rests; Tab gives it the keys."""
    async with sitting(size=(130, 30)) as s:
        assert "│" in s.lines()[3]
        screen = s.app.screen
        assert isinstance(screen, InboxScreen)
        shown = screen.beside.shown
        assert shown is not None
        assert shown.item.native_id == "000"

        await s.press("j")
        await screen._show_beside()
        shown = screen.beside.shown
        assert shown is not None
        assert shown.item.native_id == "001"

        await s.press("tab", "j", "tab")
        assert here(s) == "001"


async def test_an_arabic_interface_begins_at_the_right(sitting: OpenSitting) -> None:
    """List at the right, thread at the left, footers and dialogs from right to left."""
    async with sitting(size=(130, 30), code="ar") as s:
        lines = s.lines()
        assert lines[1].rstrip().endswith("<")
        assert lines[0].rstrip().endswith("ﺭﺎﻈﺘﻧﻻﺍ")
        assert lines[-1].rstrip().endswith("Enter")
        screen = s.app.screen
        assert isinstance(screen, InboxScreen)
        assert screen.queue.region.x > screen.beside.region.x

        await s.press("d")
        assert any(line.rstrip().endswith("1 <") for line in s.lines())


async def test_the_language_changes_while_running_and_is_remembered(sitting: OpenSitting) -> None:
    """Through the palette, by a part of the command's name."""
    async with sitting() as s:
        await s.press("colon")
        await s.write("english")
        await s.press("enter")

        assert "ﺭﺎﻈﺘﻧﻻﺍ" in s.lines()[0]
        assert await s.bench.store.preference("salem", "language") == "ar"


async def test_a_command_is_found_in_any_spelling(sitting: OpenSitting) -> None:
    """The palette folds what is typed as a search does."""
    async with sitting(code="ar") as s:
        await s.press("colon")
        await s.write("الالوان")

        assert "ﻥﺍﻮﻟﻷﺍ" in s.text()


async def test_the_help_shows_the_keys_of_the_place(sitting: OpenSitting) -> None:
    """And what the policy in force is called."""
    async with sitting() as s:
        await s.press("question_mark")
        assert s.on(ReadScreen)
        assert "Reply to this person" not in s.text()
        await s.press("G")
        assert "Policy" in s.text()
        await s.press("q")
        assert s.on(InboxScreen)


async def test_q_at_the_root_asks(sitting: OpenSitting) -> None:
    """Enter and q do not confirm; y does."""
    async with sitting() as s:
        await s.press("q", "q", "enter")
        assert s.on(AskScreen)
        await s.press("n")
        assert s.on(InboxScreen)
        await s.press("q", "y")

    assert s.app.return_value == 0


async def test_practice_is_said_on_every_screen(sitting: OpenSitting) -> None:
    """List, thread, editor, review."""
    banner = "Practice: nothing leaves this machine"
    async with sitting(banner=banner) as s:
        assert banner in s.lines()[0]
        await s.press("enter")
        assert banner in s.lines()[0]
        await s.press("r")
        assert banner in s.lines()[0]
        await s.press("escape")
        assert banner in s.lines()[0]


async def test_the_health_of_accounts_is_a_word_and_a_figure(sitting: OpenSitting) -> None:
    """It changes with the next look round."""
    states = [HealthState.WELL]

    def health() -> list[Health]:
        return [Health(account="moh", network=Network.X, state=states[0], last_success=AT)]

    async with sitting(health=health) as s:
        assert "moh ok 0m" in s.lines()[0]
        states[0] = HealthState.SIGNED_OUT
        await s.tick()
        assert "moh signed out" in s.lines()[0]


async def test_hours_count_down_by_the_minute(sitting: OpenSitting) -> None:
    """And say when they begin again."""
    async with sitting() as s:
        await s.tick(timedelta(minutes=60))
        assert "open, 5 h 30 min left" in s.lines()[0]
        await s.tick(timedelta(hours=6))
        assert "closed until Tuesday 07:30" in s.lines()[0]


async def test_a_look_round_without_a_change_draws_nothing(
    sitting: OpenSitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zero bytes when idle: no widget asks to be drawn."""
    async with sitting() as s:
        await s.tick()
        screen = s.app.screen
        asked: list[object] = []
        for widget in screen.query("*"):
            monkeypatch.setattr(widget, "refresh", lambda *regions, **_: asked.append(regions))

        await s.tick(timedelta(seconds=5))

        assert asked == []


async def test_a_step_draws_two_heads_and_the_position(sitting: OpenSitting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else, whatever the size of the list."""
    async with sitting(many(200)) as s:
        screen = s.app.screen
        assert isinstance(screen, InboxScreen)
        asked: list[Region] = []
        monkeypatch.setattr(screen.queue, "refresh", lambda *regions, **_: asked.extend(regions))

        await s.press("j")

        assert [(region.y, region.height) for region in asked] == [(0, 1), (1, 1)]


async def test_the_address_is_shown_and_copied(sitting: OpenSitting) -> None:
    """As a link for terminals that know links; only printable ASCII reaches the terminal."""
    async with sitting() as s:
        await s.press("o")
        assert "https://social.example/0" in s.text()
        await s.press("escape", "y")
        assert s.app.clipboard == "https://social.example/0"


async def test_a_hostile_address_is_not_shown(sitting: OpenSitting) -> None:
    """Nothing that could end the escape sequence."""
    bad = message("bad", link="https://x.example/\x1b]52;c;eA==\x07")
    async with sitting([bad]) as s:
        await s.press("o")
        assert "The network gave no address" in s.text()
        await s.press("y")
        assert s.app.clipboard == ""


async def test_hostile_text_cannot_break_the_screen(sitting: OpenSitting) -> None:
    """Controls become signs, overrides end with their row, markup is text."""
    bad = message(
        "bad",
        "\x1b[31m[red]a[/]\N{RIGHT-TO-LEFT OVERRIDE}abc \u0600 [@click=app.bell]x\r\nnext",
        author=replace(message().author, name="\x1b]0;t\x07\N{RIGHT-TO-LEFT OVERRIDE}evil"),
        personal=(Span(start=900, end=1000, category="phone"),),
    )
    async with sitting([bad]) as s:
        listed = s.text()
        await s.press("enter")
        opened = s.text()

    for shown in (listed, opened):
        assert "\x1b" not in shown
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
        assert "[red]" in shown


async def test_a_note_on_every_key_is_refused_to_an_auditor(sitting: OpenSitting) -> None:
    """The role is named, nothing is written."""
    async with sitting(roles=(Role.AUDITOR,)) as s:
        await s.press("e")

        assert "Your role does not allow this" in s.text()
        assert await state(s, "000") is MessageState.NEW


async def test_posts_of_ours_are_in_their_list(sitting: OpenSitting) -> None:
    """Marked as ours."""
    post = message("p", kind=ObjectKind.POST, ours=True)
    async with sitting([post]) as s:
        await s.press("5")

        assert "ours" in s.lines()[1]


async def test_unanswered_ones_are_found_in_both_directions(sitting: OpenSitting) -> None:
    """Claimed ones are passed over."""
    async with sitting() as s:
        await s.press("j", "c", "k", "right_square_bracket")
        assert here(s) == "002"
        await s.press("ج")  # the twin of [
        assert here(s) == "000"
        await s.press("[")
        assert "No further unanswered message" in s.text()


async def test_keys_are_remapped_by_id(sitting: OpenSitting) -> None:
    """The new key works with its twin, the old one is free, the footer says the new one."""
    async with sitting(keys={"escalate": ("a",)}) as s:
        await s.press("e")
        assert await state(s, "000") is MessageState.NEW
        assert "a escalate" in s.lines()[-1]

        await s.press("ش")
        assert await state(s, "000") is MessageState.ESCALATED


async def test_a_resize_keeps_the_cursor_on_its_message(sitting: OpenSitting) -> None:
    """Narrow, wide and back."""
    async with sitting() as s:
        await s.press("G")
        for size in ((130, 40), (60, 12), (80, 24)):
            await s.pilot.resize_terminal(*size)
            await s.pilot.pause()
            assert here(s) == "029"


async def test_the_mouse_points_where_somebody_wants_one(sitting: OpenSitting) -> None:
    """A click moves the cursor, the wheel too, a double click opens."""
    async with sitting() as s:
        await s.pilot.click("#queue", offset=(5, 4))
        await s.pilot.pause()
        assert here(s) == "004"
        s.inbox().queue.on_mouse_scroll_down()
        await s.pilot.pause()
        assert here(s) == "007"

        await s.pilot.click("#queue", offset=(5, 2), times=2)
        await s.pilot.pause()
        assert s.on(ThreadScreen)
        assert here(s) == "002"


async def test_a_clock_that_goes_back_is_said(sitting: OpenSitting) -> None:
    """Once, with how far; what a time server corrects is nobody's business."""
    async with sitting() as s:
        await s.tick(timedelta(hours=1))
        await s.tick(-timedelta(seconds=2))
        assert "gone back" not in s.text()

        await s.tick(-timedelta(minutes=30))
        assert "The clock has gone back by 30 min" in s.text()

        await s.tick(timedelta(seconds=-20))
        assert "The clock has gone back by less than a minute" in s.text()
