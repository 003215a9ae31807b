"""What the sender may do with an outbox entry, step by step; each step is one decision in the store.

The rules may have changed since the key was pressed, so everything is judged again at the hand-off: conduct, hours, the
message and its thread. *sending* is written before the call and *sent* after it; what nobody knows is *unknown* and is
looked up, never sent again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .audit import EventDraft
from .casework import closing
from .errors import Conflict, NotAnswerable
from .escalation import CASE_OPEN
from .judging import blocking, unconfirmed
from .message import Claim, Edition, Message, Moderation, Network, Standing, is_hidden, stamp
from .outbox import REPLIES, SPOKEN, Action, Entry
from .ports import Decision, Draft
from .press import entries_of
from .provenance import objection
from .publishing import LATE, Post, due_targets, outgoing
from .scene import look_around
from .states import MESSAGE_TABLE, OPEN, CaseState, EntryState, MessageState, PostState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from .conduct import Finding
    from .errors import MajlisError
    from .escalation import Case
    from .outbox import Receipt
    from .policy import Policy
    from .ports import Clock, Ids, Store
    from .provenance import Roles

LOOKS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(seconds=120))
"""After which times an unknown outcome is looked up; then a person is asked. Source: API facts, section 5."""

_INSIST = 20
"""Attempts to write beside a busy poller; a guess, each takes well under a millisecond."""


class Dispatch:
    """Takes entries through their states on behalf of the sender."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: Ids,
        policy: Policy,
        terminal: str = "sender",
        roles: Roles | None = None,
    ) -> None:
        """Take what decisions need; `roles` tells what the authors of entries may do, None: everything."""
        self._roles = roles
        self._store = store
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._terminal = terminal

    async def release(self, entry: Entry) -> Entry | None:
        """Judge an entry at the hand-off and write *sending*; None if it must not go now.

        An entry that may not go is moved to where it belongs: to the next opening, to *missed*, or back to its author.
        """
        now = self._clock.now()
        current = await self._store.entry(entry.id)
        if current is None or current.state not in {EntryState.HELD, EntryState.QUEUED} or current.due_at > now:
            return None
        if not await self.is_believed(current):
            return None
        message = await self._store.message(current.target) if current.target else None
        is_grace = self._is_grace(current, message, now)
        if current.action in SPOKEN and not await self._may_speak(current, message, now, is_grace=is_grace):
            return None
        started = current.stepped("start", attempts=current.attempts + 1, attempted_at=now, problem=None)
        if not is_grace:
            return await self._written("sending", started)
        written = await self._written("sending", started, grace=True)
        if written is not None:
            day = self._policy.hours.local(now).date()
            await self._store.tally(day, current.author, [("hours", "grace")])
        return written

    async def _may_speak(self, current: Entry, message: Message | None, now: datetime, *, is_grace: bool) -> bool:
        """Judge words at the hand-off; what may not go is moved to where it belongs."""
        is_post = current.action is Action.POST  # never sent late: see `_post_problem`
        if self._too_late(current, now):
            await self._return(current, "miss", "Its time passed while nothing could be sent.")
        elif not is_post and current.override is None and not is_grace and not self._policy.hours.is_open(now):
            await self._postpone(current, now)
        elif problem := await (self._post_problem(current, now) if is_post else self._problem(current, message)):
            await self._return(current, "review", problem)
        else:
            return True
        return False

    async def is_believed(self, entry: Entry) -> bool:
        """Say whether an entry was written by this program and by somebody who may; what was not goes to a person."""
        problem = objection(entry, await self._store.covering(entry.id), self._roles)
        if problem is None:
            return True
        await self._return(entry, "review", problem, action="uncovered")
        return False

    async def sent(self, entry: Entry, receipt: Receipt) -> None:
        """Write that the network has it, and put our own answer into the thread."""
        sent = entry.stepped("sent", receipt=receipt, problem=None)

        async def puts() -> tuple[Message | Entry | Case | Post, ...]:
            if entry.post is not None:
                return (sent, *await self._released(entry.post, sent))
            message = await self._store.message(entry.target) if entry.target else None
            if message is None or entry.action is Action.DELIVER:
                return (sent,)
            case = await self._case_spoken_of(message, entry)
            ends_case = case is not None and case.state is CaseState.ANSWERED
            told = _after_sending(message, entry, receipt.at, ends_case=ends_case)
            after = (sent, told, *await self._of_case(case, message, entry))
            ours = _our_answer(message, entry, receipt)
            if ours is None or await self._store.message(ours.key) is not None:
                return after
            return (*after, ours)

        await self._insist("sent", entry, {"native_id": receipt.native_id}, puts)

    async def _case_spoken_of(self, message: Message, entry: Entry) -> Case | None:
        if entry.action not in REPLIES or message.standing.case is None:
            return None
        return await self._store.case(message.standing.case)

    async def _of_case(self, case: Case | None, message: Message, entry: Entry) -> tuple[Case | Message, ...]:
        """Return what an answer means for the message's case: the public line that was awaited closes it."""
        if case is not None and case.state is CaseState.ANSWERED:
            return await closing(self._store, case, at=self._clock.now(), by=entry.author, apart=message.key)
        if case is not None and case.state in CASE_OPEN:
            return (replace(case, holding=entry.text),)
        return ()

    async def _released(self, post_id: str, sent: Entry) -> tuple[Post, ...]:
        """Return a post that every account has now."""
        post = await self._store.post(post_id)
        if post is None or post.state is not PostState.SCHEDULED:
            return ()
        known = await entries_of(self._store, post)
        there = {(each.account, each.text) for each in known if each.state is EntryState.SENT}
        if due_targets(post, there | {(sent.account, sent.text)}):
            return ()
        return (post.stepped("publish", at=self._clock.now(), by="service"),)

    async def refused(self, entry: Entry, error: MajlisError) -> None:
        """Write a final no; the text goes back to its author as a draft, and a message that is barred is marked."""
        await self._return(entry, "refused", str(error), barred=isinstance(error, NotAnswerable))

    async def retry(self, entry: Entry, at: datetime, error: MajlisError) -> None:
        """Put back what certainly was not sent, for another attempt at a time."""
        await self._decide("retry", entry, {}, entry.stepped("retry", due_at=at, problem=str(error)))

    async def unknown(self, entry: Entry, error: MajlisError | None = None) -> Entry:
        """Write that nobody knows whether it went out."""
        unknown = entry.stepped("unknown", looks=0, problem=str(error) if error else None)
        await self._decide("unknown", entry, {}, unknown)
        return await self._store.entry(entry.id) or unknown

    async def looked(self, entry: Entry, receipt: Receipt | None) -> None:
        """Write what a look among our own items found; after the last look a person is asked."""
        if receipt is not None and not await self._is_of_another(entry, receipt):
            await self.sent(entry, receipt)
        elif entry.looks + 1 < len(LOOKS):
            await self._decide("look", entry, {"looks": entry.looks + 1}, replace(entry, looks=entry.looks + 1))
        else:
            problem = "It is not known whether this went out; look on the network before sending it again."
            await self._return(replace(entry, looks=entry.looks + 1), "review", problem)

    async def _is_of_another(self, entry: Entry, receipt: Receipt) -> bool:
        """Whether what was found is the same words of another entry, which went out a moment before."""
        message = await self._store.message(entry.target) if entry.target else None
        ours = _our_answer(message, entry, receipt) if message else None
        there = await self._store.message(ours.key) if ours else None
        return there is not None and there.standing.entry not in {None, entry.id}

    async def tick(self) -> None:
        """Bring back what was snoozed until now, and free claims whose lease has run out."""
        now = self._clock.now()
        for message in await self._store.snoozed(now):
            standing = replace(message.standing, state=MessageState.NEW, snoozed_until=None)
            await self._message_step("wake", replace(message, standing=standing, queued=0))
        for message in await self._store.stale_claims(now):
            standing = replace(message.standing, state=MessageState.NEW, claim=None)
            await self._message_step("expire", replace(message, standing=standing))

    # -------------------------------------------------------------------------------------------------------- judging

    def _is_grace(self, entry: Entry, message: Message | None, now: datetime) -> bool:
        """Whether a reply goes out on grace: its conversation was taken up before closing, moments ago (D5)."""
        is_reply = entry.action in REPLIES and entry.override is None
        if not is_reply or entry.state is not EntryState.HELD or self._policy.hours.is_open(now):
            return False
        if message is not None and message.ours:
            return False  # nobody waits for it
        claim = message.standing.claim if message is not None else None
        return self._policy.in_grace(now, claim.since if claim is not None else entry.created_at)

    def _too_late(self, entry: Entry, now: datetime) -> bool:
        """Whether the whole session after the one it was meant for has passed (D7)."""
        hours = self._policy.hours
        if entry.override is not None:
            return False
        if entry.action is Action.POST:
            return now - entry.due_at > LATE
        closes_at = hours.closes_at(entry.due_at)
        if closes_at is None or now < closes_at:
            return False
        if entry.state is EntryState.QUEUED and not entry.attempts:
            return True
        # Not for the opening, but for another attempt (D6): it is judged anew, as what was held.
        following = hours.closes_at(hours.next_open(closes_at))
        return following is not None and now >= following

    async def _problem(self, entry: Entry, message: Message | None) -> str | None:
        if message is None or message.standing.state is MessageState.GONE:
            return "The message is no longer there."
        if message.standing.entry != entry.id:
            return "The message has been dealt with in another way."
        now = self._clock.now()
        scene = await look_around(self._store, self._policy, message, entry.author, now, own_entry=entry.id)
        scene = replace(scene, private=entry.action is Action.MESSAGE and message.public)
        if stamp(scene.thread, message.key) != entry.stamp:
            return "The thread has changed since this was written."
        return _objections(self._policy.findings(entry.text, scene.item, scene), entry.acknowledged)

    async def _post_problem(self, entry: Entry, now: datetime) -> str | None:
        post = await self._store.post(entry.post) if entry.post else None
        if post is None or post.state is not PostState.SCHEDULED:
            return "The post has been withdrawn."
        if not self._policy.hours.is_open(now):
            return "Service hours have changed: they are over now."
        if self._policy.approval and not post.is_approved():
            return "The post is not what was approved."
        if all(outgoing(post, target).text != entry.text for target in post.targets if target.account == entry.account):
            return "The post has changed since it was scheduled."
        policy = self._policy.extended(await self._store.officials())
        findings = policy.post_findings(entry.text, self._policy.accounts.get(entry.account, Network.FACEBOOK))
        return _objections(findings, entry.acknowledged)

    # -------------------------------------------------------------------------------------------------------- writing

    async def _postpone(self, entry: Entry, now: datetime) -> None:
        next_open = self._policy.hours.next_open(now)
        problem = "Service hours were over at the hand-off; it waits for the opening."
        waiting = replace(entry, state=EntryState.QUEUED, due_at=next_open, problem=problem)
        await self._written("postpone", waiting)

    async def _return(
        self, entry: Entry, step: str, problem: str, *, barred: bool = False, action: str | None = None
    ) -> None:
        """Close an entry that did not go, and give message and text back to the author.

        Args:
            entry: Which.
            step: A row of the state table.
            problem: What stood in the way.
            barred: The network refuses every answer to this message.
            action: What the history calls it; None: as the step. Then the words are the author's own.
        """
        closed = entry.stepped(step, problem=problem)

        async def puts() -> tuple[Message | Entry, ...]:
            message = await self._store.message(entry.target) if entry.target else None
            if message is None:
                return (closed,)
            message = replace(message, standing=replace(message.standing, barred=message.standing.barred or barred))
            if message.standing.state is not MessageState.WAITING or message.standing.entry != entry.id:
                return (closed, message) if barred else (closed,)
            now = self._clock.now()
            lease = Claim(holder=entry.author, since=now, until=now + self._policy.claim_lease)
            standing = replace(message.standing, state=MessageState.CLAIMED, claim=lease, entry=None)
            return (closed, replace(message, standing=standing))

        draft = Draft.of(entry, self._clock.now()) if action is None else None
        await self._insist(action or step, entry, {"problem": problem}, puts, draft=draft)

    async def _written(self, action: str, entry: Entry, **facts: bool) -> Entry | None:
        try:
            await self._decide(action, entry, {"due_at": entry.due_at.isoformat(), **facts}, entry)
        except Conflict:
            # Called back, or taken by another sender, between the look and the write: it is theirs.
            return None
        return await self._store.entry(entry.id)

    async def _message_step(self, action: str, message: Message) -> None:
        try:
            await self._store.apply(Decision(puts=(message,), event=self._event(action, str(message.key), {})))
        except Conflict:
            # Somebody acted on it in this very moment; what they did stands.
            return

    async def _insist(
        self,
        action: str,
        entry: Entry,
        payload: dict[str, Any],
        puts: Callable[[], Awaitable[tuple[Message | Entry | Case | Post, ...]]],
        draft: Draft | None = None,
    ) -> None:
        """Write what has happened outside, even when a poll changes the message in the same moment."""
        for _ in range(_INSIST):
            with suppress(Conflict):  # read anew and written again
                await self._decide(action, entry, payload, *await puts(), draft=draft)
                return
        await self._decide(action, entry, payload, *await puts(), draft=draft)

    async def _decide(
        self,
        action: str,
        entry: Entry,
        payload: dict[str, Any],
        *puts: Message | Entry | Case | Post,
        draft: Draft | None = None,
    ) -> None:
        event = self._event(action, entry.id, payload)
        await self._store.apply(Decision(puts=puts, event=event, save_draft=draft))

    def _event(self, action: str, subject: str, payload: dict[str, Any]) -> EventDraft:
        return EventDraft(
            at=self._clock.now(),
            actor="service",
            terminal=self._terminal,
            action=action,
            subject=subject,
            profile_version=self._policy.version,
            payload=payload,
            salt=self._ids.salt(),
        )


def _objections(findings: tuple[Finding, ...], acknowledged: tuple[str, ...]) -> str | None:
    rules = {*unconfirmed(findings, acknowledged), *(f.rule for f in blocking(findings))}
    return f"The rules now object: {', '.join(sorted(rules))}." if rules else None


def _after_sending(message: Message, entry: Entry, at: datetime, *, ends_case: bool) -> Message:
    """Return a message as it is once an entry about it is out; what ends its case is no line in between."""
    standing = message.standing
    match entry.action:
        case Action.HIDE:
            held = message.key.network is Network.YOUTUBE
            message = _moderated(message, Moderation.HELD if held else Moderation.HIDDEN)
            standing = message.standing
        case Action.UNHIDE:
            message = _moderated(message, Moderation.PUBLISHED)
            standing = message.standing
        case Action.MODERATE:
            message = _moderated(message, Moderation.REJECTED)
            standing = _gone(message.standing)
        case Action.DELETE:
            standing = _gone(standing)
        case Action.EDIT if message.text != entry.text:
            editions = (*message.editions, Edition(text=message.text, until=at))
            message = replace(message, text=entry.text, editions=editions)
        case Action.REPLY | Action.MESSAGE if message.ours:
            pass  # a comment below our own post answers nothing
        case Action.REPLY | Action.MESSAGE if standing.state is MessageState.GONE:
            standing = replace(standing, was=MessageState.ANSWERED, claim=None, entry=entry.id)
        case Action.REPLY | Action.MESSAGE if standing.entry == entry.id or standing.state in OPEN:
            # Open: a reply that was given up as unknown, and then turned up.
            after = {} if ends_case else MESSAGE_TABLE["sent"]
            state = after.get(standing.state, MessageState.ANSWERED)
            barred = standing.barred and not (entry.action is Action.REPLY and message.public)
            standing = replace(standing, state=state, claim=None, entry=entry.id, barred=barred)
        case _:
            pass
    return replace(message, standing=standing)


def _moderated(message: Message, moderation: Moderation) -> Message:
    standing = replace(message.standing, hidden=is_hidden(moderation))
    return replace(message, moderation=moderation, standing=standing)


def _gone(standing: Standing) -> Standing:
    if standing.state is MessageState.GONE:
        return standing
    return replace(standing, state=MessageState.GONE, claim=None, was=standing.state)


def _our_answer(message: Message, entry: Entry, receipt: Receipt) -> Message | None:
    if receipt.native_id is None or entry.action not in REPLIES:
        return None
    if entry.action is Action.MESSAGE and message.public:
        return None  # it stands in a conversation that the next poll shows
    return Message(
        key=replace(message.key, native_id=receipt.native_id, object=message.key.below),
        thread=message.thread,
        parent=message.key.native_id,
        text=entry.text,
        created_at=receipt.at,
        received_at=receipt.at,
        ours=True,
        link=receipt.link,
        standing=Standing(state=MessageState.DONE, reason="ours", unseen=False, entry=entry.id),
    )
