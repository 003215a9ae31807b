"""A command line with a home of its own, and an inbox with a few invented messages."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from majlis.intake import Intake
from store.inbox import Inbox
from tests.builders import message, page, policy
from tui import language
from tui.cli import main

PHONE = "0500000001"
HOSTILE = "look \x1b[31mred\x1b]52;c;AAAA\x07 \u202egnp.exe [red]x[/] \ud800 \x9b2J end"
MAHA, PRIVATE, EVIL = "x:moh:comment:1", "x:moh:comment:2", "x:moh:comment:3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one call answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The answers in JSON, one per line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(slots=True, kw_only=True)
class Cli:
    """Calls the program as a person with an empty home would."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *argv: str, stdin: str = "") -> Said:
        """Give a command line and return what it answered."""
        out, err = io.StringIO(), io.StringIO()
        env = {"HOME": str(self.home), **self.env}
        code = main(argv, env=env, stdin=io.StringIO(stdin), stdout=out, stderr=err)
        return Said(code=code, out=out.getvalue(), err=err.getvalue())

    @property
    def config(self) -> Path:
        """The folder of the settings files, made."""
        folder = self.home / ".config" / "majlis"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def inbox(self) -> Path:
        """Where the inbox is."""
        return self.home / ".local" / "share" / "majlis" / "inbox.db"


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """A command line with an empty home, in English; other tests find the language as it was."""
    before = language.code()
    language.use("en")
    yield Cli(home=tmp_path)
    language.use(before)


@pytest.fixture
def filled(cli: Cli) -> Cli:
    """The same with three messages: a question, one with a phone number in it, a hostile one."""

    async def fill() -> None:
        cli.inbox.parent.mkdir(parents=True)
        store = await Inbox.open(str(cli.inbox))
        texts = {
            "1": "متى يفتح المركز؟",
            "2": f"call me on {PHONE}",
            "3": HOSTILE,
        }  # Arabic: when does the centre open?
        messages = [message(native_id, text, thread=f"t{native_id}") for native_id, text in texts.items()]
        await store.ingest(Intake(policy())(page(*messages), ()))
        await store.aclose()

    asyncio.run(fill())
    return cli
