"""The scenario file: what a line can say, and what is said of a line that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.scenario import BadScenario, load
from connectors.scenario.expected import Expect
from connectors.scenario.rows import Key, Operator
from connectors.scenario.schema import LINES, json_schema
from tests.scenario_page import PAGE, written

HEADER: dict[str, Any] = {
    "scenario": 1,
    "name": "test",
    "start": "2026-11-23T08:00:00Z",
    "accounts": [
        {"id": "fb", "network": "facebook", "name": "Practice"},
        {"id": "x", "network": "x", "name": "Practice"},
    ],
    "operators": [{"id": "salem"}, {"id": "huda", "roles": ["customer_service"]}],
}
ARRIVE = {"at": "+00:00:00", "do": "arrive", "account": "fb", "id": "a", "text": "?"}
WIRE = {"at": "+00:00:00", "do": "wire", "account": "fb", "request": {"path": "/me"}, "response": {"json": {}}}


def lines(*rows: dict[str, Any], **header: Any) -> list[str]:
    return [json.dumps(row) for row in ({**HEADER, **header}, *rows)]


def expect(**looks: Any) -> dict[str, Any]:
    return {"at": "+00:01:00", "do": "expect", **looks}


def act(**verb: Any) -> dict[str, Any]:
    return {"at": "+00:01:00", "do": "operator", "operator": "salem", **verb}


WRONG = [
    (expect(), "expect", "exactly one of queue"),
    (expect(state={"id": "a", "state": "new"}, audit={"events": 1}), "expect", "exactly one"),
    (expect(stat={"id": "a"}), "stat", "nearest is 'state'"),
    (expect(state={"id": "a", "stat": "new"}), "state.stat", "nearest is 'state'"),
    (expect(state={"id": "a", "state": "clamed"}), "state.state", "nearest is 'claimed'"),
    (expect(state={"state": "new"}), "state.id", "missing required field"),
    (expect(state={"id": "b"}), "state.id", "'b' is not there"),
    (expect(state={"id": "a", "account": "fbb"}), "state.account", "nearest is 'fb'"),
    (expect(queue={"ids": ["a", "b"]}), "queue.ids[1]", "'b' is not there"),
    (expect(queue={"ids": ["a"], "operator": "selem"}), "queue.operator", "nearest is 'salem'"),
    (expect(outbox={"entries": [{"to": "a", "state": "helt"}]}), "outbox.entries[0].state", "nearest is 'held'"),
    (expect(outbox={"entries": [{"to": "a", "due": "soon"}]}), "outbox.entries[0].due", "neither"),
    (expect(due={"id": "a", "due": "+1:0:0"}), "due.due", "neither"),
    (expect(screen={"region": "quue", "contains": ["a"]}), "screen.region", "nearest is 'queue'"),
    (expect(screen={}), "screen", "at least one of"),
    (expect(screen={"region": "rows", "contains": ["a"]}), "screen.rows", "first and the last"),
    (expect(screen={"region": "rows", "rows": [3, 2], "contains": ["a"]}), "screen.rows", "counted from 1"),
    (expect(within="-00:00:01", audit={"events": 1}), "within", "runs backwards"),
    (act(), "operator", "exactly one of claim"),
    (act(claim={"id": "a"}, release={"id": "a"}), "operator", "exactly one of claim"),
    (act(clame={"id": "a"}), "clame", "nearest is 'claim'"),
    (act(claim={"id": "re:b"}), "claim.id", "not there"),
    (act(done={"id": "a", "reason": "thank"}), "done.reason", "nearest is 'thanks'"),
    (act(claim={"id": "a"}, refused="Conflikt"), "refused", "nearest is 'Conflict'"),
    ({**act(claim={"id": "a"}), "operator": "hudaa"}, "operator", "nearest is 'huda'"),
    ({"at": "+00:01:00", "do": "key", "keys": ["j", {"txt": "a"}]}, "keys[1].txt", "nearest is 'text'"),
    ({"at": "+00:01:00", "do": "key", "keys": ["j", {}]}, "keys[1]", "exactly one of paste"),
    ({"at": "+00:01:00", "do": "key", "keys": [{"wait": "1s"}]}, "keys[0].wait", "not +HH:MM:SS"),
    ({"at": "+00:01:00", "do": "clock", "by": "an hour"}, "by", "not +HH:MM:SS"),
    ({"at": "+00:01:00", "do": "unhide", "account": "fb", "id": "a"}, "id", "not hidden"),
    ({"at": "+9999:00:00", "do": "hide", "account": "fb", "id": "a"}, "at", "longer than a year"),
    ({"at": "2031-01-01T00:00:00Z", "do": "hide", "account": "fb", "id": "a"}, "at", "more than a year"),
    (WIRE, "do", "network 'items'"),
]


@pytest.mark.parametrize(("row", "field", "hint"), WRONG)
def test_a_mistake_names_line_field_and_the_nearest_word(row: dict[str, Any], field: str, hint: str) -> None:
    """However deep in a line it is."""
    with pytest.raises(BadScenario) as caught:
        load(lines(ARRIVE, row))

    assert (caught.value.facts["line"], caught.value.facts["field"]) == (3, field)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("header", "field", "hint"),
    [
        ({"netwrk": "wire"}, "netwrk", "nearest is 'network'"),
        ({"operators": [{"id": "salem", "roles": ["oprator"]}]}, "operators[0].roles[0]", "nearest is 'operator'"),
        ({"operators": [{"id": "salem"}, {"id": "salem"}]}, "operators", "an id of its own"),
        ({"start": "1999-01-01T00:00:00Z"}, "start", "between 2000 and 2100"),
        ({"size": [10, 24]}, "size[0]", ">= 20"),
        ({"interval": "+00:00:00"}, "interval", "at least a second"),
        ({"end": "+00:00:01"}, "end", "before the last line"),
        ({"calendar": "opn"}, "calendar", "nearest is 'open'"),
        ({"policy": {"hold": 3}}, "policy.hold", "nearest is 'hold_s'"),
    ],
)
def test_a_mistake_in_the_header_is_named_too(header: dict[str, Any], field: str, hint: str) -> None:
    """It is line 1."""
    with pytest.raises(BadScenario) as caught:
        load(lines({**ARRIVE, "at": "+00:01:00"}, **header))

    assert (caught.value.facts["line"], caught.value.facts["field"]) == (1, field)
    assert hint in str(caught.value)


@pytest.mark.parametrize("url", ["https://graph.facebook.com", "http://127.0.0.1.example", "//[", "http://10.0.0.1/"])
def test_a_host_that_is_not_this_machine_is_refused(url: str) -> None:
    """A replay talks to nobody else, wherever the file names an address that would be called."""
    account = {**HEADER["accounts"][0], "api_url": url}
    moved = {**WIRE, "response": {"status": 302, "headers": {"Location": url}}}

    with pytest.raises(BadScenario, match="this machine alone"):
        load(lines(network="wire", accounts=[account]))
    with pytest.raises(BadScenario, match="this machine alone"):
        load(lines(moved, network="wire"))
    load(lines({**WIRE, "response": {"status": 302, "headers": {"Location": "/me"}}}, network="wire"))


def test_a_message_of_two_accounts_needs_its_account() -> None:
    """Otherwise nobody knows which one is meant."""
    both = (ARRIVE, {**ARRIVE, "account": "x"})

    with pytest.raises(BadScenario, match="in fb and x; name the account"):
        load(lines(*both, act(claim={"id": "a"})))
    load(lines(*both, act(claim={"id": "a", "account": "x"}), expect(queue={"ids": ["a", "a"]})))


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, '"\\ud800"', "1e999", "\ufeff{}", "null"]
)
def test_what_is_no_line_is_said_to_be_none(line: str) -> None:
    """Depth, halves of characters and numbers without end are no way to break it."""
    with pytest.raises(BadScenario):
        load([*lines(), line])


def test_bytes_that_are_no_text_are_named_by_their_line(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused at the place."""
    path = tmp_path / "s.jsonl"
    path.write_bytes("\n".join(lines(ARRIVE)).encode() + b"\n\xff\n")

    with pytest.raises(BadScenario, match="line 3: line: not UTF-8"):
        load(path)


def test_every_kind_of_line_is_read_into_its_struct() -> None:
    """Verbs, keys and expectations keep what was said; what was not said is not compared."""
    scenario = load(
        lines(
            ARRIVE,
            act(**{"return": {"id": "a", "text": "not ours"}}),
            {"at": "+00:02:00", "do": "key", "keys": ["j", {"text": "ok"}, {"wait": "+00:00:00.300"}]},
            {"at": "+00:02:00", "do": "expect", "state": {"id": "a", "holder": None}, "within": "+00:00:30"},
        )
    )
    told, pressed, looked = (step.what for step in scenario.steps[1:])

    assert isinstance(told, Operator)
    assert told.return_ is not None
    assert isinstance(pressed, Key)
    assert isinstance(looked, Expect)
    assert looked.state is not None
    assert (looked.state.holder, looked.state.state) == (None, msgspec.UNSET)
    assert (scenario.end - scenario.header.start).total_seconds() == 150


def test_the_page_says_what_the_structs_say() -> None:
    """`python -m tests.scenario_page` writes it."""
    assert PAGE.read_text("utf-8") == written()


def test_the_schema_knows_every_line_and_says_what_fields_mean() -> None:
    """Editors read it."""
    schema = json_schema()
    names = {ref["$ref"].rpartition("/")[2] for ref in schema["anyOf"]}

    assert names == {kind.__name__ for kind in LINES}
    assert schema["$defs"]["Key"]["properties"]["keys"]["description"].startswith("A letter")
    assert schema["$defs"]["Operator"]["properties"]["return"]
