"""A scenario: its header, and what happens in order of time; read from JSON Lines.

A mistake is named with its line, its field and the nearest word that would be right there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from .expected import Expect
from .rows import ClockJump, Header, Key, Operator, Wire, World

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


def built_in_day() -> Scenario:
    """Return the practice day that comes with the program."""
    return load(Path(__file__).with_name("day.jsonl"))


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
