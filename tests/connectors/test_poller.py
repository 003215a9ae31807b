"""The poller: paces, breakers, leases, and one account's trouble that is not another's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.breaker import BREAKS_AFTER
from connectors.clock import SeededIds
from connectors.poller import SLOWEST, Poller
from connectors.verdict import ListingBusy
from majlis.errors import Busy, Malformed, NeedsSignIn, Refused
from majlis.intake import Intake
from majlis.lookout import Lookout
from majlis.message import Network
from majlis.records import Official
from majlis.states import MessageState
from tests.builders import AT, HandClock, decision, key, message, policy
from tests.fakes.connector import FakeConnector

if TYPE_CHECKING:
    from majlis.ports import Store

MINUTE = timedelta(minutes=1)


class Setup:
    """A poller over two accounts."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = HandClock()
        self.x = FakeConnector(self.clock)
        self.tube = FakeConnector(self.clock, "tube", Network.YOUTUBE)
        self.poller = self.another("first")

    def another(self, holder: str, store: Store | None = None) -> Poller:
        """Return a poller of another process."""
        return Poller((self.x, self.tube), store or self.store, self.clock, Intake(policy()), holder=holder)


@pytest.fixture
def setup(store: Store) -> Setup:
    return Setup(store)


async def test_what_people_wrote_is_in_the_store_with_its_due_time(setup: Setup) -> None:
    """Intake gives it standing and personal spans."""
    setup.x.messages = [message(text="رقمي 0500009101")]

    assert await setup.poller.run_once() == 1

    found = await setup.store.message(key())
    assert found is not None
    assert found.standing.due_at is not None
    assert [span.category for span in found.personal] == ["phone"]


async def test_what_a_supervisor_has_made_official_is_not_covered(setup: Setup) -> None:
    """From the next page on; nobody has to start the poller anew."""
    official = Official(id="phones:0500009101", kind="phones", value="0500009101", note="campaign", by="huda", at=AT)
    await setup.store.apply(decision(official))
    setup.x.messages = [message(text="رقمي 0500009101")]

    await setup.poller.run_once()

    found = await setup.store.message(key())
    assert found is not None
    assert found.personal == ()


async def test_a_listing_is_not_read_before_its_time(setup: Setup) -> None:
    """Quiet listings slow down, news quickens them."""
    await setup.poller.run_once()
    await setup.poller.run_once()
    assert setup.x.reads == ["mentions"]

    setup.clock.at += 1.5 * MINUTE
    await setup.poller.run_once()
    assert len(setup.x.reads) == 2


async def test_a_played_network_is_read_when_something_happens_there(store: Store) -> None:
    """All its listings, and everything known is looked at, whatever the lots of its network; others keep their pace."""
    clock = HandClock()
    page, tube = FakeConnector(clock, network=Network.FACEBOOK), FakeConnector(clock, "tube", Network.YOUTUBE)
    lookout = Lookout(store=store, clock=clock, ids=SeededIds(1), version="1")
    poller = Poller((page, tube), store, clock, Intake(policy()), lookout=lookout)
    page.messages = [message(str(number), network=Network.FACEBOOK) for number in range(30)]
    await poller.run_once()
    page.messages = []

    poller.prompt("moh")
    await poller.run_once()

    assert (len(page.reads), len(tube.reads)) == (2, 1)
    missed = [await store.message(key(str(number), network=Network.FACEBOOK)) for number in range(30)]
    assert all(each is not None and each.missed_at == clock.at for each in missed)


async def test_what_is_known_is_not_looked_at_for_every_arrival(store: Store) -> None:
    """Only a look that is owed is made then: one that failed, and the one that decides about what was missed."""
    clock = HandClock()
    page = FakeConnector(clock, network=Network.FACEBOOK)
    lookout = Lookout(store=store, clock=clock, ids=SeededIds(1), version="1")
    poller = Poller((page,), store, clock, Intake(policy()), lookout=lookout)
    page.messages = [message(str(number), network=Network.FACEBOOK) for number in range(30)]
    await poller.run_once()

    async def prompted(*, look: bool = False) -> list[int]:
        before = len(page.looks)
        poller.prompt("moh", look=look)
        await poller.run_once()
        return page.looks[before:]

    assert await prompted() == []

    page.look_fault = Malformed(account="moh", detail="no answer")
    assert await prompted(look=True) == [30]
    page.look_fault = None
    assert (await prompted(), await prompted()) == ([30], [])

    page.messages = []
    assert (await prompted(look=True), await prompted()) == ([30], [])
    clock.at += 11 * MINUTE
    assert (await prompted(), await prompted()) == ([30], [])
    found = await store.message(key("29", network=Network.FACEBOOK))
    assert found is not None
    assert found.standing.state is MessageState.GONE


async def test_a_quiet_listing_slows_down_to_a_limit(setup: Setup) -> None:
    """Never slower than eight times its interval."""
    for _ in range(20):
        await setup.poller.run_once()
        setup.clock.at += SLOWEST * MINUTE

    assert len(setup.x.reads) == 20


async def test_a_listing_at_its_own_limit_does_not_stop_the_accounts_others(setup: Setup) -> None:
    """The narrow limit of one call is waited for there alone, and is no trouble of the account."""
    setup.x.names = ("messages", "mentions")
    setup.x.read_fault = ListingBusy(account="moh", wait_s=600)
    await setup.poller.run_once()
    setup.x.read_fault = None
    setup.clock.at += 5 * MINUTE
    await setup.poller.run_once()
    assert setup.x.reads == ["messages", "mentions"]
    assert setup.poller.health()[0].problem is None

    setup.clock.at += 5 * MINUTE
    await setup.poller.run_once()
    assert setup.x.reads[2:] == ["messages", "mentions"]


async def test_one_account_in_trouble_does_not_slow_another(setup: Setup) -> None:
    """And the trouble is said."""
    setup.x.read_fault = Busy(account="moh", wait_s=600)
    await setup.poller.run_once()
    setup.clock.at += 5 * MINUTE
    await setup.poller.run_once()

    assert (len(setup.x.reads), len(setup.tube.reads)) == (1, 2)
    health = {each.account: each for each in setup.poller.health()}
    assert isinstance(health["moh"].problem, Busy)
    assert health["tube"].problem is None


@pytest.mark.parametrize("wait_s", [1.8e12, float("inf")])
async def test_a_wait_without_an_end_has_one(setup: Setup, wait_s: float) -> None:
    """Milliseconds of an era where seconds belong: the account is asked again after two days, the others go on."""
    setup.x.read_fault = Busy(account="moh", wait_s=wait_s)
    await setup.poller.run_once()
    setup.x.read_fault = None
    setup.clock.at += timedelta(days=2)
    await setup.poller.run_once()

    assert len(setup.x.reads) == 2


async def test_the_wait_a_service_names_is_kept(setup: Setup) -> None:
    """Not a second earlier, and then it is well again."""
    setup.x.read_fault = Busy(account="moh", wait_s=600)
    await setup.poller.run_once()
    setup.x.read_fault = None

    setup.clock.at += timedelta(seconds=599)
    await setup.poller.run_once()
    assert len(setup.x.reads) == 1
    setup.clock.at += timedelta(seconds=1)
    await setup.poller.run_once()

    assert len(setup.x.reads) == 2
    assert next(each for each in setup.poller.health() if each.account == "moh").problem is None


async def test_failures_are_tried_again_later_and_later_and_then_with_one_request(setup: Setup) -> None:
    """Exponential, and a breaker that tests with one listing."""
    setup.x.names = ("mentions", "replies")
    setup.x.read_fault = Malformed(account="moh", what="HTML")
    waits = []
    for _ in range(BREAKS_AFTER):
        before = len(setup.x.reads)
        begun = setup.clock.at
        while len(setup.x.reads) == before:
            await setup.poller.run_once()
            setup.clock.at += timedelta(seconds=1)
        waits.append((setup.clock.at - begun).total_seconds())
    assert waits == sorted(waits)
    assert waits[-1] >= 8

    setup.x.read_fault = None
    setup.clock.at += timedelta(seconds=300)
    before = len(setup.x.reads)
    await setup.poller.run_once()
    assert len(setup.x.reads) == before + 1
    await setup.poller.run_once()
    assert setup.x.reads[-1] == "replies"


async def test_a_dead_token_stops_the_account(setup: Setup) -> None:
    """Until somebody may have signed in."""
    setup.x.read_fault = NeedsSignIn(account="moh", network="x")
    await setup.poller.run_once()
    setup.clock.at += 4 * MINUTE
    await setup.poller.run_once()

    assert len(setup.x.reads) == 1
    health = next(each for each in setup.poller.health() if each.account == "moh")
    assert isinstance(health.problem, NeedsSignIn)


async def test_reading_goes_on_as_soon_as_somebody_has_signed_in(setup: Setup) -> None:
    """Not after a pause: the next turn sees it, and until then nothing is asked."""
    setup.x.read_fault = NeedsSignIn(account="moh", network="x")
    await setup.poller.run_once()
    setup.x.signed_in, setup.x.read_fault = False, None
    for _ in range(3):
        setup.clock.at += 10 * MINUTE
        await setup.poller.run_once()
    assert len(setup.x.reads) == 1

    setup.x.signed_in = True
    await setup.poller.run_once()
    assert len(setup.x.reads) == 2
    assert next(each for each in setup.poller.health() if each.account == "moh").problem is None


async def test_a_missing_right_stops_one_listing_only(setup: Setup) -> None:
    """The account's other listings go on."""
    setup.x.names = ("messages", "mentions")
    setup.x.read_fault = Refused(account="moh", reason="dm.read is missing")
    await setup.poller.run_once()

    assert setup.x.reads == ["messages", "mentions"]


async def test_one_poller_for_an_account(setup: Setup, other: Store) -> None:
    """A second process waits until the first has died, however long the first stands still; then it begins at once."""
    second = setup.another("second", other)
    await setup.poller.run_once()
    setup.clock.at += timedelta(seconds=61)
    await second.run_once()
    assert len(setup.x.reads) == 1

    await setup.store.aclose()
    await second.run_once()
    assert len(setup.x.reads) == 2


async def test_a_mistake_of_ours_stays_with_its_listing(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its traceback, and the other account is read."""
    setup.x.read_fault = RuntimeError("a mistake")
    await setup.poller.run_once()

    assert setup.tube.reads == ["mentions"]
    assert "a mistake" in caplog.text
