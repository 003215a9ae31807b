"""The policy in force: official contacts, service hours, targets, roles, and the rules that read a text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from . import conduct
from .message import Message, MessageKey, Network, ObjectKind, Span, Urgency
from .windows import Window, last_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from .hours import ServiceHours
    from .lines import Lines
    from .pledge import PledgeText
    from .records import Official
    from .scene import Scene


class Role(StrEnum):
    """What a person may do; a person can have several."""

    OPERATOR = "operator"
    PUBLISHER = "publisher"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"
    CUSTOMER_SERVICE = "customer_service"
    AUDITOR = "auditor"
    SERVICE = "service"


Roles: TypeAlias = tuple[Role, ...]
"""Any of these will do; the first is the one to ask for."""

PEOPLE: Final[Roles] = (
    Role.OPERATOR,
    Role.PUBLISHER,
    Role.APPROVER,
    Role.SUPERVISOR,
    Role.CUSTOMER_SERVICE,
    Role.AUDITOR,
)
"""Whoever may look; the service is no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who acts, as what, from where."""

    name: str
    """The operating system's name for the user of this process, or the role of the database session."""
    roles: frozenset[Role]
    terminal: str = ""
    """The tty, for the audit."""


class Suggested(Protocol):
    """What triage thinks of a message; only ever a suggestion."""

    @property
    def category(self) -> str | None:
        """What it is about."""
        ...

    @property
    def reason(self) -> str | None:
        """For what it would go to customer service."""
        ...

    @property
    def urgency(self) -> str | None:
        """How fast somebody has to look."""
        ...

    @property
    def why(self) -> tuple[str, ...]:
        """The words that led here."""
        ...


class Triage(Protocol):
    """Reads an incoming text."""

    def __call__(self, text: str, thread: Sequence[str], network: str) -> Suggested:
        """Suggest what to do with a text, given the earlier texts of its thread, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that decides whether and when a text may go out."""

    id: str
    version: str
    """Recorded with every event (C1)."""
    contacts: conduct.Contacts
    rules: conduct.Rules
    hours: ServiceHours
    triage: Triage
    first_response_wm: int = 420
    """Working minutes within which a first answer is owed (D11); the source gives no number."""
    own_data_warns: bool = False
    """Whether in private messages a person's own data is warned of instead of blocked (D12)."""
    grace: timedelta = timedelta()
    """How long after closing a reply to an open conversation may still be handed to the network; at most ten minutes,
    and none by default (D5)."""
    hold: timedelta = timedelta(seconds=10)
    """How long a reply can be called back."""
    claim_lease: timedelta = timedelta(minutes=15)
    """How long a claim lasts without a sign of life; a guess, long enough for a dropped line."""
    message_window: timedelta = timedelta(hours=24)
    """How long a Facebook page may answer a private message. Source: API facts, section 1."""
    agent_window: timedelta = timedelta(days=7)
    """How long a person may, where the network has granted that. Source: API facts, section 1."""
    private_reply_window: timedelta = timedelta(days=7)
    """How long a public message can be answered privately. Source: API facts, section 1."""
    agent_accounts: frozenset[str] = frozenset()
    """Accounts to which it was granted (Human Agent)."""
    emergency_numbers: tuple[tuple[str, str], ...] = (("998", "ambulance"), ("999", "police"), ("997", "civil_defence"))
    """Number and what it reaches. Source: policy, section 5."""
    duty_contact: str | None = None
    pledge: PledgeText | None = None
    """What everybody reads once (C9); None where nothing is real, as in practice."""
    approval: bool = False
    """Whether somebody else has to approve a post before it may be scheduled (C5)."""
    accounts: Mapping[str, Network] = field(default_factory=dict)
    """Our accounts, by their names in the settings."""
    escalation_targets: tuple[str, ...] = ()
    """Names of the ways by which customer service is told outside this program."""
    lines: Lines = field(default_factory=dict)
    """Public lines that are suggested around a case."""

    def findings(self, text: str, message: Message, scene: Scene | None = None) -> tuple[conduct.Finding, ...]:
        """Return what the rules find in an answer to a message, most severe first.

        Args:
            text: Byte for byte what would go out.
            message: What it answers.
            scene: What lies around it; without it the rules about escalation, other people's replies and colleagues
                are silent.
        """
        thread = scene.thread if scene else ()
        answers_somebody = not message.ours
        context = conduct.Context(
            network=message.key.network,
            public=message.public and not (scene and scene.private),
            kind="reply",
            reply_to=_at(message.author.handle) if answers_somebody else None,
            thread_handles=tuple(sorted({f"@{m.author.handle}" for m in thread if m.author.handle})),
            item=message.text if answers_somebody else None,
            author_name=message.author.name if answers_somebody else None,
            sent=scene.sent if scene else (),
            taken_by=scene.taken_by if scene else None,
            escalation=scene.escalation if scene else None,
            urgent=scene.urgent if scene else False,
            own_data_warns=self.own_data_warns,
        )
        return conduct.check(text, context, scene.policy.contacts if scene else self.contacts, self.rules)

    def in_grace(self, at: datetime, began: datetime) -> bool:
        """Tell whether a reply to a conversation may still go out, a little after closing (D5).

        Args:
            at: The moment of the hand-off; outside service hours.
            began: When the operator took up the conversation; before closing, or there is no grace.
        """
        closed = self.hours.closes_at(at - self.grace) if self.grace else None
        return closed is not None and began < closed <= at

    def post_findings(self, text: str, network: Network) -> tuple[conduct.Finding, ...]:
        """Return what the rules find in a post of ours, most severe first."""
        return conduct.check(
            text, conduct.Context(network=network, public=True, kind="post"), self.contacts, self.rules
        )

    def extended(self, officials: Iterable[Official]) -> Policy:
        """Return the policy with what supervisors have added to the official contacts."""
        contacts = self.contacts
        for official in officials:
            contacts = contacts.with_added(official.kind, official.value)
        return self if contacts is self.contacts else replace(self, contacts=contacts)

    def personal(self, text: str) -> tuple[Span, ...]:
        """Return where an incoming text gives somebody's contact data; official contacts are not personal."""
        found = conduct.personal(text, self.contacts, self.rules)
        return tuple(
            Span(start=f.start, end=f.end, category=f.category)
            for f in found
            if f.category is not None
            and f.start is not None
            and f.end is not None
            # A handle in what somebody writes to us addresses people; it gives nobody's contact data away (D14).
            and not text[f.start : f.end].startswith("@")
        )

    def window_of(self, key: MessageKey) -> timedelta | None:
        """Return how long the network leaves us to answer; None where it sets no limit."""
        private = key.object is ObjectKind.PRIVATE and key.network is Network.FACEBOOK
        return self.message_window if private else None

    def private_window(self, message: Message, thread: Iterable[Message], *, private: bool = False) -> Window | None:
        """Return how long this person can be answered privately; None where the network sets no limit.

        Args:
            message: What is answered.
            thread: What was written around it.
            private: Whether a public message is to be answered privately.
        """
        if private and message.public:
            if message.key.network is not Network.FACEBOOK:
                return None
            return Window(plain_until=message.created_at + self.private_reply_window, once=True)
        plain = self.window_of(message.key)
        if plain is None:
            return None
        since = last_word(message, thread)
        agent = since + self.agent_window if message.key.account in self.agent_accounts else None
        return Window(plain_until=since + plain, agent_until=agent)


def urgency_of(suggested: Suggested) -> Urgency:
    """Return the urgency of a suggestion, `normal` where it has none."""
    return Urgency(suggested.urgency) if suggested.urgency else Urgency.NORMAL


def _at(handle: str | None) -> str | None:
    return f"@{handle}" if handle else None
