"""How a post of ours is drawn: each target as its network shows it, what the rules say, and what became of it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from textual.strip import Strip

from majlis.conduct import Severity
from tui.language import N_, _, ngettext, retold, word
from tui.times import when
from tui.widgets.case import inset
from tui.widgets.lines import one_row, paragraphs, ui_field
from tui.widgets.rows import FULL_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from majlis.hours import ServiceHours
    from majlis.outcome import PostReview
    from majlis.publishing import Outgoing

_WORDS: Final = {
    Severity.BLOCK: N_("stops it"),
    Severity.WARN: N_("warning"),
    Severity.REMIND: N_("reminder"),
}
_REMINDERS: Final = 3
"""Reminders shown at once (D20)."""


def post_lines(
    review: PostReview,
    width: int,
    now: datetime,
    hours: ServiceHours,
    *,
    said: Mapping[str, str],
    acknowledged: tuple[str, ...],
) -> list[Strip]:
    """Return a post as lines of this width.

    Args:
        review: What is shown.
        width: Columns.
        now: The time.
        hours: Whose zone times are in.
        said: Rule → what it says, in the language in force.
        acknowledged: Rules whose warnings are confirmed.
    """
    post = review.post
    at = when(post.publish_at, now, hours) if post.publish_at is not None else _("no time yet")
    lines = [_row(f"{word(post.kind)} · {word(post.state)} · {at} · {post.author}", width, "head")]
    if review.lacking is not None:
        lines += paragraphs(_("Not ready: {what}.", what=word(review.lacking)), width, style="warn")
    lines += _findings(review, width, said, acknowledged)
    for shown in review.shown:
        lines += [Strip.blank(width), *_target(review, shown, width)]
    if post.steps:
        lines.append(Strip.blank(width))
    for step in post.steps:
        if step.step == "write" and step is not post.steps[0]:
            continue  # every pause in typing is one
        lines.append(_row(f"{word(step.step)} · {step.by} · {when(step.at, now, hours)}", width, "quiet"))
        if step.text:
            lines += inset(paragraphs(step.text, width - 2, style="memo", ui=False))
    return lines


def _row(text: str, width: int, style: str | None = None) -> Strip:
    return one_row([ui_field(text, None, style)], width)


def _target(review: PostReview, shown: Outgoing, width: int) -> list[Strip]:
    """Return one target: where, how long, its text, card and pictures, and its outcome."""
    target = shown.target
    length = _("{length} of {limit} as the network counts", length=shown.length, limit=shown.limit)
    head = f"{target.account} · {_(FULL_NAMES[target.network])} · {word(target.version)} · {length}"
    lines = [_row(head, width, "block" if shown.length > shown.limit else "bar")]
    spans = [(f.start, f.end, "finding") for f in shown.findings if f.start is not None and f.end is not None]
    lines += inset(paragraphs(shown.text, width - 2, ui=False, spans=spans)) if shown.text.strip() else []
    if shown.link:
        lines += inset(paragraphs(_("card: {link}", link=shown.link), width - 2, style="link"))
    for picture in review.post.pictures:
        lines += inset(paragraphs(_("picture: {alt}", alt=picture.alt or _("not described")), width - 2, style="quiet"))
    for entry in review.entries:
        if (entry.account, entry.text) == (target.account, shown.text):
            link = entry.receipt.link if entry.receipt else None
            lines.append(_row(f"{word(entry.state)}  {link or ''}".rstrip(), width, "notice"))
            if entry.problem:
                lines += inset(paragraphs(retold(entry.problem), width - 2, style="problem"))
    return lines


def _findings(review: PostReview, width: int, said: Mapping[str, str], acknowledged: tuple[str, ...]) -> list[Strip]:
    lines: list[Strip] = []
    numbers = count(1)
    reminders = 0
    for rule, text in said.items():
        severity = next(finding.severity for finding in review.findings if finding.rule == rule)
        if severity is Severity.REMIND:
            reminders += 1
            if reminders > _REMINDERS:
                continue
        mark = _(_WORDS[severity])
        if severity is Severity.WARN:
            number = next(numbers)
            mark = _("confirmed") if rule in acknowledged else f"{number} {mark}"
        lines += paragraphs(f"[{mark}] {text}", width, style=str(severity))
    waiting = len(review.unconfirmed)
    if waiting:
        text = ngettext(
            "{n} warning waits: its number confirms it.", "{n} warnings wait: their numbers confirm them.", waiting
        )
        lines += paragraphs(text, width, style="notice")
    return lines
