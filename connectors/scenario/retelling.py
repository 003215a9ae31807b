"""From a piece of the history to the lines of a scenario: what arrived, what was done, and who did it.

Everything happens in the order of the history and at its times. What the program does by itself (taking in, sending,
waking, giving claims back) is not written down: it happens again, and the expectations say whether it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from majlis.commands import DoneReason, OverrideReason
from majlis.message import Message, MessageKey, ObjectKind, Urgency
from majlis.outbox import Action, Entry
from majlis.policy import Role, urgency_of
from majlis.states import EntryState

from .arrivals import APART, Arrivals, created, whole, with_
from .disguise import Disguise
from .history import Story, Told
from .numbering import Numbering
from .rows import (
    About,
    Arrive,
    ChangeRow,
    ClaimRow,
    Delete,
    DoneRow,
    Edit,
    Fault,
    FaultKind,
    HandOnRow,
    Hide,
    Operator,
    OverrideRow,
    RejectRow,
    ReplyRow,
    SnoozeRow,
    SortRow,
    TagRow,
    Timed,
    Token,
    Unhide,
    UrgentRow,
    WordsRow,
)
from .times import LONGEST, written

if TYPE_CHECKING:
    from majlis.policy import Policy


_LAST: Final = LONGEST - timedelta(days=1)
"""Until when something may be expected, so that what is expected of a while later can still be said."""
_JUST_BEFORE: Final = 3 * APART
BEFORE: Final = timedelta(minutes=1)
"""Of the first line, so that what is history and what is not are read one after the other."""
LATE: Final = timedelta(seconds=45)
"""How much later than due an entry goes out by itself, at the most: the sender's longest rest, and a call."""

DAY_S: Final = 86_400.0
"""The longest wait that a line can ask for."""
SORTER: Final = "recording"
"""Who sets by hand what triage sees otherwise in a recording."""

_CASEWORK: Final = {"acknowledge": "ack", "ask": "ask", "answer": "answer", "return": "return_", "close": "close"}
_NOT_SAID: Final = frozenset({"open_contact"})
"""What was done and cannot be said in a scenario, and changes nothing."""


@dataclass(slots=True)
class _Beat:
    """Something that happens, before its time is written."""

    at: datetime
    row: Timed


@dataclass(slots=True)
class Retold:
    """The lines of a recording but for header and expectations, and what has to be said of them."""

    start: datetime
    end: datetime
    steps: list[Timed] = field(default_factory=list)
    roles: dict[str, set[Role]] = field(default_factory=dict)
    """By invented name."""
    sent_by_us: dict[str, str] = field(default_factory=dict)
    """Our own answers that a replay makes itself: key → key of what they answer."""
    has_history: bool = False
    doubts: Counter[str] = field(default_factory=Counter)
    """What could not be told again, by what it is."""


class Teller:
    """Tells one story again."""

    def __init__(self, story: Story, disguise: Disguise, names: Numbering, policy: Policy) -> None:
        self._story = story
        self._disguise = disguise
        self._names = names
        self._rows = Arrivals(disguise, names)
        self._policy = policy
        self._beats: list[_Beat] = []
        self._doubts: Counter[str] = Counter()
        self._roles: dict[str, set[Role]] = {}
        self._tags: dict[str, tuple[str, ...]] = {}
        self._before: dict[tuple[str, str], list[tuple[str, ...]]] = {}
        """Tags before each time somebody changed those of a message: what taking it back restores."""
        self._joined: dict[str, list[str]] = {}
        """Messages of each case, as they came into it."""
        self._missing: dict[str, int] = {}
        """Messages that are not seen now → place of the line that says so."""
        self._made = _made_by_us(story)

    def tell(self) -> Retold:
        """Return the steps in order, with their times."""
        told_messages = [m for key, m in self._story.messages.items() if key not in self._made]
        for message in told_messages:
            if not message.ours:
                self._disguise.meet(message.author)
        history = [message for message in told_messages if message.standing.historic]
        self._arrivals(message for message in told_messages if not message.standing.historic)
        for told in self._story.told:
            self._event(told)
        for place in self._missing.values():
            row = self._beats[place].row
            if isinstance(row, Hide):
                self._beats[place].row = Delete(at="", account=row.account, id=row.id)
        self._faults()
        return self._timed(history)

    def _timed(self, history: list[Message]) -> Retold:
        """Put everything in order of time, and write the times."""
        beats = sorted(self._beats, key=lambda beat: (beat.at, not isinstance(beat.row, Fault)))
        first = beats[0].at if beats else min(message.received_at for message in history)
        start = (first - BEFORE).replace(microsecond=0)
        steps: list[Timed] = [self._arrival(message, start, start) for message in history]
        before = start
        for beat in beats:
            before = max(whole(beat.at, start), before + APART)
            row = beat.row
            if isinstance(row, Arrive) and row.created is not None:
                row = self._created(row, datetime.fromisoformat(row.created), before, start)
            elif isinstance(row, Operator) and row.snooze is not None and row.snooze.until is not None:
                until = written(datetime.fromisoformat(row.snooze.until), start)
                row = with_(row, snooze=with_(row.snooze, until=until))
            steps.append(with_(row, at=written(before, start)))
        return Retold(
            start=start,
            end=max(before + APART, min(whole(self._story.until, start), start + _LAST)),
            steps=steps,
            roles=self._roles,
            sent_by_us=self._made,
            has_history=bool(history),
            doubts=self._doubts,
        )

    # --------------------------------------------------------------------------------------------------- what arrived

    def _arrivals(self, messages: Iterator[Message]) -> None:
        for message in messages:
            row = self._arrival(message, message.received_at, None)
            self._beats.append(_Beat(message.received_at, row))
            if not message.ours:
                self._sorted(message, row)

    def _sorted(self, message: Message, row: Arrive) -> None:
        """Set by hand what triage would see otherwise now: the words have changed, or the rules have."""
        standing = message.standing
        seen = self._policy.triage(row.text, (), message.key.network)
        if standing.corrected or (seen.category, urgency_of(seen)) == (standing.category, standing.urgency):
            return
        self._doubts["sorted"] += 1
        sorting = SortRow(
            id=row.id, category=standing.category, urgency=standing.urgency, reason=standing.suggested or ""
        )
        self._roles.setdefault(SORTER, {Role.OPERATOR})
        self._beats.append(_Beat(message.received_at + APART, Operator(at="", operator=SORTER, sort=sorting)))

    def _arrival(self, message: Message, at: datetime, start: datetime | None) -> Arrive:
        row = self._rows.row(message)
        if start is None:
            return row
        return self._created(with_(row, at=written(at, start)), message.created_at, at, start)

    def _created(self, row: Arrive, written_at: datetime, at: datetime, start: datetime) -> Arrive:
        self._doubts["old"] += written_at < start - LONGEST
        return created(row, written_at, at, start)

    def _account(self, key: MessageKey) -> str:
        return self._names.account(key.account, key.network)

    def _about(self, key: str) -> tuple[str, str]:
        """Return account and name of a message; our own answers by what they answer."""
        account, name = self._place(self._made.get(key, key))
        return account, f"re:{name}" if key in self._made else name

    def _place(self, key: str) -> tuple[str, str]:
        parsed = MessageKey.parse(key)
        return self._account(parsed), self._names.message(parsed.account, parsed.native_id)

    # ------------------------------------------------------------------------------------------------- what happened

    def _event(self, told: Told) -> None:
        event = told.event
        if event.action == "ingest":
            for key in told.payload.get("changed", ()):
                self._changed(key, event.at)
        elif event.action in {"missed", "gone", "found", "back"}:
            self._looked(event.subject, event.action, event.at)
        elif event.actor != "service" and event.action not in _NOT_SAID:
            self._acted(told)

    def _changed(self, key: str, at: datetime) -> None:
        """Tell what a listing showed anew: that it is there again, another text."""
        message = self._story.messages.get(key)
        if message is None or key in self._made:
            return
        account, name = self._about(key)
        if key in self._missing:
            del self._missing[key]
            self._beats.append(_Beat(at, Unhide(at="", account=account, id=name)))
        texts = [each.text for each in message.editions] + [message.text]
        for number, edition in enumerate(message.editions):
            if edition.until == at:
                text = self._disguise.text(texts[number + 1])
                self._beats.append(_Beat(at, Edit(at="", account=account, id=name, text=text)))

    def _looked(self, key: str, action: str, at: datetime) -> None:
        """Tell what a look found; the second one that misses is asked for by a line that changes nothing."""
        if key in self._made or key not in self._story.messages:
            self._doubts["own_gone"] += key in self._made and action == "gone"
            return
        account, name = self._about(key)
        if action == "missed":
            self._missing[key] = len(self._beats)
            self._beats.append(_Beat(at, Hide(at="", account=account, id=name)))
        elif action == "gone":
            self._beats.append(_Beat(at + APART, Token(at="", account=account, state="alive")))
        elif key in self._missing:
            del self._missing[key]
            self._beats.append(_Beat(at, Unhide(at="", account=account, id=name)))

    def _acted(self, told: Told) -> None:
        """Tell what somebody did."""
        event = told.event
        key = self._message_of(told)
        if key is None:
            self._doubts["not_said"] += 1
            return
        try:
            verb, row, role = self._verb(told, key)
        except (LookupError, ValueError):
            self._doubts["not_said"] += 1  # erased, or written by another version of the program
            return
        is_casework = role is Role.CUSTOMER_SERVICE
        who = self._disguise.staff(event.actor, "service" if is_casework else "operator")
        self._roles.setdefault(who, set()).update({role} if is_casework else {Role.OPERATOR, role})
        at = event.at if event.action != "undo" else self._in_time(key, event.at)
        self._beats.append(_Beat(at, with_(Operator(at="", operator=who), **{verb: row})))

    def _in_time(self, key: str, at: datetime) -> datetime:
        """Return when something was called back: before it was due, also where the sender was a little late."""
        dues = (
            entry.due_at
            for entry in self._story.entries.values()
            if entry.state is EntryState.RECALLED and str(entry.target) == key and at - LATE < entry.due_at <= at
        )
        return min(dues, default=at + _JUST_BEFORE) - _JUST_BEFORE

    def _message_of(self, told: Told) -> str | None:
        """Return the message that something was done about; of a case the one that came into it last."""
        subject = told.event.subject
        if subject not in self._story.messages:
            return next(iter(reversed(self._joined.get(subject, []))), None)
        if told.event.action == "undo" and told.payload.get("action") in {"escalate", "urgent"}:
            for joined in self._joined.values():
                if subject in joined:
                    joined.remove(subject)
        elif isinstance(case := told.payload.get("case"), str):
            self._joined.setdefault(case, []).append(subject)
        return subject

    def _verb(self, told: Told, key: str) -> tuple[str, About, Role]:  # noqa: C901, PLR0911, PLR0912  one line per action
        """Return what was done, as the file says it, and by whose right.

        Raises:
            LookupError: What belongs to it is not there any more.
            ValueError: It is nothing that a scenario can say.
        """
        _, name = self._about(key)
        about: dict[str, Any] = {"id": name}
        payload, event = told.payload, told.event
        match event.action:
            case "claim" | "renew" | "take_over":
                reason = payload["why"] if "why" in payload else payload["reason"]  # as older histories call it
                return "claim", ClaimRow(**about, take_over=self._words(reason)), Role.OPERATOR
            case "release":
                return "release", About(**about), Role.OPERATOR
            case "reply" | "comment":
                entry = self._entry(payload)
                private = entry.action is Action.MESSAGE and MessageKey.parse(key).object is not ObjectKind.PRIVATE
                role, spoken = self._spoken(entry, event.at)
                return "reply", ReplyRow(**about, **spoken, private=private), role
            case "edit":
                role, spoken = self._spoken(self._entry(payload), event.at)
                return "change", ChangeRow(**about, **spoken), role
            case "delete":
                return "delete", About(**about), Role.OPERATOR
            case "escalate":
                tags = self._story.cases[payload["case"]].tags if payload["step"] == "escalate" else ()
                row = HandOnRow(
                    **about, reason=payload["reason"], note=self._words(payload["note"]), tags=self._many(tags)
                )
                return "escalate", row, Role.OPERATOR
            case "urgent":
                row_of_danger = UrgentRow(**about, reason=payload["reason"], note=self._words(payload["note"]))
                return "urgent", row_of_danger, Role.OPERATOR
            case "note":
                return "note", WordsRow(**about, text=self._words(payload["note"]) or ""), Role.OPERATOR
            case "done":
                return "done", DoneRow(**about, reason=DoneReason(payload["reason"])), Role.OPERATOR
            case "snooze":
                return "snooze", SnoozeRow(**about, until=payload["until"]), Role.OPERATOR
            case "memo":
                return "memo", WordsRow(**about, text=self._disguise.text(payload["text"])), Role.OPERATOR
            case "tag":
                return "tag", self._tagged(about, key, event.actor, payload["tags"]), Role.OPERATOR
            case "hide" | "unhide" | "reveal" | "undo":
                if event.action == "undo" and payload["action"] == "tag":
                    self._tags[key] = self._before[key, event.actor].pop()
                return event.action, About(**about), Role.OPERATOR
            case "reject":
                ban = payload["ban"]
                return "reject", RejectRow(**about, ban=ban), Role.SUPERVISOR if ban else Role.OPERATOR
            case "correct":
                urgency = Urgency(payload["urgency"])
                sorted_ = SortRow(
                    **about, category=payload["category"], urgency=urgency, reason=payload["reason"] or ""
                )
                return "sort", sorted_, Role.OPERATOR
            case "acknowledge" | "close":
                return _CASEWORK[event.action], About(**about), Role.CUSTOMER_SERVICE
            case "ask" | "answer" | "return":
                text = self._disguise.text(payload["text"])
                return _CASEWORK[event.action], WordsRow(**about, text=text), Role.CUSTOMER_SERVICE
            case _:
                raise ValueError(event.action)

    def _words(self, text: str | None) -> str | None:
        return None if text is None else self._disguise.text(text)

    def _many(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._disguise.text(text) for text in texts)

    def _entry(self, payload: Mapping[str, Any]) -> Entry:
        return self._story.entries[payload["entry"]]

    def _spoken(self, entry: Entry, at: datetime) -> tuple[Role, dict[str, Any]]:
        """Return what was said, and by whose right: outside hours a supervisor's, or it waits."""
        spoken: dict[str, Any] = {"text": self._disguise.text(entry.text), "acknowledged": entry.acknowledged}
        if entry.override is None:
            return Role.OPERATOR, spoken | ({} if self._policy.hours.is_open(at) else {"queue": True})
        reason, _, note = entry.override.partition(": ")
        override = OverrideRow(reason=OverrideReason(reason), note=self._disguise.text(note))
        return Role.SUPERVISOR, spoken | {"override": override}

    def _tagged(self, about: dict[str, Any], key: str, actor: str, tags: list[str]) -> TagRow:
        before, after = self._tags.get(key, ()), tuple(tags)
        self._tags[key] = after
        self._before.setdefault((key, actor), []).append(before)
        added = self._many(tuple(tag for tag in after if tag not in before))
        return TagRow(**about, add=added, remove=self._many(tuple(tag for tag in before if tag not in after)))

    # --------------------------------------------------------------------------------------------------- what failed

    def _faults(self) -> None:
        """Tell how writes failed: each line stands where the entry was due, since that is when a replay calls."""
        calls: dict[str, list[Told]] = {name: [] for name in self._story.entries}
        for told in self._story.told:
            if told.event.subject in calls and told.event.actor == "service":
                calls[told.event.subject].append(told)
        for name, steps in calls.items():
            entry = self._story.entries[name]
            account = self._names.accounts.get(entry.account)
            if account is None or entry.target is None:
                continue
            for number, told in enumerate(steps):
                if told.event.action == "sending":
                    self._call(account, told, steps[number + 1 :])

            is_waiting = entry.state in {EntryState.HELD, EntryState.QUEUED}
            if is_waiting and is_overdue(entry, self._story.until):  # nobody was sending, to the end
                lasts = written(self._story.until + timedelta(minutes=5), entry.due_at)
                down = Fault(at="", account=account, kind=FaultKind.DOWN, on="write", lasts=lasts)
                self._beats.append(_Beat(entry.due_at, down))

    def _call(self, account: str, told: Told, after: list[Told]) -> None:
        due = datetime.fromisoformat(told.payload["due_at"])
        late = told.event.at - due
        if late > LATE:  # nobody was sending
            lasts = written(told.event.at, due)
            self._beats.append(_Beat(due, Fault(at="", account=account, kind=FaultKind.DOWN, on="write", lasts=lasts)))
        came = after[0] if after else None
        if came is None or came.event.action == "sent":
            return
        at = told.event.at if late > LATE else due
        fault: dict[str, Any] = {"at": "", "account": account, "on": "write"}
        match came.event.action:
            case "refused":
                row = Fault(**fault, kind=FaultKind.FORBIDDEN)
            case "retry":
                again = next((each for each in after if each.event.action == "sending"), None)
                entry = self._story.entries[told.event.subject]
                until = entry.due_at if again is None else datetime.fromisoformat(again.payload["due_at"])
                row = Fault(**fault, kind=FaultKind.BUSY, wait_s=min(max(0.0, (until - at).total_seconds()), DAY_S))
            case "unknown":
                found = any(each.event.action == "sent" for each in after)
                row = Fault(**fault, kind=FaultKind.CUT, accepted=found)
            case _:
                return
        self._beats.append(_Beat(at, row))


def is_overdue(entry: Entry, at: datetime) -> bool:
    """Whether an entry should have gone out for so long that nobody can have been sending."""
    return entry.due_at < at - LATE


def _made_by_us(story: Story) -> dict[str, str]:
    """Return our own answers that an entry made, each with what it answers: a replay makes them itself."""
    made: dict[str, str] = {}
    for entry in story.entries.values():
        if entry.receipt is None or entry.receipt.native_id is None or entry.target is None:
            continue
        if entry.action not in {Action.REPLY, Action.MESSAGE}:
            continue
        key = str(replace(entry.target, object=entry.target.below, native_id=entry.receipt.native_id))
        if key in story.messages:
            made[key] = str(entry.target)
    return made
