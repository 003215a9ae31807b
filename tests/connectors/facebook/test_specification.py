"""Every request that the page's client can make fits Meta's own node specifications."""

from __future__ import annotations

import hashlib
import hmac
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, get_args

import pytest
import pytest_asyncio

from connectors.facebook import FacebookSettings, client
from connectors.facebook.client import Fields, GraphClient, PostEdge, Private, Publication
from connectors.facebook.wire import Cursor
from connectors.tokens import FixedToken
from majlis.message import Network
from tests.connectors.entries import NOW
from tests.connectors.networks import CANARY, PAGE
from tests.connectors.service import Reply, Request, Service

from . import specification
from .conftest import APP, error
from .specification import fits, needed, parsed, problems

NODES = {PAGE: "Page", "post": "PagePost", "comment": "Comment", "t_1": "UnifiedThread"}
"""What each id is, so that nothing is taken for something else."""
NO_NODE = "/debug_token"
"""Says what a token may do: a call of the whole interface, of no node."""
EDGES: tuple[PostEdge, ...] = get_args(PostEdge)
CURSORS: tuple[Cursor, ...] = ({}, {"after": "x"}, {"until": "1700000000", "__paging_token": "x"}, {"offset": "25"})
FAR = NOW.replace(year=2027)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One way to use one method of the client."""

    method: str
    make: Callable[[GraphClient], Awaitable[Any]]


def _calls() -> list[Call]:
    """Return every method, with every choice that changes what is sent."""
    person, commented = {"id": "psid"}, {"comment_id": "comment"}
    feeds = [
        Call(method="feed", make=lambda c, edge=edge, cursor=cursor: c.feed(edge, since=1700000000, cursor=cursor))  # type: ignore[misc]  # defaults bind
        for edge in EDGES
        for cursor in CURSORS
    ]
    return [
        *feeds,
        Call(method="feed", make=lambda c: c.feed("feed", since=None, cursor={})),
        *(
            Call(method="comments", make=lambda c, at=at: c.comments(at, since=1700000000, cursor={"after": "x"}))  # type: ignore[misc]  # defaults bind
            for at in ("post", "comment")
        ),
        Call(method="conversations", make=lambda c: c.conversations({"after": "x"}, user="psid")),
        Call(method="conversations", make=lambda c: c.conversations({})),
        Call(method="messages", make=lambda c: c.messages("t_1", {"after": "x"})),
        Call(method="comment", make=lambda c: c.comment("comment")),
        Call(method="post", make=lambda c: c.post("post")),
        *(Call(method="exists", make=lambda c, at=at: c.exists(at)) for at in ("post", "comment")),  # type: ignore[misc]  # defaults bind
        Call(method="page", make=lambda c: c.page()),
        Call(method="rights", make=lambda c: c.rights()),
        *(Call(method="reply", make=lambda c, at=at: c.reply(at, "نعم")) for at in ("post", "comment")),  # type: ignore[misc]  # defaults bind
        Call(method="message", make=lambda c: c.message(Private(recipient=person, text="نعم"))),
        Call(method="message", make=lambda c: c.message(Private(recipient=person, text="نعم", agent=True))),
        Call(method="message", make=lambda c: c.message(Private(recipient=commented, text="نعم"))),
        Call(method="message", make=lambda c: c.message(Private(recipient={"post_id": "post"}, text="نعم"))),
        Call(method="photo", make=lambda c: c.photo(b"\x89PNG", "image/png", alt="خريطة", temporary=True)),
        Call(method="photo", make=lambda c: c.photo(b"\x89PNG", "image/png", alt="", temporary=False)),
        Call(method="publish", make=lambda c: c.publish(Publication(text="x", link="https://example.org"))),
        Call(method="publish", make=lambda c: c.publish(Publication(text="", photos=["1", "2"], publish_at=FAR))),
        *(
            Call(method="hide", make=lambda c, at=at, on=on: c.hide(at, hidden=on))  # type: ignore[misc]  # defaults bind
            for at in ("post", "comment")
            for on in (True, False)
        ),
        *(Call(method="change", make=lambda c, at=at: c.change(at, "x")) for at in ("post", "comment")),  # type: ignore[misc]  # defaults bind
        *(Call(method="delete", make=lambda c, at=at: c.delete(at)) for at in ("post", "comment")),  # type: ignore[misc]  # defaults bind
    ]


CALLS = _calls()


@pytest_asyncio.fixture
async def graph_client(service: Service) -> AsyncIterator[GraphClient]:
    """A client whose service says yes to everything."""
    service.answer = lambda _: Reply(body={"id": "1"})
    tokens = FixedToken(CANARY, account="fb", network=Network.FACEBOOK, app_secret=APP)
    client = GraphClient(FacebookSettings(account="fb", page=PAGE, api_url=service.url), tokens)
    yield client
    await client.aclose()


async def test_every_call_of_the_client_fits_and_is_signed(graph_client: GraphClient, service: Service) -> None:
    """Edge, method, parameters, their values, fields; token in the header, proof of it in the address, on each one."""
    needed()
    for call in CALLS:
        await call.make(graph_client)
    proof = hmac.new(APP.encode(), CANARY.encode(), hashlib.sha256).hexdigest()

    on_nodes = [request for request in service.requests if not request.path.endswith(NO_NODE)]
    assert len(service.requests) == len(CALLS)
    assert len(on_nodes) == len(CALLS) - 1
    assert [each for request in on_nodes for each in problems(request, _exactly)] == []
    assert {request.query.get("appsecret_proof") for request in service.requests} == {proof}


def _exactly(native_id: str) -> tuple[str, ...]:
    return (NODES[native_id],)


def test_no_method_of_the_client_is_left_out() -> None:
    """A new method, or a new list of posts, has to be added above before it can be used."""
    methods = {
        name
        for name, member in inspect.getmembers(GraphClient, inspect.iscoroutinefunction)
        if not name.startswith("_") and name != "aclose"
    }

    assert {call.method for call in CALLS} == methods


async def test_what_is_asked_for_when_it_was_too_much_fits_too(graph_client: GraphClient, service: Service) -> None:
    """The lean fields of every list are fields of its node."""
    needed()
    much = error(1, message="Please reduce the amount of data you're asking for", status=500)
    service.answer = lambda request: much if "media" in request.query["fields"] else Reply(body={"data": []})
    for call in CALLS:
        if call.method in {"feed", "comments"}:
            await call.make(graph_client)
    much_of_private = error(1, message="Please reduce the amount of data you're asking for")
    service.answer = lambda request: (
        much_of_private if "mime_type" in request.query["fields"] else Reply(body={"data": []})
    )
    await graph_client.conversations({})
    await graph_client.messages("t_1", {})
    asked = {request.query["fields"] for request in service.requests}
    every = {
        getattr(each, size) for each in vars(client).values() if isinstance(each, Fields) for size in ("lean", "whole")
    }

    assert asked == every
    assert [each for request in service.requests for each in problems(request, _exactly)] == []


# ---------------------------------------------------------------------------------------------------------- the checker

HEADERS = {"authorization": f"Bearer {CANARY}"}


def asked(method: str, path: str, **parts: Any) -> Request:
    """Return a request."""
    known: dict[str, Any] = {"query": {}, "form": {}, "body": None, "headers": HEADERS}
    return Request(method=method, path=f"/v26.0/{path}", **{**known, **parts})


WRONG = {
    "no such edge": asked("GET", f"{PAGE}/walls"),
    "an edge with another method": asked("DELETE", f"{PAGE}/feed"),
    "an edge of another node": asked("GET", "comment/conversations"),
    "no such call on the node": asked("POST", "t_1"),
    "deeper than an edge": asked("GET", f"{PAGE}/feed/comments"),
    "no version": replace(asked("GET", PAGE), path=f"/{PAGE}"),
    "no such parameter": asked("GET", f"{PAGE}/conversations", query={"plattform": "MESSENGER"}),
    "another enum value": asked("GET", f"{PAGE}/conversations", query={"platform": "messenger"}),
    "another edge's parameter": asked("POST", "comment/comments", form={"is_hidden": "true"}),
    "paging in a write": asked("POST", f"{PAGE}/feed", form={"message": "x", "limit": "3"}),
    "no number": asked("GET", f"{PAGE}/feed", query={"limit": "many"}),
    "no truth": asked("POST", "comment", form={"is_hidden": "yes"}),
    "no time": asked("POST", f"{PAGE}/feed", form={"scheduled_publish_time": "tomorrow"}),
    "no list": asked("POST", f"{PAGE}/feed", form={"attached_media": '{"media_fbid":"1"}'}),
    "a list of something else": asked("POST", f"{PAGE}/feed", form={"attached_media": '["1"]'}),
    "no object": asked("POST", f"{PAGE}/messages", form={"recipient": "psid"}),
    "a parameter missing": asked("POST", f"{PAGE}/messages", form={"message": "{}"}),
    "a file where none belongs": asked("POST", f"{PAGE}/feed", files={"message": ("image/png", b"x")}),
    "a text where a file belongs": asked("POST", f"{PAGE}/photos", form={"source": "x"}),
    "a write in the address": asked("POST", "comment", query={"message": "x"}),
    "the token in the address": asked("GET", PAGE, query={"access_token": CANARY}),
    "no token": asked("GET", PAGE, headers={}),
    "no such field": asked("GET", "comment", query={"fields": "id,messsage"}),
    "a field of another node": asked("GET", "comment", query={"fields": "id,updated_time"}),
    "no such nested field": asked("GET", "comment", query={"fields": "parent{id,foo}"}),
    "no such field in an expanded edge": asked("GET", f"{PAGE}/conversations", query={"fields": "messages{text}"}),
    "no such field in an object": asked("GET", "post/comments", query={"fields": "attachment{media{img}}"}),
    "a brace too few": asked("GET", "comment", query={"fields": "parent{id"}),
    "a field twice": asked("GET", "comment", query={"fields": "id,id"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_is_found(name: str) -> None:
    """What the service would refuse, or silently do otherwise, does not pass."""
    needed()

    assert problems(WRONG[name], lambda native_id: (NODES[native_id],)) != []


@pytest.mark.parametrize(
    ("value", "kind", "good"),
    [
        ("7", "int", True),
        ("-7", "int", True),
        ("-7", "unsigned int", False),
        ("٧", "unsigned int", False),  # Arabic-Indic seven
        ("1.5", "float", True),
        ("2026-11-20T08:00:00+0000", "datetime", True),
        ("2026-11-20T08:00:00Z", "datetime", False),
        ('["a"]', "list<string>", True),
        ("[7]", "list<string>", False),
        ("[7]", "list<int>", True),
        ("[[7]]", "list<list<unsigned int>>", True),
        ("[]", "map", False),
    ],
)
def test_values_are_told_from_others_of_their_look(value: str, kind: str, good: bool) -> None:
    """Each declared type has its own form."""
    needed()

    assert fits(value, kind) is good


def test_fields_are_read_as_a_tree() -> None:
    """Nested, and with a limit."""
    assert parsed("id,parent{id},messages.limit(20){id,from{name}}") == {
        "id": {},
        "parent": {"id": {}},
        "messages": {"id": {}, "from": {"name": {}}},
    }


def test_what_is_excused_is_in_truth_not_published() -> None:
    """Each gap is one: once Meta publishes it, its own words count."""
    needed()
    for name, call, parameter in specification.UNPUBLISHED_PARAMETERS:
        method, edge = call.split()
        assert specification.node(name).apis[method, edge].params.get(parameter) in {None, "Object"}
    for name in specification.UNPUBLISHED_NODES:
        assert not (specification.FOLDER / f"{name}.json").exists()
    for name, field in specification.OBJECTS:
        assert specification.node(name).fields[field] == "Object"
