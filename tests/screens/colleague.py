"""The program as somebody else: a test has one user of the machine, and an inbox has several.

Run: `python -m tests.screens.colleague NAME WORDS…`, with the words that follow `majlis`.
"""

from __future__ import annotations

import sys

from tui import people
from tui.cli import main

if __name__ == "__main__":
    name, *words = sys.argv[1:]

    def user_name(uid: int) -> str:  # the signature of the one it stands for
        del uid
        return name

    people.user_name = user_name
    sys.exit(main(words))
