"""What came of a scenario that is played to learn, counted from the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.scenario.rows import About
from majlis.masking import mask
from majlis.measures import handed_at
from majlis.message import Urgency
from majlis.outbox import REPLIES, SPOKEN
from majlis.ports import View, ViewName
from majlis.states import CaseState, EntryState
from tui import language
from tui.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from connectors.scenario import Scenario
    from connectors.scenario.rows import TextRow, TrainingRow
    from majlis.message import Message
    from majlis.outbox import Entry
    from tui.replay.people import Roll
    from tui.wiring import Desktop

PAGE: Final = 1000
LEAVES: Final = frozenset({EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.SENT})
"""What is out, or will be by itself."""
SAID: Final = {
    "answered": N_("Answered inside the time owed: {n} of {all}."),
    "escalated": N_("Handed to customer service, as they should be: {n} of {all}."),
    "kept": N_("Handed on without need: {n}."),
    "urgent": N_("On the urgent path within {minutes} minutes: {n} of {all}."),
    "reminders": N_("Reminders heeded before sending: {n} of {all}."),
    "blocks": N_("Times a rule had to stop a text: {n}."),
    "twice": N_("Answered more than once: {n}."),
    "contacts": N_("Answers that gave away a contact or personal data: {n}."),
}
"""What is counted → its line, in the order of the page."""
GOOD: Final = "✓"
MISSED: Final = "✗"
SHOWN: Final = 60
"""Code points of a message that tell which one is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was counted."""

    what: str
    """A key of `SAID`."""
    good: bool
    n: int
    all: int | None = None
    """Of how many; None: there should be none at all."""
    missed: tuple[Message, ...] = ()
    """Those for which it is not so, by arrival."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debrief:
    """All that was counted."""

    minutes: int
    """Within which danger had to be on the urgent path."""
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it for programs: what, how many of how many, and the ids of the rest."""
        return {
            line.what: {
                "good": line.good,
                "n": line.n,
                "of": line.all,
                "missed": [message.key.native_id for message in line.missed],
            }
            for line in self.lines
        }


async def debriefed(row: TrainingRow, roll: Roll, desktop: Desktop) -> Debrief:
    """Count what came of a scenario, for whoever sits at the screen."""
    return await _Count(row, roll, desktop).debrief()


class _Count:
    def __init__(self, row: TrainingRow, roll: Roll, desktop: Desktop) -> None:
        self._row = row
        self._roll = roll
        self._store = desktop.store
        self._policy = desktop.desk.policy
        self._name = desktop.desk.operator.name
        self._now = desktop.clock.now()

    async def debrief(self) -> Debrief:
        entries = [each for each in await self._store.entries(tuple(EntryState)) if each.state in LEAVES]
        lines = (
            await self._answered(entries),
            *await self._handed(),
            await self._urgent(),
            *await self._spoken(),
            await self._twice(entries),
            await self._contacts(entries),
        )
        return Debrief(minutes=self._row.urgent_minutes, lines=tuple(line for line in lines if line.all != 0))

    async def _named(self, ids: Iterable[str]) -> list[Message]:
        """Return messages by their ids; those that have not come yet do not count."""
        found = [await self._roll.message(About(id=each)) for each in ids]
        return [each for each in found if each is not None]

    async def _answered(self, entries: list[Entry]) -> Line:
        wanted = await self._named(self._row.answer)
        in_time = {each.key for each in wanted if any(self._is_in_time(each, entry) for entry in entries)}
        return _of("answered", wanted, [each for each in wanted if each.key not in in_time])

    @staticmethod
    def _is_in_time(message: Message, entry: Entry) -> bool:
        due = [at for at in (message.standing.due_at, message.standing.platform_due_at) if at is not None]
        is_answer = entry.action in REPLIES and entry.target == message.key
        return is_answer and (not due or handed_at(entry) <= min(due))

    async def _handed(self) -> tuple[Line, Line]:
        wanted, free = await self._named(self._row.escalate), await self._named(self._row.urgent)
        handed = [message for message in await self._all() if await self._is_handed(message)]
        known = {message.key for message in (*wanted, *free)}
        without = [message for message in handed if message.key not in known]
        there = {message.key for message in handed}
        missed = [message for message in wanted if message.key not in there]
        return _of("escalated", wanted, missed), _none("kept", len(without), without)

    async def _is_handed(self, message: Message) -> bool:
        case = await self._roll.case(message)
        return case is not None and case.state is not CaseState.WITHDRAWN

    async def _urgent(self) -> Line:
        wanted, when = await self._named(self._row.urgent), await self._handed_on_at()
        within = timedelta(minutes=self._row.urgent_minutes)
        missed = []
        for message in wanted:
            case, at = await self._roll.case(message), when.get(str(message.key))
            is_urgent = case is not None and case.urgency is Urgency.IMMEDIATE and await self._is_handed(message)
            if not is_urgent or at is None or at - message.received_at > within:
                missed.append(message)
        return _of("urgent", wanted, missed)

    async def _handed_on_at(self) -> dict[str, datetime]:
        """Return when each message was handed on last."""
        when: dict[str, datetime] = {}
        events = await self._store.events(limit=PAGE)
        while events:
            when |= {each.subject: each.at for each in events if each.action in {"urgent", "escalate"}}
            events = await self._store.events(after=events[-1].rev, limit=PAGE)
        return when

    async def _spoken(self) -> tuple[Line, Line]:
        """Count what became of what the rules said to this operator."""
        days = [self._policy.hours.local(at).date() for at in (self._now - timedelta(days=366), self._now)]
        counts: Counter[str] = Counter()
        for each in await self._store.tallies(*days):
            if each.operator == self._name:
                counts[each.what] += each.count
        heeded, dismissed = counts["heeded"], counts["dismissed"]
        reminders = Line(what="reminders", good=not dismissed, n=heeded, all=heeded + dismissed)
        return reminders, Line(what="blocks", good=not counts["blocked"], n=counts["blocked"])

    async def _twice(self, entries: list[Entry]) -> Line:
        times = Counter(str(each.target) for each in entries if each.action in REPLIES and each.target is not None)
        twice = [message for message in await self._all() if times[str(message.key)] > 1]
        return _none("twice", len(twice), twice)

    async def _contacts(self, entries: list[Entry]) -> Line:
        """Look again, with a fresh eye, at all words that went out."""
        bad: list[Message] = []
        for entry in entries:
            about = await self._store.message(entry.target) if entry.action in SPOKEN and entry.target else None
            if about and any(each.rule.startswith("R-PII-") for each in self._policy.findings(entry.text, about)):
                bad.append(about)
        return _none("contacts", len(bad), bad)

    async def _all(self) -> list[Message]:
        """Return what the public wrote, by arrival."""
        view = View(name=ViewName.ALL, operator="")
        window = await self._store.window(view, limit=PAGE)
        found: list[Message] = []
        while window.rows:
            found += [row.message for row in window.rows if row.message is not None and not row.message.ours]
            window = await self._store.window(view, limit=PAGE, after=window.rows[-1].anchor)
        return found[::-1]


def _of(what: str, wanted: list[Message], missed: list[Message]) -> Line:
    n = len(wanted) - len(missed)
    return Line(what=what, good=not missed, n=n, all=len(wanted), missed=tuple(missed))


def _none(what: str, n: int, those: list[Message]) -> Line:
    return Line(what=what, good=not n, n=n, missed=tuple(those))


def text_of(text: TextRow | None) -> str:
    """Return a text of a scenario in the language in force."""
    return "" if text is None else text.ar if language.code() == "ar" else text.en


def title_of(scenario: Scenario) -> str:
    """Return what a scenario to learn by is called in the language in force."""
    row = scenario.header.training
    return scenario.header.name if row is None else text_of(row.title)


def told(debrief: Debrief) -> Iterator[tuple[str, bool, list[str]]]:
    """Yield each line in words, whether it is as it should be, and the messages for which it is not."""
    for line in debrief.lines:
        text = _(SAID[line.what], n=line.n, all=line.all, minutes=debrief.minutes)
        yield text, line.good, [_which(message) for message in line.missed]


def _which(message: Message) -> str:
    words = " ".join(mask(message.text, message.personal).split())
    return _("{who}: {text}", who=message.author.shown(), text=f"{words[:SHOWN]}…" if len(words) > SHOWN else words)
