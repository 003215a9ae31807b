"""One text under judgement, with what every detector wants to know about it, found once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from .folding import folded
from .pieces import find_pieces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .contacts import Contacts
    from .finding import Context
    from .folding import Folded
    from .piece import Piece
    from .rules import Rules


class Draft:
    """A text on its way out."""

    def __init__(self, text: str, context: Context, contacts: Contacts, rules: Rules) -> None:
        self.text = text
        self.context = context
        self.contacts = contacts
        self.rules = rules

    @cached_property
    def folded(self) -> Folded:
        """The form that detectors read."""
        return folded(self.text)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The contact data in it, official or not."""
        return find_pieces(self.folded.key, self.contacts.default_region, self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that applies, before its severity is looked up."""

    rule: str
    start: int | None = None
    """In characters of the folded key, half-open; `None` for the whole text."""
    end: int | None = None
    category: str | None = None
    """Where the rule has more than one."""
    facts: Mapping[str, str] = field(default_factory=dict)


Detector = Callable[[Draft], Iterable[Hit]]
