"""Handing a message to customer service: which reason, which case, and what goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from . import text as texts
from .errors import NeedsNote, NotFound
from .escalation import CASE_OPEN, PACKET_SCHEMA, REASONS, THREAD_IN_PACKET, Case, Packet, PacketLine, Reason
from .outcome import Outcome, Said
from .states import MessageState

if TYPE_CHECKING:
    from .commands import Escalate, Note
    from .message import Message
    from .seat import Seat


async def escalate(seat: Seat, command: Escalate) -> Outcome:
    """Open a case for a message, or add it to the person's open one."""
    message = await seat.message(command.key)
    if message.standing.state is MessageState.ESCALATED and message.standing.case:
        case = await seat.store.case(message.standing.case)
        said = Said(template="It is with customer service already.")
        return Outcome(revision=0, message=message, case=case, said=said)
    seat.own(message)
    after = seat.after("escalate", message)
    thread = await seat.store.thread(command.key.account, message.thread)
    reason = _reason(seat, command, message, thread)
    case, joined = await _case(seat, command, message, thread, reason)
    escalated = replace(
        message,
        standing=replace(
            message.standing, state=after, claim=None, case=case.id, reason=reason.id, unseen=False, returned=False
        ),
    )
    payload = {"reason": reason.id, "note": command.note, "case": case.id, "joined": joined}
    revision = await seat.apply("escalate", str(command.key), payload, escalated, case, before=message)
    said = Said(template="With customer service now: {reason}. u takes it back.", facts={"reason": reason.id})
    return Outcome(revision=revision, message=escalated, case=case, said=said)


def _reason(seat: Seat, command: Escalate, message: Message, thread: tuple[Message, ...]) -> Reason:
    chosen = command.reason
    if chosen is None:
        earlier = tuple(m.text for m in thread if m.created_at < message.created_at)
        chosen = seat.policy.triage(message.text, earlier, message.key.network).reason
    # Where triage sees nothing, somebody has to be contacted all the same: that is what the key means.
    reason = REASONS.get(chosen or "personal_case")
    if reason is None:
        raise NotFound(subject=f"reason {chosen}")
    if reason.needs_note and not (command.note or "").strip():
        raise NeedsNote(reason=reason.id)
    return reason


async def _case(
    seat: Seat, command: Escalate, message: Message, thread: tuple[Message, ...], reason: Reason
) -> tuple[Case, bool]:
    person = message.author.id or message.author.handle
    for case in await seat.store.cases(message.key.account, message.thread):
        if case.state in CASE_OPEN and person is not None and case.person == person:
            keys = (*case.messages, str(message.key))
            return replace(case, messages=keys, tags=(*case.tags, *command.tags)), True
    now, hours = seat.clock.now(), seat.policy.hours
    soon = now + timedelta(minutes=5)
    case = Case(
        id=seat.ids.new("case"),
        account=message.key.account,
        thread=message.thread,
        person=person,
        messages=(str(message.key),),
        reason=reason.id,
        tags=command.tags,
        urgency=reason.urgency,
        note=command.note,
        operator=seat.operator.name,
        created_at=now,
        acknowledge_by=soon if reason.acknowledge_wm is None else hours.due_at(now, reason.acknowledge_wm),
        answer_by=now if reason.answer_wm is None else hours.due_at(now, reason.answer_wm),
        packet=_packet(seat, message, thread),
    )
    return case, False


def _packet(seat: Seat, message: Message, thread: tuple[Message, ...]) -> Packet:
    earlier = [m for m in thread if m.created_at < message.created_at and m.key != message.key]
    calendar = seat.policy.hours.calendar_on(seat.policy.hours.local(message.created_at).date())
    return Packet(
        schema=PACKET_SCHEMA,
        network=message.key.network,
        message=str(message.key),
        link=message.link,
        thread=message.thread,
        text=message.text,
        at=message.created_at,
        handle=message.author.handle,
        name=message.author.name,
        earlier=tuple(
            PacketLine(at=m.created_at, author=m.author.shown(), ours=m.ours, text=m.text)
            for m in earlier[-THREAD_IN_PACKET:]
            # Of third parties only what our own answers and the person's own words need.
            if m.ours or m.author == message.author
        ),
        language=texts.script_of(message.text),
        category=message.standing.category,
        contact=tuple(message.text[span.start : span.end] for span in message.personal),
        calendar=calendar.id if calendar else "",
    )


async def note(seat: Seat, command: Note) -> Outcome:
    """Add the line for the colleague to a case."""
    message = await seat.message(command.key)
    case = await seat.store.case(message.standing.case) if message.standing.case else None
    if case is None:
        raise NotFound(subject="case")
    noted = replace(case, note=command.text.strip() or None)
    revision = await seat.apply("note", case.id, {"note": noted.note}, noted)
    return Outcome(revision=revision, message=message, case=noted, said=Said(template="The note goes with the case."))
