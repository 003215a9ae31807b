"""What was deleted is noticed at the second look, and comes back when it is seen again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import Claim, Reply
from majlis.lookout import AGAIN, KNOWN_FOR, Lookout
from majlis.message import Moderation, ObjectKind
from majlis.states import EntryState, MessageState
from tests.builders import AT, Bench, key, message, page

if TYPE_CHECKING:
    from majlis.ports import Store

ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"  # Arabic: the centre opens at eight every day
GONE = frozenset({"1"})


class Setup(Bench):
    """A bench with looks."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.lookout = Lookout(store=store, clock=self.clock, ids=self.ids, version="1")

    async def look(self, gone: frozenset[str] = GONE, limit: int = 10) -> list[str]:
        """Look, and return at what."""
        messages = await self.lookout.due("moh", limit)
        await self.lookout.looked(messages, gone)
        return [each.key.native_id for each in messages]

    async def state(self) -> MessageState:
        """Return how the message stands."""
        return (await self.message()).standing.state


@pytest.fixture
async def setup(store: Store) -> Setup:
    await store.ingest(page(message(), message("2", thread="t2")))
    return Setup(store)


async def test_two_looks_make_a_message_gone(setup: Setup) -> None:
    """One that misses proves nothing, and neither do two within a moment."""
    await setup.look()
    assert await setup.state() is MessageState.NEW
    await setup.look()
    assert await setup.state() is MessageState.NEW

    setup.clock.at += AGAIN
    await setup.look()

    assert await setup.state() is MessageState.GONE
    assert (await setup.message("2")).standing.state is MessageState.NEW
    assert [event.action for event in await setup.store.events()][1:] == ["missed", "gone"]


async def test_the_second_look_is_remembered_by_the_store(setup: Setup) -> None:
    """Another process may make it."""
    await setup.look()
    setup.clock.at += AGAIN
    setup.lookout = Setup(setup.store).lookout
    setup.lookout._clock = setup.clock
    await setup.look()

    assert await setup.state() is MessageState.GONE


async def test_what_was_missed_once_and_is_too_old_is_let_go(setup: Setup) -> None:
    """It does not stand before everything else in every look from then on."""
    await setup.look()
    setup.clock.at += KNOWN_FOR + AGAIN

    assert await setup.look() == []
    assert await setup.look() == []


async def test_what_was_missed_once_and_is_there_was_never_gone(setup: Setup) -> None:
    """The next miss counts from the beginning."""
    await setup.look()
    setup.clock.at += AGAIN
    await setup.look(frozenset())
    setup.clock.at += AGAIN
    await setup.look()

    assert await setup.state() is MessageState.NEW


async def test_what_is_seen_again_is_back(setup: Setup) -> None:
    """Somebody hid it and showed it again; whoever composed has let it go."""
    await setup.desk.do(Claim(key=key()))
    await setup.look()
    setup.clock.at += AGAIN
    await setup.look()
    assert await setup.state() is MessageState.GONE

    await setup.look(frozenset())

    assert await setup.state() is MessageState.NEW
    assert (await setup.message()).standing.claim is None


async def test_an_answer_to_what_is_gone_stays_and_its_text_comes_back(setup: Setup) -> None:
    """Held while the message went: it does not go out, and its author has the words."""
    outcome = await setup.desk.do(Reply(key=key(), text=ANSWER))
    for _ in range(2):
        await setup.look()
        setup.clock.at += AGAIN
    entry = await setup.entry(outcome.entry)

    assert await setup.dispatch.release(entry) is None

    assert (await setup.entry(entry)).state is EntryState.NEEDS_REVIEW
    draft = await setup.store.draft(key(), "salem")
    assert draft is not None
    assert draft.text == ANSWER


async def test_what_is_being_answered_just_now_is_not_gone_yet(setup: Setup) -> None:
    """What comes of the answer is written first."""
    outcome = await setup.desk.do(Reply(key=key(), text=ANSWER))
    await setup.look()
    setup.clock.at += AGAIN
    going = await setup.dispatch.release(await setup.entry(outcome.entry))
    assert going is not None
    await setup.look()

    assert await setup.state() is MessageState.WAITING


async def test_everything_recent_and_public_has_its_turn(setup: Setup) -> None:
    """Also what is closed; what is private or old is left alone."""
    more = [message(f"{n}", thread=f"t{n}", created_at=AT - timedelta(hours=n)) for n in range(3, 30)]
    private = message("private", kind=ObjectKind.PRIVATE)
    old = message("old", created_at=AT - KNOWN_FOR - timedelta(hours=1))
    await setup.store.ingest(page(*more, private, old))

    looked = [name for _ in range(8) for name in await setup.look(frozenset())]

    assert set(looked) == {f"{n}" for n in range(1, 30)}


@pytest.mark.parametrize("moderation", [Moderation.HELD, Moderation.SPAM, Moderation.REJECTED])
async def test_what_is_held_back_is_not_taken_for_deleted(setup: Setup, moderation: Moderation) -> None:
    """A service shows it to nobody who asks by its id; also when it was held after a first miss."""
    await setup.look()
    await setup.store.ingest(page(message(moderation=moderation)))
    setup.clock.at += AGAIN

    assert await setup.look() == ["2"]
    assert await setup.state() is MessageState.NEW
