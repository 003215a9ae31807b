"""Which addresses may be called: https, and plain http on this very machine alone.

A module of its own, because settings are checked at every start, and need no client for that.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from majlis.errors import BadSettings


def checked_url(url: str, setting: str) -> str:
    """Return a base address without a slash at its end.

    Raises:
        BadSettings: It is neither https nor plain http on this very machine, or carries more than host and path.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.query or parts.fragment or parts.username or not host:
        detail = "an address is a scheme, a host and perhaps a path"
    elif parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return url.rstrip("/")
    else:
        detail = "https is needed; plain http is for this machine alone"
    raise BadSettings(path="site.toml", key=setting, detail=detail)


def is_loopback(host: str) -> bool:
    """Whether a name or address is that of this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
