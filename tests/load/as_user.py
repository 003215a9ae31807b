"""Majlis as another user of this machine: `python -m tests.load.as_user UID GID UMASK HOME -- WORDS…`, run by root.

The interpreter may lie where that user cannot reach it, so everything is loaded before the process becomes theirs: the
same command is given once, to nobody's inbox. Run by `test_users.py`.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from tui.cli import main

LATER = ("aiohttp", "connectors.poller", "connectors.sender", "connectors.sealing", "tui.accounts", "tui.health")
"""What the program loads when it comes to that."""


def rehearse(words: list[str]) -> None:
    """Give the command as root in an empty home, so that all its parts are loaded."""
    with tempfile.TemporaryDirectory() as home:
        verb = [word for word in words if not word.startswith("/") and word not in {"--site", "--store"}]
        nowhere = io.StringIO()
        for each in (verb, ["list"]):
            main(each, env={"HOME": home}, stdin=io.StringIO(), stdout=nowhere, stderr=nowhere)
    for name in LATER:
        import_module(name)


def become(uid: int, gid: int, umask: int) -> None:
    """Give up everything that is root's."""
    os.umask(umask)
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


if __name__ == "__main__":
    uid, gid, umask, home, _, *words = sys.argv[1:]
    rehearse(words)
    Path(home).mkdir(exist_ok=True)
    os.chown(home, int(uid), int(gid))
    become(int(uid), int(gid), int(umask, 8))
    sys.exit(main(words, env={"HOME": home}))
