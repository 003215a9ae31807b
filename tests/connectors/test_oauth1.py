"""Signing by OAuth 1.0a, held against the examples of the RFC and of the service."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.tokens import FixedToken
from connectors.vaults import Consumer, Credentials
from connectors.x import XConnector, XSettings
from connectors.x.oauth1 import Signed, Signer, base_string, escaped, signature
from majlis.errors import NeedsSignIn
from majlis.message import Network
from tui.accounts import consumer_of

from .entries import NOW, entry_for
from .networks import USER, FakeX, problem
from .service import Request, Service

SERVICE = Consumer(
    key="xvz1evFS4wEEPTGEFPHBog",
    secret="kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",  # noqa: S106  # printed in the documentation
    token_secret="LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",  # noqa: S106  # the same
)
PHOTOS = Consumer(key="dpf43f3p2l4k3l03", secret="kd94hf93k423kf44", token_secret="pfkkdhi9sl3r4s00")  # noqa: S106  # RFC


def protocol(consumer: str, token: str, at: int, nonce: str, *, version: bool = False) -> list[tuple[str, str]]:
    """Return the parameters of an example."""
    pairs = [
        ("oauth_consumer_key", consumer),
        ("oauth_token", token),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", str(at)),
        ("oauth_nonce", nonce),
    ]
    return [*pairs, ("oauth_version", "1.0")] if version else pairs


def test_the_base_string_is_that_of_the_rfc() -> None:
    """RFC 5849, section 3.4.1.1: repeated names, blanks, escaped escapes, an empty value."""
    pairs = [("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q")]
    base = base_string("post", "HTTP://EXAMPLE.COM:80/request", [
        *pairs, *protocol("9djdj82h48djs9d2", "kkk9d7dh3k39sjv7", 137131201, "7d8f3e4a")
    ])  # fmt: skip

    assert base == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D"
        "%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_signature_is_that_of_the_rfc() -> None:
    """RFC 5849, section 1.2: the photo."""
    pairs = [("file", "vacation.jpg"), ("size", "original")]
    pairs += protocol(PHOTOS.key, "nnch734d00sl2jdk", 137131202, "chapoH")
    assert signature(base_string("GET", "http://photos.example.net/photos", pairs), PHOTOS) == (
        "MdpQcU8iPSUjWoN/UDMsK2sui9I="
    )


@pytest.mark.parametrize(
    ("version", "expected"), [("1", "tnnArxj06cWHq44gCs1OSKk/jLY="), ("1.1", "hCtSmYh+iHYCEqBWrE7C7hYmtUk=")]
)
def test_the_signature_is_that_of_the_services_own_example(version: str, expected: str) -> None:
    """Both printings of "Creating a signature" in the service's documentation."""
    pairs = [("status", "Hello Ladies + Gentlemen, a signed OAuth request!"), ("include_entities", "true")]
    pairs += protocol(SERVICE.key, "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", 1318622958,
                      "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", version=True)  # fmt: skip
    url = f"https://api.twitter.com/{version}/statuses/update.json"
    assert signature(base_string("post", url, pairs), SERVICE) == expected


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://Example.com:443/a", "https://example.com/a"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("https://example.com", "https://example.com/"),
    ],
)
def test_the_address_is_written_in_one_form(url: str, base: str) -> None:
    """Small letters, no port that goes without saying, at least a slash."""
    assert base_string("GET", url, []) == f"GET&{escaped(base)}&"


def test_no_two_calls_share_a_nonce() -> None:
    """The same call at the same moment is signed anew."""
    signer = Signer()
    call = Signed(method="GET", url="https://api.example/x", query={}, at=NOW)
    first, second = (said(signer.header(SERVICE, "t", call))["oauth_nonce"] for _ in range(2))
    assert first != second


def said(header: str) -> dict[str, str]:
    """Return what a header says."""
    assert header.startswith("OAuth ")
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def is_well_signed(request: Request, url: str) -> bool:
    """Whether the service would take a request: its own reckoning gives the same signature."""
    parts = said(request.headers["authorization"])
    given = parts.pop("oauth_signature")
    return (
        signature(base_string(request.method, url + request.path, [*request.pairs, *parts.items()]), SERVICE) == given
    )


@pytest_asyncio.fixture
async def connector(service: Service, clock: VirtualClock) -> AsyncIterator[XConnector]:
    """An account with four keys."""
    settings = XSettings(account="x", user=USER, handle="moh_practice", api_url=service.url)
    tokens = FixedToken("370773112-token", account="x", network=Network.X, consumer=SERVICE)
    connector = XConnector(settings, clock, tokens)
    yield connector
    await connector.aclose()


async def test_queries_are_signed_and_bodies_are_not(
    service: Service, clock: VirtualClock, connector: XConnector
) -> None:
    """Queries with commas and blanks are signed as they are meant; JSON is not part of it; no secret goes out."""
    api = FakeX(now=clock.now)
    service.answer = api.answer
    target = api.arrive("a", "question")
    await connector.read(connector.streams()[2], None)
    await connector.perform(entry_for(connector, target, "شكراً & 100% + more"))  # Arabic: thanks

    assert {request.method for request in service.requests} == {"GET", "POST"}
    assert all(is_well_signed(request, service.url) for request in service.requests)
    assert all(SERVICE.secret not in str(request) and SERVICE.token_secret not in str(request)
               for request in service.requests)  # fmt: skip


async def test_a_clock_ten_minutes_late_is_corrected_by_the_services_own(
    service: Service, clock: VirtualClock, connector: XConnector
) -> None:
    """The service refuses an old stamp; its date tells why, and the call is signed once more."""
    api = FakeX(now=clock.now)
    theirs = NOW + timedelta(minutes=10)

    def answer(request: Request) -> Any:
        stamp = int(said(request.headers["authorization"])["oauth_timestamp"])
        if abs(stamp - theirs.timestamp()) < 300:
            return api.answer(request)
        refusal = problem(401, "Timestamp out of bounds.")
        return type(refusal)(status=401, body=refusal.body, headers={"Date": "Mon, 23 Nov 2026 08:10:00 GMT"})

    service.answer = answer
    assert (await connector.probe()).ok
    assert (await connector.probe()).ok

    assert service.paths() == ["GET /2/users/me"] * 3


async def test_keys_that_are_refused_need_a_person(service: Service, connector: XConnector) -> None:
    """They do not expire, so a refusal is final."""
    service.answer = lambda _: problem(401, "Unauthorized")
    probe = await connector.probe()

    assert isinstance(probe.problem, NeedsSignIn)
    assert not await connector.is_signed_in()


def test_the_four_keys_are_read_from_a_vault_and_never_shown() -> None:
    """`token` is the access token by its OAuth 1.0a name."""
    held = Credentials(consumer_key="k", consumer_secret="s1", token="t", token_secret="s2")  # noqa: S106  # invented

    assert held.access_token == "t"  # noqa: S105  # the same
    assert held.consumer == Consumer(key="k", secret="s1", token_secret="s2")  # noqa: S106  # the same
    assert "s1" not in repr(held.consumer)
    assert Credentials(access_token="t", consumer_key="k").consumer is None  # noqa: S106  # the same
    with pytest.raises(ValueError, match="access_token"):
        Credentials(consumer_key="k")


def test_the_environment_has_all_keys_or_none() -> None:
    """Three variables beside the token's; without one of them the token is shown as it is."""
    env = {
        "MAJLIS_CONSUMER_KEY_MOH_X": "k",
        "MAJLIS_CONSUMER_SECRET_MOH_X": " s1 ",
        "MAJLIS_TOKEN_SECRET_MOH_X": "s2",
    }
    assert consumer_of("moh-x", env) == Consumer(key="k", secret="s1", token_secret="s2")  # noqa: S106  # invented
    assert consumer_of("moh-x", env | {"MAJLIS_TOKEN_SECRET_MOH_X": ""}) is None
    assert consumer_of("other", env) is None
