"""The project's own end-to-end tests are scenarios: each holds, and each is the same to the byte on another machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.scenario import load
from tests.day.reports import FILES, ROOT
from tests.replay.conftest import wrong
from tui.replay.play import play

OWN = tuple(path for path in FILES if path.parent == Path(__file__).parent)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_scenario_of_ours_holds(path: Path) -> None:
    """What stands in its lines is what happens."""
    played = play(load(path), str(path))

    assert wrong(played) == []
    assert len(played.checks) >= 5


def playing(*files: Path, **env: str) -> subprocess.Popen[bytes]:
    """Play files in another process, with another environment."""
    command = [sys.executable, "-m", "tests.day.reports", *map(str, files)]
    given = {name: value for name, value in os.environ.items() if name in {"PATH", "LD_LIBRARY_PATH"}}
    return subprocess.Popen(command, cwd=ROOT, env={**given, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def reports(process: subprocess.Popen[bytes]) -> bytes:
    """Return what came of them."""
    out, err = process.communicate(timeout=250)

    assert process.returncode == 0, err.decode()
    return out


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_scenario_is_the_same_to_the_byte_on_another_machine(tmp_path: Path) -> None:
    """Another hash seed, locale, time zone, home and terminal change nothing in any report, and all of them hold."""
    one = playing(*FILES, PYTHONHASHSEED="1", LANG="C", TZ="UTC", HOME="/nowhere", TERM="dumb", USER="a")
    other = playing(
        *FILES,
        PYTHONHASHSEED="4711",
        LANG="ar_AE.UTF-8",
        LC_ALL="ar_AE.UTF-8",
        TZ="Pacific/Chatham",
        HOME=str(tmp_path),
        TERM="xterm-256color",
        COLORTERM="truecolor",
        USER="b",
        COLUMNS="200",
        LINES="60",
    )

    here, there = reports(one), reports(other)

    assert len(here) > 10_000
    assert here == there
    assert here.count(b'"outcome": "held"') == len(FILES)
