"""The format of a scenario for people and for editors, made from the structs and the docstrings of their fields."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from .expected import Expect
from .rows import WORLD, ClockJump, Header, Key, Operator, Row, Wire

LINES: tuple[type[Row], ...] = (Header, *WORLD, ClockJump, Operator, Key, Wire, Expect)
"""Everything a line can be, the first line first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a line, or of an object in it."""

    name: str
    takes: str
    default: str | None
    """As JSON; None: it has to be there; empty: it may be missing, and then nothing is said."""
    meaning: str


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of one line, with what each field means."""
    shapes, components = msgspec.json.schema_components(LINES, ref_template="#/$defs/{name}")
    for kind in _structs():
        for name, meaning in _docs(kind).items():
            shown = components[kind.__name__]["properties"][name]
            components[kind.__name__]["properties"][name] = _meaning(shown, meaning)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of a scenario; the first one is the header",
        "anyOf": list(shapes),
        "$defs": components,
    }


def _meaning(shown: dict[str, Any], meaning: str) -> dict[str, Any]:
    return {"description": meaning, **shown}


def reference() -> Iterator[tuple[type[Row], str, tuple[Field, ...]]]:
    """Yield every struct with its docstring and its fields: the lines first, then the objects in them."""
    for kind in _structs():
        yield kind, inspect.cleandoc(kind.__doc__ or ""), tuple(_fields(kind))


def words() -> Iterator[tuple[type[StrEnum], dict[str, str]]]:
    """Yield the sets of words that say what each word means."""
    for kind in (*dict.fromkeys(each for struct in _structs() for each in _enums(struct)),):
        docs = _docs(kind)
        yield kind, {str(member.value): docs.get(name, "") for name, member in kind.__members__.items()}


def _structs() -> tuple[type[Row], ...]:
    found: dict[type[Row], None] = dict.fromkeys(LINES)
    for kind in LINES:
        found |= dict.fromkeys(_inside(kind))
    return tuple(found)


def _inside(kind: type[Row]) -> Iterator[type[Row]]:
    for each in _kinds(kind):
        if isinstance(each, msgspec.inspect.StructType):
            yield each.cls  # type: ignore[misc]  # all structs of a scenario are rows
            yield from _inside(each.cls)  # type: ignore[arg-type]  # same


def _enums(kind: type[Row]) -> Iterator[type[StrEnum]]:
    for each in _kinds(kind):
        if isinstance(each, msgspec.inspect.EnumType) and issubclass(each.cls, StrEnum):
            yield each.cls


def _kinds(kind: type[Row]) -> Iterator[msgspec.inspect.Type]:
    """Yield the kinds of values in the fields of a struct, those in lists and unions too."""
    for field in _info(kind).fields:
        yield from _flat(field.type)


def _info(kind: type[Row]) -> msgspec.inspect.StructType:
    info = msgspec.inspect.type_info(kind)
    if not isinstance(info, msgspec.inspect.StructType):  # pragma: no cover  # rows are structs
        raise TypeError(kind)
    return info


def _flat(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    yield kind
    match kind:
        case msgspec.inspect.Metadata():
            yield from _flat(kind.type)
        case msgspec.inspect.UnionType():
            for each in kind.types:
                yield from _flat(each)
        case msgspec.inspect.VarTupleType():
            yield from _flat(kind.item_type)
        case _:
            pass


def _fields(kind: type[Row]) -> Iterator[Field]:
    docs = _docs(kind)
    tag = kind.__struct_config__.tag
    if tag is not None:
        yield Field(name="do", takes=f'`"{tag}"`', default=None, meaning="")
    for field in _info(kind).fields:
        default = None if field.required else _default(field)
        yield Field(
            name=field.encode_name,
            takes=" or ".join(dict.fromkeys(_said(field.type))),
            default=default,
            meaning=docs.get(field.encode_name, ""),
        )


def _default(field: msgspec.inspect.Field) -> str:
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory() if callable(field.default_factory) else None
    if value is msgspec.UNSET or (isinstance(value, Row) and value == type(value)()):
        return ""
    return msgspec.json.encode(value).decode()


def _said(kind: msgspec.inspect.Type) -> Iterator[str]:
    """Yield what a field takes, in words."""
    match kind:
        case msgspec.inspect.Metadata():
            yield from _said(kind.type)
        case msgspec.inspect.UnionType():
            for each in kind.types:
                yield from _said(each)
        case msgspec.inspect.StructType():
            yield f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case msgspec.inspect.EnumType():
            yield ", ".join(f"`{member.value}`" for member in kind.cls)
        case msgspec.inspect.LiteralType():
            yield ", ".join(f"`{value}`" for value in kind.values)
        case msgspec.inspect.VarTupleType():
            yield "a list of: " + " or ".join(_said(kind.item_type))
        case msgspec.inspect.TupleType():
            yield "[" + ", ".join(word for each in kind.item_types for word in _said(each)) + "]"
        case msgspec.inspect.NoneType():
            yield "null"
        case _:
            yield _PLAIN.get(type(kind), "anything")


_PLAIN: dict[type, str] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.BoolType: "true, false",
    msgspec.inspect.IntType: "number",
    msgspec.inspect.FloatType: "number",
    msgspec.inspect.DateTimeType: "instant",
    msgspec.inspect.DictType: "object",
}


def _docs(kind: type) -> dict[str, str]:
    """Return what stands below the fields of a class and of those it derives from, by name in the file."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.partition(".")[0] in {"connectors", "majlis"}:
            found |= _own_docs(each)
    return found


def _own_docs(kind: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    if not isinstance(tree, ast.ClassDef):  # pragma: no cover  # the source of a class is a class
        return {}
    found: dict[str, str] = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        target = before.target if isinstance(before, ast.AnnAssign) else None
        if isinstance(before, ast.Assign):
            target = before.targets[0]  # type: ignore[assignment]  # a name either way
        if isinstance(target, ast.Name) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[target.id.rstrip("_")] = " ".join(str(after.value.value).split())
    return found
