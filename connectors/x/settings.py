"""Settings of an X account."""

from __future__ import annotations

from typing import Literal

import msgspec


class XSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account, as the site file names it; its tokens lie elsewhere."""

    account: str
    """Id within Majlis: letters, digits, `-` and `_`."""
    user: str
    """The account's numeric id."""
    handle: str
    """Without the `@`."""
    name: str = ""
    api_url: str = "https://api.x.com"
    auth_url: str = "https://x.com/i/oauth2/authorize"
    """Where a person signs in."""
    token_url: str = "https://api.x.com/2/oauth2/token"  # noqa: S105  # an address
    names: Literal["tweet", "post"] = "tweet"
    """Which generation of field names is sent; both are read. Source: API facts, section 2."""
    page_size: int = 100
    poll_s: int = 60
    """Shortest time between two polls of mentions and replies, in seconds. Source: API facts, section 4."""
    messages_s: int = 90
    """The same for direct messages, of which the service allows 15 calls in 15 minutes."""
    own_s: int = 600
    """The same for our own posts."""
    backlog_days: int = 7
    """How far back a first reading of mentions goes; every post read is paid."""
    daily_budget_usd: float | None = None
    """What reading may cost a day (UTC); None: no limit. Answers are counted and never held back by it."""
    enterprise: bool = False
    """Whether the account may answer posts that do not mention it."""
