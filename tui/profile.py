"""The policy in force, read from its files: the shipped rules, and the profile that the site file names."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

import majlis.conduct
from majlis.conduct import Contacts, Rules, contacts_from, rules_from
from majlis.errors import BadSettings
from majlis.hours import DEFAULT_CALENDAR, WEEKDAYS, ServiceHours, calendars_from
from majlis.lines import Lines, lines_from
from majlis.pledge import DEFAULT_PLEDGE, PledgeText
from majlis.policy import Policy, Triage
from tui.config import CannotReadSettings, Profile, decode
from tui.language import N_

if TYPE_CHECKING:
    from connectors.scenario.rows import Header
    from majlis.triage import Cues, Suggestion
    from tui.config import Settings

_CONDUCT = Path(majlis.conduct.__file__).parent
_TRIAGE = _CONDUCT.parent / "triage.toml"
_DANGER = _CONDUCT.parent / "danger.json"
_SIGNS = _CONDUCT.parent / "signs.toml"
_LINES = _CONDUCT.parent / "lines.toml"
_T = TypeVar("_T")


def rules(settings: Settings | None = None) -> Rules:
    """Read the rules and word lists that come with the program, and those of the folder that the settings name.

    Raises:
        BadSettings: A file of that folder cannot be read, or wants something it may not.
    """
    shipped = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_CONDUCT.glob("*.toml"))]
    made = rules_from(*shipped)
    own: list[dict[str, Any]] = []
    for path in _own_files(settings):
        own.append({name: part for name, part in table(str(path)).items() if name != "triage"})
        try:
            made = rules_from(*shipped, own=own)
        except ValueError as error:
            raise BadSettings(path=str(path), key="rules", detail=str(error)) from error
    return made


def _own_files(settings: Settings | None) -> list[Path]:
    if settings is None or settings.site.rules is None:
        return []
    folder = settings.beside(settings.site.rules)
    if not folder.is_dir():
        raise BadSettings(path=str(folder), key="rules", detail=N_("it is not a folder"))
    return sorted(folder.glob("*.toml"))


def cues(shipped: Rules, official: Contacts, settings: Settings | None = None) -> Cues:
    """Read the phrases by which triage knows what a message is about, and those of the folder that the settings name.

    Raises:
        BadSettings: A file of that folder says something unknown.
    """
    from majlis.doubt import weights_from  # noqa: PLC0415  a screen that reads no network triages nothing
    from majlis.triage import cues_from, with_own  # noqa: PLC0415  same

    table_of_cues = tomllib.loads(_TRIAGE.read_text(encoding="utf-8"))
    signs = tomllib.loads(_SIGNS.read_text(encoding="utf-8"))
    weights = weights_from(msgspec.json.decode(_DANGER.read_bytes()), signs)
    made = cues_from(table_of_cues, shipped, official, weights=weights)
    for path in _own_files(settings):
        if own := table(str(path)).get("triage"):
            try:
                table_of_cues = with_own(table_of_cues, [own])
                made = cues_from(table_of_cues, shipped, official, weights=weights)
            except (ValueError, TypeError, AttributeError) as error:
                raise BadSettings(path=str(path), key="triage", detail=str(error)) from error
    return made


def reader_of(shipped: Rules, official: Contacts, settings: Settings | None = None) -> Triage:
    """Return triage; its phrases are read when the first message is, but at once where a team has some of its own.

    Raises:
        BadSettings: Those of the team say something unknown.
    """
    has_own = any("triage" in table(str(path)) for path in _own_files(settings))
    known: list[Cues] = [cues(shipped, official, settings)] if has_own else []

    def triage(text: str, thread: Sequence[str], network: str) -> Suggestion:
        from majlis.triage import suggest  # noqa: PLC0415  as with its phrases

        if not known:
            known.append(cues(shipped, official))
        return suggest(text, thread, network, known[0])

    return triage


def lines() -> Lines:
    """Read the public lines that are suggested around a case."""
    return lines_from(tomllib.loads(_LINES.read_text(encoding="utf-8")))


def table(path: str) -> dict[str, Any]:
    """Read a file of contacts or calendars, JSON or TOML.

    Raises:
        BadSettings: It cannot be read, or is not of that form.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text) if path.endswith(".toml") else msgspec.json.decode(text)
    except (tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise BadSettings(path=path, key="-", detail=str(error)) from error
    if not isinstance(data, dict):
        raise BadSettings(path=path, key="-", detail=N_("it is not a table"))
    return data


def contacts(data: Mapping[str, Any], path: str) -> Contacts:
    """Decode official contacts.

    Raises:
        BadSettings: The data says something unknown.
    """
    return _decoded(contacts_from, data, path, "contacts")


def calendars(data: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Decode calendars, by id.

    Raises:
        BadSettings: The data says something unknown.
    """
    return _decoded(calendars_from, data, path, "calendars")


def read(settings: Settings) -> Profile:
    """Read the profile that the settings name; without one, an empty one.

    Raises:
        BadSettings: It cannot be read, or says something unknown.
    """
    if settings.site.profile is None:
        return Profile()
    path = str(settings.beside(settings.site.profile))
    return decode(Profile, _text(path), path)


def policy(settings: Settings) -> Policy:
    """Return the policy that the settings name; without a profile, that of the source text with no contacts.

    Raises:
        BadSettings: The profile cannot be read, or says something unknown.
    """
    path = settings.site.profile or ""
    profile = read(settings)
    hours = ServiceHours(list(calendars(profile.calendars, path).values()) or [DEFAULT_CALENDAR])
    shipped, official = rules(settings), contacts(profile.contacts, path)
    made = Policy(
        id=profile.id,
        version=profile.version,
        contacts=official,
        rules=shipped,
        hours=hours,
        triage=reader_of(shipped, official, settings),
        first_response_wm=profile.targets.first_response_wm,
        hold=timedelta(seconds=profile.hold_s),
        claim_lease=timedelta(minutes=profile.claim_minutes),
        duty_contact=profile.duty_contact,
        agent_accounts=frozenset(
            name for name, each in settings.site.accounts.items() if each.options.get("human_agent") is True
        ),
        approval=profile.approval,
        accounts={name: each.network for name, each in settings.site.accounts.items()},
        escalation_targets=tuple(settings.site.escalation),
        lines=lines(),
        grace=timedelta(minutes=profile.grace_minutes),
        own_data_warns=profile.own_data == "warn",
        pledge=DEFAULT_PLEDGE if profile.pledge is None else PledgeText(**msgspec.structs.asdict(profile.pledge)),
    )
    numbers = profile.emergency_numbers
    return made if numbers is None else replace(made, emergency_numbers=numbers)


ALWAYS_OPEN = {
    "practice": {
        "id": "practice",
        "zone": "Asia/Dubai",
        "weekly": {day: [["00:00", "24:00"]] for day in WEEKDAYS},
    }
}
"""The calendar of the practice inbox, which should be of use at whatever hour somebody learns."""


def played(header: Header, name: str) -> Policy:
    """Return the policy of a scenario.

    Args:
        header: Its header.
        name: Id and version of the policy, recorded with every event.

    Raises:
        BadScenario: Its contacts or calendars say something unknown.
    """
    given = msgspec.json.encode(header.profile or {}, order="sorted")
    shipped, official, triage = _said(header, "profile", lambda: _reading(given))
    wanted = header.policy
    return Policy(
        id=name,
        version=name,
        contacts=official,
        rules=shipped,
        hours=_said(header, "calendar", lambda: _hours_of(header.calendar)),
        triage=triage,
        lines=lines(),
        accounts={account.id: account.network for account in header.accounts},
        first_response_wm=wanted.first_response_wm,
        hold=timedelta(seconds=wanted.hold_s),
        claim_lease=timedelta(minutes=wanted.claim_minutes),
        grace=timedelta(minutes=wanted.grace_minutes),
        own_data_warns=wanted.own_data == "warn",
        approval=wanted.approval,
        pledge=DEFAULT_PLEDGE if wanted.pledge else None,
        duty_contact=wanted.duty_contact,
    )


@lru_cache(maxsize=8)
def _reading(given: bytes) -> tuple[Rules, Contacts, Triage]:
    """Return what reads texts where these contacts are official; scenarios played one after another share it."""
    shipped, official = rules(), contacts_from(msgspec.json.decode(given))
    return shipped, official, reader_of(shipped, official)


def _hours_of(calendar: str | Mapping[str, Any]) -> ServiceHours:
    if calendar == "default":
        return ServiceHours([DEFAULT_CALENDAR])
    return ServiceHours(list(calendars_from(ALWAYS_OPEN if isinstance(calendar, str) else calendar).values()))


def _said(header: Header, field: str, read: Callable[[], _T]) -> _T:
    """Read a part of a scenario's header that has a form of its own."""
    from connectors.scenario import BadScenario  # noqa: PLC0415  for scenarios alone

    try:
        return read()
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        raise BadScenario(path=header.name, line=1, field=field, detail=str(error)) from error


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CannotReadSettings(path=path, reason=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise CannotReadSettings(path=path, reason=N_("it is not UTF-8")) from error


def _decoded(decoder: Callable[[Mapping[str, Any]], _T], data: Mapping[str, Any], path: str, key: str) -> _T:
    try:
        return decoder(data)
    except ValueError as error:
        raise BadSettings(path=path, key=key, detail=str(error)) from error
