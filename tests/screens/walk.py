"""Sit at a terminal of our own making before the practice inbox: wait for the queue, press keys, leave.

Run: `python -m tests.screens.walk [--wait SECONDS] -- COMMAND…`; it ends well only if the program did all of it, ended
with 0 and gave the terminal back as it was.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from fcntl import ioctl
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLUMNS, ROWS = 80, 24
SETTLE_S = 20.0
"""For one key; a busy machine needs some of it."""

_ALTERNATE_SCREEN = (b"\x1b[?1049h", b"\x1b[?1049l")

_REORDERS_AGAIN = b"\x1b[8h"
"""The terminal may put Arabic in order by itself again, as it did before."""


class Walk:
    """A program in a pseudo-terminal, and what it has drawn."""

    def __init__(self, command: Sequence[str]) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._terminal = pty.fork()  # pid: the process before the terminal
        if self.pid == 0:
            os.execvp(command[0], list(command))  # noqa: S606  the command is what this was called with
        ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.sent = b""
        """Everything the program wrote."""
        self.code: int | None = None
        """Exit code, once it has ended."""

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self._screen.display)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._terminal, keys.encode())

    def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Read until something is so.

        Raises:
            AssertionError: It did not come to it; the message has the screen.
        """
        end = time.monotonic() + seconds
        while not condition():
            if self.code is not None or time.monotonic() > end:
                raise AssertionError(f"not seen: {what} (exit code {self.code})\n{self.text}\n{self.sent[-2000:]!r}")
            self._read()

    def _read(self) -> None:
        ready, _, _ = select.select([self._terminal], [], [], 0.1)
        if not ready:
            return
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # what Linux answers when the other side has closed
            data = b""
        if data:
            self.sent += data
            # pyte takes the kitty keyboard's private sequences for text.
            self._stream.feed(re.sub(rb"\x1b\[[<>=?][\d;]*[u]", b"", data))
        else:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def hang_up(self) -> None:
        """Cut the line."""
        os.close(self._terminal)

    def wait_for_end(self, seconds: float) -> None:
        """Wait for the program after the line was cut.

        Raises:
            AssertionError: It goes on.
        """
        end = time.monotonic() + seconds
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError("it goes on without a terminal")
            else:
                time.sleep(0.02)

    def ended(self) -> bool:
        """Tell whether the program has ended."""
        if self.code is None:
            self._read()
        return self.code is not None


def walk(command: Sequence[str], wait_s: float) -> None:
    """Open the practice inbox, escalate the first message with one key, undo it, and leave.

    Raises:
        AssertionError: Something did not happen.
    """
    at = Walk(command)
    at.until(lambda: "PRACTICE" in at.text and queue_position(at.text)[1] > 1, "the queue", wait_s)
    queue = queue_position(at.text)
    at.press("j")
    at.until(lambda: queue_position(at.text)[0] == queue[0] + 1, "the cursor on the next message", SETTLE_S)
    at.press("e")
    at.until(lambda: "customer service" in at.text, "the escalation", SETTLE_S)
    at.press("u")
    at.until(lambda: "Taken back" in at.text, "the escalation taken back", SETTLE_S)
    at.press("q")
    at.until(lambda: "Leave?" in at.text, "the question before leaving", SETTLE_S)
    at.press("y")
    at.until(at.ended, "the end", SETTLE_S)
    entered, left = (at.sent.count(code) for code in _ALTERNATE_SCREEN)
    given_back = _REORDERS_AGAIN in at.sent[at.sent.rfind(_ALTERNATE_SCREEN[1]) :]
    if at.code != 0 or entered != left or not given_back:
        raise AssertionError(f"exit code {at.code}, screen entered {entered} and left {left} times, {at.sent[-200:]!r}")


def queue_position(text: str) -> tuple[int, int]:
    """Return the cursor's place in the queue and its length, from the head of the list."""
    found = re.search(r"Queue\s+(\d+)/(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def main(argv: Sequence[str]) -> int:
    """Walk, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wait", type=float, default=SETTLE_S, metavar="SECONDS")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(argv)
    begun = time.monotonic()
    walk([word for n, word in enumerate(given.command) if n or word != "--"], given.wait)
    print(f"queue seen, keys pressed, left in good order: {time.monotonic() - begun:.1f} s")  # noqa: T201  a script
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
