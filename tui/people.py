"""Who sits here, and as what: the user of the process, judged by the site file's roles.

Where the inbox is on a PostgreSQL server, the role with which the server has let this process in stands for the user,
and the roles that it is a member of for groups.
"""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING, Final

from majlis.errors import Either, NotAllowed
from majlis.policy import Operator, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.scenario.rows import Header
    from majlis.policy import Roles
    from tui.config import Settings

NOBODY: Final = "operator"
"""Who sits at the screen of a scenario that names nobody."""
ALONE: Final = frozenset({Role.OPERATOR, Role.PUBLISHER, Role.APPROVER, Role.SUPERVISOR, Role.CUSTOMER_SERVICE})
"""What somebody may do to whom the whole inbox belongs."""


def operator(settings: Settings) -> Operator:
    """Return the user of this process with their roles; the environment has no say in it.

    Raises:
        WrongModes: The inbox is a group's, and the settings are not those it was set up with.
        StoreUnreachable: The server, which alone knows who this is, does not answer or lets nobody in.
    """
    if _is_on_a_server(settings):
        from store.rows.postgres_people import signed_in  # noqa: PLC0415  help and version open no inbox

        name, groups = signed_in(settings.store)
        return Operator(name=name, roles=roles_of(settings, name, groups), terminal=terminal())
    from tui import shared  # noqa: PLC0415  help and version open no inbox, and need no engine

    shared.require(settings)
    name = user_name(os.getuid())
    return Operator(name=name, roles=roles_of(settings, name, group_names()), terminal=terminal())


def practising() -> Operator:
    """Return the user of this process with every role that practice needs."""
    return Operator(name=user_name(os.getuid()), roles=ALONE, terminal=terminal())


def require(settings: Settings, action: str, roles: Roles) -> None:
    """Refuse what is another role's to do; until a service is named, whoever has the tokens reads and sends.

    Raises:
        NotAllowed: The user of this process has none of the roles.
    """
    if roles == (Role.SERVICE,) and serves(settings):
        return
    if operator(settings).roles.isdisjoint(roles):
        raise NotAllowed(action=action, role=Either(roles))


def serves(settings: Settings) -> bool:
    """Say whether this process may read and send: the service where one is named, else whoever has the tokens."""
    return not settings.site.roles.get(Role.SERVICE) or Role.SERVICE in operator(settings).roles


def played(header: Header) -> dict[str, Operator]:
    """Return who works in a scenario, by name; the first one sits at the screen."""
    rows = {row.id: row.roles for row in header.operators} or {NOBODY: (Role.OPERATOR,)}
    return {name: Operator(name=name, roles=frozenset(roles), terminal="scenario") for name, roles in rows.items()}


def roles_of(settings: Settings, name: str, groups: Iterable[str]) -> frozenset[Role]:
    """Return what a user may do.

    Without a site file, or as the owner of one that gives no roles, all of it is theirs. Whoever serves is no person,
    even where a group would make them one.
    """
    given = settings.site.roles
    if given:
        names = {name, *(f"@{group}" for group in groups)}
        found = frozenset(role for role, members in given.items() if names & set(members))
        return frozenset({Role.SERVICE}) if Role.SERVICE in found else found
    is_owner = not settings.site_found or settings.site_path.stat().st_uid == os.getuid()
    return ALONE if is_owner else frozenset()


def roles_by_name(settings: Settings, name: str) -> frozenset[Role]:
    """Return what anybody may do, by their name: for the sender, which acts on what others wrote."""
    if _is_on_a_server(settings):
        from store.rows.postgres_people import groups_of  # noqa: PLC0415  most inboxes are files

        return roles_of(settings, name, groups_of(settings.store, name))
    try:
        groups = os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
    except KeyError:  # nobody of this machine
        groups = []
    return roles_of(settings, name, names_of(groups))


def _is_on_a_server(settings: Settings) -> bool:
    if "://" not in settings.store:
        return False
    from store.rows.address import is_postgres  # noqa: PLC0415  most inboxes are files

    return is_postgres(settings.store)


def user_name(uid: int) -> str:
    """Return a user's name; a number without a name stays a number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def group_names() -> frozenset[str]:
    """Return the names of the groups of this process."""
    return names_of({os.getgid(), *os.getgroups()})


def names_of(groups: Iterable[int]) -> frozenset[str]:
    """Return the names of groups; those without a name count for nothing."""
    names: set[str] = set()
    for gid in groups:
        try:
            names.add(grp.getgrgid(gid).gr_name)
        except KeyError:
            continue
    return frozenset(names)


def terminal() -> str:
    """Return the name of the terminal, for the audit, or that there is none."""
    try:
        return os.ttyname(0)
    except OSError:
        return "none"
