"""How an engine goes about what a table asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from store.rows import RowDB
from store.rows.sqlite import SqliteEngine


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement's plan."""

    text: str
    """In the engine's own words."""

    @property
    def searches(self) -> bool:
        """Whether an index leads to the rows."""
        return self.reads_index and ("Index Cond" in self.text or self.text.startswith("SEARCH"))

    @property
    def reads_index(self) -> bool:
        """Whether rows come by an index, and none by walking the table."""
        return "INDEX" in self.text.upper() and "Seq Scan" not in self.text

    @property
    def sorts(self) -> bool:
        """Whether rows have to be sorted."""
        return "TEMP B-TREE" in self.text or "Sort" in self.text


def plans(
    db: RowDB, table: str, act: Callable[[], object], *, in_order: bool = False, bitmap: bool = False
) -> list[Plan]:
    """Return the plan for each statement on a table that an act runs, never empty.

    PostgreSQL walks and sorts small tables whatever indexes there are: it is told to walk only where nothing else can
    be done, to sort only then where an index should give the order (`in_order`), and to collect rows from an index
    before it reads them only where that index can be read in no other way (`bitmap`).
    """
    if isinstance(db.engine, SqliteEngine):
        found = _of_sqlite(db, table, act)
    else:
        found = _of_postgres(
            db, table, act, ["seqscan", *(["sort"] if in_order else []), *([] if bitmap else ["bitmapscan"])]
        )
    assert found
    return found


def _of_sqlite(db: RowDB, table: str, act: Callable[[], object]) -> list[Plan]:
    engine: Any = db.engine
    seen: list[tuple[str, Any]] = []

    def note(_cursor: object, text: str, params: Any) -> bool:
        seen.append((text, params))
        return True

    engine._db.exec_trace = note
    act()
    engine._db.exec_trace = None
    return [
        Plan("; ".join(str(row[3]) for row in engine._db.execute("EXPLAIN QUERY PLAN " + text, params)))
        for text, params in seen
        if text.startswith("SELECT") and f'"doc_{table}"' in text
    ]


def _of_postgres(db: RowDB, table: str, act: Callable[[], object], without: Sequence[str]) -> list[Plan]:
    engine: Any = db.engine
    seen: list[tuple[str, Any]] = []
    ask = engine._ask

    def note(text: str, params: Any = ()) -> list[Any]:
        seen.append((text, params))
        return list(ask(text, params))

    engine._ask = note
    act()
    engine._ask = ask
    for way in without:
        ask(f"SET enable_{way} TO off")
    found = [
        Plan("; ".join(row[0] for row in ask("EXPLAIN " + text, params)))
        for text, params in seen
        if text.startswith("SELECT") and f'"doc_{table}"' in text
    ]
    ask("RESET ALL")
    ask("SET search_path TO pg_catalog")
    return found
