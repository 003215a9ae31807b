import os
import select
import termios
import time
from pathlib import Path

import pytest

from tests.tui.arabic.pseudo import Pane, Scripted, line
from tui.arabic.advice import (
    APPLE,
    CALIBRATE,
    ITERM,
    KITTY,
    KONSOLE,
    MLTERM,
    MULTIPLEXER,
    PUTTY,
    Advice,
    Reason,
    choose,
    identity,
    profile,
    recommend,
    told_name,
    wants_calibration,
)
from tui.arabic.probe import EMOJI_SAMPLES, QUESTIONS, Answers, LateReplies, around, probe, understand
from tui.arabic.terminal import Drawing

XTERM = {"TERM": "xterm-256color"}
VTE = "\x1b[8;1$y\x1b[?2501;2$y\x1b[>65;7006;1c{columns}\x1b[?65;1;9c"
KITTY_REPLY = "\x1b[8;0$y\x1b[?2501;0$y\x1bP>|kitty(0.26.5)\x1b\\\x1b[>1;4000;26c{columns}\x1b[?62;c"
MINTTY = "\x1b[8;2$y\x1b[?2501;1$y\x1bP>|mintty 3.6.4\x1b\\\x1b[>77;30604;0c{columns}\x1b[?64;1;2c"


def columns(*widths: int) -> str:
    """Reply to the samples with cursor positions."""
    return "".join(f"\x1b[1;{width + 1}R" for width in widths)


NARROW = columns(4, 1, 1, 6, 2)  # skin tone, heart, keycap, family, override: as xterm and VTE draw them
AGREEING = columns(2, 2, 2, 2, 2)  # as Rich counts them
COUNTING = columns(4, 1, 1, 8, 4)  # as mlterm does


def asked(replies: str) -> tuple[Answers, Pane]:
    """Probe a terminal that sends these replies."""
    with line() as (pane, slave), Scripted(pane, replies.encode()):
        answers = probe(XTERM, keyboard=slave, output=slave)
        assert not select.select([slave], [], [], 0)[0]
        return answers, pane


def test_an_obedient_terminal_is_understood() -> None:
    """VTE says that it reorders, that it can stop, and how wide its emoji are."""
    answers, pane = asked(VTE.format(columns=NARROW))

    assert answers == Answers(bdsm=1, secondary=(65, 7006, 1), columns=(4, 1, 1, 6, 2), complete=True)
    assert not answers.joins_emoji
    assert pane.seen == QUESTIONS.encode()


def test_a_terminal_that_is_explicit_already_is_noticed() -> None:
    """A terminal such as mintty may be explicit and detect directions; both are given back later."""
    answers, _ = asked(MINTTY.format(columns=AGREEING))

    assert (answers.bdsm, answers.autodetect, answers.name) == (2, True, "mintty 3.6.4")
    found = profile(answers, Drawing.PF)
    assert found.was_explicit
    assert found.had_autodetect
    assert found.joins_emoji
    assert not found.replies_due


def test_typed_keys_among_the_replies_do_no_harm() -> None:
    """Keys that come in between are passed over."""
    assert understand(f"a\x1b[A{KITTY_REPLY.format(columns=NARROW)}b").name == "kitty(0.26.5)"


def test_a_silent_terminal_costs_less_than_half_a_second() -> None:
    """No reply is awaited longer than the budget, and what comes late is expected."""
    with line() as (_, slave):
        began = time.monotonic()
        answers = probe(XTERM, keyboard=slave, output=slave)
        took = time.monotonic() - began

    assert took < 0.5
    assert answers == Answers()
    assert profile(answers, Drawing.PF).replies_due


def test_half_an_answer_is_not_trusted() -> None:
    """Without all positions no width is known; without the last reply more is due."""
    answers, _ = asked("\x1b[8;0$y\x1b[1;5R\x1b[?62c")

    assert answers == Answers(bdsm=0, complete=True)


def test_the_line_is_as_before() -> None:
    """Echo and line editing are back after the question."""
    with line() as (pane, slave):
        before = termios.tcgetattr(slave)
        with Scripted(pane, b"\x1b[?62c"):
            probe(XTERM, keyboard=slave, output=slave)

        assert termios.tcgetattr(slave) == before


def test_nothing_is_asked_where_nobody_would_answer() -> None:
    """A pipe and a dumb terminal are left alone, and owe no reply."""
    reading, writing = os.pipe()
    with line() as (pane, slave):
        assert probe({"TERM": "dumb"}, keyboard=slave, output=slave) == Answers(complete=True)
        assert probe(XTERM, keyboard=slave, output=writing) == Answers(complete=True)
        assert pane.drain() == b""
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_terminal_app_is_not_asked_about_modes() -> None:
    """It would print the end of the question."""
    with line() as (pane, slave), Scripted(pane, b"\x1b[?1;2c"):
        probe({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, keyboard=slave, output=slave)

        assert b"$p" not in pane.seen


@pytest.mark.parametrize("size", [1, 2, 3, 7, 200])
def test_late_replies_are_taken_out_however_they_are_cut(size: int) -> None:
    """The stream of keys is the same whether replies come whole or byte by byte."""
    late = LateReplies()
    data = f"a{VTE.format(columns=NARROW)}b\x1b[A\x1b[1;5R"

    typed = "".join(late.keys(data[at : at + size]) for at in range(0, len(data), size)) + late.release()

    assert typed == "ab\x1b[A\x1b[1;5R"  # after the last reply everything is typed, F3 with a modifier too
    assert late.finished


def test_an_escape_key_is_only_held_for_a_moment() -> None:
    """What begins like a reply and does not go on is typed after all."""
    late = LateReplies()

    assert late.keys("x\x1b") == "x"
    assert late.release() == "\x1b"
    assert late.keys("\x1b[A") == "\x1b[A"


@pytest.mark.parametrize(
    ("answers", "environment", "drawing", "certain", "hint"),
    [
        (Answers(bdsm=1, secondary=(65, 7006, 1)), XTERM, Drawing.PF, True, None),
        (Answers(bdsm=2, name="mintty 3.6.4"), XTERM, Drawing.PF, True, None),
        (Answers(bdsm=1, name="WezTerm 20240203"), XTERM, Drawing.PF, True, None),
        (Answers(bdsm=0, name="XTerm(379)"), XTERM, Drawing.PF, True, None),
        (Answers(bdsm=0, name="kitty(0.26.5)"), XTERM, Drawing.PF, False, KITTY),
        (Answers(name="Konsole 22.12.3"), XTERM, Drawing.PF_LRO, False, KONSOLE),
        (Answers(), {**XTERM, "KONSOLE_VERSION": "221203"}, Drawing.PF_LRO, False, KONSOLE),
        (Answers(name="tmux 3.3a"), {"TERM": "tmux-256color"}, Drawing.PF, False, MULTIPLEXER),
        (Answers(), {**XTERM, "TMUX": "/tmp/t,1,0"}, Drawing.PF, False, MULTIPLEXER),  # noqa: S108  (a value, no file)
        (Answers(), {"TERM": "screen", "STY": "1"}, Drawing.PF, False, MULTIPLEXER),
        (Answers(secondary=(0, 136, 0)), XTERM, Drawing.PF, False, PUTTY),
        (Answers(secondary=(24, 279, 0)), XTERM, Drawing.PF, False, MLTERM),
        (Answers(name="iTerm2 3.7.0"), XTERM, Drawing.PF_LRO, False, ITERM),
        (Answers(name="iTerm2 3.5.4"), XTERM, Drawing.PF, True, None),
        (
            Answers(),
            {**XTERM, "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.7.1"},
            Drawing.PF_LRO,
            False,
            ITERM,
        ),
        (Answers(), {**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, Drawing.PF_LRO, False, APPLE),
        (Answers(), {**XTERM, "TERM_PROGRAM": "vscode"}, Drawing.PF, True, None),
        (Answers(), {**XTERM, "WT_SESSION": "x"}, Drawing.PF, True, None),
        (Answers(), {"TERM": "linux"}, Drawing.PF, True, None),
        (Answers(), XTERM, Drawing.PF, False, CALIBRATE),
    ],
)
def test_the_recommendation_is_what_was_measured(
    answers: Answers, environment: dict[str, str], drawing: Drawing, certain: bool, hint: str | None
) -> None:
    """Each known terminal gets its drawing, and its owner the hint that helps."""
    advice = recommend(answers, environment)

    assert (advice.drawing, advice.certain) == (drawing, certain)
    assert advice.hints[:1] == (() if hint is None else (hint,))


def test_overrides_are_refused_where_they_take_cells() -> None:
    """A terminal that counts the controls never gets `pf+lro`."""
    answers = understand(f"\x1bP>|Konsole 22.12.3\x1b\\{COUNTING}\x1b[?62c")

    assert answers.counts_controls
    assert recommend(answers, XTERM).drawing is Drawing.PF


def test_emoji_are_kept_only_where_all_agree() -> None:
    """One sample of another width is enough to reduce them."""
    assert understand(AGREEING).joins_emoji
    assert not understand(columns(2, 2, 1, 2, 2)).joins_emoji
    assert not understand("").joins_emoji
    assert len(EMOJI_SAMPLES) == 4


def test_a_terminal_is_remembered_by_what_it_is() -> None:
    """The same program has the same identity, inside a multiplexer another one."""
    answers = Answers(name="kitty(0.26.5)", secondary=(1, 4000, 26))

    assert identity(answers, XTERM) == "kitty(0.26.5)/1;4000;26"
    assert identity(answers, {**XTERM, "TMUX": "x"}) != identity(answers, XTERM)
    assert identity(Answers(), {}) == "unknown/"


@pytest.mark.parametrize(
    ("around_it", "drawing", "certain", "hint"),
    [
        ("XTerm(379)", Drawing.PF, True, None),
        ("foot(1.16)", Drawing.PF, True, None),
        ("WezTerm 20240203", Drawing.PF, True, None),
        ("VTE(7600)", Drawing.PF_LRO, True, None),
        ("mintty 3.6.4", Drawing.PF_LRO, True, None),
        ("kitty(0.26.5)", Drawing.PF, False, KITTY),
        ("Konsole 22.12.3", Drawing.PF_LRO, False, KONSOLE),
        ("iTerm2 3.7.0", Drawing.PF_LRO, False, ITERM),
        ("tmux 3.3a", Drawing.PF, False, MULTIPLEXER),
        ("", Drawing.PF, False, MULTIPLEXER),
    ],
)
def test_the_terminal_around_tmux_decides(around_it: str, drawing: Drawing, certain: bool, hint: str | None) -> None:
    """What tmux was told of it is as good as an answer, but for those that could only be told themselves."""
    advice = recommend(Answers(name="tmux 3.3a", around=around_it), {"TERM": "tmux-256color", "TMUX": "x"})

    assert (advice.drawing, advice.certain) == (drawing, certain)
    assert advice.hints[:1] == (() if hint is None else (hint,))


def test_a_terminal_around_tmux_is_remembered_apart() -> None:
    """Who attaches the same tmux from two terminals calibrates each of them."""
    environment = {"TERM": "tmux-256color", "TMUX": "x"}
    names = {identity(Answers(name="tmux 3.3a", around=each), environment) for each in ("", "XTerm(379)", "kitty")}

    assert len(names) == 3


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'XTerm(379)'", "XTerm(379)"),
        ("printf 'bad\\033name\\n'", "badname"),
        ("echo", ""),
        ("echo no; exit 1", ""),
        ("exec sleep 20", ""),
    ],
)
def test_tmux_is_asked_for_the_terminal_around_it(tmp_path: Path, script: str, told: str) -> None:
    """Its answer without controls; nothing when it fails or does not answer in time."""
    command = tmp_path / "tmux"
    command.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    command.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TMUX": "x"}

    began = time.monotonic()
    assert around(environment, budget_s=0.2 if "sleep" in script else 5) == told
    assert time.monotonic() - began < 2


def test_nobody_is_asked_outside_tmux_or_without_it(tmp_path: Path) -> None:
    """No variable, no question; no command, no answer."""
    assert around({"PATH": "/usr/bin:/bin"}) == ""
    assert around({"PATH": str(tmp_path), "TMUX": "x"}) == ""


GUESSED = recommend(Answers(name="tmux 3.3a"), {"TMUX": "x"})
KNOWN = recommend(Answers(bdsm=1), XTERM)


@pytest.mark.parametrize(
    ("advice", "remembered", "wanted", "drawing", "reason"),
    [
        (GUESSED, "pf+lro", "logical", Drawing.PF_LRO, Reason.CALIBRATED),
        (GUESSED, "auto", "logical", Drawing.LOGICAL, Reason.SETTING),
        (GUESSED, None, "pf+lro", Drawing.PF_LRO, Reason.SETTING),
        (GUESSED, None, "auto", Drawing.PF, Reason.GUESS),
        (GUESSED, "auto", "auto", Drawing.PF, Reason.GUESS),
        (KNOWN, None, "auto", Drawing.PF, Reason.KNOWN),
    ],
)
def test_a_persons_word_comes_first(
    advice: Advice, remembered: str | None, wanted: str, drawing: Drawing, reason: Reason
) -> None:
    """The calibration of this terminal, then the setting, then what the terminal seems to need; with the reason."""
    assert choose(advice, remembered=remembered, wanted=wanted) == (drawing, reason)


def test_a_person_is_asked_once_and_only_where_nobody_else_knows() -> None:
    """Not where the terminal is known, the setting decides, somebody was asked, or nobody answers."""
    answered = Answers(name="tmux 3.3a", complete=True)

    assert wants_calibration(GUESSED, answered, remembered=None, wanted="auto")
    assert not wants_calibration(GUESSED, answered, remembered="auto", wanted="auto")
    assert not wants_calibration(GUESSED, answered, remembered=None, wanted="pf")
    assert not wants_calibration(GUESSED, Answers(), remembered=None, wanted="auto")
    assert not wants_calibration(KNOWN, answered, remembered=None, wanted="auto")


@pytest.mark.parametrize(
    ("answers", "environment", "told"),
    [
        (Answers(name="XTerm(379)", secondary=(41, 379, 0)), XTERM, "XTerm(379)"),
        (Answers(secondary=(65, 7006, 1)), XTERM, "VTE 0.70.6"),
        (Answers(secondary=(0, 136, 0)), XTERM, "PuTTY"),
        (Answers(name="tmux 3.3a", around="XTerm(379)"), XTERM, "tmux 3.3a, XTerm(379)"),
        (Answers(), XTERM, "xterm-256color"),
        (Answers(), {}, "?"),
    ],
)
def test_a_terminal_is_called_by_its_name(answers: Answers, environment: dict[str, str], told: str) -> None:
    """As it named itself, by its attributes, else as the environment calls it."""
    assert told_name(answers, environment) == told
