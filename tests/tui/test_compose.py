"""Writing and reviewing: drafts survive, the review looks at everything, and nothing goes out by accident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from textual import events

from majlis.errors import DiskFull, StoreBusy
from majlis.message import Network, ObjectKind
from majlis.outbox import Action
from majlis.policy import Role
from majlis.states import EntryState, MessageState
from tests.builders import AT, AUTHOR, key, message
from tests.fakes.memory_store import MemoryStore
from tests.majlis.test_scene import needs_service
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import AskScreen, LineScreen, PickScreen
from tui.screens.inbox import InboxScreen
from tui.screens.review import QUIET_S, ReviewScreen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from majlis.message import Message, MessageKey
    from majlis.outbox import Entry
    from majlis.ports import Draft, Store
from tests.tui.conftest import OpenSitting, Sitting

CLOSED = AT + timedelta(hours=8)
"""16:00 in Dubai."""


class Seconds:
    """A count of seconds held by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return what it was set to."""
        return self.now


class Full(MemoryStore):
    """A store whose disk is full as soon as somebody begins to write."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = True

    def _room(self) -> None:
        if self.is_full:
            raise DiskFull(path="inbox.db")

    async def save_draft(self, draft: Draft) -> None:
        """Keep a draft while there is room."""
        self._room()
        await super().save_draft(draft)

    async def drop_draft(self, message: MessageKey, author: str) -> None:
        """Forget a draft while there is room: forgetting is a write too."""
        self._room()
        await super().drop_draft(message, author)

    async def tally(self, day: date, operator: str, marks: Sequence[tuple[str, str]]) -> None:
        """Count what was shown while there is room."""
        self._room()
        await super().tally(day, operator, marks)


class Busy(MemoryStore):
    """A store that another process keeps busy from some moment on."""

    is_busy = False

    async def message(self, key: MessageKey) -> Message | None:
        """Read a message, unless another process is writing."""
        if self.is_busy:
            raise StoreBusy(path="inbox.db", wait_s=5)
        return await super().message(key)


async def compose(s: Sitting, text: str) -> ComposeScreen:
    """Open the editor on the message under the cursor, with a text in it."""
    await s.press("r")
    screen = s.app.screen
    assert isinstance(screen, ComposeScreen)
    screen.editor.insert(text)
    await s.pilot.pause()
    return screen


async def review(s: Sitting, text: str) -> Seconds:
    """Open the review of a text; return the count that its moment of quiet goes by."""
    await compose(s, text)
    await s.press("escape")
    seconds = Seconds()
    screen = s.app.screen
    assert isinstance(screen, ReviewScreen)
    screen._seconds, screen._last_stroke = seconds, seconds.now
    return seconds


async def ready(s: Sitting, text: str) -> None:
    """Open the review and let its moment of quiet pass."""
    seconds = await review(s, text)
    seconds.now += 10


async def held(s: Sitting) -> tuple[Entry, ...]:
    return await s.bench.store.entries([EntryState.HELD, EntryState.QUEUED])


# -------------------------------------------------------------------------------------------------------------- drafts


async def test_replying_claims_and_shows_what_is_answered(sitting: OpenSitting, store: Store) -> None:
    """The thread above, the person and the reach between, the editor below."""
    async with sitting(store=store) as s:
        await s.press("r")

        assert s.on(ComposeScreen)
        assert "public, everybody can read it" in s.text()
        claim = (await s.bench.message("000")).standing.claim
        assert claim is not None
        assert claim.holder == "salem"


async def test_a_draft_is_saved_soon_after_it_is_typed(sitting: OpenSitting) -> None:
    """One write for what was typed meanwhile, and none when nothing was."""
    async with sitting() as s:
        screen = await compose(s, "yes")
        assert screen._saving is not None  # it runs out within half a second

        await screen.save()
        draft = await s.bench.store.draft(key("000"), "salem")
        assert draft is not None
        assert draft.text == "yes"

        calls = s.memory().calls
        before = calls.count("save_draft")
        await screen.save()
        assert calls.count("save_draft") == before


async def test_a_draft_survives_every_way_out(sitting: OpenSitting, store: Store) -> None:
    """The program ends while somebody types: by a signal, a hang-up or a key, it closes the screen in the same way."""
    async with sitting(store=store) as s:
        await compose(s, "half a sent")
        s.app.exit()

    draft = await store.draft(key("000"), "salem")
    assert draft is not None
    assert draft.text == "half a sent"


async def test_a_draft_that_cannot_be_kept_is_said_and_tried_again(sitting: OpenSitting) -> None:
    """The disk is full while somebody types: the program goes on, and so does the writing."""
    store = Full()
    async with sitting(store=store) as s:
        screen = await compose(s, "yes")
        await screen._save_soon()
        await s.rest()
        assert "The disk is full" in s.text()
        assert screen.editor.text == "yes"
        assert screen._saving is not None  # it tries again by itself

        store.is_full = False
        await screen._save_soon()
        draft = await store.draft(key("000"), "salem")
        assert draft is not None
        assert draft.text == "yes"


async def test_an_editor_whose_words_are_not_kept_is_left_after_asking(sitting: OpenSitting) -> None:
    """Esc says why; no goes on writing, yes leaves."""
    async with sitting(store=Full()) as s:
        screen = await compose(s, "yes")
        await s.press("escape")
        assert s.on(AskScreen)
        assert "The disk is full" in s.text()
        await s.press("n")
        assert s.on(ComposeScreen)
        assert screen.editor.text == "yes"

        await s.press("escape", "y")
        assert s.on(InboxScreen)


async def test_the_review_keeps_nothing_on_a_full_disk_and_leads_back(sitting: OpenSitting) -> None:
    """Neither counting, keeping nor discarding ends the program."""
    store = Full()
    store.is_full = False
    async with sitting(store=store) as s:
        screen = await compose(s, "GREAT NEWS FOR ALL")
        await screen.save()
        store.is_full = True
        await s.press("escape")
        await _quiet(s)
        assert "GREAT NEWS FOR ALL" in s.text()

        await s.press("d", "y")
        assert s.on(ReviewScreen)
        assert "The disk is full" in s.text()

        await s.press("p")
        assert s.on(AskScreen)
        await s.press("n")
        assert s.on(ComposeScreen)
        assert screen.editor.text == "GREAT NEWS FOR ALL"


async def test_a_question_on_the_review_outlives_trouble_with_the_store(sitting: OpenSitting) -> None:
    """The minute passes while it is open and the store is busy: the question stays, and its answer counts."""
    store = Busy()
    async with sitting(store=store) as s:
        await ready(s, "Yes, every day.")
        await s.press("d")
        store.is_busy = True
        await s.app.minute()
        await s.rest()
        assert s.on(AskScreen)

        await s.press("n")
        assert s.on(ReviewScreen)


async def test_a_draft_comes_back(sitting: OpenSitting, store: Store) -> None:
    """After keeping it, in the same editor; the claim stays too."""
    async with sitting(store=store) as s:
        await ready(s, "نعم، كل يوم")
        await s.press("p")
        assert s.on(InboxScreen)
        assert (await s.bench.message("000")).standing.state is MessageState.CLAIMED

        await s.press("r")
        screen = s.app.screen
        assert isinstance(screen, ComposeScreen)
        assert screen.editor.text == "نعم، كل يوم"
        assert "Your draft is back." in s.text()


async def test_discarding_asks_and_gives_the_message_back(sitting: OpenSitting) -> None:
    """No comes first; the draft is gone after yes."""
    async with sitting() as s:
        await ready(s, "nonsense")
        await s.press("d", "n")
        assert s.on(ReviewScreen)

        await s.press("d")
        assert s.on(AskScreen)
        await s.press("y")

        assert s.on(InboxScreen)
        assert await s.bench.store.draft(key("000"), "salem") is None
        assert (await s.bench.message("000")).standing.state is MessageState.NEW


async def test_an_empty_editor_is_left_without_asking(sitting: OpenSitting) -> None:
    """There is nothing to lose."""
    async with sitting() as s:
        await ready(s, "")
        await s.press("d")

        assert s.on(InboxScreen)
        assert (await s.bench.message("000")).standing.state is MessageState.NEW


# ------------------------------------------------------------------------------------------------------------- review


async def test_the_review_shows_everything_before_it_goes_out(sitting: OpenSitting) -> None:
    """Account, network, reach, person, question, length, hours, claim."""
    async with sitting() as s:
        await review(s, "Yes, every day.")

        shown = s.text()
        for part in (
            "moh · X (Twitter)",
            "PUBLIC: everybody can read it",
            "@maha_sample",
            "Question",
            "15 of 280 as the network counts",
            "Yes, every day.",
            "Open. After s it is held for 10 seconds, and u calls it back.",
            "You hold it until 08:15.",
            "s sends it.",
        ):
            assert part in shown, part


async def test_sending_holds_the_reply_and_u_calls_it_back(sitting: OpenSitting, store: Store) -> None:
    """The text comes back as the draft."""
    async with sitting(store=store) as s:
        await ready(s, "Yes, every day.")
        await s.press("s")

        (entry,) = await held(s)
        assert (entry.text, entry.state) == ("Yes, every day.", EntryState.HELD)
        assert s.on(InboxScreen)
        assert await store.draft(key("000"), "salem") is None

        await s.press("u")
        assert await held(s) == ()
        draft = await store.draft(key("000"), "salem")
        assert draft is not None
        assert draft.text == "Yes, every day."


@pytest.mark.parametrize("send", ["s", "س"])
async def test_keys_count_only_after_a_moment_of_quiet(sitting: OpenSitting, send: str) -> None:
    """What follows Esc at once may be the rest of a paste; each early key begins the wait anew."""
    async with sitting() as s:
        seconds = await review(s, "Yes, every day.")

        await s.press(send)
        seconds.now += QUIET_S * 0.8
        await s.press(send)
        seconds.now += QUIET_S * 0.8
        await s.press(send)
        assert s.on(ReviewScreen)
        assert await held(s) == ()

        seconds.now += QUIET_S
        await s.press(send)
        assert len(await held(s)) == 1


async def test_the_review_ignores_pastes(sitting: OpenSitting) -> None:
    """And waits again after one."""
    async with sitting() as s:
        seconds = await review(s, "Yes, every day.")
        seconds.now += 10
        s.app.screen.post_message(events.Paste("ss"))
        await s.pilot.pause()

        await s.press("s")

        assert s.on(ReviewScreen)
        assert await held(s) == ()


async def test_a_block_cannot_be_passed(sitting: OpenSitting) -> None:
    """The rule says why in the interface's language, and s says it again."""
    async with sitting() as s:
        await ready(s, "Call me on 0500004567.")
        assert "[stops it] “0500004567” This text has a phone number that is not official." in s.text()

        await s.press("s", "1")

        assert await held(s) == ()
        assert s.on(ReviewScreen)


async def test_a_warning_waits_for_its_number(sitting: OpenSitting) -> None:
    """S is off until then; the number takes the confirmation back too; it is kept with the draft."""
    async with sitting() as s:
        await ready(s, "We guarantee you will get it.")
        assert "[1 warning] “We guarantee” A promise we may not control." in s.text()
        await s.press("s")
        assert await held(s) == ()

        await s.press("1")
        assert "[confirmed]" in s.text()
        await s.press("١", "s")
        assert await held(s) == ()

        await s.press("1", "s")
        (entry,) = await held(s)
        assert entry.acknowledged == ("R-CLAIM-PROMISE",)


async def test_findings_are_said_in_arabic_too(sitting: OpenSitting) -> None:
    """The rule's own text in the language of the interface."""
    async with sitting(code="ar") as s:
        await review(s, "Call me on 0500004567.")

        assert "[ﻝﺎﺳﺭﻹﺍ ﻊﻨﻤﻳ]" in s.text()
        assert "80090014" in s.text()


async def test_outside_hours_s_queues_for_the_opening(sitting: OpenSitting) -> None:
    """And says so clearly before and after."""
    async with sitting() as s:
        s.bench.clock.at = CLOSED
        await ready(s, "Yes, every day.")
        assert "It waits for the opening: Tuesday 07:30." in s.text()
        assert "s queues it for the opening." in s.text()

        await s.press("s")

        (entry,) = await held(s)
        assert entry.state is EntryState.QUEUED
        assert entry.due_at == AT + timedelta(hours=23, minutes=30)
        assert "The reply waits for the opening: Tuesday 07:30." in s.text()


async def test_an_override_needs_the_role_a_reason_and_a_note(sitting: OpenSitting) -> None:
    """An operator is told whose it is; a supervisor gives both."""
    async with sitting() as s:
        s.bench.clock.at = CLOSED
        await ready(s, "Yes, every day.")
        assert "o override" not in s.lines()[-1]
        await s.press("o")
        assert "Only a supervisor" in s.text()


@pytest.mark.parametrize(("where", "way"), [("editor", "Esc p e"), ("review", "p e")])
async def test_a_key_of_the_list_is_named_with_the_way_to_it(sitting: OpenSitting, where: str, way: str) -> None:
    """In the review e goes on writing, and in the editor it is a letter."""
    async with sitting(policy={"triage": needs_service}) as s:
        if where == "editor":
            screen = await compose(s, "Thank you")
            screen._judge()
            await s.pilot.pause()
        else:
            await review(s, "Thank you")
        assert f"Press {way}." in s.text()


async def test_a_supervisor_overrides(sitting: OpenSitting) -> None:
    """A short note is refused; the reason and the note go with the entry."""
    async with sitting(roles=(Role.OPERATOR, Role.SUPERVISOR)) as s:
        s.bench.clock.at = CLOSED
        await ready(s, "Yes, every day.")
        assert "o override" in s.lines()[-1]
        await s.press("o")
        assert s.on(PickScreen)
        await s.press("2")
        assert s.on(LineScreen)
        await s.write("short")
        await s.press("enter")
        assert await held(s) == ()

        await s.press("o", "2")
        await s.write("a life is in danger")
        await s.press("enter")
        (entry,) = await held(s)
        assert entry.override == "life_safety: a life is in danger"


async def test_a_thread_that_changed_is_shown_before_sending(sitting: OpenSitting) -> None:
    """The person wrote again: the review says so, and what was seen is what is compared."""
    async with sitting() as s:
        await compose(s, "Yes, every day.")
        await s.arrive(message("again", "And on Friday?", thread="t0", author=AUTHOR, created_at=AT))
        await s.press("escape")
        screen = s.app.screen
        assert isinstance(screen, ReviewScreen)
        screen._last_stroke -= 10

        assert "The thread has changed since you began to write" in s.text()
        await s.press("s")
        assert len(await held(s)) == 1


async def test_a_lost_claim_stops_the_reply_and_keeps_the_text(sitting: OpenSitting) -> None:
    """A colleague took over meanwhile; whether the review has seen it or the desk says so, they are named."""
    async with sitting() as s:
        await ready(s, "Yes, every day.")
        mine = await s.bench.message("000")
        assert mine.standing.claim is not None
        taken = replace(mine.standing.claim, holder="noura")
        await s.bench.apply(replace(mine, standing=replace(mine.standing, claim=taken)))

        await s.press("s")

        assert "noura" in s.text()
        assert await held(s) == ()
        draft = await s.bench.store.draft(key("000"), "salem")
        assert draft is not None


async def test_earlier_messages_of_the_person_are_offered(sitting: OpenSitting) -> None:
    """One answer may serve them too; it asks."""
    first = message("first", thread="t", created_at=AT - timedelta(minutes=9))
    second = message("second", "Hello?", thread="t", created_at=AT - timedelta(minutes=5))
    async with sitting([first, second]) as s:
        await s.press("j")
        await ready(s, "Yes, every day.")
        await s.press("s")
        assert s.on(AskScreen)
        assert "1 earlier open message" in s.text()

        await s.press("y")
        closed = await s.bench.message("first")
        assert (closed.standing.state, closed.standing.reason) == (MessageState.DONE, "answered_elsewhere")


async def test_the_persons_own_data_is_read_by_the_claim_holder_and_logged_once(sitting: OpenSitting) -> None:
    """The editor shows it; opening it again is the same look."""
    async with sitting() as s:
        await s.press("j", "j", "j", "r")
        assert "0500009001" in s.text()
        await s.press("escape")
        screen = s.app.screen
        assert isinstance(screen, ReviewScreen)
        screen._last_stroke -= 10
        await s.press("p", "r")

        assert [event.action for event in await s.bench.store.events()].count("reveal") == 1


async def test_a_private_message_is_said_to_be_private(sitting: OpenSitting) -> None:
    """Reach is never left to guessing."""
    async with sitting([message("1", kind=ObjectKind.PRIVATE, recipient="u-maha")]) as s:
        await review(s, "Yes, every day.")

        assert "Private: only this person reads it" in s.text()
        assert "PUBLIC" not in s.text()


@pytest.mark.parametrize(
    ("age", "granted", "said"),
    [
        (
            1,
            True,
            "A private answer goes until Tuesday 07:00; after that as a person's (Human Agent), until 2026-11-30",
        ),
        (1, False, "A private answer goes until Tuesday 07:00; then not until the person writes again."),
        (30, True, "The 24 hours end Monday 02:00; it goes as a person's answer (Human Agent), until Sunday 02:00."),
        (
            30,
            False,
            "The time for a private answer ends Monday 02:00, before this goes out: the network will refuse it.",
        ),
    ],
)
async def test_the_review_says_how_long_a_private_answer_goes_and_in_which_way(
    sitting: OpenSitting, age: int, granted: bool, said: str
) -> None:
    """The plain way, a person's way, or none: by when the person wrote last, and when this would go out."""
    asked = message("1", kind=ObjectKind.PRIVATE, network=Network.FACEBOOK, created_at=AT - timedelta(hours=age))
    policy = {"agent_accounts": frozenset({"moh"} if granted else ())}
    async with sitting([asked], policy=policy) as s:
        await review(s, "Yes, every day.")

        assert said.replace("Monday 02:00", "02:00") in " ".join(s.text().split())


async def test_an_answer_that_waits_for_the_opening_is_measured_by_the_opening(sitting: OpenSitting) -> None:
    """In time now, too late in the morning: that is said before it is queued."""
    asked = message("1", kind=ObjectKind.PRIVATE, network=Network.FACEBOOK, created_at=CLOSED - timedelta(hours=20))
    async with sitting([asked]) as s:
        s.bench.clock.at = CLOSED
        await review(s, "Yes, every day.")

        assert "before this goes out: the network will refuse it" in " ".join(s.text().split())


async def test_a_public_message_is_answered_privately_by_one_key(sitting: OpenSitting) -> None:
    """The reach changes before the eyes, back too; what goes out is a private message."""
    async with sitting([message("1", network=Network.FACEBOOK)]) as s:
        await ready(s, "نعم، كل يوم")
        assert "PUBLIC" in s.text()
        await s.press("m")
        assert "Private: only this person reads it" in s.text()
        assert "This can be answered privately once, until 2026-11-30 08:00" in " ".join(s.text().split())
        await s.press("m")
        assert "PUBLIC" in s.text()
        await s.press("ة", "s")

        assert [entry.action for entry in await held(s)] == [Action.MESSAGE]


async def test_the_way_out_of_a_barred_message_is_one_key(sitting: OpenSitting) -> None:
    """The review says that X refused, and the same key as elsewhere writes to the person alone."""
    barred = message("1")
    async with sitting([replace(barred, standing=replace(barred.standing, barred=True))]) as s:
        await ready(s, "نعم، كل يوم")
        assert "The network refused our answer here" in " ".join(s.text().split())
        await s.press("m", "s")

        assert [entry.action for entry in await held(s)] == [Action.MESSAGE]


async def test_where_the_network_has_no_such_answer_the_key_says_so(sitting: OpenSitting) -> None:
    """On YouTube the reach stays what it is, and the footer does not offer the key."""
    async with sitting([message("1", network=Network.YOUTUBE)]) as s:
        await ready(s, "نعم، كل يوم")
        assert "in private" not in s.text()
        await s.press("m")

        assert "PUBLIC" in s.text()
        assert "Only a public message on Facebook or X" in " ".join(s.text().split())


async def test_a_long_text_leaves_room_for_the_verdict(sitting: OpenSitting) -> None:
    """Words give way; findings, hours and verdict stay."""
    async with sitting() as s:
        await review(s, "word " * 600)

        assert "characters over this network's limit" in s.text()
        assert "It cannot go out as it is" in s.text()


# --------------------------------------------------------------------------------------------- findings while writing


async def test_what_stops_a_text_is_said_below_it_while_it_is_typed(sitting: OpenSitting) -> None:
    """In words, beside the mark in place; it goes when the words go."""
    async with sitting() as s:
        screen = await compose(s, "Call me on 0500004567")
        screen._judge()
        await s.pilot.pause()
        assert "[stops it] This text has a phone number that is not official." in s.text()
        assert screen._judging is None

        screen.editor.text = "Call us"
        screen._judge()
        await s.pilot.pause()
        assert "[stops it]" not in s.text()


async def test_reminders_come_three_at_most_and_once_for_a_draft(sitting: OpenSitting) -> None:
    """The gravest first; each is counted as shown, then as heeded or dismissed."""
    shouting = "YOU MUST COME, you have to, lol: WE GUARANTEE IT IS FREE bit.ly/3xample"
    async with sitting(roles=(Role.SUPERVISOR,)) as s:
        await ready(s, shouting)
        first = s.text()
        assert first.count("[1 warning]") == 1
        assert first.count("[reminder]") == 2

        await s.press("e", "escape")
        s.app.screen._seconds = None  # type: ignore[attr-defined]  # its moment of quiet is not the point here
        assert "[1 warning]" in s.text()
        assert not set(_reminders(first)) & set(_reminders(s.text()))


def _reminders(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if "[reminder]" in line]


async def test_what_became_of_reminders_is_counted(sitting: OpenSitting, store: Store) -> None:
    """What was changed after it was shown was heeded, what went out all the same was dismissed."""
    async with sitting(store=store) as s:
        await ready(s, "COME TO THE CENTRE NOW lol")
        await s.press("e")
        screen = s.app.screen
        assert isinstance(screen, ComposeScreen)
        screen.editor.text = "Come to the centre now lol"
        await s.press("escape")
        await _quiet(s)
        await s.press("s")

        counted = {(each.name, each.what): each.count for each in await store.tallies(AT.date(), AT.date())}
    assert counted["R-TONE-CAPS", "shown"] == 1
    assert counted["R-TONE-CAPS", "heeded"] == 1
    assert counted["R-STYLE-INFORMAL", "dismissed"] == 1
    assert counted["R-SELF", "shown"] == 1
    assert ("R-SELF", "dismissed") not in counted


async def _quiet(s: Sitting) -> None:
    screen = s.app.screen
    assert isinstance(screen, ReviewScreen)
    seconds = Seconds()
    screen._seconds, screen._last_stroke = seconds, seconds.now - 10


async def test_the_status_line_says_the_direction_of_the_paragraph(sitting: OpenSitting) -> None:
    """It follows the first strong letter as one types; ctrl+t turns the paragraph round and leaves the text."""
    async with sitting() as s:
        screen = await compose(s, "")
        assert s.lines()[0].startswith(" Reply, from the right")
        await s.press("a")
        assert s.lines()[0].startswith(" Reply, from the left")
        await s.press("ctrl+t")

        assert s.lines()[0].startswith(" Reply, from the right")
        assert screen.editor.text == "a"
