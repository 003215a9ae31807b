"""The desk: what each command leads to, and why it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import (
    Claim,
    Command,
    Done,
    DoneReason,
    Escalate,
    Hide,
    Note,
    Override,
    OverrideReason,
    Release,
    Reply,
    Reveal,
    Snooze,
    Tag,
    TakeBack,
    WriteMemo,
)
from majlis.errors import (
    Blocked,
    Conflict,
    Covered,
    EmptyText,
    Held,
    HeldByAnother,
    MajlisError,
    NeedsNote,
    NotAllowed,
    NotFound,
    NothingToUndo,
    NotOffered,
    OutsideHours,
    ReasonTooShort,
    StillWriting,
    WrongState,
)
from majlis.message import Network, ObjectKind, Span, Standing
from majlis.outbox import Action
from majlis.policy import Role
from majlis.presence import LIFE, QUIET, Doing, Presence
from majlis.states import MESSAGE_TABLE, CaseState, EntryState, MessageState
from majlis.windows import Window
from tests.builders import AT, AUTHOR, Bench, key, message, page

if TYPE_CHECKING:
    from majlis.message import Message
    from majlis.ports import Store

EVENING = AT + timedelta(hours=12)
ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"


@pytest.fixture
async def bench(store: Store) -> Bench:
    """A desk on a store with one message of Maha's."""
    await store.ingest(page(message()))
    return Bench(store)


async def test_a_claim_is_mine_until_the_lease_runs_out(bench: Bench) -> None:
    """It names holder and time, and takes the message out of `new`."""
    outcome = await bench.desk.do(Claim(key=key()))

    standing = (await bench.message()).standing
    assert standing.state is MessageState.CLAIMED
    assert standing.claim is not None
    assert (standing.claim.holder, standing.claim.until) == ("salem", AT + bench.policy.claim_lease)
    assert outcome.message == replace(await bench.message(), rev=outcome.message.rev if outcome.message else 0)


async def test_a_second_claim_renews_the_first(bench: Bench) -> None:
    """Composing keeps it alive; `since` stays."""
    await bench.desk.do(Claim(key=key()))
    bench.clock.at += timedelta(minutes=10)

    await bench.desk.do(Claim(key=key()))

    claim = (await bench.message()).standing.claim
    assert claim is not None
    assert (claim.since, claim.until) == (AT, bench.clock.at + bench.policy.claim_lease)


@pytest.mark.parametrize(
    "command",
    [Claim(key=key()), Reply(key=key(), text=ANSWER), Escalate(key=key()), Done(key=key()), Snooze(key=key())],
)
async def test_what_a_colleague_composes_is_left_alone(bench: Bench, command: Command) -> None:
    """The refusal names the colleague, and nothing is written."""
    await bench.as_("noura").do(Claim(key=key()))
    before = await bench.store.revision()

    with pytest.raises(Held) as caught:
        await bench.desk.do(command)

    assert caught.value.facts["colleague"] == "noura"
    assert await bench.store.revision() == before


async def test_the_refusal_says_since_when_it_is_held_and_how_it_is_taken_over(bench: Bench) -> None:
    """In local time, with the key and the command; it says nothing of a text that nobody has written."""
    await bench.as_("noura").do(Claim(key=key()))
    bench.clock.at += timedelta(minutes=5)

    with pytest.raises(Held) as caught:
        await bench.desk.do(Claim(key=key()))

    since, until = (bench.policy.hours.local(AT + late) for late in (timedelta(), bench.policy.claim_lease))
    said = str(caught.value)
    assert said.startswith(f"noura holds this message, since {since:%H:%M}. Nothing was changed.")
    assert f"free at {until:%H:%M}" in said
    assert "c on the screen, majlis claim --take-over on the command line" in said


async def test_since_when_is_said_with_its_day_where_that_is_another_one(bench: Bench) -> None:
    """A claim that is kept alive through the night."""
    await bench.as_("noura").do(Claim(key=key()))
    for _ in range(6 * 24):
        bench.clock.at += timedelta(minutes=10)
        await bench.as_("noura").do(Claim(key=key()))

    with pytest.raises(Held, match=f"since {bench.policy.hours.local(AT):%Y-%m-%d %H:%M}"):
        await bench.desk.do(Claim(key=key()))


async def test_a_claim_can_be_taken_over_with_a_reason(bench: Bench) -> None:
    """From whom and why are in the event."""
    await bench.as_("noura").do(Claim(key=key()))

    outcome = await bench.desk.do(Claim.taking_over(await bench.message(), "she went home"))

    assert outcome.said.facts == {"colleague": "noura"}
    claim = (await bench.message()).standing.claim
    assert claim is not None
    assert (claim.holder, claim.taken_from, claim.why) == ("salem", "noura", "she went home")
    event = (await bench.store.events())[-1]
    assert event.action == "take_over"
    assert (await bench.store.payloads(event.rev - 1))[event.rev] == {"why": "she went home", "from": "noura"}


@pytest.mark.parametrize("reason", ["", "  "])
async def test_no_reason_takes_nothing_over(bench: Bench, reason: str) -> None:
    """Blanks are no reason."""
    await bench.as_("noura").do(Claim(key=key()))

    with pytest.raises(Held):
        await bench.desk.do(Claim.taking_over(await bench.message(), reason))


async def test_nothing_is_taken_over_from_whoever_is_not_named(bench: Bench) -> None:
    """A reason alone may have been meant for somebody else."""
    await bench.as_("noura").do(Claim(key=key()))

    with pytest.raises(Held):
        await bench.desk.do(Claim(key=key(), take_over="she went home"))


@pytest.mark.parametrize("holder", ["huda", "noura"])
async def test_what_has_changed_hands_since_is_not_taken_over(bench: Bench, holder: str) -> None:
    """Another colleague holds it, or the same one has claimed it anew: the refusal names both, nothing is written."""
    await bench.as_("noura").do(Claim(key=key()))
    seen = await bench.message()
    bench.clock.at += timedelta(minutes=1)
    await bench.as_("noura").do(Release(key=key()))
    await bench.as_(holder).do(Claim(key=key()))
    before = await bench.store.revision()

    with pytest.raises(HeldByAnother, match="Not taken over from noura") as caught:
        await bench.desk.do(Claim.taking_over(seen, "she went home"))

    assert caught.value.facts["colleague"] == holder
    assert await bench.store.revision() == before


async def test_what_was_given_back_meanwhile_is_claimed_and_that_is_said(bench: Bench) -> None:
    """The history names no take-over."""
    await bench.as_("noura").do(Claim(key=key()))
    seen = await bench.message()
    await bench.as_("noura").do(Release(key=key()))

    outcome = await bench.desk.do(Claim.taking_over(seen, "she went home"))

    assert outcome.said.template == "Claimed; {colleague} did not hold it any more."
    assert outcome.said.facts == {"colleague": "noura"}
    assert (await bench.store.events())[-1].action == "claim"


async def test_a_renewal_in_between_stops_no_take_over(bench: Bench) -> None:
    """It is the same claim still."""
    await bench.as_("noura").do(Claim(key=key()))
    seen = await bench.message()
    bench.clock.at += timedelta(minutes=8)
    await bench.as_("noura").do(Claim(key=key()))

    await bench.desk.do(Claim.taking_over(seen, "she went home"))

    assert (await bench.store.events())[-1].action == "take_over"


async def test_a_reason_for_what_nobody_holds_is_a_plain_claim(bench: Bench) -> None:
    """The history names as taken over only what was."""
    await bench.desk.do(Claim(key=key(), take_over="just in case"))

    claim = (await bench.message()).standing.claim
    assert claim is not None
    assert (claim.taken_from, claim.why) == (None, None)
    assert (await bench.store.events())[-1].action == "claim"


def typing(bench: Bench, operator: str = "noura") -> Presence:
    """Return that somebody types an answer at this moment."""
    now = bench.clock.at
    return Presence(
        sitting=f"{operator}-1",
        operator=operator,
        message=str(key()),
        doing=Doing.COMPOSING,
        since=now,
        stirred=now,
        until=now + LIFE,
    )


async def test_nobody_is_taken_from_while_they_type_but_by_a_supervisor(bench: Bench) -> None:
    """The refusal says who may, and when everybody may."""
    await bench.as_("noura").do(Claim(key=key()))
    await bench.store.be_present(typing(bench))

    with pytest.raises(StillWriting, match="noura is writing"):
        await bench.desk.do(Claim(key=key(), take_over="it is urgent", holder="noura"))

    await bench.as_("huda", Role.SUPERVISOR).do(Claim.taking_over(await bench.message(), "it is urgent"))
    claim = (await bench.message()).standing.claim
    assert claim is not None
    assert claim.holder == "huda"


@pytest.mark.parametrize("case", ["quiet", "gone", "reading", "elsewhere"])
async def test_whoever_types_no_more_may_be_taken_from(bench: Bench, case: str) -> None:
    """Two quiet minutes, a line that is cut, somebody who only reads, or who writes to somebody else."""
    await bench.as_("noura").do(Claim(key=key()))
    at = typing(bench)
    bench.clock.at += QUIET
    alive = replace(at, until=bench.clock.at + LIFE)
    fresh = replace(alive, stirred=bench.clock.at)
    await bench.store.be_present(
        {
            "quiet": alive,
            "gone": replace(at, stirred=bench.clock.at),
            "reading": replace(fresh, doing=Doing.READING),
            "elsewhere": replace(fresh, message=str(key("2"))),
        }[case]
    )

    await bench.desk.do(Claim.taking_over(await bench.message(), "she does not answer"))

    assert (await bench.message()).standing.claim is not None
    assert (await bench.store.events())[-1].action == "take_over"


async def test_a_claim_that_was_taken_over_is_renewed_with_its_story(bench: Bench) -> None:
    """From whom and why stays in sight while the new holder composes."""
    await bench.as_("noura").do(Claim(key=key()))
    await bench.desk.do(Claim.taking_over(await bench.message(), "she went home"))

    await bench.desk.do(Claim(key=key()))

    claim = (await bench.message()).standing.claim
    assert claim is not None
    assert (claim.taken_from, claim.why) == ("noura", "she went home")


async def test_a_lease_that_has_run_out_holds_nobody_up(bench: Bench) -> None:
    """After a dropped line the next one may go on."""
    await bench.as_("noura").do(Claim(key=key()))
    bench.clock.at += bench.policy.claim_lease

    await bench.desk.do(Reply(key=key(), text=ANSWER))

    assert (await bench.message()).standing.state is MessageState.WAITING


async def test_release_gives_it_back(bench: Bench) -> None:
    """To new, without a holder."""
    await bench.desk.do(Claim(key=key()))

    await bench.desk.do(Release(key=key()))

    assert (await bench.message()).standing.claim is None
    assert (await bench.message()).standing.state is MessageState.NEW


async def test_a_reply_is_held_ten_seconds(bench: Bench) -> None:
    """Byte for byte what was written, with the person's address and the thread's stamp."""
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))

    entry = await bench.entry(outcome.entry)
    assert (entry.state, entry.due_at, entry.text) == (EntryState.HELD, AT + timedelta(seconds=10), ANSWER)
    assert entry.stamp
    assert (await bench.message()).standing.entry == entry.id


async def test_a_private_message_is_answered_in_private(bench: Bench) -> None:
    """The action follows from what the message is."""
    private = message("m", kind=ObjectKind.PRIVATE, recipient="psid")
    await bench.store.ingest(page(private))

    outcome = await bench.desk.do(Reply(key=private.key, text=ANSWER))

    entry = await bench.entry(outcome.entry)
    assert (entry.action.value, entry.recipient) == ("message", "psid")


async def test_a_public_message_can_be_answered_privately_where_the_network_has_that(bench: Bench) -> None:
    """The writer alone reads it: the rules, the length and the window are those of a private answer."""
    asked = message("fb", network=Network.FACEBOOK)
    await bench.store.ingest(page(asked))
    asking = "أرسل رقم ملفك في رد على هذا التعليق"  # Arabic: send your file number in answer to this comment
    in_public = await bench.desk.review(asked.key, asking)
    in_private = await bench.desk.review(asked.key, asking, private=True)
    outcome = await bench.desk.do(Reply(key=asked.key, text=asking, private=True))

    assert (in_public.private, in_public.limit, in_public.window) == (False, 8_000, None)
    assert (in_private.private, in_private.limit) == (True, 2_000)
    assert "R-PII-ASK" in {f.rule for f in in_public.findings} - {f.rule for f in in_private.findings}
    assert in_private.window == Window(plain_until=AT + timedelta(days=7), once=True)
    assert (await bench.entry(outcome.entry)).action is Action.MESSAGE


async def test_a_network_without_private_answers_has_none_to_a_public_message(bench: Bench) -> None:
    """It is refused before anything is written."""
    video = key("yt", network=Network.YOUTUBE)
    await bench.store.ingest(page(message("yt", key=video)))
    with pytest.raises(NotOffered):
        await bench.desk.do(Reply(key=video, text=ANSWER, private=True))
    with pytest.raises(NotOffered):
        await bench.desk.review(video, ANSWER, private=True)
    assert await bench.store.entries(list(EntryState)) == ()


async def test_on_x_a_public_message_may_be_answered_privately_at_any_time(bench: Bench) -> None:
    """The way out where X does not let us answer in public; X sets it no limit in time."""
    review = await bench.desk.review(key(), ANSWER, private=True)
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER, private=True))

    assert review.window is None
    assert review.limit == 10_000
    assert (await bench.entry(outcome.entry)).action is Action.MESSAGE


async def test_a_hold_never_crosses_closing(bench: Bench) -> None:
    """At 14:29:55 it ends with the last second that is open, and the review says so."""
    bench.clock.at = AT + timedelta(hours=6, minutes=29, seconds=55)

    review = await bench.desk.review(key(), ANSWER)
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))

    assert review.hold_shortened
    assert (await bench.entry(outcome.entry)).due_at == AT + timedelta(hours=6, minutes=29, seconds=59)


async def test_outside_hours_a_reply_is_refused_and_says_when(bench: Bench) -> None:
    """The draft stays; the operator chooses."""
    bench.clock.at = EVENING

    with pytest.raises(OutsideHours) as caught:
        await bench.desk.do(Reply(key=key(), text=ANSWER))

    assert caught.value.facts["next_open"] == "2026-11-24 07:30"
    assert (await bench.message()).standing.state is MessageState.NEW


async def test_outside_hours_it_can_wait_for_the_opening(bench: Bench) -> None:
    """Queued, due at the next opening."""
    bench.clock.at = EVENING

    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER, queue=True))

    entry = await bench.entry(outcome.entry)
    assert (entry.state, entry.due_at) == (EntryState.QUEUED, AT + timedelta(hours=23, minutes=30))


async def test_an_override_needs_role_reason_and_note(bench: Bench) -> None:
    """A supervisor with a note of ten characters may send now; a block stays a block."""
    bench.clock.at = EVENING
    override = Override(reason=OverrideReason.LIFE_SAFETY, note="asked by the duty doctor")
    supervisor = bench.as_("huda", Role.OPERATOR, Role.SUPERVISOR)

    with pytest.raises(NotAllowed):
        await bench.desk.do(Reply(key=key(), text=ANSWER, override=override))
    with pytest.raises(ReasonTooShort):
        await supervisor.do(Reply(key=key(), text=ANSWER, override=replace(override, note="now")))
    with pytest.raises(Blocked):
        await supervisor.do(Reply(key=key(), text=f"{ANSWER} 0500009001", override=override))
    outcome = await supervisor.do(Reply(key=key(), text=ANSWER, override=override))

    assert (await bench.entry(outcome.entry)).override == "life_safety: asked by the duty doctor"


@pytest.mark.parametrize("text", ["اتصل على 0500009001", "اكتب إلى maha@mail.example"])
async def test_personal_contact_data_blocks(bench: Bench, text: str) -> None:
    """Nothing is written, and the finding says where."""
    with pytest.raises(Blocked) as caught:
        await bench.desk.do(Reply(key=key(), text=text))

    assert caught.value.findings
    assert (await bench.message()).standing.state is MessageState.NEW
    assert await bench.store.entries(EntryState) == ()


async def test_official_contacts_pass(bench: Bench) -> None:
    """The ministry's own number is there to be given."""
    await bench.desk.do(Reply(key=key(), text="يسعدنا اتصالك على 80090014 لحجز الموعد"))

    assert (await bench.message()).standing.state is MessageState.WAITING


async def test_an_empty_reply_is_refused(bench: Bench) -> None:
    """Blanks are nothing."""
    with pytest.raises(EmptyText):
        await bench.desk.do(Reply(key=key(), text=" \n "))


async def test_a_thread_that_changed_meanwhile_is_a_conflict(bench: Bench) -> None:
    """The person wrote again while the answer was written."""
    review = await bench.desk.review(key(), ANSWER)
    await bench.store.ingest(page(message("2", text="تم الحل، شكرا")))

    with pytest.raises(Conflict):
        await bench.desk.do(Reply(key=key(), text=ANSWER, stamp=review.stamp))


async def test_answering_offers_the_same_persons_earlier_messages(bench: Bench) -> None:
    """They may be served by the same answer; nothing happens to them by itself."""
    later = message("2", created_at=AT + timedelta(minutes=1))
    other = message("0", author=replace(AUTHOR, id="u-omar"), created_at=AT - timedelta(minutes=1))
    await bench.store.ingest(page(later, other))

    outcome = await bench.desk.do(Reply(key=later.key, text=ANSWER))

    assert outcome.also == (key(),)
    assert (await bench.message()).standing.state is MessageState.NEW


async def test_a_held_reply_is_called_back_as_a_draft(bench: Bench) -> None:
    """The entry is recalled, the message is mine again, the text is there."""
    await bench.desk.do(Claim(key=key()))
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))

    await bench.desk.do(TakeBack())

    assert (await bench.entry(outcome.entry)).state is EntryState.RECALLED
    assert (await bench.message()).standing.state is MessageState.CLAIMED
    draft = await bench.store.draft(key(), "salem")
    assert draft is not None
    assert draft.text == ANSWER


async def test_what_has_gone_out_is_not_taken_back(bench: Bench) -> None:
    """The sender was faster."""
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))
    entry = await bench.entry(outcome.entry)
    await bench.apply(entry.stepped("start"))

    with pytest.raises(NothingToUndo):
        await bench.desk.do(TakeBack())


async def test_undo_takes_back_what_is_local(bench: Bench) -> None:
    """Done, then undone: as it was."""
    before = await bench.message()
    await bench.desk.do(Done(key=key(), reason=DoneReason.SPAM))
    assert (await bench.message()).standing.reason == "spam"

    await bench.desk.do(TakeBack())

    assert (await bench.message()).standing == replace(before.standing, unseen=False)
    with pytest.raises(NothingToUndo):
        await bench.desk.do(TakeBack())


async def test_undo_leaves_alone_what_a_colleague_did_since(bench: Bench) -> None:
    """Mine is not the last word any more."""
    await bench.desk.do(Snooze(key=key()))
    await bench.as_("noura").do(Done(key=key()))

    with pytest.raises(NothingToUndo):
        await bench.desk.do(TakeBack())


async def test_taking_a_tag_back_leaves_alone_what_else_was_done(bench: Bench) -> None:
    """A colleague has closed it, I have claimed it: only the tag goes."""
    await bench.desk.do(Tag(key=key(), add=("school",)))
    await bench.as_("noura").do(Done(key=key()))
    await bench.desk.do(TakeBack())

    standing = (await bench.message()).standing
    assert (standing.state, standing.reason, standing.tags) == (MessageState.DONE, DoneReason.NO_REPLY_NEEDED, ())


async def test_taking_a_tag_back_keeps_my_claim(bench: Bench) -> None:
    """The claim is given back with its own key."""
    await bench.desk.do(Tag(key=key(), add=("school",)))
    await bench.desk.do(Claim(key=key()))
    await bench.desk.do(TakeBack())

    standing = (await bench.message()).standing
    assert (standing.state, standing.tags) == (MessageState.CLAIMED, ())


async def test_snooze_comes_back_at_the_next_opening(bench: Bench) -> None:
    """Strictly after now."""
    await bench.desk.do(Snooze(key=key()))

    assert (await bench.message()).standing.snoozed_until == AT + timedelta(hours=23, minutes=30)


async def test_escalating_twice_is_one_case(bench: Bench) -> None:
    """The key pressed again finds the case."""
    first = await bench.desk.do(Escalate(key=key(), reason="payment"))
    again = await bench.desk.do(Escalate(key=key(), reason="payment"))

    assert first.case is not None
    assert again.case is not None
    assert first.case.id == again.case.id
    assert len(await bench.store.cases("moh", "t")) == 1


async def test_the_packet_has_all_and_protects_contacts(bench: Bench) -> None:
    """Thread before it, contact data in its own field, promised times in working minutes."""
    text = "رقمي 0500009001 اتصلوا بي"
    asked = message(
        "2", text=text, created_at=AT + timedelta(minutes=5), personal=(Span(start=5, end=15, category="phone"),)
    )
    await bench.store.ingest(page(asked))

    outcome = await bench.desk.do(Escalate(key=asked.key, reason="payment"))

    assert outcome.case is not None
    packet = outcome.case.packet
    assert packet.contact == ("0500009001",)
    assert packet.text == text
    assert [line.text for line in packet.earlier] == [message().text]
    assert outcome.case.acknowledge_by == bench.policy.hours.due_at(AT, 420)


async def test_a_second_message_of_the_person_joins_the_case(bench: Bench) -> None:
    """One matter, one case; taking the second back leaves the first."""
    await bench.store.ingest(page(message("2")))
    await bench.desk.do(Escalate(key=key("1"), reason="payment"))
    await bench.desk.do(Escalate(key=key("2"), reason="payment"))

    (case,) = await bench.store.cases("moh", "t")
    assert case.messages == (str(key("1")), str(key("2")))
    await bench.desk.do(TakeBack())
    (case,) = await bench.store.cases("moh", "t")
    assert (case.messages, case.state) == ((str(key("1")),), CaseState.ESCALATED)


async def test_taking_an_escalation_back_withdraws_the_case(bench: Bench) -> None:
    """While nobody has acknowledged it."""
    await bench.desk.do(Escalate(key=key(), reason="payment"))
    await bench.desk.do(TakeBack())

    (case,) = await bench.store.cases("moh", "t")
    assert case.state is CaseState.WITHDRAWN
    assert (await bench.message()).standing.state is MessageState.NEW


async def test_some_reasons_need_a_line(bench: Bench) -> None:
    """The refusal asks for it; with it the case carries it, and it can be added later."""
    with pytest.raises(NeedsNote):
        await bench.desk.do(Escalate(key=key(), reason="staff_complaint"))
    await bench.desk.do(Escalate(key=key(), reason="staff_complaint", note="asks for the manager"))
    await bench.desk.do(Note(key=key(), text="asks for the manager, today"))

    (case,) = await bench.store.cases("moh", "t")
    assert case.note == "asks for the manager, today"


async def test_an_unknown_reason_is_refused(bench: Bench) -> None:
    """By name."""
    with pytest.raises(NotFound, match=r"“weather” is none of these: .*personal_case"):
        await bench.desk.do(Escalate(key=key(), reason="weather"))


async def test_hiding_is_allowed_at_any_hour(bench: Bench) -> None:
    """It protects a person (D8)."""
    bench.clock.at = EVENING

    outcome = await bench.desk.do(Hide(key=key()))

    assert (await bench.entry(outcome.entry)).due_at == EVENING


async def test_a_private_message_cannot_be_hidden(bench: Bench) -> None:
    """There is nothing to hide from anybody."""
    private = message("m", kind=ObjectKind.PRIVATE)
    await bench.store.ingest(page(private))

    with pytest.raises(WrongState):
        await bench.desk.do(Hide(key=private.key))


async def test_a_memo_stays_inside(bench: Bench) -> None:
    """It makes no entry and leaves the message as it is."""
    before = await bench.message()
    await bench.desk.do(WriteMemo(key=key(), text="called yesterday"))

    (memo,) = await bench.store.memos("moh", "t")
    assert (memo.author, memo.text) == ("salem", "called yesterday")
    assert await bench.message() == before
    assert await bench.store.entries(EntryState) == ()


async def test_tags_are_added_removed_and_taken_back(bench: Bench) -> None:
    """Each once, in order."""
    await bench.desk.do(Tag(key=key(), add=("vaccine", "school")))
    await bench.desk.do(Tag(key=key(), add=("vaccine",), remove=("school",)))
    assert (await bench.message()).standing.tags == ("vaccine",)

    await bench.desk.do(TakeBack())
    assert (await bench.message()).standing.tags == ("school", "vaccine")


async def test_looking_at_masked_data_is_logged(bench: Bench) -> None:
    """One event, with the actor: whoever has claimed the message, or a supervisor; nobody else looks."""
    with pytest.raises(Covered):
        await bench.desk.do(Reveal(key=key()))
    await bench.desk.do(Claim(key=key()))
    await bench.desk.do(Reveal(key=key()))
    with pytest.raises(Covered):
        await bench.as_("noura").do(Reveal(key=key()))
    await bench.as_("amal", Role.SUPERVISOR).do(Reveal(key=key()))

    events = await bench.store.events()
    looks = [(event.actor, event.subject) for event in events if event.action == "reveal"]
    assert looks == [("salem", str(key())), ("amal", str(key()))]


async def test_who_has_no_part_in_it_changes_nothing(bench: Bench) -> None:
    """An auditor reads."""
    auditor = bench.as_("amal", Role.AUDITOR)

    for command in (Claim(key=key()), Reply(key=key(), text=ANSWER), Done(key=key()), TakeBack()):
        with pytest.raises(NotAllowed):
            await auditor.do(command)
    assert await bench.store.revision() == 1


@pytest.mark.parametrize("state", MessageState)
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("claim", Claim(key=key())),
        ("release", Release(key=key())),
        ("reply", Reply(key=key(), text=ANSWER)),
        ("escalate", Escalate(key=key(), reason="payment")),
        ("done", Done(key=key())),
        ("snooze", Snooze(key=key())),
    ],
)
async def test_no_command_reaches_a_state_outside_the_table(
    store: Store, state: MessageState, name: str, command: Command
) -> None:
    """Either the table's state, or a refusal and nothing written."""
    bench = Bench(store)
    await bench.store.ingest(page(message(standing=Standing(state=state))))
    expected = MESSAGE_TABLE[name].get(state)

    error: MajlisError | None = None
    try:
        await bench.desk.do(command)
    except MajlisError as caught:
        error = caught

    after: Message = await bench.message()
    if expected is None and not (name == "claim" and state is MessageState.CLAIMED):
        assert isinstance(error, WrongState)
        assert after.standing.state is state
    else:
        assert error is None
        assert after.standing.state is (expected or MessageState.CLAIMED)
