from collections.abc import Iterator
from pathlib import Path

import pytest

from store import open_tinydb
from store.rows import RowDB
from tests.postgres import Cluster


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store may lie; nothing is there yet."""
    return tmp_path / "inbox.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, path: Path) -> str:
    """Where a store of each engine may lie; nothing is there yet."""
    if request.param == "sqlite":
        return str(path)
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.fresh()


@pytest.fixture
def db(address: str) -> Iterator[RowDB]:
    """An empty store of each engine."""
    with open_tinydb(address) as opened:
        yield opened


@pytest.fixture
def other(address: str, db: RowDB) -> Iterator[RowDB]:
    """A second connection to the same store, as another process has it."""
    assert db.engine is not None
    with open_tinydb(address) as opened:
        yield opened
