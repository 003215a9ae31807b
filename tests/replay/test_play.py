"""Scenarios played without a terminal: everything that a line can do, everything that can be looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from connectors import virtual
from connectors.clock import LoopClock
from connectors.scenario import load
from tests.replay.conftest import ANSWER, ARRIVE, HEADER, QUESTION, act, expect, press, wrong
from tui.replay.bell import Bell
from tui.replay.lines import Lines
from tui.replay.lone import lone_inbox
from tui.wiring import staged

if TYPE_CHECKING:
    from tests.replay.conftest import Rows, Run
    from tui.wiring import Loops


def test_an_answer_goes_out_once_and_everything_can_be_looked_at(run: Run) -> None:
    """State, due time, outbox, posted texts and history of a day without faults."""
    played = run(
        ARRIVE,
        expect("+00:00:20", queue={"ids": ["a"]}),
        expect("+00:00:20", due={"id": "a", "due": "+24:00:10", "platform": None}),
        act("+00:01:00", "salem", reply={"id": "a", "text": ANSWER}),
        expect(
            "+00:01:00", outbox={"entries": [{"to": "a", "state": "held", "author": "salem", "due": "+00:01:10.001"}]}
        ),
        expect("+00:01:00", within="+00:00:30", state={"id": "a", "state": "answered", "text": QUESTION}),
        expect("+00:02:00", posted={"account": "fb", "texts": [ANSWER]}),
        expect("+00:02:00", posted={"account": "fb", "to": "a", "action": "reply", "texts": [ANSWER]}),
        expect("+00:02:00", queue={"view": "all", "ids": ["re:a", "a"]}),
        expect("+00:02:00", state={"id": "re:a", "text": ANSWER}),
        expect(
            "+00:02:00", findings={"id": "a", "text": f"{ANSWER} 0500001234", "rules": ["R-PII-PHONE", "R-DIR-DOUBLE"]}
        ),
        expect("+00:02:00", audit={"last": ["sending", "sent", "ingest"]}),
    )

    assert wrong(played) == []


def test_what_does_not_hold_is_told_with_both_sides(run: Run) -> None:
    """Each of them, and when it was given up."""
    played = run(
        ARRIVE,
        expect("+00:00:20", state={"id": "a", "state": "claimed", "holder": "salem"}),
        expect("+00:00:20", within="+00:00:10", posted={"account": "fb", "texts": [ANSWER]}),
        expect("+00:00:20", queue={"ids": []}),
        expect("+00:00:20", case={"id": "a", "state": "escalated"}),
    )
    late = next(check for check in played.checks if check.what == "posted")

    assert wrong(played) == [
        (3, {"state": "claimed", "holder": "salem"}, {"state": "new", "holder": None}),
        (4, {"texts": [ANSWER]}, {"texts": []}),
        (5, {"ids": []}, {"ids": ["a"]}),
        (6, {"state": "escalated"}, {"state": None}),
    ]
    assert late.seen_at.startswith("+00:00:30")


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("kind", ["cut", "error", "garbage", "silence"])
def test_a_line_cut_while_sending_never_posts_twice(run: Run, kind: str, accepted: bool) -> None:
    """Before acceptance somebody looks at it, after acceptance it is found."""
    fault = {"at": "+00:00:30", "do": "fault", "account": "fb", "kind": kind, "on": "write", "accepted": accepted}
    played = run(
        ARRIVE,
        {**fault, "wait_s": 20},
        act("+00:01:00", "salem", reply={"id": "a", "text": ANSWER}),
        expect("+00:01:10", within="+00:00:30", outbox={"entries": [{"to": "a", "state": "unknown"}]}),
        expect("+00:40:00", posted={"account": "fb", "texts": [ANSWER] if accepted else []}),
        expect("+00:40:00", outbox={"entries": [{"state": "sent" if accepted else "needs_review"}]}),
    )

    assert wrong(played) == []


def test_reading_goes_on_after_every_fault(run: Run) -> None:
    """429, 401, 403, 5xx, garbage, silence, a line that is down or cut: what arrives meanwhile is read afterwards."""
    kinds = ("busy", "unauthorized", "error", "garbage", "silence", "down", "cut")
    faults = [
        {"at": f"+{n:02}:00:00", "do": "fault", "account": "fb", "kind": kind, "on": "read", "times": 2, "wait_s": 30}
        for n, kind in enumerate(kinds, 1)
    ]
    arrivals = [{**ARRIVE, "at": f"+{n:02}:00:05", "id": f"m{n}"} for n, _ in enumerate(kinds, 1)]
    looks = [expect(f"+{n:02}:30:00", state={"id": f"m{n}", "state": "new"}) for n, _ in enumerate(kinds, 1)]
    rows: list[Rows] = [row for part in zip(faults, arrivals, looks, strict=True) for row in part]

    assert wrong(run(*rows, calendar="open", interval="+00:02:00")) == []


def test_a_dead_token_holds_everything_until_it_is_renewed(run: Run) -> None:
    """Answers wait, arrivals wait, and nothing is lost."""
    dead = {"at": "+00:00:30", "do": "token", "account": "fb", "state": "dead"}
    played = run(
        ARRIVE,
        dead,
        {**ARRIVE, "at": "+00:00:40", "id": "b"},
        act("+00:01:00", "salem", reply={"id": "a", "text": ANSWER}),
        act("+00:02:00", "salem", claim={"id": "b"}, refused="NotFound"),
        expect("+00:02:00", posted={"account": "fb", "texts": []}),
        {**dead, "at": "+00:03:00", "state": "alive"},
        expect("+00:03:00", within="+00:00:30", posted={"account": "fb", "texts": [ANSWER]}),
        expect("+00:03:00", within="+00:00:30", state={"id": "b", "state": "new"}),
    )

    assert wrong(played) == []


def test_authors_edit_delete_hide_and_show_again(run: Run) -> None:
    """Edited words are read anew; what is gone is found by looking twice."""
    change = {"account": "fb", "id": "a"}
    played = run(
        {**ARRIVE, "at": "+00:00:00"},
        {"at": "+00:02:00", "do": "edit", **change, "text": "وأين؟"},
        expect("+00:10:00", state={"id": "a", "text": "وأين؟", "editions": 1, "edited": False}),
        {"at": "+00:10:00", "do": "hide", **change},
        expect("+00:10:00", within="+02:00:00", state={"id": "a", "state": "gone"}),
        {"at": "+03:00:00", "do": "unhide", **change},
        expect("+03:00:00", within="+00:10:00", state={"id": "a", "state": "new"}),
        {"at": "+03:30:00", "do": "delete", **change},
        expect("+03:30:00", within="+02:00:00", state={"id": "a", "state": "gone"}),
        calendar="open",
        interval="+00:02:00",
    )

    assert wrong(played) == []


def test_only_what_can_take_something_away_has_everything_looked_at() -> None:
    """A network read at once is read for every line of its own; known messages are looked at after few of them."""

    class Prompted:
        def __init__(self) -> None:
            self.prompts: list[bool] = []

        def prompt(self, account: str, *, look: bool = True) -> None:
            assert account == "fb"
            self.prompts.append(look)

    change = {"account": "fb", "id": "a"}
    words = (
        {**ARRIVE, "at": "+00:00:10"},
        {"at": "+00:00:20", "do": "edit", **change, "text": "وأين؟"},
        {"at": "+00:00:30", "do": "fault", "account": "fb", "kind": "down"},
        {"at": "+00:00:40", "do": "hide", **change},
        {"at": "+00:00:50", "do": "unhide", **change},
        {"at": "+00:01:00", "do": "delete", **change},
        {"at": "+00:01:10", "do": "token", "account": "fb", "state": "alive"},
    )
    scenario, poller = load(map(json.dumps, (HEADER, *words))), Prompted()

    async def perform() -> None:
        clock, bell = LoopClock(scenario.header.start), Bell()
        async with staged(scenario, lone_inbox(bell), clock, clock, seed=0) as stage:
            loops = cast("Loops", SimpleNamespace(poller=poller))
            await Lines(scenario, replace(stage, loops=loops), clock, clock).perform()

    virtual.run(perform)

    assert poller.prompts == [False, False, False, True, True, True, True]


def test_colleagues_meet_at_one_message(run: Run) -> None:
    """Who was slower is told; a take-over needs a reason; customer service answers the case."""
    played = run(
        ARRIVE,
        act("+00:01:00", "salem", claim={"id": "a"}),
        act("+00:01:10", "huda", claim={"id": "a"}, refused="Held"),
        act("+00:01:20", "huda", claim={"id": "a", "take_over": "salem is ill"}),
        act("+00:01:30", "salem", reply={"id": "a", "text": ANSWER}, refused="Held"),
        expect("+00:01:30", state={"id": "a", "state": "claimed", "holder": "huda"}),
        act("+00:02:00", "huda", memo={"id": "a", "text": "asked twice"}),
        act("+00:02:00", "huda", tag={"id": "a", "add": ["hours"]}),
        act("+00:03:00", "huda", escalate={"id": "a", "reason": "facility_complaint", "note": "waits since Monday"}),
        expect("+00:03:00", case={"id": "a", "state": "escalated", "reason": "facility_complaint"}),
        act("+00:04:00", "nora", ack={"id": "a"}),
        act("+00:05:00", "nora", ask={"id": "a", "text": "which centre?"}),
        expect("+00:05:00", case={"id": "a", "state": "needs_info"}),
        act("+00:05:20", "salem", note={"id": "a", "text": "since Monday"}),
        act("+00:05:30", "salem", escalate={"id": "a", "note": "the one in the north"}),
        act("+00:06:00", "nora", answer={"id": "a", "text": "opens at eight"}),
        expect("+00:06:00", case={"id": "a", "state": "answered", "answer": "opens at eight"}),
        expect("+00:06:00", state={"id": "a", "state": "new", "tags": ["hours"]}),
        expect("+00:06:00", queue={"view": "cases", "operator": "nora", "ids": ["a"]}),
    )

    assert wrong(played) == []


def test_the_rest_of_what_a_colleague_can_do(run: Run) -> None:
    """Done, undone, put away, hidden, shown, answered, changed and deleted."""
    played = run(
        ARRIVE,
        act("+00:01:00", "salem", done={"id": "a", "reason": "thanks"}),
        expect("+00:01:00", state={"id": "a", "state": "done", "reason": "thanks"}),
        act("+00:01:10", "salem", undo={"id": "a"}),
        act("+00:01:20", "salem", snooze={"id": "a", "until": "+00:10:00"}),
        expect("+00:01:20", due={"id": "a", "snoozed_until": "+00:10:00"}),
        expect("+00:10:00", within="+00:01:00", state={"id": "a", "state": "new"}),
        act("+00:12:00", "salem", hide={"id": "a"}),
        expect("+00:12:00", within="+00:01:00", state={"id": "a", "hidden": True}),
        act("+00:14:00", "salem", unhide={"id": "a"}),
        act("+00:16:00", "salem", sort={"id": "a", "category": "complaint", "urgency": "high", "reason": ""}),
        expect("+00:16:00", state={"id": "a", "category": "complaint", "urgency": "high"}),
        act("+00:17:00", "salem", claim={"id": "a"}),
        act("+00:17:10", "salem", release={"id": "a"}),
        act("+00:18:00", "salem", reply={"id": "a", "text": ANSWER}),
        act("+00:20:00", "salem", change={"id": "a", "text": f"{ANSWER} أهلاً."}),
        act("+00:22:00", "salem", delete={"id": "re:a"}),
        expect("+00:23:00", posted={"account": "fb", "texts": [ANSWER, f"{ANSWER} أهلاً."]}),
        expect("+00:23:00", posted={"account": "fb", "action": "delete", "texts": [""]}),
        expect("+00:23:00", within="+00:05:00", state={"id": "re:a", "state": "gone"}),
        calendar="open",
    )

    assert wrong(played) == []


@pytest.mark.parametrize("by", ["+03:00:00", "-03:00:00"])
def test_a_clock_that_jumps_loses_nothing(run: Run, by: str) -> None:
    """The networks' clocks go on; what was planned by the old time is planned anew."""
    played = run(
        ARRIVE,
        act("+00:01:00", "salem", reply={"id": "a", "text": ANSWER}),
        {"at": "+00:01:05", "do": "clock", "by": by},
        {**ARRIVE, "at": "+00:01:10", "id": "b"},
        expect("+00:01:10", within="+00:02:00", state={"id": "b", "state": "new"}),
        expect("+00:30:00", posted={"account": "fb", "texts": [ANSWER] if by[0] == "+" else []}),
        calendar="open",
    )

    assert wrong(played) == []


def test_answers_wait_for_the_opening(run: Run) -> None:
    """Outside hours nothing goes out; what is queued goes when it opens."""
    played = run(
        {**ARRIVE, "at": "+00:00:00"},
        act("+00:30:00", "salem", reply={"id": "a", "text": ANSWER}, refused="OutsideHours"),
        act("+00:31:00", "salem", reply={"id": "a", "text": ANSWER, "queue": True}),
        expect("+14:59:00", posted={"account": "fb", "texts": []}),
        expect("+15:00:00", within="+00:01:00", posted={"account": "fb", "texts": [ANSWER]}),
        start="2026-11-23T12:30:00Z",
        interval="+00:10:00",
    )

    assert wrong(played) == []


def test_keys_reach_the_real_screen_in_both_orders(run: Run) -> None:
    """Typed, reviewed, sent, and seen: words as they are read, and cells as they are drawn."""
    played = run(
        ARRIVE,
        press("+00:01:00", ",", "j"),
        expect("+00:01:01", screen={"region": "queue", "contains": [QUESTION, "ليلى"], "absent": ["ﻰﺘﻣ"]}),
        expect("+00:01:02", screen={"region": "queue", "order": "visual", "contains": ["؟ﺰﻛﺮﻤﻟﺍ ﺢﺘﻔﻳ ﻰﺘﻣ"]}),
        press("+00:01:03", "r", {"text": ANSWER}, {"paste": " 0500001234"}),
        expect("+00:01:08", screen={"region": "composer", "contains": [ANSWER]}),
        expect("+00:01:08", screen={"region": "thread", "contains": [QUESTION]}),
        expect("+00:01:08", findings={"rules": ["R-PII-PHONE"]}),
        press("+00:01:09", *["backspace"] * 11, "escape", {"wait": "+00:00:00.500"}),
        expect("+00:01:12", screen={"region": "review", "contains": ["ليلى", ANSWER]}),
        press("+00:01:13", "s"),
        expect("+00:01:13", screen={"region": "status", "contains": ["Queue"]}),
        expect("+00:01:13", screen={"region": "composer", "contains": [ANSWER]}),
        expect("+00:01:30", screen={"region": "notice", "contains": ["Sent to ليلى"]}),
        expect("+00:02:00", screen={"region": "notice", "equals": [""]}),
        expect("+00:02:00", screen={"region": "rows", "rows": [1, 1], "contains": ["REPLAY"]}),
        expect("+00:02:00", screen={"region": "footer", "order": "visual", "contains": ["? "]}),
        expect("+00:02:00", posted={"account": "fb", "texts": [ANSWER]}),
    )

    assert wrong(played) == [(14, {"contains": [ANSWER]}, None)]
    assert played.screen is not None
    assert len(played.screen) == 24


def test_whoever_leaves_the_program_sees_nothing_more(run: Run) -> None:
    """The rest of the scenario goes on without a screen."""
    played = run(
        ARRIVE,
        press("+00:01:00", "q", "y", "j"),
        expect("+00:01:10", screen={"absent": ["anything"]}),
        expect("+00:01:10", findings={"rules": []}),
        press("+00:01:20", "j", {"paste": "x"}),
        expect("+00:02:00", state={"id": "a", "state": "new"}),
    )

    assert wrong(played) == [(4, {"absent": ["anything"]}, None), (5, {"rules": []}, None)]
    assert played.screen == ()


def test_the_seed_decides_ids_and_nothing_else(run: Run) -> None:
    """The same seed gives the same history, another one another."""
    rows = (ARRIVE, act("+00:01:00", "salem", reply={"id": "a", "text": ANSWER}), expect("+00:05:00", audit={}))
    first, again, other = (run(*rows, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first.head != other.head
    assert first.states == other.states
