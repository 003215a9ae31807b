"""A process of its own that replaces a dead token, as a poller or a sender would; it may die between answer and write.

python -m tests.connectors.refresher FILE TOKEN_URL DEAD_TOKEN [die]
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from connectors.clock import SystemClock
from connectors.oauth import TokenEndpoint
from connectors.tokens import KeptToken
from connectors.vaults import Credentials, FileVault
from majlis.message import Network


async def main(path: str, url: str, dead: str, *, dies: bool) -> str:
    """Return the token that takes the dead one's place."""
    clock = SystemClock()
    endpoint = TokenEndpoint(url, account="x", network=Network.X, clock=clock, basic=True)

    async def refresh(held: Credentials) -> Credentials:
        fresh = await endpoint.refresh(held)
        if dies:
            os._exit(9)
        return fresh

    tokens = KeptToken(FileVault(Path(path)), account="x", network=Network.X, clock=clock, refresh=refresh)
    try:
        return await tokens.renew(dead)
    finally:
        await endpoint.aclose()


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:4], dies="die" in sys.argv[4:])))  # noqa: T201  # it is a command
