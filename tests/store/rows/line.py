"""A line to the server that can be cut at the worst of moments."""

from __future__ import annotations

import contextlib
import socket
import threading
from enum import Enum
from pathlib import Path
from typing import Final

_NAME: Final = ".s.PGSQL.5432"
"""Of a socket, within its folder (PostgreSQL, 20.3.1)."""


class Cut(Enum):
    """When the line is cut."""

    NEVER = "never"
    BEFORE_COMMIT = "the server never hears of the commit"
    AFTER_COMMIT = "the server commits, and its answer is lost"


class Line:
    """Takes connections on a socket of its own and passes on what both sides say."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self.cut = Cut.NEVER
        """The next commit ends the line so, once."""
        self.dies = False
        """Whether nobody answers after that."""
        self.is_dead = False
        """Nobody answers."""
        self.is_mute = False
        """What either side says is taken and not passed on; nobody is told."""
        self._server = server
        self._open: list[socket.socket] = []
        self._ear = socket.socket(socket.AF_UNIX)
        self._ear.bind(str(folder / _NAME))
        self._ear.listen()
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # closed: it is over
            while True:
                client, _ = self._ear.accept()
                self._open.append(client)
                if self.is_dead:
                    self._end(client)
                    continue
                server = socket.socket(socket.AF_UNIX)
                self._open.append(server)
                server.connect(str(self._server / _NAME))
                for one, other in ((client, server), (server, client)):
                    self._threads.append(threading.Thread(target=self._pass_on, args=(one, other), daemon=True))
                    self._threads[-1].start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other side is gone: so are we
            while said := one.recv(1 << 16):
                if self.is_mute:
                    continue
                cut = self.cut if b"COMMIT\0" in said else Cut.NEVER
                if cut is not Cut.NEVER:
                    self.cut, self.is_dead = Cut.NEVER, self.is_dead or self.dies
                    if cut is Cut.AFTER_COMMIT:
                        self._end(one)
                        other.sendall(said)
                        return
                    break
                other.sendall(said)
        self._end(one)
        self._end(other)

    @staticmethod
    def _end(side: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was over already
            side.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End everything."""
        self._ear.shutdown(socket.SHUT_RDWR)
        self._ear.close()
        for side in self._open:
            self._end(side)
        for thread in self._threads:
            thread.join(10)
        for side in self._open:
            side.close()
