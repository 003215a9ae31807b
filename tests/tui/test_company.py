"""Who holds a message, who reads it, who writes an answer: shown to everybody, and told to whoever loses a claim."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from majlis.commands import Claim, Done, Release, Reply
from majlis.errors import DiskFull
from majlis.policy import Role
from majlis.ports import Draft
from majlis.presence import AGAIN, LIFE, Doing, Presence
from majlis.states import EntryState, MessageState
from tests.builders import AT, key
from tests.fakes.memory_store import MemoryStore
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import AskScreen, PickScreen
from tui.screens.inbox import InboxScreen
from tui.screens.review import ReviewScreen
from tui.screens.thread import ThreadScreen

if TYPE_CHECKING:
    from majlis.ports import Store
    from tests.tui.conftest import OpenSitting, Sitting

ANSWER = "The centre opens at eight every day."
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def there(s: Sitting, doing: Doing, operator: str = "noura", **fields: Any) -> None:
    """Let a colleague be at the first message."""
    now = s.bench.clock.now()
    known: dict[str, Any] = {"message": str(key("000")), "since": now, "stirred": now, "until": now + LIFE}
    await s.bench.store.be_present(
        Presence(sitting=f"{operator}-1", operator=operator, doing=doing, **{**known, **fields})
    )
    await s.tick()


def head(s: Sitting) -> str:
    """Return the line above the thread."""
    return s.lines()[1].strip()


async def draft_of(s: Sitting) -> str:
    """Return what is kept of the answer to the first message."""
    draft = await s.bench.store.draft(key("000"), "salem")
    return draft.text if draft is not None else ""


# ----------------------------------------------------------------------------------------------------- what is shown


async def test_a_row_says_who_is_there_in_words(sitting: OpenSitting, store: Store) -> None:
    """Reading, then writing, then gone: without a key, and without an event of the history."""
    async with sitting(store=store) as s:
        before = await store.revision()
        await there(s, Doing.READING)
        assert "& noura reading" in s.lines()[1]
        await there(s, Doing.READING, "huda", since=s.bench.clock.at + SECOND)
        assert "& noura +1 reading" in s.lines()[1]
        await store.leave("huda-1")

        await there(s, Doing.COMPOSING)
        assert "& writing 0m: noura" in s.lines()[1]

        await store.leave("noura-1")
        await s.tick()
        assert "&" not in s.text()
        assert await store.revision() == before


async def test_whoever_was_killed_is_gone_when_their_sign_of_life_is_old(sitting: OpenSitting) -> None:
    """Nobody writes that they are gone; the clock says so."""
    async with sitting() as s:
        await there(s, Doing.READING)
        await s.tick(LIFE - SECOND)
        assert "& noura reading" in s.text()

        await s.tick(SECOND)
        assert "& noura reading" not in s.text()


async def test_a_clock_that_was_set_back_keeps_nobody_there(sitting: OpenSitting) -> None:
    """A sign of life from the future is none."""
    async with sitting() as s:
        await there(s, Doing.READING)
        await s.tick(timedelta(hours=-1))

        assert "& noura reading" not in s.text()


async def test_a_claim_is_shown_with_name_and_age_in_list_thread_and_editor(sitting: OpenSitting) -> None:
    """To everybody; whether its holder is writing is said too."""
    async with sitting() as s:
        await s.bench.as_("noura").do(Claim(key=key("000")))
        await s.tick(5 * MINUTE)
        assert s.lines()[1].startswith("> @ noura")
        assert "& held 5m" in s.lines()[1]

        await there(s, Doing.COMPOSING, since=s.bench.clock.at - 2 * MINUTE)
        assert "& writing 5m" in s.lines()[1]

        await s.press("enter")
        assert head(s) == "noura has been writing for 2 min."
        await there(s, Doing.COMPOSING, since=s.bench.clock.at - 3 * MINUTE, stirred=s.bench.clock.at - 2 * MINUTE)
        assert head(s) == "noura has been writing for 3 min, but nothing for 2 min."
        await s.bench.store.leave("noura-1")
        await s.tick()
        assert head(s) == "noura holds it for 5 min now, until 08:15."

        await s.bench.as_("noura").do(Release(key=key("000")))
        await there(s, Doing.READING)
        await there(s, Doing.READING, "huda", since=s.bench.clock.at + SECOND)
        await s.press("r")
        assert s.on(ComposeScreen)
        assert head(s) == "You hold it as of now, until 08:20. Reading just now: noura, huda."


async def test_a_name_that_the_row_has_no_room_for_stands_beside_the_claim(sitting: OpenSitting) -> None:
    """After the age, so that a very long one hides only itself; the thread says all of it."""
    async with sitting() as s:
        await s.bench.as_("abdulrahman").do(Claim(key=key("000")))
        await s.tick()
        assert "& held 0m: abdul" in s.lines()[1]

        await s.press("enter")
        assert head(s).startswith("abdulrahman holds it")


async def test_the_head_of_a_thread_is_said_in_arabic_too(sitting: OpenSitting) -> None:
    """At the right, where the interface begins."""
    async with sitting(code="ar") as s:
        await there(s, Doing.COMPOSING, since=s.bench.clock.at - 2 * MINUTE)
        await s.press("enter")

        line = s.lines()[1]
        assert "noura" in line
        assert line != line.lstrip()
        assert line == line.rstrip() or len(line.rstrip()) > 70


async def test_a_claim_that_has_run_out_is_nobodys(sitting: OpenSitting) -> None:
    """The list shows it as free before anybody has written so."""
    async with sitting() as s:
        await s.bench.as_("noura").do(Claim(key=key("000")))
        await s.tick(16 * MINUTE)

        assert "@ noura" not in s.text()
        assert "held" not in s.lines()[1]


# ------------------------------------------------------------------------------------------------- what is told of us


async def mine(s: Sitting) -> list[tuple[str, Doing]]:
    """Return where colleagues are told that this sitting is."""
    return [(each.message, each.doing) for each in await s.bench.store.present() if each.operator == "salem"]


async def test_reading_and_composing_are_told_to_colleagues(sitting: OpenSitting) -> None:
    """A row under the cursor is not read yet; an open thread is, and an editor above it comes first."""
    async with sitting() as s:
        await s.tick(SECOND)
        assert await mine(s) == []

        await s.press("enter")
        await s.tick(SECOND)
        await s.tick(SECOND)
        assert await mine(s) == [(str(key("000")), Doing.READING)]

        await s.press("r")
        await s.tick()
        assert await mine(s) == [(str(key("000")), Doing.COMPOSING)]

        await s.press("escape")
        await s.tick(SECOND)
        assert s.on(ReviewScreen)
        assert await mine(s) == [(str(key("000")), Doing.COMPOSING)]

        await s.app.give_back()
        assert await mine(s) == []


async def test_beside_the_list_what_is_in_sight_is_read(sitting: OpenSitting) -> None:
    """Where the screen is wide the thread is there without a key."""
    async with sitting(size=(130, 30)) as s:
        await s.tick()
        await s.tick(SECOND)

        assert await mine(s) == [(str(key("000")), Doing.READING)]


async def test_presence_costs_one_small_write_in_a_while(sitting: OpenSitting) -> None:
    """None while one turns pages, one when a message stays in sight, one more every twenty seconds."""
    async with sitting() as s:
        await s.press("enter")
        calls = s.memory().calls
        for _ in range(2):
            await s.press("j")
            await s.tick(0.25 * SECOND)
        assert calls.count("be_present") == 0

        for _ in range(10):
            await s.tick(2 * SECOND)
        assert calls.count("be_present") == 1
        await s.tick(AGAIN)
        assert calls.count("be_present") == 2


class Full(MemoryStore):
    """A store without room for where people are."""

    async def be_present(self, presence: Presence) -> None:
        """Refuse."""
        await super().be_present(presence)
        raise DiskFull(path="inbox.db")


async def test_a_store_that_has_no_room_for_presence_disturbs_nobody(sitting: OpenSitting) -> None:
    """Reading goes on, nothing is said of it, and it is tried once in a while."""
    store = Full()
    async with sitting(store=store) as s:
        await s.press("enter")
        for _ in range(12):
            await s.tick(0.5 * SECOND)

        assert "full" not in s.text()
        assert 1 <= store.calls.count("be_present") <= 2


# ------------------------------------------------------------------------------------------------- held while composing


async def claim_until(s: Sitting) -> Any:
    """Return until when the first message is held by Salem."""
    claim = (await s.bench.message("000")).standing.claim
    return claim.until if claim is not None and claim.holder == "salem" else None


async def test_an_open_editor_keeps_the_claim_alive(sitting: OpenSitting) -> None:
    """Through an hour of thinking, with a handful of events; `since` stays."""
    async with sitting() as s:
        await s.press("r")
        events = len(await s.bench.store.events())
        for _ in range(12):
            await s.tick(5 * MINUTE)
            await s.bench.dispatch.tick()

        claim = (await s.bench.message("000")).standing.claim
        assert claim is not None
        assert (claim.holder, s.bench.clock.at - claim.since) == ("salem", timedelta(hours=1))
        assert claim.holds(s.bench.clock.at + 6 * MINUTE)
        assert len(await s.bench.store.events()) - events <= 9


async def test_a_claim_without_an_editor_is_not_renewed(sitting: OpenSitting) -> None:
    """What was claimed and left is free again, and that is said."""
    async with sitting() as s:
        await s.press("c")
        await s.tick(16 * MINUTE)
        await s.bench.dispatch.tick()
        await s.tick()

        assert await claim_until(s) is None
        assert "your claim has run out" in s.text()


async def test_a_process_that_was_stopped_past_its_lease_takes_up_again_what_nobody_took(sitting: OpenSitting) -> None:
    """Stopped, it renews nothing; the claim runs out, and is taken again with a word."""
    async with sitting() as s:
        await s.press("r")
        await s.write("We")
        s.bench.clock.at += timedelta(hours=1)
        await s.bench.dispatch.tick()
        assert await claim_until(s) is None

        await s.tick()
        await s.tick()
        assert await claim_until(s) == s.bench.clock.at + s.bench.policy.claim_lease
        assert "it is yours again" in " ".join(s.text().split())


async def test_a_process_that_was_stopped_past_its_lease_has_lost_what_a_colleague_took(sitting: OpenSitting) -> None:
    """It is told, keeps its words, and cannot send."""
    async with sitting() as s:
        await s.press("r")
        await s.write("We open at eight")
        s.bench.clock.at += timedelta(hours=1)
        await s.bench.as_("noura").do(Claim(key=key("000")))

        await s.tick()
        assert "noura holds it now" in s.text()
        assert await draft_of(s) == "We open at eight"
        await s.tick(MINUTE)
        assert await claim_until(s) is None


async def test_a_clock_set_back_does_not_stretch_a_claim(sitting: OpenSitting) -> None:
    """A lease that seems longer than leases are is renewed to its length."""
    async with sitting() as s:
        await s.press("r")
        await s.tick(timedelta(hours=-3))

        assert await claim_until(s) == s.bench.clock.at + s.bench.policy.claim_lease


# ------------------------------------------------------------------------------------------------- losing it


async def taken(s: Sitting, why: str = "he went home") -> None:
    """Let a supervisor take the first message over, and the program look round once."""
    held = await s.bench.message("000")
    await s.bench.as_("huda", Role.SUPERVISOR).do(Claim.taking_over(held, why))
    await s.tick()


async def test_the_loser_is_told_inside_the_editor_and_no_letter_is_lost(sitting: OpenSitting) -> None:
    """The line is there with the next look; letters go on into the text, which is kept and cannot be sent."""
    async with sitting() as s:
        await s.press("r")
        await s.write("We open ")
        await taken(s)
        assert "huda has taken it over: he went home. Your text is kept as your draft." in s.text()
        assert await draft_of(s) == "We open "

        await s.write("at eight")
        assert s.on(ComposeScreen)
        assert isinstance(s.app.screen, ComposeScreen)
        assert s.app.screen.editor.text == "We open at eight"

        await s.press("escape")
        assert s.on(ReviewScreen)
        assert await draft_of(s) == "We open at eight"
        assert "It cannot go out now" in s.text()


async def test_the_review_says_it_too_and_sends_nothing(sitting: OpenSitting) -> None:
    """Also when the claim is lost while the review is open."""
    async with sitting() as s:
        await s.press("r")
        await s.write(ANSWER)
        await s.press("escape")
        assert s.on(ReviewScreen)
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # the moment of quiet has its own test
        await taken(s)
        assert "huda has taken it over" in s.text()

        await s.press("s")
        assert s.on(ReviewScreen)
        assert await s.bench.store.entries(EntryState) == ()
        assert await draft_of(s) == ANSWER

        await s.press("e")
        assert s.on(ComposeScreen)
        assert "huda has taken it over" in s.text()


async def test_whoever_has_written_nothing_is_told_of_no_draft(sitting: OpenSitting) -> None:
    """In the editor, which says so with the first words, and in the review."""
    async with sitting() as s:
        await s.press("r")
        await taken(s)
        assert "huda has taken it over: he went home." in s.text()
        assert "draft" not in s.text()

        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # the moment of quiet has its own test
        assert "huda has taken it over: he went home." in s.text()
        assert "as your draft" not in s.text()

        await s.press("e")
        await s.write("We open")
        assert isinstance(s.app.screen, ComposeScreen)
        await s.app.screen._save_soon()
        await s.rest()
        assert "huda has taken it over: he went home. Your text is kept as your draft." in s.text()


async def test_the_list_tells_of_a_draft_only_where_there_is_one(sitting: OpenSitting) -> None:
    """A claim without a word, and one with an answer that was begun."""
    async with sitting() as s:
        await s.press("c")
        await taken(s)
        assert "huda has taken over the message of" in s.text()
        assert "your draft" not in s.text()

        await s.bench.as_("huda").do(Release(key=key("000")))
        await s.tick()
        await s.bench.store.save_draft(Draft(message=str(key("000")), author="salem", text="We open", saved_at=AT))
        await s.press("c")
        await taken(s)
        assert "Your text is kept as your draft." in " ".join(s.text().split())


async def test_after_the_loss_the_review_offers_what_can_be_done_and_no_more(sitting: OpenSitting) -> None:
    """No sending and no open gate; taking over again with a reason opens both."""
    async with sitting() as s:
        await s.press("r")
        await s.write(ANSWER)
        await taken(s)
        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # as above
        footer = s.lines()[-1]
        assert "c take over" in footer
        assert "s send" not in footer
        assert "m in private" not in footer
        assert "Open. After s" not in s.text()
        assert "c takes the message over again with a reason, p goes back" in " ".join(s.text().split())

        await s.press("c")
        assert "huda holds it, since 08:00" in s.text()
        await s.write("the person asked for me")
        await s.press("enter")
        assert s.on(ReviewScreen)
        footer = s.lines()[-1]
        assert "s send" in footer
        assert "take over" not in footer
        assert "Open. After s" in s.text()
        await s.press("s")
        assert (await s.bench.message("000")).standing.state is MessageState.WAITING


async def test_what_is_settled_cannot_be_taken_over_again(sitting: OpenSitting) -> None:
    """The review keeps or discards; discarding gives nothing back that is a colleague's."""
    async with sitting() as s:
        await s.press("r")
        await s.write(ANSWER)
        await taken(s)
        await s.bench.as_("huda").do(Done(key=key("000")))
        await s.tick()
        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # as above
        footer = s.lines()[-1]
        assert "take over" not in footer
        assert "s send" not in footer
        assert "It cannot go out from here; p goes back." in s.text()

        await s.press("c")
        assert s.on(ReviewScreen)
        await s.press("?")
        assert "Send outside service hours" not in s.text()
        assert s.text().count("Confirm the warning") == 1
        await s.press("escape", "d")
        assert "goes back to the queue" not in s.text()
        await s.press("y")
        assert s.on(InboxScreen)
        assert (await s.bench.message("000")).standing.state is MessageState.DONE
        assert await draft_of(s) == ""


async def test_a_draft_of_what_is_lost_is_kept_and_found_again(sitting: OpenSitting) -> None:
    """The key that would answer does not bring it back: that of the drafts does."""
    async with sitting() as s:
        await s.press("r")
        await s.write(ANSWER)
        await taken(s)
        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # as above
        await s.press("p")
        assert s.on(InboxScreen)
        assert "The draft is kept; p in the list shows it." in s.text()

        await s.press("p")
        assert ANSWER in s.text()


async def test_a_colleagues_claim_outlives_a_discarded_draft(sitting: OpenSitting) -> None:
    """Nothing is given back, and nothing is refused."""
    async with sitting() as s:
        await s.press("r")
        await s.write(ANSWER)
        await taken(s)
        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # as above
        await s.press("d", "y")

        assert s.on(InboxScreen)
        assert "holds this message" not in s.text()
        claim = (await s.bench.message("000")).standing.claim
        assert claim is not None
        assert claim.holder == "huda"


@pytest.mark.parametrize("place", ["list", "thread of another", "dialog"])
async def test_the_loser_is_told_wherever_they_are(sitting: OpenSitting, place: str) -> None:
    """With the name, the reason and whose message it is; a dialog does not hide it."""
    async with sitting() as s:
        await s.press("c", "j")
        match place:
            case "dialog":
                await s.press("d")
                assert s.on(PickScreen)
            case "thread of another":
                await s.press("enter")
                assert s.on(ThreadScreen)
            case _:
                pass
        await taken(s)

        text = " ".join(s.text().split())
        assert "huda has taken over the message of" in text
        assert "he went home" in text

        await s.tick(timedelta(seconds=31))
        assert "huda has taken over" not in s.text()


@pytest.mark.parametrize("stroke", ["r", "e", "z"])
async def test_a_key_on_what_a_colleague_holds_says_who_since_when_and_the_ways(
    sitting: OpenSitting, stroke: str
) -> None:
    """No raw name of the message where it says what happened, and no word of a text that nobody has written."""
    async with sitting() as s:
        await s.bench.as_("noura").do(Claim(key=key("000")))
        await s.tick(5 * MINUTE)

        await s.press(stroke)

        text = " ".join(s.text().split())
        assert "noura holds this message, since 08:00. Nothing was changed. It is free at 08:15" in text
        assert "c on the screen, majlis claim --take-over on the command line." in text
        assert str(key("000")) not in text
        assert "draft" not in text


async def test_a_take_over_is_refused_when_somebody_else_holds_it_by_now(sitting: OpenSitting) -> None:
    """The question named Noura; Huda has it when the reason is typed, and keeps it."""
    async with sitting() as s:
        await s.bench.as_("noura").do(Claim(key=key("000")))
        await s.tick()
        await s.press("c")
        assert "noura holds it, since 08:00, and is told about it." in s.text()
        await s.bench.as_("noura").do(Release(key=key("000")))
        await s.bench.as_("huda").do(Claim(key=key("000")))

        await s.write("she went home")
        await s.press("enter")

        assert "Not taken over from noura" in s.text()
        assert "It is huda who holds this message now" in " ".join(s.text().split())
        claim = (await s.bench.message("000")).standing.claim
        assert claim is not None
        assert claim.holder == "huda"


async def test_no_reason_is_asked_for_what_may_not_be_taken_over(sitting: OpenSitting) -> None:
    """Whoever is writing is left in peace; that is said before anybody types why."""
    async with sitting() as s:
        await s.bench.as_("noura").do(Claim(key=key("000")))
        await there(s, Doing.COMPOSING)

        await s.press("c")

        assert s.on(InboxScreen)
        assert "noura is writing an answer just now" in s.text()


async def test_the_draft_of_the_loser_is_offered_again(sitting: OpenSitting) -> None:
    """As soon as the message is free."""
    async with sitting() as s:
        await s.press("r")
        await s.write("We open at eight")
        await taken(s)
        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # as above
        await s.press("p")
        await s.bench.as_("huda").do(Release(key=key("000")))
        await s.tick()

        await s.press("r")
        assert isinstance(s.app.screen, ComposeScreen)
        assert s.app.screen.editor.text == "We open at eight"
        assert "Your draft is back." in s.text()


async def drafts(s: Sitting) -> None:
    """Open the list of drafts."""
    await s.press("p")


async def test_drafts_are_offered_at_the_start_with_the_key_that_shows_them(
    sitting: OpenSitting, memory: MemoryStore
) -> None:
    """Picked, it leads to its thread, where r goes on writing."""
    store = memory
    await store.save_draft(Draft(message=str(key("004")), author="salem", text="We open", saved_at=AT))
    await store.save_draft(Draft(message=str(key("001")), author="noura", text="hers", saved_at=AT))
    async with sitting(store=store) as s:
        assert "1 draft of yours was not sent; p shows it." in s.text()

        await drafts(s)
        assert s.on(PickScreen)
        assert "We open" in s.text()
        assert "hers" not in s.text()
        await s.press("1")
        assert s.on(ThreadScreen)
        await s.press("r")
        assert isinstance(s.app.screen, ComposeScreen)
        assert s.app.screen.editor.text == "We open"


async def test_a_draft_that_can_no_longer_go_out_may_be_discarded(sitting: OpenSitting) -> None:
    """After asking, with its words in sight."""
    async with sitting() as s:
        await s.bench.store.save_draft(Draft(message=str(key("000")), author="salem", text="We open", saved_at=AT))
        await s.bench.as_("noura").do(Done(key=key("000")))

        await drafts(s)
        await s.press("1")
        assert s.on(AskScreen)
        assert "We open" in s.text()
        await s.press("y")
        assert await s.bench.store.drafts("salem") == ()

        await drafts(s)
        assert "You have no drafts." in s.text()


async def test_what_was_answered_meanwhile_is_said(sitting: OpenSitting) -> None:
    """A colleague whose claim came after ours ran out has sent an answer."""
    async with sitting() as s:
        await s.press("r")
        s.bench.clock.at += timedelta(hours=1)
        await s.bench.as_("noura").do(Claim(key=key("000")))
        await s.bench.as_("noura").do(Reply(key=key("000"), text=ANSWER))
        await s.tick()

        assert "It has been dealt with meanwhile: waiting" in s.text()


async def test_ones_own_actions_are_no_loss(sitting: OpenSitting) -> None:
    """Closing, giving back and sending what one holds alarms nobody."""
    async with sitting() as s:
        await s.press("c", "d", "2")
        await s.tick()
        await s.press("c", "c")
        await s.tick()
        await s.press("r")
        await s.write(ANSWER)
        await s.press("escape")
        s.app.screen._is_armed = True  # type: ignore[attr-defined]  # as above
        await s.press("s")
        await s.tick()

        assert "draft" not in s.text()
        assert "run out" not in s.text()


# ------------------------------------------------------------------------------------------------- at the end


async def test_what_a_sitting_holds_goes_back_when_it_ends(sitting: OpenSitting) -> None:
    """Whatever was claimed here; what the same person claimed elsewhere stays theirs."""
    async with sitting() as s:
        await s.bench.desk.do(Claim(key=key("005")))
        await s.press("c", "j", "r")

        await s.app.give_back()

        states = [(await s.bench.message(name)).standing.state for name in ("000", "001", "005")]
        assert states == [MessageState.NEW, MessageState.NEW, MessageState.CLAIMED]
