"""Recordings made while things happen: at the port of the connectors, and on the wire; played without a socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
import pytest_asyncio

from connectors.clock import SeededIds
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.poller import Poller
from connectors.scenario import Scenario, connectors_for, load
from connectors.scenario.live import Live
from connectors.scenario.recording import Ours, Setting
from connectors.scenario.rows import Wire
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.intake import Intake
from majlis.lookout import Lookout
from majlis.message import Message, Network
from majlis.ports import Connector, Store, View, ViewName
from tests.builders import AT, CONTACTS, HandClock, policy
from tests.connectors.networks import CANARY, CHANNEL, PAGE, USER, FakeFacebook, FakeX, FakeYouTube
from tests.connectors.service import Reply, serving
from tui.replay.bell import Bell
from tui.replay.lone import lone_inbox
from tui.replay.play import play

MINUTE = timedelta(minutes=1)
NAME, PHONE, MAIL = "canarybird", "0501239876", "canary.bird@nest-mail.com"
TEXT = f"متى يفتح المركز يا {NAME}؟ {PHONE} {MAIL}"  # Arabic: when does the centre open, …?


@dataclass
class World:
    """Three services, our accounts at them, and a poller that is listened to."""

    clock: HandClock
    live: Live
    poller: Poller
    store: Store
    facebook: FakeFacebook
    x: FakeX
    youtube: FakeYouTube
    path: Path

    async def work(self, by: timedelta = MINUTE) -> None:
        """Let time pass, and read."""
        self.clock.at += by
        for account in ("facebook", "x", "youtube"):
            self.poller.prompt(account)
        await self.poller.run_once()
        for _ in range(3):  # what is under way
            self.clock.at += timedelta(seconds=1)
            await self.poller.run_once()


@pytest_asyncio.fixture(params=[pytest.param(False, id="items"), pytest.param(True, id="wire")])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    clock, path, on_wire = HandClock(AT), tmp_path / "live.jsonl", bool(request.param)
    setting = Setting(
        policy=policy(),
        accounts={"x": Ours(name="Practice", handle="moh_sample")},
        profile=CONTACTS,
        key=b"a key of sixteen",
        language="en",
    )
    live = Live(setting, clock, path, on_wire=on_wire)
    live.begin([("facebook", Network.FACEBOOK, PAGE), ("x", Network.X, USER), ("youtube", Network.YOUTUBE, CHANNEL)])
    fakes = FakeFacebook(now=clock.now), FakeX(now=clock.now), FakeYouTube(now=clock.now)
    async with AsyncExitStack() as stack:
        urls = []
        for fake in fakes:
            service = await stack.enter_async_context(serving())
            service.answer = fake.answer
            urls.append(service.url)
        made: list[Connector] = [
            FacebookConnector(
                FacebookSettings(account="facebook", page=PAGE, api_url=urls[0]),
                clock,
                FixedToken(CANARY, account="facebook", network=Network.FACEBOOK),
                line=live.line("facebook", Network.FACEBOOK),
            ),
            XConnector(
                XSettings(account="x", user=USER, handle="moh_sample", api_url=urls[1]),
                clock,
                FixedToken(CANARY, account="x", network=Network.X),
                line=live.line("x", Network.X),
            ),
            YouTubeConnector(
                YouTubeSettings(account="youtube", channel=CHANNEL, api_url=urls[2]),
                clock,
                FixedToken(CANARY, account="youtube", network=Network.YOUTUBE),
                line=live.line("youtube", Network.YOUTUBE),
            ),
        ]
        for connector in made:
            stack.push_async_callback(connector.aclose)
        store = lone_inbox(Bell())
        stack.push_async_callback(store.aclose)
        lookout = Lookout(store=store, clock=clock, ids=SeededIds(1), version="1")
        poller = Poller(
            [live.around(each) for each in made],
            store,
            clock,
            Intake(policy()),
            lookout=lookout,
            open_for=timedelta(days=900),
        )
        yield World(clock, live, poller, store, *fakes, path)


async def everything(store: Store) -> list[Message]:
    window = await store.window(View(name=ViewName.ALL, operator=""), limit=500)
    return [row.message for row in window.rows if row.message is not None]


def told(messages: list[Message]) -> list[tuple[Any, ...]]:
    """Return what a recording leaves of messages: kind, time, text, editions, and who is the same person as whom."""
    people: dict[Any, int] = {}
    rows = sorted(messages, key=lambda each: (each.created_at, each.key.network, each.key.object))
    return [
        (
            each.key.network,
            each.key.object,
            each.created_at,
            len(each.editions),
            each.ours,
            len(each.text.split()),
            people.setdefault((each.key.network, each.author.id), len(people)),
        )
        for each in rows
    ]


async def day(world: World) -> None:
    """Let people write, change and take away, and services fail."""
    for number in range(5):
        for fake in (world.facebook, world.x, world.youtube):
            fake.arrive(f"{NAME}{number}", f"{TEXT} {number}", at=world.clock.at)
        await world.work()
    world.facebook.write_privately(NAME, TEXT)
    edited = world.x.arrive(NAME, TEXT)
    await world.work()
    world.x.edit(edited, "تصحيح")  # Arabic: correction
    world.x.fault = lambda _: Reply(status=429, body={}, headers={"Retry-After": "30"})
    await world.work()
    world.x.fault = None
    world.facebook.items[1].text = "another text"
    await world.work(40 * MINUTE)


async def test_what_was_recorded_is_stored_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same messages with the same times, texts and editions, from other people; no socket is opened."""
    await day(world)
    recording = world.live.ended()
    live = await everything(world.store)
    scenario = load(world.path)
    assert len(live) > 12

    monkeypatch.setattr(socket, "socket", _refused)
    again = await stored_again(scenario)

    assert told(again) == told(live)
    assert len(recording.rows) == len(world.path.read_text("utf-8").splitlines())


def _refused(*_: object, **__: object) -> NoReturn:
    raise AssertionError("a replay opened a socket")


async def stored_again(scenario: Scenario) -> list[Message]:
    """Play the networks of a scenario, line by line, into another store."""
    clock = HandClock(scenario.header.start)
    connectors = connectors_for(scenario, clock)
    store = lone_inbox(Bell())
    poller = Poller(connectors, store, clock, Intake(policy()), only_prompted=True, open_for=timedelta(days=900))
    await poller.run_once()
    for step, following in zip(scenario.steps, [*scenario.steps[1:], None], strict=True):
        clock.at = max(clock.at, step.at)
        if following is not None and following.at == step.at and isinstance(step.what, Wire):
            continue  # a turn's answers stand together
        for account in scenario.header.accounts:
            poller.prompt(account.id, look=False)
        for _ in range(3):
            await poller.run_once()
            clock.at += timedelta(milliseconds=1)
    for _ in range(10):  # what is under way, and what waits
        clock.at += MINUTE
        for account in scenario.header.accounts:
            poller.prompt(account.id, look=False)
        await poller.run_once()
    assert [each.unanswered for each in connectors] == [()] * len(connectors)
    found = await everything(store)
    await store.aclose()
    return found


async def test_nothing_of_anybody_is_in_it(world: World) -> None:
    """No name, number, address or token, in no byte; at every moment the file is a whole scenario."""
    world.facebook.headers = {"x-app-usage": json.dumps({"call_count": 3}), "set-cookie": CANARY}
    await day(world)
    before = load(world.path)
    world.live.ended()
    whole = world.path.read_bytes()

    assert [
        leak for leak in (NAME, "Canarybird", PHONE, MAIL, CANARY, "nest-mail", PAGE, USER) if leak.encode() in whole
    ] == []
    assert len(load(world.path).steps) >= len(before.steps) > 3


async def test_it_is_played_without_a_screen(world: World) -> None:
    """By the engine of `majlis replay`: everything asked for is answered, and the history holds."""
    await day(world)
    world.live.ended()

    played = await asyncio.to_thread(lambda: play(load(world.path), str(world.path)))

    assert played.failed == ()
    assert sum(played.states.values()) == len(await everything(world.store))


def test_a_request_that_nothing_answers_is_a_failed_check_that_names_it() -> None:
    """With method, path and what it asks for; what is answered goes through the real client."""
    header = {"scenario": 1, "name": "wire", "start": AT.isoformat(), "network": "wire", "reads": "only_then"}
    header |= {"accounts": [{"id": "x", "network": "x", "name": "Practice", "handle": "moh_sample", "native_id": "7"}]}
    post = {"id": "2124714555602308877", "text": "question", "author_id": "9", "created_at": "2026-11-23T03:59:00Z"}
    mentions = {"at": "+00:00:10", "do": "wire", "account": "x", "request": {"path": "/2/users/7/mentions"}}
    mentions |= {"response": {"json": {"data": [post], "meta": {"result_count": 1}}}}
    end = {"at": "+00:00:20", "do": "expect", "queue": {"ids": [post["id"]]}}

    played = play(load([json.dumps(row) for row in (header, mentions, end)]), "wire")

    assert {check.what for check in played.failed} == {"wire"}
    asked = [check.subject for check in played.failed]
    assert "x: GET /2/users ids=9" in asked
    assert "x: GET /2/dm_events" in asked
    assert not any("mentions" in each for each in asked)
