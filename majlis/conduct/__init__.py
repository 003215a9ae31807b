"""The conduct rules of the policy: what an outgoing text must not, should not and had better say.

Findings speak in code points of the text as given. Rules, texts and word lists are data: `catalogue.toml` and
`words.toml` beside this module, read by whoever puts the program together and passed in as values.
"""

from .contacts import Contacts, contacts_from
from .dealing import core
from .engine import check, personal, text_check
from .finding import Context, Finding, Severity
from .moments import check_escalation, check_hours, check_session
from .rules import Rule, Rules, rules_from
from .showing import in_sight, outcomes

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
