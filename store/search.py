"""Searching the inbox: the folded text by which a value is found, and the query for what a person typed.

What a list covers is covered here too: a search neither finds nor stores a second time what the eye may not see there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tinydb import where

from majlis.masking import cover, mask
from majlis.text import search_key, search_words
from store.rows import holding

if TYPE_CHECKING:
    from tinydb.queries import QueryInstance

    from majlis.escalation import Case
    from majlis.message import Message
    from majlis.outbox import Entry
    from majlis.publishing import Post

FIELD: Final = "found"
"""Where a document keeps what it is found by."""


def of_message(message: Message) -> str:
    """Return what a message is found by: its text as lists show it, and who wrote it; one folded line each."""
    author = message.author
    return "\n".join(
        (search_key(mask(message.text, message.personal)), _folded(author.name), f"@{_folded(author.handle)}")
    )


def of_entry(entry: Entry) -> str:
    """Return what an entry is found by: its own words."""
    return search_key(entry.text)


def of_case(case: Case) -> str:
    """Return what a case is found by: its name, its note, and what its message is found by."""
    packet = case.packet
    text = search_key(cover(packet.text, packet.contact))
    return "\n".join((text, _folded(packet.name), f"@{_folded(packet.handle)}", _folded(case.note), case.id))


def of_post(post: Post) -> str:
    """Return what a post is found by: its texts and its name."""
    return "\n".join((search_key(post.arabic), search_key(post.english), post.id))


def _folded(text: str | None) -> str:
    return search_key(text or "").replace("\n", " ")


def asked(text: str) -> QueryInstance | None:
    """Return the query for documents that hold every word of a text, in any order; None for a text without words."""
    found: QueryInstance | None = None
    for word in search_words(text):
        holds = holding(where(FIELD), word)
        found = holds if found is None else found & holds
    return found
