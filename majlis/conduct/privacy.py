"""R-PII: contact data in an outgoing text that is not on the allowlist (C11, D12-D15)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .draft import Draft, Hit
from .links import social_host
from .phones import e164
from .piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contacts import Contacts

_RULES: Final = {
    Kind.EMAIL: "R-PII-EMAIL",
    Kind.PHONE: "R-PII-PHONE",
    Kind.TOLL: "R-PII-TOLL",
    Kind.PO_BOX: "R-PII-POBOX",
    Kind.PAGE: "R-PII-PAGE",
    Kind.HANDLE: "R-PII-PAGE",
    Kind.NATIONAL_ID: "R-PII-EID",
    Kind.NATIONAL_ID_LIKE: "R-PII-EIDLIKE",
    Kind.PASSPORT: "R-PII-DOC",
    Kind.MEDICAL_RECORD: "R-PII-DOC",
}


def private_data(draft: Draft) -> Iterator[Hit]:
    """Yield a hit for each piece of contact data that is not official."""
    for piece in draft.pieces.data:
        if not is_official(piece, draft.contacts) and not _is_in_thread(piece, draft):
            rule = "R-PII-MAILBOX" if _is_mailbox(piece, draft.contacts) else _RULES[piece.kind]
            if rule != "R-PII-MAILBOX" or piece.value.partition("@")[0] not in draft.rules.role_mailboxes:
                yield draft.hit(
                    rule,
                    piece.start,
                    piece.end,
                    category=piece.kind.value if rule == "R-PII-DOC" else None,
                    official=_official(piece.kind, draft.contacts),
                )


def is_official(piece: Piece, contacts: Contacts) -> bool:
    """Tell whether a piece of contact data is on the allowlist, exactly (D13)."""
    match piece.kind:
        case Kind.EMAIL:
            return piece.value in contacts.emails
        case Kind.PHONE | Kind.TOLL:
            return piece.value in _official_phones(contacts)
        case Kind.PO_BOX:
            return piece.value in contacts.po_boxes
        case Kind.HANDLE:
            return contacts.is_official_handle(piece.value)
        case Kind.PAGE:
            return _is_official_page(piece.value, contacts)
        case _:
            return False


_CONTENT: Final = frozenset(
    (
        *("about", "community", "events", "featured", "live", "media", "photo", "photos", "playlists", "posts", "reel"),
        *("reels", "services", "shorts", "status", "statuses", "streams", "video", "videos", "with_replies"),
    )
)
"""First path segments below an official page that are still that page."""


def _is_official_page(address: str, contacts: Contacts) -> bool:
    for page in contacts.pages:
        rest = address.removeprefix(page)
        if rest == "" or (rest != address and rest[0] == "/" and rest[1:].partition("/")[0] in _CONTENT):
            return True
    host, _, path = address.partition("/")
    name, _, below = path.partition("/")
    is_known = not below or below.partition("/")[0] in _CONTENT
    return host in {"x.com", "twitter.com"} and contacts.is_official_handle(name) and is_known


def _is_mailbox(piece: Piece, contacts: Contacts) -> bool:
    """Tell whether a piece is a mailbox at the ministry's own domain."""
    return piece.kind is Kind.EMAIL and piece.value.rpartition("@")[2] in contacts.domains


def _is_in_thread(piece: Piece, draft: Draft) -> bool:
    """Tell whether a handle is addressed and not published (D14)."""
    if piece.kind is not Kind.HANDLE:
        return False
    addressed = (*draft.context.thread_handles, draft.context.reply_to or "")
    return piece.value in {each.lstrip("@").lower() for each in addressed}


def _official(kind: Kind, contacts: Contacts) -> str:
    """Return the official contact to propose, or the ministry's name where the profile lists none of the kind."""
    match kind:
        case Kind.EMAIL:
            listed = contacts.emails
        case Kind.PHONE | Kind.TOLL:
            listed = contacts.phones
        case Kind.PO_BOX:
            listed = contacts.po_boxes
        case _:
            listed = ()
    return listed[0] if listed else contacts.name_ar or contacts.name_en


@lru_cache(maxsize=16)
def _official_phones(contacts: Contacts) -> frozenset[str]:
    """Return the official numbers in E.164 form, short ones as digits."""
    return frozenset(e164(each, contacts.default_region) for each in (*contacts.phones, *contacts.emergency_numbers))


_BETWEEN: Final = r"[\s.\-/()_]{0,3}"
_SUBSCRIBER: Final = 7
"""Digits of a telephone number that say whose it is; before them stand country and area."""


def echoed_data(draft: Draft) -> Iterator[Hit]:
    """R-PII-ECHO: the reply repeats contact data that the message answered gives."""
    said = {(_RULES[piece.kind], piece.value): piece for piece in draft.pieces.data}
    repeated: set[tuple[int, int]] = set()
    for piece in draft.item_pieces.data:
        if is_official(piece, draft.contacts) or _is_in_thread(piece, draft):
            continue
        if found := said.get((_RULES[piece.kind], piece.value)):
            repeated.add((found.start, found.end))
        elif piece.kind in {Kind.PHONE, Kind.TOLL}:
            repeated.update(_same_digits(draft.key, piece.value))
    for start, end in sorted(repeated):
        yield draft.hit("R-PII-ECHO", start, end)


def _same_digits(key: str, number: str) -> Iterator[tuple[int, int]]:
    """Yield where a number stands in a text in a form that alone would not be taken for one."""
    digits = number.lstrip("+")[-_SUBSCRIBER:]
    pattern = rf"(?<!\d)(?:\+?\d{_BETWEEN}){{0,6}}{_BETWEEN.join(digits)}(?!\d)"
    yield from (found.span() for found in re.finditer(pattern, key))


def unknown_links(draft: Draft) -> Iterator[Hit]:
    """R-STYLE-LINK: a link elsewhere than to the ministry or to a network on which it has a page."""
    blocked = {piece.start for piece in draft.pieces.data if piece.kind is Kind.PAGE}
    hosts = draft.rules.social_hosts
    networks = {social_host(page.partition("/")[0], hosts) for page in draft.contacts.pages}
    for link in draft.pieces.links:
        known = social_host(link.host, hosts)
        is_ours = draft.contacts.is_official_host(link.host) or (known is not None and known in networks)
        if not is_ours and link.start not in blocked:
            yield draft.hit("R-STYLE-LINK", link.start, link.end)
