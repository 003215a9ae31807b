"""Prism, a mock server made from an OpenAPI document: 422 to what does not fit, 404 and 405 to what is not there.

It is a program of the npm registry (@stoplight/prism-cli), found through the variable PRISM or on the PATH. It is run
without `--errors`, so that every fault of a request is answered with one of those statuses.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.connectors.service import Request

from .document import Document

_CARRIED = ("authorization", "content-type", "accept")
"""Headers of ours that a contract speaks of."""


class Prism:
    """A running mock of one document."""

    def __init__(self, document: Document, port: int) -> None:
        self._document = document
        self._port = port

    def problems(self, request: Request) -> list[str]:
        """Return what it objects to in a request; empty when it answers as the service would."""
        query = "?" + urlencode(request.pairs, quote_via=quote) if request.pairs else ""
        headers = {name: request.headers[name] for name in _CARRIED if name in request.headers}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        path = request.path.removeprefix(self._document.base)
        connection.request(request.method, quote(path) + query, request.content or None, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        if answer.status < 400:
            return []
        said = _violations(answer.headers.get("sl-violations", "")) or [text[:300]]
        return [f"{request.method} {request.path}: {answer.status} {each}" for each in said]


def _violations(header: str) -> list[str]:
    found: list[dict[str, Any]] = json.loads(header) if header else []
    return [f"{'.'.join(each['location'])}: {each['message']}" for each in found if each["location"][0] == "request"]


@contextmanager
def running(document: Document, folder: Path) -> Iterator[Prism]:
    """Run Prism on a document; skip where it is not installed."""
    program = os.environ.get("PRISM") or shutil.which("prism")
    if program is None:
        pytest.skip("needs Prism: @stoplight/prism-cli of npm, as PRISM or on the PATH")
    source = folder / document.name
    source.write_text(json.dumps(_trimmed(document.whole)), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [program, "mock", "--host", "127.0.0.1", "--port", str(port), str(source)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        _await_listening(process)
        threading.Thread(target=_drain, args=(process,), daemon=True).start()
        yield Prism(document, port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)


def _await_listening(process: subprocess.Popen[bytes]) -> None:
    """Read what it prints until it listens; its output ends when it dies."""
    assert process.stdout is not None
    said = b""
    for line in process.stdout:
        said += line
        if b"is listening" in line:
            return
    raise AssertionError(f"Prism did not start: {said[-2000:].decode('utf-8', 'replace')}")


def _drain(process: subprocess.Popen[bytes]) -> None:
    """Read on: it logs every request, and a full pipe would stop it."""
    assert process.stdout is not None
    with process.stdout as stream:
        for _ in stream:
            pass


def _trimmed(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document makes Prism run as the service would.

    `servers` would make it expect the service's own host. The signature of OAuth 1.0a (`http`, scheme `OAuth`) is
    unknown to it, and some operations name app-only tokens alone: that a call carries a token is left, which is Bearer.
    """
    document = dict(whole)
    document.pop("servers", None)
    paths = {path: dict(item) for path, item in whole["paths"].items()}
    for item in paths.values():
        for verb, operation in item.items():
            if isinstance(operation, dict) and operation.get("security"):
                item[verb] = {**operation, "security": [{"Token": []}]}
    schemes = {"Token": {"type": "http", "scheme": "bearer"}}
    return document | {"paths": paths, "components": {**whole["components"], "securitySchemes": schemes}}


def judged(document: Document, requests: Sequence[Request], prism: Prism | None = None) -> list[str]:
    """Return everything that is wrong with some requests, each said once.

    Args:
        document: The service's contract; its `base` stands in front of the paths.
        requests: As they arrived, from the real client.
        prism: A mock of the document; None: only paths and names are looked at.
    """
    wrong = [each for request in requests for each in document.problems(request)]
    if prism is not None:
        wrong += [each for request in requests for each in prism.problems(request)]
    return list(dict.fromkeys(wrong))
