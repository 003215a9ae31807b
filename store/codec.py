"""Documents to text and back: JSON that every engine takes, holding exactly what was given.

Neither SQLite's JSON functions nor PostgreSQL's JSONB can carry U+0000 or lone surrogates, and services send both. They
are written as two code points each, in keys and values alike. The escape keeps the order of code points, so that a
comparison of escaped texts says what a comparison of the originals would: `where.py` relies on it.

=============  ==========================
code point     written as
=============  ==========================
U+0000         U+0001 U+0001
U+0001         U+0001 U+0002
U+D800…U+DFFF  U+E000, then U+0100…U+08FF
U+E000         U+E000 U+1000
=============  ==========================

Everything else is plain JSON as TinyDB's own storage would write it, NaN and infinities excepted: they are refused.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_DEPTH: Final = 200
"""Levels of nesting a document may have. A guess: Python and SQLite give up near 1,000, in the middle of a scan."""

_TOO_DEEP: Final = f"A document may be nested {MAX_DEPTH} levels deep, not more"
_ODD: Final = re.compile("[\x00\x01\ud800-\udfff\ue000]")
_WRITTEN: Final = re.compile("\x01[\x01\x02]|\ue000[\u0100-\u08ff\u1000]")
_SURROGATES: Final = 0xD800
_SHIFTED: Final = 0x0100
_LEAVES: Final = frozenset({str, int, float, bool, type(None)})
_READER: Final = json.JSONDecoder()
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def escape(text: str) -> str:
    """Write the code points an engine cannot hold as pairs it can; order among texts is kept."""
    return _ODD.sub(_pair, text) if _ODD.search(text) else text


def unescape(text: str) -> str:
    """Undo `escape`."""
    return _WRITTEN.sub(_single, text) if "\x01" in text or "\ue000" in text else text


def encode(document: Mapping[Any, Any]) -> str:
    """Return a document as compact JSON text, escaped where needed.

    Keys that are not strings become strings as in JSON files (`1` → `"1"`, `None` → `"null"`); integers of any size and
    floats come back exactly.

    Raises:
        TypeError: A value, or a key, that JSON does not know.
        ValueError: NaN, an infinity, a loop, or more than `MAX_DEPTH` levels.
    """
    plain = document if isinstance(document, dict) else dict(document)
    if not _keys_are_text(plain, MAX_DEPTH):
        plain = _rebuilt(plain, _same)
    text = _COMPACT.encode(plain)
    return text if _is_clean(text) else _COMPACT.encode(_rebuilt(plain, escape))


def decode(text: str) -> dict[str, Any]:
    """Return the document that `encode` was given, as JSON knows it (tuples are lists).

    Raises:
        ValueError: Not JSON, or deeper than `MAX_DEPTH`, so not written by `encode`.
    """
    try:
        document, end = _READER.raw_decode(text)  # json.loads looks for blanks on either side; there are none
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if end != len(text):
        raise ValueError(f"Something follows the document, at character {end}")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _keys_are_text(document, MAX_DEPTH)  # whoever goes through it later has no room for more either
    if "\\u0001" in text or "\ue000" in text:
        document = _rebuilt(document, unescape)
    return cast("dict[str, Any]", document)


def _is_clean(text: str) -> bool:
    r"""Say whether JSON text holds nothing to escape; `\u000` also catches harmless neighbours: slow, not wrong."""
    if "\\u000" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\ue000" not in text


def _keys_are_text(value: Any, levels: int) -> bool:
    """Say whether all keys are strings, so that no two of them can become one."""
    if not levels:
        raise ValueError(_TOO_DEEP)
    children = value
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                return False
        children = value.values()
    elif not isinstance(value, list | tuple):
        return True
    for child in children:  # noqa: SIM110 - every document written passes here, and a loop takes half the time
        if type(child) not in _LEAVES and not _keys_are_text(child, levels - 1):
            return False
    return True


def _rebuilt(value: Any, change: Callable[[str], str]) -> Any:
    """Return a copy with every string, in keys too, passed through `change`; keys become strings, the last one wins."""
    if isinstance(value, dict):
        return {change(_key(key)): _rebuilt(child, change) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_rebuilt(child, change) for child in value]
    return change(value) if isinstance(value, str) else value


def _key(key: Any) -> str:
    """Return a key as JSON files would have it.

    Raises:
        TypeError: Not text, number, truth value or None.
        ValueError: NaN or an infinity.
    """
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, int | float):
        return _COMPACT.encode(key)
    raise TypeError(f"Keys must be str, int, float, bool or None, not {type(key).__name__}")


def _same(text: str) -> str:
    return text


def _pair(found: re.Match[str]) -> str:
    point = found[0]
    if point <= "\x01":
        return "\x01" + chr(ord(point) + 1)
    return "\ue000" + ("\u1000" if point == "\ue000" else chr(ord(point) - _SURROGATES + _SHIFTED))


def _single(found: re.Match[str]) -> str:
    lead, tail = found[0][0], found[0][1]
    if lead == "\x01":
        return chr(ord(tail) - 1)
    return "\ue000" if tail == "\u1000" else chr(ord(tail) - _SHIFTED + _SURROGATES)
