"""A network of one account in memory: what people wrote, what we sent, and the faults a test asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from majlis.message import Message, Network
from majlis.outbox import Entry, Receipt
from majlis.ports import Budget, Capability, Mark, Page, Probe, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.ports import Clock


class FakeConnector:
    """Lists everything, newest last, on one page; sends into `published`."""

    def __init__(self, clock: Clock, account: str = "moh", network: Network = Network.X) -> None:
        self._clock = clock
        self._account = account
        self._network = network
        self.messages: list[Message] = []
        self.published: list[Entry] = []
        self.reads: list[str] = []
        self.read_fault: Exception | None = None
        self.fault: Exception | None = None
        """Raised by `perform`."""
        self.looks: list[int] = []
        """At how many messages each look was."""
        self.look_fault: Exception | None = None
        self.accepts_before_fault = False
        """Whether the post is there all the same."""
        self.signed_in = True
        self.names: tuple[str, ...] = ("mentions",)
        self.receipts: dict[str, str] = {}
        """Native ids of what entries made, where a test says so."""
        self.allowance: Budget | None = None
        """What `budget` says."""

    @property
    def network(self) -> Network:
        """Which network."""
        return self._network

    @property
    def account(self) -> str:
        """Which account."""
        return self._account

    def streams(self) -> tuple[Stream, ...]:
        """Return its listings."""
        minute = timedelta(minutes=1)
        return tuple(
            Stream(network=self._network, account=self._account, name=name, interval=minute) for name in self.names
        )

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Return everything, or the fault."""
        self.reads.append(stream.name)
        if self.read_fault is not None:
            raise self.read_fault
        high = str(len(self.messages))
        del mark
        now = self._clock.now()
        return Page(stream=stream, messages=tuple(self.messages), mark=Mark(high=high), more=False, read_at=now)

    async def perform(self, entry: Entry) -> Receipt:
        """Publish, or fail before or after publishing."""
        if self.fault is not None:
            if self.accepts_before_fault:
                self.published.append(entry)
            raise self.fault
        self.published.append(entry)
        return self._receipt(len(self.published), entry)

    async def find(self, entry: Entry) -> Receipt | None:
        """Look among what was published."""
        for number, published in enumerate(self.published, 1):
            if published.id == entry.id:
                return self._receipt(number, entry)
        return None

    def _receipt(self, number: int, entry: Entry) -> Receipt:
        native_id = self.receipts.get(entry.id, f"our-{number}")
        return Receipt(native_id=native_id, at=self._clock.now(), link=None)

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those that are not there, or fail."""
        self.looks.append(len(ids))
        if self.look_fault is not None:
            raise self.look_fault
        return frozenset(ids) - {message.key.native_id for message in self.messages}

    def capabilities(self) -> frozenset[Capability]:
        """Return everything."""
        return frozenset(Capability)

    def budget(self) -> Budget | None:
        """Return what a test sets."""
        return self.allowance

    async def is_signed_in(self) -> bool:
        """Return what the test says."""
        return self.signed_in

    async def probe(self) -> Probe:
        """Say that all is well."""
        return Probe(account=self._account, ok=True)

    async def aclose(self) -> None:
        """Hold nothing."""
