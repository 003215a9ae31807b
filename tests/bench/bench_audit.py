"""Verifying a long history: how long it takes for each event and each row.

Run: `python -m tests.bench.bench_audit [--events 100000]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from store.inbox import Inbox
from store.verifying import verify
from tests.builders import decision, event, key, message, page

MESSAGES = 10_000


async def lived(path: Path, events: int) -> None:
    """Make an inbox of some messages, and write one of them again with each event."""
    inbox = await Inbox.open(str(path))
    inbox._db.engine._pragma("synchronous", "OFF")  # type: ignore[attr-defined]  # made once, and thrown away
    for start in range(0, MESSAGES, 100):
        await inbox.ingest(page(*(message(str(n)) for n in range(start, start + 100))))
    for number in range(events - MESSAGES // 100):
        found = await inbox.message(key(str(number % MESSAGES)))
        assert found is not None
        tagged = replace(found, standing=replace(found.standing, tags=(str(number),)))
        await inbox.apply(decision(tagged, event=event("tag", str(found.key), tags=[number])))
    await inbox.aclose()


def main() -> None:
    """Print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inbox.db"
        asyncio.run(lived(path, wanted.events))
        begun, used = time.perf_counter(), time.process_time()
        report = verify(str(path), keys={}, log=())
        figure = {
            "what": "audit verify",
            "events": report.events,
            "rows": report.rows,
            "whole": report.is_whole,
            "seconds": round(time.perf_counter() - begun, 2),
            "cpu_s": round(time.process_time() - used, 2),
        }
        print(json.dumps(figure))  # noqa: T201  figures are this script's output


if __name__ == "__main__":
    main()
