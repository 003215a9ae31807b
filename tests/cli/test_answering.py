"""reply: the text, the gates, the review."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from majlis.intake import Intake
from majlis.message import Network, ObjectKind
from store.inbox import Inbox
from tests.builders import message, page, policy
from tests.cli.conftest import MAHA, Cli

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPEN = json.dumps({"calendars": {"c": {"zone": "Asia/Dubai", "weekly": {day: [["00:00", "24:00"]] for day in DAYS}}}})
CLOSED = '{"calendars": {"c": {"zone": "Asia/Dubai", "weekly": {"mon": [["00:00", "00:01"]]}}}}'
THANKS = "شكرا لتواصلكم"  # Arabic: thank you for writing


@pytest.fixture
def office(filled: Cli) -> Cli:
    """An inbox whose service is always open, whenever the test runs."""
    _profile(filled.config, OPEN)
    return filled


@pytest.fixture
def at_night(filled: Cli) -> Cli:
    """The same with service hours of one minute a week."""
    _profile(filled.config, CLOSED)
    return filled


def _profile(folder: Path, text: str) -> None:
    (folder / "profile.json").write_text(text, encoding="utf-8")
    (folder / "site.toml").write_text('profile = "profile.json"\n', encoding="utf-8")


def test_a_reply_goes_to_the_outbox_byte_for_byte(office: Cli) -> None:
    """What was given is what will be sent, without the newline of the pipe."""
    said = office("reply", MAHA, "--json", stdin=f"{THANKS}\n\n")

    entry = said.rows[0]["entry"]
    assert said.code == 0
    assert entry["text"] == f"{THANKS}\n"
    assert entry["state"] == "held"
    assert office("list", "--view", "outbox", "--json").rows[0]["entry"] == entry["entry"]


def test_a_comment_goes_below_our_own_post(office: Cli) -> None:
    """By the same verb, held and called back like a reply; the review counts as that network does."""
    post = message("v", "a new video", kind=ObjectKind.POST, network=Network.YOUTUBE, ours=True)

    async def add() -> None:
        store = await Inbox.open(str(office.inbox))
        await store.ingest(page(post))
        await store.aclose()

    asyncio.run(add())
    review = office("reply", str(post.key), THANKS, "--review", "--json")
    said = office("reply", str(post.key), THANKS, "--json")

    assert review.rows[0]["limit"] == 10_000
    assert (said.code, said.rows[0]["entry"]["state"]) == (0, "held")
    assert office("undo").code == 0


def test_a_held_reply_is_called_back(office: Cli) -> None:
    """Its text is a draft again, and the message is open."""
    office("reply", MAHA, THANKS)

    assert office("undo").code == 0
    assert office("list", "--view", "outbox", "--json").rows[0]["state"] == "recalled"


def test_a_private_number_is_refused_with_its_place(office: Cli) -> None:
    """The rule, the piece of text and the remedy are named; nothing is written."""
    said = office("reply", MAHA, "call 0500000001 now")
    in_json = office("reply", MAHA, "call 0500000001 now", "--json")

    assert said.code == in_json.code == 5
    assert "R-PII-PHONE  0500000001" in said.err
    assert '"start": 5, "end": 15' in in_json.err
    assert office("list", "--view", "outbox").out == ""


def test_a_warning_is_confirmed_by_name(office: Cli) -> None:
    """Without it the reply waits for the operator's word."""
    text = "please call 800 5555"  # a toll-free number nobody has named official

    waiting = office("reply", MAHA, text)

    assert waiting.code == 5
    assert "R-PII-TOLL" in waiting.err
    assert office("reply", MAHA, text, "--ack", "R-PII-TOLL").code == 0


def test_a_review_sends_nothing(office: Cli) -> None:
    """Length, limit, hours and findings, as before sending."""
    said = office("reply", MAHA, THANKS, "--review", "--json")

    assert said.code == 0
    assert said.rows[0]["length"] == len(THANKS)
    assert said.rows[0]["open"] is True
    assert office("reply", MAHA, "0500000001", "--review").code == 5
    assert office("list", "--view", "outbox").out == ""


def test_outside_hours_a_reply_is_refused_queued_or_overridden(at_night: Cli) -> None:
    """Each with its own word."""
    assert at_night("reply", MAHA, THANKS).code == 5
    assert at_night("reply", MAHA, THANKS, "--queue", "--json").rows[0]["entry"]["state"] == "queued"
    at_night("undo")
    assert at_night("reply", MAHA, THANKS, "--override", "correction", "--note", "too short").code != 0
    said = at_night("reply", MAHA, THANKS, "--override", "correction", "--note", "the date was wrong", "--json")
    assert said.rows[0]["entry"]["state"] == "held"


@pytest.mark.parametrize(
    "argv",
    [
        ("reply", MAHA, THANKS, "--file", "x"),
        ("reply", MAHA, "--file", "/nowhere/at/all"),
        ("reply", MAHA, THANKS, "--override", "correction"),
        ("reply", MAHA, THANKS, "--note", "a note alone"),
        ("reply", MAHA, THANKS, "--override", "because"),
        ("reply",),
    ],
)
def test_a_command_line_that_contradicts_itself_does_nothing(office: Cli, argv: tuple[str, ...]) -> None:
    """It is a usage error, before anything is opened."""
    assert office(*argv).code == 2


def test_nothing_to_say_is_nothing_to_send(office: Cli) -> None:
    """An empty pipe is no answer."""
    assert office("reply", MAHA, stdin=" \n").code == 3


def test_a_review_says_how_long_a_private_answer_goes(office: Cli) -> None:
    """In words and in JSON: the plain way, and a person's where the network has granted it to the account."""
    site = office.config / "site.toml"
    site.write_text(
        'profile = "profile.json"\n[accounts.moh]\nnetwork = "facebook"\nid = "1"\noptions = { human_agent = true }\n',
        encoding="utf-8",
    )
    asked = _private(office)
    window = office("reply", asked, THANKS, "--review", "--json").rows[0]["window"]

    assert window["goes"] == "agent"
    assert window["plain_until"] < window["agent_until"]
    assert "Human Agent" in office("reply", asked, THANKS, "--review").out
    assert office("reply", MAHA, THANKS, "--review", "--json").rows[0]["window"] is None


def test_a_public_message_on_x_is_answered_privately(office: Cli) -> None:
    """The way out where X lets nobody answer in public."""
    said = office("reply", MAHA, THANKS, "--private", "--queue", "--json")

    assert said.code == 0
    assert [row["action"] for row in office("list", "--view", "outbox", "--json").rows] == ["message"]


def _private(office: Cli) -> str:
    """Let somebody have written privately the day before yesterday; return the name of the message."""

    async def fill() -> str:
        store = await Inbox.open(str(office.inbox))
        at = datetime.now(UTC) - timedelta(days=2)  # noqa: TID251  the program runs on the machine's clock here
        kind = {"kind": ObjectKind.PRIVATE, "network": Network.FACEBOOK}
        asked = message("m_1", created_at=at, received_at=at, **kind)
        await store.ingest(Intake(policy())(page(asked), ()))
        await store.aclose()
        return str(asked.key)

    return asyncio.run(fill())
