"""Reads a scenario line by line and knows where it is, so that a mistake can be named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

import majlis.errors
from majlis.errors import MajlisError

from . import times
from .book import Absent, Book
from .expected import DueRow, Expect, FindingsRow, OutboxRow, PostedRow, QueueRow, ScreenRow, looked_at
from .mistakes import BadScenario, explained, nearest
from .rows import (
    WORLD,
    About,
    Arrive,
    ClockJump,
    Delete,
    Edit,
    Fault,
    Header,
    Hide,
    Key,
    Operator,
    Row,
    Timed,
    Token,
    TrainingRow,
    Typed,
    Unhide,
    Wire,
)
from .script import Happening, Scenario, Step

LONGEST_LINE = 2_000_000
"""Characters; a body of a service is far below."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_KINDS: dict[str, type[Timed]] = {
    str(kind.__struct_config__.tag): kind for kind in (*WORLD, ClockJump, Operator, Key, Wire, Expect)
}
VERBS = tuple(field.encode_name for field in msgspec.structs.fields(Operator))[4:]
"""What a colleague can do, as the file names it."""
_ATTRIBUTES = {field.encode_name: field.name for field in msgspec.structs.fields(Operator)}
_REFUSALS = frozenset(
    name for name, each in vars(majlis.errors).items() if isinstance(each, type) and issubclass(each, MajlisError)
)
_R = TypeVar("_R", bound=Row)
_T = TypeVar("_T")


def acted(step: Operator) -> tuple[str, About]:
    """Return the one thing a colleague does, by its name in the file."""
    name = next(each for each in VERBS if getattr(step, _ATTRIBUTES[each]) is not None)
    row: About = getattr(step, _ATTRIBUTES[name])
    return name, row


class Reader:
    """Reads one scenario."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line = 0
        self._start = datetime.min.replace(tzinfo=UTC)

    def read_bytes(self, data: bytes) -> Scenario:
        """Read a file's bytes.

        Raises:
            BadScenario: The first mistake.
        """
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            self._line = data.count(b"\n", 0, error.start) + 1
            raise self._wrong("line", "not UTF-8") from error
        return self.read(text.split("\n"))  # not splitlines: a text may hold U+2028

    def read(self, lines: Iterable[str]) -> Scenario:
        """Read lines.

        Raises:
            BadScenario: The first mistake.
        """
        header: Header | None = None
        steps: list[Step] = []
        for self._line, text in enumerate(lines, 1):
            if not text.strip():
                continue
            row = self._object(text)
            if header is None:
                header = self._header(row)
                self._book = Book(header)
                continue
            steps.append(self._step(row, steps[-1].at if steps else None))
        if header is None:
            raise self._wrong("line", "the file is empty; the first line is the header")
        if header.training is not None:
            self._training(header.training)
        return Scenario(header=header, steps=tuple(steps), end=self._end(header, steps))

    # ------------------------------------------------------------------------------------------------------ the lines

    def _wrong(self, field: str, detail: str) -> BadScenario:
        return BadScenario(path=self._path, line=self._line, field=field, detail=detail)

    def _object(self, text: str) -> dict[str, Any]:
        if len(text) > LONGEST_LINE:
            raise self._wrong("line", f"longer than {LONGEST_LINE} characters")
        try:
            row = msgspec.json.decode(text)
        except RecursionError as error:
            raise self._wrong("line", "nested too deeply") from error
        except (msgspec.DecodeError, UnicodeError) as error:
            raise self._wrong("line", f"not JSON: {error}") from error
        if not isinstance(row, dict):
            raise self._wrong("line", "not a JSON object")
        return row

    def _as(self, kind: type[_R], row: dict[str, Any]) -> _R:
        try:
            return msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            raise self._wrong(*explained(kind, row, str(error))) from error
        except RecursionError as error:
            raise self._wrong("line", "nested too deeply") from error

    def _header(self, row: dict[str, Any]) -> Header:
        header = self._as(Header, row)
        if header.start.tzinfo is None:
            raise self._wrong("start", "the time carries no zone; write Z at its end")
        if not times.EARLIEST <= header.start <= times.LATEST:
            raise self._wrong("start", "the year lies between 2000 and 2100")
        self._start = header.start.astimezone(UTC)
        self._unique("accounts", [account.id for account in header.accounts])
        if not header.accounts:
            raise self._wrong("accounts", "at least one account")
        self._unique("operators", [operator.id for operator in header.operators])
        for account in header.accounts:
            if account.api_url is not None:
                self._loopback("accounts.api_url", account.api_url)
        if self._length("interval", header.interval) < timedelta(seconds=1):
            raise self._wrong("interval", "at least a second")
        return msgspec.structs.replace(header, start=self._start)

    def _training(self, row: TrainingRow) -> None:
        """Look at the messages that count in the end, when all of them are known."""
        self._line = 1
        if row.until is not None:
            self._time("training.until", row.until)
        for name in ("answer", "escalate", "urgent"):
            for number, each in enumerate(getattr(row, name)):
                try:
                    self._book.message(About(id=each), f"training.{name}[{number}]")
                except Absent as error:
                    raise self._wrong(error.field.removesuffix(".id"), error.detail) from error

    def _unique(self, field: str, names: list[str]) -> None:
        if "" in names or len(set(names)) != len(names):
            raise self._wrong(field, "each has an id of its own")
        if any(":" in name for name in names):
            raise self._wrong(field, "no ':' in an id")

    def _loopback(self, field: str, url: str) -> None:
        """Refuse an address that is not on this machine: a replay reaches nothing else."""
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if host not in LOOPBACK:
            raise self._wrong(field, f"a replay talks to this machine alone, and {host!r} is none of its names")

    def _end(self, header: Header, steps: list[Step]) -> datetime:
        last = max((step.at for step in steps), default=self._start)
        last = max([last, *(step.until for step in steps if step.until and isinstance(step.what, Expect))])
        if header.end is None:
            return last
        self._line = 1
        end = self._time("end", header.end)
        if end < last:
            raise self._wrong("end", "lies before the last line")
        return end

    # ------------------------------------------------------------------------------------------------------- the steps

    def _step(self, row: dict[str, Any], before: datetime | None) -> Step:
        do = row.get("do")
        if not isinstance(do, str) or do not in _KINDS:
            raise self._wrong("do", f"unknown word {do!r:.100}; {nearest(str(do), _KINDS)}")
        what = self._as(_KINDS[do], row)
        at = self._time("at", what.at)
        if before is not None and at < before:
            raise self._wrong("at", f"{what.at} lies before the line above; lines stand in order of time")
        try:
            written, until = self._checked(what, at)
        except Absent as error:
            raise self._wrong(error.field, error.detail) from error
        if not isinstance(what, Happening):  # pragma: no cover  # _KINDS holds no others
            raise TypeError(do)
        return Step(at=at, line=self._line, what=what, written=written, until=until)

    def _checked(self, what: Timed, at: datetime) -> tuple[datetime, datetime | None]:
        """Look at everything that a line names; return when it was written, and until when it lasts."""
        match what:
            case Arrive() | Edit() | Delete() | Hide() | Unhide() | Fault() | Token():
                return self._world(what, at)
            case Expect():
                return at, self._expect(what, at)
            case ClockJump():
                self._offset("by", what.by)
            case Operator():
                self._operator(what)
            case Key():
                self._keys(what)
            case Wire():
                self._wire(what)
        return at, None

    def _world(
        self, what: Arrive | Edit | Delete | Hide | Unhide | Fault | Token, at: datetime
    ) -> tuple[datetime, datetime | None]:
        """Return when it was written, and until when it lasts."""
        self._book.account(what.account)
        if isinstance(what, Token):
            return at, None
        if isinstance(what, Fault):
            return at, None if what.lasts is None else at + self._length("lasts", what.lasts)
        if self._book.is_wire:
            raise self._wrong("do", "the header says network 'wire'; messages come in the bodies of 'wire' lines")
        self._book.happened(what)
        if not isinstance(what, Arrive) or what.created is None:
            return at, None
        written = self._time("created", what.created)
        if written > at:
            raise self._wrong("created", "written after it arrived")
        return written, None

    def _operator(self, what: Operator) -> None:
        self._book.operator(what.operator)
        named = [name for name in VERBS if getattr(what, _ATTRIBUTES[name]) is not None]
        if len(named) != 1:
            raise self._wrong("operator", f"exactly one of {', '.join(VERBS)}")
        name, about = acted(what)
        self._book.message(about, name)
        until = getattr(about, "until", None)
        if until is not None:
            self._time(f"{name}.until", until)
        if what.refused is not None and what.refused not in _REFUSALS:
            raise self._wrong("refused", f"unknown error {what.refused!r}; {nearest(what.refused, _REFUSALS)}")

    def _keys(self, what: Key) -> None:
        for number, key in enumerate(what.keys):
            if not isinstance(key, Typed):
                if not key:
                    raise self._wrong(f"keys[{number}]", "a key has a name")
                continue
            if sum(part is not None for part in (key.text, key.paste, key.wait)) != 1:
                raise self._wrong(f"keys[{number}]", "exactly one of paste, text, wait")
            if key.wait is not None:
                self._length(f"keys[{number}].wait", key.wait)

    def _wire(self, what: Wire) -> None:
        self._book.account(what.account)
        if not self._book.is_wire:
            raise self._wrong("do", "the header says network 'items'; bodies need network 'wire'")
        answer = what.response
        bodies = (answer.json is not msgspec.UNSET, answer.text is not None, answer.base64 is not None)
        if sum(bodies) > 1:
            raise self._wrong("response", "at most one of base64, json, text")
        if answer.wait is not None:
            self._length("response.wait", answer.wait)
        if not what.request.path.startswith("/"):
            raise self._wrong("request.path", "a path begins with '/'")
        for name, value in answer.headers.items():
            if name.casefold() == "location" and "//" in value:
                self._loopback("response.headers.Location", value)

    def _expect(self, what: Expect, at: datetime) -> datetime | None:
        named = [name for name in what.__struct_fields__[2:] if getattr(what, name) is not None]
        if len(named) != 1:
            raise self._wrong("expect", f"exactly one of {', '.join(what.__struct_fields__[2:])}")
        name, row = looked_at(what)
        if isinstance(row, About):
            self._book.message(row, name)
        if isinstance(row, DueRow):
            for part in ("due", "platform", "snoozed_until"):
                if isinstance(text := getattr(row, part), str):
                    self._time(f"{name}.{part}", text)
        elif isinstance(row, QueueRow | OutboxRow | PostedRow | FindingsRow):
            self._looks(name, row)
        elif isinstance(row, ScreenRow):
            self._screen(row)
        return None if what.within is None else at + self._length("within", what.within)

    def _looks(self, name: str, row: QueueRow | OutboxRow | PostedRow | FindingsRow) -> None:
        """Look at the names that an expectation uses."""
        account = row.account
        if account is not None:
            self._book.account(account, f"{name}.account")
        if isinstance(row, QueueRow | FindingsRow) and row.operator is not None:
            self._book.operator(row.operator, f"{name}.operator")
        for place, each in self._named(row):
            try:
                self._book.message(About(id=each, account=account), "")
            except Absent as error:
                if "name the account" not in error.detail:
                    raise Absent(f"{name}.{place}", error.detail) from error

    def _named(self, row: QueueRow | OutboxRow | PostedRow | FindingsRow) -> list[tuple[str, str]]:
        """Return the messages that an expectation names, each with its place."""
        match row:
            case QueueRow():
                return [(f"ids[{number}]", each) for number, each in enumerate(row.ids)]
            case OutboxRow():
                for number, entry in enumerate(row.entries):
                    if isinstance(entry.due, str):
                        self._time(f"outbox.entries[{number}].due", entry.due)
                named = [(f"entries[{number}].to", each.to) for number, each in enumerate(row.entries)]
                return [(place, to) for place, to in named if isinstance(to, str)]
            case PostedRow():
                return [("to", row.to)] if row.to is not None else []
            case FindingsRow():
                return [("id", row.id)] if row.id is not None else []

    def _screen(self, row: ScreenRow) -> None:
        given = [name for name in ("contains", "absent", "equals") if getattr(row, name) is not msgspec.UNSET]
        if not given:
            raise self._wrong("screen", "at least one of absent, contains, equals")
        if (row.region == "rows") is not (row.rows is not None):
            raise self._wrong("screen.rows", "the first and the last row, with region 'rows'")
        if row.rows is not None and not 1 <= row.rows[0] <= row.rows[1]:
            raise self._wrong("screen.rows", "rows are counted from 1, the first one first")

    # ------------------------------------------------------------------------------------------------------- the times

    def _time(self, field: str, text: str) -> datetime:
        return self._timed(field, lambda: times.moment(text, self._start))

    def _offset(self, field: str, text: str) -> timedelta:
        return self._timed(field, lambda: times.offset(text))

    def _length(self, field: str, text: str) -> timedelta:
        return self._timed(field, lambda: times.length(text))

    def _timed(self, field: str, read: Callable[[], _T]) -> _T:
        try:
            return read()
        except times.BadTime as error:
            raise self._wrong(field, str(error)) from error
