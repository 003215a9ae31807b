"""The X account: what its listings become, what is done there, what its refusals mean, what it costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.clock import VirtualClock
from connectors.http import Answer
from connectors.tokens import FixedToken
from connectors.verdict import ListingBusy, Says
from connectors.x import XConnector, XSettings, ids
from connectors.x.answers import NOT_ANSWERABLE, verdict_of
from connectors.x.normalise import is_same, plain
from majlis.errors import Busy, NeedsSignIn, Refused, Unknown
from majlis.message import Network, ObjectKind
from majlis.outbox import Action
from majlis.ports import Capability, Mark
from tests.connectors.entries import NOW, by_id, entry_for, texts, walk
from tests.connectors.networks import CANARY, USER, FakeX, problem
from tests.connectors.service import SHARED, Reply, Service, recorded

MINUTE = timedelta(minutes=1)


# ------------------------------------------------------------------------------------------------------------- reading


async def test_one_post_found_by_two_listings_has_one_key(service: Service, connector: XConnector) -> None:
    """Mention or reply is an attribute of a message, not an identity."""
    row = {"id": "1990000000000000001", "text": "@moh_practice hello", "author_id": "5", "conversation_id": "7"}
    service.answer = lambda _: Reply(body={"data": [row], "meta": {"result_count": 1}})
    mentions, replies = await walk(connector, "mentions"), await walk(connector, "replies")
    first, second = mentions[0].messages[0], replies[0].messages[0]

    assert first.key == second.key
    assert (first.listings, second.listings) == (("mentions",), ("replies",))
    assert first.thread == "7"


async def test_an_edited_post_keeps_its_first_id(api: FakeX, connector: XConnector, clock: VirtualClock) -> None:
    """A new id per edit: one message, whose later ids are aliases."""
    first_id = api.arrive("a", "before")
    pages = await walk(connector, "mentions")
    await clock.advance(MINUTE)
    second_id = api.edit(first_id, "after")
    again = by_id(await walk(connector, "mentions", pages[-1].mark))

    assert again[first_id].text == "after"
    assert again[first_id].aliases == (second_id,)
    assert second_id not in again


@pytest.mark.parametrize("generation", ["tweet", "post"])
async def test_both_generations_of_names_are_read(service: Service, clock: VirtualClock, generation: str) -> None:
    """What is asked for is a setting; what comes is understood either way."""
    row = {
        "id": "1990000000000000002",
        "text": "short &amp; cut…",
        f"note_{generation}": {"text": "long &amp; whole &lt;text&gt;"},
        f"edit_history_{generation}_ids": ["1990000000000000001", "1990000000000000002"],
        f"referenced_{generation}s": [{"type": "quoted", "id": "3"}, {"type": "replied_to", "id": "4"}],
    }
    service.answer = lambda _: Reply(body={"data": [row]})
    settings = XSettings(account="x", user=USER, handle="h", api_url=service.url, names=generation)  # type: ignore[arg-type]  # both words of the setting
    connector = XConnector(settings, clock, FixedToken(CANARY, account="x", network=Network.X))
    message = by_id(await walk(connector, "mentions"))["1990000000000000001"]
    await connector.aclose()

    assert message.text == "long & whole <text>"
    assert message.aliases == ("1990000000000000002",)
    assert message.parent == "4"
    asked = service.requests[0].query
    assert f"referenced_{generation}s" in asked[f"{generation}.fields"] + asked["expansions"]


async def test_recorded_mentions_are_read_without_times_and_authors(service: Service, connector: XConnector) -> None:
    """A real answer with nothing but ids and texts: the id tells the time, nobody is invented."""
    reply = recorded("x/mentions_1_get.json")
    service.answer = lambda _: reply
    stream = connector.streams()[0]
    page = await connector.read(stream, None)
    message = by_id([page])["1578516295611748353"]

    assert page.quarantined == ()
    assert len(page.messages) == len(reply.body["data"])
    assert message.created_at.date() == datetime(2022, 10, 7, tzinfo=UTC).date()
    assert message.author.shown() == ""
    assert page.more is bool(reply.body["meta"].get("next_token"))


@pytest.mark.parametrize("name", ["x/mentions_expanded.json", "x/search_recent_1_get.json"])
async def test_recorded_listings_are_read_whole(service: Service, connector: XConnector, name: str) -> None:
    """Every row of a real answer becomes a message with an https link."""
    reply = recorded(name)
    service.answer = lambda request: reply if not request.path.endswith("/users") else Reply(body={})
    page = await connector.read(connector.streams()[0], None)

    assert len(page.messages) == len(reply.body["data"])
    assert page.quarantined == ()
    assert all((message.link or "").startswith("https://x.com/") for message in page.messages)


async def test_recorded_direct_messages_are_read(service: Service, connector: XConnector) -> None:
    """A real event: private, with its conversation and whom to answer."""
    reply = recorded("x/dm_events.json")
    service.answer = lambda request: reply if request.path.endswith("dm_events") else Reply(body={})
    message = (await walk(connector, "messages"))[0].messages[0]

    assert message.key.object is ObjectKind.PRIVATE
    assert message.thread == "1585094756761149440"
    assert message.recipient == "906948460078698496"


async def test_direct_messages_are_read_until_a_known_one(
    api: FakeX, connector: XConnector, clock: VirtualClock, service: Service
) -> None:
    """This listing cannot be asked for what is new: reading stops at what is known."""
    for number in range(9):
        api.write_privately("a", f"private {number}")
        await clock.advance(5 * MINUTE)
    first = await walk(connector, "messages")
    api.write_privately("a", "new")
    before = len(service.requests)
    second = await walk(connector, "messages", first[-1].mark)

    assert len(texts(first)) == 9
    assert "new" in texts(second)
    assert len(service.requests) - before == 1


async def test_quiet_polls_ask_for_nothing_old(
    api: FakeX, connector: XConnector, service: Service, clock: VirtualClock
) -> None:
    """Every post read is paid: only what lies just behind the mark is asked for again, which is free, people never."""
    native_id = api.arrive("a", "hello")
    api.arrive("a", "older", at=NOW - 5 * MINUTE)
    first = await walk(connector, "mentions")
    spent = connector.ledger.spent
    await clock.advance(5 * MINUTE)
    quiet = await walk(connector, "mentions", first[-1].mark)
    asked = [request.path for request in service.requests]

    assert texts(quiet) == ["hello"]
    assert connector.ledger.spent == spent
    assert quiet[-1].mark == first[-1].mark == Mark(high=native_id)
    assert 0 < int(native_id) - int(service.requests[-1].query["since_id"]) < 200_000 << 22
    assert asked.count("/2/users") == 1
    assert first[0].messages[0].author.handle == "a"


async def test_a_page_without_names_is_better_than_no_page(api: FakeX, connector: XConnector) -> None:
    """When people cannot be asked for, the messages come without names."""
    api.arrive("a", "hello")
    api.fault = lambda request: problem(503, "down") if request.path == "/2/users" else None
    message = (await walk(connector, "mentions"))[0].messages[0]

    assert message.author.id
    assert message.author.shown() == ""


async def test_a_mark_too_old_for_the_service_becomes_a_time(
    api: FakeX, connector: XConnector, service: Service
) -> None:
    """400 that names `since_id`: the id is dropped, the time it carries takes over."""
    native_id = api.arrive("a", "hello", at=NOW - timedelta(days=20))
    error = {"parameters": {"since_id": ["1"]}, "message": "'since_id' must be a tweet id created after"}
    api.fault = lambda request: (
        Reply(status=400, body={"errors": [error], "title": "Invalid Request"}) if "since_id" in request.query else None
    )
    mentions = await walk(connector, "mentions", Mark(high=native_id))
    await walk(connector, "replies", Mark(high=native_id))
    starts = [request.query["start_time"] for request in service.requests if "start_time" in request.query]

    assert texts(mentions) == ["hello"]
    assert starts[0].startswith("2026-11-03")
    assert starts[-1].startswith("2026-11-16")


async def test_a_dead_page_mark_begins_again_from_the_mark(api: FakeX, connector: XConnector) -> None:
    """400 that names the page mark: the walk starts over."""
    for number in range(7):
        api.arrive(f"a{number}", f"text {number}")
    page = await connector.read(connector.streams()[0], None)
    assert page.more
    error = {"parameters": {"pagination_token": ["x"]}, "message": "invalid"}
    once = iter([Reply(status=400, body={"errors": [error]})])
    api.fault = lambda request: next(once, None) if "pagination_token" in request.query else None
    rest = await walk(connector, "mentions", page.mark)

    assert sorted(texts(rest)) == [f"text {number}" for number in range(7)]


async def test_odd_rows_are_kept_aside(service: Service, connector: XConnector) -> None:
    """Rows without an id, of another type or with a number for an id do not stop the others."""
    rows = [{"text": "no id"}, {"id": 5}, 3, {"id": "1990000000000000001", "text": "hello"}]
    service.answer = lambda request: Reply(body={"data": rows} if "mentions" in request.path else {})
    page = (await walk(connector, "mentions"))[0]

    assert [json.loads(each.raw) for each in page.quarantined] == rows[:3]
    assert texts([page]) == ["hello"]


async def test_nothing_there_is_an_absent_data(service: Service, connector: XConnector) -> None:
    """`data`, `includes` and `meta` are absent or null where there is nothing."""
    nothing = [{}, {"data": None, "includes": None, "meta": None, "errors": None}, {"meta": {"result_count": 0}}]
    bodies = iter(nothing)
    service.answer = lambda _: Reply(body=next(bodies))
    for _ in nothing:
        assert texts(await walk(connector, "mentions")) == []


# -------------------------------------------------------------------------------------------------------------- doing


async def test_direct_messages_go_into_the_conversation_or_to_the_person(
    api: FakeX, connector: XConnector, service: Service
) -> None:
    """An answer goes where the question stands; about a public post it goes to its writer."""
    api.write_privately("a", "question", sender="555")
    thread = api.items[0].root
    inside = entry_for(
        connector, api.items[0].id, "one", Action.MESSAGE, ObjectKind.PRIVATE, thread=thread, recipient="555"
    )
    public = entry_for(connector, "123", "two", Action.MESSAGE, ObjectKind.POST, recipient="555", thread="123")
    await connector.perform(inside)
    await connector.perform(public)

    assert service.paths()[-2:] == [
        f"POST /2/dm_conversations/{thread}/messages",
        "POST /2/dm_conversations/with/555/messages",
    ]
    assert await connector.find(inside) is not None
    assert await connector.find(public) is not None
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "1", "three", Action.MESSAGE))


async def test_a_duplicate_is_probably_there(api: FakeX, connector: XConnector) -> None:
    """The recorded refusal means: look first."""
    duplicate = recorded("x/error_403_duplicate.json")
    target = api.arrive("a", "question")
    api.fault = lambda request: duplicate if request.method == "POST" else None
    with pytest.raises(Unknown):
        await connector.perform(entry_for(connector, target, "answer"))


async def test_a_post_that_x_does_not_let_us_answer_says_so(api: FakeX, connector: XConnector) -> None:
    """Its author did not mention us: a state with ways out, and replying as such stays possible."""
    target = api.arrive("a", "question")
    words = "You can only reply to this post if the author mentioned you."
    api.fault = lambda request: problem(403, words) if request.method == "POST" else None
    with pytest.raises(Refused) as caught:
        await connector.perform(entry_for(connector, target, "answer"))

    assert caught.value.facts["code"] == NOT_ANSWERABLE
    assert Capability.REPLY in connector.capabilities()


SHUTS = [
    (Action.REPLY, ObjectKind.POST, {Capability.REPLY}),
    (Action.REPLY, ObjectKind.PRIVATE, {Capability.MESSAGE, Capability.PRIVATE_REPLY}),
    (Action.MESSAGE, ObjectKind.POST, {Capability.MESSAGE, Capability.PRIVATE_REPLY}),
    (Action.POST, ObjectKind.POST, {Capability.POST}),
    (Action.DELETE, ObjectKind.POST, {Capability.DELETE}),
    (Action.HIDE, ObjectKind.POST, {Capability.HIDE}),
    (Action.UNHIDE, ObjectKind.POST, {Capability.HIDE}),
]
"""What was tried on what, and what a missing right for it shuts."""


@pytest.mark.parametrize("shuts", SHUTS, ids=[f"{action} {kind}" for action, kind, _ in SHUTS])
async def test_a_missing_right_shuts_one_feature_for_an_hour(
    api: FakeX,
    connector: XConnector,
    clock: VirtualClock,
    shuts: tuple[Action, ObjectKind, set[Capability]],
) -> None:
    """The others stay; after an hour it is offered again, since somebody may have granted it."""
    action, kind, off = shuts
    everything = connector.capabilities()
    api.fault = lambda _: problem(403, "not permitted", kind="client-forbidden")
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "1", "x", action, kind, recipient="770"))
    assert connector.capabilities() == everything - off

    await clock.advance(timedelta(minutes=59))
    assert connector.capabilities() == everything - off
    await clock.advance(timedelta(minutes=2))
    assert connector.capabilities() == everything


async def test_a_right_that_was_granted_is_there_at_once(api: FakeX, connector: XConnector) -> None:
    """The first success says so, before the hour is over."""
    hide = entry_for(connector, api.arrive("a", "question"), action=Action.HIDE)
    api.fault = lambda _: problem(403, "not permitted", kind="client-forbidden")
    with pytest.raises(Refused):
        await connector.perform(hide)
    assert Capability.HIDE not in connector.capabilities()
    api.fault = None
    await connector.perform(hide)

    assert Capability.HIDE in connector.capabilities()


async def test_a_dead_token_is_replaced_once_and_the_call_repeated_once(
    api: FakeX, service: Service, clock: VirtualClock
) -> None:
    """401 was certainly not done; with the new token the very same call goes through."""
    renewed: list[str] = []

    class Tokens(FixedToken):
        async def access(self) -> str:
            return renewed[-1] if renewed else "old"

        async def renew(self, dead: str) -> str:
            assert dead == "old"
            renewed.append(CANARY)
            return CANARY

    settings = XSettings(account="x", user=USER, handle="moh_practice", api_url=service.url)
    connector = XConnector(settings, clock, Tokens("", account="x", network=Network.X))
    target = api.arrive("a", "question")
    api.fault = lambda request: (
        problem(401, "Unauthorized") if request.headers["authorization"] == "Bearer old" else None
    )
    await connector.perform(entry_for(connector, target, "answer"))
    await connector.aclose()

    assert api.published() == ["answer"]
    assert service.paths().count("POST /2/tweets") == 2


async def test_unsupported_actions_make_no_call(connector: XConnector, service: Service) -> None:
    """X has neither edits nor moderation for us."""
    for action in (Action.EDIT, Action.MODERATE):
        with pytest.raises(Refused):
            await connector.perform(entry_for(connector, "1", "x", action))
    assert Capability.EDIT not in connector.capabilities()
    assert service.requests == []


async def test_recorded_write_answers_are_understood(service: Service, connector: XConnector) -> None:
    """A real 201 gives the id; a real answer to hiding confirms it."""
    posted, hidden = recorded("x/tweet_1_post.json"), recorded("x/hide_1_put.json")
    service.answer = lambda request: posted if request.method == "POST" else hidden
    receipt = await connector.perform(entry_for(connector, "1", "Test Tweet"))
    assert receipt.native_id == "1456012973835788293"
    assert (await connector.perform(entry_for(connector, "1", action=Action.HIDE))).native_id is None
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "1", action=Action.UNHIDE))


async def test_deleting_is_found_by_the_absence(api: FakeX, connector: XConnector) -> None:
    """Gone is what was wanted."""
    target = api.arrive("a", "ours")
    delete = entry_for(connector, target, action=Action.DELETE)
    assert await connector.find(delete) is None
    await connector.perform(delete)
    await connector.perform(delete)
    assert await connector.find(delete) is not None


# ----------------------------------------------------------------------------------------------------- limits and cost


async def test_a_used_up_window_waits_for_its_reset_by_the_services_clock(
    api: FakeX, connector: XConnector, clock: VirtualClock, service: Service
) -> None:
    """The reset stamp and the answer's own date give the wait; meanwhile no call is made."""
    reset = int((NOW - timedelta(days=400) + timedelta(minutes=7)).timestamp())
    api.headers = {
        "x-rate-limit-remaining": "0",
        "x-rate-limit-reset": str(reset),
        "Date": (NOW - timedelta(days=400)).strftime("%a, %d %b %Y %H:%M:%S UTC"),
    }
    pages = await walk(connector, "messages")
    before = len(service.requests)
    with pytest.raises(ListingBusy) as caught:
        await connector.read(pages[0].stream, pages[-1].mark)
    assert caught.value.wait_s == 420
    assert len(service.requests) == before
    api.headers = {}
    await clock.advance(timedelta(minutes=7))
    await connector.read(pages[0].stream, pages[-1].mark)


async def test_windows_are_narrow_and_credit_is_not(api: FakeX, connector: XConnector) -> None:
    """A 429 stops one listing; a used-up month stops the account."""
    api.fault = lambda _: problem(429, "Too Many Requests")
    with pytest.raises(ListingBusy):
        await walk(connector, "mentions")
    api.fault = lambda _: problem(429, "Usage cap exceeded", kind="usage-capped")
    with pytest.raises(Busy) as caught:
        await walk(connector, "replies")
    assert not isinstance(caught.value, ListingBusy)


async def test_what_is_read_and_written_is_counted(api: FakeX, connector: XConnector) -> None:
    """Mentions, people, posts, posts with links and direct messages have their prices."""
    target = api.arrive("a", "question")
    await walk(connector, "mentions")
    assert connector.ledger.spent == 1 + 10
    await connector.perform(entry_for(connector, target, "answer"))
    assert connector.ledger.spent == 11 + 15
    await connector.perform(entry_for(connector, target, "see https://example.com/flu"))
    assert connector.ledger.spent == 26 + 200


async def test_a_spent_budget_stops_reading_and_leaves_answers(
    api: FakeX, service: Service, clock: VirtualClock
) -> None:
    """Reading waits for the next day (UTC); answers go out."""
    settings = XSettings(account="x", user=USER, handle="h", api_url=service.url, daily_budget_usd=0.01)
    connector = XConnector(settings, clock, FixedToken(CANARY, account="x", network=Network.X))
    target = api.arrive("a", "question")
    pages = await walk(connector, "mentions")
    with pytest.raises(Busy) as caught:
        await connector.read(pages[0].stream, pages[-1].mark)
    assert caught.value.wait_s == timedelta(hours=16).total_seconds()
    await connector.perform(entry_for(connector, target, "answer"))
    await clock.advance(timedelta(hours=16))
    await connector.read(pages[0].stream, pages[-1].mark)
    await connector.aclose()


TABLE: list[tuple[Reply, bool, Says]] = [
    (problem(400, "bad"), False, Says.NO),
    (Reply(status=400, body={"errors": [{"parameters": {"since_id": ["1"]}}]}), False, Says.STALE),
    (Reply(status=400, body={"errors": [{"parameters": {"next_token": ["1"]}}]}), False, Says.STALE),
    (problem(401, "Unauthorized"), False, Says.SIGN_IN),
    (problem(402, "Credits depleted"), False, Says.WAIT),
    (problem(403, "You are not allowed to create a Tweet with duplicate content."), True, Says.DUPLICATE),
    (problem(403, "not permitted", kind="client-forbidden"), True, Says.NO_RIGHT),
    (problem(403, "When authenticating…", kind="unsupported-authentication"), False, Says.NO_RIGHT),
    (problem(403, "You are not permitted to perform this action."), True, Says.NO),
    (problem(403, "You are not permitted to perform this action."), False, Says.NO_RIGHT),
    (problem(404, "gone", kind="resource-not-found"), False, Says.GONE),
    (Reply(status=404, raw=b""), False, Says.NO_RIGHT),
    (problem(408, "late"), True, Says.FAULT),
    (problem(409, "conflict"), True, Says.FAULT),
    (problem(413, "big"), True, Says.NO),
    (problem(415, "type"), True, Says.NO),
    (problem(429, "Too Many Requests"), True, Says.WAIT),
    (Reply(status=429, body={"errors": [{"code": 88, "message": "Rate limit exceeded"}]}), False, Says.WAIT),
    (problem(429, "Usage cap exceeded", kind="usage-capped"), False, Says.WAIT),
    (problem(500, "oops"), True, Says.FAULT),
    (Reply(status=503, raw=b"<html>over capacity</html>"), True, Says.FAULT),
    (Reply(status=502, raw=b""), False, Says.FAULT),
    (Reply(status=418, body={"code": 7, "message": "plain form"}), False, Says.NO),
]


@pytest.mark.parametrize(("reply", "write", "says"), TABLE)
def test_refusals_are_told_apart(reply: Reply, write: bool, says: Says) -> None:
    """The table of statuses and problem types."""
    body = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
    verdict = verdict_of(Answer(status=reply.status, body=body), write=write)

    assert verdict.says is says
    assert (verdict.wait_s is not None) is (says is Says.WAIT)


async def test_out_of_credit_waits_an_hour(api: FakeX, connector: XConnector) -> None:
    """402 stops X, tells why, and is tried again hourly."""
    api.fault = lambda _: problem(402, "Your account does not have any credits")
    with pytest.raises(Busy, match="credits") as caught:
        await walk(connector, "mentions")
    assert caught.value.wait_s == 3600


async def test_recorded_me_is_understood(service: Service, clock: VirtualClock) -> None:
    """The probe names the account and compares clocks; the recorded date says UTC instead of GMT."""
    reply = recorded("x/me_1_get.json")
    service.answer = lambda _: reply
    settings = XSettings(account="x", user=reply.body["data"]["id"], handle="tweepy_test", api_url=service.url)
    connector = XConnector(settings, clock, FixedToken(CANARY, account="x", network=Network.X))
    probe = await connector.probe()
    await connector.aclose()

    assert (probe.ok, probe.name) == (True, "Tweepy Testing")
    assert probe.clock_skew is not None
    assert probe.clock_skew == datetime(2022, 1, 7, 8, 5, 56, tzinfo=UTC) - clock.now()


async def test_a_probe_without_sign_in_says_so(service: Service, connector: XConnector) -> None:
    """A fixed token cannot be replaced."""
    service.answer = lambda _: problem(401, "Unauthorized")
    probe = await connector.probe()
    assert isinstance(probe.problem, NeedsSignIn)


# ---------------------------------------------------------------------------------------------------- ids and texts


def test_ids_carry_their_time_and_are_compared_as_numbers() -> None:
    """A recorded id lies at its time; a longer id is newer, whatever its letters."""
    at = ids.time_of("1578516295611748353")
    assert at is not None
    assert at.strftime("%Y-%m-%d %H:%M") == "2022-10-07 22:43"
    assert abs(at - (ids.time_of(ids.first_of(at)) or NOW)) < timedelta(milliseconds=2)
    assert ids.newest("999", "1000", None) == "1000"
    assert ids.newest(None) is None
    assert ids.time_of("7") is None
    assert ids.time_of("nonsense") is None
    assert ids.time_of("9" * 30) is None
    assert ids.newest("9" * 5000, "7") == "7"
    assert ids.behind("7", MINUTE) == "7"


def test_only_the_three_entities_of_x_are_undone() -> None:
    """What a person typed as `&copy;` stays what it is."""
    assert plain("&lt;b&gt; &amp;amp; &amp;lt; &copy; &#39;") == "<b> &amp; &lt; &copy; &#39;"


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("شكراً", "@citizen شكراً", True),
        ("@citizen hello", "@citizen hello", True),
        ("a < b & c", "a &lt; b &amp; c", True),
        ("see https://moh-practice.example/flu now", "see https://t.co/abc now", True),
        ("see moh-practice.example", "@a @b see https://t.co/abc", True),
        ("with a picture", "with a picture https://t.co/pic", True),
        ("e\N{COMBINING ACUTE ACCENT}", "\N{LATIN SMALL LETTER E WITH ACUTE}", True),
        ("hello", "hello there", False),
        ("see x now", "see https://t.co/abc later", False),
        ("a.b", "aXb", False),
        ("", "@citizen", False),
    ],
)
def test_our_words_are_recognised_as_x_shows_them(ours: str, theirs: str, same: bool) -> None:
    """X addresses answers, escapes three characters and shortens links."""
    assert is_same(ours, theirs) is same


def test_every_recorded_answer_is_read_here() -> None:
    """A recording that is added is missed until a test reads it."""
    folder = SHARED / "recorded" / "x"
    if not folder.exists():
        pytest.skip("needs ../shared, the project's shared data")
    here = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in sorted(folder.glob("*.json")) if f"x/{path.name}" not in here] == []
