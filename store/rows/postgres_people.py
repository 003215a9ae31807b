"""Who a session with a PostgreSQL server belongs to, as the server says: nothing of it is the client's word."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from majlis.errors import BadSettings, DriverMissing

from .address import parted, shown

if TYPE_CHECKING:
    from .postgres_server import Connection

_PATIENCE_S = 10.0
_GROUPS = """
WITH RECURSIVE held(id) AS (
  SELECT oid FROM pg_roles WHERE rolname=$1
  UNION SELECT roleid FROM pg_auth_members JOIN held ON member=id
)
SELECT rolname::text FROM held JOIN pg_roles ON oid=id WHERE rolname<>$1
"""
"""What was granted, also to a superuser, of whom `pg_has_role` would say that everything was."""


@lru_cache(8)
def signed_in(url: str) -> tuple[str, frozenset[str]]:
    """Return the role with which a server lets this process in, and the groups that it is a member of.

    Raises:
        MajlisError: `StoreUnreachable`, `ServerUnfit`, `DriverMissing`, or `BadSettings` where it is no address.
    """
    with _session(url) as db:
        name = _texts(db, "SELECT session_user::text")[0]
        return name, frozenset(_texts(db, _GROUPS, name))


def groups_of(url: str, name: str) -> frozenset[str]:
    """Return the groups that any role is a member of; none where there is no such role.

    Raises:
        MajlisError: As `signed_in`.
    """
    with _session(url) as db:
        return frozenset(_texts(db, _GROUPS, name))


def _session(url: str) -> Connection:
    try:
        from .postgres_server import connected  # noqa: PLC0415  who keeps a file needs neither the driver nor libpq
    except ImportError as error:
        raise DriverMissing(path=shown(url)) from error
    try:
        address, _schema = parted(url)
        return connected(address, path=shown(url), patience_s=_PATIENCE_S)[0]
    except ValueError as error:
        raise BadSettings(path=shown(url), key="store", detail=str(error)) from None


def _texts(db: Connection, asked: str, *params: str) -> list[str]:
    return [str(text) for (text,) in db.execute(asked.encode(), params).fetchall()]
