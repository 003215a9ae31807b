"""The desk: an operator's command comes in, a decision goes to the store, once, or an error says why not.

The desk decides by the state table, the claim, the role, the conduct rules and the hours; screens and the command line
have no other way to change anything.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, assert_never

from . import text as texts
from .casework import acknowledge, answer, ask_back, close, closing, open_contact, return_
from .commands import (
    Acknowledge,
    AddOfficial,
    AnswerCase,
    ApprovePost,
    AskBack,
    Claim,
    CloseCase,
    Command,
    CorrectTriage,
    Delete,
    DiscardPost,
    Done,
    DropSnippet,
    Edit,
    Escalate,
    Hide,
    KeepSnippet,
    Note,
    OpenContact,
    Override,
    Reject,
    RejectPost,
    Release,
    RemoveOfficial,
    Reply,
    ReturnCase,
    Reveal,
    SchedulePost,
    Snooze,
    SubmitPost,
    Tag,
    TakeBack,
    TakePledge,
    Urgent,
    WithdrawPost,
    WriteMemo,
    WritePost,
)
from .conduct import Severity, check_hours, check_session, in_sight, outcomes
from .errors import (
    Conflict,
    Covered,
    Either,
    EmptyText,
    NotAllowed,
    NotOffered,
    OutsideHours,
    ReasonTooShort,
    StillWriting,
    WrongState,
)
from .handover import escalate, note, urgent
from .judging import blocking, refuse, unconfirmed
from .message import Message, MessageKey, ObjectKind, stamp
from .moderation import delete, hide, offered, our_answer, reject
from .outbox import Action, Entry
from .outcome import Gate, Outcome, PostReview, Review, Said
from .policy import Operator, Policy, Role
from .ports import Capability, Memo
from .presence import QUIET, Doing, alive
from .press import (
    approve_post,
    discard_post,
    reject_post,
    review_post,
    schedule_post,
    submit_post,
    withdraw_post,
    write_post,
)
from .recording import record
from .roles import MAY
from .scene import Scene, look_around
from .seat import Seat
from .states import OPEN, UNDER_WAY, CaseState, EntryState, MessageState
from .undoing import take_back

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .conduct import Finding
    from .escalation import Case
    from .ports import Clock, Ids, Store

OVERRIDE_NOTE = 10
"""Characters an override's note has at least (D9)."""


class Desk:
    """Decides for one operator."""

    def __init__(self, *, store: Store, clock: Clock, ids: Ids, policy: Policy, operator: Operator) -> None:
        self.policy = policy
        self.operator = operator
        self._spoken = 0
        """Answers of this session; the first one is reminded of whose name it goes out in (R-SELF)."""
        self._seat = Seat(store=store, clock=clock, ids=ids, policy=policy, operator=operator)

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
                return await escalate(self._seat, command)
            case Urgent():
                return await urgent(self._seat, command)
            case Acknowledge():
                return await acknowledge(self._seat, command)
            case AskBack():
                return await ask_back(self._seat, command)
            case AnswerCase():
                return await answer(self._seat, command)
            case ReturnCase():
                return await return_(self._seat, command)
            case CloseCase():
                return await close(self._seat, command)
            case OpenContact():
                return await open_contact(self._seat, command)
            case WritePost():
                return await write_post(self._seat, command)
            case SubmitPost():
                return await submit_post(self._seat, command)
            case ApprovePost():
                return await approve_post(self._seat, command)
            case RejectPost():
                return await reject_post(self._seat, command)
            case SchedulePost():
                return await schedule_post(self._seat, command)
            case WithdrawPost():
                return await withdraw_post(self._seat, command)
            case DiscardPost():
                return await discard_post(self._seat, command)
            case Note():
                return await note(self._seat, command)
            case Done():
                return await self._done(command)
            case Snooze():
                return await self._snooze(command)
            case WriteMemo():
                return await self._memo(command)
            case Tag():
                return await self._tag(command)
            case Hide():
                return await hide(self._seat, command)
            case Reject():
                return await reject(self._seat, command)
            case Edit():
                return await self._edit(command)
            case Delete():
                return await delete(self._seat, command)
            case Reveal():
                return await self._reveal(command)
            case TakeBack():
                return await take_back(self._seat, command)
            case TakePledge() | KeepSnippet() | DropSnippet() | AddOfficial() | RemoveOfficial() | CorrectTriage():
                return await record(self._seat, command)
            case _:
                assert_never(command)

    async def log(self, action: str, subject: str, payload: Mapping[str, Any]) -> int:
        """Write an event about what was done beside the store: an export, a backup, a look into the history."""
        return await self._seat.apply(action, subject, dict(payload))

    async def review(
        self,
        key: MessageKey,
        text: str,
        acknowledged: tuple[str, ...] = (),
        read: tuple[str, ...] = (),
        *,
        private: bool = False,
    ) -> Review:
        """Look at a text as `Reply` would, and change nothing.

        Args:
            key: What it answers.
            text: Byte for byte what would go out.
            acknowledged: Rules whose warnings are confirmed.
            read: Rules that have spoken about this draft before.
            private: Whether it would go to the writer of a public message alone.

        Raises:
            NotFound: There is no such message.
            NotOffered: The network has no private answers to public messages.
        """
        message = await self._seat.message(key)
        now = self._seat.clock.now()
        scene = await self._scene(message, private=private)
        thread = scene.thread
        findings = self.policy.findings(text, scene.item, scene)
        kind = ObjectKind.PRIVATE if scene.private else key.below
        rules = self.policy.rules
        passing = (*check_session(self._spoken, rules), *self._closing_soon(now))
        gate = self.gate(now)
        due_at, shortened = self._due(now, gate)
        return Review(
            message=message,
            thread=thread,
            text=text,
            private=scene.private or not message.public,
            length=texts.length(text, key.network, kind),
            limit=texts.LIMITS[key.network, kind],
            findings=findings,
            in_sight=in_sight((*findings, *passing), acknowledged, read),
            unconfirmed=unconfirmed(findings, acknowledged),
            blocked=bool(blocking(findings)),
            gate=gate,
            due_at=due_at if gate.open else gate.next_open,
            window=self.policy.private_window(message, thread, private=scene.private),
            hold_shortened=shortened,
            stamp=stamp(thread, key),
        )

    async def scene(self, message: Message) -> Scene:
        """Look at what lies around a message, once for many versions of an answer."""
        return await look_around(self._seat.store, self.policy, message, self.operator.name, self._seat.clock.now())

    async def _scene(self, message: Message, *, private: bool) -> Scene:
        """Look at what lies around a message, for an answer to everybody or to its writer alone.

        Raises:
            NotOffered: The network has no such answer, or the writer is we.
        """
        if private and message.is_own_post:
            raise NotOffered(action="private_reply", network=message.key.network)
        if private and message.public:
            offered(message, "private_reply", Capability.PRIVATE_REPLY)
        return replace(await self.scene(message), private=private and message.public)

    async def showed(self, findings: Sequence[Finding]) -> None:
        """Count what an operator was shown, each rule once; a block counts as one."""
        marks = [(f.rule, "blocked" if f.severity is Severity.BLOCK else "shown") for f in findings]
        await self._seat.tally(dict.fromkeys(marks))

    def _closing_soon(self, now: datetime) -> tuple[Finding, ...]:
        """Remind of the minutes left; that it is closed, the gate says."""
        if not self.policy.hours.is_open(now):
            return ()
        return check_hours(now, self.policy.hours, self.policy.rules)

    async def review_post(self, post: str, acknowledged: tuple[str, ...] | None = None) -> PostReview:
        """Look at a post as each network will show it, and change nothing.

        Args:
            post: Its id.
            acknowledged: Rules whose warnings are confirmed now; None: those that the post was submitted with.

        Raises:
            NotFound: There is no such post.
        """
        return await review_post(self._seat, post, acknowledged)

    def gate(self, now: datetime | None = None) -> Gate:
        """Return the hours at one reading of the clock."""
        at = now or self._seat.clock.now()
        hours = self.policy.hours
        return Gate(open=hours.is_open(at), closes_at=hours.closes_at(at), next_open=hours.next_open(at))

    # ------------------------------------------------------------------------------------------------------- claims

    async def _claim(self, command: Claim) -> Outcome:
        message = await self._seat.message(command.key)
        now = self._seat.clock.now()
        if message.standing.state is not MessageState.CLAIMED:
            self._seat.after("claim", message)
        lease = message.standing.claim
        why = (command.take_over or "").strip() or None
        claim = self._seat.lease(now, since=now)
        if lease is None:
            action, why = "claim", None
        elif lease.holder == self.operator.name:
            claim = replace(claim, since=lease.since, taken_from=lease.taken_from, why=lease.why)
            action, why = "renew", None
        elif not lease.holds(now):
            action, why = "claim", None
        elif why is None or command.holder is None:
            raise self._seat.held(command.key, lease)
        elif (command.holder, command.since or lease.since) != (lease.holder, lease.since):
            raise self._seat.held(command.key, lease, command.holder)
        else:
            await self.check_take_over(message)
            claim = replace(claim, taken_from=lease.holder, why=why)
            action = "take_over"
        claimed = replace(
            message, standing=replace(message.standing, state=MessageState.CLAIMED, claim=claim, unseen=False)
        )
        payload = {"why": why} if action != "take_over" else {"why": why, "from": claim.taken_from}
        revision = await self._seat.apply(action, str(command.key), payload, claimed)
        said = Said(template="Claimed; it is yours for now.")
        if action == "take_over":
            said = Said(
                template="Taken over from {colleague}; it is yours for now.", facts={"colleague": claim.taken_from}
            )
        elif action == "claim" and command.holder is not None:
            said = Said(template="Claimed; {colleague} did not hold it any more.", facts={"colleague": command.holder})
        return Outcome(revision=revision, message=claimed, said=said)

    async def check_take_over(self, message: Message) -> None:
        """Refuse to take from under somebody's fingers; a supervisor may, at once.

        Raises:
            NotAllowed: This operator claims nothing.
            StillWriting: The holder has typed something in the last minutes.
        """
        self._allow(Claim(key=message.key))
        lease, now = message.standing.claim, self._seat.clock.now()
        if lease is None or Role.SUPERVISOR in self.operator.roles:
            return
        holder = lease.holder
        for each in alive(await self._seat.store.present(), now):
            is_it = (each.operator, each.message, each.doing) == (holder, str(message.key), Doing.COMPOSING)
            if is_it and not each.is_quiet(now):
                raise StillWriting(colleague=holder, minutes=int(QUIET.total_seconds()) // 60)

    async def _release(self, command: Release) -> Outcome:
        message = await self._seat.message(command.key)
        self._seat.own(message)
        released = replace(
            message, standing=replace(message.standing, state=self._seat.after("release", message), claim=None)
        )
        revision = await self._seat.apply("release", str(command.key), {}, released)
        return Outcome(revision=revision, message=released, said=Said(template="Given back to the queue."))

    # ------------------------------------------------------------------------------------------------------- answer

    async def _reply(self, command: Reply) -> Outcome:
        if not command.text.strip():
            raise EmptyText
        message = await self._seat.message(command.key)
        if message.is_own_post:
            return await self._comment(command, message)
        self._seat.own(message)
        after = self._seat.after("reply", message)
        scene = await self._scene(message, private=command.private)
        thread = scene.thread
        seen = stamp(thread, command.key)
        if command.stamp is not None and command.stamp != seen:
            raise Conflict(subject=str(command.key), colleague=_last_author(thread))
        found = await self._conduct(command, scene)
        now = self._seat.clock.now()
        entry = self._seat.entry(
            Action.REPLY if message.public and not scene.private else Action.MESSAGE,
            message,
            now,
            text=command.text,
            stamp=seen,
            acknowledged=command.acknowledged,
        )
        began = message.standing.claim.since if self._is_mine(message) and message.standing.claim else now
        entry = self._timed(entry, command, now, began)
        waiting = replace(
            message,
            standing=replace(
                message.standing,
                state=after,
                claim=None if after is MessageState.ESCALATED else self._seat.lease(now, since=began),
                entry=entry.id,
                unseen=False,
                returned=False,
                edited=False,
            ),
        )
        payload = {"text": command.text, "entry": entry.id, "override": entry.override}
        revision = await self._seat.apply(
            "reply",
            str(command.key),
            payload,
            waiting,
            entry,
            before=message,
            drop_draft=(str(command.key), self.operator.name),
        )
        await self._spoke(command, found)
        said = (
            Said(template="The reply waits for the opening: {at}.", facts={"at": entry.due_at})
            if entry.state is EntryState.QUEUED
            else Said(template="The reply goes out in {seconds} s; u calls it back.", facts=_seconds(entry, now))
        )
        return Outcome(revision=revision, message=waiting, entry=entry, said=said, also=_earlier_open(thread, message))

    async def _comment(self, command: Reply, message: Message) -> Outcome:
        """Write below a post of ours: it answers nobody in particular, nobody claims it; the rest is as for a reply.

        Raises:
            NotOffered: It was to go to its writer alone, and those are we.
            WrongState: The post is gone, or another comment of ours is on its way to it.
        """
        scene = await self._scene(message, private=command.private)
        if message.standing.state is MessageState.GONE:
            raise WrongState(action="comment", state="gone", subject=str(command.key))
        before = await self._seat.store.entry(message.standing.entry) if message.standing.entry else None
        if before is not None and before.state in UNDER_WAY:
            raise WrongState(action="comment", state=before.state, subject=str(command.key))
        seen = stamp((message,), command.key)
        if command.stamp is not None and command.stamp != seen:
            raise Conflict(subject=str(command.key), colleague=message.author.shown())
        found = await self._conduct(command, scene)
        now = self._seat.clock.now()
        entry = self._seat.entry(
            Action.REPLY, message, now, text=command.text, stamp=seen, acknowledged=command.acknowledged
        )
        entry = self._timed(replace(entry, person=None, recipient=None), command, now, now)
        commented = replace(message, standing=replace(message.standing, entry=entry.id))
        payload = {"text": command.text, "entry": entry.id, "override": entry.override}
        drafted = (str(command.key), self.operator.name)
        revision = await self._seat.apply(
            "comment", str(command.key), payload, commented, entry, before=message, drop_draft=drafted
        )
        await self._spoke(command, found)
        said = (
            Said(template="The comment waits for the opening: {at}.", facts={"at": entry.due_at})
            if entry.state is EntryState.QUEUED
            else Said(template="The comment goes out in {seconds} s; u calls it back.", facts=_seconds(entry, now))
        )
        return Outcome(revision=revision, message=commented, entry=entry, said=said)

    async def _edit(self, command: Edit) -> Outcome:
        """Change an answer of ours: new words before the public, so conduct, hours and hold are those of a reply."""
        if not command.text.strip():
            raise EmptyText
        message = await our_answer(self._seat, command.key, "edit", Capability.EDIT)
        await self._conduct(command, await self.scene(message))
        now = self._seat.clock.now()
        seen = stamp((message,), command.key)
        entry = self._seat.entry(
            Action.EDIT, message, now, text=command.text, stamp=seen, acknowledged=command.acknowledged
        )
        entry = self._timed(entry, command, now, now)
        changing = replace(message, standing=replace(message.standing, entry=entry.id))
        payload = {"text": command.text, "entry": entry.id, "override": entry.override}
        revision = await self._seat.apply("edit", str(command.key), payload, changing, entry, before=message)
        said = (
            Said(template="The new text waits for the opening: {at}.", facts={"at": entry.due_at})
            if entry.state is EntryState.QUEUED
            else Said(template="The new text goes out in {seconds} s; u calls it back.", facts=_seconds(entry, now))
        )
        return Outcome(revision=revision, message=changing, entry=entry, said=said)

    async def _conduct(self, command: Reply | Edit, scene: Scene) -> frozenset[str]:
        """Refuse what the rules refuse; return the rules that still speak about what may go."""
        findings = self.policy.findings(command.text, scene.item, scene)
        # Whoever was shown them before has them counted already.
        await self.showed([f for f in blocking(findings) if f.rule not in command.read])
        refuse(findings, command.acknowledged)
        return frozenset(f.rule for f in findings)

    async def _spoke(self, command: Reply, found: frozenset[str]) -> None:
        """Count what became of the reminders that were read."""
        self._spoken += 1
        # What the moment reminds of is only shown; about a text one may think otherwise.
        about_text = [rule for rule in command.read if "reply" in self.policy.rules[rule].triggers]
        await self._seat.tally(outcomes(about_text, found))

    def _is_mine(self, message: Message) -> bool:
        lease = message.standing.claim
        return lease is not None and lease.holder == self.operator.name

    def _timed(self, entry: Entry, command: Reply | Edit, now: datetime, began: datetime) -> Entry:
        gate = self.gate(now)
        if gate.open:
            return replace(entry, due_at=self._due(now, gate)[0])
        # What cannot be out before grace ends is offered like anything else after closing.
        if isinstance(command, Reply) and self.policy.in_grace(now + self.policy.hold, began):
            return replace(entry, due_at=now + self.policy.hold)
        if command.override is not None:
            return replace(entry, due_at=now + self.policy.hold, override=self._override(command.override))
        if command.queue:
            return replace(entry, state=EntryState.QUEUED, due_at=gate.next_open)
        raise OutsideHours(next_open=self.policy.hours.local(gate.next_open).strftime("%Y-%m-%d %H:%M"))

    def _override(self, override: Override) -> str:
        self._seat.need(Role.SUPERVISOR, "override")
        if len(override.note.strip()) < OVERRIDE_NOTE:
            raise ReasonTooShort(least=OVERRIDE_NOTE)
        return f"{override.reason}: {override.note.strip()}"

    def _due(self, now: datetime, gate: Gate) -> tuple[datetime, bool]:
        due_at = now + self.policy.hold
        if gate.closes_at is not None and due_at >= gate.closes_at:
            # A hold never crosses closing: it ends with the last second that is still open.
            return max(now, gate.closes_at - timedelta(seconds=1)), True
        return due_at, False

    # -------------------------------------------------------------------------------------------------- local actions

    async def _done(self, command: Done) -> Outcome:
        message = await self._seat.message(command.key)
        self._seat.own(message)
        standing = replace(
            message.standing,
            state=self._seat.after("done", message),
            claim=None,
            reason=command.reason,
            unseen=False,
            returned=False,
            snoozed_until=None,
        )
        done = replace(message, standing=standing)
        case = await self._seat.store.case(message.standing.case) if message.standing.case else None
        ended: tuple[Case | Message, ...] = ()
        if case is not None and case.state is CaseState.ANSWERED:
            ended = await closing(
                self._seat.store, case, at=self._seat.clock.now(), by=self.operator.name, apart=message.key
            )
        revision = await self._seat.apply(
            "done", str(command.key), {"reason": command.reason}, done, *ended, before=message
        )
        said = Said(template="Closed: {reason}. u takes it back.", facts={"reason": command.reason})
        return Outcome(revision=revision, message=done, said=said)

    async def _snooze(self, command: Snooze) -> Outcome:
        message = await self._seat.message(command.key)
        self._seat.own(message)
        until = command.until or self.policy.hours.next_session_start(self._seat.clock.now())
        standing = replace(
            message.standing, state=self._seat.after("snooze", message), claim=None, snoozed_until=until, unseen=False
        )
        snoozed = replace(message, standing=standing)
        revision = await self._seat.apply(
            "snooze", str(command.key), {"until": until.isoformat()}, snoozed, before=message
        )
        return Outcome(
            revision=revision,
            message=snoozed,
            said=Said(template="Back at {at}. u takes it back.", facts={"at": until}),
        )

    async def _memo(self, command: WriteMemo) -> Outcome:
        if not command.text.strip():
            raise EmptyText
        message = await self._seat.message(command.key)
        memo = Memo(
            id=self._seat.ids.new("memo"),
            message=str(command.key),
            account=command.key.account,
            thread=message.thread,
            author=self.operator.name,
            text=command.text,
            at=self._seat.clock.now(),
        )
        revision = await self._seat.apply("memo", str(command.key), {"memo": memo.id, "text": memo.text}, memo)
        return Outcome(revision=revision, message=message, said=Said(template="Memo kept; it stays inside."))

    async def _tag(self, command: Tag) -> Outcome:
        message = await self._seat.message(command.key)
        tags = tuple(sorted((set(message.standing.tags) | set(command.add)) - set(command.remove)))
        tagged = replace(message, standing=replace(message.standing, tags=tags))
        revision = await self._seat.apply("tag", str(command.key), {"tags": list(tags)}, tagged, before=message)
        return Outcome(
            revision=revision, message=tagged, said=Said(template="Tags: {tags}.", facts={"tags": " ".join(tags)})
        )

    async def _reveal(self, command: Reveal) -> Outcome:
        message = await self._seat.message(command.key)
        if not self.may_reveal(message):
            raise Covered(action="reveal", role=Role.SUPERVISOR)
        revision = await self._seat.apply("reveal", str(command.key), {})
        return Outcome(revision=revision, message=message, said=Said(template="Shown in full; this look is logged."))

    def may_reveal(self, message: Message) -> bool:
        """Say whether covered data of a message opens for this operator: a supervisor, or whoever has claimed it."""
        return Role.SUPERVISOR in self.operator.roles or self._is_mine(message)

    def _allow(self, command: Command) -> None:
        allowed = MAY[type(command)]
        if self.operator.roles.isdisjoint(allowed):
            raise NotAllowed(action=type(command).__name__.lower(), role=Either(allowed))


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


def _seconds(entry: Entry, now: datetime) -> dict[str, object]:
    return {"seconds": round((entry.due_at - now).total_seconds())}
