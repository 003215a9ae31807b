"""One call of the program: its options, its settings, where it prints and what it opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from majlis.errors import MajlisError
    from tui.cli.output import Printer
    from tui.config import Settings


@dataclass(slots=True, kw_only=True)
class Call:
    """What a verb is given beside its arguments."""

    printer: Printer
    env: Mapping[str, str]
    stdin: TextIO
    read: Settings | MajlisError
    """The settings, or why they could not be read: some verbs do without."""
    verb: str = ""
    site_option: str | None = None
    """`--site`, as given."""
    store_option: str | None = None
    """`--store`, as given."""

    @property
    def settings(self) -> Settings:
        """The settings in force.

        Raises:
            BadSettings: They could not be read.
        """
        if isinstance(self.read, Exception):
            raise self.read
        return self.read
