"""What a network refuses for a reason that a person can do something about, where more than one network does."""

from __future__ import annotations

from majlis.errors import Refused


class PersonClosed(Refused):
    """This person cannot be written to. Facts: account, reason, code."""

    happened = "{account}: this person cannot be written to ({reason})."
    advice = "Answer in public, or hand it to customer service."


class PostRefused(Refused):
    """A post that cannot be made like this. Facts: account, reason, code."""

    happened = "{account}: the post cannot go out like this ({reason})."
    advice = "Change what stands in the way, then send it again."
