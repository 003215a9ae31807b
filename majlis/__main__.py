"""Start the program: `majlis`, or `python -m majlis`."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def main() -> int:
    """Make the sibling packages importable, then hand over to the command line; return its exit code."""
    bundled = _HERE / "_lib"
    # First on the path: in a wheel the folder that holds them, else the checkout, so that no package of the same
    # plain name installed elsewhere comes before ours.
    sys.path.insert(0, str(bundled if bundled.is_dir() else _HERE.parent))
    # What is loaded stays: the collector, which looks at all of it again and again, would take a tenth of the start.
    # Whoever does the verb starts it again.
    gc.disable()
    from tui.cli import main as command_line  # noqa: PLC0415  # importable only now

    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
