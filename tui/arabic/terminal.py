"""Tell the terminal to keep out of the order of our cells, and give it back as it was.

Some terminals reorder by themselves. The sequences are those of the terminal-wg proposal on bidirectional text (draft
0.2): VTE, mintty and WezTerm obey them, others ignore them. Which drawing a terminal needs is asked by
`tui.arabic.probe`, decided by `tui.arabic.advice` and settled by a person in `tui.arabic.calibration`.
"""

import atexit
import os
import re
import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from types import FrameType

from tui.arabic.layout import set_terminal


class Drawing(Enum):
    """How Arabic is sent to the terminal."""

    PF = "pf"
    """Visual order in presentation forms: for terminals that draw cells as sent, or can be told to."""
    PF_LRO = "pf+lro"
    """The same, each Arabic run between LRO and PDF: for terminals that reorder and cannot be told not to."""
    LOGICAL = "logical"
    """Logical order, unshaped: for terminals that do everything themselves."""


_EXPLICIT = "\x1b[8l"  # BDSM: cells stay where they are put
_IMPLICIT = "\x1b[8h"
_LEFT_TO_RIGHT = "\x1b[1 k"  # SCP
_DEFAULT_DIRECTION = "\x1b[0 k"
_AUTODETECT = ("\x1b[?2501l", "\x1b[?2501h")
_BOX_MIRRORING_OFF = "\x1b[?2500l"
_ARROW_SWAP = ("\x1b[?1243l", "\x1b[?1243h")  # VTE exchanges the arrow keys in right-to-left paragraphs

START = _EXPLICIT + _LEFT_TO_RIGHT + _AUTODETECT[0] + _BOX_MIRRORING_OFF + _ARROW_SWAP[0]
"""To be written before the alternate screen is entered, whose rows then have these attributes (VTE)."""

_LEAVE_SCREEN = (  # what Textual's driver sends when it stops; for the case that it cannot
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)

_RTL_RUN = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+")
_LRO, _PDF = "\u202d", "\u202c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of this terminal when the screen starts."""

    drawing: Drawing = Drawing.PF
    was_explicit: bool = False
    """It said at the start that it does not reorder; it is left like that."""
    had_autodetect: bool = False
    """It detected the direction of paragraphs; that is switched on again (mintty)."""
    joins_emoji: bool = False
    """It gives emoji sequences the width that Rich does, so they need not be reduced."""
    replies_due: bool = False
    """It has not answered everything it was asked; what comes late must not be taken for keys."""

    @property
    def start(self) -> str:
        """What to write before the screen starts; nothing where the terminal is to do the work."""
        return "" if self.drawing is Drawing.LOGICAL else START

    @property
    def stop(self) -> str:
        """What to write after the screen is left."""
        if self.drawing is Drawing.LOGICAL:
            return ""
        order = _EXPLICIT if self.was_explicit else _IMPLICIT
        return order + _DEFAULT_DIRECTION + _AUTODETECT[self.had_autodetect] + _BOX_MIRRORING_OFF + _ARROW_SWAP[1]

    def sent(self, data: str) -> str:
        """Return what is written for `data`: the filter of the drawing `pf+lro`.

        Escape sequences are ASCII and pass unchanged. The controls are never part of what Textual holds: it would
        count them as part of a cell, and cropping would part a control from its end.
        """
        if self.drawing is not Drawing.PF_LRO or data.isascii():
            return data
        return _RTL_RUN.sub(f"{_LRO}\\g<0>{_PDF}", data)


class Guard:
    """Knows whether the terminal is in our hands, and gives it back on every way out."""

    def __init__(self, profile: Profile, *, output: int, keyboard: int) -> None:
        self.profile = profile
        self._output = output
        self._keyboard = keyboard
        self._attributes = termios.tcgetattr(keyboard) if os.isatty(keyboard) else None
        self._started = False

    def starting(self) -> str:
        """Return what to write before the screen starts, and remember that it has to be undone."""
        self._started = True
        return self.profile.start

    def stopping(self) -> str:
        """Return what to write after the screen is left; nothing the second time."""
        if not self._started:
            return ""
        self._started = False
        return self.profile.stop

    def take(self, profile: Profile) -> None:
        """Draw by another profile from the next start on; while the screen is left, as during the calibration.

        Raises:
            RuntimeError: The screen is there, begun by another profile.
        """
        if self._started:
            raise RuntimeError("the screen must be left first")
        self.profile = profile
        _settle(profile)

    def restore(self) -> None:
        """Undo the start, if nothing else has; the screen is already left."""
        self._write(self.stopping())

    def abandon(self) -> None:
        """Leave the screen and undo everything at once, because the process is about to die."""
        if self._started:
            self._write(_LEAVE_SCREEN + self.stopping())
            if self._attributes is not None:
                with suppress(termios.error):  # the line is gone, and its settings with it
                    termios.tcsetattr(self._keyboard, termios.TCSANOW, self._attributes)

    def _write(self, data: str) -> None:
        with suppress(OSError):  # after a hang-up there is nobody to write to
            while data:
                data = data[os.write(self._output, data.encode()) :]


def _settle(profile: Profile) -> tuple[bool, bool]:
    return set_terminal(logical=profile.drawing is Drawing.LOGICAL, emoji=not profile.joins_emoji)


@contextmanager
def installed(
    profile: Profile,
    *,
    output: int = 2,
    keyboard: int = 0,
    on_signal: Callable[[int], bool] | None = None,
) -> Iterator[Guard]:
    """Hold the terminal while the screen runs: use it around `App.run()`, from the main thread.

    The driver of `tui.arabic.driver` starts and stops with the screen, also when it is suspended; this covers what the
    driver does not see: exceptions, `atexit`, SIGTERM and SIGHUP.

    Args:
        profile: What is known of the terminal.
        output: File descriptor that Textual draws on.
        keyboard: File descriptor that it reads from.
        on_signal: Called in the main thread when SIGTERM or SIGHUP arrives; it returns true if the program will end by
            itself. Otherwise the terminal is given back at once and the process dies of the signal.
    """
    guard = Guard(profile, output=output, keyboard=keyboard)

    def die(number: int, _frame: FrameType | None) -> None:
        if on_signal is not None and on_signal(number):
            return
        guard.abandon()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    logical, emoji = _settle(profile)
    atexit.register(guard.restore)
    before = {number: signal.signal(number, die) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield guard
    finally:
        guard.restore()
        for number, handler in before.items():
            signal.signal(number, handler)
        atexit.unregister(guard.restore)
        set_terminal(logical=logical, emoji=emoji)
