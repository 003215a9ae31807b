"""What the start of the screens costs, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.conftest import OpenSitting

ROOT = Path(__file__).parents[2]
HEAVY = {"aiohttp", "phonenumbers", "markdown_it", "pygments", "polib", "textual.widgets._text_area", "tree_sitter"}
READERS = {
    "majlis.conduct.engine",
    "majlis.conduct.phones",
    "majlis.triage",
    "majlis.doubt",
    "store.carrying",
    "store.keeping",
}
NETWORKS = {"connectors.facebook", "connectors.x", "connectors.youtube", "connectors.poller", "connectors.sender"}


def test_the_screens_load_nothing_heavy_before_the_first_page() -> None:
    """The editor, what reads texts, network clients and the phone library wait until somebody needs them."""
    code = "import sys, tui.sitting; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not (HEAVY | NETWORKS | READERS) & set(done.stdout.split())


def test_a_catalogue_is_read_in_a_few_milliseconds() -> None:
    """It is read at every start; a tenth of a second would be noticed."""
    code = (
        "import time; from tui import language; t = time.perf_counter(); language.use('ar');"
        "print(time.perf_counter() - t)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert float(done.stdout) < 0.1


async def test_a_mistake_that_ends_the_program_tells_its_kind_and_place_alone(
    sitting: OpenSitting, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not its words, and not what the functions on the way held: a token, or what a person wrote."""
    held = "canary-crash-71"

    def slip() -> None:
        raise RuntimeError(held)

    with pytest.raises(RuntimeError):  # noqa: PT012  # it comes out of the whole sitting
        async with sitting() as s:
            s.app.call_later(slip)
            await s.pilot.pause()
    said = capsys.readouterr().err

    assert "RuntimeError" in said
    assert "test_start.py" in said
    assert held not in said
