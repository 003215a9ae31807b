"""Triage: what a message is about, how urgent, whose it is, and why it says so."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import majlis
from majlis.conduct import contacts_from, text_check
from majlis.doubt import FILLING, Doubt, doubt, weights_from
from majlis.signs import Signs
from majlis.sorting import MAY_BE_DANGER
from majlis.triage import Cues, Suggestion, cues_from, folded_message, suggest, triage_check
from tests.policy import learn

from .conduct.conftest import DATA, PROFILE, shipped_rules

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
TABLE = tomllib.loads((Path(majlis.__file__).parent / "triage.toml").read_text(encoding="utf-8"))
RULES = shipped_rules()
WEIGHTS = weights_from(json.loads(learn.FILE.read_text(encoding="utf-8")), learn.signs())
CUES = cues_from(TABLE, RULES, contacts_from(PROFILE), weights=WEIGHTS)
Row = dict[str, Any]


def judged(text: str, *thread: str) -> Suggestion:
    return suggest(text, thread, "facebook", CUES)


# Measures


def rows_of(half: str, kind: str = "incoming") -> list[Row]:
    return [json.loads(line) for line in (DATA / f"{kind}_{half}.jsonl").read_text(encoding="utf-8").splitlines()]


def answered(rows: list[Row], cues: Cues = CUES) -> list[tuple[Row, Row, Row]]:
    """Return row, labels and answer of each citizen's message."""
    return [
        (row, row["labels"], answer)
        for row, answer in zip(rows, triage_check(rows, cues), strict=True)
        if row["labels"] is not None
    ]


def escalation_scores(rows: list[Row], cues: Cues = CUES) -> tuple[float, float]:
    """Return recall and precision of escalation."""
    pairs = [(labels["should_escalate"], answer["should_escalate"]) for _, labels, answer in answered(rows, cues)]
    right = sum(wanted and given for wanted, given in pairs)
    return right / sum(wanted for wanted, _ in pairs), right / sum(given for _, given in pairs)


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_danger_to_life_is_never_missed(half: str) -> None:
    """Every urgent message takes the urgent path, in Arabic, its dialects, Arabic in Latin letters and English."""
    rows = [(row, labels, answer) for row, labels, answer in answered(rows_of(half)) if labels["route"] == "urgent"]

    assert len(rows) > 20
    assert [row["text"] for row, _, answer in rows if answer["route"] != "urgent"] == []


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_urgent_path_stays_believable(half: str) -> None:
    """At most one in twenty messages on it does not belong there; more, and operators stop looking."""
    urgent = [labels["route"] for _, labels, answer in answered(rows_of(half)) if answer["route"] == "urgent"]

    assert urgent.count("urgent") / len(urgent) >= 0.95


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_danger_in_many_voices_is_told_from_what_only_sounds_like_it(half: str) -> None:
    """Idioms, complaints of the past, questions, news and thanks use the words of danger too."""
    pairs = [
        (labels["route"] == "urgent", answer["route"] == "urgent")
        for _, labels, answer in answered(rows_of(half, "danger"))
    ]
    right = sum(wanted and given for wanted, given in pairs)

    assert right / sum(wanted for wanted, _ in pairs) >= 0.95
    assert right / sum(given for _, given in pairs) >= {"tune": 0.9, "measure": 0.92}[half]


def test_danger_told_by_others_is_seen() -> None:
    """By writers who knew neither cues nor weights; a little under what was counted before anybody read them."""
    urgent: dict[str, list[bool]] = {}
    for _, labels, answer in answered(rows_of("blind", "danger")):
        group = "danger" if labels["route"] == "urgent" else labels["category"]
        urgent.setdefault(group, []).append(answer["route"] == "urgent")
    share = {group: sum(given) / len(given) for group, given in urgent.items()}

    assert share["danger"] >= 0.92
    assert share["other"] <= 0.25, "what is written to sound like danger"
    assert share["inquiry_service"] <= 0.05, "ordinary messages"


def test_ordinary_messages_rarely_come_up_first() -> None:
    """Questions, complaints, thanks and talk of a day, never learned from; a little over what was counted at first."""
    raised = [judged(row["text"]) for row in rows_of("blind", "ordinary")]

    assert sum(each.route == "urgent" for each in raised) / len(raised) <= 0.09
    assert sum(each.why[:1] == (MAY_BE_DANGER,) for each in raised) / len(raised) <= 0.05


@pytest.mark.parametrize(("half", "most_doubtful"), [("fresh", 0.03), ("third", 0.05)])
def test_another_writers_ordinary_messages_rarely_come_up_first(half: str, most_doubtful: float) -> None:
    """Many services, more dialects, never learned from; a little over what was counted at first."""
    raised = [judged(row["text"]) for row in rows_of(half, "ordinary")]

    assert sum(each.route == "urgent" for each in raised) / len(raised) <= 0.065
    assert sum(each.why[:1] == (MAY_BE_DANGER,) for each in raised) / len(raised) <= most_doubtful


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_escalation_is_found_and_mostly_right(half: str) -> None:
    recall, precision = escalation_scores(rows_of(half))

    assert recall >= 0.85
    assert precision >= 0.75


@pytest.mark.parametrize("half", ["tune", "measure"])
def test_category_reason_and_urgency_are_mostly_right(half: str) -> None:
    """Nine in ten suggestions need no correction."""
    rows = answered(rows_of(half))

    for name in ("category", "reason", "urgency", "route"):
        assert sum(labels[name] == answer[name] for _, labels, answer in rows) / len(rows) >= 0.9, name


def test_labels_are_sound() -> None:
    """No text stands in both halves, and there are enough of them."""
    texts = [
        {row["text"] for kind in ("incoming", "danger") for row in rows_of(half, kind)} for half in ("tune", "measure")
    ]
    texts[0] |= {row["text"] for row in rows_of("tune", "ordinary")}
    texts[1] |= {row["text"] for kind in ("danger", "ordinary") for row in rows_of("blind", kind)}
    texts[1] |= {row["text"] for row in rows_of("fresh", "ordinary")}

    assert texts[0] & texts[1] == set()
    assert len(texts[0]) + len(texts[1]) >= 200


def test_sample_inbox_is_sorted_right() -> None:
    """The sample messages: every urgent one urgent, escalation as asked, and an answer for every line."""
    if not SAMPLES.is_dir():
        pytest.skip("needs ../shared, the project's shared data")
    contacts = contacts_from(json.loads((SAMPLES / "conduct_profile.json").read_text(encoding="utf-8")))
    rows = [json.loads(line) for line in (SAMPLES / "inbox.jsonl").read_text(encoding="utf-8").splitlines()]
    cues = cues_from(TABLE, RULES, contacts, weights=WEIGHTS)

    recall, precision = escalation_scores(rows, cues)

    assert recall >= 0.85
    assert precision >= 0.75
    assert all(answer["route"] == "urgent" for _, labels, answer in answered(rows, cues) if labels["route"] == "urgent")
    assert [answer["id"] for answer in triage_check(rows, cues)] == [row["id"] for row in rows]


@pytest.mark.parametrize(
    "text", ["التطعيم متوفر حق الأطفال تحت سنتين؟", "هل الدواء موجود في الصيدلية؟", "اللقاح متوفر عندكم؟"]
)
def test_asking_whether_it_is_there_is_no_complaint(text: str) -> None:
    assert judged(text).route == "operator"


@pytest.mark.parametrize(
    ("text", "urgency"),
    [("السلام عليكم، متى يفتح المركز؟", "normal"), ("Thank you. When do you open?", "normal"), ("السلام عليكم", "low")],
)
def test_question_behind_a_greeting_is_a_question(text: str, urgency: str) -> None:
    assert judged(text).urgency == urgency


@pytest.mark.parametrize("text", ["الدواء مب متوفر من شهر", "التطعيم غير متوفر", "اللقاح مو موجود"])
def test_saying_that_it_is_not_there_is_one(text: str) -> None:
    assert judged(text).reason == "facility_complaint"


# Danger, and what only sounds like it


@pytest.mark.parametrize(
    "text",
    [
        "قتلني الملل وأنا أنتظر دوري",  # boredom killed me
        "متى أموت من كثر الانتظار ههه",
        "فديت قلبك يا دكتور بموت من الفرح",
        "الجو حر نموت",
        "ودي اموت من القهر من خدمتكم",
        "إعلان الحملة خطف قلبي",
        "this clinic is to die for, lovely staff",
        "You guys are killing it!",
        "my phone died while waiting",
        "I fell in love with your new clinic design",
        "طاح النت عندكم؟ الموقع ما يرد",
    ],
)
def test_idiom_is_no_danger(text: str) -> None:
    assert judged(text).route != "urgent"


@pytest.mark.parametrize(
    "text",
    [
        "ما هي الإسعافات الأولية للحروق؟",
        "كيف أتصرف عند حدوث اختناق؟",
        "هل الجلطة وراثية؟",
        "What are the signs of a heart attack?",
        "Is there a suicide prevention hotline in UAE?",
        "متى تبدأ حملة التوعية بمخاطر التسمم الغذائي؟",
    ],
)
def test_question_about_danger_is_a_question(text: str) -> None:
    found = judged(text)

    assert found.category in {"inquiry_health", "inquiry_service"}
    assert found.route == "operator"


@pytest.mark.parametrize(
    "text",
    [
        "توفي والدي العام الماضي لأن الإسعاف تأخر ولم يرد علينا أحد",
        "Last month my father was unconscious and your emergency room made us wait an hour",
        "العام الماضي نزف أخي في قسم الطوارئ ولم يهتم أحد",
    ],
)
def test_past_emergency_told_as_a_complaint_is_a_complaint(text: str) -> None:
    found = judged(text)

    assert (found.category, found.route) == ("complaint", "customer_service")


@pytest.mark.parametrize(
    "text",
    [
        "قبل شهر أصيب بجلطة والآن لا يتنفس",
        "ما هي الإسعافات؟ ابني يختنق الآن",
        "He had a stroke last year and now he is unconscious",
    ],
)
def test_now_outweighs_past_and_question(text: str) -> None:
    """Whatever else is told, danger now is urgent."""
    assert judged(text).route == "urgent"


def test_drawn_out_letters_do_not_hide_danger() -> None:
    assert judged("الحقوووووني امي ما تتنفسسسس").route == "urgent"


@pytest.mark.parametrize("text", ["أختي مبتتنفسش", "الولاد مابيتنفسوش"])
def test_not_may_be_glued_around_the_verb(text: str) -> None:
    """As Egyptians write it: my sister does not breathe."""
    assert judged(text).route == "urgent"


@given(
    st.sampled_from(["لا يتنفس والدي", "I want to kill myself", "بنتي بلعت بطارية", "there is a bomb in the hospital"]),
    st.sampled_from(["السلام عليكم", "شكراً لكم", "رقمي 0500009401", "Hello team", "موعدي الأحد", "😢"]),
)
def test_danger_wins_over_everything_beside_it(danger: str, other: str) -> None:
    """Thanks, a booking or a phone number in the same message change nothing."""
    assert judged(f"{other}. {danger}").route == judged(f"{danger}! {other}").route == "urgent"


@pytest.mark.parametrize(
    "text",
    [
        "if a child swallows a battery what should we do",
        "لو شخص اختنق شو نسوي؟ للتوعية",  # Arabic: if a person chokes, what do we do? for awareness
        "الحمد لله تعافى أبي بعد الجلطة",  # Arabic: thank God, my father recovered from the stroke
        "Can stress trigger a seizure in adults?",
        "which number is poison control, it is for our school poster",
    ],
)
def test_what_is_only_supposed_or_over_is_no_danger(text: str) -> None:
    assert judged(text).route != "urgent"


@pytest.mark.parametrize(
    "text",
    [
        "if he is choking what do I do, he is blue now",
        "لو سمحت ابني يختنق الحين",  # Arabic: please, my son is choking now
        "my son recovered last year but right now he is unconscious",
    ],
)
def test_a_person_in_danger_now_outweighs_a_supposition(text: str) -> None:
    assert judged(text).route == "urgent"


# Doubt


def test_words_no_phrase_names_give_rise_to_doubt() -> None:
    """And the operator is told which of them weighed most."""
    phrases = cues_from(TABLE, RULES, contacts_from(PROFILE))
    text = "He went under in the hotel pool, now he coughs pink foam and only wants to sleep, do we let him"

    assert suggest(text, (), "facebook", phrases).route != "urgent"
    found = judged(text)
    assert found.route == "urgent"
    assert found.why


def weighed(text: str) -> Doubt | None:
    return doubt(WEIGHTS.signs.read(folded_message(text)), (), WEIGHTS)


def test_a_few_ordinary_words_raise_no_doubt() -> None:
    assert weighed("good morning") is None


@given(st.lists(st.sampled_from(sorted(FILLING)), min_size=1, max_size=20))
def test_words_that_tell_nothing_raise_no_doubt(words: list[str]) -> None:
    """Whom, when and whether, in whatever order and number."""
    assert weighed(" ".join(words)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Is the flu shot also free for residents and what do I bring?",
        "والدتي مصابة بالسكري ما الطعام المناسب لها",
        "how common are seizures after fever",
        "the app crashed twice today and i cant wake it up lol",
    ],
)
def test_an_ordinary_question_is_no_emergency(text: str) -> None:
    assert judged(text).route != "urgent"


def test_some_doubt_raises_a_message_without_calling_it_urgent() -> None:
    """It keeps its place and route, and says that it may be danger."""
    doubtful = replace(WEIGHTS, enough=1.0, enough_if_plain=1.0)
    cues = cues_from(TABLE, RULES, contacts_from(PROFILE), weights=doubtful)
    text = "He went under in the hotel pool, now he coughs pink foam and only wants to sleep, do we let him"

    found = suggest(text, (), "facebook", cues)

    assert (found.route, found.urgency, found.why[0]) == ("operator", "high", MAY_BE_DANGER)
    assert found.why[1:]


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [("ما يتنفس", "ma yetnaffas"), ("الدم", "eldam"), ("يصرخ", "ysarekh")],
)
def test_a_word_sounds_the_same_in_both_scripts(arabic: str, latin: str) -> None:
    """What is learned of it in one counts in the other; the article and the beginning of a verb may stay."""
    one, other = (WEIGHTS.signs.read(folded_message(f"{text} 7a9al el3een")) for text in (arabic, latin))

    assert one[-3].text != other[-3].text
    assert WEIGHTS.signs.read(arabic)[-1].sounds[-2:] == other[-3].sounds[-2:]


def test_signs_turn_round_behind_a_word_that_denies() -> None:
    words = WEIGHTS.signs.read(folded_message("ابني لا يتنفس"))

    assert words[-1].signs
    assert all(sign.startswith("!") for sign in words[-1].signs)


@pytest.mark.parametrize("table", [{}, {"signs": []}, {"signs": {"breath": 1}}])
def test_signs_that_are_none_are_refused(table: Row) -> None:
    with pytest.raises(ValueError, match="signs"):
        Signs(table)


def test_weights_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        weights_from({"bias": 0.0, "whether": []}, learn.signs())


@pytest.mark.slow
def test_the_shipped_weights_are_what_learning_gives() -> None:
    """From the tuning half alone."""
    assert learn.learned(learn.rows()) == json.loads(learn.FILE.read_text(encoding="utf-8"))


# Reasons


def test_staff_and_rudeness_change_the_reason() -> None:
    assert judged("الممرضة صرخت على أمي").reason == "staff_complaint"
    assert judged("انتظرنا ثلاث ساعات والمركز غير نظيف").reason == "facility_complaint"


def test_published_contact_data_is_a_matter_of_privacy() -> None:
    """Somebody's own number is; an official one is not."""
    found = judged("هذا رقمي ٠٥٠٠٠٠٩٤٠١")

    assert (found.category, found.reason, found.urgency) == ("privacy", "privacy_exposure", "high")
    assert found.why == ("phone",)
    assert judged("اتصلت على 80055500 أمس").category != "privacy"


def test_same_here_follows_the_message_before() -> None:
    """A short agreement is about what it agrees with, but never urgent by itself."""
    assert judged("وأنا كمان", "انتظرنا ثلاث ساعات", "شكراً").reason == "facility_complaint"
    assert judged("same here", "He is not breathing").route == "operator"
    assert judged("وأنا كمان").category == "other"


def test_suggestion_says_why() -> None:
    """Up to three places that led there, as they stand in the message."""
    assert judged("انخصمت الرسوم").why == ("انخصمت الرسوم",)
    assert judged("ولدي شرب كلوركس").why == ("شرب كلوركس", "شرب + كلوركس")
    assert judged("متى تفتح العيادة؟").why == ()


# Rows


def test_ministry_rows_answer_with_nulls_and_threads_are_followed() -> None:
    """Earlier lines are the thread; the parent counts most; a wrong line is answered and the rest goes on."""
    rows: list[Row] = [
        {"id": "a", "thread_id": "t", "from_ministry": True, "text": "افتتاح عيادة"},
        {"id": "b", "thread_id": "t", "text": "انخصمت الرسوم مرتين من بطاقتي"},
        {"id": "c", "thread_id": "t", "text": "انتظرنا ثلاث ساعات"},
        {"id": "d", "thread_id": "t", "parent_id": "b", "text": "نفس المشكلة"},
        {"id": "e"},
        {"text": "x"},
        {"id": "f", "thread_id": "u", "text": "نفس المشكلة"},
    ]

    answers = list(triage_check(rows, CUES))

    assert answers[0] == {
        "id": "a",
        "category": None,
        "should_escalate": None,
        "reason": None,
        "urgency": None,
        "route": None,
        "why": None,
    }
    assert [answer.get("reason") for answer in answers[1:4]] == ["payment", "facility_complaint", "payment"]
    assert answers[4] == {"id": "e", "error": "text: missing or not a text"}
    assert answers[5] == {"error": "id: missing or not a text"}
    assert answers[6]["reason"] is None


def test_reply_to_a_message_for_customer_service_is_warned_about() -> None:
    """The check verb asks triage about the message answered."""
    triage = partial(suggest, cues=CUES)

    def rules_for(item: str) -> list[str]:
        row = {"id": 1, "text": "نعم، سنتابع", "context": {"item": item}}
        return [each["rule"] for each in text_check(row, contacts_from(PROFILE), RULES, triage)["findings"]]

    assert rules_for("انخصمت الرسوم مرتين") == ["R-ESC-NEEDED"]
    assert rules_for("والدي لا يتنفس") == ["R-ESC-URGENT"]
    assert rules_for("متى تفتح العيادة؟") == []


# Data


@given(st.text(max_size=80))
def test_any_text_gets_a_suggestion(text: str) -> None:
    found = judged(text)

    assert found.should_escalate is (found.reason is not None)
    assert found.urgency in {"immediate", "high", "normal", "low"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"categorys": []}, "categorys: unknown field"),
        ({"lists": {"a": "b"}}, r"lists\.a: not a list"),
        ({"lists": {"a": ["..."]}}, r"lists\.a: not a phrase"),
        ({"categories": [{}]}, "categories: one has no name"),
        ({"categories": [{"name": "a", "urgency": "low"}]}, r"categories\.a\.route: missing"),
        ({"categories": [{"name": "a", "urgency": "low", "route": "x", "strength": 1}]}, r"a\.strength: unknown field"),
        ({"categories": [{"name": "a", "urgency": "low", "route": "x", "all": [["b"]]}]}, "no list named 'b'"),
    ],
)
def test_wrong_cues_name_their_field(change: Row, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        cues_from(change, RULES)


def test_administrator_adds_a_cue_without_code() -> None:
    """One more phrase in the data sorts one more kind of message."""
    category = {"name": "parking", "urgency": "low", "route": "operator", "strong": ["valet"]}
    table = {**TABLE, "categories": [*TABLE["categories"], category]}

    assert suggest("valet", (), "x", cues_from(table, RULES)).category == "parking"
    assert judged("valet").category == "other"
