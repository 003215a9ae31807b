"""Contact data found in a text, whoever it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a piece of contact data is."""

    EMAIL = "email"
    PHONE = "phone"
    TOLL = "toll"
    """A toll-free or shared-cost number: of an organisation, but not certainly of ours."""
    PO_BOX = "po_box"
    PAGE = "page"
    """A profile or chat on a social network."""
    HANDLE = "handle"
    NATIONAL_ID = "national_id"
    NATIONAL_ID_LIKE = "national_id_like"
    """The shape of an Emirates ID with a wrong check digit."""
    PASSPORT = "passport"
    MEDICAL_RECORD = "medical_record"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, where it stands in the folded text and what it says."""

    kind: Kind
    start: int
    end: int
    """Half-open, in characters of the folded key."""
    value: str
    """In the form that is compared: E.164 for phones, lower case for addresses, digits for numbers."""
