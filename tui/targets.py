"""Where customer service works outside this program: from what the site file says to targets with their secrets."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from connectors.escalate import Handover, Letter, MailSettings, MailTarget, Security, WebhookSettings, WebhookTarget
from majlis.errors import BadSettings
from tui.config import variable
from tui.language import N_, _
from tui.letters import letter_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from majlis.escalation import Case
    from majlis.hours import ServiceHours
    from majlis.outbox import Entry
    from majlis.ports import Clock, EscalationTarget, Store
    from tui.config import Escalation, Settings

SECRET: Final = "MAJLIS_SECRET_"  # noqa: S105  # the name of a variable, not a secret
"""Followed by the target's name in capitals, `-` as `_`: a mailbox's password, or a call's key."""
_PORTS: Final = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
"""Source: RFC 6409, RFC 8314."""
_KEY_MARK: Final = "whsec_"
"""Before a key in Base64. Source: Standard Webhooks 1.0."""


@asynccontextmanager
async def targets(
    settings: Settings, env: Mapping[str, str], clock: Clock, store: Store, hours: ServiceHours
) -> AsyncIterator[tuple[Handover, ...]]:
    """Make what tells each target of the site file, and close it in the end; nobody is told anything yet.

    Raises:
        BadSettings: A target says too little, or its secret cannot be read.
    """
    async with AsyncExitStack() as stack:
        made: list[Handover] = []
        for name in settings.site.escalation:
            target = _target(settings, name, env=env, clock=clock, hours=hours)
            if isinstance(target, WebhookTarget):
                stack.push_async_callback(target.aclose)
            made.append(Handover(target, store))
        yield tuple(made)


def _target(
    settings: Settings, name: str, *, env: Mapping[str, str], clock: Clock, hours: ServiceHours
) -> EscalationTarget:
    own = settings.site.escalation[name]
    if own.kind == "webhook":
        if own.url is None:
            raise _incomplete(settings, name, "url")
        return WebhookTarget(
            WebhookSettings(name=name, url=own.url, secret=_key(settings, name, own, env), contact=own.contact), clock
        )
    for field in ("server", "sender", "to"):
        if not getattr(own, field):
            raise _incomplete(settings, name, field)
    security = Security(own.security)
    mail = MailSettings(
        name=name,
        server=own.server or "",
        port=own.port or _PORTS[security],
        security=security,
        user=own.user,
        password=_secret(settings, name, own, env) if own.user else None,
        sender=own.sender or "",
        to=own.to,
        urgent_to=own.urgent_to,
        contact=own.contact,
        authorities=str(settings.beside(own.authorities)) if own.authorities else None,
    )

    def write(case: Case, entry: Entry) -> Letter:
        return letter_of(case, entry, hours)

    return MailTarget(mail, clock, write)


def _incomplete(settings: Settings, name: str, field: str) -> BadSettings:
    return BadSettings(path=str(settings.site_path), key=f"escalation.{name}.{field}", detail=N_("it is missing"))


def _key(settings: Settings, name: str, own: Escalation, env: Mapping[str, str]) -> bytes:
    secret = _secret(settings, name, own, env)
    try:
        return (
            base64.b64decode(secret.removeprefix(_KEY_MARK), validate=True)
            if secret.startswith(_KEY_MARK)
            else secret.encode()
        )
    except binascii.Error as error:
        detail = _("the key after {mark} is not Base64", mark=_KEY_MARK)
        raise BadSettings(path=str(settings.site_path), key=f"escalation.{name}", detail=detail) from error


def _secret(settings: Settings, name: str, own: Escalation, env: Mapping[str, str]) -> str:
    given = env.get(variable(SECRET, name), "").strip()
    if given:
        return given
    if own.secret_file is None:
        wanted = variable(SECRET, name)
        detail = _("it needs a secret: in {variable}, or in a file of mode 600 named by secret_file", variable=wanted)
        raise BadSettings(path=str(settings.site_path), key=f"escalation.{name}", detail=detail)
    return _read(settings.beside(own.secret_file))


def _read(path: Path) -> str:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise BadSettings(path=str(path), key="-", detail=error.strerror or N_("it cannot be read")) from error
    with os.fdopen(handle, encoding="utf-8") as file:
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            raise BadSettings(path=str(path), key="mode", detail=N_("others may read it; run chmod 600 on it"))
        try:
            return file.read().strip()
        except UnicodeDecodeError as error:
            raise BadSettings(path=str(path), key="-", detail=N_("it is not UTF-8")) from error
