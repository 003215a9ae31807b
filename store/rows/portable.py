"""Plain TinyDB JSON files, out and in, so that nobody's data is locked in.

Both ways go row by row: neither needs memory for more than the longest document.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final

from majlis.errors import BadImport, DuplicateKey
from store.codec import encode

from .mapping import document_of, row_id

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from .database import RowDB
    from .engine import Row

    Change = Callable[[str, dict[str, Any]], dict[str, Any]]

_CHUNK: Final = 1 << 16
"""Characters read at first; doubled for as long as a document does not end within them."""
_BATCH: Final = 1000
_NEAR_END: Final = 16
"""Characters; no word or escape of JSON is as long."""
_BLANK: Final = re.compile(r"[ \t\n\r]*")


def export_json(db: RowDB, path: Path, change: Change | None = None) -> None:
    """Write all tables as TinyDB's own JSON file: one state of the store, the whole file or none.

    The file is plain ASCII, readable by TinyDB under any locale, and only by its owner: it holds personal data. A file
    that was there is replaced at the very end.

    Args:
        db: What is written.
        path: Where to.
        change: Returns a table's document as it is to be written; None: as it is.

    Raises:
        OSError: The file cannot be written.
    """
    with replacing(path) as raw:
        file = io.TextIOWrapper(raw, encoding="ascii")
        _write(db, file, change)
        file.detach()  # what it still held is written; whoever has opened the file closes it


@contextmanager
def replacing(path: Path) -> Generator[BinaryIO, None, None]:
    """Write a file of one's own that takes the place of one that is there at the very end, or not at all.

    Args:
        path: Where to; a device or a pipe is not replaced.

    Raises:
        OSError: It cannot be written.
    """
    require_plain(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)  # what somebody else has put there would be theirs to read
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def require_plain(path: Path) -> None:
    """Refuse to put a file in the place of what is none: for root, /dev/null would be gone.

    Raises:
        OSError: Something else is there.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no plain file", str(path))


def _write(db: RowDB, file: IO[str], change: Change | None) -> None:
    engine = db.engine
    with db.snapshot():
        for n, table in enumerate(sorted(engine.tables())):
            file.write(f"{',' if n else '{'}{json.dumps(table)}: {{")
            for m, (doc_id, body) in enumerate(engine.rows(table)):
                document = document_of(engine, table, body)
                written = json.dumps(change(table, document) if change else document)
                file.write(f'{"," if m else ""}\n"{doc_id}": {written}')
            file.write("}")
        file.write("}" if engine.tables() else "{}")


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def import_json(path: Path, db: RowDB) -> dict[str, int]:
    """Take in the tables of a TinyDB JSON file with their ids, beside what is there; all of them or nothing.

    Returns:
        How many documents, by table.

    Raises:
        BadImport: The file is no such file, holds a value the store refuses, or an id or unique key that is taken.
        OSError: It cannot be read.
    """
    counts: dict[str, int] = {}
    with path.open(encoding="utf-8-sig") as file, db.transaction():
        reader = _Reader(file)
        try:
            for table in reader.members():
                counts[table] = counts.get(table, 0) + _take_table(db, table, reader)
            reader.end()
        except (_Broken, UnicodeDecodeError) as error:
            raise BadImport(path=str(path), detail=f"{error}, near character {reader.position}") from error
        except (ValueError, TypeError, DuplicateKey) as error:
            raise BadImport(path=str(path), detail=str(error)) from error
    return counts


def _take_table(db: RowDB, table: str, reader: _Reader) -> int:
    db.engine.create(table)
    rows: list[Row] = []
    count = 0
    for key in reader.members():
        doc_id = row_id(key)
        if doc_id is None:
            raise _Broken(f"table {table!r}: {key!r} is no id")
        document = reader.value()
        if not isinstance(document, dict):
            raise _Broken(f"table {table!r}: {key} is no document")
        try:
            rows.append((doc_id, encode(document)))
        except ValueError as error:
            raise _Broken(f"table {table!r}: {key}: {error}") from error
        if len(rows) == _BATCH:
            db.engine.insert(table, rows)
            count += len(rows)
            rows = []
    db.engine.insert(table, rows)
    return count + len(rows)


class _Broken(Exception):
    """The file ends, or says something else than it should."""


class _Reader:
    """Reads a JSON object of objects member by member."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._dropped = 0
        self._decoder = json.JSONDecoder()

    @property
    def position(self) -> int:
        """Characters read so far."""
        return self._dropped + self._at

    def members(self) -> Iterator[str]:
        """Return the keys of the object that comes next; take each one's value before the next key."""
        self._expect("{")
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise _Broken("expected a key in quotes")
            self._expect(":")
            yield key
            if self._expect(",}") == "}":
                return

    def value(self) -> Any:
        """Return the value that comes next."""
        self._peek()
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # What goes wrong well before the end of what was read does not come from having read too little.
                unfinished = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - _NEAR_END
                if not unfinished or not self._fill(size):
                    self._at = error.pos
                    raise _Broken(error.msg) from error
                size *= 2
            except RecursionError as error:
                raise _Broken("nested too deeply") from error
            else:
                self._at = end
                return value

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self._peek():
            raise _Broken("something follows the end")

    def _expect(self, marks: str) -> str:
        found = self._peek()
        if not found or found not in marks:
            raise _Broken(f"expected {' or '.join(marks)}")
        self._at += 1
        return found

    def _peek(self) -> str:
        """Return the next character that is not blank; empty at the end."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill(_CHUNK):
                return ""

    def _fill(self, size: int) -> bool:
        """Read on; False at the end of the file."""
        more = self._file.read(size)
        self._dropped += self._at
        self._text = self._text[self._at :] + more
        self._at = 0
        return bool(more)
