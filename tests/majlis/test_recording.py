"""What is written down beside the messages: the pledge, saved replies, official contacts, corrected triage, grace."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import (
    AddOfficial,
    Claim,
    CorrectTriage,
    DropSnippet,
    Escalate,
    KeepSnippet,
    RemoveOfficial,
    Reply,
    TakeBack,
    TakePledge,
)
from majlis.conduct import Contacts
from majlis.errors import (
    Blocked,
    EmptyText,
    MajlisError,
    NotAllowed,
    NotAnOfficialContact,
    NotFound,
    OutsideHours,
    ReasonTooShort,
)
from majlis.message import Urgency
from majlis.policy import Role
from majlis.snippets import facts_for, fill, slots
from majlis.sorting import ROUTES, SORTS, route_of
from majlis.states import EntryState
from tests.builders import AT, Bench, key, message, page
from tests.majlis.test_triage import CUES

if TYPE_CHECKING:
    from majlis.ports import Store

ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"  # Arabic: the centre opens every day from eight
CLOSING = AT.replace(hour=10, minute=30)


@pytest.fixture
async def bench(store: Store) -> Bench:
    """A desk on a store with one message of Maha's."""
    await store.ingest(page(message()))
    return Bench(store)


# The pledge


async def test_the_pledge_is_recorded_once_for_each_version(bench: Bench) -> None:
    """With its time, and an event; whoever may only look on may read it too."""
    desk = bench.as_("huda", Role.AUDITOR)

    await desk.do(TakePledge(version="1"))
    again = await desk.do(TakePledge(version="1"))
    await desk.do(TakePledge(version="2"))

    read = await bench.store.pledge("huda", "1")
    assert read is not None
    assert read.at == AT
    assert again.revision == 0
    assert [event.action for event in await bench.store.events()].count("pledge") == 2


# Official contacts


async def test_a_supervisor_makes_a_contact_official_and_it_goes_out(bench: Bench) -> None:
    """Refused before, sent after, refused again once it is taken off; each step is in the history."""
    supervisor = bench.as_("mariam", Role.SUPERVISOR)
    phone = "اتصل على 0500004567"
    with pytest.raises(Blocked):
        await bench.desk.do(Reply(key=key(), text=phone))

    await supervisor.do(AddOfficial(kind="phones", value="050 000 4567", note="the campaign's own line"))
    assert not (await bench.desk.review(key(), phone)).blocked

    await supervisor.do(RemoveOfficial(kind="phones", value="050 000 4567"))
    assert (await bench.desk.review(key(), phone)).blocked
    actions = [event.action for event in await bench.store.events()]
    assert actions[-2:] == ["add_official", "remove_official"]


async def test_what_is_made_official_is_matched_exactly(bench: Bench) -> None:
    """A longer box, a domain before another, a page below and a name alike stay what they were (D13)."""
    supervisor = bench.as_("mariam", Role.SUPERVISOR)
    for kind, value in (
        ("po_boxes", "4455"),
        ("emails", "labs@new.example"),
        ("pages", "facebook.com/NewPage"),
        ("handles", "@new_page"),
    ):
        await supervisor.do(AddOfficial(kind=kind, value=value, note="opened this spring"))

    for text in ("ص.ب 4455", "labs@new.example", "facebook.com/NewPage", "@new_page"):
        assert not (await bench.desk.review(key(), text)).blocked, text
    for text in ("ص.ب 44556", "labs@new.example.com", "facebook.com/NewPage.Huda", "@new_page_", "labs2@new.example"):
        assert (await bench.desk.review(key(), text)).blocked, text


@pytest.mark.parametrize(
    ("command", "roles", "error"),
    [
        (AddOfficial(kind="phones", value="1", note="long enough"), (Role.OPERATOR,), NotAllowed),
        (RemoveOfficial(kind="phones", value="1"), (Role.OPERATOR,), NotAllowed),
        (AddOfficial(kind="fax", value="1", note="long enough"), (Role.SUPERVISOR,), NotAnOfficialContact),
        (AddOfficial(kind="phones", value=" ", note="long enough"), (Role.SUPERVISOR,), NotAnOfficialContact),
        (AddOfficial(kind="phones", value="80055501", note="short"), (Role.SUPERVISOR,), ReasonTooShort),
        (RemoveOfficial(kind="phones", value="80055501"), (Role.SUPERVISOR,), NotFound),
    ],
)
async def test_the_allowlist_is_not_changed_lightly(
    bench: Bench, command: AddOfficial | RemoveOfficial, roles: tuple[Role, ...], error: type[MajlisError]
) -> None:
    """Not without the role, a known kind, a value and a reason; nothing is written then."""
    before = await bench.store.revision()

    with pytest.raises(error):
        await bench.as_("somebody", *roles).do(command)

    assert await bench.store.revision() == before


def test_a_contact_of_the_profile_is_not_added_twice() -> None:
    known = Contacts(phones=("80055501",))
    assert known.with_added("phones", "80055501") is known


async def test_the_sender_knows_what_was_made_official_meanwhile(bench: Bench) -> None:
    """And stops what has lost its place on the list."""
    supervisor = bench.as_("mariam", Role.SUPERVISOR)
    await supervisor.do(AddOfficial(kind="phones", value="0500004567", note="the campaign's own line"))
    outcome = await bench.desk.do(Reply(key=key(), text="اتصل على 0500004567"))
    await supervisor.do(RemoveOfficial(kind="phones", value="0500004567"))
    bench.clock.at += timedelta(seconds=10)

    assert outcome.entry is not None
    assert await bench.dispatch.release(outcome.entry) is None
    assert (await bench.entry(outcome.entry)).state is EntryState.NEEDS_REVIEW


# Saved replies


async def test_a_saved_reply_is_kept_changed_and_removed(bench: Bench) -> None:
    """One for each name and language; the last word counts."""
    await bench.desk.do(KeepSnippet(name="hours", language="ar", text="من الأحد"))
    await bench.desk.do(KeepSnippet(name="hours", language="en", text="From Sunday"))
    await bench.desk.do(KeepSnippet(name="hours", language="ar", text="أهلاً {name}"))
    assert [(each.language, each.text) for each in await bench.store.snippets()] == [
        ("ar", "أهلاً {name}"),
        ("en", "From Sunday"),
    ]

    await bench.desk.do(DropSnippet(name="hours", language="en"))
    assert len(await bench.store.snippets()) == 1
    with pytest.raises(NotFound):
        await bench.desk.do(DropSnippet(name="hours", language="en"))
    with pytest.raises(EmptyText):
        await bench.desk.do(KeepSnippet(name="hours", language="en", text=" "))


async def test_a_place_that_nobody_has_filled_stops_a_reply(bench: Bench) -> None:
    """In either script; plain braces are nobody's business."""
    for text in ("أهلاً {name}، المركز مفتوح", "أهلاً {الاسم}، المركز مفتوح"):
        with pytest.raises(Blocked) as caught:
            await bench.desk.do(Reply(key=key(), text=text))
        assert caught.value.facts["rules"] == "R-STYLE-SLOT"
    assert not (await bench.desk.review(key(), "المركز {1} مفتوح {")).blocked


def test_what_is_known_is_filled_in_and_the_rest_stays() -> None:
    contacts = Contacts(name_ar="الوزارة", name_en="Ministry", phones=("800",))
    facts = facts_for(message(), contacts, "en")

    assert fill("Dear {name}, {ministry}, {phone}, {case}, {day}", facts) == "Dear مها, Ministry, 800, {case}, {day}"
    assert slots("{case} {day} {}") == ("{case}", "{day}")


async def test_a_saved_reply_sent_unchanged_to_a_fourth_person_asks_for_more(store: Store) -> None:
    """The names that were filled in do not make it another reply (C15)."""
    names = ("Maha", "Omar", "Lina", "Sami")
    await store.ingest(
        page(
            *(
                message(
                    str(n + 1), thread=f"t{n}", author=replace(message().author, id=f"u{n}", handle=f"h{n}", name=name)
                )
                for n, name in enumerate(names)
            )
        )
    )
    bench = Bench(store)
    for n, name in enumerate(names[:3]):
        await bench.desk.do(Reply(key=key(str(n + 1)), text=f"Dear {name}, {ANSWER}"))

    rules = [finding.rule for finding in (await bench.desk.review(key("4"), f"Dear {names[3]}, {ANSWER}")).findings]

    assert "R-DIR-CANNED" in rules


# Corrected triage


async def test_a_correction_is_recorded_counted_and_can_be_taken_back(bench: Bench) -> None:
    """Only what really changed is counted."""
    await bench.desk.do(CorrectTriage(key=key(), category="payment", urgency=Urgency.NORMAL, reason="payment"))

    standing = (await bench.message()).standing
    assert (standing.category, standing.suggested, standing.corrected) == ("payment", "payment", True)
    counted = {each.name: each.count for each in await bench.store.tallies(AT.date(), AT.date())}
    assert counted == {"triage.category": 1, "triage.reason": 1}
    assert (await bench.store.events())[-1].action == "correct"

    await bench.desk.do(TakeBack())
    assert not (await bench.message()).standing.corrected


async def test_escalation_goes_by_what_was_corrected(bench: Bench) -> None:
    await bench.desk.do(CorrectTriage(key=key(), category="payment", reason="payment"))

    outcome = await bench.desk.do(Escalate(key=key()))

    assert outcome.case is not None
    assert outcome.case.reason == "payment"


@pytest.mark.parametrize("wrong", [{"category": "weather"}, {"reason": "weather"}])
async def test_only_words_of_the_vocabulary_are_taken(bench: Bench, wrong: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        await bench.desk.do(CorrectTriage(key=key(), category=wrong.get("category"), reason=wrong.get("reason")))


def test_sorting_by_hand_and_by_cues_mean_the_same() -> None:
    """Route, reason and urgency of every category are those of the cue file."""
    by_cues = {
        (each.name, each.route, each.reason, each.urgency)
        for each in CUES.categories
        if each.name not in {"inquiry_service", "inquiry_health", "other"}
    }
    by_hand = {(sort.category, sort.route, sort.reason, str(sort.urgency)) for sort in SORTS}

    assert by_cues - by_hand == set()
    assert max(len([sort for sort in SORTS if sort.route == route]) for route in ROUTES) <= 16
    assert route_of("complaint", "staff_complaint") == "customer_service"
    assert route_of("rumor", None) == "comms_lead"
    assert route_of(None, None) == "operator"


# Grace


async def test_a_reply_taken_up_before_closing_may_go_out_a_little_later(store: Store) -> None:
    """Where the profile says so (D5); each use is recorded and counted."""
    await store.ingest(page(message()))
    bench = Bench(store, grace=timedelta(minutes=10))
    bench.clock.at = CLOSING - timedelta(minutes=1)
    await bench.desk.do(Claim(key=key()))
    bench.clock.at = CLOSING + timedelta(minutes=2)

    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))
    bench.clock.at += timedelta(seconds=10)
    assert outcome.entry is not None
    released = await bench.dispatch.release(outcome.entry)

    assert released is not None
    assert released.state is EntryState.SENDING
    counted = [(each.name, each.what, each.count) for each in await store.tallies(AT.date(), AT.date())]
    assert ("hours", "grace", 1) in counted


@pytest.mark.parametrize(
    ("grace", "taken_up", "sent"),
    [(0, -1, 2), (10, -1, 11), (10, 1, 2)],
    ids=["none by default", "over", "taken up after closing"],
)
async def test_grace_is_narrow(store: Store, grace: int, taken_up: int, sent: int) -> None:
    """Not without the profile, not longer than it says, not for what began after closing."""
    await store.ingest(page(message()))
    bench = Bench(store, grace=timedelta(minutes=grace))
    bench.clock.at = CLOSING + timedelta(minutes=taken_up)
    await bench.desk.do(Claim(key=key()))
    bench.clock.at = CLOSING + timedelta(minutes=sent)

    with pytest.raises(OutsideHours):
        await bench.desk.do(Reply(key=key(), text=ANSWER))


async def test_grace_ends_at_the_sender_too(store: Store) -> None:
    """What the network could not take in time waits for the opening."""
    await store.ingest(page(message()))
    bench = Bench(store, grace=timedelta(minutes=10))
    bench.clock.at = CLOSING - timedelta(minutes=1)
    await bench.desk.do(Claim(key=key()))
    bench.clock.at = CLOSING + timedelta(minutes=9)
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER))
    bench.clock.at = CLOSING + timedelta(minutes=11)

    assert outcome.entry is not None
    assert await bench.dispatch.release(outcome.entry) is None
    assert (await bench.entry(outcome.entry)).state is EntryState.QUEUED
