"""Answer one row of `majlis check layout`: plain values in, plain values out.

With `isolate` false the answer is plain UAX #9, to be compared with other implementations: base by P2 and P3, nothing
skipped, nothing made visible, joiners kept; only direction marks and controls are left out.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

from tui.arabic.layout import Line, Options, broken, wrap

_BASES: dict[str, Literal["auto", "ltr", "rtl"]] = {"auto": "auto", "ltr": "ltr", "rtl": "rtl"}


class _Invalid(Exception):
    """The row is not what the verb reads; the text says why."""


def answer(row: Mapping[str, Any], width: int | None = None) -> dict[str, Any]:
    """Lay out one row.

    Args:
        row: `id` and `logical`; optionally `base_dir` (auto, ltr, rtl), `shape`, `isolate` (both false), and one of
            `width` (columns, 1 or more) and `line_breaks` (ascending code point offsets inside the text).
        width: Used where the row has none.

    Returns:
        `id`, `base` (ltr or rtl, of the first paragraph) and `lines` in visual order; or `error`, with `id` if known.
    """
    known = {"id": row["id"]} if "id" in row else {}
    try:
        lines = _lines(row, width)
    except _Invalid as error:
        return {**known, "error": str(error)}
    return {**known, "base": "rtl" if lines[0].base else "ltr", "lines": [line.text for line in lines]}


def _lines(row: Mapping[str, Any], width: int | None) -> tuple[Line, ...]:
    if "id" not in row:
        raise _Invalid("id is missing")
    text = row.get("logical")
    if not isinstance(text, str):
        raise _Invalid("logical is missing" if text is None else "logical must be text")
    columns = _width(row, width)
    breaks = _line_breaks(row, len(text))
    options = _options(row)
    if columns is not None and breaks is not None:
        raise _Invalid("give width or line_breaks, not both")
    return broken(text, breaks or (), options) if columns is None else wrap(text, columns, options)


def _width(row: Mapping[str, Any], width: int | None) -> int | None:
    own = row.get("width")
    if own is None:
        own = width
    if own is None:
        return None
    if not isinstance(own, int) or isinstance(own, bool) or own < 1:
        raise _Invalid("width must be a whole number of columns, 1 or more")
    return own


def _line_breaks(row: Mapping[str, Any], length: int) -> list[int] | None:
    breaks = row.get("line_breaks")
    if breaks is None:
        return None
    if not isinstance(breaks, list) or any(not isinstance(at, int) or isinstance(at, bool) for at in breaks):
        raise _Invalid("line_breaks must be a list of whole numbers")
    if any(not 0 < at < length for at in breaks) or any(a >= b for a, b in pairwise(breaks)):
        raise _Invalid("line_breaks must ascend and lie inside the text")
    return breaks


def _options(row: Mapping[str, Any]) -> Options:
    base = row.get("base_dir", "auto")
    if not isinstance(base, str) or base not in _BASES:
        raise _Invalid("base_dir must be auto, ltr or rtl")
    switches = {name: row.get(name, False) for name in ("shape", "isolate")}
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise _Invalid(f"{name} must be true or false")
    if switches["isolate"]:
        return Options(base=_BASES[base], shape=switches["shape"])
    return Options(base=_BASES[base], shape=switches["shape"], isolate=False, emoji=False, tokens=False, verbatim=True)
