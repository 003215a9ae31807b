"""What is written into the inbox past the program is never sent, and is recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from connectors.sender import Sender
from majlis.commands import Escalate, Hide, Reject, Reply, TakeBack, Urgent, WritePost
from majlis.dispatch import Dispatch
from majlis.message import Network
from majlis.outbox import Action, Entry
from majlis.policy import Role
from majlis.provenance import NOT_OURS, NOT_THEIRS, WRITTEN_BY, objection
from majlis.publishing import PostKind
from majlis.states import EntryState, MessageState
from store.inbox import Inbox
from tests.builders import Bench, key, message, page
from tests.connectors.test_sender import ANSWER, HELD
from tests.fakes.connector import FakeConnector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


class Shared(Bench):
    """A bench on a file, with a network and a sender, and somebody with a shell."""

    def __init__(self, store: Inbox, path: Path) -> None:
        super().__init__(store)
        self.path = path
        self.network = FakeConnector(self.clock)
        self.sender = Sender((self.network,), store, self.clock, self.dispatch, holder="first")

    async def reply(self) -> Entry:
        """Answer the message as Salem."""
        return await self.entry((await self.desk.do(Reply(key=key(), text=ANSWER))).entry)

    def sql(self, change: Callable[[dict[str, Any]], None], *, added: bool = False) -> None:
        """Alter the one entry by SQL, or add another one like it."""
        db = apsw.Connection(str(self.path))
        (body,) = next(db.execute("SELECT body FROM doc_entry"))
        row = json.loads(body)
        change(row)
        text = json.dumps(row, ensure_ascii=False)
        if added:
            db.execute("INSERT INTO doc_entry(body) VALUES(?)", (text,))
        else:
            db.execute("UPDATE doc_entry SET body=?", (text,))
        db.close()


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Shared]:
    """An inbox with one message."""
    path = tmp_path / "inbox.db"
    store = await Inbox.open(str(path))
    await store.ingest(page(message()))
    yield Shared(store, path)
    await store.aclose()


def retext(row: dict[str, Any]) -> None:
    """Put other words into an entry."""
    row["value"]["text"] = "Words that nobody at the desk has written."


def at_once(row: dict[str, Any]) -> None:
    """Let it go before its time."""
    row["value"]["due_at"] = row["due_at"] = "2026-11-23T03:00:00+00:00"


def to_another(row: dict[str, Any]) -> None:
    """Send it to somebody else."""
    row["value"]["target"]["native_id"] = "2"


@pytest.mark.parametrize("change", [retext, at_once, to_another])
async def test_an_entry_altered_by_hand_is_never_sent(shared: Shared, change: Callable[[dict[str, Any]], None]) -> None:
    """It waits for a person, says why, and the history says so."""
    made = await shared.reply()
    shared.sql(change)
    shared.clock.at += HELD

    assert await shared.sender.run_once() == 0

    kept = await shared.entry(made)
    assert (kept.state, kept.problem) == (EntryState.NEEDS_REVIEW, NOT_OURS)
    last = (await shared.store.events(limit=9))[-1]
    assert (last.action, last.actor, last.subject) == ("uncovered", "service", made.id)
    assert shared.network.published == []
    assert change is to_another or (await shared.message()).standing.state is MessageState.CLAIMED
    assert await shared.store.draft(key(), "salem") is None, "what was put there is not the author's draft"


@pytest.mark.parametrize("state", ["held", "queued", "sending", "unknown"])
async def test_an_entry_added_by_hand_is_never_sent(shared: Shared, state: str) -> None:
    """In whatever state it pretends to be: what only sets a state is otherwise simply done again."""
    await shared.reply()

    def fake(row: dict[str, Any]) -> None:
        row["key"] = row["value"]["id"] = "entry-by-hand"
        row["state"] = row["value"]["state"] = state
        row["value"]["action"] = "delete"
        row["value"]["target"]["native_id"] = "77"

    shared.sql(fake, added=True)
    shared.clock.at += HELD

    await shared.sender.run_once()

    kept = await shared.store.entry("entry-by-hand")
    assert kept is not None
    assert kept.state is EntryState.NEEDS_REVIEW
    assert [each.text for each in shared.network.published] == [ANSWER], "the honest one goes out"


async def test_an_entry_that_was_sent_is_not_sent_again_by_putting_its_row_back(shared: Shared) -> None:
    """The old row has an old event that covers it, but not the last one."""
    made = await shared.reply()
    db = apsw.Connection(str(shared.path))
    (old,) = next(db.execute("SELECT body FROM doc_entry"))
    shared.clock.at += HELD
    assert await shared.sender.run_once() == 1

    db.execute("UPDATE doc_entry SET body=?", (old,))
    db.close()
    await shared.sender.run_once()

    assert len(shared.network.published) == 1
    assert (await shared.entry(made)).state is EntryState.NEEDS_REVIEW


async def test_who_lost_the_role_is_not_sent_for(shared: Shared) -> None:
    """The role is asked for at the hand-off, by the name in the event."""
    made = await shared.reply()
    shared.clock.at += HELD
    strict = Dispatch(
        store=shared.store,
        clock=shared.clock,
        ids=shared.ids,
        policy=shared.policy,
        roles=lambda name: frozenset({Role.OPERATOR}) if name == "mariam" else frozenset(),
    )

    assert await strict.release(made) is None
    assert (await shared.entry(made)).problem == NOT_THEIRS


@pytest.mark.parametrize(
    ("fields", "role"),
    [
        ({}, Role.OPERATOR),
        ({"action": Action.POST}, Role.PUBLISHER),
        ({"override": "life_safety: a note that is long"}, Role.SUPERVISOR),
        ({"action": Action.MODERATE, "ban": True}, Role.SUPERVISOR),
    ],
)
async def test_the_author_needs_the_role_for_what_the_entry_does(
    shared: Shared, fields: dict[str, Any], role: Role
) -> None:
    """As at the desk."""
    made = replace(await shared.reply(), **fields)
    event = await shared.store.covering(made.id)
    assert event is not None
    event = replace(event, action=next(iter(WRITTEN_BY[made.action])))

    assert objection(made, event, lambda _name: frozenset({role})) is None
    assert objection(made, event, lambda _name: frozenset({Role.AUDITOR})) == NOT_THEIRS
    assert objection(made, replace(event, actor="mariam"), lambda _name: frozenset(Role)) == NOT_OURS
    assert objection(made, replace(event, action="memo"), lambda _name: frozenset(Role)) == NOT_OURS


async def test_every_way_to_make_an_entry_is_known_to_the_sender(shared: Shared) -> None:
    """What a desk makes is believed: replies, comments, hiding, rejecting, cases told outside, and posts."""
    bench = Shared(shared.store, shared.path)  # type: ignore[arg-type]  # it is an inbox
    bench.policy = replace(bench.policy, escalation_targets=("desk",), accounts={"moh": Network.X})
    desk = bench.as_("mariam", *Role)
    yes = page(*(message(str(n), network=Network.YOUTUBE if n == 9 else Network.X) for n in range(2, 10)))
    await shared.store.ingest(yes)
    await desk.do(Reply(key=key("2"), text=ANSWER))
    await desk.do(Hide(key=key("3")))
    await desk.do(Hide(key=key("3"), hidden=False))
    await desk.do(Reject(key=key("9", network=Network.YOUTUBE), ban=True))
    await desk.do(Escalate(key=key("4"), reason="appointment"))
    await desk.do(TakeBack(key=key("4")))
    await desk.do(Urgent(key=key("5")))
    await desk.do(WritePost(kind=PostKind.NEWS, arabic="خبر"))

    entries = await shared.store.entries((EntryState.HELD, EntryState.QUEUED))
    assert {entry.action for entry in entries} >= {Action.REPLY, Action.HIDE, Action.UNHIDE, Action.MODERATE}
    for entry in entries:
        assert objection(entry, await shared.store.covering(entry.id), lambda _name: frozenset(Role)) is None
