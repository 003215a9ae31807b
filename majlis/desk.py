"""The desk: an operator's command comes in, a decision goes to the store, once, or an error says why not.

The desk decides by the state table, the claim, the role, the conduct rules and the hours; screens and the command line
have no other way to change anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, assert_never

from . import text as texts
from .audit import EventDraft
from .commands import (
    Claim,
    Command,
    Done,
    Escalate,
    Hide,
    Note,
    Override,
    Release,
    Reply,
    Reveal,
    Snooze,
    Tag,
    TakeBack,
    WriteMemo,
)
from .conduct import Severity
from .errors import (
    Blocked,
    Conflict,
    EmptyText,
    NeedsNote,
    NotAllowed,
    NotFound,
    NothingToUndo,
    OutsideHours,
    Unconfirmed,
    WrongState,
)
from .escalation import CASE_OPEN, PACKET_SCHEMA, REASONS, THREAD_IN_PACKET, Case, Packet, PacketLine, Reason
from .message import Claim as ClaimLease
from .message import Message, MessageKey, stamp
from .outbox import Action, Entry
from .policy import Operator, Policy, Role
from .ports import Decision, Draft, Memo, Undo
from .states import MESSAGE_TABLE, OPEN, UNDOABLE, CaseState, EntryState, MessageState

if TYPE_CHECKING:
    from .conduct import Finding
    from .ports import Clock, Ids, Store

OVERRIDE_NOTE = 10
"""Characters an override's note has at least (D9)."""

_WORKS = frozenset({Role.OPERATOR, Role.PUBLISHER, Role.APPROVER, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line for the operator: a catalogue id and what fills it."""

    template: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command led to."""

    revision: int
    """Of the store; 0 when nothing had to be written."""
    said: Said
    message: Message | None = None
    entry: Entry | None = None
    case: Case | None = None
    also: tuple[MessageKey, ...] = ()
    """Earlier open messages of the same person in the thread, which the answer may serve as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The hours as one reading of the clock saw them."""

    open: bool
    closes_at: datetime | None
    next_open: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All that an operator looks at before a text goes out."""

    message: Message
    thread: tuple[Message, ...]
    text: str
    length: int
    """As the network counts."""
    limit: int
    findings: tuple[Finding, ...]
    unconfirmed: tuple[str, ...]
    """Rules whose warnings nobody confirmed yet."""
    blocked: bool
    gate: Gate
    due_at: datetime
    """When it would leave the hold, or open."""
    hold_shortened: bool
    """The hold ends at the last second before closing."""
    stamp: str


class Desk:
    """Decides for one operator."""

    def __init__(self, *, store: Store, clock: Clock, ids: Ids, policy: Policy, operator: Operator) -> None:
        self.policy = policy
        self.operator = operator
        self._store = store
        self._clock = clock
        self._ids = ids

    async def do(self, command: Command) -> Outcome:  # noqa: C901, PLR0911, PLR0912  one line per command, checked for completeness
        """Carry a command out.

        Raises:
            MajlisError: Why not; nothing is written then.
        """
        self._allow(command)
        match command:
            case Claim():
                return await self._claim(command)
            case Release():
                return await self._release(command)
            case Reply():
                return await self._reply(command)
            case Escalate():
                return await self._escalate(command)
            case Note():
                return await self._note(command)
            case Done():
                return await self._done(command)
            case Snooze():
                return await self._snooze(command)
            case WriteMemo():
                return await self._memo(command)
            case Tag():
                return await self._tag(command)
            case Hide():
                return await self._hide(command)
            case Reveal():
                return await self._reveal(command)
            case TakeBack():
                return await self._take_back(command)
            case _:
                assert_never(command)

    async def review(self, key: MessageKey, text: str, acknowledged: tuple[str, ...] = ()) -> Review:
        """Look at a text as `Reply` would, and change nothing.

        Raises:
            NotFound: There is no such message.
        """
        message = await self._message(key)
        thread = await self._store.thread(key.account, message.thread)
        findings = self.policy.findings(text, message, thread)
        now = self._clock.now()
        gate = self.gate(now)
        due_at, shortened = self._due(now, gate)
        return Review(
            message=message,
            thread=thread,
            text=text,
            length=texts.length(text, key.network, key.object),
            limit=texts.LIMITS[key.network, key.object],
            findings=findings,
            unconfirmed=_unconfirmed(findings, acknowledged),
            blocked=any(f.severity is Severity.BLOCK for f in findings),
            gate=gate,
            due_at=due_at if gate.open else gate.next_open,
            hold_shortened=shortened,
            stamp=stamp(thread, key),
        )

    def gate(self, now: datetime | None = None) -> Gate:
        """Return the hours at one reading of the clock."""
        at = now or self._clock.now()
        hours = self.policy.hours
        return Gate(open=hours.is_open(at), closes_at=hours.closes_at(at), next_open=hours.next_open(at))

    # ------------------------------------------------------------------------------------------------------- claims

    async def _claim(self, command: Claim) -> Outcome:
        message = await self._message(command.key)
        now = self._clock.now()
        lease = message.standing.claim
        mine = lease is not None and lease.holder == self.operator.name
        if message.standing.state is MessageState.CLAIMED and lease is not None and not mine:
            if lease.until > now and not command.take_over:
                raise Conflict(subject=str(command.key), colleague=lease.holder)
        elif message.standing.state is not MessageState.CLAIMED:
            self._after("claim", message)
        claimed = replace(
            message,
            standing=replace(
                message.standing,
                state=MessageState.CLAIMED,
                claim=self._lease(now, since=lease.since if mine and lease else now),
                unseen=False,
            ),
        )
        action = "renew" if mine else "take_over" if command.take_over else "claim"
        revision = await self._apply(action, str(command.key), {"reason": command.take_over}, claimed)
        return Outcome(revision=revision, message=claimed, said=Said(template="Claimed; it is yours for now."))

    async def _release(self, command: Release) -> Outcome:
        message = await self._message(command.key)
        self._own(message)
        released = replace(
            message, standing=replace(message.standing, state=self._after("release", message), claim=None)
        )
        revision = await self._apply("release", str(command.key), {}, released)
        return Outcome(revision=revision, message=released, said=Said(template="Given back to the queue."))

    # ------------------------------------------------------------------------------------------------------- answer

    async def _reply(self, command: Reply) -> Outcome:
        if not command.text.strip():
            raise EmptyText
        message = await self._message(command.key)
        self._own(message)
        after = self._after("reply", message)
        thread = await self._store.thread(command.key.account, message.thread)
        seen = stamp(thread, command.key)
        if command.stamp is not None and command.stamp != seen:
            raise Conflict(subject=str(command.key), colleague=_last_author(thread))
        self._conduct(command, message, thread)
        now = self._clock.now()
        entry = self._entry(
            Action.REPLY if message.public else Action.MESSAGE,
            message,
            now,
            text=command.text,
            stamp=seen,
            acknowledged=command.acknowledged,
        )
        entry = self._timed(entry, command, now)
        waiting = replace(
            message,
            standing=replace(
                message.standing,
                state=after,
                claim=self._lease(now, since=now),
                entry=entry.id,
                unseen=False,
                returned=False,
                edited=False,
            ),
        )
        payload = {"text": command.text, "entry": entry.id, "override": entry.override}
        revision = await self._apply(
            "reply",
            str(command.key),
            payload,
            waiting,
            entry,
            before=message,
            drop_draft=(str(command.key), self.operator.name),
        )
        said = (
            Said(template="The reply waits for the opening: {at}.", facts={"at": entry.due_at})
            if entry.state is EntryState.QUEUED
            else Said(template="The reply goes out in {seconds} s; u calls it back.", facts=self._seconds(entry, now))
        )
        return Outcome(revision=revision, message=waiting, entry=entry, said=said, also=_earlier_open(thread, message))

    def _conduct(self, command: Reply, message: Message, thread: tuple[Message, ...]) -> None:
        findings = self.policy.findings(command.text, message, thread)
        blocks = tuple(f for f in findings if f.severity is Severity.BLOCK)
        if blocks:
            raise Blocked(findings=blocks, rules=_rules(blocks))
        open_warnings = _unconfirmed(findings, command.acknowledged)
        if open_warnings:
            waiting = tuple(f for f in findings if f.rule in open_warnings)
            raise Unconfirmed(findings=waiting, rules=_rules(waiting))

    def _timed(self, entry: Entry, command: Reply, now: datetime) -> Entry:
        gate = self.gate(now)
        if gate.open:
            return replace(entry, due_at=self._due(now, gate)[0])
        if command.override is not None:
            return replace(entry, due_at=now + self.policy.hold, override=self._override(command.override))
        if command.queue:
            return replace(entry, state=EntryState.QUEUED, due_at=gate.next_open)
        raise OutsideHours(next_open=self.policy.hours.local(gate.next_open).strftime("%Y-%m-%d %H:%M"))

    def _override(self, override: Override) -> str:
        if Role.SUPERVISOR not in self.operator.roles:
            raise NotAllowed(action="override", role=Role.SUPERVISOR)
        if len(override.note.strip()) < OVERRIDE_NOTE:
            raise NeedsNote(reason=override.reason)
        return f"{override.reason}: {override.note.strip()}"

    def _due(self, now: datetime, gate: Gate) -> tuple[datetime, bool]:
        due_at = now + self.policy.hold
        if gate.closes_at is not None and due_at >= gate.closes_at:
            # A hold never crosses closing: it ends with the last second that is still open.
            return max(now, gate.closes_at - timedelta(seconds=1)), True
        return due_at, False

    def _entry(self, action: Action, message: Message, now: datetime, **fields: Any) -> Entry:
        return Entry(
            id=self._ids.new("entry"),
            action=action,
            account=message.key.account,
            target=message.key,
            thread=message.thread,
            recipient=message.recipient,
            parent=message.parent,
            author=self.operator.name,
            created_at=now,
            due_at=now,
            **fields,
        )

    # ---------------------------------------------------------------------------------------------- customer service

    async def _escalate(self, command: Escalate) -> Outcome:
        message = await self._message(command.key)
        if message.standing.state is MessageState.ESCALATED and message.standing.case:
            case = await self._store.case(message.standing.case)
            said = Said(template="It is with customer service already.")
            return Outcome(revision=0, message=message, case=case, said=said)
        self._own(message)
        after = self._after("escalate", message)
        thread = await self._store.thread(command.key.account, message.thread)
        reason = self._reason(command, message, thread)
        now = self._clock.now()
        case, joined = await self._case(command, message, thread, reason, now)
        escalated = replace(
            message,
            standing=replace(
                message.standing, state=after, claim=None, case=case.id, reason=reason.id, unseen=False, returned=False
            ),
        )
        payload = {"reason": reason.id, "note": command.note, "case": case.id, "joined": joined}
        revision = await self._apply("escalate", str(command.key), payload, escalated, case, before=message)
        said = Said(template="With customer service now: {reason}. u takes it back.", facts={"reason": reason.id})
        return Outcome(revision=revision, message=escalated, case=case, said=said)

    def _reason(self, command: Escalate, message: Message, thread: tuple[Message, ...]) -> Reason:
        chosen = command.reason
        if chosen is None:
            earlier = tuple(m.text for m in thread if m.created_at < message.created_at)
            chosen = self.policy.triage(message.text, earlier, message.key.network).reason
        # Where triage sees nothing, somebody has to be contacted all the same: that is what the key means.
        reason = REASONS.get(chosen or "personal_case")
        if reason is None:
            raise NotFound(subject=f"reason {chosen}")
        if reason.needs_note and not (command.note or "").strip():
            raise NeedsNote(reason=reason.id)
        return reason

    async def _case(
        self, command: Escalate, message: Message, thread: tuple[Message, ...], reason: Reason, now: datetime
    ) -> tuple[Case, bool]:
        person = message.author.id or message.author.handle
        for case in await self._store.cases(message.key.account, message.thread):
            if case.state in CASE_OPEN and person is not None and case.person == person:
                keys = (*case.messages, str(message.key))
                return replace(case, messages=keys, tags=(*case.tags, *command.tags)), True
        hours = self.policy.hours
        soon = now + timedelta(minutes=5)
        case = Case(
            id=self._ids.new("case"),
            account=message.key.account,
            thread=message.thread,
            person=person,
            messages=(str(message.key),),
            reason=reason.id,
            tags=command.tags,
            urgency=reason.urgency,
            note=command.note,
            operator=self.operator.name,
            created_at=now,
            acknowledge_by=soon if reason.acknowledge_wm is None else hours.due_at(now, reason.acknowledge_wm),
            answer_by=now if reason.answer_wm is None else hours.due_at(now, reason.answer_wm),
            packet=self._packet(message, thread),
        )
        return case, False

    def _packet(self, message: Message, thread: tuple[Message, ...]) -> Packet:
        earlier = [m for m in thread if m.created_at < message.created_at and m.key != message.key]
        calendar = self.policy.hours.calendar_on(self.policy.hours.local(message.created_at).date())
        return Packet(
            schema=PACKET_SCHEMA,
            network=message.key.network,
            message=str(message.key),
            link=message.link,
            thread=message.thread,
            text=message.text,
            at=message.created_at,
            handle=message.author.handle,
            name=message.author.name,
            earlier=tuple(
                PacketLine(at=m.created_at, author=m.author.shown(), ours=m.ours, text=m.text)
                for m in earlier[-THREAD_IN_PACKET:]
                # Of third parties only what our own answers and the person's own words need.
                if m.ours or m.author == message.author
            ),
            language=texts.script_of(message.text),
            category=message.standing.category,
            contact=tuple(message.text[span.start : span.end] for span in message.personal),
            calendar=calendar.id if calendar else "",
        )

    async def _note(self, command: Note) -> Outcome:
        message = await self._message(command.key)
        case = await self._store.case(message.standing.case) if message.standing.case else None
        if case is None:
            raise NotFound(subject="case")
        noted = replace(case, note=command.text.strip() or None)
        revision = await self._apply("note", case.id, {"note": noted.note}, noted)
        return Outcome(
            revision=revision, message=message, case=noted, said=Said(template="The note goes with the case.")
        )

    # -------------------------------------------------------------------------------------------------- local actions

    async def _done(self, command: Done) -> Outcome:
        message = await self._message(command.key)
        self._own(message)
        standing = replace(
            message.standing,
            state=self._after("done", message),
            claim=None,
            reason=command.reason,
            unseen=False,
            returned=False,
            snoozed_until=None,
        )
        done = replace(message, standing=standing)
        revision = await self._apply("done", str(command.key), {"reason": command.reason}, done, before=message)
        said = Said(template="Closed: {reason}. u takes it back.", facts={"reason": command.reason})
        return Outcome(revision=revision, message=done, said=said)

    async def _snooze(self, command: Snooze) -> Outcome:
        message = await self._message(command.key)
        self._own(message)
        until = command.until or self.policy.hours.next_session_start(self._clock.now())
        standing = replace(
            message.standing, state=self._after("snooze", message), claim=None, snoozed_until=until, unseen=False
        )
        snoozed = replace(message, standing=standing)
        revision = await self._apply("snooze", str(command.key), {"until": until.isoformat()}, snoozed, before=message)
        return Outcome(
            revision=revision,
            message=snoozed,
            said=Said(template="Back at {at}. u takes it back.", facts={"at": until}),
        )

    async def _memo(self, command: WriteMemo) -> Outcome:
        if not command.text.strip():
            raise EmptyText
        message = await self._message(command.key)
        memo = Memo(
            id=self._ids.new("memo"),
            message=str(command.key),
            account=command.key.account,
            thread=message.thread,
            author=self.operator.name,
            text=command.text,
            at=self._clock.now(),
        )
        revision = await self._apply("memo", str(command.key), {"memo": memo.id, "text": memo.text}, memo)
        return Outcome(revision=revision, message=message, said=Said(template="Memo kept; it stays inside."))

    async def _tag(self, command: Tag) -> Outcome:
        message = await self._message(command.key)
        tags = tuple(sorted((set(message.standing.tags) | set(command.add)) - set(command.remove)))
        tagged = replace(message, standing=replace(message.standing, tags=tags))
        revision = await self._apply("tag", str(command.key), {"tags": list(tags)}, tagged, before=message)
        return Outcome(
            revision=revision, message=tagged, said=Said(template="Tags: {tags}.", facts={"tags": " ".join(tags)})
        )

    async def _hide(self, command: Hide) -> Outcome:
        message = await self._message(command.key)
        if not message.public or message.ours:
            raise WrongState(action="hide", state="ours" if message.ours else "private", subject=str(command.key))
        # Hiding protects a person; it is allowed at any hour (D8) and asks first, so there is no hold.
        action = Action.HIDE if command.hidden else Action.UNHIDE
        entry = self._entry(action, message, self._clock.now())
        revision = await self._apply(action, str(command.key), {"entry": entry.id}, entry)
        template = "Being hidden on the network." if command.hidden else "Being shown again on the network."
        return Outcome(revision=revision, message=message, entry=entry, said=Said(template=template))

    async def _reveal(self, command: Reveal) -> Outcome:
        message = await self._message(command.key)
        revision = await self._apply("reveal", str(command.key), {})
        return Outcome(revision=revision, message=message, said=Said(template="Shown in full; this look is logged."))

    # --------------------------------------------------------------------------------------------------------- undo

    async def _take_back(self, command: TakeBack) -> Outcome:
        undo = await self._store.undoable(self.operator.name, command.key)
        if undo is None:
            raise NothingToUndo
        message = await self._message(undo.message.key)
        expected = MESSAGE_TABLE.get(undo.action, {}).get(undo.message.standing.state, message.standing.state)
        if message.standing.state is not expected or message.standing.entry != (
            undo.entry or undo.message.standing.entry
        ):
            raise NothingToUndo
        standing = replace(undo.message.standing, edited=message.standing.edited, unseen=False)
        if standing.claim is not None:
            standing = replace(standing, claim=self._lease(self._clock.now(), since=standing.claim.since))
        restored = replace(message, standing=standing)
        entry = await self._recalled(undo)
        case = await self._withdrawn(undo)
        changed = [value for value in (entry, case) if value is not None]
        revision = await self._apply(
            "undo",
            str(message.key),
            {"action": undo.action},
            restored,
            replace(undo, used=True),
            *changed,
            save_draft=self._draft_of(entry),
        )
        template = "Called back; the text is your draft again." if entry else "Taken back: {action}."
        said = Said(template=template, facts={"action": undo.action})
        return Outcome(revision=revision, message=restored, entry=entry, case=case, said=said)

    async def _recalled(self, undo: Undo) -> Entry | None:
        if undo.entry is None:
            return None
        entry = await self._store.entry(undo.entry)
        if entry is None or entry.state not in {EntryState.HELD, EntryState.QUEUED}:
            raise NothingToUndo
        return entry.stepped("recall")

    async def _withdrawn(self, undo: Undo) -> Case | None:
        if undo.case is None:
            return None
        case = await self._store.case(undo.case)
        if case is None or case.state is not CaseState.ESCALATED:
            raise NothingToUndo
        rest = tuple(key for key in case.messages if key != str(undo.message.key))
        return replace(case, messages=rest) if rest else case.stepped("withdraw")

    def _draft_of(self, entry: Entry | None) -> Draft | None:
        if entry is None or entry.target is None or not entry.text:
            return None
        return Draft(
            message=str(entry.target),
            author=entry.author,
            text=entry.text,
            saved_at=self._clock.now(),
            acknowledged=entry.acknowledged,
        )

    # ------------------------------------------------------------------------------------------------------ together

    def _allow(self, command: Command) -> None:
        if not self.operator.roles & _WORKS:
            raise NotAllowed(action=type(command).__name__.lower(), role=Role.OPERATOR)

    async def _message(self, key: MessageKey) -> Message:
        message = await self._store.message(key)
        if message is None:
            raise NotFound(subject=str(key))
        return message

    def _own(self, message: Message) -> None:
        """Refuse what a colleague is composing; a lease that has run out holds nobody up."""
        lease = message.standing.claim
        if message.standing.state is not MessageState.CLAIMED or lease is None:
            return
        if lease.holder != self.operator.name and lease.until > self._clock.now():
            raise Conflict(subject=str(message.key), colleague=lease.holder)

    def _after(self, command: str, message: Message) -> MessageState:
        after = MESSAGE_TABLE[command].get(message.standing.state)
        if after is None or message.ours:
            raise WrongState(action=command, state=message.standing.state, subject=str(message.key))
        return after

    def _lease(self, now: datetime, since: datetime) -> ClaimLease:
        return ClaimLease(holder=self.operator.name, since=since, until=now + self.policy.claim_lease)

    def _seconds(self, entry: Entry, now: datetime) -> dict[str, object]:
        return {"seconds": round((entry.due_at - now).total_seconds())}

    async def _apply(
        self,
        action: str,
        subject: str,
        payload: dict[str, Any],
        *puts: Message | Entry | Case | Memo | Undo,
        before: Message | None = None,
        save_draft: Draft | None = None,
        drop_draft: tuple[str, str] | None = None,
    ) -> int:
        event = EventDraft(
            at=self._clock.now(),
            actor=self.operator.name,
            terminal=self.operator.terminal,
            action=action,
            subject=subject,
            profile_version=self.policy.version,
            payload=payload,
            salt=self._ids.salt(),
        )
        if before is not None and action in UNDOABLE:
            entry = next((put for put in puts if isinstance(put, Entry)), None)
            case = next((put for put in puts if isinstance(put, Case)), None)
            undo = Undo(
                id=self._ids.new("undo"),
                actor=self.operator.name,
                action=action,
                at=event.at,
                message=before,
                entry=entry.id if entry else None,
                case=case.id if case else None,
            )
            puts = (*puts, undo)
        return await self._store.apply(Decision(puts=puts, event=event, save_draft=save_draft, drop_draft=drop_draft))


def _rules(findings: tuple[Finding, ...]) -> str:
    return ", ".join(dict.fromkeys(finding.rule for finding in findings))


def _unconfirmed(findings: tuple[Finding, ...], acknowledged: tuple[str, ...]) -> tuple[str, ...]:
    warned = dict.fromkeys(f.rule for f in findings if f.severity is Severity.WARN)
    return tuple(rule for rule in warned if rule not in acknowledged)


def _last_author(thread: tuple[Message, ...]) -> str:
    return thread[-1].author.shown() if thread else ""


def _earlier_open(thread: tuple[Message, ...], message: Message) -> tuple[MessageKey, ...]:
    if message.author.id is None and message.author.handle is None:
        return ()
    return tuple(
        m.key
        for m in thread
        if m.author == message.author
        and m.key != message.key
        and m.created_at < message.created_at
        and m.standing.state in OPEN
        and m.standing.claim is None
    )
