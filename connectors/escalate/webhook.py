"""Customer service is told by a call to a service of theirs: signed, repeated until taken, the same call by its name.

Headers and signature are those of Standard Webhooks (1.0): `webhook-id`, `webhook-timestamp`, `webhook-signature`, so
that a receiver can use a library of its own language.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from connectors.http import Answer, Http, Limits, Lost, NotSent
from majlis.errors import MajlisError
from majlis.escalation import Case, case_document
from majlis.outbox import Entry, Receipt
from majlis.ports import Clock

from .retry import later, never
from .settings import WebhookSettings

_PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_TO_MEND: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""A key, a right or an address that a person has to put right; until then deliveries wait."""


class WebhookTarget:
    """Calls one address."""

    def __init__(self, settings: WebhookSettings, clock: Clock, *, limits: Limits | None = None) -> None:
        parts = urlsplit(settings.url)
        self._settings = settings
        self._clock = clock
        self._path = parts.path or "/"
        self._http = Http(f"{parts.scheme}://{parts.netloc}", setting="url", limits=limits)

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self._settings.name

    async def deliver(self, case: Case, entry: Entry) -> Receipt:
        """Make one call.

        Raises:
            Refused: The receiver will never take it; or it was tried for long enough.
            Busy: Not now.
        """
        now = self._clock.now()
        told = {"event": entry.step, "id": entry.id} | case_document(case, contact=self._settings.contact)
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace")
        stamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": entry.id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._settings.secret, entry.id, stamp, body),
        }
        try:
            answer = await self._http.call("POST", self._path, headers=headers, content=body, write=True)
        except (NotSent, Lost) as error:
            raise later(entry, self.name, str(error), now) from None
        # A conflict is a receiver's way to say that it has this one already.
        if answer.ok or answer.status == HTTPStatus.CONFLICT:
            return Receipt(native_id=entry.id, at=now)
        raise self._problem(answer, entry)

    def _problem(self, answer: Answer, entry: Entry) -> MajlisError:
        now, status = self._clock.now(), answer.status
        reason = f"HTTP {status}"
        if status in _TO_MEND:
            return later(entry, self.name, reason, now, to_mend=True)
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return later(entry, self.name, reason, now, wait_s=answer.retry_after_s)
        return never(self.name, reason, str(status))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def signature(secret: bytes, entry_id: str, stamp: str, body: bytes) -> str:
    """Return the signature of a call. Source: Standard Webhooks 1.0, "Signature scheme"."""
    signed = b".".join((entry_id.encode(), stamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
