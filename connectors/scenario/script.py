"""The scenario file: JSON Lines, first a header, then what happens, in order of time.

A mistake is named with its line, its field and the nearest word that would be right there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_type_hints

import msgspec

from majlis.errors import GiveUp
from majlis.message import Network, ObjectKind


class BadScenario(GiveUp):
    """A scenario file that says something impossible. Facts: path, line, field, detail."""

    happened = "{path}, line {line}: {field}: {detail}"
    safe = "Nothing of it was played."
    advice = "Mend the line and start again."
    exit_code = 65  # EX_DATAERR of sysexits.h


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything in the file: a field nobody knows is a mistake."""


class AccountRow(_Row, frozen=True, kw_only=True):
    """One of our accounts, as the header names it."""

    id: str
    network: Network
    name: str
    handle: str = ""
    """Without the `@`."""


class OperatorRow(_Row, frozen=True, kw_only=True):
    """Somebody who works in the scenario."""

    id: str
    roles: tuple[str, ...] = ("operator",)


class Header(_Row, frozen=True, kw_only=True):
    """The first line."""

    scenario: Literal[1]
    name: str
    start: datetime
    seed: int = 0
    language: Literal["ar", "en"] = "ar"
    size: tuple[int, int] = (80, 24)
    """Columns, rows."""
    calendar: str | dict[str, Any] | None = None
    profile: str | dict[str, Any] | None = None
    """Contacts, in the form of a conduct profile."""
    accounts: tuple[AccountRow, ...]
    operators: tuple[OperatorRow, ...] = ()


class AuthorRow(_Row, frozen=True, kw_only=True):
    """Who wrote it, as far as the service would say."""

    id: str | None = None
    handle: str | None = None
    name: str | None = None


class Timed(_Row, frozen=True, kw_only=True):
    """Something that happens at a time: `+HH:MM:SS` after the start (`-` before it), or an instant."""

    at: str


class Arrive(Timed, frozen=True, kw_only=True):
    """A message appears on the network."""

    account: str
    id: str
    object: ObjectKind = ObjectKind.COMMENT
    thread: str | None = None
    """None: that of its parent, or a thread of its own."""
    parent: str | None = None
    author: AuthorRow = AuthorRow()
    text: str
    created: str | None = None
    """When it was written; None: when it arrives."""
    ours: bool = False
    listing: str | None = None
    """Which listing shows it; None: the usual one for what it is."""
    recipient: str | None = None
    """To whom a private answer goes; None: to the author."""
    link: str | None = None
    attachments: tuple[str, ...] = ()


class Edit(Timed, frozen=True, kw_only=True):
    """Its author changes a text."""

    account: str
    id: str
    text: str


class Delete(Timed, frozen=True, kw_only=True):
    """Its author takes a message away."""

    account: str
    id: str


class FaultKind(StrEnum):
    """How a service fails."""

    BUSY = "busy"
    """Answers 429 with a wait."""
    DOWN = "down"
    """Cannot be reached: nothing went out."""
    GARBAGE = "garbage"
    """Answers something that is no answer."""
    FORBIDDEN = "forbidden"
    """A final no."""
    CUT_BEFORE = "cut_before"
    """The line breaks while sending, and the service never got it."""
    CUT_AFTER = "cut_after"
    """The line breaks while sending, after the service accepted."""


class Fault(Timed, frozen=True, kw_only=True):
    """From now on calls fail, for a number of calls or for a time."""

    account: str
    kind: FaultKind
    on: Literal["read", "write", "both"] = "both"
    times: int = 1
    """How many calls; ignored where `lasts` is given."""
    lasts: str | None = None
    """`+HH:MM:SS`."""
    wait_s: float = 60.0
    """Asked for by `busy`."""


class Token(Timed, frozen=True, kw_only=True):
    """The sign-in dies, or is alive again."""

    account: str
    state: Literal["dead", "alive"]


Happening = Arrive | Edit | Delete | Fault | Token
_KINDS: dict[str, type[Timed]] = {"arrive": Arrive, "edit": Edit, "delete": Delete, "fault": Fault, "token": Token}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the script with its times resolved."""

    at: datetime
    line: int
    what: Happening
    written: datetime
    """When the message was written; `at` for everything else."""
    until: datetime | None = None
    """When a fault ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A day of an inbox, in order of time."""

    header: Header
    steps: tuple[Step, ...]

    def starting(self, at: datetime) -> Scenario:
        """Return the same day moved so that it begins at `at`."""
        by = at - self.header.start
        steps = (
            replace(
                step,
                at=step.at + by,
                written=step.written + by,
                until=None if step.until is None else step.until + by,
            )
            for step in self.steps
        )
        return Scenario(header=msgspec.structs.replace(self.header, start=at), steps=tuple(steps))


def built_in_day() -> Scenario:
    """Return the practice day that comes with the program."""
    return load(Path(__file__).with_name("day.jsonl"))


def load(source: Path | str | Iterable[str]) -> Scenario:
    """Read a scenario.

    Args:
        source: A path, or the lines themselves.

    Raises:
        BadScenario: The first mistake, with its line and field.
        OSError: The file cannot be read.
    """
    if isinstance(source, (Path, str)):
        return _Reader(str(source)).read(Path(source).read_text(encoding="utf-8").splitlines())
    return _Reader("scenario").read(source)


_R = TypeVar("_R", bound=_Row)
_OFFSET = re.compile(r"([+-])(\d{2,3}):([0-5]\d):([0-5]\d)")
_PLACE = re.compile(r" - at `\$\.?([^`]*)`")


class _Reader:
    """Reads line by line and knows where it is, so that a mistake can be named."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line = 0
        self._start = datetime.min.replace(tzinfo=UTC)
        self._accounts: dict[str, Network] = {}
        self._present: dict[str, set[str]] = {}

    def read(self, lines: Iterable[str]) -> Scenario:
        header: Header | None = None
        steps: list[Step] = []
        for self._line, text in enumerate(lines, 1):
            if not text.strip():
                continue
            row = self._object(text)
            if header is None:
                header = self._header(row)
            else:
                steps.append(self._step(row, steps[-1].at if steps else None))
        if header is None:
            raise self._wrong("scenario", "the file is empty; the first line is the header")
        return Scenario(header=header, steps=tuple(steps))

    def _wrong(self, field: str, detail: str) -> BadScenario:
        return BadScenario(path=self._path, line=self._line, field=field, detail=detail)

    def _object(self, text: str) -> dict[str, Any]:
        try:
            row = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise self._wrong("line", f"not JSON: {error}") from error
        if not isinstance(row, dict):
            raise self._wrong("line", "not a JSON object")
        return row

    def _header(self, row: dict[str, Any]) -> Header:
        header = self._as(Header, row)
        if header.start.tzinfo is None:
            raise self._wrong("start", "the time carries no zone; write Z at its end")
        names = [account.id for account in header.accounts]
        if not names or len(set(names)) != len(names):
            raise self._wrong("accounts", "at least one account, each with an id of its own")
        self._start = header.start.astimezone(UTC)
        self._accounts = {account.id: account.network for account in header.accounts}
        self._present = {name: set() for name in names}
        return msgspec.structs.replace(header, start=self._start)

    def _as(self, kind: type[_R], row: dict[str, Any]) -> _R:
        known = kind.__struct_fields__
        for name in row:
            if name not in known:
                raise self._wrong(name, f"unknown field; {self._nearest(name, known)}")
        try:
            return msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            raise self._invalid(kind, row, str(error)) from error

    def _invalid(self, kind: type[_Row], row: dict[str, Any], text: str) -> BadScenario:
        """Name the field that msgspec found fault with, and the words it would take."""
        place = _PLACE.search(text)
        field = place.group(1) if place else ""
        detail = _PLACE.sub("", text).replace("`", "'")
        if not field and (missing := re.search(r"required field `([^`]+)`", text)):
            field = missing.group(1)
        allowed = _words(get_type_hints(kind).get(field))
        if allowed and isinstance(row.get(field), str):
            detail = f"unknown word {row[field]!r}; {self._nearest(row[field], allowed)}"
        return self._wrong(field or "line", detail)

    @staticmethod
    def _nearest(word: str, known: Iterable[str]) -> str:
        words = sorted(known)
        close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
        return f"nearest is {close[0]!r}" if close else "known are " + ", ".join(words)

    def _step(self, row: dict[str, Any], before: datetime | None) -> Step:
        do = row.pop("do", None)
        if not isinstance(do, str) or do not in _KINDS:
            raise self._wrong("do", f"unknown word {do!r}; {self._nearest(str(do), _KINDS)}")
        kind = _KINDS[do]
        what = self._as(kind, row)
        if not isinstance(what, Arrive | Edit | Delete | Fault | Token):  # pragma: no cover  # _KINDS holds no others
            raise TypeError(do)
        at = self._time("at", what.at)
        if before is not None and at < before:
            raise self._wrong("at", f"{what.at} lies before the line above; lines stand in order of time")
        if what.account not in self._accounts:
            raise self._wrong(
                "account", f"unknown account {what.account!r}; {self._nearest(what.account, self._accounts)}"
            )
        self._follow(what)
        return Step(at=at, line=self._line, what=what, written=self._written(what, at), until=self._until(what, at))

    def _follow(self, what: Happening) -> None:
        """Keep book of which messages exist, so that nothing happens to one that does not."""
        present = self._present[what.account] if isinstance(what, Arrive | Edit | Delete) else set[str]()
        match what:
            case Arrive():
                if what.id in present:
                    raise self._wrong("id", f"{what.id!r} has arrived already")
                if what.object is ObjectKind.PRIVATE and self._accounts[what.account] is Network.YOUTUBE:
                    raise self._wrong("object", "YouTube has no private messages; nearest is 'comment'")
                present.add(what.id)
            case Edit() | Delete():
                if what.id not in present:
                    raise self._wrong("id", f"{what.id!r} is not there; {self._nearest(what.id, present)}")
                if isinstance(what, Delete):
                    present.discard(what.id)
            case Fault() | Token():
                pass

    def _written(self, what: Happening, at: datetime) -> datetime:
        if not isinstance(what, Arrive) or what.created is None:
            return at
        written = self._time("created", what.created)
        if written > at:
            raise self._wrong("created", "written after it arrived")
        return written

    def _until(self, what: Happening, at: datetime) -> datetime | None:
        if not isinstance(what, Fault) or what.lasts is None:
            return None
        return at + (self._time("lasts", what.lasts) - self._start)

    def _time(self, field: str, text: str) -> datetime:
        if offset := _OFFSET.fullmatch(text):
            sign, hours, minutes, seconds = offset.groups()
            by = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
            return self._start - by if sign == "-" else self._start + by
        try:
            at = msgspec.convert(text, datetime)
        except msgspec.ValidationError as error:
            raise self._wrong(field, f"{text!r} is neither +HH:MM:SS nor an instant") from error
        if at.tzinfo is None:
            raise self._wrong(field, f"{text!r} carries no zone; write Z at its end")
        return at.astimezone(UTC)


def _words(kind: Any) -> tuple[str, ...]:
    """Return the words a field takes, where it takes only some."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(each.value) for each in kind)
    return tuple(word for word in get_args(kind) if isinstance(word, str))
