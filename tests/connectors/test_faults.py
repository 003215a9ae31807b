"""What the services do wrong, on all three networks, reading and sending; the table is in `faults.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.http import Limits
from connectors.oauth import TokenEndpoint
from connectors.tokens import KeptToken, TokenSource
from connectors.vaults import Credentials, FileVault
from connectors.verdict import ListingBusy, Unreachable
from connectors.x import XConnector, XSettings
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.errors import Busy, Gone, MajlisError, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import Network
from majlis.ports import Connector

from . import test_fault_walks
from .entries import entry_for
from .faults import BEGIN, END, FAULTS, FB, SENDS, WALKS, YT, Case, X, page
from .networks import CANARY, CHANNEL, PAGE, USER
from .service import Reply, Request, Service

IMPATIENT = Limits(idle_s=0.03, total_s=0.1)
"""Deadlines for silence and slowness, which show themselves soon."""
PATIENT = Limits(idle_s=5, total_s=10)
"""Deadlines for a service that answers, however busy this machine is."""

KINDS: tuple[type[MajlisError], ...] = (
    ListingBusy, Unreachable, Busy, NeedsSignIn, Refused, Gone, Malformed, Unknown, MajlisError,
)  # fmt: skip
LONGER = 1.1
"""How much longer than asked for may be waited: callers of one service are spread by chance."""

LISTING = {FB: "comments", X: "mentions", YT: "threads"}

CASES = [
    pytest.param(network, case, id=f"{network}: {fault.name}") for fault in FAULTS for network, case in fault.on.items()
]


@asynccontextmanager
async def wired(
    network: Network, case: Case, service: Service, clock: VirtualClock, folder: Path
) -> AsyncIterator[Connector]:
    """Give a connector, with its token in a file, before a service that does one thing wrong."""
    url = service.url + "/token"
    hangs = any(each is not None and each.wire is not None for each in (case.reply, case.done, case.token))
    limits = IMPATIENT if hangs else PATIENT
    endpoint = TokenEndpoint(url, account="acc", network=network, clock=clock, basic=network is X, limits=limits)
    refresh = endpoint.refresh if case.token else None
    vault = FileVault(folder / "token.json")
    vault.put(Credentials(access_token=CANARY, refresh_token="r1", client_id="c"))  # noqa: S106  # invented
    tokens = KeptToken(vault, account="acc", network=network, clock=clock, refresh=refresh)
    connector = connector_on(network, service.url, clock, tokens, limits)
    service.answer = lambda request: _answered(case, request)
    try:
        yield connector
    finally:
        await connector.aclose()
        await endpoint.aclose()


def connector_on(
    network: Network, url: str, clock: VirtualClock, tokens: TokenSource, limits: Limits = PATIENT
) -> Connector:
    """Return a connector with deadlines of a test."""
    match network:
        case Network.FACEBOOK:
            facebook = FacebookSettings(account="acc", page=PAGE, api_url=url)
            return FacebookConnector(facebook, clock, tokens, limits=limits)
        case Network.X:
            x = XSettings(account="acc", user=USER, handle="moh_practice", api_url=url)
            return XConnector(x, clock, tokens, limits=limits)
        case Network.YOUTUBE:
            youtube = YouTubeSettings(account="acc", channel=CHANNEL, api_url=url)
            return YouTubeConnector(youtube, clock, tokens, limits=limits)


def _answered(case: Case, request: Request) -> Reply:
    if request.path == "/token":
        assert case.token is not None
        return case.token
    if case.token is not None and request.headers["authorization"] != "Bearer fresh":
        return Reply(status=401, body={})
    return case.done if case.done is not None and request.method != "GET" else case.reply


def kind_of(error: MajlisError | None) -> type[MajlisError] | None:
    """Return which word of the table an error is; networks say some of them more exactly."""
    return next((kind for kind in KINDS if isinstance(error, kind)), None)


async def _outcome(attempt: Awaitable[object]) -> MajlisError | None:
    try:
        await attempt
    except MajlisError as error:
        return error
    return None


@pytest.mark.parametrize(("network", "case"), CASES)
async def test_reading_meets_a_fault(
    network: Network, case: Case, service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    """The error is the one that tells the poller what to do, with the wait that the service asks for."""
    async with wired(network, case, service, clock, tmp_path) as connector:
        stream = next(each for each in connector.streams() if each.name == LISTING[network])
        error = await _outcome(connector.read(stream, None))

    assert kind_of(error) is case.read
    if case.wait_s is not None:
        assert isinstance(error, Busy)
        assert case.wait_s <= error.wait_s <= case.wait_s * LONGER
    assert CANARY not in f"{error!r} {error}"


@pytest.mark.parametrize(("network", "case"), CASES)
async def test_sending_meets_a_fault(
    network: Network, case: Case, service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    """Certainly not sent, sent, or unknown: never one taken for another."""
    async with wired(network, case, service, clock, tmp_path) as connector:
        error = await _outcome(connector.perform(entry_for(connector, "1_a", "answer", thread="root")))

    assert SENDS[kind_of(error)] == SENDS[case.write]
    assert CANARY not in f"{error!r} {error}"


def test_the_page_shows_the_table() -> None:
    """docs/connectors.md says what these tests check; `python -m tests.connectors.faults` prints it."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "connectors.md").read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()

    assert shown == page()
    assert all(hasattr(test_fault_walks, f"test_{name}") for name, _fault, _outcome in WALKS)
