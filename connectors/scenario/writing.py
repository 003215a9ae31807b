"""Lines of a scenario from the structs that say what a line can hold: only what is not as usual is written."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from .rows import Row

_UNSAFE: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What JSON allows as it is, and an editor or a terminal may obey or hide."""


def line(row: Row) -> str:
    """Return a row as its line, without the line end; reading it gives an equal row."""
    text = json.dumps(_lean(row), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _lean(row: Row) -> dict[str, Any]:
    """Return a row as JSON values, without what it has by default."""
    made: dict[str, Any] = {}
    for field in msgspec.structs.fields(row):
        value = getattr(row, field.name)
        usual = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        if value is msgspec.UNSET or (not field.required and value == usual):
            continue
        made[field.encode_name] = _plain(value)
    tag = row.__struct_config__.tag
    return made if tag is None else {"at": made.pop("at"), "do": tag, **made}


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return _lean(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return msgspec.to_builtins(value)
