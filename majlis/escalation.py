"""Customer service takes over (C13): the reasons, the case, and the packet that goes with it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .audit import canonical
from .masking import cover
from .message import Urgency, sortable
from .states import CASE_TABLE, CaseState, stepped

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKET_SCHEMA = 1
"""Version of the packet's form."""
THREAD_IN_PACKET = 20
"""Messages of the thread that go along, the newest. Source: policy, section 5."""
REOPENS_WITHIN = timedelta(days=14)
"""How long after its answer a case is the place of what the person writes next. Source: policy, section 5."""


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
class CaseStep:
    """One thing that happened to a case; steps are only ever added."""

    step: str
    """A row of `CASE_TABLE`."""
    at: datetime
    by: str
    text: str | None = None
    """The question, the answer, or why it came back."""


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
    holding: str | None = None
    """The public line that was sent meanwhile, if any."""
    steps: tuple[CaseStep, ...] = ()
    """What happened since it was made, oldest first."""
    queued: int = 0
    """Revision at which it came, or came back, into customer service's list; 0: the store sets it to the next one."""
    rev: int = 0
    """Revision of its last change; 0 before it is stored."""

    def stepped(self, step: str, *, at: datetime, by: str, text: str | None = None, **changes: object) -> Case:
        """Return the case after a step of the state table.

        Raises:
            WrongState: The table has no such step from here.
        """
        after = stepped(CASE_TABLE, step, self.state, self.id)
        steps = (*self.steps, CaseStep(step=step, at=at, by=by, text=text))
        return replace(self, state=after, steps=steps, **changes)  # type: ignore[arg-type]  # typed field by field

    def last(self, *steps: str) -> CaseStep | None:
        """Return the newest step that is one of these."""
        return next((each for each in reversed(self.steps) if each.step in steps), None)

    @property
    def answer(self) -> str | None:
        """What customer service wrote last: what was done."""
        answered = self.last("answer")
        return answered.text if answered else None

    @property
    def due_at(self) -> datetime:
        """When the next thing is owed: that somebody takes it, then that it is answered."""
        return self.acknowledge_by if self.state is CaseState.ESCALATED else self.answer_by

    def takes_in(self, person: str | None, now: datetime) -> bool:
        """Tell whether what a person writes now belongs to this case."""
        return person is not None and person == self.person and self.goes_on(now)

    def goes_on(self, now: datetime) -> bool:
        """Tell whether more can be added: it is open, or was answered lately."""
        if self.state in CASE_OPEN:
            return True
        ended = self.last("close", "answer")
        return self.state in CASE_OVER and ended is not None and now - ended.at <= REOPENS_WITHIN


CASE_OPEN = frozenset({CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.NEEDS_INFO})
"""States in which a second message of the same person joins the case."""
CASE_OVER = frozenset({CaseState.ANSWERED, CaseState.CLOSED})
"""States out of which a new message of the person reopens it."""


def state_after(steps: Iterable[CaseStep]) -> CaseState:
    """Return the state that follows from the steps of a case.

    Raises:
        WrongState: They cannot have happened in this order.
    """
    state = CaseState.ESCALATED
    for each in steps:
        state = stepped(CASE_TABLE, each.step, state, "case")
    return state


def case_order(case: Case) -> str:
    """Return a text by which customer service's list sorts: danger first, what is owed next, what only waits last."""
    rank = 0 if case.urgency is Urgency.IMMEDIATE else 1
    if case.state not in CASE_OPEN:
        rank = 3
    elif case.state is CaseState.NEEDS_INFO:
        rank = 2
    return f"{rank}|{sortable(case.due_at)}|{case.id}"


# ----------------------------------------------------------------------------------------------------------- the packet


def packet_digest(packet: Packet) -> str:
    """Return SHA-256 of a packet's canonical JSON, in hex: what was handed over, byte for byte."""
    return hashlib.sha256(canonical(_plain(packet))).hexdigest()


def case_document(case: Case, *, contact: bool) -> dict[str, Any]:
    """Return all that leaves for customer service, as JSON values.

    Args:
        case: As it stands.
        contact: Whether what the person gave to be reached by stands in it; else it is covered wherever it occurs.
    """
    packet = case.packet
    body = _plain(packet)
    if not contact:
        body["text"] = cover(packet.text, packet.contact)
        body["earlier"] = [line | {"text": cover(line["text"], packet.contact)} for line in body["earlier"]]
        body["contact"] = []
    return {
        "case": case.id,
        "state": case.state.value,
        "reason": case.reason,
        "tags": list(case.tags),
        "urgency": case.urgency.value,
        "note": case.note,
        "operator": case.operator,
        "messages": list(case.messages),
        "holding": case.holding,
        "created_at": _instant(case.created_at),
        "acknowledge_by": _instant(case.acknowledge_by),
        "answer_by": _instant(case.answer_by),
        "steps": [_plain(step) for step in case.steps],
        "packet": body,
        "packet_digest": packet_digest(packet),
    }


def _plain(value: Packet | CaseStep) -> dict[str, Any]:
    plain: dict[str, Any] = _json(asdict(value))
    return plain


def _json(value: Any) -> Any:
    match value:
        case dict():
            return {name: _json(part) for name, part in value.items()}
        case list() | tuple():
            return [_json(part) for part in value]
        case datetime():
            return _instant(value)
        case _:
            return value


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
