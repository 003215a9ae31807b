"""Who else is at a message, in words: a few of them for a row of a list, whole sentences for the head of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from majlis.presence import Doing, Presence
from majlis.states import MessageState
from tui.holding import Turn
from tui.language import _, listed, word
from tui.times import long, short, when

_TAKEN = frozenset({MessageState.WAITING, MessageState.ANSWERED, MessageState.DONE, MessageState.GONE})
"""States from which an answer cannot be sent."""

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
    writer = next((each for each in there if _is_holder(each, claim) and each.doing is Doing.COMPOSING), None)
    if claim.holder == operator:
        said = _(
            "You hold it for {age} now, until {at}.", age=long(now - claim.since), at=when(claim.until, now, hours)
        )
    elif writer is not None:
        said = _writing(writer, now)
    else:
        age, at = long(now - claim.since), when(claim.until, now, hours)
        said = _("{name} holds it for {age} now, until {at}.", name=claim.holder, age=age, at=at)
    if claim.taken_from is None or claim.why is None:
        return [said]
    return [said, _("Taken over from {name}: {why}.", name=claim.taken_from, why=claim.why)]


def holder_of(message: Message, operator: str, now: datetime) -> Claim | None:
    """Return the claim of a colleague that has not run out."""
    claim = message.standing.claim
    if message.standing.state is not MessageState.CLAIMED or claim is None or not claim.holds(now):
        return None
    return claim if claim.holder != operator else None


def _is_holder(each: Presence, claim: Claim | None) -> bool:
    return claim is not None and each.operator == claim.holder


def _writing(each: Presence, now: datetime) -> str:
    age = long(now - each.since)
    if each.is_quiet(now):
        quiet = long(now - each.stirred)
        return _(
            "{name} has been writing for {age}, but nothing for {quiet}.", name=each.operator, age=age, quiet=quiet
        )
    return _("{name} has been writing for {age}.", name=each.operator, age=age)


def _names(there: Iterable[Presence]) -> list[str]:
    return list(dict.fromkeys(each.operator for each in there))


def lost_text(message: Message, operator: str, now: datetime) -> str:
    """Say why an answer that is being written cannot go out; empty while it can."""
    claim = holder_of(message, operator, now)
    if claim is not None and claim.taken_from == operator and claim.why:
        return _("{colleague} has taken it over: {why}. Your text is kept as your draft.",
                 colleague=claim.holder, why=claim.why)  # fmt: skip
    if claim is not None:
        return _("{colleague} holds it now. Your text is kept as your draft.", colleague=claim.holder)
    state = message.standing.state
    if message.ours or state not in _TAKEN:
        return ""
    return _("It has been dealt with meanwhile: {state}. Your text is kept as your draft.", state=word(state))


def turn_text(turned: Turned, operator: str) -> str:
    """Say what became of a claim that this sitting held."""
    message, claim = turned.message, turned.message.standing.claim
    name = message.author.shown() or _("unknown person")
    match turned.turn:
        case Turn.TAKEN if claim is not None and claim.taken_from == operator and claim.why:
            return _(
                "{colleague} has taken over the message of {name}: {why}. Your text is kept as your draft.",
                colleague=claim.holder, name=name, why=claim.why,
            )  # fmt: skip
        case Turn.TAKEN if claim is not None:
            return _(
                "{colleague} holds the message of {name} now; your claim had run out. Your text is kept as your draft.",
                colleague=claim.holder, name=name,
            )  # fmt: skip
        case Turn.REGAINED:
            return _("Your claim on the message of {name} had run out; nobody had taken it, and it is yours again.",
                     name=name)  # fmt: skip
        case Turn.RUN_OUT:
            return _("The message of {name} is back in the queue: your claim has run out.", name=name)
        case _:
            state = word(message.standing.state)
            return _("The message of {name} has been dealt with: {state}. Your text is kept as your draft.",
                     name=name, state=state)  # fmt: skip
