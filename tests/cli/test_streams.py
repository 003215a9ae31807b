"""Pipes, signals, locales: what happens around a command."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTILE, Cli

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


def test_ctrl_c_ends_it_quietly(cli: Cli) -> None:
    """No traceback for somebody who changed their mind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "majlis", "check", "layout"],
        cwd=ROOT,
        env={"HOME": str(cli.home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
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
