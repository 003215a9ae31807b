"""A sender in a process of its own, made to be stopped, continued and killed. Run by `test_handover.py`."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from connectors.clock import SystemClock, SystemIds
from connectors.sender import Sender
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from majlis.dispatch import Dispatch
from majlis.message import Network
from store.inbox import Inbox
from tests.load.fast import fast_clock
from tests.load.service import US
from tests.load.worker import rules

if TYPE_CHECKING:
    from majlis.ports import Clock


async def send(store: str, url: str, clock: Clock, holder: str) -> None:
    """Send until killed."""
    inbox = await Inbox.open(store)
    token = FixedToken("invented", account="moh", network=Network.X)
    connector = XConnector(XSettings(account="moh", user=US, handle="moh_sample", api_url=url), clock, token)
    dispatch = Dispatch(store=inbox, clock=clock, ids=SystemIds(), policy=rules())
    print("READY", flush=True)  # noqa: T201  how it is told
    await Sender((connector,), inbox, clock, dispatch, holder=holder).run()


def main() -> None:
    """Read the arguments and send."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("url")
    parser.add_argument("holder")
    parser.add_argument("--begun", help="the moment at which the fast clock began; without it time is the wall's")
    wanted = parser.parse_args()
    clock = fast_clock(wanted.begun) if wanted.begun else SystemClock()
    asyncio.run(send(wanted.store, wanted.url, clock, wanted.holder))


if __name__ == "__main__":
    main()
