"""Takes people out of texts: who wrote, who is mentioned, and whatever the conduct rules know as contact data.

The same person becomes the same invented one everywhere; official contacts stay. What no rule knows cannot be found:
a recording is read before it is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from connectors.http import redact
from majlis.conduct import Contacts, Rules
from majlis.conduct.folding import Folded, folded
from majlis.conduct.piece import Kind
from majlis.conduct.pieces import find_pieces
from majlis.conduct.privacy import is_official
from majlis.message import Author
from majlis.text import search_key

from .invented import WORD, Inventor, common_words, shaped
from .rows import AuthorRow

SHORTEST_WORD: Final = 3
"""Letters of a word of a name that is looked for in texts; shorter ones are mostly other words."""
SHORTEST_HANDLE: Final = 4
_BARE: Final = re.compile(r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*")
_LONG: Final = re.compile(r"\d{5,}")
"""Digits in a row that are more than a price or a year: a number of something of somebody's."""
_PREFIX: Final = re.compile("(?:[\u0648\u0641]?[\u0628\u0644\u0643]?)")
"""Arabic words of one letter that are written together with the next one: and, so; in, to, like."""
_LAM_LAM: Final = "\u0644\u0644"
_ARTICLE: Final = "\u0627\u0644"
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands in a text for something else; half-open, code points."""

    start: int
    end: int
    new: str | None
    """None: it stays, and nothing in it is looked at."""


class Disguise:
    """Replaces people's data, and counts what it replaced."""

    def __init__(self, key: bytes, contacts: Contacts, rules: Rules, *, ours: Iterable[str] = ()) -> None:
        """Take what decides.

        Args:
            key: Which invented thing stands for which real one; must not be told.
            contacts: What is official, and stays.
            rules: How contact data is known.
            ours: Names and handles of our own accounts, which stay.
        """
        self._inventor = Inventor(key)
        self._contacts = contacts
        self._rules = rules
        official = (contacts.name_ar, contacts.name_en, *ours)
        self._ours = frozenset(search_key(each.lstrip("@")) for each in official if each)
        self._spared = common_words() | {word for name in self._ours for word in WORD.findall(name)}
        self._words: dict[str, str] = {}
        """Words of people's names, folded."""
        self._phrases: dict[str, str] = {}
        """Whole names, folded, of which some word alone says nothing."""
        self._handles: dict[str, str] = {}
        self._staff: dict[str, str] = {}
        self.secrets: set[str] = set()
        """Values that must not appear, whatever stands around them."""

    def counts(self) -> dict[str, int]:
        """Return how many different things were replaced, by kind."""
        counts: dict[str, int] = {}
        for kind, count in self._inventor.made().items():
            name = kind.partition(":")[0]
            counts[name] = counts.get(name, 0) + count
        return counts | ({"operator": len(self._staff)} if self._staff else {})

    # --------------------------------------------------------------------------------------------------------- people

    def meet(self, author: Author) -> None:
        """Learn of a person, so that texts are searched for them too."""
        self.name(author.name)
        if author.handle:
            self.handle(author.handle)

    def author(self, author: Author) -> Author:
        """Return who stands for somebody."""
        return Author(id=author.id, handle=self.handle(author.handle), name=self.name(author.name))

    def name(self, real: str | None) -> str | None:
        """Return what stands for a name, word by word; titles and our own names stay."""
        if not real or search_key(real) in self._ours:
            return real
        if real.startswith("@"):  # services give handles in place of names
            return f"@{self.handle(real[1:])}"
        words = [found for found in WORD.finditer(real) if search_key(found[0]) not in self._spared]
        parts = []
        for number, found in enumerate(words):
            new = self._inventor.word(found[0], family=number > 0 and found is words[-1])
            parts.append(_Part(found.start(), found.end(), new))
            key = search_key(found[0])
            if len(key) >= SHORTEST_WORD:
                self._words.setdefault(key, new)
        named = _with(real, parts)
        made = _LONG_NAME.sub(
            lambda found: shaped(found[0], self._inventor.digits("number", found[0], len(found[0]))), named
        )
        if (len(words) != len(WORD.findall(real)) or any(len(each[0]) < SHORTEST_WORD for each in words)) and (
            key := search_key(real).strip()
        ):
            self._phrases.setdefault(key, made)
        return made

    def handle(self, real: str | None) -> str | None:
        """Return what stands for a handle, without its sign; ours and official ones stay."""
        if not real or self._is_ours(real):
            return real
        made = self._inventor.handle(real)
        if len(real) >= SHORTEST_HANDLE and search_key(real) not in self._words:  # the same word stays the same
            self._handles.setdefault(real.casefold(), made)
        return made

    def _is_ours(self, handle: str) -> bool:
        return search_key(handle) in self._ours or self._contacts.is_official_handle(handle)

    def staff(self, real: str, role: str = "operator") -> str:
        """Return what stands for a colleague, numbered as they come."""
        if real not in self._staff:
            count = sum(each.startswith(f"{role}-") for each in self._staff.values()) + 1
            self._staff[real] = f"{role}-{count}"
            if len(real) >= SHORTEST_HANDLE:
                self._handles.setdefault(real.casefold(), self._staff[real])
        return self._staff[real]

    # ---------------------------------------------------------------------------------------------------------- texts

    def text(self, real: str) -> str:
        """Return a text without what is somebody's; everything else, and the order of things, stays."""
        if not real:
            return real
        real = redact(_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", real), self.secrets) if self._odd(real) else real
        folds = folded(real)
        taken: list[_Part] = []
        for part in (*self._pieces(folds), *self._names(folds)):
            if _is_free(part.start, part.end, taken):
                taken.append(part)
        return _with(real, (*taken, *self._numbers(folds, taken)))

    def _odd(self, text: str) -> bool:
        """Whether a text may hold a token, or half a character."""
        return (
            _SURROGATES.search(text) is not None
            or _TOKEN.search(text) is not None
            or any(secret in text for secret in self.secrets)
        )

    def _pieces(self, folds: Folded) -> Iterator[_Part]:
        """Yield contact data and links, the official ones as what stays."""
        found = find_pieces(folds.key, self._contacts.default_region, self._rules)
        for piece in found.data:
            start, end = folds.span(piece.start, piece.end)
            stays = is_official(piece, self._contacts) or (piece.kind is Kind.HANDLE and self._is_ours(piece.value))
            new = None if stays else self._inventor.piece(piece.kind, piece.value, folds.text[start:end])
            if piece.kind is Kind.HANDLE:  # who was addressed may be named without the sign as well
                self.handle(piece.value)
            yield _Part(start, end, new)
        for link in found.links:
            start, end = folds.span(link.start, link.end)
            written = folds.text[start:end]
            scheme = written[: written.find("//") + 2] if "//" in written else ""
            is_ours = self._contacts.is_official_host(link.host)
            address = written.partition("?")[0] if is_ours else f"{scheme}{self._inventor.site(link.address)}"
            yield _Part(start, end, address)

    def _names(self, folds: Folded) -> Iterator[_Part]:
        """Yield the names of people that are known, also with short Arabic words before them."""
        for phrase, new in self._phrases.items():
            at = folds.key.find(phrase)
            while at >= 0:
                if _is_apart(folds.key, at, at + len(phrase)):
                    yield _Part(*folds.span(at, at + len(phrase)), new)
                at = folds.key.find(phrase, at + 1)
        for found in _BARE.finditer(folds.key):
            if (handle := self._handles.get(found[0])) is not None:
                yield _Part(*folds.span(*found.span()), handle)
        for found in WORD.finditer(folds.key):
            yield from self._word(folds, found)

    def _word(self, folds: Folded, found: re.Match[str]) -> Iterator[_Part]:
        word, start = found[0], found.start()
        for at in range(len(_PREFIX.match(word)[0]) + 1):  # type: ignore[index]  # it matches nothing as well
            if (new := self._words.get(word[at:])) is not None:
                yield _Part(*folds.span(start + at, found.end()), new)
                return
            if word.startswith(_LAM_LAM, at) and (new := self._words.get(_ARTICLE + word[at + 2 :])) is not None:
                rest = new.removeprefix(_ARTICLE)
                yield _Part(*folds.span(start + at, found.end()), _LAM_LAM + rest)
                return

    def _numbers(self, folds: Folded, taken: list[_Part]) -> Iterator[_Part]:
        """Yield long numbers that no rule knows: of a request, a file, an account."""
        for found in _LONG.finditer(folds.key):
            start, end = folds.span(*found.span())
            if not _is_free(start, end, taken) or found[0] in self._contacts.phones:
                continue
            made = self._inventor.digits("number", found[0], len(found[0]))
            yield _Part(start, end, shaped(folds.text[start:end], made))


_TOKEN: Final = re.compile(
    r"token|secret|password|cookie|authorization|Bearer|Basic|api_?key|oauth|EAA|ya29|://[^\s/]+@", re.IGNORECASE
)
_LONG_NAME: Final = re.compile(r"\d{2,}")


def _is_free(start: int, end: int, taken: Iterable[_Part]) -> bool:
    return all(end <= each.start or start >= each.end for each in taken)


def _is_apart(key: str, start: int, end: int) -> bool:
    return not (key[start - 1 : start].isalnum() or key[end : end + 1].isalnum())


def _with(text: str, parts: Iterable[_Part]) -> str:
    """Return a text with parts of it replaced; they do not overlap."""
    for part in sorted(parts, key=lambda part: part.start, reverse=True):
        if part.new is not None:
            text = text[: part.start] + part.new + text[part.end :]
    return text


def author_row(author: Author, name: str | None) -> AuthorRow:
    """Return an author as a line gives them."""
    return AuthorRow(id=name, handle=author.handle, name=author.name)
