"""A poller, a sender and an operator in one process, made to be killed at any moment.

Every change is announced on standard output only after the store has taken it: `ACK action key entry`. Run by
`test_kill.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.clock import SystemIds
from connectors.poller import Poller
from connectors.sender import Sender
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from majlis.commands import Done, Escalate, Reply, Snooze
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.errors import Conflict, MajlisError, WrongState
from majlis.hours import ServiceHours, calendars_from
from majlis.intake import Intake
from majlis.message import Network
from majlis.policy import Operator, Role
from majlis.ports import View, ViewName
from majlis.states import EntryState
from store.inbox import Inbox
from tests.builders import policy
from tests.load.fast import fast_clock
from tests.load.service import US

if TYPE_CHECKING:
    from majlis.commands import Command
    from majlis.message import MessageKey
    from majlis.policy import Policy

ALWAYS = {
    "always": {
        "id": "always",
        "zone": "Asia/Dubai",
        "weekly": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
        "closed_dates": [],
        "date_overrides": {},
    }
}
UNDECIDED = (EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN)


def rules() -> Policy:
    """Return a policy that is open day and night and holds nothing back."""
    return policy(hold=timedelta(0), hours=ServiceHours(tuple(calendars_from(ALWAYS).values())))


class Worker:
    """All three parts on one store."""

    def __init__(self, inbox: Inbox, url: str, begun: str, seed: int) -> None:
        clock, ids = fast_clock(begun), SystemIds()
        in_force = rules()
        settings = XSettings(account="moh", user=US, handle="moh_sample", api_url=url)
        token = FixedToken("invented", account="moh", network=Network.X)
        connector = XConnector(settings, clock, token)
        operator = Operator(name="salem", roles=frozenset({Role.OPERATOR}), terminal="load")
        self._inbox = inbox
        self._chance = random.Random(seed)  # noqa: S311  chance that repeats
        self._desk = Desk(store=inbox, clock=clock, ids=ids, policy=in_force, operator=operator)
        dispatch = Dispatch(store=inbox, clock=clock, ids=ids, policy=in_force)
        self.poller = Poller((connector,), inbox, clock, Intake(in_force))
        self.sender = Sender((connector,), inbox, clock, dispatch)
        self.connector = connector

    async def operate(self) -> None:
        """Take a few messages from the top of the queue and do something with each."""
        window = await self._inbox.window(View(name=ViewName.QUEUE, operator="salem"), limit=4)
        for row in window.rows:
            if row.message is None:
                continue
            command = self._command(row.message.key)
            try:
                outcome = await self._desk.do(command)
            except (Conflict, WrongState):
                continue
            entry = outcome.entry.id if outcome.entry else "-"
            print("ACK", type(command).__name__, row.message.key, entry, flush=True)  # noqa: T201  how it is told

    def _command(self, key: MessageKey) -> Command:
        chance = self._chance.random()
        if chance < 0.7:
            return Reply(key=key, text=f"المركز رقم {key.native_id[-3:]} يفتح الثامنة صباحا")
        if chance < 0.8:
            return Escalate(key=key, reason="appointment")
        return Done(key=key) if chance < 0.9 else Snooze(key=key)


async def work(store: str, url: str, begun: str, seed: int, *, drain: bool) -> None:
    """Poll, operate and send until killed; with `drain`, send until nothing is undecided."""
    inbox = await Inbox.open(store)
    worker = Worker(inbox, url, begun, seed)
    try:
        while not drain or await inbox.entries(UNDECIDED):
            try:
                await worker.poller.run_once()
                if not drain:
                    await worker.operate()
                await worker.sender.run_once()
            except MajlisError as error:
                print("ERR", type(error).__name__, flush=True)  # noqa: T201  same
            await asyncio.sleep(0.02)
    finally:
        await worker.connector.aclose()
        await inbox.aclose()


def main() -> None:
    """Read the arguments and work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("url")
    parser.add_argument("begun")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--drain", action="store_true")
    wanted = parser.parse_args()
    asyncio.run(work(wanted.store, wanted.url, wanted.begun, wanted.seed, drain=wanted.drain))


if __name__ == "__main__":
    main()
