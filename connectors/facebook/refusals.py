"""What Facebook alone refuses for a reason that a person can do something about, each with its own way out."""

from __future__ import annotations

from majlis.errors import Refused


class WindowShut(Refused):
    """The last message of the person is too long ago. Facts: account, reason, code."""

    happened = "{account}: the time for a private answer is over ({reason})."
    advice = "The person has to write again; until then answer in public, or hand it to customer service."


class PrivateReplyRefused(Refused):
    """No private answer to this comment, or not another one. Facts: account, reason, code."""

    happened = "{account}: this comment cannot be answered privately ({reason})."
    advice = "The network allows one private answer to a comment, within seven days; answer in public instead."


class LinkRefused(Refused):
    """The service cannot make a card of the link. Facts: account, reason, code."""

    happened = "{account}: the network cannot read the link ({reason})."
    advice = "Post it without the link, or with another one."
