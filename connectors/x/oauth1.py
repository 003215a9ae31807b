"""Signing calls by OAuth 1.0a: four keys that do not expire, the simplest for one unattended account.

Query parameters are signed; bodies are JSON or sent in parts here, and neither is. Source: RFC 5849, section 3.4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from urllib.parse import quote, urlsplit

from connectors.vaults import Consumer

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A call to be signed."""

    method: str
    url: str
    """The whole address without its query."""
    query: Mapping[str, str]
    """The parameters, as they are before they are encoded."""
    at: datetime
    """The service's time, as well as it is known: it refuses calls of more than five minutes ago."""


class Signer:
    """Signs calls; no two with the same nonce."""

    def __init__(self) -> None:
        self._made = count(1)

    def header(self, consumer: Consumer, token: str, call: Signed) -> str:
        """Return the `Authorization` header of a call: the account's token, signed with who we are."""
        said = {
            "oauth_consumer_key": consumer.key,
            "oauth_nonce": self._nonce(consumer, call),
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(int(call.at.timestamp())),
            "oauth_token": token,
            "oauth_version": "1.0",
        }
        base = base_string(call.method, call.url, [*call.query.items(), *said.items()])
        pairs = sorted((said | {"oauth_signature": signature(base, consumer)}).items())
        return "OAuth " + ", ".join(f'{name}="{escaped(value)}"' for name, value in pairs)

    def _nonce(self, consumer: Consumer, call: Signed) -> str:
        """Return a text that no other call of any of our processes has, without drawing lots."""
        seed = f"{os.getpid()} {next(self._made)} {call.at.isoformat()} {call.method} {call.url}".encode()
        return hmac.new(consumer.token_secret.encode(), seed, hashlib.sha256).hexdigest()[:32]


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Return what is signed. Source: RFC 5849, section 3.4.1."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.port not in (None, _DEFAULT_PORTS.get(parts.scheme.lower())):
        host += f":{parts.port}"
    address = f"{parts.scheme.lower()}://{host}{parts.path or '/'}"
    pairs = sorted((escaped(name), escaped(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return f"{method.upper()}&{escaped(address)}&{escaped(joined)}"


def signature(base: str, consumer: Consumer) -> str:
    """Return the signature of a base string. Source: RFC 5849, section 3.4.2."""
    key = f"{escaped(consumer.secret)}&{escaped(consumer.token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()


def escaped(text: str) -> str:
    """Return a text with everything but the unreserved characters encoded. Source: RFC 5849, section 3.6."""
    return quote(text, safe="-._~")
