"""Rewrites the expectations of a scenario that do not hold, for review: the lines concerned, and nothing else."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.scenario import load

if TYPE_CHECKING:
    from tui.replay.play import Check, Played


def mend(path: Path, played: Played) -> tuple[int, ...]:
    """Put what was so in the place of what was expected; return the numbers of the lines that were rewritten.

    The file is replaced as a whole or not at all. What no expectation can say (a message that is not there, a broken
    history) stays as it is.

    Raises:
        BadScenario: The file has changed since it was played, and the result would be none.
        OSError: It cannot be written; it is as it was.
    """
    lines = path.read_bytes().split(b"\n")
    mended: list[int] = []
    for check in played.failed:
        index = check.line - 1
        after = _mended(lines[index], check) if 0 <= index < len(lines) else None
        if after is not None and after != lines[index]:
            lines[index] = after
            mended.append(check.line)
    if mended:
        _replace(path, b"\n".join(lines))
    return tuple(mended)


def _mended(line: bytes, check: Check) -> bytes | None:
    row = json.loads(line)
    if check.what == "operator":
        refused = check.actual["refused"]
        if refused is None:
            row.pop("refused", None)
        else:
            row["refused"] = refused
    elif check.actual is None or not isinstance(row.get(check.what), dict):
        return None
    else:
        row[check.what].update(_given(check))
    return _written(row, line)


def _given(check: Check) -> dict[str, Any]:
    """Return the actual values for the fields that were given."""
    return {name: value for name, value in check.actual.items() if value != check.expected.get(name)}


def _written(row: dict[str, Any], line: bytes) -> bytes:
    """Return a row in the manner of the line in whose place it comes."""
    spaced = b'": ' in line
    text = json.dumps(row, ensure_ascii=line.isascii(), separators=(", ", ": ") if spaced else (",", ":"))
    return text.encode() + (b"\r" if line.endswith(b"\r") else b"")


def _replace(path: Path, data: bytes) -> None:
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        load(made)
        made.chmod(target.stat().st_mode & 0o7777)
        made.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            made.unlink()
        raise
