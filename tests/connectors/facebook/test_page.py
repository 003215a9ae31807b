"""The Facebook page: what its listings become, what is done there, what its refusals mean."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.facebook.answers import usage_of, verdict_of
from connectors.http import Answer
from connectors.tokens import FixedToken
from connectors.verdict import Says, Unreachable
from majlis.errors import Busy, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import Message, MessageKey, Network, ObjectKind
from majlis.outbox import Action
from majlis.ports import Capability, Mark
from tests.connectors.entries import NOW, entry_for, texts, walk
from tests.connectors.networks import CANARY, PAGE, FakeFacebook
from tests.connectors.service import Reply, Service, recorded

from .conftest import APP, error

S = timedelta(seconds=1)


# ------------------------------------------------------------------------------------------------------------- reading


async def test_comments_of_all_posts_come_with_their_replies(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Posts, a visitor's post, comments and replies: each is a message that knows its thread and parent."""
    graph.post("100_1", "ours", at=NOW - timedelta(days=2))
    comment = graph.arrive("a", "متى تفتحون؟", at=NOW - timedelta(hours=3))  # Arabic: when do you open?
    graph.items.append(_reply_to(graph, comment, "غداً"))  # Arabic: tomorrow
    graph.post("100_2", "a visitor writes", author="555", at=NOW - timedelta(hours=1))
    pages = await walk(connector, "comments")
    messages = {message.key.native_id: message for page in pages for message in page.messages}

    assert set(messages) == {"100_1", "100_2", "1_a", "1_r"}
    assert messages["100_1"].ours
    assert not messages["100_2"].ours
    assert messages["100_2"].key.object is ObjectKind.POST
    assert (messages["1_a"].thread, messages["1_a"].parent) == ("100_1", "100_1")
    assert (messages["1_r"].thread, messages["1_r"].parent) == ("100_1", "1_a")
    assert messages["1_a"].author.name == "Citizen a"
    assert messages["1_a"].created_at == NOW - timedelta(hours=3)


def _reply_to(graph: FakeFacebook, comment: str, text: str) -> Any:
    target = graph.item(comment)
    assert target is not None
    item_type = type(target)
    return item_type("1_r", text, "psid-r", "Citizen r", target.at + 60 * S, target.root, comment)


async def test_the_high_mark_moves_with_the_last_page_alone(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """While a walk goes on the mark stays; afterwards only what changed is asked for."""
    for number in range(8):
        graph.arrive(f"{number}", f"comment {number}", at=NOW - timedelta(hours=8 - number))
    pages = await walk(connector, "comments")
    again = await walk(connector, "comments", pages[-1].mark)

    assert [page.mark.high for page in pages[:-1]] == [None] * (len(pages) - 1)
    assert pages[-1].mark.high == (NOW - timedelta(hours=1)).isoformat()
    assert pages[-1].mark.walk is None
    assert len([text for text in texts(pages) if text.startswith("comment")]) == 8
    assert "comment 0" not in texts(again)
    assert again[-1].mark == pages[-1].mark


async def test_one_mark_gives_the_same_rows_again(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """A page that was read and not stored is read again."""
    for number in range(8):
        graph.arrive(f"{number}", f"comment {number}")
    pages = await walk(connector, "comments")
    for before, page in pairwise(pages):
        assert await connector.read(page.stream, before.mark) == page


async def test_a_dead_continuation_begins_again_from_the_mark(
    graph: FakeFacebook, connector: FacebookConnector
) -> None:
    """Cursors die; the walk starts over and nothing is missed."""
    for number in range(8):
        graph.post(f"100_{number}", f"post {number}")
    stream = next(each for each in connector.streams() if each.name == "comments")
    first = await connector.read(stream, None)
    refused = iter([error(100, message="(#100) Invalid cursors values")])
    graph.fault = lambda request: next(refused, None) if "after" in request.query else None
    pages = await walk(connector, "comments", first.mark)

    assert {text for text in texts(pages) if text.startswith("post")} == {f"post {number}" for number in range(8)}


async def test_a_mark_of_another_version_begins_again(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """A continuation that cannot be read is a dead one."""
    graph.arrive("a", "comment")
    stream = next(each for each in connector.streams() if each.name == "comments")
    first = await connector.read(stream, None)
    assert first.mark.walk is not None
    odd = type(first.mark.walk)(continuation="{}", candidate_high=None)
    pages = await walk(connector, "comments", Mark(high=None, walk=odd))

    assert "comment" in texts(pages)


async def test_an_edited_comment_keeps_its_key(
    graph: FakeFacebook, connector: FacebookConnector, clock: VirtualClock
) -> None:
    """The sweep shows an old comment's new text under the same key; an edit has no time of its own."""
    native_id = graph.arrive("a", "before", at=NOW - timedelta(days=3))
    first = await walk(connector, "comments")
    edited = graph.item(native_id)
    assert edited is not None
    edited.text = "after"
    await clock.advance(timedelta(hours=1))
    swept = await walk(connector, "sweep")
    keys = {message.text: message.key for page in (*first, *swept) for message in page.messages}

    assert keys["before"] == keys["after"]


async def test_recorded_comments_without_id_and_author_are_keyed_by_their_address(
    service: Service, connector: FacebookConnector
) -> None:
    """The real answers have neither; the permalink says which comment, and whose reply."""
    pages = {None: recorded("facebook/comments_page1.json"), "after": recorded("facebook/comments_page2.json")}
    post = {"id": "19292868552_10158407654328553", "updated_time": "2021-08-16T00:00:00+0000"}
    service.answer = lambda request: (
        Reply(body={"data": [post]}) if request.path.endswith("/feed") else pages[request.query.get("after")]
    )
    stream = next(each for each in connector.streams() if each.name == "comments")
    mark: Mark | None = Mark(high="2021-08-01T00:00:00+00:00")
    messages: dict[str, Message] = {}
    for _ in range(3):
        page = await connector.read(stream, mark)
        mark = page.mark
        messages |= {message.key.native_id: message for message in page.messages}
        assert page.quarantined == ()
    reply = messages["10158407654328553_10158409983033553"]

    assert reply.parent == "10158407654328553_10158407903973553"
    assert reply.author.shown() == ""
    assert reply.thread == post["id"]
    assert messages["10158407654328553_10158412899928553"].parent == post["id"]
    assert len(messages) > 15


async def test_recorded_posts_continue_without_the_token_of_their_address(
    service: Service, connector: FacebookConnector
) -> None:
    """A continuation that is only given as an address with a token keeps its time and loses the token."""
    reply = recorded("facebook/feed_fields_page1.json")
    service.answer = lambda _: reply
    stream = next(each for each in connector.streams() if each.name == "tagged")
    page = await connector.read(stream, None)

    assert len(page.messages) == 5
    assert page.mark.walk is not None
    assert "access_token" not in page.mark.walk.continuation
    await connector.read(stream, page.mark)
    assert service.requests[-1].query["until"] == "1624385168"
    assert "access_token" not in service.requests[-1].query


async def test_a_row_that_cannot_be_keyed_is_kept_aside_whole(service: Service, connector: FacebookConnector) -> None:
    """One odd row does not stop the others, and is there to look at."""
    rows = [{"message": "no id"}, {"id": 7}, "nonsense", {"id": "1_2", "message": None, "from": None}]
    service.answer = lambda request: Reply(
        body={"data": [{"id": "100_1"}] if request.path.endswith("/feed") else rows, "paging": None}
    )
    pages = await walk(connector, "comments")
    kept = [each for page in pages for each in page.quarantined]

    assert [json.loads(each.raw) for each in kept] == rows[:3]
    assert all(each.reason for each in kept)
    assert [message.key.native_id for message in pages[-1].messages] == ["1_2"]
    assert pages[-1].messages[0].text == ""


async def test_hostile_names_and_texts_are_kept_as_received(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Escape sequences and overrides are the screen's business; the store keeps what was written."""
    hostile = "a\N{ESCAPE}]52;c;x\a \N{RIGHT-TO-LEFT OVERRIDE}b [red]"
    native_id = graph.arrive("a", hostile)
    item = graph.item(native_id)
    assert item is not None
    item.name = hostile
    pages = await walk(connector, "comments")
    message = pages[-1].messages[0]

    assert (message.text, message.author.name) == (hostile, hostile)


async def test_a_link_that_is_not_https_is_no_link(service: Service, connector: FacebookConnector) -> None:
    """What a row calls its address may be anything."""
    row = {"id": "100_1", "permalink_url": "javascript:alert(1)"}
    service.answer = lambda request: Reply(body={"data": [row] if request.path.endswith("/feed") else []})
    pages = await walk(connector, "comments")

    assert pages[0].messages[0].link is None


async def test_a_post_that_is_gone_or_closed_does_not_hold_up_the_others(
    graph: FakeFacebook, connector: FacebookConnector
) -> None:
    """Comments of the other posts are read, and the walk ends."""
    for number in (1, 2, 3):
        graph.post(f"100_{number}", f"post {number}")
        graph.arrive(f"c{number}", f"comment {number}")
    refusals = {"100_1": error(100, 33), "100_2": error(10)}
    graph.fault = lambda request: refusals.get(request.path.split("/")[2])
    pages = await walk(connector, "comments")

    assert [text for text in texts(pages) if text.startswith("comment")] == ["comment 3"]
    assert Capability.READ_PUBLIC in connector.capabilities()


async def test_a_missing_right_is_said_and_never_an_empty_queue(
    graph: FakeFacebook, connector: FacebookConnector
) -> None:
    """Where no comments at all may be read, the account cannot read, and says so."""
    graph.arrive("a", "comment")
    graph.fault = lambda request: error(10) if request.path.endswith("/comments") else None
    with pytest.raises(Refused):
        await walk(connector, "comments")

    assert Capability.READ_PUBLIC not in connector.capabilities()
    assert Capability.READ_PRIVATE in connector.capabilities()
    graph.fault = None
    await walk(connector, "comments")
    assert Capability.READ_PUBLIC in connector.capabilities()


async def test_conversations_bring_their_messages(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Private messages know to whom an answer goes; ours are ours."""
    graph.write_privately("a", "هل من أحد؟")  # Arabic: is anybody there?
    entry = entry_for(connector, "m_a", "نعم", Action.MESSAGE, ObjectKind.PRIVATE, recipient="psid-t_1", thread="t_1")
    receipt = await connector.perform(entry)
    pages = await walk(connector, "conversations")
    messages = {message.key.native_id: message for page in pages for message in page.messages}
    assert receipt.native_id is not None

    assert messages["m_a"].key.object is ObjectKind.PRIVATE
    assert (messages["m_a"].thread, messages["m_a"].recipient) == ("t_1", "psid-t_1")
    assert messages[receipt.native_id].ours
    assert messages[receipt.native_id].recipient == "psid-t_1"


async def test_much_older_messages_of_a_conversation_are_context(
    graph: FakeFacebook, connector: FacebookConnector, clock: VirtualClock
) -> None:
    """What comes along with a new message is not owed an answer again."""
    graph.write_privately("old", "old", at=NOW - timedelta(days=200))
    pages = await walk(connector, "conversations", Mark(high=(NOW - timedelta(days=1)).isoformat()))
    await clock.advance(60 * S)
    graph.write_privately("new", "new")
    pages = await walk(connector, "conversations", pages[-1].mark)
    historic = {message.text: message.standing.historic for page in pages for message in page.messages}

    assert historic == {"old": True, "new": False}


async def test_asking_for_less_when_it_is_too_much(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Code 1 with "reduce the amount of data" halves the page and goes on."""
    graph.arrive("a", "comment")
    graph.fault = lambda request: (
        error(1, message="Please reduce the amount of data you're asking for", status=500)
        if int(request.query.get("limit", "0")) > 30
        else None
    )
    assert "comment" in texts(await walk(connector, "comments"))


async def test_every_call_is_signed_and_the_token_stands_in_the_header_alone(
    graph: FakeFacebook, connector: FacebookConnector, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """The proof is made of the token with the app's secret; no address, mark or log line holds the token."""
    caplog.set_level(logging.DEBUG)
    for number in range(5):
        graph.arrive(f"{number}", "comment")
    pages = await walk(connector, "comments")
    await connector.perform(entry_for(connector, "1_0", "answer"))
    proof = hmac.new(APP.encode(), CANARY.encode(), hashlib.sha256).hexdigest()

    assert all(request.query["appsecret_proof"] == proof for request in service.requests)
    assert all(request.headers["authorization"] == f"Bearer {CANARY}" for request in service.requests)
    assert not any(CANARY in str(request.query) for request in service.requests)
    assert not any(CANARY in repr(page) for page in pages)
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("connectors"))
    assert "/feed" in ours
    assert CANARY not in ours
    assert proof not in ours


# ------------------------------------------------------------------------------------------------------------ refusals

TABLE: list[tuple[Reply, Says]] = [
    (error(1), Says.FAULT),
    (error(2, status=500), Says.FAULT),
    (error(9999, is_transient=True), Says.FAULT),
    (error(9999, status=503), Says.FAULT),
    *[(error(code), Says.WAIT) for code in (4, 17, 32, 613, 80000, 80001, 80014, 341, 368)],
    (error(10, 1893063), Says.WAIT),
    *[(error(code), Says.SIGN_IN) for code in (102, 104, 190)],
    *[(error(190, subcode), Says.SIGN_IN) for subcode in (458, 459, 460, 463, 464, 467)],
    (error(190, 463, status=401), Says.SIGN_IN),
    *[(error(code), Says.NO_RIGHT) for code in (3, 10, 200, 283, 299)],
    (error(10, 2018278), Says.NO),
    (error(100, 33), Says.GONE),
    (error(100), Says.NO),
    (error(100, message="needs the 'pages_read_engagement' permission"), Says.NO_RIGHT),
    (error(100, message="Invalid cursors values After Cursor"), Says.STALE),
    *[(error(code), Says.NO) for code in (551, 1545041, 803, 2500, 10900, 10903, 1609005, 300, 12345)],
    (error(100, 2018001), Says.NO),
    (error(506), Says.DUPLICATE),
    (Reply(status=502, raw=b"<html>"), Says.FAULT),
    (Reply(status=401, raw=b""), Says.SIGN_IN),
    (Reply(status=429, raw=b""), Says.WAIT),
    (Reply(status=408, raw=b""), Says.FAULT),
    (Reply(status=404, raw=b""), Says.GONE),
    (Reply(status=403, raw=b"<html>"), Says.NO),
]


@pytest.mark.parametrize(("reply", "says"), TABLE)
def test_refusals_are_told_apart_by_code(reply: Reply, says: Says) -> None:
    """The table of the service's codes; HTTP status and type do not decide."""
    body = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
    verdict = verdict_of(Answer(status=reply.status, body=body))

    assert verdict.says is says
    assert (verdict.wait_s is not None) is (says is Says.WAIT)


def test_recorded_refusals_are_understood() -> None:
    """An expired token that comes as 400, and a code 100 that means a missing right."""
    expired, barred = recorded("facebook/error_190_463_expired.json"), recorded("facebook/error_100_permission.json")

    assert verdict_of(_answer(expired)).says is Says.SIGN_IN
    assert verdict_of(_answer(barred)).says is Says.NO_RIGHT


def _answer(reply: Reply) -> Answer:
    return Answer(status=reply.status, body=json.dumps(reply.body).encode())


def test_usage_headers_are_json_in_percent_and_minutes() -> None:
    """Both headers count, the worst figure wins, and the time to regain access is in minutes."""
    usage = usage_of(
        {
            "x-app-usage": '{"call_count":28,"total_time":25,"total_cputime":25}',
            "x-business-use-case-usage": '{"100":[{"type":"pages","call_count":95,"total_cputime":20,"total_time":20,'
            '"estimated_time_to_regain_access":7}]}',
        }
    )
    assert (usage.percent, usage.regain_s) == (95, 420)
    assert usage_of({"x-app-usage": "nonsense"}).percent == 0


async def test_limits_nearly_used_up_slow_polling_then_stop_it_and_leave_answers(
    graph: FakeFacebook, connector: FacebookConnector, clock: VirtualClock
) -> None:
    """At 60 percent half as often, at 90 no polls, at 98 nothing; after the wait one call asks again."""
    graph.arrive("a", "comment")
    usual = connector.streams()[0].interval
    graph.headers = {"X-App-Usage": json.dumps({"call_count": 60})}
    pages = await walk(connector, "comments")
    stream, mark = pages[0].stream, pages[-1].mark
    assert connector.streams()[0].interval == 2 * usual

    graph.headers = {"X-App-Usage": json.dumps({"call_count": 92})}
    await connector.read(stream, mark)
    with pytest.raises(Busy) as caught:
        await connector.read(stream, mark)
    assert caught.value.wait_s == 300
    await connector.perform(entry_for(connector, "1_a", "answer"))

    graph.headers = {"X-App-Usage": json.dumps({"call_count": 99})}
    await clock.advance(timedelta(seconds=300))
    await connector.read(stream, mark)
    with pytest.raises(Busy):
        await connector.perform(entry_for(connector, "1_a", "answer"))


async def test_throttling_without_an_end_waits_longer_each_time(
    graph: FakeFacebook, connector: FacebookConnector
) -> None:
    """Five minutes, ten, twenty, up to an hour; a success starts over."""
    graph.arrive("a", "comment")
    graph.fault = lambda _: error(32)
    stream = next(each for each in connector.streams() if each.name == "comments")
    waits = []
    for _ in range(6):
        with pytest.raises(Busy) as caught:
            await connector.read(stream, None)
        waits.append(caught.value.wait_s)
    graph.fault = None
    await walk(connector, "comments")
    graph.fault = lambda _: error(32)
    with pytest.raises(Busy) as caught:
        await connector.read(stream, None)

    assert waits == [300, 600, 1200, 2400, 3600, 3600]
    assert caught.value.wait_s == 300


# ------------------------------------------------------------------------------------------------------------- sending


async def test_private_reply_goes_to_the_writer_of_a_comment(
    graph: FakeFacebook, connector: FacebookConnector, service: Service
) -> None:
    """A private message about a comment names the comment; Graph knows the person."""
    graph.arrive("a", "comment")
    entry = entry_for(connector, "1_a", "privately", Action.MESSAGE)
    receipt = await connector.perform(entry)

    assert json.loads(service.requests[-1].form["recipient"]) == {"comment_id": "1_a"}
    assert receipt.native_id
    assert (await connector.find(entry)) is not None


@pytest.mark.parametrize("granted", [False, True])
async def test_outside_the_window_only_the_human_agent_feature_goes_further(
    graph: FakeFacebook, service: Service, clock: VirtualClock, granted: bool
) -> None:
    """Graph names the window; the page goes beyond it where that was granted, and otherwise says no."""
    settings = FacebookSettings(account="fb", page=PAGE, api_url=service.url, human_agent=granted)
    connector = FacebookConnector(settings, clock, FixedToken(CANARY, account="fb", network=Network.FACEBOOK))
    graph.write_privately("a", "question")
    graph.fault = lambda request: error(10, 2018278) if request.form.get("messaging_type") == "RESPONSE" else None
    entry = entry_for(connector, "m_a", "answer", Action.MESSAGE, ObjectKind.PRIVATE, recipient="psid-t_1")
    if granted:
        await connector.perform(entry)
        assert service.requests[-1].form["tag"] == "HUMAN_AGENT"
    else:
        with pytest.raises(Refused, match="10/2018278"):
            await connector.perform(entry)
    await connector.aclose()

    assert graph.published() == (["answer"] if granted else [])


async def test_deleting_what_is_gone_is_success(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """A deletion may be repeated."""
    graph.arrive("a", "comment")
    delete = entry_for(connector, "1_a", action=Action.DELETE)
    assert await connector.find(delete) is None
    await connector.perform(delete)
    await connector.perform(delete)

    assert await connector.find(delete) is not None


async def test_editing_and_publishing_are_found_again(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Our own comment is changed, our own post is published, both can be looked up."""
    graph.arrive("a", "comment")
    edit = entry_for(connector, "1_a", "corrected", Action.EDIT)
    assert await connector.find(edit) is None
    await connector.perform(edit)
    assert await connector.find(edit) is not None

    post = entry_for(connector, "unused", "news", Action.POST)
    assert await connector.find(post) is None
    receipt = await connector.perform(post)
    found = await connector.find(post)
    assert found is not None
    assert found.native_id == receipt.native_id


async def test_what_the_page_cannot_do_is_refused_without_a_call(
    connector: FacebookConnector, service: Service
) -> None:
    """An unsupported action never reaches the service."""
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "1_a", action=Action.MODERATE))
    assert service.requests == []


async def test_the_same_words_twice_are_probably_there(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Code 506 is looked up, not sent again."""
    graph.arrive("a", "comment")
    graph.fault = lambda request: error(506) if request.method == "POST" else None
    with pytest.raises(Unknown):
        await connector.perform(entry_for(connector, "1_a", "answer"))


async def test_somebody_elses_same_words_are_not_ours(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """A citizen who writes what we wanted to write does not make it sent."""
    comment = graph.arrive("a", "comment")
    graph.items.append(_reply_to(graph, comment, "answer"))
    entry = entry_for(connector, comment, "answer")

    assert await connector.find(entry) is None


async def test_probe_names_the_page_and_compares_clocks(
    graph: FakeFacebook, connector: FacebookConnector, clock: VirtualClock
) -> None:
    """A living token answers with the page's name; a dead one with what to do."""
    probe = await connector.probe()
    assert (probe.ok, probe.name, probe.clock_skew) == (True, "Practice", timedelta())
    graph.fault = lambda _: error(190, 463)
    probe = await connector.probe()
    assert not probe.ok
    assert isinstance(probe.problem, NeedsSignIn)
    assert clock.now() == NOW


async def test_html_instead_of_json_is_no_answer(service: Service, connector: FacebookConnector) -> None:
    """A page that says 200 in HTML is malformed for a read, unknown for a write."""
    service.answer = lambda _: Reply(raw=b"<html>maintenance</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(Malformed):
        await walk(connector, "comments")
    with pytest.raises(Unknown):
        await connector.perform(entry_for(connector, "1_a", "answer"))


async def test_an_answer_that_says_200_and_carries_an_error_is_an_error(
    service: Service, connector: FacebookConnector
) -> None:
    """The envelope decides, not the status."""
    service.answer = lambda _: Reply(body={"error": {"message": "no", "code": 190}})
    with pytest.raises(NeedsSignIn):
        await walk(connector, "comments")


async def test_an_unreachable_service_is_busy(clock: VirtualClock) -> None:
    """Neither a read nor a write went out; both may be tried later."""
    settings = FacebookSettings(account="fb", page=PAGE, api_url="http://127.0.0.1:1")
    connector = FacebookConnector(settings, clock, FixedToken(CANARY, account="fb", network=Network.FACEBOOK))
    with pytest.raises(Unreachable):
        await walk(connector, "comments")
    with pytest.raises(Unreachable):
        await connector.perform(entry_for(connector, "1_a", "answer"))
    await connector.aclose()


def test_keys_survive_underscores_and_colons() -> None:
    """Graph's ids hold underscores; a key written down is read back the same."""
    key = MessageKey(network=Network.FACEBOOK, account="fb", object=ObjectKind.COMMENT, native_id="1_a:b")
    assert MessageKey.parse(str(key)) == key
