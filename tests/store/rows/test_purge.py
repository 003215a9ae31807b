"""Nothing of what was removed stays in a store's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
from tinydb import where

from store.rows import holding, open_tinydb

if TYPE_CHECKING:
    from pathlib import Path

    from store.rows import RowDB


def test_what_was_removed_is_in_no_page_index_or_log(db: RowDB, path: Path) -> None:
    """And what is left is found as before."""
    db.index_parts("message", "found")
    for n in range(300):
        db.table("message").insert({"n": n, "found": f"canary number {n}" if n % 3 else f"sparrow {n}"})
    db.table("message").update({"found": "replaced"}, where("n") == 1)
    db.table("message").remove(holding(where("found"), "canary"))

    db.purge()

    assert db.table("message").count(holding(where("found"), "sparrow")) == 100
    assert db.table("message").count(holding(where("found"), "canary")) == 0
    assert all(b"canary" not in file.read_bytes() for file in path.parent.iterdir())


def test_a_name_that_somebody_else_gave_is_no_statement(path: Path) -> None:
    """An index of words that is not ours is not made anew."""
    theirs = 'zz"("zz") VALUES(\'rebuild\'); DROP TABLE doc_kept; --'
    with open_tinydb(path) as db:
        db.table("kept").insert({})
    with apsw.Connection(str(path)) as raw:
        raw.execute(f'CREATE VIRTUAL TABLE "{theirs.replace(chr(34), chr(34) * 2)}" USING fts5("zz")')
        raw.execute("CREATE VIRTUAL TABLE zz USING fts5(found)")
    raw.close()

    with open_tinydb(path) as db:
        db.purge()
        assert len(db.table("kept")) == 1
