"""Tables of rows at size: medians of what a store is made of, without the port above.

Run: `python -m tests.bench.bench_rows [--documents 1000000] [--keep FILE-OR-ADDRESS] [--server]`
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from itertools import count
from typing import TYPE_CHECKING, Any

from tinydb import where

from store import open_tinydb
from tests.bench.places import ask_where, place, settle, size_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.rows import RowDB

OPEN_ONES = 20_000
"""Documents in the view that is paged and counted."""
PAGE = 100
TEXT = "السلام عليكم، متى يفتح المركز الصحي أبوابه يوم الأحد؟ Where can I book? " * 2


def document(number: int, of: int) -> dict[str, Any]:
    """Return one document of about 450 bytes; the order of arrival is not the order of sorting."""
    return {
        "key": f"facebook:page:comment:{number:09}",
        "state": "new" if number % (of // OPEN_ONES or 1) == 0 else "done",
        "sort": f"{number * 7919 % 1_000_003:09}",
        "author": {"handle": f"@person{number % 5000}", "name": "شخص ما"},
        "text": f"{TEXT}{number}",
        "rev": number,
        "tags": ["vaccine", f"t{number % 40}"],
    }


def declare(db: RowDB) -> None:
    """Keep the indexes that an inbox would."""
    db.index("message", "key", unique=True)
    db.index("message", "state", "sort")
    db.index("message", "author.handle")


def median_ms(act: Callable[[int], object], times: int = 200) -> tuple[float, float]:
    """Return the median and the 99th percentile of an act's time, in milliseconds."""
    taken = []
    for n in range(times):
        begun = time.perf_counter()
        act(n)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def loads(db: RowDB, documents: int) -> Iterator[tuple[str, float]]:
    """Fill the table by pages, each one durable, and tell how fast."""
    table = db.table("message")
    begun, last = len(table), documents - documents // 10
    since = time.perf_counter()
    for first in range(begun, documents, PAGE):
        if first == last:
            since = time.perf_counter()
        table.insert_multiple(document(n, documents) for n in range(first, first + PAGE))
    if begun < last:
        yield "the last tenth by pages of 100, documents a second", (documents - last) / (time.perf_counter() - since)


def timed(db: RowDB, documents: int) -> Iterator[tuple[str, tuple[float, float]]]:
    """Time single operations."""
    table = db.table("message")
    view = where("state") == "new"
    fresh = count(len(table))
    middle = table.window(view, ("sort",), limit=min(15_000, OPEN_ONES // 2))[-1].position

    def afresh(_: int) -> int:
        table.clear_cache()
        return table.count(view)

    def somewhere(n: int) -> int:
        return n * 104_729 % documents

    yield "get by id", median_ms(lambda n: table.get(doc_id=somewhere(n) + 1))
    yield "get by natural key", median_ms(lambda n: table.get(where("key") == document(somewhere(n), documents)["key"]))
    yield (
        "insert, durable",
        median_ms(lambda n: table.insert({**document(n, documents), "key": f"new {next(fresh)}"})),
    )
    yield "update by id, durable", median_ms(lambda n: table.update({"rev": -n}, doc_ids=[somewhere(n) + 1]))
    yield (
        "update by key, durable",
        median_ms(lambda n: table.update({"rev": n}, where("key") == document(somewhere(n), documents)["key"])),
    )
    yield (
        "search by index, some 20 to 200 found",
        median_ms(lambda n: table.search(where("author")["handle"] == f"@person{n}"), 50),
    )
    yield "window of 50, first", median_ms(lambda _: table.window(view, ("sort",), limit=50))
    yield "window of 50, deep", median_ms(lambda _: table.window(view, ("sort",), after=middle, limit=50))
    yield "window of 50, deep, backwards", median_ms(lambda _: table.window(view, ("sort",), before=middle, limit=50))
    yield "rank of the deep place", median_ms(lambda _: table.rank(view, ("sort",), middle), 50)
    yield "count of the view, not remembered", median_ms(afresh, 50)
    yield "version, nothing new", median_ms(lambda _: db.version())
    yield "search without an index", median_ms(lambda n: table.count(where("rev") == -7 - n), 3)


def opened(address: str) -> tuple[float, float]:
    """Time opening with all indexes declared, and closing."""

    def act(_: int) -> None:
        with open_tinydb(address) as db:
            declare(db)

    return median_ms(act, 50)


def main() -> None:
    """Fill a store and print what things cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    ask_where(parser)
    asked = parser.parse_args()
    with place(asked.keep, on_server=asked.server) as address:
        with open_tinydb(address) as db:
            declare(db)
            for name, rate in loads(db, asked.documents):
                sys.stdout.write(f"{name:<52}{rate:10,.0f}\n")
            settle(db)
            sys.stdout.write(f"{'milliseconds':<52}{'median':>10}{'p99':>10}\n")
            for name, (middle, high) in timed(db, asked.documents):
                sys.stdout.write(f"{name:<52}{middle:10.3f}{high:10.3f}\n")
            text = sum(len(json.dumps(found, ensure_ascii=False).encode()) for found in db.table("message"))
        middle, high = opened(address)
        sys.stdout.write(f"{'open, declare, close':<52}{middle:10.3f}{high:10.3f}\n")
        sys.stdout.write(f"{'file, times the JSON text':<52}{size_bytes(address) / text:10.2f}\n")


if __name__ == "__main__":
    main()
