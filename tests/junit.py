"""Read pytest's own reports: what was skipped and why, and how many passed.

Run: `python -m tests.junit REPORT.xml …` prints the totals;
`python -m tests.junit --skipped-for WORDS REPORT.xml …` names the tests skipped for a reason with these words, and ends
well only if there are some.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def skipped_for(words: str, reports: Iterable[Path]) -> Iterator[str]:
    """Yield the tests skipped for a reason with these words."""
    for case in _cases(reports):
        skipped = case.find("skipped")
        if skipped is not None and words in skipped.get("message", ""):
            yield f"{case.get('classname')}::{case.get('name')}: {skipped.get('message')}"


def totals(reports: Iterable[Path]) -> str:
    """Return one line in pytest's manner."""
    passed = failed = skipped = 0
    for case in _cases(reports):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def _cases(reports: Iterable[Path]) -> Iterator[ET.Element]:
    for report in reports:
        if report.exists():
            yield from ET.parse(report).iter("testcase")  # noqa: S314  our own report


def main(argv: Sequence[str]) -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skipped-for", metavar="WORDS")
    parser.add_argument("reports", nargs="*", type=Path)
    given = parser.parse_args(argv)
    if given.skipped_for is None:
        print(totals(given.reports))  # noqa: T201  a script
        return 0
    found = list(skipped_for(given.skipped_for, given.reports))
    print("\n".join(found) or f"none skipped for {given.skipped_for}")  # noqa: T201  a script
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
