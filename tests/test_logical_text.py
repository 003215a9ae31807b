"""Wherever text leaves the screen it is logical: no presentation form is stored, sent, exported, printed or copied."""

from __future__ import annotations

import asyncio
import io
import json
import re
from typing import TYPE_CHECKING, Any

from textual import events

from majlis.message import Network
from majlis.ports import View, ViewName
from store.carrying import export
from store.inbox import open_rows
from tests.connectors.networks import CHANNEL
from tests.test_main_job import acknowledge, invented, job, open_youtube
from tests.tui.arabic.test_editor import KEYS
from tui.cli import main
from tui.screens.compose import ComposeScreen

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from majlis.ports import Store

FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
ANSWER = "لا بأس Al Noor 8:00"
PASTED = "، والإجازة لا تَشمَلُه\n(مجاناً)"
NOTE = "لا داعي"


def require_logical(what: str, value: Any) -> None:
    """Look through texts of any depth."""
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    assert not FORMS.search(told), (what, FORMS.findall(told)[:9])


async def typed(pilot: Pilot[Any], text: str) -> None:
    """Press what types a text."""
    await pilot.press(*(KEYS.get(char, char) for char in text))
    await pilot.pause()


async def test_no_presentation_form_leaves_the_screen(store: Store, tmp_path: Path) -> None:  # noqa: PLR0915  one story
    """Typed, pasted, selected, cut, copied, searched, filtered, noted, answered, exported and printed."""
    copied: list[str] = []
    async with job(store, invented(store), CHANNEL) as (made, services):
        await made.poller.run_once()
        async with made.app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            question = await open_youtube(made, pilot)
            await pilot.press("Y")
            copied.append(made.app.clipboard)
            for key in ("slash", "backslash"):
                await pilot.press(key)
                await pilot.pause()
                await typed(pilot, "متى")
                await pilot.press("f7", "ctrl+c", "end", "enter")
                await pilot.pause()
                copied.append(made.app.clipboard)
            await pilot.press("m")
            await pilot.pause()
            await typed(pilot, NOTE)
            await pilot.press("enter", "r")
            await pilot.pause()
            screen = made.app.screen
            assert isinstance(screen, ComposeScreen)
            await typed(pilot, ANSWER)
            screen.editor.post_message(events.Paste(PASTED + "\u202e"))
            await pilot.pause()
            await pilot.press("ctrl+t", "left", "left", "right", "right", "f7", "ctrl+x")
            copied.append(made.app.clipboard)
            screen.editor.post_message(events.Paste(made.app.clipboard))
            await pilot.pause()
            assert screen.editor.text == ANSWER + PASTED
            await pilot.press("escape")
            await pilot.pause(0.5)
            await acknowledge(pilot)
            await pilot.press("s")
            await pilot.pause()
        made.bench.clock.at = made.bench.clock.at.replace(hour=made.bench.clock.at.hour + 1)
        assert await made.sender.run_once() == 1

        posts = [each for each in services[Network.YOUTUBE].requests if each.method == "POST"]
        assert [post.body["snippet"]["textOriginal"] for post in posts] == [ANSWER + PASTED]
        for service in services.values():
            for request in service.requests:
                require_logical(request.path, [request.body, *request.query.values(), *request.form.values()])
    assert copied == [question.text, "متى", "متى", ANSWER + PASTED]
    assert not CONTROLS.search(ANSWER + PASTED + "".join(copied))
    found = await store.window(View(name=ViewName.ALL, operator="salem", search="يفتح مركز"), limit=9)
    assert found.rows

    path = (await store.check()).path
    db = open_rows(path)
    stored = {table: [dict(row) for row in db.table(table)] for table in db.tables()}
    db.close()
    assert NOTE in json.dumps(stored["memo"], ensure_ascii=False)
    require_logical("store", stored)
    for cover in (None, str):
        export(path, tmp_path / "copy.json", cover)
        require_logical("export", json.loads((tmp_path / "copy.json").read_text("utf-8")))
    for argv in (["list", "--view", "all"], ["show", str(question.key)], ["list", "--view", "all", "--json"]):
        require_logical(" ".join(argv), await asyncio.to_thread(printed, [*argv, "--store", path], tmp_path))


def printed(argv: list[str], home: Path) -> str:
    """Return what a verb writes into a pipe."""
    out = io.StringIO()
    code = main(argv, env={"HOME": str(home)}, stdin=io.StringIO(), stdout=out, stderr=io.StringIO())
    assert code == 0
    assert "متى" in out.getvalue()
    return out.getvalue()
