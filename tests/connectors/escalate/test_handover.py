"""The sender hands cases to their targets, and says in the outbox what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.escalate import Handover
from connectors.escalate.retry import later, never
from connectors.sender import Sender
from majlis.commands import Escalate, Urgent
from majlis.errors import MajlisError
from majlis.outbox import Action, Entry, Receipt
from majlis.states import EntryState, MessageState
from tests.builders import Bench, key, message, page
from tests.fakes.connector import FakeConnector
from tests.fakes.memory_store import MemoryStore

if TYPE_CHECKING:
    from majlis.escalation import Case


@dataclass
class Box:
    """A target that takes what it is told, or says what a test wants."""

    name: str = "desk"
    taken: list[tuple[str, str | None]] = field(default_factory=list)
    fault: str | None = None
    final: bool = False

    async def deliver(self, case: Case, entry: Entry) -> Receipt:
        """Take it."""
        if self.fault is not None:
            raise self._problem(entry)
        self.taken.append((case.id, entry.step))
        return Receipt(native_id=entry.id, at=entry.created_at)

    def _problem(self, entry: Entry) -> MajlisError:
        at = entry.attempted_at or entry.created_at
        return never(self.name, "550", "550") if self.final else later(entry, self.name, self.fault or "", at)


class Setup(Bench):
    """A bench whose sender knows a network and a target."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), escalation_targets=("desk",))
        self.box = Box()
        self.network = FakeConnector(self.clock)
        self.sender = Sender(
            (self.network,), self.store, self.clock, self.dispatch, targets=(Handover(self.box, self.store),)
        )

    async def delivery(self) -> Entry:
        """Return the one entry for the target."""
        entries = await self.store.entries(tuple(EntryState))
        (entry,) = (each for each in entries if each.action is Action.DELIVER)
        return entry


@pytest.fixture
async def setup() -> Setup:
    made = Setup()
    await made.store.ingest(page(message()))
    return made


async def test_a_case_is_told_once_after_the_hold(setup: Setup) -> None:
    """The message stays with customer service; the network hears nothing of it."""
    outcome = await setup.desk.do(Escalate(key=key(), reason="payment"))
    assert outcome.case is not None

    assert await setup.sender.run_once() == 0
    setup.clock.at += timedelta(seconds=10)
    assert await setup.sender.run_once() == 1
    assert await setup.sender.run_once() == 0

    assert setup.box.taken == [(outcome.case.id, "escalate")]
    assert setup.network.published == []
    assert (await setup.message()).standing.state is MessageState.ESCALATED
    assert (await setup.delivery()).state is EntryState.SENT


async def test_a_case_is_told_at_night_too(setup: Setup) -> None:
    """Escalating is not answering: no hours bind it (D8)."""
    setup.clock.at += timedelta(hours=15)
    await setup.desk.do(Urgent(key=key()))

    assert await setup.sender.run_once() == 1


async def test_a_target_that_is_down_is_told_when_it_is_back(setup: Setup) -> None:
    """The entry waits, with the reason beside it, and nothing is told twice."""
    setup.box.fault = "no route"
    await setup.desk.do(Escalate(key=key(), reason="payment"))
    setup.clock.at += timedelta(seconds=10)
    await setup.sender.run_once()
    waiting = await setup.delivery()
    assert waiting.state is EntryState.QUEUED
    assert "no route" in (waiting.problem or "")
    assert waiting.due_at == setup.clock.at + timedelta(seconds=5)

    setup.box.fault = None
    setup.clock.at = waiting.due_at
    await setup.sender.run_once()

    assert len(setup.box.taken) == 1
    assert (await setup.delivery()).state is EntryState.SENT


async def test_a_crash_while_telling_is_followed_by_telling_again(setup: Setup) -> None:
    """Under the same name, by which the other side knows it."""
    await setup.desk.do(Escalate(key=key(), reason="payment"))
    setup.clock.at += timedelta(seconds=10)
    going = await setup.dispatch.release(await setup.delivery())
    assert going is not None

    await setup.sender.run_once()
    setup.clock.at += timedelta(seconds=5)
    await setup.sender.run_once()

    assert len(setup.box.taken) == 1
    assert (await setup.delivery()).id == going.id


async def test_a_final_no_is_kept_for_somebody_to_see(setup: Setup) -> None:
    """The case itself stays where it is: in customer service's list."""
    setup.box.fault, setup.box.final = "550", True
    await setup.desk.do(Escalate(key=key(), reason="payment"))
    setup.clock.at += timedelta(seconds=10)
    await setup.sender.run_once()

    refused = await setup.delivery()
    assert refused.state is EntryState.REFUSED
    assert "550" in (refused.problem or "")
    assert (await setup.message()).standing.state is MessageState.ESCALATED
