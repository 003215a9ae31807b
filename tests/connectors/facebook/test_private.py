"""What goes to one person alone: answers in a conversation, and the one private answer to a comment."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.facebook import FacebookConnector
from connectors.facebook.refusals import PrivateReplyRefused, WindowShut
from connectors.refusals import PersonClosed
from majlis.errors import Refused, Unknown
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry
from tests.connectors.entries import NOW, entry_for
from tests.connectors.networks import FakeFacebook
from tests.connectors.service import Service

from .conftest import error


def in_conversation(connector: FacebookConnector, text: str = "نعم") -> Entry:  # Arabic: yes
    """Return an answer to the message `m_a`."""
    return entry_for(connector, "m_a", text, Action.MESSAGE, ObjectKind.PRIVATE, recipient="psid-t_1", thread="t_1")


async def test_a_comment_is_answered_privately_once(
    graph: FakeFacebook, connector: FacebookConnector, service: Service
) -> None:
    """The second time the service says so, and the refusal says what is left to do."""
    graph.arrive("a", "comment")
    await connector.perform(entry_for(connector, "1_a", "privately", Action.MESSAGE))
    assert service.requests[-1].form.keys() == {"recipient", "message"}
    with pytest.raises(PrivateReplyRefused, match="answer in public instead") as caught:
        await connector.perform(entry_for(connector, "1_a", "once more", Action.MESSAGE))

    assert caught.value.facts["code"] == "10900"
    assert graph.published() == ["announcement", "privately"]


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (10900, None, PrivateReplyRefused),
        (10903, None, PrivateReplyRefused),
        (10903, 4711, PrivateReplyRefused),
        (10, 2018278, WindowShut),
        (100, 2018001, PersonClosed),
        (551, None, PersonClosed),
        (1545041, None, PersonClosed),
    ],
)
async def test_a_refusal_says_its_own_way_out(
    graph: FakeFacebook, connector: FacebookConnector, code: int, subcode: int | None, kind: type[Refused]
) -> None:
    """Used up, not allowed, too late, or closed: each is final, and each leads somewhere else."""
    graph.write_privately("a", "question")
    graph.fault = lambda _: error(code, subcode)
    with pytest.raises(kind) as caught:
        await connector.perform(in_conversation(connector))

    assert type(caught.value).advice != Refused.advice


async def test_a_private_answer_to_a_comment_is_found_whatever_the_persons_id_there(
    graph: FakeFacebook, connector: FacebookConnector, service: Service
) -> None:
    """Comments and Messenger name the same person differently, so nobody is looked for by the comment's name."""
    graph.arrive("a", "comment")
    entry = entry_for(connector, "1_a", "privately", Action.MESSAGE, recipient="psid-of-comments")
    assert await connector.find(entry) is None
    graph.lose_answers = True
    with pytest.raises(Unknown):
        await connector.perform(entry)
    graph.lose_answers = False

    assert await connector.find(entry) is not None
    assert "user_id" not in service.requests[-1].query


async def test_a_visitors_post_is_answered_privately(
    graph: FakeFacebook, connector: FacebookConnector, service: Service
) -> None:
    """The recipient is whoever wrote it, in Graph's words."""
    graph.post("100200300_7", "a visitor writes", author="555")
    graph.fault = lambda request: error(10903) if request.path.endswith("/messages") else None
    with pytest.raises(PrivateReplyRefused):
        await connector.perform(entry_for(connector, "100200300_7", "x", Action.MESSAGE, ObjectKind.POST))

    assert json.loads(service.requests[-1].form["recipient"]) == {"post_id": "100200300_7"}


async def test_a_lost_answer_is_found_in_a_long_conversation(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """The person has written on meanwhile; ours is some pages back, and theirs with the same words is not ours."""
    graph.write_privately("a", "question")
    graph.lose_answers = True
    with pytest.raises(Unknown):
        await connector.perform(in_conversation(connector))
    graph.lose_answers = False
    for number in range(7):
        graph.write_privately(f"later{number}", "نعم", at=NOW + timedelta(minutes=number))
    found = await connector.find(in_conversation(connector))

    assert found is not None
    ours = graph.item(found.native_id or "")
    assert ours is not None
    assert ours.ours
