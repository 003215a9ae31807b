"""Reading a command line, and the help page of a verb, in the language in force."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from majlis.errors import Ask
from tui.language import N_, _, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.cli.output import Printer


class Usage(Ask):
    """A command line that cannot be read. Facts: detail, verb."""

    happened = "This command line cannot be read: {detail}."
    safe = "Nothing was done."
    advice = "See: majlis {verb} --help"
    exit_code = 2


class UsageOfAll(Usage):
    """What every command takes cannot be read. Facts: detail."""

    advice = "See: majlis --help"


class NoSuchVerb(Usage):
    """A verb nobody knows. Facts: verb, nearest."""

    happened = "There is no command majlis {verb}."
    advice = "The nearest is majlis {nearest}; all are shown by majlis --help"


class NeedsVerb(Usage):
    """Only the first word of commands that have two. Facts: verb, verbs."""

    happened = "“{verb}” alone is no command."
    advice = "One of these follows: {verbs}. More about them: majlis help {verb}"


class Parser(argparse.ArgumentParser):
    """Reads the arguments of one verb, and remembers them for its help page."""

    def __init__(self, verb: str) -> None:
        super().__init__(prog=f"majlis {verb}".strip(), add_help=False, allow_abbrev=False)
        self.verb = verb
        self.what: list[tuple[str, str]] = []
        """Positional arguments and what they are."""
        self.options: list[tuple[str, str]] = []
        """Options and what they do."""

    def take(self, name: str, about: str, *, nargs: str | None = None, metavar: str | None = None, **more: Any) -> None:
        """Add a positional argument; `about` is translated already."""
        shown = metavar or name.upper()
        super().add_argument(name, nargs=nargs, metavar=shown, **more)
        self.what.append((shown if nargs is None else f"[{shown}]" if nargs == "?" else f"{shown} …", about))

    def option(self, *flags: str, about: str, **more: Any) -> None:
        """Add an option; `about` is translated already."""
        action = super().add_argument(*flags, **more)
        value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else None)
        takes = action.nargs != 0
        shown = f" {value or action.dest.upper()}" if takes else ""
        self.options.append((", ".join(flags) + shown, about))

    def error(self, message: str) -> NoReturn:
        """Refuse a command line."""
        if not self.verb:
            raise UsageOfAll(detail=told(message))
        raise Usage(detail=told(message), verb=self.verb)

    def page(self, printer: Printer, about: Sequence[str], examples: Sequence[str]) -> None:
        """Print the help page; `about` is one paragraph each."""
        usage = " ".join([self.prog, _("[options]"), *(shown for shown, _about in self.what)])
        printer.line(usage)
        printer.line()
        for text in about:
            printer.paragraph(text)
        if self.what:
            section(printer, _("What it takes"))
            printer.rows(self.what)
        section(printer, _("Options"))
        printer.rows(self.options)
        if examples:
            section(printer, _("Examples"))
            for example in examples:
                printer.line(f"  {example}")


_MISREAD: Final = (
    (r"the following arguments are required: (?P<words>.+)", N_("missing: {words}")),
    (r"unrecognized arguments: (?P<words>.+)", N_("not known here: {words}")),
    (r"argument (?P<name>.+?): ignored explicit argument '?(?P<word>.*?)'?", N_("{name} takes no value")),
    (r"argument (?P<name>.+?): expected (one|at least one|\d+) arguments?", N_("a value is missing after {name}")),
    (r"argument (?P<name>.+?): invalid int value: '(?P<word>.*)'", N_("{name} takes a whole number, not “{word}”")),
    (r"argument (?P<name>.+?): invalid float value: '(?P<word>.*)'", N_("{name} takes a number, not “{word}”")),
    (
        r"argument (?P<name>.+?): invalid choice: '(?P<word>.*)' \(choose from (?P<words>.+)\)",
        N_("{name} cannot be “{word}”; choose from {words}"),
    ),
)
"""What argparse says, and how we say it."""


def told(message: str) -> str:
    """Return what argparse says of a command line in the language in force."""
    for form, template in _MISREAD:
        found = re.fullmatch(form, message, re.DOTALL)
        if found is not None:
            facts = found.groupdict()
            if template.endswith("{words}") and ", " in facts["words"]:
                facts["words"] = listed(word.strip("'") for word in facts["words"].split(", "))
            return _(template, **facts)
    return message


def section(printer: Printer, title: str) -> None:
    """Begin a part of a help page."""
    printer.line()
    printer.line(title)


def common(parser: Parser) -> Parser:
    """Add what every verb takes."""
    parser.option("--json", action="store_true", about=_("answer in JSON, one object per line"))
    parser.option("--site", metavar="FILE", about=_("the site file, instead of the usual one"))
    parser.option("--store", metavar="PATH", about=_("the inbox, instead of the one in the settings"))
    parser.option("--language", choices=("ar", "en"), about=_("language of this command"))
    if not parser.verb:
        parser.option("--version", action="store_true", about=_("show the version"))
    parser.option("-h", "--help", action="store_true", about=_("show this page"))
    return parser
