"""Where an account's credentials come from, and how a dead one is replaced: one task at a time, on disk before use.

A refresh token may work once only. So what is about to be tried is written down first: a process that dies, or a line
that breaks, between the service's answer and our write leaves an old pair of which nobody knows whether it still lives.
Then the old access token serves until it is refused, and the refresh token is shown once more only after that.
Source: API facts, section 5, "Token refresh".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import msgspec

from majlis.errors import BadSettings, Malformed, NeedsSignIn, Wait
from majlis.message import Network
from majlis.ports import Clock

from .vaults import Consumer, Credentials, Vault
from .verdict import PAUSE_S, Unreachable

if TYPE_CHECKING:
    from .http import Answer

REFRESH_AT = 0.8
"""Part of a token's life after which it is replaced. Source: API facts, section 5."""


class NotAsked(Unreachable):
    """The service that issues tokens was certainly not reached. Facts: account, wait_s, reason."""


class TokenSource(Protocol):
    """Credentials of one account."""

    async def access(self) -> str:
        """Return the access token to use now.

        Raises:
            NeedsSignIn: There is none, or it is known to be dead.
        """
        ...

    async def renew(self, dead: str) -> str:
        """Return another access token than the one a service has just refused.

        Raises:
            NeedsSignIn: There is no other one, and none can be had without a person.
            Busy: The service that issues them cannot be reached.
        """
        ...

    def bury(self, dead: str) -> None:
        """Give this token to nobody any more: a service refused it although it was new."""
        ...

    async def is_alive(self) -> bool:
        """Whether there is a token that no service has refused yet; asks nobody."""
        ...

    async def app_secret(self) -> str | None:
        """Return the secret with which calls are signed, where the service wants that."""
        ...

    async def consumer(self) -> Consumer | None:
        """Return the keys that sign calls by OAuth 1.0a; None: the token alone is shown."""
        ...


async def with_living_token(
    tokens: TokenSource, call: Callable[[str], Awaitable[Answer]], is_dead: Callable[[Answer], bool]
) -> Answer:
    """Make a call; a dead token is replaced once, and the call made once more.

    A service that did not know us has done nothing, so that this holds for writes too.

    Raises:
        NeedsSignIn: The token is dead, and only a person can bring another one.
        Busy: The service that issues tokens cannot be reached.
    """
    token = await tokens.access()
    answer = await call(token)
    if is_dead(answer):
        token = await tokens.renew(token)
        answer = await call(token)
        if is_dead(answer):
            tokens.bury(token)
    return answer


class FixedToken:
    """A token that was given and cannot be replaced: from the environment, or a page token that does not expire."""

    def __init__(
        self,
        token: str,
        *,
        account: str,
        network: Network,
        app_secret: str | None = None,
        consumer: Consumer | None = None,
    ) -> None:
        self._token = token
        self._account = account
        self._network = network
        self._app_secret = app_secret
        self._consumer = consumer

    async def access(self) -> str:
        """Return the token."""
        if not self._token:
            raise NeedsSignIn(account=self._account, network=self._network)
        return self._token

    async def renew(self, dead: str) -> str:
        """Refuse: only a person can bring another one."""
        self.bury(dead)
        raise NeedsSignIn(account=self._account, network=self._network)

    def bury(self, dead: str) -> None:
        """Forget the token."""
        if dead == self._token:
            self._token = ""

    async def is_alive(self) -> bool:
        """Whether it has not been refused."""
        return bool(self._token)

    async def app_secret(self) -> str | None:
        """Return the secret that was given."""
        return self._app_secret

    async def consumer(self) -> Consumer | None:
        """Return the keys that were given."""
        return self._consumer


Refresh = Callable[[Credentials], Awaitable[Credentials]]
"""Asks the service for a new pair.

Raises NeedsSignIn when it refuses, NotAsked when it certainly was not reached, another Busy when nobody knows.
"""


class KeptToken:
    """Credentials that lie in a vault, shared by every process of their owner."""

    def __init__(self, vault: Vault, *, account: str, network: Network, clock: Clock, refresh: Refresh | None) -> None:
        self._vault = vault
        self._account = account
        self._network = network
        self._clock = clock
        self._refresh = refresh
        self._one_at_a_time = asyncio.Lock()
        self._held: Credentials | None = None
        """What was read last: what lies beside a token is as fresh as the token itself."""
        self._dead: str | None = None
        """The access token that was refused last."""
        self._spent: str | None = None
        """The refresh token that was refused last."""

    async def access(self) -> str:
        """Return the access token, replaced in time when it can be."""
        held = await self._living()
        if self._refresh is None or not self._is_old(held):
            return held.access_token
        try:
            return await self._replaced(held.access_token, in_time=True)
        except (Wait, NeedsSignIn):
            return held.access_token  # it may still serve; when it is refused, `renew` says what is wrong

    async def renew(self, dead: str) -> str:
        """Return a token that is not the dead one."""
        return await self._replaced(dead, in_time=False)

    def bury(self, dead: str) -> None:
        """Give this token to nobody any more."""
        self._dead = dead

    async def is_alive(self) -> bool:
        """Whether there is a token that was not refused; somebody may just have signed in.

        One that cannot be used yet, since others may read it, is none: what waits for it is not given up.
        """
        try:
            await self._living()
        except (NeedsSignIn, BadSettings):
            return False
        return True

    async def app_secret(self) -> str | None:
        """Return the app secret that lies beside the token."""
        held = self._held or await self._read()
        return held.app_secret if held else None

    async def consumer(self) -> Consumer | None:
        """Return the keys of OAuth 1.0a that lie beside the token."""
        held = self._held or await self._read()
        return held.consumer if held else None

    async def _read(self) -> Credentials | None:
        """Look into the vault: another process may have put something else there."""
        self._held = await asyncio.to_thread(self._vault.get)
        return self._held

    async def _living(self) -> Credentials:
        held = await self._read()
        if held is None or held.access_token == self._dead:
            raise self._ended()
        return held

    def _ended(self) -> NeedsSignIn:
        return NeedsSignIn(account=self._account, network=self._network)

    def _is_old(self, held: Credentials) -> bool:
        if held.expires_at is None or held.refresh_token is None or held.in_doubt:
            return False
        life = held.expires_at - held.obtained_at if held.obtained_at else timedelta(hours=1)
        return self._clock.now() >= held.expires_at - life * (1 - REFRESH_AT)

    async def _replaced(self, dead: str, *, in_time: bool) -> str:
        """Replace a token, unless somebody else was faster.

        Args:
            dead: What is to be replaced.
            in_time: Whether it still serves: then a refresh token that may be spent already is not shown.
        """
        async with self._one_at_a_time, self._vault.alone():
            held = await self._read()
            if held is not None and held.access_token not in (dead, self._dead):
                return held.access_token
            if held is None or self._refresh is None or held.refresh_token in (None, self._spent):
                self._dead = dead if not in_time else self._dead
                raise self._ended()
            if in_time and held.in_doubt:
                return held.access_token
            return await self._refreshed(held, self._refresh, in_time=in_time)

    async def _refreshed(self, held: Credentials, refresh: Refresh, *, in_time: bool) -> str:
        await asyncio.to_thread(self._vault.put, msgspec.structs.replace(held, in_doubt=True))
        try:
            fresh = await refresh(held)
        except NotAsked:
            await asyncio.to_thread(self._vault.put, held)
            raise
        except Malformed as error:
            # A page that is none of the service's, say of a hotel's network: it may be asked again.
            reason = str(error.facts["what"])
            raise Unreachable(account=self._account, wait_s=PAUSE_S, reason=reason) from None
        except NeedsSignIn:
            self._spent = held.refresh_token
            self._dead = held.access_token if not in_time else self._dead
            raise
        fresh = msgspec.structs.replace(fresh, in_doubt=False)
        await asyncio.to_thread(self._vault.put, fresh)
        self._held = fresh
        return fresh.access_token
