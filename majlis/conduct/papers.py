"""Numbers of papers: Emirates ID, passport, medical file, post office box.

All patterns read the folded key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

_EID: Final = re.compile(r"(?<!\d)784(?:[ \t\-\u2010-\u2015\u2212./_\u00b7|]{0,2}\d){12}(?!\d)")

_PASSPORT_LABEL: Final = r"(?:passport|جواز\w*|باسبور\w*|بسبور\w*)"
_PASSPORT: Final = re.compile(rf"{_PASSPORT_LABEL}(?:[^\d\n]{{0,25}}?)(?<![a-z0-9])(?P<number>[a-z][ -]?\d{{7}})(?!\d)")
_FILE: Final = re.compile(
    r"(?<![a-z])(?P<prefixed>mrn[ \t.:#\-]*(?:(?:no|number|num|رقم)\b[ \t.:#\-]*)?(?:is )?\d(?:[-/]?\d){4,})"
    r"|(?:ملف(?:ك|ه|ها|ي|كم|نا)? ?(?:ال)?طبي|رقم (?:ال)?ملف(?:ك|ه|ها|ي)?|(?:medical|patient|health) "
    r"(?:record|file|id|no|number)(?: (?:no|number|num|id))?|(?:hospital|chart) (?:no|number)"
    r"|(?:your|his|her|my) file (?:no|number))"
    r"[ \t.:#()\-]*(?:(?:هو|رقم|is|no|number|num)\b[ \t.:#\-]*)?(?P<labelled>\d(?:[-/]?\d){4,})(?!\d)"
)
_BOX: Final = re.compile(
    r"(?<![a-z0-9\u0621-\u064a])(?:و|ب|ل|ف)?(?P<label>ص ?[.\-_/]? ?ب|(?:ال)?صندوق ?(?:ال)?بريدي?"
    r"|p ?\.? ?o ?\.? ?box|post(?:al)? ?(?:office)? ?box|p\.? ?o\.? ?b|p\.b)"
    r"[ \t.:#,\-]*(?:(?:no|number|num|رقم)\b)?[ \t.:#\u2116\-]*(?P<number>\d{3,6}|\d(?: \d){2,5})(?!\d)"
)


def find_ids(key: str) -> Iterator[Piece]:
    """Yield Emirates ID numbers: fifteen digits that begin with 784, told apart by their check digit."""
    for found in _EID.finditer(key):
        digits = _digits(found[0])
        kind = Kind.NATIONAL_ID if passes_luhn(digits) else Kind.NATIONAL_ID_LIKE
        yield Piece(kind, found.start(), found.end(), digits)


def find_documents(key: str) -> Iterator[Piece]:
    """Yield passport and medical file numbers that stand behind a label; `MRN` belongs to its number."""
    for found in _PASSPORT.finditer(key):
        number = re.sub(r"[ -]", "", found["number"])
        yield Piece(Kind.PASSPORT, *found.span("number"), number)
    for found in _FILE.finditer(key):
        name = "prefixed" if found["prefixed"] else "labelled"
        yield Piece(Kind.MEDICAL_RECORD, *found.span(name), _digits(found[name]))


def find_boxes(key: str) -> Iterator[Piece]:
    """Yield post office boxes, label included."""
    for found in _BOX.finditer(key):
        yield Piece(Kind.PO_BOX, found.start("label"), found.end("number"), _digits(found["number"]))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit checks the others.

    Source:
        ISO/IEC 7812-1, annex B.
    """
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004  the digit sum of a doubled digit
    return total % 10 == 0
