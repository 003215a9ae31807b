"""Our accounts: from what the site file says to connectors with their credentials."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, assert_never

import msgspec

from connectors.budget import PACIFIC, DayLedger
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.oauth import TokenEndpoint
from connectors.tokens import FixedToken, KeptToken
from connectors.vaults import Consumer, FileVault, KeyringVault
from connectors.x import XConnector, XSettings
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.errors import BadSettings
from majlis.message import Network
from tui.config import CONSUMER_VARIABLES, SECRET_VARIABLE, TOKEN_VARIABLE, UnknownSetting, nearest, variable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from pathlib import Path

    from connectors.http import Line
    from connectors.tokens import TokenSource
    from connectors.vaults import Vault
    from majlis.ports import Clock, Connector, Pictures
    from tui.config import Account, Settings

NetworkSettings = FacebookSettings | XSettings | YouTubeSettings

_FORMS: Final[dict[Network, tuple[type[NetworkSettings], str]]] = {
    Network.FACEBOOK: (FacebookSettings, "page"),
    Network.X: (XSettings, "user"),
    Network.YOUTUBE: (YouTubeSettings, "channel"),
}
"""How a network writes its settings, and what it calls an account's own id."""


class TokenState(Enum):
    """What is where an account's token should be, as this process sees it."""

    THERE = "there"
    MISSING = "missing"
    """Nothing at all."""
    CLOSED = "closed"
    """A file, or a folder on the way to it, that this user may not read."""
    EMPTY = "empty"
    """A file without a token in it."""


def have_token(settings: Settings, env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the accounts that this process can act for; operators on a shared server have none."""
    return tuple(name for name in settings.site.accounts if _has_token(settings, name, env))


def _has_token(settings: Settings, name: str, env: Mapping[str, str]) -> bool:
    try:
        state = token_state(settings, name, env)
    except BadSettings:
        return True  # it is said where the account is shown
    if state is not TokenState.MISSING:
        return state is not TokenState.CLOSED  # a service's own
    # Named, not there yet, and ours to write: the screen says that somebody has to sign in.
    is_named = settings.site.accounts[name].token_file is not None
    return is_named and os.access(settings.token_file(name).parent, os.W_OK)


def token_state(settings: Settings, name: str, env: Mapping[str, str]) -> TokenState:
    """Look for an account's token, without asking its network.

    Raises:
        BadSettings: The file is open to others, or the keyring cannot be used.
    """
    if env.get(variable(TOKEN_VARIABLE, name), "").strip():
        return TokenState.THERE
    if settings.site.accounts[name].token_keyring:
        return TokenState.MISSING if vault(settings, name).get() is None else TokenState.THERE
    path = settings.token_file(name)
    try:
        path.stat()
    except PermissionError:
        return TokenState.CLOSED
    except OSError:
        return TokenState.MISSING
    if not os.access(path, os.R_OK):
        return TokenState.CLOSED
    return TokenState.EMPTY if vault(settings, name).get() is None else TokenState.THERE


@asynccontextmanager
async def connected(
    settings: Settings,
    names: Iterable[str],
    env: Mapping[str, str],
    clock: Clock,
    pictures: Pictures | None = None,
    *,
    line: Callable[[str, Network], Line | None] = lambda _account, _network: None,
) -> AsyncIterator[tuple[Connector, ...]]:
    """Make a connector for each of these accounts, and close them in the end; nothing is asked of a network yet.

    Args:
        settings: What the site file says.
        names: Which accounts.
        env: Where tokens may stand.
        clock: The time.
        pictures: Where those of posts lie; None: whoever only asks how things stand needs none.
        line: What stands between an account's client and the network, if anything does.

    Raises:
        BadSettings: An account's options say something unknown.
    """
    async with AsyncExitStack() as stack:
        made: list[Connector] = []
        for name in names:
            own = network_settings(settings, name)
            tokens_from = None if isinstance(own, FacebookSettings) else endpoint(settings, own, clock)
            if tokens_from is not None:
                stack.push_async_callback(tokens_from.aclose)
            tokens = _tokens(settings, name, env, clock, tokens_from)
            between = line(name, settings.site.accounts[name].network)
            connector = _connector(own, clock, tokens, pictures, kept=_kept(settings, own), line=between)
            stack.push_async_callback(connector.aclose)
            made.append(connector)
        yield tuple(made)


def _connector(
    own: NetworkSettings, clock: Clock, tokens: TokenSource, pictures: Pictures | None, *, kept: Path, line: Line | None
) -> Connector:
    match own:
        case FacebookSettings():
            return FacebookConnector(own, clock, tokens, pictures, line=line)
        case XSettings():
            ledger = DayLedger(clock, limit=own.budget_mills, reserve=own.reserve_mills, path=kept)
            return XConnector(own, clock, tokens, ledger, pictures=pictures, line=line)
        case YouTubeSettings():
            units, reserve = own.units_per_day, own.reserve_units
            ledger = DayLedger(clock, limit=units, reserve=reserve, zone=PACIFIC, path=kept)
            return YouTubeConnector(own, clock, tokens, ledger, line=line)
        case _:
            assert_never(own)


def _kept(settings: Settings, own: NetworkSettings) -> Path:
    """Return where an account's ledger is kept: beside its tokens, so that all who can spend count in one file."""
    name = own.project if isinstance(own, YouTubeSettings) and own.project else own.account
    token_file = settings.site.accounts[own.account].token_file
    folder = settings.folders.data if token_file is None else settings.beside(token_file).parent
    return folder / f"{name}.spent.json"


def network_settings(settings: Settings, name: str) -> NetworkSettings:
    """Return an account's settings in the form of its network.

    Raises:
        BadSettings: Its options say something unknown.
    """
    account = settings.site.accounts[name]
    form, _own_id = _FORMS[account.network]
    key, path = f"accounts.{name}.options", str(settings.site_path)
    for option in account.options:
        if option not in form.__struct_fields__:
            near = nearest(option, list(form.__struct_fields__)) or ", ".join(form.__struct_fields__)
            raise UnknownSetting(path=path, line="?", key=f"{key}.{option}", nearest=near)
    try:
        return msgspec.convert(_said(name, account) | account.options, form)
    except msgspec.ValidationError as error:
        raise BadSettings(path=path, key=key, detail=str(error)) from error


def _said(name: str, account: Account) -> dict[str, Any]:
    """Return what the site file says in the network's own words."""
    _form, own_id = _FORMS[account.network]
    said = {"account": name, own_id: account.id, "name": account.name, "handle": account.handle}
    urls = {"api_url": account.api_url, "auth_url": account.auth_url, "token_url": account.token_url}
    return {**said, **{key: url for key, url in urls.items() if url is not None}}


def vault(settings: Settings, name: str) -> Vault:
    """Return where an account's credentials are kept."""
    if settings.site.accounts[name].token_keyring:
        return KeyringVault(name, settings.folders.data / f".{name}.lock")
    return FileVault(settings.token_file(name))


def endpoint(settings: Settings, own: XSettings | YouTubeSettings, clock: Clock) -> TokenEndpoint:
    """Return where a token that ends is exchanged for a fresh one; page tokens do not end."""
    network = settings.site.accounts[own.account].network
    # X wants the client named in a Basic header, Google in the form. Source: API facts, sections 2 and 3.
    return TokenEndpoint(own.token_url, account=own.account, network=network, clock=clock, basic=network is Network.X)


def _tokens(
    settings: Settings, name: str, env: Mapping[str, str], clock: Clock, tokens_from: TokenEndpoint | None
) -> TokenSource:
    """Return where an account's token comes from: the environment first, then its file."""
    account = settings.site.accounts[name]
    given = env.get(variable(TOKEN_VARIABLE, name), "").strip()
    if given:
        secret = env.get(variable(SECRET_VARIABLE, name), "").strip() or None
        return FixedToken(
            given, account=name, network=account.network, app_secret=secret, consumer=consumer_of(name, env)
        )
    return KeptToken(
        vault(settings, name),
        account=name,
        network=account.network,
        clock=clock,
        refresh=tokens_from.refresh if tokens_from else None,
    )


def consumer_of(name: str, env: Mapping[str, str]) -> Consumer | None:
    """Return the keys of OAuth 1.0a, where the environment has all of them."""
    key, secret, token_secret = (env.get(variable(each, name), "").strip() for each in CONSUMER_VARIABLES)
    return Consumer(key=key, secret=secret, token_secret=token_secret) if key and secret and token_secret else None
