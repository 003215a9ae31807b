"""The hand-off: what is judged again, what is written when, and what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import Claim, Done, Hide, Override, OverrideReason, Release, Reply, Snooze
from majlis.errors import Busy, NotAnswerable, Refused, Unknown
from majlis.message import Network, ObjectKind, Standing
from majlis.outbox import Entry, Receipt
from majlis.policy import Role
from majlis.states import EntryState, MessageState
from tests.builders import AT, Bench, key, message, page

if TYPE_CHECKING:
    from majlis.ports import Store

ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"
HELD = timedelta(seconds=10)
CLOSING = AT + timedelta(hours=6, minutes=30)
OPENING = AT + timedelta(hours=23, minutes=30)
RECEIPT = Receipt(native_id="99", at=AT + HELD, link="https://example.org/99")


@pytest.fixture
async def bench(store: Store) -> Bench:
    """One message of Maha's, answered by Salem."""
    await store.ingest(page(message()))
    return Bench(store)


async def replied(bench: Bench, **fields: object) -> Entry:
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER, **fields))  # type: ignore[arg-type]  # shorthand
    return await bench.entry(outcome.entry)


async def started(bench: Bench) -> Entry:
    entry = await replied(bench)
    bench.clock.at += HELD
    going = await bench.dispatch.release(entry)
    assert going is not None
    return going


async def test_a_private_answer_to_a_public_message_goes_out_as_one(bench: Bench) -> None:
    """It answers the message, and stands in no public thread: the conversation comes with the next poll."""
    asked = message("fb", network=Network.FACEBOOK)
    await bench.store.ingest(page(asked))
    outcome = await bench.desk.do(Reply(key=asked.key, text=ANSWER, private=True))
    bench.clock.at += HELD
    going = await bench.dispatch.release(await bench.entry(outcome.entry))
    assert going is not None
    await bench.dispatch.sent(going, RECEIPT)

    answered = await bench.store.message(asked.key)
    assert answered is not None
    assert answered.standing.state is MessageState.ANSWERED
    assert [m.key for m in await bench.store.thread("moh", asked.thread) if m.ours] == []


async def test_nothing_leaves_the_hold_early(bench: Bench) -> None:
    """Nine seconds are not ten."""
    entry = await replied(bench)
    bench.clock.at += HELD - timedelta(seconds=1)

    assert await bench.dispatch.release(entry) is None
    assert (await bench.entry(entry)).state is EntryState.HELD


async def test_sending_is_written_before_the_call(bench: Bench) -> None:
    """With the attempt and its time, so that a crash leaves a trace."""
    entry = await started(bench)

    kept = await bench.entry(entry)
    assert (kept.state, kept.attempts, kept.attempted_at) == (EntryState.SENDING, 1, AT + HELD)


async def test_two_senders_cannot_both_start(bench: Bench) -> None:
    """The second finds it gone."""
    entry = await replied(bench)
    bench.clock.at += HELD

    assert await bench.dispatch.release(entry) is not None
    assert await bench.dispatch.release(entry) is None


async def test_a_sent_reply_answers_the_message_and_stands_in_the_thread(bench: Bench) -> None:
    """With the network's id, so that the next poll knows it."""
    entry = await started(bench)

    await bench.dispatch.sent(entry, RECEIPT)

    assert (await bench.entry(entry)).receipt == RECEIPT
    assert (await bench.message()).standing.state is MessageState.ANSWERED
    ours = await bench.message("99")
    assert (ours.ours, ours.text, ours.parent, ours.standing.state) == (True, ANSWER, "1", MessageState.DONE)


@pytest.mark.parametrize("network", list(Network))
async def test_an_answer_to_a_post_is_keyed_as_the_next_poll_keys_it(store: Store, network: Network) -> None:
    """Below a post or a video it is a comment; on X it is a post. So it stands in the thread once."""
    target = key("7", ObjectKind.POST, network)
    await store.ingest(page(message("7", kind=ObjectKind.POST, network=network)))
    bench = Bench(store)
    outcome = await bench.desk.do(Reply(key=target, text=ANSWER))
    assert outcome.entry is not None
    bench.clock.at += HELD
    going = await bench.dispatch.release(await bench.entry(outcome.entry))
    assert going is not None
    await bench.dispatch.sent(going, RECEIPT)

    kind = ObjectKind.POST if network is Network.X else ObjectKind.COMMENT
    ours = await store.message(key("99", kind, network))
    assert ours is not None
    assert ours.ours


async def test_a_poll_between_call_and_write_does_no_harm(bench: Bench) -> None:
    """The message was edited and our answer listed before the receipt was written."""
    entry = await started(bench)
    await bench.store.ingest(page(message(text="متى؟"), message("99", text=ANSWER, ours=True)))

    await bench.dispatch.sent(entry, RECEIPT)

    assert (await bench.message()).standing.state is MessageState.ANSWERED
    assert (await bench.entry(entry)).state is EntryState.SENT


async def test_a_refusal_gives_message_and_text_back(bench: Bench) -> None:
    """Claimed by the author again, the text a draft."""
    entry = await started(bench)

    await bench.dispatch.refused(entry, Refused(account="moh", reason="replies are closed"))

    back = await bench.message()
    draft = await bench.store.draft(key(), "salem")
    assert (await bench.entry(entry)).state is EntryState.REFUSED
    assert back.standing.state is MessageState.CLAIMED
    assert back.standing.claim is not None
    assert back.standing.claim.holder == "salem"
    assert draft is not None
    assert draft.text == ANSWER


async def test_a_message_that_may_not_be_answered_is_marked(bench: Bench) -> None:
    """A state of the message, kept when it goes back to the queue; another refusal leaves no such mark."""
    entry = await started(bench)
    await bench.dispatch.refused(entry, NotAnswerable(account="moh", reason="the author did not mention us"))
    barred = await bench.message()
    await bench.desk.do(Release(key=key()))

    assert (barred.standing.state, barred.standing.barred) == (MessageState.CLAIMED, True)
    assert (await bench.message()).standing.barred
    assert (await bench.store.draft(key(), "salem")) is not None


async def test_an_answer_that_goes_after_all_takes_the_mark_away(bench: Bench) -> None:
    """The person has mentioned us meanwhile."""
    entry = await started(bench)
    await bench.dispatch.refused(entry, NotAnswerable(account="moh", reason="no"))
    await bench.dispatch.sent(await started(bench), RECEIPT)

    assert not (await bench.message()).standing.barred


async def test_what_certainly_did_not_go_waits_for_another_attempt(bench: Bench) -> None:
    """Queued until the time the service named."""
    entry = await started(bench)
    later = AT + timedelta(minutes=5)

    await bench.dispatch.retry(entry, later, Busy(account="moh", wait_s=300))

    kept = await bench.entry(entry)
    assert (kept.state, kept.due_at) == (EntryState.QUEUED, later)


async def test_an_unknown_outcome_is_looked_up_three_times_then_asked(bench: Bench) -> None:
    """Never sent again by itself."""
    entry = await bench.dispatch.unknown(await started(bench), Unknown(account="moh", what="reply"))
    for _ in range(2):
        await bench.dispatch.looked(entry, None)
        entry = await bench.entry(entry)
        assert entry.state is EntryState.UNKNOWN

    await bench.dispatch.looked(entry, None)

    assert (await bench.entry(entry)).state is EntryState.NEEDS_REVIEW
    assert (await bench.message()).standing.state is MessageState.CLAIMED
    assert await bench.dispatch.release(entry) is None


async def test_an_unknown_outcome_that_is_found_is_sent(bench: Bench) -> None:
    """The look brought the receipt."""
    entry = await bench.dispatch.unknown(await started(bench))

    await bench.dispatch.looked(entry, RECEIPT)

    assert (await bench.entry(entry)).state is EntryState.SENT


async def test_after_closing_it_waits_for_the_opening(bench: Bench) -> None:
    """Written at 14:29:58, held past closing by a slow machine: the gate is judged at the hand-off."""
    bench.clock.at = CLOSING - timedelta(seconds=2)
    entry = await replied(bench)
    bench.clock.at = CLOSING

    assert await bench.dispatch.release(entry) is None
    kept = await bench.entry(entry)
    assert (kept.state, kept.due_at) == (EntryState.QUEUED, OPENING)


async def test_an_override_goes_out_after_closing(bench: Bench) -> None:
    """That is what it is for."""
    bench.clock.at = CLOSING + timedelta(hours=3)
    supervisor = bench.as_("huda", Role.OPERATOR, Role.SUPERVISOR)
    override = Override(reason=OverrideReason.LIFE_SAFETY, note="asked by the duty doctor")
    outcome = await supervisor.do(Reply(key=key(), text=ANSWER, override=override))
    bench.clock.at += HELD

    assert await bench.dispatch.release(await bench.entry(outcome.entry)) is not None


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (OPENING, EntryState.SENDING),
        (OPENING + timedelta(hours=6, minutes=59), EntryState.SENDING),
        (OPENING + timedelta(hours=7), EntryState.MISSED),
        (OPENING + timedelta(days=3), EntryState.MISSED),
    ],
)
async def test_a_queued_reply_is_missed_when_its_session_has_passed(
    bench: Bench, at: datetime, state: EntryState
) -> None:
    """Never sent late on its own (D7)."""
    bench.clock.at = CLOSING + timedelta(hours=1)
    entry = await replied(bench, queue=True)
    bench.clock.at = at

    await bench.dispatch.release(entry)

    assert (await bench.entry(entry)).state is state


async def test_a_held_reply_survives_a_night_but_not_two(bench: Bench) -> None:
    """The program stood still: the next session may still send it, the one after not."""
    entry = await replied(bench)
    bench.clock.at = OPENING + timedelta(hours=7)

    await bench.dispatch.release(entry)

    assert (await bench.entry(entry)).state is EntryState.MISSED
    assert (await bench.message()).standing.state is MessageState.CLAIMED


async def test_what_was_to_be_tried_again_waits_for_the_opening(bench: Bench) -> None:
    """The network was busy until closing: the next attempt is judged anew (D6), it is not missed."""
    entry = await replied(bench)
    bench.clock.at += HELD
    sending = await bench.dispatch.release(entry)
    assert sending is not None
    await bench.dispatch.retry(sending, CLOSING - timedelta(minutes=1), Busy(account="moh", wait_s=60.0))
    bench.clock.at = CLOSING + timedelta(minutes=1)

    await bench.dispatch.release(await bench.entry(entry))

    assert ((kept := await bench.entry(entry)).state, kept.due_at) == (EntryState.QUEUED, OPENING)


async def test_a_thread_that_changed_goes_back_to_the_author(bench: Bench) -> None:
    """The person wrote again during the hold."""
    entry = await replied(bench)
    await bench.store.ingest(page(message("2", text="وصلني الرد، شكرا")))
    bench.clock.at += HELD

    assert await bench.dispatch.release(entry) is None
    assert (await bench.entry(entry)).state is EntryState.NEEDS_REVIEW
    assert (await bench.message()).standing.state is MessageState.CLAIMED


async def test_a_message_that_is_gone_is_not_answered(bench: Bench) -> None:
    """Deleted upstream during the hold."""
    entry = await replied(bench)
    mine = await bench.message()
    await bench.apply(replace(mine, standing=replace(mine.standing, state=MessageState.GONE)))
    bench.clock.at += HELD

    assert await bench.dispatch.release(entry) is None
    assert (await bench.entry(entry)).state is EntryState.NEEDS_REVIEW


async def test_rules_that_changed_are_obeyed(bench: Bench) -> None:
    """What was official when it was written is not any more."""
    outcome = await bench.desk.do(Reply(key=key(), text="يسعدنا اتصالك على +97125559000"))
    stricter = Bench(bench.store, contacts=replace(bench.policy.contacts, phones=()))
    stricter.clock.at = AT + HELD

    assert await stricter.dispatch.release(await bench.entry(outcome.entry)) is None
    kept = await bench.entry(outcome.entry)
    assert kept.state is EntryState.NEEDS_REVIEW
    assert "R-PII-PHONE" in (kept.problem or "")


async def test_hiding_goes_out_at_night_and_marks_the_message(bench: Bench) -> None:
    """Hours do not bind it (D8)."""
    bench.clock.at = CLOSING + timedelta(hours=5)
    outcome = await bench.desk.do(Hide(key=key()))

    going = await bench.dispatch.release(await bench.entry(outcome.entry))
    assert going is not None
    await bench.dispatch.sent(going, Receipt(native_id=None, at=bench.clock.at))

    assert (await bench.message()).standing.hidden
    assert (await bench.message()).standing.state is MessageState.NEW


async def test_a_refused_hide_leaves_the_reply_on_its_way(bench: Bench) -> None:
    """Two things about one message: the no to one says nothing of the other."""
    entry = await replied(bench)
    hidden = await bench.desk.do(Hide(key=key()))
    going = await bench.dispatch.release(await bench.entry(hidden.entry))
    assert going is not None
    await bench.dispatch.refused(going, Refused(account="moh", reason="no"))

    standing = (await bench.message()).standing
    assert (standing.state, standing.entry) == (MessageState.WAITING, entry.id)
    bench.clock.at += HELD
    assert await bench.dispatch.release(entry) is not None


async def test_what_was_snoozed_comes_back_behind_the_bar(bench: Bench) -> None:
    """At its time, not before, and as a newcomer to the list."""
    await bench.desk.do(Snooze(key=key()))
    bench.clock.at = OPENING - timedelta(seconds=1)
    await bench.dispatch.tick()
    assert (await bench.message()).standing.state is MessageState.SNOOZED

    bench.clock.at = OPENING
    await bench.dispatch.tick()

    back = await bench.message()
    assert back.standing.state is MessageState.NEW
    assert back.queued == await bench.store.revision()


async def test_a_claim_without_a_sign_of_life_is_freed(bench: Bench) -> None:
    """A dropped line does not keep a citizen waiting."""
    await bench.desk.do(Claim(key=key()))
    bench.clock.at += bench.policy.claim_lease
    await bench.dispatch.tick()

    assert (await bench.message()).standing == replace(Standing(unseen=False))


async def test_a_reply_given_up_and_then_found_still_answers(bench: Bench) -> None:
    """An operator closed the message in between: that stands."""
    entry = await bench.dispatch.unknown(await started(bench))
    mine = await bench.message()
    await bench.apply(replace(mine, standing=replace(mine.standing, state=MessageState.CLAIMED)))
    await bench.desk.do(Done(key=key()))

    await bench.dispatch.looked(entry, RECEIPT)

    assert (await bench.entry(entry)).state is EntryState.SENT
    assert (await bench.message()).standing.state is MessageState.ANSWERED
