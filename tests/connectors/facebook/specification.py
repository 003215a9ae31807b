"""Requests to the Graph API, checked against Meta's own node specifications in the shared data.

A request has to name an edge that its node has with that method, parameters that are declared for it, values that fit
their declared types, and fields that the returned node has, nested ones too. What Meta does not publish stands here by
name, each with its reason, so that a slip is still found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from tests.connectors.networks import PAGE
from tests.connectors.service import SHARED, Request

FOLDER = SHARED / "contracts" / "facebook"

Types = Callable[[str], tuple[str, ...]]
"""Says of which node types an id may be."""

COMMON: Mapping[str, str] = {
    "fields": "string",  # every read may name them
    "appsecret_proof": "string",  # every call is signed
}
"""Parameters of every call, which no node lists."""

PAGING: Mapping[str, str] = {
    "limit": "unsigned int",
    "after": "string",  # cursor paging
    "since": "datetime",  # time paging; comments declare it, lists of posts do not
    "until": "datetime",
    "__paging_token": "string",  # comes along with `until` in the service's own addresses
    "offset": "unsigned int",
    "summary": "bool",  # adds the order and the total to a list
}
"""Parameters of every list, which few nodes repeat. Source: the Graph API's documentation of paging."""

UNPUBLISHED_PARAMETERS: Mapping[tuple[str, str, str], str] = {
    ("Page", "POST photos", "source"): "file",  # the picture itself; only `url` is published
    ("Page", "POST messages", "tag"): "word",  # published as Object; the documentation gives words
}

_SEEN: dict[str, Any] = {"media_type": {}, "type": {}, "url": {}, "media": {"image": {"src": {}}, "source": {}}}
_WHO: dict[str, Any] = {"id": {}, "name": {}}
UNPUBLISHED_NODES: Mapping[str, dict[str, Any]] = {
    "UnifiedMessage": {  # a private message: not published at all
        "id": {},
        "created_time": {},
        "message": {},
        "sticker": {},
        "from": _WHO,
        "to": _WHO,
        "attachments": {"mime_type": {}, "file_url": {}, "image_data": {}, "video_data": {}},
    },
    "StoryAttachment": _SEEN,  # what hangs on a post: its edge is published, its fields are not
}
OBJECTS: Mapping[tuple[str, str], dict[str, Any]] = {
    ("Comment", "attachment"): _SEEN,  # published as Object
    ("Comment", "from"): _WHO,
    ("PagePost", "from"): _WHO,
    ("UnifiedThread", "participants"): _WHO,
}
"""What may be asked inside a field that is published as Object. Source for all these: each node's documentation."""


@cache
def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def _enums() -> dict[str, list[str]]:
    return {each["name"]: each["values"] for each in _read("enum_types")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One call on a node, or on one of its edges."""

    returns: str
    params: Mapping[str, str]
    required: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What Meta says of one kind of thing."""

    name: str
    fields: Mapping[str, str]
    apis: Mapping[tuple[str, str], Api] = field(default_factory=dict)
    """By method and edge; an empty edge is the node itself."""


@cache
def node(name: str) -> Node:
    """Read a node's specification."""
    whole = _read(name)
    apis = {
        (each["method"], each.get("endpoint", "")): Api(
            returns=each["return"],
            params={param["name"]: param["type"] for param in each["params"]},
            required=frozenset(param["name"] for param in each["params"] if param["required"]),
        )
        for each in whole["apis"]
    }
    return Node(name=name, fields={each["name"]: each["type"] for each in whole["fields"]}, apis=apis)


def needed() -> None:
    """Skip where the specifications are missing."""
    if not FOLDER.exists():
        pytest.skip("needs ../shared, the project's shared data")


def by_id(native_id: str) -> tuple[str, ...]:
    """Guess from an id, as our tests write them, of which types it may be."""
    if native_id in {PAGE, "me"}:
        return ("Page",) if native_id == PAGE else ("User",)
    return ("UnifiedThread",) if native_id.startswith("t_") else ("PagePost", "Comment")


def complaints(requests: Sequence[Request]) -> list[str]:
    """Return what is wrong with those of the requests that went to the Graph API; nothing where the data is missing."""
    if not FOLDER.exists():
        return []
    # Signing in asks no node: it has no specification.
    ours = [each for each in requests if re.match(r"/v\d+\.\d+/(?!oauth/|debug_token$)", each.path)]
    return [problem for each in ours for problem in problems(each)]


def problems(request: Request, types: Types = by_id) -> list[str]:
    """Return what is wrong with a request; where its id may be of several types, with the one that fits best."""
    steps = request.path.strip("/").split("/")[1:]
    if not 1 <= len(steps) <= 2 or not re.match(r"/v\d+\.\d+/", request.path):
        return [f"{request.path}: neither a node nor an edge of one"]
    native_id, edge = steps[0], "".join(steps[1:])
    found = [list(_wrong(request, node(name), edge)) for name in types(native_id)]
    return [f"{request.method} {request.path}: {each}" for each in min(found, key=len)]


def _wrong(request: Request, at: Node, edge: str) -> Iterator[str]:
    if not re.fullmatch(r"Bearer \S+", request.headers.get("authorization", "")):
        yield "the token is not in its header"
    api = at.apis.get((request.method, edge))
    if api is None:
        yield f"{at.name} has no {request.method} {edge or 'on itself'}"
        return
    given = {**request.query, **request.form, **dict.fromkeys(request.files, "")}
    if request.method != "GET" and set(request.query) - {"appsecret_proof"}:
        yield "a write's parameters belong into its body"
    for name in api.required - set(given):
        yield f"{name} is missing"
    for name, value in given.items():
        kind = _declared(name, api, at, f"{request.method} {edge}".strip())
        if kind is None:
            yield f"{name} is no parameter of {at.name} {request.method} {edge}".rstrip()
        elif (name in request.files) is not (kind == "file"):
            yield f"{name} is a file, or is not: {kind}"
        elif kind != "file" and not fits(value, kind):
            yield f"{name}={value!r} is no {kind}"
    if request.method == "GET" and "fields" in request.query:
        yield from _wrong_fields(request.query["fields"], api.returns if edge else at.name)


def _declared(name: str, api: Api, at: Node, call: str) -> str | None:
    if unpublished := UNPUBLISHED_PARAMETERS.get((at.name, call, name)):
        return unpublished
    if name in api.params:
        return api.params[name]
    if name in COMMON:
        return COMMON[name]
    return PAGING.get(name) if call.startswith("GET ") else None


# --------------------------------------------------------------------------------------------------------------- values


_FORMS: Mapping[str, str] = {
    "word": r"[A-Z_]+",
    "bool": r"true|false",
    "int": r"-?[0-9]+",
    "unsigned int": r"[0-9]+",
    "float": r"-?[0-9]+(\.[0-9]+)?",
    "datetime": r"[0-9]{9,10}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{4}",
}


def fits(value: Any, kind: str) -> bool:
    """Whether a value, as it is sent in a form or inside JSON, is of a declared type."""
    if inner := re.fullmatch(r"list(?:<(.*)>)?", kind):
        listed = _json(value)
        return isinstance(listed, list) and all(inner[1] is None or fits(each, inner[1]) for each in listed)
    if kind == "string":
        return isinstance(value, str)
    if kind in {"Object", "map"}:
        return isinstance(_json(value), dict)
    text = value if isinstance(value, str) else json.dumps(value)
    if kind in _FORMS:
        return re.fullmatch(_FORMS[kind], text) is not None
    assert kind in _enums(), f"a type that this checker does not know: {kind}"
    return text in _enums()[kind]


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


# --------------------------------------------------------------------------------------------------------------- fields


def parsed(text: str) -> dict[str, dict[str, Any]]:
    """Read a list of fields, `id,parent{id},messages.limit(20){id}`, as a tree.

    Raises:
        ValueError: It is not one.
    """
    tree, rest = _listed(text)
    if rest:
        raise ValueError(f"what is {rest!r}?")
    return tree


def _listed(text: str) -> tuple[dict[str, dict[str, Any]], str]:
    tree: dict[str, dict[str, Any]] = {}
    while True:
        name = re.match(r"([a-z_]+)(?:\.limit\(\d+\))?", text)
        if name is None or name[1] in tree:
            raise ValueError(f"no field, or twice, at {text!r}")
        tree[name[1]] = {}
        text = text[name.end() :]
        if text.startswith("{"):
            tree[name[1]], text = _listed(text[1:])
            if not text.startswith("}"):
                raise ValueError("a brace is missing")
            text = text[1:]
        if not text.startswith(","):
            return tree, text
        text = text[1:]


def _wrong_fields(text: str, kind: str) -> Iterator[str]:
    try:
        tree = parsed(text)
    except ValueError as error:
        yield f"fields: {error}"
        return
    yield from _unknown(tree, kind)


def _unknown(tree: Mapping[str, Any], kind: str) -> Iterator[str]:
    if kind in UNPUBLISHED_NODES:
        yield from _outside(tree, UNPUBLISHED_NODES[kind], kind)
        return
    at = node(kind)
    for name, inner in tree.items():
        edge = at.apis.get(("GET", name))
        if name in at.fields:
            if (kind, name) in OBJECTS:
                yield from _outside(inner, OBJECTS[kind, name], f"{kind}.{name}")
            elif inner:
                yield from _unknown(inner, at.fields[name])
        elif edge is not None:
            yield from _unknown(inner, edge.returns)
        else:
            yield f"{kind} has no field {name}"


def _outside(tree: Mapping[str, Any], known: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, inner in tree.items():
        if name not in known:
            yield f"{where} has no field {name}"
        else:
            yield from _outside(inner, known[name], f"{where}.{name}")
