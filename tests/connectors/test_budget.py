"""What a day allows: counted by the service's own day, in one file for all processes of an account."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.budget import PACIFIC, DayLedger
from connectors.clock import VirtualClock
from majlis.errors import Busy
from majlis.ports import Budget, Counted

from .entries import NOW

PROCESSES, EACH = 4, 50


async def test_a_day_is_that_of_its_zone_also_when_clocks_change(clock: VirtualClock) -> None:
    """The Pacific midnight lies at 08:00 UTC in winter and at 07:00 in summer."""
    winter = DayLedger(clock, limit=10, zone=PACIFIC)
    assert winter.resets_at() == NOW + timedelta(days=1)
    summer = DayLedger(VirtualClock(NOW.replace(month=7)), limit=10, zone=PACIFIC)
    assert summer.resets_at().hour == 7


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25), ((2026, 11, 2), 24)], ids=["spring", "autumn", "plain"]
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(day: tuple[int, int, int], hours: int) -> None:
    """From midnight to midnight in California, in real hours."""
    midnight = datetime(*day, tzinfo=PACIFIC).astimezone(UTC)
    ledger = DayLedger(VirtualClock(midnight), limit=10, zone=PACIFIC)

    assert ledger.until_reset_s() == hours * 3600


async def test_a_count_outlives_a_restart_and_ends_with_the_day(tmp_path: Path, clock: VirtualClock) -> None:
    """What was spent is kept beside the tokens; a file that cannot be read counts as nothing spent."""
    path = tmp_path / "new" / "units.json"
    DayLedger(clock, limit=10, path=path).spend(4)
    assert path.stat().st_mode & 0o777 == 0o600
    again = DayLedger(clock, limit=10, path=path)
    assert (again.spent, again.left) == (4, 6)
    await clock.advance(timedelta(days=1))
    assert again.left == 10
    path.write_text("broken", encoding="utf-8")
    assert again.left == 10
    again.spend(3)
    assert DayLedger(clock, limit=10, path=path).left == 7


def test_a_count_of_an_earlier_release_is_read(tmp_path: Path, clock: VirtualClock) -> None:
    """It named day and sum, and nothing else."""
    path = tmp_path / "units.json"
    path.write_text('{"day":"2026-11-23","spent":9}', encoding="utf-8")

    assert DayLedger(clock, limit=10, path=path).left == 1


def _spend(path: Path) -> None:
    ledger = DayLedger(VirtualClock(NOW), limit=None, path=path)
    for _ in range(EACH):
        ledger.spend(1)


def test_processes_of_one_account_share_one_count(tmp_path: Path) -> None:
    """None of what several spend at the same time is lost."""
    path = tmp_path / "units.json"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_spend, args=(path,)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert DayLedger(VirtualClock(NOW), limit=None, path=path).spent == PROCESSES * EACH


def test_what_another_process_spent_stops_this_one(tmp_path: Path, clock: VirtualClock) -> None:
    """Neither keeps a count of its own; and what the service said to one, the other knows."""
    path = tmp_path / "units.json"
    one, other = (DayLedger(clock, limit=100, reserve=50, path=path) for _ in range(2))
    one.charge("yt", 50, answering=False)
    with pytest.raises(Busy):
        other.charge("yt", 1, answering=False)
    other.charge("yt", 49, answering=True)
    with pytest.raises(Busy):
        one.charge("yt", 2, answering=True)
    assert one.spent == 99

    one.close("yt")
    assert other.left == 0


def test_a_clock_that_is_behind_does_not_forget_the_day(tmp_path: Path) -> None:
    """Around midnight one process may see yesterday still; what the other has spent today stays."""
    path = tmp_path / "units.json"
    ahead = DayLedger(VirtualClock(NOW), limit=100, zone=PACIFIC, path=path)
    behind = DayLedger(VirtualClock(NOW - timedelta(minutes=1)), limit=100, zone=PACIFIC, path=path)
    ahead.spend(60)
    behind.spend(1)
    assert ahead.spent == 61

    wrong = DayLedger(VirtualClock(NOW + timedelta(days=400)), limit=100, zone=PACIFIC, path=path)
    wrong.spend(100)
    assert ahead.spent == 0


async def test_the_services_word_holds_until_after_its_midnight(tmp_path: Path) -> None:
    """One to five minutes into the new day, another moment for each account; a restart does not forget it."""
    clock = VirtualClock(NOW)
    waits = {name: DayLedger(clock, limit=100, zone=PACIFIC).close(name) - 24 * 3600 for name in ("a", "b", "c", "d")}
    assert len(set(waits.values())) > 1
    assert all(60 <= wait_s <= 300 for wait_s in waits.values())

    path = tmp_path / "units.json"
    DayLedger(clock, limit=100, zone=PACIFIC, path=path).close("a")
    ledger = DayLedger(clock, limit=100, zone=PACIFIC, path=path)
    await clock.advance(timedelta(hours=24, seconds=59))
    with pytest.raises(Busy) as caught:
        ledger.check("a", answering=True)
    assert ledger.left == 0
    await clock.advance(timedelta(seconds=caught.value.wait_s))
    ledger.check("a", answering=True)
    assert ledger.left == 100


def test_waits_stretch_as_the_reserve_nears(clock: VirtualClock) -> None:
    """One unit a minute fits into the day until more is spent than that leaves."""
    ledger = DayLedger(clock, limit=10_000, reserve=3_000, zone=PACIFIC)
    assert ledger.stretch(1 / 60) == 1
    ledger.spend(10_000 - 3_000 - 720)
    assert ledger.stretch(1 / 60) == 2
    ledger.spend(720)
    assert ledger.stretch(1 / 60) == float("inf")
    assert ledger.stretch(0) == 1


def test_the_day_is_told(clock: VirtualClock) -> None:
    """What is left of what, what is kept for answers, and until when."""
    ledger = DayLedger(clock, limit=100, reserve=30, zone=PACIFIC)
    ledger.spend(45)
    told = Budget(what=Counted.UNITS, left=55, limit=100, reserve=30, resets_at=NOW + timedelta(days=1))
    assert ledger.budget(Counted.UNITS) == told

    wait_s = ledger.close("yt")
    closed = ledger.budget(Counted.UNITS)
    assert closed is not None
    assert (closed.left, closed.resets_at) == (0, NOW + timedelta(seconds=wait_s))


def test_without_a_limit_nothing_is_held_back(clock: VirtualClock) -> None:
    """Then it only counts."""
    ledger = DayLedger(clock, limit=None)
    ledger.spend(1_000_000)
    ledger.check("x", answering=False)
    ledger.charge("x", 5, answering=False)
    ledger.close("x")
    assert ledger.pace(5, ledger.left) == timedelta()
    assert ledger.stretch(5) == 1
    assert (ledger.left, ledger.budget(Counted.MONEY)) == (None, None)


def test_a_place_that_cannot_be_written_does_not_stop_the_day(tmp_path: Path, clock: VirtualClock) -> None:
    """The count goes on in memory."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    ledger = DayLedger(clock, limit=10, path=tmp_path / "file" / "units.json")
    ledger.spend(4)

    assert ledger.left == 6
