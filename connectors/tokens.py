"""Where an account's credentials come from, and how a dead one is replaced: one task at a time, on disk before use.

Source: API facts, section 5, "Token refresh".
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from majlis.errors import BadSettings, NeedsSignIn, Wait
from majlis.message import Network
from majlis.ports import Clock

REFRESH_AT = 0.8
"""Part of a token's life after which it is replaced. Source: API facts, section 5."""


class TokenSource(Protocol):
    """Credentials of one account."""

    async def access(self) -> str:
        """Return the access token to use now.

        Raises:
            NeedsSignIn: There is none.
        """
        ...

    async def renew(self, dead: str) -> str:
        """Return another access token than the one a service has just refused.

        Raises:
            NeedsSignIn: There is no other one, and none can be had without a person.
            Busy: The service that issues them cannot be reached.
        """
        ...

    async def app_secret(self) -> str | None:
        """Return the secret with which calls are signed, where the service wants that."""
        ...


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a token file holds. Fields of other programs are ignored."""

    access_token: str
    refresh_token: str | None = None
    obtained_at: datetime | None = None
    expires_at: datetime | None = None
    client_id: str | None = None
    client_secret: str | None = None
    app_secret: str | None = None


class FixedToken:
    """A token that was given and cannot be replaced: from the environment, or a page token that does not expire."""

    def __init__(self, token: str, *, account: str, network: Network, app_secret: str | None = None) -> None:
        self._token = token
        self._account = account
        self._network = network
        self._app_secret = app_secret

    async def access(self) -> str:
        """Return the token."""
        if not self._token:
            raise NeedsSignIn(account=self._account, network=self._network)
        return self._token

    async def renew(self, dead: str) -> str:  # noqa: ARG002  # the protocol names it
        """Refuse: only a person can bring another one."""
        raise NeedsSignIn(account=self._account, network=self._network)

    async def app_secret(self) -> str | None:
        """Return the secret that was given."""
        return self._app_secret


Refresh = Callable[[Credentials], Awaitable[Credentials]]
"""Asks the service for a new pair. Raises NeedsSignIn when it refuses, Busy when it cannot be reached."""


class TokenFile:
    """Credentials in a file that only its owner can read; shared by every process of that owner."""

    def __init__(self, path: Path, *, account: str, network: Network, clock: Clock, refresh: Refresh | None) -> None:
        self._path = path
        self._account = account
        self._network = network
        self._clock = clock
        self._refresh = refresh
        self._one_at_a_time = asyncio.Lock()

    async def access(self) -> str:
        """Return the access token, replaced in time when it can be."""
        held = self._read()
        if self._refresh is None or not self._is_old(held):
            return held.access_token
        try:
            return await self._replaced(held.access_token)
        except Wait:
            return held.access_token  # the old one may still serve; when it is refused, `renew` says what is wrong

    async def renew(self, dead: str) -> str:
        """Return a token that is not the dead one."""
        return await self._replaced(dead)

    async def app_secret(self) -> str | None:
        """Return the app secret of the file."""
        return self._read().app_secret

    def keep(self, credentials: Credentials) -> None:
        """Write credentials so that a crash leaves either the old file or the new one, both with mode 0600."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(credentials))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self) -> Credentials:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NeedsSignIn(account=self._account, network=self._network) from error
        with os.fdopen(descriptor, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                detail = f"others may read it (mode {mode:04o}); run chmod 600 on it, and sign in again"
                raise BadSettings(path=str(self._path), key="mode", detail=detail)
            body = file.read()
        try:
            return msgspec.json.decode(body, type=Credentials)
        except msgspec.MsgspecError:
            # Cut off here: the original could quote the file.
            raise NeedsSignIn(account=self._account, network=self._network) from None

    def _is_old(self, held: Credentials) -> bool:
        if held.expires_at is None or held.refresh_token is None:
            return False
        life = held.expires_at - held.obtained_at if held.obtained_at else timedelta(hours=1)
        return self._clock.now() >= held.expires_at - life * (1 - REFRESH_AT)

    async def _replaced(self, dead: str) -> str:
        async with self._one_at_a_time, self._alone_on_machine():
            held = self._read()
            if held.access_token != dead:
                return held.access_token  # somebody else was faster
            if self._refresh is None or held.refresh_token is None:
                raise NeedsSignIn(account=self._account, network=self._network)
            fresh = await self._refresh(held)
            self.keep(fresh)
            return fresh.access_token

    @asynccontextmanager
    async def _alone_on_machine(self) -> AsyncIterator[None]:
        """Keep a second process from using the same refresh token: on X that would kill both."""
        path = self._path.with_name(f".{self._path.name}.lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
