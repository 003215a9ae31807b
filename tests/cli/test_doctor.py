"""The doctor asks each service itself, says what it found, and exits by it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from connectors.signin import SCOPES
from majlis.message import Network
from tests.cli.conftest import Cli, Said
from tests.cli.test_login import Authority, running
from tests.connectors.networks import CHANNEL, PAGE, USER
from tests.connectors.service import Reply, Request
from tui import people

TOKEN = "canary-doctor-5d"  # noqa: S105  # invented
OWN_ID = {"x": USER, "youtube": CHANNEL, "facebook": PAGE}


class Asked(Authority):
    """A service that is asked how things stand."""

    def __init__(self, network: str) -> None:
        super().__init__(network)
        self.reply: Reply | None = None
        self.scopes: list[str] | None = None

    def answer(self, request: Request) -> Reply:
        """Answer as the service would, or as the test wants."""
        if request.path == "/tokeninfo":
            self.forms.append(dict(request.form))
            assert not request.query
            scope = " ".join(self.scopes or ())
            return Reply(body={"scope": scope}) if self.scopes else Reply(status=400, body={"error": "invalid_token"})
        if request.path.endswith("/debug_token"):
            return Reply(body={"data": {"scopes": self.scopes}}) if self.scopes else Reply(status=400, body={})
        me = {"id": OWN_ID[self.network], "name": "Practice", "username": "p", "snippet": {"title": "Practice"}}
        return self.reply or Reply(body={"x": {"data": me}, "youtube": {"items": [me]}, "facebook": me}[self.network])


def examined(cli: Cli, *services: tuple[str, str], scope: str | None = None) -> Said:
    """Ask the doctor about accounts at these addresses."""
    site = [f'[roles]\nsupervisor = ["{people.user_name(os.getuid())}"]\n']
    for network, url in services:
        token = cli.config / f"{network}.json"
        token.write_text(json.dumps({"access_token": TOKEN, "scope": scope}), encoding="utf-8")
        token.chmod(0o600)
        site.append(
            f'[accounts.{network}]\nnetwork = "{network}"\nid = "{OWN_ID[network]}"\nhandle = "moh"\n'
            f'token_file = "{network}.json"\napi_url = "{url}"\n'
            + ("" if network == "facebook" else f'token_url = "{url}/token"\n')
        )
    (cli.config / "site.toml").write_text("\n".join(site), encoding="utf-8")
    said = cli("doctor", "--json")
    assert TOKEN not in said.out + said.err
    return said


@pytest.mark.parametrize("network", ["x", "youtube", "facebook"])
def test_a_service_that_knows_us_is_well(cli: Cli, network: str) -> None:
    """Its own word for us is told."""
    with running(Asked(network)) as service:
        said = examined(cli, (network, service.url))

    assert said.code == 0, said.out
    assert "Practice" in next(row["detail"] for row in said.rows if row["about"] == network)


@pytest.mark.parametrize(
    ("reply", "code", "word"),
    [
        (Reply(status=401, body={"error": {"code": 190, "errors": [{"reason": "authError"}]}}), 3, "majlis login"),
        (Reply(status=503, raw=b""), 75, "cannot be reached"),
    ],
    ids=["dead token", "service down"],
)
@pytest.mark.parametrize("network", ["x", "youtube", "facebook"])
def test_it_exits_by_what_it_found(cli: Cli, network: str, reply: Reply, code: int, word: str) -> None:
    """A dead token names the command; a service that is down asks for patience."""
    authority = Asked(network)
    authority.reply = reply
    with running(authority) as service:
        said = examined(cli, (network, service.url))

    assert said.code == code
    assert word in said.out


@pytest.mark.parametrize(
    ("left", "code", "said_en", "said_ar"),
    [
        ("nothing", 3, "there is no file", "لا يوجد ملف"),
        ("empty", 3, "holds none", "فارغ من الرمز"),
        ("words", 3, "holds none", "فارغ من الرمز"),
        ("closed", 78, "cannot read", "لا يستطيع قراءة"),
        ("open", 78, "others may read it", "يستطيع غيرك قراءته"),
        ("token", 0, "has a token", "له رمز"),
    ],
)
def test_what_lies_where_a_token_should_be_is_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, *, left: str, code: int, said_en: str, said_ar: str
) -> None:
    """No file, none that this user may read, nothing in it, open to others, or a token: each by its path."""
    me = people.user_name(os.getuid())
    site = f'[roles]\nsupervisor = ["{me}"]\n[accounts.own]\nnetwork = "x"\nid = "1"\ntoken_file = "own.json"\n'
    (cli.config / "site.toml").write_text(site, encoding="utf-8")
    token = cli.config / "own.json"
    if left != "nothing":
        held = {"empty": "", "words": "not JSON"}.get(left, json.dumps({"access_token": TOKEN}))
        token.write_text(held, encoding="utf-8")
        token.chmod(0o644 if left == "open" else 0o600)
    if left == "closed":
        monkeypatch.setattr("os.access", lambda *_args: False)  # root reads everything

    english, arabic = (cli("doctor", "--offline", "--json", "--language", each) for each in ("en", "ar"))
    rows = [next(row for row in each.rows if row["about"] == "own") for each in (english, arabic)]

    assert [said_en in rows[0]["detail"], said_ar in rows[1]["detail"]] == [True, True], rows
    assert all(str(token) in row["detail"] for row in rows)
    assert english.code == code
    assert TOKEN not in english.out + english.err


def test_what_is_wrong_is_told_in_arabic(cli: Cli) -> None:
    """Whole: neither a word of the error nor of what was looked at is left in English, or cut."""
    site = '[accounts.own]\nnetwork = "x"\nid = "1"\nhandle = "moh"\napi_url = "http://127.0.0.1:9"\n'
    (cli.config / "site.toml").write_text(site, encoding="utf-8")
    cli.env["MAJLIS_TOKEN_OWN"] = TOKEN

    said = cli("doctor", "--language", "ar").out

    assert "الإعدادات" in said
    assert "…" not in said
    assert "لم يضع شيء؛ ما ينتظر هنا محفوظ." in " ".join(said.split())
    assert "Nothing" not in said


@pytest.mark.parametrize("network", ["x", "youtube", "facebook"])
def test_a_clock_that_is_off_is_told(cli: Cli, network: str) -> None:
    """By the service's own."""
    authority = Asked(network)
    authority.reply = authority.answer(Request(method="GET", path="/", query={}, headers={}, form={}, body=None))
    ahead = datetime.now(UTC) + timedelta(minutes=10)  # noqa: TID251  # a process with the machine's own clock
    with running(authority) as service:
        date = ahead.strftime("%a, %d %b %Y %H:%M:%S GMT")
        authority.reply = Reply(body=authority.reply.body, headers={"Date": date})
        said = examined(cli, (network, service.url))

    assert said.code == 1
    assert "clock is off" in said.out


def test_rights_that_were_not_granted_are_named(cli: Cli) -> None:
    """From what the service said when somebody signed in."""
    some = " ".join(each for each in SCOPES[Network.X] if not each.startswith("dm."))
    with running(Asked("x")) as service:
        said = examined(cli, ("x", service.url), scope=some)

    assert said.code == 7
    assert "dm.read, dm.write" in said.out
    assert "majlis login x" in said.out
    assert "reading private messages, private messages" in said.out
    assert "does not tell the rights; those granted at the sign-in are" in said.out


def test_google_is_asked_for_the_rights_of_its_token(cli: Cli) -> None:
    """In a form to the host that gave it; what they lack is named with what does not work."""
    authority = Asked("youtube")
    authority.scopes = ["https://www.googleapis.com/auth/youtube.readonly"]
    with running(authority) as service:
        lacking = examined(cli, ("youtube", service.url), scope=" ".join(SCOPES[Network.YOUTUBE]))
        authority.scopes = [*SCOPES[Network.YOUTUBE], "https://www.googleapis.com/auth/youtube"]
        whole = examined(cli, ("youtube", service.url))

    assert authority.forms == [{"access_token": TOKEN}] * 2
    assert (lacking.code, whole.code) == (7, 0)
    assert "youtube.force-ssl" in lacking.out
    assert "answering" in lacking.out
    assert "does not tell" not in lacking.out + whole.out


def test_where_google_cannot_be_asked_the_rights_kept_with_the_token_are_told(cli: Cli) -> None:
    """And said to be just that."""
    with running(Asked("youtube")) as service:
        said = examined(cli, ("youtube", service.url), scope="https://www.googleapis.com/auth/youtube.readonly")

    assert said.code == 7
    assert "those granted at the sign-in are: https://www.googleapis.com/auth/youtube.readonly" in said.out


def test_the_access_level_that_x_tells_is_shown(cli: Cli) -> None:
    """With keys of OAuth 1.0a there are no other rights to tell of."""
    authority = Asked("x")
    body = authority.answer(Request(method="GET", path="/", query={}, headers={}, form={}, body=None)).body
    authority.reply = Reply(body=body, headers={"x-access-level": "read-write-directmessages"})
    with running(authority) as service:
        said = examined(cli, ("x", service.url))

    assert said.code == 0
    assert "access level is read-write-directmessages" in said.out
    assert "none were kept at a sign-in" in said.out


def test_facebook_is_asked_for_the_rights_of_its_token(cli: Cli) -> None:
    """It tells them at any time."""
    authority = Asked("facebook")
    authority.scopes = [each for each in SCOPES[Network.FACEBOOK] if each != "pages_messaging"]
    with running(authority) as service:
        said = examined(cli, ("facebook", service.url))

    assert said.code == 7
    assert "pages_messaging" in said.out


def test_somebody_elses_account_is_not_ours(cli: Cli) -> None:
    """Signed in as another user: nothing would go where it should."""
    authority = Asked("x")
    authority.reply = Reply(body={"data": {"id": "1", "name": "Other", "username": "other"}})
    with running(authority) as service:
        said = examined(cli, ("x", service.url))

    assert said.code == 7
    assert "another account" in said.out


def test_without_a_network_it_stays_useful(cli: Cli) -> None:
    """Everything on this machine is looked at, and the other services are asked all the same."""
    with running(Asked("x")) as gone:
        url = gone.url
    with running(Asked("youtube")) as there:
        said = examined(cli, ("x", url), ("youtube", there.url))
    rows = {row["about"]: row for row in said.rows}

    assert said.code == 75
    assert rows["program"]["ok"]
    assert rows["settings"]["ok"]
    assert rows["youtube"]["ok"]
    assert "cannot be reached" in rows["x"]["detail"]
