"""What a message can be sorted as by hand, and what follows from it (POLICY 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .message import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One row of the vocabulary of triage."""

    route: str
    """urgent, customer_service, operator, comms_lead or ignore."""
    category: str
    urgency: Urgency
    reason: str | None = None
    """For customer service, or the urgent path."""

    @property
    def label(self) -> str:
        """The code of the word it is picked by; the reason says more where a category has several."""
        return self.reason or self.category


def _rows(route: str, urgency: Urgency, *categories: str) -> tuple[Sort, ...]:
    return tuple(Sort(route=route, category=category, urgency=urgency) for category in categories)


def _served(category: str, reason: str | None = None, urgency: Urgency = Urgency.NORMAL) -> Sort:
    return Sort(route="customer_service", category=category, urgency=urgency, reason=reason or category)


def _urgent(category: str, reason: str) -> Sort:
    return Sort(route="urgent", category=category, urgency=Urgency.IMMEDIATE, reason=reason)


SORTS: Final = (
    _urgent("emergency", "emergency"),
    _urgent("self_harm", "self_harm"),
    _urgent("threat", "threat_to_safety"),
    _served("adverse_event", urgency=Urgency.HIGH),
    _served("privacy", "privacy_exposure", Urgency.HIGH),
    _served("complaint", "facility_complaint"),
    _served("complaint", "staff_complaint"),
    _served("personal_case"),
    _served("appointment"),
    _served("payment"),
    _served("transaction_status"),
    _served("direct_contact"),
    *_rows("operator", Urgency.NORMAL, "inquiry_service", "inquiry_health", "technical", "other_entity", "religion"),
    *_rows("operator", Urgency.LOW, "praise", "suggestion", "job", "abuse", "greeting", "thanks", "other"),
    *_rows("comms_lead", Urgency.HIGH, "rumor"),
    *_rows("comms_lead", Urgency.NORMAL, "media_request", "legal", "political"),
    *_rows("ignore", Urgency.LOW, "spam"),
)
"""Most pressing first."""
MAY_BE_DANGER: Final = "may be danger"
"""The first reason that triage gives for what somebody should look at soon, though it may be nothing."""
ROUTES: Final = tuple(dict.fromkeys(sort.route for sort in SORTS))
"""Who can have a message, most pressing first."""
CATEGORIES: Final = tuple(dict.fromkeys(sort.category for sort in SORTS))
"""What a message can be about."""


def route_of(category: str | None, reason: str | None) -> str:
    """Return whose a message is, sorted like this; the operator's where the table does not say."""
    found = (sort.route for sort in SORTS if sort.category == category and sort.reason == reason)
    return next(found, "customer_service" if reason else "operator")
