"""How the accounts are doing: always in sight, in as many words as there is room for, and in full when asked."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from majlis.errors import Busy, NeedsSignIn
from majlis.gap import Gap, GapCause, GapState
from majlis.hours import DEFAULT_CALENDAR, ServiceHours
from majlis.message import Network
from majlis.ports import Budget, Capability, Counted
from tests.builders import message
from tests.tui.conftest import OpenSitting
from tui import language, strip
from tui.session import Health, HealthState
from tui.widgets.status import Status, status_line

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Noon in Dubai."""
HOURS = ServiceHours((DEFAULT_CALENDAR,))
MINUTE = timedelta(minutes=1)
SIX = (
    Health(account="ministry-facebook", network=Network.FACEBOOK, state=HealthState.WELL, last_success=NOW - MINUTE),
    Health(account="hospital-facebook", network=Network.FACEBOOK, state=HealthState.DOWN, next_attempt=NOW + MINUTE),
    Health(account="ministry-x", network=Network.X, state=HealthState.WELL, last_success=NOW - 2 * MINUTE),
    Health(account="hospital-x", network=Network.X, state=HealthState.SIGNED_OUT),
    Health(account="ministry-youtube", network=Network.YOUTUBE, state=HealthState.WELL, last_success=NOW - 3 * MINUTE),
    Health(account="hospital-youtube", network=Network.YOUTUBE, state=HealthState.OFF),
)
GAP = Gap(
    network=Network.X,
    account="moh",
    stream="x:moh:mentions",
    since=NOW - timedelta(hours=3),
    noticed_at=NOW,
    cause=GapCause.SIGNED_OUT,
)


@pytest.fixture(params=["en", "ar"])
def code(request: pytest.FixtureRequest) -> object:
    """Each language in turn; other tests find the one that was in force."""
    before = language.code()
    language.use(request.param)
    yield request.param
    language.use(before)


def drawn(healths: tuple[Health, ...], width: int = 80) -> str:
    """Return the status line."""
    hours, gate = language._("open, {left} left", left="3 h 20 min"), language._("open")
    status = Status(place=language._("Escalated"), position="12/34,567", hours=hours, gate=gate,
                    health=strip.lamps(healths, NOW), language="ar")  # fmt: skip
    return status_line(status, width).text


@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_at_80_columns_every_account_is_there(code: str, count: int) -> None:
    """Each by its label; the one that needs somebody has its word as long as it can."""
    line = drawn(SIX[:count])

    letters = unicodedata.normalize("NFKC", line)
    for label in strip.labels(SIX[:count]):
        assert (label if code == "en" else label[::-1]) in letters, line
    assert cell_len(line) == 80


def test_with_room_each_has_its_name_a_word_and_a_figure() -> None:
    """Nothing is shortened before it has to be."""
    line = drawn(SIX[:3], 160)

    assert "ministry-facebook ok 1m" in line
    assert "hospital-facebook down 1m" in line
    assert "open, 3 h 20 min left" in line


def test_what_needs_somebody_keeps_its_word() -> None:
    """Those that are well give their room to those that are not."""
    assert "hospital-x signed out" in drawn((*SIX[:1], SIX[3]))
    assert "X2 signed out" in drawn(SIX[:4])


def test_a_gap_and_a_scarce_budget_come_before_the_time(code: str) -> None:
    """The one word and the one figure are those that matter most."""
    well = Health(account="moh", network=Network.X, state=HealthState.WELL, last_success=NOW, gap=GAP)
    budget = Budget(what=Counted.MONEY, left=500, limit=5000, resets_at=NOW + timedelta(hours=16))
    scarce = replace(well, gap=None, budget=budget)
    importing = replace(well, gap=None, importing=120)
    (gap, left, brought) = strip.lamps((well, scarce, importing), NOW)

    if code == "en":
        assert [lamp.texts[0] for lamp in (gap, left, brought)] == ["moh gap 3h", "moh left 10%", "moh imports 120"]
    assert (gap.look, left.look, brought.look) == ("ill", "ill", "well")


def full(health: Health) -> str:
    """Return everything that is told about an account, on one line."""
    return language.bare(" ".join(text for _label, text, _style in strip.told((health,), NOW, HOURS)))


def test_a_clock_that_was_set_back_is_said() -> None:
    """In the strip by its word, and in full with by how much."""
    odd = replace(SIX[0], set_back=timedelta(hours=1))

    (lamp,) = strip.lamps([odd], NOW)
    assert "clock back" in lamp.texts[0]
    assert not lamp.is_fine
    assert any("set back" in text for _, text, _ in strip.told([odd], NOW, HOURS))


def test_quota_is_told_with_the_local_time_at_which_it_is_there_again() -> None:
    """Midnight Pacific is noon in Dubai."""
    pacific = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    budget = Budget(what=Counted.UNITS, left=4000, limit=10_000, reserve=3000, resets_at=pacific)
    text = full(Health(account="moh", network=Network.YOUTUBE, state=HealthState.WELL, last_success=NOW, budget=budget))

    assert "Left today: 4000 of 10000 units, 3000 of them kept for answers." in text
    assert "there again at Tuesday 12:00" in text


def test_a_dead_token_says_what_to_do_and_that_it_goes_on_by_itself() -> None:
    """With the exact command."""
    problem = NeedsSignIn(account="moh-x", network=Network.X)
    text = full(Health(account="moh-x", network=Network.X, state=HealthState.SIGNED_OUT, problem=problem))

    assert "majlis login x --account moh-x" in text
    assert "seconds after somebody has signed in" in text


def test_waiting_and_gaps_are_told_with_their_times() -> None:
    """Until when, and from when to when."""
    problem = Busy(account="moh", wait_s=600, reason="limit")
    lost = replace(GAP, state=GapState.LOST, until=NOW)
    waiting = Health(account="moh", network=Network.X, state=HealthState.WAITING, problem=problem, gap=lost)
    text = full(replace(waiting, next_attempt=NOW + 10 * MINUTE, last_success=NOW - timedelta(hours=3)))

    assert "Next attempt at 12:10" in text
    assert "Not read from 09:00 to 12:00, and the network no longer lists it" in text


def test_what_cannot_be_done_is_told_with_the_reason(code: str) -> None:
    """No such feature, or a right that is missing."""
    can = frozenset({Capability.READ_PUBLIC, Capability.REPLY})
    youtube = Health(account="moh", network=Network.YOUTUBE, state=HealthState.WELL, capabilities=can)
    text = full(youtube)
    if code == "en":
        assert "Not available: private messages (YouTube has none)." in text
        assert "Not available: hiding (the right for it is missing; majlis doctor asks which)." in text
    assert not list(strip.missing(replace(youtube, capabilities=frozenset(Capability))))
    assert not list(strip.missing(replace(youtube, capabilities=None)))


def test_an_empty_list_says_what_is_not_read() -> None:
    """A missing right and a dead token are never an empty queue."""
    no_private = Health(account="fb", network=Network.FACEBOOK, state=HealthState.WELL,
                        capabilities=frozenset(Capability) - {Capability.READ_PRIVATE})  # fmt: skip
    out = Health(account="x", network=Network.X, state=HealthState.SIGNED_OUT)
    said = [language.bare(text) for text in strip.unread((no_private, out))]

    assert said == [
        "fb: reading private messages is not available; the right for it is missing.",
        "x is not read at present: signed out.",
    ]


async def test_s_shows_all_of_it_and_an_empty_list_tells_what_is_not_read(sitting: OpenSitting) -> None:
    """On the screen, at 80 columns."""
    problem = NeedsSignIn(account="moh", network=Network.X)

    def health() -> list[Health]:
        return [Health(account="moh", network=Network.X, state=HealthState.SIGNED_OUT, problem=problem)]

    async with sitting(health=health) as s:
        await s.press("4")
        assert any("moh is not read at present" in line for line in s.lines())
        await s.press("s")
        assert any("majlis login x --account moh" in line for line in s.lines())
        assert not any("⟪" in line for line in s.lines())
        await s.press("escape")
        assert not any("majlis login" in line for line in s.lines())


async def test_a_key_whose_right_is_missing_says_so_instead_of_asking(sitting: OpenSitting) -> None:
    """Hiding, where the account may not."""
    can = frozenset(Capability) - {Capability.HIDE}

    def health() -> list[Health]:
        return [Health(account="moh", network=Network.X, state=HealthState.WELL, last_success=NOW, capabilities=can)]

    async with sitting([message()], health=health) as s:
        await s.press("h")
        assert any("Not available: hiding" in line for line in s.lines())
        assert not any("No, leave it" in line for line in s.lines())
