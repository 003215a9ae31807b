"""What the team writes down beside its messages: the pledge, saved replies, official contacts, corrected triage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from .commands import AddOfficial, CorrectTriage, DropSnippet, KeepSnippet, RecordCommand, RemoveOfficial, TakePledge
from .conduct import Contacts
from .errors import EmptyText, NoSuchContact, NoSuchSnippet, NotAnOfficialContact, NotOneOf, ReasonTooShort
from .escalation import REASONS
from .outcome import Outcome, Said
from .records import Official, Pledge, Snippet
from .sorting import CATEGORIES

if TYPE_CHECKING:
    from .message import Message
    from .seat import Seat

WHY = 10
"""Characters that the reason for an official contact has at least; as for an override (D9)."""


async def record(seat: Seat, command: RecordCommand) -> Outcome:
    """Write one thing down, with its event."""
    match command:
        case TakePledge():
            return await _pledge(seat, command)
        case KeepSnippet():
            return await _keep(seat, command)
        case DropSnippet():
            return await _drop(seat, command)
        case AddOfficial():
            return await _add(seat, command)
        case RemoveOfficial():
            return await _remove(seat, command)
        case CorrectTriage():
            return await _correct(seat, command)
        case _:
            assert_never(command)


async def _pledge(seat: Seat, command: TakePledge) -> Outcome:
    name = seat.operator.name
    said = Said(template="Recorded that you have read it.")
    if await seat.store.pledge(name, command.version) is not None:
        return Outcome(revision=0, said=said)
    pledge = Pledge(id=f"{name}:{command.version}", operator=name, version=command.version, at=seat.clock.now())
    return Outcome(revision=await seat.apply("pledge", name, {"version": command.version}, pledge), said=said)


# -------------------------------------------------------------------------------------------------------- saved replies


async def _keep(seat: Seat, command: KeepSnippet) -> Outcome:
    if not command.text.strip() or not command.name.strip():
        raise EmptyText
    name = f"{command.name.strip()}:{command.language}"
    known = await seat.store.snippet(name)
    snippet = Snippet(
        id=name,
        name=command.name.strip(),
        language=command.language,
        text=command.text,
        author=seat.operator.name,
        at=seat.clock.now(),
        rev=known.rev if known else 0,
    )
    revision = await seat.apply("keep_snippet", name, {"text": command.text}, snippet)
    return Outcome(revision=revision, said=Said(template="Saved reply kept: {name}.", facts={"name": snippet.name}))


async def _drop(seat: Seat, command: DropSnippet) -> Outcome:
    name = f"{command.name}:{command.language}"
    known = await seat.store.snippet(name)
    if known is None or known.removed:
        raise NoSuchSnippet(subject=command.name)
    revision = await seat.apply("drop_snippet", name, {}, replace(known, removed=True))
    return Outcome(revision=revision, said=Said(template="Saved reply removed: {name}.", facts={"name": known.name}))


# ---------------------------------------------------------------------------------------------------- official contacts


async def _add(seat: Seat, command: AddOfficial) -> Outcome:
    """Put a contact on the allowlist; what is on it goes out from now on."""
    try:
        Contacts().with_added(command.kind, command.value)
    except ValueError as error:
        raise NotAnOfficialContact(kind=command.kind, value=command.value) from error
    if len(command.note.strip()) < WHY:
        raise ReasonTooShort(least=WHY)
    value = command.value.strip()
    name = f"{command.kind}:{value.lower()}"
    known = await seat.store.official(name)
    official = Official(
        id=name,
        kind=command.kind,
        value=value,
        note=command.note.strip(),
        by=seat.operator.name,
        at=seat.clock.now(),
        rev=known.rev if known else 0,
    )
    payload = {"kind": command.kind, "value": value, "note": official.note}
    revision = await seat.apply("add_official", name, payload, official)
    return Outcome(revision=revision, said=Said(template="Official from now on: {value}.", facts={"value": value}))


async def _remove(seat: Seat, command: RemoveOfficial) -> Outcome:
    name = f"{command.kind}:{command.value.strip().lower()}"
    known = await seat.store.official(name)
    if known is None or known.removed:
        raise NoSuchContact(subject=command.value)
    revision = await seat.apply("remove_official", name, {}, replace(known, removed=True))
    return Outcome(revision=revision, said=Said(template="No longer official: {value}.", facts={"value": known.value}))


# --------------------------------------------------------------------------------------------------------------- triage


async def _correct(seat: Seat, command: CorrectTriage) -> Outcome:
    """Set by hand what triage thought; each thing that was changed is counted."""
    message = await seat.message(command.key)
    if command.category is not None and command.category not in CATEGORIES:
        raise NotOneOf(subject=command.category, known=", ".join(CATEGORIES))
    if command.reason and command.reason not in REASONS:
        raise NotOneOf(subject=command.reason, known=", ".join(REASONS))
    before = message.standing
    after = replace(
        before,
        category=command.category or before.category,
        urgency=command.urgency or before.urgency,
        suggested=before.suggested if command.reason is None else command.reason or None,
        corrected=True,
        priority=0,
    )
    corrected: Message = replace(message, standing=after)
    payload = {"category": after.category, "urgency": after.urgency, "reason": after.suggested}
    revision = await seat.apply("correct", str(command.key), payload, corrected, before=message)
    changes = (
        (name, "corrected")
        for name, old, new in (
            ("triage.category", before.category, after.category),
            ("triage.urgency", before.urgency, after.urgency),
            ("triage.reason", before.suggested, after.suggested),
        )
        if old != new
    )
    await seat.tally(changes)
    said = Said(template="Sorted: {category}. u takes it back.", facts={"category": after.category or "other"})
    return Outcome(revision=revision, message=corrected, said=said)
