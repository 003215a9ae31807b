"""The layers of the packages, as the import contracts say, whatever the tool that reads them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "majlis": {"majlis"},
    "store": {"store", "majlis"},
    "connectors": {"connectors", "majlis"},
    "tui": {"tui", "connectors", "store", "majlis"},
}
"""Package → those of ours that it may import."""
PURE = {"asyncio", "socket", "os", "pathlib", "time", "random", "secrets", "uuid", "subprocess", "threading", "tinydb"}


def _imports(path: Path) -> set[str]:
    """Return the first names of everything a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("package", list(ALLOWED))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    """The start of the program is the one exception."""
    for path in sorted((ROOT / package).rglob("*.py")):
        if path.relative_to(ROOT) != Path("majlis/__main__.py"):
            ours = _imports(path) & ALLOWED.keys()
            assert ours <= ALLOWED[package], path


def test_the_domain_reaches_nothing_outside() -> None:
    """No files, sockets, clock, chance, event loop or toolkit."""
    for path in sorted((ROOT / "majlis").rglob("*.py")):
        if path.name != "__main__.py":
            assert not _imports(path) & (PURE | {"aiohttp", "apsw", "textual", "rich"}), path


def test_only_the_adapters_read_the_clock_or_draw_chance() -> None:
    """What replays to the same screens cannot ask the machine for the time."""
    adapters = {Path("connectors/clock.py")}
    for package in ALLOWED:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.relative_to(ROOT) not in adapters:
                assert not _imports(path) & {"random", "secrets", "uuid"}, path


def test_the_standard_library_is_not_shadowed() -> None:
    """Plain package names must not hide a module of the interpreter."""
    assert not ALLOWED.keys() & sys.stdlib_module_names
