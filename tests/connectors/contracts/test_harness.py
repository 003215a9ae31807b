"""The harness itself: it notices what is wrong, so that its silence means something."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.service import Request

from .document import Document, contract
from .exercised import Exercised
from .prism import Prism, judged

WHOLE: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "invented", "version": "1"},
    "paths": {
        "/v1/notes/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "parameters": [{"$ref": "#/components/parameters/Limit"}],
                "responses": {"200": {"description": "ok"}},
            },
        },
        "/v1/notes/own": {"get": {"parameters": [], "responses": {"200": {"description": "ok"}}}},
        "/v1/notes": {
            "post": {
                "parameters": [{"name": "part", "in": "query", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}},
                "responses": {"200": {"description": "ok"}},
            }
        },
    },
    "components": {
        "parameters": {"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 5}}},
        "schemas": {
            "Text": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            "Files": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "Note": {
                "allOf": [{"$ref": "#/components/schemas/Text"}],
                "anyOf": [
                    {"properties": {"files": {"$ref": "#/components/schemas/Files"}}},
                    {"properties": {"labels": {"type": "object", "additionalProperties": {"type": "string"}}}},
                ],
            },
        },
    },
}
INVENTED = Document(name="invented.json", whole=WHOLE, base="/api")
"""In the shape of the services' documents, with a reference, a combination and a free object."""


def asked(method: str, path: str, body: Any = None, **query: str) -> Request:
    """Return a request as our server would have taken it down."""
    headers = {"authorization": "Bearer canary", **({"content-type": "application/json"} if body is not None else {})}
    content = json.dumps(body).encode() if body is not None else b""
    return Request(
        method=method, path=path, query=query, pairs=tuple(query.items()), headers=headers, form={}, body=body,
        content=content,
    )  # fmt: skip


GOOD = (
    asked("GET", "/api/v1/notes/7", limit="5"),
    asked("GET", "/api/v1/notes/own"),
    asked("POST", "/api/v1/notes", {"text": "t", "files": [{"name": "n"}]}, part="p"),
    asked("POST", "/api/v1/notes", {"text": "t", "labels": {"anything": "goes"}}, part="p"),
)
BY_NAME = [
    (asked("GET", "/api/v1/notes/7", limits="5"), "no query parameter 'limits'"),
    (asked("GET", "/api/v1/notes/own", limit="5"), "no query parameter 'limit'"),
    (asked("GET", "/api/v1/note/7"), "no such call"),
    (asked("DELETE", "/api/v1/notes/7"), "no such call"),
    (asked("GET", "/api/v1/notes/"), "no such call"),
    (asked("POST", "/api/v1/notes", {"texts": "t"}, part="p"), "no body name 'texts'"),
    (asked("POST", "/api/v1/notes", {"text": "t", "files": [{"nam": 1}]}, part="p"), "no body name 'files.nam'"),
]
BY_TYPE = [
    (asked("GET", "/api/v1/notes/7", limit="six"), "422"),
    (asked("GET", "/api/v1/notes/7", limit="6"), "422"),
    (asked("POST", "/api/v1/notes", {"text": 5}, part="p"), "422"),
    (asked("POST", "/api/v1/notes", {"text": "t"}), "422"),
    (asked("POST", "/api/v1/notes", {}, part="p"), "422"),
    (asked("GET", "/api/v1/note/7"), "404"),
    (asked("DELETE", "/api/v1/notes/7"), "405"),
]


def test_requests_that_fit_pass() -> None:
    """Paths with their base, literal before templated, names at every depth."""
    assert judged(INVENTED, GOOD) == []


@pytest.mark.parametrize(("request_", "said"), BY_NAME, ids=range(len(BY_NAME)))
def test_a_wrong_name_is_caught(request_: Request, said: str) -> None:
    """Of a path, of a query parameter, of a part of the body."""
    wrong = judged(INVENTED, [request_])
    assert len(wrong) == 1
    assert said in wrong[0]


def test_a_form_in_parts_is_looked_at_too() -> None:
    """A body of a type the document does not know, and a field it does not know."""
    whole = json.loads(json.dumps(WHOLE))
    content = whole["paths"]["/v1/notes"]["post"]["requestBody"]["content"]
    content["multipart/form-data"] = content["application/json"]
    form = replace(asked("POST", "/api/v1/notes", part="p"), form={"text": "t", "media": "m"}, content=b"-",
                   headers={"content-type": "multipart/form-data; boundary=x"})  # fmt: skip

    assert "no body of type" in judged(INVENTED, [form])[0]
    assert "no body name 'media'" in judged(replace(INVENTED, whole=whole), [form])[0]


@pytest.mark.slow
def test_a_mock_catches_what_has_no_name(prism_of: Callable[[Document], Prism]) -> None:
    """Wrong types, what is too large or missing, wrong paths and verbs."""
    prism = prism_of(INVENTED)

    assert [each for request in GOOD for each in prism.problems(request)] == []
    for request, status in BY_TYPE:
        assert status in prism.problems(request)[0]


@pytest.mark.parametrize("name", ["x-openapi.json", "x-openapi-next.json", "youtube-openapi.json"])
def test_the_shared_documents_can_be_looked_up(name: str) -> None:
    """Every operation of every document is found by its own path, with all its references."""
    document = contract(name)
    operations = 0
    for path, item in document.whole["paths"].items():
        for verb in set(item) & {"get", "put", "post", "delete"}:
            found = document.operation(asked(verb.upper(), path))
            operations += 1
            assert found is not None
            assert found.template == path
    assert operations > 60


class _Client:
    async def listed(self, first: str, *, token: str | None = None, size: int = 3) -> None: ...
    async def never(self) -> None: ...
    async def aclose(self) -> None: ...


async def test_what_is_not_exercised_is_named() -> None:
    """A call nobody made, an option nobody gave or nobody left out."""
    watched = Exercised(_Client())
    await watched.client.listed("a", token="b")  # noqa: S106  # a page mark
    assert watched.missing() == ["listed(token left out)", "listed(size given)", "never"]

    await watched.client.listed("a", size=4)
    await watched.client.never()
    assert watched.missing() == []
