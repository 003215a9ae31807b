"""Telephone numbers, in digits of any system, grouped in any way, or spelled in words.

The numbering plans of the phonenumbers library decide what is a number; this module decides what is asked. Numbers
that are dates, prices, references or plain counts stay out, as far as their form and the words around them tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BETWEEN: Final = (
    r"[ \t.\-\u2010-\u2015\u2212/\\_\u00b7\u2022\u2027\u2219*~|()\[\]{}<>:=\u2190-\u2bff\U0001f000-\U0001faff]"
)
"""What stands between the digits of one number: blanks, dashes, dots, brackets, arrows and pictures."""
_RUN: Final = re.compile(rf"(?:\+[ \t]?\(?)?\d(?:{_BETWEEN}{{0,3}}\d){{4,}}")
_COMMAS: Final = re.compile(r"(?:\+|(?<!\d)0)\d*(?:[ \t]?[,\u060c\u066c;][ \t]?\d+){2,}")
"""Commas part a number only where it begins like one; elsewhere they part thousands."""
_GROUP: Final = re.compile(r"\d+")
_LETTER_O: Final = re.compile(r"(?<![a-z0-9])[0-9o](?:[ \t.\-()]{0,2}[0-9o]){6,}(?![a-z0-9])")

_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_YEAR: Final = r"(?:1[34]\d\d|19\d\d|20\d\d)"
_DATES: Final = re.compile(
    rf"(?<![\d+])(?:{_DAY}[-/.]{_MONTH}[-/.](?:{_YEAR}|\d\d)|{_MONTH}[-/.]{_DAY}[-/.](?:{_YEAR}|\d\d)"
    rf"|{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}|{_YEAR}\s?[-/\u2013]\s?{_YEAR})(?![\d]|[-/.]\d)"
)
_CASE: Final = re.compile(rf"(?<![\d+]){_YEAR}[-/]\d{{4,8}}(?![\d]|{_BETWEEN}\d)")
"""A year, then a running number: how requests are numbered."""

_CALL: Final = re.compile(
    r"\b(?:call|phone|tel|telephone|mob|mobile|cell|whatsapp|whats ?app|dial|ring|text|sms|fax|reach|contact)\b"
    r"|اتصل|اتصال|تتصل|يتصل|نتصل|هاتف|تلفون|تليفون|تلفن|جوال|موبايل|محمول|واتس|رقمي|رقمه|رقمها|رقمك|ارقامنا"
    r"|كلم|دق عل|دقوا|دقي |رن عل|نقال|الخط الساخن|hotline|فاكس|اطلب الرقم"
)
_REFERENCE: Final = re.compile(
    r"(?:طلب\w*|معامله|معاملتك|فاتوره|الفاتوره|رخصه|الرخصه|ايصال|الايصال|مرجع\w*|قضيه|حاله|الحاله|قرار|قانون|تذكره"
    r"|حساب|الحساب|ملف|تصريح|شكوي|الشكوي|بلاغ|البلاغ|شهاده|case|ref|reference|invoice|licen[cs]e|order|ticket|request|"
    r"receipt|permit|account|application|complaint|batch|serial|التشغيله|باركود)"
    r"[ \t]*(?:(?:number|no|num|رقم|id)\b)?[ \t.:#\u2116\-(]*(?:هو|is)?[ \t]*$"
)
_NUMBERED: Final = re.compile(
    r"(?:(?:معامل|فاتور|ايصال|الايصال|بلاغ|طلب|الطلب|مرجع|المرجع|رخص|شكو|قضي|تصريح)\w*|case|reference|ref|invoice|ticket|receipt"
    r"|request|complaint|permit|batch|serial)[ \t]*(?:(?:number|no|num|رقم|id)\b)[ \t.:#\u2116\-(]*(?:هو|is)?[ \t]*$"
    r"|(?:receipt|invoice|ref|ticket)[ \t.:#\u2116]*$"
)
"""The name of a running number right before it, its word for "number" included."""
_COUNTED: Final = re.compile(
    r"[ \t]*(?:درهم|دراهم|دولار|ريال|aed|dhs?|usd|sar|\$|€|£|%|٪|مراجع|مريض|مستفيد|جرعه|جرعات|شخص|حاله|نسمه|مشاهد|متابع"
    r"|مليون|الف|ملغ|مل|جم|غرام|كم|متر|ميكرو|mg|ml|kg|km|patients|doses|people|views|followers|visitors|units|iu)"
)
_REACH: Final = 30
"""How far before a number a word still speaks about it; a guess."""

_FEWEST_FIGURES: Final = 3
"""Of a number whose zeros are the letter O; fewer are a word."""
_SHORTEST, _LONGEST = 7, 15
"""Digits of a telephone number. Source: ITU-T E.164 for the longest."""


def find_phones(key: str, region: str, digit_words: Mapping[str, str]) -> Iterator[Piece]:
    """Yield the telephone numbers in a folded key, official or not, in order by kind of writing.

    Args:
        key: Folded; what is no number's business (addresses, links, other papers) is blanked out.
        region: ISO country whose plan reads numbers without a country code.
        digit_words: Folded words for digits, one to several digits each; such as "five" or "sixteen".
    """
    key = _without(_CASE, _without(_DATES, key))
    for run in _RUN.finditer(key):
        yield from _in_run(key, run, region)
    for run in _COMMAS.finditer(key):
        digits = "".join(_GROUP.findall(run[0]))
        found = _number(digits, region, is_international=run[0].startswith("+"))
        if found and found[0] is Kind.PHONE:
            yield Piece(found[0], run.start(), run.end(), found[1])
    yield from _with_letter_o(key, region)
    yield from _in_words(key, region, digit_words)


def _without(pattern: re.Pattern[str], key: str) -> str:
    """Return the key with what a pattern finds blanked out, length kept."""
    return pattern.sub(lambda found: "\0" * len(found[0]), key)


def _in_run(key: str, run: re.Match[str], region: str) -> Iterator[Piece]:
    """Find the numbers in a run of digit groups: from each group on, the longest that the plans know."""
    groups = [(run.start() + each.start(), run.start() + each.end()) for each in _GROUP.finditer(run[0])]
    first = 0
    while first < len(groups):
        for last in range(len(groups) - 1, first - 1, -1):
            digits = "".join(key[start:end] for start, end in groups[first : last + 1])
            if len(digits) > _LONGEST:
                continue
            is_international = first == 0 and run[0].startswith("+")
            start, end = run.start() if is_international else groups[first][0], groups[last][1]
            if found := _judged(key, start, end, digits, region):
                yield Piece(found[0], start, end, found[1])
                first = last
                break
        first += 1


def _judged(key: str, start: int, end: int, digits: str, region: str) -> tuple[Kind, str] | None:  # noqa: PLR0911  one answer for each way of writing
    """Tell what a run of digits is, from its form and from the words around it."""
    is_international = key[start] == "+"
    before = key[max(0, start - _REACH) : start]
    is_called = _CALL.search(before) is not None
    found = _number(digits, region, is_international=is_international)
    if found is None:
        return None if is_international or not is_called else _foreign(digits)
    if found[0] is Kind.TOLL:
        return found if (is_called or is_international) and not _COUNTED.match(key, end) else None
    if is_international or digits.startswith("00"):
        return found
    if digits.startswith("05"):
        # The form of a mobile number says enough, unless it is written plainly behind the name of a number.
        is_numbered = key[start:end] == digits and _NUMBERED.search(before) and not is_called
        return None if is_numbered else found
    if _REFERENCE.search(before) or _COUNTED.match(key, end):
        return None
    if digits.startswith(("0", "971")):
        return found
    # Without the zero in front a number looks like any other; only a word that calls, or the way it is parted, tells.
    is_parted = "-" in key[start:end] or "(" in key[start:end]
    return found if is_called or (digits.startswith("5") and (is_parted or key[start:end] == digits)) else None


@lru_cache(maxsize=1024)
def _number(digits: str, region: str, *, is_international: bool) -> tuple[Kind, str] | None:
    """Ask the numbering plans what some digits are: kind and E.164 form, `None` when they are no number."""
    if not _SHORTEST - 2 <= len(digits) <= _LONGEST:
        return None
    import phonenumbers  # noqa: PLC0415  50 ms to import; most texts hold no number

    is_international = is_international or (digits.startswith("00") and len(digits) > _SHORTEST)
    dialled = "+" + digits.removeprefix("00") if is_international else digits
    try:
        number = phonenumbers.parse(dialled, region)
    except phonenumbers.NumberParseException:
        return None
    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    types = phonenumbers.PhoneNumberType
    shared = {types.TOLL_FREE, types.SHARED_COST, types.UAN, types.PREMIUM_RATE}
    if number.country_code == _home(region) and phonenumbers.number_type(number) in shared:
        return Kind.TOLL, value
    # Any number with a country code counts (POLICY 4), also one that the plans do not give out.
    is_number = phonenumbers.is_possible_number if is_international else phonenumbers.is_valid_number
    return (Kind.PHONE, value) if len(digits) >= _SHORTEST and is_number(number) else None


@lru_cache(maxsize=16)
def _home(region: str) -> int:
    import phonenumbers  # noqa: PLC0415  50 ms to import; most texts hold no number

    return int(phonenumbers.country_code_for_region(region))


_NEIGHBOURS: Final = (
    "966",
    "965",
    "968",
    "973",
    "974",
    "962",
    "961",
    "963",
    "967",
    "970",
    "20",
    "91",
    "92",
    "63",
    "44",
)
"""Country codes that people write without the plus sign."""


def _foreign(digits: str) -> tuple[Kind, str] | None:
    """Read digits after a word that calls as a number with its country code and no plus sign."""
    if len(digits) < _SHORTEST + 4 or not digits.startswith(_NEIGHBOURS):
        return None
    import phonenumbers  # noqa: PLC0415  50 ms to import; most texts hold no number

    try:
        number = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return None
    return (Kind.PHONE, "+" + digits) if phonenumbers.is_valid_number(number) else None


def e164(number: str, region: str) -> str:
    """Return a number from a profile in the form it is compared in; short numbers as their digits."""
    digits = "".join(_GROUP.findall(number))
    found = _number(digits, region, is_international=number.lstrip().startswith("+"))
    return found[1] if found else digits


def _with_letter_o(key: str, region: str) -> Iterator[Piece]:
    """Find numbers whose zeros are the letter O."""
    for run in _LETTER_O.finditer(key):
        digits = "".join(char for char in run[0].replace("o", "0") if char.isdigit())
        if "o" in run[0] and sum(map(str.isdigit, run[0])) >= _FEWEST_FIGURES:
            found = _number(digits, region, is_international=False)
            if found and found[0] is Kind.PHONE:
                yield Piece(Kind.PHONE, run.start(), run.end(), found[1])


# In words

_WORD: Final = re.compile(r"[^\W_]+")
_PAUSE: Final = re.compile(r"[ \t\-.,/\u060c_|]{1,4}")
_LINK_WORDS: Final = frozenset(
    ["ثم", "وبعدها", "بعدها", "بعدين", "وبعدين", "شرطه", "مسافه", "فراغ", "then", "and", "dash", "space", "hyphen", "w"]
)
"""Words that part the digits of a number said aloud."""
_HOME_STARTS: Final = ("0", "971")
_TENS: Final = frozenset(str(tens) for tens in range(20, 100, 10))
_REPEATS: Final = {"double": 2, "triple": 3}
_COUNTING: Final = "012345678910111213"


@dataclass(frozen=True, slots=True)
class _Atom:
    """A word or figure that says digits."""

    start: int
    end: int
    digits: str
    is_word: bool
    is_glued: bool = False
    """With the Arabic "and" before it, which joins a unit to its tens."""


def _in_words(key: str, region: str, digit_words: Mapping[str, str]) -> Iterator[Piece]:
    """Find numbers spelled out: seven digits or more in a row, also mixed with figures."""
    row: list[_Atom] = []
    for atom in _atoms(key, digit_words):
        if row and not _PAUSE.fullmatch(key, row[-1].end, atom.start):
            yield from _spelled(row, region)
            row = []
        row.append(atom)
    yield from _spelled(row, region)


def _atoms(key: str, digit_words: Mapping[str, str]) -> Iterator[_Atom]:
    """Yield the digit words and figures of a text; "double five" is one."""
    repeat: re.Match[str] | None = None
    for word in _WORD.finditer(key):
        if word[0] in _REPEATS:
            repeat = word
            continue
        is_word = not word[0].isdigit()
        digits = _said(word[0], digit_words) if is_word else word[0]
        if digits or word[0] in _LINK_WORDS:
            start = repeat.start() if repeat else word.start()
            is_glued = is_word and word[0] not in digit_words and digits != ""
            yield _Atom(start, word.end(), digits * (_REPEATS[repeat[0]] if repeat else 1), is_word, is_glued)
        repeat = None


def _said(word: str, digit_words: Mapping[str, str]) -> str:
    """Return the digits a word says, also with the Arabic "and" glued to it."""
    return digit_words.get(word) or digit_words.get(word.removeprefix("\N{ARABIC LETTER WAW}"), "")


def _spelled(row: list[_Atom], region: str) -> Iterator[Piece]:
    """Judge a row of digit words and figures; words that only part them stand for nothing at its ends."""
    while row and not row[0].digits:
        row = row[1:]
    while row and not row[-1].digits:
        row = row[:-1]
    if not any(atom.is_word for atom in row):
        return
    is_all_words = all(atom.is_word for atom in row)
    is_figures = not any(atom.is_word and atom.digits for atom in row)
    for digits in dict.fromkeys((_with_tens(row), "".join(atom.digits for atom in row))):
        if not _SHORTEST <= len(digits) <= _LONGEST or (is_figures and not digits.startswith(_HOME_STARTS)):
            continue
        found = _number(digits, region, is_international=False)
        if found or (is_all_words and digits not in _COUNTING):
            kind, value = found or (Kind.PHONE, digits)
            yield Piece(kind, row[0].start, row[-1].end, value)
            return


def _with_tens(row: list[_Atom]) -> str:
    """Return the digits of a row in which "forty four", and its Arabic order, are two digits and not three."""
    digits: list[str] = []
    for before, atom in zip([None, *row], row, strict=False):
        if before is not None and before.is_word and atom.is_word and digits:
            if _is_tens(before) and len(atom.digits) == 1 and atom.digits != "0" and not atom.is_glued:
                digits[-1] = before.digits[0] + atom.digits
                continue
            if _is_tens(atom) and atom.is_glued and len(before.digits) == 1:
                digits[-1] = atom.digits[0] + before.digits
                continue
        digits.append(atom.digits)
    return "".join(digits)


def _is_tens(atom: _Atom) -> bool:
    return atom.is_word and atom.digits in _TENS
