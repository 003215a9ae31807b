"""The three streams of a process: what stands in for one that is closed, and what is said where no answer goes out."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from majlis.errors import GiveUp

if TYPE_CHECKING:
    from tui.cli.output import Printer


class CannotAnswer(GiveUp):
    """An answer that cannot be written where it was to go. Facts: reason."""

    happened = "The answer cannot be written: {reason}."
    safe = "The inbox is whole; a change that was asked for may be made already."
    advice = "Let the answer go somewhere else, and look before you ask for a change again."
    exit_code = 73


class NoRoomToAnswer(CannotAnswer):
    """The same, because a disk is full. Facts: reason."""

    advice = "Free some space, and look before you ask for a change again."
    exit_code = 75


class _Guarded:
    """A stream whose own faults are told from those of the work; a reader that has gone stays one."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or io.StringIO()
        self._is_closed = stream is None

    def write(self, text: str) -> int:
        """Write, or say why not."""
        if self._is_closed:
            raise CannotAnswer(reason=os.strerror(errno.EBADF))
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _meaning(error) from error

    def flush(self) -> None:
        """Hand over what was written, or say why not."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _meaning(error) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guarded(stream: TextIO | None) -> TextIO:
    """Return where answers go; None: nowhere, for whoever started the program has closed it."""
    return cast("TextIO", _Guarded(None if stream is None else never_choking(stream)))


def never_choking(stream: TextIO) -> TextIO:
    """Print what the terminal's own encoding lacks as escapes: a foreign locale must not end in an error."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _meaning(error: OSError) -> CannotAnswer:
    kind = NoRoomToAnswer if error.errno in {errno.ENOSPC, errno.EDQUOT} else CannotAnswer
    return kind(reason=error.strerror or str(error))


def fill_gaps() -> None:
    """Put nothing in the place of streams that are closed, so that no file of ours is opened in their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115  for as long as the process lives
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  same


def let_go(printer: Printer) -> None:
    """Keep the interpreter from complaining, at its end, about output that cannot be written or that nobody reads."""
    for stream in (printer.out, printer.err):
        with suppress(OSError, ValueError, CannotAnswer):
            stream.flush()
            continue
        with suppress(OSError, ValueError, AttributeError):  # not a file: nothing will be flushed behind our back
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
