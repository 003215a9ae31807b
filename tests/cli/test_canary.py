"""The canary: a token in every place where tokens live is found nowhere else, whatever the services do."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from connectors.clock import SystemClock
from connectors.http import Http
from connectors.signin import Attempt, Client
from connectors.tokens import FixedToken, KeptToken
from connectors.vaults import Consumer, Credentials, FileVault
from majlis.errors import EmptyText
from majlis.message import Network
from tests.cli.conftest import Cli, Said
from tests.cli.test_login import running
from tests.connectors.networks import CHANNEL, PAGE, USER, FakeFacebook, FakeX, FakeYouTube
from tests.connectors.service import Reply, Request
from tests.connectors.test_vaults import ring
from tui.cli import main

__all__ = ["ring"]

ROOT = Path(__file__).resolve().parents[2]
BIRD = "cnry-7f3a"
"""What all of them begin with; it is searched for in every byte."""
PAGE_TOKEN, APP_SECRET = f"{BIRD}-page-token-0001", f"{BIRD}-app-secret-0002"
SPENT, REFRESH, CLIENT = f"{BIRD}-spent-0003", f"{BIRD}-refresh-0004", f"{BIRD}-client-secret-0005"
FRESH, NEXT = f"{BIRD}-fresh-0006", f"{BIRD}-next-refresh-0007"
RING = f"{BIRD}-keyring-0008"
SIGNED = {f"{name}": f"{BIRD}-{name}-0009" for name in ("token", "token_secret", "consumer_key", "consumer_secret")}
LINES = {
    "facebook": f'network = "facebook"\nid = "{PAGE}"\n',
    "x": f'network = "x"\nid = "{USER}"\nhandle = "moh_practice"\ntoken_file = "tokens/x.json"\n',
    "signed": f'network = "x"\nid = "{USER}"\nhandle = "moh_practice"\ntoken_file = "tokens/signed.json"\n',
    "youtube": f'network = "youtube"\nid = "{CHANNEL}"\ntoken_keyring = true\n',
}


class World:
    """The three services and a token endpoint at one address; told to misbehave, they quote what they were shown."""

    def __init__(self) -> None:
        now = SystemClock().now
        self.facebook, self.x, self.youtube = FakeFacebook(now=now), FakeX(now=now), FakeYouTube(now=now)
        for number in range(5):
            for each in (self.facebook, self.x, self.youtube):
                each.arrive(f"p{number}", f"question {number}")
        self.mode: Callable[[Request], Reply | None] = lambda _: None
        self.seen: set[str] = set()
        """Which credentials arrived; those that never do prove nothing."""

    def answer(self, request: Request) -> Reply:
        """Answer for whichever service is asked."""
        shown = f"{request.headers.get('authorization', '')} {request.form}"
        self.seen |= {each for each in (PAGE_TOKEN, SPENT, REFRESH, FRESH, RING, SIGNED["token"]) if each in shown}
        if request.path == "/token":
            return self._granted(request)
        if (reply := self.mode(request)) is not None:
            return reply
        if request.path.startswith("/youtube/"):
            return self.youtube.answer(request)
        if request.path.startswith("/2/"):
            return Reply(status=401, body=quoting(request)) if SPENT in shown else self.x.answer(request)
        return _leaking(self.facebook.answer(request))

    @staticmethod
    def _granted(request: Request) -> Reply:
        if request.form.get("refresh_token") != REFRESH:
            return Reply(status=400, body={"error": "invalid_grant", **quoting(request)})
        return Reply(body={"access_token": FRESH, "refresh_token": NEXT, "expires_in": 7200})


def _leaking(reply: Reply) -> Reply:
    """Let Graph put the token into its own addresses, as it does, and into a row that cannot be read."""
    if not isinstance(reply.body, dict) or "data" not in reply.body:
        return reply
    address = f"https://graph.example/v26.0/next?access_token={PAGE_TOKEN}&after=end"
    odd = {"message": 5, "link": address}
    rows = [*reply.body["data"], odd]
    paging = {**reply.body.get("paging", {}), "previous": address}
    return replace(reply, body={**reply.body, "data": rows, "paging": paging})


def quoting(request: Request) -> dict[str, Any]:
    """Return a refusal that repeats everything that was shown, in the words of all three services."""
    words = f"bad token: {request.headers.get('authorization', '')} {request.form} {request.query}"
    error = {"message": words, "code": 190, "errors": [{"reason": "authError", "message": words}]}
    return {"error": error, "detail": words, "title": words, "error_description": words}


def refusing(status: int) -> Callable[[Request], Reply]:
    """Return a mode in which every call is refused like that."""
    return lambda request: Reply(status=status, body=quoting(request))


MODES: dict[str, Callable[[Request], Reply | None]] = {
    "well": lambda _: None,
    "dead": refusing(401),
    "forbidden": refusing(403),
    "wrong": refusing(400),
    "failing": refusing(500),
    "quoting and cut": lambda request: Reply(body=quoting(request), cut=True),
    "no JSON": lambda request: Reply(raw=f"<html>{quoting(request)}</html>".encode()),
    "redirecting": lambda request: Reply(status=307, headers={"Location": f"https://e.example/?t={quoting(request)}"}),
    "well again": lambda _: None,
}


@pytest.fixture
def loud() -> Iterator[None]:
    """Everybody's log at its loudest; other tests find it as it was."""
    loggers = [logging.getLogger(name) for name in ("aiohttp", "asyncio", "connectors", "majlis", "store", "tui")]
    root = logging.getLogger()
    before, handlers = [each.level for each in loggers], list(root.handlers)
    for each in loggers:
        each.setLevel(logging.DEBUG)
    yield
    for each, level in zip(loggers, before, strict=True):
        each.setLevel(level)
    root.handlers[:] = handlers


def plant(cli: Cli, url: str, ring: dict[tuple[str, str], str]) -> None:
    """Put a token everywhere where one can be."""
    site = [
        f'[accounts.{name}]\n{lines}api_url = "{url}"\n'
        + ("" if name == "facebook" else f'token_url = "{url}/token"\n')
        for name, lines in LINES.items()
    ]
    (cli.config / "site.toml").write_text("\n".join(site), encoding="utf-8")
    cli.env |= {"MAJLIS_TOKEN_FACEBOOK": PAGE_TOKEN, "MAJLIS_APP_SECRET_FACEBOOK": APP_SECRET}
    tokens = FileVault(cli.config / "tokens" / "x.json")
    tokens.put(Credentials(access_token=SPENT, refresh_token=REFRESH, client_id="c", client_secret=CLIENT))
    FileVault(cli.config / "tokens" / "signed.json").put(msgspec.convert(SIGNED, Credentials))
    ring["majlis", "youtube"] = json.dumps({"access_token": RING, "refresh_token": f"{BIRD}-ring-refresh"})


def leaks(folder: Path) -> list[str]:
    """Return the files below a folder that hold the canary; those of the tokens themselves aside."""
    files = [each for each in folder.rglob("*") if each.is_file() and each.parent.name != "tokens"]
    return [each.name for each in files if BIRD.encode() in each.read_bytes()]


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("modes", [("well", "dead", "failing"), pytest.param(tuple(MODES), marks=pytest.mark.slow)])
def test_no_token_is_found_where_it_does_not_belong(
    cli: Cli, ring: dict[tuple[str, str], str], modes: tuple[str, ...]
) -> None:
    """Reading, writing, the doctor, exports, lists and settings, through everything that services do wrong."""
    world, said = World(), dict[str, Said]()
    with running(world) as service:  # type: ignore[arg-type]  # it answers like one
        plant(cli, service.url, ring)
        for name in modes:
            world.mode = MODES[name]
            said[f"poll {name}"] = cli("poll", "--once", "--verbose")
            said[f"send {name}"] = cli("send", "--once", "--verbose", "--json")
            said[f"doctor {name}"] = cli("doctor", *(["--json"] if "w" in name else []))
            if name == "well":
                for row in cli("list", "--limit", "50", "--json").rows:
                    said[f"hide {row['key']}"] = cli("hide", row["key"])
                assert sum(command.startswith("hide") for command in said) >= 10
                assert all(each.code == 0 for command, each in said.items() if command.startswith("hide"))
            assert leaks(cli.home) == [], name
        said["login"] = cli("login", "x", "--account", "x", "--paste", stdin=f"http://127.0.0.1/?code={FRESH}&state=x")
        said["show"] = cli("config", "show", "--json")
        said["list"] = cli("list", "--json")
        said["check"] = cli("store", "check")
        said["export"] = cli("export", "--whole", str(cli.home / "copy.json"))

    assert said["export"].code == 0
    assert (cli.home / "copy.json").stat().st_size > 1000
    assert leaks(cli.home) == []
    assert {command: each for command, each in said.items() if BIRD in each.out + each.err} == {}
    assert world.seen == {PAGE_TOKEN, SPENT, REFRESH, FRESH, RING, SIGNED["token"]}
    assert NEXT in (cli.config / "tokens" / "x.json").read_text(encoding="utf-8")


def test_the_canary_would_be_found(cli: Cli, ring: dict[tuple[str, str], str]) -> None:
    """The search itself works: in a file, and in what a command says."""
    plant(cli, "http://127.0.0.1:1", ring)
    (cli.home / "slip.log").write_text(f"token {FRESH}", encoding="utf-8")

    assert leaks(cli.home) == ["slip.log"]


def test_what_holds_a_token_does_not_show_it() -> None:
    """Neither `repr` nor `str`, alone or inside something else: a crash report prints what a function held."""
    clock = SystemClock()
    consumer = Consumer(key="k", secret=SIGNED["consumer_secret"], token_secret=SIGNED["token_secret"])
    credentials = Credentials(access_token=SPENT, refresh_token=REFRESH, client_secret=CLIENT)
    attempt = Attempt(account="x", network=Network.X, client_id="c", redirect_url="http://127.0.0.1/",
                      auth_url="https://x.example", state=f"{BIRD}-state", verifier=f"{BIRD}-verifier")  # fmt: skip
    holders: list[object] = [
        consumer,
        credentials,
        attempt,
        Client(id="c", secret=CLIENT),
        FixedToken(PAGE_TOKEN, account="x", network=Network.X, app_secret=APP_SECRET, consumer=consumer),
        KeptToken(FileVault(Path("x.json")), account="x", network=Network.X, clock=clock, refresh=None),
    ]

    assert BIRD not in f"{holders!r} {[str(each) for each in holders]} {dict(enumerate(holders))}"


class Slip(RuntimeError):
    """A mistake of ours that quotes what it was given."""


def slipping(monkeypatch: pytest.MonkeyPatch) -> list[Slip]:
    """Let every call of a connector end in one; return those that were made."""
    slips: list[Slip] = []

    async def call(_http: Http, method: str, path: str, **sent: Any) -> None:
        quoted = f"{method} {path} {sent} {FRESH}"
        slips.append(Slip(quoted))
        raise slips[-1]

    monkeypatch.setattr(Http, "call", call)
    return slips


@pytest.mark.parametrize(
    "words", ["poll --once --verbose", pytest.param("send --once --verbose", marks=pytest.mark.slow), "doctor"]
)
def test_a_mistake_of_ours_inside_a_call_tells_no_token(
    cli: Cli, ring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """A traceback with what the functions held would tell it, and the error's own words; kind and place do not."""
    world = World()
    with running(world) as service:  # type: ignore[arg-type]  # it answers like one
        plant(cli, service.url, ring)
        if words.startswith("send"):
            cli("poll", "--once")
            cli("hide", cli("list", "--limit", "1", "--json").rows[0]["key"])
        cli.env["MAJLIS_DEBUG"] = "1"
        slips = slipping(monkeypatch)
        said = cli(*words.split())

    whole = "".join(traceback.TracebackException.from_exception(slips[0], capture_locals=True).format())
    assert BIRD in whole
    assert "Slip" in said.out + said.err
    assert "test_canary.py" in said.out + said.err
    assert BIRD not in said.out + said.err
    assert leaks(cli.home) == []


def test_what_nobody_catches_tells_no_token(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor the causes of it, nor its parts, in any thread; our own words stay."""
    for module, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(logging, "lastResort", logging.StreamHandler())
    main(["--version"], stdin=io.StringIO(), stdout=io.StringIO())
    error = ExceptionGroup(PAGE_TOKEN, [Slip(NEXT), EmptyText()])
    error.__cause__ = Slip(FRESH)
    sys.excepthook(type(error), error, None)
    whole = "".join(traceback.format_exception(error))
    thread = threading.Thread(target=lambda: int(FRESH))
    thread.start()
    thread.join()
    said = capsys.readouterr().err

    assert all(each in whole for each in (FRESH, NEXT, PAGE_TOKEN))
    assert ("Slip" in said, "ExceptionGroup" in said, "ValueError" in said, str(EmptyText()) in said) == (True,) * 4
    assert BIRD not in said


@pytest.mark.slow
def test_no_process_is_told_a_token_in_its_arguments(cli: Cli, ring: dict[tuple[str, str], str]) -> None:
    """While the program polls: what everybody on the machine can read of it, and of whatever it started."""
    world = World()
    with running(world) as service:  # type: ignore[arg-type]  # it answers like one
        plant(cli, service.url, ring)
        env = {"HOME": str(cli.home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **cli.env}
        process = subprocess.Popen(
            [sys.executable, "-m", "majlis", "poll", "--verbose"], env=env, cwd=cli.home,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            for _ in range(600):
                if PAGE_TOKEN in world.seen or process.poll() is not None:
                    break
                time.sleep(0.05)
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            shown = [Path(f"/proc/{each.pid}/cmdline").read_bytes() for each in family]
        finally:
            process.terminate()
            said, _ = process.communicate(timeout=30)

    assert PAGE_TOKEN in world.seen
    assert len(family) == 1
    assert BIRD.encode() not in b"".join([*shown, said])


def test_what_the_terminal_is_asked_with_knows_no_token(tmp_path: Path) -> None:
    """The one program that is ever started gets what it needs of the environment, and no more."""
    from tui.arabic.probe import around  # noqa: PLC0415  # beside what it is about

    fake = tmp_path / "tmux"
    fake.write_text("#!/bin/sh\n/usr/bin/env\n", encoding="utf-8")
    fake.chmod(0o755)
    told = around({"TMUX": "x", "PATH": str(tmp_path), "MAJLIS_TOKEN_X": PAGE_TOKEN, "SSH_AUTH_SOCK": "s"})

    assert "PATH=" in told
    assert BIRD not in told
    assert main(["keys"], env={"HOME": str(tmp_path)}, stdin=io.StringIO(), stdout=io.StringIO()) == 0
