"""A TinyDB on rows: tables, transactions over several of them, unique keys and indexes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tinydb import TinyDB
from tinydb.storages import Storage

from majlis.errors import DriverMissing
from store.codec import encode

from .address import is_postgres, shown
from .engine import SCHEMA, SortKey
from .mapping import document_of
from .sqlite import SqliteEngine
from .sqlite_file import MEMORY
from .table import RowTable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from tinydb.queries import QueryLike

    from majlis.errors import StoreFault

    from .engine import Engine
    from .witness import Witness


class RowStorage(Storage):
    """The engine behind a database; reading and writing it whole is there for TinyDB's tools and is slow."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        """What the tables talk to."""

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return everything, by table and id; None if there is no table."""
        with self.engine.snapshot():
            found: dict[str, dict[str, Any]] = {
                table: {str(doc_id): document_of(self.engine, table, body) for doc_id, body in self.engine.rows(table)}
                for table in sorted(self.engine.tables())
            }
        return found or None

    def write(self, data: Mapping[str, Mapping[Any, Any]]) -> None:
        """Replace everything by this."""
        with self.engine.transaction():
            for table in self.engine.tables() - set(data):
                self.engine.drop(table)
            for table, documents in data.items():
                self.engine.create(table)
                self.engine.clear(table)
                self.engine.insert(table, ((int(doc_id), encode(document)) for doc_id, document in documents.items()))

    def close(self) -> None:
        """Give back the file."""
        self.engine.close()


class RowDB(TinyDB):
    """TinyDB with rows for tables, and what several writers need on top."""

    table_class = RowTable  # type: ignore[assignment]  # TinyDB's stubs say exactly Table
    default_storage_class = RowStorage  # type: ignore[assignment]  # TinyDB's stubs say exactly JSONStorage

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.engine = engine
        """What is behind it."""

    @property
    def path(self) -> str:
        """Where the store lies, for messages."""
        return self.engine.path

    def table(self, name: str, **kwargs: Any) -> RowTable:
        """Return a table, the same object every time."""
        table = super().table(name, **kwargs)
        assert isinstance(table, RowTable)  # noqa: S101 - table_class above; told to the type checker
        return table

    def tables(self) -> set[str]:
        """Return the names of the tables."""
        return self.engine.tables()

    def drop_table(self, name: str) -> None:
        """Remove a table."""
        self._tables.pop(name, None)
        with self.engine.transaction():
            self.engine.drop(name)

    def drop_tables(self) -> None:
        """Remove all tables."""
        self._tables.clear()
        with self.engine.transaction():
            for name in self.engine.tables():
                self.engine.drop(name)

    def transaction(self) -> AbstractContextManager[None]:
        """Write everything inside, over any tables, or nothing.

        Other writers wait until it ends. Inside another one: that part, or nothing of it.
        """
        return self.engine.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """Read one state of all tables, whatever others write meanwhile; nothing can be written inside."""
        return self.engine.snapshot()

    def index(self, table: str, *fields: str, unique: bool = False, where: QueryLike | None = None) -> None:
        """Keep an index on fields, `-` in front for descending.

        Args:
            table: It is made if it does not exist.
            fields: Paths of keys with dots between them. For windows: first those that queries hold equal, then those
                they sort by, the first of these without `-`; it serves the opposite order too.
            unique: No two documents may have the same values there. Those that lack one of them, or hold null, a list
                or an object, are not compared.
            where: Only for documents that match. A query uses such an index when this condition is all of it, or joined
                to the rest by `&`.

        Raises:
            ValueError: A field or condition that SQL cannot express.
            DuplicateKey: Two documents have the same values already.
        """
        if not fields:
            raise ValueError("An index is on one field at least")
        self.engine.index(table, [SortKey.parse(field) for field in fields], unique=unique, where=where)

    def index_parts(self, table: str, field: str) -> None:
        """Keep an index of the text in a field by which `holding` finds any part of it.

        Args:
            table: It is made if it does not exist.
            field: A path of keys with dots between them; documents without a text there are never found.
        """
        self.engine.index_parts(table, SortKey.parse(field).path)

    def version(self) -> Hashable:
        """Return a value that changes when anybody, in any process, has committed anything; costs next to nothing."""
        return self.engine.version()

    def server_time(self) -> datetime | None:
        """Return the time of the server that several machines share; None where there is none."""
        return self.engine.server_time()

    def stirred(self) -> bool:
        """Say whether anybody may have committed since this was asked last; asks no server anything."""
        return self.engine.stirred()

    @property
    def schema(self) -> int:
        """The number of the stored shapes in this file."""
        return self.engine.schema()

    @schema.setter
    def schema(self, number: int) -> None:
        """Write the number that an upgrade leads to; within its transaction."""
        self.engine.set_schema(number)

    def hold(self, name: str) -> bool:
        """Keep a lock that ends with this process; False while another process keeps it."""
        return self.engine.hold(name)

    def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept."""
        self.engine.let_go(name)

    def purge(self) -> None:
        """Leave nothing of documents that were changed or removed in files of the store; outside of a transaction.

        Raises:
            StoreBusy: Others hold on to an earlier state; what is stored is as it was.
        """
        self.engine.purge()

    def strangers(self) -> list[str]:
        """Return what in the store this program has not made, by kind and name."""
        return self.engine.strangers()

    def check(self) -> list[str]:
        """Look for damage; one line for each problem."""
        return self.engine.check()

    @property
    def witness(self) -> Witness | None:
        """What is known about the store besides; None where no file could be put back behind its back."""
        return self.engine.witness if isinstance(self.engine, SqliteEngine) else None

    def saw(self, rev: int, digest: str) -> None:
        """Leave with the witness how far the history goes, once the transaction around is committed."""
        if isinstance(self.engine, SqliteEngine):
            self.engine.saw(rev, digest)

    def refuse(self, fault: StoreFault | None) -> None:
        """Write nothing from now on, and say why; reading goes on. None: what was refused is accepted."""
        assert isinstance(self.engine, SqliteEngine)  # noqa: S101  only what has a witness is found to be wrong
        self.engine.refuse(fault)


def open_tinydb(url: str | Path, *, schema: int = SCHEMA) -> RowDB:
    """Open a store, or make one where there is none.

    Args:
        url: A path, `sqlite:///relative/path`, `sqlite:////absolute/path`, `:memory:`, or an address of PostgreSQL as
            libpq takes it, `postgresql://host/database`, with `?schema=…` where it is not to lie in `majlis`.
        schema: The highest number of stored shapes the caller knows.

    Raises:
        ValueError: Another kind of store.
        MajlisError: `NotAStore`, `StoreDamaged`, `StoreReadOnly`, `StoreOnNetworkFilesystem`, `LibraryTooOld`,
            `StoreBusy` or `DiskFull`, for PostgreSQL also `StoreUnreachable`, `ServerUnfit` or `DriverMissing`; nothing
            was written.
    """
    if is_postgres(str(url)):
        return RowDB(_on_postgres(str(url), schema))
    return RowDB(SqliteEngine(file_of(str(url)), schema=schema))


def _on_postgres(url: str, schema: int) -> Engine:
    try:
        from .postgres import PostgresEngine  # noqa: PLC0415  who keeps a file needs neither the driver nor libpq
    except ImportError as error:
        raise DriverMissing(path=shown(url)) from error
    return PostgresEngine(url, schema=schema)


def open_still(path: Path) -> RowDB:
    """Open a store to which nobody writes, to be read alone; nothing is made or changed beside it.

    Raises:
        MajlisError: `NotAStore`, `StoreDamaged` or `StoreReadOnly`.
    """
    return RowDB(SqliteEngine(path, is_still=True))


def file_of(url: str) -> Path | None:
    """Return the file in which a store lies; None for one in memory.

    Raises:
        ValueError: Another kind of store.
    """
    scheme, found, rest = url.partition("://")
    if found and scheme != "sqlite":
        raise ValueError(f"There are no stores of the kind {scheme!r}; name a path or sqlite:///path")
    path = unquote(rest.removeprefix("/")) if found else url
    if path in ("", MEMORY):
        if not found and not path:
            raise ValueError("The store has no path")
        return None
    return Path(path).expanduser()
