"""An escalation target as the sender sees it: an entry comes in, the case it names goes out as it stands."""

from __future__ import annotations

from majlis.errors import Refused
from majlis.outbox import Entry, Receipt
from majlis.ports import EscalationTarget, Store

from .retry import never


class Handover:
    """Carries out the `deliver` entries of one target."""

    def __init__(self, target: EscalationTarget, store: Store) -> None:
        self._target = target
        self._store = store

    @property
    def account(self) -> str:
        """Name of the target, by which entries name it."""
        return self._target.name

    async def is_signed_in(self) -> bool:
        """Return yes: a target whose sign-in is refused says so when it is told something."""
        return True

    async def perform(self, entry: Entry) -> Receipt:
        """Tell about the case as it stands now.

        Raises:
            Refused: Final, or there is no such case.
            Busy: Not now.
        """
        case = await self._store.case(entry.case) if entry.case else None
        if case is None:
            refused: Refused = never(self.account, f"no case {entry.case}", "no case")
            raise refused
        return await self._target.deliver(case, entry)

    async def find(self, entry: Entry) -> Receipt | None:  # noqa: ARG002  # the port names it
        """Return nothing: a delivery whose outcome nobody knows is repeated under its name, never looked up."""
        return None
