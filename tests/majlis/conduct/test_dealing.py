"""Rules about whom a reply is for: canned, unanswered, other language, double, escalation, echo."""

from __future__ import annotations

import pytest

from .conftest import Judge

SENT = (
    "@citizen_b شكراً لتواصلك معنا، نسعد بخدمتك دائماً",
    "مرحباً مريم، شكراً لتواصلك معنا، نسعد بخدمتك دائماً.",
    "شكرا لتواصلك معنا نسعد بخدمتك دائما",
)


def test_same_words_to_three_people_are_a_warning(judge: Judge) -> None:
    """Handle, greeting and name do not make a reply another one; two earlier ones are not yet three."""
    text = "@citizen_a شكراً لتواصلك معنا، نسعد بخدمتك دائماً"

    assert ("R-DIR-CANNED", None) in judge(text, reply_to="@citizen_a", sent=SENT)
    assert judge(text, reply_to="@citizen_a", sent=SENT[:2]) == []


def test_reply_with_something_of_its_own_is_not_canned(judge: Judge) -> None:
    text = "شكراً لتواصلك معنا يا نورة، عيادة الأسنان تفتح الأحد ونسعد بخدمتك"

    assert judge(text, author_name="نورة", sent=SENT) == []


@pytest.mark.parametrize(
    ("item", "text", "is_answer"),
    [
        ("متى تفتح عيادة الأسنان؟", "شكراً لمتابعتكم", False),
        ("متى تفتح عيادة الأسنان؟", "العيادات تفتح صباح الأحد", True),
        ("متى تفتح عيادة الأسنان؟", "من 8 إلى 2", True),
        ("كيف أجدد البطاقة؟", "التفاصيل على ministry.example", True),
        ("كيف أجدد البطاقة؟", "راسلنا على الخاص", True),
        ("كيف أجدد البطاقة؟", "كل عام وأنتم بخير", False),
        ("How do I renew the card?", "Have a nice day!", False),
        ("How do I renew the card?", "Cards are renewed at any centre.", True),
        ("شكراً على الفيديو", "كل عام وأنتم بخير", True),
    ],
)
def test_question_without_an_answer_is_a_reminder(judge: Judge, item: str, text: str, is_answer: bool) -> None:
    """An answer shares a word, gives a link, a figure where one was asked, or a next step."""
    assert (("R-DIR-NOANSWER", None) not in judge(text, item=item)) is is_answer


@pytest.mark.parametrize(
    ("item", "text", "is_reminded"),
    [
        ("متى يفتح المركز؟", "The centre opens at eight.", True),
        ("When does the centre open?", "المركز يفتح الساعة الثامنة", True),
        ("When does the centre open?", "The centre opens at eight.", False),
        ("aymta bifta7 el markaz?", "المركز يفتح الساعة الثامنة", False),
        ("👍", "شكراً لكم", False),
    ],
)
def test_other_language_is_a_reminder(judge: Judge, item: str, text: str, is_reminded: bool) -> None:
    """Arabic in Latin letters may be answered in either script."""
    assert (("R-DIR-LANG", None) in judge(text, item=item)) is is_reminded


def test_colleague_and_escalation_are_told(judge: Judge) -> None:
    """Who is at it, what customer service should get, and what cannot wait."""
    assert judge("نعم", taken_by="hamad") == [("R-DIR-DOUBLE", None)]
    assert judge("نعم", escalation="payment") == [("R-ESC-NEEDED", None)]
    assert judge("نعم", escalation="emergency", urgent=True) == [("R-ESC-URGENT", None)]


@pytest.mark.parametrize(
    ("item", "text", "echoed"),
    [
        ("رقمي ٠٥٠٠٠٠٩٣٠١", "سنتصل على 0500009301", "0500009301"),
        ("رقمي 0500009301", "سنتصل على +971 50 000 9301", "+971 50 000 9301"),
        ("هاتفي 45550199", "سنتصل: 4555-0199", "4555-0199"),
        ("mail me: sara@example.com", "We wrote to sara (at) example (dot) com", "sara (at) example (dot) com"),
        ("ملفي MRN 0009301", "وجدنا الملف MRN-0009301", "MRN-0009301"),
    ],
)
def test_repeated_contact_data_is_blocked(judge: Judge, item: str, text: str, echoed: str) -> None:
    """The person gave it; our reply must not give it again, in whatever writing."""
    assert ("R-PII-ECHO", echoed) in judge(text, item=item)


def test_official_data_in_the_message_may_be_repeated(judge: Judge) -> None:
    item = "اتصلت على 80055500 ولم يرد أحد"

    assert not [rule for rule, _ in judge("الرقم 80055500 يعمل الآن", item=item) if rule == "R-PII-ECHO"]
