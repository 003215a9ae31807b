"""What is done to a message on its network: held, published, rejected; our own answers changed and deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import Claim, Delete, Edit, Hide, Override, OverrideReason, Reject, Reply, TakeBack
from majlis.errors import Blocked, Conflict, EmptyText, NotAllowed, NotOffered, OutsideHours, WrongState
from majlis.message import Author, Message, MessageKey, Moderation, Network, ObjectKind, merged
from majlis.outbox import Action, Receipt
from majlis.policy import Role
from majlis.states import EntryState, MessageState
from majlis.text import LIMITS
from tests.builders import AT, Bench, key, message, page, stream

if TYPE_CHECKING:
    from majlis.outbox import Entry
    from majlis.ports import Store

YOUTUBE, X, FACEBOOK = Network.YOUTUBE, Network.X, Network.FACEBOOK
EVENING = AT + timedelta(hours=14)
HOLD = timedelta(seconds=10)


def of_youtube(native_id: str) -> MessageKey:
    """Return the key of a comment on YouTube."""
    return key(native_id, network=YOUTUBE)


@pytest.fixture
async def bench(store: Store) -> Bench:
    """A question on each network, with our answer below it."""
    for network in Network:
        question = message("q", network=network)
        ours = message("a", "المركز يفتح الثامنة", network=network, parent="q", ours=True)
        await store.ingest(page(question, ours, stream=stream(network=network)))
    return Bench(store)


async def went_out(bench: Bench, entry: Entry | None) -> Message:
    """Let an entry go out as the sender does; return what it was about."""
    going = await bench.dispatch.release(await bench.entry(entry))
    assert going is not None
    assert going.target is not None
    await bench.dispatch.sent(going, Receipt(native_id=None, at=bench.clock.at))
    about = await bench.store.message(going.target)
    assert about is not None
    return about


async def test_holding_and_publishing_on_youtube_are_told_apart_from_hiding(bench: Bench) -> None:
    """The word says what the network does; `h` does either."""
    states = {}
    for network in (YOUTUBE, FACEBOOK):
        hidden = await went_out(bench, (await bench.desk.do(Hide(key=key("q", network=network)))).entry)
        shown = await went_out(bench, (await bench.desk.do(Hide(key=key("q", network=network), hidden=False))).entry)
        states[network] = (hidden.moderation, hidden.standing.hidden, shown.moderation, shown.standing.hidden)

    assert states[YOUTUBE] == (Moderation.HELD, True, Moderation.PUBLISHED, False)
    assert states[FACEBOOK] == (Moderation.HIDDEN, True, Moderation.PUBLISHED, False)


async def test_rejecting_takes_a_message_away_for_good(bench: Bench) -> None:
    """At any hour; it leaves the queue, and nothing about its state on the network can be changed any more."""
    bench.clock.at = EVENING
    outcome = await bench.desk.do(Reject(key=of_youtube("q")))
    entry = await bench.entry(outcome.entry)
    assert (entry.action, entry.ban, entry.due_at) == (Action.MODERATE, False, EVENING)

    gone = await went_out(bench, entry)

    assert (gone.standing.state, gone.moderation) == (MessageState.GONE, Moderation.REJECTED)
    for command in (Hide(key=of_youtube("q"), hidden=False), Reject(key=of_youtube("q"))):
        with pytest.raises(WrongState, match="rejected"):
            await bench.desk.do(command)


async def test_a_rejected_message_does_not_come_back_with_a_listing_that_is_behind(bench: Bench) -> None:
    """A network may show it for some time yet."""
    gone = await went_out(bench, (await bench.desk.do(Reject(key=of_youtube("q")))).entry)
    late = message("q", network=YOUTUBE, moderation=Moderation.PUBLISHED)
    await bench.store.ingest(page(late, stream=stream(network=YOUTUBE)))
    after = await bench.store.message(gone.key)

    assert after is not None
    assert (after.standing.state, after.moderation) == (MessageState.GONE, Moderation.REJECTED)


async def test_only_a_supervisor_may_ban_and_only_by_asking(bench: Bench) -> None:
    """Nobody is kept from writing to a ministry by default."""
    with pytest.raises(NotAllowed):
        await bench.desk.do(Reject(key=of_youtube("q"), ban=True))
    outcome = await bench.as_("huda", Role.SUPERVISOR).do(Reject(key=of_youtube("q"), ban=True))

    assert (await bench.entry(outcome.entry)).ban


async def test_what_a_colleague_answers_is_not_rejected_under_them(bench: Bench) -> None:
    """The claim holds."""
    await bench.as_("noura").do(Claim(key=of_youtube("q")))
    with pytest.raises(Conflict):
        await bench.desk.do(Reject(key=of_youtube("q")))


@pytest.mark.parametrize("network", [X, FACEBOOK])
async def test_what_a_network_does_not_have_is_said(bench: Bench, network: Network) -> None:
    """Rejecting is YouTube's alone; X changes no post."""
    with pytest.raises(NotOffered):
        await bench.desk.do(Reject(key=key("q", network=network)))
    if network is X:
        with pytest.raises(NotOffered):
            await bench.desk.do(Edit(key=key("a"), text="text"))
    assert await bench.store.entries(EntryState) == ()


@pytest.mark.parametrize("network", list(Network))
async def test_our_answer_is_deleted_at_any_hour(bench: Bench, network: Network) -> None:
    """Taking words back needs no open door."""
    bench.clock.at = EVENING
    gone = await went_out(bench, (await bench.desk.do(Delete(key=key("a", network=network)))).entry)

    assert gone.standing.state is MessageState.GONE
    with pytest.raises(WrongState, match="gone"):
        await bench.desk.do(Delete(key=key("a", network=network)))


async def test_only_our_public_answers_are_changed_or_deleted(bench: Bench) -> None:
    """Not what others wrote, not what is private, and not a post, which has its own way."""
    private = message("p", kind=ObjectKind.PRIVATE, network=FACEBOOK, ours=True)
    post = message("v", kind=ObjectKind.POST, network=FACEBOOK, ours=True)
    await bench.store.ingest(page(private, post, stream=stream(network=FACEBOOK)))
    for target in (key("q", network=FACEBOOK), private.key, post.key):
        for command in (Delete(key=target), Edit(key=target, text="text")):
            with pytest.raises(WrongState):
                await bench.desk.do(command)


async def test_a_changed_answer_keeps_its_earlier_text(bench: Bench) -> None:
    """It is held like a reply, then stands in the thread with the edition before it."""
    outcome = await bench.desk.do(Edit(key=of_youtube("a"), text="المركز يفتح التاسعة"))
    assert (await bench.entry(outcome.entry)).due_at == bench.clock.at + HOLD
    bench.clock.at += HOLD
    changed = await went_out(bench, outcome.entry)

    assert (changed.text, [each.text for each in changed.editions]) == ("المركز يفتح التاسعة", ["المركز يفتح الثامنة"])
    again = merged(changed, replace(changed, standing=message().standing, editions=()), AT)
    assert len(again.editions) == 1


async def test_a_change_can_be_called_back(bench: Bench) -> None:
    """While it is held; the text is a draft again."""
    outcome = await bench.desk.do(Edit(key=of_youtube("a"), text="text"))
    await bench.desk.do(TakeBack())

    assert (await bench.entry(outcome.entry)).state is EntryState.RECALLED
    draft = await bench.store.draft(of_youtube("a"), "salem")
    assert draft is not None
    assert draft.text == "text"


async def test_new_words_pass_conduct_and_hours_like_a_reply(bench: Bench) -> None:
    """They stand before the public."""
    with pytest.raises(EmptyText):
        await bench.desk.do(Edit(key=of_youtube("a"), text=" "))
    with pytest.raises(Blocked):
        await bench.desk.do(Edit(key=of_youtube("a"), text="اتصل على 0500004567"))
    bench.clock.at = EVENING
    with pytest.raises(OutsideHours):
        await bench.desk.do(Edit(key=of_youtube("a"), text="text"))
    queued = await bench.desk.do(Edit(key=of_youtube("a"), text="text", queue=True))
    assert (await bench.entry(queued.entry)).state is EntryState.QUEUED

    override = Override(reason=OverrideReason.CORRECTION, note="the hour was wrong")
    outcome = await bench.as_("huda", Role.SUPERVISOR).do(Edit(key=of_youtube("a"), text="text", override=override))
    bench.clock.at += HOLD
    assert (await went_out(bench, outcome.entry)).text == "text"


async def test_a_change_of_what_changed_meanwhile_goes_to_a_person(bench: Bench) -> None:
    """Somebody has edited the answer on the network itself."""
    outcome = await bench.desk.do(Edit(key=of_youtube("a"), text="text"))
    elsewhere = message("a", "another text", network=YOUTUBE, parent="q", ours=True)
    await bench.store.ingest(page(elsewhere, stream=stream(network=YOUTUBE)))
    bench.clock.at += HOLD

    assert await bench.dispatch.release(await bench.entry(outcome.entry)) is None
    assert (await bench.entry(outcome.entry)).state is EntryState.NEEDS_REVIEW


def test_what_the_network_does_with_a_message_follows_the_network() -> None:
    """Held in its own tools, published there: we say what it says; one that says nothing changes nothing."""
    held = merged(message(), message(moderation=Moderation.HELD), AT)
    spam = merged(held, message(moderation=Moderation.SPAM), AT)
    quiet = merged(spam, message(), AT)
    shown = merged(quiet, message("1", "edited", moderation=Moderation.PUBLISHED), AT)

    assert [each.moderation for each in (held, spam, quiet, shown)] == [
        Moderation.HELD,
        Moderation.SPAM,
        Moderation.SPAM,
        Moderation.PUBLISHED,
    ]
    assert [each.standing.hidden for each in (held, spam, quiet, shown)] == [True, True, True, False]


# --------------------------------------------------------------------------------------- a comment below our own post


def our_post(network: Network) -> Message:
    """Return a post or a video of ours."""
    author = Author(id="us", handle="moh", name="Ministry")
    return message("v", "إطلاق الخدمة", kind=ObjectKind.POST, network=network, ours=True, author=author)


async def posted(bench: Bench, network: Network) -> MessageKey:
    """Let a post of ours be there; return its key."""
    post = our_post(network)
    await bench.store.ingest(page(post, stream=stream(network=network)))
    return post.key


async def test_an_answer_to_what_was_rejected_meanwhile_does_not_bring_it_back(bench: Bench) -> None:
    """It was on the wire when the other was taken off the network."""
    entry = await bench.entry(
        (await bench.desk.do(Reply(key=of_youtube("q"), text="نفتح الثامنة", acknowledged=("R-DIR-DOUBLE",)))).entry
    )
    bench.clock.at += HOLD
    going = await bench.dispatch.release(entry)
    assert going is not None
    rejected = await bench.as_("mariam", Role.SUPERVISOR, Role.OPERATOR).do(Reject(key=of_youtube("q")))
    await went_out(bench, rejected.entry)
    await bench.dispatch.sent(going, Receipt(native_id="n", at=bench.clock.at))

    after = await bench.store.message(of_youtube("q"))
    assert after is not None
    assert (after.standing.state, after.standing.was) == (MessageState.GONE, MessageState.ANSWERED)


async def test_a_review_offers_no_private_answer_to_ourselves(bench: Bench) -> None:
    """What the desk would refuse is not shown as possible."""
    post = await posted(bench, FACEBOOK)
    with pytest.raises(NotOffered):
        await bench.desk.review(post, "text", private=True)


@pytest.mark.parametrize("network", list(Network))
async def test_a_comment_of_ours_stands_below_our_own_post(bench: Bench, network: Network) -> None:
    """It answers nobody, is held like a reply, and the post itself stays what it was."""
    post = await posted(bench, network)
    review = await bench.desk.review(post, "رابط الخدمة في الوصف")
    outcome = await bench.desk.do(Reply(key=post, text="رابط الخدمة في الوصف", stamp=review.stamp))
    entry = await bench.entry(outcome.entry)
    assert (entry.action, entry.person, entry.recipient) == (Action.REPLY, None, None)
    assert (entry.due_at, review.limit) == (bench.clock.at + HOLD, LIMITS[network, "comment"])

    bench.clock.at += HOLD
    going = await bench.dispatch.release(entry)
    assert going is not None
    await bench.dispatch.sent(going, Receipt(native_id="c", at=bench.clock.at))
    after = await bench.store.message(post)
    ours = await bench.store.message(replace(post, native_id="c", object=post.below))

    assert after is not None
    assert after.standing.state is our_post(network).standing.state
    assert ours is not None
    assert (ours.text, ours.parent, ours.ours) == ("رابط الخدمة في الوصف", "v", True)


async def test_a_comment_passes_the_same_rules_as_a_reply(bench: Bench) -> None:
    """Conduct, hours, hold and calling back; nobody's words but ours are asked for."""
    post = await posted(bench, YOUTUBE)
    with pytest.raises(EmptyText):
        await bench.desk.do(Reply(key=post, text=" "))
    with pytest.raises(Blocked):
        await bench.desk.do(Reply(key=post, text="اتصل على 0501234567"))
    with pytest.raises(NotOffered):
        await bench.desk.do(Reply(key=post, text="text", private=True))
    with pytest.raises(WrongState):
        await bench.desk.do(Reply(key=of_youtube("a"), text="text"))
    bench.clock.at = EVENING
    with pytest.raises(OutsideHours):
        await bench.desk.do(Reply(key=post, text="text"))
    outcome = await bench.desk.do(Reply(key=post, text="text", queue=True))
    assert (await bench.entry(outcome.entry)).state is EntryState.QUEUED
    with pytest.raises(WrongState, match="queued"):
        await bench.desk.do(Reply(key=post, text="another", queue=True))

    await bench.desk.do(TakeBack())
    draft = await bench.store.draft(post, "salem")

    assert (await bench.entry(outcome.entry)).state is EntryState.RECALLED
    assert draft is not None
    assert draft.text == "text"


async def test_what_people_write_meanwhile_does_not_hold_our_comment_back(bench: Bench) -> None:
    """But a change of the post itself does: the words were about another text."""
    post = await posted(bench, FACEBOOK)
    outcome = await bench.desk.do(Reply(key=post, text="text"))
    visitor = message("n", "وأنا أيضا", network=FACEBOOK, parent="v", thread=our_post(FACEBOOK).thread)
    await bench.store.ingest(page(visitor, stream=stream(network=FACEBOOK)))
    bench.clock.at += HOLD
    assert await bench.dispatch.release(await bench.entry(outcome.entry)) is not None

    other = await posted(bench, X)
    second = await bench.desk.do(Reply(key=other, text="text"))
    await bench.store.ingest(page(replace(our_post(X), text="another"), stream=stream(network=X)))
    bench.clock.at += HOLD
    assert await bench.dispatch.release(await bench.entry(second.entry)) is None


async def test_a_comment_nobody_knows_about_is_found_and_not_sent_twice(bench: Bench) -> None:
    """The look among our own items brings its id."""
    post = await posted(bench, YOUTUBE)
    outcome = await bench.desk.do(Reply(key=post, text="text"))
    bench.clock.at += HOLD
    going = await bench.dispatch.release(await bench.entry(outcome.entry))
    assert going is not None
    unknown = await bench.dispatch.unknown(going)
    with pytest.raises(WrongState):
        await bench.desk.do(Reply(key=post, text="again"))
    await bench.dispatch.looked(unknown, Receipt(native_id="c", at=bench.clock.at))

    assert (await bench.entry(outcome.entry)).state is EntryState.SENT
    assert await bench.store.message(of_youtube("c")) is not None
    await bench.desk.do(Reply(key=post, text="again"))
