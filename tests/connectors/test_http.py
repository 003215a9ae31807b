"""Transport: what counts as not sent, as lost, as no answer; and what is never shown."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys

import pytest

from connectors.addresses import checked_url
from connectors.http import Http, Limits, Lost, NotJson, NotSent, Upload, decode, http_date, redact
from majlis.errors import BadSettings

from .service import Reply, Service, serving

CANARY = "canary-5f0c1d"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_refused_connection_was_not_sent() -> None:
    """Nobody listens: nothing can have arrived."""
    http = Http(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NotSent):
        await http.call("POST", "/x", form={"a": "b"}, write=True)
    await http.aclose()


async def test_an_unknown_host_was_not_sent() -> None:
    """A name that does not resolve: nothing can have arrived."""
    http = Http("https://no-such-host.invalid")
    with pytest.raises(NotSent):
        await http.call("GET", "/x")
    await http.aclose()


async def test_a_failed_handshake_was_not_sent(service: Service) -> None:
    """TLS that does not come about carries nothing."""
    http = Http(service.url.replace("http:", "https:"))
    with pytest.raises(NotSent):
        await http.call("POST", "/x", form={"a": "b"}, write=True)
    await http.aclose()

    assert service.requests == []


async def test_a_file_goes_in_parts_beside_the_fields(service: Service) -> None:
    """Every byte arrives with its type; the name says nothing of whoever chose the file."""
    service.answer = lambda _: Reply(body={})
    http = Http(service.url)
    data = bytes(range(256)) * 4
    upload = Upload(name="source", media_type="image/png", data=data)
    await http.call("POST", "/x", form={"caption": "خريطة"}, upload=upload, write=True)  # Arabic: map
    await http.aclose()

    assert service.requests[-1].form == {"caption": "خريطة"}
    assert service.requests[-1].files == {"source": ("image/png", data)}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(drop=True),
        Reply(body={"data": [1] * 1000}, cut=True),
        Reply(status=302, headers={"Location": "https://elsewhere.example/"}),
        Reply(raw=gzip.compress(b'{"data": "%d"}' % 10**400)[:-30], headers={"Content-Encoding": "gzip"}),
    ],
    ids=["dropped", "cut", "redirected", "cut gzip"],
)
async def test_an_answer_that_does_not_arrive_whole_is_lost(service: Service, reply: Reply) -> None:
    """The service got the call; what it made of it is not known."""
    service.answer = lambda _: reply
    http = Http(service.url)
    with pytest.raises((Lost, NotJson)):
        (await http.call("POST", "/x", form={"a": "b"}, write=True)).decode(dict)
    await http.aclose()

    assert len(service.requests) == 1


async def test_a_silent_service_is_lost_after_the_idle_time() -> None:
    """Nothing comes for as long as is allowed."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        http = Http(f"http://127.0.0.1:{silent.getsockname()[1]}", limits=Limits(idle_s=0.05))
        with pytest.raises(Lost):
            await http.call("GET", "/x")
        await http.aclose()


async def test_an_endless_answer_is_cut_off(service: Service) -> None:
    """An answer above the cap is not read to its end."""
    service.answer = lambda _: Reply(body="x" * 5000)
    http = Http(service.url, limits=Limits(answer_bytes=1000))
    with pytest.raises(Lost, match="1000 bytes"):
        await http.call("GET", "/x")
    await http.aclose()


async def test_a_packed_bomb_is_cut_off(service: Service) -> None:
    """The cap counts unpacked bytes."""
    packed = gzip.compress(b" " * 1_000_000)
    service.answer = lambda _: Reply(raw=packed, headers={"Content-Encoding": "gzip"})
    http = Http(service.url, limits=Limits(answer_bytes=len(packed) * 2))
    with pytest.raises(Lost):
        await http.call("GET", "/x")
    await http.aclose()


async def test_a_redirect_to_another_host_gets_nothing(service: Service) -> None:
    """Neither a token nor a call goes where an answer points to."""
    async with serving() as other:
        service.answer = lambda _: Reply(status=307, headers={"Location": other.url + "/steal"})
        http = Http(service.url)
        with pytest.raises(Lost):
            await http.call("GET", "/x", headers={"Authorization": f"Bearer {CANARY}"})
        await http.aclose()

        assert other.requests == []


async def test_errors_carry_no_token(service: Service) -> None:
    """Whatever fails, its text and the chain behind it do not quote the call."""
    service.answer = lambda _: Reply(drop=True)
    http = Http(service.url)
    with pytest.raises(Lost) as caught:
        await http.call("GET", "/x", query={"access_token": CANARY}, headers={"Authorization": f"Bearer {CANARY}"})
    await http.aclose()

    assert CANARY not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_each_write_has_a_connection_of_its_own(service: Service) -> None:
    """A kept connection that the service closed meanwhile cannot make a write's outcome unclear."""
    service.answer = lambda _: Reply(body={})
    http = Http(service.url)
    await http.call("GET", "/x")
    await http.call("POST", "/x", form={"a": "b"}, write=True)
    await http.aclose()

    assert service.requests[0].headers.get("connection", "keep-alive") == "keep-alive"
    assert service.requests[1].headers["connection"] == "close"


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.example",
        "ftp://127.0.0.1",
        "https://user:word@graph.example",
        "https://graph.example/?a=b",
        "https://",
        "http://127.0.0.1.example",
    ],
)
def test_an_unsafe_address_is_refused(url: str) -> None:
    """Plain http leaves this machine never; an address carries nothing but host and path."""
    with pytest.raises(BadSettings):
        checked_url(url, "api_url")


@pytest.mark.parametrize(
    "url", ["https://graph.example/", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:80"]
)
def test_https_and_loopback_are_taken(url: str) -> None:
    """Real services and test servers both work."""
    assert checked_url(url, "api_url") == url.rstrip("/")


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://graph.example/v26.0/1/feed?access_token={CANARY}&limit=5 failed",
        f"Authorization: Bearer {CANARY}",
        f"authorization: Basic {CANARY}==",
        f'OAuth oauth_token="{CANARY}", oauth_signature="{CANARY}"',
        f'{{"access_token": "{CANARY}", "refresh_token":"{CANARY}"}}',
        f"{{'client_secret': '{CANARY}'}}",
        f"refresh_token={CANARY}&grant_type=refresh_token",
        f"https://user:{CANARY}@graph.example/x",
        f"appsecret_proof={CANARY}",
        f"Set-Cookie: {CANARY}",
    ],
)
def test_redaction_takes_out_what_is_secret(text: str) -> None:
    """Addresses, headers, bodies and error texts lose their credentials and keep the rest."""
    assert CANARY not in redact(text)
    assert redact(text)


def test_redaction_takes_out_known_secrets_anywhere_and_leaves_the_innocent() -> None:
    """A known token goes wherever it stands; ordinary words stay."""
    assert CANARY not in redact(f"mischief {CANARY} here", [CANARY])
    plain = 'code 190, subcode 463: the session has expired, see "error.code": 190'
    assert redact(plain) == plain
    assert redact("GET https://graph.example/v26.0/1/feed") == "GET https://graph.example/v26.0/1/feed"


def test_half_an_emoji_does_not_lose_a_page() -> None:
    """A lone surrogate becomes a replacement character; anything else that is broken is no JSON."""
    assert decode(rb'{"text":"cut \ud83d"}', dict) == {"text": "cut \N{REPLACEMENT CHARACTER}"}
    assert decode('{"text":"صحة"}'.encode(), dict) == {"text": "صحة"}  # Arabic: health
    for body in (b"", b"<html>", b'{"a":', b"[" * 100_000, b'{"a": NaN}'):
        with pytest.raises(NotJson):
            decode(body, dict)


def test_date_headers_of_both_fashions_are_read() -> None:
    """`GMT` is the rule, `UTC` is seen."""
    assert http_date("Wed, 03 Nov 2021 21:38:39 UTC") == http_date("Wed, 03 Nov 2021 21:38:39 GMT") is not None
    assert http_date("yesterday") is None


def test_importing_the_connectors_does_not_load_aiohttp() -> None:
    """The practice inbox and the command line never pay for it."""
    code = (
        "import sys, connectors.scenario, connectors.facebook, connectors.x, connectors.youtube, connectors.oauth,"
        " connectors.poller, connectors.sender; sys.exit('aiohttp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
