"""Whether an entry may be believed: which event may have written it, by whom, and as what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .commands import SchedulePost
from .outbox import Action, Entry
from .policy import Role
from .roles import MAY, WORKS

if TYPE_CHECKING:
    from .audit import Event

Roles = Callable[[str], frozenset[Role]]
"""Returns what somebody may do, by their name."""

_PUBLISHES = frozenset(MAY[SchedulePost])
_OVERRULES = frozenset({Role.SUPERVISOR})

WRITTEN_BY: Mapping[Action, frozenset[str]] = {
    Action.REPLY: frozenset({"reply", "comment"}),
    Action.MESSAGE: frozenset({"reply"}),
    Action.EDIT: frozenset({"edit"}),
    Action.DELETE: frozenset({"delete"}),
    Action.HIDE: frozenset({"hide"}),
    Action.UNHIDE: frozenset({"unhide"}),
    Action.MODERATE: frozenset({"reject"}),
    Action.POST: frozenset({"schedule_post"}),
    Action.DELIVER: frozenset({"escalate", "urgent", "undo"}),
}
"""Actions of a person's events that make an entry; a new way to make one has to be added here, or it is never sent."""

_SERVICE = "service"
_BY_THE_SERVICE = frozenset({"postpone", "retry", "sending", "unknown", "look", "upgrade", "restore"})
"""Actions of events with which the sender, an upgrade or a restored backup has written what may still go out."""

NOT_OURS = (
    "This was not written by this program, or was changed past it: it is not sent. majlis audit verify says more."
)
NOT_THEIRS = "Its author may not do this: it is not sent."


def objection(entry: Entry, event: Event | None, roles: Roles | None = None) -> str | None:
    """Return what stands against believing an entry; None when nothing does.

    Args:
        entry: As stored.
        event: The one that covers it; None: none does.
        roles: What people may do now; None: nobody is asked, as where there is only one person.
    """
    if event is None:
        return NOT_OURS
    if event.actor == _SERVICE and event.action in _BY_THE_SERVICE:
        return None
    if event.action not in WRITTEN_BY[entry.action] or event.actor != entry.author:
        return NOT_OURS
    may = _may(entry)
    return NOT_THEIRS if roles is not None and not roles(entry.author) & may else None


def _may(entry: Entry) -> frozenset[Role]:
    """Return the roles of which one is needed to make an entry."""
    if entry.override is not None or entry.ban:
        return _OVERRULES
    return _PUBLISHES if entry.action is Action.POST else frozenset(WORKS)
