"""Customer service takes over (C13): the reasons, the case, and the packet that goes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from .errors import WrongState
from .message import Urgency
from .states import CASE_TABLE, CaseState

PACKET_SCHEMA = 1
"""Version of the packet's form."""
THREAD_IN_PACKET = 20
"""Messages of the thread that go along, the newest. Source: policy, section 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a message goes to customer service, and what is promised then."""

    id: str
    route: str
    """customer_service or urgent."""
    urgency: Urgency
    acknowledge_wm: int | None
    """Working minutes until somebody has taken it; None: five minutes by the clock."""
    answer_wm: int | None
    """Working minutes until it is answered; None: at once."""
    needs_note: bool = False


def _urgent(name: str) -> Reason:
    return Reason(id=name, route="urgent", urgency=Urgency.IMMEDIATE, acknowledge_wm=None, answer_wm=None)


def _service(
    name: str, urgency: Urgency = Urgency.NORMAL, ack: int = 420, answer: int = 2100, *, note: bool = False
) -> Reason:
    return Reason(
        id=name, route="customer_service", urgency=urgency, acknowledge_wm=ack, answer_wm=answer, needs_note=note
    )


REASONS: dict[str, Reason] = {
    reason.id: reason
    for reason in (
        _urgent("emergency"),
        _urgent("self_harm"),
        _urgent("threat_to_safety"),
        _service("adverse_event", Urgency.HIGH, 60, 420),
        _service("privacy_exposure", Urgency.HIGH, 60, 420, note=True),
        _service("facility_complaint"),
        _service("staff_complaint", note=True),
        _service("personal_case"),
        _service("appointment"),
        _service("payment"),
        _service("transaction_status"),
        _service("direct_contact", note=True),
    )
}
"""By id, most pressing first. Source: policy, section 5; the targets are profile defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketLine:
    """One earlier message of the thread, as customer service sees it."""

    at: datetime
    author: str
    ours: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """All that customer service needs, and no third party's contact data."""

    schema: int
    network: str
    message: str
    """The message key."""
    link: str | None
    thread: str
    text: str
    """As received."""
    at: datetime
    handle: str | None
    name: str | None
    earlier: tuple[PacketLine, ...]
    """The thread before it, oldest first, at most `THREAD_IN_PACKET`."""
    language: str
    category: str | None
    contact: tuple[str, ...]
    """What the person gave to be reached by; protected: opening it is logged."""
    calendar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matter with customer service; its state follows from its steps."""

    id: str
    account: str
    thread: str
    person: str | None
    """Native id, or handle, of whom it is about."""
    messages: tuple[str, ...]
    """Keys of the messages that belong to it, first the one that began it."""
    reason: str
    tags: tuple[str, ...] = ()
    urgency: Urgency
    note: str | None = None
    operator: str
    created_at: datetime
    acknowledge_by: datetime
    answer_by: datetime
    state: CaseState = CaseState.ESCALATED
    packet: Packet
    answer: str | None = None
    """What customer service wrote: what was done."""
    rev: int = 0
    """Revision of its last change; 0 before it is stored."""

    def stepped(self, step: str, **changes: object) -> Case:
        """Return the case after a step of the state table.

        Raises:
            WrongState: The table has no such step from here.
        """
        after = CASE_TABLE[step].get(self.state)
        if after is None:
            raise WrongState(action=step, state=self.state, subject=self.id)
        return replace(self, state=after, **changes)  # type: ignore[arg-type]  # replace is typed field by field


CASE_OPEN = frozenset({CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.NEEDS_INFO})
"""States in which a second message of the same person joins the case."""
