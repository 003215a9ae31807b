"""Find what must read whole inside running text: links, addresses, handles, hashtags, dates, phone numbers.

Spans are logical. The layout isolates them so that neither `@CARE_DEMO` nor `050-000-4567` is taken apart by the
direction of the sentence around it. What is personal data, or forbidden, is decided elsewhere: this is only about
reading. Numbers that UAX #9 keeps together by itself (`7`, `10:30`, `23/11/2026`, `3.5`) are not listed.
"""

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple


class Kind(Enum):
    """What an entity is; its value names the style in which it may be drawn."""

    LINK = "link"
    ADDRESS = "address"
    HANDLE = "handle"
    HASHTAG = "hashtag"
    NUMBER = "number"
    REPOST = "repost"
    """The `RT` before a handle: no word of the message, so it does not decide the direction."""


class Entity(NamedTuple):
    """A half-open span of code points, and what it holds."""

    start: int
    end: int
    kind: Kind


_STOP = r"\s\u200b-\u200f\u061c\u2028-\u202e\u2060-\u206f\ufeff\x00-\x1f\x7f-\x9f<>\"«»“”"  # ends any link
_MARKS = r"\u064b-\u065f\u0670\u200c"  # inside an Arabic word, but no \w
_TOP = "ae|com|org|net|gov|edu|info|me|sa|qa|kw|bh|om|eg|uk|io|co|app|int|ly|be|example|invalid|test"
_DASH = r"\u2010-\u2015\u2212-"
_PATTERN = re.compile(
    # Every repetition is bounded or over disjoint sets, so hostile text costs linear time.
    rf"""
      (?P<link> (?: https?:// | www\. ) [^{_STOP}]+ )
    | (?P<address> (?<![A-Za-z0-9._%+-]) [A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}} @
        [A-Za-z0-9-]{{1,63}} (?: \.[A-Za-z0-9-]{{1,63}} ){{1,8}} )
    | (?P<domain> (?<![A-Za-z0-9@._-]) (?: [A-Za-z0-9][A-Za-z0-9-]{{0,62}}\. ){{1,6}} (?:{_TOP}) (?![A-Za-z0-9_-])
        (?: / [^{_STOP}]* )? )
    | (?P<repost> (?<!\w) RT (?=[ ]?@\w) )
    | (?P<handle> (?<!\w) [@\uff20] \w [\w{_MARKS}]* (?: [.-] [A-Za-z0-9_]+ )* )
    | (?P<hashtag> (?<!\w) [#\uff03] [\w{_MARKS}]+ )
    | (?P<phone> (?<![\w.,]) (?=(?:[^\d\s]{{0,2}}[ \u00a0]?[^\d\s]?\d){{7}})
        (?: \+\d{{1,3}} | \(? (?: 00 | 0 | [2-9]00 | 784 | 971 ) \d{{0,4}} \)? )
        (?: [ \u00a0./{_DASH}] \(? \d{{1,7}} \)? ){{1,6}} (?!\w) )
    | (?P<number> (?<!\w) (?=\+\d|\d[\d/:.,\u066b\u066c]{{0,40}}[{_DASH}]\d)
        \+?\d+ (?: [/:.,\u066b\u066c{_DASH}]\d+ )* )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HINT = re.compile(rf"[@#\uff20\uff03+]|\d[{_DASH}]\d|\d[ \u00a0).]|[A-Za-z]\.[A-Za-z]|://")
_KINDS = {
    "link": Kind.LINK,
    "domain": Kind.LINK,
    "address": Kind.ADDRESS,
    "repost": Kind.REPOST,
    "handle": Kind.HANDLE,
    "hashtag": Kind.HASHTAG,
    "phone": Kind.NUMBER,
    "number": Kind.NUMBER,
}
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_PUNCTUATION = ".,;:!?'…،؛؟*"


@lru_cache(maxsize=512)
def find(text: str) -> tuple[Entity, ...]:
    """Return the entities of a text, in logical order and without overlap."""
    if _HINT.search(text) is None:
        return ()
    found = []
    for match in _PATTERN.finditer(text):
        name = match.lastgroup or ""
        start, end = match.span()
        if name in {"link", "domain"}:
            end = _trim(text, start, end)
        elif name == "phone":
            start, end = _unwrap(text, start, end)
        found.append(Entity(start, end, _KINDS[name]))
    return tuple(found)


def _trim(text: str, start: int, end: int) -> int:
    """Leave out punctuation and closing brackets that belong to the sentence around a link."""
    surplus = {closer: text.count(closer, start, end) - text.count(opener, start, end)
               for closer, opener in _CLOSERS.items()}  # fmt: skip
    while end > start + 1:
        last = text[end - 1]
        if last in _CLOSERS:
            if surplus[last] <= 0:
                break
            surplus[last] -= 1
        elif last not in _PUNCTUATION:
            break
        end -= 1
    return end


def _unwrap(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out a bracket of the sentence that was taken for one of the number."""
    opened, closed = text.count("(", start, end), text.count(")", start, end)
    if opened > closed and text[start] == "(":
        return start + 1, end
    if closed > opened and text[end - 1] == ")":
        return start, end - 1
    if opened == closed == 1 and text[start] == "(" and text[end - 1] == ")":
        return start + 1, end - 1
    return start, end
