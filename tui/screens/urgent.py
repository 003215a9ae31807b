"""Somebody may be in danger: whom to call, who was told, and a safe public line in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from majlis.lines import SERVICES
from tui.language import _, code
from tui.screens.dialogs import PickScreen
from tui.widgets.lines import paragraphs

if TYPE_CHECKING:
    from textual.strip import Strip

    from majlis.policy import Policy


class UrgentScreen(PickScreen):
    """Comes up when the case is made already; what is picked is only the public line."""

    def __init__(self, policy: Policy, case: str) -> None:
        options = [_("A public line in Arabic"), _("A public line in English"), _("Nothing in public now")]
        super().__init__(_("Danger: {case} is with customer service", case=case), options)
        self._policy = policy

    def lines(self, width: int) -> list[Strip]:
        """Return numbers and duty contact above the choice."""
        policy, names = self._policy, SERVICES[code()]
        numbers = " · ".join(f"{number} {names.get(reached, reached)}" for number, reached in policy.emergency_numbers)
        rows = paragraphs(_("Emergency numbers: {numbers}", numbers=numbers), width, style="urgent")
        if policy.duty_contact:
            rows += paragraphs(_("On duty: {name}", name=policy.duty_contact), width, style="head")
        told = ", ".join(policy.escalation_targets)
        rows += paragraphs(
            _("Told at once: {targets}.", targets=told)
            if told
            else _("No way outside this program is set up: tell customer service yourself as well."),
            width,
            style="notice" if told else "problem",
        )
        rows += paragraphs(_("u takes the case back if this was a mistake."), width, style="quiet")
        return [*rows, *super().lines(width)]
