"""Addresses of stores: which engine one names, and how it may be shown; a password in it is never shown."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

SCHEMA_NAME: Final = "majlis"
"""Where a store lies within its database, unless its address says `?schema=…`."""

_POSTGRES: Final = re.compile(r"postgres(ql)?://", re.IGNORECASE)
_USER: Final = re.compile(r"(?<=://)(?P<user>[^:/?#@]*):.*@", re.DOTALL)
"""A name and a password, up to the last `@`: a password may hold one that should have been `%40`."""
_COVERED: Final = "***"
_LONGEST_NAME: Final = 56
"""Octets: names of PostgreSQL have 63 (4.1.1), and that of the notices puts `majlis:` in front."""


def is_postgres(url: str) -> bool:
    """Say whether an address names a PostgreSQL server."""
    return _POSTGRES.match(url) is not None


def is_file(url: str) -> bool:
    """Say whether an address is the plain path of a file."""
    return "://" not in url


def shown(url: str) -> str:
    """Return an address as it may be shown, logged and told: with its passwords covered."""
    if is_file(url):
        return url
    head, mark, query = _USER.sub(rf"\g<user>:{_COVERED}@", url).partition("?")
    return head + mark + "&".join(map(_shown, query.split("&")))


def _shown(param: str) -> str:
    name, mark, _ = param.partition("=")
    return f"{name}={_COVERED}" if mark and "password" in unquote(name).lower() else param


def parted(url: str) -> tuple[str, str]:
    """Return what libpq is told, and the name of the schema.

    Raises:
        ValueError: No schema can have that name.
    """
    head, _, query = url.partition("?")
    params = parse_qsl(query, keep_blank_values=True)
    names = [value for name, value in params if name == "schema"]
    schema = names[-1] if names else SCHEMA_NAME
    if not 0 < len(schema.encode()) <= _LONGEST_NAME or schema.startswith("pg_") or "\0" in schema:
        raise ValueError(f"No schema of PostgreSQL can be named {schema!r}")
    rest = urlencode([(name, value) for name, value in params if name != "schema"], quote_via=quote)
    return f"{head}?{rest}" if rest else head, schema
