"""How a mistake of ours is told: which kind it is and where it happened, never in its own words.

The words of a foreign error may quote a token or a person, and so may what the functions on the way held; a report
needs neither. What our own errors say is ours, and stays.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from majlis.errors import MajlisError

if TYPE_CHECKING:
    from types import TracebackType


def told(error: BaseException) -> str:
    """Return an error's kind and the lines of the program that led to it, with those of its causes before."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [told(before), "\n\nand then\n\n"] if before is not None and before is not error else []
    lines += traceback.format_tb(error.__traceback__)
    lines.append(f"{type(error).__name__}: {error}" if isinstance(error, MajlisError) else type(error).__name__)
    if isinstance(error, BaseExceptionGroup):
        lines += [f"\n\nin it\n\n{told(each)}" for each in error.exceptions]
    return "".join(lines)


class MishapFormatter(logging.Formatter):
    """Formats records as ever, and errors discreetly."""

    def formatException(  # noqa: N802  # the name of the standard library
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """Return what is told of an error."""
        return told(ei[1]) if ei[1] is not None else ""


def guard() -> None:
    """Tell discreetly of whatever nobody catches, in any thread, and of what is logged before a log is set up."""
    sys.excepthook = lambda _kind, error, _trace: _say(error)
    threading.excepthook = lambda args: _say(args.exc_value)
    sys.unraisablehook = lambda args: _say(args.exc_value)
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(MishapFormatter())


def _say(error: BaseException | None) -> None:
    if error is not None and sys.stderr is not None:
        sys.stderr.write(f"{told(error)}\n")
