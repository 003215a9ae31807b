"""One operator's place at the desk: who decides, by which policy, and how a decision is read for and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .audit import EventDraft
from .errors import Held, HeldByAnother, NotAllowed, NotFound, WrongState
from .escalation import Case
from .message import Claim as ClaimLease
from .message import Message, MessageKey
from .outbox import Action, Entry
from .ports import Decision, Draft, Kept, Undo
from .states import MESSAGE_TABLE, UNDOABLE, MessageState, stepped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .policy import Operator, Policy, Role
    from .ports import Clock, Ids, Store


class Seat:
    """What every command needs."""

    def __init__(self, *, store: Store, clock: Clock, ids: Ids, policy: Policy, operator: Operator) -> None:
        self.store = store
        self.clock = clock
        self.ids = ids
        self.policy = policy
        self.operator = operator

    async def message(self, key: MessageKey) -> Message:
        """Return a message.

        Raises:
            NotFound: There is no such message.
        """
        message = await self.store.message(key)
        if message is None:
            raise NotFound(subject=str(key))
        return message

    def need(self, role: Role, action: str) -> None:
        """Refuse what is another role's to do.

        Raises:
            NotAllowed: This operator does not have the role.
        """
        if role not in self.operator.roles:
            raise NotAllowed(action=action, role=role)

    async def tally(self, marks: Iterable[tuple[str, str]]) -> None:
        """Count for this operator, on the day in the service's own time; a mark is a name and what was done."""
        counted = tuple(marks)
        if counted:
            day = self.policy.hours.local(self.clock.now()).date()
            await self.store.tally(day, self.operator.name, counted)

    def own(self, message: Message) -> None:
        """Refuse what a colleague is composing; a lease that has run out holds nobody up."""
        lease = message.standing.claim
        if message.standing.state is not MessageState.CLAIMED or lease is None:
            return
        if lease.holder != self.operator.name and lease.holds(self.clock.now()):
            raise self.held(message.key, lease)

    def held(self, key: MessageKey, lease: ClaimLease, expected: str | None = None) -> Held:
        """Return what says who holds a message.

        Args:
            key: The message.
            lease: The claim on it.
            expected: Whom somebody else took for its holder.
        """
        facts = {
            "subject": str(key),
            "colleague": lease.holder,
            "since": self._clock_time(lease.since),
            "until": self._clock_time(lease.until),
        }
        return Held(**facts) if expected is None else HeldByAnother(**facts, expected=expected)

    def _clock_time(self, at: datetime) -> str:
        """Return a local time; with its day, where that is another one."""
        hours = self.policy.hours
        local, today = hours.local(at), hours.local(self.clock.now()).date()
        return local.strftime("%H:%M" if local.date() == today else "%Y-%m-%d %H:%M")

    def after(self, command: str, message: Message) -> MessageState:
        """Return the state after a command.

        Raises:
            WrongState: The table has no such step from here, or the message is ours.
        """
        if message.ours:
            raise WrongState(action=command, state=message.standing.state, subject=str(message.key))
        return stepped(MESSAGE_TABLE, command, message.standing.state, str(message.key))

    def lease(self, now: datetime, since: datetime) -> ClaimLease:
        """Return a claim of this operator."""
        return ClaimLease(holder=self.operator.name, since=since, until=now + self.policy.claim_lease)

    async def apply(
        self,
        action: str,
        subject: str,
        payload: dict[str, Any],
        *puts: Kept,
        before: Message | None = None,
        save_draft: Draft | None = None,
        drop_draft: tuple[str, str] | None = None,
    ) -> int:
        """Write a decision with its event, and what undoes it, in one step; return the store's revision.

        Args:
            action: What was done, as the history calls it.
            subject: What it was done to.
            payload: What belongs to it.
            puts: What is written.
            before: The message as it was, where the action can be taken back.
            save_draft: A text that comes back to its author.
            drop_draft: Message and author of a draft that has served.
        """
        event = EventDraft(
            at=self.clock.now(),
            actor=self.operator.name,
            terminal=self.operator.terminal,
            action=action,
            subject=subject,
            profile_version=self.policy.version,
            payload=payload,
            salt=self.ids.salt(),
        )
        if before is not None and action in UNDOABLE:
            entries = [put for put in puts if isinstance(put, Entry)]
            entry = next((put for put in entries if put.action is not Action.DELIVER), None)
            handed = action in {"escalate", "urgent"}
            case = next((put for put in puts if handed and isinstance(put, Case)), None)
            undo = Undo(
                id=self.ids.new("undo"),
                actor=self.operator.name,
                action=action,
                at=event.at,
                message=before,
                entry=entry.id if entry else None,
                case=case.id if case else None,
                deliveries=tuple(put.id for put in entries if put.action is Action.DELIVER),
            )
            puts = (*puts, undo)
        return await self.store.apply(Decision(puts=puts, event=event, save_draft=save_draft, drop_draft=drop_draft))

    def entry(self, action: Action, message: Message, now: datetime, **fields: Any) -> Entry:
        """Return a new outbox entry about a message, due at once unless `fields` say otherwise."""
        return Entry(
            id=self.ids.new("entry"),
            action=action,
            account=message.key.account,
            target=message.key,
            thread=message.thread,
            recipient=message.recipient,
            person=message.author.id or message.author.handle,
            parent=message.parent,
            author=self.operator.name,
            created_at=now,
            due_at=now,
            **fields,
        )
