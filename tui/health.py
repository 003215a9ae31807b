"""Whether all is well: what `majlis doctor` looks at, and what it says about it."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import apsw

from connectors.clock import SystemClock
from connectors.signin import NEEDED_FOR, SCOPES
from majlis import __version__
from majlis.errors import BadSettings, MajlisError, NeedsSignIn
from majlis.gap import GapState
from store.inbox import Inbox
from tui import accounts, auditing, people, profile, shared, wiring
from tui.accounts import TokenState
from tui.arabic import advice, probe
from tui.config import TOKEN_VARIABLE, Settings, variable
from tui.keymap import Keymap
from tui.language import N_, _, listed, problem, say, word

if TYPE_CHECKING:
    from majlis.gap import Gap
    from majlis.ports import BackupMark, Capability, Probe

CLOCK_SKEW = timedelta(minutes=2)
"""How far the machine's clock may be off before it is worth a word; a guess, well below what tokens tolerate."""

TOLD_FOR = timedelta(days=30)
"""How long what is lost is told of; a guess."""

FAILED = 1
RIGHT_MISSING = 7
"""The same as for a network's own no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    about: str
    """Catalogue id of what it is."""
    ok: bool
    template: str = ""
    """Catalogue id of what was found."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = FAILED
    """Of the program, where it is not well."""
    error: MajlisError | None = None
    """What was found, where that is an error."""

    def told(self) -> str:
        """Return what was found, in the language in force."""
        return say(self.template, self.facts) if self.error is None else problem(self.error)


def examine(read: Settings | MajlisError, env: Mapping[str, str], *, offline: bool) -> Iterator[Finding]:
    """Look at everything, the foundations first; nothing is changed, and what is at fault is told once.

    Args:
        read: The settings, or why they could not be read.
        env: The environment, for tokens.
        offline: Ask no network.
    """
    told: set[str] = set()
    for finding in _examined(read, env, offline=offline):
        fault = "" if finding.error is None else str(finding.error)
        if fault not in told:
            yield finding
        told.update([fault] if fault else [])


def _examined(read: Settings | MajlisError, env: Mapping[str, str], *, offline: bool) -> Iterator[Finding]:
    yield Finding(
        about=N_("program"),
        ok=True,
        template="Majlis {version}, Python {python}, SQLite {sqlite}",
        facts={"version": __version__, "python": platform.python_version(), "sqlite": apsw.sqlite_lib_version()},
    )
    if isinstance(read, MajlisError):
        yield _bad(N_("settings"), read)
        return
    yield Finding(
        about=N_("settings"),
        ok=True,
        template=N_("{path}") if read.site_found else N_("no site file: this inbox is yours alone"),
        facts={"path": str(read.site_path)},
    )
    yield _looked(N_("keys"), N_("as they should be"), lambda: _keys(read))
    yield from _terminal(read, env)
    yield _looked(N_("policy"), N_("as it should be"), lambda: profile.policy(read))
    yield from _shared(read)
    yield _operator(read)
    yield from _inbox(read)
    yield from _history(read)
    yield from _gaps(read)
    yield from asyncio.run(_accounts(read, env, offline=offline))
    if not read.site.accounts:
        yield Finding(about=N_("accounts"), ok=True, template=N_("none yet: nothing is read, nothing is sent"))


def _bad(about: str, error: MajlisError) -> Finding:
    return Finding(about=about, ok=False, error=error, exit_code=error.exit_code)


def _looked(about: str, well: str, look: Callable[[], object]) -> Finding:
    """Do something that may find fault."""
    try:
        look()
    except MajlisError as error:
        return _bad(about, error)
    return Finding(about=about, ok=True, template=well)


def _keys(settings: Settings) -> Keymap:
    return Keymap(settings.personal.keys)


def _terminal(settings: Settings, env: Mapping[str, str]) -> Iterator[Finding]:
    """Say what terminal this is, how Arabic is drawn on it and why, and what its owner should change."""
    about = N_("terminal")
    if not (os.isatty(0) and os.isatty(2)):
        yield Finding(about=about, ok=True, template=N_("none here: texts go out in the order in which they are read"))
        return
    answers = probe.probe(env)
    advised = advice.recommend(answers, env)
    preference = advice.remembered_as(answers, env)
    kept = asyncio.run(wiring.remembered(settings, preference))
    drawing, reason = advice.choose(advised, remembered=kept, wanted=settings.personal.drawing)
    yield Finding(
        about=about,
        ok=reason is not advice.Reason.GUESS,
        template=N_("{name}: Arabic is drawn as {drawing}: {reason}"),
        facts={"name": advice.told_name(answers, env), "drawing": drawing.value, "reason": _(reason.value)},
        exit_code=0,
    )
    if reason is not advice.Reason.CALIBRATED:
        yield from (Finding(about=about, ok=False, template=hint, exit_code=0) for hint in advised.hints)
    if answers.joins_emoji:
        widths = N_("it draws emoji sequences as wide as they are counted: they are shown whole")
    elif answers.columns:
        widths = N_("it gives emoji sequences other widths: they are shown reduced to one emoji")
    else:
        widths = N_("it does not say how wide it draws emoji: sequences are shown reduced to one emoji")
    yield Finding(about=N_("emoji"), ok=True, template=widths)


def _shared(settings: Settings) -> Iterator[Finding]:
    """Say what lets others into the inbox, or keeps colleagues out."""
    return (_bad(N_("inbox"), fault) for fault in shared.faults(settings))


def _operator(settings: Settings) -> Finding:
    try:
        operator = people.operator(settings)
    except MajlisError as error:
        return _bad(N_("operator"), error)
    roles = listed(word(role) for role in sorted(operator.roles))
    return Finding(
        about=N_("operator"),
        ok=bool(roles),
        template=N_("{name}: {roles}") if roles else N_("{name} has no role in {path}"),
        facts={"name": operator.name, "roles": roles, "path": str(settings.site_path)},
        exit_code=77,
    )


def _inbox(settings: Settings) -> Iterator[Finding]:
    """Open the inbox, if there is one, read its position, and look whether it can be written to and has a backup."""
    about, path = N_("inbox"), settings.store_shown
    if not settings.has_store:
        yield Finding(about=about, ok=True, template=N_("{path} will be made"), facts={"path": path})
        return
    try:
        revision, refusal, backup = asyncio.run(_standing(settings.store))
    except MajlisError as error:
        yield _bad(about, error)
        return
    if refusal is not None:
        yield _bad(about, refusal)
    else:
        template = N_("{path}, revision {revision}; majlis store check looks deeper")
        yield Finding(about=about, ok=True, template=template, facts={"path": path, "revision": revision})
    if backup is not None:
        there = N_("{path}, of {at}, up to revision {rev}")
        template = there if backup.is_there else N_("{path}, of {at}: it is no longer at that place")
        facts = {"path": backup.path, "at": _utc(backup.at), "rev": backup.revision}
        yield Finding(about=N_("backup"), ok=backup.is_there, template=template, facts=facts, exit_code=0)


def _history(settings: Settings) -> Iterator[Finding]:
    """Tell how far the history is sealed, and whether the newest seal is old."""
    about = N_("history")
    if not settings.has_store:
        return
    if not auditing.has_key(settings):
        yield Finding(about=about, ok=True, template=N_("not sealed; docs/audit.md says what that means"))
        return
    try:
        rev, at, since = asyncio.run(auditing.sealed(settings))
    except MajlisError:
        return  # the inbox itself was found to be unwell
    late = since is not None and SystemClock().now() - since > auditing.LATE
    if at is None:
        template = N_("not sealed yet: does the service run, and does it have the key?")
    elif late:
        template = N_("sealed up to revision {rev}, {at}, and not since: does the service run?")
    else:
        template = N_("sealed up to revision {rev}, {at}; majlis audit verify looks deeper")
    facts = {"rev": rev, "at": _utc(at) if at else ""}
    yield Finding(about=about, ok=not late, template=template, facts=facts, exit_code=0)


def _gaps(settings: Settings) -> Iterator[Finding]:
    """Tell of times that are not read yet, and of those that no longer can be."""
    if not settings.has_store:
        return
    try:
        gaps = asyncio.run(_kept_gaps(settings.store))
    except MajlisError:
        return  # the inbox itself was found to be unwell
    for gap in gaps:
        facts = {"stream": gap.stream, "since": _utc(gap.since), "until": _utc(gap.until) if gap.until else ""}
        if gap.state is GapState.OPEN:
            template = N_("{stream}: not read since {since}; it is read afterwards, by itself")
            yield Finding(about=N_("gap"), ok=False, template=template, facts=facts, exit_code=0)
        elif gap.state is GapState.LOST and SystemClock().now() - gap.noticed_at < TOLD_FOR:
            template = N_(
                "{stream}: lost from {since} to {until}, for it is no longer listed: look on the network itself"
            )
            yield Finding(about=N_("gap"), ok=False, template=template, facts=facts, exit_code=0)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


async def _kept_gaps(path: str) -> tuple[Gap, ...]:
    store = await Inbox.open(path)
    try:
        return await store.gaps()
    finally:
        await store.aclose()


async def _standing(path: str) -> tuple[int, MajlisError | None, BackupMark | None]:
    store = await Inbox.open(path)
    try:
        return await store.revision(), await store.refusal(), await store.last_backup()
    finally:
        await store.aclose()


async def _accounts(settings: Settings, env: Mapping[str, str], *, offline: bool) -> list[Finding]:
    """Ask all services at once: one that does not answer must not hold up the word about the others."""
    asked = (_account(settings, name, env, offline=offline) for name in settings.site.accounts)
    return [finding for found in await asyncio.gather(*asked) for finding in found]


async def _account(settings: Settings, name: str, env: Mapping[str, str], *, offline: bool) -> list[Finding]:
    """Ask an account's service itself."""
    try:
        state = accounts.token_state(settings, name, env)
    except MajlisError as error:
        return [_bad(name, error)]
    if state is not TokenState.THERE:
        return [_without_token(settings, name, state)]
    if offline:
        where = _kept_where(settings, name, env)
        return [Finding(about=name, ok=True, template=N_("has a token ({where}); not asked"), facts={"where": where})]
    try:
        async with accounts.connected(settings, [name], env, SystemClock()) as (connector,):
            probe = await connector.probe()
        return [_judged(probe, name), *_rights(settings, name, probe, env)]
    except MajlisError as error:
        return [_bad(name, error)]


def _without_token(settings: Settings, name: str, state: TokenState) -> Finding:
    """Say why an account has no token here; to whoever reads and sends, it is a fault."""
    account = settings.site.accounts[name]
    template, code = _LACKING[state]
    is_named = account.token_file is not None or account.token_keyring
    if state is TokenState.MISSING and account.token_keyring:
        template = N_("no token in the keyring: majlis login {network} --account {account} puts it there")
    elif state is TokenState.MISSING and not is_named:
        template = N_(
            "no token here ({variable}): another user reads it, or nobody; "
            "majlis login {network} --account {account} signs in"
        )
    facts = {
        "variable": variable(TOKEN_VARIABLE, name),
        "network": account.network.value,
        "account": name,
        "path": str(settings.token_file(name)),
        "user": people.user_name(os.geteuid()),
    }
    is_fault = is_named and (state is not TokenState.CLOSED or _serves(settings))
    return Finding(about=name, ok=not is_fault, template=template, facts=facts, exit_code=code)


_LACKING: Final = {
    TokenState.MISSING: (
        N_("no token: there is no file {path}; majlis login {network} --account {account} makes it"),
        NeedsSignIn.exit_code,
    ),
    TokenState.EMPTY: (
        N_("no token: {path} holds none; majlis login {network} --account {account} puts it there"),
        NeedsSignIn.exit_code,
    ),
    TokenState.CLOSED: (
        N_("no token for {user}, who cannot read {path}; whoever polls and sends has to own it"),
        BadSettings.exit_code,
    ),
}
"""What is said where a token is not there, and the exit code of the program where that is a fault."""


def _serves(settings: Settings) -> bool:
    try:
        return people.serves(settings)
    except MajlisError:
        return False  # it is said of the inbox


def _kept_where(settings: Settings, name: str, env: Mapping[str, str]) -> str:
    own = variable(TOKEN_VARIABLE, name)
    if env.get(own, "").strip():
        return own
    return _("the keyring") if settings.site.accounts[name].token_keyring else str(settings.token_file(name))


def _rights(settings: Settings, name: str, probe: Probe, env: Mapping[str, str]) -> Iterator[Finding]:
    """Say which rights are missing, what does not work without them, and who says so: the service or the sign-in."""
    if not probe.ok:
        return
    if probe.level is not None:
        yield Finding(about=name, ok=True, template=N_("its access level is {level}"), facts={"level": probe.level})
    rights = probe.rights
    if rights is None:
        rights = _kept_rights(settings, name, env)
        template = (
            N_("the service does not tell the rights; those granted at the sign-in are: {rights}")
            if rights
            else N_("the service does not tell the rights, and none were kept at a sign-in")
        )
        yield Finding(about=name, ok=True, template=template, facts={"rights": ", ".join(sorted(rights))})
    network = settings.site.accounts[name].network
    missing = [each for each in SCOPES[network] if each not in rights]
    if not rights or not missing:
        return
    idle = dict.fromkeys(ability for each in missing for ability in NEEDED_FOR.get(each, ()))
    template = (
        N_("rights are missing: {rights}; without them there is no: {what}; to grant them: majlis login {network}")
        if idle
        else N_("rights are missing: {rights}; sign in again to grant them: majlis login {network}")
    )
    facts = {"rights": ", ".join(missing), "network": network.value, "what": ", ".join(map(_ability, idle))}
    yield Finding(about=name, ok=False, template=template, facts=facts, exit_code=RIGHT_MISSING)


def _kept_rights(settings: Settings, name: str, env: Mapping[str, str]) -> frozenset[str]:
    """Return what was granted with the token in the vault; one from the environment brings nothing along."""
    held = None if variable(TOKEN_VARIABLE, name) in env else accounts.vault(settings, name).get()
    return frozenset((held.scope or "").replace(",", " ").split() if held else ())


def _ability(ability: Capability) -> str:
    from tui import strip  # noqa: PLC0415  its words; looked at only where a right is missing

    return _(strip.ABILITIES[ability])


def _judged(probe: Probe, name: str) -> Finding:
    if probe.problem is not None:
        return _bad(name, probe.problem)
    if probe.clock_skew is not None and abs(probe.clock_skew) > CLOCK_SKEW:
        seconds = round(probe.clock_skew.total_seconds())
        return Finding(about=name, ok=False, template=N_("this clock is off by {n} s"), facts={"n": seconds})
    return Finding(about=name, ok=probe.ok, template=N_("answers as {name}"), facts={"name": probe.name or name})
