"""Customer service's side of a case: take it, ask back, answer, return or close it, and open what is protected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import EmptyText, NoSuchCase
from .message import Message, MessageKey
from .outcome import Outcome, Said
from .states import MESSAGE_TABLE, CaseState, MessageState

if TYPE_CHECKING:
    from datetime import datetime

    from .commands import Acknowledge, AnswerCase, AskBack, CloseCase, OpenContact, ReturnCase
    from .escalation import Case
    from .ports import Store
    from .seat import Seat


async def acknowledge(seat: Seat, command: Acknowledge) -> Outcome:
    """Take a case."""
    case = (await _case(seat, command.case)).stepped("acknowledge", at=seat.clock.now(), by=seat.operator.name)
    said = Said(template="Taken; the answer is owed {at}.", facts={"at": case.answer_by})
    return await _written(seat, case, "acknowledge", said=said)


async def ask_back(seat: Seat, command: AskBack) -> Outcome:
    """Ask the operator; the message comes back to the top of the queue with the question."""
    case = _step(seat, await _case(seat, command.case), "ask", command.text)
    said = Said(template="The question is on top of the operators' queue.")
    return await _written(seat, case, "ask", *await _newest_back(seat, case), said=said)


async def answer(seat: Seat, command: AnswerCase) -> Outcome:
    """Say what was done; the operator decides on a public line, and only then the case is closed."""
    case = _step(seat, await _case(seat, command.case), "answer", command.text)
    said = Said(template="The answer is on top of the operators' queue; they close the case.")
    return await _written(seat, case, "answer", *await _newest_back(seat, case), said=said)


async def return_(seat: Seat, command: ReturnCase) -> Outcome:
    """Give a case back that is not customer service's; all its messages are open again."""
    text = _text(command.text)
    case = (await _case(seat, command.case)).stepped("return", at=seat.clock.now(), by=seat.operator.name, text=text)
    back = [_back(message) for message in await _escalated(seat.store, case)]
    return await _written(seat, case, "return", *back, said=Said(template="Returned to the operators, with your line."))


async def close(seat: Seat, command: CloseCase) -> Outcome:
    """Close a case whose answer needs no public line."""
    case = await _case(seat, command.case)
    closed, *ended = await closing(seat.store, case, at=seat.clock.now(), by=seat.operator.name)
    revision = await seat.apply("close", case.id, {}, closed, *ended)
    return Outcome(revision=revision, case=closed, said=Said(template="The case is closed."))


async def open_contact(seat: Seat, command: OpenContact) -> Outcome:
    """Open what the person gave to be reached by; the look is logged."""
    case = await _case(seat, command.case)
    revision = await seat.apply("open_contact", case.id, {})
    return Outcome(revision=revision, case=case, said=Said(template="Opened; this look is logged."))


async def closing(
    store: Store, case: Case, *, at: datetime, by: str, apart: MessageKey | None = None
) -> tuple[Case, *tuple[Message, ...]]:
    """Return what closing a case writes: the case, and its messages that still wait for it.

    Args:
        store: Where they are.
        case: Which.
        at: The time.
        by: Who closes it.
        apart: A message that the caller writes itself.
    """
    closed = case.stepped("close", at=at, by=by)
    waiting = [message for message in await _escalated(store, case) if message.key != apart]
    return (closed, *[_ended(message) for message in waiting])


def _ended(message: Message) -> Message:
    state = MESSAGE_TABLE["case_closed"][message.standing.state]
    return replace(message, standing=replace(message.standing, state=state))


# ---------------------------------------------------------------------------------------------------------- together


async def _case(seat: Seat, case_id: str) -> Case:
    case = await seat.store.case(case_id)
    if case is None:
        raise NoSuchCase(subject=case_id)
    return case


def _text(text: str) -> str:
    if not text.strip():
        raise EmptyText
    return text.strip()


def _step(seat: Seat, case: Case, step: str, text: str) -> Case:
    """Return a case after a step; who acts on a case that nobody took has taken it."""
    now, who = seat.clock.now(), seat.operator.name
    if case.state is CaseState.ESCALATED:
        case = case.stepped("acknowledge", at=now, by=who)
    return case.stepped(step, at=now, by=who, text=_text(text))


async def _escalated(store: Store, case: Case) -> list[Message]:
    found = [await store.message(MessageKey.parse(key)) for key in case.messages]
    return [each for each in found if each is not None and each.standing.state is MessageState.ESCALATED]


async def _newest_back(seat: Seat, case: Case) -> list[Message]:
    """Return the newest of a case's messages as it comes back; the others wait with the case."""
    return [_back(message) for message in (await _escalated(seat.store, case))[-1:]]


def _back(message: Message) -> Message:
    state = MESSAGE_TABLE["case_back"][message.standing.state]
    standing = replace(message.standing, state=state, returned=True, unseen=True)
    return replace(message, standing=standing, queued=0)


async def _written(seat: Seat, case: Case, action: str, *puts: Message, said: Said) -> Outcome:
    last = case.steps[-1]
    revision = await seat.apply(action, case.id, {"text": last.text}, case, *puts)
    return Outcome(revision=revision, case=case, message=puts[0] if puts else None, said=said)
