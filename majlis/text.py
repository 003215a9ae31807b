"""What a text is to a machine: its search key, its length as a network counts it, its script.

Spans and maps are in code points of the text given. Nothing here changes a text that is stored or sent.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from .domains import TOP_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Search keys

_LETTERS: Final = {
    "\N{ARABIC LETTER ALEF WASLA}": "\N{ARABIC LETTER ALEF}",
    "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER YEH BARREE}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER HEH GOAL}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER HEH DOACHASHMEE}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER AE}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER TEH MARBUTA GOAL}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
    "\N{ARABIC TATWEEL}": "",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    # Blank on every screen, yet letters or symbols by their category.
    "\N{HANGUL CHOSEONG FILLER}": "",
    "\N{HANGUL JUNGSEONG FILLER}": "",
    "\N{HANGUL FILLER}": "",
    "\N{BRAILLE PATTERN BLANK}": " ",
}
"""Letters that people and keyboards use for each other, beyond what decomposition unifies (all hamza carriers)."""

_DROPPED: Final = frozenset({"Mn", "Me", "Cf"})
"""Categories without a place of their own in a line: marks, enclosing marks, format and bidi controls."""

_LINE_ENDS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """Return what one character is searched as: often itself, sometimes nothing, sometimes several characters.

    Compatibility forms are taken apart, marks, format controls and tatweel dropped, digits of every system become
    ASCII, letters lose case, and Arabic letters that stand for each other become one. Line ends become a line feed,
    other white space a space.
    """
    if char in _LINE_ENDS:
        return "\n"
    folded = []
    for part in unicodedata.normalize("NFKD", char):
        category = unicodedata.category(part)
        if category in _DROPPED:
            continue
        if category == "Nd":
            folded.append(str(unicodedata.decimal(part)))
        elif part.isspace():
            folded.append(" ")
        else:
            folded.append(_LETTERS.get(part, part.casefold()))
    return "".join(folded)


class _Folding(dict[int, str]):
    """A table for `str.translate` that fills itself."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_char(chr(code))
        return folded


_FOLDING: Final = _Folding()
_BLANKS: Final = re.compile(r"\s+")


def search_key(text: str) -> str:
    """Return the form in which texts are compared: folded by character, each run of white space one space."""
    return _BLANKS.sub(" ", text.translate(_FOLDING))


def search_key_map(text: str) -> tuple[str, list[int]]:
    """Return the search key, and for each of its characters the index in `text` from which it came.

    The indices never decrease; characters of `text` that left nothing behind are missing among them.
    """
    key: list[str] = []
    origins: list[int] = []
    for index, char in enumerate(text):
        for part in fold_char(char):
            if part.isspace():
                if key and key[-1] == " ":
                    continue
                key.append(" ")
            else:
                key.append(part)
            origins.append(index)
    return "".join(key), origins


MOST_WORDS: Final = 8
"""Words of a search; what follows is left out. A guess."""


def search_words(text: str) -> tuple[str, ...]:
    """Return the folded words that a text must hold to be found by what somebody typed; none for blanks."""
    return tuple(dict.fromkeys(search_key(text).split()))[:MOST_WORDS]


def hits(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where words stand in a text: half-open spans, ascending, overlapping ones joined.

    Args:
        text: As it is shown.
        words: Folded, from `search_words`.
    """
    if not words:
        return []
    key, origins = search_key_map(text)
    found = [(origins[at], origins[at + len(word) - 1] + 1) for word in words for at in _places(key, word)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _places(key: str, word: str) -> Iterator[int]:
    at = key.find(word)
    while at >= 0:
        yield at
        at = key.find(word, at + 1)


# Links, as X finds them

_LABEL: Final = r"[^\W_](?:[\w-]*[^\W_])?"
_ASCII_LABEL: Final = r"[a-z0-9\u00c0-\u024f](?:[a-z0-9\u00c0-\u024f_-]*[a-z0-9\u00c0-\u024f])?"
_TLD: Final = r"(?:[a-z][a-z0-9-]*[a-z0-9]|(?:[^\W\d_a-z]|[\u0900-\u0dff]){2,})"  # Indic vowels are no letters to `re`
_PATH: Final = (
    r"(?:/(?:[a-z0-9!*';:=+,.$/%#\[\]\-_~@|&\u2013\u00c0-\u024f\u0400-\u04ff]|\([^()\s]*\))*"
    r"(?<=[a-z0-9=_\-+/#|@&)\u00c0-\u024f\u0400-\u04ff]))?"
)
_QUERY: Final = r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?"
_LINK: Final = re.compile(
    rf"(?<![a-z0-9@\uff20$#\uff03])(?:https?://(?P<host>(?:{_LABEL}\.)+{_TLD})"
    rf"|(?<![-_./])(?P<bare>(?:{_ASCII_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]))",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"(?::\d+)?" + _PATH + _QUERY, re.IGNORECASE)
_SHORT: Final = re.compile(r"/([a-z0-9]+)" + _QUERY, re.IGNORECASE)
"""What follows `https://t.co` in X's own short links; nothing else does."""
_LONGEST_SHORT: Final = 40
_GLUED: Final = re.compile(r"[0-9a-z@+-]", re.IGNORECASE)
_LONGEST_LABEL: Final = 63
_PUNYCODE_PREFIX: Final = "xn--"


def link_spans(text: str) -> list[tuple[int, int]]:
    """Return the links in a text as X finds them: with `http(s)://`, and bare domains; half-open, in order.

    Source:
        The rules of twitter-text 3, `extractUrlsWithIndices` with links without protocol.
    """
    spans = []
    at = 0
    while found := _LINK.search(text, at):
        start, end = found.span("host") if found["host"] else found.span("bare")
        end = _domain_end(text, start, end)
        if end == start:
            at = found.end()
            continue
        short = _SHORT.match(text, end) if found["host"] and text[start:end].lower() == "t.co" else None
        tail = short or _TAIL.match(text, end)
        at = tail.end() if tail else end
        if short is None or len(short[1]) <= _LONGEST_SHORT:
            spans.append((found.start(), at))
    return spans


def _domain_end(text: str, start: int, end: int) -> int:
    """Return where the longest real domain within a dotted name ends, `start` if there is none."""
    while True:
        labels = text[start:end].lower().split(".")
        if len(labels) == 1:
            return start
        # Letters of another script may follow a domain without a gap.
        latin = len(labels[-1]) - len(labels[-1].lstrip("abcdefghijklmnopqrstuvwxyz"))
        for length in {len(labels[-1]): None, latin: None}:
            domain = [*labels[:-1], labels[-1][:length]]
            stop = end - len(labels[-1]) + length
            if _is_top_level(domain[-1]) and not _GLUED.match(text, stop) and _is_domain(domain):
                return stop
        end -= len(labels[-1]) + 1


def _is_top_level(label: str) -> bool:
    return label in TOP_LEVEL or label.startswith(_PUNYCODE_PREFIX)


def _is_domain(labels: list[str]) -> bool:
    return "_" not in labels[-2] and all(map(_fits, labels))


def _fits(label: str) -> bool:
    """Tell whether a label is short enough as it travels, in punycode where it is not ASCII."""
    if label.isascii():
        return len(label) <= _LONGEST_LABEL
    if label.startswith(_PUNYCODE_PREFIX):
        return False
    return len(_PUNYCODE_PREFIX) + len(label.encode("punycode")) <= _LONGEST_LABEL


# Length

LIMITS: Final = {
    ("x", "post"): 280,
    ("x", "comment"): 280,
    ("x", "private"): 10_000,
    ("facebook", "post"): 63_206,
    ("facebook", "comment"): 8_000,
    ("facebook", "private"): 2_000,
    ("youtube", "comment"): 10_000,
}
"""The most a network takes, by network and object, in the unit of `length`.

Source: the networks' documentation, read 2026-11; the limits of X private messages and YouTube comments are not
documented and stand as operators report them.
"""

_EMOJI_BASE: Final = (
    "[\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2"
    "\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_EMOJI_PART: Final = f"(?:{_EMOJI_BASE}|[\u00a9\u00ae](?=\ufe0f))[\ufe0f\U0001f3fb-\U0001f3ff]?"
EMOJI: Final = re.compile(
    "[0-9#*]\ufe0f?\u20e3"  # keycaps
    "|[\U0001f1e6-\U0001f1ff]{2}"  # flags
    f"|{_EMOJI_PART}(?:[\U000e0020-\U000e007e]+\U000e007f)?(?:\u200d{_EMOJI_PART})*"  # the rest, and what joins them
)
"""One emoji as a person counts: joined sequences, flags, keycaps and skin tones are one each (UTS #51)."""

_LINK_WEIGHT: Final = 23
_EMOJI_WEIGHT: Final = 2
_LIGHT: Final = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Code points that weigh one on X; all others weigh two. Source: twitter-text, configuration 3."""


def weighted_length(text: str) -> int:
    """Return the length X counts: of the NFC form, links 23, emoji 2, letters 1 or 2.

    Source:
        twitter-text 3 with configuration 3. Emoji sequences are recognised by their form, so that one made after the
        library's list counts as one.
    """
    text = unicodedata.normalize("NFC", text)
    total = at = 0
    for start, end in link_spans(text):
        total += _plain_weight(text[at:start]) + _LINK_WEIGHT
        at = end
    return total + _plain_weight(text[at:])


def _plain_weight(text: str) -> int:
    rest, emoji = EMOJI.subn("", text)
    return emoji * _EMOJI_WEIGHT + sum(map(_weight, rest))


@lru_cache(maxsize=4096)
def _weight(char: str) -> int:
    return 1 if any(first <= ord(char) <= last for first, last in _LIGHT) else 2


def length(text: str, network: str, kind: str = "comment") -> int:
    """Return the length of a text as its network counts it.

    Args:
        text: As it would be sent.
        network: `facebook`, `x` (or `twitter`), `youtube`.
        kind: `post`, `comment` or `private`.

    Returns:
        Weighted units for public texts on X, UTF-16 code units elsewhere. The other services do not say what they
        count; code units are the largest of the likely answers, so a text that fits by them fits.
    """
    if _network(network) == "x" and kind != "private":
        return weighted_length(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def limit(network: str, kind: str = "comment") -> int | None:
    """Return the entry of `LIMITS`, `None` where no limit is known."""
    return LIMITS.get((_network(network), kind))


def _network(name: str) -> str:
    return "x" if name == "twitter" else name


# Script

Script = Literal["ar", "en", "mixed", "none"]

_NOT_PROSE: Final = re.compile(
    r"https?://\S+|[\w.+-]*@[\w.]+|(?<!\w)(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?", re.IGNORECASE
)
_ARABIC_LETTER: Final = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_LATIN_LETTER: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")
_MIXED_SHARE: Final = 0.25
"""Of the letters, from which the smaller script counts. A guess: a brand name or two stay below it."""


def script_of(text: str) -> Script:
    """Return the script a text is mainly written in; links, addresses and handles do not count."""
    prose = _NOT_PROSE.sub(" ", text)
    arabic = len(_ARABIC_LETTER.findall(prose))
    latin = len(_LATIN_LETTER.findall(prose))
    if not arabic + latin:
        return "none"
    if min(arabic, latin) / (arabic + latin) >= _MIXED_SHARE:
        return "mixed"
    return "ar" if arabic > latin else "en"
