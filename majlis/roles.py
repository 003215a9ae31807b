"""Which role may do what: one table over everything that the desk decides about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import commands as c
from .policy import PEOPLE, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .policy import Roles

WORKS: Final[Roles] = (Role.OPERATOR, Role.PUBLISHER, Role.SUPERVISOR)
"""Who works with messages; a publisher and a supervisor are operators who may do more."""
_LEADS: Final[Roles] = (Role.SUPERVISOR,)
_PUBLISHES: Final[Roles] = (Role.PUBLISHER,)
_APPROVES: Final[Roles] = (Role.APPROVER,)
_SERVES: Final[Roles] = (Role.CUSTOMER_SERVICE,)

MAY: Final[Mapping[type, Roles]] = {
    c.Claim: WORKS,
    c.Release: WORKS,
    c.Reply: WORKS,
    c.Escalate: WORKS,
    c.Urgent: WORKS,
    c.Note: WORKS,
    c.Done: WORKS,
    c.Snooze: WORKS,
    c.WriteMemo: WORKS,
    c.Tag: WORKS,
    c.Hide: WORKS,
    c.Reject: WORKS,
    c.Edit: WORKS,
    c.Delete: WORKS,
    c.Reveal: (Role.SUPERVISOR, Role.OPERATOR, Role.PUBLISHER),
    c.TakeBack: WORKS,
    c.CorrectTriage: WORKS,
    c.KeepSnippet: WORKS,
    c.DropSnippet: WORKS,
    c.TakePledge: PEOPLE,
    c.AddOfficial: _LEADS,
    c.RemoveOfficial: _LEADS,
    c.WritePost: WORKS,
    c.DiscardPost: WORKS,
    c.SubmitPost: _PUBLISHES,
    c.SchedulePost: _PUBLISHES,
    c.WithdrawPost: _PUBLISHES,
    c.ApprovePost: _APPROVES,
    c.RejectPost: _APPROVES,
    c.Acknowledge: _SERVES,
    c.AskBack: _SERVES,
    c.AnswerCase: _SERVES,
    c.ReturnCase: _SERVES,
    c.CloseCase: _SERVES,
    c.OpenContact: _SERVES,
}
"""Who may ask for it at all.

What depends on the thing itself is asked where it is at hand: an override of the hours, a ban and somebody else's draft
are a supervisor's, nobody approves their own words, and covered data opens for a supervisor or for whoever has claimed
the message.
"""
