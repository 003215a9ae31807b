"""A report: figures of some days, read from the store in windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from .measures import Answers, Asked, By, Facts, Figures, asked, counted, figures, handed
from .message import sortable
from .ports import Anchor, View, ViewName
from .states import EntryState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .message import Message
    from .policy import Policy
    from .ports import Store

_WINDOW: Final = 1000
"""Messages read at a time."""
_SLICE: Final = timedelta(days=1)
"""Of entries read at a time."""
_BEFORE: Final = timedelta(days=14)
"""How long before it went out an entry may have been due: waits, retries, times when nothing ran. A guess; what waits
longer is missed or with a person long before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures of some days, of all and of each part."""

    first: date
    last: date
    """Included; both in the service's own time."""
    by: By
    at: datetime
    """When it was made: ages are counted until then."""
    target_wm: int
    total: Figures
    parts: dict[str, Figures]
    """By day every day of the time, by account and operator those that occur; nobody's are under the empty name."""


async def report(store: Store, policy: Policy, *, first: date, last: date, by: By, now: datetime) -> Report:
    """Read what happened and count it.

    A message counts on the day it came, whenever it was answered; what went out on the day it went, a case on the day
    it was made.

    Args:
        store: Where everything is.
        policy: Its hours, target and grace.
        first: Local day.
        last: Local day, included.
        by: What to part the figures by.
        now: Aware.
    """
    facts = await _facts(store, policy, first, last, now)
    parts = {str(date.fromordinal(n)): Facts() for n in range(first.toordinal(), last.toordinal() + 1)}
    parted = (parts if by is By.DAY else {}) | facts.parted(by)
    target = policy.first_response_wm
    return Report(
        first=first,
        last=last,
        by=by,
        at=now,
        target_wm=target,
        total=figures(facts, target),
        parts={name: figures(part, target) for name, part in parted.items()},
    )


async def _facts(store: Store, policy: Policy, first: date, last: date, now: datetime) -> Facts:
    hours = policy.hours
    since, until = (datetime.combine(day, time(), hours.zone).astimezone(UTC) for day in (first, last + _SLICE))
    answers = Answers(hours=hours, policy=policy)
    at = since - _BEFORE
    while at <= max(now, until):
        # Both bounds belong to the time asked for.
        following = at + _SLICE
        for entry in await store.entries([EntryState.SENT], due_from=at, due_by=following - timedelta(microseconds=1)):
            answers.add(entry, since=since, until=until)
        at = following
    found: list[Asked] = []
    async for message in _messages(store, since, until):
        fact = asked(message, answers, now)
        if fact is not None:
            found.append(fact)
    return Facts(
        asked=tuple(found),
        went=answers.facts(),
        handed=tuple(handed(case, hours) for case in await store.cases_made(since, until)),
        counted=counted(await store.tallies(first, last), await store.officials(), hours, first, last),
    )


async def _messages(store: Store, since: datetime, until: datetime) -> AsyncIterator[Message]:
    """Yield the messages that came in a time, newest first."""
    view = View(name=ViewName.ALL, operator="")
    # What sorts before every message of this moment, and behind all earlier ones.
    after = Anchor(sort=sortable(until), key="")
    while True:
        rows = (await store.window(view, limit=_WINDOW, after=after)).rows
        for row in rows:
            if row.message is None or row.message.created_at < since:
                return
            yield row.message
        if len(rows) < _WINDOW:
            return
        after = rows[-1].anchor
