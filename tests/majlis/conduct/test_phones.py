"""R-PII-PHONE and R-PII-TOLL: numbers in any writing, and what only looks like one."""

from __future__ import annotations

import pytest

from .conftest import Judge


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("اتصل على 0500009001", "0500009001"),
        ("0500009001", "0500009001"),
        ("رقمها +971 50 000 9001 للاستفسار", "+971 50 000 9001"),
        ("00971500009001", "00971500009001"),
        ("971500009001", "971500009001"),
        ("(050) 000-9001", "050) 000-9001"),
        ("050.000.90.01", "050.000.90.01"),
        ("0 5 0 0 0 0 9 0 0 1", "0 5 0 0 0 0 9 0 0 1"),
        ("050-00 09/001", "050-00 09/001"),
        ("050,000,9001", "050,000,9001"),
        ("٠٥٠٠٠٠٩٠٠١", "٠٥٠٠٠٠٩٠٠١"),
        ("۰۵۰۰۰۰۹۰۰۱", "۰۵۰۰۰۰۹۰۰۱"),  # Persian digits
        ("０５０００００９００１"[:10], "０５０００００９００１"[:10]),  # full width
        ("0️⃣5️⃣0️⃣0️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1", "0️⃣5️⃣0️⃣0️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1"),  # keycaps
        ("05\u200b0000\u200f9001", "05\u200b0000\u200f9001"),  # zero width and a mark inside
        ("\u20660500009001\u2069", "0500009001"),  # isolates around stay outside
        ("رقمي0500009001شكرا", "0500009001"),  # glued to letters
        ("call0500009001now", "0500009001"),
        ("04-555-0199", "04-555-0199"),
        ("هاتف 4 555 0199", "4 555 0199"),
        ("500009001", "500009001"),
        ("50-000-9001", "50-000-9001"),
        ("O5O OOO 9OO1", "O5O OOO 9OO1"),
        ("+44 7700 900123", "+44 7700 900123"),
        ("+966 50 000 9001", "+966 50 000 9001"),
        ("واتساب 966500009001", "966500009001"),
        ("five zero zero zero zero nine zero zero one", "five zero zero zero zero nine zero zero one"),
        (
            "zero five double zero double zero nine double zero one",
            "zero five double zero double zero nine double zero one",
        ),
        ("صفر خمسة صفر صفر صفر صفر تسعة صفر صفر واحد", "صفر خمسة صفر صفر صفر صفر تسعة صفر صفر واحد"),
        ("صفر خمسة صفر ٠٠٠ ٩٠٠١", "صفر خمسة صفر ٠٠٠ ٩٠٠١"),
        ("sifr khamsa sifr 000 9001", "sifr khamsa sifr 000 9001"),
    ],
)
def test_private_number_is_blocked_with_its_span(judge: Judge, text: str, number: str) -> None:
    """From its first digit or plus sign to its last digit, whatever the digits and what parts them."""
    assert [each for each in judge(text) if each[0] == "R-PII-PHONE"] == [("R-PII-PHONE", number)]


def test_each_number_of_several_is_found(judge: Judge) -> None:
    """Two numbers in one run of digits are two findings."""
    assert judge("0500009001 / 0520009002") == [("R-PII-PHONE", "0500009001"), ("R-PII-PHONE", "0520009002")]
    assert judge("998 / 0500009001") == [("R-PII-PHONE", "0500009001")]


@pytest.mark.parametrize(
    "text",
    [
        "اتصل على 80055500",
        "الخط الساخن ٨٠٠ ٥٥٥٠٠",
        "+971 800 55500",
        "+971 4 555 0100",
        "هاتف 04 555 0100",
        "للطوارئ 998 أو 999",
        "eight zero zero five five five zero zero",
    ],
)
def test_official_number_passes(judge: Judge, text: str) -> None:
    """A listed number passes in whatever form it is written."""
    assert judge(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "طلبك رقم 2015-0509009 قيد الدراسة",
        "قرار رقم 38 لسنة 2014-2015",
        "يوم 05-09-2015 الساعة 10:30",
        "2015/04/05 - 2015/06/07",
        "من 7:30 إلى 14:30",
        "السعر 1,500,000 درهم",
        "استفاد 500000000 شخص",
        "80000 مستفيد",
        "بلغ العدد 80000 جرعة",
        "الجرعة 250 ملغ كل 12 ساعة",
        "رقم الطلب 25550199",
        "invoice no. 45550199",
        "ref: 042221234",
        "25 50 100 150 200 250 300",
        "one two three four five six seven eight",
        "#صحة2015 #covid19",
        "المادة 11 من القانون 8",
        "+18 سنة",
        "+1500000 مستفيد",
        "لديكم 3 أيام و 12 ساعة و 30 دقيقة",
        "ISBN 978-9948-00-000-1",
        "بطاقة 4000 0000 0000 0000",
    ],
)
def test_innocent_number_passes(judge: Judge, text: str) -> None:
    """Dates, hours, prices, counts, references and doses are left alone."""
    assert judge(text) == []


def test_unknown_toll_free_number_is_a_warning_only_with_a_cue(judge: Judge) -> None:
    """The same digits are a number after "call" and a count elsewhere."""
    assert judge("اتصل على 800 12345") == [("R-PII-TOLL", "800 12345")]
    assert judge("call 600 522222") == [("R-PII-TOLL", "600 522222")]
    assert judge("+971 800 12345") == [("R-PII-TOLL", "+971 800 12345")]
    assert judge("800 12345") == []


def test_longer_number_is_not_the_official_one(judge: Judge) -> None:
    """One more digit makes another number (D13)."""
    assert judge("اتصل على 800555001") == [("R-PII-TOLL", "800555001")]
