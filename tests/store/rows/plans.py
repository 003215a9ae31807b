"""How SQLite goes about what a table asks."""

from collections.abc import Callable
from typing import Any

from store.rows import RowDB


def plans(db: RowDB, table: str, act: Callable[[], object]) -> list[str]:
    """Return SQLite's plan for each statement on a table that an act runs, never empty."""
    engine: Any = db.engine
    seen: list[tuple[str, Any]] = []

    def note(_cursor: object, text: str, params: Any) -> bool:
        seen.append((text, params))
        return True

    engine._db.exec_trace = note
    act()
    engine._db.exec_trace = None
    found = [
        "; ".join(str(row[3]) for row in engine._db.execute("EXPLAIN QUERY PLAN " + text, params))
        for text, params in seen
        if text.startswith("SELECT") and f'"doc_{table}"' in text
    ]
    assert found
    return found
