"""A real HTTP server on loopback whose answers a test writes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.test_utils import TestServer

SHARED = Path(__file__).resolve().parents[3] / "shared"
"""The project's shared data, beside the checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in small letters."""
    form: Mapping[str, str]
    body: Any
    """JSON."""
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """Media type and bytes of what came in parts, by field."""
    pairs: tuple[tuple[str, str], ...] = ()
    """The query, in its order, repeated names and all."""
    content: bytes = b""
    """The body as it came."""

    @property
    def sent(self) -> Any:
        """What the body says: JSON, or the fields of a form; None: there is no body."""
        return (self.body if self.body is not None else {**self.form, **self.files}) if self.content else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered."""

    body: Any = None
    """Sent as JSON, unless `raw` is given."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False
    """Promise the whole body, send half of it, and close."""
    drop: bool = False
    """Close without an answer."""
    wire: Iterable[bytes] | None = None
    """Written to the line as it stands, in place of an answer; then silence, until the caller leaves."""
    pause_s: float = 0.0
    """Between two pieces of `wire`."""


@dataclass(slots=True)
class Service:
    """A server; `answer` decides, `requests` remembers."""

    url: str = ""
    answer: Callable[[Request], Reply] = lambda _: Reply(status=404, body={})
    requests: list[Request] = field(default_factory=list)

    def paths(self) -> list[str]:
        """Return verb and path of every request."""
        return [f"{each.method} {each.path}" for each in self.requests]

    async def handle(self, raw: web.Request) -> web.StreamResponse:
        """Remember a request and answer it."""
        content = await raw.read()
        body = json.loads(content) if raw.content_type == "application/json" else None
        form, files = await _parts(raw, content)
        request = Request(
            method=raw.method,
            path=raw.path,
            query=dict(raw.query),
            headers={name.lower(): value for name, value in raw.headers.items()},
            form=form,
            body=body,
            files=files,
            pairs=tuple(raw.query.items()),
            content=content,
        )
        self.requests.append(request)
        return await _sent(raw, self.answer(request))


async def _parts(raw: web.Request, content: bytes) -> tuple[dict[str, str], dict[str, tuple[str, bytes]]]:
    """Return fields and files of a form, whichever way it was sent; its bytes have been read already."""
    if raw.content_type != "multipart/form-data":
        plain = raw.content_type == "application/x-www-form-urlencoded"
        return (dict(parse_qsl(content.decode(), keep_blank_values=True)) if plain else {}), {}
    stream = StreamReader(raw.protocol, max(len(content), 1))
    stream.feed_data(content)
    stream.feed_eof()
    form: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    async for part in MultipartReader(raw.headers, stream):
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read())
        if part.filename is None:
            form[part.name or ""] = data.decode()
        else:
            files[part.name or ""] = (part.headers["Content-Type"], data)
    return form, files


async def _sent(raw: web.Request, reply: Reply) -> web.StreamResponse:
    assert raw.transport is not None
    if reply.drop:
        raw.transport.abort()
        return web.Response()
    if reply.wire is not None:
        return await _wired(raw, reply.wire, reply.pause_s)
    body = reply.raw if reply.raw is not None else b"" if reply.status == 204 else json.dumps(reply.body).encode()
    headers = {"Content-Type": "application/json", **reply.headers}
    if not reply.cut:
        return web.Response(status=reply.status, body=body, headers=headers)
    response = web.StreamResponse(status=reply.status, headers={**headers, "Content-Length": str(len(body))})
    await response.prepare(raw)
    await response.write(body[: len(body) // 2])
    raw.transport.abort()
    return response


async def _wired(raw: web.Request, pieces: Iterable[bytes], pause_s: float) -> web.StreamResponse:
    """Write pieces, slowly if that is wanted, and then hold the line."""
    for piece in pieces:
        if raw.transport is None or raw.transport.is_closing():
            break
        raw.transport.write(piece)
        await asyncio.sleep(pause_s)  # what is imitated is slowness itself
    while raw.transport is not None and not raw.transport.is_closing():  # noqa: ASYNC110  # aiohttp tells nobody
        await asyncio.sleep(0.005)
    return web.Response()


@asynccontextmanager
async def serving() -> AsyncIterator[Service]:
    """Run a service as long as the block lasts; in the end every request to Facebook has to fit Meta's own words."""
    from .facebook.specification import complaints  # noqa: PLC0415  # it imports this module

    service = Service()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", service.handle)
    server = TestServer(app)
    await server.start_server()
    service.url = str(server.make_url("")).rstrip("/")
    try:
        yield service
    finally:
        await server.close()
    assert complaints(service.requests) == []


def recorded(name: str) -> Reply:
    """Return a recorded answer of the shared data as it was served; skip where that is missing."""
    path = SHARED / "recorded" / name
    if not path.exists():
        pytest.skip("needs ../shared, the project's shared data")
    whole = json.loads(path.read_text(encoding="utf-8"))
    about = whole["_about"]
    headers = {name: value for name, value in about.get("headers", {}).items() if name.lower() != "content-length"}
    return Reply(body=whole["body"], status=about.get("status", 200), headers=headers)
