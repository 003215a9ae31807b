import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tui.arabic.layout import row, wrap

WIDTH = 38
TEXTS = (
    "السلام عليكم ورحمة الله وبركاته، كيف حالكم",
    "سَلَامٌ عَلَيْكُمْ وَرَحْمَةُ اللَّهِ",
    "لا لأ لإ لآ بلا فلأ ﷲ ـــ",
    "شكرا 🙏🏽 العائلة 👨‍👩‍👧 ❤️ 1️⃣ 🇦🇪 🇦",
    "می‌خواهم 1445 ه‍ ثم لا",
    "invoice\u202efdp.exe \u2067 open",
    "esc \x1b[31m nul \x00 c1 \x9b tab\tend",
    "zalgo e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309",
    "اتصل (050-000-4567) أو @health_desk",
    "中文 ｆｕｌｌ 한국어 عربي",
    "\u0301start \u200b\u200f\ufeff zero",
)


def framed() -> list[str]:
    """Rows of all texts between borders, each exactly as wide as the screen."""
    rows = [f"│{row(text, WIDTH).text}│" for text in TEXTS]
    return rows + [f"│{line.text}│" for text in TEXTS[:4] for line in wrap(text, WIDTH)]


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    """A tmux server of our own."""
    command = shutil.which("tmux")
    if command is None:
        pytest.skip("needs the tmux command")
    base = [command, "-S", str(tmp_path / "socket"), "-f", "/dev/null", "-u"]
    yield base
    subprocess.run([*base, "kill-server"], capture_output=True, check=False)


def test_borders_stand_in_one_column_in_pyte() -> None:
    """An emulator with its own width table puts every right border in the last column."""
    rows = [shown.replace("🇦🇪", "  ") for shown in framed()]  # pyte gives each half of a flag two columns
    screen = pyte.Screen(WIDTH + 2, len(rows) + 1)
    stream = pyte.Stream(screen)
    stream.feed("\r\n".join(rows))

    for number in range(len(rows)):
        cells = screen.buffer[number]
        assert (cells[0].data, cells[WIDTH + 1].data) == ("│", "│"), screen.display[number]


def test_borders_stand_in_one_column_in_tmux(tmux: list[str], tmp_path: Path) -> None:
    """tmux, which wraps what is too wide, keeps each row in one row, border to border."""
    rows = framed()
    page = tmp_path / "page"
    page.write_text("\n".join(rows), encoding="utf-8")
    size = ["-x", str(WIDTH + 2), "-y", str(len(rows) + 2)]
    wait = f"cat {page}; {' '.join(tmux)} wait-for -S shown; exec cat"

    subprocess.run([*tmux, "new-session", "-d", *size, wait], check=True, timeout=20)
    subprocess.run([*tmux, "wait-for", "shown"], check=True, timeout=20)
    shown = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True, timeout=20)

    captured = shown.stdout.split("\n")[: len(rows)]
    assert [(line[:1], line[-1:]) for line in captured] == [("│", "│")] * len(rows)
