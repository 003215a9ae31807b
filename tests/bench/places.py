"""Where a benchmark keeps its store: a file or a server of its own, or one that is named."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import open_tinydb
from store.rows.address import is_postgres
from store.rows.sqlite import SqliteEngine
from tests.postgres import running

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from store.rows import RowDB


def ask_where(parser: argparse.ArgumentParser) -> None:
    """Let whoever runs it choose."""
    parser.add_argument("--keep", help="a file or an address to fill, or to use as it is")
    parser.add_argument("--server", action="store_true", help="a PostgreSQL server of its own, durable, for this run")


@contextmanager
def place(keep: str | None, *, on_server: bool) -> Iterator[str]:
    """Give the address of a store, which is gone afterwards unless it is to be kept."""
    if keep is not None:
        yield keep
    elif on_server:
        for cluster in running(durable=True):
            yield cluster.fresh()
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield str(Path(folder) / "store.db")


def settle(db: RowDB) -> None:
    """Let a server look at what was filled in, as its autovacuum does within a minute; a file needs none of it."""
    engine: Any = db.engine
    if not isinstance(engine, SqliteEngine):
        engine._ask("ANALYZE")


def size_bytes(address: str) -> int:
    """Return what a store takes on the disk, with its indexes."""
    if not is_postgres(address):
        return Path(address).stat().st_size
    with open_tinydb(address) as db:
        engine: Any = db.engine
        of = "relkind='r' AND relnamespace=to_regnamespace(?)"
        asked = f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE {of}"  # noqa: S608
        return int(engine._one(asked, (engine._terms.schema,)))
