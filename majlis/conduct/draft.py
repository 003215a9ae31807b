"""One text under judgement, with what every detector wants to know about it, found once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from .folding import folded
from .pieces import Pieces, find_pieces
from .sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .contacts import Contacts
    from .finding import Context
    from .folding import Folded
    from .rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that applies, before its severity is looked up."""

    rule: str
    start: int | None = None
    """In code points of the original text, half-open; `None` for the whole text."""
    end: int | None = None
    category: str | None = None
    """Where the rule has more than one."""
    facts: Mapping[str, str] = field(default_factory=dict)


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

    @property
    def key(self) -> str:
        """The folded text."""
        return self.folded.key

    @cached_property
    def pieces(self) -> Pieces:
        """The contact data and links in it, official or not."""
        return find_pieces(self.key, self.contacts.default_region, self.rules)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Where its sentences stand in the key."""
        return sentences(self.key)

    @cached_property
    def item_pieces(self) -> Pieces:
        """The contact data in the message answered."""
        return find_pieces(folded(self.context.item or "").key, self.contacts.default_region, self.rules)

    def hit(self, rule: str, start: int, end: int, *, category: str | None = None, **facts: str) -> Hit:
        """Return a hit at a place of the key."""
        start, end = self.folded.span(start, end)
        return Hit(rule=rule, start=start, end=end, category=category, facts=facts)


Detector = Callable[[Draft], Iterable[Hit]]
