"""Rules about wording: lists, capitals, emoji, controls, length, figures."""

from __future__ import annotations

import pytest

from majlis.conduct import Contacts, Context, Rules, check, rules_from

from .conftest import Judge


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("يجب عليكم الحضور غداً", "R-TONE-COMMAND"),
        ("You must come in person.", "R-TONE-COMMAND"),
        ("Sorry, but it is your fault.", "R-TONE-BLAME"),
        ("PLEASE WAIT FOR YOUR TURN", "R-TONE-CAPS"),
        ("نضمن لكم الموافقة", "R-CLAIM-PROMISE"),
        ("Stop taking your insulin.", "R-CLAIM-MEDICAL"),
        ("صوتوا في الانتخابات", "R-REP-POLITICAL"),
        ("That clinic is useless.", "R-REP-DISPARAGE"),
        ("القرار مسودة حتى الآن", "R-REP-CONFIDENTIAL"),
        ("Buy it at DemoShop", "R-REP-ENDORSE"),
        ("ههههه والله", "R-STYLE-INFORMAL"),
        ("😀 😀 😀 😀", "R-STYLE-INFORMAL"),
        ("نتيجة تحليلك جاهزة", "R-PII-HEALTH"),
        ("اكتب رقم هاتفك في التعليقات", "R-PII-ASK"),
    ],
)
def test_wording_is_noticed(judge: Judge, text: str, rule: str) -> None:
    """One plain example of each rule."""
    assert rule in [found for found, _ in judge(text)]


@pytest.mark.parametrize(
    "text",
    [
        "يجب على الأطفال أخذ التطعيم وفق القانون",
        "You can come any day.",
        "It is not your fault, and we are sorry.",
        "MOHAP and WHO: HPV, MMR, BCG",
        "لا نستطيع أن نضمن الموافقة",
        "Please ask your doctor before you stop taking any medicine.",
        "عيدكم مبارك",
        "We regret your experience at the clinic.",
        "الأمراض الداخلية في الطابق الأول",
        "Do not buy medicines from unknown sites.",
        "أهلاً وسهلاً 😊😊",
        "نتائج الفحوصات جاهزة للجميع خلال يومين",
        "لا تكتب رقم هاتفك في التعليقات",
        "👨‍👩‍👧‍👦 1️⃣2️⃣3️⃣4️⃣5️⃣",
    ],
)
def test_kind_and_general_wording_passes(judge: Judge, text: str) -> None:
    """Offers, law, apologies, general advice and greetings are not reminded of."""
    assert judge(text) == []


def test_words_of_one_sentence_do_not_clear_another(judge: Judge) -> None:
    """Naming the doctor in the next sentence leaves the advice of the first standing."""
    assert judge("Stop taking it. Your doctor is kind.") == [("R-CLAIM-MEDICAL", "Stop taking")]
    assert judge("Stop taking it only if your doctor agrees.") == []


def test_private_message_may_ask_for_details(judge: Judge) -> None:
    """What is asked in private is where the policy wants it."""
    text = "اكتب لنا رقم هاتفك هنا"

    assert judge(text) == [("R-PII-ASK", "اكتب لنا رقم هاتفك")]
    assert judge(text, public=False) == []


def test_hidden_controls_are_marked_run_by_run(judge: Judge) -> None:
    """Each run of controls in the original is one finding; the joiner inside an emoji is none."""
    assert judge("a\u202e\u2066b\u200bc 👩\u200d⚕️") == [("R-STYLE-BIDI", "\u202e\u2066"), ("R-STYLE-BIDI", "\u200b")]


@pytest.mark.parametrize(
    ("context", "size", "over"),
    [
        (Context(network="x"), 280, None),
        (Context(network="twitter"), 281, "1"),
        (Context(network="x", public=False), 281, None),
        (Context(network="facebook"), 8000, None),
        (Context(network="facebook"), 8003, "3"),
        (Context(network="facebook", public=False), 2001, "1"),
        (Context(network="youtube"), 10001, "1"),
        (Context(network="mastodon"), 99999, None),
    ],
)
def test_text_over_the_limit_is_blocked(
    rules: Rules, contacts: Contacts, context: Context, size: int, over: str | None
) -> None:
    """The block says by how much the text is too long, as its network counts."""
    found = check("ن" * size, context, contacts, rules)

    assert [each.facts["n"] for each in found if each.rule == "R-STYLE-LONG"] == ([over] if over else [])


def test_links_count_as_the_network_counts_them(judge: Judge) -> None:
    """Twenty short domains are too much for X although they have few letters."""
    assert ("R-STYLE-LONG", None) in judge("ae.org " * 20, network="x")


def test_figure_without_source_is_a_reminder_in_posts_only(judge: Judge) -> None:
    """A post with a health figure names its source or links to it."""
    assert judge("30% من المرضى مدخنون", kind="post") == [("R-CLAIM-SOURCE", "30%")]
    assert judge("30% من المرضى مدخنون", kind="reply") == []
    assert judge("30% من المرضى مدخنون، وفق منظمة الصحة", kind="post") == []
    assert judge("30% من المرضى مدخنون ministry.example", kind="post") == []
    assert judge("خصم 30% على رسوم المواقف", kind="post") == []


def test_administrator_adds_a_phrase_without_code(contacts: Contacts) -> None:
    """A list in a further file makes a rule speak about new words, and another clears them."""
    rule = {"clause": "C6", "severity": "remind", "deterministic": False, "triggers": ["reply"], "ar": "ا", "en": "a"}
    base = {"rules": {"R-STYLE-INFORMAL": rule}, "words": {"R-STYLE-INFORMAL": ["yalla"]}}
    more = {"words": {"R-STYLE-INFORMAL": ["هيا ... بسرعة"], "R-STYLE-INFORMAL.not": ["من فضلك"]}}

    def found(text: str) -> int:
        return len(check(text, Context(), contacts, rules_from(base, more)))

    assert [found("yalla"), found("هيا تعالوا بسرعة"), found("هيا تعالوا بسرعة من فضلك"), found("هيا")] == [1, 1, 0, 0]


LONG = "The new centre offers " + ", ".join(["vaccines"] * 27)
"""31 words."""


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (f"It is open. {LONG}. Come!", f" {LONG}."),
        ("يقدم المركز " + "خدمة " * 28 + "جديدة.", None),
        ("Short sentence here, really short. " * 17, None),
    ],
)
def test_a_post_that_goes_on_and_on_is_reminded_of(judge: Judge, text: str, marked: str | None) -> None:
    """More than 30 words in a sentence, or more than 80 in a paragraph; a reply may be as long as it must."""
    found = judge(text, kind="post", network="facebook")

    assert [rule for rule, _ in found] == ["R-STYLE-PLAIN"]
    assert marked is None or found[0][1] == marked
    assert "R-STYLE-PLAIN" not in [rule for rule, _ in judge(text, network="facebook")]


@pytest.mark.parametrize(
    "text",
    [
        "The new centre offers " + ", ".join(["vaccines"] * 26) + ".",
        "Open from Sunday.\n" * 40,
        "يفتح المركز يوم الأحد.\n\n" * 30,
        "The centre is open. " + " ".join(["#صحة_الجميع"] * 40),
        "Hours: " + " ".join(["7:30-14:30"] * 40),
        "Our pages: " + "https://moh-sample.example/services/vaccines-for-children " * 12,
    ],
)
def test_lists_links_and_hashtags_are_no_long_sentence(judge: Judge, text: str) -> None:
    """What is short in each line, or is not read as words, is left alone."""
    assert "R-STYLE-PLAIN" not in [rule for rule, _ in judge(text, kind="post", network="facebook")]


def test_the_reminder_says_how_many_words(rules: Rules, contacts: Contacts) -> None:
    """In both languages."""
    (found,) = check(f"{LONG}.", Context(kind="post", network="facebook"), contacts, rules)

    assert rules.text(found, "en").startswith("31 words without a break.")
    assert rules.text(found, "ar").startswith("31 كلمة دون توقف.")
