"""Service hours: what is open, what comes next, and how much working time lies between."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from majlis.hours import (
    DEFAULT_CALENDAR,
    FEDERAL_CALENDAR,
    FEDERAL_RAMADAN_WEEK,
    Calendar,
    NeverOpen,
    Override,
    ServiceHours,
    Session,
    Week,
    calendars_from,
    hours_check,
)

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
POLICY = ServiceHours((DEFAULT_CALENDAR,))
SUNDAY_OPEN = datetime(2015, 4, 5, 3, 30, tzinfo=UTC)
SUNDAY_CLOSE = datetime(2015, 4, 5, 10, 30, tzinfo=UTC)
CLOSED_WEEK: Week = ((), (), (), (), (), (), ())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def session(opens: str, closes: str) -> Session:
    return Session(open=time.fromisoformat(opens), close=time.fromisoformat(closes))


def every_day(*sessions: Session) -> Week:
    return (sessions, sessions, sessions, sessions, sessions, sessions, sessions)


def test_session_is_half_open() -> None:
    """07:30:00 is open, 14:30:00 is closed, to the microsecond (D1)."""
    tick = timedelta(microseconds=1)

    assert not POLICY.is_open(SUNDAY_OPEN - tick)
    assert POLICY.is_open(SUNDAY_OPEN)
    assert POLICY.is_open(SUNDAY_CLOSE - tick)
    assert not POLICY.is_open(SUNDAY_CLOSE)


@pytest.mark.parametrize(
    ("day", "is_open"),
    [(5, True), (6, True), (7, True), (8, True), (9, True), (10, False), (11, False)],
)
def test_policy_week_is_sunday_to_thursday(day: int, is_open: bool) -> None:
    """The calendar of the policy closes on Friday and Saturday (C7)."""
    assert POLICY.is_open(datetime(2015, 4, day, 6, tzinfo=UTC)) is is_open


def test_federal_calendar_works_friday_until_noon() -> None:
    """The federal week since 2022: Monday to Thursday until 15:30, Friday until 12:00 (D4)."""
    hours = ServiceHours((FEDERAL_CALENDAR,))

    assert hours.closes_at(at("2024-06-03T08:00+04:00")) == at("2024-06-03T15:30+04:00")
    assert hours.closes_at(at("2024-06-07T08:00+04:00")) == at("2024-06-07T12:00+04:00")
    assert hours.next_open(at("2024-06-07T12:00+04:00")) == at("2024-06-10T07:30+04:00")


def test_federal_ramadan_week_is_ready_for_an_override() -> None:
    """An administrator writes the dates of Ramadan beside the shipped week."""
    ramadan = Override(first=date(2024, 3, 11), last=date(2024, 4, 9), weekly=FEDERAL_RAMADAN_WEEK)
    calendar = Calendar(
        id="federal",
        zone="Asia/Dubai",
        valid_from=date(2022, 1, 1),
        weekly=FEDERAL_CALENDAR.weekly,
        overrides=(ramadan,),
    )

    assert ServiceHours((calendar,)).closes_at(at("2024-03-11T10:00+04:00")) == at("2024-03-11T14:30+04:00")


def test_each_day_is_judged_by_the_calendar_then_in_force() -> None:
    """The Friday before the change is closed, the Friday after it is open, and working time crosses over (D2)."""
    hours = ServiceHours((FEDERAL_CALENDAR, DEFAULT_CALENDAR))

    assert not hours.is_open(at("2021-12-31T09:00+04:00"))
    assert hours.is_open(at("2022-01-07T09:00+04:00"))
    assert not hours.is_open(at("2022-01-02T09:00+04:00"))
    assert hours.working_seconds(at("2021-12-30T14:00+04:00"), at("2022-01-03T08:00+04:00")) == 3600
    assert hours.calendar_on(date(2021, 12, 31)) == DEFAULT_CALENDAR


def test_nothing_is_open_before_the_first_calendar() -> None:
    """A day for which no calendar was in force is a closed day."""
    hours = ServiceHours((FEDERAL_CALENDAR,))

    assert hours.calendar_on(date(2021, 12, 31)) is None
    assert hours.next_open(at("2021-12-30T09:00+04:00")) == at("2022-01-03T07:30+04:00")


def test_closed_date_wins_over_everything() -> None:
    """A closed date closes a day that its week and an override would open."""
    day = date(2016, 5, 2)
    calendar = Calendar(
        id="c",
        zone="Asia/Dubai",
        weekly=every_day(session("08:00", "12:00")),
        closed_dates=frozenset({day}),
        overrides=(Override(first=day, last=day, weekly=every_day(session("09:00", "10:00"))),),
    )

    assert ServiceHours((calendar,)).next_open(at("2016-05-02T09:30+04:00")) == at("2016-05-03T08:00+04:00")


def test_shorter_override_wins_inside_a_longer_one() -> None:
    """One special day inside a month of special hours keeps its own hours."""
    month = Override(first=date(2016, 6, 1), last=date(2016, 6, 30), weekly=every_day(session("09:00", "13:00")))
    day = Override(first=date(2016, 6, 5), last=date(2016, 6, 5), weekly=CLOSED_WEEK)
    hours = ServiceHours((Calendar(id="c", zone="Asia/Dubai", weekly=CLOSED_WEEK, overrides=(month, day)),))

    assert hours.is_open(at("2016-06-04T09:00+04:00"))
    assert not hours.is_open(at("2016-06-05T09:00+04:00"))


def test_split_day_has_a_break() -> None:
    """Between two sessions of one day the next opening is on the same day."""
    week = every_day(session("08:00", "12:00"), session("13:00", "15:00"))
    hours = ServiceHours((Calendar(id="c", zone="Asia/Dubai", weekly=week),))
    noon = at("2016-05-02T12:00+04:00")

    assert not hours.is_open(noon)
    assert hours.next_open(noon) == at("2016-05-02T13:00+04:00")
    assert hours.due_at(at("2016-05-02T11:00+04:00"), 90) == at("2016-05-02T13:30+04:00")


def test_due_time_on_a_closing_instant_stays_there() -> None:
    """Seven working hours from opening end at closing, not at the next opening (D11)."""
    assert POLICY.due_at(SUNDAY_OPEN, 420) == SUNDAY_CLOSE
    assert POLICY.due_at(SUNDAY_OPEN, 421) == at("2015-04-06T03:31:00Z")
    assert POLICY.due_at(SUNDAY_CLOSE, 1) == at("2015-04-06T03:31:00Z")


def test_promise_of_no_minutes_is_due_at_the_first_open_instant() -> None:
    """Zero minutes from a closed instant wait for the opening."""
    assert POLICY.due_at(SUNDAY_OPEN, 0) == SUNDAY_OPEN
    assert POLICY.due_at(SUNDAY_CLOSE, 0) == at("2015-04-06T03:30:00Z")


def test_midnight_close_is_the_end_of_the_day() -> None:
    """24:00 closes at midnight; with 00:00 of the next day it is one stretch of open time."""
    evenings = Calendar(id="c", zone="Asia/Dubai", weekly=every_day(session("20:00", "00:00")))
    nights = Calendar(id="c", zone="Asia/Dubai", weekly=every_day(session("00:00", "02:00"), session("20:00", "00:00")))

    assert ServiceHours((evenings,)).closes_at(at("2016-05-02T21:00+04:00")) == at("2016-05-03T00:00+04:00")
    assert ServiceHours((nights,)).closes_at(at("2016-05-02T21:00+04:00")) == at("2016-05-03T02:00+04:00")
    assert ServiceHours((nights,)).working_seconds(at("2016-05-02T00:00Z"), at("2016-05-03T00:00Z")) == 6 * 3600


def test_calendar_that_never_opens_says_so() -> None:
    """An opening is looked for during 366 days, then the data is called wrong."""
    hours = ServiceHours((Calendar(id="c", zone="Asia/Dubai", weekly=CLOSED_WEEK),))

    for ask in (hours.next_open, hours.next_session_start, lambda start: hours.due_at(start, 1)):
        with pytest.raises(NeverOpen, match="366 days"):
            ask(SUNDAY_OPEN)
    assert hours.closes_at(SUNDAY_OPEN) is None
    assert hours.working_seconds(SUNDAY_OPEN, SUNDAY_CLOSE) == 0


def test_opening_within_366_days_is_found() -> None:
    """A service closed for eleven months still knows when it opens."""
    override = Override(first=date(2016, 1, 1), last=date(2016, 11, 30), weekly=CLOSED_WEEK)
    calendar = Calendar(id="c", zone="Asia/Dubai", weekly=every_day(session("08:00", "09:00")), overrides=(override,))

    assert ServiceHours((calendar,)).next_open(at("2016-01-01T09:00+04:00")) == at("2016-12-01T08:00+04:00")


def test_summer_time_is_followed() -> None:
    """In a zone with summer time the wall hours stay and the instants move."""
    hours = ServiceHours((Calendar(id="c", zone="Europe/Berlin", weekly=every_day(session("01:00", "04:00"))),))

    assert hours.working_seconds(at("2024-03-31T00:00Z"), at("2024-03-31T12:00Z")) == 2 * 3600
    assert hours.working_seconds(at("2024-10-26T22:00Z"), at("2024-10-27T12:00Z")) == 4 * 3600


def test_backwards_pair_has_no_working_time() -> None:
    """A clock that jumped back gives zero, never a negative age."""
    assert POLICY.working_seconds(SUNDAY_CLOSE, SUNDAY_OPEN) == 0


@pytest.mark.parametrize("wrong", [datetime(2015, 4, 5), datetime(1, 1, 1, tzinfo=UTC)])  # noqa: DTZ001  it is the point
def test_time_that_is_no_instant_is_refused(wrong: datetime) -> None:
    """A time without a zone, or at the end of the dates, is an error and not a guess."""
    with pytest.raises(ValueError, match=r"zone|year"):
        POLICY.is_open(wrong)


def test_negative_promise_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        POLICY.due_at(SUNDAY_OPEN, -1)


def test_wrong_sets_of_calendars_are_refused() -> None:
    """No calendar, two from one date, or two zones: none can be judged by."""
    other = Calendar(id="b", zone="Asia/Riyadh", valid_from=date(2020, 1, 1), weekly=CLOSED_WEEK)

    for calendars in ((), (DEFAULT_CALENDAR, DEFAULT_CALENDAR), (DEFAULT_CALENDAR, other)):
        with pytest.raises(ValueError, match="calendars"):
            ServiceHours(calendars)


# Decoding

GOOD: dict[str, Any] = {"zone": "Asia/Dubai", "weekly": {"mon": [["08:00", "24:00"]]}}


def test_decoded_calendar_keeps_what_it_says() -> None:
    """Every field of the format arrives."""
    data = {
        "a": {
            **GOOD,
            "id": "a",
            "valid_from": "2016-01-01",
            "closed_dates": ["2016-11-30"],
            "date_overrides": {"2016-06-06..2016-07-05": {"mon": []}, "2016-08-01": {"mon": [["09:00", "10:00"]]}},
        }
    }

    calendar = calendars_from(data)["a"]

    assert calendar.valid_from == date(2016, 1, 1)
    assert calendar.weekly[0] == (session("08:00", "00:00"),)
    assert calendar.weekly[1] == ()
    assert calendar.sessions(date(2016, 11, 30)) == ()
    assert calendar.sessions(date(2016, 6, 6)) == ()
    assert calendar.sessions(date(2016, 8, 1)) == (session("09:00", "10:00"),)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"zone": None}, r"a: zone: missing"),
        ({"zone": "Asia/Nowhere"}, r"a: zone: no such time zone: 'Asia/Nowhere'"),
        ({"zone": "../../etc/passwd"}, r"a: zone: no such time zone"),
        ({"weekly": None}, r"a: weekly: missing"),
        ({"weekly": {"monday": []}}, r"a: weekly: monday: not a weekday"),
        ({"weekly": {"mon": [["22:00", "06:00"]]}}, r"a: weekly: mon: .*two"),
        ({"weekly": {"mon": [["08:00", "08:00"]]}}, r"a: weekly: mon: session"),
        ({"weekly": {"mon": [["08:00", "00:00"]]}}, r"a: weekly: mon: .*24:00"),
        ({"weekly": {"mon": [["8", "9"]]}}, r"a: weekly: mon: '8' is not a time"),
        ({"weekly": {"mon": [["08:00"]]}}, r"a: weekly: mon: .*not a session"),
        ({"weekly": {"mon": "08:00"}}, r"a: weekly: mon: '08:00' is not a list"),
        ({"weekly": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}}, r"a: mon: sessions overlap"),
        ({"weekly": {"mon": [["08:00", "24:00"], ["08:00", "09:00"]]}}, r"a: mon: sessions overlap"),
        ({"valid_from": "soon"}, r"a: valid_from: 'soon' is not a date"),
        ({"closed_dates": ["2016-13-01"]}, r"a: closed_dates: '2016-13-01' is not a date"),
        ({"closed_dates": "2016-01-01"}, r"a: closed_dates: .*not a list"),
        ({"date_overrides": {"2016-01-02..2016-01-01": {}}}, r"a: override .*ends before"),
        ({"date_overrides": {"2016-01-01..x": {}}}, r"a: date_overrides: 2016-01-01..x: 'x' is not a date"),
        (
            {"date_overrides": {"2016-01-01..2016-01-05": {}, "2016-01-03..2016-01-09": {}}},
            r"a: overrides .*contradict",
        ),
        ({"id": "b"}, r"a: id: is 'b'"),
        ({"closed": []}, r"a: closed: unknown field"),
    ],
)
def test_wrong_calendar_names_its_field(change: dict[str, Any], complaint: str) -> None:
    """A mistake in the data is told with the place where it stands."""
    with pytest.raises(ValueError, match=complaint):
        calendars_from({"a": {**GOOD, **change}})


# The check verb

CALENDARS = calendars_from({"a": GOOD, "shut": {"zone": "Asia/Dubai", "weekly": {}}})


def test_check_answers_each_kind() -> None:
    """A point, a pair and a due time, in UTC with whole seconds."""
    point = hours_check(
        {"id": "1", "kind": "point", "calendar": "a", "instant": "2016-05-02T08:00:00.5+04:00"}, CALENDARS
    )
    pair = hours_check(
        {
            "id": "2",
            "kind": "pair",
            "calendar": "a",
            "start": "2016-05-02T00:00:00+04:00",
            "end": "2016-05-02T08:01:30+04:00",
        },
        CALENDARS,
    )
    due = hours_check(
        {"id": "3", "kind": "due", "calendar": "a", "start": "2016-05-02T04:00:00Z", "working_minutes": 30}, CALENDARS
    )

    assert point == {
        "id": "1",
        "open": True,
        "next_open": "2016-05-02T04:00:00Z",
        "next_session_start": "2016-05-09T04:00:00Z",
        "closes_at": "2016-05-02T20:00:00Z",
    }
    assert pair == {"id": "2", "working_seconds": 90, "working_minutes": 1.5}
    assert due == {"id": "3", "due_at": "2016-05-02T04:30:00Z"}


def test_check_answers_null_where_it_never_opens() -> None:
    row = {"id": "1", "kind": "point", "calendar": "shut", "instant": "2016-05-02T08:00:00Z"}

    answer = hours_check(row, CALENDARS)

    assert answer == {"id": "1", "open": False, "next_open": None, "next_session_start": None, "closes_at": None}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({}, "calendar: missing"),
        ({"calendar": "b"}, "calendar: no calendar named 'b'"),
        ({"calendar": "a"}, "kind: missing"),
        ({"calendar": "a", "kind": "x"}, "kind: 'x' is not one of point, pair, due"),
        ({"calendar": "a", "kind": "point"}, "id: missing"),
        ({"id": 1, "calendar": "a", "kind": "point"}, "instant: missing"),
        ({"id": 1, "calendar": "a", "kind": "point", "instant": 5}, "instant: 5 is not an instant"),
        ({"id": 1, "calendar": "a", "kind": "point", "instant": "2016-05-02T08:00"}, "instant: a time without a zone"),
        (
            {"id": 1, "calendar": "a", "kind": "due", "start": "2016-05-02T08:00Z", "working_minutes": "9"},
            "working_minutes: '9' is not a number",
        ),
        (
            {"id": 1, "calendar": "a", "kind": "due", "start": "2016-05-02T08:00Z", "working_minutes": -9},
            "working_minutes: minutes: must not be negative",
        ),
    ],
)
def test_check_names_the_wrong_field(row: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        hours_check(row, CALENDARS)


def test_check_is_exact_on_the_sample_cases() -> None:
    """Every answer equals the sample's, to the second."""
    if not SAMPLES.is_dir():
        pytest.skip("needs ../shared, the project's shared data")
    calendars = calendars_from(json.loads((SAMPLES / "hours_calendars.json").read_text(encoding="utf-8")))
    rows = [json.loads(line) for line in (SAMPLES / "hours_cases.jsonl").read_text(encoding="utf-8").splitlines()]

    for row in rows:
        answer = hours_check(row, calendars)
        assert len(answer) > 1
        assert answer == {name: row[name] for name in answer}


# Arithmetic against counting

MINUTE = timedelta(minutes=1)
START_DAY = datetime(2016, 5, 1, tzinfo=UTC)


@st.composite
def days(draw: st.DrawFn) -> tuple[Session, ...]:
    """Draw the sessions of one day, on whole quarters."""
    marks = sorted(draw(st.sets(st.integers(0, 95), max_size=4)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return tuple(
        Session(open=time(first // 4, first % 4 * 15), close=time(last // 4, last % 4 * 15)) for first, last in pairs
    )


@st.composite
def services(draw: st.DrawFn) -> ServiceHours:
    """Draw hours that may change calendar, close some dates and override others, and are open somewhere each week."""
    calendars = []
    for name, valid_from in (("old", None), ("new", date(2016, 5, 5))):
        week = tuple(draw(days()) for _ in range(6))
        first = draw(st.integers(1, 8))
        overrides = (
            Override(
                first=date(2016, 5, first),
                last=date(2016, 5, first + draw(st.integers(0, 3))),
                weekly=every_day(*draw(days())),
            ),
        )
        weekly = (*week, (session("08:00", "12:00"),))
        calendars.append(
            Calendar(
                id=name,
                zone=draw(st.just("Asia/Dubai")),
                valid_from=valid_from,
                weekly=(weekly[0], weekly[1], weekly[2], weekly[3], weekly[4], weekly[5], weekly[6]),
                closed_dates=frozenset(date(2016, 5, day) for day in draw(st.sets(st.integers(1, 9), max_size=2))),
                overrides=overrides,
            )
        )
    return ServiceHours(calendars)


def open_minute(hours: ServiceHours, minute: datetime) -> bool:
    """Tell whether a minute is working time, straight from the data and not by the code under test."""
    local = minute.astimezone(hours.zone)
    day = local.date()
    calendar = hours.calendars[0 if day < date(2016, 5, 5) else 1]
    if day in calendar.closed_dates:
        return False
    (override,) = calendar.overrides
    week = override.weekly if override.first <= day <= override.last else calendar.weekly
    return any(each.open <= local.time() < each.close for each in week[day.weekday()])


@settings(max_examples=60, deadline=None)
@given(hours=services(), start=st.integers(0, 9 * 1440), length=st.integers(0, 3 * 1440))
def test_working_time_equals_a_count_of_minutes(hours: ServiceHours, start: int, length: int) -> None:
    """The sum over sessions is what counting minute by minute gives."""
    begin = START_DAY + start * MINUTE
    counted = sum(open_minute(hours, begin + passed * MINUTE) for passed in range(length))

    assert hours.working_seconds(begin, begin + length * MINUTE) == counted * 60
    assert hours.is_open(begin) is open_minute(hours, begin)


@settings(max_examples=60, deadline=None)
@given(hours=services(), start=st.integers(0, 5 * 1440), minutes=st.integers(1, 600))
def test_due_time_is_the_first_instant_with_enough_working_time(hours: ServiceHours, start: int, minutes: int) -> None:
    """Up to the due time lie exactly the promised minutes, and a second earlier fewer."""
    begin = START_DAY + start * MINUTE

    due = hours.due_at(begin, minutes)

    assert hours.working_seconds(begin, due) == minutes * 60
    assert hours.working_seconds(begin, due - timedelta(seconds=1)) == minutes * 60 - 1


@settings(max_examples=60, deadline=None)
@given(hours=services(), start=st.integers(0, 9 * 1440))
def test_next_opening_and_closing_agree_with_the_count(hours: ServiceHours, start: int) -> None:
    """From any minute on, the first open and the first closed minute are those that counting finds."""
    begin = START_DAY + start * MINUTE
    walked = next(begin + passed * MINUTE for passed in range(30 * 1440) if open_minute(hours, begin + passed * MINUTE))

    assert hours.next_open(begin) == walked
    closing = hours.closes_at(walked)
    assert closing is not None
    assert not open_minute(hours, closing)
    assert open_minute(hours, closing - MINUTE)
