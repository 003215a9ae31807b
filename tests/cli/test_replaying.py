"""`majlis replay`: exit codes, reports for people and programs, rewriting for review, and a world of its own."""

from __future__ import annotations

import json
import socket
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import Cli
from tests.replay.conftest import ANSWER, ARRIVE, QUESTION, Write, act, expect, press, write
from tui.cli.output import Printer

__all__ = ["write"]

ROWS = (
    ARRIVE,
    act("+00:01:00", "salem", reply={"id": "a", "text": ANSWER}),
    expect("+00:01:00", within="+00:00:30", state={"id": "a", "state": "answered"}),
)
WRONG = expect("+00:02:00", posted={"account": "fb", "texts": ["المركز مغلق", ANSWER]})


def test_the_exit_code_says_whether_all_held(cli: Cli, write: Write) -> None:
    """0 when it did, a code of its own when something did not."""
    assert cli("replay", str(write(*ROWS)), "--headless").code == 0
    assert cli("replay", str(write(*ROWS, WRONG)), "--headless").code == 8


def test_the_first_failure_is_shown_with_both_sides(cli: Cli, write: Write) -> None:
    """Line, time, and expected beside actual, in the order in which they are read."""
    path = write(*ROWS, WRONG)
    said = cli("replay", str(path), "--headless")

    assert f"{path}, line 5, at +00:02:00: posted (fb) is not as expected." in said.out
    assert "  المركز مغلق\t≠\t" in said.out
    assert f"  {ANSWER}\t \t  {ANSWER}" in said.out
    assert "1 does not hold." in said.out


def test_rows_of_the_screen_are_not_turned_round_a_second_time() -> None:
    """They stand in the table as they stood there, in one column each, and nothing in them is obeyed."""

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    drawn = "moh-x  \N{ARABIC LETTER MEEM FINAL FORM}\N{ARABIC LETTER LAM INITIAL FORM}"
    Printer(out=out, err=StringIO()).beside(("expected", "actual"), [(drawn, f"{drawn}\x1b", False), ("a", "b", False)])
    head, row, plain = out.getvalue().splitlines()

    assert row.count(drawn) == 2
    assert row.endswith("\N{REPLACEMENT CHARACTER}")
    assert row.index("\N{NOT EQUAL TO}") == plain.index("\N{NOT EQUAL TO}")
    assert row.rindex("moh-x") == head.index("actual")


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [('{"scenario":1}', 65, "line 1"), ("\n", 65, "empty"), (None, 66, "cannot be read")],
)
def test_a_file_that_cannot_be_played_is_refused(
    cli: Cli, tmp_path: Path, text: str | None, code: int, hint: str
) -> None:
    """With the line, and without a traceback."""
    path = tmp_path / "s.jsonl"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    said = cli("replay", str(path), "--headless")

    assert said.code == code
    assert hint in said.err
    assert "Traceback" not in said.err


def test_keys_calendars_and_contacts_that_make_no_sense_name_their_line(cli: Cli, write: Write) -> None:
    """What only the program can judge is judged before anything is played."""
    said = cli("replay", str(write(ARRIVE, press("+00:01:00", "j", "entr"))), "--headless")
    assert said.code == 65
    assert "line 3: keys[1]: no key is called 'entr'; nearest is 'enter'" in said.err
    for field, value in (("calendar", {"c": {"zone": "Mars/Base", "weekly": {}}}), ("profile", {"emials": []})):
        said = cli("replay", str(write(ARRIVE, **{field: value})), "--headless")
        assert said.code == 65
        assert f"line 1: {field}" in said.err


def test_reports_say_the_same_every_time_and_name_no_place(cli: Cli, write: Write, tmp_path: Path) -> None:
    """JSON and JUnit: what was expected, what was so, and nothing of this machine."""
    path = write(*ROWS, WRONG, name="Ampersand & <angle> \x1b[31m")
    made: list[tuple[bytes, bytes]] = []
    for run in ("1", "2"):
        out, xml = tmp_path / f"{run}.json", tmp_path / f"{run}.xml"
        said = cli("replay", str(path), "--headless", "--json", "--report", str(out), "--junit", str(xml))
        made.append((out.read_bytes(), xml.read_bytes()))
        assert said.rows[0] == json.loads(out.read_text("utf-8"))
    report, suite = json.loads(made[0][0]), ET.fromstring(made[0][1]).find("testsuite")  # noqa: S314  our own

    assert made[0] == made[1]
    assert str(tmp_path) not in (made[0][0] + made[0][1]).decode()
    assert (report["outcome"], report["checked"], report["failed"]) == ("failed", 3, 1)
    assert report["checks"][-1]["actual"] == {"texts": [ANSWER]}
    assert report["messages"] == {"answered": 1, "done": 1}
    assert len(report["audit"]["head"]) == 64
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert ANSWER in (suite.findtext("testcase/failure") or "")


def test_update_rewrites_only_what_does_not_hold(cli: Cli, write: Write) -> None:
    """Line by line, each in its own manner; everything else stays byte for byte."""
    path = write(
        *ROWS,
        WRONG,
        expect("+00:02:00", queue={"ids": ["a"], "view": "queue"}),
        act("+00:03:00", "salem", claim={"id": "a"}),
        press("+00:03:00", "j"),
        expect("+00:03:00", screen={"region": "rows", "rows": [2, 2], "equals": ["?"], "absent": ["Queue", "zz"]}),
        expect("+00:03:00", audit={"events": 3, "head": ""}),
        expect("+00:03:00", state={"id": "re:a", "text": ANSWER}),
    )
    before = path.read_bytes().replace(b'{"at": "+00:03:00", "do": "operator"', b'{"at":"+00:03:00",  "do":"operator"')
    path.write_bytes(before + b"\n\n")
    path.chmod(0o640)
    said = cli("replay", str(path), "--headless", "--update", "--json")
    after = path.read_bytes()
    pairs = list(enumerate(zip(before.split(b"\n"), after.split(b"\n"), strict=False), 1))
    changed = [line for line, (old, new) in pairs if old != new]

    assert said.code == 0
    assert changed == said.rows[0]["rewritten"] == [5, 6, 7, 9, 10]
    assert json.loads(after.split(b"\n")[4])["posted"] == {"account": "fb", "texts": [ANSWER]}
    assert json.loads(after.split(b"\n")[5])["queue"] == {"ids": [], "view": "queue"}
    assert json.loads(after.split(b"\n")[6])["refused"] == "WrongState"
    assert after.endswith(b"\n\n\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir() if each.suffix == ".jsonl"] == [path.name]
    assert cli("replay", str(path), "--headless").code == 0


def test_a_screen_needs_a_terminal_and_a_time_that_is_one(cli: Cli, write: Write) -> None:
    """Nothing is opened in a pipe."""
    assert cli("replay", str(write(*ROWS))).code == 2
    assert cli("replay", str(write(*ROWS)), "--speed", "fast").code == 2


def test_the_schema_is_printed_for_editors(cli: Cli) -> None:
    """Without a file, and as JSON."""
    said = cli("replay", "--schema")

    assert said.code == 0
    assert json.loads(said.out)["$defs"]["Arrive"]["required"] == ["do", "at", "account", "id", "text"]
    assert cli("replay").code == 2


def test_nothing_of_this_machine_is_read_and_nothing_is_reached(
    cli: Cli, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sockets are refused, the settings are poisoned, and neither they nor a token are ever opened."""
    home = tmp_path / "home"
    poisoned = {
        home / ".config" / "majlis" / "majlis.toml": "[[[ no settings",
        home / ".config" / "majlis" / "site.toml": "[[[ no settings",
        home / "site.toml": "[[[ no settings",
        home / ".config" / "majlis" / "tokens" / "fb.json": "canary-token",
    }
    for path, text in poisoned.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    opened: list[str] = []

    def refuse(*_args: Any, **_more: Any) -> NoReturn:
        raise AssertionError("a replay must reach nothing")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    _watch_opens(opened)
    path = write(*ROWS, press("+00:02:00", "j"), expect("+00:02:00", screen={"contains": [QUESTION]}))
    cli.home = home
    cli.env |= {"MAJLIS_SITE": str(home / "site.toml"), "MAJLIS_TOKEN_FB": "canary-token"}
    said = cli("replay", str(path), "--headless", "--json", "--site", str(home / "site.toml"))
    _watching.clear()

    assert said.code == 8, said.err  # the answer has left the list; all the rest was played
    assert said.rows[0]["failed"] == 1
    assert str(path) in opened
    assert [name for name in opened if name.startswith(str(home))] == []
    assert "canary" not in said.out + said.err


_watching: list[list[str]] = []


def _watch_opens(opened: list[str]) -> None:
    """Note every file that the interpreter opens from now on; an audit hook stays, so it asks whether to."""
    import sys  # noqa: PLC0415  beside its only use

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and _watching:
            _watching[0].append(str(args[0]))

    _watching.append(opened)
    sys.addaudithook(hook)


def test_a_report_holds_nothing_that_a_terminal_obeys(cli: Cli, write: Write, tmp_path: Path) -> None:
    """Controls and marks of direction from a message stand in it as escapes, and it reads the same."""
    armed = "a\u009bb\u202ec"
    arrive = {**ARRIVE, "text": armed, "author": {"id": "u1", "name": armed}}
    out = tmp_path / "out.json"

    cli("replay", str(write(arrive)), "--headless", "--report", str(out))

    text = out.read_text("utf-8")
    assert not {"\u009b", "\u202e"} & set(text)
    json.loads(text)
