"""The grants of an inbox on a server: what the program may do under them, and what nobody can do past it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from tinydb import where
from tinydb.table import Document

from connectors.clock import SeededIds, SystemClock
from majlis import commands as c
from majlis.audit import EventDraft
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.errors import RefusedByServer, StoreReadOnly
from majlis.escalation import Case
from majlis.intake import Intake
from majlis.message import Claim, Message, Network
from majlis.outbox import Action, Entry, Receipt
from majlis.policy import Operator, Role
from majlis.ports import Draft
from majlis.provenance import WRITTEN_BY
from majlis.publishing import Post, PostKind, PostTarget, Version
from majlis.records import Official
from majlis.states import EntryState, MessageState
from store.documents import TABLES, becoming, document, value_of
from store.grants import ACTIONS, grants
from store.inbox import Inbox, open_rows
from store.pins import Pins, head_of, record
from store.rows.postgres import PostgresEngine
from tests.builders import HandClock, key, message, page, policy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from majlis.publishing import PostStep
    from store.rows import RowDB
    from tests.postgres import Cluster

psycopg = pytest.importorskip("psycopg", reason="needs psycopg, and it is not installed")

PREFIX: Final = "g_"
PEOPLE: Final = {
    "gg_salem": (Role.OPERATOR,),
    "gg_hamad": (Role.OPERATOR, Role.PUBLISHER, Role.APPROVER),
    "gg_sara": (Role.SUPERVISOR,),
    "gg_amal": (Role.APPROVER,),
    "gg_noor": (Role.CUSTOMER_SERVICE,),
    "gg_poll": (Role.SERVICE,),
}
"""Who has which roles; Salem is the one who tries what he must not."""
FORBIDDEN: Final = "42501"
REFUSED: Final = "MJ403"
YES: Final = "نعم، كل يوم"
"""Arabic: yes, every day."""
NOW: Final = SystemClock().now().replace(microsecond=0)
"""The server compares leases with its own time."""
_IDS: Final = SeededIds(11)


class Granted:
    """An inbox with its grants, as anybody of `PEOPLE` reaches it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._opened: dict[str, RowDB] = {}

    def address(self, name: str) -> str:
        """Return its address for a role."""
        return self.cluster.address(schema="granted").replace("majlis@", f"{name}@")

    def plain(self, name: str) -> str:
        """Return the same for a client of one's own."""
        return self.cluster.address().replace("majlis@", f"{name}@")

    def db(self, name: str) -> RowDB:
        """Return its tables, the same every time."""
        if name not in self._opened:
            self._opened[name] = open_rows(self.address(name))
        return self._opened[name]

    def everything(self) -> list[Any]:
        """Return all that it holds."""
        db = self.db("majlis")
        with db.snapshot():
            return [(table, row.doc_id, dict(row)) for table in sorted(db.tables()) for row in db.table(table)]

    def close(self) -> None:
        """End all sessions."""
        for db in self._opened.values():
            db.close()


@pytest.fixture(scope="module")
def granted(postgres: Cluster) -> Iterator[Granted]:
    """An inbox with its grants and a little work in it, and everybody's role."""
    made = Granted(postgres)
    made.db("majlis")
    postgres.tell(grants(made.address("majlis"), PREFIX))
    for name, roles in PEOPLE.items():
        postgres.tell(f"CREATE ROLE {name} LOGIN IN ROLE {', '.join(PREFIX + role for role in roles)}")
    asyncio.run(_filled(made))
    postgres.tell("INSERT INTO granted.majlis_writers VALUES ('1 1', 1)")
    yield made
    made.close()
    everybody = ", ".join(PEOPLE)
    groups = ", ".join(PREFIX + role for role in (*Role, "owner"))
    postgres.tell(
        "DROP SCHEMA granted CASCADE", *(f"DROP OWNED BY {names}" for names in (everybody, groups)),
        f"DROP ROLE {everybody}, {groups}",
    )  # fmt: skip


async def _filled(cluster: Granted) -> None:
    """Let the service bring messages, and people begin what others could meddle with."""
    store = await Inbox.open(cluster.address("gg_poll"))
    texts = [message(str(number), thread=f"t{number}") for number in range(1, 9)]
    await store.ingest(Intake(policy())(page(*texts), ()))
    await store.aclose()
    async with sitting(cluster, "gg_sara") as (desk, store):
        await desk.do(c.Claim(key=key("6")))
        await desk.do(c.Claim(key=key("5")))
        await desk.do(c.Reply(key=key("5"), text=YES, queue=True))
        await desk.do(c.Claim(key=key("8")))
        await desk.do(c.Escalate(key=key("8"), reason="payment", note="a fee was taken twice"))
        await store.save_draft(Draft(message=str(key("6")), author="gg_sara", text="hers", saved_at=NOW))
        await store.prefer("gg_sara", "theme", "dark")
    async with sitting(cluster, "gg_hamad") as (desk, store):
        written = await desk.do(
            c.WritePost(
                kind=PostKind.NEWS,
                arabic="مواعيد العيد",  # Arabic: hours of the feast
                targets=(PostTarget(account="moh", network=Network.X, version=Version.ARABIC),),
            )
        )
        assert written.post is not None
        await desk.do(c.SubmitPost(post=written.post.id))


@asynccontextmanager
async def sitting(cluster: Granted, name: str) -> AsyncIterator[tuple[Desk, Inbox]]:
    """One person at their desk, in a session of their own."""
    store = await Inbox.open(cluster.address(name))
    try:
        operator = Operator(name=name, roles=frozenset(PEOPLE[name]), terminal="test")
        in_force = policy(accounts={"moh": Network.X}, approval=True)
        yield Desk(store=store, clock=HandClock(NOW), ids=_IDS, policy=in_force, operator=operator), store
    finally:
        await store.aclose()


# ------------------------------------------------------------------------------------------------- the program's work


async def test_the_program_works_wholly_under_the_rights_of_each_role(granted: Granted) -> None:
    """Claims, answers, undo, cases, posts, official contacts, and the sender's steps; the history holds."""
    async with sitting(granted, "gg_salem") as (desk, store):
        await desk.do(c.Claim(key=key("1")))
        await desk.do(c.Reply(key=key("1"), text=YES, queue=True))
        await desk.do(c.TakeBack())
        assert await store.draft(key("1"), "gg_salem") is not None
        await desk.do(c.Tag(key=key("1"), add=("hours",)))
        await desk.do(c.WriteMemo(key=key("1"), text="odd \x00 \x01 \ud800 \ue000 letters"))
        await desk.do(c.Reveal(key=key("1")))
        await desk.do(c.Done(key=key("1")))
        await desk.do(c.Claim(key=key("2")))
        await desk.do(c.CorrectTriage(key=key("2"), category="payment", reason="payment"))
        escalated = await desk.do(c.Escalate(key=key("2"), reason="payment", note="a fee was taken twice"))
        await desk.do(c.KeepSnippet(name="hours", language="ar", text="أهلاً"))  # Arabic: welcome
        await desk.do(c.Claim(key=key("3")))
        await desk.do(c.Snooze(key=key("3")))
        await store.tally(NOW.date(), "gg_salem", [("hours", "shown")])
        await store.prefer("gg_salem", "theme", "dark")
    async with sitting(granted, "gg_noor") as (desk, _):
        assert escalated.case is not None
        await desk.do(c.Acknowledge(case=escalated.case.id))
        await desk.do(c.OpenContact(case=escalated.case.id))
        await desk.do(c.AnswerCase(case=escalated.case.id, text="paid back"))
    async with sitting(granted, "gg_sara") as (desk, _):
        await desk.do(c.AddOfficial(kind="domains", value="clinic.example", note="asked the web team"))
        await desk.do(c.RemoveOfficial(kind="domains", value="clinic.example"))
        await desk.do(c.Claim(key=key("4")))
        await desk.do(c.Claim(key=key("7")))
        await desk.do(c.Reply(key=key("7"), text=YES, queue=True))
    async with sitting(granted, "gg_hamad") as (desk, _):
        await desk.do(c.Claim(key=key("4"), take_over="she is at lunch", holder="gg_sara"))
        await desk.do(c.Release(key=key("4")))
    async with sitting(granted, "gg_poll") as (_, store):
        clock = HandClock(NOW)
        dispatch = Dispatch(store=store, clock=clock, ids=_IDS, policy=policy())
        await dispatch.tick()
        clock.at += timedelta(days=7)
        due = await store.entries((EntryState.HELD, EntryState.QUEUED))
        for entry in due:
            await dispatch.release(entry)
        after = [await store.entry(entry.id) for entry in due]
        report = await store.check()

    assert [entry.state for entry in after if entry] != [entry.state for entry in due]
    assert report.ok, report


def test_every_action_of_a_person_that_makes_an_entry_is_known_to_the_server() -> None:
    """A new one has to be given to a role."""
    assert set().union(*WRITTEN_BY.values()) <= set(ACTIONS)


# --------------------------------------------------------------------------------------------------- direct statements

STATEMENTS: Final = (
    # the history
    "DELETE FROM granted.doc_event",
    "UPDATE granted.doc_event SET body=replace(body, 'gg_sara', 'gg_hamad')",
    "TRUNCATE granted.doc_event",
    "DELETE FROM granted.doc_payload",
    "UPDATE granted.doc_payload SET body='{}'",
    "INSERT INTO granted.doc_payload(id, body) VALUES (1000, '{}')",
    "INSERT INTO granted.doc_event(id, body, written_in) VALUES (1000, '{}', pg_current_xact_id())",
    "INSERT INTO granted.doc_event(id, body) VALUES (1000, '{}')",
    "UPDATE granted.doc_head SET body=replace(body, '\"rev\":', '\"rev\":1')",
    "INSERT INTO granted.doc_head(id, body) VALUES (2, '{}')",
    "DELETE FROM granted.doc_head",
    "INSERT INTO granted.doc_seal(id, body) VALUES (1, '{}')",
    # what is to go out, approvals, configuration, what colleagues do
    "INSERT INTO granted.doc_entry(id, body) SELECT 1000, replace(body, 'ent', 'min') FROM granted.doc_entry LIMIT 1",
    "UPDATE granted.doc_entry SET body=replace(body, 'yes', 'no')",
    "DELETE FROM granted.doc_entry",
    "UPDATE granted.doc_post SET body=replace(body, '\"submitted\"', '\"approved\"')",
    'INSERT INTO granted.doc_official(id, body) VALUES (1000, \'{"key":"domains:evil.example"}\')',
    "UPDATE granted.doc_message SET body=replace(body, 'gg_sara', 'gg_salem')",
    "INSERT INTO granted.doc_message(id, body) SELECT 1000, body FROM granted.doc_message LIMIT 1",
    "DELETE FROM granted.doc_message",
    "UPDATE granted.doc_draft SET body=replace(body, 'hers', 'his')",
    "DELETE FROM granted.doc_draft",
    "UPDATE granted.doc_preference SET body=replace(body, 'dark', 'light')",
    "DELETE FROM granted.doc_lease",
    "UPDATE granted.doc_mark SET body='{}'",
    # what the engine counts
    "UPDATE granted.majlis_store SET version=0",
    "UPDATE granted.majlis_store SET schema=99",
    "UPDATE granted.majlis_tables SET last_id=-1",
    "DELETE FROM granted.majlis_tables",
    "UPDATE granted.majlis_writers SET version=0",
    "DELETE FROM granted.majlis_writers",
    "INSERT INTO granted.majlis_writers VALUES ('2 1', 1)",
    # other ways in
    "COPY granted.doc_event(id, body) FROM PROGRAM 'echo'",
    "COPY granted.doc_event TO '/nowhere'",
    "SELECT pg_read_file('PG_VERSION')",
    "LOCK TABLE granted.doc_message IN ACCESS EXCLUSIVE MODE",
    "LOCK TABLE granted.doc_event IN EXCLUSIVE MODE",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1, 2)",
    # becoming somebody else, and taking the guard away
    "SET ROLE g_owner",
    "SET ROLE g_supervisor",
    "SET SESSION AUTHORIZATION gg_sara",
    "GRANT g_supervisor TO gg_salem",
    "ALTER ROLE gg_salem SUPERUSER",
    "CREATE ROLE helper LOGIN",
    "SET session_replication_role = replica",
    "ALTER TABLE granted.doc_event DISABLE TRIGGER ALL",
    "DROP TRIGGER majlis_event ON granted.doc_event",
    "CREATE OR REPLACE FUNCTION granted.majlis_trusted() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE TABLE granted.doc_more(id bigint)",
    "CREATE RULE nothing AS ON INSERT TO granted.doc_event DO INSTEAD NOTHING",
    "ALTER TABLE granted.doc_event OWNER TO gg_salem",
    "DROP TABLE granted.doc_event",
    "DROP SCHEMA granted CASCADE",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gg_poll'",
)
"""What an operator may try with a client of their own; each is refused, or finds nothing to do it to."""


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_direct_statement_of_an_operator_is_refused(granted: Granted, statement: str) -> None:
    """By the server itself, whatever the client is."""
    granted.db("gg_poll")  # somebody to be ended
    before = granted.everything()
    with psycopg.connect(granted.plain("gg_salem")) as session:
        with pytest.raises(psycopg.Error) as refused, session.transaction():
            session.execute(statement)
        assert refused.value.sqlstate in {FORBIDDEN, REFUSED}, refused.value
    assert granted.everything() == before


def test_names_of_ones_own_in_front_of_the_inbox_change_nothing(granted: Granted) -> None:
    """Functions and tables of the same names, found first, are not what triggers ask."""
    with psycopg.connect(granted.plain("gg_salem")) as session:
        for statement in (
            "CREATE TEMP TABLE doc_event(id bigint, body text, doc jsonb, written_in xid8)",
            "INSERT INTO doc_event VALUES (1000, '{}', '{\"action\":\"reply\"}', pg_current_xact_id())",
            "CREATE FUNCTION pg_temp.majlis_trusted() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "CREATE FUNCTION pg_temp.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "SET search_path TO pg_temp, granted, pg_catalog",
        ):
            session.execute(statement.encode())
        session.commit()
        with pytest.raises(psycopg.Error) as refused, session.transaction():
            session.execute("UPDATE granted.doc_message SET body=replace(body, 'gg_sara', 'gg_salem')")
        assert refused.value.sqlstate == REFUSED


# ------------------------------------------------------------------------- forgeries: whole events that say too much


class Forger:
    """Writes what looks like the program's own work, with digests that fit, and says what it likes."""

    def __init__(self, db: RowDB, name: str) -> None:
        self.db = db
        self.name = name

    def do(
        self, action: str, *values: Any, actor: str | None = None, late: timedelta = timedelta(), **changes: Any
    ) -> None:
        """Write values, with an event."""
        rev, prev = head_of(self.db)
        pins = Pins("5a" * 16)
        for value in values:
            table = TABLES[type(value)]
            name = str(value.key) if isinstance(value, Message) else value.id
            written = pins.pinned(table, document(value, rev + 1))
            written |= changes
            if self.db.table(table).contains(where("key") == name):
                self.db.table(table).update(becoming(written), where("key") == name)
            else:
                self.db.table(table).insert(written)
        draft = EventDraft(
            at=NOW + late,
            actor=actor or self.name,
            terminal="forged",
            action=action,
            subject="x",
            profile_version="1",
            payload={},
            salt="5a" * 16,
        )
        record(self.db, draft, rev + 1, prev, pins.rows)

    def tell(self, text: str) -> None:
        """Say something in SQL."""
        assert isinstance(self.db.engine, PostgresEngine)
        self.db.engine._run(text)

    def one(self, kind: type[Any], **asked: Any) -> Any:
        """Return the first value of a kind of which something is so."""
        rows = self.db.table(TABLES[kind]).all()
        values = (value_of(row, kind) for row in rows)
        return next(each for each in values if all(getattr(each, name) == value for name, value in asked.items()))

    def entry(self, **changes: Any) -> Entry:
        """Return an entry as a reply of the forger's would make it."""
        known: dict[str, Any] = {
            "id": "forged",
            "action": Action.REPLY,
            "account": "moh",
            "target": key("4"),
            "thread": "t4",
            "text": YES,
            "author": self.name,
            "created_at": NOW,
            "due_at": NOW,
        }
        return Entry(**{**known, **changes})


def _claimed(by: Forger, number: str, holder: str, why: str | None = None, source: str | None = None) -> Message:
    message: Message = by.one(Message, key=key(number))
    claim = Claim(holder=holder, since=NOW, until=NOW + timedelta(hours=1), why=why, taken_from=source)
    return replace(message, standing=replace(message.standing, state=MessageState.CLAIMED, claim=claim))


def _approved(by: Forger) -> Post:
    post: Post = by.one(Post)
    return post.stepped("approve", at=NOW, by=by.name)


def _unwritten(by: Forger) -> Post:
    """Return the post with other words, and nothing that says who changed them."""
    post: Post = by.one(Post)
    return replace(post.stepped("approve", at=NOW, by=by.name), arabic="other")


def _without_steps(by: Forger) -> Post:
    post: Post = by.one(Post)
    steps: tuple[PostStep, ...] = post.stepped("approve", at=NOW, by=by.name).steps[-1:]
    return replace(post, steps=steps)


def _official() -> Official:
    return Official(
        id="domains:evil.example", kind="domains", value="evil.example", note="because I say so", by="gg_salem", at=NOW
    )


FORGERIES: Final[dict[str, tuple[str, Callable[[Forger], Any]]]] = {
    "in the name of a colleague": ("gg_salem", lambda by: by.do("release", actor="gg_sara")),
    "in the name of the service": ("gg_salem", lambda by: by.do("sent", actor="service")),
    "before its time": ("gg_salem", lambda by: by.do("release", late=timedelta(hours=1))),
    "after its time": ("gg_salem", lambda by: by.do("release", late=timedelta(hours=-1))),
    "an action of the service": ("gg_salem", lambda by: by.do("sending")),
    "an action of a supervisor": ("gg_salem", lambda by: by.do("audit_reveal")),
    "an official contact of an operator": ("gg_salem", lambda by: by.do("add_official", _official())),
    "the same under another word": ("gg_salem", lambda by: by.do("keep_snippet", _official())),
    "approving without the role": ("gg_salem", lambda by: by.do("approve_post", _approved(by))),
    "approving what one has written": ("gg_hamad", lambda by: by.do("approve_post", _approved(by))),
    "approving under another word": ("gg_hamad", lambda by: by.do("submit_post", _approved(by))),
    "approving without what was done before": ("gg_hamad", lambda by: by.do("approve_post", _without_steps(by))),
    "approving other words": ("gg_amal", lambda by: by.do("approve_post", _unwritten(by))),
    "approving in another's name": (
        "gg_amal",
        lambda by: by.do("approve_post", by.one(Post).stepped("approve", at=NOW, by="gg_sara")),
    ),
    "a claim in another's name": ("gg_salem", lambda by: by.do("claim", _claimed(by, "4", "gg_hamad"))),
    "a colleague's claim": ("gg_salem", lambda by: by.do("claim", _claimed(by, "6", "gg_salem"))),
    "a colleague's claim without a reason": (
        "gg_salem",
        lambda by: by.do("take_over", _claimed(by, "6", "gg_salem", source="gg_sara")),
    ),
    "a colleague's claim as if it were another's": (
        "gg_salem",
        lambda by: by.do("take_over", _claimed(by, "6", "gg_salem", "she is ill", "gg_hamad")),
    ),
    "a colleague's claim from nobody": (
        "gg_salem",
        lambda by: by.do("take_over", _claimed(by, "6", "gg_salem", "she is ill")),
    ),
    "other words of a citizen": (
        "gg_salem",
        lambda by: by.do("tag", replace(by.one(Message, key=key("4")), text="I take it all back")),
    ),
    "an entry of a colleague": ("gg_salem", lambda by: by.do("reply", by.entry(author="gg_sara"))),
    "an entry by an event that makes none": ("gg_salem", lambda by: by.do("tag", by.entry())),
    "a post without the role": ("gg_salem", lambda by: by.do("reply", by.entry(action=Action.POST, target=None))),
    "an entry that has gone already": ("gg_salem", lambda by: by.do("reply", by.entry(state=EntryState.SENT))),
    "an entry with a receipt": (
        "gg_salem",
        lambda by: by.do("reply", by.entry(receipt=Receipt(native_id="1", at=NOW))),
    ),
    "an override without the role": ("gg_salem", lambda by: by.do("reply", by.entry(override="emergency"))),
    "a ban without the role": ("gg_salem", lambda by: by.do("reject", by.entry(action=Action.MODERATE, ban=True))),
    "calling back for a colleague": (
        "gg_salem",
        lambda by: by.do("undo", replace(by.one(Entry, author="gg_sara"), state=EntryState.RECALLED)),
    ),
    "other words in a colleague's entry": (
        "gg_salem",
        lambda by: by.do("reply", replace(by.one(Entry, author="gg_sara"), text="no")),
    ),
    "a row that is not what the event says": (
        "gg_salem",
        lambda by: by.do("reply", by.entry(), value={"id": "forged", "author": by.name, "action": "reply"}),
    ),
    "a case by somebody who reads it": ("gg_amal", lambda by: by.do("approve_post", replace(by.one(Case), reason="x"))),
    "a draft in a colleague's name": (
        "gg_salem",
        lambda by: by.db.table("draft").insert({"key": "x\ngg_sara", "author": "gg_sara", "value": {}}),
    ),
    "a count of a colleague's": (
        "gg_salem",
        lambda by: by.db.table("tally").insert({"key": "x", "operator": "gg_sara", "count": 1}),
    ),
    "being somewhere as a colleague": (
        "gg_salem",
        lambda by: by.db.table("presence").insert({"key": "x", "until": "9", "value": {"operator": "gg_sara"}}),
    ),
    "all ids at once": (
        "gg_salem",
        lambda by: by.tell("UPDATE granted.majlis_tables SET last_id=9223372036854775806 WHERE name ~ 'presence'"),
    ),
    "the last id, so that there is none for anybody": (
        "gg_salem",
        lambda by: by.db.table("presence").insert(
            Document({"key": "x", "until": "9", "value": {"operator": by.name}}, 1 << 62)
        ),
    ),
    "a lease": ("gg_salem", lambda by: by.db.table("lease").insert({"key": "send", "holder": "me", "until": "9"})),
}
"""What is tried, who tries it, and how."""


@pytest.mark.parametrize("what", FORGERIES)
def test_an_event_that_says_too_much_is_refused(granted: Granted, what: str) -> None:
    """Whatever digests the forger has made fit."""
    before = granted.everything()
    name, forge = FORGERIES[what]
    db = granted.db(name)
    with pytest.raises((RefusedByServer, StoreReadOnly)), db.transaction():
        forge(Forger(db, name))
    assert granted.everything() == before


def test_an_event_that_is_taken_back_covers_nothing(granted: Granted) -> None:
    """Looking at once and then going back to before the event does not leave the row behind."""
    before = granted.everything()
    db = granted.db("gg_salem")
    rev, prev = head_of(db)
    pins = Pins("5a" * 16)
    event = EventDraft(
        at=NOW,
        actor="gg_salem",
        terminal="forged",
        action="reply",
        subject="x",
        profile_version="1",
        payload={},
        salt="5a" * 16,
    )
    assert isinstance(db.engine, PostgresEngine)
    tell = db.engine._tell  # as a client of one's own would

    def forge() -> None:
        db.table("entry").insert(pins.pinned("entry", document(Forger(db, "gg_salem").entry(), rev + 1)))
        tell("SAVEPOINT before")
        record(db, event, rev + 1, prev, pins.rows)
        tell("SET CONSTRAINTS ALL IMMEDIATE")
        tell("ROLLBACK TO before")

    with pytest.raises(RefusedByServer), db.transaction():
        forge()
    assert granted.everything() == before


def test_whoever_may_do_it_is_let(granted: Granted) -> None:
    """The same forger, saying what is true, gets through: it is the lie that is refused."""
    db = granted.db("gg_salem")
    before = head_of(db)[0]
    with db.transaction():
        by = Forger(db, "gg_salem")
        by.do("take_over", _claimed(by, "6", "gg_salem", "she is ill", "gg_sara"))
        by.do("reply", by.entry())

    assert head_of(db)[0] == before + 2


def test_granting_again_changes_nothing(granted: Granted) -> None:
    """As after every upgrade: what was refused is refused, what was there is there."""
    before = granted.everything()
    granted.cluster.tell(grants(granted.address("majlis"), PREFIX))

    db = granted.db("gg_salem")
    with pytest.raises(RefusedByServer), db.transaction():
        Forger(db, "gg_salem").do("audit_reveal")
    assert granted.everything() == before
