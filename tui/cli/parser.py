"""Reading a command line, and the help page of a verb, in the language in force."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from majlis.errors import Ask
from tui.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.cli.output import Printer


class Usage(Ask):
    """A command line that cannot be read. Facts: detail, verb."""

    happened = "This command line cannot be read: {detail}."
    safe = "Nothing was done."
    advice = "See: majlis {verb} --help"
    exit_code = 2


class NoSuchVerb(Usage):
    """A verb nobody knows. Facts: verb, nearest."""

    happened = "There is no command majlis {verb}."
    advice = "The nearest is majlis {nearest}; all are shown by majlis --help"


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
        raise Usage(detail=message, verb=self.verb)

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
