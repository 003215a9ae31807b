"""What is asked before something is taken from a colleague, or done on a network, each of which has its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from majlis.message import Network
from tui.language import _
from tui.times import when

if TYPE_CHECKING:
    from datetime import datetime

    from majlis.hours import ServiceHours
    from majlis.message import Claim, Message

Question = tuple[str, str]
"""Title and text."""


def take_over(claim: Claim, now: datetime, hours: ServiceHours) -> Question:
    """Ask why a message is taken from a colleague."""
    text = _(
        "{colleague} holds it, since {since}, and is told about it. Why do you take it over?",
        colleague=claim.holder, since=when(claim.since, now, hours),
    )  # fmt: skip
    return _("Take over"), text


def hide(message: Message) -> Question:
    """Ask whether a message is to be hidden, or shown again."""
    name = message.author.shown() or _("unknown person")
    is_youtube = message.key.network is Network.YOUTUBE
    if message.standing.hidden:
        title = _("Publish it?") if is_youtube else _("Show it again?")
        return title, _("Everybody will see this message of {name}.", name=name)
    match message.key.network:
        case Network.YOUTUBE:
            return _("Hold it for review?"), _(
                "Nobody will see this message of {name} until it is published.", name=name
            )
        case Network.X:
            text = _("X puts this message of {name} behind a click; whoever clicks still reads it.", name=name)
            return _("Hide it?"), text
        case Network.FACEBOOK:
            return _("Hide it?"), _("Nobody but {name} and their friends will see it on the network.", name=name)


def reject(message: Message) -> Question:
    """Ask whether a message is to be taken away for good."""
    name = message.author.shown() or _("unknown person")
    text = _("This message of {name} is taken off the network for good. This cannot be undone.", name=name)
    return _("Reject it?"), text


def delete(message: Message) -> Question:
    """Ask whether an answer of ours is to be taken away."""
    text = _("Our answer is taken off the network for good. This cannot be undone: {text}", text=message.text)
    return _("Delete our answer?"), text
