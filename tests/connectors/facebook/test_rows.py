"""Answers that nobody promised: everything recorded, and rows made from Meta's own node specifications."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector, FacebookSettings, client
from connectors.facebook.answers import LONGEST_REGAIN_S, MOST_PERCENT, usage_of, verdict_of
from connectors.http import Answer
from connectors.tokens import FixedToken
from connectors.verdict import Verdict
from majlis.errors import MajlisError, NeedsSignIn, Refused
from majlis.message import Message, Network, Quarantined
from majlis.outbox import Action
from majlis.ports import Mark, Page
from tests.connectors.entries import NOW, entry_for
from tests.connectors.networks import CANARY, PAGE
from tests.connectors.service import SHARED, Reply, Request, Service, recorded, serving

from .specification import UNPUBLISHED_NODES, needed, node, parsed

EXAMPLES = 20
"""Pages of rows for each listing; a slip in one field of one row is found within a few."""

# ------------------------------------------------------------------------------------------------------------ recorded


async def _read(connector: FacebookConnector, name: str, mark: Mark | None = None) -> Page:
    stream = next(each for each in connector.streams() if each.name == name)
    return await connector.read(stream, mark)


async def _below(connector: FacebookConnector, service: Service, reply: Reply) -> int:
    """Read comments below a post that has just changed."""
    post = {"id": "19292868552_1", "updated_time": "2021-08-16T00:00:00+0000"}
    service.answer = lambda request: Reply(body={"data": [post]}) if request.path.endswith("/feed") else reply
    first = await _read(connector, "comments", Mark(high="2021-08-01T00:00:00+00:00"))
    page = await _read(connector, "comments", first.mark)
    assert page.quarantined == ()
    return len(page.messages)


async def _listed(connector: FacebookConnector, service: Service, reply: Reply) -> int:
    service.answer = lambda _: reply
    page = await _read(connector, "tagged")
    assert page.quarantined == ()
    return len(page.messages)


async def _made(connector: FacebookConnector, service: Service, reply: Reply) -> int:
    service.answer = lambda _: reply
    return 1 if (await connector.perform(entry_for(connector, "1_a", "x"))).native_id else 0


async def _conversation(connector: FacebookConnector, service: Service, reply: Reply) -> int:
    """Read a conversation without its messages, as one row of the list."""
    service.answer = lambda _: Reply(body={"data": [reply.body]})
    page = await _read(connector, "conversations")
    assert page.quarantined == ()
    return len(page.messages)


async def _refused(connector: FacebookConnector, service: Service, reply: Reply) -> int:
    service.answer = lambda _: Reply(body=reply.body, status=reply.status if reply.status != 200 else 400)
    with pytest.raises((NeedsSignIn, Refused)):
        await _read(connector, "comments")
    return 0


RECORDED: Mapping[str, tuple[Callable[[FacebookConnector, Service, Reply], Any], int]] = {
    "comment_created.json": (_made, 1),
    "comments_page1.json": (_below, 10),
    "comments_page2.json": (_below, 5),
    "conversation_single.json": (_conversation, 0),
    "error_100_permission.json": (_refused, 0),
    "error_190_463_expired.json": (_refused, 0),
    "feed_fields_page1.json": (_listed, 5),
}
"""How each recorded answer is read, and how many messages come of it."""


@pytest.mark.parametrize("name", RECORDED)
async def test_a_recorded_answer_goes_through_the_real_client(
    name: str, connector: FacebookConnector, service: Service
) -> None:
    """Nothing is set aside, nothing is lost, nothing is an error but what was one."""
    read, count = RECORDED[name]

    assert await read(connector, service, recorded(f"facebook/{name}")) == count


def test_no_recorded_answer_is_left_out() -> None:
    """A new recording has to be read here."""
    folder = SHARED / "recorded" / "facebook"
    if not folder.exists():
        pytest.skip("needs ../shared, the project's shared data")

    assert {path.name for path in folder.iterdir()} == set(RECORDED)


# ------------------------------------------------------------------------------------- made from the specifications

ABSENT = object()
TEXTS = st.text(max_size=12) | st.sampled_from(["متى؟ 👩‍👩‍👧", "a\x1b]52;c;x\x07\u202eb", "[red]", "\ufffd"])
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "bool": st.booleans(),
    "float": st.floats(min_value=0, max_value=4e9, allow_nan=False) | st.integers(0, 2**31),
    "unsigned int": st.integers(0, 2**40),
    "int": st.integers(-(2**40), 2**40),
    "datetime": st.datetimes(min_value=NOW.replace(year=2020, tzinfo=None), max_value=NOW.replace(tzinfo=None)).map(
        lambda at: at.strftime("%Y-%m-%dT%H:%M:%S+0000")
    ),
    "Object": st.fixed_dictionaries({"id": st.from_regex(r"[0-9]{1,20}", fullmatch=True), "name": TEXTS}),
}
OTHERS = st.sampled_from([7, 1.5, True, "x", [], [1], {}, {"data": 7}, {"id": {"deep": []}}, 10**40])
"""One of these is not of the type that is wanted, whichever that is."""
SEEN = st.fixed_dictionaries(
    {}, optional={"url": TEXTS, "media": st.fixed_dictionaries({}, optional={"source": TEXTS}), "type": TEXTS}
)
ATTACHED = st.fixed_dictionaries({}, optional={"data": st.none() | st.lists(SEEN, max_size=2)})
PRIVATELY = st.fixed_dictionaries(
    {}, optional={"data": st.none() | st.lists(st.fixed_dictionaries({}, optional={"file_url": TEXTS}), max_size=2)}
)
PEOPLE = st.fixed_dictionaries({}, optional={"data": st.none() | st.lists(VALUES["Object"], max_size=2)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A row, and whether it is one that has to be read."""

    row: Any
    good: bool


ASKED = {
    "PagePost": client._POST,
    "Comment": client._COMMENT,
    "UnifiedThread": client._THREAD,
    "UnifiedMessage": client._MESSAGE,
}
"""What the client asks of each node."""


def rows_of(name: str, *, inside: Mapping[str, st.SearchStrategy[Any]] | None = None) -> st.SearchStrategy[list[Made]]:
    """Make rows of a node: each field as declared, absent, null, or of another type."""
    kinds: dict[str, str]
    if name in UNPUBLISHED_NODES:
        kinds = dict.fromkeys(UNPUBLISHED_NODES[name], "string") | {"from": "Object", "created_time": "datetime"}
    else:
        kinds = dict(node(name).fields)
    inside = inside or {}
    asked = set(parsed(ASKED[name].whole)) - {"id", "messages"}
    others = sorted(set(kinds) - asked - {"id"})

    @st.composite
    def row(draw: st.DrawFn, number: int) -> Made:
        made, good = {}, True
        # What was not asked for may come along, in a shape that nobody knows.
        names = [
            *sorted(asked),
            *draw(st.lists(st.sampled_from(others), max_size=2, unique=True) if others else st.just([])),
        ]
        odd = draw(st.none() | st.sampled_from([*names, "id", "whole"]))
        for field in names:
            wanted = inside[field] if field in inside else VALUES.get(kinds.get(field, ""), VALUES["Object"])
            value = draw(st.just(ABSENT) | st.none() | wanted) if field != odd else draw(OTHERS)
            good = good and field != odd
            if value is not ABSENT:
                made[field] = value
        made["id"] = f"{name}_{number}"
        if odd == "id":
            made["id"], good = draw(OTHERS | st.none() | st.just("")), False
        return Made(row=draw(OTHERS) if odd == "whole" else made, good=good and odd != "whole")

    return st.integers(0, 4).flatmap(lambda many: st.tuples(*(row(number) for number in range(many))).map(list))


async def _through(name: str, answer: Callable[[Request], Reply]) -> tuple[list[Message], list[Quarantined]]:
    """Read a listing to its end through the real client."""
    async with serving() as service:
        service.answer = answer
        tokens = FixedToken(CANARY, account="fb", network=Network.FACEBOOK)
        settings = FacebookSettings(account="fb", page=PAGE, api_url=service.url, backlog_days=4000, posts_days=4000)
        connector = FacebookConnector(settings, VirtualClock(NOW), tokens)
        messages: list[Message] = []
        odd: list[Quarantined] = []
        mark, more = None, True
        try:
            while more:
                page = await _read(connector, name, mark)
                mark, more = page.mark, page.more
                messages += page.messages
                odd += page.quarantined
        finally:
            await connector.aclose()
    return messages, odd


def _kept(made: Iterable[Made], messages: Iterable[Message], odd: Iterable[Quarantined]) -> None:
    """Whatever was good is read, and whatever was not read is kept aside whole."""
    read, aside = {message.key.native_id for message in messages}, [json.loads(each.raw) for each in odd]
    for each in made:
        if each.good:
            assert each.row["id"] in read
        else:
            native_id = each.row.get("id") if isinstance(each.row, dict) else None
            assert (isinstance(native_id, str) and native_id in read) or each.row in aside


def _listing(rows: Iterable[Made]) -> Reply:
    return Reply(body={"data": [each.row for each in rows]})


def test_posts_of_any_shape() -> None:
    """Good ones are read, odd ones set aside."""
    needed()

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(rows=rows_of("PagePost", inside={"attachments": ATTACHED}))
    def run(rows: list[Made]) -> None:
        _kept(rows, *asyncio.run(_through("visitor_posts", lambda _: _listing(rows))))

    run()


def test_comments_of_any_shape() -> None:
    """Good ones are read, odd ones set aside; the post above them is there in any case."""
    needed()
    post = {"id": "post", "updated_time": "2026-11-23T00:00:00+0000"}

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(rows=rows_of("Comment", inside={"attachment": SEEN, "parent": VALUES["Object"]}))
    def run(rows: list[Made]) -> None:
        messages, odd = asyncio.run(
            _through("comments", lambda r: Reply(body={"data": [post]}) if r.path.endswith("/feed") else _listing(rows))
        )
        assert messages[0].key.native_id == "post"
        _kept(rows, messages, odd)

    run()


def test_conversations_and_messages_of_any_shape() -> None:
    """An odd message is set aside alone, what is no conversation as a whole; a good conversation never is."""
    needed()
    messages_of = rows_of("UnifiedMessage", inside={"attachments": PRIVATELY, "to": PEOPLE})

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(threads=rows_of("UnifiedThread", inside={"participants": PEOPLE}), inside=messages_of)
    def run(threads: list[Made], inside: list[Made]) -> None:
        whole = {"id": "t_whole", "messages": {"data": [each.row for each in inside]}}
        rows = [*(each.row for each in threads), whole]
        messages, odd = asyncio.run(_through("conversations", lambda _: Reply(body={"data": rows})))
        _kept(inside, messages, odd)
        aside = [json.loads(each.raw) for each in odd]
        for each in threads:
            assert each.row not in aside if each.good else isinstance(each.row, dict) or each.row in aside

    run()


@settings(max_examples=EXAMPLES, deadline=None)
@given(body=st.fixed_dictionaries({}, optional={name: OTHERS | st.none() for name in ("data", "paging", "summary")}))
def test_an_envelope_of_any_shape(body: dict[str, Any]) -> None:
    """Read as nothing, or said to be unreadable; never a crash, and never a walk without end."""
    for name in ("comments", "conversations", "tagged"):
        try:
            messages, _ = asyncio.run(_through(name, lambda _: Reply(body=body)))
        except MajlisError:
            continue
        assert messages == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["error", "code", "id", "success", "message", "call_count"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
FIGURES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("call_count", "total_time", "estimated_time_to_regain_access"), JSON)
)


@settings(max_examples=10 * EXAMPLES, deadline=None)
@given(usage=FIGURES, status=st.sampled_from([200, 400, 403, 500]), body=JSON)
def test_figures_and_refusals_of_any_shape(usage: dict[str, Any], status: int, body: Any) -> None:
    """A limit is a number of percent and a wait within a day; a refusal has one of our meanings."""
    headers = {"x-business-use-case-usage": json.dumps({"1": [usage]}), "x-app-usage": json.dumps(usage)}
    seen = usage_of(headers)
    answer = Answer(status=status, headers=headers, body=json.dumps(body).encode())

    assert 0 <= seen.percent <= MOST_PERCENT
    assert seen.regain_s is None or 0 < seen.regain_s <= LONGEST_REGAIN_S
    assert isinstance(verdict_of(answer), Verdict)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e300", "-5", "NaN", "[]", "null"])
def test_figures_beyond_all_measure(number: str) -> None:
    """No number of the service's stops us for longer than a day, or breaks the arithmetic."""
    seen = usage_of({"x-app-usage": f'{{"call_count": {number}, "estimated_time_to_regain_access": {number}}}'})

    assert 0 <= seen.percent <= MOST_PERCENT
    assert seen.regain_s is None or 0 < seen.regain_s <= LONGEST_REGAIN_S


@settings(max_examples=EXAMPLES, deadline=None)
@given(body=JSON)
def test_answers_to_writes_of_any_shape(body: Any) -> None:
    """Done, with what it made; or one of the errors that tell the sender what to do."""

    async def run() -> None:
        async with serving() as service:
            service.answer = lambda _: Reply(body=body)
            tokens = FixedToken(CANARY, account="fb", network=Network.FACEBOOK)
            connector = FacebookConnector(
                FacebookSettings(account="fb", page=PAGE, api_url=service.url), VirtualClock(NOW), tokens
            )
            try:
                for action in (Action.REPLY, Action.MESSAGE, Action.POST, Action.HIDE, Action.DELETE):
                    try:
                        receipt = await connector.perform(entry_for(connector, "1_a", "x", action))
                    except MajlisError:
                        continue
                    assert (receipt.native_id is None) is (action in {Action.HIDE, Action.DELETE})
            finally:
                await connector.aclose()

    asyncio.run(run())
