"""Small things the team keeps beside its messages: the pledge, saved replies, official contacts, counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """One operator has read one version of the pledge (C9)."""

    id: str
    """`operator:version`, so that it is recorded once."""
    operator: str
    version: str
    at: datetime
    rev: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A saved reply in one language."""

    id: str
    """`name:language`."""
    name: str
    """What it is picked by."""
    language: str
    """`ar` or `en`."""
    text: str
    """With `{places}` that are filled in, or by hand; see `majlis/snippets.py`."""
    author: str
    at: datetime
    removed: bool = False
    rev: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """A contact that a supervisor has put on the allowlist, beside those of the profile (D15)."""

    id: str
    """`kind:value`."""
    kind: str
    """A list of `Contacts`: domains, emails, phones, emergency_numbers, po_boxes, handles, partner_handles, pages."""
    value: str
    note: str
    """Why it is official."""
    by: str
    at: datetime
    removed: bool = False
    rev: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often something happened to one operator on one day."""

    day: date
    """In the service's own time."""
    operator: str
    name: str
    """A rule of the catalogue, or what else is counted, such as triage.category."""
    what: str
    """shown, heeded, dismissed, blocked, corrected."""
    count: int
