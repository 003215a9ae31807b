"""R-PII: contact data in an outgoing text that is not on the allowlist (C11, D12-D15)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .draft import Draft, Hit
from .phones import e164
from .piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contacts import Contacts


def private_data(draft: Draft) -> Iterator[Hit]:
    """Yield a hit for each piece of contact data that is not official."""
    for piece in draft.pieces:
        match piece.kind:
            case Kind.EMAIL:
                yield from _email(draft, piece)
            case Kind.PHONE | Kind.TOLL:
                yield from _phone(draft, piece)


def _email(draft: Draft, piece: Piece) -> Iterator[Hit]:
    contacts = draft.contacts
    local, _, domain = piece.value.rpartition("@")
    if piece.value in contacts.emails:
        return
    if domain not in contacts.domains:
        yield _hit("R-PII-EMAIL", piece, official=contacts.emails[0] if contacts.emails else _name(contacts))
    elif local not in draft.rules.role_mailboxes:
        yield _hit("R-PII-MAILBOX", piece)


def _phone(draft: Draft, piece: Piece) -> Iterator[Hit]:
    contacts = draft.contacts
    if piece.value in _official_phones(contacts):
        return
    official = contacts.phones[0] if contacts.phones else _name(contacts)
    yield _hit("R-PII-TOLL" if piece.kind is Kind.TOLL else "R-PII-PHONE", piece, official=official)


@lru_cache(maxsize=16)
def _official_phones(contacts: Contacts) -> frozenset[str]:
    """Return the official numbers in E.164 form, short ones as digits."""
    return frozenset(e164(each, contacts.default_region) for each in (*contacts.phones, *contacts.emergency_numbers))


def _name(contacts: Contacts) -> str:
    """Return what to point to where the profile lists no contact of a kind."""
    return contacts.name_ar or contacts.name_en


def _hit(rule: str, piece: Piece, **facts: str) -> Hit:
    return Hit(rule=rule, start=piece.start, end=piece.end, facts=facts)
