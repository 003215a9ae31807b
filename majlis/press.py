"""What the desk decides about posts: who may write, submit, approve and schedule them, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .errors import EmptyText, NoSuchPost, NotOffered, OwnPost, PostOutsideHours, UnknownAccount, Unready
from .judging import blocking, refuse, unconfirmed
from .outbox import Action, Entry
from .outcome import Outcome, PostReview, Said
from .policy import Role
from .publishing import CAN_POST, Post, due_targets, outgoing, shortcomings
from .states import EntryState, PostState

if TYPE_CHECKING:
    from datetime import datetime

    from .commands import ApprovePost, DiscardPost, RejectPost, SchedulePost, SubmitPost, WithdrawPost, WritePost
    from .ports import Store
    from .seat import Seat

FAILED = frozenset({EntryState.REFUSED, EntryState.RECALLED, EntryState.MISSED, EntryState.NEEDS_REVIEW})
"""States of an entry after which its target may be tried again."""


async def write_post(seat: Seat, command: WritePost) -> Outcome:
    """Begin a post, or change one; whatever was submitted or approved before is void."""
    now, who = seat.clock.now(), seat.operator.name
    for target in command.targets:
        if seat.policy.accounts.get(target.account) is not target.network:
            raise UnknownAccount(subject=target.account)
        if target.network not in CAN_POST:
            raise NotOffered(action="post", network=target.network)
    content: dict[str, Any] = {
        "kind": command.kind,
        "arabic": command.arabic,
        "english": command.english,
        "link": command.link,
        "pictures": command.pictures,
        "targets": command.targets,
    }
    if command.post is None:
        fresh = Post(id=seat.ids.new("post"), kind=command.kind, author=who, created_at=now)
        post = fresh.stepped("write", at=now, by=who, **content)
    else:
        post = (await _post(seat, command.post)).stepped("write", at=now, by=who, acknowledged=(), **content)
    return await _written(seat, post, "write_post", Said(template="The post is kept as a draft."))


async def submit_post(seat: Seat, command: SubmitPost) -> Outcome:
    """Say that a post is ready: it says something everywhere, and the rules let it."""
    post = await _post(seat, command.post)
    lacking = shortcomings(post)
    if lacking is not None:
        raise Unready(detail=lacking)
    policy = seat.policy.extended(await seat.store.officials())
    findings = tuple(f for each in post.targets for f in outgoing(post, each, policy).findings)
    refuse(findings, command.acknowledged)
    submitted = post.stepped(
        "submit", at=seat.clock.now(), by=seat.operator.name, acknowledged=tuple(sorted(command.acknowledged))
    )
    template = (
        "Submitted; somebody else approves it." if seat.policy.approval else "Submitted; it may be scheduled now."
    )
    return await _written(seat, submitted, "submit_post", Said(template=template))


async def approve_post(seat: Seat, command: ApprovePost) -> Outcome:
    """Approve what stands there now, and nothing else; nobody approves their own words."""
    post = await _post(seat, command.post)
    if seat.operator.name in post.writers:
        raise OwnPost(subject=post.id)
    approved = post.stepped("approve", at=seat.clock.now(), by=seat.operator.name)
    return await _written(seat, approved, "approve_post", Said(template="Approved as it stands; any change voids it."))


async def reject_post(seat: Seat, command: RejectPost) -> Outcome:
    """Give a post back to its author, with the reason."""
    if not command.reason.strip():
        raise EmptyText
    post = (await _post(seat, command.post)).stepped(
        "reject", at=seat.clock.now(), by=seat.operator.name, text=command.reason.strip()
    )
    return await _written(seat, post, "reject_post", Said(template="Rejected; the author sees why."))


async def schedule_post(seat: Seat, command: SchedulePost) -> Outcome:
    """Put a post into the outbox for a time inside service hours, or for now; targets that have it are left alone."""
    post = await _post(seat, command.post)
    if seat.policy.approval and not post.is_approved():
        raise Unready(detail="not approved")
    now = seat.clock.now()
    at = command.at or now
    due_at = _due(seat, at, now)
    known = await entries_of(seat.store, post)
    going = [(each.account, each.text) for each in known if each.state not in FAILED]
    made = tuple(
        Entry(
            id=seat.ids.new("entry"),
            action=Action.POST,
            account=target.account,
            target=None,
            text=text.text,
            link=text.link,
            pictures=post.pictures,
            post=post.id,
            author=seat.operator.name,
            state=EntryState.HELD if command.at is None else EntryState.QUEUED,
            created_at=now,
            due_at=due_at,
            acknowledged=post.acknowledged,
        )
        for target in due_targets(post, going)
        for text in (outgoing(post, target),)
    )
    if not made:
        raise Unready(detail="nothing left to send")
    entries = (*post.entries, *(entry.id for entry in made))
    scheduled = post.stepped("schedule", at=now, by=seat.operator.name, publish_at=due_at, entries=entries)
    said = (
        Said(template="It goes out in {seconds} s; withdraw it to stop it.", facts=_seconds(due_at, now))
        if command.at is None
        else Said(template="It goes out {at}.", facts={"at": due_at})
    )
    return await _written(seat, scheduled, "schedule_post", said, *made)


def _due(seat: Seat, at: datetime, now: datetime) -> datetime:
    hours = seat.policy.hours
    if at < now:
        raise Unready(detail="a time that has passed")
    if not hours.is_open(at):
        raise PostOutsideHours(next_open=hours.local(hours.next_open(at)).strftime("%Y-%m-%d %H:%M"))
    return at + seat.policy.hold if at == now and hours.is_open(now + seat.policy.hold) else at


def _seconds(due_at: datetime, now: datetime) -> dict[str, object]:
    return {"seconds": round((due_at - now).total_seconds())}


async def withdraw_post(seat: Seat, command: WithdrawPost) -> Outcome:
    """Call back what has not gone yet; what is out already is deleted on the network itself."""
    post = (await _post(seat, command.post)).stepped(
        "withdraw", at=seat.clock.now(), by=seat.operator.name, publish_at=None
    )
    known = await entries_of(seat.store, post)
    recalled = [entry.stepped("recall") for entry in known if entry.state in {EntryState.HELD, EntryState.QUEUED}]
    return await _written(seat, post, "withdraw_post", Said(template="Withdrawn; it goes out nowhere."), *recalled)


async def discard_post(seat: Seat, command: DiscardPost) -> Outcome:
    """Put a post away for good; the history keeps it."""
    post = await _post(seat, command.post)
    if seat.operator.name not in post.writers:
        seat.need(Role.SUPERVISOR, "discardpost")
    gone = post.stepped("discard", at=seat.clock.now(), by=seat.operator.name)
    return await _written(seat, gone, "discard_post", Said(template="The post is put away."))


async def review_post(seat: Seat, post_id: str, acknowledged: tuple[str, ...] | None = None) -> PostReview:
    """Look at a post as each network will show it, and change nothing.

    Args:
        seat: Who looks.
        post_id: Which post.
        acknowledged: Rules whose warnings are confirmed now; None: those that the post was submitted with.

    Raises:
        NotFound: There is no such post.
    """
    post = await _post(seat, post_id)
    policy = seat.policy.extended(await seat.store.officials())
    shown = tuple(outgoing(post, target, policy) for target in post.targets)
    findings = {(f.rule, f.start, f.end, each.text): f for each in shown for f in each.findings}
    confirmed = post.acknowledged if acknowledged is None else acknowledged
    return PostReview(
        post=post,
        shown=shown,
        findings=tuple(sorted(findings.values(), key=lambda finding: finding.severity.rank)),
        unconfirmed=unconfirmed(findings.values(), confirmed),
        blocked=bool(blocking(findings.values())),
        lacking=shortcomings(post),
        entries=tuple(await entries_of(seat.store, post)),
    )


# ---------------------------------------------------------------------------------------------------------- together


async def entries_of(store: Store, post: Post) -> list[Entry]:
    """Return what has been made for a post, one a target and attempt."""
    found = [await store.entry(name) for name in post.entries]
    return [entry for entry in found if entry is not None]


async def _post(seat: Seat, post_id: str) -> Post:
    post = await seat.store.post(post_id)
    if post is None or post.state is PostState.DISCARDED:
        raise NoSuchPost(subject=post_id)
    return post


async def _written(seat: Seat, post: Post, action: str, said: Said, *entries: Entry) -> Outcome:
    last = post.steps[-1]
    payload = {"digest": last.digest, "text": last.text, "entries": [entry.id for entry in entries]}
    revision = await seat.apply(action, post.id, payload, post, *entries)
    return Outcome(revision=revision, post=replace(post, rev=revision), said=said)
