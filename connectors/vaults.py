"""Where credentials lie: a file that only its owner can read, or the keyring of the user.

A vault is shared by every process of its owner; whoever replaces what is in it does so alone on this machine.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol

import msgspec

from majlis.errors import BadSettings

KEYRING_SERVICE = "majlis"
"""Under which name the keyring keeps ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """The keys with which calls are signed by OAuth 1.0a; the token they go with is told apart."""

    key: str
    secret: str = field(repr=False)
    token_secret: str = field(repr=False)


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a vault holds. Fields of other programs are ignored."""

    access_token: str = ""
    """Or `token`, as OAuth 1.0a calls it; one of the two must be there."""
    token: str | None = None
    token_secret: str | None = None
    consumer_key: str | None = None
    consumer_secret: str | None = None
    refresh_token: str | None = None
    obtained_at: datetime | None = None
    expires_at: datetime | None = None
    client_id: str | None = None
    client_secret: str | None = None
    app_secret: str | None = None
    scope: str | None = None
    """The rights that came with it, as the service names them, parted by blanks."""
    in_doubt: bool = False
    """A refresh was begun whose answer was not written: the refresh token may be spent."""

    def __post_init__(self) -> None:
        if not self.access_token:
            if not self.token:
                raise ValueError("no access_token")
            msgspec.structs.force_setattr(self, "access_token", self.token)

    @property
    def consumer(self) -> Consumer | None:
        """The keys of OAuth 1.0a, where all of them are there."""
        if self.consumer_key and self.consumer_secret and self.token_secret:
            return Consumer(key=self.consumer_key, secret=self.consumer_secret, token_secret=self.token_secret)
        return None

    def __repr__(self) -> str:
        return "Credentials([hidden])"


class Vault(Protocol):
    """Keeps the credentials of one account."""

    def get(self) -> Credentials | None:
        """Return what lies there; None: nothing that can be used.

        Raises:
            BadSettings: It lies where others can read it, or cannot be read by us.
        """
        ...

    def put(self, credentials: Credentials) -> None:
        """Put credentials there so that a crash leaves the old ones or the new ones."""
        ...

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Keep other processes from replacing what lies there, for as long as the block lasts."""
        ...


def _decoded(body: bytes | str) -> Credentials | None:
    try:
        return msgspec.json.decode(body, type=Credentials)
    except msgspec.MsgspecError:
        return None  # not shown: the error could quote what it could not read


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class FileVault:
    """A file with mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self) -> Credentials | None:
        """Return what the file holds."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            detail = error.strerror or "cannot be read"
            raise BadSettings(path=str(self._path), key="token_file", detail=detail) from None
        with os.fdopen(descriptor, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                detail = f"others may read it (mode {mode:04o}); run chmod 600 on it, and sign in again"
                raise BadSettings(path=str(self._path), key="mode", detail=detail)
            return _decoded(file.read())

    def put(self, credentials: Credentials) -> None:
        """Write the file anew, beside the old one, and put it in its place."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
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

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Hold a lock file beside it."""
        return _locked(self._path.with_name(f".{self._path.name}.lock"))


class KeyringVault:
    """The keyring of the user, through the package `keyring`; loaded when it is first asked."""

    def __init__(self, account: str, lock: Path) -> None:
        """Take the account's id, and which file keeps other processes away."""
        self._account = account
        self._lock = lock

    def get(self) -> Credentials | None:
        """Return what the keyring holds under the account's id."""
        body = self._asked("get_password")
        return _decoded(body) if body else None

    def put(self, credentials: Credentials) -> None:
        """Give the keyring other credentials."""
        self._asked("set_password", msgspec.json.encode(credentials).decode())

    def _asked(self, what: str, *more: str) -> str | None:
        try:
            # By name: it is an extra, slow to load, and checkers of types have to do without it.
            keyring, errors = import_module("keyring"), import_module("keyring.errors")
        except ImportError:
            raise self._closed("install majlis[keyring]") from None
        try:
            answer: str | None = getattr(keyring, what)(KEYRING_SERVICE, self._account, *more)
        except errors.KeyringError as error:
            raise self._closed(type(error).__name__) from None  # cut off here: its text could quote what it keeps
        return answer

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Hold a lock file."""
        return _locked(self._lock)

    def _closed(self, why: str) -> BadSettings:
        detail = f"the keyring cannot be used ({why})"
        return BadSettings(path="site.toml", key=f"accounts.{self._account}.token_keyring", detail=detail)
