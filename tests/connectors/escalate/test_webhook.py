"""A real receiver on this machine that checks the signature: up, down, slow, refusing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from connectors.escalate import WebhookSettings, WebhookTarget
from connectors.escalate.retry import MENDED_S, NotDelivered, Undelivered
from connectors.http import Limits
from majlis.errors import BadSettings
from tests.builders import HandClock
from tests.connectors.escalate.conftest import CONTACT, case, entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECRET = b"a shared secret of this test"


@dataclass
class Receiver:
    """Checks each call by the Standard Webhooks text, keeps one of a name, and answers as a test wants."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    slow: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server ends, so that nobody waits for a slow answer."""
    lose_answers: int = 0
    kept: dict[str, Any] = field(default_factory=dict)
    calls: int = 0

    async def take(self, request: web.Request) -> web.Response:
        """Answer a call."""
        self.calls += 1
        body = await request.read()
        name, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        signed = f"{name}.{stamp}.".encode() + body
        expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
        if request.headers["webhook-signature"] != f"v1,{expected}":
            return web.Response(status=401)
        if self.slow:
            await self.over.wait()
        if self.status < 300:
            self.kept[name] = await request.json()
        if self.lose_answers:
            self.lose_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def served(receiver: Receiver) -> AsyncIterator[str]:
    """Run a receiver and return its address."""
    app = web.Application()
    app.router.add_post("/cases", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/cases"
    finally:
        receiver.over.set()
        await runner.cleanup()


@asynccontextmanager
async def target(url: str, clock: HandClock, **fields: Any) -> AsyncIterator[WebhookTarget]:
    limits = fields.pop("limits", None)
    known: dict[str, Any] = {"name": "desk", "url": url, "secret": SECRET}
    made = WebhookTarget(WebhookSettings(**{**known, **fields}), clock, limits=limits)
    try:
        yield made
    finally:
        await made.aclose()


async def test_a_case_arrives_signed_and_whole_but_for_contact_data(clock: HandClock) -> None:
    """The receiver finds the signature right, and nothing to call the person by."""
    receiver = Receiver()

    async with served(receiver) as url, target(url, clock) as hook:
        receipt = await hook.deliver(case(), entry())

    told = receiver.kept["entry-9"]
    assert receipt.native_id == "entry-9"
    assert (told["event"], told["case"], told["reason"]) == ("escalate", "case-7", "direct_contact")
    assert CONTACT not in str(told)
    assert len(told["packet_digest"]) == 64


async def test_contact_data_goes_where_the_settings_want_it(clock: HandClock) -> None:
    """In its own field."""
    receiver = Receiver()

    async with served(receiver) as url, target(url, clock, contact=True) as hook:
        await hook.deliver(case(), entry())

    assert receiver.kept["entry-9"]["packet"]["contact"] == [CONTACT]


async def test_an_answer_lost_on_the_way_is_asked_for_again_under_the_same_name(clock: HandClock) -> None:
    """Two calls, one case on the other side."""
    receiver = Receiver(lose_answers=1)

    async with served(receiver) as url, target(url, clock) as hook:
        with pytest.raises(Undelivered):
            await hook.deliver(case(), entry())
        await hook.deliver(case(), entry(attempts=2))

    assert receiver.calls == 2
    assert list(receiver.kept) == ["entry-9"]


async def test_a_receiver_that_is_down_or_slow_is_tried_again(clock: HandClock) -> None:
    """Nothing is lost, nothing hangs."""
    receiver = Receiver(slow=True)

    async with served(receiver) as url, target(url, clock, limits=Limits(idle_s=0.2, total_s=0.2)) as hook:
        with pytest.raises(Undelivered):
            await hook.deliver(case(), entry())
    async with target(url, clock) as hook:
        with pytest.raises(Undelivered) as down:
            await hook.deliver(case(), entry())

    assert down.value.wait_s == 5


@pytest.mark.parametrize(
    ("status", "headers", "expected", "wait_s"),
    [
        (409, {}, None, None),
        (429, {"Retry-After": "90"}, Undelivered, 90),
        (503, {"Retry-After": "Wed, 25 Nov 2026 00:00:00 GMT"}, Undelivered, 5),
        (500, {}, Undelivered, 5),
        (302, {"Location": "http://127.0.0.1:1/"}, Undelivered, 5),
        (403, {}, Undelivered, MENDED_S),
        (404, {}, Undelivered, MENDED_S),
        (410, {}, NotDelivered, None),
        (422, {}, NotDelivered, None),
    ],
)
async def test_what_an_answer_means(
    clock: HandClock, status: int, headers: dict[str, str], expected: type[Exception] | None, wait_s: float | None
) -> None:
    """Taken, later, mended by a person first, or never."""
    receiver = Receiver(status=status, headers=headers)

    async with served(receiver) as url, target(url, clock) as hook:
        if expected is None:
            await hook.deliver(case(), entry())
            return
        with pytest.raises(expected) as refused:
            await hook.deliver(case(), entry())

    assert getattr(refused.value, "wait_s", None) == wait_s


async def test_a_wrong_secret_waits_for_a_person(clock: HandClock) -> None:
    """The receiver says 401; the case goes out when the key is right."""
    receiver = Receiver()

    async with served(receiver) as url, target(url, clock, secret=b"another") as hook:
        with pytest.raises(Undelivered) as refused:
            await hook.deliver(case(), entry())

    assert refused.value.wait_s == MENDED_S
    assert receiver.kept == {}


def test_plain_http_is_for_this_machine_alone(clock: HandClock) -> None:
    """What is told must not be read on the way."""
    with pytest.raises(BadSettings):
        WebhookTarget(WebhookSettings(name="desk", url="http://crm.example/cases", secret=SECRET), clock)
