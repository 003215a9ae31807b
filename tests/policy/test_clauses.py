"""The policy, clause by clause (C1 to C15): through screen or command line, looking at both store and screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from majlis.commands import KeepSnippet, Reply, WritePost
from majlis.errors import Blocked
from majlis.message import Network, ObjectKind
from majlis.pledge import DEFAULT_PLEDGE
from majlis.policy import Role
from majlis.publishing import PostKind, PostTarget, Version
from majlis.states import EntryState, MessageState
from majlis.triage import Suggestion, suggest
from tests.builders import AT, key, message
from tests.majlis.test_triage import CUES
from tests.tui.test_compose import Seconds, compose, held, ready
from tui.arabic.layout import row
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import AskScreen, LineScreen, PickScreen
from tui.screens.review import ReviewScreen
from tui.screens.thread import ThreadScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.message import Message
    from majlis.ports import Store
    from tests.cli.conftest import Cli
    from tests.tui.conftest import OpenSitting, Sitting

CLOSED = AT + timedelta(hours=8)
"""16:00 in Dubai."""
QUESTION = "متى يفتح المركز الجديد؟"  # Arabic: when does the new centre open?
ANSWER = "أهلاً بك، يفتح المركز الجديد من الأحد إلى الخميس"  # Arabic: welcome, it opens from Sunday to Thursday


def triage(text: str, thread: Sequence[str], network: str) -> Suggestion:
    """Triage as it is shipped."""
    return suggest(text, thread, network, CUES)


def one(text: str = QUESTION, **fields: object) -> list[Message]:
    return [message("000", text, **fields)]


async def test_c01_the_policy_in_force_is_named_and_recorded(sitting: OpenSitting, store: Store) -> None:
    """The help says which; every event carries its version."""
    async with sitting(one(), store=store) as s:
        await s.press("question_mark", "end")
        assert "Policy test, version 1" in s.text()
        await s.press("escape", "c")

        (event,) = [each for each in await store.events() if each.action == "claim"]
        assert event.profile_version == "1"


async def test_c02_three_networks_feed_one_queue(sitting: OpenSitting, store: Store) -> None:
    """Each row names its network, and reading a page twice shows nothing twice."""
    messages = [message(str(n), f"question {n}", network=network, thread=f"t{n}") for n, network in enumerate(Network)]
    async with sitting(messages, store=store) as s:
        await s.arrive(*messages)
        await s.press("comma")
        text = s.text()

        assert [text.count(f"question {n}") for n in range(3)] == [1, 1, 1]
        assert all(short in text for short in ("FB", "YT", "X"))


async def test_c03_what_people_ask_for_is_sorted_and_shown(sitting: OpenSitting, store: Store) -> None:
    """The thread says what a message is about, for whom, and by which of its words."""
    async with sitting(one("خصمتوا الرسوم مرتين من بطاقتي"), store=store, policy={"triage": triage}) as s:
        await s.press("enter")

        assert "Sorted: payment, normal, customer service; by" in s.text()
        found = await store.message(key("000"))
        assert found is not None
        assert found.standing.category == "payment"


async def test_c03_a_wrong_suggestion_is_corrected_with_a_key_and_counted(sitting: OpenSitting, store: Store) -> None:
    """Whose it is, then what it is about; undo puts the suggestion back."""
    async with sitting(one("خصمتوا الرسوم مرتين من بطاقتي"), store=store, policy={"triage": triage}) as s:
        await s.press("enter", "l")
        assert s.on(PickScreen)
        await s.press("3", "1")

        assert "Sorted by hand: question about services, normal, operator." in s.text()
        found = await store.message(key("000"))
        assert found is not None
        assert (found.standing.category, found.standing.suggested) == ("inquiry_service", None)
        counted = {each.name: each.count for each in await store.tallies(AT.date(), AT.date())}
        assert counted["triage.category"] == 1

        await s.press("u")
        assert "by hand" not in s.text()


def test_c03_what_people_ask_for_is_counted(counted: Cli) -> None:
    """In words for people, by its code for programs."""
    days = ("--since", "2026-11-23", "--until", "2026-11-24")

    assert counted("report", *days, "--json").rows[0]["total"]["categories"] == {"other": 4, "appointment": 2}
    assert "something else" in counted("report", *days).out


async def test_c04_a_reply_is_one_key_away_and_stays_in_its_thread(sitting: OpenSitting, store: Store) -> None:
    """It answers the message in sight, and says on which network."""
    async with sitting(one(), store=store) as s:
        await ready(s, ANSWER)
        assert row(QUESTION, 40).text.strip() in s.text()
        assert "X (Twitter)" in s.text()
        await s.press("s")

        (entry,) = await held(s)
        assert (entry.target, entry.thread, entry.text) == (key("000"), "t", ANSWER)


async def test_c05_an_operator_writes_posts_and_lets_none_out(sitting: OpenSitting) -> None:
    """Whose role it is, the desk knows."""
    async with sitting([], roles=(Role.OPERATOR,), policy={"accounts": {"page": Network.FACEBOOK}}) as s:
        await s.press("w", *"news", "tab", *"news", "escape", "s")

        assert "Your role does not allow this (submit a post)." in s.text()
        assert "draft" in s.text()
        assert await held(s) == ()


async def test_c05_what_a_publisher_lets_out_has_an_author(sitting: OpenSitting) -> None:
    """In the post, in what goes out, and in the history."""
    roles, accounts = (Role.OPERATOR, Role.PUBLISHER), {"page": Network.FACEBOOK}
    async with sitting([], roles=roles, policy={"accounts": accounts}) as s:
        await s.press("w", *"news", "tab", *"news", "escape", "s", "t", "enter")

        assert "submitted · salem" in s.text()
        (entry,) = await held(s)
        assert (entry.author, entry.text) == ("salem", "news\n\nnews")
        assert {each.actor for each in await s.bench.store.events()} == {"salem"}


async def test_c06_a_post_that_goes_on_and_on_is_reminded_of_plainness(sitting: OpenSitting) -> None:
    """Beside the preview as its network will show it, with the length it counts; it may go all the same."""
    roles, accounts = (Role.OPERATOR, Role.PUBLISHER), {"page": Network.FACEBOOK}
    async with sitting([], roles=roles, policy={"accounts": accounts}) as s:
        target = PostTarget(account="page", network=Network.FACEBOOK, version=Version.ENGLISH)
        long = "It is " + "for all of us and " * 6
        await s.bench.desk.do(WritePost(kind=PostKind.NEWS, arabic="", english=long, targets=(target,)))
        await s.press("9", "enter")
        assert "32 words without a break." in " ".join(s.text().split())
        assert "as the network counts" in s.text()
        await s.press("s", "t", "enter")
        assert len(await held(s)) == 1


async def test_c06_plainness_is_reminded_of(sitting: OpenSitting) -> None:
    """Shouting, slang and unknown links: said beside the text, never in its way."""
    async with sitting(one("Is the new centre open?")) as s:
        await ready(s, "YES THE NEW CENTRE IS OPEN lol")
        text = s.text()

        assert "Capitals read like shouting." in text
        assert "Warmth is good; keep the wording fit for an official account." in text
        await s.press("s")
        assert len(await held(s)) == 1


async def test_c06_length_is_counted_as_the_network_counts(sitting: OpenSitting) -> None:
    """One over the limit stops it, and the number is named."""
    async with sitting(one(kind=ObjectKind.POST)) as s:
        await ready(s, "ا" * 281)

        assert "1 characters over this network's limit." in s.text()
        await s.press("s")
        assert await held(s) == ()


async def test_c07_after_closing_a_reply_waits_for_the_opening(sitting: OpenSitting, store: Store) -> None:
    """The status line says closed; s queues; the sender lets nothing out before."""
    async with sitting(one(), store=store) as s:
        await s.tick(CLOSED - AT)
        await s.app.minute()
        assert "closed until" in s.text()
        await ready(s, ANSWER)
        await s.press("s")

        (entry,) = await held(s)
        assert entry.state is EntryState.QUEUED
        assert entry.due_at == AT + timedelta(days=1, minutes=-30)
        s.bench.clock.at = entry.due_at - timedelta(seconds=1)
        assert await s.bench.dispatch.release(entry) is None
        s.bench.clock.at = entry.due_at
        assert await s.bench.dispatch.release(entry) is not None


async def _note(s: Sitting, text: str) -> None:
    screen = s.app.screen
    assert isinstance(screen, LineScreen)
    screen.entry.text = text
    await s.press("enter")


async def test_c07_an_override_needs_role_reason_and_note(sitting: OpenSitting, store: Store) -> None:
    """An operator has no such key; a supervisor says why, and both stand in the history."""
    async with sitting(one(), store=store, roles=(Role.SUPERVISOR,)) as s:
        await s.tick(CLOSED - AT)
        await ready(s, ANSWER)
        await s.press("o")
        assert s.on(PickScreen)
        await s.press("2")
        assert s.on(LineScreen)
        await _note(s, "people ask at the door")

        (entry,) = await held(s)
        assert entry.override == "life_safety: people ask at the door"
    async with sitting(one("again?"), roles=(Role.OPERATOR,)) as s:
        await s.tick(CLOSED - AT)
        await ready(s, ANSWER)
        assert "override" not in s.lines()[-1]


async def test_c07_an_override_lifts_no_block(sitting: OpenSitting, store: Store) -> None:
    """Personal data does not go out at any hour (D9)."""
    async with sitting(one(), store=store, roles=(Role.SUPERVISOR,)) as s:
        await s.tick(CLOSED - AT)
        await ready(s, "اتصل على 0500004567")
        await s.press("o", "2")
        await _note(s, "people ask at the door")

        assert await held(s) == ()
        assert s.on(ReviewScreen)


async def test_c08_what_is_unanswered_stays_in_sight_with_what_is_overdue(sitting: OpenSitting, store: Store) -> None:
    """The due time is in working minutes; looking, and passing on, does not make it go."""
    async with sitting(one(), store=store) as s:
        found = await store.message(key("000"))
        assert found is not None
        assert found.standing.due_at == s.bench.policy.hours.due_at(AT, 420)

        await s.press("enter", "escape")
        await s.tick(timedelta(days=1, hours=1))
        assert row(QUESTION, 40).text.strip() in s.lines()[1]
        assert " -1h " in s.lines()[1]
        found = await store.message(key("000"))
        assert found is not None
        assert found.standing.state is MessageState.NEW


def test_c08_the_first_answer_is_measured_in_working_minutes(counted: Cli) -> None:
    """From the command line: median and nine in ten, as counted by hand; closed hours do not count."""
    (made,) = counted("report", "--since", "2026-11-23", "--until", "2026-11-24", "--json").rows

    assert made["total"]["first_response"] == {"count": 3, "median": 420.0, "p90": 450.0}
    assert (made["target_wm"], made["total"]["waiting"]) == (420, 2)


async def test_c09_the_pledge_is_read_once_in_each_version(sitting: OpenSitting, store: Store) -> None:
    """Before the first words go out; until somebody says that they have read it, nothing does."""
    policy = {"pledge": DEFAULT_PLEDGE}
    async with sitting(one(), store=store, policy=policy) as s:
        await ready(s, ANSWER)
        await s.press("s")
        assert s.on(AskScreen)
        assert "2010" in s.text()
        await s.press("n")
        assert await held(s) == ()
        assert await store.pledge("salem", DEFAULT_PLEDGE.version) is None

        await s.press("s", "y")
        assert len(await held(s)) == 1
        read = await store.pledge("salem", DEFAULT_PLEDGE.version)
        assert read is not None
        assert read.at == AT
        assert "pledge" in [event.action for event in await store.events()]

    newer = replace(DEFAULT_PLEDGE, version="next")
    for version, is_asked in ((DEFAULT_PLEDGE, False), (newer, True)):
        later = [message(version.version, QUESTION, thread=version.version)]
        async with sitting(later, policy={"pledge": version}, store=store) as s:
            await ready(s, ANSWER)
            await s.press("s")
            assert s.on(AskScreen) is is_asked


async def _again(s: Sitting, text: str) -> str:
    """Put another text into the editor, review it, and return what the screen says, in one line."""
    await s.press("e")
    screen = s.app.screen
    assert isinstance(screen, ComposeScreen)
    screen.editor.text = text
    await s.press("escape")
    screen = s.app.screen
    assert isinstance(screen, ReviewScreen)
    seconds = Seconds()
    screen._seconds, screen._last_stroke = seconds, seconds.now - 10
    return " ".join(s.text().split())


async def test_c10_what_harms_the_good_name_is_confirmed_first(sitting: OpenSitting) -> None:
    """With one key, the finding's number; then it may go."""
    said = {
        "That company is terrible, come to us.": "Speak of our service without judging others.",
        "It is your fault, you did not read.": "The reader may feel blamed.",
        "We guarantee it opens on Sunday.": "A promise we may not control.",
    }
    async with sitting(one("Is the new centre open on Sunday?")) as s:
        await ready(s, "Yes.")
        for text, reminder in said.items():
            assert reminder in await _again(s, text), text
            await s.press("s")
            assert await held(s) == ()

        await s.press("1", "s")
        assert len(await held(s)) == 1


async def test_c11_personal_data_never_goes_out(sitting: OpenSitting, store: Store) -> None:
    """Not by the screen, not by the desk behind it; the block names the words it means."""
    texts = {
        "اتصل على ٠٥٠ ٠٠٠ ٤٥٦٧": "٠٥٠ ٠٠٠ ٤٥٦٧",
        "write to maha at gmail dot com": "maha at gmail dot com",
        "Send it to P.O. Box 88001": "P.O. Box 88001",
        "@maha_private will help you": "@maha_private",
        "784-1990-0001234-6": "784-1990-0001234-6",
    }
    async with sitting(one(), store=store, roles=(Role.SUPERVISOR,)) as s:
        await ready(s, "نعم")
        for text, named in texts.items():
            said = await _again(s, text)
            assert "[stops it] “" in said, text
            assert f"“{row(named, 40).text.strip()}”" in said
            await s.press("s", "1", "s")
            assert await held(s) == ()
            with pytest.raises(Blocked):
                await s.bench.desk.do(Reply(key=key("000"), text=text, acknowledged=tuple(s.bench.policy.rules.rules)))


async def test_c11_official_contacts_pass(sitting: OpenSitting) -> None:
    async with sitting(one()) as s:
        await ready(s, "80090014, info@moh-sample.example, ص.ب 514, @moh_sample, 998")
        assert "[stops it]" not in s.text()


async def test_c12_every_action_has_a_name_and_the_first_send_a_reminder(sitting: OpenSitting, store: Store) -> None:
    """Once a session; the history knows who did what, from where."""
    async with sitting([*one(), message("001", QUESTION, thread="t2")], store=store) as s:
        await ready(s, ANSWER)
        assert "You write in the ministry's name." in " ".join(s.text().split())
        await s.press("s")
        await s.press("r")
        await s.press("escape")
        assert "You write in the ministry's name." not in " ".join(s.text().split())

        (reply,) = [each for each in await store.events() if each.action == "reply"]
        assert (reply.actor, reply.terminal) == ("salem", "test")


async def test_c13_what_needs_support_is_one_key_away(sitting: OpenSitting, store: Store) -> None:
    """The review says so with the key; e opens a case, and nobody asks again."""
    text = "خصمتوا الرسوم مرتين من بطاقتي"  # Arabic: you took the fee twice from my card
    async with sitting(one(text), store=store, policy={"triage": triage}) as s:
        await ready(s, ANSWER)
        assert "customer service (payment). Press p e." in " ".join(s.text().split())
        await s.press("s")
        assert await held(s) == ()
        await s.press("p", "e")

        found = await store.message(key("000"))
        assert found is not None
        assert found.standing.state is MessageState.ESCALATED
        assert (await store.cases("moh", "t"))[0].reason == "payment"


async def test_c13_danger_stands_first_and_is_said_in_the_review(sitting: OpenSitting) -> None:
    """Whatever the order of arrival, in dialect too."""
    messages = [
        *one(),
        message("001", "الحقونا ابوي طايح وما يتنفس", thread="t2", created_at=AT + timedelta(minutes=5)),
    ]
    async with sitting(messages, policy={"triage": triage}) as s:
        await ready(s, ANSWER)

        assert "Someone may be in danger." in " ".join(s.text().split())
        screen = s.app.screen
        assert isinstance(screen, ReviewScreen)
        assert screen._message.key == key("001")


async def test_c14_an_order_is_offered_as_a_choice(sitting: OpenSitting) -> None:
    """In the operator's language, beside the conversation it belongs to."""
    async with sitting(one(), code="ar") as s:
        await ready(s, "يجب عليك أن تراجع المركز أولاً")
        screen = s.app.screen
        assert isinstance(screen, ReviewScreen)
        assert screen._review is not None
        assert "R-TONE-COMMAND" in [finding.rule for finding in screen._review.in_sight]
        await s.press("s")
        assert len(await held(s)) == 1


async def test_c15_a_saved_reply_is_addressed_before_it_goes(sitting: OpenSitting, store: Store) -> None:
    """Picked with a key, its name filled in; a place that is left open stops it."""
    async with sitting(one("When is it open?"), store=store) as s:
        await s.bench.desk.do(KeepSnippet(name="hours", language="en", text="Dear {name}, it opens on {day}."))
        screen = await compose(s, "")
        await s.press("ctrl+r")
        assert s.on(PickScreen)
        assert "hours (en)" in s.text()
        await s.press("1")
        assert screen.editor.text == "Dear مها, it opens on {day}."

        await s.press("escape")
        assert "A place is still to be filled: {day}." in " ".join(s.text().split())
        await s.press("s")
        assert await held(s) == ()


async def test_c15_an_answer_belongs_to_one_message(sitting: OpenSitting, store: Store) -> None:
    """Whoever asked the same elsewhere is still unanswered."""
    later = message("001", QUESTION, thread="t2", created_at=AT + timedelta(minutes=5))
    async with sitting([*one(), later], store=store) as s:
        await ready(s, ANSWER)
        await s.press("s")

        (entry,) = await held(s)
        assert entry.target == key("000")
        other = await store.message(key("001"))
        assert other is not None
        assert other.standing.state is MessageState.NEW


def test_c15_another_language_is_asked_about(filled: Cli) -> None:
    """From the command line as well: the review names the rule, and goes on."""
    said = filled("reply", "x:moh:comment:1", "The centre opens every day", "--review", "--json")

    assert said.code == 0
    assert "R-DIR-LANG" in [each["rule"] for each in said.rows[0]["findings"]]


async def test_the_thread_names_why_in_arabic_too(sitting: OpenSitting) -> None:
    async with sitting(one("my son is choking"), code="ar", policy={"triage": triage}) as s:
        await s.press("enter")
        assert s.on(ThreadScreen)
        assert "choking" in s.text()
