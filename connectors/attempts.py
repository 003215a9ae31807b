"""What an outbox entry says to whoever carries it out, and what is judged about that without asking a service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def or_gone() -> Iterator[None]:
    """Take what is gone already for done: that is what was wanted."""
    try:
        yield
    except Failed as error:
        if error.verdict.says is not Says.GONE:
            raise


def unsupported(network: str) -> Failed:
    """Return the verdict on an action that a network does not have; `network` is its name for people."""
    return Failed(Verdict(says=Says.NO, code="unsupported", reason=f"{network} has no such action"))


def no_recipient() -> Failed:
    """Return the verdict on a private message to nobody."""
    return Failed(Verdict(says=Says.NO, code="no recipient", reason="it is not known to whom this goes"))


def not_done() -> Failed:
    """Return the verdict on a success that says it changed nothing."""
    return Failed(Verdict(says=Says.NO, code="not done", reason="the service left it as it was"))


def too_many() -> Failed:
    """Return the verdict on a search that came to no end: then nothing is certain."""
    return Failed(Verdict(says=Says.FAULT, code="too many", reason="too many items to look through"))
