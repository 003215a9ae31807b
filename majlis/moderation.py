"""What is done to a message on its network, beside answering it: hidden, rejected; an answer of ours deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import NotOffered, WrongState
from .message import Moderation, Network
from .outbox import Action
from .outcome import Outcome, Said
from .policy import Role
from .ports import Capability
from .states import MessageState

if TYPE_CHECKING:
    from .commands import Delete, Hide, Reject
    from .message import Message, MessageKey
    from .seat import Seat

OFFERED: dict[Network, frozenset[Capability]] = {
    Network.FACEBOOK: frozenset({Capability.HIDE, Capability.EDIT, Capability.DELETE, Capability.PRIVATE_REPLY}),
    Network.X: frozenset({Capability.HIDE, Capability.DELETE, Capability.PRIVATE_REPLY}),
    Network.YOUTUBE: frozenset({Capability.HIDE, Capability.EDIT, Capability.DELETE, Capability.MODERATE}),
}
"""Of these things, what a network has at all; what an account may do of it, its connector says. Source: API facts."""


async def hide(seat: Seat, command: Hide) -> Outcome:
    """Hide a message, or show it again: on YouTube it is held, or published."""
    message = await _of_the_public(seat, command, "hide", Capability.HIDE)
    # Hiding protects a person; it is allowed at any hour (D8) and asks first, so there is no hold.
    action = Action.HIDE if command.hidden else Action.UNHIDE
    entry = seat.entry(action, message, seat.clock.now())
    revision = await seat.apply(action, str(command.key), {"entry": entry.id}, entry)
    template = "Being hidden on the network." if command.hidden else "Being shown again on the network."
    return Outcome(revision=revision, message=message, entry=entry, said=Said(template=template))


async def reject(seat: Seat, command: Reject) -> Outcome:
    """Reject a message for good, and perhaps its writer with it."""
    message = await _of_the_public(seat, command, "reject", Capability.MODERATE)
    if command.ban:
        seat.need(Role.SUPERVISOR, "ban")
    seat.own(message)
    entry = seat.entry(Action.MODERATE, message, seat.clock.now(), ban=command.ban)
    payload = {"entry": entry.id, "ban": command.ban}
    revision = await seat.apply("reject", str(command.key), payload, entry)
    return Outcome(revision=revision, message=message, entry=entry, said=Said(template="Being rejected for good."))


async def delete(seat: Seat, command: Delete) -> Outcome:
    """Delete an answer of ours; taking words back is allowed at any hour, like hiding."""
    message = await our_answer(seat, command.key, "delete", Capability.DELETE)
    entry = seat.entry(Action.DELETE, message, seat.clock.now())
    revision = await seat.apply("delete", str(command.key), {"entry": entry.id}, entry)
    return Outcome(revision=revision, message=message, entry=entry, said=Said(template="Being deleted on the network."))


async def our_answer(seat: Seat, key: MessageKey, action: str, need: Capability) -> Message:
    """Return an answer of ours that stands in public.

    Raises:
        NotOffered: The network has no such thing.
        WrongState: It is somebody else's, private, a post of its own, or gone.
    """
    message = await seat.message(key)
    check_ours(message, action, need)
    return message


def check_ours(message: Message, action: str, need: Capability) -> None:
    """Refuse what cannot be done to a message as an answer of ours.

    Raises:
        NotOffered: The network has no such thing.
        WrongState: It is somebody else's, private, a post of its own, or gone.
    """
    key = message.key
    offered(message, action, need)
    gone = message.standing.state is MessageState.GONE
    if not message.ours or not message.public or message.is_own_post or gone:
        state = "gone" if gone else "post" if message.is_own_post else "private" if not message.public else "not_ours"
        raise WrongState(action=action, state=state, subject=str(key))


async def _of_the_public(seat: Seat, command: Hide | Reject, action: str, need: Capability) -> Message:
    message = await seat.message(command.key)
    check_public(message, action, need)
    return message


def check_public(message: Message, action: str, need: Capability) -> None:
    """Refuse what cannot be done to a message as one of the public.

    Raises:
        NotOffered: The network has no such thing.
        WrongState: It is ours, private, or rejected already.
    """
    offered(message, action, need)
    if not message.public or message.ours:
        raise WrongState(action=action, state="ours" if message.ours else "private", subject=str(message.key))
    if message.moderation is Moderation.REJECTED:
        raise WrongState(action=action, state=Moderation.REJECTED, subject=str(message.key))


def offered(message: Message, action: str, need: Capability) -> None:
    """Refuse what the network has not.

    Raises:
        NotOffered: It has no such thing.
    """
    if need not in OFFERED[message.key.network]:
        raise NotOffered(action=action, network=message.key.network)
