"""Time a key in the editor, drawing included: `python tests/bench/bench_editor.py` prints medians in milliseconds."""

import asyncio
import statistics
import time
from itertools import cycle

from textual.app import App, ComposeResult

from tui.arabic.editor import BidiTextArea

PARAGRAPH = (
    "السلام عليكم @health_desk أريد حجز موعد vaccine يوم 2026-11-23 على الرقم 050-000-4567 شكرا لكم ونتمنى لكم "
    "التوفيق (دائما) في عملكم الكريم، ولكم منا كل التقدير والاحترام. "
)
KEYS = 60


class Bench(App[None]):
    """An editor in a terminal of 80 by 24."""

    def compose(self) -> ComposeResult:
        """Show the editor alone."""
        yield BidiTextArea()


def draw(editor: BidiTextArea) -> None:
    """Render every row that can be seen."""
    for y in range(editor.size.height):
        editor.render_line(y)


async def key_ms(length: int) -> float:
    """Return the median time of a typed letter in one paragraph of about that many characters, at its end."""
    async with Bench().run_test(size=(80, 24)) as pilot:
        editor = pilot.app.query_one(BidiTextArea)
        editor.cursor_blink = False
        editor.focus()
        editor.text = (PARAGRAPH * (length // len(PARAGRAPH) + 1))[: length - KEYS // 2]
        editor.move_cursor(editor.document.end)
        await pilot.pause()
        times = []
        for letter in [ch for ch, _ in zip(cycle("سلامabc"), range(KEYS), strict=False)]:
            began = time.perf_counter()
            editor._replace_via_keyboard(letter, *editor.selection)
            draw(editor)
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1000


def main() -> None:
    """Print one line per length."""
    for length in (51, 280, 1000):
        print(f"{length:5} characters  {asyncio.run(key_ms(length)):6.2f} ms")  # noqa: T201  (a bench prints)


if __name__ == "__main__":
    main()
