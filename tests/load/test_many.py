"""Sixteen operators, a poller and a sender at full speed, undisturbed and with faults: nothing is lost or doubled."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from majlis.commands import Claim, Reply
from store.inbox import Inbox
from tests.builders import Bench, decision, event, key, message, page
from tests.load.crew import LEASE, Ack
from tests.load.many import verify
from tests.postgres import needed

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("faults", [(), ("--faults",)], ids=["undisturbed", "killed, stopped, clock set"])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_many_at_one_store_lose_and_double_nothing(engine: str, faults: tuple[str, ...]) -> None:
    """Every change that was told is in the history, nobody claims what is held, every reply is public at most once.

    On PostgreSQL the server is restarted and lines are cut besides.
    """
    if engine == "postgresql":
        needed()
    command = [sys.executable, "-m", "tests.load.many", *faults]
    command += ["--seconds", "20" if faults else "30"] if engine == "sqlite" else ["--seconds", "15", "--cluster"]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=280, capture_output=True, text=True)

    found = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    assert found.get("problems") == [], done.stderr[-4000:]
    assert done.returncode == 0
    assert found["changes"] > 30
    assert found["posted"] > 0
    assert faults or found["fairness"]["jain"] > 0.7


async def test_the_comparison_finds_what_is_wrong(tmp_path: Path) -> None:
    """A change that was told and is not there, a claim on what is held, a text that is public twice or not at all."""
    bench = Bench(await Inbox.open(str(tmp_path / "inbox.db")), claim_lease=LEASE)
    await bench.store.ingest(page(message()))
    held = await bench.desk.do(Claim(key=key()))
    until = (bench.clock.at + LEASE).isoformat()
    ack = Ack(who="salem", rev=held.revision, action="Claim", key=str(key()), entry=None, took_us=1, until=until)
    inbox = bench.store
    assert isinstance(inbox, Inbox)
    assert (await verify(inbox, (ack,), [], was_set=False)).problems == []

    async def problems(*acks: Ack, posted: tuple[str, ...] = ()) -> str:
        posts = [{"to": "1", "text": text} for text in posted]
        return "\n".join((await verify(inbox, acks, posts, was_set=False)).problems)

    assert "not theirs" in await problems(replace(ack, rev=99))
    assert "not theirs" in await problems(replace(ack, who="noura"))
    assert "not theirs" in await problems(ack, ack)
    assert "is about" in await problems(replace(ack, key=str(key("2"))))
    assert "posted 2 times" in await problems(posted=("a", "a"))
    assert "the store does not know" in await problems(posted=("a",))

    stolen = replace(event("claim", actor="noura"), at=bench.clock.at)
    await inbox.apply(decision(event=stolen))
    assert "noura claimed what salem held" in await problems(ack)
    await bench.desk.do(Reply(key=key(), text="We open at eight."))
    assert "is still held" in await problems(ack)
    assert "waits for nothing" in await problems(ack)
    await inbox.aclose()
