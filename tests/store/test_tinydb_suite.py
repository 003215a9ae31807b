"""TinyDB's own tests, from its source distribution, run on a store of rows with only the `db` fixture replaced."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]
PINNED = "tinydb==4.9.0"
MODULES = ("test_tables.py", "test_tinydb.py", "test_operations.py", "test_queries.py")
LEFT_OUT = "test_table_repr"
"""Demands the names of TinyDB's own storages."""
TESTS = 253
"""How many there are with the fixture's three forms; fewer would mean that some were not run."""

FIXTURE = """
    import os
    from collections.abc import Iterator

    import pytest

    from store import open_tinydb
    from store.rows import RowDB


    @pytest.fixture(params=["memory", "file", "server"])
    def db(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[RowDB]:
        places = {"memory": ":memory:", "file": f"{tmp_path}/test.db", "server": os.environ["SERVER"]}
        db_ = open_tinydb(places[request.param])
        db_.drop_tables()
        db_.insert_multiple({"int": 1, "char": c} for c in "abc")
        yield db_
        db_.close()
    """


def _fetch(folder: Path) -> Path | None:
    """Return TinyDB's folder of tests, None if its source distribution cannot be had."""
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-binary", ":all:", "--no-deps", "-d", str(folder), PINNED],
        check=False,
        capture_output=True,
        timeout=400,
    )
    archives = list(folder.glob("*.tar.gz"))
    if fetched.returncode or not archives:
        return None
    subprocess.run(["tar", "-xzf", str(archives[0]), "-C", str(folder)], check=True)
    return next(folder.glob("*/tests"))


@pytest.mark.slow
def test_tinydbs_own_tests_pass_on_rows(tmp_path: Path, postgres: Cluster) -> None:
    """All of them but one, left out by name."""
    theirs = _fetch(tmp_path)
    if theirs is None:
        assert not os.environ.get("CI"), f"{PINNED} could not be fetched, and CI must run its tests"
        pytest.skip(f"needs the source distribution of {PINNED}, which could not be fetched")
    (theirs / "conftest.py").write_text(textwrap.dedent(FIXTURE), encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "--rootdir", str(theirs)]
        + ["-k", f"not {LEFT_OUT}"]
        + [str(theirs / module) for module in MODULES],
        cwd=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "SERVER": postgres.fresh()},
        check=False,
        capture_output=True,
        text=True,
        timeout=400,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{TESTS - 3} passed, 3 deselected" in run.stdout
