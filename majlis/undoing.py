"""Taking back the last local action, or calling back a reply that has not left the building."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .errors import NothingToUndo
from .handover import deliveries
from .outcome import Outcome, Said
from .ports import Draft
from .states import MESSAGE_TABLE, CaseState, EntryState

if TYPE_CHECKING:
    from .commands import TakeBack
    from .escalation import Case
    from .message import Message
    from .outbox import Entry
    from .ports import Undo
    from .seat import Seat

_OF_STATE = ("state", "claim", "reason", "snoozed_until", "case", "entry", "returned")
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "tag": ("tags",),
    "correct": ("category", "urgency", "suggested", "corrected"),
    "comment": ("entry",),
    "edit": ("entry",),
}
"""What an action changes, and so what taking it back restores; what others did since stands."""

_NEVER_TOLD = frozenset({EntryState.HELD, EntryState.QUEUED, EntryState.REFUSED, EntryState.RECALLED})


async def take_back(seat: Seat, command: TakeBack) -> Outcome:
    """Put back what the operator's last action changed.

    Raises:
        NothingToUndo: There is none, or it has left the building.
    """
    undo = await seat.store.undoable(seat.operator.name, command.key)
    if undo is None:
        raise NothingToUndo
    message = await seat.message(undo.message.key)
    expected = MESSAGE_TABLE.get(undo.action, {}).get(undo.message.standing.state, message.standing.state)
    if message.standing.state is not expected or message.standing.entry != (undo.entry or undo.message.standing.entry):
        raise NothingToUndo
    own = {name: getattr(undo.message.standing, name) for name in _OWN.get(undo.action, _OF_STATE)}
    standing = replace(message.standing, unseen=False, **own)
    if "claim" in own and standing.claim is not None:
        standing = replace(standing, claim=seat.lease(seat.clock.now(), since=standing.claim.since))
    restored = replace(message, standing=standing)
    entry = await _recalled(seat, undo)
    case = await _withdrawn(seat, undo)
    told = await _untold(seat, undo, case, message)
    changed = [value for value in (entry, case, *told) if value is not None]
    revision = await seat.apply(
        "undo",
        str(message.key),
        {"action": undo.action},
        restored,
        replace(undo, used=True),
        *changed,
        save_draft=Draft.of(entry, seat.clock.now()) if entry else None,
    )
    template = "Called back; the text is your draft again." if entry else "Taken back: {action}."
    said = Said(template=template, facts={"action": undo.action})
    return Outcome(revision=revision, message=restored, entry=entry, case=case, said=said)


async def _recalled(seat: Seat, undo: Undo) -> Entry | None:
    if undo.entry is None:
        return None
    entry = await seat.store.entry(undo.entry)
    if entry is None or entry.state not in {EntryState.HELD, EntryState.QUEUED}:
        raise NothingToUndo
    return entry.stepped("recall")


async def _withdrawn(seat: Seat, undo: Undo) -> Case | None:
    if undo.case is None:
        return None
    case = await seat.store.case(undo.case)
    if case is None or case.state is not CaseState.ESCALATED or undo.message.standing.case == case.id:
        raise NothingToUndo  # taken, gone, or not made by this: the message was in it before
    rest = tuple(key for key in case.messages if key != str(undo.message.key))
    if rest:
        return replace(case, messages=rest)
    return case.stepped("withdraw", at=seat.clock.now(), by=seat.operator.name)


async def _untold(seat: Seat, undo: Undo, case: Case | None, message: Message) -> list[Entry]:
    """Call back what would have told of a case; whoever was told already is told of this too."""
    found = [await seat.store.entry(name) for name in undo.deliveries]
    entries = [entry for entry in found if entry is not None]
    held = [entry.stepped("recall") for entry in entries if entry.state in {EntryState.HELD, EntryState.QUEUED}]
    told = {entry.account for entry in entries if entry.state not in _NEVER_TOLD}
    if case is None or case.state is not CaseState.WITHDRAWN:
        return held
    return held + [entry for entry in deliveries(seat, case, message, "withdraw") if entry.account in told]
