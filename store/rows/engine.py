"""What a store on rows needs from a database engine; everything an engine knows of SQL stays behind this.

A table is a set of rows, each a document's id and its JSON text (`codec.py`). Ids are never given twice, not even after
the row with the highest one is removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from majlis.errors import SchemaNewer, StoreMoved, StoreUnfinished
from store.codec import decode

from .where import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from tinydb.queries import QueryLike

    from .where import Condition, Sql

SCHEMA: Final = 4
"""Number of the stored shapes this program writes; a file with a higher one is read and never written."""

MOVED: Final = 1_000_000
"""In place of that number: the inbox was carried elsewhere; the table `move` says where."""
UNFINISHED: Final = MOVED + 1
"""In place of that number: an inbox is being carried into this store."""

Row: TypeAlias = tuple[int, str]
"""Id and JSON text of one document."""

Scalar: TypeAlias = str | int | float | None
"""What documents are sorted by. Missing values, null, lists and objects are all None, and come before everything else;
then numbers (true is 1), then texts by code point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One thing documents are sorted by."""

    path: tuple[str, ...]
    """Keys from the document down."""
    descending: bool = False

    @classmethod
    def parse(cls, field: str) -> SortKey:
        """Read `standing.sort`, or `-standing.sort` for the greatest first."""
        name = field.removeprefix("-")
        path = tuple(name.split("."))
        if not all(path):
            raise ValueError(f"A field path is keys with dots between them, not {field!r}")
        return cls(path=path, descending=name != field)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order; it need not be, or still be, the place of a document."""

    values: tuple[Scalar, ...]
    """One for each sort key."""
    doc_id: int | None = None
    """Tells documents with the same values apart; None: behind all of them (in front of them, going backwards)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row, and where it stands."""

    doc_id: int
    body: str
    values: tuple[Scalar, ...]


class Engine(Protocol):
    """One open database. Every method may be called from any thread; a transaction belongs to the thread that began it.

    Any of them may raise a `majlis.errors.MajlisError`: `StoreBusy`, `DiskFull`, `StoreReadOnly`, `StoreDamaged`,
    `SchemaNewer`; what was not committed is then not there.
    """

    path: str
    """Where it lies, for messages."""

    def transaction(self) -> AbstractContextManager[None]:
        """Write everything inside, or nothing. Inside another one: that part, or nothing of it."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Read one state of the store, whatever others write meanwhile; nothing can be written inside."""
        ...

    def version(self) -> Hashable:
        """Return a value that changes when anybody has committed anything; costs next to nothing."""
        ...

    def server_time(self) -> datetime | None:
        """Return the time of the server that several machines share; None where there is none."""
        ...

    def became(self, mark: tuple[str, int]) -> bool:
        """Say whether a change was kept that was in doubt (`StoreInDoubt`, whose mark this is).

        Raises:
            MajlisError: `StoreUnreachable`: it cannot be known yet.
        """
        ...

    def stirred(self) -> bool:
        """Say whether anybody may have committed since this was asked last; for who looks often, and can look later.

        What was committed a moment ago may be told a moment later, so no answer is kept by this; see `version`.
        """
        ...

    def schema(self) -> int:
        """Return the number of the stored shapes in this file."""
        ...

    def set_schema(self, number: int) -> None:
        """Write that number, within a transaction."""
        ...

    def compile(self, table: str, query: QueryLike | None) -> Condition:
        """Return what SQL can say about a query; None is every document."""
        ...

    def tables(self) -> set[str]:
        """Return the tables that exist."""
        ...

    def create(self, table: str) -> None:
        """Make a table, with the indexes declared for it, unless it exists; within a transaction."""
        ...

    def drop(self, table: str) -> None:
        """Remove a table with its rows; within a transaction."""
        ...

    def index(self, table: str, keys: Sequence[SortKey], *, unique: bool, where: QueryLike | None) -> None:
        """Keep an index on these values, for documents that match `where`.

        Raises:
            ValueError: SQL alone cannot decide `where`, or an index cannot hold a path.
            DuplicateKey: Documents already share a value that has to be unique.
        """
        ...

    def index_parts(self, table: str, path: tuple[str, ...]) -> None:
        """Keep what finds a part of the text at a path (`where.holding`) without reading every document.

        Raises:
            ValueError: An index cannot hold the path.
        """
        ...

    def count(self, table: str, where: Sql = EVERYTHING) -> int:
        """Count rows."""
        ...

    def row(self, table: str, doc_id: int) -> str | None:
        """Return one row's text."""
        ...

    def rows(
        self, table: str, where: Sql = EVERYTHING, *, after: int | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """Return rows by id, those with higher ids than `after`.

        Without a limit they are read one by one: inside a snapshot, and before anything is written.
        """
        ...

    def ordered(
        self,
        table: str,
        where: Sql,
        order: Sequence[SortKey],
        position: Position | None,
        *,
        backwards: bool,
        limit: int,
    ) -> list[Placed]:
        """Return rows strictly behind a position, the nearest first; from the beginning (or end) without one.

        Rows with equal values stand by id, in the direction of the first sort key.
        """
        ...

    def rank(self, table: str, where: Sql, order: Sequence[SortKey], position: Position) -> int:
        """Count rows strictly in front of a position."""
        ...

    def new_ids(self, table: str, count: int) -> range:
        """Take ids that were never given; within a transaction.

        Raises:
            ValueError: There are none left.
        """
        ...

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Write new rows; within a transaction.

        Raises:
            ValueError: An id is taken, or beyond 63 bits.
            DuplicateKey: A value that has to be unique is taken.
        """
        ...

    def replace(self, table: str, rows: Iterable[Row]) -> None:
        """Write other texts into rows; within a transaction.

        Raises:
            DuplicateKey: A value that has to be unique is taken.
        """
        ...

    def delete(self, table: str, doc_ids: Iterable[int]) -> None:
        """Remove rows; within a transaction."""
        ...

    def clear(self, table: str) -> None:
        """Remove all rows and begin with id 1 again; within a transaction."""
        ...

    def hold(self, name: str) -> bool:
        """Keep a lock that ends with this process, however it ends; False while another process keeps it.

        It is no part of a transaction. Asking again says whether it is still kept.
        """
        ...

    def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept; closing gives back all of them."""
        ...

    def purge(self) -> None:
        """Leave nothing of rows that were changed or removed in files of the store; outside of a transaction.

        Raises:
            StoreBusy: Others hold on to an earlier state; what is stored is as it was.
        """
        ...

    def strangers(self) -> list[str]:
        """Return what in the store this program has not made, by kind and name; nothing where others may not."""
        ...

    def check(self) -> list[str]:
        """Look for damage; one line for each problem."""
        ...

    def close(self) -> None:
        """Give back the file; a second time does nothing."""
        ...


def require_schema(engine: Engine, found: int, known: int) -> None:
    """Refuse to write to a store that a newer program, or none at all, may write to.

    Args:
        engine: The store; asked where its inbox went.
        found: Its number.
        known: The highest number that is known.

    Raises:
        SchemaNewer: Its number is above the one that is known.
        StoreMoved: The inbox was carried elsewhere.
        StoreUnfinished: One is being carried into it.
    """
    if found <= known:
        return
    if found == MOVED:
        raise StoreMoved(path=engine.path, to=decode(engine.row("move", 1) or "{}").get("to", "-"))
    if found == UNFINISHED:
        raise StoreUnfinished(path=engine.path)
    raise SchemaNewer(path=engine.path, found=found, known=known)
