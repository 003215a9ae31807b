"""Every request the X client makes, held against both of the service's documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from connectors.budget import DayLedger
from connectors.clock import VirtualClock
from connectors.tokens import FixedToken
from connectors.x import XSettings
from connectors.x.client import XClient
from connectors.x.purse import Purse
from majlis.message import Network
from tests.connectors.networks import CANARY, USER
from tests.connectors.service import Reply, Request, Service

from .document import Document, contract
from .exercised import Exercised
from .prism import Prism, judged

Names = Literal["tweet", "post"]
DOCUMENTS: dict[Names, str] = {"tweet": "x-openapi.json", "post": "x-openapi-next.json"}
SINCE, TOKEN, TIME = "1990000000000000001", "7140dibdnow9c7btw3w29n4v1mtag9kegr0gr7y26pnw3", "2026-11-16T08:00:00Z"

BODIES = {"/2/users/me": {"data": {"id": USER, "name": "Practice"}}, "/2/media/upload": {"data": {"id": "77"}}}
"""Answers without which a client would not go on."""


async def exercise(service: Service, clock: VirtualClock, names: Names) -> Exercised[XClient]:
    """Make every call with and without each of its options."""
    service.answer = lambda request: Reply(body=BODIES.get(request.path, {}))
    settings = XSettings(account="x", user=USER, handle="moh_practice", api_url=service.url, names=names)
    tokens, purse = FixedToken(CANARY, account="x", network=Network.X), Purse(DayLedger(clock, limit=None), clock)
    watched = Exercised(XClient(settings, clock, tokens, purse))
    client = watched.client
    for listing in (client.mentions, client.own):
        await listing()
        await listing(since_id=SINCE, token=TOKEN)
        await listing(start_time=TIME, until_id=SINCE)
    await client.search("to:moh_practice -from:moh_practice")
    await client.search(f"conversation_id:{SINCE} from:moh_practice", since_id=SINCE, token=TOKEN)
    await client.search("to:moh_practice", start_time=TIME, until_id=SINCE)
    await client.posts([SINCE, "1990000000000000002"])
    await client.users(["555", "556"])
    await client.messages(None)
    await client.messages(TOKEN, participant="555")
    await client.me()
    await client.publish("شكراً لتواصلكم")  # Arabic: thank you for writing
    await client.publish("answer", answering=SINCE, media=["77", "78"])
    await client.upload(b"\x89PNG\r\n\x1a\n\x00\xff", "image/png")
    await client.initialize(7, "image/gif")
    await client.append("77", 0, b"GIF89a\x00")
    await client.finalize("77")
    await client.upload_state("77")
    await client.describe("77", "خريطة المراكز")  # Arabic: a map of the centres
    await client.delete(SINCE)
    await client.hide(SINCE, hidden=True)
    await client.hide(SINCE, hidden=False)
    await client.message("into the conversation", conversation="555-2244994945", participant=None)
    await client.message("to the person", conversation=None, participant="555")
    await watched.client.aclose()
    return watched


@pytest.fixture(params=list(DOCUMENTS))
def names(request: pytest.FixtureRequest) -> Names:
    """One generation of names."""
    chosen: Names = request.param
    return chosen


@pytest.fixture
def document(names: Names) -> Document:
    """The document of that generation."""
    return contract(DOCUMENTS[names])


async def test_every_call_is_made_with_every_option(service: Service, clock: VirtualClock, names: Names) -> None:
    """A call or an option that is added to the client is missed here until it is exercised."""
    assert (await exercise(service, clock, names)).missing() == []


async def test_paths_and_names_are_those_of_the_document(
    service: Service, clock: VirtualClock, names: Names, document: Document
) -> None:
    """Nothing is called, asked for or sent that X does not name in its own description."""
    await exercise(service, clock, names)
    assert judged(document, service.requests) == []


@pytest.mark.slow
async def test_a_mock_of_the_service_takes_every_request(
    service: Service, clock: VirtualClock, names: Names, document: Document, prism_of: Callable[[Document], Prism]
) -> None:
    """Types, formats, lengths and required parts are as X describes them."""
    await exercise(service, clock, names)
    assert judged(document, service.requests, prism_of(document)) == []


def test_the_other_generation_of_names_would_be_noticed() -> None:
    """The two documents differ in what we send: each is asked with its own names."""
    first, second = contract(DOCUMENTS["tweet"]), contract(DOCUMENTS["post"])
    request = Request(method="GET", path="/2/tweets", query={}, headers={}, form={}, body=None)
    operations = [first.operation(request), second.operation(request)]

    assert [operation is not None and "tweet.fields" in operation.parameters for operation in operations] == [
        True,
        False,
    ]
