"""A day with faults by chance: nothing is lost, nothing goes out twice, budgets are kept, nobody starves.

And a poller or a sender that makes one of the usual mistakes is found out, or the day would prove nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.poller import Poller
from connectors.sender import Sender
from majlis.errors import Unknown

from .day import Day, Plan

if TYPE_CHECKING:
    from majlis.errors import MajlisError
    from majlis.outbox import Entry
    from majlis.ports import Mark, Page, Store

MORNING = Plan(seed=3, hours=1.5, messages=500, answers=40, fault=3.0)
WHOLE = Plan(seed=2, hours=24, messages=10_000, answers=500)


async def lived(day: Day) -> Day:
    """Let a day pass and settle."""
    await day.pass_()
    await day.settle()
    return day


async def test_a_morning_with_faults_loses_nothing_and_sends_nothing_twice(store: Store) -> None:
    """An hour and a half, as often as the tests run."""
    day = await lived(Day(store, MORNING))

    assert (await day.verdict()).all == []
    assert len(day.answered) >= MORNING.answers / 2
    assert not {"unreachable", "busy", "stale", "lost_after", "lost_before", "signed_out", "down"} - set(day.met())


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_whole_day_with_faults_loses_nothing_and_sends_nothing_twice(store: Store) -> None:
    """Twenty-four hours, 10,000 messages, seven accounts on three networks, and processes that die."""
    day = await lived(Day(store, WHOLE))

    assert (await day.verdict()).all == []
    assert sum(len(connector.items) for connector in day.connectors.values()) > WHOLE.messages * 0.9
    assert day.restarts >= 3
    assert len(day.answered) >= WHOLE.answers / 2


class Hasty(Poller):
    """Moves the mark with the first page of a walk."""

    def _placed(self, page: Page, walked: Mark) -> Page:
        placed = super()._placed(page, walked)
        walk = placed.mark.walk
        return replace(placed, mark=replace(placed.mark, high=walk.candidate_high)) if walk else placed


class Impatient(Poller):
    """Asks again at once."""

    def _pause(self, account: object, error: MajlisError, wait: timedelta) -> None:
        super()._pause(account, error, min(wait, timedelta(seconds=1)))  # type: ignore[arg-type]  # a private class


class Blind(Sender):
    """Sends again what may have gone out."""

    async def _doubt(self, entry: Entry, error: MajlisError | None) -> None:
        await self._again(entry, error or Unknown(account=entry.account, what=entry.id))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("poller", "sender", "found"),
    [(Hasty, Sender, "lost"), (Impatient, Sender, "too_often"), (Poller, Blind, "double")],
)
async def test_the_usual_mistakes_are_found_out(
    store: Store, poller: type[Poller], sender: type[Sender], found: str
) -> None:
    """A mark moved too early loses, impatience breaks a budget, a blind second attempt posts twice."""
    day = await lived(Day(store, replace(MORNING, messages=1500), poller=poller, sender=sender))

    assert getattr(await day.verdict(), found) != []
