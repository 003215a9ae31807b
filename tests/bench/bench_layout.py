"""Time the layout of a message of 280 characters, and of a screenful: `python -m tests.bench.bench_layout`."""

import statistics
import timeit
from collections.abc import Callable

from tui.arabic import entities, layout, shape

MESSAGE = (
    "السلام عليكم @health_desk أريد حجز موعد vaccine يوم 2026-11-23 على الرقم 050-000-4567 شكرا لكم "
    "https://health.example/ar/services ونتمنى لكم التوفيق (دائما) في عملكم الكريم، ولكم منا كل التقدير. "
    "Please answer soon, my son is 5 years old and لا نعرف أين نذهب في نهاية الأسبوع، هل المركز مفتوح؟؟"
)[:280]


def forget_layouts() -> None:
    """Empty every cache that holds something of this message but its words' shapes."""
    layout._prepare.cache_clear()
    layout._prepare_row.cache_clear()
    layout._wrap.cache_clear()
    layout._row.cache_clear()
    entities.find.cache_clear()


def cold() -> None:
    """A message never seen, of words never seen."""
    shape.forms.cache_clear()
    forget_layouts()
    layout.wrap(MESSAGE, 60)


def new_message() -> None:
    """A message never seen, of words that have been."""
    forget_layouts()
    layout.wrap(MESSAGE, 60)


def new_width() -> None:
    """A message that is laid out again because the window changed."""
    layout._wrap.cache_clear()
    layout.wrap(MESSAGE, 61)


def same_width() -> None:
    """A message that is drawn again."""
    layout.wrap(MESSAGE, 60)


def queue_row() -> None:
    """One line of the queue, cut to its width, for a message never seen there."""
    forget_layouts()
    layout.row(MESSAGE, 60)


SCREENFUL = [f"{MESSAGE[n * 5 :]} {n}" for n in range(40)]


def screenful() -> None:
    """Forty rows of the queue, each another Arabic message never seen, as after a page down."""
    forget_layouts()
    for text in SCREENFUL:
        layout.row(text, 60)


def main() -> None:
    """Print one line per case."""
    cases: list[Callable[[], None]] = [cold, new_message, new_width, same_width, queue_row, screenful]
    for case in cases:
        case()
        times = timeit.repeat(case, number=1, repeat=40 if case is screenful else 400)
        print(f"{case.__name__:>12}  {statistics.median(times) * 1000:7.3f} ms  {case.__doc__}")  # noqa: T201  (a bench prints)


if __name__ == "__main__":
    main()
