"""All contact data of a text, whoever it belongs to; what of it is official is judged elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emails import find_emails
from .phones import find_phones
from .piece import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rules import Rules


def find_pieces(key: str, region: str, rules: Rules) -> tuple[Piece, ...]:
    """Return the contact data of a folded key, in order, never overlapping.

    What is found first is hidden from the later detectors: a number inside an address is no telephone number.
    """
    found: list[Piece] = []
    key = _take(key, find_emails(key, rules.mail_providers, rules.before_at), found)
    _take(key, find_phones(key, region, rules.digit_words), found)
    return tuple(sorted(found, key=lambda piece: piece.start))


def _take(key: str, pieces: Iterable[Piece], found: list[Piece]) -> str:
    """Add the pieces that overlap none before them, and return the key with them blanked out."""
    taken = list(key)
    for piece in pieces:
        if "\0" not in taken[piece.start : piece.end]:
            found.append(piece)
            taken[piece.start : piece.end] = "\0" * (piece.end - piece.start)
    return "".join(taken)
