"""Rights that are missing, lists that are too much, and limits that are nearly used up."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector
from majlis.errors import Busy, Refused
from majlis.message import ObjectKind
from majlis.outbox import Action
from majlis.ports import Capability
from tests.connectors.entries import entry_for, texts, walk
from tests.connectors.networks import FakeFacebook
from tests.connectors.service import Service

from .conftest import error

C = Capability
EVERYTHING = frozenset(C) - {C.MODERATE}


SHUTS = [
    (Action.REPLY, ObjectKind.COMMENT, {C.REPLY}),
    (Action.REPLY, ObjectKind.PRIVATE, {C.MESSAGE}),
    (Action.MESSAGE, ObjectKind.PRIVATE, {C.MESSAGE}),
    (Action.MESSAGE, ObjectKind.COMMENT, {C.PRIVATE_REPLY}),
    (Action.POST, ObjectKind.POST, {C.POST, C.PICTURE, C.SCHEDULE}),
    (Action.EDIT, ObjectKind.COMMENT, {C.EDIT}),
    (Action.DELETE, ObjectKind.COMMENT, {C.DELETE}),
    (Action.HIDE, ObjectKind.COMMENT, {C.HIDE}),
    (Action.UNHIDE, ObjectKind.COMMENT, {C.HIDE}),
]
"""What was tried on what, and what a missing right for it shuts."""


@pytest.mark.parametrize("shuts", SHUTS, ids=[f"{action} {kind}" for action, kind, _ in SHUTS])
@pytest.mark.parametrize("code", [3, 10, 200, 299])
async def test_a_missing_right_shuts_one_feature_for_an_hour(
    graph: FakeFacebook,
    connector: FacebookConnector,
    clock: VirtualClock,
    code: int,
    shuts: tuple[Action, ObjectKind, set[Capability]],
) -> None:
    """The others stay; after an hour it is offered again, and asked for again."""
    action, kind, off = shuts
    assert connector.capabilities() == EVERYTHING
    graph.fault = lambda _: error(code)
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "x", "x", action, kind, recipient="psid"))
    assert connector.capabilities() == EVERYTHING - off

    await clock.advance(timedelta(minutes=59))
    assert connector.capabilities() == EVERYTHING - off
    await clock.advance(timedelta(minutes=2))
    assert connector.capabilities() == EVERYTHING


async def test_a_right_that_was_granted_is_there_at_once(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """The first success says so, before the hour is over."""
    graph.arrive("a", "comment")
    graph.fault = lambda _: error(200)
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "1_a", "x"))
    graph.fault = None
    await connector.perform(entry_for(connector, "1_a", "x"))

    assert C.REPLY in connector.capabilities()


@pytest.mark.parametrize("name", ["tagged", "visitor_posts"])
async def test_a_side_listing_that_is_closed_leaves_the_page_open(
    graph: FakeFacebook, connector: FacebookConnector, name: str
) -> None:
    """Comments are read all the same, and the account says so."""
    graph.fault = lambda request: error(10) if request.path.endswith(name) else None
    with pytest.raises(Refused):
        await walk(connector, name)

    assert connector.capabilities() == EVERYTHING


async def test_posts_by_visitors_come_from_their_own_listing(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Not all of them are in the feed; ours are not among them, and whose a post is says the listing too."""
    graph.post("100200300_1", "ours")
    graph.post("100200300_2", "a visitor writes", author="555")
    pages = await walk(connector, "visitor_posts")
    messages = [message for page in pages for message in page.messages]

    assert [(m.text, m.ours, m.listings) for m in messages] == [("a visitor writes", False, ("visitor_posts",))]


async def test_each_kind_of_list_shrinks_by_itself_and_grows_back(
    graph: FakeFacebook, connector: FacebookConnector, service: Service
) -> None:
    """First fewer rows, then less of each; the other lists ask as before, and later walks try for more again."""
    graph.page_size = 100
    for number in range(5):
        graph.arrive(f"{number}", f"comment {number}")
    too_much = error(1, message="Please reduce the amount of data you're asking for, then retry your request")
    graph.fault = lambda request: too_much if "attachment{" in request.query.get("fields", "") else None
    await walk(connector, "comments")
    asked = [(each.query["limit"], "attachment{" in each.query["fields"]) for each in service.requests]
    assert asked == [
        ("100", False),
        ("100", True),
        ("50", True),
        ("25", True),
        ("12", True),
        ("10", True),
        ("10", False),
    ]

    graph.fault = None
    for _ in range(5):
        await walk(connector, "sweep")
    service.requests.clear()
    pages = await walk(connector, "sweep")
    assert len([text for text in texts(pages) if text.startswith("comment")]) == 5
    assert [each.query["limit"] for each in service.requests] == ["100", "100"]
    assert "attachment{" in service.requests[-1].query["fields"]


async def test_what_cannot_be_made_smaller_is_a_fault(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Fewest rows and least of each, and still too much: it is tried again later, and never spins."""
    graph.fault = lambda _: error(1, message="Please reduce the amount of data", status=500)
    with pytest.raises(Busy):
        await walk(connector, "comments")


async def test_looking_up_minds_the_limits_too(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """From 90 percent nobody looks for what is gone; what became of an answer is looked up until 98."""
    graph.arrive("a", "comment")
    for percent, may_look, may_find in ((89, True, True), (90, False, True), (97, False, True), (98, False, False)):
        graph.headers = {"X-Business-Use-Case-Usage": json.dumps({"1": [{"type": "pages", "total_time": percent}]})}
        connector._quiet_until, connector._client.usage = None, type(connector._client.usage)()
        await connector.find(entry_for(connector, "1_a", "x"))
        for may, attempt in (
            (may_look, connector.look(["1_a"])),
            (may_find, connector.find(entry_for(connector, "1_a", "x"))),
        ):
            if may:
                await attempt
            else:
                with pytest.raises(Busy):
                    await attempt


async def test_after_the_wait_an_answer_that_says_nothing_is_used_frees_the_page(
    graph: FakeFacebook, connector: FacebookConnector, clock: VirtualClock
) -> None:
    """The figure from before the wait is forgotten, whether the next one is nought or is not there."""
    full = {"1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 120}]}
    for after in ({"X-Business-Use-Case-Usage": json.dumps({"1": [{"type": "pages", "call_count": 0}]})}, {}):
        graph.headers = {"X-Business-Use-Case-Usage": json.dumps(full)}
        await walk(connector, "comments")
        with pytest.raises(Busy):
            await walk(connector, "comments")
        graph.headers = after
        await clock.advance(timedelta(hours=2, seconds=1))
        for _ in range(2):
            await walk(connector, "comments")
        assert connector.budget().left == 100


@pytest.mark.parametrize(("minutes", "wait_s"), [(7, 420), (0, 300)])
async def test_a_throttled_call_waits_as_long_as_the_service_says(
    graph: FakeFacebook, connector: FacebookConnector, minutes: int, wait_s: int
) -> None:
    """The header says minutes; without one it is five."""
    usage = {"1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": minutes}]}
    reply = error(80001)
    graph.fault = lambda _: type(reply)(
        status=400, body=reply.body, headers={"X-Business-Use-Case-Usage": json.dumps(usage)}
    )
    stream = next(each for each in connector.streams() if each.name == "comments")
    with pytest.raises(Busy) as caught:
        await connector.read(stream, None)

    assert caught.value.wait_s == wait_s
