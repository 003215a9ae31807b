"""Pipes, signals, locales: what happens around a command."""

from __future__ import annotations

import io
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTILE, Cli
from tui.cli import main

ROOT = Path(__file__).resolve().parents[2]


def _run(cli: Cli, *argv: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "majlis", *argv],
        cwd=ROOT,
        env={"HOME": str(cli.home), **env},
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "env", [{}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_any_locale_gets_an_answer(filled: Cli, env: dict[str, str]) -> None:
    """Without a locale, and in one without Arabic letters, the list still comes."""
    answer = _run(filled, "list", **env)

    assert answer.returncode == 0
    assert b"x:moh:comment:1" in answer.stdout
    assert b"Traceback" not in answer.stderr


def test_json_is_json_in_any_locale(filled: Cli) -> None:
    """A reader in another encoding gets escapes, not question marks."""
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    answer = _run(filled, "list", "--json", **ascii_only)

    assert answer.stdout.isascii()
    assert b"\\u0645\\u062a\\u0649" in answer.stdout


def test_hostile_text_reaches_no_pipe(filled: Cli) -> None:
    """No escape sequence, no control, no override, in plain answers and in JSON."""
    plain, data = _run(filled, "list").stdout, _run(filled, "list", "--json").stdout

    for answer in (plain, data):
        shown = answer.decode()
        assert not any(ord(ch) < 0x20 and ch not in "\n\t" for ch in shown)
        assert not any(0x7F <= ord(ch) <= 0x9F or ch in "\u202a\u202b\u202c\u202d\u202e\u2066\u2069" for ch in shown)
    assert "[red]x[/]" in plain.decode()
    assert "␛" in plain.decode()


def test_json_gives_hostile_text_back_as_received(filled: Cli) -> None:
    """What was made harmless for a terminal is the same text for a program."""
    rows = filled("list", "--json").rows

    assert HOSTILE in [row["text"] for row in rows]


def test_a_reader_that_leaves_ends_it_quietly(filled: Cli) -> None:
    """`majlis list | head -n 0` says nothing."""
    process = subprocess.Popen(
        [sys.executable, "-m", "majlis", "list"],
        cwd=ROOT,
        env={"HOME": str(filled.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None

    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()

    assert process.wait(60) == 141
    assert said == b""


_PRINTS = (
    "list",
    "list --json",
    "show x:moh:comment:1",
    "memo x:moh:comment:1 note",
    "audit show",
    "audit verify",
    "audit export history.jsonl",
    "export copy.json",
    "store check",
    "store backup copy.db",
    "report",
    "pledge",
    "config show",
    "config path",
    "config init",
    "doctor --offline",
    "keys",
    "train",
    "replay --schema",
    "help",
    "list --help",
    "--version",
)
"""A call for each way of printing an answer."""


def test_an_answer_that_finds_no_room_is_said_to_be_lost(
    filled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever verb gives it; it is no mistake of the program."""
    monkeypatch.chdir(tmp_path)

    for call in _PRINTS:
        err = io.StringIO()
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            code = main(call.split(), env={"HOME": str(filled.home)}, stdout=full, stderr=err)

        assert code == 75, call
        assert "cannot be written" in err.getvalue(), call
        assert "No space left on device" in err.getvalue(), call


@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [
        (">&-", 73, b"The answer cannot be written: Bad file descriptor."),
        (">/dev/full", 75, b"The answer cannot be written: No space left on device."),
        (">&- 2>&-", 73, b""),
        (">/dev/full 2>/dev/full", 75, b""),
        ("<&- >&- 2>&-", 73, b""),
    ],
)
def test_a_stream_that_is_closed_or_full_is_no_mistake_of_ours(
    filled: Cli, redirected: str, code: int, said: bytes
) -> None:
    """The exit code says it even where nothing else can, and no file of ours is opened in its place."""
    answer = _through_a_shell(filled, f"list {redirected}")

    assert answer.returncode == code
    assert said in answer.stderr
    assert b"Traceback" not in answer.stderr
    assert b"Exception" not in answer.stderr
    assert filled("store", "check").code == 0


@pytest.mark.parametrize("redirected", ["2>/dev/full", "2>&-", "2>&1 | head -n 0", ">&-"])
def test_a_refusal_keeps_its_exit_code_where_nobody_hears_it(filled: Cli, redirected: str) -> None:
    """A script reads the code alone."""
    answer = _through_a_shell(filled, f"show x:moh:comment:404 {redirected}; exit ${{PIPESTATUS[0]}}")

    assert answer.returncode == 6


def test_without_standard_input_there_is_no_text(filled: Cli) -> None:
    """As with an empty one."""
    assert _through_a_shell(filled, "memo x:moh:comment:1 <&-").returncode == 3


def _through_a_shell(cli: Cli, line: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", f"{shlex.quote(sys.executable)} -m majlis {line}"],
        cwd=ROOT,
        env={"HOME": str(cli.home), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_ctrl_c_ends_it_quietly(cli: Cli) -> None:
    """No traceback for somebody who changed their mind."""
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # where the tests were told to ignore it, so is this
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "majlis", "check", "layout"],
            cwd=ROOT,
            env={"HOME": str(cli.home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"id": 1, "logical": "x"}\n')
    process.stdin.flush()
    assert process.stdout.readline().startswith(b'{"id": 1')  # it is at work, and streams

    process.send_signal(signal.SIGINT)
    _out, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said == b""


def test_a_mistake_of_ours_is_a_sentence(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even then: no traceback, and no text of a person."""
    private = "0500000009"

    def broken(*_args: object) -> None:
        raise RuntimeError(private)

    monkeypatch.setattr("tui.people.operator", broken)

    said = filled("list")

    assert said.code == 70
    assert "RuntimeError" in said.err
    assert private not in said.err
    assert "Traceback" not in said.err
