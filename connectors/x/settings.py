"""Settings of an X account."""

from __future__ import annotations

from typing import Annotated, Literal

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
    page_size: Annotated[int, msgspec.Meta(ge=10, le=100)] = 100
    """Rows in one answer; what all listings take. Source: the machine-readable contracts."""
    poll_s: int = 60
    """Shortest time between two polls of mentions and replies, in seconds. Source: API facts, section 4."""
    messages_s: int = 90
    """The same for direct messages, of which the service allows 15 calls in 15 minutes."""
    own_s: int = 600
    """The same for our own posts."""
    backlog_days: int = 7
    """How far back a first reading of mentions goes; every post read is paid."""
    daily_budget_usd: float | None = None
    """What a day (UTC) may cost; None: no limit. Reading stops at it, answers are counted and never held back."""
    reserve_usd: float | None = None
    """Part of it that reading leaves to answers; None: a quarter. A guess."""

    @property
    def budget_mills(self) -> int | None:
        """The day's budget in thousandths of a dollar."""
        return None if self.daily_budget_usd is None else round(self.daily_budget_usd * 1000)

    @property
    def reserve_mills(self) -> int:
        """What reading leaves to answers, in thousandths of a dollar."""
        if self.reserve_usd is None:
            return (self.budget_mills or 0) // 4
        return round(self.reserve_usd * 1000)
