"""R-PII-EID, R-PII-DOC, R-PII-POBOX: numbers of papers and boxes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.conduct import Context, check, contacts_from
from majlis.conduct.papers import passes_luhn

from .conftest import PROFILE, Judge, shipped_rules

EID = "784-1985-0009301-2"


@pytest.mark.parametrize("number", ["79927398713", "4539578763621486", "784198500093012", "0"])
def test_check_digit_is_recognised(number: str) -> None:
    """Known numbers pass, and no other last digit does."""
    assert passes_luhn(number)
    assert not any(passes_luhn(number[:-1] + digit) for digit in "0123456789" if digit != number[-1])


@pytest.mark.parametrize(
    "number",
    [
        EID,
        EID.replace("-", ""),
        EID.replace("-", " "),
        EID.replace("-", "."),
        EID.replace("-", "\u2013"),
        EID.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        EID.replace("-", "\u200b-"),
    ],
)
def test_emirates_id_is_blocked_in_any_writing(judge: Judge, number: str) -> None:
    assert ("R-PII-EID", number) in judge(f"رقمك {number} مسجل")


def test_emirates_id_with_a_wrong_check_digit_is_a_warning(judge: Judge) -> None:
    assert judge("784-1985-0009301-3") == [("R-PII-EIDLIKE", "784-1985-0009301-3")]


@given(st.text("0123456789", min_size=11, max_size=11))
def test_every_valid_emirates_id_is_blocked(middle: str) -> None:
    """Whatever its digits, fifteen digits from 784 with a right check digit are one."""
    number = next(f"784{middle}{digit}" for digit in "0123456789" if passes_luhn(f"784{middle}{digit}"))

    found = check(f"ID {number}", Context(), contacts_from(PROFILE), shipped_rules())

    assert [(each.rule, each.start, each.end) for each in found] == [("R-PII-EID", 3, 18)]


@pytest.mark.parametrize(
    ("text", "number", "category"),
    [
        ("passport no. A0009301", "A0009301", "passport"),
        ("رقم الجواز: A٠٠٠٩٣٠٢", "A٠٠٠٩٣٠٢", "passport"),
        ("جوازكم k 0009303 جاهز", "k 0009303", "passport"),
        ("MRN 0009304", "MRN 0009304", "medical_record"),
        ("mrn#0009305", "mrn#0009305", "medical_record"),
        ("رقم الملف الطبي: MRN-0009306", "MRN-0009306", "medical_record"),
        ("ملفك الطبي رقم 0009307", "0009307", "medical_record"),
        ("patient file number 0009308", "0009308", "medical_record"),
        ("رقم ملفك هو 0009309", "0009309", "medical_record"),
    ],
)
def test_document_number_is_blocked_behind_its_label(judge: Judge, text: str, number: str, category: str) -> None:
    """Only the number is marked; MRN belongs to it."""
    (found,) = check(text, Context(public=False), contacts_from(PROFILE), shipped_rules())

    assert (found.rule, found.category) == ("R-PII-DOC", category)
    assert ("R-PII-DOC", number) in judge(text)


@pytest.mark.parametrize(
    "text",
    [
        "أحضر جواز السفر ورسوم 150 درهماً",
        "passport and 2 photos, form A12",
        "رقم ملف القضية 12345",
        "الملف الطبي مكون من 12 صفحة",
        "product A0009301 was recalled",
        "MRN is on your card",
        "7841985000930126",
        "784 beds in 2015",
    ],
)
def test_innocent_paper_passes(judge: Judge, text: str) -> None:
    assert judge(text) == []


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("إلى ص.ب 88301 دبي", "ص.ب 88301"),
        ("ص ب: ٨٨٣٠٢", "ص ب: ٨٨٣٠٢"),
        ("وصندوق بريد رقم 88303", "صندوق بريد رقم 88303"),
        ("P.O.Box: 88304", "P.O.Box: 88304"),
        ("p.o.box 88305", "p.o.box 88305"),
        ("Post Office Box 8 8 3 0 6", "Post Office Box 8 8 3 0 6"),
        ("PO BOX 7770", "PO BOX 7770"),
        ("POB 88307", "POB 88307"),
    ],
)
def test_box_is_blocked_with_its_label(judge: Judge, text: str, box: str) -> None:
    assert judge(text) == [("R-PII-POBOX", box)]


@pytest.mark.parametrize(
    "text", ["P.O. Box 777, Tel 04 555 0100", "ص.ب ٧٧٧", "صندوق البريد ممتلئ", "box 88301", "PO Box 12"]
)
def test_official_box_and_other_boxes_pass(judge: Judge, text: str) -> None:
    assert judge(text) == []
