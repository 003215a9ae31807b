"""Claim, take-over, expiry, sending and looking up, in every order of their steps: what must never happen does not."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from majlis.commands import Claim, Release, Reply, TakeBack
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.message import Claim as ClaimLease
from majlis.message import Message
from majlis.ports import Draft
from majlis.seat import Seat
from majlis.states import MessageState
from store.inbox import Inbox
from tests.builders import key
from tests.fakes.memory_store import MemoryStore
from tests.load.interleaving import Explored, Violation, explore
from tests.load.parties import LEASE, Sitting

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from majlis.errors import MajlisError
    from majlis.outbox import Entry
    from majlis.outcome import Outcome
    from majlis.ports import Decision, Store

FIRST, SECOND = "The centre opens at eight every day.", "It opens at eight; please bring your card."
HELD, SHORT = timedelta(seconds=10), timedelta(minutes=1)
CLAIM, OVER = Claim(key=key("1")), Claim(key=key("1"), take_over="she went home")
NO_STOPS: tuple[str, ...] = ()


def taking_over(at: Sitting) -> None:
    """One composes, the other takes over; both send."""
    at.operator("amal", CLAIM, Reply(key=key("1"), text=FIRST))
    at.operator("badr", OVER, Reply(key=key("1"), text=SECOND))
    at.sender("sender", rounds=1)
    at.time(HELD)


def expiring(at: Sitting) -> None:
    """One composes and goes away; the lease runs out while the other one looks."""
    at.operator("amal", CLAIM, Reply(key=key("1"), text=FIRST))
    at.operator("badr", CLAIM)
    at.sender("sender", rounds=1)
    at.time(LEASE)


def running_out(at: Sitting) -> None:
    """One composes beyond the lease and renews it, or is stopped; the other claims what is free."""
    at.operator("amal", CLAIM, CLAIM, Reply(key=key("1"), text=FIRST))
    at.operator("badr", CLAIM, Reply(key=key("1"), text=SECOND))
    at.sender("sender", rounds=1)
    at.time(LEASE - SHORT, 2 * SHORT)


def killed(at: Sitting) -> None:
    """A sender is killed at any moment, another one goes on and looks up what became of the answer."""
    at.operator("amal", Reply(key=key("1"), text=FIRST))
    at.sender("sender", rounds=1)
    at.killer("sender")
    at.sender("second", rounds=1)
    at.time(HELD)


def killed_and_called_back(at: Sitting) -> None:
    """The same, while the answer is called back and time goes on."""
    at.operator("amal", Reply(key=key("1"), text=FIRST), TakeBack(key=key("1")))
    at.sender("sender", rounds=1)
    at.killer("sender")
    at.sender("second", rounds=2)
    at.time(HELD, 2 * SHORT)


def stopped(at: Sitting) -> None:
    """A sender is stopped past its lease between any two steps, and goes on; another one is ready all the time."""
    at.operator("amal", Reply(key=key("1"), text=FIRST))
    at.sender("sender", rounds=1)
    at.sender("second", rounds=2)
    at.operator("badr", CLAIM, Reply(key=key("1"), text=SECOND))
    at.time(HELD, 5 * SHORT)


def stopped_for_long(at: Sitting) -> None:
    """The same until everything was looked up as often as it is."""
    at.operator("amal", Reply(key=key("1"), text=FIRST))
    at.sender("sender", rounds=1)
    at.sender("second", rounds=4)
    at.time(HELD, 5 * SHORT)


def called_back(at: Sitting) -> None:
    """One calls an answer back and gives the message away while it may be on its way."""
    at.operator("amal", Reply(key=key("1"), text=FIRST), TakeBack(key=key("1")), Release(key=key("1")))
    at.operator("badr", OVER, Reply(key=key("1"), text=SECOND))
    at.sender("sender", rounds=2)
    at.time(HELD)


def writing_again(at: Sitting) -> None:
    """The person writes once more while the answer is being written, held, or handed over."""
    at.operator("amal", CLAIM, Reply(key=key("1"), text=FIRST))
    at.citizen()
    at.sender("sender", rounds=2, stops=NO_STOPS)
    at.time(HELD)


def set_back(at: Sitting) -> None:
    """The clock goes back while an answer is held, and forward again."""
    at.operator("amal", CLAIM, Reply(key=key("1"), text=FIRST))
    at.operator("badr", CLAIM)
    at.sender("sender", rounds=2)
    at.time(HELD, -timedelta(hours=1), timedelta(hours=1))


def changing_hands(at: Sitting) -> None:
    """One gives it back and another claims it while a third one says why they take it over."""
    at.operator("amal", CLAIM, Release(key=key("1")), CLAIM)
    at.operator("badr", OVER)
    at.operator("dana", CLAIM)


EVERY_DAY = (taking_over, changing_hands, expiring, killed, writing_again, set_back)
AT_LENGTH = (running_out, killed_and_called_back, stopped, stopped_for_long, called_back)
Plot = Callable[[Sitting], None]


def memory(_number: int) -> Awaitable[Store]:
    """Return a new store in memory."""

    async def made() -> Store:
        return MemoryStore()

    return made()


async def explored(plot: Plot, store: Callable[[int], Awaitable[Store]] = memory, **fields: Any) -> Explored:
    """Try a plot, each time on a new store."""
    numbers = count()

    async def begun() -> Sitting:
        at = Sitting(await store(next(numbers)), sees_stamps=plot is writing_again)
        await at.begin()
        plot(at)
        return at

    return await explore(begun, **fields)


@pytest.mark.parametrize(
    "plot",
    [*EVERY_DAY, *(pytest.param(plot, marks=pytest.mark.slow) for plot in AT_LENGTH)],
    ids=lambda it: it.__name__,
)
async def test_in_every_order_nothing_is_lost_or_doubled(plot: Plot, caplog: pytest.LogCaptureFixture) -> None:
    """One holder, one delivery, no lost words, nothing stuck, one chain: at every end."""
    caplog.set_level(logging.CRITICAL)  # what a sender says of a lost race, thousands of times
    found = await explored(plot)

    assert found.ends > 10


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_between_any_two_reads_too() -> None:
    """A party that stops before each of its reads reads what no longer stands; what it then writes is refused."""

    def reading(at: Sitting) -> None:
        reads = ("message", "thread", "entries", "apply")
        at.operator("amal", CLAIM, Reply(key=key("1"), text=FIRST), stops=reads)
        at.operator("badr", OVER, Reply(key=key("1"), text=SECOND), stops=reads)
        at.time(LEASE)

    found = await explored(reading)

    assert found.ends > 50


async def test_a_sample_of_orders_on_sqlite(tmp_path: Path) -> None:
    """The same rules hold with rows and transactions below."""
    opened: list[Inbox] = []

    async def store(number: int) -> Store:
        inbox = await Inbox.open(str(tmp_path / f"{number}.db"))
        opened.append(inbox)
        return inbox

    found = await explored(taking_over, store, most=4)
    for inbox in opened:
        await inbox.aclose()

    assert found.ends == 4


# ------------------------------------------------------------------------------------------ what it would find


class Anything:
    """Equal to whatever it is compared with."""

    __hash__ = None  # type: ignore[assignment]  # nothing keeps it

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def no_claim_check(patch: pytest.MonkeyPatch) -> None:
    """Let everybody write to whatever a colleague holds."""
    patch.setattr(Seat, "own", lambda _seat, _message: None)


def whoever_holds_it(patch: pytest.MonkeyPatch) -> None:
    """Take over from whoever holds it by now."""
    careful = Desk._claim

    async def claim(desk: Desk, command: Claim) -> Outcome:
        found = await desk._seat.message(command.key)
        lease = found.standing.claim
        return await careful(desk, replace(command, holder=lease.holder if lease else None, since=None))

    patch.setattr(Desk, "_claim", claim)


def no_stamp(patch: pytest.MonkeyPatch) -> None:
    """Hand an answer over whatever the thread looks like by now."""
    patch.setattr("majlis.dispatch.stamp", lambda _thread, _key: Anything())


def expiry_without_renewal(patch: pytest.MonkeyPatch) -> None:
    """End a claim when its first lease would have ended."""

    async def stale(store: MemoryStore, now: datetime) -> tuple[Message, ...]:
        found = [await store.message(key("1"))]
        return tuple(
            each
            for each in found
            if each is not None
            and each.standing.state is MessageState.CLAIMED
            and each.standing.claim is not None
            and each.standing.claim.since + LEASE <= now
        )

    patch.setattr(MemoryStore, "stale_claims", stale)


def a_second_attempt(patch: pytest.MonkeyPatch) -> None:
    """Send again what nobody knows about, in place of looking it up."""

    async def unknown(dispatch: Dispatch, entry: Entry, error: MajlisError | None = None) -> Entry:
        del error
        await dispatch._decide("retry", entry, {}, entry.stepped("retry", due_at=dispatch._clock.now()))
        found = await dispatch._store.entry(entry.id)
        assert found is not None
        return found

    patch.setattr(Dispatch, "unknown", unknown)


def blind_writes(patch: pytest.MonkeyPatch) -> None:
    """Write whatever was read, also when somebody has written since."""
    careful = MemoryStore.apply

    async def apply(store: MemoryStore, decision: Decision) -> int:
        puts = []
        for put in decision.puts:
            stands = await store.message(put.key) if isinstance(put, Message) else None
            puts.append(replace(put, rev=stands.rev) if stands is not None else put)
        return await careful(store, replace(decision, puts=tuple(puts)))

    patch.setattr(MemoryStore, "apply", apply)


def words_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Give an author nothing back of what did not go out."""
    patch.setattr(Draft, "of", classmethod(lambda _cls, _entry, _at: None))


def endless_claims(patch: pytest.MonkeyPatch) -> None:
    """Let no claim run out."""

    async def none(_store: MemoryStore, _now: datetime) -> tuple[Message, ...]:
        return ()

    patch.setattr(ClaimLease, "holds", lambda _claim, _now: True)
    patch.setattr(MemoryStore, "stale_claims", none)


def no_lock(patch: pytest.MonkeyPatch) -> None:
    """Let a second sender begin while the first one is only stopped."""

    async def hold(_store: MemoryStore, _name: str) -> bool:
        return True

    patch.setattr(MemoryStore, "hold", hold)


@pytest.mark.parametrize(
    ("mistake", "plot", "said"),
    [
        (no_claim_check, taking_over, "amal did reply while badr held"),
        (whoever_holds_it, changing_hands, "had named somebody else"),
        (no_stamp, writing_again, "though the thread had changed"),
        (expiry_without_renewal, running_out, "ended before its time"),
        (a_second_attempt, killed, "the public sees twice"),
        (blind_writes, taking_over, "held the message"),
        (words_forgotten, killed, "amal has lost"),
        (endless_claims, expiring, "nobody can take the message any more"),
        pytest.param(no_lock, stopped_for_long, "the public sees what is", marks=pytest.mark.slow),
    ],
    ids=lambda it: getattr(it, "__name__", "") if callable(it) else "",
)
async def test_a_mistake_is_found(
    mistake: Callable[[pytest.MonkeyPatch], None], plot: Plot, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of these in the program would be noticed here, with the order of steps that shows it."""
    mistake(monkeypatch)

    with pytest.raises(Violation, match=said):
        await explored(plot)
