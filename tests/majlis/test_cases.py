"""A case from the key to its end: who does what, what is told outside, and what the operator gets back (C13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.commands import (
    Acknowledge,
    AnswerCase,
    AskBack,
    CaseCommand,
    CloseCase,
    Done,
    Escalate,
    OpenContact,
    Reply,
    ReturnCase,
    TakeBack,
    Urgent,
)
from majlis.errors import EmptyText, MajlisError, NeedsNote, NotAllowed, NothingToUndo, WrongState
from majlis.escalation import Case, case_document, packet_digest, state_after
from majlis.message import Author, Span, Urgency
from majlis.outbox import Action, Entry, Receipt
from majlis.policy import Role
from majlis.ports import Store, View, ViewName
from majlis.states import CASE_TABLE, CaseState, EntryState, MessageState
from tests.builders import AT, Bench, key, message, page

NUMBER = "0500001234"
DONE = "اتصلنا بها وحددنا موعدا يوم الأحد"
"""What customer service writes: we called her and made an appointment for Sunday."""
LINE = "شكرا لك، تواصل معك زملاؤنا"
"""A public line: thank you, our colleagues have been in touch."""


class Setup(Bench):
    """A bench with customer service at a desk of its own, and one target outside."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, escalation_targets=("desk",))
        self.service = self.as_("huda", Role.CUSTOMER_SERVICE)

    async def escalated(self, native_id: str = "1", reason: str = "appointment") -> Case:
        """Hand a message over."""
        outcome = await self.desk.do(Escalate(key=key(native_id), reason=reason))
        assert outcome.case is not None
        return await self.case(outcome.case)

    async def case(self, known: Case) -> Case:
        """Return a case as it stands."""
        found = await self.store.case(known.id)
        assert found is not None
        return found

    async def served(self, command: CaseCommand) -> Case:
        """Let customer service act."""
        outcome = await self.service.do(command)
        assert outcome.case is not None
        return await self.case(outcome.case)

    async def told(self) -> list[tuple[str, str | None, EntryState]]:
        """What goes to targets: target, case step and state of the entry, by step."""
        entries = await self.store.entries(tuple(EntryState))
        found = [entry for entry in entries if entry.action is Action.DELIVER]
        return [(entry.account, entry.step, entry.state) for entry in sorted(found, key=lambda each: str(each.step))]

    async def sent(self, outcome_entry: Entry | None) -> None:
        """Let the network take an entry."""
        entry = await self.entry(outcome_entry)
        self.clock.at = max(self.clock.at, entry.due_at)
        going = await self.dispatch.release(entry)
        assert going is not None
        await self.dispatch.sent(going, Receipt(native_id=f"our-{entry.id}", at=self.clock.at))


@pytest.fixture
async def setup(store: Store) -> Setup:
    text = f"رقمي {NUMBER} أريد موعدا"
    personal = (Span(start=5, end=15, category="phone"),)
    other = Author(id="u-other", name="خالد")
    await store.ingest(
        page(
            message("0", "متى الدوام؟", created_at=AT - timedelta(hours=2)),
            message("x", "اتصلوا بي 0500009999", author=other, created_at=AT - timedelta(hours=1)),
            message("1", text, personal=personal),
            message("2", "لم يتصل أحد", created_at=AT + timedelta(minutes=1)),
        )
    )
    return Setup(store)


# ------------------------------------------------------------------------------------------------------ handing over


async def test_the_packet_holds_the_person_s_own_words_and_nobody_else_s(setup: Setup) -> None:
    """The thread before it goes along, but for what third parties wrote; contact data stands in its own field."""
    case = await setup.escalated()

    assert [line.text for line in case.packet.earlier] == ["متى الدوام؟"]
    assert case.packet.contact == (NUMBER,)
    covered = case_document(case, contact=False)
    assert NUMBER not in str(covered)
    assert "0500009999" not in str(case_document(case, contact=True))
    assert covered["packet_digest"] == packet_digest(case.packet)
    assert packet_digest(replace(case.packet, text="…")) != packet_digest(case.packet)


async def test_a_target_is_told_after_the_hold(setup: Setup) -> None:
    """And not at all when the key was a mistake."""
    case = await setup.escalated()
    (entry,) = await setup.store.entries([EntryState.HELD])

    assert (entry.account, entry.case, entry.step) == ("desk", case.id, "escalate")
    assert entry.due_at == setup.clock.at + setup.policy.hold
    await setup.desk.do(TakeBack())
    assert await setup.told() == [("desk", "escalate", EntryState.RECALLED)]
    assert (await setup.case(case)).state is CaseState.WITHDRAWN


async def test_who_was_told_already_is_told_of_the_withdrawal(setup: Setup) -> None:
    """Nobody works on a case that is none."""
    case = await setup.escalated()
    (entry,) = await setup.store.entries([EntryState.HELD])
    await setup.sent(entry)

    await setup.desk.do(TakeBack())

    assert [told[1:] for told in await setup.told()] == [
        ("escalate", EntryState.SENT),
        ("withdraw", EntryState.HELD),
    ]
    assert (await setup.case(case)).state is CaseState.WITHDRAWN
    assert (await setup.message()).standing.state is MessageState.NEW


async def test_an_acknowledged_case_is_not_withdrawn(setup: Setup) -> None:
    """Somebody works on it."""
    case = await setup.escalated()
    await setup.served(Acknowledge(case=case.id))

    with pytest.raises(NothingToUndo):
        await setup.desk.do(TakeBack())


async def test_a_second_message_of_the_person_joins(setup: Setup) -> None:
    """One case, two messages; a third party's message in the thread is a case of its own."""
    case = await setup.escalated()

    joined = await setup.escalated("2", reason="payment")
    other = await setup.escalated("x")

    assert joined.id == case.id
    assert joined.messages == (str(key("1")), str(key("2")))
    assert joined.reason == "appointment"
    assert [step.step for step in joined.steps] == ["join"]
    assert other.id != case.id


# ------------------------------------------------------------------------------------------------------- working on it


async def test_an_answer_comes_back_on_top_and_the_public_line_closes_the_case(setup: Setup) -> None:
    """Customer service says what was done; the operator thanks in public; both messages are over then."""
    case = await setup.escalated()
    await setup.escalated("2")
    await setup.served(Acknowledge(case=case.id))
    answered = await setup.served(AnswerCase(case=case.id, text=DONE))

    back = await setup.message("2")
    assert (answered.state, answered.answer) == (CaseState.ANSWERED, DONE)
    assert (back.standing.state, back.standing.returned) == (MessageState.NEW, True)
    assert (await setup.message("1")).standing.state is MessageState.ESCALATED
    window = await setup.store.window(View(name=ViewName.QUEUE, operator="salem"), limit=9)
    assert window.rows[0].message is not None
    assert window.rows[0].message.key == back.key

    outcome = await setup.desk.do(Reply(key=back.key, text=LINE))
    assert (await setup.case(case)).state is CaseState.ANSWERED
    await setup.sent(outcome.entry)

    assert (await setup.case(case)).state is CaseState.CLOSED
    assert (await setup.message("2")).standing.state is MessageState.ANSWERED
    assert (await setup.message("1")).standing.state is MessageState.DONE


async def test_the_public_line_may_answer_the_older_message(setup: Setup) -> None:
    """That one is answered then, and the case is closed; what came back is still the operator's."""
    case = await setup.escalated()
    await setup.escalated("2")
    await setup.served(AnswerCase(case=case.id, text=DONE))
    outcome = await setup.desk.do(Reply(key=key(), text=LINE))
    await setup.sent(outcome.entry)

    assert (await setup.case(case)).state is CaseState.CLOSED
    assert (await setup.message()).standing.state is MessageState.ANSWERED
    assert (await setup.message("2")).standing.state is MessageState.NEW


async def test_the_older_message_may_be_closed_without_a_line(setup: Setup) -> None:
    """Nobody was faster: it is one decision about a message and its case."""
    case = await setup.escalated()
    await setup.escalated("2")
    await setup.served(AnswerCase(case=case.id, text=DONE))
    await setup.desk.do(Done(key=key()))

    assert (await setup.case(case)).state is CaseState.CLOSED
    assert (await setup.message()).standing.state is MessageState.DONE


async def test_closing_without_a_public_line_closes_the_case_too(setup: Setup) -> None:
    """Not everything needs to be said in public."""
    case = await setup.escalated()
    await setup.served(AnswerCase(case=case.id, text=DONE))

    await setup.desk.do(Done(key=key()))

    closed = await setup.case(case)
    assert closed.state is CaseState.CLOSED
    assert [(step.step, step.by) for step in closed.steps] == [
        ("acknowledge", "huda"),
        ("answer", "huda"),
        ("close", "salem"),
    ]


async def test_a_question_comes_back_and_its_answer_goes_to_customer_service(setup: Setup) -> None:
    """The note is the answer; without one nothing happens."""
    case = await setup.escalated()
    await setup.served(AskBack(case=case.id, text="أي مركز؟"))
    assert (await setup.message()).standing.returned

    with pytest.raises(NeedsNote):
        await setup.desk.do(Escalate(key=key()))
    await setup.desk.do(Escalate(key=key(), note="مركز الراشدية"))

    informed = await setup.case(case)
    assert informed.state is CaseState.ACKNOWLEDGED
    assert informed.steps[-1].text == "مركز الراشدية"
    assert (await setup.message()).standing.state is MessageState.ESCALATED
    assert [told[1] for told in await setup.told()] == ["escalate", "inform"]


async def test_an_answer_about_somebody_without_a_name_goes_to_the_same_case(setup: Setup) -> None:
    """The network does not say who wrote: what customer service asked is answered all the same."""
    await setup.store.ingest(page(message("nobody", "رقمي عندكم", author=Author())))
    case = await setup.escalated("nobody")
    await setup.served(AskBack(case=case.id, text="أي مركز؟"))
    informed = await setup.desk.do(Escalate(key=key("nobody"), note="مركز الراشدية"))

    assert informed.case is not None
    assert informed.case.id == case.id


async def test_a_returned_case_gives_its_messages_back(setup: Setup) -> None:
    """With the reason; another key makes a new case."""
    case = await setup.escalated()
    returned = await setup.served(ReturnCase(case=case.id, text="من اختصاص البلدية"))

    assert (returned.state, returned.steps[-1].text) == (CaseState.RETURNED, "من اختصاص البلدية")
    assert (await setup.message()).standing.returned
    assert (await setup.escalated()).id != case.id


@pytest.mark.parametrize(("days", "same"), [(14, True), (15, False)])
async def test_what_the_person_writes_within_fourteen_days_reopens_the_case(
    setup: Setup, days: int, same: bool
) -> None:
    """Later it is another matter."""
    case = await setup.escalated()
    await setup.served(AnswerCase(case=case.id, text=DONE))
    await setup.desk.do(Done(key=key()))
    setup.clock.at += timedelta(days=days)

    again = await setup.escalated("2")

    assert (again.id == case.id) is same
    assert again.state is (CaseState.ACKNOWLEDGED if same else CaseState.ESCALATED)
    assert again.answer_by > setup.clock.at


async def test_a_holding_line_may_go_out_meanwhile(setup: Setup) -> None:
    """The message stays with customer service, and they see what was said."""
    case = await setup.escalated()
    outcome = await setup.desk.do(Reply(key=key(), text=LINE))
    await setup.sent(outcome.entry)

    assert (await setup.message()).standing.state is MessageState.ESCALATED
    assert (await setup.case(case)).holding == LINE


# --------------------------------------------------------------------------------------------------------- urgent path


async def test_danger_makes_a_case_at_any_hour_and_tells_at_once(setup: Setup) -> None:
    """At night, without a hold, within five minutes by the clock."""
    setup.clock.at = AT + timedelta(hours=14)
    outcome = await setup.desk.do(Urgent(key=key()))
    assert outcome.case is not None
    case = await setup.case(outcome.case)

    (entry,) = await setup.store.entries([EntryState.HELD])
    assert (case.reason, case.urgency) == ("emergency", Urgency.IMMEDIATE)
    assert case.acknowledge_by == setup.clock.at + timedelta(minutes=5)
    assert entry.due_at == setup.clock.at
    assert await setup.dispatch.release(entry) is not None


async def test_danger_raises_a_case_that_is_there(setup: Setup) -> None:
    """The same case, now urgent, and told once more."""
    case = await setup.escalated()
    await setup.desk.do(Urgent(key=key(), reason="self_harm"))

    raised = await setup.case(case)
    assert (raised.reason, raised.urgency, raised.messages) == ("self_harm", Urgency.IMMEDIATE, case.messages)
    assert [told[1] for told in await setup.told()] == ["escalate", "join"]


async def test_an_urgent_case_can_be_taken_back(setup: Setup) -> None:
    """A key pressed by mistake is no alarm for good."""
    outcome = await setup.desk.do(Urgent(key=key()))
    assert outcome.case is not None

    await setup.desk.do(TakeBack())

    assert (await setup.case(outcome.case)).state is CaseState.WITHDRAWN
    assert (await setup.message()).standing.state is MessageState.NEW


async def test_taking_the_alarm_back_leaves_the_case_that_was_there(setup: Setup) -> None:
    """The message was in it before: nothing to take back, and the program does not say that there is."""
    case = await setup.escalated()
    await setup.served(Acknowledge(case=case.id))
    outcome = await setup.desk.do(Urgent(key=key(), reason="self_harm"))

    assert "u takes it back" not in outcome.said.template
    with pytest.raises(NothingToUndo):
        await setup.desk.do(TakeBack())
    assert (await setup.case(case)).state is CaseState.ACKNOWLEDGED


async def test_an_alarm_about_a_case_that_nobody_took_does_not_withdraw_it(setup: Setup) -> None:
    """What the first key made is not undone by taking back the second."""
    case = await setup.escalated()
    await setup.desk.do(Urgent(key=key(), reason="self_harm"))
    with pytest.raises(NothingToUndo):
        await setup.desk.do(TakeBack())

    assert (await setup.case(case)).state is CaseState.ESCALATED
    assert (await setup.message()).standing.case == case.id


# ---------------------------------------------------------------------------------------------------------------- rules


async def test_only_customer_service_works_on_cases_and_only_operators_on_messages(setup: Setup) -> None:
    """Each refusal names the role."""
    case = await setup.escalated()
    commands: tuple[CaseCommand, ...] = (
        Acknowledge(case=case.id),
        AskBack(case=case.id, text="?"),
        AnswerCase(case=case.id, text="."),
        ReturnCase(case=case.id, text="."),
        CloseCase(case=case.id),
        OpenContact(case=case.id),
    )

    for command in commands:
        with pytest.raises(NotAllowed):
            await setup.desk.do(command)
    with pytest.raises(NotAllowed):
        await setup.service.do(Escalate(key=key("2")))
    assert (await setup.case(case)).state is CaseState.ESCALATED


async def test_opening_contact_data_is_in_the_history(setup: Setup) -> None:
    """Who, when, which case."""
    case = await setup.escalated()
    await setup.service.do(OpenContact(case=case.id))

    last = (await setup.store.events())[-1]
    assert (last.action, last.actor, last.subject) == ("open_contact", "huda", case.id)


async def test_an_empty_line_answers_nothing(setup: Setup) -> None:
    """Neither blanks nor line ends."""
    case = await setup.escalated()

    for command in (
        AnswerCase(case=case.id, text=" \n"),
        AskBack(case=case.id, text=""),
        ReturnCase(case=case.id, text=" "),
    ):
        with pytest.raises(EmptyText):
            await setup.service.do(command)


async def test_a_step_out_of_its_row_is_refused(setup: Setup) -> None:
    """A case nobody answered cannot be closed."""
    case = await setup.escalated()

    with pytest.raises(WrongState):
        await setup.service.do(CloseCase(case=case.id))


@given(st.lists(st.sampled_from(sorted(CASE_TABLE)), max_size=12))
def test_the_state_follows_from_the_steps(names: list[str]) -> None:
    """Whatever is tried, the state kept is the one that the accepted steps lead to."""
    from tests.connectors.escalate.conftest import case as a_case  # noqa: PLC0415  a case of invented data

    case = a_case()
    for name in names:
        try:
            case = case.stepped(name, at=AT, by="huda")
        except MajlisError:
            assert case.state not in CASE_TABLE[name]

    assert state_after(case.steps) is case.state
