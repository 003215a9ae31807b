"""How long a person can be answered privately, and by which way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from majlis.message import Network, ObjectKind
from majlis.windows import Door, Window, last_word
from tests.builders import AT, message, policy

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PRIVATE = {"kind": ObjectKind.PRIVATE, "network": Network.FACEBOOK}


@pytest.mark.parametrize(
    ("after", "granted", "plain"),
    [
        (timedelta(), Door.PLAIN, Door.PLAIN),
        (DAY - HOUR, Door.PLAIN, Door.PLAIN),
        (DAY, Door.AGENT, Door.SHUT),
        (7 * DAY - HOUR, Door.AGENT, Door.SHUT),
        (7 * DAY, Door.SHUT, Door.SHUT),
    ],
)
def test_the_way_depends_on_the_time_and_on_what_was_granted(after: timedelta, granted: Door, plain: Door) -> None:
    """A day for everybody; seven for a person where the network allows that."""
    assert Window(plain_until=AT + DAY, agent_until=AT + 7 * DAY).door(AT + after) is granted
    assert Window(plain_until=AT + DAY).door(AT + after) is plain


def test_it_counts_from_the_persons_last_word() -> None:
    """What we wrote, and what they wrote in public, opens nothing."""
    asked = message("1", **PRIVATE)
    again = message("2", created_at=AT + HOUR, **PRIVATE)
    ours = message("3", created_at=AT + 2 * HOUR, ours=True, **PRIVATE)
    public = message("4", created_at=AT + 3 * HOUR, network=Network.FACEBOOK)

    assert last_word(asked, (asked, again, ours, public)) == AT + HOUR
    assert last_word(asked, ()) == AT


def test_only_accounts_with_the_feature_have_the_longer_way() -> None:
    """Other networks, and public answers, have no such limit."""
    asked = message("1", **PRIVATE)

    plain = policy().private_window(asked, (asked,))
    granted = policy(agent_accounts=frozenset({"moh"})).private_window(asked, (asked,))
    assert plain == Window(plain_until=AT + DAY)
    assert granted == Window(plain_until=AT + DAY, agent_until=AT + 7 * DAY)
    assert policy().private_window(message("1", kind=ObjectKind.PRIVATE), ()) is None
    assert policy().private_window(message("1", network=Network.FACEBOOK), ()) is None
