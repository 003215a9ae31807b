"""The figures of POLICY 6: a small day counted by hand, and any days against a slow count."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from majlis.escalation import Case, CaseStep
from majlis.measures import By, Spread, spread
from majlis.message import Claim, Message, Network, Standing, Urgency
from majlis.outbox import Action, Entry
from majlis.records import Official
from majlis.report import Report, report
from majlis.states import CaseState, EntryState, MessageState
from store.inbox import Inbox
from tests.builders import decision, key, message, page, policy
from tests.contract.test_store import case
from tests.fakes.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from majlis.ports import Store

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
"""Open from 07:30 to 14:30 in Dubai, which is 420 minutes."""
DUBAI = timedelta(hours=4)


def at(day: date, clock: str) -> datetime:
    """Return a wall time in Dubai."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC) - DUBAI


NOW = at(date(2026, 11, 25), "08:30")


def came(native_id: str, when: datetime, **fields: Any) -> Message:
    return message(native_id, "متى؟", created_at=when, received_at=when, thread=f"t{native_id}", **fields)


def sent(native_id: str, when: datetime, author: str, text: str = "…", **fields: Any) -> Entry:
    known: dict[str, Any] = {
        "id": f"entry-{native_id}-{when:%d%H%M%S}",
        "action": Action.REPLY,
        "account": "moh",
        "target": key(native_id),
        "person": f"u-{native_id}",
        "text": text,
        "author": author,
        "created_at": when,
        "due_at": when,
        "attempted_at": when,
        "state": EntryState.SENT,
    }
    return Entry(**{**known, **fields})


def made(number: int, reason: str, when: datetime, *steps: tuple[str, datetime], **fields: Any) -> Case:
    happened = tuple(CaseStep(step=step, at=moment, by="huda") for step, moment in steps)
    return replace(case(f"case-{number}"), reason=reason, created_at=when, steps=happened, **fields)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Every implementation of the port."""
    kept: Store = MemoryStore() if request.param == "memory" else await Inbox.open(str(tmp_path / "inbox.db"))
    yield kept
    await kept.aclose()


async def fill(store: Store) -> None:
    """Write a Monday and a Tuesday."""
    holds = Claim(holder="salem", since=NOW, until=NOW)
    await store.ingest(
        page(
            came("1", at(MONDAY, "08:00"), standing=Standing(category="appointment")),
            came("2", at(MONDAY, "08:00"), standing=Standing(category="appointment")),
            came("3", at(MONDAY, "14:00")),
            came("4", at(MONDAY, "20:00")),
            came("5", at(MONDAY, "10:00"), standing=Standing(state=MessageState.DONE)),
            came("6", at(MONDAY, "10:00"), ours=True),
            came("7", at(MONDAY, "10:00"), standing=Standing(historic=True)),
            came("8", at(TUESDAY, "09:00"), standing=Standing(state=MessageState.CLAIMED, claim=holds)),
            came("9", at(MONDAY, "00:00") - timedelta(microseconds=1)),
            came("10", at(date(2026, 11, 25), "00:00")),
        )
    )
    override = "life_safety: people wait outside"
    entries = [
        sent("1", at(MONDAY, "08:30"), "salem", "Dear Maha, it opens on Sunday."),
        sent("1", at(MONDAY, "15:00"), "salem", "It opens at eight."),
        sent("2", at(TUESDAY, "08:00"), "noura", "Hello Ali, it opens on Sunday!"),
        sent("3", at(TUESDAY, "16:00"), "mariam", "Go to the old centre.", override=override),
        sent("", at(MONDAY, "10:00"), "mariam", "News", id="post", action=Action.POST, target=None),
        sent("4", at(MONDAY, "21:00"), "salem", action=Action.HIDE),
        sent("4", at(MONDAY, "22:00"), "salem", state=EntryState.RECALLED),
        sent("9", at(MONDAY, "00:00") - timedelta(microseconds=1), "salem", id="before"),
    ]
    cases = [
        made(
            1,
            "payment",
            at(MONDAY, "08:00"),
            ("acknowledge", at(MONDAY, "09:00")),
            ("answer", at(TUESDAY, "08:00")),
            ("reopen", at(TUESDAY, "09:00")),
            state=CaseState.ACKNOWLEDGED,
        ),
        made(2, "payment", at(TUESDAY, "08:00"), urgency=Urgency.NORMAL),
        made(3, "emergency", at(MONDAY, "20:00"), ("acknowledge", at(MONDAY, "20:04")), state=CaseState.ACKNOWLEDGED),
    ]
    added = [
        Official(id=f"{kind}:{n}", kind=kind, value="…", note="", by="mariam", at=at(TUESDAY, "12:00"))
        for n, kind in enumerate(("phones", "emails"))
    ]
    for value in (*entries, *cases, *added):
        await store.apply(decision(value))
    for name, what in [("R-PII-PHONE", "blocked")] * 2 + [("R-TONE-CAPS", "shown")] * 3:
        await store.tally(MONDAY, "salem", [(name, what)])
    await store.tally(TUESDAY, "noura", [("R-TONE-CAPS", "heeded"), ("hours", "grace")])


async def two_days(store: Store, by: By = By.DAY) -> Report:
    return await report(store, policy(), first=MONDAY, last=TUESDAY, by=by, now=NOW)


async def test_two_days_are_counted_as_by_hand(store: Store) -> None:
    """Every figure of the policy, each worked out on paper."""
    await fill(store)
    total = (await two_days(store)).total

    assert (total.came, total.answered, total.closed, total.waiting) == (6, 3, 1, 2)
    assert list(total.categories.items()) == [("other", 4), ("appointment", 2)]
    assert total.answered_share == 0.5
    # 30; 390 + 30; 30 + 420, for after closing no time passes.
    assert total.first_response == Spread(count=3, median=420.0, p90=450.0)
    # 420 + 60; 330 + 60.
    assert total.age == Spread(count=2, median=435.0, p90=480.0)
    # Exactly on the target is inside; one was late, and one that waits is late already.
    assert total.inside_target_share == 0.5
    assert (total.sent, total.replies) == (5, 4)
    assert (total.outside_hours, total.overrides, total.grace) == (1, {"life_safety": 1}, 0)
    assert total.identical_share == 0.5
    assert total.rules == {
        "R-PII-PHONE": {"allowed": 1, "blocked": 2},
        "R-TONE-CAPS": {"heeded": 1, "shown": 3},
    }
    assert {name: asdict(each) for name, each in total.cases.items()} == {
        "emergency": {
            "cases": 1,
            "acknowledge": asdict(Spread(count=1, median=4.0, p90=4.0)),
            "answer": asdict(Spread(count=0, median=None, p90=None)),
            "reopened_share": None,
        },
        "payment": {
            "cases": 2,
            "acknowledge": asdict(Spread(count=1, median=60.0, p90=60.0)),
            "answer": asdict(Spread(count=1, median=420.0, p90=420.0)),
            "reopened_share": 1.0,
        },
    }
    assert total.reopened_share == 1.0


async def test_each_day_has_what_came_and_what_went_on_it(store: Store) -> None:
    """A message counts on the day it came, though it was answered on the next."""
    await fill(store)
    parts = (await two_days(store)).parts

    assert list(parts) == [str(MONDAY), str(TUESDAY)]
    assert [(part.came, part.answered, part.sent) for part in parts.values()] == [(5, 3, 3), (1, 0, 2)]


async def test_each_operator_has_what_they_did(store: Store) -> None:
    """What nobody holds is under the empty name; what is of nobody's is not lost in the total."""
    await fill(store)
    parts = (await two_days(store, By.OPERATOR)).parts

    assert {name: (part.came, part.answered, part.sent) for name, part in parts.items()} == {
        "": (2, 0, 0),
        "mariam": (1, 1, 2),
        "noura": (1, 1, 1),
        "salem": (2, 1, 2),
    }
    assert parts["salem"].rules["R-PII-PHONE"] == {"blocked": 2}
    assert sum(len(part.cases) for part in parts.values()) == 2


async def test_each_account_has_its_own(store: Store) -> None:
    """What the rules said belongs to no account, and stands in the total alone."""
    await fill(store)
    other = came("20", at(TUESDAY, "08:00"), network=Network.FACEBOOK)
    await store.ingest(page(replace(other, key=replace(other.key, account="clinic"))))
    found = await two_days(store, By.ACCOUNT)

    assert {name: part.came for name, part in found.parts.items()} == {"clinic": 1, "moh": 6}
    assert all(part.rules == {} for part in found.parts.values())


async def test_a_reply_on_grace_is_no_breach(store: Store) -> None:
    """Where the profile allows it; for a post there is none."""
    await store.apply(decision(sent("1", at(MONDAY, "14:35"), "salem")))
    await store.apply(decision(sent("2", at(MONDAY, "14:35"), "salem", action=Action.POST, target=None)))
    graceful = policy(grace=timedelta(minutes=10))

    found = await report(store, graceful, first=MONDAY, last=MONDAY, by=By.DAY, now=NOW)

    assert (found.total.grace, found.total.outside_hours) == (1, 1)


async def test_days_on_which_nothing_was_done_are_there() -> None:
    """With no share of nothing."""
    found = await two_days(MemoryStore())

    assert list(found.parts) == [str(MONDAY), str(TUESDAY)]
    assert (found.total.came, found.total.answered_share, found.total.first_response.median) == (0, None, None)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40))
def test_nine_in_ten_do_not_exceed_it(minutes: list[int]) -> None:
    """And of any smaller one of them that is not true."""

    def covers(limit: int) -> bool:
        return sum(each <= limit for each in minutes) * 10 >= len(minutes) * 9

    assert spread([float(each) for each in minutes]).p90 == min(each for each in minutes if covers(each))


_START = at(MONDAY, "00:00")
_OFFSETS = st.integers(0, 2 * 24 * 60 - 1)
_ROWS = st.lists(
    st.tuples(_OFFSETS, st.none() | st.integers(0, 3 * 24 * 60), st.sampled_from(["salem", "noura"]), st.booleans()),
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(_ROWS)
async def test_figures_are_those_of_a_slow_count(rows: list[tuple[int, int | None, str, bool]]) -> None:
    """Minute by minute, by rules written down here again."""
    store = MemoryStore()
    for n, (offset, delay, author, is_done) in enumerate(rows):
        when = _START + timedelta(minutes=offset)
        state = MessageState.DONE if is_done else MessageState.NEW
        await store.ingest(page(came(str(n), when, standing=Standing(state=state))))
        if delay is not None:
            await store.apply(decision(sent(str(n), when + timedelta(minutes=delay), author, f"word{n}")))
    now = _START + timedelta(days=6)
    found = await report(store, policy(), first=MONDAY, last=TUESDAY, by=By.OPERATOR, now=now)

    answered = [
        (offset, _open(offset, offset + delay), author) for offset, delay, author, _ in rows if delay is not None
    ]
    waits = [_open(offset, 6 * 24 * 60) for offset, delay, _, is_done in rows if delay is None and not is_done]
    went = [offset + delay for offset, delay, _, _ in rows if delay is not None and offset + delay < 2 * 24 * 60]
    judged = len(answered) + sum(age > 420 for age in waits)
    inside = sum(minutes <= 420 for _, minutes, _ in answered)
    assert (found.total.came, found.total.answered, found.total.waiting) == (len(rows), len(answered), len(waits))
    assert found.total.first_response.median == _middle([minutes for _, minutes, _ in answered])
    assert found.total.age.median == _middle(waits)
    assert found.total.inside_target_share == (round(inside / judged, 4) if judged else None)
    assert found.total.sent == len(went)
    assert found.total.outside_hours == sum(not _is_open(minute) for minute in went)
    by_author = Counter(author for _, _, author in answered)
    assert {name: part.answered for name, part in found.parts.items() if name} == {
        name: by_author[name] for name in sorted(by_author)
    }


def _is_open(minute: int) -> bool:
    """Tell it of a minute after the beginning of Monday: Sunday to Thursday, 07:30 to 14:30."""
    day, of_day = divmod(minute, 24 * 60)
    return day % 7 in {0, 1, 2, 3, 6} and 450 <= of_day < 870


def _open(first: int, last: int) -> int:
    return sum(_is_open(minute) for minute in range(first, last))


def _middle(minutes: Iterable[int]) -> float | None:
    ordered = sorted(minutes)
    if not ordered:
        return None
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
