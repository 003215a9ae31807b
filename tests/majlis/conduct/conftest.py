"""The shipped rules, invented official contacts, and a short way to ask what is found."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Protocol

import pytest

import majlis.conduct
from majlis.conduct import Contacts, Context, Finding, Rules, check, contacts_from, rules_from

DATA = Path(__file__).resolve().parents[2] / "data" / "policy"
PROFILE: dict[str, Any] = json.loads((DATA / "profile.json").read_text(encoding="utf-8"))


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
