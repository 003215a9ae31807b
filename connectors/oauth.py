"""The token endpoint of OAuth 2: a refresh token, or the code of a sign-in, in; a new pair out."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from majlis.errors import Malformed, NeedsSignIn
from majlis.message import Network
from majlis.ports import Clock

from .http import Http, Limits, Lost, NotJson, NotSent
from .signin import Attempt, Client
from .tokens import NotAsked
from .vaults import Credentials
from .verdict import PAUSE_S, Unreachable

_FINAL = frozenset({400, 401, 403})
"""Statuses with which a token endpoint refuses for good. Source: RFC 6749, section 5.2."""


class _Grant(msgspec.Struct):
    """What the endpoint answers. Source: RFC 6749, section 5.1."""

    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    scope: str | list[str] | None = None
    """A text by the standard; lists are seen too."""


class TokenEndpoint:
    """Exchanges refresh tokens; `refresh` is what a `KeptToken` is given."""

    def __init__(
        self, url: str, *, account: str, network: Network, clock: Clock, basic: bool, limits: Limits | None = None
    ) -> None:
        """Take the address, and whether the client names itself in a Basic header (X) or in the form (Google)."""
        parts = urlsplit(url)
        self._http = Http(f"{parts.scheme}://{parts.netloc}", setting="token_url", limits=limits)
        self._path = parts.path
        self._account = account
        self._network = network
        self._clock = clock
        self._basic = basic

    async def refresh(self, held: Credentials) -> Credentials:
        """Return a new pair.

        Raises:
            NeedsSignIn: The service no longer takes the refresh token.
            NotAsked: It certainly was not reached.
            Busy: Its answer did not arrive; the old pair may still live.
            Malformed: Its answer cannot be read.
        """
        form = {"grant_type": "refresh_token", "refresh_token": held.refresh_token or ""}
        client = Client(id=held.client_id or "", secret=held.client_secret)
        grant = await self._grant(*self._named(form, client))
        return msgspec.structs.replace(held, **self._brought(grant, held))

    async def redeem(self, attempt: Attempt, code: str, client: Client) -> Credentials:
        """Return a first pair for the code of a sign-in.

        Args:
            attempt: The sign-in.
            code: What the browser brought back; it works once.
            client: Names this program.

        Raises:
            SignInRefused: The service does not take the code.
            Busy: It cannot be reached.
            Malformed: Its answer cannot be read.
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": attempt.redirect_url}
        form |= {"code_verifier": attempt.proof} if attempt.proof else {}
        try:
            grant = await self._grant(*self._named(form, client))
        except NeedsSignIn:
            raise attempt.refused("the code was not taken") from None
        return Credentials(client_id=client.id, client_secret=client.secret, **self._brought(grant, None))

    def _named(self, form: dict[str, str], client: Client) -> tuple[dict[str, str], dict[str, str]]:
        """Return form and headers that say which program asks."""
        if self._basic and client.secret:
            pair = f"{client.id}:{client.secret}".encode()
            return form, {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        named = {"client_id": client.id, "client_secret": client.secret or ""}
        return form | {name: value for name, value in named.items() if value}, {}

    def _brought(self, grant: _Grant, held: Credentials | None) -> dict[str, Any]:
        """Return the fields that a grant brings; what it leaves out stays as it was."""
        now = self._clock.now()
        scope = " ".join(grant.scope) if isinstance(grant.scope, list) else grant.scope
        return {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token or (held.refresh_token if held else None),
            "scope": scope or (held.scope if held else None),
            "obtained_at": now,
            "expires_at": now + timedelta(seconds=grant.expires_in) if grant.expires_in else None,
        }

    async def _grant(self, form: dict[str, str], headers: dict[str, str]) -> _Grant:
        try:
            answer = await self._http.call("POST", self._path, form=form, headers=headers, write=True)
            if answer.status in _FINAL:
                raise NeedsSignIn(account=self._account, network=self._network)
            if answer.status == 429:  # noqa: PLR2004  # too many requests
                wait_s = answer.retry_after_s or PAUSE_S
                raise NotAsked(account=self._account, wait_s=wait_s, reason="token endpoint: 429")
            if not answer.ok:
                raise Unreachable(account=self._account, wait_s=PAUSE_S, reason=f"token endpoint: {answer.status}")
            return answer.decode(_Grant)
        except NotSent as error:
            raise NotAsked(account=self._account, wait_s=PAUSE_S, reason=str(error)) from error
        except Lost as error:
            raise Unreachable(account=self._account, wait_s=PAUSE_S, reason=str(error)) from error
        except NotJson:
            # Cut off here: the original could quote a token.
            raise Malformed(account=self._account, what="token endpoint: not JSON") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
