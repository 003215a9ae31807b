"""The conduct rules of the policy: what an outgoing text must not, should not and had better say.

Findings speak in code points of the text as given. Rules, texts and word lists are data: `catalogue.toml` and
`words.toml` beside this module, read by whoever puts the program together and passed in as values.

Each name is loaded when it is asked for (PEP 562): lists and help need severities and hours, not what reads a draft.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .contacts import Contacts, contacts_from
    from .dealing import core
    from .engine import check, personal, text_check
    from .finding import Context, Finding, Severity
    from .moments import check_escalation, check_hours, check_session
    from .rules import Rule, Rules, rules_from
    from .showing import in_sight, outcomes

_MODULES: Final = {
    "contacts": ("Contacts", "contacts_from"),
    "dealing": ("core",),
    "engine": ("check", "personal", "text_check"),
    "finding": ("Context", "Finding", "Severity"),
    "moments": ("check_escalation", "check_hours", "check_session"),
    "rules": ("Rule", "Rules", "rules_from"),
    "showing": ("in_sight", "outcomes"),
}


def __getattr__(name: str) -> Any:
    """Load the module that has a name, and keep what it is.

    Raises:
        AttributeError: None has it.
    """
    for module, names in _MODULES.items():
        if name in names:
            loaded = import_module(f".{module}", __name__)
            return globals().setdefault(name, getattr(loaded, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Contacts",
    "Context",
    "Finding",
    "Rule",
    "Rules",
    "Severity",
    "check",
    "check_escalation",
    "check_hours",
    "check_session",
    "contacts_from",
    "core",
    "in_sight",
    "outcomes",
    "personal",
    "rules_from",
    "text_check",
]
