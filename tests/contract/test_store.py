"""What every store keeps to, whatever is below it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from majlis.audit import first_break
from majlis.errors import Conflict, NotAPicture, NotFound, PictureTooBig
from majlis.escalation import Case, Packet
from majlis.gap import Gap, GapCause, GapState
from majlis.message import (
    Author,
    Claim,
    Message,
    Network,
    ObjectKind,
    Quarantined,
    Span,
    Standing,
    Urgency,
    newest_order,
    queue_order,
)
from majlis.outbox import Action, Entry
from majlis.pictures import MOST_BYTES, Picture
from majlis.ports import Anchor, Counts, Draft, Mark, Memo, Undo, View, ViewName, Walk
from majlis.presence import LIFE, Doing, Presence
from majlis.records import Official, Pledge, Snippet
from majlis.states import EntryState, MessageState
from store.documents import document, value_of
from store.inbox import Inbox
from tests.builders import AT, AUTHOR, decision, event, key, message, page, stream
from tests.fakes.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from majlis.ports import Store

QUEUE = View(name=ViewName.QUEUE, operator="salem")
ALL = View(name=ViewName.ALL, operator="salem")
DAY = timedelta(days=1)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
"""Begins like a picture, and holds every byte."""


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Every implementation of the port."""
    made: Store
    match request.param:
        case "memory":
            made = MemoryStore()
        case "sqlite":
            made = await Inbox.open(str(tmp_path / "inbox.db"))
        case _:
            made = await Inbox.open(request.getfixturevalue("postgres").emptied())
    yield made
    await made.aclose()


@pytest.fixture
async def other(store: Store) -> AsyncIterator[Store]:
    """The same store, as another process has it."""
    again: Store = store.again() if isinstance(store, MemoryStore) else await Inbox.open((await store.check()).path)
    yield again
    await again.aclose()


async def stored(store: Store, native_id: str = "1") -> Message:
    found = await store.message(key(native_id))
    assert found is not None
    return found


def entry(entry_id: str = "entry-1", **fields: object) -> Entry:
    known: dict[str, object] = {
        "id": entry_id,
        "action": Action.REPLY,
        "account": "moh",
        "target": key(),
        "thread": "t",
        "text": "نعم، كل يوم",
        "author": "salem",
        "created_at": AT,
        "due_at": AT,
    }
    return Entry(**{**known, **fields})  # type: ignore[arg-type]  # a test's shorthand


def case(case_id: str = "case-1") -> Case:
    packet = Packet(
        schema=1,
        network="x",
        message=str(key()),
        link=None,
        thread="t",
        text="…",
        at=AT,
        handle=None,
        name=None,
        earlier=(),
        language="ar",
        category=None,
        contact=("0500009001",),
        calendar="seed",
    )
    return Case(
        id=case_id,
        account="moh",
        thread="t",
        person="u-maha",
        messages=(str(key()),),
        reason="payment",
        urgency=Urgency.NORMAL,
        operator="salem",
        created_at=AT,
        acknowledge_by=AT,
        answer_by=AT,
        packet=packet,
    )


def gap(hours: int = 0, account: str = "moh") -> Gap:
    return Gap(
        network=Network.X,
        account=account,
        stream=f"x:{account}:mentions",
        since=AT + timedelta(hours=hours),
        noticed_at=AT + timedelta(hours=hours, minutes=5),
        cause=GapCause.SIGNED_OUT,
    )


# ------------------------------------------------------------------------------------------------------------- ingest


async def test_a_message_comes_back_as_it_was(store: Store) -> None:
    """Every field survives, hostile text included, exactly as received."""
    hostile = "a\x00b \ud800 \x1b]52;c;eA==\x07 \N{RIGHT-TO-LEFT OVERRIDE}[red] متى؟"
    sent = message(
        text=hostile,
        author=Author(id="9" * 30, handle="h", name="\x1b[31mn\x00"),
        aliases=("2", "3"),
        attachments=("https://example.org/p.jpg",),
        recipient="r",
        link="https://example.org/1",
        parent="0",
        listings=("mentions",),
    )

    result = await store.ingest(page(sent))

    back = await stored(store)
    assert result.new == (key(),)
    assert replace(back, rev=0, queued=0) == sent
    assert back.rev == back.queued == result.revision == await store.revision()


async def test_a_page_twice_changes_nothing(store: Store) -> None:
    """The second reading finds everything known."""
    await store.ingest(page(message("1"), message("2")))
    before = (await stored(store), await stored(store, "2"))

    again = await store.ingest(page(message("1"), message("2")))

    assert again.new == again.changed == ()
    assert (await stored(store), await stored(store, "2")) == before


async def test_one_message_from_two_listings_is_one(store: Store) -> None:
    """The listing is an attribute, not an identity."""
    await store.ingest(page(message(listings=("mentions",))))
    await store.ingest(page(message(listings=("replies",)), stream=stream("replies")))

    assert (await stored(store)).listings == ("mentions", "replies")
    assert (await store.counts(ALL)).shown == 1


async def test_an_edit_becomes_an_edition_and_keeps_the_standing(store: Store) -> None:
    """What we decided stays; the old text stays too."""
    await store.ingest(page(message(text="first")))
    mine = await stored(store)
    done = replace(mine, standing=replace(mine.standing, state=MessageState.DONE))
    await store.apply(decision(done))

    result = await store.ingest(page(message(text="second"), read_at=AT + timedelta(minutes=1)))

    now = await stored(store)
    assert result.changed == (key(),)
    assert now.text == "second"
    assert [edition.text for edition in now.editions] == ["first"]
    assert now.standing.state is MessageState.DONE
    assert now.standing.edited


async def test_missing_parts_never_wipe_known_ones(store: Store) -> None:
    """A listing without author or link does not make us forget them."""
    await store.ingest(page(message(link="https://example.org/1", recipient="r")))
    await store.ingest(page(message(author=Author())))

    now = await stored(store)
    assert now.author.id == "u-maha"
    assert (now.link, now.recipient) == ("https://example.org/1", "r")


async def test_a_known_name_is_kept_when_only_the_id_comes(store: Store) -> None:
    """X leaves the user object out for known users."""
    await store.ingest(page(message()))
    await store.ingest(page(message(author=Author(id="u-maha"))))

    assert (await stored(store)).author.name == "مها"


async def test_rows_and_mark_are_one_write(store: Store) -> None:
    """A walk goes on where it was; another stream has its own mark."""
    walking = Mark(high="5", walk=Walk(continuation="p2", candidate_high="9"))

    await store.ingest(page(message(), mark=walking, more=True))

    assert await store.mark(stream()) == walking
    assert await store.mark(stream("replies")) is None


async def test_what_was_gone_is_back_when_it_is_seen_again(store: Store) -> None:
    """As it was, except that whoever composed has let it go; it comes into the list anew."""
    held = Claim(holder="salem", since=AT, until=AT)
    was = {"1": MessageState.DONE, "2": MessageState.CLAIMED, "3": MessageState.ESCALATED}
    await store.ingest(
        page(
            *(
                message(name, standing=Standing(state=MessageState.GONE, was=state, claim=held), missed_at=AT)
                for name, state in was.items()
            )
        )
    )
    as_of = await store.revision()

    await store.ingest(page(*(message(name) for name in was)))

    back = [await stored(store, name) for name in was]
    assert [each.standing.state for each in back] == [MessageState.DONE, MessageState.NEW, MessageState.ESCALATED]
    assert [each.missed_at for each in back] == [None] * 3
    assert back[1].standing.claim is None
    assert (await store.counts(QUEUE, as_of=as_of)).waiting == 1


async def test_history_is_in_no_list_until_somebody_takes_it_up(store: Store) -> None:
    """The backlog of a first connection is there to be read, and asks for nothing."""
    await store.ingest(page(message(standing=Standing(historic=True))))
    assert (await store.counts(QUEUE)).shown == 0
    assert (await store.counts(ALL)).shown == 1

    mine = await stored(store)
    taken = replace(mine.standing, state=MessageState.CLAIMED, claim=Claim(holder="salem", since=AT, until=AT))
    await store.apply(decision(replace(mine, standing=taken)))

    assert (await store.counts(QUEUE)).shown == 1


async def test_gaps_are_kept_and_closed(store: Store) -> None:
    """One account's or all, the latest first; closing one changes it in place, and each step is an event."""
    await store.keep_gap(gap())
    await store.keep_gap(gap(2))
    await store.keep_gap(gap(1, "tube"))
    for part in gap().closed(AT + timedelta(hours=1)):
        await store.keep_gap(part)

    assert [each.since.hour for each in await store.gaps()] == [6, 5, 4]
    assert [each.state for each in await store.gaps("moh")] == [GapState.OPEN, GapState.FILLED]
    events = await store.events()
    assert [event.action for event in events] == ["gap"] * 4
    assert first_break(events) is None


async def test_a_bad_row_is_kept_aside(store: Store) -> None:
    """It stops nothing and is not lost."""
    bad = Quarantined(
        network=Network.X, account="moh", stream="mentions", raw='{"id":null}', reason="no id", seen_at=AT
    )

    await store.ingest(page(message(), quarantined=(bad,)))

    assert (await store.counts(ALL)).shown == 1
    assert (await store.check()).counts["quarantine"] == 1


# -------------------------------------------------------------------------------------------------------------- apply


async def test_a_decision_is_written_whole(store: Store) -> None:
    """Message, entry, case, memo, undo and event have one revision."""
    await store.ingest(page(message()))
    mine = await stored(store)
    memo = Memo(id="memo-1", message=str(key()), account="moh", thread="t", author="salem", text="ask", at=AT)
    undo = Undo(id="undo-1", actor="salem", action="reply", at=AT, message=mine, entry="entry-1")

    revision = await store.apply(decision(mine, entry(), case(), memo, undo))

    found = await store.entry("entry-1")
    assert found == replace(entry(), rev=revision)
    stands = replace(case(), rev=revision, queued=revision)
    assert await store.case("case-1") == stands
    assert await store.cases("moh", "t") == (stands,)
    assert await store.memos("moh", "t") == (replace(memo, rev=revision),)
    assert await store.undoable("salem") == replace(undo, rev=revision)
    assert (await stored(store)).rev == revision == await store.revision()


async def test_a_lost_race_writes_nothing_and_names_the_colleague(store: Store) -> None:
    """Two decide about the same reading; the second gets a conflict."""
    await store.ingest(page(message()))
    mine = await stored(store)
    claim = Claim(holder="noura", since=AT, until=AT + timedelta(minutes=15))
    theirs = replace(mine, standing=replace(mine.standing, state=MessageState.CLAIMED, claim=claim))
    first = await store.apply(decision(theirs, event=event("claim", actor="noura")))

    with pytest.raises(Conflict) as caught:
        await store.apply(decision(mine, entry()))

    assert caught.value.facts["colleague"] == "noura"
    assert await store.entry("entry-1") is None
    assert await store.revision() == first


async def test_a_new_value_must_be_new(store: Store) -> None:
    """An entry id cannot be written twice as new."""
    await store.apply(decision(entry()))

    with pytest.raises(Conflict):
        await store.apply(decision(entry(text="another")))


async def test_events_form_a_chain_without_holes(store: Store) -> None:
    """Every ingest and every decision is one event; the chain verifies."""
    await store.ingest(page(message()))
    for number in range(5):
        await store.apply(decision(entry(f"entry-{number}")))

    events = await store.events()

    assert [made.rev for made in events] == list(range(1, 7))
    assert first_break(events) is None
    assert (await store.check()).ok
    assert [made.rev for made in await store.events(after=4)] == [5, 6]


async def test_what_was_written_down_with_an_event_is_found_by_its_revision(store: Store) -> None:
    """As many as there are events in the same range, each with its own words."""
    await store.ingest(page(message()))
    for number in range(4):
        await store.apply(decision(entry(f"entry-{number}"), event=event(text=f"answer {number}")))

    payloads = await store.payloads()

    assert sorted(payloads) == [1, 2, 3, 4, 5]
    assert payloads[1]["new"] == [str(key())]
    assert payloads[3] == {"text": "answer 1"}
    assert sorted(await store.payloads(after=1, limit=2)) == [2, 3]


async def test_undo_is_found_by_actor_and_message_and_once(store: Store) -> None:
    """The last unused one comes first; used ones are gone."""
    await store.ingest(page(message("1"), message("2")))
    one = Undo(id="undo-1", actor="salem", action="done", at=AT, message=await stored(store, "1"))
    two = Undo(id="undo-2", actor="salem", action="done", at=AT, message=await stored(store, "2"))
    await store.apply(decision(one))
    await store.apply(decision(two))

    last = await store.undoable("salem")
    assert last is not None
    assert last.id == "undo-2"
    about = await store.undoable("salem", key("1"))
    assert about is not None
    assert about.id == "undo-1"
    assert await store.undoable("noura") is None

    await store.apply(decision(replace(last, used=True)))
    rest = await store.undoable("salem")
    assert rest is not None
    assert rest.id == "undo-1"


# -------------------------------------------------------------------------------------------------------------- lists


async def many(store: Store, count: int = 30) -> list[Message]:
    made = [
        message(
            f"{number:03}",
            created_at=AT + timedelta(minutes=number),
            standing=Standing(due_at=AT + timedelta(minutes=(number * 7) % count)),
        )
        for number in range(count)
    ]
    await store.ingest(page(*made))
    return made


async def test_a_window_walks_the_whole_list_both_ways(store: Store) -> None:
    """Forwards and backwards by anchors, each row once, in the list's order."""
    made = await many(store)
    expected = [str(m.key) for m in sorted(made, key=queue_order)]

    forwards: list[str] = []
    window = await store.window(QUEUE, limit=7)
    while window.rows:
        forwards += [row.anchor.key for row in window.rows]
        window = await store.window(QUEUE, limit=7, after=window.rows[-1].anchor)
    backwards: list[str] = []
    window = await store.window(QUEUE, limit=7, last=True)
    while window.rows:
        backwards = [row.anchor.key for row in window.rows] + backwards
        window = await store.window(QUEUE, limit=7, before=window.rows[0].anchor)

    assert forwards == expected
    assert backwards == expected


SAID = {
    "1": "متى يفتح مركز اللقاحات؟",  # Arabic: when does the vaccination centre open?
    "2": "مَتَى يُفتَحُ المَرْكَز",  # the same verb and noun, with marks
    "3": "متـــى تأتي الطبيبة إلى المستشفى ١٢٣",  # stretched; hamza, teh marbuta, Arabic digits
    "4": "Where is the VACCINE centre? 100% [sure] a*b",
    "5": "call 0500000001",
}


async def said(store: Store) -> None:
    personal = {"5": (Span(start=5, end=15, category="phone"),)}
    authors = {"4": Author(id="u-ravi", handle="ravi_sample", name="Ravi Kumar")}
    made = [
        message(number, text, personal=personal.get(number, ()), author=authors.get(number, AUTHOR))
        for number, text in SAID.items()
    ]
    await store.ingest(page(*made))


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("متى", "123"),
        ("يفتح مركز", "12"),
        ("مركز يفتح", "12"),
        ("الطبيبه الي المستشفي 123", "3"),
        ("طبيب", "3"),  # inside a word
        ("لقاح", "1"),
        ("vaccine", "4"),
        ("re", "4"),
        ("0% [SURE] a*b", "4"),
        ("a?b", ""),
        ("kumar", "4"),
        ("@ravi", "4"),
        ("مها", "1235"),
        ("ravi مها", ""),
        ("0500000001", ""),
        ("call", "5"),
        ("  ", "12345"),
        ("", "12345"),
    ],
    ids=range(18),
)
async def test_a_search_finds_words_as_people_spell_them(store: Store, search: str, expected: str) -> None:
    """Folded, in any order, inside other words, in names too; what lists cover is not found."""
    await said(store)
    view = View(name=ViewName.ALL, operator="salem", search=search)

    window = await store.window(view, limit=9)

    assert "".join(sorted(row.message.key.native_id for row in window.rows if row.message)) == expected
    assert (await store.counts(view)).shown == len(expected)


async def test_a_search_is_a_list_like_any_other(store: Store) -> None:
    """Windows, places and the bar count only what is found, and a change of text is found at once."""
    await many(store)
    found = [message(f"x{n}", f"اللقاح {n}", created_at=AT + timedelta(hours=1, minutes=n)) for n in range(5)]
    revision = (await store.ingest(page(*found))).revision
    view = View(name=ViewName.QUEUE, operator="salem", search="لقاح")

    assert (await store.counts(view, as_of=revision - 1)).waiting == 5
    rows = (await store.window(view, limit=9)).rows
    assert [row.anchor.key for row in rows] == [str(m.key) for m in sorted(found, key=queue_order)]
    assert await store.position(view, rows[3].anchor) == 3
    between = await store.window(view, limit=2, after=rows[0].anchor)
    assert between.rows == rows[1:3]
    assert (await store.window(view, limit=2, last=True)).rows == rows[3:]

    await store.ingest(page(replace(found[0], text="something else")))

    assert (await store.counts(view)).shown == 4


async def test_the_outbox_is_searched_by_what_goes_out(store: Store) -> None:
    """An entry's own words."""
    await store.ingest(page(message()))
    await store.apply(decision(entry("entry-1", text="نعم، كل يوم"), entry("entry-2", text="شكرا")))
    view = View(name=ViewName.OUTBOX, operator="salem", search="كُلّ")

    assert [row.anchor.key for row in (await store.window(view, limit=9)).rows] == ["entry-1"]


async def test_the_other_lists_show_the_newest_first(store: Store) -> None:
    """`all` runs backwards in time."""
    made = await many(store)

    window = await store.window(ALL, limit=100)

    assert [row.anchor.key for row in window.rows] == [str(m.key) for m in sorted(made, key=newest_order, reverse=True)]


async def test_position_counts_the_rows_before(store: Store) -> None:
    """It agrees with walking."""
    await many(store)
    window = await store.window(QUEUE, limit=100)

    assert [await store.position(QUEUE, row.anchor) for row in window.rows] == list(range(30))


async def test_an_anchor_holds_when_its_row_goes(store: Store) -> None:
    """The rows behind a closed message are found from where it was."""
    await many(store)
    window = await store.window(QUEUE, limit=3)
    gone = window.rows[1].message
    assert gone is not None
    await store.apply(decision(replace(gone, standing=replace(gone.standing, state=MessageState.DONE))))

    behind = await store.window(QUEUE, limit=1, after=window.rows[1].anchor)

    assert behind.rows[0].anchor == window.rows[2].anchor


async def test_what_comes_later_waits_behind_the_bar(store: Store) -> None:
    """As of a revision, newcomers are counted but not shown."""
    await many(store, 3)
    as_of = await store.revision()
    await store.ingest(page(message("new", created_at=AT - timedelta(days=1))))

    counts = await store.counts(QUEUE, as_of=as_of)
    shown = await store.window(QUEUE, limit=10, as_of=as_of)

    assert (counts.shown, counts.waiting) == (3, 1)
    assert str(key("new")) not in [row.anchor.key for row in shown.rows]
    assert (await store.counts(QUEUE)).shown == 4


async def test_an_edit_does_not_move_a_row_behind_the_bar(store: Store) -> None:
    """A known message stays in the list when its text changes."""
    await many(store, 3)
    as_of = await store.revision()
    await store.ingest(page(message("001", text="changed", created_at=AT + timedelta(minutes=1))))

    assert (await store.counts(QUEUE, as_of=as_of)).waiting == 0


async def test_a_returned_message_waits_behind_the_bar_again(store: Store) -> None:
    """Queued = 0 asks for a new place."""
    await store.ingest(page(message()))
    as_of = await store.revision()
    mine = await stored(store)
    await store.apply(decision(replace(mine, queued=0)))

    assert (await store.counts(QUEUE, as_of=as_of)).waiting == 1


async def test_each_state_is_in_its_list(store: Store) -> None:
    """Queue, mine, waiting, escalated, posts and all."""
    states = {
        "new": Standing(),
        "mine": Standing(state=MessageState.CLAIMED, claim=Claim(holder="salem", since=AT, until=AT)),
        "hers": Standing(state=MessageState.CLAIMED, claim=Claim(holder="noura", since=AT, until=AT)),
        "waiting": Standing(
            state=MessageState.WAITING, entry="entry-1", claim=Claim(holder="salem", since=AT, until=AT)
        ),
        "snoozed": Standing(state=MessageState.SNOOZED, snoozed_until=AT),
        "escalated": Standing(state=MessageState.ESCALATED),
        "done": Standing(state=MessageState.DONE),
    }
    await store.ingest(page(*(message(name, standing=standing) for name, standing in states.items())))
    ours = message("post", kind=ObjectKind.POST, ours=True, standing=Standing(state=MessageState.DONE))
    await store.ingest(page(ours))
    await store.apply(decision(entry(target=key("waiting"))))

    async def listed(name: ViewName) -> set[str]:
        window = await store.window(View(name=name, operator="salem"), limit=50)
        return {row.anchor.key.rsplit(":", 1)[-1] for row in window.rows}

    assert await listed(ViewName.QUEUE) == {"new", "mine", "hers"}
    assert await listed(ViewName.MINE) == {"mine", "waiting"}
    assert await listed(ViewName.WAITING) == {"waiting", "snoozed"}
    assert await listed(ViewName.ESCALATED) == {"escalated"}
    assert await listed(ViewName.POSTS) == {"post"}
    assert await listed(ViewName.OUTBOX) == {"entry-1"}
    assert await listed(ViewName.ALL) == {*states, "post"}


async def test_a_message_leaves_the_lists_and_loops_of_its_old_state(store: Store) -> None:
    """Claimed, snoozed, answered: only what it is now is found."""
    await store.ingest(page(message()))
    claim = Claim(holder="salem", since=AT, until=AT)
    steps = (
        Standing(state=MessageState.CLAIMED, claim=claim),
        Standing(state=MessageState.SNOOZED, snoozed_until=AT),
        Standing(state=MessageState.ANSWERED),
    )
    later = AT + timedelta(days=1)
    found = []
    for standing in steps:
        await store.apply(decision(replace(await stored(store), standing=standing)))
        mine = (await store.counts(View(name=ViewName.MINE, operator="salem"))).shown
        waiting = (await store.counts(View(name=ViewName.WAITING, operator="salem"))).shown
        queue = (await store.counts(QUEUE)).shown
        found.append((queue, mine, waiting, len(await store.stale_claims(later)), len(await store.snoozed(later))))

    assert found == [(1, 1, 0, 1, 0), (0, 0, 1, 0, 1), (0, 0, 0, 0, 0)]


async def test_the_outbox_shows_entries_with_their_messages(store: Store) -> None:
    """A row of the outbox has both."""
    await store.ingest(page(message()))
    await store.apply(decision(entry()))

    (row,) = (await store.window(View(name=ViewName.OUTBOX, operator="salem"), limit=5)).rows

    assert row.entry is not None
    assert row.entry.id == row.anchor.key == "entry-1"
    assert row.message == await stored(store)


async def test_a_view_can_be_of_one_account(store: Store) -> None:
    """Only that account's messages."""
    await store.ingest(page(message()))

    assert (await store.counts(replace(ALL, account="moh"))).shown == 1
    assert (await store.counts(replace(ALL, account="other"))).shown == 0
    assert (await store.window(replace(ALL, account="other"), limit=5)).rows == ()


async def test_an_empty_list_is_empty(store: Store) -> None:
    """No rows, no error."""
    assert (await store.window(QUEUE, limit=5)).rows == ()
    assert (await store.window(QUEUE, limit=5, last=True)).rows == ()
    assert (await store.window(QUEUE, limit=5, after=Anchor(sort="", key=""))).rows == ()
    assert (await store.counts(QUEUE)).shown == 0


async def test_a_thread_is_oldest_first(store: Store) -> None:
    """Only the account's own thread."""
    await store.ingest(
        page(
            message("2", created_at=AT + timedelta(minutes=2)),
            message("1", created_at=AT + timedelta(minutes=1)),
            message("3", thread="another"),
        )
    )

    assert [m.key.native_id for m in await store.thread("moh", "t")] == ["1", "2"]


# ------------------------------------------------------------------------------------------------------- the services


async def test_entries_by_state_and_time(store: Store) -> None:
    """The sender asks for what is due."""
    await store.apply(decision(entry("entry-1", due_at=AT + timedelta(seconds=20))))
    await store.apply(decision(entry("entry-2", due_at=AT + timedelta(seconds=10))))
    await store.apply(decision(entry("entry-3", state=EntryState.SENT)))

    held = await store.entries([EntryState.HELD])
    due = await store.entries([EntryState.HELD, EntryState.QUEUED], due_by=AT + timedelta(seconds=10))

    assert [found.id for found in held] == ["entry-2", "entry-1"]
    assert [found.id for found in due] == ["entry-2"]


async def test_snoozed_messages_and_stale_claims_are_found(store: Store) -> None:
    """Only those whose time has come."""
    claim = Claim(holder="salem", since=AT, until=AT + timedelta(minutes=15))
    await store.ingest(
        page(
            message("1", standing=Standing(state=MessageState.SNOOZED, snoozed_until=AT)),
            message("2", standing=Standing(state=MessageState.CLAIMED, claim=claim)),
        )
    )

    assert [m.key.native_id for m in await store.snoozed(AT)] == ["1"]
    assert await store.snoozed(AT - timedelta(seconds=1)) == ()
    assert await store.stale_claims(AT + timedelta(minutes=14)) == ()
    assert [m.key.native_id for m in await store.stale_claims(AT + timedelta(minutes=15))] == ["2"]


async def test_changes_name_what_changed_and_nothing_when_nothing_did(store: Store) -> None:
    """Screens ask again and again; mostly nothing happened."""
    await store.ingest(page(message()))
    first = await store.revision()
    assert (await store.changes(first)).keys == frozenset()

    mine = await stored(store)
    await store.apply(decision(mine, entry()))

    changes = await store.changes(first)
    assert changes.revision == first + 1
    assert changes.keys == {str(key()), "entry-1"}


async def test_one_lease_one_holder(store: Store) -> None:
    """It is renewed by its holder, freed, and taken over when it has run out."""
    until = AT + timedelta(seconds=30)
    assert await store.take_lease("sender", "a", until, AT)
    assert not await store.take_lease("sender", "b", until, AT)
    assert await store.take_lease("sender", "a", until + timedelta(seconds=30), AT)
    assert await store.take_lease("sender", "b", until + timedelta(hours=1), AT + timedelta(minutes=2))
    await store.free_lease("sender", "a")
    assert not await store.take_lease("sender", "a", until, AT)
    await store.free_lease("sender", "b")
    assert await store.take_lease("sender", "a", until, AT)


async def test_one_lock_one_process(store: Store, other: Store) -> None:
    """It is kept until it is given back, and another one is another matter."""
    assert await store.hold("send")
    assert await store.hold("send")
    assert not await other.hold("send")
    assert await other.hold("poll:moh")
    await other.let_go("send")
    assert not await other.hold("send")

    await store.let_go("send")
    assert await other.hold("send")
    assert not await store.hold("send")


async def test_a_store_that_is_closed_gives_back_its_locks(store: Store, other: Store) -> None:
    """As a process that has ended."""
    await other.hold("send")
    await other.aclose()

    assert await store.hold("send")


async def test_whoever_keeps_the_lock_need_not_wait_for_a_holder_who_kept_it(store: Store) -> None:
    """They have lost it, so they are dead; a holder who never kept it may be alive, and is waited for."""
    until = AT + timedelta(seconds=30)
    assert await store.take_lease("send", "a", until, AT, locked=True)
    assert not await store.take_lease("send", "b", until, AT)
    assert await store.take_lease("send", "b", until, AT, locked=True)

    assert await store.take_lease("poll:moh", "a", until, AT)
    assert not await store.take_lease("poll:moh", "b", until, AT, locked=True)
    assert await store.take_lease("poll:moh", "b", until + timedelta(hours=1), until, locked=True)


def presence(sitting: str = "salem-1", **fields: Any) -> Presence:
    """Return that Salem reads the first message."""
    known: dict[str, Any] = {
        "operator": sitting.split("-", maxsplit=1)[0],
        "message": str(key()),
        "doing": Doing.READING,
    }
    times = {"since": AT, "stirred": AT, "until": AT + LIFE}
    return Presence(sitting=sitting, **{**known, **times, **fields})


async def test_a_sitting_is_in_one_place_until_it_leaves(store: Store) -> None:
    """Where it is takes the place of where it was; two sittings are two."""
    await store.be_present(presence("salem-1"))
    await store.be_present(presence("noura-1", doing=Doing.COMPOSING))
    await store.be_present(presence("salem-1", message=str(key("2"))))

    noura, salem = presence("noura-1", doing=Doing.COMPOSING), presence("salem-1", message=str(key("2")))
    assert await store.present() == (noura, salem)

    await store.leave("noura-1")
    await store.leave("nobody")
    assert await store.present() == (salem,)


async def test_presence_that_is_long_over_goes_with_the_next_sign_of_life(store: Store) -> None:
    """Whoever was killed leaves nothing behind for ever."""
    await store.be_present(presence("killed-1"))
    later = presence("salem-1", until=AT + 3 * LIFE)
    await store.be_present(later)

    assert await store.present() == (later,)


async def test_presence_is_noticed_without_a_revision(store: Store, other: Store) -> None:
    """It is no event: the history stays as it is, and whoever asks what changed hears who is there."""
    before = await store.revision()
    assert (await store.changes(before)).present == ()

    await other.be_present(presence())
    changes = await store.changes(before)
    assert (changes.revision, changes.keys, changes.present) == (before, frozenset(), (presence(),))

    await other.leave("salem-1")
    assert (await store.changes(before)).present == ()
    assert await store.events() == ()


# --------------------------------------------------------------------------------------------------- what people keep


async def test_a_draft_is_kept_replaced_and_dropped(store: Store) -> None:
    """One per author and message."""
    draft = Draft(message=str(key()), author="salem", text="نعم\x00", saved_at=AT)
    await store.save_draft(draft)
    await store.save_draft(replace(draft, text="لا", acknowledged=("R-PII-TOLL",)))

    assert await store.draft(key(), "salem") == replace(draft, text="لا", acknowledged=("R-PII-TOLL",))
    assert await store.draft(key(), "noura") is None
    assert len(await store.drafts("salem")) == 1

    await store.drop_draft(key(), "salem")
    assert await store.draft(key(), "salem") is None


async def test_a_decision_takes_and_gives_back_drafts(store: Store) -> None:
    """In the same write as the rest."""
    draft = Draft(message=str(key()), author="salem", text="نعم", saved_at=AT)
    await store.save_draft(draft)

    await store.apply(decision(entry(), drop_draft=(str(key()), "salem")))
    assert await store.draft(key(), "salem") is None

    await store.apply(decision(entry("entry-2"), save_draft=draft))
    assert await store.draft(key(), "salem") == draft


async def test_a_picture_comes_back_byte_for_byte_under_its_digest(store: Store) -> None:
    """Kept twice it is one; what nobody kept is not there."""
    digest = await store.keep_picture(PNG, "image/png")

    assert digest == await store.keep_picture(PNG, "image/png") == sha256(PNG).hexdigest()
    assert await store.picture(digest) == PNG
    with pytest.raises(NotFound):
        await store.picture("0" * 64)


async def test_what_a_network_would_not_take_as_a_picture_is_not_kept(store: Store) -> None:
    """Too many bytes, another form, or a name that says something else than the bytes."""
    for data, media_type, error in (
        (PNG.ljust(MOST_BYTES + 1, b"\0"), "image/png", PictureTooBig),
        (b"<svg/>", "image/svg+xml", NotAPicture),
        (PNG, "image/jpeg", NotAPicture),
    ):
        with pytest.raises(error):
            await store.keep_picture(data, media_type)

    whole = PNG.ljust(MOST_BYTES, b"\0")
    assert await store.picture(await store.keep_picture(whole, "image/png")) == whole


def test_an_entry_that_an_earlier_program_wrote_is_read() -> None:
    """What it did not know is not there, and counts as nothing."""
    earlier = document(entry(), 1)
    assert not {"link", "pictures", "publish_at"} & earlier["value"].keys()

    assert value_of(earlier, Entry) == entry(rev=1)


async def test_an_entry_keeps_what_a_post_is_made_of(store: Store) -> None:
    """Link, pictures in their order, and the time at which the network itself publishes."""
    pictures = (
        Picture(digest="a" * 64, media_type="image/png", alt="خريطة المراكز"),  # Arabic: map of the centres
        Picture(digest="b" * 64, media_type="image/jpeg"),
    )
    post = entry(action=Action.POST, target=None, link="https://example.org/1", pictures=pictures, publish_at=AT + DAY)
    await store.apply(decision(post))

    kept = await store.entry(post.id)
    assert kept is not None
    assert replace(kept, rev=0) == post


async def test_a_preference_is_remembered_per_operator(store: Store) -> None:
    """And replaced by the next one."""
    await store.prefer("salem", "drawing", "pf")
    await store.prefer("salem", "drawing", "pf+lro")

    assert await store.preference("salem", "drawing") == "pf+lro"
    assert await store.preference("noura", "drawing") is None


async def test_many_at_once_in_one_process(store: Store) -> None:
    """Awaiting several calls together loses none of them."""
    await asyncio.gather(*(store.apply(decision(entry(f"entry-{number}"))) for number in range(50)))

    assert await store.revision() == 50
    assert len(await store.entries([EntryState.HELD])) == 50
    assert (await store.check()).ok


# ----------------------------------------------------------------------------------------------- what the team keeps


async def test_the_pledge_is_kept_by_operator_and_version(store: Store) -> None:
    """Somebody else's, or an older one, says nothing."""
    pledge = Pledge(id="salem:2", operator="salem", version="2", at=AT)

    await store.apply(decision(pledge))

    found = await store.pledge("salem", "2")
    assert found is not None
    assert (found.operator, found.at) == ("salem", AT)
    assert await store.pledge("noura", "2") is None
    assert await store.pledge("salem", "1") is None


async def test_saved_replies_come_by_name_without_the_removed_ones(store: Store) -> None:
    one = Snippet(id="hours:ar", name="hours", language="ar", text="من الأحد", author="salem", at=AT)
    two = Snippet(id="fees:en", name="fees", language="en", text="See {link}", author="salem", at=AT)
    await store.apply(decision(one, two))
    kept = (await store.snippets())[1]

    await store.apply(decision(replace(kept, removed=True)))

    assert [each.id for each in await store.snippets()] == ["fees:en"]


async def test_official_contacts_come_oldest_first_without_the_removed_ones(store: Store) -> None:
    def official(value: str) -> Official:
        return Official(id=f"phones:{value}", kind="phones", value=value, note="new line", by="mariam", at=AT)

    for value in ("800123", "800122", "800121"):
        await store.apply(decision(official(value)))
    first = (await store.officials())[0]

    await store.apply(decision(replace(first, removed=True)))

    assert [each.value for each in await store.officials()] == ["800122", "800121"]


async def test_counts_add_up_by_day_operator_name_and_kind(store: Store) -> None:
    """And only the days asked for come back."""
    today = AT.date()
    await store.tally(today, "salem", [("R-TONE-CAPS", "shown"), ("R-SELF", "shown")])
    await store.tally(today, "salem", [("R-TONE-CAPS", "shown"), ("R-TONE-CAPS", "heeded")])
    await store.tally(today + DAY, "salem", [("R-TONE-CAPS", "shown")])

    found = await store.tallies(today, today)

    assert [(each.name, each.what, each.count) for each in found] == [
        ("R-SELF", "shown", 1),
        ("R-TONE-CAPS", "heeded", 1),
        ("R-TONE-CAPS", "shown", 2),
    ]


async def test_entries_of_a_time_are_found(store: Store) -> None:
    """Both bounds belong to it."""
    for n in range(4):
        await store.apply(decision(entry(f"entry-{n}", due_at=AT + n * DAY)))

    found = await store.entries([EntryState.HELD], due_from=AT + DAY, due_by=AT + 2 * DAY)

    assert [each.id for each in found] == ["entry-1", "entry-2"]


# -------------------------------------------------------------------------------------------------------------- cases


async def test_cases_made_in_a_time_are_found_whatever_became_of_them(store: Store) -> None:
    """From the first moment on and before the last one, to the microsecond, oldest first."""
    tick = timedelta(microseconds=1)
    moments = [AT - tick, AT, AT + tick, AT + DAY - tick, AT + DAY, AT + DAY + tick]
    for n, at in enumerate(moments):
        made = replace(case(f"case-{9 - n}"), created_at=at)
        await store.apply(decision(made.stepped("withdraw", at=at, by="salem") if n == 1 else made))

    found = await store.cases_made(AT, AT + DAY)

    assert [each.created_at for each in found] == moments[1:4]


async def test_the_list_of_cases_is_danger_first_and_forgets_what_is_over(store: Store) -> None:
    """Customer service sees what is owed next; what was answered lies last until it is closed, and is gone then."""
    quiet = replace(case("case-1"), acknowledge_by=AT + DAY)
    danger = replace(case("case-2"), acknowledge_by=AT + 2 * DAY, urgency=Urgency.IMMEDIATE)
    sooner = replace(case("case-3"), acknowledge_by=AT)
    for each in (quiet, danger, sooner):
        await store.apply(decision(each))
    view = View(name=ViewName.CASES, operator="huda")

    listed = await store.window(view, limit=9)
    assert [row.case.id for row in listed.rows if row.case] == ["case-2", "case-3", "case-1"]
    assert await store.position(view, listed.rows[2].anchor) == 2

    first = await store.case("case-3")
    assert first is not None
    answered = first.stepped("acknowledge", at=AT, by="huda").stepped("answer", at=AT, by="huda", text="…")
    await store.apply(decision(answered))
    listed = await store.window(view, limit=9)
    assert [row.case.id for row in listed.rows if row.case] == ["case-2", "case-1", "case-3"]

    answered = (await store.case("case-3")) or answered
    found = await store.window(replace(view, search="case-2"), limit=9)
    assert [row.case.id for row in found.rows if row.case] == ["case-2"]
    revision = await store.apply(decision(answered.stepped("close", at=AT, by="salem")))
    assert (await store.counts(view)).shown == 2
    assert (await store.changes(revision - 1)).keys == {"case-3"}


async def test_a_case_that_comes_waits_behind_the_bar(store: Store) -> None:
    """The list does not jump under somebody's hand; a change of a known case does not hide it."""
    view = View(name=ViewName.CASES, operator="huda")
    before = await store.apply(decision(case("case-1")))
    await store.apply(decision(case("case-2")))

    assert await store.counts(view, as_of=before) == Counts(shown=1, waiting=1)
    known = await store.case("case-1")
    assert known is not None
    await store.apply(decision(known.stepped("acknowledge", at=AT, by="huda")))
    assert await store.counts(view, as_of=before) == Counts(shown=1, waiting=1)
