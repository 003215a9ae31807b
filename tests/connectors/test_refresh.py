"""Renewing a token before a service that kills the whole family when a spent refresh token is shown again."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.clock import VirtualClock
from connectors.http import Limits
from connectors.oauth import TokenEndpoint
from connectors.tokens import KeptToken
from connectors.vaults import Credentials, FileVault
from connectors.verdict import Unreachable
from majlis.errors import NeedsSignIn
from majlis.message import Network

from .entries import NOW
from .service import Reply, Request, Service, serving

ROOT = Path(__file__).resolve().parents[2]
HELD = Credentials(access_token="a0", refresh_token="r0", client_id="c",  # noqa: S106  # invented
                   obtained_at=NOW, expires_at=NOW + timedelta(hours=2))  # fmt: skip


@dataclass(slots=True)
class Family:
    """Gives each pair once; whoever shows a spent refresh token loses everything."""

    generation: int = 0
    alive: bool = True
    shown: list[str] = field(default_factory=list)
    """Refresh tokens, in the order in which they were shown."""
    cut: bool = False
    """Rotate, and cut the line instead of answering."""

    def answer(self, request: Request) -> Reply:
        """Answer as X's token endpoint does."""
        token = request.form["refresh_token"]
        self.shown.append(token)
        self.alive = self.alive and token == f"r{self.generation}"
        if not self.alive:
            return Reply(status=400, body={"error": "invalid_grant"})
        self.generation += 1
        pair = {"access_token": f"a{self.generation}", "refresh_token": f"r{self.generation}", "expires_in": 7200}
        return Reply(body=pair, cut=self.cut)


@pytest.fixture
def family(service: Service) -> Family:
    """A living one."""
    made = Family()
    service.answer = made.answer
    return made


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    """A file with the first pair."""
    made = FileVault(tmp_path / "tokens" / "x.json")
    made.put(HELD)
    return made


class Renewing:
    """The token of a process, with its endpoint."""

    def __init__(self, vault: FileVault, url: str, clock: VirtualClock) -> None:
        self.endpoint = TokenEndpoint(
            url + "/token", account="x", network=Network.X, clock=clock, basic=True, limits=Limits(connect_s=1)
        )
        self.token = KeptToken(vault, account="x", network=Network.X, clock=clock, refresh=self.endpoint.refresh)


async def _process(path: Path, service: Service, *more: str) -> tuple[int, str]:
    """Run the refresher and return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.connectors.refresher", str(path), service.url + "/token", "a0", *more,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode().strip()


async def test_processes_that_race_show_a_refresh_token_once(
    family: Family, service: Service, vault: FileVault, tmp_path: Path
) -> None:
    """Three processes find the same dead token: one renews it, the others take what it brought."""
    path = tmp_path / "tokens" / "x.json"
    ended = await asyncio.gather(*(_process(path, service) for _ in range(3)))

    assert ended == [(0, "a1")] * 3
    assert family.shown == ["r0"]
    assert family.alive
    kept = vault.get()
    assert kept is not None
    assert (kept.access_token, kept.refresh_token, kept.in_doubt) == ("a1", "r1", False)


async def test_a_crash_between_answer_and_write_spends_nothing_further(
    family: Family, service: Service, vault: FileVault, tmp_path: Path, clock: VirtualClock
) -> None:
    """The old access token serves until it is refused; only then is the old refresh token shown once more."""
    code, _ = await _process(tmp_path / "tokens" / "x.json", service, "die")
    assert code == 9
    after = Renewing(vault, service.url, clock)
    await clock.advance(timedelta(minutes=110))
    assert [await after.token.access() for _ in range(3)] == ["a0"] * 3
    assert family.shown == ["r0"]

    with pytest.raises(NeedsSignIn):
        await after.token.renew("a0")
    assert family.shown == ["r0", "r0"]
    for _ in range(3):
        with pytest.raises(NeedsSignIn):
            await after.token.access()
    assert family.shown == ["r0", "r0"]
    assert not await after.token.is_alive()
    await after.endpoint.aclose()


async def test_a_line_cut_after_the_service_rotated_keeps_both_possibilities(
    family: Family, service: Service, vault: FileVault, clock: VirtualClock
) -> None:
    """In good time: the old token goes on serving, in this process and the next, and nothing is shown again."""
    family.cut = True
    first = Renewing(vault, service.url, clock)
    await clock.advance(timedelta(minutes=100))
    assert await first.token.access() == "a0"
    second = Renewing(vault, service.url, clock)
    assert await second.token.access() == "a0"
    assert family.shown == ["r0"]

    vault.put(Credentials(access_token="b0", refresh_token="s0"))  # noqa: S106  # somebody has signed in
    assert await first.token.access() == "b0"
    assert await second.token.is_alive()
    for each in (first, second):
        await each.endpoint.aclose()


async def test_a_lost_answer_that_the_service_never_rotated_for_costs_no_sign_in(
    family: Family, service: Service, vault: FileVault, clock: VirtualClock
) -> None:
    """The other possibility: when the old access token is refused, the old refresh token still works."""
    answering, service.answer = service.answer, lambda _: Reply(drop=True)
    renewing = Renewing(vault, service.url, clock)
    with pytest.raises(Unreachable):
        await renewing.token.renew("a0")
    kept = vault.get()
    assert kept is not None
    assert kept.in_doubt

    service.answer = answering
    assert await renewing.token.renew("a0") == "a1"
    assert family.alive
    await renewing.endpoint.aclose()


async def test_what_was_certainly_not_asked_is_asked_again_in_good_time(
    vault: FileVault, clock: VirtualClock, family: Family, service: Service
) -> None:
    """Nobody listened: there is no doubt about the pair."""
    async with serving() as gone:
        url = gone.url
    unheard = Renewing(vault, url, clock)
    await clock.advance(timedelta(minutes=100))
    assert await unheard.token.access() == "a0"
    kept = vault.get()
    assert kept is not None
    assert not kept.in_doubt
    heard = Renewing(vault, service.url, clock)
    assert await heard.token.access() == "a1"
    assert family.shown == ["r0"]
    for each in (unheard, heard):
        await each.endpoint.aclose()


async def test_a_token_that_is_refused_though_new_is_given_to_nobody(
    family: Family, service: Service, vault: FileVault, clock: VirtualClock, tmp_path: Path
) -> None:
    """No call after call, no refresh after refresh; a sign-in ends it."""
    renewing = Renewing(vault, service.url, clock)
    assert await renewing.token.renew("a0") == "a1"
    renewing.token.bury("a1")
    for _ in range(3):
        with pytest.raises(NeedsSignIn):
            await renewing.token.access()
    assert family.shown == ["r0"]

    body = json.loads((tmp_path / "tokens" / "x.json").read_bytes())
    vault.put(Credentials(**{**body, "access_token": "b0", "obtained_at": None, "expires_at": None}))
    assert await renewing.token.access() == "b0"
    await renewing.endpoint.aclose()
