"""What is known around a message when an answer to it is judged: its thread, what triage thinks, who else is at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from .message import Urgency, answered
from .states import EntryState, MessageState

if TYPE_CHECKING:
    from datetime import datetime

    from .message import Message
    from .outbox import Entry
    from .policy import Policy
    from .ports import Store

RECENT: Final = timedelta(days=7)
"""How far back a reply counts as the same one sent again. Source: POLICY 4, R-DIR-CANNED."""
_MOST_REPLIES: Final = 500
"""Replies of that time that are compared, the newest; a guess, what three people write in a week."""

_SAID: Final = (EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN, EntryState.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One reading of what lies around a message; good for judging many versions of one answer."""

    policy: Policy
    """With the official contacts that supervisors have added."""
    item: Message
    """What the text answers; for a change of an answer of ours, what that one answers."""
    thread: tuple[Message, ...] = ()
    """Oldest first."""
    sent: tuple[str, ...] = ()
    """The ministry's replies to other people of the last seven days, newest first."""
    taken_by: str | None = None
    """Another operator who is answering, or has answered."""
    escalation: str | None = None
    """For what the message should go to customer service, while it has not."""
    private: bool = False
    """The answer goes to the writer alone, though the message is public."""
    urgent: bool = False
    """Somebody may be in danger, and the message is not on the urgent path."""


async def look_around(
    store: Store, policy: Policy, message: Message, operator: str, now: datetime, *, own_entry: str | None = None
) -> Scene:
    """Read what lies around a message.

    Args:
        store: Where to look.
        policy: The profile's; what supervisors have added comes on top.
        message: The one to be answered, or an answer of ours that is to be changed.
        operator: Who answers.
        now: Tells a claim that holds from one that has run out.
        own_entry: The answer itself, where it is in the outbox already.
    """
    thread = await store.thread(message.key.account, message.thread)
    if message.ours:
        # A change of what stands there already: nobody is asked again whether it should have been answered.
        return Scene(policy=policy.extended(await store.officials()), item=answered(message, thread), thread=thread)
    said = await store.entries(_SAID, due_from=now - RECENT)
    reason, urgent = _needs(policy, message, thread)
    return Scene(
        policy=policy.extended(await store.officials()),
        item=message,
        thread=thread,
        sent=tuple(_to_others(said, message)),
        taken_by=(
            _composing(message, operator, now)
            or await _answering(store, message, operator, own_entry)
            or _answered_there(message, thread)
        ),
        escalation=reason,
        urgent=urgent,
    )


def _needs(policy: Policy, message: Message, thread: tuple[Message, ...]) -> tuple[str | None, bool]:
    """Return for what a message should go to customer service, and whether at once; nothing once it has gone there."""
    standing = message.standing
    if standing.case is not None or standing.state is MessageState.ESCALATED:
        return None, False
    if standing.corrected:
        return standing.suggested, standing.urgency is Urgency.IMMEDIATE
    earlier = tuple(each.text for each in thread if each.created_at < message.created_at and not each.ours)
    found = policy.triage(message.text, earlier, message.key.network)
    return found.reason, found.urgency == Urgency.IMMEDIATE


def _to_others(said: tuple[Entry, ...], message: Message) -> list[str]:
    person = message.author.id or message.author.handle
    others = (
        entry.text
        for entry in reversed(said)
        if entry.text
        and entry.target is not None
        and entry.target != message.key
        # Without a name on either side two targets are two people.
        and (person is None or entry.person != person)
    )
    return list(others)[:_MOST_REPLIES]


def _composing(message: Message, operator: str, now: datetime) -> str | None:
    """Return the colleague who holds the claim."""
    lease = message.standing.claim
    is_taken = lease is not None and lease.holder != operator and lease.holds(now)
    return lease.holder if lease is not None and is_taken else None


async def _answering(store: Store, message: Message, operator: str, own_entry: str | None) -> str | None:
    """Return the colleague whose answer is on its way, or out."""
    if message.standing.entry is None or message.standing.entry == own_entry:
        return None
    entry = await store.entry(message.standing.entry)
    is_taken = entry is not None and entry.author != operator and entry.state in _SAID
    return entry.author if entry is not None and is_taken else None


def _answered_there(message: Message, thread: tuple[Message, ...]) -> str | None:
    """Return who answered on the network itself, or our account where the network does not say."""
    answer = next((each for each in thread if each.ours and each.parent == message.key.native_id), None)
    return None if answer is None else answer.author.shown() or message.key.account
