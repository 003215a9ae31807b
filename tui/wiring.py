"""The one composition root: what the settings name is put together here, and nowhere else."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.clock import ShiftedClock, SystemClock, SystemIds
from majlis.audit import EventDraft
from majlis.commands import Reveal
from majlis.desk import Desk
from majlis.errors import Either, MajlisError, NoInbox, NotAllowed
from majlis.masking import mask
from majlis.policy import Role
from majlis.ports import View, ViewName
from store.inbox import Inbox
from store.rows.address import is_postgres
from tui import people, profile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from connectors.poller import Poller
    from connectors.scenario import PlayedNetwork, Scenario
    from connectors.scenario.live import Ears
    from connectors.sealing import Sealer
    from connectors.sender import Sender
    from majlis.message import Network
    from majlis.policy import Operator, Policy
    from majlis.ports import CheckReport, Clock, Connector, Ids, Performer
    from majlis.provenance import Roles
    from store.keeping import Kept, Told
    from store.moving import Moved
    from tui.config import Settings
    from tui.shelf import Shelf

_PAGE = 500
"""Rows read at a time when all are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """An open inbox with a desk before it."""

    store: Inbox
    desk: Desk
    clock: Clock
    ids: Ids
    holder: str
    """Names this process where only one may do something."""


@asynccontextmanager
async def desktop(settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> AsyncIterator[Desktop]:
    """Open the inbox that the settings name, for the user of this process.

    Raises:
        MajlisError: Settings or store say no; nothing was changed.
    """
    policy, operator = profile.policy(settings), people.operator(settings)
    _make_room(settings)
    async with _opened(settings.store, policy, operator, clock, ids or SystemIds()) as opened:
        yield opened


@asynccontextmanager
async def _opened(
    url: str, policy: Policy, operator: Operator, clock: Clock | None, ids: Ids
) -> AsyncIterator[Desktop]:
    store = await Inbox.open(url)
    try:
        clock = clock or await _clock(store)
        desk = Desk(store=store, clock=clock, ids=ids, policy=policy, operator=operator)
        holder = f"{operator.name}@{socket.gethostname()}:{os.getpid()}"
        yield Desktop(store=store, desk=desk, clock=clock, ids=ids, holder=holder)
    finally:
        await store.aclose()


async def write_down(settings: Settings, action: str, subject: str, payload: Mapping[str, Any]) -> None:
    """Write into the history of the inbox, where there is one, what is done to something beside it.

    Raises:
        MajlisError: It cannot be opened, or not be written.
    """
    if await asyncio.to_thread(lambda: settings.has_store):
        async with desktop(settings) as opened:
            await opened.desk.log(action, subject, payload)


def shelf(settings: Settings) -> Shelf | None:
    """Return where words are kept while a server is away; None where the inbox is a file, which is never away."""
    if not is_postgres(settings.store):
        return None
    from tui.shelf import Shelf  # noqa: PLC0415  most inboxes are files

    return Shelf(settings.folders.state, settings.store_shown)


async def _clock(store: Inbox) -> Clock:
    """Return the clock of this machine, set by the server's where several machines share a store."""
    own = SystemClock()
    asked_at = own.now()
    there = await store.server_time()
    return own if there is None else ShiftedClock(own, there + (own.now() - asked_at) / 2)


# ---------------------------------------------------------------------------------------------------------- the loops


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """What reads and sends for the accounts whose tokens are here."""

    poller: Poller
    sender: Sender
    has_work: bool
    """Whether there is anything here to read or to tell."""
    connectors: tuple[Connector, ...] = ()
    """The accounts that are here."""
    elsewhere: tuple[tuple[str, Network], ...] = ()
    """Accounts whose tokens another process holds."""
    sealer: Sealer | None = None
    """Seals the history; None where the key is not here."""


@asynccontextmanager
async def loops(
    desktop: Desktop, settings: Settings, env: Mapping[str, str], *, ears: Ears | None = None
) -> AsyncIterator[Loops]:
    """Make the loops for the accounts that this process can act for; somebody runs them, or does not.

    Args:
        desktop: The inbox.
        settings: What the site file says.
        env: Where tokens may stand.
        ears: Who listens to what is read; None: nobody.

    Raises:
        BadSettings: An account's options say something unknown.
    """
    async with _sealing(desktop, settings) as sealer, _reading_and_sending(desktop, settings, env, ears) as made:
        yield replace(made, sealer=sealer)


@asynccontextmanager
async def _sealing(desktop: Desktop, settings: Settings) -> AsyncIterator[Sealer | None]:
    """Make what seals, where the key is; at the end everything is sealed."""
    if not os.access(settings.seal_key, os.R_OK):  # its folder may be closed to us as well
        yield None
        return
    from connectors.sealing import Sealer, load_key  # noqa: PLC0415  for whoever holds a key

    key = load_key(settings.seal_key)
    sealer = Sealer(desktop.store, desktop.clock, key, settings.seal_key, desktop.holder) if key else None
    yield sealer
    if sealer is not None:
        await sealer.finish()


@asynccontextmanager
async def _reading_and_sending(
    desktop: Desktop, settings: Settings, env: Mapping[str, str], ears: Ears | None
) -> AsyncIterator[Loops]:
    if not settings.site.accounts and not settings.site.escalation:
        yield _looped(desktop, ())
        return
    if not people.serves(settings):
        elsewhere = tuple((name, each.network) for name, each in settings.site.accounts.items())
        yield _looped(desktop, (), elsewhere=elsewhere)
        return
    from tui import accounts  # noqa: PLC0415  an inbox without accounts, as in practice, need not load three networks

    here = accounts.have_token(settings, env)
    elsewhere = tuple((name, each.network) for name, each in settings.site.accounts.items() if name not in here)
    store, clock, hours = desktop.store, desktop.clock, desktop.desk.policy.hours
    async with AsyncExitStack() as stack:
        heard = {} if ears is None else {"line": ears.line}
        connectors = await stack.enter_async_context(accounts.connected(settings, here, env, clock, store, **heard))
        if ears is not None:
            connectors = tuple(ears.around(each) for each in connectors)
        told: Sequence[Performer] = ()
        if settings.site.escalation and (connectors or not settings.site.accounts):
            # There is one sender: whoever has no token must not be it, or what others could send would wait for them.
            from tui.targets import targets  # noqa: PLC0415  mail and calls are for whoever sends

            told = await stack.enter_async_context(targets(settings, env, clock, store, hours))
        open_for = timedelta(hours=settings.site.backlog_open_h)
        made = _looped(
            desktop,
            connectors,
            elsewhere=elsewhere,
            open_for=open_for,
            targets=told,
            roles=partial(people.roles_by_name, settings),
        )
        yield made
        await made.poller.give_back()
        await made.sender.give_back()


def _looped(
    desktop: Desktop,
    connectors: Sequence[Connector],
    *,
    elsewhere: tuple[tuple[str, Network], ...] = (),
    open_for: timedelta | None = None,
    targets: Sequence[Performer] = (),
    roles: Roles | None = None,
    rest: Callable[[datetime], Awaitable[None]] | None = None,
    only_prompted: bool = False,
) -> Loops:
    from connectors.poller import OPEN_FOR, Poller  # noqa: PLC0415  the loops are for whoever reads and sends
    from connectors.sender import Sender  # noqa: PLC0415  same
    from majlis.dispatch import Dispatch  # noqa: PLC0415  same
    from majlis.intake import Intake  # noqa: PLC0415  same
    from majlis.lookout import Lookout  # noqa: PLC0415  same

    store, clock, ids, policy = desktop.store, desktop.clock, desktop.ids, desktop.desk.policy
    poller = Poller(
        connectors,
        store,
        clock,
        Intake(policy, salt=ids.salt),
        jitter=partial(_chance, ids),
        lookout=Lookout(store=store, clock=clock, ids=ids, version=policy.version),
        hours=policy.hours,
        open_for=OPEN_FOR if open_for is None else open_for,
        holder=desktop.holder,
        version=policy.version,
        only_prompted=only_prompted,
    )
    dispatch = Dispatch(store=store, clock=clock, ids=ids, policy=policy, roles=roles)
    sender = Sender(
        connectors, store, clock, dispatch, targets=targets, holder=desktop.holder, sent=poller.hurry, rest=rest
    )
    return Loops(
        poller=poller,
        sender=sender,
        has_work=bool(connectors or targets),
        connectors=tuple(connectors),
        elsewhere=elsewhere,
    )


def _chance(ids: Ids) -> float:
    """Return chance between -1 and 1."""
    return int(ids.salt()[:8], 16) / (1 << 31) - 1


# -------------------------------------------------------------------------------------------------------- the practice


@asynccontextmanager
async def practice(path: Path, *, speed: float = 1.0) -> AsyncIterator[tuple[Desktop, Loops]]:
    """Open the practice inbox: the built-in day beginning now, its networks played, nothing read from any settings.

    Args:
        path: Where its store is made.
        speed: How much faster than real the day passes.
    """
    from connectors.scenario import built_in_day, connectors_for  # noqa: PLC0415  for practice alone

    system = SystemClock()
    clock: Clock = system if speed == 1.0 else ShiftedClock(system, system.now(), speed=speed)
    day = built_in_day().starting(clock.now())
    policy = profile.played(day.header, "practice")
    async with _opened(str(path), policy, people.practising(), clock, SystemIds()) as desktop:
        yield desktop, _looped(desktop, connectors_for(day, clock))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The program on a scenario's stage."""

    desktop: Desktop
    """With the desk of whoever sits at the screen."""
    desks: Mapping[str, Desk]
    """Everybody's, by name."""
    loops: Loops
    networks: Mapping[str, PlayedNetwork]
    """By account."""


@asynccontextmanager
async def staged(
    scenario: Scenario,
    store: Inbox,
    world: Clock,
    machine: Clock,
    *,
    seed: int,
    rest: Callable[[datetime], Awaitable[None]] | None = None,
) -> AsyncIterator[Stage]:
    """Put the program on a scenario's stage: nothing is read from any settings, and nothing is reached outside.

    Args:
        scenario: What is played.
        store: An empty one; it is given back at the end.
        world: The clock of the played networks.
        machine: That of the machine before them.
        seed: Ids, salt and jitter come from it.
        rest: How the sender rests, as it takes it.

    Raises:
        BadScenario: Contacts or calendars in its header say something unknown.
    """
    from connectors.clock import SeededIds  # noqa: PLC0415  for scenarios alone
    from connectors.scenario import connectors_for  # noqa: PLC0415  same

    header = scenario.header
    try:
        policy, ids = profile.played(header, "scenario"), SeededIds(seed)
        desks = {
            name: Desk(store=store, clock=machine, ids=ids, policy=policy, operator=each)
            for name, each in people.played(header).items()
        }
        sitting = next(iter(desks.values()))
        desktop = Desktop(store=store, desk=sitting, clock=machine, ids=ids, holder="scenario")
        connectors = connectors_for(scenario, world, machine)
        loops = _looped(
            desktop,
            connectors,
            open_for=timedelta(hours=header.policy.backlog_open_h),
            roles=lambda name: desks[name].operator.roles if name in desks else frozenset(),
            rest=rest,
            only_prompted=header.reads == "only_then",
        )
        yield Stage(
            desktop=desktop,
            desks=desks,
            loops=loops,
            networks={each.account: each for each in connectors},
        )
    finally:
        await store.aclose()


def _make_room(settings: Settings) -> None:
    """Make the folder of an inbox that nobody has placed elsewhere."""
    if settings.site.store is None and settings.store_option is None:
        Path(settings.store).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


# ------------------------------------------------------------------------------------------------- the inbox as a whole


async def check(settings: Settings) -> CheckReport:
    """Look for damage in the inbox, and verify its history.

    Raises:
        NotFound: There is no inbox; looking makes none.
        MajlisError: It cannot be opened.
    """
    must_exist(settings)
    store = await Inbox.open(settings.store)
    try:
        return await store.check()
    finally:
        await store.aclose()


def backup(settings: Settings, path: Path, told: Told, *, is_forced: bool) -> Kept:
    """Write a verified backup of the inbox, whoever is at work in it, and write that into its history.

    Raises:
        MajlisError: There is no inbox, or it is damaged, or something is there already.
        OSError: The file cannot be written.
    """
    from store import keeping  # noqa: PLC0415  a screen keeps no copies

    must_exist(settings)
    event = noted(settings, "backup", path, {"path": str(path)})
    return keeping.backup(settings.store, path, event, told, is_forced=is_forced)


def restore(settings: Settings, path: Path, told: Told, *, is_replacing: bool) -> Kept:
    """Put a backup in the place of the inbox, and write that into its history.

    Raises:
        MajlisError: The backup is not sound, or there is an inbox, or somebody has it open; nothing was changed.
        OSError: The backup cannot be read, or the place not be written.
    """
    from store import keeping  # noqa: PLC0415  a screen keeps no copies

    _make_room(settings)
    _require_supervisor(settings, "restore")
    event = noted(settings, "restore", path, {"path": str(path)})
    return keeping.restore(settings.store, path, event, told, is_replacing=is_replacing)


def accept(settings: Settings) -> Kept:
    """Go on with an inbox that has lost changes, and write that into its history.

    Raises:
        NotAllowed: The role is not that of a supervisor.
        MajlisError: Nothing is missing, or the inbox is damaged besides.
    """
    from store import keeping  # noqa: PLC0415  a screen keeps no copies

    must_exist(settings)
    _require_supervisor(settings, "accept")
    return keeping.accept(settings.store, noted(settings, "accept", Path(settings.store), {}))


def move(settings: Settings, to: str, told: Told, *, is_kept: bool) -> Moved:
    """Carry the inbox to an empty store, and write that into its history there.

    Raises:
        NotAllowed: The role is not that of a supervisor.
        MajlisError: There is no inbox, or it cannot be carried there; it is whole where it was.
    """
    from store import moving  # noqa: PLC0415  once in the life of an inbox

    must_exist(settings)
    _require_supervisor(settings, "move")
    event = noted(settings, "move", Path(settings.store_shown), {"from": settings.store_shown})
    return moving.move(settings.store, to, event, told, is_kept=is_kept)


def _require_supervisor(settings: Settings, action: str) -> None:
    """Refuse what changes the inbox as a whole to whoever only has the tokens, where no service is named."""
    roles = (Role.SUPERVISOR, Role.SERVICE)
    if people.operator(settings).roles.isdisjoint(roles):
        raise NotAllowed(action=action, role=Either(roles))


def noted(settings: Settings, action: str, subject: Path, payload: dict[str, Any]) -> EventDraft:
    """Return what the history is to say of something that was done to the inbox as a whole."""
    operator = people.operator(settings)
    return EventDraft(
        at=SystemClock().now(),
        actor=operator.name,
        terminal=operator.terminal,
        action=action,
        subject=subject.name,
        profile_version="",  # the store knows which was in force
        payload=payload,
        salt=SystemIds().salt(),
    )


async def remembered(settings: Settings, preference: str) -> str | None:
    """Read what the operator chose in their own inbox; `None` where there is none yet, or it cannot be read."""
    if not await asyncio.to_thread(lambda: settings.has_store):
        return None
    try:
        store = await Inbox.open(settings.store)
        try:
            return await store.preference(people.operator(settings).name, preference)
        finally:
            await store.aclose()
    except MajlisError:  # the inbox itself says so where it is opened
        return None


async def export(settings: Settings, path: Path, *, is_whole: bool) -> dict[str, int]:
    """Write the inbox as a file and return how many documents, by table.

    Personal contact data is covered; a whole copy is a look at all of it, and every look is logged.

    Raises:
        MajlisError: There is no inbox, or it cannot be opened, or the role does not allow it.
        OSError: The file cannot be written.
    """
    from store import carrying, keeping  # noqa: PLC0415  a screen keeps no copies

    must_exist(settings)
    keeping.require_elsewhere(settings.store, path)
    if is_whole:
        people.require(settings, "majlis export --whole", (Role.SUPERVISOR,))
    async with desktop(settings) as opened:
        policy = opened.desk.policy.extended(await opened.store.officials())
        if is_whole:
            await _log_looks(opened)
        await opened.desk.log("export", path.name, {"whole": is_whole})
    cover = None if is_whole else lambda text: mask(text, policy.personal(text))
    return await asyncio.to_thread(carrying.export, settings.store, path, cover)


async def _log_looks(opened: Desktop) -> None:
    view = View(name=ViewName.ALL, operator=opened.desk.operator.name)
    window = await opened.store.window(view, limit=_PAGE)
    while window.rows:
        for row in window.rows:
            if row.message is not None and row.message.personal:
                await opened.desk.do(Reveal(key=row.message.key))
        window = await opened.store.window(view, limit=_PAGE, after=window.rows[-1].anchor)


async def import_(settings: Settings, path: Path) -> dict[str, int]:
    """Fill the empty inbox from a file and return how many documents, by table.

    Raises:
        MajlisError: The inbox is not empty, or the file is no inbox; nothing was written.
        OSError: The file cannot be read.
    """
    from store import carrying  # noqa: PLC0415  a screen takes no inbox in

    _make_room(settings)
    counts = await asyncio.to_thread(partial(carrying.import_, settings.store, path))
    async with desktop(settings) as opened:
        await opened.desk.log("import", path.name, {"counts": counts})
    return counts


def must_exist(settings: Settings) -> None:
    """Refuse to look into an inbox that is not there; looking makes none.

    Raises:
        NotFound: There is none.
    """
    if not settings.has_store:
        raise NoInbox(subject=settings.store_shown)
