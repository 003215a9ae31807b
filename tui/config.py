"""Settings: the site file (whose inbox, which accounts, who may do what) and the personal file (how it looks).

Both are TOML. Every setting is described where its type is, and the commented files of `majlis config init` and the
answer of `majlis config show` come from there. A key nobody knows is refused, with its line and the nearest known name.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from connectors.addresses import checked_url
from majlis.errors import BadSettings
from majlis.message import Network
from majlis.policy import Role
from tui.language import N_

SITE_FILE = Path("/etc/majlis/site.toml")
"""Where an administrator of a server puts the site file; one person alone has it beside the personal file."""

TOKEN_VARIABLE = "MAJLIS_TOKEN_"  # noqa: S105  # the name of a variable, not a token
SECRET_VARIABLE = "MAJLIS_APP_SECRET_"  # noqa: S105  # the same
CONSUMER_VARIABLES = ("MAJLIS_CONSUMER_KEY_", "MAJLIS_CONSUMER_SECRET_", "MAJLIS_TOKEN_SECRET_")
"""The other three keys of OAuth 1.0a, beside the token."""
"""Both followed by the account's id in capitals, `-` as `_`."""

ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]+")
"""What message keys allow."""


class UnknownSetting(BadSettings):
    """A key nobody knows. Facts: path, line, key, nearest."""

    happened = "{path}, line {line}: there is no setting “{key}”."
    advice = "The nearest known name is “{nearest}”."


class WrongLine(BadSettings):
    """A value that a settings file may not have. Facts: path, line, key, detail."""

    happened = "{path}, line {line}: {key}: {detail}"


class CannotReadSettings(BadSettings):
    """A settings file, or one that it names, that cannot be read. Facts: path, reason."""

    happened = "{path} cannot be read: {reason}."
    advice = "Mend the file, or name another one; majlis config path says which are read."


class NoSuchSettingsFile(BadSettings):
    """A file was named and is not there. Facts: path."""

    happened = "There is no file {path}."
    safe = ""
    advice = "majlis config init writes one to fill in."


# ----------------------------------------------------------------------------------------------------------- the types


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a settings file."""


Url = Annotated[str | None, Meta(description=N_("https; plain http for this machine alone"))]


class Account(_Table, frozen=True, kw_only=True):
    """One of our accounts on one network."""

    network: Annotated[Network, Meta(description=N_("facebook, x or youtube"), examples=["facebook"])]
    id: Annotated[
        str, Meta(description=N_("The page's, user's or channel's own id on the network"), examples=["100000000000001"])
    ]
    handle: Annotated[str, Meta(description=N_("Its handle there, without the @"), examples=["ministry"])] = ""
    name: Annotated[str, Meta(description=N_("What it is called on the screen"), examples=["Ministry"])] = ""
    token_file: Annotated[
        str | None,
        Meta(
            description=N_(
                "File with its credentials (JSON), mode 600, as majlis login writes it; MAJLIS_TOKEN_… comes first"
            ),
            examples=["/etc/majlis/tokens/ministry-facebook.json"],
        ),
    ] = None
    api_url: Annotated[
        Url, Meta(description=N_("Another address of the network's interface: a gateway, a test server"))
    ] = None
    token_keyring: Annotated[
        bool,
        Meta(
            description=N_("Keep its credentials in your keyring, in place of a file; needs majlis[keyring]"),
            examples=["true"],
        ),
    ] = False
    client_id: Annotated[
        str | None,
        Meta(description=N_("Id of your app with the network, for majlis login"), examples=["1234567890"]),
    ] = None
    redirect_url: Annotated[
        str | None,
        Meta(
            description=N_("Where the network sends the browser after signing in; as registered with it"),
            examples=["http://127.0.0.1:8931/"],
        ),
    ] = None
    auth_url: Annotated[Url, Meta(description=N_("Another address on which a person signs in"))] = None
    token_url: Annotated[Url, Meta(description=N_("Another address for signing in"))] = None
    options: Annotated[
        dict[str, Any],
        Meta(
            description=N_("What is particular to the network; default: as the network advises"),
            examples=["poll_s = 60"],
        ),
    ] = {}


class Escalation(_Table, frozen=True, kw_only=True):
    """A way by which customer service is told outside this program."""

    kind: Annotated[Literal["mail", "webhook"], Meta(description=N_("mail or webhook"), examples=["mail"])]
    server: Annotated[str | None, Meta(description=N_("mail: the server"), examples=["smtp.ministry.example"])] = None
    port: Annotated[
        int, Meta(ge=0, le=65535, description=N_("mail: its port; default: 587, 465 or 25"), examples=["587"])
    ] = 0
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(description=N_("mail: starttls, tls, or none for a relay on this machine"), examples=["starttls"]),
    ] = "starttls"
    user: Annotated[
        str | None, Meta(description=N_("mail: who signs in; without it nobody does"), examples=["majlis"])
    ] = None
    sender: Annotated[str | None, Meta(description=N_("mail: from whom"), examples=["inbox@ministry.example"])] = None
    to: Annotated[tuple[str, ...], Meta(description=N_("mail: to whom"), examples=['["desk@ministry.example"]'])] = ()
    urgent_to: Annotated[
        tuple[str, ...],
        Meta(description=N_("mail: who is told as well in danger"), examples=['["duty@ministry.example"]']),
    ] = ()
    authorities: Annotated[
        str | None,
        Meta(
            description=N_("mail: file with the certificates to trust; default: the system's"),
            examples=["/etc/majlis/ministry-ca.pem"],
        ),
    ] = None
    url: Annotated[
        Url, Meta(description=N_("webhook: where to call"), examples=["https://crm.ministry.example/cases"])
    ] = None
    secret_file: Annotated[
        str | None,
        Meta(
            description=N_("File with password or key, mode 600; the variable MAJLIS_SECRET_… comes first"),
            examples=["/etc/majlis/tokens/desk.secret"],
        ),
    ] = None
    contact: Annotated[
        bool,
        Meta(
            description=N_("Whether what the person gave to be reached by goes along; else it is opened here, logged"),
            examples=["true"],
        ),
    ] = False


class Site(_Table, frozen=True, kw_only=True):
    """The site file."""

    store: Annotated[
        str | None,
        Meta(
            description=N_(
                "Where the inbox is: a file, or an address of PostgreSQL; default: majlis/inbox.db in your data folder"
            ),
            examples=["/srv/majlis/inbox.db", "postgresql://db.ministry.example/majlis?sslmode=verify-full"],
        ),
    ] = None
    profile: Annotated[
        str | None,
        Meta(
            description=N_("File with the policy profile: official contacts, calendars, targets (JSON or TOML)"),
            examples=["/etc/majlis/profile.json"],
        ),
    ] = None
    rules: Annotated[
        str | None,
        Meta(
            description=N_("Folder with rules of your own: TOML files over those that come with the program"),
            examples=["/etc/majlis/rules"],
        ),
    ] = None
    roles: Annotated[
        dict[Role, tuple[str, ...]],
        Meta(
            description=N_("Who may do what: role = users, and @groups; without this table all is the file's owner's"),
            examples=['operator = ["@media"]', 'supervisor = ["mariam"]'],
        ),
    ] = {}
    accounts: Annotated[dict[str, Account], Meta(description=N_("Our accounts, each under a name of your choice"))] = {}
    escalation: Annotated[
        dict[str, Escalation],
        Meta(description=N_("How customer service is told, each way under a name of your choice")),
    ] = {}
    seal_key: Annotated[
        str | None,
        Meta(
            description=N_(
                "File with the key that seals the history, mode 600, of the user that polls and sends; "
                "majlis audit key makes one"
            ),
            examples=["/etc/majlis/seal.key"],
        ),
    ] = None
    seal_public: Annotated[
        tuple[str, ...],
        Meta(
            description=N_("Public keys by which seals are checked, as majlis audit key prints them; the newest last"),
            examples=['["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]'],
        ),
    ] = ()
    backlog_open_h: Annotated[
        int,
        Meta(
            ge=0,
            description=N_(
                "Hours before an account's first connection for which answers are still owed; the rest is history"
            ),
            examples=["72"],
        ),
    ] = 24


class Personal(_Table, frozen=True, kw_only=True):
    """The personal file."""

    language: Annotated[
        Literal["ar", "en"] | None,
        Meta(description=N_("Language of the program: ar or en; default: that of the system"), examples=["ar"]),
    ] = None
    drawing: Annotated[
        Literal["auto", "pf", "pf+lro", "logical"],
        Meta(description=N_("How Arabic reaches the terminal: auto, pf, pf+lro or logical"), examples=["pf"]),
    ] = "auto"
    theme: Annotated[
        Literal["terminal", "plain"],
        Meta(description=N_("terminal: the terminal's own colours; plain: none"), examples=["plain"]),
    ] = "terminal"
    mouse: Annotated[
        bool, Meta(description=N_("Whether the mouse works; off is lighter over SSH"), examples=["true"])
    ] = False
    keys: Annotated[
        dict[str, tuple[str, ...]],
        Meta(
            description=N_("Other keys: name of the action = keys; majlis keys lists them"),
            examples=['escalate = ["e"]'],
        ),
    ] = {}


class Targets(_Table, frozen=True, kw_only=True):
    """Promises, in working minutes."""

    first_response_wm: Annotated[int, Meta(ge=1)] = 420


class PledgeOfOurs(_Table, frozen=True, kw_only=True):
    """The pledge in our own words; a new version is read again by everybody."""

    version: str
    ar: str
    en: str


class Profile(_Table, frozen=True, kw_only=True):
    """The policy profile's file; contacts and calendars are decoded by the domain."""

    id: str = "default"
    version: str = "1"
    contacts: dict[str, Any] = {}
    calendars: dict[str, Any] = {}
    targets: Targets = Targets()
    approval: bool = False
    """Whether somebody else has to approve a post before it may be scheduled (C5)."""
    duty_contact: str | None = None
    emergency_numbers: tuple[tuple[str, str], ...] | None = None
    """Number and what it reaches; None: those of the policy's own text."""
    pledge: PledgeOfOurs | None = None
    """None: the one that comes with the program."""
    own_data: Literal["block", "warn"] = "block"
    """What happens in private messages to contact data that the person gave themselves (D12)."""
    grace_minutes: Annotated[int, Meta(ge=0, le=10)] = 0
    """How long after closing a reply to an open conversation may still go out (D5)."""
    hold_s: Annotated[int, Meta(ge=0, le=600)] = 10
    claim_minutes: Annotated[int, Meta(ge=1, le=1440)] = 15


# -------------------------------------------------------------------------------------------------- reading a TOML file

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A settings file as it was read; finds the lines to blame."""

    path: str
    text: str

    def line_of(self, at: tuple[str, ...]) -> int:
        """Return the line on which the last part of a dotted key stands, or 1; good enough to point at."""
        name = re.escape(at[-1])
        pattern = re.compile(rf'^\s*(?:\[[^\]]*)?["\']?(?:[\w."\'-]*\.)?{name}["\']?\s*(?:=|\]|\.)', re.MULTILINE)
        section = re.search(rf'^\s*\[.*{re.escape(at[-2])}["\']?\s*\]', self.text, re.MULTILINE) if at[1:] else None
        start = section.start() if section else 0
        found = pattern.search(self.text, start) or pattern.search(self.text)
        return self.text.count("\n", 0, found.end()) + 1 if found else 1


def decode(kind: type[_T], text: str, path: str) -> _T:
    """Decode a settings file: TOML, or JSON where the name says so.

    Raises:
        BadSettings: It is not of that form, or says something unknown; the error names line and key.
    """
    return _decoded(kind, text, path)[0]


def _decoded(kind: type[_T], text: str, path: str) -> tuple[_T, dict[str, Any]]:
    """Return the settings, and the file as written."""
    data = _parsed(text, path)
    return _convert(kind, data, (), _File(path=path, text=text)), data


def _parsed(text: str, path: str) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(text) if path.endswith(".json") else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise BadSettings(path=path, key="-", detail=str(error)) from error
    if not isinstance(data, dict):
        raise BadSettings(path=path, key="-", detail=N_("it is not a table"))
    return data


def _convert(kind: Any, data: Any, at: tuple[str, ...], file: _File) -> Any:
    """Convert one value; tables go field by field, so that an error knows its whole key."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(data, dict):
        hints = get_type_hints(kind, include_extras=True)
        for name in data:
            if name not in hints:
                raise _unknown((*at, name), hints, file)
        fields = {name: _convert(_bare(hints[name]), data[name], (*at, name), file) for name in data}
        return _checked(kind, fields, at, file)
    if get_origin(kind) is dict and isinstance(data, dict):
        keys, values = get_args(kind)
        return {_key(keys, name, at, file): _convert(values, data[name], (*at, name), file) for name in data}
    return _checked(kind, data, at, file)


def _bare(hint: Any) -> Any:
    """Return a table or dictionary type without its description; anything else keeps its bounds."""
    inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    is_table = get_origin(inner) is dict or (isinstance(inner, type) and issubclass(inner, msgspec.Struct))
    return inner if is_table else hint


def _key(kind: Any, name: str, at: tuple[str, ...], file: _File) -> Any:
    if kind is Role and name not in set(Role):
        raise _unknown((*at, name), {role.value: role for role in Role}, file)
    return _checked(kind, name, (*at, name), file)


def _checked(kind: Any, data: Any, at: tuple[str, ...], file: _File) -> Any:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        if not at:
            raise BadSettings(path=file.path, key="-", detail=str(error)) from error
        raise WrongLine(path=file.path, line=file.line_of(at), key=".".join(at), detail=str(error)) from error


def _unknown(at: tuple[str, ...], known: Mapping[str, Any], file: _File) -> UnknownSetting:
    return UnknownSetting(
        path=file.path, line=file.line_of(at), key=".".join(at), nearest=nearest(at[-1], known) or ", ".join(known)
    )


def nearest(name: str, known: Mapping[str, Any] | list[str]) -> str | None:
    """Return the known name most like this one, or None when none is."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)), None)


# ---------------------------------------------------------------------------------------------------- settings in force


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where this person's files are."""

    config: Path
    data: Path
    state: Path

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Folders:
        """Read the XDG variables; a relative path in one of them counts as absent, as the XDG text wants it."""
        home = Path(env.get("HOME") or Path("~").expanduser())

        def folder(variable: str, default: str) -> Path:
            value = env.get(variable, "")
            return (Path(value) if value.startswith("/") else home / default) / "majlis"

        return cls(
            config=folder("XDG_CONFIG_HOME", ".config"),
            data=folder("XDG_DATA_HOME", ".local/share"),
            state=folder("XDG_STATE_HOME", ".local/state"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is in force, and which files said so."""

    site: Site
    personal: Personal
    site_path: Path
    """Where the site file is, or would be."""
    personal_path: Path
    site_found: bool
    written: Mapping[str, Mapping[str, Any]]
    """What each file says itself, by path."""
    folders: Folders
    store_option: str | None = None
    """`--store` of the command line; it comes before the site file."""

    @property
    def store(self) -> str:
        """Path or address of the inbox."""
        if self.store_option:
            return self.store_option
        if self.site.store is None:
            return str(self.folders.data / "inbox.db")
        return self.site.store if "://" in self.site.store else str(self.beside(self.site.store))

    @property
    def seal_key(self) -> Path:
        """Where the key that seals the history lies, or would lie."""
        if self.site.seal_key is None:
            return self.folders.data / "seal.key"
        return self.beside(self.site.seal_key)

    @property
    def store_shown(self) -> str:
        """The same, as it may be shown: without a password."""
        if "://" not in self.store:
            return self.store
        from store.rows.address import shown  # noqa: PLC0415  most inboxes are files, and settings are read at every start

        return shown(self.store)

    @property
    def has_store(self) -> bool:
        """Whether there is an inbox already; one on a server is taken to be there."""
        try:
            return "://" in self.store or Path(self.store).exists()
        except PermissionError:
            return True  # who may not look is told so by whatever opens it

    @property
    def is_fresh(self) -> bool:
        """Whether nothing is set up yet: no site file, and no inbox where it would be."""
        return not self.site_found and not self.has_store

    def beside(self, name: str) -> Path:
        """Return a path of the site file, which may be written relative to it."""
        return self.site_path.parent / Path(name).expanduser()

    def token_file(self, name: str) -> Path:
        """Return where an account's credentials lie, unless they are in the keyring or the environment."""
        named = self.site.accounts[name].token_file
        return self.beside(named) if named is not None else self.folders.data / "tokens" / f"{name}.json"

    def explain(self) -> Iterator[tuple[str, object, str]]:
        """Yield every setting in force: dotted key, value, and where it comes from (a path, `--store`, default)."""
        for path, table in ((self.site_path, self.site), (self.personal_path, self.personal)):
            for key, value, is_set in _flat(table, self.written[str(path)]):
                if key == "store":
                    origin = "--store" if self.store_option else str(path) if is_set else "default"
                    yield key, self.store_shown, origin
                else:
                    yield key, value, str(path) if is_set else "default"


def _flat(table: msgspec.Struct, written: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object, bool]]:
    """Yield a table's settings: dotted key, value, and whether the file gives it."""
    for name in table.__struct_fields__:
        value = getattr(table, name)
        if isinstance(value, dict) and value:
            for inner_name, inner in value.items():
                key = f"{prefix}{name}.{inner_name}"
                if isinstance(inner, msgspec.Struct):
                    yield from _flat(inner, written[name][inner_name], f"{key}.")
                else:
                    yield key, msgspec.to_builtins(inner), True
        else:
            yield f"{prefix}{name}", msgspec.to_builtins(value), name in written


def load(
    env: Mapping[str, str], *, site: str | None = None, store: str | None = None, site_file: Path = SITE_FILE
) -> Settings:
    """Read both files.

    Args:
        env: The environment.
        site: `--site`: this file and no other.
        store: `--store`: this inbox, whatever the file says.
        site_file: The administrator's file.

    Raises:
        BadSettings: A file says something unknown, cannot be read, or was named and is not there.
    """
    folders = Folders.of(env)
    where = Path(site).expanduser().absolute() if site else site_path(folders, site_file)
    personal_path = folders.config / "config.toml"
    site_text, personal_text = _text(where), _text(personal_path)
    if site and site_text is None:
        raise NoSuchSettingsFile(path=site)
    site_table, site_data = _decoded(Site, site_text or "", str(where))
    personal_table, personal_data = _decoded(Personal, personal_text or "", str(personal_path))
    settings = Settings(
        site=site_table,
        personal=personal_table,
        written={str(where): site_data, str(personal_path): personal_data},
        site_path=where,
        personal_path=personal_path,
        site_found=site_text is not None,
        folders=folders,
        store_option=store,
    )
    file = _File(path=str(where), text=site_text or "")
    for name, account in settings.site.accounts.items():
        _check_account(name, account, file)
    for name, target in settings.site.escalation.items():
        _check_target(name, target, settings.site, file)
    return settings


def site_path(folders: Folders, site_file: Path = SITE_FILE) -> Path:
    """Return where the site file is: the administrator's if there is one, else beside the personal file."""
    return site_file if site_file.exists() else folders.config / "site.toml"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotReadSettings(path=str(path), reason=_reason(error)) from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or N_("it cannot be read")) if isinstance(error, OSError) else N_("it is not UTF-8")


# ----------------------------------------------------------------------------------------------------------- accounts


def _check_account(name: str, account: Account, file: _File) -> None:
    at = ("accounts", name)
    if not ACCOUNT_ID.fullmatch(name):
        raise BadSettings(path=file.path, key=".".join(at), detail=N_("letters, digits, - and _ alone make a name"))
    for field in ("api_url", "auth_url", "token_url"):
        _check_url(getattr(account, field), (*at, field), file)


def _check_target(name: str, target: Escalation, site: Site, file: _File) -> None:
    at = ("escalation", name)
    problem = None
    if not ACCOUNT_ID.fullmatch(name):
        problem = N_("letters, digits, - and _ alone make a name")
    elif name in site.accounts:
        problem = N_("an account has this name; the outbox must tell them apart")
    elif target.security == "none" and target.server not in {None, "localhost", "127.0.0.1", "::1"}:
        problem = N_("without TLS only a relay on this machine is spoken to")
    if problem is not None:
        raise WrongLine(path=file.path, line=file.line_of(at), key=".".join(at), detail=problem)
    _check_url(target.url, (*at, "url"), file)


def _check_url(url: str | None, at: tuple[str, ...], file: _File) -> None:
    try:
        checked_url(url or "https://localhost", at[-1])
    except BadSettings as error:
        line = file.line_of(at)
        raise WrongLine(path=file.path, line=line, key=".".join(at), detail=error.facts["detail"]) from error


def variable(prefix: str, account: str) -> str:
    """Return the name of the variable that can hold an account's token or secret."""
    return prefix + account.upper().replace("-", "_")


# ------------------------------------------------------------------------------------------------- writing a first file


def toml_text(text: str) -> str:
    """Return a text as TOML takes it: what JSON escapes, TOML does too."""
    return json.dumps(text, ensure_ascii=False)


_EXAMPLES: Final[dict[type[msgspec.Struct], str]] = {Account: "ministry-facebook", Escalation: "customer-service"}
"""What a table of tables is shown with."""


def template(kind: type[Site | Personal], translate: Any = str) -> str:
    """Return a commented settings file in which nothing is set yet.

    Args:
        kind: Which file.
        translate: Turns an English description into the reader's language.
    """
    lines: list[str] = []
    tables: list[str] = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        inner, meta = get_args(hint)[0], _meta(hint)
        into = tables if get_origin(inner) is dict else lines
        into.append(f"# {translate(meta.description or '')}")
        if get_origin(inner) is dict and get_args(inner)[1] in _EXAMPLES:
            of = get_args(inner)[1]
            into += _commented(f"{name}.{_EXAMPLES[of]}", of, translate)
        elif get_origin(inner) is dict:
            into += [f"# [{name}]", *(f"# {example}" for example in meta.examples or [])]
        else:
            into.append(f"# {name} = {_toml(inner, meta)}")
        into.append("")
    return "\n".join([*lines, *tables])


def _commented(name: str, table: type[msgspec.Struct], translate: Any) -> Iterator[str]:
    yield f"# [{name}]"
    for field, hint in get_type_hints(table, include_extras=True).items():
        inner, meta = get_args(hint)[0], _meta(hint)
        yield f"#   {translate(meta.description or '')}"
        if get_origin(inner) is dict:
            yield from (f"# [{name}.{field}]", *(f"# {example}" for example in meta.examples or []))
        else:
            yield f"# {field} = {_toml(inner, meta)}"


def _meta(hint: Any) -> Meta:
    """Return the description that stands nearest to the field."""
    found = [each for each in get_args(hint) if isinstance(each, Meta)]
    return found[-1] if found else Meta(description="")


def _toml(kind: Any, meta: Meta) -> str:
    example = str((meta.examples or ["https://127.0.0.1:8443"])[0])
    is_plain = kind in {bool, int} or get_origin(kind) is tuple
    return example if is_plain else msgspec.json.encode(example).decode()


def write_new(path: Path, text: str, mode: int) -> bool:
    """Write a file that is not there yet; an existing one is left alone and False returned."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError:
        return False
    with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  # a descriptor, not a path
        os.fchmod(handle, mode)  # whatever the umask says
        file.write(text)
    return True
