"""What a backup that was put back does not know: whether its outbox went out after it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .outbox import REPEATABLE, Entry
from .states import EntryState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

UNSETTLED = frozenset({EntryState.HELD, EntryState.QUEUED, EntryState.SENDING})
"""States in which an entry may have gone out meanwhile; what is unknown already is looked up anyway."""


def in_doubt(entries: Iterable[Entry], since: datetime) -> tuple[Entry, ...]:
    """Return the entries that are not to be sent before somebody has looked whether they went out, as unknown.

    They are looked up among our own items like any other unknown outcome, and go back to their author when they are
    not found; what may be done twice is left to be done again.

    Args:
        entries: Of the backup.
        since: When the backup was made: what had not been tried by then was tried later, if at all.
    """
    problem = "A backup was put back; it is not known whether this went out since."
    return tuple(
        entry.stepped("restore", looks=0, attempted_at=entry.attempted_at or since, problem=problem)
        for entry in entries
        if entry.state in UNSETTLED and entry.action not in REPEATABLE
    )


__all__ = ["UNSETTLED", "in_doubt"]
