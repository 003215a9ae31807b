"""A session that finds out when its line is dead: when nothing comes, and nobody says that nothing will.

The kernel notices that packets are lost (`tcp_user_timeout`, keepalives), but not what lies behind somebody who takes
them and passes nothing on: a proxy, a tunnel, a firewall that forgot. So a statement that is silent for long is asked
about in another session. While the server works on it there is patience, however long it takes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg  # pyright: ignore[reportMissingImports]  # an extra
from psycopg.waiting import Ready  # pyright: ignore[reportMissingImports]  # an extra

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")

SILENCE_S: Final = 11.0
"""Seconds without a word after which one asks; somewhat more than a lock is waited for. A guess."""
_LOOKS_AGAIN_S: Final = 1.0
"""Seconds for an answer that was on its way when one asked."""


class WatchedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose silence is looked into."""

    silence_s = SILENCE_S
    """Seconds without a word after which one asks."""
    asks: dict[str, Any] | None = None
    """How another session reaches the same server; None: whoever is silent is taken for dead."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        """Wait for an answer, as ever; an `OperationalError` says that none will come."""
        return super().wait(self._watched(gen), *args, **kwargs)

    def _watched(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        until, is_doubted = time.monotonic() + self.silence_s, False
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready != Ready.NONE:
                    until, is_doubted = time.monotonic() + self.silence_s, False
                elif time.monotonic() >= until:
                    if is_doubted or self.asks is None:
                        raise self._dead()
                    is_doubted = not self._is_worked_on(self.asks)
                    until = time.monotonic() + (_LOOKS_AGAIN_S if is_doubted else self.silence_s)
                wanted = gen.send(ready)
        except StopIteration as done:
            found: T = done.value
            return found

    def _dead(self) -> psycopg.OperationalError:
        self.close()
        return psycopg.OperationalError("no answer: the line is dead")

    def _is_worked_on(self, asks: dict[str, Any]) -> bool:
        """Say whether the server is at what this session waits for; without an answer it is not."""
        asked = b"SELECT state='active' FROM pg_stat_activity WHERE pid=$1"
        try:
            with WatchedConnection.connect(**asks, cursor_factory=psycopg.RawCursor, autocommit=True) as other:
                other.silence_s = self.silence_s
                found = other.execute(asked, (self.info.backend_pid,)).fetchone()
                return bool(found and found[0])
        except psycopg.Error as error:
            return "FATAL" in str(error)  # somebody answers, and has no room for another session
