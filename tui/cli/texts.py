"""Where a text to be written comes from: the command line, a file, or what is piped in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.parser import Usage
from tui.language import _

if TYPE_CHECKING:
    from argparse import Namespace

    from tui.cli.call import Call
    from tui.cli.parser import Parser


def text_arguments(parser: Parser) -> None:
    """Add what gives the text."""
    parser.take("text", _("the text; without it, --file or standard input"), nargs="?")
    parser.option("--file", metavar="FILE", about=_("read the text from this file; - is standard input"))


def text_of(call: Call, options: Namespace) -> str:
    """Return the text as given; of a file or pipe without the newline at its very end.

    Raises:
        Usage: It is given twice or not at all, or the file cannot be read.
    """
    if options.text is not None and options.file is not None:
        raise Usage(detail=_("the text is given twice"), verb=call.verb)
    if options.text is not None:
        return str(options.text)
    if options.file is not None and options.file != "-":
        return _of_file(call, options.file)
    if options.file is None and call.stdin.isatty():
        raise Usage(detail=_("the text is missing"), verb=call.verb)
    return call.stdin.read().removesuffix("\n")


def _of_file(call: Call, name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        raise Usage(detail=f"{name}: {error.strerror}", verb=call.verb) from error
    except UnicodeDecodeError as error:
        raise Usage(detail=_("{name} is not UTF-8", name=name), verb=call.verb) from error
