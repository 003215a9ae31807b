"""The PostgreSQL engine, through psycopg: one schema of one database that several machines read and write.

Every writer takes the lock of one row, the head of the store, at the beginning of its transaction, by counting it on:
so writers come one after another, no read inside can be out of date by the time of the write, and the count tells
everybody whether anything was committed. That count is the truth; the notice sent with it (`majlis:SCHEMA`) is for who
wants to be woken, since notices come a little after the commit that they tell of.

A line may be cut at any moment. What was begun then fails with `StoreUnreachable`, and nothing of it was kept; the next
call connects again. Only a COMMIT without an answer leaves a doubt, and what was written settles it: every transaction
leaves its count in the row of its session, and that row is read under the same lock, so after whatever is still under
way there. The server's own `pg_xact_status` does not settle it: a server that falls may give the number of a lost
transaction to another one (`test_cut_line.py` has seen it).
"""
# ruff: noqa: S608 - this module is where SQL is put together: names and paths quoted by `terms`, values as parameters

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg  # pyright: ignore[reportMissingImports]  # an extra
from psycopg.pq import TransactionStatus  # pyright: ignore[reportMissingImports]  # an extra

from majlis.errors import Bug, DuplicateKey, MajlisError, NotAStore, StoreInDoubt, StoreUnreachable
from store.codec import decode

from .address import parted, shown
from .base import SqlEngine
from .engine import SCHEMA, require_schema
from .locks import require_lock_name
from .mapping import CHUNK
from .postgres_server import connected, is_cut, meaning
from .postgres_terms import KEY_FUNCTION, PartsIndex, PostgresTerms, named
from .terms import ID_LIMIT, numbered, quoted, spelled, spelled_name, table_of, value_in
from .where import EVERYTHING, Sql

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from tinydb.queries import QueryLike

    from .engine import Row, SortKey
    from .postgres_server import Connection

T = TypeVar("T")

PATIENCE_S: Final = 10.0
"""How long a writer waits for the others, and for a server that starts again. A guess, as for SQLite."""
_PAUSE_S: Final = 0.1
"""Between two attempts to reach a server that may be starting."""
_LONG_AGO: Final = 1_000_000
"""Transactions: a session that wrote nothing for so many, and did not say good-bye, is forgotten. A guess."""


@lru_cache(1024)
def _numbered(text: str) -> bytes:
    return numbered(text).encode()


class PostgresEngine(SqlEngine):
    """One session with one server, guarded by a lock; see `engine.Engine` for what it promises."""

    _terms: PostgresTerms

    def __init__(self, url: str, *, schema: int = SCHEMA, patience_s: float = PATIENCE_S) -> None:
        """Open a store, or make one where there is none.

        Args:
            url: As libpq takes it, with `?schema=…` for another schema than `majlis`.
            schema: The highest number of stored shapes the caller knows; a new store gets it.
            patience_s: Seconds to wait for other writers.

        Raises:
            ValueError: This is no address.
            MajlisError: `StoreUnreachable`, `ServerUnfit`, `NotAStore`, `StoreReadOnly`, `StoreBusy`, `DiskFull`.
        """
        self._address, self._schema_name = parted(url)
        super().__init__(PostgresTerms(self._schema_name))
        self.path = shown(url)
        """Where it lies, as it may be shown."""
        self._known_schema = schema
        self._patience_s = patience_s
        self._lock = threading.RLock()
        self._depth = 0
        self._reading = False
        self._generation = 0
        self._last_fault: MajlisError | None = None
        self._made = -1
        """The number of changes to tables and indexes at which the next two were looked up."""
        self._existing: set[str] = set()
        self._names: set[str] = set()
        """Of the indexes that exist, in quotes."""
        self._counted = 0
        """The count of the head within a transaction or a snapshot, in which nobody else's commit is seen."""
        self._kept: set[str] = set()
        """Locks that this session keeps."""
        self._session = ""
        """Names this session among all there ever were."""
        self._has_written = False
        self._is_new = True
        """Whether this session began after `stirred` was asked last: what others did in between it was not told."""
        self._head = f"{self._terms.schema}.majlis_store"
        self._writers = f"{self._terms.schema}.majlis_writers"
        self._list = f"{self._terms.schema}.majlis_tables"
        self._db: Connection = self._connected()
        try:
            if not self._is_ours():
                self._found()
            self._look_up(int(self._one(f"SELECT made FROM {self._head}")))
        except BaseException:
            self.close()
            raise

    # ------------------------------------------------------------------------------------------------------- opening

    def _connected(self) -> Connection:
        if hasattr(self, "_db"):
            self._db.close()
        self._kept.clear()  # locks end with the session that kept them
        self._generation += 1
        self._made = -1
        made, self._session = connected(self._address, path=self.path, patience_s=self._patience_s)
        try:
            made.execute(f"LISTEN {named(self._schema_name)}".encode())
        except psycopg.Error as error:
            made.close()
            raise self._fault(error) from error
        self._is_new = True
        return made

    def _is_ours(self) -> bool:
        """Say whether the schema is a store already; False if nothing is in it, or there is none.

        Raises:
            NotAStore: It holds something else.
        """
        # In one statement, or another process might make it between two looks.
        head, other = self._run(
            "SELECT to_regclass(?), EXISTS(SELECT 1 FROM pg_class WHERE relnamespace=to_regnamespace(?))",
            (self._head, self._terms.schema),
        )[0]
        if head is not None:
            return True
        if other:
            raise NotAStore(path=self.path)
        return False

    def _found(self) -> None:
        """Make the store, once: whoever comes at the same time waits, and finds it made."""
        schema = self._terms.schema
        with self._lock, self._translated():
            self._ask("BEGIN")
            try:
                self._ask("SELECT pg_advisory_xact_lock(?)", (self._lock_number(""),))
                if not self._is_ours():
                    self._tell(
                        # Asked for only where there is none: with IF NOT EXISTS one needs the right to make schemas.
                        ("" if self._has_schema() else f"CREATE SCHEMA {schema};")
                        + KEY_FUNCTION.format(schema=schema)
                        + f"""; CREATE TABLE {self._list}(
                            name text COLLATE "C" PRIMARY KEY, last_id bigint NOT NULL DEFAULT 0);
                        CREATE TABLE {self._writers}(
                            session text COLLATE "C" PRIMARY KEY, version bigint NOT NULL);
                        CREATE TABLE {self._head}(
                            is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
                            schema integer NOT NULL, version bigint NOT NULL, made bigint NOT NULL);
                        INSERT INTO {self._head}(schema, version, made) VALUES ({self._known_schema:d}, 0, 0)"""
                    )
                self._ask("COMMIT")
            except BaseException:
                with suppress(psycopg.Error):  # the first error is the one to tell
                    self._db.rollback()
                raise

    def _has_schema(self) -> bool:
        return self._one("SELECT to_regnamespace(?)", (self._terms.schema,)) is not None

    def close(self) -> None:
        """Give back the session; a second time does nothing."""
        with self._lock:
            if not self._depth:
                self._say_good_bye()
            self._kept.clear()
            if hasattr(self, "_db"):
                self._db.close()

    def _say_good_bye(self) -> None:
        """Leave nothing to the server that it would clear away only when it notices that the session is over."""
        with suppress(psycopg.Error):  # a session that is over has nothing to tidy
            if self._kept:
                self._ask("SELECT pg_advisory_unlock_all()")
            if self._has_written:
                self._has_written = False
                self._ask(
                    f"DELETE FROM {self._writers} WHERE session=? OR version<(SELECT version FROM {self._head})-?",
                    (self._session, _LONG_AGO),
                )

    # ---------------------------------------------------------------------------------------------------- statements

    def _ask(self, text: str, params: Sequence[Any] = ()) -> list[Any]:
        """Run one statement as it is; errors are PostgreSQL's own."""
        cursor = self._db.execute(_numbered(text), params or None)
        return cursor.fetchall() if cursor.description else []

    def _tell(self, text: str) -> Sequence[Any] | None:
        """Run several statements in one way there and back, and return the last one's first row."""
        with self._db.cursor() as cursor:
            cursor.execute(text.encode(), prepare=False)
            while cursor.nextset():
                pass
            return cursor.fetchone() if cursor.description else None

    def _run(self, text: str, params: Sequence[Any] = ()) -> list[Any]:
        """Run one statement. Where nothing has been begun, a session that was cut meanwhile is replaced first."""
        with self._lock:
            return self._begun(lambda: self._ask(text, params))

    def _begun(self, act: Callable[[], T]) -> T:
        """Do what begins something, again on a new session where the old one was cut meanwhile."""
        try:
            return act()
        except psycopg.Error as error:
            fault = self._fault(error)
            if not isinstance(fault, StoreUnreachable) or self._depth or self._reading:
                raise fault from error
        self._db = self._connected()
        with self._translated():
            return act()

    def _one(self, text: str, params: Sequence[Any] = ()) -> Any:
        found = self._run(text, params)
        return found[0][0] if found else None

    def _read(self, table: str, text: str, params: Sequence[Any] = ()) -> list[Any]:
        """Run a statement on a table, which is empty while it does not exist."""
        if (self._depth or self._reading) and table not in self._existing:
            return []
        try:
            return self._run(text, params)
        except psycopg.errors.UndefinedTable:
            if self._depth or self._reading:
                raise
            return []

    @contextmanager
    def _translated(self) -> Generator[None, None, None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._fault(error) from error

    def _fault(self, error: psycopg.Error) -> Exception:
        found = meaning(error, path=self.path, patience_s=self._patience_s)
        if is_cut(error, self._db):
            self._db.close()
            found = (
                found if isinstance(found, StoreUnreachable) else StoreUnreachable(path=self.path, detail=str(error))
            )
        self._last_fault = found
        return found or error

    # -------------------------------------------------------------------------------------------------- transactions

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """Write everything inside, or nothing. Inside another one: that part, or nothing of it."""
        with self._lock:
            if self._reading:
                raise Bug(detail="a write while one state of the store is read")
            version = 0
            if self._depth:
                self._require_transaction()
                self._run(f"SAVEPOINT s{self._depth}")
            else:
                self._last_fault = None
                version = self._begun(self._begin)
            self._depth += 1
            try:
                yield
                self._require_transaction()
                if self._depth == 1:
                    self._commit(version)
                else:
                    self._run(f"RELEASE s{self._depth - 1}")
            except BaseException:
                self._undo()
                raise
            finally:
                self._depth -= 1

    def _begin(self) -> int:
        """Begin, count the head on, which locks it, and return the count; one way there and back."""
        try:
            found = self._tell(
                f"BEGIN; WITH head AS (UPDATE {self._head} SET version=version+1 RETURNING schema, made, version), "
                f"writer AS (INSERT INTO {self._writers} SELECT {quoted(self._session)}, version FROM head "
                "ON CONFLICT (session) DO UPDATE SET version=excluded.version) "
                f"SELECT schema, made, version, pg_notify({quoted(self._schema_name)}, '') FROM head"
            )
            return self._entered(found)
        except BaseException:
            self._roll_back()
            raise

    def _entered(self, head: Sequence[Any] | None) -> int:
        if head is None:
            raise Bug(detail="a store without its head")
        schema, made, version, _ = head
        require_schema(self, schema, self._known_schema)
        if made != self._made:
            self._look_up(made)
        self._counted = int(version)
        return self._counted

    def _commit(self, version: int) -> None:
        session, self._has_written = self._session, True
        try:
            self._tell("COMMIT")
        except psycopg.Error as error:
            fault = self._fault(error)
            if not isinstance(fault, StoreUnreachable):
                raise fault from error
            self._settle(session, version, fault)

    def _settle(self, session: str, version: int, fault: StoreUnreachable) -> None:
        """Find out what became of a transaction whose COMMIT got no answer; return if all of it was kept.

        Raises:
            StoreUnreachable: Nothing of it was kept.
            StoreInDoubt: It cannot be found out now.
        """
        detail = fault.facts.get("detail", "")
        until = time.monotonic() + self._patience_s
        kept: bool | None = None
        while kept is None:
            try:
                self._db = self._connected()
                kept = self._was_kept(session, version)
            except (psycopg.Error, MajlisError) as error:
                if time.monotonic() >= until:
                    raise StoreInDoubt(path=self.path, detail=detail, mark=(session, version)) from error
                time.sleep(_PAUSE_S)
        if not kept:
            raise StoreUnreachable(path=self.path, detail=detail)

    def became(self, mark: tuple[str, int]) -> bool:
        """Say whether a change that was in doubt was kept: once the server answers, that is certain."""
        with self._lock:
            if self._depth or self._reading:
                raise Bug(detail="a doubt is settled outside of a transaction")
            return self._begun(lambda: self._was_kept(*mark))

    def _was_kept(self, session: str, version: int) -> bool:
        try:
            # Its own lock first: until that is free, the server may still be about to keep it.
            self._tell(f"BEGIN; SELECT 1 FROM {self._head} FOR UPDATE")
            asked = f"SELECT 1 FROM {self._writers} WHERE session=? AND version=?"
            return bool(self._ask(asked, (session, version)))
        finally:
            self._roll_back()

    def _undo(self) -> None:
        self._generation += 1
        if self._depth == 1 or self._status() not in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            self._made = -1
            self._roll_back()
            return
        with self._translated():
            self._ask(f"ROLLBACK TO s{self._depth - 1}")
            self._ask(f"RELEASE s{self._depth - 1}")
            self._look_up(self._ask(f"SELECT made FROM {self._head}")[0][0])

    def _roll_back(self) -> None:
        with suppress(psycopg.Error):  # what brought us here is the error to tell; without a session nothing is left
            if self._status() != TransactionStatus.IDLE:
                self._db.rollback()

    def _status(self) -> TransactionStatus:
        return self._db.info.transaction_status

    def _require_transaction(self) -> None:
        """Refuse to go on in a transaction that is over: what follows would be kept without it."""
        if not self._depth or self._status() != TransactionStatus.INTRANS:
            raise self._last_fault or Bug(detail="a write outside of its transaction")
        self._generation += 1

    @contextmanager
    def snapshot(self) -> Generator[None, None, None]:
        """Read one state of the store, whatever others write meanwhile."""
        with self._lock:
            if self._depth or self._reading:
                yield
                return
            self._begun(self._begin_reading)
            self._reading = True
            try:
                yield
            finally:
                self._reading = False
                self._roll_back()

    def _begin_reading(self) -> None:
        try:
            found = self._tell(
                f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT made, version FROM {self._head}"
            )
            if found is None:
                return
            made, self._counted = found
            if made != self._made:
                self._look_up(made)
        except BaseException:
            self._roll_back()
            raise

    def version(self) -> Hashable:
        """Return a value that changes when anybody has committed anything; one way there and back, or none."""
        with self._lock:
            if self._depth or self._reading:
                return self._counted, self._generation
            return self._one(f"SELECT version FROM {self._head}"), self._generation

    def stirred(self) -> bool:
        """Say whether anybody may have committed since this was asked last; asks the server nothing."""
        with self._lock:
            if self._depth or self._reading:
                return True
            try:
                heard = list(self._db.notifies(timeout=0))
            except psycopg.Error:
                return True  # the line is cut; whoever asks next is told, or connects again
            is_new, self._is_new = self._is_new, False
            return is_new or bool(heard)

    def server_time(self) -> datetime:
        """Return the time of the server; only a clock is set by it, nothing that is written."""
        found: datetime = self._one("SELECT clock_timestamp()")
        return found.astimezone(UTC)

    def schema(self) -> int:
        """Return the number of the stored shapes in this store."""
        return int(self._one(f"SELECT schema FROM {self._head}"))

    def set_schema(self, number: int) -> None:
        """Write that number, within a transaction."""
        self._require_transaction()
        self._run(f"UPDATE {self._head} SET schema=?", (number,))

    # -------------------------------------------------------------------------------------------- tables and indexes

    def tables(self) -> set[str]:
        """Return the tables that exist."""
        found = self._run(f"SELECT name FROM {self._list}")
        return {table for (name,) in found if (table := table_of(name)) is not None}

    def _look_up(self, made: int) -> None:
        """Look up what exists, as of this number of changes to it."""
        found = self._ask(f"SELECT name FROM {self._list}")
        names = self._ask(
            "SELECT relname FROM pg_class WHERE relkind='i' AND relnamespace=to_regnamespace(?)",
            (self._terms.schema,),
        )
        self._existing = {table for (name,) in found if (table := table_of(name)) is not None}
        self._names = {f'"{name}"' for (name,) in names}
        self._made = made

    def _note_change(self) -> None:
        """Tell everybody to look up again what exists."""
        (self._made,) = self._run(f"UPDATE {self._head} SET made=made+1 RETURNING made")[0]

    def create(self, table: str) -> None:
        """Make a table, with the indexes declared for it, unless it exists; within a transaction."""
        self._require_transaction()
        if table in self._existing:
            return
        name = self._terms.table_name(table)
        self._run(
            f"CREATE TABLE {name}(id bigint PRIMARY KEY, body text NOT NULL, "
            "doc jsonb NOT NULL GENERATED ALWAYS AS (body::jsonb) STORED)"
        )
        self._run(f"INSERT INTO {self._list}(name) VALUES(?)", (spelled_name(table),))
        self._existing.add(table)
        for index, text in self._indexes.get(table, {}).items():
            self._run(text)
            self._names.add(index)
        self._note_change()

    def drop(self, table: str) -> None:
        """Remove a table with its rows; within a transaction."""
        self._require_transaction()
        self._run(f"DROP TABLE IF EXISTS {self._terms.table_name(table)}")
        self._run(f"DELETE FROM {self._list} WHERE name=?", (spelled_name(table),))
        self._note_change()
        self._look_up(self._made)

    def index(self, table: str, keys: Sequence[SortKey], *, unique: bool, where: QueryLike | None) -> None:
        """Keep an index on these values, for documents that match `where`."""
        name = self._declare(table, keys, unique=unique, where=where)
        try:
            self._make(table, name, self._indexes[table][name])
        except psycopg.errors.UniqueViolation as error:
            raise DuplicateKey(table=table, key=spelled(keys)) from error

    def index_parts(self, table: str, path: tuple[str, ...]) -> None:
        """Keep what finds a part of the text at a path; without pg_trgm texts are read one by one, and found too."""
        index = PartsIndex(terms=self._terms, table=table, path=path)
        words = self._words()
        making = index.making(words or "")
        if words is not None:
            self._declare_parts(table, path, index, index.name, making)
            self._make(table, index.name, making)
        elif table not in self._existing:
            with self.transaction():
                self.create(table)

    def _words(self) -> str | None:
        """Return the schema of pg_trgm, in quotes; made if it can be, None if it cannot."""
        asked = (
            "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid=extnamespace "
            "WHERE extname='pg_trgm'"
        )
        found = self._one(asked)
        if found is None:
            with suppress(psycopg.Error, MajlisError), self.transaction():
                self._run(f"CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA {self._terms.schema}")
            found = self._one(asked)
        return None if found is None else str(found)

    def _make(self, table: str, name: str, text: str) -> None:
        """Make an index that does not exist, and its table."""
        if name in self._names and table in self._existing:
            return
        with self.transaction():
            self.create(table)
            if name not in self._names:
                self._run(text)
                self._names.add(name)
                self._note_change()

    # ------------------------------------------------------------------------------------------------------- reading

    def rows(
        self, table: str, where: Sql = EVERYTHING, *, after: int | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """Return rows by id, those with higher ids than `after`; read them before anything is written."""
        while True:
            asked = self._rows_asked(table, where, after, CHUNK if limit is None else limit)
            found = self._read(table, asked.text, asked.params)
            yield from found
            if limit is not None or len(found) < CHUNK:
                return
            after = found[-1][0]

    # ------------------------------------------------------------------------------------------------------- writing

    def new_ids(self, table: str, count: int) -> range:
        """Take ids that were never given; within a transaction."""
        self._require_transaction()
        last = self._last_id(table)
        found = self._run(
            f"UPDATE {self._list} SET last_id={last}+? WHERE name=? AND {last}<=? RETURNING last_id",
            (count, spelled_name(table), ID_LIMIT - 1 - count),
        )
        if not found:
            raise ValueError(f"Table {table!r} has no ids left")
        (end,) = found[0]
        return range(end + 1 - count, end + 1)

    def _last_id(self, table: str) -> str:
        """Return the expression for the highest id that was given; the highest there is may not have been noted."""
        return f"greatest(last_id,(SELECT max(id) FROM {self._terms.table_name(table)}))"

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Write new rows; within a transaction."""
        self._require_transaction()
        written = list(rows)
        for doc_id, _ in written:
            if not -ID_LIMIT <= doc_id < ID_LIMIT:
                raise ValueError(f"Document IDs are signed 64-bit integers, not {doc_id}")
        self._write(f"INSERT INTO {self._terms.table_name(table)}(id,body) VALUES(?,?)", written, written)

    def replace(self, table: str, rows: Iterable[Row]) -> None:
        """Write other texts into rows; within a transaction."""
        self._require_transaction()
        written = list(rows)
        text = f"UPDATE {self._terms.table_name(table)} SET body=? WHERE id=?"
        self._write(text, [(body, doc_id) for doc_id, body in written], written)

    def _write(self, text: str, params: Sequence[Sequence[Any]], rows: Sequence[Row]) -> None:
        if not params:
            return
        try:
            with self._db.cursor() as cursor:
                cursor.executemany(_numbered(text), params)
        except psycopg.errors.UniqueViolation as error:
            raise self._taken(error, rows) from error
        except psycopg.Error as error:
            raise self._fault(error) from error

    def _taken(self, error: psycopg.errors.UniqueViolation, rows: Sequence[Row]) -> Exception:
        """Say which value was taken: PostgreSQL names the index, and tells the value as the index has it."""
        told, name = error.diag.message_detail or "", error.diag.constraint_name or ""
        if name.endswith("_pkey"):
            doc_id = next((doc_id for doc_id, _ in rows if f"=({doc_id})" in told), rows[0][0])
            return ValueError(f"Document with ID {doc_id} already exists")
        table, keys = self._keys.get(name, (name, ()))  # another process may have declared more
        for _, body in rows:
            document = decode(body)
            values = [value_in(document, key.path) for key in keys]
            if f"=({', '.join(str(self._terms.sorted_as(value)) for value in values)})" in told:
                return DuplicateKey(table=table, key=spelled(keys, document))
        return DuplicateKey(table=table, key=spelled(keys))

    def delete(self, table: str, doc_ids: Iterable[int]) -> None:
        """Remove rows; within a transaction."""
        self._require_transaction()
        gone = list(doc_ids)
        if gone:
            self._run(f"UPDATE {self._list} SET last_id={self._last_id(table)} WHERE name=?", (spelled_name(table),))
            self._run(f"DELETE FROM {self._terms.table_name(table)} WHERE id=ANY(?::bigint[])", (gone,))

    def clear(self, table: str) -> None:
        """Remove all rows and begin with id 1 again; within a transaction."""
        self._require_transaction()
        self._run(f"DELETE FROM {self._terms.table_name(table)}")
        self._run(f"UPDATE {self._list} SET last_id=0 WHERE name=?", (spelled_name(table),))

    # ------------------------------------------------------------------------------------------- one process at a time

    def purge(self) -> None:
        """Write every table anew; what the server's own log and backups hold is its administrator's to let run out."""
        for table in sorted(self.tables()):
            self._run(f"VACUUM (FULL) {self._terms.table_name(table)}")

    def hold(self, name: str) -> bool:
        """Keep a lock that ends with this session; False while another one keeps it.

        A session that was cut has lost it, and may find it taken by another when it asks again.
        """
        require_lock_name(name)
        with self._lock:
            self._run("SELECT 1")  # a session that is over keeps nothing: this is where one learns of it
            if name not in self._kept and self._one("SELECT pg_try_advisory_lock(?)", (self._lock_number(name),)):
                self._kept.add(name)
            return name in self._kept

    def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept."""
        with self._lock:
            if name in self._kept:
                self._kept.discard(name)
                self._run("SELECT pg_advisory_unlock(?)", (self._lock_number(name),))

    def _lock_number(self, name: str) -> int:
        digest = hashlib.sha256(f"{self._schema_name}\n{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)
