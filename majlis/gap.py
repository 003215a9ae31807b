"""Times in which a listing was not read: what may be missing, and whether it could be read afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .message import Network


class GapState(StrEnum):
    """What became of a gap."""

    OPEN = "open"
    """Nothing has been read since; what was written meanwhile is not here yet."""
    FILLED = "filled"
    """Read afterwards, back to where reading had stopped."""
    LOST = "lost"
    """Further back than the service lists: what was written then has to be looked up on the network itself."""


class GapCause(StrEnum):
    """Why nobody read."""

    SIGNED_OUT = "signed_out"
    TROUBLE = "trouble"
    """The service could not be reached, or failed, or asked to wait."""
    NOT_RUNNING = "not_running"
    """No poller ran, or the machine slept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An interval of one listing."""

    network: Network
    account: str
    stream: str
    """Its id: network, account and name."""
    since: datetime
    """Until then everything was read."""
    noticed_at: datetime
    cause: GapCause
    until: datetime | None = None
    """From then on it is read again; None while it is open."""
    state: GapState = GapState.OPEN

    @property
    def id(self) -> str:
        """Its name in the store."""
        return f"{self.stream}@{self.since.isoformat()}"

    def closed(self, until: datetime, *, lost_before: datetime | None = None) -> tuple[Gap, ...]:
        """Return what became of it: filled, lost, or one part each.

        Args:
            until: When the reading began that went back to `since`, or as far as the service lists.
            lost_before: How far back that was; None: all the way.
        """
        filled = replace(self, until=until, state=GapState.FILLED)
        if lost_before is None or lost_before <= self.since:
            return (filled,)
        if lost_before >= until:
            return (replace(filled, state=GapState.LOST),)
        return (replace(self, until=lost_before, state=GapState.LOST), replace(filled, since=lost_before))
