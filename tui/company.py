"""Who else is at a message, in words: a few of them for a row of a list, whole sentences for the head of a thread."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from majlis.presence import Doing, Presence
from majlis.states import MessageState
from tui.holding import Turn
from tui.language import _, listed, word
from tui.times import long, short, when

_TAKEN = frozenset({MessageState.WAITING, MessageState.ANSWERED, MessageState.DONE, MessageState.GONE})
"""States from which an answer cannot be sent."""
_JUST_NOW = timedelta(minutes=1)
"""Below this an age is no figure."""

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from majlis.hours import ServiceHours
    from majlis.message import Claim, Message
    from tui.holding import Turned


def row_text(
    message: Message, company: Iterable[Presence], operator: str, now: datetime, *, is_named: bool = False
) -> str:
    """Return who else is at a message and for how long.

    Args:
        message: The message of the row.
        company: Colleagues who are anywhere.
        operator: Who looks.
        now: The time.
        is_named: Whether the holder of a claim is to be named: the state beside it has no room for the name.
    """
    there = [each for each in company if each.message == str(message.key)]
    claim = holder_of(message, operator, now)
    writers = [
        each for each in there if each.doing is Doing.COMPOSING and (claim is None or each.operator != claim.holder)
    ]
    readers = _names(each for each in there if each.doing is Doing.READING)
    parts = []
    if claim is not None:
        is_writing = any(each.operator == claim.holder and each.doing is Doing.COMPOSING for each in there)
        name, age = claim.holder, short(now - claim.since)
        if is_writing:
            parts.append(_("writing {age}: {name}", name=name, age=age) if is_named else _("writing {age}", age=age))
        else:
            parts.append(_("held {age}: {name}", name=name, age=age) if is_named else _("held {age}", age=age))
    parts += [_("writing {age}: {name}", name=each.operator, age=short(now - each.since)) for each in writers]
    if readers:
        more = f" +{len(readers) - 1}" if len(readers) > 1 else ""
        parts.append(_("{name} reading", name=f"{readers[0]}{more}"))
    return f"& {listed(parts)}" if parts else ""


def sentences(
    message: Message, company: Iterable[Presence], operator: str, now: datetime, hours: ServiceHours
) -> tuple[str, ...]:
    """Return who holds a message, since when, and who else writes or reads."""
    there = [each for each in company if each.message == str(message.key)]
    said = _of_claim(message, there, operator, now, hours)
    claim = message.standing.claim
    said += [_writing(each, now) for each in there if each.doing is Doing.COMPOSING and not _is_holder(each, claim)]
    readers = _names(each for each in there if each.doing is Doing.READING)
    if len(readers) == 1:
        said.append(_("{name} is reading.", name=readers[0]))
    elif readers:
        said.append(_("Reading just now: {names}.", names=listed(readers)))
    return tuple(said)


def _of_claim(message: Message, there: list[Presence], operator: str, now: datetime, hours: ServiceHours) -> list[str]:
    claim = message.standing.claim
    if claim is None or message.standing.state is not MessageState.CLAIMED or not claim.holds(now):
        return []
    is_mine = claim.holder == operator
    writers = [each for each in there if _is_holder(each, claim) and each.doing is Doing.COMPOSING]
    writer = None if is_mine else next(iter(writers), None)
    said = _writing(writer, now) if writer is not None else _holding(claim, operator, now, hours)
    if claim.taken_from is None or claim.why is None:
        return [said]
    return [said, _("Taken over from {name}: {why}.", name=claim.taken_from, why=claim.why)]


def _holding(claim: Claim, operator: str, now: datetime, hours: ServiceHours) -> str:
    name, at, age = claim.holder, when(claim.until, now, hours), now - claim.since
    match name == operator, age < _JUST_NOW:
        case True, True:
            return _("You hold it as of now, until {at}.", at=at)
        case True, False:
            return _("You hold it for {age} now, until {at}.", age=long(age), at=at)
        case False, True:
            return _("{name} holds it as of now, until {at}.", name=name, at=at)
        case _:
            return _("{name} holds it for {age} now, until {at}.", name=name, age=long(age), at=at)


def holder_of(message: Message, operator: str, now: datetime) -> Claim | None:
    """Return the claim of a colleague that has not run out."""
    claim = message.standing.claim
    if message.standing.state is not MessageState.CLAIMED or claim is None or not claim.holds(now):
        return None
    return claim if claim.holder != operator else None


def _is_holder(each: Presence, claim: Claim | None) -> bool:
    return claim is not None and each.operator == claim.holder


def _writing(each: Presence, now: datetime) -> str:
    if now - each.since < _JUST_NOW:
        return _("{name} has just begun to write.", name=each.operator)
    age = long(now - each.since)
    if each.is_quiet(now):
        quiet = long(now - each.stirred)
        return _(
            "{name} has been writing for {age}, but nothing for {quiet}.", name=each.operator, age=age, quiet=quiet
        )
    return _("{name} has been writing for {age}.", name=each.operator, age=age)


def _names(there: Iterable[Presence]) -> list[str]:
    return list(dict.fromkeys(each.operator for each in there))


def lost_text(message: Message, operator: str, now: datetime, text: str) -> str:
    """Say why an answer that is being written cannot go out; empty while it can.

    Args:
        message: What is answered.
        operator: Who writes.
        now: The time.
        text: What is written by now, and kept.
    """
    said = _lost(message, operator, now)
    return _kept(said, is_kept=bool(text.strip())) if said else ""


def _lost(message: Message, operator: str, now: datetime) -> str:
    claim = holder_of(message, operator, now)
    if claim is not None and claim.taken_from == operator and claim.why:
        return _("{colleague} has taken it over: {why}.", colleague=claim.holder, why=claim.why)
    if claim is not None:
        return _("{colleague} holds it now.", colleague=claim.holder)
    state = message.standing.state
    if message.ours or state not in _TAKEN:
        return ""
    return _("It has been dealt with meanwhile: {state}.", state=word(state))


def _kept(said: str, *, is_kept: bool) -> str:
    """Add that a text is kept, where there is one."""
    return f"{said} {_('Your text is kept as your draft.')}" if is_kept else said


def turn_text(turned: Turned, operator: str, *, has_draft: bool) -> str:
    """Say what became of a claim that this sitting held.

    Args:
        turned: What has become of it.
        operator: Who held it.
        has_draft: Whether they have written something that is kept.
    """
    said = _turned(turned, operator)
    is_lost = turned.turn in {Turn.TAKEN, Turn.SETTLED}
    return _kept(said, is_kept=has_draft and is_lost)


def _turned(turned: Turned, operator: str) -> str:
    message, claim = turned.message, turned.message.standing.claim
    name = message.author.shown() or _("unknown person")
    match turned.turn:
        case Turn.TAKEN if claim is not None and claim.taken_from == operator and claim.why:
            return _(
                "{colleague} has taken over the message of {name}: {why}.",
                colleague=claim.holder, name=name, why=claim.why,
            )  # fmt: skip
        case Turn.TAKEN if claim is not None:
            return _(
                "{colleague} holds the message of {name} now; your claim had run out.",
                colleague=claim.holder, name=name,
            )  # fmt: skip
        case Turn.REGAINED:
            return _("Your claim on the message of {name} had run out; nobody had taken it, and it is yours again.",
                     name=name)  # fmt: skip
        case Turn.RUN_OUT:
            return _("The message of {name} is back in the queue: your claim has run out.", name=name)
        case _:
            state = word(message.standing.state)
            return _("The message of {name} has been dealt with: {state}.", name=name, state=state)
