"""Posts of ours from the first word to each account: who may do what, bound to what, and when (C5, C6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.commands import (
    AddOfficial,
    ApprovePost,
    DiscardPost,
    PostCommand,
    RejectPost,
    SchedulePost,
    SubmitPost,
    WithdrawPost,
    WritePost,
)
from majlis.errors import (
    Blocked,
    EmptyText,
    NotAllowed,
    NotFound,
    NotOffered,
    OwnPost,
    PostOutsideHours,
    Refused,
    Unready,
    WrongState,
)
from majlis.message import Network
from majlis.outbox import Entry, Receipt
from majlis.pictures import Picture
from majlis.policy import Role
from majlis.ports import Store
from majlis.publishing import Post, PostKind, PostTarget, Version, content_digest, outgoing
from majlis.states import EntryState, PostState
from tests.builders import AT, Bench

ARABIC = "حملة التطعيم ضد الإنفلونزا تبدأ يوم الأحد في جميع المراكز"
ENGLISH = "The flu vaccination campaign begins on Sunday at all centres"
LINK = "https://www.example.org/flu"
PAGE = PostTarget(account="page", network=Network.FACEBOOK, version=Version.BOTH)
SHORT = PostTarget(account="short", network=Network.X, version=Version.ARABIC)
ACCOUNTS = {"page": Network.FACEBOOK, "short": Network.X, "tube": Network.YOUTUBE}
DAY = timedelta(days=1)


class Setup(Bench):
    """A bench with a publisher who writes and an approver."""

    def __init__(self, store: Store, **fields: Any) -> None:
        super().__init__(store, accounts=ACCOUNTS, **({"approval": True} | fields))
        self.writer = self.as_("noura", Role.OPERATOR, Role.PUBLISHER)
        self.approver = self.as_("mariam", Role.APPROVER, Role.PUBLISHER)

    async def do(self, command: PostCommand, *, by: str = "noura") -> Post:
        """Give a command and return the post as it stands."""
        desk = self.approver if by == "mariam" else self.writer
        outcome = await desk.do(command)
        assert outcome.post is not None
        found = await self.store.post(outcome.post.id)
        assert found is not None
        return found

    async def written(self, **fields: Any) -> Post:
        """Return a new draft."""
        known: dict[str, Any] = {
            "kind": PostKind.NEWS,
            "arabic": ARABIC,
            "english": ENGLISH,
            "link": LINK,
            "targets": (PAGE, SHORT),
        }
        return await self.do(WritePost(**{**known, **fields}))

    async def approved(self, **fields: Any) -> Post:
        """Return a post that somebody else has approved."""
        post = await self.written(**fields)
        await self.do(SubmitPost(post=post.id))
        return await self.do(ApprovePost(post=post.id), by="mariam")

    async def entries(self, post: Post) -> dict[str, Entry]:
        """Return what goes out for a post, by account."""
        found = [await self.store.entry(name) for name in post.entries]
        return {each.account: each for each in found if each is not None}

    async def sent(self, entry: Entry) -> None:
        """Let a network take it."""
        going = await self.dispatch.release(entry)
        assert going is not None
        await self.dispatch.sent(going, Receipt(native_id=f"n-{entry.id}", at=self.clock.at))


@pytest.fixture
def setup(store: Store) -> Setup:
    return Setup(store)


# ------------------------------------------------------------------------------------------------------------- writing


async def test_each_network_shows_it_in_its_own_way(setup: Setup) -> None:
    """Both languages and a card on the page, one language and the address in the text where room is short."""
    post = await setup.written()
    page, short = (outgoing(post, target) for target in post.targets)

    assert (page.text, page.link) == (f"{ARABIC}\n\n{ENGLISH}", LINK)
    assert (short.text, short.link) == (f"{ARABIC}\n{LINK}", None)
    assert short.length == len(ARABIC) + 1 + 23
    assert (page.limit, short.limit) == (63_206, 280)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"targets": ()}, "account"),
        ({"arabic": "  "}, "Arabic"),
        ({"english": ""}, "English"),
        ({"pictures": (Picture(digest="0" * 64, media_type="image/png"),)}, "a link and pictures"),
    ],
)
async def test_what_lacks_something_is_not_submitted(setup: Setup, fields: dict[str, Any], says: str) -> None:
    """And the author is told what."""
    post = await setup.written(**fields)

    with pytest.raises(Unready, match=says):
        await setup.do(SubmitPost(post=post.id))


async def test_too_long_or_personal_is_refused_for_the_network_that_minds(setup: Setup) -> None:
    """Length counts as that network counts."""
    long = await setup.written(arabic="خبر " * 80)
    personal = await setup.written(arabic=f"{ARABIC} 0500004567")

    for post, rule in ((long, "R-STYLE-LONG"), (personal, "R-PII-PHONE")):
        with pytest.raises(Blocked, match=rule):
            await setup.do(SubmitPost(post=post.id))


async def test_a_network_without_posts_and_an_unknown_account_are_refused(setup: Setup) -> None:
    """When written, not when it should go out."""
    tube = PostTarget(account="tube", network=Network.YOUTUBE, version=Version.BOTH)
    with pytest.raises(NotOffered):
        await setup.written(targets=(tube,))
    with pytest.raises(NotFound):
        await setup.written(targets=(replace(PAGE, account="other"),))


# ------------------------------------------------------------------------------------------------------------ approval


async def test_nobody_approves_their_own_words(setup: Setup) -> None:
    """Neither the author's nor those of whoever changed a word."""
    post = await setup.written()
    await setup.do(SubmitPost(post=post.id))
    both = setup.as_("noura", Role.APPROVER)
    with pytest.raises(OwnPost):
        await both.do(ApprovePost(post=post.id))

    editor = setup.as_("mariam", Role.OPERATOR, Role.APPROVER, Role.PUBLISHER)
    await editor.do(WritePost(post=post.id, kind=PostKind.NEWS, arabic=ARABIC + "!", english=ENGLISH, targets=(PAGE,)))
    await editor.do(SubmitPost(post=post.id))
    with pytest.raises(OwnPost):
        await editor.do(ApprovePost(post=post.id))


CHANGES: tuple[dict[str, Any], ...] = (
    {"kind": PostKind.EVENT},
    {"arabic": ARABIC + "."},
    {"english": ENGLISH + "."},
    {"link": None},
    {"targets": (PAGE,)},
    {"link": None, "pictures": (Picture(digest="0" * 64, media_type="image/png", alt="a clinic"),)},
)


@pytest.mark.parametrize("change", CHANGES)
async def test_any_change_voids_the_approval(setup: Setup, change: dict[str, Any]) -> None:
    """Text, link, picture, kind or account: it is a draft again."""
    post = await setup.approved()
    known = {"kind": post.kind, "arabic": ARABIC, "english": ENGLISH, "link": LINK, "targets": post.targets}
    changed = await setup.do(WritePost(post=post.id, **{**known, **change}))

    assert changed.state is PostState.DRAFT
    assert not changed.is_approved()
    with pytest.raises((Unready, WrongState)):
        await setup.do(SchedulePost(post=post.id, at=AT + timedelta(hours=1)))


async def test_a_rejected_post_says_why(setup: Setup) -> None:
    """And an empty reason is none."""
    post = await setup.written()
    await setup.do(SubmitPost(post=post.id))
    with pytest.raises(EmptyText):
        await setup.do(RejectPost(post=post.id, reason=" "), by="mariam")

    rejected = await setup.do(RejectPost(post=post.id, reason="the date is wrong"), by="mariam")
    assert (rejected.state, rejected.steps[-1].text) == (PostState.REJECTED, "the date is wrong")


async def test_roles_are_needed(setup: Setup) -> None:
    """An operator writes; the rest is for those who may."""
    post = await setup.written()
    operator = setup.as_("salem")

    commands: tuple[PostCommand, ...] = (
        SubmitPost(post=post.id),
        ApprovePost(post=post.id),
        RejectPost(post=post.id, reason="x"),
        SchedulePost(post=post.id),
        WithdrawPost(post=post.id),
        DiscardPost(post=post.id),
    )
    for command in commands:
        with pytest.raises(NotAllowed):
            await operator.do(command)
    assert (await operator.do(WritePost(kind=PostKind.NEWS, arabic=ARABIC))).post is not None


async def test_without_approval_in_the_profile_a_submitted_post_may_go(store: Store) -> None:
    """One named author is enough then (C5)."""
    setup = Setup(store, approval=False)
    post = await setup.written()
    await setup.do(SubmitPost(post=post.id))

    assert (await setup.do(SchedulePost(post=post.id))).state is PostState.SCHEDULED


# ---------------------------------------------------------------------------------------------------------- going out


async def test_a_post_goes_to_each_account_at_its_time_and_not_before(setup: Setup) -> None:
    """Each network's outcome stands for itself; when all have it, it has left the calendar."""
    post = await setup.approved()
    at = setup.clock.at + timedelta(hours=2)
    post = await setup.do(SchedulePost(post=post.id, at=at))
    entries = await setup.entries(post)
    assert set(entries) == {"page", "short"}
    assert await setup.dispatch.release(entries["page"]) is None

    setup.clock.at = at
    await setup.sent(entries["page"])
    stands = await setup.store.post(post.id)
    assert stands is not None
    assert stands.state is PostState.SCHEDULED
    await setup.sent(entries["short"])
    stands = await setup.store.post(post.id)
    assert stands is not None
    assert stands.state is PostState.RELEASED


async def test_a_time_outside_hours_is_refused_when_it_is_set(setup: Setup) -> None:
    """With the next opening; so is a time that has passed."""
    post = await setup.approved()

    with pytest.raises(PostOutsideHours, match="Give it a time inside service hours"):
        await setup.do(SchedulePost(post=post.id, at=setup.clock.at + timedelta(hours=12)))
    with pytest.raises(Unready, match="passed"):
        await setup.do(SchedulePost(post=post.id, at=setup.clock.at - timedelta(hours=1)))
    setup.clock.at += timedelta(hours=12)
    with pytest.raises(PostOutsideHours):
        await setup.do(SchedulePost(post=post.id))


@pytest.mark.parametrize(("late", "state"), [(15, EntryState.SENDING), (16, EntryState.MISSED)])
async def test_a_post_is_missed_when_nothing_ran(setup: Setup, late: int, state: EntryState) -> None:
    """A quarter of an hour is forgiven; then a person decides, and may schedule it again."""
    post = await setup.approved(targets=(PAGE,))
    post = await setup.do(SchedulePost(post=post.id, at=setup.clock.at + timedelta(hours=1)))
    entry = (await setup.entries(post))["page"]
    setup.clock.at = entry.due_at + timedelta(minutes=late)

    await setup.dispatch.release(entry)

    assert (await setup.entry(entry)).state is state
    if state is EntryState.MISSED:
        again = await setup.do(SchedulePost(post=post.id))
        assert len(again.entries) == 2


async def test_only_the_account_that_failed_is_tried_again(setup: Setup) -> None:
    """What is out is never posted twice."""
    post = await setup.do(SchedulePost(post=(await setup.approved()).id))
    entries = await setup.entries(post)
    setup.clock.at += timedelta(seconds=10)
    await setup.sent(entries["page"])
    going = await setup.dispatch.release(entries["short"])
    assert going is not None
    await setup.dispatch.refused(going, Refused(account="short", reason="no", code="403"))

    again = await setup.do(SchedulePost(post=post.id))
    fresh = [name for name in again.entries if name not in post.entries]
    (entry,) = [await setup.store.entry(name) for name in fresh]
    assert entry is not None
    assert entry.account == "short"
    with pytest.raises(Unready, match="nothing left"):
        await setup.do(SchedulePost(post=post.id))


async def test_a_withdrawn_post_goes_nowhere_and_keeps_its_approval(setup: Setup) -> None:
    """What was held is called back; nothing has to be approved twice."""
    post = await setup.do(SchedulePost(post=(await setup.approved()).id))
    withdrawn = await setup.do(WithdrawPost(post=post.id))

    assert {each.state for each in (await setup.entries(withdrawn)).values()} == {EntryState.RECALLED}
    assert (await setup.do(SchedulePost(post=post.id))).state is PostState.SCHEDULED


async def test_the_sender_refuses_what_nobody_approved(setup: Setup) -> None:
    """A store that was changed past the desk is found out at the hand-off."""
    post = await setup.do(SchedulePost(post=(await setup.approved()).id))
    entry = (await setup.entries(post))["page"]
    await setup.apply(replace(post, english=ENGLISH + " and free"))
    setup.clock.at += timedelta(seconds=10)

    assert await setup.dispatch.release(entry) is None
    stands = await setup.entry(entry)
    assert stands.state is EntryState.NEEDS_REVIEW
    assert "approved" in (stands.problem or "")


# ----------------------------------------------------------------------------------------------------------- the digest

_words = st.text(max_size=12)
_posts = st.builds(
    Post,
    id=st.just("post-1"),
    kind=st.sampled_from(PostKind),
    arabic=_words,
    english=_words,
    link=st.none() | _words,
    targets=st.lists(st.sampled_from([PAGE, SHORT]), max_size=2, unique=True).map(tuple),
    author=st.just("noura"),
    created_at=st.just(AT),
)


@given(_posts, _posts)
def test_the_digest_tells_any_two_contents_apart(one: Post, other: Post) -> None:
    """Equal content, equal digest; anything else differs."""

    def content(post: Post) -> tuple[Any, ...]:
        return (post.kind, post.arabic, post.english, post.link, post.targets)

    assert (content_digest(one) == content_digest(other)) is (content(one) == content(other))


async def test_a_contact_that_a_supervisor_added_may_stand_in_a_post(setup: Setup) -> None:
    """What is on the list goes out from then on, in posts as in answers, up to the hand-off."""
    text = ARABIC + " 0500004567"
    post = await setup.written(arabic=text)
    with pytest.raises(Blocked):
        await setup.do(SubmitPost(post=post.id))
    supervisor = setup.as_("huda", Role.SUPERVISOR)
    await supervisor.do(AddOfficial(kind="phones", value="050 000 4567", note="the campaign's own line"))

    assert not (await setup.writer.review_post(post.id)).blocked
    await setup.do(SubmitPost(post=post.id))
    await setup.do(ApprovePost(post=post.id), by="mariam")
    scheduled = await setup.do(SchedulePost(post=post.id))
    for entry in (await setup.entries(scheduled)).values():
        setup.clock.at = max(setup.clock.at, entry.due_at)
        await setup.sent(entry)

    assert (await setup.store.post(post.id)).state is PostState.RELEASED  # type: ignore[union-attr]  # written above
