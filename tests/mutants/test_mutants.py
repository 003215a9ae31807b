"""The scenarios notice what they are there for: each of these bugs makes one of them fail, by an expectation."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.day.reports import FILES, ROOT
from tui.cli.replaying import FAILED

PATCHES = tuple(sorted(Path(__file__).parent.glob("*.patch")))
PACKAGES = ("majlis", "connectors", "store", "tui")


def caught_by(patch: Path) -> Path:
    """Return the scenario that has to notice."""
    named = re.search(r"^Caught by: (\S+)$", patch.read_text("utf-8"), re.MULTILINE)
    assert named is not None, f"{patch.name} does not say by which scenario it is caught"
    return ROOT / named[1]


def applied(patch: Path, folder: Path) -> None:
    """Copy the program into a folder, and patch the copy."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        ["git", "apply", str(patch)], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=30
    )

    assert done.returncode == 0, f"{patch.name} does not apply any more; make it anew: {done.stderr}"


def test_there_are_ten_over_all_layers() -> None:
    """And each is caught by a scenario that holds without it, as tests/day shows."""
    touched = {
        found for patch in PATCHES for found in re.findall(r"^\+\+\+ b/(\w+)/", patch.read_text("utf-8"), re.MULTILINE)
    }

    assert len(PATCHES) >= 10
    assert touched == set(PACKAGES)
    assert {caught_by(patch) for patch in PATCHES} <= set(FILES)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_bug_is_noticed(patch: Path, tmp_path: Path) -> None:
    """An expectation does not hold: not a crash, and not a patch that changes nothing."""
    applied(patch, tmp_path)
    command = [sys.executable, "-m", "majlis", "replay", str(caught_by(patch)), "--headless", "--language", "en"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=100)

    assert done.returncode == FAILED, f"{patch.name} is not noticed: {done.returncode} {done.stdout} {done.stderr}"
    assert "is not as expected" in done.stdout
