"""The shipped rules, invented official contacts, and a short way to ask what is found."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Protocol

import pytest

import majlis.conduct
from majlis.conduct import Contacts, Context, Finding, Rules, check, contacts_from, rules_from

PROFILE: dict[str, Any] = {
    "organisation": {"ar": "وزارة المثال", "en": "Example Ministry"},
    "domains": ["ministry.example"],
    "emails": ["info@ministry.example", "care@ministry.example"],
    "phones": ["80055500", "+97145550100"],
    "emergency_numbers": ["998", "999", "997", "112"],
    "po_boxes": ["777"],
    "handles": ["@ministry_example"],
    "partner_handles": ["@example_ambulance"],
    "pages": ["facebook.com/MinistryExample", "x.com/ministry_example", "youtube.com/@ministry_example"],
    "default_region": "AE",
}


def shipped_rules() -> Rules:
    """Return the rules as the program ships them."""
    here = Path(majlis.conduct.__file__).parent
    return rules_from(
        *(tomllib.loads((here / name).read_text(encoding="utf-8")) for name in ("catalogue.toml", "words.toml"))
    )


@pytest.fixture(scope="session")
def rules() -> Rules:
    return shipped_rules()


@pytest.fixture(scope="session")
def contacts() -> Contacts:
    return contacts_from(PROFILE)


class Judge(Protocol):
    """Judges a text and shortens the answer."""

    def __call__(self, text: str, **context: Any) -> list[tuple[str, str | None]]:
        """Return rule and marked text of each finding, in order."""
        ...


@pytest.fixture(scope="session")
def judge(rules: Rules, contacts: Contacts) -> Judge:
    def judged(text: str, **context: Any) -> list[tuple[str, str | None]]:
        findings = check(text, Context(**context), contacts, rules)
        return [(each.rule, marked(text, each)) for each in findings]

    return judged


def marked(text: str, finding: Finding) -> str | None:
    """Return the part of a text that a finding marks."""
    return None if finding.start is None else text[finding.start : finding.end]
