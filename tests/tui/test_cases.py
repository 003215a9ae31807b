"""Customer service at its own list, and the operator to whom a case comes back (C13)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import AnswerCase, AskBack, Escalate
from majlis.lines import lines_from
from majlis.message import Author
from majlis.outbox import Action
from majlis.policy import Role
from majlis.states import CaseState, EntryState, MessageState
from tests.builders import AT, message
from tests.tui.conftest import OpenSitting, Sitting
from tui.profile import lines
from tui.screens.case import CaseScreen
from tui.screens.compose import ComposeScreen
from tui.screens.inbox import InboxScreen
from tui.screens.review import ReviewScreen
from tui.screens.urgent import UrgentScreen

if TYPE_CHECKING:
    from majlis.escalation import Case
    from majlis.message import Message

NUMBER = "0500009001"
DONE = "called her; Sunday at nine"
SERVICE = (Role.CUSTOMER_SERVICE,)
POLICY = {"policy": {"escalation_targets": ("desk",), "lines": lines(), "duty_contact": "Dr. Sample"}}


def question() -> list[Message]:
    """Return one message of somebody who left a number."""
    author = Author(id="u-maha", handle="maha_sample", name="مها")
    return [message("1", f"رقمي {NUMBER} أرجو الاتصال بي", author=author, received_at=AT)]


async def case_of(here: Sitting) -> Case:
    """Return the only case."""
    (case,) = await here.bench.store.cases("moh", "t")
    return case


async def handed(here: Sitting) -> Case:
    """Let an operator hand the message over."""
    (first,) = await here.bench.store.thread("moh", "t")
    desk = here.bench.as_("salem")
    await desk.do(Escalate(key=first.key, reason="direct_contact", note="wants a call"))
    await here.tick()
    return await case_of(here)


async def test_cases_have_all_of_a_wide_screen(sitting: OpenSitting) -> None:
    """There is no thread beside them; the queue has it again afterwards."""
    async with sitting(question(), size=(130, 30), roles=(Role.OPERATOR, *SERVICE), **POLICY) as here:
        await handed(here)
        await here.press("8")
        assert not any("│" in line for line in here.lines())
        await here.press("1")
        assert all("│" in line for line in here.lines()[1:-2])


async def test_customer_service_begins_with_its_cases(sitting: OpenSitting) -> None:
    """Takes one, asks, answers; contact data is opened with a key, and the look is in the history."""
    async with sitting(question(), roles=SERVICE, **POLICY) as here:
        await handed(here)
        await here.press("8")
        assert "appointment" not in here.text()
        assert "wants to be contacted" in here.text()
        assert NUMBER not in here.text()

        await here.press("enter", "c")
        assert here.on(CaseScreen)
        assert (await case_of(here)).state is CaseState.ACKNOWLEDGED
        assert NUMBER not in here.text()
        await here.press("x")
        assert NUMBER in here.text()
        assert (await here.bench.store.events())[-1].action == "open_contact"

        await here.press("i")
        await here.write("which day?")
        await here.press("enter")
        assert (await case_of(here)).state is CaseState.NEEDS_INFO
        assert "which day?" in here.text()


@pytest.mark.parametrize("code", ["en", "ar"])
async def test_a_wrong_role_sees_its_first_place(sitting: OpenSitting, code: str) -> None:
    """Who is customer service alone begins at the cases, everybody else at the queue."""
    async with sitting(question(), roles=SERVICE, code=code, **POLICY) as here:
        assert here.inbox().title_text() == ("Cases" if code == "en" else "الحالات")
        assert here.on(InboxScreen)


async def test_an_answer_comes_back_and_the_suggested_line_closes_the_case(sitting: OpenSitting) -> None:
    """The operator reads what was done, changes nothing of the suggested line, and sends it."""
    async with sitting(question(), **POLICY) as here:
        case = await handed(here)
        await here.bench.as_("huda", *SERVICE).do(AnswerCase(case=case.id, text=DONE))
        await here.tick()
        await here.press("1")
        assert "# answer" in here.text()

        await here.press("enter")
        assert DONE in here.text()
        await here.press("r")
        assert here.on(ComposeScreen)
        assert "80090014" in here.app.screen.query_one("BidiTextArea").text  # type: ignore[attr-defined]
        assert NUMBER not in here.app.screen.query_one("BidiTextArea").text  # type: ignore[attr-defined]
        await here.press("escape")
        assert here.on(ReviewScreen)


async def test_a_question_is_answered_with_the_escalation_key(sitting: OpenSitting) -> None:
    """The line asked for is the answer, and the case is theirs again."""
    async with sitting(question(), **POLICY) as here:
        case = await handed(here)
        await here.bench.as_("huda", *SERVICE).do(AskBack(case=case.id, text="which day?"))
        await here.tick()
        await here.press("1", "e")
        await here.write("Sunday")
        await here.press("enter")

        informed = await case_of(here)
        assert (informed.state, informed.steps[-1].text) == (CaseState.ACKNOWLEDGED, "Sunday")


async def test_a_line_meanwhile_leaves_the_message_with_customer_service(sitting: OpenSitting) -> None:
    """R on an escalated message writes a holding line."""
    async with sitting(question(), **POLICY) as here:
        await handed(here)
        await here.press("4", "r")
        assert here.on(ComposeScreen)
        (first,) = await here.bench.store.thread("moh", "t")
        assert first.standing.state is MessageState.ESCALATED


async def test_danger_is_one_key_at_any_hour(sitting: OpenSitting) -> None:
    """Case and target first, then numbers, duty contact and a line that may go out although it is night."""
    async with sitting(question(), roles=(Role.OPERATOR, Role.SUPERVISOR), **POLICY) as here:
        here.bench.clock.at = AT + timedelta(hours=15)
        await here.tick()
        await here.press("!")
        case = await case_of(here)
        assert (case.reason, case.acknowledge_by) == ("emergency", here.bench.clock.at + timedelta(minutes=5))
        assert here.on(UrgentScreen)
        assert "998" in here.text()
        assert "Dr. Sample" in here.text()
        assert "desk" in here.text()

        await here.press("2", "escape")
        await here.pilot.pause(0.3)
        await here.press("o")
        await here.pilot.pause()
        entries = await here.bench.store.entries((EntryState.HELD,))
        (line,) = (entry for entry in entries if entry.action is Action.REPLY)
        assert "998" in line.text
        assert (line.override or "").startswith("life_safety")


async def test_a_key_for_messages_says_on_a_case_where_its_keys_are(sitting: OpenSitting) -> None:
    """They wait behind Enter."""
    async with sitting(question(), policy={"lines": lines()}) as here:
        await here.press("!", "3", "8", "r")
        assert "This is a case: Enter opens it" in here.text()


async def test_danger_without_a_way_outside_says_so(sitting: OpenSitting) -> None:
    """Nobody believes that somebody was told who was not."""
    async with sitting(question(), policy={"lines": lines()}) as here:
        await here.press("!")
        assert "tell customer service yourself" in here.text()
        await here.press("3", "u")
        assert (await case_of(here)).state is CaseState.WITHDRAWN


def test_lines_lack_nothing() -> None:
    """Each occasion in both languages, or the file is refused with the name of what is missing."""
    table = {"holding": {"ar": "…", "en": "…"}, "closing": {"ar": "…", "en": "…"}, "urgent": {"ar": "…"}}
    with pytest.raises(ValueError, match="urgent"):
        lines_from(table)
    with pytest.raises(ValueError, match="closing"):
        lines_from({name: value for name, value in table.items() if name != "closing"})
