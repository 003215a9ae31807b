"""Customer service is told by mail: one message a step, all of a case in one conversation of the mail program.

A repetition has the same Message-ID, by which mail programs know it as the same; so an attempt of unknown outcome is
simply made again.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

from connectors.http import redact
from majlis.escalation import Case, case_document
from majlis.message import Urgency
from majlis.outbox import Entry, Receipt
from majlis.ports import Clock

from .retry import later, never
from .settings import MailSettings, Security

_TIMEOUT_S: Final = 30.0
"""For each exchange with the server; a guess, well above what greylisting servers take."""
_PERMANENT: Final = 500
"""Replies from here on are final. Source: RFC 5321, section 4.2.1."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a person reads of a mail, in logical order."""

    subject: str
    text: str


class MailTarget:
    """Sends to one mailbox."""

    def __init__(
        self,
        settings: MailSettings,
        clock: Clock,
        write: Callable[[Case, Entry], Letter],
        *,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        """Take where to send, and who puts a case into words."""
        self._settings = settings
        self._clock = clock
        self._write = write
        self._timeout_s = timeout_s

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self._settings.name

    async def deliver(self, case: Case, entry: Entry) -> Receipt:
        """Send one mail.

        Raises:
            Refused: The server will not take it from us, or not for them, ever; or it was tried for long enough.
            Busy: Not now.
        """
        import aiosmtplib  # noqa: PLC0415  only who sends needs it

        now = self._clock.now()
        message = self._message(case, entry)
        try:
            refused, _ = await aiosmtplib.send(message, timeout=self._timeout_s, **self._way())
        except aiosmtplib.SMTPAuthenticationError as error:
            raise later(entry, self.name, f"sign-in refused: {error.code}", now, to_mend=True) from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            if all(code >= _PERMANENT for code in codes):
                raise never(self.name, f"recipients refused: {codes[0]}", str(codes[0])) from None
            raise later(entry, self.name, f"recipients refused for now: {min(codes)}", now) from None
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= _PERMANENT:
                raise never(self.name, redact(error.message)[:160], str(error.code)) from None
            raise later(entry, self.name, str(error.code), now) from None
        except ssl.SSLError as error:
            raise later(entry, self.name, f"TLS: {error.reason or error}", now, to_mend=True) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise later(entry, self.name, redact(f"{type(error).__name__}: {error}")[:160], now) from None
        if refused:
            # At least one has it, so customer service is told; the others are for whoever reads the log.
            _log.warning("%s: %d of the recipients refused %s", self.name, len(refused), entry.id)
        return Receipt(native_id=str(message["Message-ID"]), at=now)

    def _way(self) -> dict[str, Any]:
        settings = self._settings
        way: dict[str, Any] = {
            "hostname": settings.server,
            "port": settings.port,
            "use_tls": settings.security is Security.TLS,
            "start_tls": settings.security is Security.STARTTLS,
        }
        if settings.security is not Security.NONE:
            way["tls_context"] = ssl.create_default_context(cafile=settings.authorities)
        if settings.user is not None:
            way |= {"username": settings.user, "password": settings.password or ""}
        return way

    def _message(self, case: Case, entry: Entry) -> EmailMessage:
        settings = self._settings
        letter = self._write(case, entry)
        urgent = case.urgency is Urgency.IMMEDIATE
        domain = settings.sender.rpartition("@")[2] or "localhost"
        message = EmailMessage()
        message["From"] = settings.sender
        message["To"] = ", ".join(dict.fromkeys((*settings.to, *(settings.urgent_to if urgent else ()))))
        # Whatever a person wrote cannot end a header line.
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(entry.created_at)
        message["Message-ID"] = f"<{entry.id}@{domain}>"
        message["References"] = f"<{case.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if urgent:
            message["Importance"] = "high"
        message.set_content(letter.text)
        packet = json.dumps(case_document(case, contact=settings.contact), ensure_ascii=False, indent=1)
        message.add_attachment(
            packet.encode("utf-8", "backslashreplace"), maintype="application", subtype="json", filename="case.json"
        )
        return message
