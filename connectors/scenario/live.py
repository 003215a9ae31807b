"""Recording while it happens: what connectors read from now on, or what goes over the wire, line by line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from connectors.http import Line
from connectors.verdict import Unreachable
from majlis.errors import Busy, MajlisError, Malformed, NeedsSignIn, Refused
from majlis.message import Message, Network
from majlis.outbox import Entry, Receipt
from majlis.ports import Budget, Capability, Clock, Connector, Mark, Page, Probe, Stream

from .arrivals import Arrivals, created
from .bodies import Bodies
from .disguise import Disguise
from .numbering import Numbering
from .recording import Recording, Setting
from .rows import Edit, Fault, FaultKind, Header, Hide, Row, Timed, Unhide
from .taps import Tap
from .times import written
from .writing import line

OLDEST_H = 100_000
"""However old what is read may be, in a replay it is no history: nobody knows what the inbox made of it."""


DAY_S = 86_400.0
"""The longest wait that a line can ask for."""


class Ears(Protocol):
    """Listens to connectors."""

    def line(self, account: str, network: Network) -> Line | None:
        """Return what stands between an account's client and the network; None: nothing does."""
        ...

    def around(self, connector: Connector) -> Connector:
        """Return a connector that is listened to."""
        ...


class Tape:
    """The file of a recording under way: whole lines, in order of time, each there as soon as it is written."""

    def __init__(self, path: Path, start: datetime) -> None:
        """Begin a file of its owner's alone, in place of one that is there."""
        path.unlink(missing_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self.start = start
        self._at = start
        self.rows: list[Row] = []

    def begin(self, header: Header) -> None:
        """Write the first line."""
        self._put(header)

    def keep(self, at: datetime, row: Timed) -> None:
        """Write a line; one that comes late is told when it can be."""
        self._at = max(self._at, at)
        self._put(msgspec.structs.replace(row, at=written(self._at, self.start)))

    def _put(self, row: Row) -> None:
        self.rows.append(row)
        os.write(self._file, f"{line(row)}\n".encode())

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)


class Live:
    """A recording under way."""

    def __init__(self, setting: Setting, clock: Clock, path: Path, *, on_wire: bool) -> None:
        """Take what goes along.

        Args:
            setting: Of the inbox.
            clock: The time.
            path: Where the file is made.
            on_wire: Whether the bodies of the services are kept, or what connectors make of them.
        """
        self._clock = clock
        self._on_wire = on_wire
        self._setting = setting
        self._disguise = setting.disguise()
        self._bodies = Bodies(self._disguise, setting.key)
        self._names = Numbering()
        self._start = clock.now().replace(microsecond=0)
        self._tape = Tape(path, self._start)
        self._taps: list[Tap] = []

    def begin(self, accounts: Sequence[tuple[str, Network, str]]) -> None:
        """Write the header: our accounts, each with its network and its id there."""
        for account, network, _own in accounts:
            self._names.account(account, network)
        header = self._setting.header(
            self._names, start=self._start, reads="only_then", network="wire" if self._on_wire else "items",
            backlog_open_h=OLDEST_H,
        )  # fmt: skip
        if self._on_wire:
            own = {self._names.accounts[name]: self._bodies.ident(network, real) for name, network, real in accounts}
            rows = tuple(msgspec.structs.replace(row, native_id=own[row.id]) for row in header.accounts)
            header = msgspec.structs.replace(header, accounts=rows)
        self._tape.begin(header)

    def line(self, account: str, network: Network) -> Line | None:
        """Return what listens to an account's client."""
        if not self._on_wire:
            return None
        tap = Tap(self._names.account(account, network), network, self._bodies, self._clock, self._tape.keep)
        self._taps.append(tap)
        return tap

    def around(self, connector: Connector) -> Connector:
        """Return a connector that is listened to."""
        return (
            connector if self._on_wire else Heard(connector, Ear(self._disguise, self._names, self._tape, self._clock))
        )

    def ended(self) -> Recording:
        """Write what is left, and return what was recorded."""
        for tap in self._taps:
            tap.flush()
        self._tape.close()
        return Recording(rows=tuple(self._tape.rows), replaced=self._disguise.counts(), doubts={})


class Ear:
    """Writes down what one account's connector brings."""

    def __init__(self, disguise: Disguise, names: Numbering, tape: Tape, clock: Clock) -> None:
        self._disguise = disguise
        self._names = names
        self._arrivals = Arrivals(disguise, names)
        self._tape = tape
        self._clock = clock
        self._texts: dict[str, str] = {}
        self._missing: set[str] = set()
        """Native ids of what is not there just now."""

    def page(self, page: Page) -> None:
        """Write down what a page shows: the new, and the new texts of what is known."""
        now = self._clock.now()
        for message in page.messages:
            if not message.ours:
                self._disguise.meet(message.author)
        for message in sorted(page.messages, key=lambda each: each.created_at):
            self._message(message, now)

    def _message(self, message: Message, now: datetime) -> None:
        key = str(message.key)
        if key not in self._texts:
            self._names.name(message)
            row = created(self._arrivals.row(message), message.created_at, now, self._tape.start)
            self._tape.keep(now, row)
        else:
            about = self._about(message)
            if message.key.native_id in self._missing:
                self._missing.discard(message.key.native_id)
                self._tape.keep(now, Unhide(at="", **about))
            if message.text != self._texts[key]:
                self._tape.keep(now, Edit(at="", **about, text=self._disguise.text(message.text)))
        self._texts[key] = message.text

    def _about(self, message: Message) -> dict[str, Any]:
        account = self._names.account(message.key.account, message.key.network)
        return {"account": account, "id": self._names.message(message.key.account, message.key.native_id)}

    def gone(self, account: str, network: Network, ids: Sequence[str], gone: frozenset[str]) -> None:
        """Write down what a look found: what is missing the first time is hidden, and shown again when it is seen."""
        name, now = self._names.account(account, network), self._clock.now()
        for native_id in ids:
            if not self._names.knows(account, native_id):
                continue
            about: dict[str, Any] = {"account": name, "id": self._names.message(account, native_id)}
            if native_id in gone and native_id not in self._missing:
                self._missing.add(native_id)
                self._tape.keep(now, Hide(at="", **about))
            elif native_id not in gone and native_id in self._missing:
                self._missing.discard(native_id)
                self._tape.keep(now, Unhide(at="", **about))

    def failed(self, account: str, network: Network, error: MajlisError) -> None:
        """Write down how reading failed."""
        wait: dict[str, Any] = {"wait_s": min(max(error.wait_s, 0.0), DAY_S)} if isinstance(error, Busy) else {}
        row = Fault(at="", account=self._names.account(account, network), kind=_kind(error), on="read", **wait)
        self._tape.keep(self._clock.now(), row)


def _kind(error: MajlisError) -> FaultKind:
    match error:
        case NeedsSignIn():
            return FaultKind.UNAUTHORIZED
        case Unreachable():
            return FaultKind.DOWN
        case Busy():
            return FaultKind.BUSY
        case Refused():
            return FaultKind.FORBIDDEN
        case Malformed():
            return FaultKind.GARBAGE
        case _:
            return FaultKind.ERROR


class Heard:
    """A connector that is listened to; it does what the one inside does."""

    def __init__(self, inner: Connector, ear: Ear) -> None:
        self._inner = inner
        self._ear = ear

    @property
    def network(self) -> Network:
        """Which network."""
        return self._inner.network

    @property
    def account(self) -> str:
        """Which account."""
        return self._inner.account

    def streams(self) -> tuple[Stream, ...]:
        """Return the listings to read."""
        return self._inner.streams()

    def capabilities(self) -> frozenset[Capability]:
        """Return what the account can do."""
        return self._inner.capabilities()

    def budget(self) -> Budget | None:
        """Return what the service still allows."""
        return self._inner.budget()

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Fetch a page, and write down what it shows, or why there is none."""
        try:
            page = await self._inner.read(stream, mark)
        except MajlisError as error:
            self._ear.failed(self.account, self.network, error)
            raise
        self._ear.page(page)
        return page

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Ask what is gone, and write it down."""
        gone = await self._inner.look(ids)
        self._ear.gone(self.account, self.network, ids, gone)
        return gone

    async def is_signed_in(self) -> bool:
        """Whether there is a living token."""
        return await self._inner.is_signed_in()

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says."""
        return await self._inner.perform(entry)

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made."""
        return await self._inner.find(entry)

    async def probe(self) -> Probe:
        """Ask the service whether all is well."""
        return await self._inner.probe()

    async def aclose(self) -> None:
        """Give back what it holds."""
        await self._inner.aclose()
