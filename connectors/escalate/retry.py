"""When a delivery that did not get through is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from majlis.errors import Busy, MajlisError, Refused
from majlis.outbox import Entry

WAITS_S: Final = (5, 30, 120, 600, 1800)
"""Seconds after the first, second … attempt; then the last one again and again. A guess: soon, then patiently."""
MENDED_S: Final = 300
"""Seconds until a way that a person has to mend (sign-in, certificate) is tried again. A guess."""
GIVES_UP: Final = timedelta(hours=24)
"""After which a delivery ends as refused, for somebody to see; the case itself is safe in the inbox. A guess."""


class Undelivered(Busy):
    """Customer service could not be told yet. Facts: account, wait_s, reason."""

    happened = "{account}: customer service could not be told yet ({reason})."
    safe = "The case is kept, and stands in their list here."


class NotDelivered(Refused):
    """Customer service will not be told this way. Facts: account, reason, code."""

    happened = "{account}: customer service could not be told ({reason})."
    safe = "The case is kept, and stands in their list here."
    advice = "Tell them in another way, and have the settings of this target looked at."


def later(
    entry: Entry, target: str, reason: str, now: datetime, *, wait_s: float | None = None, to_mend: bool = False
) -> MajlisError:
    """Return the error of an attempt that may be repeated: `Busy`, or a final one when it has been tried for long.

    Args:
        entry: What was tried; its attempts and age count.
        target: Name of the target.
        reason: Why not.
        now: The time.
        wait_s: What the service asked for.
        to_mend: A person has to do something first.
    """
    if now - entry.created_at >= GIVES_UP:
        return never(target, reason, "gave up")
    waits = WAITS_S[min(max(entry.attempts, 1), len(WAITS_S)) - 1]
    return Undelivered(account=target, wait_s=max(wait_s or 0, MENDED_S if to_mend else waits), reason=reason)


def never(target: str, reason: str, code: str) -> Refused:
    """Return the error of a final no."""
    return NotDelivered(account=target, reason=reason, code=code)
