"""What the conduct rules say about a text, and what they are told about its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """How much a finding weighs (POLICY 4)."""

    BLOCK = "block"
    """Refused; there is no way past but to change the text."""
    WARN = "warn"
    """Goes out once the operator has confirmed it."""
    REMIND = "remind"
    """Shown beside the draft."""

    @property
    def rank(self) -> int:
        """0 for the most severe; for sorting."""
        return _RANKS.index(self)


_RANKS: Final = (Severity.BLOCK, Severity.WARN, Severity.REMIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that speaks about one text."""

    rule: str
    """Id in the catalogue, such as R-PII-PHONE."""
    severity: Severity
    category: str | None = None
    """Kind of contact data, for the rules that have one: email, phone, po_box, personal_page, national_id, passport,
    medical_record."""
    start: int | None = None
    """First code point of the original text, `None` where the rule speaks about the whole."""
    end: int | None = None
    """One past the last code point."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Values for the slots of the rule's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where a text is going, and what it answers."""

    network: str = "facebook"
    public: bool = True
    kind: Literal["reply", "post"] = "reply"
    reply_to: str | None = None
    """Handle of the person answered, with or without the `@`."""
    thread_handles: tuple[str, ...] = ()
    """Handles already in the thread."""
    author_name: str | None = None
    """Name of the person answered, as shown by the network."""
    item: str | None = None
    """Text of the message answered."""
    sent: tuple[str, ...] = ()
    """The ministry's replies to other people in the last seven days."""
    taken_by: str | None = None
    """Another operator who is answering, or has answered, the same message."""
    escalation: str | None = None
    """Reason for which the message should go to customer service, while it has not."""
    own_data_warns: bool = False
    """In private, data that the person gave in the message answered is warned of instead of blocked (D12)."""
    urgent: bool = False
    """The message carries an emergency, self-harm or threat signal."""
