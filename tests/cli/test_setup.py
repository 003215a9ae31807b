"""Setting an inbox up for a group: what is made, as whose, and what every start refuses afterwards."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors import sealing
from majlis.audit import EventDraft
from store import keeping
from store.rows import modes
from tests.builders import AT
from tui import config, shared
from tui.setup import UNITS, Wanted, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from majlis.errors import WrongModes
    from tests.cli.conftest import Cli, Said

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="giving files to other users needs root")

ROOT = Path(__file__).resolve().parents[2]
SERVICE, GROUP, OPERATOR = 4321, 4322, 4323
"""Numbers without names: no account is made."""
MADE = {
    "srv": (SERVICE, GROUP, 0o2770),
    "srv/inbox.db": (SERVICE, GROUP, 0o660),
    "etc": (0, 0, 0o755),
    "etc/site.toml": (0, 0, 0o644),
    "etc/tokens": (SERVICE, GROUP, 0o700),
    "etc/tokens/seal.key": (SERVICE, GROUP, 0o600),
    "etc/tokens/seal.key.pub": (SERVICE, GROUP, 0o644),
}


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user of this machine can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="majlis-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def init(cli: Cli, place: Path, *more: str) -> Said:
    """Set an inbox up."""
    where = ("--store", str(place / "srv" / "inbox.db"), "--site", str(place / "etc" / "site.toml"))
    return cli("init", "--group", str(GROUP), "--service-user", str(SERVICE), *where, *more)


def found(place: Path) -> dict[str, tuple[int, int, int]]:
    """Return owner, group and mode of everything there."""
    paths = {str(path.relative_to(place)): path.stat() for path in place.rglob("*")}
    return {name: (at.st_uid, at.st_gid, stat.S_IMODE(at.st_mode)) for name, at in paths.items()}


def faults(place: Path) -> list[WrongModes]:
    """Return what a start would refuse."""
    return list(shared.faults(config.load({}, site=str(place / "etc" / "site.toml"))))


def test_everything_is_made_with_its_owner_and_mode_and_twice_is_once(cli: Cli, place: Path) -> None:
    """Whatever the umask; a second time finds nothing left to do."""
    before = os.umask(0o077)
    try:
        assert init(cli, place).code == 0
    finally:
        os.umask(before)
    assert found(place) == MADE
    assert faults(place) == []
    site = tomllib.loads((place / "etc" / "site.toml").read_text("utf-8"))
    assert site["seal_key"] == f"{place}/etc/tokens/seal.key"
    assert site["seal_public"] == [sealing.public_key(place / "etc" / "tokens" / "seal.key")]
    assert site["roles"] == {"service": [f"uid-{SERVICE}"]}

    again = init(cli, place, "--json")
    assert (again.code, again.out) == (0, "")
    assert found(place) == MADE


def test_what_has_no_name_is_named_as_each_command_takes_it(cli: Cli, place: Path) -> None:
    """Sudo wants a sign before a number, roles go by names, and a group without a name takes nobody in."""
    dry = init(cli, place, "--dry-run").out
    said = init(cli, place)
    site = (place / "etc" / "site.toml").read_text("utf-8")

    for each in (dry, said.out):
        assert f"sudo -u '#{SERVICE}' majlis --site {place}/etc/site.toml" in each
    assert f"groupadd --gid {GROUP} GROUP && usermod -aG GROUP NAME" in said.out
    assert "the group has no name on this machine" in site
    assert f"uid-{GROUP}" not in site
    assert modes.as_user(0) == "sudo -u root"
    assert modes.joining(0, "salem") == "usermod -aG root salem"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_commands_and_files_take_any_path(cli: Cli, place: Path, language: str) -> None:
    """Blanks, quotes and Arabic letters: what is printed can be pasted, what is written can be read."""
    odd = place / 'صندوق الوزارة\'s "new" inbox'

    dry = init(cli, odd, "--dry-run", "--json", "--language", language)
    said = init(cli, odd, "--systemd", str(odd / "units"), "--language", language)

    assert (dry.code, said.code) == (0, 0), said.err
    for row in dry.rows:
        named = [word for word in shlex.split(row["command"]) if word.startswith(str(place))]
        assert named, row
        assert all(word.startswith(str(odd)) for word in named), row
    assert tomllib.loads((odd / "etc" / "site.toml").read_text("utf-8"))["store"] == str(odd / "srv" / "inbox.db")
    assert faults(odd) == []
    assert shlex.quote(str(odd / "etc" / "site.toml")) in said.out

    (odd / "srv" / "inbox.db").chmod(0o666)
    (fault,) = faults(odd)
    assert shlex.split(str(fault.facts["fix"])) == ["chmod", "660", str(odd / "srv" / "inbox.db")]
    (odd / "srv" / "inbox.db").chmod(0o660)
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        done = subprocess.run([verify, "verify", odd / "units" / UNITS[0]], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_dry_run_shows_the_commands_and_makes_nothing(cli: Cli, place: Path) -> None:
    """They are those that a person would give."""
    said = init(cli, place, "--dry-run", "--json")

    assert {row["done"] for row in said.rows} == {False}
    assert said.rows[0]["command"] == f"install -d -o {SERVICE} -g {GROUP} -m 2770 {place}/srv"
    assert found(place) == {}


def test_whoever_is_not_root_is_told_what_to_run_as_root(cli: Cli, place: Path) -> None:
    """The same command line, and nothing is made."""
    init(cli, place, "--dry-run")  # loads what it needs, from where this user may be unable to read
    os.seteuid(OPERATOR)
    try:
        said = init(cli, place)
    finally:
        os.seteuid(0)

    assert said.code == 77
    assert f"sudo majlis init --group {GROUP} --service-user {SERVICE} --store {place}/srv/inbox.db" in said.err
    assert found(place) == {}


def test_modes_that_were_spoilt_are_put_right_and_words_are_left(cli: Cli, place: Path) -> None:
    """A site file that is there keeps what it says."""
    init(cli, place)
    site = place / "etc" / "site.toml"
    text = site.read_text("utf-8") + "# our own line\n"
    site.write_text(text, "utf-8")
    (place / "srv").chmod(0o777)
    (place / "srv" / "inbox.db").chmod(0o666)
    site.chmod(0o666)
    os.chown(place / "etc" / "tokens", 0, 0)

    assert init(cli, place).code == 0
    assert found(place) == MADE
    assert site.read_text("utf-8") == text


def test_the_page_about_it_begins_with_what_the_program_asks_for(cli: Cli) -> None:
    """Its commands are those that are named where something is missing, and the verb takes the options it shows."""
    page = (ROOT / "docs" / "shared-server.md").read_text("utf-8")
    commands = page.partition("```sh\n")[2].partition("```")[0].splitlines()
    words = [line.split() for line in commands if line.startswith("majlis init")]
    for command, group, user in ((commands[0], "media", "majlis"), (commands[1], "root", "majlis")):
        said = cli("init", "--group", group, "--service-user", user, "--dry-run")
        assert command.replace("media", group) in said.err

    assert [each[:2] for each in words] == [["majlis", "init"]]
    assert cli(*words[0][1:], "--dry-run").code == 78  # as far as it gets: this machine has no such group


@pytest.mark.parametrize(("option", "fix"), [("--group", "groupadd"), ("--service-user", "useradd")])
def test_an_account_that_is_not_there_is_named_with_what_makes_it(cli: Cli, option: str, fix: str) -> None:
    """Accounts are the administrator's to make."""
    known = {"--group": str(GROUP), "--service-user": str(SERVICE)} | {option: "nobody-of-that-name"}
    said = cli("init", *(word for pair in known.items() for word in pair))

    assert said.code == 78
    assert f"{fix} --system" in said.err


def test_the_units_carry_the_paths_of_this_machine(cli: Cli, place: Path) -> None:
    """And systemd itself finds nothing wrong with them; without them, starting them begins with writing them."""
    assert " --systemd /etc/systemd/system && systemctl enable" in " ".join(init(cli, place).out.split())
    assert "--systemd" not in init(cli, place, "--systemd", str(place / "units")).out.partition("is set up")[2]
    units = [place / "units" / name for name in UNITS]
    for unit in units:
        text = unit.read_text("utf-8")
        assert f'majlis" --site "{place}/etc/site.toml"' in text
        assert f'ReadWritePaths="{place}/srv" "{place}/etc/tokens"' in text
        assert not {"@site@", "@service@", "@program@"} & set(text.split())

    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([verify, "verify", *units], capture_output=True, text=True, check=False)
    newer = ("RestartSteps", "RestartMaxDelaySec")  # unknown before systemd 254, and passed over
    complaints = [line for line in done.stderr.splitlines() if not any(name in line for name in newer)]
    assert (done.returncode, complaints) == (0, [])


# -------------------------------------------------------------------------------------- what every start looks at


@pytest.fixture
def ready(place: Path) -> Path:
    """An inbox that is set up, with a supervisor, an account and a profile."""
    for step in steps(
        Wanted(group=GROUP, service=SERVICE, store=place / "srv" / "inbox.db", site=place / "etc/site.toml")
    ):
        step.do()
    account = f'[accounts.x]\nnetwork = "x"\nid = "1"\ntoken_file = "{place}/etc/tokens/x.json"\n'
    store = f'store = "{place}/srv/inbox.db"\nprofile = "profile.json"\n'
    text = f'{store}[roles]\nsupervisor = ["root"]\n{account}'
    (place / "etc" / "site.toml").write_text(text, "utf-8")
    for name, mode in (("profile.json", 0o644), ("tokens/x.json", 0o600)):
        (place / "etc" / name).write_text("{}", "utf-8")
        (place / "etc" / name).chmod(mode)
    os.chown(place / "etc" / "tokens" / "x.json", SERVICE, GROUP)
    assert faults(place) == []
    return place


@pytest.mark.parametrize(
    ("path", "spoilt", "fix"),
    [
        ("etc/site.toml", (OPERATOR, GROUP), "chown root {path}"),
        ("etc/site.toml", 0o664, "chmod go-w {path}"),
        ("etc", 0o775, "chmod go-w {path}"),
        ("etc/profile.json", 0o666, "chmod go-w {path}"),
        ("etc/tokens", 0o750, "chmod 700 {path}"),
        ("etc/tokens", (OPERATOR, GROUP), f"chown {SERVICE} {{path}}"),
        ("etc/tokens/x.json", 0o640, "chmod 600 {path}"),
        ("srv/inbox.db", 0o664, "chmod 660 {path}"),
        ("srv/inbox.db", (OPERATOR, -1), f"chown {SERVICE} {{path}}"),
        ("srv/inbox.db", (-1, 0), f"chgrp {GROUP} {{path}}"),
        ("srv", 0o2775, "chmod o= {path}"),
    ],
)
def test_what_would_let_somebody_in_is_found_with_its_fix(
    ready: Path, path: str, spoilt: int | tuple[int, int], fix: str
) -> None:
    """One command puts it right."""
    if isinstance(spoilt, int):
        (ready / path).chmod(spoilt)
    else:
        os.chown(ready / path, *spoilt)

    found = faults(ready)
    assert [fault.facts["fix"] for fault in found] == [fix.format(path=ready / path)]
    subprocess.run(shlex.split(str(found[0].facts["fix"])), check=True)
    assert faults(ready) == []


def test_a_start_is_refused_while_somebody_could_get_in_and_doctor_says_why(cli: Cli, ready: Path) -> None:
    """Whoever starts it."""
    site = ready / "etc" / "site.toml"
    assert cli("--site", str(site), "list").code == 0
    site.chmod(0o666)

    said = cli("--site", str(site), "list")
    assert (said.code, f"chmod go-w {site}" in said.err) == (78, True)
    told = cli("--site", str(site), "doctor", "--offline", "--json").rows
    assert [row for row in told if row["about"] == "inbox" and f"chmod go-w {site}" in row["detail"] and not row["ok"]]


def test_a_backup_that_its_user_cannot_read_is_said_to_be_unreadable(cli: Cli, place: Path) -> None:
    """And not the inbox to be unwritable."""
    init(cli, place)
    copy = place / "copy.db"
    copy.write_bytes(b"")
    copy.chmod(0o600)
    about = {"actor": "majlis", "terminal": "none", "action": "restore", "subject": copy.name}
    event = EventDraft(**about, at=AT, profile_version="1", payload={}, salt="salt")
    groups = os.getgroups()
    os.setgroups([GROUP])
    os.seteuid(SERVICE)
    try:
        with pytest.raises(PermissionError, match=str(copy)):
            keeping.restore(str(place / "srv" / "inbox.db"), copy, event, lambda *_: None, is_replacing=True)
    finally:
        os.seteuid(0)
        os.setgroups(groups)


def test_the_doctor_tells_a_fault_once(cli: Cli, place: Path) -> None:
    """Whoever is not in the group is told so, and not by everything that cannot be looked at for that reason."""
    init(cli, place)
    cli.env["HOME"] = str(place)
    where = ("--store", str(place / "srv" / "inbox.db"), "--site", str(place / "etc" / "site.toml"))
    cli("doctor", "--offline", "--json", *where)  # loads what it needs
    os.seteuid(OPERATOR)
    try:
        said = cli("doctor", "--offline", "--json", *where)
    finally:
        os.seteuid(0)

    assert said.code == 78
    assert [row["about"] for row in said.rows if "not in its group" in row["detail"]] == ["inbox"]
    assert "usermod -aG" in said.out


def test_settings_of_ones_own_open_no_inbox_of_a_group(cli: Cli, ready: Path) -> None:
    """Neither none at all, nor a site file that names another inbox, nor one without roles, nor by another name."""
    place = ready
    store, site = str(place / "srv" / "inbox.db"), place / "etc" / "site.toml"
    none = cli("--store", store, "list")
    other = place / "etc" / "other.toml"
    other.write_text('store = "/srv/other/inbox.db"\n[roles]\nsupervisor = ["root"]\n', "utf-8")
    another = cli("--store", store, "--site", str(other), "list")
    link = place / "etc" / "inbox.db"
    link.symlink_to(store)
    linked = cli("--store", str(link), "list")
    link.unlink()
    link.hardlink_to(store)
    doubled = cli("--store", str(link), "list")
    link.unlink()
    site.write_text(f'store = "{store}"\n', "utf-8")
    nobody = cli("--site", str(site), "list")

    assert [said.code for said in (none, another, linked, doubled, nobody)] == [78] * 5
    assert "second name" in doubled.err
    assert "no site file" in none.err
    assert "another inbox" in another.err
    assert "gives nobody a role" in nobody.err


@pytest.mark.parametrize("name", ["inbox.db", "inbox.db-wal", "inbox.db-witness"])
@pytest.mark.parametrize("kind", ["link", "second name", "pipe"])
def test_what_an_operator_has_planted_is_refused_and_nothing_behind_it_is_touched(
    cli: Cli, place: Path, name: str, kind: str
) -> None:
    """Neither by root setting the inbox up again, nor by the commands that root is told to run."""
    init(cli, place)
    victim, planted = place / "victim", place / "srv" / name
    victim.write_text("x", "utf-8")
    victim.chmod(0o600)
    planted.unlink(missing_ok=True)
    if kind == "link":
        planted.symlink_to(victim)
    elif kind == "second name":
        planted.hardlink_to(victim)
    else:
        os.mkfifo(planted)

    said = init(cli, place)

    assert said.code == 78, said
    assert (victim.stat().st_mode & 0o777, victim.stat().st_uid) == (0o600, 0)
    told = [each for each in modes.faults(place / "srv" / "inbox.db") if each.path == str(planted)]
    assert told
    assert not any(each.fix.startswith(("chmod", "chown", "chgrp")) for each in told)
