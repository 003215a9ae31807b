"""The SQLite engine, through APSW: one file in WAL mode that several processes read and write.

A commit has reached the disk when it returns (`synchronous=FULL`). Every writer takes the write lock at the beginning
of its transaction, so that no read inside can be out of date by the time of the write.
"""
# ruff: noqa: S608 - this module is where SQL is put together: names and paths quoted by `terms`, values as parameters

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import apsw

from majlis.errors import (
    Bug,
    DuplicateKey,
    MajlisError,
    NotAStore,
    StoreDamaged,
    StoreFault,
    StoreLogRemoved,
    StoreOnNetworkFilesystem,
    StoreReplaced,
    StoreRescued,
)
from store.codec import decode

from .base import SqlEngine
from .engine import SCHEMA, SortKey, require_schema
from .locks import FileLocks
from .sqlite_copy import copy_pages
from .sqlite_file import APPLICATION_ID, MEMORY, meaning, require_file, require_library
from .sqlite_guard import Guard
from .sqlite_terms import COLUMNS, TERMS, PartsIndex, foreign, is_finder, parts_asked, row_by_row
from .terms import ID_LIMIT, spelled, table_of
from .where import EVERYTHING, Sql
from .witness import Head, Witness

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable, Iterable, Iterator, Sequence

    from tinydb.queries import QueryLike

    from .engine import Row
    from .sqlite_copy import Told

PATIENCE_S: Final = 10.0
"""How long a writer waits for the others. A guess: longer than any transaction of ours, shorter than a person's."""
_LONGEST_PAUSE_S: Final = 0.004
_SHORTEST_PAUSE_S: Final = 0.0005
_CACHE_KIB: Final = 16_000
_WAL_KEPT: Final = 64 * 1024 * 1024
"""Bytes to which the log is cut after a checkpoint."""
_COMMON: Final = 4000
"""A guess, from trials at 100,000 messages: finding fewer costs less than walking to the first ones would."""
_NEVER_LOOKED: Final[tuple[int, frozenset[str]]] = (-1, frozenset())

_SCHEMA: Final = "SELECT type,name,sql FROM sqlite_schema"


class SqliteEngine(SqlEngine):
    """One connection to one file, guarded by a lock; see `engine.Engine` for what it promises."""

    def __init__(
        self, path: Path | None, *, schema: int = SCHEMA, patience_s: float = PATIENCE_S, is_still: bool = False
    ) -> None:
        """Open a store, or make one where there is none.

        Args:
            path: None is a store in memory that ends with this object.
            schema: The highest number of stored shapes the caller knows; a new file gets it.
            patience_s: Seconds to wait for other writers.
            is_still: Nobody writes to the file: it is only read, and nothing is made or changed beside it.

        Raises:
            MajlisError: `NotAStore`, `StoreDamaged`, `StoreReadOnly`, `StoreOnNetworkFilesystem`, `LibraryTooOld`,
                `StoreBusy`, `DiskFull`.
        """
        super().__init__(TERMS)
        require_library(apsw.sqlite_lib_version())
        if path is not None:
            path = path.resolve()  # whose it is, and what lies beside it, goes by its own place and not by a link's
        if path is not None and not is_still:
            require_file(path)
        self.path = MEMORY if path is None else str(path)
        """Where it lies."""
        self.common = _COMMON
        """Texts that hold a part, from which it is common."""
        self._known_schema = schema
        self._patience_s = patience_s
        self._lock = threading.RLock()
        self._depth = 0
        self._generation = 0
        self._last_fault: MajlisError | None = None
        self._spoilt: StoreFault | None = None
        self._head: Head | None = None
        self._guard: Guard | None = None
        self.witness = None if path is None or is_still else Witness(path)
        """What is known about the file besides."""
        self._waiting_since = 0.0
        self._existing = _NEVER_LOOKED
        self._locks = FileLocks(path)
        self._db: apsw.Connection
        with self._translated():
            if is_still:
                flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
                self._db = apsw.Connection(f"file:{quote(self.path)}?immutable=1", flags=flags)
            else:
                self._db = apsw.Connection(self.path, statementcachesize=300)
        try:
            self._prepare(is_still=is_still)
            while self._is_elsewhere():
                # A backup was put in its place while we waited for the file: what we have opened is the one put aside.
                self._db.close()
                self._db = apsw.Connection(self.path, statementcachesize=300)
                self._prepare(is_still=is_still)
        except BaseException:
            self.close()
            raise

    # ------------------------------------------------------------------------------------------------------- opening

    def _is_elsewhere(self) -> bool:
        return self._guard is not None and self._guard.is_elsewhere()

    def _prepare(self, *, is_still: bool) -> None:
        with self._translated():
            self._db.set_busy_handler(self._wait)
            self._db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
            # Nothing in a file somebody else may have touched gets to run functions of ours.
            self._db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
            self._db.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)  # one in a table's place may never end
        fresh = not self._is_ours()
        if is_still:
            if fresh:
                raise NotAStore(path=self.path)
            return
        if self.path != MEMORY and self._pragma("journal_mode") != "wal":
            self._switch_to_wal()
        for name, setting in (
            ("synchronous", "FULL"),
            ("mmap_size", 0),
            ("cache_size", -_CACHE_KIB),
            ("journal_size_limit", _WAL_KEPT),
        ):
            self._pragma(name, setting)
        if fresh:
            self._found()
        if self.path != MEMORY:
            with self._translated():
                self._guard = Guard(self._db, Path(self.path))

    def _is_ours(self) -> bool:
        """Say whether the file is a store of ours already; False for an empty one.

        Raises:
            NotAStore: It is somebody else's.
        """
        found = self._pragma("application_id")
        if found == APPLICATION_ID:
            return True
        if found == 0 and not self._one("SELECT count(*) FROM sqlite_schema"):
            return False
        if self._pragma("application_id") == APPLICATION_ID:
            return True  # another process has begun it between the two looks
        raise NotAStore(path=self.path)

    def _switch_to_wal(self) -> None:
        """Turn the log on; SQLite does not call the busy handler for this, so wait here."""
        attempt = 0
        while True:
            try:
                mode = self._db.pragma("journal_mode", "wal")
            except apsw.BusyError as error:
                if not self._wait(attempt):
                    raise self._fault(error) from error
                attempt += 1
            except apsw.Error as error:
                raise self._fault(error) from error
            else:
                break
        if mode != "wal":
            raise StoreOnNetworkFilesystem(path=self.path, kind="no shared memory")

    def _found(self) -> None:
        with self.transaction():
            if not self._is_ours():  # another process may have been first
                self._pragma("application_id", APPLICATION_ID)
                self._pragma("user_version", self._known_schema)

    def close(self) -> None:
        """Give back the file; a second time does nothing."""
        with self._lock, self._translated():
            self._db.close()
            self._locks.close()
            if self.witness is not None:
                self.witness.close()

    # ---------------------------------------------------------------------------------------------------- statements

    def _run(self, text: str, params: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            try:
                return self._db.execute(text, params).fetchall()
            except apsw.Error as error:
                raise self._fault(error) from error

    def _one(self, text: str, params: Sequence[Any] = ()) -> Any:
        found = self._run(text, params)
        return found[0][0] if found else None

    def _pragma(self, name: str, setting: str | int | None = None) -> Any:
        with self._lock, self._translated():
            return self._db.pragma(name, setting) if setting is not None else self._db.pragma(name)

    def _read(self, table: str, text: str, params: Sequence[Any] = ()) -> list[Any]:
        """Run a statement on a table, which is empty while it does not exist."""
        try:
            return self._run(text, params)
        except apsw.SQLError:
            if self._exists(table):
                raise
            return []

    @contextmanager
    def _translated(self) -> Generator[None, None, None]:
        try:
            yield
        except apsw.Error as error:
            raise self._fault(error) from error

    def _fault(self, error: apsw.Error) -> Exception:
        db = getattr(self, "_db", None)
        number = db.system_errno if db is not None and isinstance(error, apsw.IOError) else 0
        self._last_fault = meaning(error, path=self.path, patience_s=self._patience_s, errno_found=number)
        if isinstance(self._last_fault, NotAStore) and self.witness is not None and self.witness.head() is not None:
            self._last_fault = StoreDamaged(path=self.path, detail="its beginning was overwritten")
        if isinstance(error, apsw.SQLError) and "no such table" not in str(error):
            self._last_fault = self._last_fault or self._foreign()
        if isinstance(self._last_fault, StoreFault):
            self._last_fault = self._spoilt = self._with_backup(self._last_fault)
        return self._last_fault or error

    def _foreign(self) -> StoreDamaged | None:
        """Return what somebody has put into the file, where a statement of ours does not find our tables."""
        with suppress(apsw.Error):
            for strange in foreign(self._db.execute(_SCHEMA)):
                return StoreDamaged(path=self.path, detail=f"{strange} is not of this program's making")
        return None

    def _with_backup(self, fault: StoreFault) -> StoreFault:
        """Return a fault that names the last backup, where one is known."""
        backup = self.witness.backup() if self.witness is not None else None
        if backup is None:
            return fault
        known = {"backup": backup.path, "backup_at": backup.shown_at(), "backup_rev": backup.rev}
        return type(fault)(**{**fault.facts, **known})

    def _wait(self, attempt: int) -> bool:
        """Pause before the next try for a lock: shorter the longer it takes, so that who waits longest comes first."""
        now = time.monotonic()
        if attempt == 0:
            self._waiting_since = now
        elif now - self._waiting_since >= self._patience_s:
            return False
        # Processes that wait together must not wake together; the process's number and the attempt part them.
        spread = 0.5 + ((os.getpid() * 2654435761 + attempt * 40503) % 1024) / 1024
        time.sleep(max(_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S / (1 + attempt / 20)) * spread)
        return True

    # -------------------------------------------------------------------------------------------------- transactions

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """Write everything inside, or nothing. Inside another one: that part, or nothing of it."""
        with self._lock:
            if self._depth:
                self._require_transaction()
                begin, commit = f"SAVEPOINT s{self._depth}", f"RELEASE s{self._depth}"
                undo = f"ROLLBACK TO s{self._depth}"
            else:
                begin, commit, undo = "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
                self._last_fault = None
            self._run(begin)
            self._depth += 1
            try:
                if self._depth == 1:
                    require_schema(self, self.schema(), self._known_schema)
                    self._require_file()
                yield
                self._require_transaction()
                self._run(commit)
            except BaseException:
                self._undo(undo, commit)
                raise
            finally:
                self._depth -= 1
            if not self._depth and self._head is not None and self.witness is not None:
                self.witness.note(self._head)
                self._head = None

    def _has_begun(self) -> bool:
        return self._db.in_transaction

    def _undo(self, undo: str, commit: str) -> None:
        self._generation += 1
        self._existing = _NEVER_LOOKED
        self._head = None
        if not self._has_begun():
            return  # SQLite has rolled everything back itself, as it does when the disk is full
        self._run(undo)
        if undo != "ROLLBACK":
            self._run(commit)

    def _require_transaction(self) -> None:
        """Refuse to go on in a transaction that SQLite has rolled back: what follows would be kept without it."""
        if not self._depth or not self._has_begun():
            raise self._last_fault or Bug(detail="a write outside of its transaction")
        self._generation += 1

    def _require_file(self) -> None:
        """Refuse to write to a file that is not what was opened, or in which damage was found.

        What was acknowledged and lies in no file that somebody else could open is brought to safety first.
        """
        if self._spoilt is not None:
            raise type(self._spoilt)(**self._spoilt.facts)
        if self._guard is None:
            return
        try:
            self._guard.require()
        except (StoreReplaced, StoreLogRemoved) as fault:
            self._run("ROLLBACK")
            raise self._saved(fault) from fault
        except StoreFault as fault:
            raise self._with_backup(fault) from fault

    def _saved(self, fault: StoreReplaced | StoreLogRemoved) -> StoreFault:
        assert self._guard is not None  # noqa: S101  it has found the fault
        try:
            rescued = self._guard.bring_to_safety()
        except (apsw.Error, MajlisError, OSError):
            return self._with_backup(fault)  # the next attempt to write tries again
        found = fault if rescued is None else StoreRescued(path=self.path, rescued=str(rescued))
        self._spoilt = self._with_backup(found)
        return self._spoilt

    def refuse(self, fault: StoreFault | None) -> None:
        """Write nothing from now on, and say why; reading goes on. None: what was refused is accepted."""
        self._spoilt = self._with_backup(fault) if fault is not None else None

    def saw(self, rev: int, digest: str) -> None:
        """Leave with the witness how far the history goes, once the transaction is committed."""
        self._require_transaction()
        self._head = Head(rev=rev, hash=digest)

    def copy_to(self, target: Path, told: Told | None = None) -> None:
        """Write the state of this moment, or of the snapshot around, as a file of its own; see `copy_pages`."""
        with self.snapshot():
            copy_pages(self._db, target, told)

    @contextmanager
    def snapshot(self) -> Generator[None, None, None]:
        """Read one state of the store, whatever others write meanwhile."""
        with self._lock:
            if self._has_begun():
                yield
                return
            self._run("BEGIN")
            try:
                yield
            finally:
                if self._has_begun():
                    self._end_reading()

    def _end_reading(self) -> None:
        try:
            self._run("COMMIT")
        except StoreDamaged:  # what was read was read; an end that fails must not leave us in this state for ever
            if self._has_begun():
                self._run("ROLLBACK")

    def version(self) -> Hashable:
        """Return a value that changes when anybody has committed anything; about 5 µs."""
        return self._one("PRAGMA data_version"), self._generation

    def stirred(self) -> bool:
        """Say yes: the version costs next to nothing to ask."""
        return True

    def schema(self) -> int:
        """Return the number of the stored shapes in this file."""
        return int(self._one("PRAGMA user_version"))

    def set_schema(self, number: int) -> None:
        """Write that number, within a transaction."""
        self._require_transaction()
        self._pragma("user_version", number)

    # -------------------------------------------------------------------------------------------- tables and indexes

    def tables(self) -> set[str]:
        """Return the tables that exist."""
        found = self._run("SELECT name FROM sqlite_schema WHERE type='table'")
        return {table for (name,) in found if (table := table_of(name)) is not None}

    def _exists(self, table: str) -> bool:
        """Say whether a table exists, asking again only when some table was made or dropped, here or elsewhere."""
        number = self._one("PRAGMA schema_version")
        if number != self._existing[0]:
            self._existing = (number, frozenset(self.tables()))
        return table in self._existing[1]

    def create(self, table: str) -> None:
        """Make a table, with the indexes declared for it, unless it exists; within a transaction."""
        self._require_transaction()
        if self._exists(table):
            return
        self._run(f"CREATE TABLE {TERMS.table_name(table)}{COLUMNS}")
        for text in self._indexes.get(table, {}).values():
            self._run(text)

    def drop(self, table: str) -> None:
        """Remove a table with its rows; within a transaction."""
        self._require_transaction()
        for path in self._parts.get(table, {}):
            self._run(f"DROP TABLE IF EXISTS {PartsIndex(table=table, path=path).name}")
        self._run(f"DROP TABLE IF EXISTS {TERMS.table_name(table)}")

    def index(self, table: str, keys: Sequence[SortKey], *, unique: bool, where: QueryLike | None) -> None:
        """Keep an index on these values, for documents that match `where`."""
        name = self._declare(table, keys, unique=unique, where=where)
        if self._has(name):
            return
        with self.transaction():
            self.create(table)
            try:
                self._run(self._indexes[table][name])
            except apsw.ConstraintError as error:
                raise DuplicateKey(table=table, key=spelled(keys)) from error

    def index_parts(self, table: str, path: tuple[str, ...]) -> None:
        """Keep what finds a part of the text at a path without reading every document."""
        index = PartsIndex(table=table, path=path)
        making = index.making()
        if not self._has(index.name):
            with self.transaction():
                self.create(table)
                if not self._has(index.name):  # another process may have been first
                    self._run(making)
        self._declare_parts(table, path, index, index.name, making)

    def _has(self, name: str) -> bool:
        return bool(self._one("SELECT 1 FROM sqlite_schema WHERE name=?", (name.strip('"'),)))

    # ------------------------------------------------------------------------------------------------------- reading

    def rows(
        self, table: str, where: Sql = EVERYTHING, *, after: int | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """Return rows by id, those with higher ids than `after`; read them before anything is written."""
        asked = self._rows_asked(table, where, after, limit)
        if limit is not None:
            yield from self._read(table, asked.text, asked.params)
        elif self._exists(table):
            with self._translated():
                yield from self._db.execute(asked.text, asked.params)

    def _best(self, table: str, where: Sql, *, few: bool = True) -> Sql:
        """Return a condition as it is best asked: common parts are looked for in the rows that come up.

        Args:
            table: Whose it is.
            where: As compiled.
            few: Only the first rows are wanted; else common parts alone are found in all texts at once.
        """
        parts = parts_asked(where)
        if not parts:
            return where
        counts = [self._one(f"SELECT count(*) FROM ({part.text} LIMIT {self.common:d})", part.params) for part in parts]
        common = [count >= self.common for count in counts]
        return row_by_row(where, table, common) if few or not all(common) else where

    # ------------------------------------------------------------------------------------------------------- writing

    def new_ids(self, table: str, count: int) -> range:
        """Take ids that were never given; within a transaction."""
        self._require_transaction()
        name = TERMS.table_name(table).strip('"')
        last = self._one("SELECT seq FROM sqlite_sequence WHERE name=?", (name,))
        first = (last or 0) + 1
        if first + count > ID_LIMIT:
            raise ValueError(f"Table {table!r} has no ids left")
        if last is None:
            self._run("INSERT INTO sqlite_sequence(name,seq) VALUES(?,?)", (name, count))
        else:
            self._run("UPDATE sqlite_sequence SET seq=? WHERE name=?", (last + count, name))
        return range(first, first + count)

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Write new rows; within a transaction."""
        self._require_transaction()
        text = f"INSERT INTO {TERMS.table_name(table)}(id,body) VALUES(?,?)"
        for row in rows:
            if not -ID_LIMIT <= row[0] < ID_LIMIT:
                raise ValueError(f"Document IDs are signed 64-bit integers, not {row[0]}")
            self._write(text, row, body=row[1], doc_id=row[0])

    def replace(self, table: str, rows: Iterable[Row]) -> None:
        """Write other texts into rows; within a transaction."""
        self._require_transaction()
        text = f"UPDATE {TERMS.table_name(table)} SET body=? WHERE id=?"
        for doc_id, body in rows:
            self._write(text, (body, doc_id), body=body, doc_id=doc_id)

    def _write(self, text: str, params: Sequence[Any], *, body: str, doc_id: int) -> None:
        try:
            self._db.execute(text, params)
        except apsw.ConstraintError as error:
            raise self._taken(error, body, doc_id) from error
        except apsw.Error as error:
            raise self._fault(error) from error

    def _taken(self, error: apsw.ConstraintError, body: str, doc_id: int) -> Exception:
        """Say which value was taken: SQLite names the index, or the id."""
        _, found, name = str(error).rstrip("'").partition("index '")
        if not found:
            return ValueError(f"Document with ID {doc_id} already exists")
        table, keys = self._keys.get(name, (name, ()))
        return DuplicateKey(table=table, key=spelled(keys, decode(body)))

    def delete(self, table: str, doc_ids: Iterable[int]) -> None:
        """Remove rows; within a transaction."""
        self._require_transaction()
        text = f"DELETE FROM {TERMS.table_name(table)} WHERE id=?"
        for doc_id in doc_ids:
            self._run(text, (doc_id,))

    def clear(self, table: str) -> None:
        """Remove all rows and begin with id 1 again; within a transaction."""
        self._require_transaction()
        self._run(f"DELETE FROM {TERMS.table_name(table)}")
        self._run("DELETE FROM sqlite_sequence WHERE name=?", (TERMS.table_name(table).strip('"'),))

    # ------------------------------------------------------------------------------------------- one process at a time

    def purge(self) -> None:
        """Make the search index and the file anew, and cut the log: freed pages and old frames hold what was there."""
        with self._lock:
            with self.transaction():
                for (name,) in self._run("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5(%'"):
                    if is_finder(name):  # one of somebody else's may be called like a statement
                        self._run(f'INSERT INTO "{name}"("{name}") VALUES(\'rebuild\')')
            self._run("VACUUM")
            with self._translated():
                self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def hold(self, name: str) -> bool:
        """Keep a lock that ends with this process; False while another process keeps it."""
        with self._lock:
            return self._locks.hold(name)

    def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept."""
        with self._lock:
            self._locks.let_go(name)

    # ------------------------------------------------------------------------------------------------------- looking

    def strangers(self) -> list[str]:
        """Return what in the file this program has not made, by kind and name."""
        return list(foreign(self._run(_SCHEMA), self._makings()))

    def _makings(self) -> dict[str, str]:
        """Return the statements that make our indexes, by name."""
        return {name.strip('"'): text for texts in self._indexes.values() for name, text in texts.items()}

    def _own_damage(self) -> list[str]:
        """Return what is wrong with the file's own structure, as far as it can be looked at."""
        found = [str(self._spoilt.facts["detail"])] if isinstance(self._spoilt, StoreDamaged) else []
        try:
            for (told,) in self._db.execute("PRAGMA integrity_check"):
                found += [line for line in told.splitlines() if line != "ok"]
            strangers = foreign(self._db.execute(_SCHEMA), self._makings())
            found += [f"{name} is not of this program's making" for name in strangers]
        except apsw.Error as error:
            fault = self._fault(error)
            if not isinstance(fault, StoreFault):
                raise fault from error
            found.append(str(error))
        return found
