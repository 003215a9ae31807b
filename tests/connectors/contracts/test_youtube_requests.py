"""Every request the YouTube client makes, held against the service's own descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connectors.budget import DayLedger
from connectors.clock import VirtualClock
from connectors.tokens import FixedToken
from connectors.youtube import YouTubeSettings
from connectors.youtube.client import YouTubeClient
from majlis.message import Network
from tests.connectors.networks import CANARY, CHANNEL
from tests.connectors.service import Reply, Request, Service

from .document import Document, contract
from .exercised import Exercised
from .prism import Prism, judged

TOKEN, COMMENT, VIDEO = "QURTSl9pMzZ", "UgwSRpgkjCe6OHHe3IJ4AaABAg", "JE8xdDp5B8Q"


async def exercise(service: Service, clock: VirtualClock) -> Exercised[YouTubeClient]:
    """Make every call with and without each of its options."""
    service.answer = lambda _: Reply(body={})
    settings = YouTubeSettings(account="yt", channel=CHANNEL, api_url=service.url)
    tokens = FixedToken(CANARY, account="yt", network=Network.YOUTUBE)
    # Rights are asked of Google's token server, which these descriptions know nothing of: tests/cli/test_doctor.py.
    left_out = frozenset({"aclose", "rights"})
    watched = Exercised(YouTubeClient(settings, tokens, DayLedger(clock, limit=None)), leave_out=left_out)
    client = watched.client
    await client.threads(None)
    await client.threads(TOKEN, status="heldForReview")
    await client.threads(None, status="likelySpam", order="relevance")
    await client.threads_of(VIDEO, None)
    await client.threads_of(VIDEO, TOKEN)
    await client.replies(COMMENT, None)
    await client.replies(COMMENT, TOKEN, answering=True)
    await client.comments([COMMENT, f"{COMMENT}.1"])
    await client.comments([COMMENT], answering=True)
    await client.videos([VIDEO])
    await client.videos([VIDEO, "KE8xdDp5B8Q"], answering=True)
    await client.channel()
    await client.uploads("UUpractice", None)
    await client.uploads("UUpractice", TOKEN)
    await client.reply(COMMENT, "شكراً لتواصلكم")  # Arabic: thank you for writing
    await client.comment(VIDEO, "welcome")
    await client.change(COMMENT, "corrected")
    for status in ("rejected", "published", "heldForReview"):
        await client.moderate([COMMENT, f"{COMMENT}.1"], status)
    await client.moderate([COMMENT], "rejected", ban=True)
    await client.delete(COMMENT)
    await client.aclose()
    return watched


def discovered() -> Document:
    """Return the service's newer description, which is of Google's own form, as an OpenAPI document."""
    whole = contract("youtube-discovery.json").whole
    paths: dict[str, dict[str, Any]] = {}
    for method in _methods(whole["resources"]):
        parameters = {**whole["parameters"], **method.get("parameters", {})}
        operation: dict[str, Any] = {
            "parameters": [{"name": name, "in": each["location"]} for name, each in parameters.items()]
        }
        if "request" in method:
            operation["requestBody"] = {"content": {"application/json": {"schema": _referred(method["request"])}}}
        paths.setdefault("/" + method["path"], {})[method["httpMethod"].lower()] = operation
    return Document(name="youtube-discovery.json", whole={"paths": paths, "schemas": _referred(whole["schemas"])})


def _methods(resources: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for resource in resources.values():
        found += resource.get("methods", {}).values()
        found += _methods(resource.get("resources", {}))
    return found


def _referred(node: Any) -> Any:
    """Return a schema whose references are paths within the document."""
    if isinstance(node, list):
        return [_referred(each) for each in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        return {"$ref": f"#/schemas/{node['$ref']}"}
    return {name: _referred(each) for name, each in node.items()}


async def test_every_call_is_made_with_every_option(service: Service, clock: VirtualClock) -> None:
    """A call or an option that is added to the client is missed here until it is exercised."""
    assert (await exercise(service, clock)).missing() == []


@pytest.mark.parametrize("name", ["youtube-openapi.json", "youtube-discovery.json"])
async def test_paths_and_names_are_those_of_both_descriptions(service: Service, clock: VirtualClock, name: str) -> None:
    """Nothing is called, asked for or sent that the service does not name, in its newer description either."""
    document = discovered() if name == "youtube-discovery.json" else contract(name)
    await exercise(service, clock)

    assert len(service.requests) > 20
    assert judged(document, service.requests) == []


@pytest.mark.slow
async def test_a_mock_of_the_service_takes_every_request(
    service: Service, clock: VirtualClock, prism_of: Callable[[Document], Prism]
) -> None:
    """Types, formats and required parts are as YouTube describes them; the token stands in the header."""
    document = contract("youtube-openapi.json")
    await exercise(service, clock)

    assert judged(document, service.requests, prism_of(document)) == []
    assert all(request.headers["authorization"] == f"Bearer {CANARY}" for request in service.requests)


@pytest.mark.parametrize(
    ("path", "pairs", "body"),
    [
        ("/youtube/v3/comments", (("parentIds", "x"),), None),
        ("/youtube/v3/comments", (), {"snippet": {"textOriginals": "x"}}),
        ("/youtube/v3/threads", (), None),
    ],
    ids=["query", "body", "path"],
)
def test_a_name_that_the_newer_description_does_not_know_is_noticed(
    path: str, pairs: tuple[tuple[str, str], ...], body: Any
) -> None:
    """The look-up can fail: here with names of our own invention."""
    headers = {"content-type": "application/json"}
    method, content = ("GET", b"") if body is None else ("POST", b"{}")
    request = Request(
        method=method, path=path, query={}, headers=headers, form={}, body=body, pairs=pairs, content=content
    )
    assert len(discovered().problems(request)) == 1
