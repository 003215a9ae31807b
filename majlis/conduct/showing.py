"""Which findings an operator is shown at once, so that reminders stay rare enough to be read (POLICY D20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .finding import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .finding import Finding

MOST: Final = 3
"""Warnings and reminders that wait for an answer at the same time. Source: POLICY D20."""


def in_sight(
    findings: Iterable[Finding], acknowledged: Collection[str] = (), read: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Return what to show of what was found: one finding for each rule, in order.

    Args:
        findings: The most severe first, as `check` gives them.
        acknowledged: Rules whose warnings are confirmed; they stay in sight and count no more.
        read: Rules that have spoken about this draft before; a reminder does not speak twice.

    Returns:
        Every block and every confirmed warning, and the first `MOST` of the rest; the next one moves up when one is
        confirmed.
    """
    seen: set[str] = set()
    shown: list[Finding] = []
    waiting = 0
    for finding in findings:
        if finding.rule in seen or (finding.severity is Severity.REMIND and finding.rule in read):
            continue
        seen.add(finding.rule)
        is_open = finding.severity is not Severity.BLOCK and finding.rule not in acknowledged
        waiting += is_open
        if not is_open or waiting <= MOST:
            shown.append(finding)
    return tuple(shown)


def outcomes(read: Iterable[str], found: Collection[str]) -> list[tuple[str, str]]:
    """Return what became of each rule that spoke about a text that now goes out: heeded, or dismissed."""
    return [(rule, "dismissed" if rule in found else "heeded") for rule in dict.fromkeys(read)]
