"""Decide from a terminal's answers and its environment how to draw Arabic, and what its owner should change.

What each terminal does was measured or read in its source. Where it cannot be known, as behind tmux, the advice is to
calibrate. Variables of the environment rarely survive SSH: they are hints, and answers come first.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from tui.arabic.probe import Answers
from tui.arabic.terminal import Drawing, Profile
from tui.language import N_

CALIBRATE = N_("Run the calibration and press the number of the line that reads correctly.")
KITTY = N_("kitty draws Arabic runs by itself: set “force_ltr yes” in kitty.conf and start it again.")
KONSOLE = N_("Konsole reorders by itself: untick “Bi-Directional text rendering” in the profile for perfect letters.")
PUTTY = N_(
    "PuTTY reorders by itself: under Terminal, Features, disable bidirectional text display and Arabic text shaping."
)
MLTERM = N_("mlterm reorders by itself: switch its bidirectional rendering off in its configuration.")
ITERM = N_("iTerm2 reorders by itself: switch right-to-left support off for the alternate screen in its settings.")
APPLE = N_("Terminal.app reorders by itself and has no setting for it; letters may join badly.")
MULTIPLEXER = N_("tmux and screen hide the terminal around them: if Arabic words read backwards, choose “pf+lro”.")

SETTINGS = (KITTY, PUTTY, KONSOLE, ITERM)
"""What to change where a terminal can be told so in its settings alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A recommendation."""

    drawing: Drawing
    certain: bool
    """Calibration would tell nothing new."""
    hints: tuple[str, ...] = ()
    """What the operator should know or do: ids of the catalogue."""


_Rule = tuple[Callable[[Answers, Mapping[str, str]], bool], Advice]


def _is_multiplexed(answers: Answers, environment: Mapping[str, str]) -> bool:
    terminal = environment.get("TERM", "")
    return (
        answers.name.startswith("tmux")
        or bool(environment.get("TMUX") or environment.get("STY"))
        or terminal.startswith(("tmux", "screen"))
    )


def _is_obedient(answers: Answers, _environment: Mapping[str, str]) -> bool:
    return answers.bdsm in {1, 2}


def _named(*names: str) -> Callable[[Answers, Mapping[str, str]], bool]:
    """Match by XTVERSION or by the variable that terminals set."""

    def matches(answers: Answers, environment: Mapping[str, str]) -> bool:
        shown = (answers.name or environment.get("TERM_PROGRAM", "")).casefold()
        return shown.startswith(names)

    return matches


def _is_konsole(answers: Answers, environment: Mapping[str, str]) -> bool:
    return answers.name.startswith("Konsole") or (not answers.name and "KONSOLE_VERSION" in environment)


def _is_new_iterm(answers: Answers, environment: Mapping[str, str]) -> bool:
    version = answers.name if answers.name.startswith("iTerm2") else ""
    if not version and environment.get("TERM_PROGRAM") == "iTerm.app":
        version = environment.get("TERM_PROGRAM_VERSION", "")
    found = re.search(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= (3, 7)


def _secondary(*prefix: int) -> Callable[[Answers, Mapping[str, str]], bool]:
    return lambda answers, _environment: answers.secondary[: len(prefix)] == prefix


def _is_plain(_answers: Answers, environment: Mapping[str, str]) -> bool:
    return environment.get("TERM") == "linux" or "WT_SESSION" in environment


_CERTAIN = Advice(drawing=Drawing.PF, certain=True)
_RULES: tuple[_Rule, ...] = (
    (_is_multiplexed, Advice(drawing=Drawing.PF, certain=False, hints=(MULTIPLEXER, CALIBRATE))),
    (_is_obedient, _CERTAIN),
    (_named("kitty"), Advice(drawing=Drawing.PF, certain=False, hints=(KITTY,))),
    (_named("vte(", "mintty"), Advice(drawing=Drawing.PF_LRO, certain=True)),  # around tmux: they cannot be told
    (_is_konsole, Advice(drawing=Drawing.PF_LRO, certain=False, hints=(KONSOLE, CALIBRATE))),
    (_is_new_iterm, Advice(drawing=Drawing.PF_LRO, certain=False, hints=(ITERM, CALIBRATE))),
    (_named("apple_terminal"), Advice(drawing=Drawing.PF_LRO, certain=False, hints=(APPLE, CALIBRATE))),
    (_named("xterm", "foot", "alacritty", "ghostty", "wezterm", "vscode", "iterm", "windows terminal"), _CERTAIN),
    (_secondary(0, 136), Advice(drawing=Drawing.PF, certain=False, hints=(PUTTY, CALIBRATE))),
    (_secondary(24, 279), Advice(drawing=Drawing.PF, certain=False, hints=(MLTERM, CALIBRATE))),
    (_secondary(65), _CERTAIN),  # VTE before 0.58: no direction of its own
    (_is_plain, _CERTAIN),
)
_UNKNOWN = Advice(drawing=Drawing.PF, certain=False, hints=(CALIBRATE,))


def recommend(answers: Answers, environment: Mapping[str, str]) -> Advice:
    """Return the drawing that is known or guessed to be right for this terminal."""
    if answers.around and not answers.around.startswith("tmux"):
        return recommend(Answers(name=answers.around), {})
    advice = next((advice for matches, advice in _RULES if matches(answers, environment)), _UNKNOWN)
    if advice.drawing is Drawing.PF_LRO and answers.counts_controls:
        return Advice(drawing=Drawing.PF, certain=False, hints=advice.hints)
    return advice


class Reason(Enum):
    """Why a drawing was chosen; the values are ids of the catalogue."""

    CALIBRATED = N_("you said so in the calibration")
    SETTING = N_("your settings say so")
    KNOWN = N_("this terminal needs it")
    GUESS = N_("a guess: this terminal does not say what it does")


BY_ITSELF = "auto"
"""Remembered where a person was asked and left it as it is; in the settings, where nothing is said."""


def choose(advice: Advice, *, remembered: str | None, wanted: str) -> tuple[Drawing, Reason]:
    """Return how to draw: as the person calibrated, else as the settings say, else as the terminal seems to need.

    Args:
        advice: For this terminal.
        remembered: What the calibration found here: a drawing, `auto`, or `None` if nobody was asked.
        wanted: The setting: a drawing, or `auto`.
    """
    if remembered not in {None, BY_ITSELF}:
        return Drawing(remembered), Reason.CALIBRATED
    if wanted != BY_ITSELF:
        return Drawing(wanted), Reason.SETTING
    return advice.drawing, Reason.KNOWN if advice.certain else Reason.GUESS


def wants_calibration(advice: Advice, answers: Answers, *, remembered: str | None, wanted: str) -> bool:
    """Tell whether a person should be asked before the first screen: only they can know, and nobody has asked them.

    A terminal that answers nothing is not asked about: nobody may be in front of it.
    """
    return remembered is None and wanted == BY_ITSELF and CALIBRATE in advice.hints and answers.complete


def profile(answers: Answers, drawing: Drawing) -> Profile:
    """Return what the screen must know of a terminal that was asked; a person's choice of drawing comes first."""
    return Profile(
        drawing=drawing,
        was_explicit=answers.bdsm == 2,  # noqa: PLR2004  (DECRQM: reset, which for mode 8 is explicit)
        had_autodetect=answers.autodetect,
        joins_emoji=answers.joins_emoji,
        replies_due=not answers.complete,
    )


def identity(answers: Answers, environment: Mapping[str, str]) -> str:
    """Return a name under which a terminal's calibration can be remembered: the same for the same program."""
    shown = answers.name or environment.get("TERM_PROGRAM", "") or environment.get("TERM", "") or "unknown"
    attributes = ";".join(map(str, answers.secondary))
    inside = f"+mux {answers.around}".rstrip() if _is_multiplexed(answers, environment) else ""
    return f"{shown}/{attributes}{inside}"


def told_name(answers: Answers, environment: Mapping[str, str]) -> str:
    """Return what people call this terminal: as it named itself, by its attributes, else what TERM says."""
    name = answers.name
    match answers.secondary:
        case (65, version, *_) if not name:
            name = f"VTE {version // 10000}.{version // 100 % 100}.{version % 100}"
        case (0, 136, *_) if not name:
            name = "PuTTY"
        case (24, 279, *_) if not name:
            name = "mlterm"
        case (83, *_) if not name:
            name = "GNU screen"
    name = name or environment.get("TERM", "") or "?"
    return f"{name}, {answers.around}" if answers.around else name


def remembered_as(answers: Answers, environment: Mapping[str, str]) -> str:
    """Return the name of an operator's preference that holds the drawing for this terminal."""
    return f"drawing:{identity(answers, environment)}"
