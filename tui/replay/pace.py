"""How the time of a replay passes before somebody who watches: it stands, steps, hurries, or goes as fast as asked."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from connectors.scenario.times import LONGEST, BadTime, moment, written
from tui.language import _

if TYPE_CHECKING:
    from datetime import tzinfo

    from connectors.clock import TunedClock
    from connectors.scenario import Scenario

SPEEDS: Final = (1.0, 2.0, 5.0, 20.0, 100.0)
HURRY: Final = 3600.0
"""How much faster than a clock it goes to where somebody wants to be: everything on the way happens, in its order."""
LINGERS: Final = timedelta(seconds=1)
"""How long after a line a step stands, so that what follows from it is there; never behind the next one."""

NAME: Final = 24
"""Characters of a scenario's name in the banner, which has to hold how far it is, how fast it goes, and a warning."""
_SPAN: Final = re.compile(r"\+(?=\d)(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?")


def reached(text: str, start: datetime, zone: tzinfo | None = None) -> datetime:
    """Return the moment that somebody at a terminal names.

    Args:
        text: As `at` of a line; also `+2h`, `+1h30m`, and an instant without a zone.
        start: When the scenario begins.
        zone: Of instants that carry none; None: they are refused.

    Raises:
        BadTime: It is nothing of this, or more than a year away.
    """
    if found := _SPAN.fullmatch(text):
        hours, minutes, seconds = (int(each or 0) for each in found.groups())
        after = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if after > LONGEST:
            raise BadTime(f"{text!r} is longer than a year")
        return start + after
    if zone is not None and "T" in text and (at := _instant(text)) is not None and at.tzinfo is None:
        text = at.replace(tzinfo=zone).isoformat()
    return moment(text, start)


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _shortened(name: str) -> str:
    """Return a name that leaves room beside it; no mark is parted from its letter."""
    if len(name) <= NAME:
        return name
    at = NAME - 1
    while at > 0 and unicodedata.combining(name[at]):
        at -= 1
    return f"{name[:at].rstrip()}…"


class Player:
    """Says how fast a replay's clock goes; the screen's keys ask for it."""

    def __init__(self, scenario: Scenario, clock: TunedClock, *, speed: float, paused: bool) -> None:
        """Take what is played, its clock, and how fast it goes when it does not stand."""
        self._scenario = scenario
        self._clock = clock
        self._speed = speed
        self._hurrying: asyncio.Task[None] | None = None
        clock.tune(0 if paused else speed)

    def told(self) -> str:
        """Return what the banner says."""
        at = self._clock.now()
        at -= timedelta(microseconds=at.microsecond)
        name, at_text = _shortened(self._scenario.header.name), written(at, self._scenario.header.start)
        if not self._clock.speed:
            return _("REPLAY {at}, standing; nothing here is real: “{name}”", at=at_text, name=name)
        if self._is_hurrying:
            return _("REPLAY {at}, hurrying; nothing here is real: “{name}”", at=at_text, name=name)
        fast = f"{self._clock.speed:g}×"
        return _("REPLAY {at}, {speed}; nothing here is real: “{name}”", at=at_text, speed=fast, name=name)

    def hold(self) -> None:
        """Stand still, or go on."""
        is_going = self._clock.speed > 0
        self._stay()
        self._clock.tune(0 if is_going else self._speed)

    def step(self) -> None:
        """Go to the next line that happens, and stand there; behind the last one nothing changes."""
        ahead = sorted({step.at for step in self._scenario.steps if step.at > self._clock.now()})
        if ahead:
            after = ahead[0] + LINGERS
            self._hurry(min(after, *ahead[1:2]) if len(ahead) > 1 else after, 0)

    def faster(self) -> None:
        """Go faster; from the fastest, as fast as a clock."""
        self._stay()
        self._speed = next((speed for speed in SPEEDS if speed > self._speed), SPEEDS[0])
        self._clock.tune(self._speed)

    def slower(self) -> None:
        """Go slower; no slower than a clock."""
        self._stay()
        self._speed = max((speed for speed in SPEEDS if speed < self._speed), default=SPEEDS[0])
        self._clock.tune(self._speed)

    def jump(self, text: str) -> str | None:
        """Hurry to a time; return what is wrong with it, if anything."""
        try:
            at = reached(text.strip(), self._scenario.header.start)
        except BadTime:
            return _("This is no time of a scenario: {text}.", text=text)
        if at <= self._clock.now():
            return _("That has passed, and time goes forward alone. Start the replay anew with --until.")
        self._hurry(at, self._clock.speed if not self._is_hurrying else self._speed)
        return None

    @property
    def _is_hurrying(self) -> bool:
        return self._hurrying is not None and not self._hurrying.done()

    def _stay(self) -> None:
        if self._hurrying is not None:
            self._hurrying.cancel()

    def _hurry(self, at: datetime, then: float) -> None:
        self._stay()
        self._clock.tune(HURRY, until=at)

        async def go() -> None:
            await self._clock.sleep_until(at)
            self._clock.tune(then)

        self._hurrying = asyncio.create_task(go())
