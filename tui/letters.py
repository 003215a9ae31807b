"""How a case reads in a mail: every line of ours in Arabic and in English, what the person wrote as they wrote it."""

from __future__ import annotations

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Final

from connectors.escalate import Letter
from majlis.errors import fill
from majlis.masking import cover
from majlis.message import Network, Urgency
from tui.arabic.layout import Options, broken
from tui.language import LANGUAGES, N_, Catalogue, read
from tui.vocabulary import WORDS

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.escalation import Case
    from majlis.hours import ServiceHours
    from majlis.outbox import Entry

_STEPS: Final = {
    "escalate": N_("A new case"),
    "join": N_("The person has written again"),
    "inform": N_("The operator has answered your question"),
    "reopen": N_("The case is open again"),
    "withdraw": N_("The case is withdrawn; nothing needs to be done"),
}
_NAMES: Final = {Network.FACEBOOK: N_("Facebook"), Network.X: N_("X (Twitter)"), Network.YOUTUBE: N_("YouTube")}
_PLAIN: Final = Options(logical=True, emoji=False)
_ISOLATES: Final = re.compile("[\u2066-\u2069]")


def letter_of(case: Case, entry: Entry, hours: ServiceHours) -> Letter:
    """Return the mail that tells of a case; what the person gave to be reached by is covered in its text.

    Args:
        case: As it stands.
        entry: Why it is told: its step.
        hours: Whose zone the times are in.
    """
    packet = case.packet
    what = _both(_STEPS.get(entry.step or "", "A new case"))
    reason = _both(WORDS.get(case.reason, case.reason))
    danger = f"{_both(N_('Danger to life'))} · " if case.urgency is Urgency.IMMEDIATE else ""
    person = packet.name or (f"@{packet.handle}" if packet.handle else "—")
    rows = [
        (N_("Case"), case.id),
        (N_("What"), what),
        (N_("Reason"), reason),
        (N_("Take it by"), _time(case.acknowledge_by, hours)),
        (N_("Answer by"), _time(case.answer_by, hours)),
        (N_("From"), f"{_shown(person)} · {_both(_NAMES[Network(packet.network)])} · {_time(packet.at, hours)}"),
        (N_("On the network"), packet.link or "—"),
        (N_("Operator"), case.operator),
        (N_("Note"), _shown(case.note) if case.note else "—"),
    ]
    last = case.steps[-1].text if case.steps and case.steps[-1].text else None
    if last is not None:
        rows.append((N_("Operator's line"), _shown(last)))
    parts = ["\n".join(f"{_both(label)}: {value}" for label, value in rows)]
    if packet.earlier:
        before = "\n".join(f"> {_shown(line.author)}: {_covered(line.text, packet.contact)}" for line in packet.earlier)
        parts.append(f"{_both(N_('Before it'))}:\n{before}")
    quoted = textwrap.indent(_covered(packet.text, packet.contact), "> ", lambda _line: True)
    parts.append(f"{_both(N_('The message'))}:\n{quoted}")
    parts.append(_both(N_("Take, ask, answer or return it: majlis case show {case}"), case=case.id))
    return Letter(subject=f"{danger}[{case.id}] {what} · {reason}", text="\n\n".join(parts) + "\n")


def _both(template: str, **facts: object) -> str:
    """Return a text of ours in both languages, the Arabic one first."""
    said = dict.fromkeys(fill(_catalogue(code).texts.get(template, template), facts) for code in LANGUAGES)
    return " / ".join(said)


@cache
def _catalogue(code: str) -> Catalogue:
    return read(code)


def _time(at: datetime, hours: ServiceHours) -> str:
    return f"{hours.local(at):%Y-%m-%d %H:%M}"


def _covered(text: str, contact: tuple[str, ...]) -> str:
    return _shown(cover(text, contact))


def _shown(text: str) -> str:
    """Return a text that nothing obeys: controls as signs, in the order in which it is read."""
    return _ISOLATES.sub("", "\n".join(row.text.rstrip() for row in broken(text, (), _PLAIN)))
