"""What a message gets on its way in: whose it is to answer, by when, how urgent, and what in it is personal."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from .hours import NeverOpen
from .message import Message, Standing
from .policy import Policy, urgency_of
from .sorting import MAY_BE_DANGER
from .states import MessageState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .ports import Page
    from .records import Official

_REMEMBERED = 1000
"""Texts that are not searched again when they are read again, as with every overlap and sweep. A guess."""
_FIRST = 1
"""The priority of what may be danger: before all that is only due, behind what is danger."""


class Intake:
    """Prepares a page for the store; a message already known keeps its own standing there."""

    def __init__(self, policy: Policy, *, salt: Callable[[], str] = lambda: "") -> None:
        """Take the policy, and what gives each page's event its salt."""
        self._policy = policy
        self._salt = salt
        self._added: frozenset[tuple[str, str]] = frozenset()
        self._personal = lru_cache(maxsize=_REMEMBERED)(policy.personal)

    def __call__(self, page: Page, officials: Iterable[Official]) -> Page:
        """Return the page with every message's standing and personal spans filled in.

        Args:
            page: As it was read.
            officials: Contacts that supervisors have added; they are nobody's personal data.
        """
        officials = tuple(officials)
        added = frozenset((official.kind, official.value) for official in officials)
        if added != self._added:
            self._added = added
            self._personal = lru_cache(maxsize=_REMEMBERED)(self._policy.extended(officials).personal)
        prepared = tuple(self._prepared(message) for message in page.messages)
        return replace(page, messages=prepared, profile_version=self._policy.version, salt=self._salt())

    def _prepared(self, message: Message) -> Message:
        if message.ours:
            return replace(message, standing=replace(message.standing, state=MessageState.DONE, reason="ours"))
        personal = self._personal(message.text)
        if message.standing.historic:  # nobody owes an answer, and what is years old is no emergency
            return replace(message, personal=personal, standing=replace(message.standing, unseen=False))
        return replace(message, personal=personal, standing=self._standing(message))

    def _standing(self, message: Message) -> Standing:
        policy = self._policy
        suggested = policy.triage(message.text, (), message.key.network)
        window = policy.window_of(message.key)
        try:
            due_at = policy.hours.due_at(message.created_at, policy.first_response_wm)
        except NeverOpen:
            due_at = None
        return replace(
            message.standing,
            due_at=due_at,
            platform_due_at=message.created_at + window if window else None,
            urgency=urgency_of(suggested),
            priority=_FIRST if MAY_BE_DANGER in suggested.why else 0,
            category=suggested.category,
            suggested=suggested.reason,
        )
