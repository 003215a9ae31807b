"""Where a line is wrong, and what would be right there: from msgspec's words to a field and the nearest name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from majlis.errors import GiveUp

_PLACE = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`")
_FIELD = re.compile(r"(?:required|unknown) field `([^`]*)`")


class BadScenario(GiveUp):
    """A scenario file that says something impossible. Facts: path, line, field, detail."""

    happened = "{path}, line {line}: {field}: {detail}"
    safe = "Nothing of it was played."
    advice = "Mend the line and start again."
    exit_code = 65  # EX_DATAERR of sysexits.h


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the nearest known word, or all of them, as the end of a sentence."""
    words = sorted(known)
    close = difflib.get_close_matches(word[:100], words, n=1, cutoff=0.5)
    if close:
        return f"nearest is {close[0]!r}"
    return "known are " + ", ".join(words) if words else "there is none yet"


def explained(kind: type[msgspec.Struct], row: object, text: str) -> tuple[str, str]:
    """Return the field that msgspec found fault with, and what is wrong with it.

    Args:
        kind: What the row should have been.
        row: The row.
        text: What msgspec said.
    """
    place = _PLACE.search(text)
    field = place.group(1) if place else ""
    detail = _PLACE.sub("", text).replace("`", "'")
    type_, value = _walked(_info(kind), row, _parts(field))
    named = _FIELD.search(text)
    if named is not None:
        inner = named.group(1)
        if "unknown" in text:
            detail = f"unknown field; {nearest(inner, _fields(type_))}"
        return f"{field}.{inner}".lstrip("."), detail
    words = _words(type_)
    if words and isinstance(value, str):
        detail = f"unknown word {value[:100]!r}; {nearest(value, words)}"
    return field or "line", detail


@cache
def _info(kind: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(kind)


def _parts(field: str) -> list[str]:
    return [part for part in re.split(r"\.|(?=\[)", field) if part]


def _walked(type_: inspect.Type, value: Any, parts: Sequence[str]) -> tuple[inspect.Type, Any]:
    """Follow a path through types and values, as far as both know it."""
    for part in parts:
        type_, value = _inner(type_, part), _part_of(value, part)
    return type_, value


def _part_of(value: Any, part: str) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list | tuple) and part[1:-1].isdigit():
        index = int(part[1:-1])
        return value[index] if index < len(value) else None
    return None


def _inner(type_: inspect.Type, part: str) -> inspect.Type:
    for each in _options(type_):
        match each:
            case inspect.StructType():
                found = next((field.type for field in each.fields if field.encode_name == part), None)
                if found is not None:
                    return found
            case inspect.VarTupleType():
                return each.item_type
            case inspect.TupleType() if part[1:-1].isdigit() and int(part[1:-1]) < len(each.item_types):
                return each.item_types[int(part[1:-1])]
            case inspect.DictType():
                return each.value_type
            case _:
                pass
    return inspect.AnyType()


def _options(type_: inspect.Type) -> tuple[inspect.Type, ...]:
    return type_.types if isinstance(type_, inspect.UnionType) else (type_,)


def _fields(type_: inspect.Type) -> list[str]:
    """Return the names of fields that a place takes."""
    structs = (each for each in _options(type_) if isinstance(each, inspect.StructType))
    return [field.encode_name for struct in structs for field in struct.fields]


def _words(type_: inspect.Type) -> list[str]:
    """Return the words a place takes, where it takes only some."""
    words: list[str] = []
    for each in _options(type_):
        if isinstance(each, inspect.EnumType):
            words += [str(member.value) for member in each.cls]
        elif isinstance(each, inspect.LiteralType):
            words += [word for word in each.values if isinstance(word, str)]
    return words
