"""Judging a text: order, texts, contacts, rules as data, and the check verb."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.conduct import (
    Contacts,
    Context,
    Finding,
    Rules,
    Severity,
    check,
    contacts_from,
    personal,
    rules_from,
    text_check,
)

from .conftest import PROFILE, shipped_rules

RULES = shipped_rules()
CONTACTS = contacts_from(PROFILE)
TEXTS = st.text(
    st.one_of(st.sampled_from("0591٠٥+@.() -/atdoخمسةص.ب\u200b\u2066\u0301ﷺ👍\n"), st.characters()), max_size=60
)

CONTACT_DATA = (
    "0500009001",
    "maha@example.com",
    "ص.ب 123",
    "784-1990-1234567-1",
    "facebook.com/maha",
    "@maha",
    "800 1",
)
"""One of each kind, more or less."""


@pytest.mark.parametrize("question", ["متى يفتح؟", "When does it open?", "Now!"])
def test_a_reminder_sets_one_mark_behind_somebodys_words(question: str) -> None:
    """The person's own, where there is one."""
    found = Finding(rule="R-DIR-NOANSWER", severity=Severity.REMIND, facts={"question": question})

    assert f"{question} " in RULES.text(found, "ar")
    assert f"{question} " in RULES.text(found, "en")


def test_findings_come_most_severe_first(rules: Rules, contacts: Contacts) -> None:
    """A block stands before a warning, then the place decides."""
    text = "اتصل 800 12345 أو 0500009001 أو maha@example.com"

    found = check(text, Context(), contacts, rules)

    assert [each.rule for each in found] == ["R-PII-PHONE", "R-PII-EMAIL", "R-PII-TOLL"]


def test_text_of_a_finding_names_the_official_contact(rules: Rules, contacts: Contacts) -> None:
    """A block names the remedy, in the operator's language (D15)."""
    (found,) = check("0500009001", Context(), contacts, rules)

    assert rules.text(found, "ar") == "في النص رقم هاتف غير رسمي. الأفضل رقم الوزارة: 80055500."
    assert rules.text(found, "en") == "This text has a phone number that is not official. Use the ministry's: 80055500."


def test_text_without_listed_contact_points_to_the_ministry(rules: Rules) -> None:
    """Where the profile lists no number, the remedy is the ministry by name."""
    contacts = contacts_from({"organisation": {"ar": "وزارة المثال"}})

    (found,) = check("maha@example.com", Context(), contacts, rules)

    assert rules.text(found, "ar").endswith("وزارة المثال.")


@given(TEXTS)
def test_any_text_is_judged_and_spans_lie_inside(text: str) -> None:
    """Whatever is typed, spans are half-open parts of the original."""
    for found in check(text, Context(), CONTACTS, RULES):
        if found.start is not None and found.end is not None:
            assert 0 <= found.start < found.end <= len(text)


@given(st.lists(st.one_of(TEXTS, st.sampled_from(CONTACT_DATA)), max_size=4).map(" ".join))
def test_contact_data_alone_is_what_all_rules_find_of_it(text: str) -> None:
    """An incoming text is asked for nothing else, and nothing is overlooked for that."""
    everything = check(text, Context(), CONTACTS, RULES)

    assert personal(text, CONTACTS, RULES) == tuple(each for each in everything if each.category is not None)


@given(TEXTS, st.sampled_from(["0500009001", "+971500009001", "maha@example.com"]))
def test_contact_data_is_found_in_any_surroundings(text: str, contact: str) -> None:
    """On a line of its own nothing around it hides a number or an address."""
    found = check(f"{text}\n{contact}\n{text}", Context(), CONTACTS, RULES)

    assert any(each.severity is Severity.BLOCK for each in found)


def test_import_does_not_load_the_numbering_plans() -> None:
    """The plans cost 50 ms, so they wait for the first text with a number."""
    code = "import sys, majlis.conduct.engine; sys.exit('phonenumbers' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_later_rules_change_and_extend_earlier_ones(rules: Rules, contacts: Contacts) -> None:
    """An administrator changes one field and adds words without touching the shipped files."""
    base = {name: vars_of(rules, name) for name in rules.rules}
    extra = {
        "rules": {"R-PII-TOLL": {"enabled": False}, "R-PII-MAILBOX": {"severity": "remind"}},
        "words": {"role_mailboxes": ["maha"]},
    }
    changed = rules_from({"rules": base, "words": {"role_mailboxes": ["info"]}}, extra)

    assert check("call 800 12345", Context(), contacts, changed) == ()
    assert check("maha@ministry.example", Context(), contacts, changed) == ()
    (found,) = check("sara@ministry.example", Context(), contacts, changed)
    assert found.severity is Severity.REMIND


def vars_of(rules: Rules, name: str) -> dict[str, Any]:
    """Return a rule in the form of the files."""
    rule = rules[name]
    return {
        "clause": rule.clause,
        "severity": rule.severity.value,
        "deterministic": rule.deterministic,
        "triggers": list(rule.triggers),
        "ar": rule.ar,
        "en": rule.en,
    }


def test_every_shipped_rule_has_both_languages(rules: Rules) -> None:
    """Each rule has a text in Arabic and in English whose slots agree."""
    assert len(rules.rules) == 38
    for rule in rules.rules.values():
        assert any("\u0620" <= char <= "\u064a" for char in rule.ar)
        assert rule.en.isascii()
        assert {part.split("}")[0] for part in rule.ar.split("{")[1:]} == {
            part.split("}")[0] for part in rule.en.split("{")[1:]
        }


GOOD_RULE = {"clause": "C1", "severity": "warn", "deterministic": False, "triggers": ["reply"], "ar": "ا", "en": "a"}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"rule": {}}, "rule: unknown field"),
        ({"rules": []}, "rules: not a table"),
        ({"rules": {"R-A": {"clause": "C1"}}}, r"rules\.R-A\.severity: missing"),
        ({"rules": {"R-A": {**GOOD_RULE, "severity": "stop"}}}, r"rules\.R-A\.severity: 'stop' is not"),
        ({"rules": {"R-A": {**GOOD_RULE, "severity": "block"}}}, "only a deterministic rule may block"),
        ({"rules": {"R-A": {**GOOD_RULE, "triggers": "reply"}}}, r"rules\.R-A\.triggers: not a list"),
        ({"rules": {"R-A": {**GOOD_RULE, "colour": "red"}}}, r"rules\.R-A\.colour: unknown field"),
        ({"words": {"a": "b"}}, r"words\.a: not a list"),
    ],
)
def test_wrong_rules_name_their_field(table: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        rules_from(table)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"phone": []}, "phone: unknown field"),
        ({"phones": "998"}, "phones: '998' is not a list"),
        ({"phones": [998]}, r"phones\[0\]: 998 is not a text"),
        ({"organisation": "x"}, "organisation: not a table"),
        ([], "contacts: not a table"),
    ],
)
def test_wrong_contacts_name_their_field(data: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        contacts_from(data)


def test_check_row_answers_with_findings(rules: Rules, contacts: Contacts) -> None:
    """Rule, severity, category and span of each finding; fields that do not apply are absent."""
    row = {"id": "a", "text": "راسل maha@example.com", "kind": "post", "context": {"network": "twitter"}, "other": 1}

    assert text_check(row, contacts, rules) == {
        "id": "a",
        "blocked": True,
        "findings": [{"rule": "R-PII-EMAIL", "severity": "block", "category": "email", "start": 5, "end": 21}],
    }
    assert text_check({"id": "b", "text": "أهلاً بكم"}, contacts, rules) == {"id": "b", "blocked": False, "findings": []}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"id": 1}, "text: missing"),
        ({"text": "a"}, "id: missing"),
        ({"id": 1, "text": 5}, "text: 5 is not a text"),
        ({"id": 1, "text": "a", "kind": "memo"}, "kind: 'memo'"),
        ({"id": 1, "text": "a", "public": "no"}, "public: 'no'"),
        ({"id": 1, "text": "a", "context": []}, None),
        ({"id": 1, "text": "a", "context": [1]}, "context: not a table"),
        ({"id": 1, "text": "a", "context": {"thread_handles": "@a"}}, "thread_handles: not a list"),
        ({"id": 1, "text": "a", "context": {"network": 5}}, "network: 5 is not a text"),
    ],
)
def test_check_row_names_the_wrong_field(
    rules: Rules, contacts: Contacts, row: dict[str, Any], complaint: str | None
) -> None:
    if complaint is None:
        assert text_check(row, contacts, rules)["blocked"] is False
        return
    with pytest.raises(ValueError, match=complaint):
        text_check(row, contacts, rules)


@pytest.mark.parametrize(
    ("text", "public", "expected"),
    [
        ("0500009001", False, Severity.WARN),
        ("+971 50 000 9001", False, Severity.WARN),
        ("0500009002", False, Severity.BLOCK),
        ("0500009001", True, Severity.BLOCK),
    ],
)
def test_a_profile_may_only_warn_of_a_persons_own_data_in_private(
    text: str, public: bool, expected: Severity, rules: Rules, contacts: Contacts
) -> None:
    """Their own number as they gave it, in private; anybody else's stays blocked, and so does all in public (D12)."""
    context = Context(item="رقمي 0500009001", public=public, own_data_warns=True)

    assert check(text, context, contacts, rules)[0].severity is expected
    assert check(text, Context(item="رقمي 0500009001", public=False), contacts, rules)[0].severity is Severity.BLOCK
