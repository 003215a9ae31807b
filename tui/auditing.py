"""The history with its keys: verified, told and exported for whoever may look at it."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from majlis.erasing import WHY
from majlis.errors import BadSettings, Either, NotAllowed, ReasonTooShort
from majlis.masking import mask
from majlis.policy import Role
from store import chronicle, erasing, keeping, verifying
from store.carrying import covered_fields
from store.inbox import Inbox
from tui import people, wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from majlis.audit import AuditReport, Event, Seal
    from majlis.erasing import Person
    from majlis.message import MessageKey
    from majlis.policy import Roles
    from store.erasing import Erased
    from tui.config import Settings

LATE = timedelta(minutes=30)
"""How old an event without a seal may be before that is worth a word; the service seals after five minutes."""

LOOKERS: Final[Roles] = (Role.AUDITOR, Role.SUPERVISOR, Role.SERVICE)
"""Who may see what everybody did; operators see what they did themselves."""


def require_looker(settings: Settings, action: str) -> None:
    """Refuse what only those may do who answer for the whole.

    Raises:
        NotAllowed: The user of this process has none of the roles.
    """
    if people.operator(settings).roles.isdisjoint(LOOKERS):
        raise NotAllowed(action=action, role=Either(LOOKERS))


def keys(settings: Settings) -> dict[str, Callable[[bytes, str], bool]]:
    """Return what checks seals, by the keys' fingerprints: those of the site file, else the one beside the private key.

    Raises:
        BadSettings: The site file names something that is no key.
    """
    from connectors import sealing  # noqa: PLC0415  a library of ciphers, for seals alone

    beside = () if settings.site.seal_public else (sealing.public_key(settings.seal_key),)
    try:
        public = [each for each in (*settings.site.seal_public, *beside) if each]
        return {sealing.fingerprint(each): sealing.checker(each) for each in public}
    except ValueError as error:
        raise BadSettings(path=str(settings.site_path), key="seal_public", detail=str(error)) from error


def log(settings: Settings) -> tuple[Seal, ...]:
    """Return the seals that were written down beside the key, where they can be read here."""
    from connectors import sealing  # noqa: PLC0415  same

    return sealing.read_log(settings.seal_key)


async def verify(settings: Settings, progress: verifying.Progress) -> AuditReport:
    """Verify the whole history, its seals, and every row by it.

    Raises:
        NotAllowed: The role does not allow it.
        NotFound: There is no inbox.
        MajlisError: It cannot be opened.
    """
    require_looker(settings, "audit verify")
    wiring.must_exist(settings)
    look = partial(verifying.verify, settings.store, keys=keys(settings), log=log(settings), progress=progress)
    return await asyncio.to_thread(look)


def is_late(report: AuditReport, now: datetime) -> timedelta | None:
    """Return for how long the oldest open event has waited for its seal, where that is too long."""
    since = report.unsealed_since
    return now - since if since is not None and now - since > LATE else None


def has_key(settings: Settings) -> bool:
    """Say whether there is a key by which the history is sealed, as far as can be seen from here."""
    named = settings.site.seal_public or settings.site.seal_key
    return bool(named) or os.access(settings.seal_key, os.F_OK)


async def sealed(settings: Settings) -> tuple[int, datetime | None, datetime | None]:
    """Return up to which revision there are seals, when the newest was made, and the time of the first event after it.

    It is only looked up: whether the seals hold, `verify` says.

    Raises:
        MajlisError: The inbox cannot be opened.
    """
    store = await Inbox.open(settings.store)
    try:
        seal = await store.last_seal()
        events = await store.events(seal.rev if seal else 0, 1)
    finally:
        await store.aclose()
    return seal.rev if seal else 0, seal.at if seal else None, events[0].at if events else None


async def told(
    settings: Settings, wanted: chronicle.Wanted, limit: int, *, reveal: bool
) -> list[tuple[Event, Mapping[str, Any] | None]]:
    """Return the newest events that are wanted, oldest first; of who may not look at everybody's, only their own.

    Raises:
        NotAllowed: Only a supervisor sees contact data uncovered.
        NotFound: There is no inbox.
    """
    wiring.must_exist(settings)
    async with wiring.desktop(settings) as opened:
        operator = opened.desk.operator
        if operator.roles.isdisjoint(LOOKERS):
            if wanted.actor not in {None, operator.name}:
                raise NotAllowed(action="audit show", role=Either(LOOKERS))
            wanted = chronicle.own(wanted, operator.name)
        policy = opened.desk.policy.extended(await opened.store.officials())
        found = await asyncio.to_thread(chronicle.told, settings.store, wanted, limit)
        if reveal:
            if Role.SUPERVISOR not in operator.roles:
                raise NotAllowed(action="audit show --reveal", role=Role.SUPERVISOR)
            revealed = [event.rev for event, _payload in found]
            await opened.desk.log("audit_reveal", "history", {"revisions": revealed})
            return [*found]
        return [
            (event, covered_fields(payload, lambda text: mask(text, policy.personal(text)))) for event, payload in found
        ]


def to_erase(settings: Settings, who: Person | MessageKey) -> Erased:
    """Return what erasing somebody would touch; nothing is changed.

    Raises:
        NotAllowed: Only a supervisor erases.
        NotFound: There is no inbox, or nobody there is that.
    """
    _require_supervisor(settings)
    wiring.must_exist(settings)
    return erasing.look(settings.store, who)


def erase(settings: Settings, who: Person | MessageKey, reason: str) -> Erased:
    """Erase somebody, with an event that says why and by whom, and not who it was.

    Raises:
        NotAllowed: Only a supervisor erases.
        ReasonTooShort: It says too little.
        NotFound: There is no inbox, or nobody there is that.
    """
    _require_supervisor(settings)
    if len(reason.strip()) < WHY:
        raise ReasonTooShort(least=WHY)
    wiring.must_exist(settings)
    event = wiring.noted(settings, "erase", Path("person"), {"reason": reason.strip()})
    return erasing.erase(settings.store, who, event)


def _require_supervisor(settings: Settings) -> None:
    if Role.SUPERVISOR not in people.operator(settings).roles:
        raise NotAllowed(action="erase", role=Role.SUPERVISOR)


async def export(settings: Settings, path: Path, *, is_whole: bool) -> int:
    """Write the history as JSON lines; who did so is in it from then on.

    Raises:
        NotAllowed: The role does not allow it.
        NotFound: There is no inbox.
        OSError: The file cannot be written.
    """
    require_looker(settings, "audit export")
    wiring.must_exist(settings)
    keeping.require_elsewhere(settings.store, path)
    async with wiring.desktop(settings) as opened:
        if is_whole and Role.SUPERVISOR not in opened.desk.operator.roles:
            raise NotAllowed(action="audit export --whole", role=Role.SUPERVISOR)
        await opened.desk.log("audit_export", "history", {"whole": is_whole})
    return await asyncio.to_thread(partial(chronicle.export_history, settings.store, path, is_whole=is_whole))
