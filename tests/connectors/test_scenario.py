"""The scripted inbox: its file, and how it plays."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import VirtualClock
from connectors.scenario import BadScenario, ScenarioConnector, built_in_day, connectors_for, load
from connectors.verdict import Unreachable
from majlis.errors import Busy, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import Network, ObjectKind
from majlis.outbox import Action
from majlis.ports import Capability, Mark

from .entries import NOW, entry_for, texts, walk

HEADER: dict[str, Any] = {
    "scenario": 1,
    "name": "test",
    "start": "2026-11-23T08:00:00Z",
    "accounts": [
        {"id": "fb", "network": "facebook", "name": "Practice", "handle": "moh_practice"},
        {"id": "x", "network": "twitter", "name": "Practice", "handle": "moh_practice"},
    ],
}


def arrive(name: str, at: str = "+00:00:00", **fields: Any) -> dict[str, Any]:
    return {"at": at, "do": "arrive", "account": "fb", "id": name, "thread": "post", "text": f"text {name}", **fields}


def lines(*rows: dict[str, Any]) -> list[str]:
    return [json.dumps(row) for row in ({**HEADER}, *rows)]


def playing(*rows: dict[str, Any]) -> tuple[ScenarioConnector, VirtualClock]:
    clock = VirtualClock(NOW)
    scenario = load(lines(*rows))
    return ScenarioConnector(scenario.header.accounts[0], scenario, clock), clock


async def test_what_arrives_later_is_read_later() -> None:
    """A mark that has seen the start brings only what came since."""
    connector, clock = playing(arrive("a", created="-01:00:00"), arrive("b", "+00:01:00"))
    first = await walk(connector, "comments")
    await clock.advance(timedelta(minutes=1))
    second = await walk(connector, "comments", first[-1].mark)

    assert texts(first) == ["text a"]
    assert first[0].messages[0].created_at == NOW - timedelta(hours=1)
    assert texts(second) == ["text b"]
    assert await walk(connector, "comments", second[-1].mark) == [replace(second[0], messages=())]


async def test_backlog_comes_in_pages_newest_first_and_the_high_mark_moves_with_the_last() -> None:
    """Sixty rows take three pages; asking twice with one mark gives the same rows."""
    connector, _ = playing(*(arrive(f"{n:02d}") for n in range(60)))
    pages = await walk(connector, "comments")
    stream = pages[0].stream
    again = await connector.read(stream, pages[0].mark)

    assert [len(page.messages) for page in pages] == [25, 25, 10]
    assert texts(pages) == [f"text {n:02d}" for n in reversed(range(60))]
    assert [page.mark.high is None for page in pages] == [True, True, False]
    assert again == pages[1]


async def test_an_edit_shows_the_row_again_and_a_deletion_is_found_by_looking() -> None:
    """An edited message is listed again with its new text; a deleted one is only missed when looked for."""
    connector, clock = playing(
        arrive("a"),
        arrive("b"),
        {"at": "+00:01:00", "do": "edit", "account": "fb", "id": "a", "text": "new"},
        {"at": "+00:02:00", "do": "delete", "account": "fb", "id": "b"},
    )
    seen = await walk(connector, "comments")
    await clock.advance(timedelta(minutes=2))

    assert texts(await walk(connector, "comments", seen[-1].mark)) == ["new"]
    assert await connector.look(["a", "b"]) == {"b"}


async def test_a_reply_stands_in_the_thread_and_is_found_again() -> None:
    """What was sent is listed as ours, under the id of the receipt."""
    connector, _ = playing(arrive("a"))
    entry = entry_for(connector, "a", "أهلاً بكم")  # Arabic: welcome
    receipt = await connector.perform(entry)
    found = await connector.find(entry)
    ours = next(message for page in await walk(connector, "comments") for message in page.messages if message.ours)

    assert found == receipt
    assert (ours.key.native_id, ours.parent, ours.thread) == (receipt.native_id, "a", "post")
    assert await connector.find(entry_for(connector, "a", "another text")) is None


@pytest.mark.parametrize("kind", ["cut", "error", "garbage", "silence"])
@pytest.mark.parametrize("there", [False, True])
async def test_a_line_cut_while_sending_leaves_the_outcome_to_be_found(kind: str, there: bool) -> None:
    """Before or after acceptance looks the same to the sender; looking tells them apart."""
    fault = {"at": "+00:00:00", "do": "fault", "account": "fb", "kind": kind, "on": "write", "accepted": there}
    fault |= {"wait_s": 0}
    connector, _ = playing(arrive("a"), fault)
    entry = entry_for(connector, "a", "answer")

    with pytest.raises(Unknown):
        await connector.perform(entry)
    assert (await connector.find(entry) is not None) is there


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("busy", Busy),
        ("down", Unreachable),
        ("error", Unreachable),
        ("garbage", Malformed),
        ("forbidden", Refused),
        ("unauthorized", NeedsSignIn),
    ],
)
async def test_faults_fail_reads_as_the_networks_do(kind: str, error: type[Exception]) -> None:
    """One call fails with the error that a real connector raises, the next one works."""
    connector, _ = playing(arrive("a"), {"at": "+00:00:00", "do": "fault", "account": "fb", "kind": kind})

    with pytest.raises(error):
        await walk(connector, "comments")
    assert texts(await walk(connector, "comments")) == ["text a"]


async def test_a_fault_can_last() -> None:
    """A fault with a length fails every call until it ends."""
    fault = {"at": "+00:00:00", "do": "fault", "account": "fb", "kind": "down", "lasts": "+00:05:00"}
    connector, clock = playing(arrive("a"), fault)
    for _ in range(3):
        with pytest.raises(Busy):
            await walk(connector, "comments")
    await clock.advance(timedelta(minutes=5))

    assert texts(await walk(connector, "comments")) == ["text a"]


async def test_a_dead_token_stops_everything_until_it_lives() -> None:
    """Reads, writes and the probe all say that the sign-in has ended."""
    dead = {"at": "+00:00:00", "do": "token", "account": "fb", "state": "dead"}
    connector, clock = playing(arrive("a"), dead, {**dead, "at": "+00:01:00", "state": "alive"})
    with pytest.raises(NeedsSignIn):
        await walk(connector, "comments")
    with pytest.raises(NeedsSignIn):
        await connector.perform(entry_for(connector, "a", "answer"))
    assert not (await connector.probe()).ok
    await clock.advance(timedelta(minutes=1))

    assert (await connector.probe()).ok
    assert texts(await walk(connector, "comments")) == ["text a"]


async def test_hiding_twice_is_hiding_once() -> None:
    """An action that sets a state may be repeated, and is found by its state."""
    connector, _ = playing(arrive("a"))
    hide = entry_for(connector, "a", action=Action.HIDE)
    assert await connector.find(hide) is None
    await connector.perform(hide)
    await connector.perform(hide)

    assert await connector.find(hide) is not None
    assert await connector.find(replace(hide, action=Action.UNHIDE)) is None


async def test_the_same_words_twice_on_x_are_not_a_second_post() -> None:
    """X answers a duplicate with a refusal that means: probably there already."""
    scenario = load(lines(arrive("a", account="x", object="post")))
    x = connectors_for(scenario, VirtualClock(NOW))[1]
    entry = entry_for(x, "a", "answer")
    receipt = await x.perform(entry)

    with pytest.raises(Unknown):
        await x.perform(entry)
    assert await x.find(entry) == receipt


@pytest.mark.parametrize(
    ("row", "line", "field", "hint"),
    [
        ({"at": "+00:00:00", "do": "arive"}, 2, "do", "nearest is 'arrive'"),
        (arrive("a", txt="x"), 2, "txt", "nearest is 'text'"),
        (arrive("a", object="coment"), 2, "object", "nearest is 'comment'"),
        (arrive("a", account="fbb"), 2, "account", "nearest is 'fb'"),
        (arrive("a", at="soon"), 2, "at", "neither +HH:MM:SS nor an instant"),
        (arrive("a", at="2026-11-23T09:00:00"), 2, "at", "no zone"),
        (arrive("a", text=None), 2, "text", "str"),
        (arrive("a", created="+01:00:00"), 2, "created", "after it arrived"),
        ({"at": "+00:00:00", "do": "edit", "account": "fb", "id": "b", "text": "x"}, 2, "id", "not there"),
        ({"at": "+00:00:00", "do": "delete", "account": "fb"}, 2, "id", "missing required field"),
        ({"at": "+00:00:00", "do": "token", "account": "fb", "state": "ded"}, 2, "state", "nearest is 'dead'"),
    ],
)
def test_a_mistake_names_line_field_and_the_nearest_word(row: dict[str, Any], line: int, field: str, hint: str) -> None:
    """Whoever writes a scenario is told where to look and what would be right there."""
    with pytest.raises(BadScenario) as caught:
        load(lines(row))

    assert (caught.value.facts["line"], caught.value.facts["field"]) == (line, field)
    assert hint in str(caught.value)


@pytest.mark.parametrize("text", ["", "not json", "[1]", '{"scenario":2,"name":"n","start":"2026-11-23T08:00:00Z"}'])
def test_a_file_that_is_no_scenario_is_refused(text: str) -> None:
    """The first line must be a header of a version that is known."""
    with pytest.raises(BadScenario):
        load([text])


def test_lines_out_of_order_and_second_arrivals_are_refused() -> None:
    """Time runs forward in a script, and a message arrives once."""
    with pytest.raises(BadScenario, match="order of time"):
        load(lines(arrive("a", "+00:01:00"), arrive("b")))
    with pytest.raises(BadScenario, match="arrived already"):
        load(lines(arrive("a"), arrive("a")))


def test_a_scenario_is_read_from_a_file(tmp_path: Path) -> None:
    """A path works as lines do, and a mistake names the file."""
    path = tmp_path / "day.jsonl"
    path.write_text("\n".join(lines(arrive("a"), {})), encoding="utf-8")

    with pytest.raises(BadScenario, match=re.escape(str(path))):
        load(path)


async def test_the_built_in_day_plays_to_its_end() -> None:
    """The practice day: a backlog, then messages on all three networks, all of them read once."""
    day = built_in_day()
    clock = VirtualClock(day.header.start)
    connectors = connectors_for(day, clock)
    marks: dict[str, Mark] = {}
    seen: dict[str, int] = {}

    async def poll() -> int:
        before = len(seen)
        for connector in connectors:
            for stream in connector.streams():
                pages = await walk(connector, stream.name, marks.get(stream.id))
                marks[stream.id] = pages[-1].mark
                for page in pages:
                    for message in page.messages:
                        seen[str(message.key)] = seen.get(str(message.key), 0) + 1
        return len(seen) - before

    backlog = await poll()
    await clock.advance(timedelta(seconds=60))
    first_minute = await poll()
    await clock.advance(timedelta(minutes=39))
    rest = await poll()

    assert backlog >= 30
    assert first_minute >= 3
    assert rest >= 30
    assert {key.split(":")[0] for key in seen} == set(Network)
    assert {key.split(":")[2] for key in seen} == set(ObjectKind)


async def test_the_built_in_day_has_what_an_operator_must_learn() -> None:
    """Arabic and English, an edit, a deletion, something urgent and something hostile are all in it."""
    path = Path(__file__).parents[2] / "connectors" / "scenario" / "day.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][1:]
    words = " ".join(row.get("text", "") for row in rows)

    assert {row["do"] for row in rows} >= {"arrive", "edit", "delete"}
    assert "\N{ESCAPE}]52;" in words
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" in words
    assert "[@click=" in words
    assert any(row.get("parent") for row in rows)
    assert all(number.startswith(("0500", "+971500")) for number in re.findall(r"(?<![\d-])(?:0|\+971)5\d{6,}", words))


async def test_a_day_can_begin_at_another_time() -> None:
    """Moving the start moves everything with it."""
    day = built_in_day()
    moved = day.starting(NOW)

    assert moved.header.start == NOW
    assert {after.at - before.at for before, after in zip(day.steps, moved.steps, strict=True)} == {
        NOW - day.header.start
    }


def test_youtube_has_no_private_messages() -> None:
    """What a network cannot do is not among an account's capabilities."""
    networks = {each.network: each.capabilities() for each in connectors_for(built_in_day(), VirtualClock(NOW))}

    assert Capability.MESSAGE in networks[Network.FACEBOOK]
    assert Capability.MESSAGE not in networks[Network.YOUTUBE]
    assert Capability.READ_PRIVATE not in networks[Network.YOUTUBE]
