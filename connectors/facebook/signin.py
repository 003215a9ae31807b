"""Signing in to a page: the code becomes a person's token, that one a long-lived one, and that one the page's.

The page's token does not end by itself; it dies with a new password, a lost role or a removed app.
Source: API facts, section 1, "Auth".
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from connectors.http import Http, NotJson, TransportError, redact
from connectors.rows import decoded
from connectors.signin import Attempt, Client, OtherPage
from connectors.vaults import Credentials
from connectors.verdict import PAUSE_S, Unreachable
from majlis.errors import Malformed
from majlis.ports import Clock

from .answers import error_of
from .client import proof_of
from .settings import FacebookSettings
from .wire import Listing

_T = TypeVar("_T")

_MOST_PAGES = 20
"""Pages of a hundred pages each; a person who runs more does not run a ministry's."""


class _Grant(msgspec.Struct):
    access_token: str


class _Own(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    access_token: str | None = None


class PageSignIn:
    """The three steps, for one page."""

    def __init__(self, settings: FacebookSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._http = Http(settings.api_url)

    async def redeem(self, attempt: Attempt, code: str, client: Client) -> Credentials:
        """Return the page's credentials for the code of a sign-in.

        Raises:
            SignInRefused: The service does not take the code.
            OtherPage: The person does not run our page.
            Busy: The service cannot be reached.
            Malformed: Its answer cannot be read.
        """
        app = {"client_id": client.id, "client_secret": client.secret or ""}
        first = await self._granted(attempt, app | {"code": code, "redirect_uri": attempt.redirect_url})
        exchange = app | {"grant_type": "fb_exchange_token", "fb_exchange_token": first}
        person = await self._granted(attempt, exchange)
        secret = client.secret or ""
        token = await self._page_token(attempt, person, secret)
        return Credentials(
            access_token=token,
            obtained_at=self._clock.now(),
            client_id=client.id,
            app_secret=client.secret,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _granted(self, attempt: Attempt, form: dict[str, str]) -> str:
        return (await self._asked(attempt, "POST", "/oauth/access_token", _Grant, form=form)).access_token

    async def _page_token(self, attempt: Attempt, person: str, secret: str) -> str:
        """Return our page's token among those of the pages that a person runs."""
        query = {"fields": "id,name,access_token", "limit": "100", "appsecret_proof": proof_of(secret, person)}
        headers = {"Authorization": f"Bearer {person}"}
        seen: list[str] = []
        for _ in range(_MOST_PAGES):
            pages = await self._asked(attempt, "GET", "/me/accounts", Listing, query=query, headers=headers)
            for each in decoded(pages.rows, _Own):
                if each.id == self._settings.page and each.access_token:
                    return each.access_token
                seen.append(f"{each.name or '?'} ({each.id or '?'})")
            following = pages.following()
            if following is None:
                break
            query |= following
        named = ", ".join(seen[:10]) or "-"
        raise OtherPage(account=attempt.account, page=self._settings.page, pages=named)

    async def _asked(
        self,
        attempt: Attempt,
        method: str,
        path: str,
        kind: type[_T],
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
    ) -> _T:
        where = f"/{self._settings.version}{path}"
        try:
            answer = await self._http.call(method, where, query=query, headers=headers, form=form, write=True)
            if error := error_of(answer):
                said = redact(f"{path}: {error.message or ''}", (form or {}).values())
                raise attempt.refused(said[:160], str(error.code))
            if not answer.ok:
                raise Unreachable(account=attempt.account, wait_s=PAUSE_S, reason=f"{path}: {answer.status}")
            return answer.decode(kind)
        except NotJson:
            # Cut off here: the original could quote a token.
            raise Malformed(account=attempt.account, what=f"{path}: not JSON") from None
        except TransportError as error:
            raise Unreachable(account=attempt.account, wait_s=PAUSE_S, reason=str(error)) from None
