"""The command line: finds the verb, reads its arguments, does it, and turns errors into words and exit codes.

Importing this package loads neither Textual nor aiohttp.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from majlis import __version__
from majlis.errors import Bug, MajlisError
from tui import config, language, mishaps, people
from tui.arabic.terminal import Drawing, Profile
from tui.cli import streams, verbs
from tui.cli.call import Call
from tui.cli.output import Printer
from tui.cli.parser import NeedsVerb, NoSuchVerb, Parser, Usage, common, section
from tui.language import N_, _

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

EXIT_CODES: tuple[tuple[int, str], ...] = (
    (0, N_("done, or all is well")),
    (1, N_("it failed; the words say why")),
    (2, N_("the command line cannot be read")),
    (3, N_("a person has to decide: a colleague was faster, a note is missing")),
    (4, N_("it does not apply in this state, or there is nothing to undo")),
    (5, N_("conduct rules, open warnings or service hours are in the way")),
    (6, N_("no such thing, or it is gone")),
    (7, N_("the network refused it")),
    (8, N_("an expectation of a scenario does not hold")),
    (9, N_("the history, or what it covers, was altered past the program")),
    (10, N_("the history has not been sealed for too long")),
    (65, N_("the data is wrong: a damaged or foreign inbox, a broken line")),
    (66, N_("a file cannot be read")),
    (70, N_("a mistake of the program; please report it")),
    (73, N_("the place cannot be written")),
    (75, N_("try again later: something is busy, or the disk is full")),
    (77, N_("your role does not allow it")),
    (78, N_("a settings file says something unknown")),
    (130, N_("stopped by ctrl+c")),
    (141, N_("whoever read the answer has gone")),
)
"""Exit codes and what they mean; they do not change between versions."""

INTERRUPTED, READER_GONE = 130, 141


OPENS_A_SCREEN = frozenset({"run", "demo", "replay", "train"})
"""Verbs that look after the terminal themselves."""


def main(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Do what a command line says and return the exit code; nothing is raised, and no traceback is shown.

    Args:
        argv: The words after the program's name.
        env: The environment; None: the process's own.
        stdin: Where texts and lines come from.
        stdout: Where answers go.
        stderr: Where errors go.
    """
    if env is None:
        streams.fill_gaps()
        mishaps.guard()
    printer = Printer(out=streams.guarded(stdout or sys.stdout), err=streams.never_choking(stderr or sys.stderr))
    try:
        code = _run(list(argv), dict(os.environ if env is None else env), stdin or sys.stdin, printer)
        printer.out.flush()
    except MajlisError as error:
        with suppress(OSError):  # nobody hears it, and the exit code says it all the same
            printer.problem(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return READER_GONE
    except Exception as error:  # noqa: BLE001  the outermost guard: with MAJLIS_DEBUG, or before a verb was found
        with suppress(OSError):
            printer.err.write(f"{mishaps.told(error)}\n")
        return Bug.exit_code
    else:
        return code
    finally:
        streams.let_go(printer)


def _run(argv: list[str], env: Mapping[str, str], stdin: TextIO, printer: Printer) -> int:
    printer.json = "--json" in argv
    language.use(_asked_for(argv) or _of_system(env))
    common_options, rest = common(Parser("")).parse_known_args(argv)
    is_settled = not (rest and rest[0] in verbs.UNSETTLED)
    settings = _settings(common_options, env) if is_settled else Bug(detail=f"{rest[0]} reads no settings")
    language.use(_language(common_options, settings, env))
    printer.profile = _profile(settings, env, asks=printer.is_terminal)
    if common_options.version:
        if printer.json:
            printer.value({"version": __version__})
        else:
            printer.line(f"majlis {__version__}")
        return 0
    if common_options.help or rest[:1] == ["help"]:
        printer.json = False
        with printer.told():
            _help(rest[1:] if rest[:1] == ["help"] else rest, printer)
        return 0
    name, words = _split(rest)
    call = Call(
        printer=printer,
        env=env,
        stdin=stdin,
        read=settings,
        verb=name,
        site_option=common_options.site,
        store_option=common_options.store,
    )
    return _do(name, words, call)


def _do(name: str, words: list[str], call: Call) -> int:
    verb = verbs.load(name)
    _collect()
    parser = Parser(name)
    verb.arguments(parser)
    arguments = parser.parse_args(words)
    try:
        roles = verbs.MAY_USE[name]
        if roles is not None:
            people.require(call.settings, f"majlis {name}", roles)
        if name in OPENS_A_SCREEN:
            return verb.run(call, arguments)
        with call.printer.told():
            return verb.run(call, arguments)
    except (MajlisError, BrokenPipeError):
        raise
    except Exception as error:
        if call.env.get("MAJLIS_DEBUG"):
            raise
        # The text of a foreign error could quote a person or a token: what it is and where is enough for a report.
        raise Bug(detail=f"{type(error).__name__}, {_where(error)}") from error


def _collect() -> None:
    """Start the collector where it was stopped for loading; what is loaded by now it need not look at."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def _split(words: list[str]) -> tuple[str, list[str]]:
    """Find the verb, of one word or two, and what follows it; without one it is `run`.

    Raises:
        NeedsVerb: Only the first word of several verbs is there.
        NoSuchVerb: There is no such verb.
    """
    if not words or words[0].startswith("-"):
        return "run", words
    for length in (2, 1):
        name = " ".join(words[:length])
        if len(words) >= length and name in verbs.FAMILY:
            return name, words[length:]
    inner = _inner(words[0])
    if inner and len(words) == 1:
        raise NeedsVerb(verb=words[0], verbs=language.listed(name.partition(" ")[2] for name in inner))
    if inner:
        raise NoSuchVerb(verb=" ".join(words[:2]), nearest=config.nearest(" ".join(words[:2]), inner) or inner[0])
    known = list(dict.fromkeys(part for name in verbs.FAMILY for part in (name, name.split()[0])))
    raise NoSuchVerb(verb=words[0], nearest=config.nearest(words[0], known) or "list")


def _inner(word: str) -> list[str]:
    """Return the verbs that begin with a word of their own."""
    return [name for name in verbs.FAMILY if name.startswith(f"{word} ")]


def _settings(options: Namespace, env: Mapping[str, str]) -> config.Settings | MajlisError:
    try:
        return config.load(env, site=options.site, store=options.store)
    except MajlisError as error:
        return error


def _profile(settings: config.Settings | MajlisError, env: Mapping[str, str], *, asks: bool) -> Profile:
    """Return how to draw lines: as the settings say, else as what is known without waiting for the terminal.

    Args:
        settings: The settings, or why they could not be read.
        env: The environment.
        asks: Whether it matters, and tmux may be asked for the terminal around it.
    """
    wanted = settings.personal.drawing if isinstance(settings, config.Settings) else "auto"
    if env.get("TERM", "dumb") == "dumb":
        return Profile(drawing=Drawing.LOGICAL)
    if wanted != "auto":
        return Profile(drawing=Drawing(wanted))
    if not (asks and env.get("TMUX")):
        return Profile()
    from tui.arabic import advice, probe  # noqa: PLC0415  only where a terminal hides behind another

    return Profile(drawing=advice.recommend(probe.Answers(around=probe.around(env)), env).drawing)


def _language(options: Namespace, settings: config.Settings | MajlisError, env: Mapping[str, str]) -> str:
    chosen = settings.personal.language if isinstance(settings, config.Settings) else None
    return options.language or chosen or _of_system(env)


def _asked_for(argv: list[str]) -> str | None:
    """Return the language that a command line asks for, be the rest of it readable or not."""
    for word, following in pairwise([*argv, ""]):
        name, is_joined, value = word.partition("=")
        if name == "--language" and (asked := value if is_joined else following) in language.LANGUAGES:
            return asked
    return None


def _of_system(env: Mapping[str, str]) -> str:
    """Return Arabic where the system speaks it, else English."""
    spoken = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    return "ar" if spoken.partition("_")[0].partition(".")[0] == "ar" else "en"


# ----------------------------------------------------------------------------------------------------------------- help


def _help(words: list[str], printer: Printer) -> None:
    if not words:
        _overview(printer)
        return
    inner = _inner(words[0])
    if inner and " ".join(words[:2]) not in verbs.FAMILY:
        printer.rows([(f"majlis {name}", _(verbs.ABOUT[name])) for name in inner], indent=0)
        return
    name, _rest = _split(words)
    verb = verbs.load(name)
    parser = Parser(name)
    verb.arguments(parser)
    common(parser)
    about = [_(verbs.ABOUT[name]), *([_(verb.about)] if verb.about else [])]
    parser.page(printer, about, verb.examples)


def _overview(printer: Printer) -> None:
    printer.line(_("majlis [options] COMMAND …"))
    printer.line()
    printer.paragraph(_("An inbox for a team that answers the public on Facebook, X and YouTube."))
    section(printer, _("Commands"))
    printer.rows([(name, _(about)) for name, about in verbs.ABOUT.items()])
    section(printer, _("Options"))
    printer.rows(common(Parser("")).options)
    section(printer, _("Exit codes"))
    printer.rows([(str(code), _(meaning)) for code, meaning in EXIT_CODES])
    printer.line()
    printer.line(_("More about one of them: majlis help COMMAND"))


__all__ = ["EXIT_CODES", "Usage", "main"]
