"""The wheel: one name is installed, and the command works from anywhere, beside packages of the same plain names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the built wheel is installed, without its dependencies."""
    built, target = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(built), str(ROOT)]
    subprocess.run(build, check=True, timeout=110, capture_output=True)
    (wheel,) = built.glob("majlis-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "-t", str(target), str(wheel)], check=True, timeout=60)
    return target


def _run(installed: Path, code: str, cwd: Path) -> str:
    """Run code that sees the installed packages before the checkout."""
    env = {**os.environ, "PYTHONPATH": str(installed), "HOME": str(cwd)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=env, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_the_wheel_installs_one_name(installed: Path) -> None:
    """The other packages lie inside it, and nothing of the tests is in it."""
    names = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}

    assert names - {"bin"} == {"majlis"}
    assert {path.name for path in (installed / "majlis" / "_lib").iterdir()} >= {"connectors", "store", "tui"}


def test_the_command_uses_its_own_packages(installed: Path, tmp_path: Path) -> None:
    """Even where somebody else's `store` and `tui` stand in the folder it is started from."""
    for name in ("store", "tui", "connectors"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('somebody else’s')", encoding="utf-8")
    code = """
        import sys
        sys.path.insert(0, "")
        from majlis.__main__ import main
        sys.argv = ["majlis", "--version"]
        assert main() == 0
        import tui, store, majlis
        print(majlis.__file__, tui.__file__, store.__file__, sep="\\n")
    """

    version, *files = _run(installed, _dedented(code), tmp_path).splitlines()

    assert version.startswith("majlis ")
    assert all(Path(file).is_relative_to(installed) for file in files)


def test_the_installed_command_works(installed: Path, tmp_path: Path) -> None:
    """Data files came along: rules, cue phrases, catalogues, the practice day, the scenarios to learn by."""
    code = """
        import sys
        from majlis.__main__ import main
        sys.argv = ["majlis", "doctor", "--offline", "--language", "ar"]
        assert main() == 0
        from connectors.scenario import TRAINING, built_in_day, training
        assert len(built_in_day().steps) >= 60
        assert all(training(name).is_solved for name in TRAINING)
    """

    assert "Majlis" in _run(installed, _dedented(code), tmp_path)


def _dedented(code: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in code.splitlines())
