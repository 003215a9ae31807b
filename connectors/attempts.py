"""What an outbox entry says to whoever carries it out: about which thing, and when it was tried."""

from __future__ import annotations

from datetime import datetime

from majlis.outbox import Entry

from .verdict import Failed, Says, Verdict


def attempt_of(entry: Entry) -> datetime:
    """Return when the entry was tried."""
    return entry.attempted_at or entry.due_at


def target_of(entry: Entry) -> str:
    """Return the native id of what an entry is about.

    Raises:
        Failed: It names none.
    """
    if entry.target is None:
        raise Failed(Verdict(says=Says.NO, code="no target", reason="the entry names no message"))
    return entry.target.native_id
