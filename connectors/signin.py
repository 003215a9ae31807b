"""Signing in: the address a person opens, what the browser brings back, and credentials for it.

Authorisation code with PKCE where the service takes it (X, Google); Facebook takes a state alone, and gives a page's
token in three steps. Nothing secret is ever part of an address that we build, and nothing is kept before it is whole.
Source: RFC 6749, RFC 7636, RFC 8252; rights: API facts, sections 1 to 3.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from majlis.errors import Ask, Refused
from majlis.message import Network
from majlis.ports import Capability, Ids

from .addresses import checked_url

SCOPES: Final = {
    Network.FACEBOOK: (
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "pages_manage_posts",
        "pages_manage_metadata",
        "pages_messaging",
    ),
    Network.X: (
        "tweet.read",
        "tweet.write",
        "tweet.moderate.write",
        "users.read",
        "dm.read",
        "dm.write",
        "media.write",
        "offline.access",
    ),
    Network.YOUTUBE: ("https://www.googleapis.com/auth/youtube.force-ssl",),
}
"""Rights that are asked for. Source: API facts, sections 1 to 3."""

_C = Capability
NEEDED_FOR: Final[dict[str, tuple[Capability, ...]]] = {
    "pages_read_engagement": (_C.READ_PUBLIC,),
    "pages_read_user_content": (_C.READ_PUBLIC,),
    "pages_manage_engagement": (_C.REPLY, _C.HIDE, _C.EDIT, _C.DELETE),
    "pages_manage_posts": (_C.POST, _C.PICTURE, _C.SCHEDULE),
    "pages_messaging": (_C.READ_PRIVATE, _C.MESSAGE, _C.PRIVATE_REPLY),
    "tweet.read": (_C.READ_PUBLIC,),
    "tweet.write": (_C.REPLY, _C.POST, _C.DELETE),
    "tweet.moderate.write": (_C.HIDE,),
    "users.read": (_C.READ_PUBLIC,),
    "dm.read": (_C.READ_PRIVATE,),
    "dm.write": (_C.MESSAGE, _C.PRIVATE_REPLY),
    "media.write": (_C.PICTURE,),
    "https://www.googleapis.com/auth/youtube.force-ssl": (
        _C.READ_PUBLIC,
        _C.REPLY,
        _C.HIDE,
        _C.MODERATE,
        _C.EDIT,
        _C.DELETE,
    ),
}
"""What does not work without a right; one that is missing here only helps to sign in. Source: API facts."""

_EXTRA: Final = {
    Network.FACEBOOK: {},
    Network.X: {},
    # Without these Google gives a refresh token only the very first time.
    Network.YOUTUBE: {"access_type": "offline", "prompt": "consent"},
}
_TAKES_PKCE: Final = frozenset({Network.X, Network.YOUTUBE})


class SignInRefused(Refused):
    """The service, or the person before it, said no. Facts: account, network, reason, code."""

    happened = "{account}: the sign-in was refused ({reason})."
    safe = "What was there before is untouched."
    advice = "Begin again: majlis login {network} --account {account}"


class ForeignAnswer(Ask):
    """An answer to another sign-in than the one begun here. Facts: account, network."""

    happened = "This address does not belong to the sign-in that was begun here."
    safe = "Nothing was asked for with it, and what was there before is untouched."
    advice = "Begin again, in one browser: majlis login {network} --account {account}"


class OtherPage(Ask):
    """Facebook signed in somebody who does not run our page. Facts: account, page, pages."""

    happened = "{account}: this person does not run page {page}, but: {pages}."
    safe = "What was there before is untouched."
    advice = "Sign in as somebody who does, or name the right page in the site file."


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What names this program to a network."""

    id: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sign-in that was begun."""

    account: str
    network: Network
    client_id: str
    redirect_url: str
    auth_url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    """Of PKCE; 64 characters."""

    @classmethod
    def begin(
        cls, *, account: str, network: Network, client_id: str, redirect_url: str, auth_url: str, ids: Ids
    ) -> Attempt:
        """Begin a sign-in with a state and a verifier that nobody can guess.

        Raises:
            BadSettings: The address for signing in is neither https nor on this machine.
        """
        return cls(
            account=account,
            network=network,
            client_id=client_id,
            redirect_url=redirect_url,
            auth_url=checked_url(auth_url, "auth_url"),
            state=ids.salt(),
            verifier=ids.salt() + ids.salt(),
        )

    @property
    def address(self) -> str:
        """What a person opens in a browser."""
        separator = "," if self.network is Network.FACEBOOK else " "
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_url,
            "scope": separator.join(SCOPES[self.network]),
            "state": self.state,
            **_EXTRA[self.network],
        }
        if self.proof:
            digest = hashlib.sha256(self.proof.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        return f"{self.auth_url}?{urlencode(asked)}"

    @property
    def proof(self) -> str | None:
        """The verifier, where the service takes one."""
        return self.verifier if self.network in _TAKES_PKCE else None

    def refused(self, reason: str, code: str = "sign-in") -> SignInRefused:
        """Return the error of a sign-in that came to nothing."""
        return SignInRefused(account=self.account, network=self.network, reason=reason, code=code)

    def code_in(self, address: str) -> str:
        """Return the code that a browser brought back.

        Args:
            address: Where the browser ended, or its part from the question mark on.

        Raises:
            ForeignAnswer: It belongs to another sign-in, or to none.
            SignInRefused: The service, or the person, said no.
        """
        query = urlsplit(address.strip()).query or address.strip().partition("?")[2]
        said = {name: values[0] for name, values in parse_qs(query).items()}
        if not hmac.compare_digest(said.get("state", "").encode(), self.state.encode()):
            raise ForeignAnswer(account=self.account, network=self.network)
        if reason := said.get("error") or said.get("error_reason"):
            words = " ".join(f"{reason} {said.get('error_description', '')}".split())[:160]
            raise self.refused(words, reason[:40])
        if not said.get("code"):
            raise ForeignAnswer(account=self.account, network=self.network)
        return said["code"]
