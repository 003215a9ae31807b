"""A scenario: its header, and what happens in order of time; read from JSON Lines.

A mistake is named with its line, its field and the nearest word that would be right there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from .expected import Expect
from .rows import ClockJump, Header, Key, Operator, Wire, World
from .times import moment

Happening = World | ClockJump | Operator | Key | Wire | Expect
"""What a line after the first can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the script with its times resolved."""

    at: datetime
    line: int
    what: Happening
    written: datetime
    """When the message was written; `at` for everything else."""
    until: datetime | None = None
    """When a fault ends; until when an expectation may come true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A day of an inbox, in order of time."""

    header: Header
    steps: tuple[Step, ...]
    end: datetime
    """When there is nothing more to see."""

    def starting(self, at: datetime) -> Scenario:
        """Return the same day moved so that it begins at `at`."""
        by = at - self.header.start
        steps = (
            replace(
                step,
                at=step.at + by,
                written=step.written + by,
                until=None if step.until is None else step.until + by,
            )
            for step in self.steps
        )
        header = msgspec.structs.replace(self.header, start=at)
        return Scenario(header=header, steps=tuple(steps), end=self.end + by)

    @property
    def is_solved(self) -> bool:
        """Whether a model operator plays in it."""
        return any(isinstance(step.what, Key | Operator) and step.what.solution for step in self.steps)

    def by_hand(self) -> Scenario:
        """Return it without what its model operator does: somebody else plays that part."""
        steps = (step for step in self.steps if not (isinstance(step.what, Key | Operator) and step.what.solution))
        row = self.header.training
        end = self.end if row is None or row.until is None else moment(row.until, self.header.start)
        return replace(self, steps=tuple(step for step in steps if step.at <= end), end=end)


def built_in_day() -> Scenario:
    """Return the practice day that comes with the program."""
    return load(Path(__file__).with_name("day.jsonl"))


TRAINING: Final = ("first-day", "flood", "rumour", "emergency", "token", "closing", "colleague", "hostile")
"""Scenarios to learn by that come with the program, the easiest first."""


def training(name: str) -> Scenario:
    """Return a scenario to learn by.

    Args:
        name: One of `TRAINING`.
    """
    return load(Path(__file__).with_name("training") / f"{name}.jsonl")


def load(source: Path | str | Iterable[str]) -> Scenario:
    """Read a scenario.

    Args:
        source: A path, or the lines themselves.

    Raises:
        BadScenario: The first mistake, with its line and field.
        OSError: The file cannot be read.
    """
    from .reading import Reader  # noqa: PLC0415  it makes what is defined here

    if isinstance(source, Path | str):
        return Reader(str(source)).read_bytes(Path(source).read_bytes())
    return Reader("scenario").read(source)
