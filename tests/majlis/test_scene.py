"""What lies around a message decides with the text: escalation, danger, the same reply sent to others, colleagues."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import Claim, CorrectTriage, Escalate, Reply
from majlis.conduct import Severity
from majlis.errors import Conflict, Unconfirmed
from majlis.message import Author, Urgency
from majlis.policy import Role
from majlis.states import EntryState
from tests.builders import AT, AUTHOR, Bench, key, message, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.ports import Store

ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"  # Arabic: the centre opens every day from eight


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the triage of these tests says."""

    category: str | None = "payment"
    reason: str | None = "payment"
    urgency: str | None = "normal"
    why: tuple[str, ...] = ("refund",)


def needs_service(text: str, thread: Sequence[str], network: str) -> Seen:
    del text, thread, network
    return Seen()


def in_danger(text: str, thread: Sequence[str], network: str) -> Seen:
    del text, thread, network
    return Seen(category="emergency", reason="emergency", urgency="immediate")


@pytest.fixture
async def bench(store: Store) -> Bench:
    """A desk on a store with one message of Maha's."""
    await store.ingest(page(message()))
    return Bench(store)


async def rules_of(bench: Bench, text: str = ANSWER, native_id: str = "1") -> list[str]:
    return [finding.rule for finding in (await bench.desk.review(key(native_id), text)).findings]


@pytest.mark.parametrize(("triage", "rule"), [(needs_service, "R-ESC-NEEDED"), (in_danger, "R-ESC-URGENT")])
async def test_a_reply_to_what_needs_others_is_confirmed_first(store: Store, triage: object, rule: str) -> None:
    """With the finding's reason; once it is with customer service, nobody asks again."""
    await store.ingest(page(message()))
    bench = Bench(store, triage=triage)

    with pytest.raises(Unconfirmed) as caught:
        await bench.desk.do(Reply(key=key(), text=ANSWER))
    assert rule in str(caught.value.facts["rules"])

    await bench.desk.do(Reply(key=key(), text=ANSWER, acknowledged=(rule,)))


async def test_after_escalation_nothing_asks_for_it(store: Store) -> None:
    await store.ingest(page(message()))
    bench = Bench(store, triage=needs_service)
    assert "R-ESC-NEEDED" in await rules_of(bench)

    await bench.desk.do(Escalate(key=key()))

    assert "R-ESC-NEEDED" not in await rules_of(bench)


async def test_a_correction_counts_for_more_than_the_cues(store: Store) -> None:
    """Whoever says that it is no case is asked no more; whoever says that it is, is."""
    await store.ingest(page(message()))
    bench = Bench(store, triage=in_danger)
    stored = await bench.message()
    assert "R-ESC-URGENT" in await rules_of(bench)
    calmed = replace(stored.standing, corrected=True, suggested=None, urgency=Urgency.NORMAL)

    await bench.apply(replace(stored, standing=calmed))

    assert "R-ESC-URGENT" not in await rules_of(bench)

    urgent = CorrectTriage(key=key(), category="emergency", urgency=Urgency.IMMEDIATE, reason="emergency")
    await bench.desk.do(urgent)

    assert "R-ESC-URGENT" in await rules_of(bench)


async def test_the_same_reply_to_a_fourth_person_asks_for_something_of_theirs(store: Store) -> None:
    """Not the same person again, and not what went out more than seven days ago."""
    people = [Author(id=f"u-{n}", handle=f"h{n}", name=f"N {n}") for n in range(3)]
    await store.ingest(page(*(message(str(n + 10), author=person, thread=f"t{n}") for n, person in enumerate(people))))
    await store.ingest(page(message()))
    bench = Bench(store)
    for n in range(3):
        assert "R-DIR-CANNED" not in await rules_of(bench)
        await bench.desk.do(Reply(key=key(str(n + 10)), text=ANSWER))

    review = await bench.desk.review(key(), ANSWER)

    (canned,) = (finding for finding in review.findings if finding.rule == "R-DIR-CANNED")
    assert canned.severity is Severity.WARN
    assert canned.facts["n"] == "3"
    bench.clock.at += timedelta(days=8)
    assert "R-DIR-CANNED" not in await rules_of(bench)


async def test_several_answers_to_one_person_are_no_canned_reply(store: Store) -> None:
    await store.ingest(page(*(message(str(n), thread=f"t{n}") for n in range(1, 6))))
    bench = Bench(store)
    for n in range(2, 6):
        await bench.desk.do(Reply(key=key(str(n)), text=ANSWER))

    assert "R-DIR-CANNED" not in await rules_of(bench)


async def test_a_colleague_who_is_at_it_is_named(bench: Bench) -> None:
    """While their claim holds; after that nobody is in the way."""
    await bench.as_("noura").do(Claim(key=key()))

    (double,) = (f for f in (await bench.desk.review(key(), ANSWER)).findings if f.rule == "R-DIR-DOUBLE")
    assert double.facts["operator"] == "noura"
    with pytest.raises(Conflict):
        await bench.desk.do(Reply(key=key(), text=ANSWER, acknowledged=("R-DIR-DOUBLE",)))
    bench.clock.at += bench.policy.claim_lease
    assert "R-DIR-DOUBLE" not in await rules_of(bench)


async def test_an_answer_given_on_the_network_itself_is_seen(bench: Bench) -> None:
    """By a colleague outside the program; a second answer needs a confirmation."""
    await bench.store.ingest(page(message("2", "أجبناك", ours=True, parent="1", author=Author(name="الوزارة"))))

    assert "R-DIR-DOUBLE" in await rules_of(bench)
    await bench.desk.do(Reply(key=key(), text=ANSWER, acknowledged=("R-DIR-DOUBLE",)))


async def test_the_sender_asks_again_and_knows_its_own_answer(bench: Bench) -> None:
    """The entry itself is nobody else's answer; what came up since goes back to the author."""
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))
    bench.clock.at += timedelta(seconds=10)

    assert outcome.entry is not None
    assert await bench.dispatch.release(outcome.entry) is not None


async def test_what_triage_sees_since_stops_the_sender(store: Store) -> None:
    """The cues were widened while it waited: the author decides again."""
    await store.ingest(page(message()))
    bench = Bench(store)
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))
    bench.clock.at += timedelta(seconds=10)
    later = Bench(store, triage=in_danger)
    later.clock.at = bench.clock.at

    assert outcome.entry is not None
    assert await later.dispatch.release(outcome.entry) is None
    entry = await bench.entry(outcome.entry)
    assert entry.state is EntryState.NEEDS_REVIEW
    assert "R-ESC-URGENT" in (entry.problem or "")


async def test_the_first_answer_of_a_session_is_reminded_of_whose_name_it_bears(bench: Bench) -> None:
    await bench.store.ingest(page(message("2")))
    first = await bench.desk.review(key(), ANSWER)
    await bench.desk.do(Reply(key=key(), text=ANSWER, read=("R-SELF",)))

    second = await bench.desk.review(key("2"), ANSWER)

    assert "R-SELF" in [finding.rule for finding in first.in_sight]
    assert "R-SELF" not in [finding.rule for finding in second.in_sight]


async def test_the_last_minutes_are_said_in_the_review(bench: Bench) -> None:
    """R-HOURS-SOON, ten minutes or less to closing; once it is closed the gate says so."""
    bench.clock.at = AT.replace(hour=10, minute=21)
    (soon,) = (f for f in (await bench.desk.review(key(), ANSWER)).in_sight if f.rule == "R-HOURS-SOON")
    assert soon.facts["minutes"] == "9"

    bench.clock.at = AT.replace(hour=10, minute=30)
    review = await bench.desk.review(key(), ANSWER)
    assert not any(f.rule.startswith("R-HOURS") for f in review.in_sight)
    assert not review.gate.open


async def test_a_refused_text_is_counted_as_blocked(bench: Bench) -> None:
    """Once, whether the review showed it or the desk alone refused it."""
    with pytest.raises(Exception, match="R-PII-PHONE"):
        await bench.desk.do(Reply(key=key(), text="0500004567"))

    counted = await bench.store.tallies(AT.date(), AT.date())
    assert [(each.operator, each.name, each.what, each.count) for each in counted] == [
        ("salem", "R-PII-PHONE", "blocked", 1)
    ]


async def test_who_may_not_act_is_asked_nothing(bench: Bench) -> None:
    """An auditor looks on."""
    assert AUTHOR.id is not None
    review = await bench.as_("huda", Role.AUDITOR).review(key(), ANSWER)
    assert review.findings == ()
