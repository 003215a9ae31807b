"""From the stored shapes of an older Majlis to those of this one: one step a number, all of them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from .rows.engine import SCHEMA

if TYPE_CHECKING:
    from .rows.database import RowDB

Step = Callable[["RowDB"], None]
"""Changes the documents of one schema into those of the next."""

STEPS: Final[Mapping[int, Step]] = {}
"""By the number they start from. Schema 1 is the first one, so nothing has to be changed yet."""


def upgrade(db: RowDB, *, to: int = SCHEMA, steps: Mapping[int, Step] = STEPS) -> int:
    """Bring a store up to date and return how many steps that took.

    Other writers wait meanwhile; a step that fails leaves the store as it was. A store that another process has just
    brought up to date is left alone.

    Args:
        db: Open, at `to` or below.
        to: The schema this program writes.
        steps: One for each number below `to`.

    Raises:
        KeyError: A step is missing: a mistake of ours.
    """
    if db.schema >= to:
        return 0
    with db.transaction():
        found = db.schema
        for number in range(found, to):
            steps[number](db)
        db.schema = to
    return to - found
