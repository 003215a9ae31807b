"""Sealing the history: with a key that only the service can read, so that whoever can write the inbox is not enough.

The chain itself has no secret: who can write the file can write another chain that fits. A seal is an Ed25519 signature
(RFC 8032) over an event's hash and the seal before it; anybody can check it by the public key. Seals are written down
beside the key too, so that a history cut back together with its seals is found.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from majlis.audit import GENESIS, Seal, first_break
from majlis.errors import BadSettings, GiveUp, MajlisError
from majlis.ports import Clock, Store

from .turn import Turn

EVERY = 500
"""Events after which a seal is made before its time. A guess: a busy hour of a team."""
AFTER = timedelta(minutes=5)
"""How long an event waits for its seal at most, while the service runs. A guess."""
NAP = timedelta(seconds=10)
_TURN = timedelta(seconds=120)
_PAGE = 1000
_TAIL = 4096
_log = logging.getLogger(__name__)


class HistoryAltered(GiveUp):
    """The history is not the one that was sealed last. Facts: rev."""

    happened = "The history does not fit what was sealed up to revision {rev}: it was cut back or written anew."
    safe = "It is not sealed any further; reading and sending go on."
    advice = "Run majlis audit verify, and compare with a backup."
    exit_code = 9


# ------------------------------------------------------------------------------------------------------------ the keys


def make_key(path: Path) -> str:
    """Make a key pair, the private half in a file of mode 600, the public one beside it; return the public one.

    Raises:
        FileExistsError: There is one, and it stays.
        OSError: It cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    _write(public_path(path), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return _spelled(key.public_key())


def _write(path: Path, body: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(body)
        file.flush()
        os.fsync(descriptor)


def public_path(path: Path) -> Path:
    """Return where the public half of a key lies."""
    return path.with_name(f"{path.name}.pub")


def log_path(path: Path) -> Path:
    """Return where the seals of a key are written down."""
    return path.with_name(f"{path.name}.log")


def _spelled(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def fingerprint(public: str) -> str:
    """Return the short name of a public key: SHA-256 of its 32 bytes, as `SHA256:` and base64 without its end."""
    raw = hashlib.sha256(base64.b64decode(public)).digest()
    return f"SHA256:{base64.b64encode(raw).decode().rstrip('=')}"


def public_key(path: Path) -> str | None:
    """Return the public key beside a private one; None where it cannot be read."""
    try:
        key = load_pem_public_key(public_path(path).read_bytes())
    except (OSError, ValueError):
        return None
    return _spelled(key) if isinstance(key, Ed25519PublicKey) else None


def checker(public: str) -> Callable[[bytes, str], bool]:
    """Return what says whether a signature is that of a public key.

    Raises:
        ValueError: It is no public key.
    """
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))

    def check(text: bytes, signature: str) -> bool:
        try:
            key.verify(base64.b64decode(signature), text)
        except (InvalidSignature, ValueError):
            return False
        return True

    return check


class SealKey:
    """A key to seal with."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = _spelled(key.public_key())
        self.name = fingerprint(self.public)

    def sign(self, seal: Seal) -> Seal:
        """Return a seal with its signature."""
        return replace(seal, signature=base64.b64encode(self._key.sign(seal.signed)).decode())


def load_key(path: Path) -> SealKey | None:
    """Return the key in a file; None where there is none, or none for us to read.

    Raises:
        BadSettings: Others can read it too, or it is no such key.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            body = file.read()
    except OSError:
        return None
    if mode & 0o077:
        detail = f"others may read it (mode {mode:04o}): make a new one with majlis audit key"
        raise BadSettings(path=str(path), key="seal_key", detail=detail)
    with suppress(ValueError):
        key = load_pem_private_key(body, password=None)
        if isinstance(key, Ed25519PrivateKey):
            return SealKey(key)
    raise BadSettings(path=str(path), key="seal_key", detail="no Ed25519 key")


def read_log(path: Path) -> tuple[Seal, ...]:
    """Return the seals written down beside a key, in order; a last line that was cut off by a crash is left out."""
    try:
        lines = log_path(path).read_bytes().split(b"\n")
    except OSError:
        return ()
    return tuple(msgspec.json.decode(line, type=Seal) for line in lines[:-1])


def _last_noted(path: Path) -> Seal | None:
    """Return the newest of them; a seal is far shorter than what is read."""
    try:
        with log_path(path).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().split(b"\n")
    except OSError:
        return None
    return msgspec.json.decode(lines[-2], type=Seal) if len(lines) > 1 else None


def _note(path: Path, seal: Seal) -> None:
    descriptor = os.open(log_path(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, msgspec.json.encode(seal) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ------------------------------------------------------------------------------------------------------------- sealing


class Sealer:
    """Seals the history of one inbox, one process at a time."""

    def __init__(self, store: Store, clock: Clock, key: SealKey, path: Path, holder: str) -> None:
        """Take what to seal and with what; `path` is the key's, beside which seals are written down."""
        self._store = store
        self._clock = clock
        self._key = key
        self._path = path
        self._turn = Turn("seal", holder, store, clock, _TURN)
        self._last: Seal | None = None
        self._begun_at: datetime | None = None
        """When the first event was seen that is not sealed yet."""

    async def run(self) -> None:
        """Seal until cancelled: after so many events or so long, whichever comes first."""
        while True:
            with _logged():
                await self._look()
            await self._clock.sleep_until(self._clock.now() + NAP)

    async def _look(self) -> None:
        now = self._clock.now()
        open_events = await self._store.revision() - (self._last.rev if self._last else 0)
        if open_events <= 0:
            self._begun_at = None
            return
        self._begun_at = min(self._begun_at or now, now)
        if self._last is None or open_events >= EVERY or now - self._begun_at >= AFTER:
            await self.seal()

    async def finish(self) -> None:
        """Seal what is left, and let another process go on."""
        with _logged():
            await self.seal()
        await self._turn.give_back()

    async def seal(self) -> Seal | None:
        """Seal the history as far as it goes; None where there is nothing to seal, or it is another process's turn.

        Raises:
            HistoryAltered: It is not the one that was sealed last; it stays without a seal.
        """
        if not await self._turn.holds():
            return None
        last = self._last = await self._known()
        rev, prev = (last.rev, last.hash) if last else (0, GENESIS)
        end = rev
        while events := await self._store.events(end, _PAGE):
            if first_break(events, prev, end) is not None:
                raise HistoryAltered(rev=rev)
            end, prev = events[-1].rev, events[-1].hash
        self._begun_at = None
        if end == rev:
            return last
        seal = self._key.sign(
            Seal(
                number=last.number + 1 if last else 1,
                rev=end,
                hash=prev,
                at=self._clock.now(),
                key=self._key.name,
                prev=last.digest if last else GENESIS,
            )
        )
        await self._store.keep_seal(seal)
        _note(self._path, seal)
        self._last = seal
        return seal

    async def _known(self) -> Seal | None:
        """Return the last seal, after comparing what the inbox holds with what was written down beside the key."""
        noted, kept = _last_noted(self._path), await self._store.last_seal()
        if noted is None or noted == kept:
            if kept is not None and noted is None:
                _note(self._path, kept)
        elif kept is not None and kept.prev == noted.digest and checker(self._key.public)(kept.signed, kept.signature):
            _note(self._path, kept)  # a process died between the two
        else:
            raise HistoryAltered(rev=noted.rev)
        if kept is not None:
            there = await self._store.events(kept.rev - 1, 1)
            if not there or there[0].hash != kept.hash:
                raise HistoryAltered(rev=kept.rev)
        return kept


@contextmanager
def _logged() -> Iterator[None]:
    """Log what goes wrong with a seal, so that the loop goes on."""
    try:
        yield
    except (MajlisError, OSError) as error:
        _log.warning("%s", error)
