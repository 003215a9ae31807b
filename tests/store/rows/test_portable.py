"""Plain TinyDB files, out and in."""

import json
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB
from tinydb.table import Document

from majlis.errors import BadImport, StoreDamaged
from store import open_tinydb
from store.rows import RowDB
from store.rows.portable import export_json, import_json

DOCUMENTS: list[dict[str, Any]] = [
    {"text": "السلام عليكم", "n": 10**30, "real": 1.5, "none": None, "yes": True},
    {"nul": "a\x00b", "lone": "\ud83d", "private": "\ue000", "nested": {"\x00": [1, {"x": []}]}},
    {},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a plain file lies, or will."""
    return tmp_path / "plain.json"


def test_tinydb_reads_what_is_exported(db: RowDB, file: Path) -> None:
    """Tables, ids and documents, under any locale, for the owner's eyes only."""
    db.insert_multiple(DOCUMENTS)
    db.table("رسائل").insert(Document({"n": 1}, 77))
    db.index("empty", "n")
    export_json(db, file)

    with TinyDB(file, encoding="ascii") as plain:
        assert plain.tables() == {"_default", "رسائل", "empty"}
        assert [(document.doc_id, dict(document)) for document in plain] == list(enumerate(DOCUMENTS, 1))
        assert plain.table("رسائل").get(doc_id=77) == {"n": 1}
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(found.name for found in file.parent.glob("*plain*")) == ["plain.json"]


def test_an_empty_store_is_an_empty_file_of_tinydb(db: RowDB, file: Path) -> None:
    """Which it can go on with."""
    export_json(db, file)

    with TinyDB(file) as plain:
        assert plain.tables() == set()
        assert plain.insert({}) == 1


def test_a_failing_export_leaves_the_old_file(path: Path, file: Path) -> None:
    """And nothing of the new one; PostgreSQL takes in no document that is none."""
    db = open_tinydb(path)
    db.insert_multiple([{}, {}])
    engine: Any = db.engine
    engine._db.execute('UPDATE "doc__default" SET body=? WHERE id=2', ("spoilt",))
    file.write_text("old")

    with db, pytest.raises(StoreDamaged):
        export_json(db, file)

    assert file.read_text() == "old"
    assert [found.name for found in file.parent.glob("*plain*")] == ["plain.json"]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_tinydb_wrote_is_taken_in(db: RowDB, file: Path, indent: int | None, ascii_only: bool) -> None:
    """However it was told to write, with the same ids; new ids come after them."""
    written = [DOCUMENTS[0], DOCUMENTS[2]]
    with TinyDB(file, encoding="utf-8", indent=indent, ensure_ascii=ascii_only) as plain:
        plain.insert_multiple(written)
        plain.table("other").insert(Document({"n": 1}, 500))

    assert import_json(file, db) == {"_default": 2, "other": 1}

    assert db.all() == written
    assert db.table("other").get(doc_id=500) == {"n": 1}
    assert db.table("other").insert({}) == 501


def test_export_and_import_are_each_others_opposite(db: RowDB, other: RowDB, file: Path) -> None:
    """Nothing is lost on the way, not even what JSON can hardly say."""
    db.insert_multiple(DOCUMENTS)
    export_json(db, file)
    db.drop_tables()
    import_json(file, other)

    assert db.all() == DOCUMENTS


def test_long_documents_and_many_of_them(db: RowDB, file: Path) -> None:
    """Longer than what is read at once, and more than are written at once."""
    documents = {str(n): {"n": n} for n in range(1, 2501)} | {"9000": {"text": "\\é" * 200_000}}
    file.write_text(json.dumps({"message": documents, "empty": {}}), encoding="utf-8")

    assert import_json(file, db) == {"message": 2501, "empty": 0}
    assert db.table("message").get(doc_id=9000) == documents["9000"]
    assert db.tables() == {"message", "empty"}


WHOLE = '{"_default": {"1": {"n": 1}, "2": {"n": 2}}}'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected {, near character 0"),
        ("[1]", "expected {, near character 0"),
        ('{"a": 5}', "expected {, near character 6"),
        ('{"a": {"x": {}}}', "'x' is no id"),
        ('{"a": {"01": {}}}', "'01' is no id"),
        ('{"a": {"1": []}}', "1 is no document"),
        ('{"a": {"1": {"n": NaN}}}', "'a': 1: "),
        ('{"a": {"1": {}, "1": {}}}', "ID 1 already exists"),
        ('{"a": {"9223372036854775808": {}}}', "64-bit"),
        ('{"a": {1: {}}}', "expected a key in quotes"),
        ('{"a": {"1": {"n": tru}}}', "Expecting value"),
        ('{"a": {"1" {}}}', "expected :"),
        (WHOLE + " x", "something follows the end"),
        *((WHOLE[:length], "near character") for length in range(1, len(WHOLE) - 1)),
    ],
)
def test_a_broken_file_is_refused_whole(db: RowDB, file: Path, text: str, told: str) -> None:
    """The error says what and where, and nothing is written."""
    db.table("kept").insert({"n": 0})
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadImport) as refused:
        import_json(file, db)

    assert told in str(refused.value.facts["detail"])
    assert db.storage.read() == {"kept": {"1": {"n": 0}}}


def test_a_file_in_another_encoding_is_refused(db: RowDB, file: Path) -> None:
    """TinyDB writes UTF-8."""
    file.write_bytes('{"_default": {"1": {"text": "é"}}}'.encode("latin-1"))

    with pytest.raises(BadImport, match="utf-8"):
        import_json(file, db)


def test_documents_that_are_there_already_are_not_overwritten(db: RowDB, file: Path) -> None:
    """Neither by id nor by a unique key; nothing of the file is kept then."""
    db.index("message", "key", unique=True)
    db.table("message").insert(Document({"key": "k"}, 5))
    clashes: list[dict[str, dict[str, str]]] = [{"1": {}, "5": {}}, {"1": {}, "6": {"key": "k"}}]
    for documents in clashes:
        file.write_text(json.dumps({"new": {"1": {}}, "message": documents}))
        with pytest.raises(BadImport, match=r"ID 5|already holds k"):
            import_json(file, db)

    assert db.storage.read() == {"message": {"5": {"key": "k"}}}
