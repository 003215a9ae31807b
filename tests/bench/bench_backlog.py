"""A first connection's backlog: what 100,000 comments cost from the socket to the disk, in time and memory.

A channel served on loopback by a process of its own, the YouTube client and normaliser, intake with the shipped rules,
and the store on a file.

Run: `python -m tests.bench.bench_backlog [--comments 100000] [--all-open] [--profile]`
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import pstats
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.poller import OPEN_FOR, Poller
from connectors.tokens import FixedToken
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.conduct import contacts_from
from majlis.intake import Intake
from majlis.message import Network
from majlis.ports import Stream, View, ViewName
from store.inbox import Inbox
from tests.builders import AT, HandClock, policy
from tests.connectors.youtube.channel import OURS, comment, thread
from tui.profile import reader_of, rules

from .bench_inbox import WORDS

if TYPE_CHECKING:
    from majlis.policy import Policy

PAGE = 100
DAYS = 300


# ------------------------------------------------------------------------------------------------------ the service


def serve(comments: int) -> None:
    """Serve a channel's threads on a free port, and print which one."""
    chance = random.Random(7)  # noqa: S311  # repeatable, not secret
    step = timedelta(days=DAYS) / comments

    def row(number: int) -> dict[str, Any]:
        text = " ".join(chance.choices(WORDS, k=18))
        return thread(comment(f"Ug{number:08}", text, by=f"UC{number % 40_000:022}", at=AT - step * number))

    async def answer(request: web.Request) -> web.Response:
        if not request.path.endswith("/commentThreads"):
            return web.json_response({"items": []})
        begin = int(request.query.get("pageToken", "0"))
        end = min(begin + PAGE, comments)
        following = {"nextPageToken": str(end)} if end < comments else {}
        return web.json_response({"items": [row(number) for number in range(begin, end)], **following})

    async def run() -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        (address, *_) = runner.addresses
        print(address[1], flush=True)  # noqa: T201  # to the process that measures
        await asyncio.Event().wait()

    asyncio.run(run())


# ---------------------------------------------------------------------------------------------------- what is measured


class Threads(YouTubeConnector):
    """A channel of which the comments alone are read."""

    def streams(self) -> tuple[Stream, ...]:
        """Return the first listing."""
        return super().streams()[:1]


async def measure(url: str, path: Path, comments: int, *, all_open: bool) -> dict[str, Any]:
    """Import the whole backlog into an empty store; return figures."""
    store, clock = await Inbox.open(str(path)), HandClock()
    settings = YouTubeSettings(
        account="channel", channel=OURS, api_url=url, backlog_days=DAYS * 2, units_per_day=10_000_000
    )
    token = FixedToken("token", account="channel", network=Network.YOUTUBE)
    connector = Threads(settings, clock, token)
    intake = Intake(_policy())
    open_for = timedelta(days=DAYS * 2) if all_open else OPEN_FOR
    poller = Poller((connector,), store, clock, intake, open_for=open_for)
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun, slowest = time.perf_counter(), 0.0
    while True:
        turn = time.perf_counter()
        await poller.run_once()
        slowest = max(slowest, time.perf_counter() - turn)
        (health,) = poller.health()
        if health.problem is not None:
            raise health.problem
        if health.importing is None:
            break
        clock.at += timedelta(seconds=2)
    took_s = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    counts = {
        str(name): (await store.counts(View(name=name, operator="salem"))).shown
        for name in (ViewName.ALL, ViewName.QUEUE)
    }
    await connector.aclose()
    await store.aclose()
    size_mb = round((await asyncio.to_thread(path.stat)).st_size / 1e6)
    return {
        "comments": comments,
        "seconds": round(took_s, 1),
        "per_second": round(comments / took_s),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "slowest_turn_s": round(slowest, 2),
        "peak_mb": round(after.ru_maxrss / 1024),
        "peak_mb_before": round(before.ru_maxrss / 1024),
        "file_mb": size_mb,
        **counts,
    }


def _policy() -> Policy:
    shipped = rules()
    return policy(triage=reader_of(shipped, contacts_from({})))


def main() -> None:
    """Measure, and print one line of JSON."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--comments", type=int, default=100_000)
    arguments.add_argument("--all-open", action="store_true", help="owe answers to all of it, as after a long gap")
    arguments.add_argument("--profile", action="store_true")
    arguments.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.serve:
        serve(options.comments)
        return
    command = [sys.executable, "-m", "tests.bench.bench_backlog", "--serve", "--comments", str(options.comments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:  # ourselves
        try:
            port = service.stdout.readline().strip() if service.stdout else ""
            with tempfile.TemporaryDirectory() as folder:
                profile = cProfile.Profile() if options.profile else None
                if profile:
                    profile.enable()
                url, path = f"http://127.0.0.1:{port}", Path(folder) / "inbox.db"
                figures = asyncio.run(measure(url, path, options.comments, all_open=options.all_open))
                if profile:
                    profile.disable()
                    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(30)
        finally:
            service.terminate()
    print(json.dumps(figures))  # noqa: T201  # the figures


if __name__ == "__main__":
    main()
