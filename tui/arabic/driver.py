"""Textual's driver, with the terminal told to keep out before the screen starts and given back after it ends.

Quitting, exceptions, suspending and resuming all pass the same two writes, which enter and leave the alternate screen;
ours go with them.
"""

import os
import selectors
from codecs import getincrementaldecoder

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui.arabic.probe import LateReplies
from tui.arabic.terminal import Guard

_ENTER_SCREEN, _LEAVE_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
_TICK_S = 0.1


class BidiDriver(LinuxDriver):
    """Draws in the order we give."""

    guard: Guard
    """Of this terminal; set by `driver_for`."""

    def write(self, data: str) -> None:
        """Send the start sequence ahead of the screen, the restore sequence after it, the rest through the filter."""
        if data == _ENTER_SCREEN:
            data = self.guard.starting() + data
        elif data == _LEAVE_SCREEN:
            data += self.guard.stopping()
        else:
            data = self.guard.profile.sent(data)
        super().write(data)

    def _sigcont_application(self, *signalled: object) -> None:
        """Come back from the background; where nothing was left, as after a hang-up, begin nothing a second time.

        The kernel sends SIGCONT along with SIGHUP, and a second start would leave threads that nobody ends.
        """
        if self._key_thread is None or not self._key_thread.is_alive():
            super()._sigcont_application(*signalled)

    def run_input_thread(self) -> None:
        """Read keys; where the terminal still owes replies, keep them out of the keys."""
        if not self.guard.profile.replies_due:
            super().run_input_thread()
            return
        late = LateReplies()
        decode = getincrementaldecoder("utf-8")("replace").decode
        parser = XTermParser(self._debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK_S):
                    data = os.read(self.fileno, 4096)
                    if not data:
                        self.exit_event.wait(_TICK_S)  # the line is gone; do not spin until the app ends
                    typed = late.keys(decode(data))
                else:
                    typed = late.release()
                for event in parser.feed(typed) if typed else ():
                    self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)


def driver_for(guard: Guard) -> type[BidiDriver]:
    """Return the driver class for `App(driver_class=…)`, bound to the guard of this terminal."""
    return type("BoundBidiDriver", (BidiDriver,), {"guard": guard})
