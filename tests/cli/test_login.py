"""Signing in: with a browser on this machine, or with an address pasted, against servers of our own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest

from tests.cli.conftest import Cli, Said
from tests.connectors.networks import CHANNEL, PAGE, USER
from tests.connectors.service import Reply, Request, Service, serving
from tui.cli import main

SECRET = "canary-app-secret-91f"  # noqa: S105  # invented
TOKEN = "canary-access-77a"  # noqa: S105  # invented
OWN_ID = {"x": USER, "youtube": CHANNEL, "facebook": PAGE}


@dataclass(slots=True)
class Authority:
    """An imitation of the three services' sign-in: it gives tokens for a code that fits its verifier."""

    network: str
    code: str = "code-1"
    challenge: str | None = None
    forms: list[dict[str, str]] = field(default_factory=list)
    refuse: bool = False

    def answer(self, request: Request) -> Reply:
        """Answer as the service would."""
        path = request.path.removeprefix("/v26.0")
        if request.method == "POST":
            self.forms.append(dict(request.form))
            return self._granted(dict(request.form))
        if path == "/me/accounts":
            other = {"id": "1", "name": "Other", "access_token": "other"}
            ours = {"id": PAGE, "name": "Practice", "access_token": TOKEN}
            return Reply(body={"data": [other] if self.refuse else [other, ours]})
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        me = {"id": OWN_ID[self.network], "name": "Practice", "username": "p", "snippet": {"title": "Practice"}}
        return Reply(body={"x": {"data": me}, "youtube": {"items": [me]}, "facebook": me}[self.network])

    def _granted(self, form: dict[str, str]) -> Reply:
        if self.network == "facebook" and "fb_exchange_token" in form:
            return Reply(body={"access_token": "canary-long-33c"})
        if form["code"] != self.code or (self.challenge and _challenge(form["code_verifier"]) != self.challenge):
            return Reply(status=400, body={"error": "invalid_grant"})
        return Reply(body={"access_token": TOKEN, "refresh_token": "canary-refresh-5d", "expires_in": 7200})


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@contextmanager
def running(authority: Authority) -> Iterator[Service]:
    """Serve an authority from a thread of its own: the program under test has the main one."""
    ready, stop, made = threading.Event(), threading.Event(), []

    async def serve() -> None:
        async with serving() as service:
            service.answer = authority.answer
            made.append(service)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield made[0]
    finally:
        stop.set()
        thread.join(10)


def site(cli: Cli, network: str, url: str, more: str = "") -> None:
    """Write a site file with one account."""
    (cli.config / "site.toml").write_text(
        f'[accounts.moh]\nnetwork = "{network}"\nid = "{OWN_ID[network]}"\nhandle = "moh"\nclient_id = "app-1"\n'
        f'token_file = "moh.json"\napi_url = "{url}"\nauth_url = "{url}/authorize"\n'
        + (f'token_url = "{url}/token"\n' if network != "facebook" else "")
        + more,
        encoding="utf-8",
    )
    cli.env["MAJLIS_APP_SECRET_MOH"] = SECRET


class Person(io.StringIO):
    """Somebody who sees the address, allows, and pastes where the browser ended."""

    def __init__(self, out: io.StringIO, authority: Authority, bring: Callable[[dict[str, str]], str]) -> None:
        super().__init__()
        self._out = out
        self._authority = authority
        self._bring = bring

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # as StringIO has it
        """Read the address from the screen, and return the one on which the browser ended."""
        del size
        (address,) = re.findall(r"http\S+/authorize\?\S+", self._out.getvalue())
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self._authority.challenge = asked.get("code_challenge")
        return self._bring(asked)


def allowed(asked: dict[str, str]) -> str:
    """Return where the browser ends when the person allows."""
    return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], 'code': 'code-1'})}\n"


def pasted(cli: Cli, authority: Authority, bring: Callable[[dict[str, str]], str], *more: str) -> Said:
    """Sign in by pasting."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["login", authority.network, "--paste", *more]
    env = {"HOME": str(cli.home), **cli.env}
    code = main(argv, env=env, stdin=Person(out, authority, bring), stdout=out, stderr=err)
    return Said(code=code, out=out.getvalue(), err=err.getvalue())


def kept(cli: Cli) -> dict[str, Any]:
    """Return what the token file holds."""
    found: dict[str, Any] = json.loads((cli.config / "moh.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("network", ["x", "youtube", "facebook"])
def test_signing_in_by_pasting(cli: Cli, network: str) -> None:
    """Over SSH: the address is opened elsewhere, and where the browser ended is pasted; nothing secret is shown."""
    authority = Authority(network)
    with running(authority) as service:
        site(cli, network, service.url)
        said = pasted(cli, authority, allowed)

    assert said.code == 0, said
    assert "signed in" in said.out
    assert "Practice" in said.out
    assert kept(cli)["access_token"] == TOKEN
    assert stat.S_IMODE((cli.config / "moh.json").stat().st_mode) == 0o600
    assert (authority.challenge is not None) is (network != "facebook")
    for secret in (SECRET, TOKEN, "canary-refresh-5d", "canary-long-33c"):
        assert secret not in said.out + said.err


def test_a_sign_in_stands_in_the_history_before_its_tokens_are_kept(cli: Cli) -> None:
    """Where there is an inbox; by whom, where and when, and no token."""
    authority = Authority("x")
    with running(authority) as service:
        site(cli, "x", service.url)
        assert pasted(cli, authority, allowed).code == 0
        assert cli("audit", "show", "--json").code == 6
        assert cli("snippet", "add", "hello", "Hello", "--lang", "en").code == 0
        assert pasted(cli, authority, allowed).code == 0

    shown = cli("audit", "show", "--action", "login", "--json")
    (event,) = shown.rows
    assert (event["subject"], event["payload"]) == ("moh", {"network": "x"})
    assert all(event[name] for name in ("actor", "terminal", "at", "profile_version"))
    assert TOKEN not in shown.out


def test_what_is_kept_serves_the_next_refresh(cli: Cli) -> None:
    """The pair, its end, and what names the program; X takes the program's name in a Basic header."""
    authority = Authority("x")
    with running(authority) as service:
        site(cli, "x", service.url)
        assert pasted(cli, authority, allowed, "--json").code == 0
        header = service.requests[0].headers["authorization"]

    assert header == "Basic " + base64.b64encode(f"app-1:{SECRET}".encode()).decode()
    assert kept(cli)["refresh_token"] == "canary-refresh-5d"  # noqa: S105  # invented
    assert kept(cli)["expires_at"]
    assert (kept(cli)["client_id"], kept(cli)["client_secret"]) == ("app-1", SECRET)
    assert "client_secret" not in authority.forms[0]


@pytest.mark.parametrize(
    ("bring", "code", "word"),
    [
        (lambda asked: f"{asked['redirect_uri']}?state=another&code=code-1", 3, "does not belong"),
        (lambda asked: f"{asked['redirect_uri']}?code=code-1", 3, "does not belong"),
        (lambda _asked: "", 3, "does not belong"),
        (lambda asked: f"{asked['redirect_uri']}?state={asked['state']}&error=access_denied", 7, "access_denied"),
        (lambda asked: f"{asked['redirect_uri']}?state={asked['state']}&code=stolen", 7, "not taken"),
    ],
    ids=["another state", "no state", "nothing", "denied", "a code of somebody else"],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    cli: Cli, bring: Callable[[dict[str, str]], str], code: int, word: str
) -> None:
    """A foreign answer is not even shown to the service; the old credentials stay as they were."""
    authority = Authority("x")
    with running(authority) as service:
        site(cli, "x", service.url)
        (cli.config / "moh.json").write_text('{"access_token": "old"}', encoding="utf-8")
        (cli.config / "moh.json").chmod(0o600)
        said = pasted(cli, authority, bring)

    assert said.code == code
    assert word in said.err
    assert kept(cli) == {"access_token": "old"}
    assert len(authority.forms) == (1 if "taken" in word else 0)


def test_a_page_that_is_not_ours_is_named(cli: Cli) -> None:
    """Facebook gives tokens for the pages that a person runs; ours has to be among them."""
    authority = Authority("facebook", refuse=True)
    with running(authority) as service:
        site(cli, "facebook", service.url)
        said = pasted(cli, authority, allowed)

    assert said.code == 3
    assert "Other" in said.err
    assert not (cli.config / "moh.json").exists()


@pytest.mark.parametrize("network", ["x", "youtube", "facebook"])
def test_signing_in_with_a_browser_on_this_machine(cli: Cli, network: str) -> None:
    """The browser comes back by itself; a stranger who comes first is turned away."""
    authority, pages = Authority(network), []

    class Screen(io.StringIO):
        """Opens what it shows, as a person with a browser would."""

        def write(self, text: str) -> int:
            for address in re.findall(r"http\S+/authorize\?\S+", text):
                threading.Thread(target=browse, args=(address,)).start()
            return super().write(text)

    def browse(address: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        authority.challenge = asked.get("code_challenge")
        with pytest.raises(OSError, match="400"):
            urlopen(f"{asked['redirect_uri']}?state=guess&code=x", timeout=10)  # noqa: S310  # of this machine
        with urlopen(allowed(asked).strip(), timeout=10) as page:  # noqa: S310  # the same
            pages.append(page.read().decode())

    with running(authority) as service:
        site(cli, network, service.url, 'redirect_url = "http://127.0.0.1:0/back"\n' if network == "none" else "")
        out, err = Screen(), io.StringIO()
        env = {"HOME": str(cli.home), **cli.env}
        argv = ["login", network, "--port", str(_free_port())]
        code = main(argv, env=env, stdin=io.StringIO(), stdout=out, stderr=err)

    assert (code, err.getvalue()) == (0, "")
    assert kept(cli)["access_token"] == TOKEN
    assert 'dir="rtl"' in pages[0]
    assert "code-1" not in pages[0] + out.getvalue()


def _free_port() -> int:
    import socket  # noqa: PLC0415  # here alone

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_an_account_it_says_where_to_name_one(cli: Cli) -> None:
    """Nothing is asked of anybody."""
    said = cli("login", "x")

    assert said.code == 78
    assert "config init" in said.err
    assert cli("login", "myspace").code == 2


def test_of_several_accounts_one_has_to_be_named(cli: Cli) -> None:
    """The names are told."""
    text = "".join(f'[accounts.{name}]\nnetwork = "x"\nid = "1"\n' for name in ("one", "two"))
    (cli.config / "site.toml").write_text(text, encoding="utf-8")
    said = cli("login", "twitter")

    assert said.code == 2
    assert "one | two" in said.err


def test_a_variable_that_still_comes_first_is_told(cli: Cli) -> None:
    """Otherwise the old token would go on being used."""
    authority = Authority("youtube")
    with running(authority) as service:
        site(cli, "youtube", service.url)
        cli.env["MAJLIS_TOKEN_MOH"] = "old"  # noqa: S105  # invented
        said = pasted(cli, authority, allowed)

    assert said.code == 0
    assert "MAJLIS_TOKEN_MOH" in said.out


def test_what_no_setting_says_is_asked_for(cli: Cli) -> None:
    """The id of the app, from whoever sits at a terminal; a line of its own, so that Arabic stands right."""
    authority, out, err = Authority("x"), io.StringIO(), io.StringIO()

    class Typing(Person):
        asked = 0

        def isatty(self) -> bool:
            return True

        def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # as StringIO has it
            self.asked += 1
            return "app-typed\n" if self.asked == 1 else super().readline(size)

    with running(authority) as service:
        site(cli, "x", service.url)
        path = cli.config / "site.toml"
        path.write_text(path.read_text(encoding="utf-8").replace('client_id = "app-1"\n', ""), encoding="utf-8")
        env = {"HOME": str(cli.home), **cli.env}
        code = main(["login", "x", "--paste"], env=env, stdin=Typing(out, authority, allowed), stdout=out, stderr=err)

    assert code == 0
    assert err.getvalue() == "Id of the app:\n"
    assert kept(cli)["client_id"] == "app-typed"
