"""Where credentials lie: alike for both kinds, private, and closed with a word that says what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import VirtualClock
from connectors.tokens import KeptToken
from connectors.vaults import Credentials, KeyringVault
from majlis.errors import BadSettings, NeedsSignIn
from majlis.message import Network

from .networks import CANARY

HELD = Credentials(access_token=CANARY, refresh_token="r1")  # noqa: S106  # invented


@pytest.fixture
def ring() -> Iterator[dict[tuple[str, str], str]]:
    """A keyring of the tests; the machine's own is never touched."""
    keyring = pytest.importorskip("keyring", reason="needs the package keyring")
    held: dict[tuple[str, str], str] = {}
    base: Any = keyring.backend.KeyringBackend

    class InMemory(base):  # type: ignore[misc]  # its class is known at run time alone
        """Keeps passwords as long as the test lasts."""

        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del held[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    yield held
    keyring.set_keyring(before)


async def test_a_keyring_keeps_a_pair_and_its_renewal(
    ring: dict[tuple[str, str], str], tmp_path: Path, clock: VirtualClock
) -> None:
    """Under the account's name, replaced like that of a file; on disk lies a lock without content alone."""
    vault = KeyringVault("moh-x", tmp_path / ".moh-x.lock")
    vault.put(HELD)

    async def refresh(held: Credentials) -> Credentials:
        return Credentials(access_token="new", refresh_token=f"{held.refresh_token}+")  # noqa: S106  # invented

    tokens = KeptToken(vault, account="moh-x", network=Network.X, clock=clock, refresh=refresh)
    assert await tokens.access() == CANARY
    assert await tokens.renew(CANARY) == "new"
    assert list(ring) == [("majlis", "moh-x")]
    assert '"new"' in ring["majlis", "moh-x"]
    assert [(each.name, each.stat().st_size) for each in os.scandir(tmp_path)] == [(".moh-x.lock", 0)]


async def test_an_empty_keyring_needs_a_sign_in(
    ring: dict[tuple[str, str], str], tmp_path: Path, clock: VirtualClock
) -> None:
    """Nothing lies there, or nothing that can be read."""
    vault = KeyringVault("moh-x", tmp_path / "lock")
    tokens = KeptToken(vault, account="moh-x", network=Network.X, clock=clock, refresh=None)
    for body in (None, "nonsense"):
        if body:
            ring["majlis", "moh-x"] = body
        with pytest.raises(NeedsSignIn):
            await tokens.access()


def test_a_keyring_that_cannot_be_used_says_which_setting_wants_it(tmp_path: Path) -> None:
    """Locked, or none there: an error of the settings, without what it keeps."""
    keyring = pytest.importorskip("keyring", reason="needs the package keyring")
    fail = pytest.importorskip("keyring.backends.fail", reason="needs the package keyring")
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        with pytest.raises(BadSettings, match="token_keyring") as caught:
            KeyringVault("moh-x", tmp_path / "lock").put(HELD)
    finally:
        keyring.set_keyring(before)
    assert CANARY not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(BadSettings, match=r"majlis\[keyring\]"):
        KeyringVault("moh-x", tmp_path / "lock").get()


def test_credentials_do_not_show_themselves() -> None:
    """Neither in a traceback nor in a log."""
    assert CANARY not in f"{HELD!r} {HELD} {[HELD]}"
