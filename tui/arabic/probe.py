"""Ask the terminal what it is and what it does with direction and emoji, before the screen starts.

Textual takes replies that it does not know for typed keys, so everything is asked and answered before it runs. All
questions go out in one write; the last is one that every terminal answers, so its reply says that no other is due.
"""

import os
import re
import select
import subprocess
import termios
import time
import tty
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rich.cells import cell_len

BUDGET_S = 0.3
"""Seconds that a silent terminal may cost; enough for a line across an ocean."""

EMOJI_SAMPLES = ("🙏🏽", "❤️", "1️⃣", "👨‍👩‍👧")
"""Sequences about whose width terminals disagree."""

OVERRIDE_SAMPLE = "x\u202d\ufe8f\u202c"
"""Two columns, unless the terminal gives cells to direction controls (mlterm)."""

_SAMPLES = (*EMOJI_SAMPLES, OVERRIDE_SAMPLE)
_WIDTHS = "".join(f"\r{sample}\x1b[6n" for sample in _SAMPLES) + "\r\x1b[K"
QUESTIONS = f"\x1b[8$p\x1b[?2501$p\x1b[>q\x1b[>c{_WIDTHS}\x1b[c"
"""BDSM, autodetection, name and version, secondary attributes, columns of the samples, primary attributes."""

QUESTIONS_WITHOUT_MODES = f"\x1b[>c{_WIDTHS}\x1b[c"
"""For Terminal.app, which prints the end of a question about modes."""

_MODE = re.compile(r"\x1b\[(\??)(\d+);(\d+)\$y")
_NAME = re.compile(r"\x1bP>\|([^\x1b\x07]*)(?:\x1b\\|\x07)")
_SECONDARY = re.compile(r"\x1b\[>([\d;]*)c")
_PRIMARY = re.compile(r"\x1b\[\?([\d;]*)c")
_POSITION = re.compile(r"\x1b\[(\d+);(\d+)R")
_REPLY = re.compile("|".join(pattern.pattern for pattern in (_MODE, _NAME, _SECONDARY, _PRIMARY, _POSITION)))
_BEGUN = re.compile(r"\x1b(?:\[[?>]?[\d;]*\$?|P[^\x1b\x07]*\x1b?)?\Z")  # what may become a reply with the next bytes

_BDSM, _AUTODETECT = ("", "8"), ("?", "2501")
_SET_MODES = {1, 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a terminal said."""

    bdsm: int | None = None
    """DECRQM of mode 8: 1 it reorders, 2 it does not, 0 it does not know the mode; `None` without a reply."""
    autodetect: bool = False
    """Whether it detects the direction of paragraphs (mode 2501 is set)."""
    name: str = ""
    """XTVERSION, such as `kitty(0.26.5)`."""
    secondary: tuple[int, ...] = ()
    """Secondary device attributes, such as (65, 7006, 1) of VTE 0.70.6."""
    columns: tuple[int, ...] = ()
    """Width of each sample, in the order asked; empty if any reply is missing."""
    complete: bool = False
    """It answered the last question, so no reply is due."""
    around: str = ""
    """Inside tmux: what the terminal around it calls itself, such as `XTerm(379)`; empty where tmux does not know."""

    @property
    def joins_emoji(self) -> bool:
        """Whether it gives emoji sequences the width that Rich does."""
        return self.columns[: len(EMOJI_SAMPLES)] == tuple(map(cell_len, EMOJI_SAMPLES))

    @property
    def counts_controls(self) -> bool:
        """Whether direction controls take cells, which rules out `pf+lro`."""
        return bool(self.columns) and self.columns[-1] != cell_len(OVERRIDE_SAMPLE)


def understand(data: str) -> Answers:
    """Read the replies out of what the terminal sent; typed keys among them are passed over."""
    modes = {(mark, number): int(value) for mark, number, value in _MODE.findall(data)}
    name = _NAME.search(data)
    secondary = _SECONDARY.search(data)
    columns = tuple(int(column) - 1 for _, column in _POSITION.findall(data))
    return Answers(
        bdsm=modes.get(_BDSM),
        autodetect=modes.get(_AUTODETECT, 0) in _SET_MODES,
        name="" if name is None else "".join(ch for ch in name[1] if ch.isprintable()),
        secondary=() if secondary is None else tuple(int(part) for part in secondary[1].split(";") if part),
        columns=columns if len(columns) == len(_SAMPLES) else (),
        complete=_PRIMARY.search(data) is not None,
    )


def probe(environment: Mapping[str, str], *, keyboard: int = 0, output: int = 2, budget_s: float = BUDGET_S) -> Answers:
    """Ask the terminal, and wait for its last reply, at most `budget_s` seconds.

    Nothing is asked where one end is no terminal, or the terminal is `dumb`. The samples are printed on the line of the
    cursor and wiped again. The line's settings are as before when this returns.
    """
    if environment.get("TERM", "dumb") == "dumb" or not (os.isatty(keyboard) and os.isatty(output)):
        return Answers(complete=True)
    questions = QUESTIONS_WITHOUT_MODES if environment.get("TERM_PROGRAM") == "Apple_Terminal" else QUESTIONS
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard, termios.TCSADRAIN)
        os.write(output, questions.encode())
        answers = understand(_read_replies(keyboard, budget_s))
        if not answers.complete:
            termios.tcflush(keyboard, termios.TCIFLUSH)
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
    return replace(answers, around=around(environment, budget_s=budget_s))


NEEDED = ("HOME", "LANG", "LC_ALL", "PATH", "TERM", "TMUX", "TMUX_TMPDIR")
"""What a program that we ask is told of the environment; tokens may stand in the rest."""


def around(environment: Mapping[str, str], *, budget_s: float = BUDGET_S) -> str:
    """Ask tmux for the name of the terminal in which it was last used; empty where it knows none, or there is no tmux.

    What tmux itself was answered with XTVERSION as that terminal was attached; VTE 0.70, PuTTY and mlterm answer none.
    """
    if not environment.get("TMUX"):
        return ""
    command = ("tmux", "display-message", "-p", "#{client_termtype}")
    try:
        done = subprocess.run(  # noqa: S603  the words are ours
            command,
            env={name: environment[name] for name in NEEDED if name in environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=budget_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):  # no such command, or its server hangs: then nothing is known
        return ""
    return "" if done.returncode else "".join(ch for ch in done.stdout.strip() if ch.isprintable())


def _read_replies(keyboard: int, budget_s: float) -> str:
    received = b""
    until = time.monotonic() + budget_s
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([keyboard], [], [], left)
        if not ready:
            break
        chunk = os.read(keyboard, 4096)
        received += chunk
        if not chunk or _PRIMARY.search(received.decode("utf-8", "replace")):
            break
    return received.decode("utf-8", "replace")


class LateReplies:
    """Takes replies that come after the budget out of the stream of keys."""

    def __init__(self) -> None:
        self._held = ""
        self.finished = False
        """The last reply has come; everything after it is typed."""

    def keys(self, data: str) -> str:
        """Return what was typed; the beginning of a possible reply is held until more comes."""
        data = self._held + data
        self._held = ""
        if self.finished:
            return data
        if (last := _PRIMARY.search(data)) is not None:
            self.finished = True
            return _REPLY.sub("", data[: last.end()]) + data[last.end() :]
        data = _REPLY.sub("", data)
        if (begun := _BEGUN.search(data)) is not None:
            self._held = data[begun.start() :]
            return data[: begun.start()]
        return data

    def release(self) -> str:
        """Return what was held, since nothing has followed it: an Escape key, for instance."""
        held, self._held = self._held, ""
        return held
