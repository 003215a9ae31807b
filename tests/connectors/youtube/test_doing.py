"""What is done on a channel, and how it is found again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connectors.clock import VirtualClock
from connectors.verdict import Unreachable
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.errors import Busy, MajlisError, NeedsSignIn, Refused, Unknown
from majlis.message import Message
from majlis.outbox import Action, Receipt
from majlis.ports import Capability
from tests.connectors.entries import NOW, entry_for, walk
from tests.connectors.service import Reply, Request, Service, recorded

from .channel import OURS, VIDEO, Channel, ago, comment, entry_of, refusal, thread

ANSWER = "شكرا لتواصلكم"  # Arabic: thank you for writing


@pytest.fixture
def asked(channel: Channel) -> Channel:
    """A channel with a question and a reply to it."""
    reply = comment("UgA.1", "me too", by="UCother", at=ago(minutes=30))
    channel.threads = [thread(comment("UgA", "question", at=ago(hours=1)), reply)]
    channel.replies["UgA"] = [reply]
    return channel


async def message(connector: YouTubeConnector, native_id: str) -> Message:
    """Return a message as the poller reads it."""
    pages = await walk(connector, "threads")
    return next(each for page in pages for each in page.messages if each.key.native_id == native_id)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("target", ["UgA", "UgA.1"])
async def test_an_answer_stands_in_the_thread_of_what_it_answers(
    connector: YouTubeConnector, service: Service, target: str
) -> None:
    """Replies take no replies of their own: an answer to one goes below the first comment, byte for byte."""
    entry = entry_of(await message(connector, target), ANSWER)
    receipt = await connector.perform(entry)
    request = service.requests[-1]

    assert (request.method, request.path) == ("POST", "/youtube/v3/comments")
    assert request.query == {"part": "snippet"}
    assert request.body == {"snippet": {"parentId": "UgA", "textOriginal": ANSWER}}
    assert (receipt.native_id, receipt.at) == ("UgA.ours1", NOW)


@pytest.mark.usefixtures("asked")
async def test_our_answer_is_read_back_as_ours(connector: YouTubeConnector, asked: Channel) -> None:
    """Its id is the one of the receipt, so that it is one message and not two."""
    receipt = await connector.perform(entry_of(await message(connector, "UgA"), ANSWER))
    asked.threads[0]["snippet"]["totalReplyCount"] = 2
    assert receipt.native_id is not None
    seen = await message(connector, receipt.native_id)

    assert (seen.ours, seen.text, seen.parent) == (True, ANSWER, "UgA")


LOST: dict[str, Callable[[], Reply]] = {
    "500": lambda: refusal(500, "internalError"),
    "502 in HTML": lambda: Reply(status=502, raw=b"<html>"),
    "processing failure": lambda: refusal(400, "processingFailure"),
    "conflict": lambda: refusal(409, "conflict"),
    "precondition": lambda: refusal(412, "preconditionFailed"),
    "line dropped": lambda: Reply(drop=True),
    "answer cut": lambda: Reply(body={"id": "UgA.ours1", "snippet": {}}, cut=True),
    "200 in HTML": lambda: Reply(raw=b"<html>"),
}


@pytest.mark.parametrize("after", LOST.values(), ids=LOST.keys())
async def test_an_answer_of_unknown_outcome_is_found(
    asked: Channel, connector: YouTubeConnector, service: Service, after: Callable[[], Reply]
) -> None:
    """The service took it and did not say so: it is not sent again, it is looked up."""
    entry = entry_of(await message(connector, "UgA.1"), ANSWER)
    asked.after_writes = after()
    with pytest.raises(Unknown):
        await connector.perform(entry)
    found = await connector.find(entry)

    assert found is not None
    assert found.native_id == "UgA.ours1"
    assert sum(request.method == "POST" for request in service.requests) == 1


@pytest.mark.usefixtures("asked")
async def test_what_was_never_taken_is_not_found(asked: Channel, connector: YouTubeConnector) -> None:
    """A fault before acceptance leaves nothing."""
    entry = entry_of(await message(connector, "UgA"), ANSWER)
    asked.fault = lambda request: refusal(503, "backendError") if request.method == "POST" else None
    with pytest.raises(Unknown):
        await connector.perform(entry)

    assert await connector.find(entry) is None


@pytest.mark.parametrize(
    ("text", "by", "at"),
    [
        ("me too", OURS, NOW),
        (ANSWER, "UCother", NOW),
        (ANSWER, None, NOW),
        (ANSWER, OURS, NOW - timedelta(minutes=11)),
    ],
    ids=["other words", "somebody else", "nobody known", "another time"],
)
async def test_what_is_not_ours_is_not_taken_for_it(
    asked: Channel, connector: YouTubeConnector, text: str, by: str | None, at: object
) -> None:
    """Author, words and time have to fit."""
    assert isinstance(at, type(NOW))
    asked.replies["UgA"].append(comment("UgA.x", text, by=by, at=at))

    assert await connector.find(entry_for(connector, "UgA", ANSWER)) is None


async def test_an_answer_is_found_pages_away_and_in_another_form(asked: Channel, connector: YouTubeConnector) -> None:
    """The service lists in its own order and composes characters."""
    asked.replies["UgA"] = [comment(f"UgA.{number}", f"reply {number}") for number in range(7)]
    asked.replies["UgA"].append(comment("UgA.x", "caf\N{LATIN SMALL LETTER E WITH ACUTE}\n", by=OURS))
    found = await connector.find(entry_for(connector, "UgA", "cafe\N{COMBINING ACUTE ACCENT}"))

    assert found is not None
    assert found.native_id == "UgA.x"


async def test_an_answer_is_looked_up_when_reading_has_used_its_share(
    asked: Channel, connector: YouTubeConnector
) -> None:
    """Units kept for answers serve to find out what became of them; polling waits for the next day."""
    asked.replies["UgA"].append(comment("UgA.x", ANSWER, by=OURS))
    connector.ledger.spend(7_000)
    with pytest.raises(Busy):
        await walk(connector, "threads")

    assert await connector.find(entry_for(connector, "UgA", ANSWER)) is not None


@pytest.mark.usefixtures("channel")
async def test_moderation_answers_without_a_body(connector: YouTubeConnector, service: Service) -> None:
    """204 is success; the call names the comment and the state it gets, and nobody is banned."""
    receipt = await connector.perform(entry_for(connector, "UgA", action=Action.HIDE))
    request = service.requests[-1]

    assert receipt.native_id is None
    assert (request.method, request.path) == ("POST", "/youtube/v3/comments/setModerationStatus")
    assert request.query["id"] == "UgA"
    assert request.query["moderationStatus"] == "heldForReview"
    assert "banAuthor" not in request.query


async def test_nobody_is_banned_unless_it_was_asked_for(
    channel: Channel, connector: YouTubeConnector, service: Service
) -> None:
    """Rejecting alone leaves the person's right to write."""
    assert channel.threads == []
    for ban in (False, True):
        await connector.perform(entry_for(connector, "UgA", action=Action.MODERATE, ban=ban))

    rejected = {"id": "UgA", "moderationStatus": "rejected"}
    assert [request.query for request in service.requests] == [rejected, rejected | {"banAuthor": "true"}]


@pytest.mark.usefixtures("channel")
async def test_fifty_are_moderated_for_the_price_of_one(connector: YouTubeConnector, service: Service) -> None:
    """One call, fifty units."""
    entries = [entry_for(connector, f"Ug{number}", action=Action.UNHIDE) for number in range(connector.batch)]
    came = await connector.perform_many(entries)

    assert all(isinstance(each, Receipt) for each in came)
    assert len(came) == 50
    assert service.requests[0].query["id"].split(",") == [f"Ug{number}" for number in range(50)]
    assert (len(service.requests), connector.ledger.spent) == (1, 50)


async def test_one_comment_that_is_gone_does_not_keep_the_others_held(
    channel: Channel, connector: YouTubeConnector
) -> None:
    """The call is made in halves; what is gone cannot be published, the rest is."""
    channel.fault = lambda request: refusal(404, "commentNotFound") if "UgX" in request.query["id"] else None
    entries = [entry_for(connector, each, action=Action.UNHIDE) for each in ("UgA", "UgB", "UgX", "UgC")]
    came = await connector.perform_many(entries)

    assert [type(each) for each in came] == [Receipt, Receipt, Refused, Receipt]


async def test_what_is_gone_is_hidden_and_rejected_already(channel: Channel, connector: YouTubeConnector) -> None:
    """That was wanted; only what is to be published has to be there."""
    channel.fault = lambda _: refusal(404, "commentNotFound")
    for action in (Action.HIDE, Action.MODERATE):
        await connector.perform(entry_for(connector, "UgX", action=action))
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "UgX", action=Action.UNHIDE))


STOPS_ALL: dict[str, tuple[Callable[[], Reply], type[MajlisError]]] = {
    "no right": (lambda: refusal(403, "forbidden"), Refused),
    "quota": (lambda: refusal(403, "quotaExceeded"), Busy),
    "fault": (lambda: refusal(503, "backendError"), Unknown),
    "cut": (lambda: Reply(drop=True), Unknown),
    "signed out": (lambda: refusal(401, "authError"), NeedsSignIn),
}


@pytest.mark.parametrize("case", STOPS_ALL)
async def test_what_stops_all_of_a_batch_is_not_tried_piece_by_piece(
    channel: Channel, connector: YouTubeConnector, service: Service, case: str
) -> None:
    """It would cost fifty units each time."""
    fault, error = STOPS_ALL[case]
    channel.fault = lambda _: fault()
    came = await connector.perform_many([entry_for(connector, each, action=Action.HIDE) for each in ("UgA", "UgB")])

    assert [type(each) for each in came] == [error, error]
    assert len(service.requests) == 1


async def test_moderation_that_the_service_refuses_is_shown(channel: Channel, connector: YouTubeConnector) -> None:
    """What was rejected cannot come back; the service's own words say so."""
    channel.fault = lambda _: refusal(400, "operationNotSupported", "cannot be <b>published</b>")
    with pytest.raises(Refused, match=r"cannot be published \[400 operationNotSupported\]"):
        await connector.perform(entry_for(connector, "UgA", action=Action.UNHIDE))


async def test_our_own_comment_is_changed_and_found_so(
    asked: Channel, connector: YouTubeConnector, service: Service
) -> None:
    """The new text is sent with the id alone."""
    asked.replies["UgA"].append(comment("UgA.x", "first words", by=OURS))
    edit = entry_for(connector, "UgA.x", ANSWER, Action.EDIT)
    assert await connector.find(edit) is None
    await connector.perform(edit)
    written = next(request for request in service.requests if request.method == "PUT")

    assert written.body == {"id": "UgA.x", "snippet": {"textOriginal": ANSWER}}
    assert await connector.find(edit) is not None


@pytest.mark.parametrize("reply", [Reply(status=204), Reply(status=404, body=refusal(404, "commentNotFound").body)])
async def test_deleting_what_is_gone_is_success(service: Service, connector: YouTubeConnector, reply: Reply) -> None:
    """A deletion may be repeated."""
    service.answer = lambda _: reply
    await connector.perform(entry_for(connector, "UgA.x", action=Action.DELETE))

    assert [(each.method, each.query) for each in service.requests] == [("DELETE", {"id": "UgA.x"})]


REFUSED = ["commentTextRequired", "commentTextTooLong", "parentIdMissing", "parentCommentIsPrivate", "badRequest"]


@pytest.mark.parametrize("reason", REFUSED)
async def test_a_final_no_is_shown_and_not_repeated(asked: Channel, connector: YouTubeConnector, reason: str) -> None:
    """Nothing went out, and nothing will."""
    asked.fault = lambda request: refusal(400, reason) if request.method == "POST" else None
    with pytest.raises(Refused, match=reason):
        await connector.perform(entry_for(connector, "UgA", ANSWER))
    assert asked.replies["UgA"][0]["id"] == "UgA.1"


async def test_a_thread_that_is_gone_is_refused(channel: Channel, connector: YouTubeConnector) -> None:
    """There is nothing left to answer."""
    assert channel.threads == []
    with pytest.raises(Refused, match="parentCommentNotFound"):
        await connector.perform(entry_for(connector, "UgA", ANSWER))


async def test_the_right_to_answer_comes_back(asked: Channel, connector: YouTubeConnector) -> None:
    """One thread that forbids answers does not close the account for good."""
    asked.fault = lambda _: refusal(403, "forbidden")
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "UgA", ANSWER))
    assert Capability.REPLY not in connector.capabilities()

    asked.fault = lambda _: None
    await connector.perform(entry_for(connector, "UgA", ANSWER))
    assert Capability.REPLY in connector.capabilities()


@pytest.mark.parametrize(
    ("action", "off"),
    [
        (Action.HIDE, {Capability.HIDE, Capability.MODERATE}),
        (Action.UNHIDE, {Capability.HIDE, Capability.MODERATE}),
        (Action.MODERATE, {Capability.HIDE, Capability.MODERATE}),
        (Action.EDIT, {Capability.EDIT}),
        (Action.DELETE, {Capability.DELETE}),
    ],
)
async def test_a_missing_right_shuts_one_feature_for_an_hour(
    asked: Channel, connector: YouTubeConnector, clock: VirtualClock, action: Action, off: set[Capability]
) -> None:
    """Holding back and turning down are one right; what works again is offered again at once."""
    everything, entry = connector.capabilities(), entry_for(connector, "UgA", ANSWER, action)
    asked.fault = lambda _: refusal(403, "forbidden")
    with pytest.raises(Refused):
        await connector.perform(entry)
    assert connector.capabilities() == everything - off
    await clock.advance(timedelta(minutes=61))
    assert connector.capabilities() == everything

    with pytest.raises(Refused):
        await connector.perform(entry)
    asked.fault = lambda _: None
    await connector.perform(entry)
    assert connector.capabilities() == everything


async def test_a_missing_right_is_found_by_many_comments_too(asked: Channel, connector: YouTubeConnector) -> None:
    """One call about several comments learns the same as one about a single one."""
    entries = [entry_for(connector, native_id, action=Action.HIDE) for native_id in ("UgA", "UgA.1")]
    asked.fault = lambda _: refusal(403, "forbidden")
    await connector.perform_many(entries)
    assert Capability.HIDE not in connector.capabilities()

    asked.fault = lambda _: None
    await connector.perform_many(entries)
    assert Capability.HIDE in connector.capabilities()


# ----------------------------------------------------------------------------------------------------- quota and token


async def test_used_up_quota_waits_for_midnight_in_california(
    asked: Channel, connector: YouTubeConnector, service: Service, clock: VirtualClock
) -> None:
    """The service says so once; until its day turns nobody asks again, and then everything goes on."""
    asked.fault = lambda _: refusal(403, "quotaExceeded", 'The request exceeded your <a href="/x">quota</a>.')
    with pytest.raises(Busy, match="exceeded your quota") as caught:
        await connector.perform(entry_for(connector, "UgA", ANSWER))
    assert 60 <= caught.value.wait_s - 24 * 3600 <= 300  # noon in Dubai in winter is midnight in California
    with pytest.raises(Busy):
        await connector.perform(entry_for(connector, "UgA", ANSWER))
    assert len(service.requests) == 1

    asked.fault = lambda _: None
    await clock.advance(timedelta(seconds=caught.value.wait_s))
    await connector.perform(entry_for(connector, "UgA", ANSWER))
    assert connector.ledger.spent == 50


async def test_units_are_counted_call_by_call(asked: Channel, connector: YouTubeConnector) -> None:
    """A read costs one, a write fifty, a failed one too."""
    await walk(connector, "threads")
    assert connector.ledger.spent == 1
    await connector.perform(entry_for(connector, "UgA", ANSWER))
    asked.fault = lambda _: refusal(400, "badRequest")
    with pytest.raises(Refused):
        await connector.perform(entry_for(connector, "UgA", ANSWER))
    assert connector.ledger.spent == 101


class OneMore:
    """A token that can be replaced once."""

    def __init__(self) -> None:
        self.renewed: list[str] = []
        self.buried: str | None = None

    async def access(self) -> str:
        """Return the token in force."""
        return "second" if self.renewed else "first"

    async def renew(self, dead: str) -> str:
        """Replace the first one."""
        if self.renewed:
            raise NeedsSignIn(account="yt", network="youtube")
        self.renewed.append(dead)
        return "second"

    def bury(self, dead: str) -> None:
        """Remember that the second one was refused too."""
        self.buried = dead

    async def consumer(self) -> None:
        """There are no keys that sign."""

    async def is_alive(self) -> bool:
        """Whether the second one may live."""
        return self.buried is None

    async def app_secret(self) -> str | None:
        """Return nothing: YouTube signs no calls."""
        return None


@pytest.mark.parametrize("good", ["second", "none"])
async def test_a_dead_token_is_replaced_once_and_the_call_repeated_once(
    asked: Channel, service: Service, clock: VirtualClock, good: str
) -> None:
    """401 comes before anything is done, so that even an answer may be sent again; a second one ends it."""
    tokens = OneMore()
    renewing = YouTubeConnector(YouTubeSettings(account="yt", channel=OURS, api_url=service.url), clock, tokens)

    def unknown(request: Request) -> Reply | None:
        return None if request.headers["authorization"] == f"Bearer {good}" else refusal(401, "authError")

    asked.fault = unknown
    entry = entry_for(renewing, "UgA", ANSWER)
    if good == "second":
        assert (await renewing.perform(entry)).native_id == "UgA.ours1"
    else:
        with pytest.raises(NeedsSignIn):
            await renewing.perform(entry)
    await renewing.aclose()

    assert tokens.renewed == ["first"]
    assert await tokens.is_alive() is (good == "second")
    assert [request.headers["authorization"] for request in service.requests] == ["Bearer first", "Bearer second"]


# ------------------------------------------------------------------------------------------------- looking and probing


async def test_looking_asks_in_batches_and_names_what_is_missing(
    channel: Channel, connector: YouTubeConnector, service: Service
) -> None:
    """Fifty ids go in one call; those left out of the answers are gone."""
    ids = [f"Ug{number:09d}x" for number in range(120)]
    channel.threads = [thread(comment(native_id, "here")) for native_id in ids if native_id not in ids[::40]]
    gone = await connector.look(ids)

    assert gone == set(ids[::40])
    assert [len(request.query["id"].split(",")) for request in service.requests] == [50, 50, 20]


async def test_looking_survives_a_service_that_says_not_found(channel: Channel, connector: YouTubeConnector) -> None:
    """One missing comment must not make the others seem gone."""
    channel.threads = [thread(comment("UgA", "here"))]
    channel.fault = lambda request: refusal(404, "commentNotFound") if "UgX" in request.query["id"] else None

    assert await connector.look(["UgA", "UgX"]) == {"UgX"}
    assert await connector.find(entry_for(connector, "UgX", action=Action.DELETE)) is not None


async def test_probe_names_the_channel(service: Service, channel: Channel, connector: YouTubeConnector) -> None:
    """A living token answers with the channel's name, and with the service's clock."""
    date = {"Date": "Mon, 23 Nov 2026 08:00:02 GMT"}
    plain = channel.answer

    def dated(request: Request) -> Reply:
        reply = plain(request)
        return Reply(body=reply.body, headers=date)

    service.answer = dated
    probe = await connector.probe()

    assert (probe.ok, probe.name, probe.clock_skew) == (True, "Practice", timedelta(seconds=2))
    assert service.requests[0].query["mine"] == "true"


async def test_probe_notices_another_channel_and_a_dead_token(service: Service, connector: YouTubeConnector) -> None:
    """A token of somebody else's channel is no sign-in to ours."""
    other = recorded("youtube/channel_single.json")
    service.answer = lambda _: other
    stranger = await connector.probe()
    service.answer = lambda _: refusal(401, "authError")
    dead = await connector.probe()

    assert not stranger.ok
    assert isinstance(stranger.problem, Refused)
    assert isinstance(dead.problem, NeedsSignIn)


async def test_recorded_refusal_is_a_missing_right(service: Service, connector: YouTubeConnector) -> None:
    """`SERVICE_UNAVAILABLE` inside a 403 is no passing fault."""
    refused = recorded("youtube/error_permission.json")
    service.answer = lambda _: Reply(status=403, body=refused.body)
    with pytest.raises(Refused, match="does not have permission"):
        await walk(connector, "threads")

    assert Capability.READ_PUBLIC not in connector.capabilities()


async def test_an_unreachable_service_is_busy(service: Service, channel: Channel, connector: YouTubeConnector) -> None:
    """Neither a read nor a write went out; both may be tried later."""
    channel.fault = lambda _: refusal(429, "")
    with pytest.raises(Busy):
        await connector.perform(entry_for(connector, "UgA", ANSWER))
    service.answer = lambda _: Reply(drop=True)
    with pytest.raises(Unreachable):
        await walk(connector, "threads")


async def test_addresses_name_the_video_where_it_is_known(asked: Channel, connector: YouTubeConnector) -> None:
    """A receipt's address is a video's or none; a thread's id is no video."""
    receipt = await connector.perform(entry_of(await message(connector, "UgA"), ANSWER))
    assert receipt.link is None
    asked.replies["UgA"].append(comment("UgA.x", "in a video", by=OURS, videoId=VIDEO))
    found = await connector.find(entry_for(connector, "UgA", "in a video"))

    assert found is not None
    assert found.link == f"https://www.youtube.com/watch?v={VIDEO}&lc=UgA.x"
