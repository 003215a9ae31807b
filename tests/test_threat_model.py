"""The page about what is defended names what shows it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_whatever_is_said_to_show_a_defence_is_there() -> None:
    """Tests, code and other pages."""
    page = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    named = re.findall(r"`((?:tests|tui)/[\w/]+\.py)`", page) + [
        f"docs/{name}" for name in re.findall(r"\]\((\S+\.md)\)", page)
    ]

    assert len(set(named)) > 10
    assert [name for name in named if not (ROOT / name).is_file()] == []
