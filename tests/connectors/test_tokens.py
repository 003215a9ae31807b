"""Credentials: kept privately, replaced once, on disk before they are used."""

from __future__ import annotations

import asyncio
import json
import stat
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.clock import VirtualClock
from connectors.oauth import TokenEndpoint
from connectors.tokens import FixedToken, KeptToken, Refresh
from connectors.vaults import Credentials, FileVault
from connectors.verdict import Unreachable
from majlis.errors import BadSettings, Busy, Malformed, NeedsSignIn
from majlis.message import Network

from .entries import NOW
from .networks import CANARY
from .service import Reply, Service, recorded

HOUR = timedelta(hours=1)
HELD = Credentials(access_token="old", refresh_token="r1", obtained_at=NOW, expires_at=NOW + HOUR)  # noqa: S106  # invented


def file_in(path: Path, clock: VirtualClock, refresh: Refresh | None) -> KeptToken:
    """Return the token of a file with the usual content."""
    vault = FileVault(path / "tokens" / "x.json")
    vault.put(HELD)
    return KeptToken(vault, account="x", network=Network.X, clock=clock, refresh=refresh)


class OneUse:
    """Counts refreshes; each gives the next pair and takes the refresh token out of force."""

    def __init__(self) -> None:
        self.calls = 0
        self.live = "r1"

    async def refresh(self, held: Credentials) -> Credentials:
        """Give the next pair, if this is the living refresh token."""
        self.calls += 1
        await asyncio.sleep(0)
        if held.refresh_token != self.live:
            raise NeedsSignIn(account="x", network="x")
        self.live = f"r{self.calls + 1}"
        return Credentials(access_token=f"new{self.calls}", refresh_token=self.live)


async def test_a_token_is_replaced_at_four_fifths_of_its_life(tmp_path: Path, clock: VirtualClock) -> None:
    """Not on every start, and not too late."""
    service = OneUse()
    tokens = file_in(tmp_path, clock, service.refresh)
    await clock.advance(timedelta(minutes=47))
    assert await tokens.access() == "old"
    await clock.advance(timedelta(minutes=1))
    assert await tokens.access() == "new1"
    assert await tokens.access() == "new1"
    assert service.calls == 1


class Drawer:
    """A vault in memory that counts how often somebody looks into it."""

    def __init__(self, held: Credentials | None) -> None:
        self.held = held
        self.looks = 0

    def get(self) -> Credentials | None:
        """Return what lies there."""
        self.looks += 1
        return self.held

    def put(self, credentials: Credentials) -> None:
        """Put something else there."""
        self.held = credentials

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Keep nobody out."""
        return nullcontext()


def signed(token: str) -> Credentials:
    """Return credentials with everything that may lie beside a token, all of it named after the token."""
    return Credentials(
        access_token=token,
        refresh_token=f"{token} refresh",
        app_secret=f"{token} app",
        consumer_key=f"{token} key",
        consumer_secret="secret",  # noqa: S106  # invented
        token_secret="secret",  # noqa: S106  # invented
    )


async def beside(tokens: KeptToken) -> tuple[str | None, str | None]:
    """Return what signs a call."""
    consumer = await tokens.consumer()
    return consumer.key if consumer else None, await tokens.app_secret()


async def test_a_call_looks_into_the_vault_once(clock: VirtualClock) -> None:
    """With a keyring each look is a question to another program; what lies beside the token came with it."""
    drawer = Drawer(signed("one"))
    tokens = KeptToken(drawer, account="x", network=Network.X, clock=clock, refresh=None)
    assert await tokens.access() == "one"
    assert await beside(tokens) == ("one key", "one app")
    assert drawer.looks == 1

    drawer.put(signed("two"))  # another process signed in
    assert await tokens.access() == "two"
    assert await beside(tokens) == ("two key", "two app")
    assert drawer.looks == 2


async def test_what_lies_beside_a_renewed_token_is_its_own(clock: VirtualClock) -> None:
    """Whether we renewed it or found that somebody else had; without a token asked for before, the vault is read."""

    async def refresh(held: Credentials) -> Credentials:
        return signed(f"{held.access_token}+")

    drawer = Drawer(signed("one"))
    tokens = KeptToken(drawer, account="x", network=Network.X, clock=clock, refresh=refresh)
    assert await beside(tokens) == ("one key", "one app")
    assert await tokens.renew("one") == "one+"
    assert await beside(tokens) == ("one+ key", "one+ app")

    drawer.put(signed("two"))
    assert await tokens.renew("one+") == "two"
    assert await beside(tokens) == ("two key", "two app")
    assert drawer.looks == 3


async def test_a_page_that_is_none_of_the_services_leaves_the_old_token(tmp_path: Path, clock: VirtualClock) -> None:
    """A hotel's network answers for the token endpoint: the token that still lives serves, and a dead one waits."""

    async def refresh(_: Credentials) -> Credentials:
        raise Malformed(account="x", what="token endpoint: not JSON")

    tokens = file_in(tmp_path, clock, refresh)
    await clock.advance(timedelta(minutes=50))

    assert await tokens.access() == "old"
    with pytest.raises(Unreachable, match="not JSON"):
        await tokens.renew("old")
    assert await tokens.is_alive()


async def test_many_callers_with_one_dead_token_refresh_once(tmp_path: Path, clock: VirtualClock) -> None:
    """A refresh token works once: the first caller uses it, the others take what it brought."""
    service = OneUse()
    tokens = file_in(tmp_path, clock, service.refresh)
    other_process = KeptToken(
        FileVault(tmp_path / "tokens" / "x.json"), account="x", network=Network.X, clock=clock, refresh=service.refresh
    )
    brought = await asyncio.gather(*(each.renew("old") for each in (tokens, other_process) for _ in range(5)))

    assert set(brought) == {"new1"}
    assert service.calls == 1


async def test_the_new_pair_is_on_disk_before_it_is_used_and_nobody_else_can_read_it(
    tmp_path: Path, clock: VirtualClock
) -> None:
    """What `renew` returns is what the file holds; the file is private, and nothing else is left beside it."""
    tokens = file_in(tmp_path, clock, OneUse().refresh)
    fresh = await tokens.renew("old")
    path = tmp_path / "tokens" / "x.json"
    kept = json.loads(path.read_text(encoding="utf-8"))

    assert (kept["access_token"], kept["refresh_token"]) == (fresh, "r2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == [".x.json.lock", "x.json"]


async def test_a_refused_refresh_needs_a_sign_in_and_keeps_the_file(tmp_path: Path, clock: VirtualClock) -> None:
    """Nothing is overwritten by a failure."""
    service = OneUse()
    service.live = "another"
    tokens = file_in(tmp_path, clock, service.refresh)
    before = (tmp_path / "tokens" / "x.json").read_bytes()
    with pytest.raises(NeedsSignIn):
        await tokens.renew("old")
    assert json.loads(before) | {"in_doubt": True} == json.loads((tmp_path / "tokens" / "x.json").read_bytes())


async def test_an_old_token_serves_while_its_service_cannot_be_reached(tmp_path: Path, clock: VirtualClock) -> None:
    """A refresh in good time that fails for want of a line does no harm."""

    async def down(held: Credentials) -> Credentials:
        raise Unreachable(account="x", wait_s=5, reason=f"no line for {held.client_id}")

    tokens = file_in(tmp_path, clock, down)
    await clock.advance(timedelta(minutes=50))
    assert await tokens.access() == "old"
    with pytest.raises(Busy):
        await tokens.renew("old")


async def test_a_file_that_others_can_read_is_refused(tmp_path: Path, clock: VirtualClock) -> None:
    """The message says what to do; the token is not used."""
    tokens = file_in(tmp_path, clock, None)
    (tmp_path / "tokens" / "x.json").chmod(0o640)
    with pytest.raises(BadSettings, match="chmod 600"):
        await tokens.access()
    assert not await tokens.is_alive()
    (tmp_path / "tokens" / "x.json").chmod(0o600)
    assert await tokens.is_alive()


@pytest.mark.parametrize("content", [None, "", "{}", "not json"])
async def test_a_missing_or_broken_file_needs_a_sign_in(
    tmp_path: Path, clock: VirtualClock, content: str | None
) -> None:
    """There is nothing to use."""
    tokens = file_in(tmp_path, clock, None)
    path = tmp_path / "tokens" / "x.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(NeedsSignIn):
        await tokens.access()


async def test_without_a_refresh_token_a_dead_one_needs_a_sign_in(tmp_path: Path, clock: VirtualClock) -> None:
    """A page token from a file, and one from the environment."""
    tokens = file_in(tmp_path, clock, None)
    fixed = FixedToken(CANARY, account="x", network=Network.X)
    for source in (tokens, fixed):
        with pytest.raises(NeedsSignIn):
            await source.renew(await source.access())
    with pytest.raises(NeedsSignIn):
        await FixedToken("", account="x", network=Network.X).access()


async def test_a_token_endpoint_gives_a_new_pair(service: Service, clock: VirtualClock) -> None:
    """X wants the client in a Basic header, Google in the form; a refresh token that stays is kept."""
    grant = recorded("youtube/access_token.json")
    service.answer = lambda _: grant
    held = Credentials(access_token="a", refresh_token=CANARY, client_id="id", client_secret="word")  # noqa: S106  # invented
    for basic in (True, False):
        endpoint = TokenEndpoint(
            service.url + "/2/oauth2/token", account="x", network=Network.X, clock=clock, basic=basic
        )
        fresh = await endpoint.refresh(held)
        await endpoint.aclose()
        assert fresh.access_token == "access_token"  # noqa: S105  # recorded
        assert fresh.expires_at == NOW + timedelta(seconds=3599)
        assert fresh.client_secret == "word"  # noqa: S105  # invented
    first, second = service.requests

    assert first.headers["authorization"] == "Basic aWQ6d29yZA=="
    assert "client_secret" not in first.form
    assert "authorization" not in second.headers
    assert (second.form["client_id"], second.form["client_secret"]) == ("id", "word")
    assert first.form["grant_type"] == "refresh_token"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=400, body={"error": "invalid_grant"}), NeedsSignIn),
        (Reply(status=401, body={}), NeedsSignIn),
        (Reply(status=503, raw=b""), Busy),
        (Reply(drop=True), Busy),
        (Reply(raw=b"<html>" + CANARY.encode()), Malformed),
    ],
)
async def test_a_token_endpoint_fails_without_showing_anything(
    service: Service, clock: VirtualClock, reply: Reply, error: type[Exception]
) -> None:
    """Refused, unreachable or unreadable: told apart, and no token in the text."""
    service.answer = lambda _: reply
    endpoint = TokenEndpoint(service.url + "/token", account="x", network=Network.X, clock=clock, basic=False)
    with pytest.raises(error) as caught:
        await endpoint.refresh(Credentials(access_token=CANARY, refresh_token=CANARY))
    await endpoint.aclose()

    assert CANARY not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
