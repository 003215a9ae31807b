"""All contact data of a text, whoever it belongs to; what of it is official is judged elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .emails import find_emails
from .links import Link, find_accounts, find_handles, find_links, is_page
from .papers import find_boxes, find_documents, find_ids
from .phones import find_phones
from .piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rules import Rules


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a text holds."""

    data: tuple[Piece, ...]
    """Contact data, in order, never overlapping."""
    links: tuple[Link, ...]
    """All links, pages among them."""


def find_pieces(key: str, region: str, rules: Rules) -> Pieces:
    """Find the contact data and links of a folded key.

    What is found first is hidden from the later detectors: a number inside an address is no telephone number.
    """
    found: list[Piece] = []
    key = _take(key, find_emails(key, rules.mail_providers, rules.before_at), found)
    key = _take(key, find_boxes(key), found)
    links = tuple(find_links(key, rules.social_hosts))
    key = _take(key, (_page(link) for link in links if is_page(link, rules.social_hosts)), found)
    key = _blank(key, links)
    for pieces in (find_handles, find_accounts, find_ids, find_documents):
        key = _take(key, pieces(key), found)
    _take(key, find_phones(key, region, rules.digit_words), found)
    return Pieces(tuple(sorted(found, key=lambda piece: piece.start)), links)


def _page(link: Link) -> Piece:
    return Piece(Kind.PAGE, link.start, link.end, link.address)


def _take(key: str, pieces: Iterable[Piece], found: list[Piece]) -> str:
    """Add the pieces that overlap none before them, and return the key with them blanked out."""
    fresh = []
    for piece in pieces:
        if "\0" not in key[piece.start : piece.end]:
            fresh.append(piece)
            key = _blank(key, (piece,))
    found += fresh
    return key


def _blank(key: str, parts: Iterable[Piece | Link]) -> str:
    """Return the key with some parts blanked out, length kept."""
    for part in parts:
        key = key[: part.start] + "\0" * (part.end - part.start) + key[part.end :]
    return key
