"""Let a person say which drawing is right: three numbered lines, one key.

It is the only reliable method, since some terminals neither obey nor answer. It runs on the bare terminal, before the
screen starts, so that nothing stands between the lines and the eye.
"""

import os
import select
import termios
import tty
from collections.abc import Sequence

from tui.arabic.advice import SETTINGS
from tui.arabic.columns import line
from tui.arabic.layout import Options, wrap
from tui.arabic.terminal import Drawing, Profile
from tui.language import N_, _

SENTENCE = "لا تنسَ موعد اللقاح (Pfizer) غدًا الساعة 10:30"
"""Arabic: do not forget the appointment for the vaccine (Pfizer) tomorrow at 10:30. It has a lam-alef, a mark, a
bracket round Latin and a time: whatever a terminal does wrong shows in it."""

QUESTION = N_("Press the number of the first line that reads correctly, or Esc to leave it as it is.")
NONE_RIGHT = N_("If none does, change the terminal and try again:")

_ORDER = (Drawing.PF, Drawing.PF_LRO, Drawing.LOGICAL)
_KEYS = {key: drawing for keys, drawing in zip(("1١", "2٢", "3٣"), _ORDER, strict=True) for key in keys}


def samples() -> tuple[tuple[Drawing, str], ...]:
    """Return the sentence as each drawing sends it, in the order of their numbers."""
    drawn = line(SENTENCE, options=Options(base="rtl"))
    logical = line(SENTENCE, options=Options(base="rtl", logical=True))
    shown = {Drawing.PF: drawn, Drawing.PF_LRO: Profile(drawing=Drawing.PF_LRO).sent(drawn), Drawing.LOGICAL: logical}
    return tuple((drawing, shown[drawing]) for drawing in _ORDER)


def page(width: int, hints: Sequence[str] = SETTINGS) -> str:
    """Return what is written to the terminal: the lines, each in the mode in which it would be used, and the advice.

    Args:
        width: Columns of the terminal.
        hints: Ids of the catalogue: what may be changed in the terminal.
    """
    parts = ["\r\n"]
    for number, (drawing, text) in enumerate(samples(), 1):
        profile = Profile(drawing=drawing)
        mode = profile.start or Profile().stop  # the terminal is left to itself for the last line
        parts.append(f"{mode}  {number}   {text}\r\n\r\n")
    parts.append(Profile().start)
    told = [QUESTION, NONE_RIGHT, *hints]
    # In English too: the question must be readable on a terminal that shows Arabic wrong.
    texts = [text for msgid in told for text in dict.fromkeys((_(msgid), msgid))]
    parts += [row.text.rstrip() + "\r\n" for text in texts for row in wrap(text, max(width - 1, 20))]
    return "".join(parts)


def ask(
    *, width: int, before: Profile | None = None, hints: Sequence[str] = SETTINGS, keyboard: int = 0, output: int = 2
) -> Drawing | None:
    """Show the lines and wait for a key.

    Args:
        width: Columns of the terminal.
        before: What a probe found, so that the terminal is given back as it was.
        hints: What may be changed in the terminal.
        keyboard: File descriptor of the terminal, to read from.
        output: The same, to write to.

    Returns:
        The drawing whose number was pressed; `None` after Esc, `q`, Enter or the end of input.
    """
    attributes = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard, termios.TCSADRAIN)
        _write(output, page(width, hints))
        return _choice(keyboard)
    finally:
        _write(output, (before or Profile()).stop)
        termios.tcsetattr(keyboard, termios.TCSAFLUSH, attributes)


def _write(output: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(output, data) :]


def _choice(keyboard: int) -> Drawing | None:
    while True:
        select.select([keyboard], [], [])
        typed = os.read(keyboard, 64).decode("utf-8", "replace")
        if not typed or typed[0] in "\x1bqض\r\n\x03\x04":  # Arabic: the key of q on an Arabic layout
            return None
        if typed[0] in _KEYS:
            return _KEYS[typed[0]]
