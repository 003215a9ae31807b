"""What stands between a client and the network: it listens, or answers by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from connectors.http import Answer, Http, Lost, NotSent, Sent

from .service import Reply, serving


class Listener:
    """Hears every call and its answer."""

    def __init__(self, instead: Answer | None = None) -> None:
        self.instead = instead
        self.heard: list[tuple[Sent, Answer]] = []

    async def carry(self, sent: Sent, out: Callable[[Sent], Awaitable[Answer]]) -> Answer:
        """Pass a call on, or answer it."""
        answer = self.instead or await out(sent)
        self.heard.append((sent, answer))
        return answer


async def test_who_listens_hears_each_call_and_its_answer() -> None:
    """Word for word, as the client made it and as the service answered."""
    line = Listener()
    async with serving() as service:
        service.answer = lambda request: Reply(body={"path": request.path})
        http = Http(service.url, line=line)
        answer = await http.call("POST", "/2/tweets", query={"a": "b"}, body={"text": "نعم"}, write=True)
        await http.aclose()

    assert answer.decode(dict) == {"path": "/2/tweets"}
    assert [(sent.method, sent.path, sent.query, sent.body, sent.write) for sent, _ in line.heard] == [
        ("POST", "/2/tweets", {"a": "b"}, {"text": "نعم"}, True)
    ]
    assert line.heard[0][1] is answer


async def test_who_answers_in_the_networks_place_lets_nothing_out() -> None:
    """No address is looked up and no connection made; a redirect is refused as any other."""
    played = Http("https://graph.example", line=Listener(Answer(status=200, body=b'{"id":"1"}')))
    redirecting = Http("https://graph.example", line=Listener(Answer(status=302)))

    assert (await played.call("GET", "/me")).decode(dict) == {"id": "1"}
    with pytest.raises(Lost):
        await redirecting.call("GET", "/me")


async def test_without_anybody_between_a_call_goes_out() -> None:
    """As ever: nobody is there, and nothing was sent."""
    http = Http("http://127.0.0.1:1")
    with pytest.raises(NotSent):
        await http.call("GET", "/me")
    await http.aclose()
