"""Settings of a YouTube channel."""

from __future__ import annotations

import msgspec


class YouTubeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel, as the site file names it; its tokens lie elsewhere."""

    account: str
    """Id within Majlis: letters, digits, `-` and `_`."""
    channel: str
    """The channel's id: `UC…`."""
    name: str = ""
    handle: str = ""
    api_url: str = "https://youtube.googleapis.com"
    auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    """Where a person signs in."""
    token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
    page_size: int = 100
    """Rows asked for at once; the service allows at most 100."""
    poll_s: int = 60
    """Shortest time between two polls of the newest threads, in seconds. Source: API facts, section 4."""
    held_s: int = 300
    """The same for comments held for review, and for likely spam."""
    sweep_s: int = 3600
    """The same for older threads, which show neither edits nor new replies by themselves."""
    uploads_s: int = 3600
    """The same for the channel's own videos."""
    held_pages: int = 5
    """Pages of held comments, or of likely spam, that one reading takes; each costs a unit."""
    sweep_pages: int = 20
    """Pages of one sweep; each costs a unit."""
    backlog_days: int = 30
    """How far back a first reading goes."""
    project: str = ""
    """Name of the Google Cloud project whose quota is used; accounts with the same name here count together."""
    units_per_day: int = 10_000
    """The project's quota. Source: API facts, section 3."""
    reserve_units: int = 3_000
    """Part of it that reading leaves to answers, at 50 units each."""
