"""Play scenarios in a process of their own and print all that comes of them: `python -m tests.day.reports FILE…`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from connectors.scenario import load
from tui.replay.play import play
from tui.replay.report import as_json, as_junit

ROOT = Path(__file__).parents[2]
FILES = tuple(sorted([*ROOT.glob("tests/day/*.jsonl"), *ROOT.glob("connectors/scenario/**/*.jsonl")]))
"""The project's own scenarios, and those that come with the program."""


def main() -> None:
    """Print a JSON and a JUnit report for each file."""
    for name in sys.argv[1:]:
        path = Path(name)
        played = play(load(path), str(path))
        sys.stdout.write(json.dumps(as_json(played, path.name), indent=1) + "\n" + as_junit(played, path.name))


if __name__ == "__main__":
    main()
