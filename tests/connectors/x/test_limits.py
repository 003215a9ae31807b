"""What X allows and what it costs: windows, days, credit, the purse; and refusals that have a way out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from connectors.budget import DayLedger
from connectors.clock import VirtualClock
from connectors.refusals import PersonClosed
from connectors.tokens import FixedToken
from connectors.verdict import ListingBusy
from connectors.x import XConnector, XSettings
from connectors.x.answers import NOT_ANSWERABLE, verdict_of
from connectors.x.purse import Purse
from majlis.errors import Busy, Gone, MajlisError, NotAnswerable, Refused
from majlis.message import Network, ObjectKind
from majlis.outbox import Action
from majlis.ports import Capability
from tests.connectors.entries import entry_for, texts, walk
from tests.connectors.networks import CANARY, USER, FakeX, problem
from tests.connectors.service import Reply, Service

DATE = "Mon, 23 Nov 2026 08:00:00 UTC"
SOON, TOMORROW = "1795421520", "1795507200"
"""Two minutes, and a day, later in epoch seconds; the service's clock agrees with ours."""


@pytest_asyncio.fixture
async def connector(service: Service, clock: VirtualClock) -> AsyncIterator[XConnector]:
    """Our connector to it, with a dollar a day."""
    settings = XSettings(account="x", user=USER, handle="moh_practice", api_url=service.url, daily_budget_usd=1.0)
    connector = XConnector(settings, clock, FixedToken(CANARY, account="x", network=Network.X))
    yield connector
    await connector.aclose()


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": SOON}, 720),
        ({"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": TOMORROW}, 86400),
        ({"x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": TOMORROW}, 86400),
        (
            {
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": SOON,
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": TOMORROW,
            },
            86400,
        ),
    ],
)
async def test_the_last_call_of_a_window_or_a_day_closes_that_call_alone(
    api: FakeX, connector: XConnector, service: Service, headers: dict[str, str], wait_s: float
) -> None:
    """What the headers of a success say is heeded: the next call is not made, and the others are."""
    api.headers = {**headers, "Date": DATE}
    await connector.probe()
    made = len(service.requests)
    probe = await connector.probe()

    assert isinstance(probe.problem, ListingBusy)
    assert probe.problem.wait_s == wait_s
    assert len(service.requests) == made
    api.headers = {}
    assert texts(await walk(connector, "mentions")) == []


async def test_without_credit_nothing_is_asked_for_an_hour(
    api: FakeX, connector: XConnector, service: Service, clock: VirtualClock
) -> None:
    """402 holds reading and sending alike; then one call finds out."""
    target = api.arrive("a", "question")
    api.fault = lambda _: problem(402, "Your account does not have any credits")
    with pytest.raises(Busy):
        await walk(connector, "mentions")
    with pytest.raises(Busy, match="credits") as caught:
        await connector.perform(entry_for(connector, target, "answer"))

    assert not isinstance(caught.value, ListingBusy)
    assert caught.value.wait_s == 3600
    assert len(service.requests) == 1
    api.fault = None
    await clock.advance(timedelta(hours=1))
    await connector.perform(entry_for(connector, target, "answer"))
    assert api.published() == ["answer"]


async def test_reading_leaves_a_part_of_the_day_to_answers(
    api: FakeX, connector: XConnector, service: Service, clock: VirtualClock
) -> None:
    """At three quarters of the budget reading waits for the next day; answers still go out."""
    target = api.arrive("a", "question")
    connector.ledger.spend(751)
    with pytest.raises(Busy, match="budget"):
        await walk(connector, "mentions")
    await connector.perform(entry_for(connector, target, "answer"))
    budget = connector.budget()

    assert api.published() == ["answer"]
    assert service.paths() == ["POST /2/tweets"]
    assert budget is not None
    assert (budget.left, budget.limit, budget.reserve) == (1000 - 751 - 15, 1000, 250)
    await clock.advance(timedelta(hours=16))
    assert texts(await walk(connector, "mentions")) == ["question"]


async def test_finding_out_what_became_of_an_answer_is_counted_too(api: FakeX, connector: XConnector) -> None:
    """Our own posts cost as others do, direct messages as direct messages; a repeat on the same day is free."""
    target = api.arrive("a", "question")
    entry = entry_for(connector, target, "answer")
    await connector.perform(entry)
    before = connector.ledger.spent
    await connector.find(entry)
    await connector.find(entry)
    assert connector.ledger.spent == before + 5

    await connector.look([target])
    assert connector.ledger.spent == before + 10


async def test_a_thing_is_paid_once_a_day(clock: VirtualClock) -> None:
    """Mentions are cheap; what was paid in one listing is free in another, until the day (UTC) turns."""
    purse = Purse(DayLedger(clock, limit=None), clock)
    purse.has_read("mention", ["1", "2", None])
    purse.has_read("post", ["2"])
    purse.has_read("user", ["2"])
    assert purse.ledger.spent == 1 + 1 + 10

    await clock.advance(timedelta(hours=16))
    purse.has_read("post", ["2"])
    assert purse.ledger.spent == 5


def test_a_link_makes_a_post_dear(clock: VirtualClock) -> None:
    """Also one without a scheme."""
    purse = Purse(DayLedger(clock, limit=None), clock)
    purse.has_posted("see example.gov.iq")
    purse.has_posted("see 7.30")
    purse.has_messaged()
    assert purse.ledger.spent == 200 + 15 + 15


ENGAGED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author "
    "of the post you are replying to."
)


@pytest.mark.parametrize("words", ["You can only reply to this post if the author mentioned you.", ENGAGED])
async def test_a_post_that_may_not_be_answered_is_a_state_of_that_post(
    api: FakeX, connector: XConnector, words: str
) -> None:
    """Not a fault of the account: a private message and other answers go on."""
    target = api.arrive("a", "question")
    api.fault = lambda request: problem(403, words) if request.path == "/2/tweets" else None
    with pytest.raises(NotAnswerable, match="privately") as caught:
        await connector.perform(entry_for(connector, target, "answer"))
    await connector.perform(entry_for(connector, target, "two", Action.MESSAGE, ObjectKind.POST, recipient="770"))

    assert caught.value.facts["code"] == NOT_ANSWERABLE
    assert {Capability.REPLY, Capability.MESSAGE} <= connector.capabilities()
    assert api.published() == ["two"]


@pytest.mark.parametrize(
    "words", ["You do not have permission to DM one or more participants.", "You cannot send messages to this user."]
)
async def test_a_person_who_takes_no_messages_is_told_apart(api: FakeX, connector: XConnector, words: str) -> None:
    """The way out is an answer in public."""
    api.fault = lambda _: problem(403, words)
    with pytest.raises(PersonClosed, match="in public"):
        await connector.perform(entry_for(connector, "1", "x", Action.MESSAGE, ObjectKind.POST, recipient="770"))
    assert Capability.MESSAGE in connector.capabilities()


async def test_a_question_that_is_gone_is_not_a_missing_right(api: FakeX, connector: XConnector) -> None:
    """403 about a deleted post: final, and only for that post."""
    api.arrive("a", "another question")
    with pytest.raises(Refused) as caught:
        await connector.perform(entry_for(connector, "123", "answer"))
    assert not isinstance(caught.value, NotAnswerable)
    assert Capability.REPLY in connector.capabilities()


def test_odd_problems_do_not_hide_the_refusal() -> None:
    """A wrong type inside `errors` leaves the status and its words readable."""
    from connectors.http import Answer  # noqa: PLC0415  # beside its one use

    body = b'{"detail": "no credits", "errors": [5, {"parameters": []}, {"message": "m"}]}'
    verdict = verdict_of(Answer(status=402, body=body), write=False)
    assert (verdict.reason, verdict.wait_s) == ("no credits", 3600)


async def test_an_account_without_direct_messages_reads_the_rest(api: FakeX, connector: XConnector) -> None:
    """Reading private messages is off, and said as such; mentions go on."""
    api.arrive("a", "hello")
    api.fault = lambda request: (
        problem(403, "forbidden", kind="client-forbidden") if request.path == "/2/dm_events" else None
    )
    with pytest.raises(Refused):
        await walk(connector, "messages")

    assert Capability.READ_PRIVATE not in connector.capabilities()
    assert texts(await walk(connector, "mentions")) == ["hello"]


async def test_a_search_too_long_is_never_sent(connector: XConnector, service: Service) -> None:
    """512 characters are the most; a thread's name cannot make it longer."""
    service.answer = lambda _: Reply(body={})
    entry = entry_for(connector, "1", "answer", thread="9" * 600)
    with pytest.raises(Refused, match="512"):
        await connector.find(entry)
    assert "GET /2/tweets/search/recent" not in service.paths()


@pytest.mark.parametrize(
    ("kind", "error"), [("resource-not-found", Gone), ("not-authorized-for-resource", Refused), ("new-kind", Refused)]
)
async def test_an_answer_of_problems_alone_is_no_empty_list(
    connector: XConnector, service: Service, kind: str, error: type[MajlisError]
) -> None:
    """200 without rows and with `errors`: nothing was listed, and that is said."""
    problems = [{"type": f"https://api.twitter.com/2/problems/{kind}", "detail": "no"}]
    service.answer = lambda _: Reply(body={"errors": problems})
    for name in ("mentions", "messages"):
        with pytest.raises(error):
            await walk(connector, name)

    service.answer = lambda request: Reply(
        body={} if request.path == "/2/users" else {"data": [{"id": "1990000000000000001"}], "errors": problems}
    )
    assert len(await walk(connector, "mentions")) == 1


class Watched(DayLedger):
    """A count that knows how often somebody looked at it."""

    looks = 0

    @property
    def left(self) -> int | None:
        """What is left today."""
        self.looks += 1
        return super().left


async def test_a_purse_half_empty_is_looked_into_once_a_turn(service: Service, clock: VirtualClock) -> None:
    """Each look locks a file that other processes wait for; what is left lasts until midnight for every listing."""
    settings = XSettings(account="x", user=USER, handle="h", api_url=service.url, daily_budget_usd=1.0)
    ledger = Watched(clock, limit=settings.budget_mills, reserve=settings.reserve_mills)
    connector = XConnector(settings, clock, FixedToken(CANARY, account="x", network=Network.X), ledger)
    full = {stream.name: stream.interval.total_seconds() for stream in connector.streams()}
    ledger.spend(600)
    paced = {stream.name: stream.interval.total_seconds() for stream in connector.streams()}
    await connector.aclose()

    assert full == {"mentions": 60, "messages": 90, "replies": 60, "posts": 600}
    assert paced == {"mentions": 3840, "messages": 38400, "replies": 19200, "posts": 19200}
    assert ledger.looks == 2
