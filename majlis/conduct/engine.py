"""Judges a text by every rule of the catalogue, and answers `majlis check text`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from . import dealing, wording
from .draft import Detector, Draft, Hit
from .finding import Context, Finding, Severity
from .privacy import echoed_data, private_data, unknown_links

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contacts import Contacts
    from .rules import Rules

_DETECTORS: Final[tuple[Detector, ...]] = (
    private_data,
    echoed_data,
    unknown_links,
    wording.listed_wording,
    wording.capitals,
    wording.many_emoji,
    wording.hidden_controls,
    wording.over_length,
    wording.open_slots,
    wording.long_winded,
    wording.unsourced_figures,
    dealing.canned_reply,
    dealing.unanswered_question,
    dealing.other_language,
    dealing.taken_message,
    dealing.needed_escalation,
)


def check(text: str, context: Context, contacts: Contacts, rules: Rules) -> tuple[Finding, ...]:
    """Judge an outgoing text.

    Args:
        text: Exactly what would be sent; it is never changed (D17).
        context: Where it is going and what it answers.
        contacts: What is official.
        rules: The catalogue in force.

    Returns:
        Findings, the most severe first, then by place. Spans are half-open, in code points of `text`.
    """
    draft = Draft(text, context, contacts, rules)
    found = [finding for detect in _DETECTORS for hit in detect(draft) for finding in _finding(draft, hit)]
    if context.own_data_warns and not context.public:
        found = _softened(found)
    return tuple(sorted(found, key=lambda each: (each.severity.rank, each.start or 0, each.end or 0, each.rule)))


def _softened(found: list[Finding]) -> list[Finding]:
    """Turn blocks into warnings where the text only repeats what the person gave themselves (D12)."""
    own = {(each.start, each.end) for each in found if each.rule == "R-PII-ECHO"}
    return [
        replace(each, severity=Severity.WARN)
        if each.severity is Severity.BLOCK and each.rule.startswith("R-PII-") and (each.start, each.end) in own
        else each
        for each in found
    ]


def personal(text: str, contacts: Contacts, rules: Rules) -> tuple[Finding, ...]:
    """Find contact data that is not official in an incoming text; of all the rules only those about it are asked.

    Returns:
        Findings by place, each with its category and its span.
    """
    draft = Draft(text, Context(network="facebook", public=True, kind="reply"), contacts, rules)
    found = [finding for hit in private_data(draft) for finding in _finding(draft, hit)]
    return tuple(sorted(found, key=lambda each: (each.severity.rank, each.start or 0, each.end or 0, each.rule)))


def _finding(draft: Draft, hit: Hit) -> Iterator[Finding]:
    """Give a hit its severity and its place in the original text; nothing where the rule does not speak."""
    rule = draft.rules.active(hit.rule)
    if rule is None or draft.context.kind not in rule.triggers:
        return
    yield Finding(
        rule=rule.id,
        severity=rule.severity,
        category=hit.category or rule.category,
        start=hit.start,
        end=hit.end,
        facts=hit.facts,
    )


class Suggested(Protocol):
    """What triage thinks of the message answered."""

    @property
    def reason(self) -> str | None:
        """For what it would go to customer service."""
        ...

    @property
    def urgency(self) -> str | None:
        """How fast somebody has to look; `immediate` where somebody may be in danger."""
        ...


Triage = Callable[[str, Sequence[str], str], Suggested]


def text_check(
    row: Mapping[str, Any], contacts: Contacts, rules: Rules, triage: Triage | None = None
) -> dict[str, Any]:
    """Answer one row of `majlis check text`.

    Args:
        row: `id`, `text`, and optionally `kind` (reply), `public` (true), `context` with `network`, `reply_to`,
            `thread_handles`, `item`, `sent`.
        contacts: What is official.
        rules: The catalogue in force.
        triage: Reads `context.item`, for the rules about escalation; without it they are silent.

    Returns:
        `id`, `blocked`, `findings` with `rule`, `severity` and, where they apply, `category`, `start`, `end`.

    Raises:
        ValueError: A field is missing or of the wrong kind; the message names it.
    """
    context = _context(row)
    if triage and context.item:
        suggested = triage(context.item, (), context.network)
        context = replace(context, escalation=suggested.reason, urgent=suggested.urgency == "immediate")
    findings = check(_text(row, "text"), context, contacts, rules)
    return {
        "id": _present(row, "id"),
        "blocked": any(finding.severity is Severity.BLOCK for finding in findings),
        "findings": [_shown(finding) for finding in findings],
    }


def _shown(finding: Finding) -> dict[str, Any]:
    shown: dict[str, Any] = {"rule": finding.rule, "severity": finding.severity.value}
    if finding.category is not None:
        shown["category"] = finding.category
    if finding.start is not None:
        shown |= {"start": finding.start, "end": finding.end}
    return shown


def _context(row: Mapping[str, Any]) -> Context:
    given = row.get("context") or {}
    if not isinstance(given, Mapping):
        raise ValueError("context: not a table")  # noqa: TRY004  one kind of error for wrong data
    public = row.get("public", True)
    if not isinstance(public, bool):
        raise ValueError(f"public: {public!r} is not true or false")  # noqa: TRY004  one kind of error for wrong data
    return Context(
        network=_text(given, "network") if given.get("network") is not None else "facebook",
        public=public,
        kind=_kind(row),
        reply_to=_text(given, "reply_to") if given.get("reply_to") is not None else None,
        thread_handles=_texts(given, "thread_handles"),
        item=_text(given, "item") if given.get("item") is not None else None,
        sent=_texts(given, "sent"),
    )


def _kind(row: Mapping[str, Any]) -> Literal["reply", "post"]:
    match row.get("kind") or "reply":
        case "reply":
            return "reply"
        case "post":
            return "post"
        case other:
            raise ValueError(f"kind: {other!r} is not reply or post")


def _present(row: Mapping[str, Any], name: str) -> Any:
    if row.get(name) is None:
        raise ValueError(f"{name}: missing")
    return row[name]


def _text(row: Mapping[str, Any], name: str) -> str:
    value = _present(row, name)
    if not isinstance(value, str):
        raise ValueError(f"{name}: {value!r} is not a text")  # noqa: TRY004  one kind of error for wrong data
    return value


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name) or ()
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{name}: not a list of texts")
    return tuple(value)
