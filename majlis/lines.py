"""The public line suggested around a case: a text to begin with, in the message's language, never sent by itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .states import CaseState, MessageState
from .text import script_of

if TYPE_CHECKING:
    from .escalation import Case
    from .message import Message
    from .policy import Policy

Lines = Mapping[str, Mapping[str, str]]
"""Occasion → language (`ar`, `en`) → text with slots."""

SERVICES: Mapping[str, Mapping[str, str]] = {
    "ar": {"ambulance": "الإسعاف", "police": "الشرطة", "civil_defence": "الدفاع المدني"},
    "en": {"ambulance": "ambulance", "police": "police", "civil_defence": "civil defence"},
}
"""What an emergency number reaches; one that the table does not know stands alone."""


class Occasion(StrEnum):
    """When a line is suggested."""

    HOLDING = "holding"
    """A colleague will follow up."""
    CLOSING = "closing"
    """Customer service has answered."""
    URGENT = "urgent"
    """Somebody may be in danger."""


def lines_from(table: Mapping[str, Any]) -> Lines:
    """Read the lines.

    Raises:
        ValueError: An occasion or a language is missing, or unknown; the message names it.
    """
    known = {str(occasion) for occasion in Occasion}
    if set(table) != known:
        raise ValueError(f"{', '.join(sorted(set(table) ^ known))}: unknown, or missing")
    for occasion, texts in table.items():
        if set(texts) != {"ar", "en"}:
            raise ValueError(f"{occasion}: needs ar and en")
    return table


def occasion_of(message: Message, case: Case | None) -> Occasion | None:
    """Return on which occasion a message is answered now; None: an answer like any other."""
    if case is None:
        return None
    if message.standing.state is MessageState.ESCALATED:
        return Occasion.HOLDING
    return Occasion.CLOSING if case.state is CaseState.ANSWERED and message.standing.returned else None


def line(policy: Policy, occasion: Occasion, language: str) -> str | None:
    """Return a suggested line; None where the profile has no value for one of its slots."""
    official = next(iter((*policy.contacts.phones, *policy.contacts.emails)), None)
    names = SERVICES[language]
    numbers = "، " if language == "ar" else ", "
    listed = numbers.join(
        f"{number} ({names[reached]})" if reached in names else number for number, reached in policy.emergency_numbers
    )
    text = policy.lines.get(occasion, {}).get(language)
    if text is None or ("{official}" in text and official is None) or ("{numbers}" in text and not listed):
        return None
    return text.format(official=official, numbers=listed)


def language_of(text: str) -> str:
    """Return in which of the two languages somebody is answered; Arabic where the text does not tell."""
    return "en" if script_of(text) == "en" else "ar"
