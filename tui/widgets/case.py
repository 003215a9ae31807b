"""How a case is drawn: what is owed, the note, the thread before, the message, and what happened since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.strip import Strip

from majlis.escalation import CASE_OPEN
from majlis.masking import cover
from majlis.message import Network, Urgency
from tui.language import _, from_right, word
from tui.times import when
from tui.widgets.lines import one_row, paragraphs, ui_field
from tui.widgets.rows import FULL_NAMES

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.escalation import Case
    from majlis.hours import ServiceHours

_LABEL: Final = 12
"""Columns of what stands before a value."""


def case_lines(case: Case, width: int, now: datetime, hours: ServiceHours, *, contact: bool) -> list[Strip]:
    """Return a case as lines of this width.

    Args:
        case: What is shown.
        width: Columns.
        now: The time, for what is late.
        hours: Whose zone times are in.
        contact: Whether what the person gave to be reached by may be read.
    """
    return [
        *_head(case, width, now, hours, contact=contact),
        Strip.blank(width),
        *_words(case, width, now, hours, contact=contact),
        *_steps(case, width, now, hours),
    ]


def _head(case: Case, width: int, now: datetime, hours: ServiceHours, *, contact: bool) -> list[Strip]:
    packet = case.packet

    def row(label: str, value: str, style: str | None = None) -> Strip:
        return one_row([ui_field(label, _LABEL, "head"), ui_field(value, None, style)], width)

    def owed(at: datetime, *, is_due: bool) -> str | None:
        return "late" if is_due and at < now else None

    handle = f"@{packet.handle}" if packet.handle and packet.name else ""
    is_open = case.state in CASE_OPEN
    is_taken = case.last("acknowledge") is not None
    lines = [
        row(_("Case"), f"{case.id} · {word(case.state)}"),
        row(
            _("Reason"),
            f"{word(case.reason)} · {word(case.urgency)}",
            "urgent" if case.urgency is Urgency.IMMEDIATE else None,
        ),
        row(
            _("Take it by"),
            when(case.acknowledge_by, now, hours),
            owed(case.acknowledge_by, is_due=is_open and not is_taken),
        ),
        row(_("Answer by"), when(case.answer_by, now, hours), owed(case.answer_by, is_due=is_open)),
        row(_("From"), f"{_person(case)} {handle}".strip() + f" · {_(FULL_NAMES[Network(packet.network)])}"),
        row(_("Operator"), f"{case.operator} · {when(case.created_at, now, hours)}"),
    ]
    if packet.contact:
        given = "  ".join(packet.contact) if contact else _("covered; x opens it, and the look is logged")
        lines.append(row(_("Reached by"), given, None if contact else "quiet"))
    if case.note:
        lines += [row(_("Note"), ""), *inset(paragraphs(case.note, width - 2, style="memo"))]
    return lines


def _words(case: Case, width: int, now: datetime, hours: ServiceHours, *, contact: bool) -> list[Strip]:
    """Return the thread before the message, the message, and what was said in public meanwhile."""
    packet = case.packet
    covered = () if contact else packet.contact
    lines: list[Strip] = []
    for line in packet.earlier:
        author = _("us") if line.ours else line.author or _("somebody")
        lines.append(one_row([ui_field(f"{author}  {when(line.at, now, hours)}", None, "quiet")], width))
        style = "ours" if line.ours else "quiet"
        lines += inset(paragraphs(cover(line.text, covered), width - 2, style=style, ui=False))
    lines.append(one_row([ui_field(f"{_person(case)}  {when(packet.at, now, hours)}", None, "head")], width))
    lines += inset(paragraphs(cover(packet.text, covered), width - 2, ui=False))
    if case.holding:
        lines.append(one_row([ui_field(_("said in public meanwhile"), None, "quiet")], width))
        lines += inset(paragraphs(case.holding, width - 2, style="ours", ui=False))
    return lines


def _steps(case: Case, width: int, now: datetime, hours: ServiceHours) -> list[Strip]:
    lines = [Strip.blank(width)] if case.steps else []
    for step in case.steps:
        head = f"{word(step.step)} · {step.by} · {when(step.at, now, hours)}"
        lines.append(one_row([ui_field(head, None, "head")], width))
        if step.text:
            lines += inset(paragraphs(step.text, width - 2, style="memo", ui=False))
    return lines


def _person(case: Case) -> str:
    return case.packet.name or _("unknown person")


def inset(lines: list[Strip]) -> list[Strip]:
    """Leave two blank columns where the interface begins."""
    gap = Strip.blank(2)
    return [Strip.join([line, gap] if from_right() else [gap, line]) for line in lines]
