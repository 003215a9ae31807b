from collections.abc import Iterator
from pathlib import Path

import pytest

from store import open_tinydb
from store.rows import RowDB


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store may lie; nothing is there yet."""
    return tmp_path / "inbox.db"


@pytest.fixture
def db(path: Path) -> Iterator[RowDB]:
    """An empty store on disk."""
    with open_tinydb(path) as opened:
        yield opened


@pytest.fixture
def other(db: RowDB) -> Iterator[RowDB]:
    """A second connection to the same store, as another process has it."""
    with open_tinydb(db.path) as opened:
        yield opened
