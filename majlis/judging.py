"""How findings are weighed before anything goes out: what blocks, and which warnings nobody has confirmed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conduct import Severity
from .errors import Blocked, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .conduct import Finding


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that stop a text, whoever confirms them."""
    return tuple(f for f in findings if f.severity is Severity.BLOCK)


def warned(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the rules whose warnings have to be confirmed, each once, in the order found."""
    return tuple(dict.fromkeys(f.rule for f in findings if f.severity is Severity.WARN))


def unconfirmed(findings: Iterable[Finding], acknowledged: Collection[str]) -> tuple[str, ...]:
    """Return the rules whose warnings nobody has confirmed, each once, in the order found."""
    return tuple(rule for rule in warned(findings) if rule not in acknowledged)


def refuse(findings: Collection[Finding], acknowledged: Collection[str]) -> None:
    """Refuse what may not go out like this; nothing is written here.

    Raises:
        Blocked: A finding stops the text.
        Unconfirmed: A warning has not been confirmed.
    """
    blocks = blocking(findings)
    if blocks:
        raise Blocked(findings=blocks, rules=", ".join(dict.fromkeys(f.rule for f in blocks)))
    waiting = unconfirmed(findings, acknowledged)
    if waiting:
        raise Unconfirmed(findings=tuple(f for f in findings if f.rule in waiting), rules=", ".join(waiting))
