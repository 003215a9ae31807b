"""The verb that signs in: majlis login. It needs a browser somewhere, not a screen here."""

from __future__ import annotations

import asyncio
import getpass
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors import loopback
from connectors.addresses import is_loopback
from connectors.clock import SystemClock, SystemIds
from connectors.facebook import FacebookSettings
from connectors.facebook.signin import PageSignIn
from connectors.signin import Attempt, Client
from majlis.errors import Ask, BadSettings
from majlis.message import Network
from tui import accounts, language, wiring
from tui.cli.parser import Usage
from tui.cli.verbs import Verb
from tui.config import SECRET_VARIABLE, TOKEN_VARIABLE, variable
from tui.language import N_, _, problem, word

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from connectors.vaults import Credentials
    from majlis.ports import Clock, Probe
    from tui.accounts import NetworkSettings
    from tui.cli.call import Call
    from tui.cli.parser import Parser
    from tui.config import Account

PORT = 8931
"""Where the browser comes back where an address has to be registered in full (Facebook, X); any free one will do."""
PATIENCE_S = 600.0
"""How long a person may take in the browser; services keep a code no longer either. A guess."""

_SAID = {
    "done": N_("You are signed in. Go back to the terminal; this page can be closed."),
    "refused": N_("The sign-in was refused. Go back to the terminal; it says why."),
    "foreign": N_("This does not belong to a sign-in that was begun here."),
}


class NoAccountThere(BadSettings):
    """The site file names no account on a network. Facts: path, network."""

    happened = "{path} names no account on {network}."
    safe = "Nothing was asked of any network."
    advice = "Name it there, under [accounts.NAME]; the file has an example, or majlis config init writes one."


class NoAppThere(BadSettings):
    """An account's app with its network is not known. Facts: path, account."""

    happened = "{account}: the id of your app with the network is needed to sign in."
    safe = "Nothing was asked of any network."
    advice = "Write it into {path}, as client_id of the account, or type it when majlis login asks for it."


class NobodyCame(Ask):
    """The browser did not come back. Facts: account, network."""

    happened = "{account}: the browser has not come back."
    safe = "What was there before is untouched."
    advice = "Begin again; from another machine: majlis login {network} --account {account} --paste"


def _arguments(parser: Parser) -> None:
    parser.take("network", about=_("facebook, x or youtube"))
    parser.option(
        "--account", metavar="NAME", about=_("which account of the site file; needed where there are several")
    )
    parser.option(
        "--paste", action="store_true", about=_("paste the address on which the browser ended; by itself over SSH")
    )
    parser.option("--port", type=int, metavar="N", about=_("where the browser comes back on this machine"))


def _login(call: Call, options: Namespace) -> int:
    return asyncio.run(_signed_in(call, options))


async def _signed_in(call: Call, options: Namespace) -> int:
    name, account = _chosen(call, options)
    own = accounts.network_settings(call.settings, name)
    vault = accounts.vault(call.settings, name)
    client = _client(call, name, account, vault.get())

    def begin(redirect_url: str) -> Attempt:
        return Attempt.begin(
            account=name,
            network=account.network,
            client_id=client.id,
            redirect_url=redirect_url,
            auth_url=own.auth_url,
            ids=SystemIds(),
        )

    attempt, code = await _brought(call, options, account, begin)
    credentials = await _redeemed(call, own, attempt, code, client)
    await wiring.write_down(call.settings, "login", name, {"network": account.network})
    async with vault.alone():
        await asyncio.to_thread(vault.put, credentials)
    async with accounts.connected(call.settings, [name], {}, SystemClock()) as (connector,):
        probe = await connector.probe()
    return _told(call, name, account, credentials, probe)


def _chosen(call: Call, options: Namespace) -> tuple[str, Account]:
    """Return the account that is meant."""
    try:
        network = Network(options.network)
    except ValueError:
        raise Usage(detail=_("facebook, x or youtube"), verb=call.verb) from None
    known = {name: each for name, each in call.settings.site.accounts.items() if each.network is network}
    if options.account is not None and options.account in known:
        return options.account, known[options.account]
    if not known:
        raise NoAccountThere(path=str(call.settings.site_path), network=network)
    if options.account is None and len(known) == 1:
        return next(iter(known.items()))
    raise Usage(detail=f"--account {' | '.join(known)}", verb=call.verb)


def _client(call: Call, name: str, account: Account, held: Credentials | None) -> Client:
    """Return what names this program to the network: settings, environment, what is there already, or a question."""
    before = held.client_id if held else None
    client_id = account.client_id or before or _asked(call, _("Id of the app: "))
    if not client_id:
        raise NoAppThere(path=str(call.settings.site_path), account=name)
    given = call.env.get(variable(SECRET_VARIABLE, name), "").strip()
    kept = held.client_secret or held.app_secret if held and client_id == before else None
    secret = given or kept or _asked(call, _("Secret of the app (not shown; empty where it has none): "), hidden=True)
    return Client(id=client_id, secret=secret or None)


def _asked(call: Call, question: str, *, hidden: bool = False) -> str:
    """Ask the person at the terminal; nobody there: nothing."""
    if not call.stdin.isatty():
        return ""
    aside = replace(call.printer, out=call.printer.err)
    aside.paragraph(question)  # a line of its own: what is typed beside Arabic would stand in the wrong place
    aside.out.flush()
    return (getpass.getpass("", stream=call.printer.err) if hidden else call.stdin.readline()).strip()


async def _brought(
    call: Call, options: Namespace, account: Account, begin: Callable[[str], Attempt]
) -> tuple[Attempt, str]:
    """Let a person sign in, and return the sign-in with the code that the browser brought back."""
    parts = urlsplit(account.redirect_url or "")
    port = options.port or parts.port or (0 if account.network is Network.YOUTUBE else PORT)
    returns_here = account.redirect_url is None or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if options.paste or not returns_here or (call.env.get("SSH_CONNECTION") and options.port is None):
        attempt = begin(account.redirect_url or _here(account.network, port or PORT))
        _show(call, attempt, pasted=True)
        return attempt, attempt.code_in(await asyncio.to_thread(call.stdin.readline))

    def code_in(address: str) -> str:
        return attempt.code_in(address)

    said = {key: _both(text) for key, text in _SAID.items()}
    async with loopback.listening(port, code_in, said) as (bound, brought):
        attempt = begin(account.redirect_url or _here(account.network, bound))
        _show(call, attempt, pasted=False)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return attempt, await brought
        except TimeoutError:
            raise NobodyCame(account=attempt.account, network=account.network) from None


def _here(network: Network, port: int) -> str:
    # Facebook lets "localhost" alone stand without being registered.
    host = "localhost" if network is Network.FACEBOOK else loopback.HOST
    return f"http://{host}:{port}/"


def _both(text: str) -> tuple[str, str]:
    return language.read("ar").texts.get(text, text), text


def _show(call: Call, attempt: Attempt, *, pasted: bool) -> None:
    """Say which address to open; it holds nothing that lets anybody in."""
    printer = call.printer
    if printer.json:
        printer.value({"open": attempt.address, "paste": pasted})
    else:
        printer.paragraph(_("Open this address in a browser, and allow what it asks for:"))
        print(attempt.address, file=printer.out)
        if pasted:
            printer.paragraph(_("Then paste here the address on which the browser ended, even if it shows an error:"))
        else:
            printer.paragraph(_("The browser then comes back to {address} by itself.", address=attempt.redirect_url))
    printer.out.flush()


async def _redeemed(call: Call, own: NetworkSettings, attempt: Attempt, code: str, client: Client) -> Credentials:
    clock: Clock = SystemClock()
    async with AsyncExitStack() as stack:
        if isinstance(own, FacebookSettings):
            page = PageSignIn(own, clock)
            stack.push_async_callback(page.aclose)
            return await page.redeem(attempt, code, client)
        endpoint = accounts.endpoint(call.settings, own, clock)
        stack.push_async_callback(endpoint.aclose)
        return await endpoint.redeem(attempt, code, client)


def _told(call: Call, name: str, account: Account, credentials: Credentials, probe: Probe) -> int:
    """Say what is kept where, whose it is, and what to do next."""
    place = _("the keyring") if account.token_keyring else str(call.settings.token_file(name))
    first = variable(TOKEN_VARIABLE, name)
    shadowed = first if call.env.get(first, "").strip() else None
    code = probe.problem.exit_code if probe.problem else 0
    if call.printer.json:
        call.printer.value(
            {
                "account": name,
                "network": account.network,
                "kept": place,
                "name": probe.name,
                "ends": credentials.expires_at if credentials.refresh_token is None else None,
                "problem": str(probe.problem) if probe.problem else None,
                "shadowed_by": shadowed,
            }
        )
        return code
    printer = call.printer
    printer.paragraph(_("{account}: signed in to {network}; kept in {place}.", account=name,
                        network=word(account.network), place=place))  # fmt: skip
    if probe.problem:
        printer.paragraph(problem(probe.problem))
    else:
        printer.paragraph(_("The network knows us as {name}.", name=probe.name or name))
    if shadowed:
        printer.paragraph(_("The variable {variable} still comes first: take it out.", variable=shadowed))
    printer.paragraph(_("A Majlis that runs goes on by itself. Next: majlis doctor"))
    return code


VERBS = {
    "login": Verb(
        run=_login,
        arguments=_arguments,
        about=N_(
            "Register http://127.0.0.1:8931/ with X, http://localhost:8931/ with Facebook; Google needs nothing. "
            "The app's secret is taken from MAJLIS_APP_SECRET_…, from what is kept already, or asked for."
        ),
        examples=(
            "majlis login x",
            "majlis login facebook --account ministry-facebook",
            "majlis login youtube --paste",
        ),
    ),
}
