"""What is done to a message on its network, beside answering it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import WrongState
from .outbox import Action
from .outcome import Outcome, Said

if TYPE_CHECKING:
    from .commands import Hide
    from .seat import Seat


async def hide(seat: Seat, command: Hide) -> Outcome:
    """Hide a message, or show it again."""
    message = await seat.message(command.key)
    if not message.public or message.ours:
        raise WrongState(action="hide", state="ours" if message.ours else "private", subject=str(command.key))
    # Hiding protects a person; it is allowed at any hour (D8) and asks first, so there is no hold.
    action = Action.HIDE if command.hidden else Action.UNHIDE
    entry = seat.entry(action, message, seat.clock.now())
    revision = await seat.apply(action, str(command.key), {"entry": entry.id}, entry)
    template = "Being hidden on the network." if command.hidden else "Being shown again on the network."
    return Outcome(revision=revision, message=message, entry=entry, said=Said(template=template))
