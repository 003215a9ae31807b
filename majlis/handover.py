"""Handing a message to customer service: which reason, which case, what goes with it, and who is told outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import text as texts
from .commands import Escalate
from .errors import NeedsNote, NotEscalated, NotOneOf
from .escalation import PACKET_SCHEMA, REASONS, THREAD_IN_PACKET, Case, Packet, PacketLine, Reason
from .message import Message, Urgency
from .outbox import Action, Entry
from .outcome import Outcome, Said
from .states import CaseState, MessageState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .commands import Note, Urgent
    from .message import Span
    from .seat import Seat

SOON = timedelta(minutes=5)
"""By the clock, until somebody has taken an urgent case. Source: policy, section 5."""


async def escalate(seat: Seat, command: Escalate) -> Outcome:
    """Open a case for a message, or add it to the person's case, open or answered lately.

    Where customer service asks back, the note is the answer. A reason of danger takes the urgent path.
    """
    message = await seat.message(command.key)
    own = await seat.store.case(message.standing.case) if message.standing.case else None
    if message.standing.state is MessageState.ESCALATED and own is not None:
        return Outcome(
            revision=0, message=message, case=own, said=Said(template="It is with customer service already.")
        )
    seat.own(message)
    after = seat.after("escalate", message)
    thread = await seat.store.thread(command.key.account, message.thread)
    found = await _found(seat, message, own)
    if found is None:
        reason = _reason(seat, command, message, thread)
        case, step = _opened(seat, command, message, thread, reason), "escalate"
    else:
        case, step = _taken_in(seat, command, message, found)
    return await _handed(seat, message, case, step, after, action="escalate", note=command.note)


async def urgent(seat: Seat, command: Urgent) -> Outcome:
    """Take the urgent path: a case at once, its targets told at once, whatever the hour."""
    message = await seat.message(command.key)
    after = seat.after("urgent", message)
    thread = await seat.store.thread(command.key.account, message.thread)
    suggested = command.reason or _suggested(seat, message, thread)
    reason = REASONS.get(suggested or "")
    if reason is None or reason.urgency is not Urgency.IMMEDIATE:
        reason = REASONS["emergency"]
    now = seat.clock.now()
    own = await seat.store.case(message.standing.case) if message.standing.case else None
    found = await _found(seat, message, own)
    if found is None:
        given = Escalate(key=command.key, reason=reason.id, note=command.note)
        case, step = _opened(seat, given, message, thread, reason), "escalate"
    else:
        raised = replace(found, reason=reason.id, urgency=reason.urgency, acknowledge_by=now + SOON, answer_by=now)
        raised = raised if command.note is None else replace(raised, note=command.note)
        case, step = _taken_in(seat, Escalate(key=command.key, note=command.note or "!"), message, raised)
    return await _handed(seat, message, case, step, after, action="urgent", note=command.note)


async def _handed(
    seat: Seat, message: Message, case: Case, step: str, after: MessageState, *, action: str, note: str | None
) -> Outcome:
    standing = replace(message.standing, state=after, case=case.id, reason=case.reason, unseen=False, returned=False)
    if after is MessageState.ESCALATED:
        standing = replace(standing, claim=None, snoozed_until=None)
    escalated = replace(message, standing=standing)
    told = deliveries(seat, case, message, step)
    payload = {"reason": case.reason, "note": note, "case": case.id, "step": step}
    revision = await seat.apply(action, str(message.key), payload, escalated, case, *told, before=message)
    said = Said(template=_said(case), facts={"reason": case.reason})
    return Outcome(revision=revision, message=escalated, case=case, said=said)


def _said(case: Case) -> str:
    is_danger, is_new = case.urgency is Urgency.IMMEDIATE, case.state is CaseState.ESCALATED
    if is_danger:
        return (
            "Danger: the case is made and customer service is told. u takes it back."
            if is_new
            else "Danger: customer service is told."
        )
    return "With customer service now: {reason}. u takes it back." if is_new else "With customer service now: {reason}."


def deliveries(seat: Seat, case: Case, message: Message, step: str) -> tuple[Entry, ...]:
    """Return an entry for each target, held as a reply would be; in danger it goes at once."""
    now = seat.clock.now()
    hold = timedelta() if case.urgency is Urgency.IMMEDIATE else seat.policy.hold
    return tuple(
        replace(seat.entry(Action.DELIVER, message, now, case=case.id, step=step), account=target, due_at=now + hold)
        for target in seat.policy.escalation_targets
    )


async def _found(seat: Seat, message: Message, own: Case | None) -> Case | None:
    """Return the case in which a message belongs, if there is one."""
    now, person = seat.clock.now(), person_of(message)
    if own is not None and own.goes_on(now):
        return own
    cases = await seat.store.cases(message.key.account, message.thread)
    return next((case for case in reversed(cases) if case.takes_in(person, now)), None)


def person_of(message: Message) -> str | None:
    """Return by what a case knows whom it is about."""
    return message.author.id or message.author.handle


def _taken_in(seat: Seat, command: Escalate, message: Message, case: Case) -> tuple[Case, str]:
    """Return a case with one more message, and what that means for it."""
    now, who = seat.clock.now(), seat.operator.name
    note = (command.note or "").strip() or None
    keys = tuple(dict.fromkeys((*case.messages, str(message.key))))
    grown = replace(case, messages=keys, tags=tuple(dict.fromkeys((*case.tags, *command.tags))), queued=0)
    match case.state:
        case CaseState.NEEDS_INFO if str(message.key) in case.messages or note:
            if note is None:
                raise NeedsNote(reason=case.reason)
            return grown.stepped("inform", at=now, by=who, text=note), "inform"
        case CaseState.ANSWERED | CaseState.CLOSED:
            wm = REASONS[case.reason].answer_wm
            answer_by = now if wm is None else seat.policy.hours.due_at(now, wm)
            return grown.stepped("reopen", at=now, by=who, text=note, answer_by=answer_by), "reopen"
        case _:
            return grown.stepped("join", at=now, by=who, text=note), "join"


def _suggested(seat: Seat, message: Message, thread: Sequence[Message]) -> str | None:
    earlier = tuple(m.text for m in thread if m.created_at < message.created_at)
    return seat.policy.triage(message.text, earlier, message.key.network).reason


def _reason(seat: Seat, command: Escalate, message: Message, thread: Sequence[Message]) -> Reason:
    by_hand = message.standing.suggested if message.standing.corrected else None
    chosen = command.reason or by_hand or _suggested(seat, message, thread)
    # Where triage sees nothing, somebody has to be contacted all the same: that is what the key means.
    reason = REASONS.get(chosen or "personal_case")
    if reason is None:
        raise NotOneOf(subject=chosen, known=", ".join(REASONS))
    if reason.needs_note and not (command.note or "").strip():
        raise NeedsNote(reason=reason.id)
    return reason


def _opened(seat: Seat, command: Escalate, message: Message, thread: Sequence[Message], reason: Reason) -> Case:
    now, hours = seat.clock.now(), seat.policy.hours
    return Case(
        id=seat.ids.new("case"),
        account=message.key.account,
        thread=message.thread,
        person=person_of(message),
        messages=(str(message.key),),
        reason=reason.id,
        tags=command.tags,
        urgency=reason.urgency,
        note=command.note,
        operator=seat.operator.name,
        created_at=now,
        acknowledge_by=now + SOON if reason.acknowledge_wm is None else hours.due_at(now, reason.acknowledge_wm),
        answer_by=now if reason.answer_wm is None else hours.due_at(now, reason.answer_wm),
        packet=_packet(seat, message, thread, now),
    )


def _packet(seat: Seat, message: Message, thread: Sequence[Message], now: datetime) -> Packet:
    # Of third parties nothing goes along: only our own answers, and the person's own words.
    earlier = [
        m
        for m in thread
        if m.created_at < message.created_at and m.key != message.key and (m.ours or m.author == message.author)
    ][-THREAD_IN_PACKET:]
    calendar = seat.policy.hours.calendar_on(seat.policy.hours.local(now).date())
    given = [(message.text, message.personal), *((m.text, m.personal) for m in earlier if not m.ours)]
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
        earlier=tuple(PacketLine(at=m.created_at, author=m.author.shown(), ours=m.ours, text=m.text) for m in earlier),
        language=texts.script_of(message.text),
        category=message.standing.category,
        contact=tuple(dict.fromkeys(part for text, spans in given for part in _parts(text, spans))),
        calendar=calendar.id if calendar else "",
    )


def _parts(text: str, spans: Sequence[Span]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


async def note(seat: Seat, command: Note) -> Outcome:
    """Add the line for the colleague to a case."""
    message = await seat.message(command.key)
    case = await seat.store.case(message.standing.case) if message.standing.case else None
    if case is None:
        raise NotEscalated(subject=str(command.key))
    noted = replace(case, note=command.text.strip() or None)
    payload: dict[str, Any] = {"note": noted.note}
    revision = await seat.apply("note", case.id, payload, noted)
    return Outcome(revision=revision, message=message, case=noted, said=Said(template="The note goes with the case."))
