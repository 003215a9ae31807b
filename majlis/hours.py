"""Service hours: when the ministry publishes and answers, and working-time arithmetic (POLICY C7, D1-D11).

Calendars are data with dates: which one judges a day is the one that was in force on that day. Everything here takes
its instants as arguments; who may override a closed gate, and what happens to a late text, is decided elsewhere.
Local time exists in this module and on the screen, nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of the days in the calendar format, in the order of `date.weekday()`."""

HORIZON: Final = timedelta(days=366)
"""How far ahead an opening is looked for; a calendar closed for longer is a mistake in its data."""

_ONE_DAY: Final = timedelta(days=1)
_REMEMBERED_DAYS: Final = 4096
_FIRST_YEAR: Final = 1000
_LAST_YEAR: Final = 9000


class NeverOpen(ValueError):
    """No session begins within `HORIZON`: the calendar's data closes the service for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One stretch of open time in a day: `open <= t < close`, local wall time."""

    open: time
    close: time
    """Exclusive. 00:00 means the end of the day (written `24:00` in the data)."""

    def __post_init__(self) -> None:
        if self.close != time.min and self.close <= self.open:
            raise ValueError(
                f"session {self.open:%H:%M}-{self.close:%H:%M}: close must be after open, on the same day; "
                "write a session that passes midnight as two"
            )


Day = tuple[Session, ...]
"""The sessions of one day, in order of time, never overlapping."""

Week = tuple[Day, Day, Day, Day, Day, Day, Day]
"""Monday first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A range of dates with a week of its own."""

    first: date
    last: date
    """Inclusive."""
    weekly: Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One version of the hours, in force from a date until a later calendar takes over."""

    id: str
    zone: str
    """IANA name, such as Asia/Dubai."""
    weekly: Week
    valid_from: date | None = None
    """First local date it judges; `None` means since ever."""
    closed_dates: frozenset[date] = frozenset()
    """They win over everything."""
    overrides: tuple[Override, ...] = ()
    """Where one lies inside another the shorter wins."""

    def __post_init__(self) -> None:
        for week in (self.weekly, *(each.weekly for each in self.overrides)):
            _check_week(week)
        _check_overrides(self.overrides)

    def sessions(self, day: date) -> Day:
        """Return the sessions of a local date, in order of time; empty when closed."""
        if day in self.closed_dates:
            return ()
        covering = [each for each in self.overrides if each.first <= day <= each.last]
        if covering:
            return min(covering, key=lambda each: each.last - each.first).weekly[day.weekday()]
        return self.weekly[day.weekday()]


def _check_week(week: Week) -> None:
    """Refuse sessions that overlap or stand out of order."""
    for name, sessions in zip(WEEKDAYS, week, strict=True):
        for earlier, later in pairwise(sessions):
            if earlier.close == time.min or later.open < earlier.close:
                raise ValueError(f"{name}: sessions overlap or are not in order of time")


def _check_overrides(overrides: tuple[Override, ...]) -> None:
    """Refuse ranges that run backwards, or cross so that neither lies inside the other."""
    for each in overrides:
        if each.last < each.first:
            raise ValueError(f"override {each.first}..{each.last}: ends before it begins")
    for earlier, later in pairwise(sorted(overrides, key=lambda each: (each.first, each.last))):
        same = (earlier.first, earlier.last) == (later.first, later.last)
        crossing = earlier.first < later.first <= earlier.last < later.last
        if same or crossing:
            raise ValueError(f"overrides {earlier.first}..{earlier.last} and {later.first}..{later.last} contradict")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A session as instants: half-open, aware UTC."""

    open: datetime
    close: datetime


class ServiceHours:
    """The hours of one service: its calendars, and the questions asked of them.

    Every instant taken is aware, in any zone; every instant returned is aware UTC.
    """

    def __init__(self, calendars: Sequence[Calendar]) -> None:
        """Keep calendars in order of the dates from which they are in force.

        Raises:
            ValueError: None given, two in force from the same date, or two zones.
        """
        ordered = tuple(sorted(calendars, key=lambda each: each.valid_from or date.min))
        if not ordered:
            raise ValueError("calendars: at least one is needed")
        if len({each.valid_from for each in ordered}) < len(ordered):
            raise ValueError("calendars: two are valid from the same date")
        if len({each.zone for each in ordered}) > 1:
            raise ValueError("calendars: all of one service must name the same zone")
        self.calendars: tuple[Calendar, ...] = ordered
        """Oldest first."""
        self.zone: ZoneInfo = ZoneInfo(ordered[0].zone)
        # History is asked about again and again (ages, reports), and a day never changes.
        self._spans = lru_cache(_REMEMBERED_DAYS)(self._spans_of)

    def calendar_on(self, day: date) -> Calendar | None:
        """Return the calendar in force on a local date, `None` before the first."""
        for each in reversed(self.calendars):
            if each.valid_from is None or each.valid_from <= day:
                return each
        return None

    def local(self, at: datetime) -> datetime:
        """Return the same instant as wall time of the service."""
        return _aware(at).astimezone(self.zone)

    def is_open(self, at: datetime) -> bool:
        """Tell whether an instant lies inside a session; a closing instant does not (D1)."""
        return self._current(_aware(at)) is not None

    def next_open(self, at: datetime) -> datetime:
        """Return the first open instant from `at` on: `at` itself when open.

        Raises:
            NeverOpen: No session within `HORIZON`.
        """
        at = _aware(at)
        return at if self._current(at) else self.next_session_start(at)

    def next_session_start(self, at: datetime) -> datetime:
        """Return the first start of a session strictly after `at`.

        Raises:
            NeverOpen: No session within `HORIZON`.
        """
        at = _aware(at)
        for span in self._from(at):
            if span.open > at:
                return span.open
        raise NeverOpen(f"no opening within {HORIZON.days} days after {at.isoformat()}")

    def closes_at(self, at: datetime) -> datetime | None:
        """Return the first closed instant after an open `at`; `None` when closed at `at`.

        Sessions that touch count as one. Hours that never close answer with the end of `HORIZON`.
        """
        at = _aware(at)
        close: datetime | None = None
        for span in self._from(at):
            if close is None:
                if span.open > at:
                    return None
                close = span.close
            elif span.open <= close:
                close = max(close, span.close)
            else:
                break
        return close

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Return the whole seconds between two instants that lie inside sessions; 0 when `end` is not after `start`."""
        start, end = _aware(start), _aware(end)
        total = timedelta()
        if end <= start:
            return 0
        for day in _days(self._date(start) - _ONE_DAY, self._date(end)):
            for span in self._spans(day):
                total += max(timedelta(), min(end, span.close) - max(start, span.open))
        return total // timedelta(seconds=1)

    def due_at(self, start: datetime, minutes: float) -> datetime:
        """Return the instant at which so many working minutes have passed since `start`.

        A due time that falls exactly on a closing instant stays there (D11). With zero minutes it is the first open
        instant from `start` on.

        Args:
            start: When the promise began; open or closed.
            minutes: Working minutes, zero or more.

        Raises:
            NeverOpen: The sessions run out for longer than `HORIZON`.
            ValueError: `minutes` is negative.
        """
        start = _aware(start)
        if minutes < 0:
            raise ValueError("minutes: must not be negative")
        left = timedelta(minutes=minutes)
        reached = start
        while True:
            for span in self._from(reached):
                begin = max(reached, span.open)
                if left <= span.close - begin:
                    return begin + left
                left -= span.close - begin
                reached = span.close
                break
            else:
                raise NeverOpen(f"no opening within {HORIZON.days} days after {reached.isoformat()}")

    def _current(self, at: datetime) -> _Span | None:
        """Return the session that holds an instant."""
        today = self._date(at)
        for day in (today, today - _ONE_DAY):
            for span in self._spans(day):
                if span.open <= at < span.close:
                    return span
        return None

    def _from(self, at: datetime) -> Iterator[_Span]:
        """Yield the sessions that end after `at`, in order of time, as far as `HORIZON`."""
        today = self._date(at)
        for day in _days(today - _ONE_DAY, today + HORIZON):
            yield from (span for span in self._spans(day) if span.close > at)

    def _date(self, at: datetime) -> date:
        """Return the local date; the days around it are looked at too, for sessions that touch midnight."""
        return at.astimezone(self.zone).date()

    def _spans_of(self, day: date) -> tuple[_Span, ...]:
        """Return the sessions of a local date as instants."""
        calendar = self.calendar_on(day)
        if calendar is None:
            return ()
        return tuple(
            _Span(
                open=self._instant(day, session.open),
                close=self._instant(day + _ONE_DAY if session.close == time.min else day, session.close),
            )
            for session in calendar.sessions(day)
        )

    def _instant(self, day: date, wall: time) -> datetime:
        """Return a wall time as an instant; in a gap or a doubled hour the offset before the change counts."""
        return datetime.combine(day, wall, tzinfo=self.zone).astimezone(UTC)


def _aware(at: datetime) -> datetime:
    """Return an instant in UTC, refusing one that names no zone or lies where dates end."""
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone is no instant: {at.isoformat()}")
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}: {at.isoformat()}")
    return at.astimezone(UTC)


def _days(first: date, last: date) -> Iterator[date]:
    """Yield dates, both ends included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _office(opens: str, closes: str) -> Day:
    """Return a day of one session; for the calendars below."""
    return (Session(open=time.fromisoformat(opens), close=time.fromisoformat(closes)),)


def _five_days(*days: Day) -> Week:
    """Return a week from its five first days, Monday on, with a free Saturday and Sunday."""
    monday, tuesday, wednesday, thursday, friday = days
    return (monday, tuesday, wednesday, thursday, friday, (), ())


DEFAULT_CALENDAR: Final = Calendar(
    id="policy-2014",
    zone="Asia/Dubai",
    weekly=(
        _office("07:30", "14:30"),
        _office("07:30", "14:30"),
        _office("07:30", "14:30"),
        _office("07:30", "14:30"),
        (),
        (),
        _office("07:30", "14:30"),
    ),
)
"""The hours of the policy's own text: Sunday to Thursday, 07:30-14:30 (D1)."""

FEDERAL_RAMADAN_WEEK: Final[Week] = _five_days(*(_office("09:00", "14:30"),) * 4, _office("09:00", "12:00"))
"""The federal week in Ramadan (D4); for an override whose dates the moon decides and an administrator writes."""

FEDERAL_CALENDAR: Final = Calendar(
    id="federal-2022",
    zone="Asia/Dubai",
    valid_from=date(2022, 1, 1),
    weekly=_five_days(*(_office("07:30", "15:30"),) * 4, _office("07:30", "12:00")),
)
"""The federal working week since 1 January 2022 (D4). Ramadan and public holidays are announced days ahead, so none
are guessed here (D3)."""


def calendars_from(data: Mapping[str, Any]) -> dict[str, Calendar]:
    """Decode calendars from their JSON form, by id, in the order given.

    Per calendar: `zone`, optional `id` (the same as its key), `valid_from`, `weekly` (per weekday a list of
    `["HH:MM", "HH:MM"]`), `closed_dates`, `date_overrides` (a date or `A..B`, both inclusive, to a weekly map;
    a weekday missing in it is closed).

    Raises:
        ValueError: Something is missing, unknown or impossible; the message names the field.
    """
    calendars = {}
    for name, body in _mapping(data).items():
        with _named(name):
            calendars[name] = _calendar(name, _mapping(body))
    return calendars


_FIELDS: Final = frozenset({"id", "zone", "valid_from", "weekly", "closed_dates", "date_overrides"})


def _calendar(name: str, fields: Mapping[str, Any]) -> Calendar:
    for key in fields:
        if key not in _FIELDS:
            raise ValueError(f"{key}: unknown field")
    if fields.get("id", name) != name:
        raise ValueError(f"id: is {fields['id']!r} under the key {name!r}")
    with _named("zone"):
        zone = _zone(fields.get("zone"))
    with _named("valid_from"):
        valid_from = None if fields.get("valid_from") is None else _date_of(fields["valid_from"])
    with _named("weekly"):
        weekly = _week(fields.get("weekly"))
    with _named("closed_dates"):
        closed = frozenset(_date_of(each) for each in _list(fields.get("closed_dates", [])))
    with _named("date_overrides"):
        overrides = tuple(_override(key, week) for key, week in _mapping(fields.get("date_overrides", {})).items())
    return Calendar(id=name, zone=zone, valid_from=valid_from, weekly=weekly, closed_dates=closed, overrides=overrides)


def _override(key: str, week: Any) -> Override:
    with _named(key):
        first, _, last = key.partition("..")
        return Override(first=_date_of(first), last=_date_of(last or first), weekly=_week(week))


def _week(data: Any) -> Week:
    days = _mapping(data)
    for name in days:
        if name not in WEEKDAYS:
            raise ValueError(f"{name}: not a weekday (one of {', '.join(WEEKDAYS)})")
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (
        _day(name, days.get(name, [])) for name in WEEKDAYS
    )
    return (monday, tuesday, wednesday, thursday, friday, saturday, sunday)


def _day(name: str, data: Any) -> Day:
    with _named(name):
        return tuple(_session(each) for each in _list(data))


def _session(data: Any) -> Session:
    ends = _list(data)
    if len(ends) != _ENDS:
        raise ValueError(f'{data!r} is not a session: ["HH:MM", "HH:MM"]')
    opens, closes = ends
    if closes == "00:00":
        raise ValueError("write the end of the day as 24:00")
    return Session(open=_time_of(opens), close=time.min if closes == "24:00" else _time_of(closes))


_ENDS: Final = 2


def _zone(data: Any) -> str:
    if not isinstance(data, str):
        raise ValueError("missing or not a name")  # noqa: TRY004  one kind of error for wrong data
    try:
        return ZoneInfo(data).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no such time zone: {data!r}") from error


def _date_of(data: Any) -> date:
    try:
        return date.fromisoformat(data)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{data!r} is not a date (YYYY-MM-DD)") from error


def _time_of(data: Any) -> time:
    try:
        return time.fromisoformat(data if len(data) == len("HH:MM") else "")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{data!r} is not a time of day (HH:MM)") from error


def _mapping(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ValueError("missing or not a table")  # noqa: TRY004  one kind of error for wrong data
    return data


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValueError(f"{data!r} is not a list")  # noqa: TRY004  one kind of error for wrong data
    return data


@contextmanager
def _named(field: str) -> Iterator[None]:
    """Put a field's name before whatever is wrong inside it."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from error


def hours_check(row: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    """Answer one row of `majlis check hours`.

    Args:
        row: `id`, `calendar`, `kind` (point, pair or due) and the fields of that kind.
        calendars: By id; each stands alone.

    Returns:
        `id` and the answers: point gives open, next_open, next_session_start, closes_at; pair gives working_seconds,
        working_minutes; due gives due_at. Times in UTC with `Z`, whole seconds, null where there is none.

    Raises:
        ValueError: A field is missing or wrong; the message names it.
    """
    name = _field(row, "calendar")
    if name not in calendars:
        raise ValueError(f"calendar: no calendar named {name!r}")
    hours = ServiceHours((calendars[name],))
    kind = _field(row, "kind")
    answers = _ANSWERS.get(kind)
    if answers is None:
        raise ValueError(f"kind: {kind!r} is not one of {', '.join(_ANSWERS)}")
    return {"id": _field(row, "id"), **answers(row, hours)}


def _point(row: Mapping[str, Any], hours: ServiceHours) -> dict[str, Any]:
    at = _instant_in(row, "instant")
    return {
        "open": hours.is_open(at),
        "next_open": _or_never(hours.next_open, at),
        "next_session_start": _or_never(hours.next_session_start, at),
        "closes_at": _shown(hours.closes_at(at)),
    }


def _pair(row: Mapping[str, Any], hours: ServiceHours) -> dict[str, Any]:
    seconds = hours.working_seconds(_instant_in(row, "start"), _instant_in(row, "end"))
    return {"working_seconds": seconds, "working_minutes": seconds / 60}


def _due(row: Mapping[str, Any], hours: ServiceHours) -> dict[str, Any]:
    start, minutes = _instant_in(row, "start"), _field(row, "working_minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        raise ValueError(f"working_minutes: {minutes!r} is not a number")  # noqa: TRY004  one kind of error for wrong data
    with _named("working_minutes"):
        return {"due_at": _or_never(lambda at: hours.due_at(at, minutes), start)}


_ANSWERS: Final = {"point": _point, "pair": _pair, "due": _due}


def _field(row: Mapping[str, Any], name: str) -> Any:
    if row.get(name) is None:
        raise ValueError(f"{name}: missing")
    return row[name]


def _instant_in(row: Mapping[str, Any], name: str) -> datetime:
    text = _field(row, name)
    with _named(name):
        try:
            at = datetime.fromisoformat(text)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{text!r} is not an instant (such as 2015-04-05T03:30:00Z)") from error
        return _aware(at)


def _or_never(question: Callable[[datetime], datetime], at: datetime) -> str | None:
    try:
        return _shown(question(at))
    except NeverOpen:
        return None


def _shown(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
