"""The token endpoint of OAuth 2: a refresh token in, a new pair out."""

from __future__ import annotations

import base64
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec

from majlis.errors import Malformed, NeedsSignIn
from majlis.message import Network
from majlis.ports import Clock

from .http import Http, Limits, Lost, NotJson, NotSent
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
        headers = {}
        if self._basic and held.client_secret:
            pair = f"{held.client_id}:{held.client_secret}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        else:
            form |= {"client_id": held.client_id or ""}
            form |= {"client_secret": held.client_secret} if held.client_secret else {}
        grant = await self._grant(form, headers)
        now = self._clock.now()
        return msgspec.structs.replace(
            held,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token or held.refresh_token,
            obtained_at=now,
            expires_at=now + timedelta(seconds=grant.expires_in) if grant.expires_in else None,
        )

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
