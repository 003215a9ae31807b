"""Which keys do something for whom: by the desk's table of roles, so that no place offers what the desk refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from majlis import commands as c
from majlis.errors import Either, NotAllowed
from majlis.policy import Role
from majlis.roles import MAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from majlis.policy import Roles
    from tui.keymap import Key

_GIVES: Final[Mapping[str, type]] = {
    "reply": c.Reply,
    "claim": c.Claim,
    "take_over": c.Claim,
    "drafts": c.Reply,
    "memo": c.WriteMemo,
    "escalate": c.Escalate,
    "urgent": c.Urgent,
    "done": c.Done,
    "snooze": c.Snooze,
    "hide": c.Hide,
    "reject": c.Reject,
    "edit_own": c.Edit,
    "delete_own": c.Delete,
    "undo": c.TakeBack,
    "sort": c.CorrectTriage,
    "reveal": c.Reveal,
    "write": c.WritePost,
    "post.edit": c.WritePost,
    "post.submit": c.SubmitPost,
    "post.approve": c.ApprovePost,
    "post.reject": c.RejectPost,
    "post.schedule": c.SchedulePost,
    "post.withdraw": c.WithdrawPost,
    "post.targets": c.WritePost,
    "post.kind": c.WritePost,
    "post.link": c.WritePost,
    "post.picture": c.WritePost,
    "post.discard": c.DiscardPost,
    "case.acknowledge": c.Acknowledge,
    "case.answer": c.AnswerCase,
    "case.ask": c.AskBack,
    "case.return": c.ReturnCase,
    "case.close": c.CloseCase,
    "case.contact": c.OpenContact,
}
"""Key id → what it asks of the desk; all others only look."""
_MAY: Final[Mapping[str, Roles]] = {
    **{key_id: MAY[command] for key_id, command in _GIVES.items()},
    "override": (Role.SUPERVISOR,),
}
"""Key id → roles of which one will do."""


_ASKS: Final[Mapping[str, type]] = {key_id.replace(".", "_"): command for key_id, command in _GIVES.items()}
"""Name of the action → what it asks of the desk."""


def refusal(action: str, roles: frozenset[Role]) -> NotAllowed | None:
    """Return why an action is not somebody's to do; None where it is, or only looks.

    Said before anything is asked: nobody fills in a line for nothing.
    """
    command = _ASKS.get(action)
    if command is None or not roles.isdisjoint(MAY[command]):
        return None
    return NotAllowed(action=command.__name__.lower(), role=Either(MAY[command]))


def theirs(keys: Iterable[Key], roles: frozenset[Role]) -> list[Key]:
    """Return the keys that do something for somebody, in their order."""
    return [key for key in keys if key.id not in _MAY or not roles.isdisjoint(_MAY[key.id])]
