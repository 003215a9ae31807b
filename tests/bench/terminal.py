"""What a person behind SSH would notice: the program on 100,000 messages, beside bare Textual, with goals that fail.

Run: `python -m tests.bench.terminal …/ttybench.py [--messages N] [--json FILE]`
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

GOALS = (
    # Bytes, idleness and restoring repeat to within a few per cent, so these are strict.
    "j.bytes<=400",
    "scroll.bytes<=1600",
    "page.bytes<=3300",
    "idle.bytes_per_s<=0",
    "exit.not_restored==0",
    "rss_peak_mb<=150",
    # Times depend on the machine: ceilings alone.
    "usable_ms<=2000",
    "j.p99<=100",
    "page.p99<=100",
    "held.max<=100",
)
STEPS = ("j x15", "scroll=j x60", "page=<pgdn> x25", "back=<pgup> x25", "held=j x90 @30")


def measured(tool: Path, name: str, command: list[str], *options: str) -> tuple[dict[str, Any], int]:
    """Run a program under the harness; return its figures and the harness's exit status, 3 for a missed goal."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        harness = [sys.executable, str(tool), "--name", name, "--json", report.name, *options]
        status = subprocess.run([*harness, "--", *command], check=False).returncode
        report.seek(0)
        return json.loads(report.read() or b"{}"), status


def main() -> int:
    """Fill a store, measure both programs, print what is compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", type=Path)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "inbox.db"
        fill = ["-m", "tests.bench.bench_inbox", "--messages", str(given.messages), "--keep", str(store)]
        subprocess.run([sys.executable, *fill], check=True)
        hello, status = measured(
            given.tool,
            "textual",
            [sys.executable, "-m", "tests.bench.hello"],
            "--ready",
            "hello",
            "--runs",
            "5",
            "--quit",
            "q",
        )
        options = [
            "--ready",
            r"\* new",
            "--runs",
            "5",
            "--idle",
            "5",
            "--quit",
            "qy",
            "--resize",
            "120x40",
            "--signals",
        ]
        options += [part for step in STEPS for part in ("--step", step)] + [
            part for goal in GOALS for part in ("--goal", goal)
        ]
        # Settled beforehand: a program that drives the terminal cannot answer the calibration.
        settings = Path(folder) / "majlis" / "config.toml"
        settings.parent.mkdir()
        settings.write_text('drawing = "pf"\n', encoding="utf-8")
        command = [sys.executable, "-m", "majlis", "--language", "en", "--store", str(store)]
        home = ("--env", f"HOME={folder}", "--env", f"XDG_CONFIG_HOME={folder}")
        majlis, missed = measured(given.tool, "majlis", command, *options, *home)
    if given.json:
        given.json.write_text(json.dumps({"textual": hello, "majlis": majlis}, indent=1), encoding="utf-8")
    bare, ours = hello.get("usable_ms"), majlis.get("usable_ms")
    if bare and ours:
        print(f"usable queue: {ours:.0f} ms, {ours / bare:.2f} times bare Textual ({bare:.0f} ms)")  # noqa: T201  a script
    return status or missed


if __name__ == "__main__":
    sys.exit(main())
