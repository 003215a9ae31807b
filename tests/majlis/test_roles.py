"""Every role tries everything that can be asked of the desk: it is done, or refused by name and nothing is changed."""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args

import pytest

from majlis import commands as c
from majlis.desk import Desk
from majlis.errors import Covered, NotAllowed, OwnPost
from majlis.message import Network
from majlis.policy import Operator, Role
from majlis.publishing import PostKind, PostTarget, Version
from majlis.roles import MAY
from tests.builders import Bench, key, message, page, policy, stream
from tests.fakes.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from majlis.policy import Policy

Q, A = key("q", network=Network.YOUTUBE), key("a", network=Network.YOUTUBE)
"""A question of somebody's, and an answer of ours."""
TARGET = PostTarget(account="page", network=Network.FACEBOOK, version=Version.ARABIC)

WORK = {
    *("Claim", "Release", "Reply", "Escalate", "Urgent", "Note", "Done", "Snooze", "WriteMemo", "Tag", "Hide"),
    *("Reject", "Edit", "Delete", "Reveal", "TakeBack", "CorrectTriage", "KeepSnippet", "DropSnippet"),
    *("WritePost", "DiscardPost"),
}
PLEDGE = {"TakePledge"}
DOES = {
    Role.OPERATOR: WORK | PLEDGE,
    Role.PUBLISHER: WORK | PLEDGE | {"SubmitPost", "SchedulePost", "WithdrawPost"},
    Role.APPROVER: PLEDGE | {"ApprovePost", "RejectPost"},
    Role.SUPERVISOR: WORK | PLEDGE | {"AddOfficial", "RemoveOfficial"},
    Role.CUSTOMER_SERVICE: PLEDGE | {"Acknowledge", "AskBack", "AnswerCase", "ReturnCase", "CloseCase", "OpenContact"},
    Role.AUDITOR: PLEDGE,
    Role.SERVICE: set(),
    None: set(),
}
"""What each role does, by the table of roles; None: somebody who has none."""


@cache
def once_for_all() -> Policy:
    """Return a policy; reading the rules takes a while."""
    return policy(accounts={"page": Network.FACEBOOK})


class Stage(Bench):
    """An inbox with a question and an answer of ours, where Salem has everything to do."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        everything = tuple(Role)
        self.salem = self.as_("salem", *everything)
        self.noura = self.as_("noura", *everything)

    def in_force(self, **_fields: Any) -> Policy:
        """Return its policy."""
        return once_for_all()

    async def begun(self) -> Stage:
        """Let the messages come in."""
        question = message("q", network=Network.YOUTUBE)
        ours = message("a", "المركز يفتح الثامنة", network=Network.YOUTUBE, thread="other", ours=True)
        await self.store.ingest(page(question, ours, stream=stream(network=Network.YOUTUBE)))
        return self

    def nobody(self) -> Desk:
        """Return the desk of somebody without a role."""
        operator = Operator(name="salem", roles=frozenset(), terminal="test")
        return Desk(store=self.store, clock=self.clock, ids=self.ids, policy=self.policy, operator=operator)

    async def case(self) -> str:
        """Hand the question over."""
        outcome = await self.noura.do(c.Escalate(key=Q, reason="appointment"))
        assert outcome.case is not None
        return outcome.case.id

    async def post(self, by: Desk | None = None) -> str:
        """Write a post."""
        text = "حملة التطعيم ضد الإنفلونزا تبدأ يوم الأحد"
        command = c.WritePost(kind=PostKind.NEWS, arabic=text, targets=(TARGET,))
        outcome = await (by or self.noura).do(command)
        assert outcome.post is not None
        return outcome.post.id

    async def submitted(self) -> str:
        """Submit a post."""
        post = await self.post()
        await self.noura.do(c.SubmitPost(post=post))
        return post


async def _released(s: Stage) -> c.Command:
    await s.salem.do(c.Claim(key=Q))
    return c.Release(key=Q)


async def _reveal(s: Stage) -> c.Command:
    await s.salem.do(c.Claim(key=Q))
    return c.Reveal(key=Q)


async def _note(s: Stage) -> c.Command:
    await s.case()
    return c.Note(key=Q, text="she has written before")


async def _undo(s: Stage) -> c.Command:
    await s.salem.do(c.Done(key=Q))
    return c.TakeBack()


async def _drop(s: Stage) -> c.Command:
    await s.noura.do(c.KeepSnippet(name="hours", language="en", text="We open at eight."))
    return c.DropSnippet(name="hours", language="en")


async def _unlist(s: Stage) -> c.Command:
    await s.noura.do(OFFICIAL)
    return c.RemoveOfficial(kind="phones", value="80055501")


async def _answered(s: Stage) -> c.Command:
    case = await s.case()
    await s.noura.do(c.AnswerCase(case=case, text="We have called her."))
    return c.CloseCase(case=case)


async def _scheduled(s: Stage) -> c.Command:
    post = await s.submitted()
    await s.noura.do(c.SchedulePost(post=post))
    return c.WithdrawPost(post=post)


OFFICIAL = c.AddOfficial(kind="phones", value="80055501", note="a new line this spring")


def _plain(command: c.Command) -> Callable[[Stage], Awaitable[c.Command]]:
    async def made(_: Stage) -> c.Command:
        return command

    return made


def _on(kind: Callable[..., c.Command], field: str, of: Callable[[Stage], Awaitable[str]], **more: Any) -> Any:
    async def made(s: Stage) -> c.Command:
        return kind(**{field: await of(s)}, **more)

    return made


TRIED: dict[type, Callable[[Stage], Awaitable[c.Command]]] = {
    c.Claim: _plain(c.Claim(key=Q)),
    c.Release: _released,
    c.Reply: _plain(c.Reply(key=Q, text="المركز يفتح أبوابه كل يوم من الثامنة صباحا")),
    c.Escalate: _plain(c.Escalate(key=Q, reason="appointment")),
    c.Urgent: _plain(c.Urgent(key=Q)),
    c.Note: _note,
    c.Done: _plain(c.Done(key=Q)),
    c.Snooze: _plain(c.Snooze(key=Q)),
    c.WriteMemo: _plain(c.WriteMemo(key=Q, text="ask Huda")),
    c.Tag: _plain(c.Tag(key=Q, add=("vaccine",))),
    c.Hide: _plain(c.Hide(key=Q)),
    c.Reject: _plain(c.Reject(key=Q)),
    c.Edit: _plain(c.Edit(key=A, text="المركز يفتح التاسعة")),
    c.Delete: _plain(c.Delete(key=A)),
    c.Reveal: _reveal,
    c.TakeBack: _undo,
    c.CorrectTriage: _plain(c.CorrectTriage(key=Q, category="praise")),
    c.KeepSnippet: _plain(c.KeepSnippet(name="hours", language="en", text="We open at eight.")),
    c.DropSnippet: _drop,
    c.TakePledge: _plain(c.TakePledge(version="1")),
    c.AddOfficial: _plain(OFFICIAL),
    c.RemoveOfficial: _unlist,
    c.WritePost: _plain(c.WritePost(kind=PostKind.NEWS, arabic="خبر", targets=(TARGET,))),
    c.DiscardPost: _on(c.DiscardPost, "post", lambda s: s.post(by=s.salem)),
    c.SubmitPost: _on(c.SubmitPost, "post", Stage.post),
    c.SchedulePost: _on(c.SchedulePost, "post", Stage.submitted),
    c.WithdrawPost: _scheduled,
    c.ApprovePost: _on(c.ApprovePost, "post", Stage.submitted),
    c.RejectPost: _on(c.RejectPost, "post", Stage.submitted, reason="the date is wrong"),
    c.Acknowledge: _on(c.Acknowledge, "case", Stage.case),
    c.AskBack: _on(c.AskBack, "case", Stage.case, text="Which centre?"),
    c.AnswerCase: _on(c.AnswerCase, "case", Stage.case, text="We have called her."),
    c.ReturnCase: _on(c.ReturnCase, "case", Stage.case, text="This is not ours."),
    c.CloseCase: _answered,
    c.OpenContact: _on(c.OpenContact, "case", Stage.case),
}
"""Command → what makes the inbox ready for it, and the command."""


def every(union: Any = c.Command) -> set[type]:
    """Return the commands that a union names."""
    return {each for part in get_args(union) for each in (every(part) if isinstance(part, UnionType) else {part})}


def test_nothing_that_can_be_asked_for_is_forgotten() -> None:
    """A new command says who may give it, and is tried here."""
    assert every() == set(MAY) == set(TRIED)


@pytest.mark.parametrize("kind", TRIED, ids=lambda kind: kind.__name__)
async def test_each_role_does_what_is_its_own_and_is_refused_the_rest(kind: type) -> None:
    """By name, and with nothing changed."""
    for role, does in DOES.items():
        stage = await Stage().begun()
        command = await TRIED[kind](stage)
        before = await stage.store.revision()
        desk = stage.as_("salem", role) if role else stage.nobody()

        if kind.__name__ in does:
            assert (await desk.do(command)).revision == before + 1, role
            continue
        with pytest.raises(NotAllowed) as refused:
            await desk.do(command)
        assert refused.value.facts["action"] == kind.__name__.lower()
        assert refused.value.exit_code == 77
        assert await stage.store.revision() == before, role


@pytest.mark.parametrize("role", [role for role, does in DOES.items() if "Reveal" in does and role != Role.SUPERVISOR])
async def test_what_is_covered_opens_for_no_operator_without_a_claim(role: Role) -> None:
    """Nor with somebody else's."""
    stage = await Stage().begun()
    for claimed in (False, True):
        if claimed:
            await stage.noura.do(c.Claim(key=Q))
        with pytest.raises(Covered):
            await stage.as_("salem", role).do(c.Reveal(key=Q))


async def test_nobody_approves_their_own_words_whatever_their_roles() -> None:
    """Not even a part of them."""
    stage = await Stage().begun()
    post = await stage.submitted()

    with pytest.raises(OwnPost):
        await stage.noura.do(c.ApprovePost(post=post))
