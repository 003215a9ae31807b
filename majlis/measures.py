"""The figures of POLICY 6: what came, what was answered and when, what went out, what the rules said.

Values of the store become facts, each with its day, account and operator; facts become figures, for all of them and
for each day, account or operator. Nothing here is kept: the same store gives the same figures again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Final

from . import conduct
from .escalation import REASONS, Case
from .message import Message, Urgency
from .outbox import REPLIES, SPOKEN, Entry
from .states import EntryState, MessageState

if TYPE_CHECKING:
    from .hours import ServiceHours
    from .policy import Policy
    from .records import Official, Tally

_RULE_OF: Final = {
    "domains": "R-PII-EMAIL",
    "emails": "R-PII-EMAIL",
    "phones": "R-PII-PHONE",
    "po_boxes": "R-PII-POBOX",
    "handles": "R-PII-PAGE",
    "partner_handles": "R-PII-PAGE",
    "pages": "R-PII-PAGE",
}
"""Kind of an added contact → the rule that no longer blocks it."""


_HOURS: Final = "hours"
"""Under this name the sender counts grace, which is counted here by what went out."""


class By(StrEnum):
    """What figures are parted by."""

    DAY = "day"
    ACCOUNT = "account"
    OPERATOR = "operator"


# -------------------------------------------------------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened, and where it is counted."""

    day: date
    """In the service's own time."""
    account: str | None = None
    """None: of no one account, so it is left out where figures are parted by accounts."""
    operator: str | None = None
    """Likewise; empty: nobody's yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Fact):
    """A message of the public that came; of whoever answered first, or holds it."""

    response: float | None
    """Working minutes until our first answer was handed over; None: there is none."""
    age: float | None
    """Working minutes that it waits for an answer; None: it does not wait any more."""
    is_closed: bool
    """Somebody decided that it needs no answer, or it is gone."""
    category: str
    """What it is about, as triage or whoever corrected it has it; `other` where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Went(Fact):
    """Words that went out."""

    is_reply: bool
    is_same: bool
    """The same words answered somebody else in this time, names and greetings aside."""
    pass_: str | None
    """What let it out while closed: an override's reason, `grace`, or `nothing`; None: it was open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed(Fact):
    """A case that was made; times in working minutes, those of danger in minutes by the clock."""

    reason: str
    acknowledged: float | None
    answered: float | None
    is_reopened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Fact):
    """What the rules said, how often."""

    name: str
    what: str
    """As in `Tally`, or `allowed`: a contact was added that the rule had stopped before."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that figures are made of."""

    asked: tuple[Asked, ...] = ()
    went: tuple[Went, ...] = ()
    handed: tuple[Handed, ...] = ()
    counted: tuple[Counted, ...] = ()

    def parted(self, by: By) -> dict[str, Facts]:
        """Return the facts of each day, account or operator, by its name."""
        parts: dict[str, dict[str, list[Fact]]] = defaultdict(lambda: defaultdict(list))
        for kind in ("asked", "went", "handed", "counted"):
            for fact in getattr(self, kind):
                name = getattr(fact, by.value)
                if name is not None:
                    parts[str(name)][kind].append(fact)
        return {
            name: Facts(**{kind: tuple(found) for kind, found in kinds.items()})  # type: ignore[arg-type]  # by kind
            for name, kinds in sorted(parts.items())
        }


@dataclass(slots=True, kw_only=True)
class Answers:
    """What went out, read entry by entry: first answers, and the words of replies."""

    hours: ServiceHours
    policy: Policy
    first: dict[str, Entry] = field(default_factory=dict)
    """Message key → the first entry that answered it."""
    sent: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry, *, since: datetime, until: datetime) -> None:
        """Take in an entry; as something that went out only if that was within the time asked about."""
        if entry.state is not EntryState.SENT or entry.action not in SPOKEN:
            return
        if entry.action in REPLIES and entry.target is not None:
            known = self.first.get(str(entry.target))
            if known is None or handed_at(entry) < handed_at(known):
                self.first[str(entry.target)] = entry
        if since <= handed_at(entry) < until:
            self.sent.append(entry)

    def facts(self) -> tuple[Went, ...]:
        """Return what went out, each reply with whether others got the same."""
        cores = [conduct.core(each.text, self.policy.rules) if each.action in REPLIES else None for each in self.sent]
        people: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for entry, core in zip(self.sent, cores, strict=True):
            if core is not None:
                people[core].add(entry.person or str(entry.target))
        return tuple(
            Went(
                day=self.hours.local(handed_at(entry)).date(),
                account=entry.account,
                operator=entry.author,
                is_reply=core is not None,
                is_same=core is not None and len(people[core]) > 1,
                pass_=self._pass(entry),
            )
            for entry, core in zip(self.sent, cores, strict=True)
        )

    def _pass(self, entry: Entry) -> str | None:
        """Return what let an entry out while closed."""
        at = entry.publish_at or handed_at(entry)
        if self.hours.is_open(at):
            return None
        if entry.override:
            return entry.override.partition(":")[0]
        grace = self.policy.grace
        # Whose conversation had begun before closing, the sender judged; the store does not tell any more.
        return "grace" if entry.action in REPLIES and grace and self.hours.is_open(at - grace) else "nothing"


def handed_at(entry: Entry) -> datetime:
    """Return when an entry was handed to its network, by our clock."""
    return entry.attempted_at or entry.due_at


def asked(message: Message, answers: Answers, now: datetime) -> Asked | None:
    """Return what a report needs of a message; None where nobody owes an answer: our own, or a first backlog's."""
    standing = message.standing
    if message.ours or standing.historic:
        return None
    hours, first = answers.hours, answers.first.get(str(message.key))
    is_closed = standing.state in {MessageState.DONE, MessageState.GONE}
    holder = standing.claim.holder if standing.claim else ""
    came = message.created_at
    return Asked(
        day=hours.local(came).date(),
        account=message.key.account,
        operator=first.author if first else holder,
        response=_working(hours, came, handed_at(first)) if first else None,
        age=None if first or is_closed else _working(hours, came, now),
        is_closed=is_closed and first is None,
        category=standing.category or "other",
    )


def handed(case: Case, hours: ServiceHours) -> Handed:
    """Return what a report needs of a case."""
    by_clock = REASONS[case.reason].urgency is Urgency.IMMEDIATE

    def until(step: str) -> float | None:
        at = next((each.at for each in case.steps if each.step == step), None)
        if at is None:
            return None
        return (at - case.created_at) / _MINUTE if by_clock else _working(hours, case.created_at, at)

    return Handed(
        day=hours.local(case.created_at).date(),
        account=case.account,
        operator=case.operator,
        reason=case.reason,
        acknowledged=until("acknowledge"),
        answered=until("answer"),
        is_reopened=any(each.step == "reopen" for each in case.steps),
    )


_MINUTE: Final = timedelta(minutes=1)


def _working(hours: ServiceHours, start: datetime, end: datetime) -> float:
    return hours.working_seconds(start, end) / 60


def counted(
    tallies: Iterable[Tally], officials: Iterable[Official], hours: ServiceHours, first: date, last: date
) -> tuple[Counted, ...]:
    """Return what the rules said on some days, both included, and which blocks led to an added contact."""
    said = [
        Counted(day=each.day, operator=each.operator, name=each.name, what=each.what, count=each.count)
        for each in tallies
        if each.name != _HOURS
    ]
    blocked: dict[str, date] = {}
    for each in said:
        if each.what == "blocked":
            blocked[each.name] = min(each.day, blocked.get(each.name, each.day))
    for official in officials:
        rule, day = _RULE_OF.get(official.kind, ""), hours.local(official.at).date()
        if rule in blocked and max(first, blocked[rule]) <= day <= last:
            said.append(Counted(day=day, operator=official.by, name=rule, what="allowed", count=1))
    return tuple(said)


# ------------------------------------------------------------------------------------------------------------ figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How times lie, in minutes."""

    count: int
    median: float | None
    """None: there is none to speak of."""
    p90: float | None
    """The least of them that nine in ten do not exceed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Cases of one reason; a share is None where there is nothing to share."""

    cases: int
    acknowledge: Spread
    answer: Spread
    reopened_share: float | None
    """Of those answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The measures of POLICY 6; a share is between 0 and 1, None where there is nothing to share."""

    came: int
    answered: int
    closed: int
    """Without an answer."""
    waiting: int
    categories: dict[str, int]
    """What people asked for (C3), the most frequent first."""
    answered_share: float | None
    """Of all that came: closing what nobody answered does not raise it."""
    first_response: Spread
    """Working minutes, of what was answered."""
    age: Spread
    """Working minutes until now, of what waits."""
    inside_target_share: float | None
    """Of what was answered, and of what waits longer than the target."""
    sent: int
    outside_hours: int
    """Without an override and beyond grace: must be 0."""
    grace: int
    overrides: dict[str, int]
    """Reason → how many."""
    replies: int
    identical_share: float | None
    """Of replies: those whose words somebody else got too, names and greetings aside."""
    rules: dict[str, dict[str, int]]
    """Rule, or what else is counted → shown, heeded, dismissed, blocked, corrected, allowed → how often."""
    cases: dict[str, Reason]
    """Reason → its cases."""
    reopened_share: float | None
    """Of all cases answered."""


def figures(facts: Facts, target_wm: float) -> Figures:
    """Count.

    Args:
        facts: What happened.
        target_wm: Working minutes within which a first answer is owed.
    """
    responses = [each.response for each in facts.asked if each.response is not None]
    ages = [each.age for each in facts.asked if each.age is not None]
    replies = [each for each in facts.went if each.is_reply]
    passes = Counter(each.pass_ for each in facts.went if each.pass_ is not None)
    unlifted, grace = passes.pop("nothing", 0), passes.pop("grace", 0)
    return Figures(
        came=len(facts.asked),
        answered=len(responses),
        closed=sum(each.is_closed for each in facts.asked),
        waiting=len(ages),
        categories=dict(
            sorted(Counter(each.category for each in facts.asked).items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        answered_share=_share(len(responses), len(facts.asked)),
        first_response=spread(responses),
        age=spread(ages),
        inside_target_share=_share(
            sum(minutes <= target_wm for minutes in responses),
            len(responses) + sum(minutes > target_wm for minutes in ages),
        ),
        sent=len(facts.went),
        outside_hours=unlifted,
        grace=grace,
        overrides=dict(sorted(passes.items())),
        replies=len(replies),
        identical_share=_share(sum(each.is_same for each in replies), len(replies)),
        rules=_by_rule(facts.counted),
        cases=_by_reason(facts.handed),
        reopened_share=_reopened(facts.handed),
    )


def _by_rule(said: Sequence[Counted]) -> dict[str, dict[str, int]]:
    counts: Counter[tuple[str, str]] = Counter()
    for each in said:
        counts[each.name, each.what] += each.count
    found: dict[str, dict[str, int]] = {}
    for (name, what), count in sorted(counts.items()):
        found.setdefault(name, {})[what] = count
    return found


def _by_reason(cases: Sequence[Handed]) -> dict[str, Reason]:
    of: dict[str, list[Handed]] = defaultdict(list)
    for each in cases:
        of[each.reason].append(each)
    return {
        reason: Reason(
            cases=len(found),
            acknowledge=spread([each.acknowledged for each in found if each.acknowledged is not None]),
            answer=spread([each.answered for each in found if each.answered is not None]),
            reopened_share=_reopened(found),
        )
        for reason, found in sorted(of.items())
    }


def _reopened(cases: Sequence[Handed]) -> float | None:
    answered = [each for each in cases if each.answered is not None]
    return _share(sum(each.is_reopened for each in answered), len(answered))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def spread(minutes: Sequence[float]) -> Spread:
    """Return how times lie."""
    if not minutes:
        return Spread(count=0, median=None, p90=None)
    ordered = sorted(minutes)
    ninth = -(-9 * len(ordered) // 10)
    return Spread(count=len(ordered), median=round(median(ordered), 1), p90=round(ordered[ninth - 1], 1))
