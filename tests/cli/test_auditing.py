"""audit verify, show, export and key, as a person at a shell uses them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.cells import cell_len

from connectors.sealing import Sealer, load_key
from store import open_tinydb
from store.inbox import Inbox
from tests.builders import Bench
from tests.cli.conftest import MAHA, PHONE, PRIVATE
from tests.cli.test_terminal import rows_of
from tui import config, people, wiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Cli


def site(cli: Cli, *roles: str) -> None:
    """Give the user of this process these roles, and nobody else any."""
    name = people.user_name(os.getuid())
    lines = [f'{role} = ["{name}"]' for role in roles]
    (cli.config / "site.toml").write_text("\n".join(["[roles]", *lines, ""]), "utf-8")


def altered(cli: Cli, table: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the documents of a table past the program."""
    db = open_tinydb(cli.inbox)
    db.table(table).update(change)  # type: ignore[arg-type]  # as TinyDB calls a change
    db.close()


def retext(row: dict[str, Any]) -> None:
    row["value"]["text"] = "other words"


async def seal(cli: Cli, at: datetime) -> None:
    """Seal as the service does, at a time."""
    where = cli.inbox.with_name("seal.key")
    key = load_key(where)
    assert key is not None
    store = await Inbox.open(str(cli.inbox))
    bench = Bench(store)
    bench.clock.at = at
    await Sealer(store, bench.clock, key, where, "service").finish()
    await store.aclose()


def test_a_history_without_a_key_fits_and_is_said_not_to_be_sealed(filled: Cli) -> None:
    """It is no error: one person alone may not want a key."""
    said = filled("audit", "verify")

    assert said.code == 0, said
    assert "All of it fits." in said.out
    assert "Not sealed: whoever can write" in said.out


def test_a_row_altered_by_hand_is_named_with_the_last_event(filled: Cli) -> None:
    """In words, with an exit code of its own, and the same for programs."""
    filled("done", MAHA)
    altered(filled, "message", retext)

    said = filled("audit", "verify")
    assert said.code == 9
    assert f"message:{MAHA} is not what was written last. The last event about it: 2, closed by" in said.out

    (row,) = filled("audit", "verify", "--json").rows
    assert (row["ok"], row["discrepancies"][0]["fault"]) == (False, "altered")
    assert "message:" in row["discrepancies"][0]["subject"]


def test_what_is_altered_is_told_in_arabic_too(filled: Cli) -> None:
    """The same words, not only the same code."""
    altered(filled, "message", retext)

    said = filled("--language", "ar", "audit", "verify")
    assert said.code == 9
    assert "ليس كما كُتب آخر مرة" in said.out


def test_a_sealed_history_says_so_and_one_unsealed_for_long_has_its_own_code(filled: Cli) -> None:
    """The key is made once, readable by its owner alone; its public half is printed for the site file."""
    made = filled("audit", "key", "--json")
    (row,) = made.rows
    where = filled.inbox.with_name("seal.key")
    assert stat.S_IMODE(where.stat().st_mode) == 0o600
    assert len(base64.b64decode(row["public"])) == 32
    again = filled("audit", "key")
    assert (again.code, "is there already" in again.err) == (3, True)

    late = filled("audit", "verify")
    assert late.code == 10
    assert "does the service run" in late.out

    asyncio.run(seal(filled, datetime(2026, 11, 23, 5, tzinfo=UTC)))
    sealed = filled("audit", "verify")
    assert sealed.code == 0
    assert "Sealed up to revision 2, 2026-11-23 05:00 UTC." in sealed.out
    assert row["fingerprint"] in sealed.out

    altered(filled, "event", lambda event: event.update(actor="mariam"))
    assert filled("audit", "verify").code == 9


def test_an_export_can_be_verified_without_this_program(filled: Cli) -> None:
    """With SHA-256, JSON and Ed25519 alone, as its first line says; what people wrote is left out unless asked for."""
    (key,) = filled("audit", "key", "--json").rows
    filled("memo", PRIVATE, f"she said {PHONE}")
    path = filled.home / "history.jsonl"
    assert filled("audit", "export", str(path)).code == 0
    assert PHONE not in path.read_text("ascii")
    asyncio.run(seal(filled, datetime(2026, 11, 23, 5, tzinfo=UTC)))
    assert filled("audit", "export", "--whole", str(path)).code == 0

    readme, *lines = map(json.loads, path.read_text("ascii").splitlines())
    assert "sha256sum" in readme["readme"]

    def sha(value: Any, salt: str = "") -> str:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256((f"{salt}\n" if salt else "").encode() + text.encode()).hexdigest()

    prev, hashes = "0" * 64, {}
    events = [line for line in lines if "event" in line]
    assert [line["event"]["action"] for line in events] == [
        "ingest",
        "seal_key",
        "memo",
        "audit_export",
        "audit_export",
    ]
    for line in events:
        event = dict(line["event"])
        own = event.pop("hash")
        assert (event["prev"], sha(event)) == (prev, own)
        assert event["digest"] == sha(line["payload"], line["salt"])
        assert event.get("rows", "") == (sha(line["pins"]) if line["pins"] else "")
        prev = hashes[event["rev"]] = own
    (sealed,) = [line for line in lines if "seal" in line]
    signed = json.loads(sealed["signed"])
    assert signed["hash"] == hashes[signed["rev"]]
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["public"]))
    public.verify(base64.b64decode(sealed["seal"]["signature"]), sealed["signed"].encode())


@pytest.mark.parametrize("verb", ["verify", "export"])
def test_an_operator_may_not_look_at_the_whole(filled: Cli, verb: str) -> None:
    """Auditors, supervisors and the service may."""
    path = str(filled.home / "history.jsonl")
    words = ["audit", verb, *([path] if verb == "export" else [])]
    site(filled, "operator")
    assert filled(*words).code == 77
    for role in ("auditor", "supervisor", "service"):
        site(filled, role)
        assert filled(*words).code == 0, role


def test_every_event_of_a_verb_says_who_where_and_under_which_policy(filled: Cli) -> None:
    """Without a terminal too; what is done to the inbox as a whole is one event like any other."""
    verbs = {
        "done": ("done", MAHA),
        "memo": ("memo", PRIVATE, "look"),
        "reveal": ("show", PRIVATE, "--reveal"),
        "backup": ("store", "backup", str(filled.home / "copy.db")),
        "export": ("export", str(filled.home / "copy.json")),
        "audit_export": ("audit", "export", str(filled.home / "copy.jsonl")),
        "erase": ("erase", PRIVATE, "--reason", "asked for by letter 3", "--yes"),
    }
    for action, words in verbs.items():
        before = filled("audit", "show", "--json").rows
        assert filled(*words).code == 0, words
        (event,) = filled("audit", "show", "--json").rows[len(before) :]
        assert event["action"] == action
        assert event["actor"] == people.user_name(os.getuid())
        assert all(event[name] for name in ("terminal", "subject", "profile_version", "at"))


def test_whoever_holds_the_key_seals_at_the_end_of_a_process(filled: Cli) -> None:
    """A person alone too; without the key nothing is sealed and nothing is missed."""

    async def sat() -> bool:
        read = config.load(env)
        async with wiring.desktop(read) as desktop, wiring.loops(desktop, read, env) as loops:
            return loops.sealer is not None

    env = {"HOME": str(filled.home)}
    assert not asyncio.run(sat())
    filled("audit", "key")
    assert asyncio.run(sat())
    (row,) = filled("audit", "verify", "--json").rows
    assert (row["ok"], row["seals"], row["sealed_rev"]) == (True, 1, 2)


def test_a_key_that_is_made_stands_in_the_history(filled: Cli) -> None:
    """With its fingerprint, by whom, where and when; one that is refused does not."""
    (made,) = filled("audit", "key", "--json").rows
    assert filled("audit", "key").code == 3

    (event,) = filled("audit", "show", "--action", "seal_key", "--json").rows
    assert event["subject"] == made["fingerprint"]
    assert all(event[name] for name in ("actor", "terminal", "at", "profile_version"))


def test_the_doctor_says_how_far_the_history_is_sealed(filled: Cli) -> None:
    """Not at all, not yet, and up to where."""

    def said() -> str:
        return str(next(row["detail"] for row in filled("doctor", "--json").rows if row["about"] == "history"))

    assert said().startswith("not sealed; ")
    filled("audit", "key")
    assert said().startswith("not sealed yet")
    asyncio.run(seal(filled, datetime(2026, 11, 23, 5, tzinfo=UTC)))
    assert said() == "sealed up to revision 2, 2026-11-23 05:00 UTC; majlis audit verify looks deeper"


def test_an_operator_sees_what_they_did_and_nothing_else(filled: Cli) -> None:
    """Whatever they ask for."""
    site(filled, "operator")
    filled("done", MAHA)
    (row,) = filled("audit", "show", "--json").rows
    assert (row["action"], row["subject"]) == ("done", MAHA)
    assert filled("audit", "show", "--actor", "service").code == 77

    site(filled, "auditor")
    assert [row["action"] for row in filled("audit", "show", "--json").rows] == ["ingest", "done"]


def test_show_narrows_by_time_actor_subject_and_action(filled: Cli) -> None:
    """Each alone; a time that cannot be read is refused."""
    filled("done", MAHA)
    filled("memo", PRIVATE, "look at this")

    def actions(*options: str) -> list[str]:
        return [row["action"] for row in filled("audit", "show", "--json", *options).rows]

    assert actions() == ["ingest", "done", "memo"]
    assert actions("--limit", "1") == ["memo"]
    assert actions("--actor", "service") == ["ingest"]
    assert actions("--subject", "comment:1") == ["done"]
    assert actions("--action", "memo") == ["memo"]
    assert actions("--until", "2026-11-23T05:00+00:00")[:1] == ["ingest"]
    assert "ingest" not in actions("--since", "2026-11-23T05:00+00:00")
    assert filled("audit", "show", "--since", "yesterday").code == 2


@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_event_fits_a_narrow_terminal_and_is_told_in_full_when_asked(filled: Cli, language: str) -> None:
    """When, who, where, what and to which; below it what people wrote, on one row."""
    filled("escalate", MAHA, "--reason", "staff_complaint", "--note", "asks for the manager " * 9)
    (last,) = filled("audit", "show", "--json", "--action", "escalate").rows
    chosen = ("--language", language)

    short = rows_of(filled, "audit", "show", *chosen)
    whole = rows_of(filled, "audit", "show", str(last["rev"]), *chosen)

    assert max(map(cell_len, [*short, *whole])) <= 80
    for rows in (short, whole):
        head = next(row for row in rows if "escalate" in row)
        below = rows[rows.index(head) + 1]
        assert "2026-" in head
        assert people.user_name(os.getuid()) in head
        assert MAHA in below
    assert len(short) == 3 * 2 + 1
    for part in ("staff_complaint", last["payload"]["case"], "profile_version"):
        assert any(part in row for row in whole)
    assert last["hash"][:40] in " ".join(whole)
    assert " ".join(whole).count("manager") == 9


def test_a_pipe_gets_a_row_for_each_event_and_an_unknown_one_is_said_to_be_none(filled: Cli) -> None:
    """With its parts in their order; --long gives each in full."""
    filled("memo", MAHA, "look " * 40)

    rows = [row.split("\t") for row in filled("audit", "show").out.splitlines()]
    assert [(row[0], row[4], row[5]) for row in rows] == [("1", "ingest", "x:moh:mentions"), ("2", "memo", MAHA)]
    assert rows[1][6].startswith("text=look look")
    assert len(rows[1][6]) <= 100
    assert filled("audit", "show", "--long").out.count("look") == 40
    assert filled("audit", "show", "2").out.count("look") == 40
    assert filled("audit", "show", "404").code == 6
    assert filled("audit", "show", "2", "--json").rows == filled("audit", "show", "--json").rows[1:]


def test_contact_data_is_covered_in_the_history_and_uncovering_it_is_logged(filled: Cli) -> None:
    """For a supervisor, with an event that names what was looked at."""
    filled("memo", PRIVATE, f"she said {PHONE}")
    shown = filled("audit", "show")
    assert PHONE not in shown.out
    assert "memo" in shown.out

    assert PHONE in filled("audit", "show", "--reveal").out
    last = filled("audit", "show", "--json", "--limit", "1").rows[0]
    assert (last["action"], last["payload"]) == ("audit_reveal", {"revisions": [1, 2]})

    site(filled, "auditor")
    assert filled("audit", "show", "--reveal").code == 77
