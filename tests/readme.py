"""The command lines of the README, so that what it says is what is run.

Run: `python -m tests.readme NAME` prints the line of that name: demo, demo-uv, tests or tests-uv.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"

_MARKS = {
    "demo": ("python3 -m venv", "majlis demo"),
    "demo-uv": ("uv ", "majlis demo"),
    "tests": ("python3 -m venv", "pytest"),
    "tests-uv": ("uv ", "pytest"),
}
"""Name → how the line begins, and what is in it."""


def lines(page: Path = README) -> list[str]:
    """Return every command line in a page's shell blocks, in order, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


def named(name: str) -> str:
    """Return one of the lines that set the program up.

    Raises:
        LookupError: There is none, or more than one.
    """
    begins, holds = _MARKS[name]
    found = [line for line in lines() if line.startswith(begins) and holds in line]
    if len(found) != 1:
        raise LookupError(f"{len(found)} lines for {name}")
    return found[0]


if __name__ == "__main__":
    sys.stdout.write(named(sys.argv[1]) + "\n")
