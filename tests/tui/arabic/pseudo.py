"""A pseudo-terminal with a program in it, for tests of what is really sent and read."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 30.0


class Pane:
    """The far side of a pseudo-terminal: what a terminal would see and type."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.seen = b""

    def read_until(self, expected: bytes, *, after: int = 0) -> int:
        """Collect output until it holds `expected` after a position; return where that ends."""
        until = time.monotonic() + PATIENCE_S
        while (at := self.seen.find(expected, after)) < 0:
            ready, _, _ = select.select([self.master], [], [], max(until - time.monotonic(), 0))
            assert ready, f"{expected!r} did not come; seen: {self.seen[-2000:]!r}"
            chunk = self._chunk()
            assert chunk, f"{expected!r} did not come before the end; seen: {self.seen[-2000:]!r}"
            self.seen += chunk
        return at + len(expected)

    def drain(self) -> bytes:
        """Collect what is left after the program has ended, and return all that was ever seen."""
        while select.select([self.master], [], [], 0)[0]:
            chunk = self._chunk()
            if not chunk:
                break
            self.seen += chunk
        return self.seen

    def type(self, data: bytes) -> None:
        """Send keys, or replies."""
        os.write(self.master, data)

    def _chunk(self) -> bytes:
        try:
            return os.read(self.master, 65536)
        except OSError:  # how Linux says that the other end is closed
            return b""


@contextmanager
def line() -> Iterator[tuple[Pane, int]]:
    """Open a pseudo-terminal; yield its far side and the descriptor that a program would use."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    try:
        yield Pane(master), slave
    finally:
        os.close(master)
        os.close(slave)


class Scripted:
    """A terminal that answers: it waits for the last question and sends its replies."""

    def __init__(self, pane: Pane, replies: bytes) -> None:
        self._pane = pane
        self._thread = threading.Thread(target=self._answer, args=(replies,))

    def _answer(self, replies: bytes) -> None:
        self._pane.read_until(b"\x1b[c")
        self._pane.type(replies)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PATIENCE_S)


class Program:
    """A Python program running in a pseudo-terminal."""

    def __init__(self, code: str, arguments: Sequence[str] = ()) -> None:
        self.code = code
        self.arguments = arguments

    def __enter__(self) -> Self:
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        self.pane = Pane(master)
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "COLUMNS": "80", "LINES": "24"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.code, *self.arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environment,
        )
        os.close(slave)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        os.close(self.pane.master)

    def wait(self) -> int:
        """Wait for the program to end; return its status, with everything it wrote collected."""
        until = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < until:
            if select.select([self.pane.master], [], [], 0.05)[0]:
                self.pane.drain()
        status = self.process.wait(1)
        self.pane.drain()
        return status

    def wait_until_stopped(self) -> None:
        """Wait until the program has stopped itself."""
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        self.pane.drain()

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.process.pid, number)
