"""Say by which way a private answer goes, and when each way ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from majlis.windows import Door, Window
from tui.language import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def window_text(window: Window, at: datetime, named: Callable[[datetime], str]) -> str:
    """Return one sentence or two.

    Args:
        window: When each way ends.
        at: When the answer would go out.
        named: Names a moment.
    """
    plain, until = named(window.plain_until), named(window.until)
    if window.once and window.door(at) is not Door.SHUT:
        return _("This can be answered privately once, until {until}.", until=until)
    match window.door(at):
        case Door.PLAIN if window.agent_until is not None:
            return _(
                "A private answer goes until {plain}; after that as a person's (Human Agent), until {until}.",
                plain=plain,
                until=until,
            )
        case Door.PLAIN:
            return _("A private answer goes until {plain}; then not until the person writes again.", plain=plain)
        case Door.AGENT:
            return _(
                "The 24 hours end {plain}; it goes as a person's answer (Human Agent), until {until}.",
                plain=plain,
                until=until,
            )
        case Door.SHUT:
            return _(
                "The time for a private answer ends {until}, before this goes out: the network will refuse it.",
                until=until,
            )
        case door:
            assert_never(door)
