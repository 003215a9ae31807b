"""Let a person say which drawing is right: three numbered lines, one key.

It is the only reliable method, since some terminals neither obey nor answer. It runs on the bare terminal, before the
screen starts, so that nothing stands between the lines and the eye.
"""

import os
import select
import termios
import tty
from collections.abc import Callable, Sequence

from tui.arabic.advice import SETTINGS
from tui.arabic.columns import line
from tui.arabic.layout import Options, wrap
from tui.arabic.terminal import Drawing, Profile
from tui.language import N_, _

SENTENCE = "لا تنسَ موعد اللقاح (Pfizer) غدًا الساعة 10:30"
"""Arabic: do not forget the appointment for the vaccine (Pfizer) tomorrow at 10:30. It has a lam-alef, a mark, a
bracket round Latin and a time: whatever a terminal does wrong shows in it."""

QUESTION = N_("Press the number of the first line that reads correctly, or Esc to leave it as it is.")
NONE_RIGHT = N_("If none of the lines below reads correctly, change a setting of the terminal and try again:")

_LOOK_S = 0.2
_ORDER = (Drawing.PF, Drawing.PF_LRO, Drawing.LOGICAL)
_KEYS = {key: drawing for keys, drawing in zip(("1١", "2٢", "3٣"), _ORDER, strict=True) for key in keys}


def samples() -> tuple[tuple[Drawing, str], ...]:
    """Return the sentence as each drawing sends it, in the order of their numbers."""
    drawn = line(SENTENCE, options=Options(base="rtl"))
    logical = line(SENTENCE, options=Options(base="rtl", logical=True))
    shown = {Drawing.PF: drawn, Drawing.PF_LRO: Profile(drawing=Drawing.PF_LRO).sent(drawn), Drawing.LOGICAL: logical}
    return tuple((drawing, shown[drawing]) for drawing in _ORDER)


def page(width: int, height: int = 24, hints: Sequence[str] = SETTINGS) -> str:
    """Return what is written to the terminal: the advice, then the lines, each in the mode in which it would be used.

    The lines and the question come last, so that they are in sight however short the screen is. Where the whole does
    not fit, the settings are named in English alone: they are for whoever cannot read the Arabic here.

    Args:
        width: Columns of the terminal.
        height: Its lines.
        hints: Ids of the catalogue: what may be changed in the terminal.
    """
    whole = _page(width, _told((NONE_RIGHT, *hints), width))
    if whole.count("\n") < height:
        return whole
    return _page(width, [*_told((NONE_RIGHT,), width), *_rows(hints, width)])


def _page(width: int, advice: Sequence[str]) -> str:
    parts = ["\r\n", Profile().start, *advice]
    for number, (drawing, text) in enumerate(samples(), 1):
        profile = Profile(drawing=drawing)
        mode = profile.start or Profile().stop  # the terminal is left to itself for the last line
        parts.append(f"\r\n{mode}  {number}   {text}\r\n")
    return "".join([*parts, "\r\n", Profile().start, *_told((QUESTION,), width)])


def _told(msgids: Sequence[str], width: int) -> list[str]:
    # In English too: it must be readable on a terminal that shows Arabic wrong.
    return _rows([text for msgid in msgids for text in dict.fromkeys((_(msgid), msgid))], width)


def _rows(texts: Sequence[str], width: int) -> list[str]:
    return [row.text.rstrip() + "\r\n" for text in texts for row in wrap(text, max(width - 1, 20))]


def ask(
    *,
    width: int,
    height: int = 24,
    before: Profile | None = None,
    hints: Sequence[str] = SETTINGS,
    keyboard: int = 0,
    output: int = 2,
    over: Callable[[], bool] = lambda: False,
) -> Drawing | None:
    """Show the lines and wait for a key.

    Args:
        width: Columns of the terminal.
        height: Its lines.
        before: What a probe found, so that the terminal is given back as it was.
        hints: What may be changed in the terminal.
        keyboard: File descriptor of the terminal, to read from.
        output: The same, to write to.
        over: Asked a few times a second: whether nobody waits for the answer any more.

    Returns:
        The drawing whose number was pressed; `None` after Esc, `q`, Enter, the end of input, or when it is over.
    """
    attributes = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard, termios.TCSADRAIN)
        _write(output, page(width, height, hints))
        return _choice(keyboard, over)
    finally:
        _write(output, (before or Profile()).stop)
        termios.tcsetattr(keyboard, termios.TCSAFLUSH, attributes)


def _write(output: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(output, data) :]


def _choice(keyboard: int, over: Callable[[], bool]) -> Drawing | None:
    while True:
        if not select.select([keyboard], [], [], _LOOK_S)[0]:
            if over():
                return None
            continue
        typed = os.read(keyboard, 64).decode("utf-8", "replace")
        if not typed or typed[0] in "\x1bqض\r\n\x03\x04":  # Arabic: the key of q on an Arabic layout
            return None
        if typed[0] in _KEYS:
            return _KEYS[typed[0]]
