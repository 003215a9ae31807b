"""Reads the Unicode files in tests/data."""

import lzma
from collections.abc import Iterator
from pathlib import Path

_DATA = Path(__file__).resolve().parents[2] / "data"


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a file that hold data, without comments."""
    with lzma.open(_DATA / f"{name}.txt.xz", "rt", encoding="utf-8") as file:
        for line in file:
            data = line.partition("#")[0].strip()
            if data:
                yield data
