"""The hours decisions (D1 to D11) where they matter: at the desk, and at the sender's hand-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from majlis.commands import Escalate, Hide, Override, OverrideReason, Reply, Snooze, Tag
from majlis.errors import OutsideHours, Refused
from majlis.hours import FEDERAL_CALENDAR, ServiceHours, calendars_from
from majlis.policy import Role
from majlis.states import EntryState
from tests.builders import AT, Bench, key, message, page

if TYPE_CHECKING:
    from majlis.outbox import Entry
    from majlis.ports import Store

ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"  # Arabic: the centre opens every day from eight
WEEK = {day: [["07:30", "14:30"]] for day in ("sun", "mon", "tue", "wed", "thu")}
CLOSING = AT.replace(hour=10, minute=30)


def hours(**calendars: dict[str, Any]) -> ServiceHours:
    return ServiceHours(
        list(calendars_from({name: {"zone": "Asia/Dubai", **body} for name, body in calendars.items()}).values())
    )


async def at(store: Store, moment: datetime, service: ServiceHours, **fields: Any) -> Bench:
    await store.ingest(page(message()))
    bench = Bench(store, hours=service, **fields)
    bench.clock.at = moment
    return bench


async def replied(bench: Bench, **fields: Any) -> Entry:
    outcome = await bench.desk.do(Reply(key=key(), text=ANSWER, **fields))
    assert outcome.entry is not None
    return outcome.entry


def utc(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "moment", "opens"),
    [
        ({"weekly": WEEK, "closed_dates": ["2026-11-23"]}, utc(23, 4), utc(24, 3, 30)),
        ({"weekly": {**WEEK, "mon": [["07:30", "10:00"], ["12:00", "14:30"]]}}, utc(23, 7), utc(23, 8)),
        (
            {"weekly": WEEK, "date_overrides": {"2026-11-22..2026-11-24": {"mon": [["09:00", "12:00"]]}}},
            utc(23, 4),
            utc(23, 5),
        ),
        ({"weekly": WEEK}, utc(27, 4), utc(29, 3, 30)),
    ],
    ids=["a closed date", "the break of a split day", "a shorter day of an override", "Friday"],
)
async def test_a_closed_desk_names_the_next_opening(
    store: Store, calendar: dict[str, Any], moment: datetime, opens: datetime
) -> None:
    """Refused without a word, queued for that opening with one (D1 to D3, D5)."""
    bench = await at(store, moment, hours(seed=calendar))

    with pytest.raises(OutsideHours):
        await replied(bench)
    entry = await replied(bench, queue=True)

    assert (entry.state, entry.due_at) == (EntryState.QUEUED, opens)
    bench.clock.at = opens
    assert await bench.dispatch.release(entry) is not None


async def test_the_calendar_in_force_on_that_day_decides(store: Store) -> None:
    """The source's week until the federal one is in force; Friday morning is closed before, open after (D2, D4)."""
    federal = {
        "valid_from": "2026-12-01",
        "weekly": {
            **{day: [["07:30", "15:30"]] for day in ("mon", "tue", "wed", "thu")},
            "fri": [["07:30", "12:00"]],
        },
    }
    service = hours(source={"weekly": WEEK}, federal=federal)
    bench = await at(store, utc(27, 4), service)
    assert not bench.desk.gate().open

    bench.clock.at = utc(4, 4, month=12)
    assert bench.desk.gate().open
    assert (await replied(bench)).state is EntryState.HELD


def test_the_federal_week_is_shipped_beside_the_default() -> None:
    """With its own name (D4)."""
    service = ServiceHours([FEDERAL_CALENDAR])

    assert FEDERAL_CALENDAR.id != "policy-2014"
    assert service.is_open(utc(27, 4))
    assert not service.is_open(utc(27, 9))
    assert not service.is_open(utc(29, 4))


async def test_what_was_handed_over_in_time_counts_as_inside(store: Store) -> None:
    """The answer may come after closing; a retry after closing is judged anew (D6)."""
    bench = await at(store, CLOSING - timedelta(seconds=20), hours(seed={"weekly": WEEK}))
    entry = await replied(bench)
    bench.clock.at = CLOSING - timedelta(seconds=5)
    started = await bench.dispatch.release(await bench.entry(entry))
    assert started is not None
    assert started.state is EntryState.SENDING

    bench.clock.at = CLOSING + timedelta(seconds=30)
    await bench.dispatch.retry(started, bench.clock.at, Refused(account="moh", reason="busy"))
    again = await bench.dispatch.release(await bench.entry(entry))

    assert again is None
    waiting = await bench.entry(entry)
    assert (waiting.state, waiting.due_at) == (EntryState.QUEUED, utc(24, 3, 30))


async def test_a_second_before_closing_is_open_and_closing_itself_is_not(store: Store) -> None:
    """The interval is half-open, and a hold never crosses it (D1)."""
    bench = await at(store, CLOSING - timedelta(seconds=2), hours(seed={"weekly": WEEK}))
    entry = await replied(bench)
    assert entry.due_at == CLOSING - timedelta(seconds=1)

    bench.clock.at = CLOSING
    assert not bench.desk.gate().open
    assert await bench.dispatch.release(entry) is None


async def test_everything_but_words_to_people_goes_on_at_any_hour(store: Store) -> None:
    """Tagging, snoozing, escalating, and hiding what exposes somebody (D8)."""
    bench = await at(store, utc(27, 20), hours(seed={"weekly": WEEK}))

    await bench.desk.do(Tag(key=key(), add=("later",)))
    hidden = await bench.desk.do(Hide(key=key()))
    assert hidden.entry is not None
    assert await bench.dispatch.release(hidden.entry) is not None
    await bench.desk.do(Escalate(key=key()))
    await store.ingest(page(message("2", thread="t2")))
    snoozed = await bench.desk.do(Snooze(key=key("2")))
    assert snoozed.message is not None
    assert snoozed.message.standing.snoozed_until == utc(29, 3, 30)


async def test_an_override_is_recorded_with_its_reason(store: Store) -> None:
    """It goes out at night, and entry and history say why (D9)."""
    bench = await at(store, utc(27, 20), hours(seed={"weekly": WEEK}))
    desk = bench.as_("mariam", Role.SUPERVISOR)
    why = Override(reason=OverrideReason.CORRECTION, note="the number was wrong")

    outcome = await desk.do(Reply(key=key(), text=ANSWER, override=why))
    bench.clock.at += timedelta(seconds=10)

    assert outcome.entry is not None
    assert outcome.entry.override == "correction: the number was wrong"
    assert await bench.dispatch.release(outcome.entry) is not None


async def test_a_replay_decides_the_same(store: Store) -> None:
    """The clock is an argument: the same readings give the same gates (D10)."""
    bench = await at(store, AT, hours(seed={"weekly": WEEK}))
    moments = [AT + timedelta(minutes=37 * n) for n in range(60)]

    first = [bench.desk.gate(moment).open for moment in moments]

    assert first == [bench.desk.gate(moment).open for moment in moments]
    assert True in first
    assert False in first


async def test_an_answer_is_owed_in_working_minutes(store: Store) -> None:
    """Seven hours of them: exactly one day, and a due time on a closing instant stays there (D11)."""
    bench = await at(store, AT, hours(seed={"weekly": WEEK}))

    assert bench.policy.hours.due_at(utc(23, 3, 30), 420) == CLOSING
    assert bench.policy.hours.due_at(utc(26, 10), 420) == utc(29, 10)
