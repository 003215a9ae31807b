"""Whatever is altered past the program is found, as far as the design promises."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sealing import Sealer, checker, fingerprint, load_key, make_key, public_key, read_log
from majlis.audit import GENESIS, Event, Fault, Seal, event_hash, row_digest
from majlis.commands import Claim, Done, Escalate, Reply, Reveal, Tag, WriteMemo
from majlis.errors import StoreDamaged
from majlis.message import Network, Quarantined
from store import open_tinydb
from store.inbox import Inbox, open_rows
from store.verifying import verify
from tests.builders import AT, Bench, key, message, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from majlis.audit import AuditReport

MESSAGES = 6


async def lived(path: Path, seed: int) -> None:
    """Make an inbox with some history: read, answered, sent, escalated, noted, looked at, sealed in between."""
    chance = random.Random(seed)  # noqa: S311  a history, not a secret
    store = await Inbox.open(str(path))
    bench = Bench(store)
    bad = Quarantined(network=Network.X, account="moh", stream="mentions", raw='{"odd":1}', reason="odd", seen_at=AT)
    await store.ingest(page(*(message(str(n)) for n in range(MESSAGES)), quarantined=(bad,)))
    sealer = Sealer(store, bench.clock, _key(path), path.with_name("seal.key"), "here")
    for n in range(MESSAGES):
        one = key(str(n))
        await bench.desk.do(Claim(key=one))
        match chance.randrange(5):
            case 0:
                entry = (await bench.desk.do(Reply(key=one, text="المركز مفتوح من الثامنة صباحا."))).entry
                assert entry is not None
                bench.clock.at = max(bench.clock.at, entry.due_at)
                await bench.dispatch.release(entry)
            case 1:
                await bench.desk.do(Done(key=one))
            case 2:
                await bench.desk.do(Escalate(key=one, reason="appointment"))
            case 3:
                await bench.desk.do(WriteMemo(key=one, text="memo"))
            case _:
                await bench.desk.do(Tag(key=one, add=("tag",)))
                await bench.desk.do(Reveal(key=one))
        if chance.random() < 0.4:
            await sealer.seal()
    await sealer.finish()
    await store.aclose()


def _key(path: Path) -> Any:
    where = path.with_name("seal.key")
    if not where.exists():
        make_key(where)
    return load_key(where)


def looked(path: Path) -> AuditReport:
    """Verify an inbox with its key and its log."""
    where = path.with_name("seal.key")
    public = public_key(where) or ""
    return verify(str(path), keys={fingerprint(public): checker(public)}, log=read_log(where))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tamper:
    """A way to alter an inbox by SQL, and what it is found as."""

    name: str
    do: Callable[[apsw.Connection, random.Random], bool]
    """False where there is nothing to alter so."""
    found: frozenset[Fault]


def _rows(db: apsw.Connection, table: str) -> list[tuple[int, dict[str, Any]]]:
    exists = db.execute("SELECT 1 FROM sqlite_schema WHERE name=?", (f"doc_{table}",)).fetchall()
    found: list[Any] = []
    if exists:
        found = db.execute(f'SELECT id,body FROM "doc_{table}" ORDER BY id').fetchall()  # noqa: S608
    return [(number, json.loads(body)) for number, body in found]


def _put(db: apsw.Connection, table: str, number: int, row: dict[str, Any]) -> None:
    db.execute(f'UPDATE "doc_{table}" SET body=? WHERE id=?', (json.dumps(row, ensure_ascii=False), number))  # noqa: S608


def _cut(db: apsw.Connection, table: str, number: int) -> None:
    db.execute(f'DELETE FROM "doc_{table}" WHERE id=?', (number,))  # noqa: S608


TABLES = ("message", "entry", "case", "memo", "undo", "quarantine")


def edit_row(db: apsw.Connection, chance: random.Random) -> bool:
    table = chance.choice(TABLES)
    rows = _rows(db, table)
    if not rows:
        return False
    number, row = chance.choice(rows)
    name = chance.choice([name for name, part in row["value"].items() if isinstance(part, str)])
    row["value"][name] += "x"
    _put(db, table, number, row)
    return True


def move_row(db: apsw.Connection, chance: random.Random) -> bool:
    number, row = chance.choice(_rows(db, "message"))
    row["order"] = "9|never"
    _put(db, "message", number, row)
    return True


def remove_row(db: apsw.Connection, chance: random.Random) -> bool:
    table = chance.choice(TABLES)
    rows = _rows(db, table)
    if not rows:
        return False
    _cut(db, table, chance.choice(rows)[0])
    return True


def add_row(db: apsw.Connection, chance: random.Random) -> bool:
    _number, row = chance.choice(_rows(db, "message"))
    row["key"] += "9"
    db.execute("INSERT INTO doc_message(body) VALUES(?)", (json.dumps(row),))
    return True


def edit_event(db: apsw.Connection, chance: random.Random) -> bool:
    number, row = chance.choice(_rows(db, "event"))
    name = chance.choice(
        ["actor", "action", "subject", "terminal", "profile_version", "digest", "rows", "hash", "prev"]
    )
    row[name] = f"{row[name]}x"
    _put(db, "event", number, row)
    return True


def remove_event(db: apsw.Connection, chance: random.Random) -> bool:
    number, _row = chance.choice(_rows(db, "event")[:-1])
    _cut(db, "event", number)
    return True


def swap_events(db: apsw.Connection, chance: random.Random) -> bool:
    (a, first), (b, second) = chance.sample(_rows(db, "event"), 2)
    _put(db, "event", a, second)
    _put(db, "event", b, first)
    return True


def swap_payloads(db: apsw.Connection, chance: random.Random) -> bool:
    (a, first), (b, second) = chance.sample(_rows(db, "payload"), 2)
    first["payload"], second["payload"] = second["payload"], first["payload"]
    first["salt"], second["salt"] = second["salt"], first["salt"]
    _put(db, "payload", a, first)
    _put(db, "payload", b, second)
    return True


def remove_payload(db: apsw.Connection, chance: random.Random) -> bool:
    number, row = chance.choice(_rows(db, "payload"))
    _put(db, "payload", number, {"rows": row["rows"]} if "rows" in row else {})
    return True


def edit_pins(db: apsw.Connection, chance: random.Random) -> bool:
    number, row = chance.choice([each for each in _rows(db, "payload") if "rows" in each[1]])
    row["rows"].pop(chance.choice(sorted(row["rows"])))
    _put(db, "payload", number, row)
    return True


def remove_seal(db: apsw.Connection, chance: random.Random) -> bool:
    number, _row = chance.choice(_rows(db, "seal"))
    _cut(db, "seal", number)
    return True


def edit_seal(db: apsw.Connection, chance: random.Random) -> bool:
    number, row = chance.choice(_rows(db, "seal"))
    row["value"]["at"] = "2020-01-01T00:00:00Z"
    _put(db, "seal", number, row)
    return True


def write_anew(db: apsw.Connection, chance: random.Random) -> bool:
    """Alter an event and chain everything behind it again: what somebody with time and the source does."""
    events = [(n, msgspec.convert(row, Event)) for n, row in _rows(db, "event")]
    at = chance.randrange(len(events))
    prev = events[at - 1][1].hash if at else GENESIS
    for number, event in events[at:]:
        changed = replace(event, prev=prev, actor="mariam" if number == events[at][0] else event.actor)
        changed = replace(changed, hash=event_hash(changed))
        _put(db, "event", number, msgspec.to_builtins(changed))
        prev = changed.hash
    _put(db, "head", 1, {"rev": events[-1][1].rev, "hash": prev})
    return True


def cut_back(db: apsw.Connection, chance: random.Random) -> bool:
    """Go back to an earlier time, seals and all, leaving nothing behind that speaks of the later one."""
    seals = _rows(db, "seal")
    keep = chance.randrange(len(seals))
    rev = seals[keep - 1][1]["value"]["rev"] if keep else 0
    for number, row in _rows(db, "event"):
        if row["rev"] > rev:
            _cut(db, "event", number)
            _cut(db, "payload", number)
    for number, _row in seals[keep:]:
        _cut(db, "seal", number)
    pins = {name: pin for _n, row in _rows(db, "payload") for name, pin in row.get("rows", {}).items()}
    for table in TABLES:
        for number, row in _rows(db, table):
            if row_digest(row["value"], row["salt"]) != pins.get(f"{table}:{row['key']}"):
                _cut(db, table, number)
    if rev:
        _put(db, "head", 1, {"rev": rev, "hash": _rows(db, "event")[-1][1]["hash"]})
    else:
        db.execute("DELETE FROM doc_head")
    return True


TAMPERS = [
    Tamper(name=each.__name__, do=each, found=frozenset(found))
    for each, found in (
        (edit_row, {Fault.ALTERED}),
        (move_row, {Fault.MISPLACED}),
        (remove_row, {Fault.REMOVED}),
        (add_row, {Fault.ADDED}),
        (edit_event, {Fault.EVENT, Fault.END}),
        (remove_event, {Fault.EVENT}),
        (swap_events, {Fault.EVENT, Fault.END}),
        (swap_payloads, {Fault.PAYLOAD}),
        (remove_payload, {Fault.PAYLOAD}),
        (edit_pins, {Fault.PINS}),
        (remove_seal, {Fault.SEAL, Fault.CUT}),
        (edit_seal, {Fault.SEAL}),
        (write_anew, {Fault.SEAL}),
        (cut_back, {Fault.CUT}),
    )
]


@pytest.fixture(scope="module")
def histories() -> Any:
    """A few inboxes that were lived in, each verified to be whole."""
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for seed in range(2):
            place = Path(folder) / str(seed)
            place.mkdir()
            path = place / "inbox.db"
            asyncio.run(lived(path, seed))
            report = looked(path)
            assert report.is_whole, report.discrepancies
            assert report.sealed_rev == report.events
            assert report.unsealed_since is None
            made.append(path)
        yield made


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1), st.sampled_from(TAMPERS), st.integers(0, 2**32))
def test_whatever_is_altered_is_found(histories: list[Path], which: int, tamper: Tamper, seed: int) -> None:
    """One change at a time, of every kind, anywhere in a history."""
    path = histories[which]
    db = apsw.Connection(str(path))
    db.execute("BEGIN")
    before = {table: _rows(db, table) for table in (*TABLES, "event", "payload", "seal", "head")}
    done = tamper.do(db, random.Random(seed))  # noqa: S311  which change, not a secret
    after = {table: _rows(db, table) for table in before}
    db.execute("COMMIT")
    db.close()
    try:
        faults = {each.fault for each in looked(path).discrepancies}
        assert not done or after == before or faults & tamper.found, (tamper.name, faults)
    finally:
        put_back(path, before)


def put_back(path: Path, before: dict[str, list[tuple[int, dict[str, Any]]]]) -> None:
    """Put every table back as it was."""
    db = apsw.Connection(str(path))
    db.execute("BEGIN")
    for table, rows in before.items():
        if rows:
            db.execute(f'DELETE FROM "doc_{table}"')  # noqa: S608
        for number, row in rows:
            body = json.dumps(row, ensure_ascii=False)
            db.execute(f'INSERT INTO "doc_{table}"(id,body) VALUES(?,?)', (number, body))
    db.execute("COMMIT")
    db.close()


def test_a_fault_is_told_with_the_last_event_about_it(histories: list[Path]) -> None:
    """Who wrote it, when, and by what."""
    path = histories[0]
    db = apsw.Connection(str(path))
    number, row = _rows(db, "message")[0]
    old = dict(row, value=dict(row["value"]))
    row["value"]["text"] = "something else"
    _put(db, "message", number, row)
    (found,) = looked(path).discrepancies
    _put(db, "message", number, old)
    db.close()

    assert (found.fault, found.subject) == (Fault.ALTERED, f"message:{row['key']}")
    assert found.rev == row["rev"]
    assert found.actor in {"salem", "service"}
    assert found.at is not None


def test_without_a_key_a_chain_written_anew_is_not_found(histories: list[Path]) -> None:
    """The chain has no secret; this is what seals are for, and it is said so."""
    path = histories[1]
    db = apsw.Connection(str(path))
    before = {table: _rows(db, table) for table in ("event", "head")}
    write_anew(db, random.Random(1))  # noqa: S311  as above
    db.close()
    report = verify(str(path), keys={}, log=())
    put_back(path, before)

    assert report.is_whole
    assert report.seals == 0


async def sealed_thrice(path: Path) -> tuple[dict[str, Callable[[bytes, str], bool]], tuple[Seal, ...]]:
    """Make an inbox with three seals and a picture; return what seals are checked by, and the list beside the key."""
    store = await Inbox.open(str(path))
    bench = Bench(store)
    await store.ingest(page(message()))
    await store.keep_picture(b"\x89PNG\r\n\x1a\nx", "image/png")
    sealer = Sealer(store, bench.clock, _key(path), path.with_name("seal.key"), "here")
    for n in range(3):
        await bench.desk.log("look", str(n), {})
        await sealer.seal()
    await store.aclose()
    public = public_key(path.with_name("seal.key")) or ""
    return {fingerprint(public): checker(public)}, read_log(path.with_name("seal.key"))


def _head_of_another_history(db: apsw.Connection) -> None:
    db.execute("UPDATE doc_head SET body=json_set(body,'$.hash',?)", (GENESIS,))


def _first_seal_gone(db: apsw.Connection) -> None:
    db.execute("DELETE FROM doc_seal WHERE id=(SELECT min(id) FROM doc_seal)")


def _row_of_another_revision(db: apsw.Connection) -> None:
    db.execute("UPDATE doc_message SET body=json_set(body,'$.rev',body->>'$.rev'+1)")


def _other_picture(db: apsw.Connection) -> None:
    db.execute("UPDATE doc_picture SET body=json_set(body,'$.data','AAAA')")


@pytest.mark.parametrize(
    ("alter", "found"),
    [
        (_head_of_another_history, Fault.END),
        (_first_seal_gone, Fault.SEAL),
        (_row_of_another_revision, Fault.MISPLACED),
        (_other_picture, Fault.PICTURE),
    ],
)
async def test_what_only_one_look_can_find(
    tmp_path: Path, alter: Callable[[apsw.Connection], None], found: Fault
) -> None:
    """Without the list beside the key, as an auditor has it."""
    path = tmp_path / "inbox.db"
    keys, _log = await sealed_thrice(path)
    assert verify(str(path), keys=keys, log=()).is_whole
    db = apsw.Connection(str(path))
    alter(db)
    db.close()

    assert {each.fault for each in verify(str(path), keys=keys, log=()).discrepancies} == {found}


async def test_the_list_beside_the_key_may_begin_later_and_has_to_say_the_same(tmp_path: Path) -> None:
    """It begins anew after a backup was put back; a seal in it that is another one in the inbox is gone from there."""
    path = tmp_path / "inbox.db"
    keys, log = await sealed_thrice(path)

    assert verify(str(path), keys=keys, log=log[1:]).is_whole
    other = (*log[:1], replace(log[1], hash=GENESIS), *log[2:])
    (found,) = verify(str(path), keys=keys, log=other).discrepancies
    assert (found.fault, found.subject) == (Fault.CUT, "seal:2")


async def test_events_behind_the_last_seal_are_told_of(tmp_path: Path) -> None:
    """With the time of the first, by which somebody says whether that is too long."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    store = await Inbox.open(str(path))
    bench = Bench(store)
    await bench.desk.log("look", "history", {})
    await store.aclose()

    report = looked(path)
    assert report.is_whole
    assert report.events == report.sealed_rev + 1
    assert report.unsealed_since == AT


async def test_a_history_that_was_cut_back_is_sealed_no_further(tmp_path: Path) -> None:
    """The log beside the key knows more than the inbox; what would be sealed then would hide it."""
    path = tmp_path / "inbox.db"
    await lived(path, 2)
    db = open_tinydb(path)
    db.table("seal").remove(doc_ids=[max(row.doc_id for row in db.table("seal"))])
    db.close()
    store = await Inbox.open(str(path))
    bench = Bench(store)
    await bench.desk.log("look", "history", {})
    sealer = Sealer(store, bench.clock, _key(path), path.with_name("seal.key"), "here")
    seals = read_log(path.with_name("seal.key"))

    with pytest.raises(Exception, match="does not fit what was sealed"):
        await sealer.seal()

    assert read_log(path.with_name("seal.key")) == seals
    await store.aclose()


async def test_a_process_that_died_between_seal_and_log_does_no_harm(tmp_path: Path) -> None:
    """The next one writes the line down, and goes on."""
    path = tmp_path / "inbox.db"
    await lived(path, 2)
    log = path.with_name("seal.key.log")
    log.write_bytes(log.read_bytes()[: log.read_bytes().rstrip(b"\n").rindex(b"\n") + 1])
    store = await Inbox.open(str(path))
    bench = Bench(store)
    await bench.desk.log("look", "history", {})
    sealer = Sealer(store, bench.clock, _key(path), path.with_name("seal.key"), "here")
    assert await sealer.seal() is not None
    await store.aclose()

    report = looked(path)
    assert report.is_whole
    assert report.sealed_rev == report.events
    assert [seal.number for seal in read_log(path.with_name("seal.key"))] == list(range(1, report.seals + 1))


def test_a_seal_says_what_it_signs() -> None:
    """Any change of it needs another signature."""
    seal = Seal(number=1, rev=7, hash="ab", at=AT, key="SHA256:x", prev=GENESIS)

    assert json.loads(seal.signed)["rev"] == 7
    assert replace(seal, rev=8).signed != seal.signed
    assert replace(seal, signature="x").digest != seal.digest


@pytest.mark.parametrize(
    ("statement", "is_named"),
    [
        ("UPDATE doc_event SET body=json_set(body,'$.at','0001-01-01T00:00:00+14:00') WHERE id=2", True),
        ("UPDATE doc_event SET body='null' WHERE id=2", False),
        ("UPDATE doc_event SET body=CAST(body AS BLOB) WHERE id=2", False),
        ("UPDATE doc_head SET body='{}'", False),
        ("UPDATE doc_payload SET body=json_set(body,'$.salt',7) WHERE id=2", True),
        ("UPDATE doc_payload SET body=json_remove(body,'$.payload') WHERE id=2", True),
        ("UPDATE doc_payload SET body=json_set(body,'$.payload','x') WHERE id=2", True),
    ],
)
async def test_a_row_of_nonsense_is_named_and_ends_nothing(tmp_path: Path, statement: str, *, is_named: bool) -> None:
    """Where the rest can still be read it is; else the damage is told as every other."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    with apsw.Connection(str(path)) as raw:
        raw.execute(statement)
    raw.close()

    if is_named:
        assert looked(path).discrepancies
    else:
        with pytest.raises(StoreDamaged):
            looked(path)


async def test_what_is_not_of_our_making_in_the_file_is_told(tmp_path: Path) -> None:
    """Ours is not told of: triggers that keep the index of words are made by the program."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    with open_tinydb(path) as db:
        assert db.check() == []
    raw = apsw.Connection(str(path))
    try:
        raw.execute("CREATE TABLE loot(body)")
        raw.execute("CREATE VIEW seen AS SELECT body FROM doc_message")
        raw.execute("CREATE TRIGGER keeps AFTER UPDATE ON doc_message BEGIN INSERT INTO loot VALUES(old.body); END")
        (ours,) = raw.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'parts%_on' AND tbl_name='doc_entry'")
        raw.execute(f'DROP TRIGGER "{ours[0]}"')
        raw.execute(
            f'CREATE TRIGGER "{ours[0]}" AFTER UPDATE ON doc_entry BEGIN INSERT INTO loot VALUES(old.body); END'
        )
    finally:
        raw.close()

    with open_tinydb(path) as db:
        told = db.check()

    names = ["table loot", "view seen", "trigger keeps", f"trigger {ours[0]}"]
    report = looked(path)
    assert sorted(each.subject for each in report.discrepancies if each.fault is Fault.FOREIGN) == sorted(names)
    assert sorted(line.split()[1] for line in told if "not of this program's making" in line) == sorted(
        ["loot", "seen", "keeps", ours[0]]
    )


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE doc_memo ADD COLUMN loot TEXT",
        "DROP TABLE doc_memo; CREATE VIRTUAL TABLE doc_memo USING fts5(id,body)",
        "DROP TABLE doc_memo; CREATE VIEW doc_memo AS SELECT * FROM doc_message",
        'CREATE TABLE "doc_%ff"(id)',
    ],
)
async def test_what_stands_in_the_place_of_a_table_of_ours_is_damage_and_no_mistake(
    tmp_path: Path, statement: str
) -> None:
    """It is named, whichever statement of ours meets it first."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    with apsw.Connection(str(path)) as raw:
        raw.execute(statement)
    raw.close()

    with open_tinydb(path) as db:
        told = db.check()

    assert any("not of this program's making" in line for line in told)


def unique_index(db: apsw.Connection) -> tuple[str, str]:
    """Return name and text of the index that lets no two messages have one key."""
    asked = "SELECT name,sql FROM sqlite_schema WHERE tbl_name='doc_message' AND sql LIKE 'CREATE UNIQUE%'"
    ((name, text),) = db.execute(asked)
    return str(name), str(text)


async def test_an_index_of_ours_that_somebody_made_otherwise_is_told(tmp_path: Path) -> None:
    """One that lets two rows have one key has the same name."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    raw = apsw.Connection(str(path))
    name, text = unique_index(raw)
    raw.execute(f'DROP INDEX "{name}"; {text.replace("UNIQUE ", "")}')
    raw.close()

    db = open_rows(str(path))
    try:
        told = db.engine.check()
    finally:
        db.close()

    assert f"index {name} is not of this program's making" in told


async def test_two_rows_with_one_key_are_damage(tmp_path: Path) -> None:
    """Where somebody took the index away first: it is read, nothing is written, and a look says what is wrong."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    raw = apsw.Connection(str(path))
    name, _text = unique_index(raw)
    raw.execute(f'DROP INDEX "{name}"')
    raw.execute("INSERT INTO doc_message(body) SELECT body FROM doc_message LIMIT 1")
    raw.close()

    db = open_rows(str(path))
    try:
        assert len(db.table("message")) == MESSAGES + 1
        with pytest.raises(StoreDamaged, match="two rows have one key"):
            db.table("message").truncate()
        assert "message: two rows have one key" in db.check()
    finally:
        db.close()
    assert any(each.fault is Fault.ADDED for each in looked(path).discrepancies)


async def test_a_view_that_never_ends_is_not_read(tmp_path: Path) -> None:
    """It counts as no table; looking for damage names it."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    with apsw.Connection(str(path)) as raw:
        raw.execute(
            "ALTER TABLE doc_memo RENAME TO m; CREATE VIEW doc_memo AS WITH RECURSIVE c(id,body) AS "
            "(SELECT 1,'{}' UNION ALL SELECT id+1,'{}' FROM c) SELECT * FROM c"
        )
    raw.close()

    with open_tinydb(path) as db:
        assert list(db.engine.rows("memo", limit=1)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA user_version=-5",
        "DELETE FROM doc_head",
        "UPDATE doc_head SET body=json_set(body,'$.rev',9223372036854775807)",
        "UPDATE doc_message SET body='{\"x\":NEST}' WHERE id=1".replace("NEST", "[" * 950 + "]" * 950),
        "UPDATE doc_message SET body=CAST(body AS BLOB) WHERE id=1",
    ],
)
async def test_what_is_altered_where_no_value_is_looked_for_is_damage_and_no_mistake(
    tmp_path: Path, statement: str
) -> None:
    """Looking through ends, and what is written next is refused or kept, as every other damage."""
    path = tmp_path / "inbox.db"
    await lived(path, 1)
    with apsw.Connection(str(path)) as raw:
        raw.execute(statement)
    raw.close()

    with suppress(StoreDamaged):
        inbox = await Inbox.open(str(path))
        try:
            await inbox.check()
            await inbox.ingest(page(message("900")))
        finally:
            await inbox.aclose()
