"""Time a key in the editor, drawing included: `python -m tests.bench.bench_editor` prints medians in milliseconds."""

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


async def key_ms(length: int) -> tuple[float, float]:
    """Return the median times, wall and CPU, of a typed letter in one paragraph of about that many characters.

    Letters of both directions are typed at its end, where the levels of everything before them are resolved again.
    """
    async with Bench().run_test(size=(80, 24)) as pilot:
        editor = pilot.app.query_one(BidiTextArea)
        editor.cursor_blink = False
        editor.focus()
        editor.text = (PARAGRAPH * (length // len(PARAGRAPH) + 1))[: length - KEYS // 2]
        editor.move_cursor(editor.document.end)
        await pilot.pause()
        wall, cpu = [], []
        for letter in [ch for ch, _ in zip(cycle("سلامabc"), range(KEYS), strict=False)]:
            began, spent = time.perf_counter(), time.process_time()
            editor._replace_via_keyboard(letter, *editor.selection)
            draw(editor)
            wall.append(time.perf_counter() - began)
            cpu.append(time.process_time() - spent)
        return statistics.median(wall) * 1000, statistics.median(cpu) * 1000


def main() -> None:
    """Print one line per length."""
    for length in (51, 280, 1000):
        wall, cpu = asyncio.run(key_ms(length))
        print(f"{length:5} characters  {wall:6.2f} ms  {cpu:6.2f} ms of CPU")  # noqa: T201  (a bench prints)


if __name__ == "__main__":
    main()
