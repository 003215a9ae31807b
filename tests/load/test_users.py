"""Several users of one machine on one inbox, each in processes of their own: numbers without names, made by nobody."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.inbox import Inbox
from tests.builders import message, page
from tui.setup import Wanted, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.getuid() != 0, reason="becoming other users needs root"),
]

ROOT = Path(__file__).resolve().parents[2]
GROUP, SERVICE, SALEM, NOURA, STRANGER = 4400, 4401, 4402, 4403, 4404
MAHA = "x:moh:comment:1"
KEEPER = """
import os, sys
from store import open_tinydb
from tests.load.as_user import become
become(int(sys.argv[2]), int(sys.argv[3]), 0o077)
db = open_tinydb(sys.argv[1])
db.table("preference").insert({"key": "salem", "value": "x"})
print("open", flush=True)
sys.stdin.readline()
"""
READER = """
import sys
from tests.load.as_user import become
become(int(sys.argv[1]), int(sys.argv[2]), 0o022)
for path in sys.argv[3:]:
    try:
        open(path, "rb").read(1)
        print("read", path)
    except PermissionError:
        print("refused", path)
"""


class Server:
    """An inbox for a group, and people on it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.store, self.site = place / "srv" / "inbox.db", place / "etc" / "site.toml"
        self.token = place / "etc" / "tokens" / "x.json"

    def set_up(self) -> None:
        """Do what `majlis init` does, give everybody a role, and put a token and a message there."""
        for step in steps(Wanted(group=GROUP, service=SERVICE, store=self.store, site=self.site)):
            step.do()
        roles = f'service = ["uid-{SERVICE}"]\noperator = ["uid-{SALEM}", "uid-{NOURA}"]\n'
        account = (
            f'[accounts.moh]\nnetwork = "x"\nid = "1"\ntoken_file = "{self.token}"\napi_url = "http://127.0.0.1:9"\n'
        )
        self.site.write_text(f'store = "{self.store}"\n[roles]\n{roles}{account}', "utf-8")
        self.token.write_text('{"access_token": "invented"}', "utf-8")
        self.token.chmod(0o600)
        os.chown(self.token, SERVICE, GROUP)

    def fill(self) -> None:
        """Let a message come in."""

        async def ingest() -> None:
            inbox = await Inbox.open(str(self.store))
            await inbox.ingest(page(message("1"), message("2", thread="t2")))
            await inbox.aclose()

        asyncio.run(ingest())

    def majlis(
        self, uid: int, *words: str, gid: int = GROUP, umask: str = "077", site: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Give a command line as a user."""
        own = ["--site", str(site or self.site)]
        command = [
            sys.executable,
            "-m",
            "tests.load.as_user",
            str(uid),
            str(gid),
            umask,
            str(self.place / f"home-{uid}"),
        ]
        return subprocess.run(
            [*command, "--", *words, *own], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )

    def modes(self) -> dict[str, int]:
        """Return the modes of the inbox's files."""
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in self.store.parent.iterdir()}

    def script(self, code: str, *words: str) -> str:
        """Run code that becomes somebody, and return what it says."""
        done = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is set up, where every user can get as far as its folders."""
    place = Path(tempfile.mkdtemp(prefix="majlis-"))
    place.chmod(0o755)
    made = Server(place)
    made.set_up()
    yield made
    shutil.rmtree(place)


def test_whoever_comes_first_whatever_their_umask_the_other_can_write(server: Server) -> None:
    """The inbox is begun by one operator, filled by root, and written by both."""
    assert server.majlis(SALEM, "list").returncode == 0
    server.fill()

    for uid, umask in ((SALEM, "077"), (NOURA, "022"), (SALEM, "022")):
        done = server.majlis(uid, "memo", MAHA, f"from {uid}", umask=umask)
        assert done.returncode == 0, done.stderr
        assert set(server.modes().values()) == {0o660}, server.modes()
    claimed = server.majlis(SALEM, "claim", MAHA)
    taken = server.majlis(NOURA, "done", MAHA)
    assert (claimed.returncode, taken.returncode) == (0, 3), taken.stderr
    assert f"uid-{SALEM}" in taken.stderr
    shown = json.loads(server.majlis(NOURA, "show", MAHA, "--json").stdout)
    assert [memo["author"] for memo in shown["memos"]] == [f"uid-{uid}" for uid in (SALEM, NOURA, SALEM)]


def test_a_log_that_one_operator_began_is_the_others_to_write(server: Server) -> None:
    """While the first one's process, whose umask closes everything, still has the inbox open."""
    server.fill()
    command = [sys.executable, "-c", KEEPER, str(server.store), str(SALEM), str(GROUP)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "open\n"
        assert server.modes()["inbox.db-wal"] == server.modes()["inbox.db-shm"] == 0o660
        assert server.store.with_name("inbox.db-wal").stat().st_uid == SALEM

        done = server.majlis(NOURA, "tag", MAHA, "--add", "vaccine")
        assert done.returncode == 0, done.stderr
        keeper.communicate("\n")


def test_a_stranger_reads_nothing_and_is_told_whose_group_it_is(server: Server) -> None:
    """Neither through the program nor past it, and not with settings of their own."""
    server.fill()
    done = server.majlis(STRANGER, "list", gid=STRANGER)
    assert done.returncode == 78
    assert f"groupadd --gid {GROUP} GROUP && usermod -aG GROUP {STRANGER}" in done.stderr
    assert server.script(READER, str(STRANGER), str(STRANGER), str(server.store)) == f"refused {server.store}\n"


def test_an_operator_reads_no_token_and_neither_polls_nor_sends(server: Server) -> None:
    """What is the service's alone; the inbox opens all the same."""
    server.fill()
    told = server.script(READER, str(SALEM), str(GROUP), str(server.token), str(server.store))
    assert told == f"refused {server.token}\nread {server.store}\n"
    assert server.majlis(SALEM, "list").returncode == 0
    for verb in ("poll", "send"):
        done = server.majlis(SALEM, verb, "--once")
        assert (done.returncode, "service" in done.stderr) == (77, True), done.stderr

    served = server.majlis(SERVICE, "poll", "--once")
    assert served.returncode == 75, served.stderr  # the network is not there; it was asked
    assert server.majlis(SERVICE, "list").returncode == 77
    assert set(server.modes().values()) == {0o660}, server.modes()


def test_an_operator_is_no_supervisor_by_a_site_file_of_their_own(server: Server) -> None:
    """It may say what it likes."""
    own = server.place / "own.toml"
    own.write_text(f'store = "{server.store}"\n[roles]\nsupervisor = ["uid-{SALEM}"]\n', "utf-8")
    os.chown(own, SALEM, GROUP)

    done = server.majlis(SALEM, "report", site=own)

    assert done.returncode == 78
    assert f"chown root {own}" in done.stderr
