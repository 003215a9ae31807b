"""Signing in to a page: ours is found among those of the person, whatever the others look like."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.facebook import FacebookSettings
from connectors.facebook.signin import PageSignIn
from connectors.signin import Attempt, Client, OtherPage
from majlis.message import Network
from tests.connectors.networks import CANARY, PAGE
from tests.connectors.service import Reply, Request, Service

APP = Client(id="app-1", secret="practice")  # noqa: S106  # invented
ATTEMPT = Attempt(
    account="fb",
    network=Network.FACEBOOK,
    client_id=APP.id,
    redirect_url="http://127.0.0.1:1/",
    auth_url="https://example.com/",
    state="state",
    verifier="verifier",
)


@pytest_asyncio.fixture
async def signin(service: Service, clock: VirtualClock) -> AsyncIterator[PageSignIn]:
    """Our side of it."""
    signin = PageSignIn(FacebookSettings(account="fb", page=PAGE, api_url=service.url), clock)
    yield signin
    await signin.aclose()


def serve(service: Service, *pages: list[object]) -> None:
    """Let the service list a person's pages, one answer after the other."""

    def answer(request: Request) -> Reply:
        if request.method == "POST":
            return Reply(body={"access_token": "person"})
        number = int(request.query.get("after", 0))
        body: dict[str, object] = {"data": pages[number]}
        if number + 1 < len(pages):
            body["paging"] = {"cursors": {"after": str(number + 1)}, "next": f"{service.url}/?access_token={CANARY}"}
        return Reply(body=body)

    service.answer = answer


async def test_a_row_that_cannot_be_read_does_not_hide_our_page(service: Service, signin: PageSignIn) -> None:
    """Each row is read on its own, and the list to its end."""
    odd: list[object] = [{"id": 5, "name": "numbers"}, None, {"id": "1", "name": "Other", "access_token": "other"}]
    serve(service, odd, [3, {"id": PAGE, "name": "Practice", "access_token": CANARY}])
    held = await signin.redeem(ATTEMPT, "code-1", APP)
    proof = hmac.new(b"practice", b"person", hashlib.sha256).hexdigest()

    assert (held.access_token, held.app_secret) == (CANARY, "practice")
    assert [request.query.get("after") for request in service.requests[2:]] == [None, "1"]
    assert {request.query["appsecret_proof"] for request in service.requests[2:]} == {proof}


async def test_a_person_who_does_not_run_our_page_is_told_which_ones(service: Service, signin: PageSignIn) -> None:
    """The names of what was found, and no token among them."""
    serve(service, [{"id": "1", "name": "Other", "access_token": CANARY}, {"id": PAGE, "name": "no token"}])
    with pytest.raises(OtherPage, match=r"Other \(1\)") as caught:
        await signin.redeem(ATTEMPT, "code-1", APP)
    assert CANARY not in str(caught.value)
