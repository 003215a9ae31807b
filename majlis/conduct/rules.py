"""The rules as data: severity, texts and word lists, shipped as TOML beside this module and extended by more of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from majlis.text import search_key

from .finding import Severity
from .phrases import Phrases

if TYPE_CHECKING:
    from .finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the catalogue (POLICY 4)."""

    id: str
    clause: str
    """The clauses it serves, such as "C9, C11"."""
    severity: Severity
    deterministic: bool
    """Only such a rule may block."""
    triggers: tuple[str, ...]
    """Where it speaks: reply, post, hours, escalate, session."""
    ar: str
    """Text for the operator, with `{slots}`."""
    en: str
    category: str | None = None
    enabled: bool = True


class Rules:
    """The catalogue and its word lists, decoded and ready for use."""

    def __init__(self, rules: Mapping[str, Rule], words: Mapping[str, tuple[str, ...]]) -> None:
        self.rules: Mapping[str, Rule] = dict(rules)
        """By id, in the order of the catalogue."""
        self._words = dict(words)
        self.digit_words: Mapping[str, str] = self._pairs("digits")
        """Folded words for digits."""
        self.mail_providers: Mapping[str, str] = self._pairs("mail_providers")
        """Folded names to domains."""
        self.role_mailboxes: frozenset[str] = frozenset(self.words("role_mailboxes"))
        self.before_at: frozenset[str] = frozenset(self.words("before_at"))
        self.social_hosts: Mapping[str, frozenset[str]] = {
            host: frozenset(content.split()) for host, content in self._pairs("social_hosts").items()
        }
        """Hosts of social networks, each with the first path segments that are nobody's page."""
        self.by_words: tuple[str, ...] = tuple(name for name in self.rules if name in words and name not in _OTHERWISE)
        """Rules that speak when their words stand in one sentence, shipped or of the team's own."""
        self._phrases: dict[str, Phrases] = {}
        self._folded: dict[str, frozenset[str]] = {}

    def __getitem__(self, rule: str) -> Rule:
        return self.rules[rule]

    def active(self, rule: str) -> Rule | None:
        """Return a rule that is in the catalogue and enabled."""
        found = self.rules.get(rule)
        return found if found is not None and found.enabled else None

    def words(self, name: str) -> tuple[str, ...]:
        """Return a word list, empty where there is none."""
        return self._words.get(name, ())

    def phrases(self, name: str) -> Phrases:
        """Return a word list as phrases; see `phrases.py` for how they are written."""
        if name not in self._phrases:
            self._phrases[name] = Phrases(self.words(name))
        return self._phrases[name]

    def folded_words(self, name: str) -> frozenset[str]:
        """Return a word list as a set of folded words."""
        if name not in self._folded:
            self._folded[name] = frozenset(search_key(word) for word in self.words(name))
        return self._folded[name]

    def _pairs(self, name: str) -> dict[str, str]:
        """Read a word list whose entries are "word=meaning"."""
        pairs = (each.partition("=") for each in self.words(name))
        return {search_key(word): meaning for word, _, meaning in pairs}

    def text(self, finding: Finding, language: str, **facts: str) -> str:
        """Return what to tell the operator, Arabic for `ar` and English for any other language.

        Args:
            finding: What was found.
            language: Of the interface.
            facts: In place of the finding's own, such as a key the operator has changed.
        """
        rule = self.rules[finding.rule]
        template = rule.ar if language.startswith("ar") else rule.en
        return _SECOND_MARK.sub("", template.format_map(_Slots({**finding.facts, **facts})))


_OTHERWISE: Final = frozenset({"R-CLAIM-SOURCE"})
"""Rules whose words are only a part of what they look for."""


_SECOND_MARK: Final = re.compile(r"(?<=[!?…\u061f])\.(?!\S)")
"""A full stop of ours after somebody's words that end with a mark of their own."""


class _Slots(dict[str, str]):
    """Facts that leave an unknown slot as it stands."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def rules_from(*tables: Mapping[str, Any], own: Sequence[Mapping[str, Any]] = ()) -> Rules:
    """Decode rules from the TOML files of the catalogue, in order; later ones change or extend earlier ones.

    Args:
        tables: The shipped ones.
        own: An administrator's. They may change texts, severities and triggers, switch rules off, add words, and bring
            rules of their own that find words; they may neither make a heuristic block nor loosen what protects
            people's data.

    Each table has `rules` (by id; a later table may name only the fields it changes) and `words` (by name a list of
    texts; a later table adds to it).

    Raises:
        ValueError: A field is unknown, missing or wrong, or a rule blocks by heuristics; the message names it.
    """
    raw: dict[str, dict[str, Any]] = {}
    words: dict[str, tuple[str, ...]] = {}
    shipped: dict[str, dict[str, Any]] = {}
    for number, table in enumerate((*tables, *own)):
        if number == len(tables):
            shipped = {name: dict(body) for name, body in raw.items()}
        for name in table:
            if name not in {"rules", "words"}:
                raise ValueError(f"{name}: unknown field")
        for rule, body in _table("rules", table.get("rules", {})).items():
            raw.setdefault(rule, {}).update(_table(rule, body))
        for name, texts in _table("words", table.get("words", {})).items():
            words[name] = (*words.get(name, ()), *_texts(f"words.{name}", texts))
    rules = {name: _rule(name, body) for name, body in raw.items()}
    for table in own:
        _refuse_wrong_phrases(table.get("words", {}))
    for each in rules.values() if own else ():
        _refuse_overreach(each, shipped.get(each.id), words)
    return Rules(rules, words)


def _refuse_wrong_phrases(words: Mapping[str, Sequence[str]]) -> None:
    for name, texts in words.items():
        if name.startswith("R-"):
            try:
                Phrases(texts)
            except ValueError as error:
                raise ValueError(f"words.{name}: {error}") from error


def _refuse_overreach(rule: Rule, shipped: Mapping[str, Any] | None, words: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse what an administrator's file may not do to a rule."""
    if shipped is None:
        if rule.deterministic:
            raise ValueError(f"rules.{rule.id}.deterministic: a rule of your own finds words, so it is not that")
        if not words.get(rule.id):
            raise ValueError(f"words.{rule.id}: missing; a rule of your own needs the words it finds")
    elif rule.deterministic is not shipped["deterministic"]:
        raise ValueError(f"rules.{rule.id}.deterministic: this is not yours to change")
    elif _is_loosened(rule, shipped):
        raise ValueError(f"rules.{rule.id}: it protects people's contact data (C11) and stays a block")
    for text in (rule.ar, rule.en):
        _refuse_slots(rule.id, text, shipped)


def _is_loosened(rule: Rule, shipped: Mapping[str, Any]) -> bool:
    if not rule.id.startswith(_PROTECTING) or shipped["severity"] != "block":
        return False
    return rule.severity is not Severity.BLOCK or not rule.enabled or rule.triggers != tuple(shipped["triggers"])


_PROTECTING: Final = "R-PII-"
_SLOT: Final = re.compile(r"\{(\w*)\}")


def _refuse_slots(name: str, text: str, shipped: Mapping[str, Any] | None) -> None:
    known = set(_SLOT.findall(shipped["en"])) if shipped else set()
    for slot in _SLOT.findall(text):
        if slot not in known:
            raise ValueError(f"rules.{name}: nothing fills {{{slot}}}")


_NAMES: Final = frozenset(each.name for each in fields(Rule)) - {"id"}
_REQUIRED: Final = ("clause", "severity", "deterministic", "triggers", "ar", "en")


def _rule(name: str, body: Mapping[str, Any]) -> Rule:
    for key in body:
        if key not in _NAMES:
            raise ValueError(f"rules.{name}.{key}: unknown field")
    for key in _REQUIRED:
        if key not in body:
            raise ValueError(f"rules.{name}.{key}: missing")
    try:
        severity = Severity(body["severity"])
    except ValueError as error:
        raise ValueError(f"rules.{name}.severity: {body['severity']!r} is not block, warn or remind") from error
    if severity is Severity.BLOCK and not body["deterministic"]:
        raise ValueError(f"rules.{name}.severity: only a deterministic rule may block")
    triggers = _texts(f"rules.{name}.triggers", body["triggers"])
    return Rule(**{**body, "id": name, "severity": severity, "triggers": triggers})


def _table(name: str, data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ValueError(f"{name}: not a table")  # noqa: TRY004  one kind of error for wrong data
    return data


def _texts(name: str, data: Any) -> tuple[str, ...]:
    if not isinstance(data, Sequence) or isinstance(data, str) or not all(isinstance(each, str) for each in data):
        raise ValueError(f"{name}: not a list of texts")
    return tuple(data)
