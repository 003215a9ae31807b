"""Links, pages and handles in a text, also with their dots written out.

All patterns read the folded key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from majlis.domains import TOP_LEVEL

from .contacts import page_address
from .piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RESERVED: Final = frozenset({"example", "test", "invalid", "localhost"})
_ALSO_WORDS: Final = frozenset(
    [
        "ad",
        "am",
        "as",
        "at",
        "be",
        "by",
        "do",
        "gp",
        "id",
        "in",
        "is",
        "it",
        "li",
        "me",
        "my",
        "no",
        "pm",
        "so",
        "to",
        "us",
    ]
)
"""Top-level domains that begin an English sentence when its blank is missing."""

_DOT: Final = r"(?: ?\. ?| ?[(\[{](?:\.|dot|نقطه|دوت)[)\]}] ?| (?:dot|نقطه|دوت) )"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_PATH: Final = r"(?:[/?#][!#-&*-;=?-Z\[\]_`a-z{|}~()]*)?"
_LINK: Final = re.compile(
    rf"(?<![a-z0-9@._-])(?:(?P<scheme>https?://)(?:www\.)?(?P<host>{_LABEL}(?:\.{_LABEL})*)"
    rf"|(?P<bare>{_LABEL}(?:\.{_LABEL})+))(?![a-z0-9@-])(?::\d+)?(?P<path>{_PATH})"
)
_TRAILING: Final = re.compile(r"[.,;:!?'\")\]}]+$")


@dataclass(frozen=True, slots=True)
class Link:
    """A link where it stands in the folded text."""

    start: int
    end: int
    host: str
    """Without `www.`."""
    address: str
    """Host and path in the form pages are compared in."""


def find_links(key: str, hosts: Mapping[str, frozenset[str]]) -> Iterator[Link]:
    """Yield the links of a folded key: with a scheme, bare, and disguised ones to a social host.

    Args:
        key: Folded.
        hosts: The social hosts; see `Rules.social_hosts`.
    """
    taken: list[tuple[int, int]] = []
    for found in _LINK.finditer(key):
        host = found["host"] or found["bare"]
        if not found["scheme"] and not _is_domain(host, has_path=bool(found["path"])):
            continue
        text = _TRAILING.sub("", found[0]) if found["path"] else found[0]
        taken.append((found.start(), found.start() + len(text)))
        yield Link(*taken[-1], host.removeprefix("www."), page_address(text))
    for found in _disguised(tuple(hosts)).finditer(key):
        text = _TRAILING.sub("", found[0])
        if all(found.start() >= end or found.end() <= start for start, end in taken):
            host = re.sub(_DOT, ".", found["host"])
            yield Link(found.start(), found.start() + len(text), host, f"{host}/{found['path'].strip('/ ')}")


def _is_domain(host: str, *, has_path: bool) -> bool:
    """Tell whether a dotted name without a scheme is a domain, and not a figure or two sentences without a blank."""
    rest, _, top = host.rpartition(".")
    if top in _RESERVED:
        return True
    if top not in TOP_LEVEL or not any(char.isalpha() for char in rest):
        return False
    return has_path or "." in rest or top not in _ALSO_WORDS


def _disguised(hosts: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of the social hosts with blanks and words for their dots."""
    if hosts not in _PATTERNS:
        names = "|".join(_DOT.join(map(re.escape, host.split("."))) for host in hosts)
        _PATTERNS[hosts] = re.compile(
            rf"(?<![a-z0-9])(?P<host>{names or '(?!)'}) ?/ ?(?P<path>[a-z0-9@+][a-z0-9._@+-]*)"
        )
    return _PATTERNS[hosts]


_PATTERNS: Final[dict[tuple[str, ...], re.Pattern[str]]] = {}


def social_host(host: str, hosts: Mapping[str, frozenset[str]]) -> str | None:
    """Return the social host that a link's host is, or lies under."""
    while host:
        if host in hosts:
            return host
        host = host.partition(".")[2]
    return None


def is_page(link: Link, hosts: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a link leads to a profile or a chat on a social host, and not to content or a tool of it."""
    known = social_host(link.host, hosts)
    if known is None:
        return False
    first = link.address.partition("/")[2].partition("/")[0].partition("?")[0]
    return bool(first) and first not in hosts[known]


_HANDLE: Final = re.compile(
    r"(?<![a-z0-9_.@/+-])@(?P<blank> ?)"
    r"(?P<name>[a-z0-9_](?:[a-z0-9_.]{0,28}[a-z0-9_])|[^\W\d_]+(?:_[^\W_]+)+|[^\W_a-z]+\d+)(?![a-z0-9_@])"
)


_NETWORK: Final = (
    r"insta(?:gram)?|snap(?:chat)?|tik ?tok|telegram|twitter|whats ?app"
    r"|(?:ال|ب|و|ع)?(?:انستا|انستغرام|انستقرام|انستجرام|سناب|سنابي|سنابه|سنابها|سناب شات|تليجرام|تلجرام|تيليجرام"
    r"|تيك توك|تويتر)"
)
_CALLED: Final = r"is|account|handle|user(?:name)?|id|name|حساب\w*|اسمه|اسمها|يوزر\w*|هو|باسم|اكونت"
_ACCOUNT: Final = re.compile(
    rf"(?<![a-z0-9\u0621-\u064a])(?:{_NETWORK})(?: ?(?:{_CALLED}))*[ \t]*[:=\-]?[ \t]*"
    r"(?P<name>[a-z][a-z0-9_.]{3,28}[a-z0-9_])(?![a-z0-9_@/.-])"
)
"""The name of a network, then a name that is no word: dots, underscores or figures in it."""
_NO_WORD: Final = re.compile(r"[._\d]")


def find_accounts(key: str) -> Iterator[Piece]:
    """Yield account names that stand behind the name of their network, without link and `@`."""
    for found in _ACCOUNT.finditer(key):
        name = found["name"]
        if _NO_WORD.search(name) and name.rpartition(".")[2] not in TOP_LEVEL:
            yield Piece(Kind.HANDLE, *found.span("name"), name)


def find_handles(key: str) -> Iterator[Piece]:
    """Yield the handles of a folded key, with their `@`; an `@` before a figure or between words is none."""
    for found in _HANDLE.finditer(key):
        name = found["name"]
        is_named = any(char.isalpha() for char in name)
        if is_named and (not found["blank"] or "_" in name or any(char.isdigit() for char in name)):
            yield Piece(Kind.HANDLE, found.start(), found.end(), name)
