"""Settings of a Facebook page."""

from __future__ import annotations

import msgspec


class FacebookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page, as the site file names it; its token lies elsewhere."""

    account: str
    """Id within Majlis: letters, digits, `-` and `_`."""
    page: str
    """The page's id, digits."""
    name: str = ""
    handle: str = ""
    api_url: str = "https://graph.facebook.com"
    auth_url: str = "https://www.facebook.com/v26.0/dialog/oauth"
    """Where a person signs in."""
    version: str = "v26.0"
    """Of the Graph API; always part of the path. Source: API facts, section 1, newest on 2026-11-23."""
    page_size: int = 100
    """Rows asked for at once; the service allows at most 100."""
    poll_s: int = 30
    """Shortest time between two polls of a listing, in seconds."""
    sweep_s: int = 1800
    """Time between two sweeps over all comments of recent posts, in seconds."""
    backlog_days: int = 30
    """How far back a first reading goes."""
    posts_days: int = 90
    """For how long a post's new comments are noticed."""
    sweep_days: int = 14
    """Age of the posts whose comments are swept for edits."""
    schedule_days: int = 30
    """How far ahead Facebook may be told to publish; its own texts name 30 days, 75 days and 6 months."""
    human_agent: bool = False
    """Whether the Human Agent feature was granted: private answers up to seven days after the question."""
