"""Reaching a PostgreSQL server, whether a store can be kept there, and what its refusals mean.

Passwords, certificates and names of services come by libpq's own means: PGPASSFILE, PGSERVICE, `sslmode` and
`sslrootcert` in the address. Nothing here ever says a password.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import psycopg  # pyright: ignore[reportMissingImports]  # an extra
from psycopg.conninfo import conninfo_to_dict  # pyright: ignore[reportMissingImports]  # an extra
from psycopg.pq import Conninfo  # pyright: ignore[reportMissingImports]  # an extra

from majlis.errors import (
    DiskFull,
    RefusedByServer,
    ServerUnfit,
    StoreBusy,
    StoreDamaged,
    StoreReadOnly,
    StoreUnreachable,
)

from .postgres_line import SILENCE_S, WatchedConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from majlis.errors import MajlisError

OLDEST_SERVER: Final = 13_00_00
"""Older ones do not tell what became of a transaction by its whole number (`pg_xact_status`, `xid8`)."""
_REACH_S: Final = 5
"""Seconds for one attempt to connect. A guess."""
_IDLE_S: Final = 300
"""A transaction whose process was stopped is given up after this many seconds, so that the others can go on."""
_LINE: Final = {
    "connect_timeout": _REACH_S,
    "keepalives_idle": 10,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Seconds, seconds, seconds, times, milliseconds: a line whose packets are lost is known to be dead within 16 seconds,
whether it waits for an answer or has something to say. A guess; what the address, the service or the environment says
comes first."""

_SHORTEST_SECRET: Final = 4
"""Letters: of a shorter password any sentence holds a part. libpq repeats none; this is for the day it does."""

_BUSY: Final = frozenset({"55P03", "57014", "40001", "40P01", "53300"})
_READ_ONLY: Final = frozenset({"25006", "42501"})
_REFUSED: Final = "MJ403"
"""What triggers of `store/sql/grants.sql` raise."""
_DAMAGED: Final = frozenset({"XX001", "XX002", "58030", "58P01"})
_CUT: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})
"""Codes: PostgreSQL, appendix A. The server stops, starts, or has ended an idle session."""

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


def connected(address: str, *, path: str, patience_s: float) -> tuple[Connection, str]:
    """Return a session that is set up for a store, and a name that no other one ever has.

    Args:
        address: As libpq takes it.
        path: The same, as it may be shown.
        patience_s: Seconds that a lock is waited for.

    Raises:
        ValueError: libpq does not understand the address.
        StoreUnreachable: Nobody answers, or the server lets nobody in.
        ServerUnfit: It is too old, or keeps texts in another encoding.
    """
    try:
        asked = conninfo_to_dict(address)
    except psycopg.Error:
        # Without its cause: libpq repeats the address, and with it the password.
        raise ValueError(f"libpq does not understand the address {path}") from None
    given = line_of(asked)
    try:
        db = WatchedConnection.connect(
            address, autocommit=True, client_encoding="utf8", cursor_factory=psycopg.RawCursor, **given
        )
    except psycopg.Error as error:
        raise StoreUnreachable(path=path, detail=_without(error, str(asked.get("password") or ""))) from None
    db.silence_s, db.asks = min(patience_s + 1, SILENCE_S), {"conninfo": address, **given}
    try:
        _require(db, path)
        name = _set_up(db, patience_s)
    except psycopg.Error as error:
        db.close()
        raise meaning(error, path=path, patience_s=patience_s) or error from error
    except BaseException:
        db.close()
        raise
    return db, name


def line_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what an address does not say, nor its service, nor the environment, about how long a line is trusted."""
    with _service(asked.get("service")):
        told = {option.keyword.decode() for option in Conninfo.get_defaults() if option.val is not None}
    ours = {name: setting for name, setting in _LINE.items() if name not in told and name not in asked}
    return {**ours, "fallback_application_name": "majlis"}


@contextmanager
def _service(name: Any) -> Iterator[None]:
    """Let libpq tell what a service says that an address names: it looks for the name in the environment alone."""
    before = os.environ.get("PGSERVICE")
    if name:
        os.environ["PGSERVICE"] = str(name)
    try:
        yield
    finally:
        if name and before is None:
            del os.environ["PGSERVICE"]
        elif name and before is not None:
            os.environ["PGSERVICE"] = before


def _without(error: psycopg.Error, secret: str) -> str:
    """Return the first line of what an error says, a password covered should it be there."""
    said = str(error).strip().partition("\n")[0].rstrip(".")
    for before in ("connection is bad: ", "connection failed: "):  # psycopg's own, in front of what libpq says
        said = said.removeprefix(before)
    return said.replace(secret, "***") if len(secret) >= _SHORTEST_SECRET else said


def _require(db: Connection, path: str) -> None:
    if db.info.server_version < OLDEST_SERVER:
        detail = f"PostgreSQL {OLDEST_SERVER // 10000} or newer is needed, this is {db.info.server_version // 10000}"
        raise ServerUnfit(path=path, detail=detail)
    encoding = db.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ServerUnfit(path=path, detail=f"its database keeps texts as {encoding}, and Arabic needs UTF8")


def _set_up(db: Connection, patience_s: float) -> str:
    """Set what statements rely on, whatever the address, the role or the database would have."""
    settings = (
        "SET search_path TO pg_catalog; SET TimeZone TO 'UTC'; SET standard_conforming_strings TO on; "
        f"SET lock_timeout TO {round(patience_s * 1000)}; SET statement_timeout TO 0; "
        f"SET idle_in_transaction_session_timeout TO '{_IDLE_S}s'; "
        # A commit has reached the disk when it returns; stricter settings stay.
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    db.execute(settings.encode(), prepare=False)
    # A number of a process comes again, but not with the same microsecond.
    asked = "SELECT pid || ' ' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid=pg_backend_pid()"
    found = db.execute(asked.encode()).fetchone()
    return str(found and found[0])


def is_cut(error: psycopg.Error, db: Connection) -> bool:
    """Say whether an error means that the session is over."""
    state = error.sqlstate
    if db.closed or (state is not None and (state in _CUT or state.startswith("08"))):
        return True
    return state is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def meaning(error: psycopg.Error, *, path: str, patience_s: float) -> MajlisError | None:  # noqa: PLR0911  a table
    """Return what an error of PostgreSQL means to a person; None if it is a mistake in the program.

    Args:
        error: As raised.
        path: Of the store, as it may be shown.
        patience_s: Seconds that were waited for a lock.
    """
    state, said = error.sqlstate or "", _without(error, "")
    if state in _BUSY:
        return StoreBusy(path=path, wait_s=round(patience_s))
    if state == _REFUSED:
        return RefusedByServer(path=path, detail=said)
    if state == "53100":
        return DiskFull(path=path)
    if state in _READ_ONLY:
        return StoreReadOnly(path=path)
    if state in _DAMAGED:
        return StoreDamaged(path=path, detail=said)
    if state in _CUT or state.startswith("08"):
        return StoreUnreachable(path=path, detail=said)
    if not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreUnreachable(path=path, detail=said)
    return None
