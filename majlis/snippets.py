"""Saved replies: what stands in braces in them, and what fills it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conduct import Contacts
    from .message import Message

SLOT: Final = re.compile(r"\{[^\W\d_][\w ]{0,23}\}")
"""A place to fill in: `{name}`, or a word of the team's own in either script."""


def slots(text: str) -> tuple[str, ...]:
    """Return the places of a text that are still to be filled, braces included, in order."""
    return tuple(found[0] for found in SLOT.finditer(text))


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Return a text with those places filled that are known and not empty; the others stay as they are."""
    return SLOT.sub(lambda found: facts.get(found[0][1:-1]) or found[0], text)


def facts_for(message: Message, contacts: Contacts, language: str) -> dict[str, str]:
    """Return what is known when somebody answers a message, by the names that saved replies use.

    Returns:
        `name` and `handle` of the person, `case`, and of the ministry its `ministry`, `phone`, `email`; empty where
        nothing is known.
    """
    author, standing = message.author, message.standing
    ministry = contacts.name_ar if language == "ar" else contacts.name_en
    return {
        "name": author.name or "",
        "handle": f"@{author.handle}" if author.handle else "",
        "case": standing.case or "",
        "ministry": ministry,
        "phone": contacts.phones[0] if contacts.phones else "",
        "email": contacts.emails[0] if contacts.emails else "",
    }
