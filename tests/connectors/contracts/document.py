"""An OpenAPI document of a service, and which names a request may send according to it.

Prism, the mock server made from such a document (prism.py), judges types, formats and required parts, but lets query
names pass that no operation has, and body names where a schema does not forbid them. Those are looked up here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest

from tests.connectors.service import SHARED, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One verb on one path of a document."""

    verb: str
    template: str
    """The path, with `{name}` for what stands for something else."""
    parameters: Mapping[str, str]
    """Where each parameter stands (query, path, header, cookie), by name."""
    bodies: Mapping[str, Any]
    """Schemas of the request's body, by media type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A contract."""

    name: str
    whole: Mapping[str, Any] = field(repr=False)
    base: str = ""
    """What stands in front of the document's paths in ours."""

    def operation(self, request: Request) -> Operation | None:
        """Return what a request calls, the most literal path first; None: the document has no such thing."""
        steps = _steps(request.path.removeprefix(self.base))
        fitting = [template for template in self.whole["paths"] if _fits(_steps(template), steps)]
        for template in sorted(fitting, key=lambda each: each.count("{")):
            item = self.whole["paths"][template]
            if request.method.lower() in item:
                return self._operation(request.method.lower(), template, item)
        return None

    def problems(self, request: Request) -> list[str]:
        """Return what a request sends that the document does not know: path, query names, body names at any depth."""
        said = f"{request.method} {request.path}"
        operation = self.operation(request)
        if operation is None:
            return [f"{said}: no such call"]
        known = {name for name, place in operation.parameters.items() if place == "query"}
        wrong = [f"{said}: no query parameter {name!r}" for name, _ in request.pairs if name not in known]
        sent = request.sent
        if sent is None:
            return wrong
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind not in operation.bodies:
            return [*wrong, f"{said}: no body of type {kind}"]
        return wrong + [f"{said}: no body name {each!r}" for each in self.unknown(sent, operation.bodies[kind])]

    def unknown(self, value: Any, schema: Any, place: str = "") -> Iterator[str]:
        """Yield the names within a value that its schema does not know, as dotted paths."""
        if isinstance(value, list):
            items = [each["items"] for each in self.parts(schema) if "items" in each]
            for each in value:
                yield from self.unknown(each, {"anyOf": items}, place)
        if not isinstance(value, dict):
            return
        parts = list(self.parts(schema))
        free = [each["additionalProperties"] for each in parts if each.get("additionalProperties")]
        if not any("properties" in each for each in parts) and not free:
            return  # an object of which the document says nothing
        for name, inside in value.items():
            here = f"{place}.{name}".lstrip(".")
            known = [each["properties"][name] for each in parts if name in each.get("properties", {})]
            if not known and not free:
                yield here
            else:
                yield from self.unknown(inside, {"anyOf": known or free}, here)

    def parts(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the plain schemas of which a schema is made: references followed, combinations taken apart."""
        if not isinstance(schema, dict):
            return
        schema = self.resolved(schema)
        yield schema
        for combined in ("allOf", "oneOf", "anyOf"):
            for each in schema.get(combined, []):
                yield from self.parts(each)

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references to what they name."""
        while "$ref" in node:
            target: Any = self.whole
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _operation(self, verb: str, template: str, item: Mapping[str, Any]) -> Operation:
        own = item[verb]
        parameters = map(self.resolved, [*item.get("parameters", []), *own.get("parameters", [])])
        content = self.resolved(own.get("requestBody", {})).get("content", {})
        return Operation(
            verb=verb,
            template=template,
            parameters={each["name"]: each["in"] for each in parameters},
            bodies={kind: each.get("schema", {}) for kind, each in content.items()},
        )


def _steps(path: str) -> list[str]:
    return [unquote(step) for step in path.strip("/").split("/")]


def _fits(template: list[str], steps: list[str]) -> bool:
    return len(template) == len(steps) and all(
        wanted == step or (wanted.startswith("{") and wanted.endswith("}") and step)
        for wanted, step in zip(template, steps, strict=True)
    )


@cache
def _read(name: str) -> Mapping[str, Any]:
    whole: dict[str, Any] = json.loads((SHARED / "contracts" / name).read_text(encoding="utf-8"))
    return whole


def contract(name: str, *, base: str = "") -> Document:
    """Return one of the shared contracts; skip where they are missing."""
    if not (SHARED / "contracts" / name).exists():
        pytest.skip("needs ../shared, the project's shared data")
    return Document(name=name, whole=_read(name), base=base)
