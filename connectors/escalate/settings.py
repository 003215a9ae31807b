"""Settings of the ways by which customer service is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Security(StrEnum):
    """How a mail server is spoken to."""

    STARTTLS = "starttls"
    """Plain at first, then TLS or nothing; port 587 as a rule."""
    TLS = "tls"
    """TLS from the first byte; port 465 as a rule."""
    NONE = "none"
    """No TLS: for a relay on this very machine alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """A mailbox of customer service."""

    name: str
    """Its name in the settings."""
    server: str
    port: int
    security: Security = Security.STARTTLS
    user: str | None = None
    """None: the server asks for no sign-in."""
    password: str | None = None
    sender: str
    to: tuple[str, ...]
    urgent_to: tuple[str, ...] = ()
    """Who is told as well when somebody may be in danger: the duty contact."""
    contact: bool = False
    """Whether what the person gave to be reached by stands in the mail; else it is opened in the case itself."""
    authorities: str | None = None
    """File with the certificates to trust, where the system's are not meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """A service of customer service that is called."""

    name: str
    url: str
    """https; plain http for this machine alone."""
    secret: bytes
    """Key of the signature, shared with the receiver."""
    contact: bool = False
    """As for mail."""
