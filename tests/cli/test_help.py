"""Help, names and exit codes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from majlis import errors
from majlis.errors import MajlisError
from tests.cli.conftest import Cli
from tui.cli import EXIT_CODES, verbs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("verb", list(verbs.FAMILY))
def test_every_verb_has_help_with_an_example(cli: Cli, verb: str, language: str) -> None:
    """The page names the verb, every option it reads, and a command line to copy."""
    said = cli(*verb.split(), "--help", "--language", language)

    assert said.code == 0
    assert f"majlis {verb}" in said.out
    assert "--json" in said.out
    assert re.search(rf"^  (echo .*\| )?majlis( --\S+ \S+)?( {verb}|$)", said.out, re.MULTILINE)


@pytest.mark.parametrize("verb", ["reply", "done"])
def test_a_long_explanation_breaks_without_signs(cli: Cli, verb: str) -> None:
    """What keeps its parts in order on one line is not shown where it is broken over two."""
    assert "⟪" not in cli(verb, "--help").out


def test_the_overview_names_every_verb_and_every_exit_code(cli: Cli) -> None:
    """`majlis --help` is the table of contents."""
    said = cli("--help")

    assert all(re.search(rf"^\s*{verb}\b", said.out, re.MULTILINE) for verb in verbs.FAMILY)
    assert all(re.search(rf"^\s*{code}\b", said.out, re.MULTILINE) for code, _meaning in EXIT_CODES)


def test_every_error_has_an_exit_code_of_the_table() -> None:
    """A script can rely on the table."""

    def tree(kind: type[MajlisError]) -> list[type[MajlisError]]:
        return [kind, *(each for sub in kind.__subclasses__() for each in tree(sub))]

    assert errors.MajlisError in tree(MajlisError)
    assert {kind.exit_code for kind in tree(MajlisError)} <= {code for code, _meaning in EXIT_CODES}


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("lst", "list"),
        ("escalte", "escalate"),
        ("config shw", "config show"),
        ("audt", "audit"),
        ("check txt", "check text"),
    ],
)
def test_an_unknown_verb_is_answered_with_the_nearest(cli: Cli, typed: str, nearest: str) -> None:
    """A slip of the finger costs one look."""
    said = cli(*typed.split())

    assert said.code == 2
    assert nearest in said.err


def test_the_name_of_the_program_alone_opens_the_inbox(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or says that there is no terminal to draw it on."""
    monkeypatch.setattr("sys.stdin", io.StringIO())

    said = cli()

    assert said.code == 2
    assert "no terminal" in said.err


@pytest.mark.parametrize("language", ["en", "ar"])
def test_help_is_a_word_too(cli: Cli, language: str) -> None:
    """Alone it is the table of contents; before a command, the page of that; before a first word, what follows it."""
    chosen = ("--language", language)

    for asked in ((), ("list",), ("audit", "show"), ("audit",)):
        word, option = cli("help", *asked, *chosen), cli(*asked, "--help", *chosen)
        assert word.code == option.code == 0
        assert word.out == option.out != ""
    unknown = cli("help", "lst", *chosen)
    assert unknown.code == 2
    assert "list" in unknown.err


@pytest.mark.parametrize("first", sorted({verb.split()[0] for verb in verbs.FAMILY if " " in verb}))
def test_a_first_word_alone_is_answered_with_all_that_may_follow(cli: Cli, first: str) -> None:
    """It is no command, and none of them is guessed."""
    own = [verb for verb in verbs.FAMILY if verb.startswith(f"{first} ")]

    said = [cli(first, "--language", each) for each in ("en", "ar")]

    assert [each.code for each in said] == [2, 2]
    assert all(verb.split()[1] in each.err for verb in own for each in said)
    assert all(f"majlis help {first}" in each.err for each in said)
    assert "nearest" not in said[0].err


def test_a_bad_option_is_refused_without_a_traceback(cli: Cli) -> None:
    """Nothing is guessed from half a word."""
    said = cli("list", "--vie", "all")

    assert said.code == 2
    assert "--vie" in said.err
    assert "Traceback" not in said.err


def test_options_may_stand_before_or_after_the_verb(filled: Cli) -> None:
    """Both read the same."""
    assert filled("--json", "list").out == filled("list", "--json").out != ""


def test_errors_in_json_carry_kind_and_code(cli: Cli) -> None:
    """A program need not read sentences."""
    said = cli("show", "x:moh:comment:404", "--json")

    assert said.code == 6
    assert '"error": "NotFound"' in said.err
    assert '"exit_code": 6' in said.err


@pytest.mark.parametrize(("variable", "value"), [("LANG", "ar_AE.UTF-8"), ("LC_MESSAGES", "ar"), ("LC_ALL", "ar_EG")])
def test_the_system_speaks_arabic(cli: Cli, variable: str, value: str) -> None:
    """The language of the command follows the locale; --language comes first."""
    cli.env[variable] = value

    assert "الأوامر" in cli("--help").out  # Arabic: the commands
    assert "Commands" in cli("--help", "--language", "en").out


def test_importing_the_command_line_loads_no_toolkit() -> None:
    """`majlis list` must not wait for what a screen needs."""
    probe = "import tui.cli, sys; print([m for m in ('textual', 'aiohttp', 'apsw') if m in sys.modules])"

    answer = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_the_collector_works_again_once_a_verb_is_loaded(filled: Cli) -> None:
    """It is stopped while modules are loaded; a screen is open all day."""
    probe = "import gc, sys; from majlis.__main__ import main; sys.argv[1:] = ['list']; main(); print(gc.isenabled())"

    answer = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env={"HOME": str(filled.home)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.splitlines()[-1] == "True"


def test_listing_loads_neither_screen_nor_client(filled: Cli) -> None:
    """Only the verbs that draw or call load what they need for it."""
    probe = (
        "import sys; from tui.cli import main; main(['list']);"
        "heavy = {'textual', 'aiohttp', 'connectors.http', 'connectors.poller'};"
        "print(sorted(heavy & {*sys.modules}), file=sys.stderr)"
    )

    answer = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env={"HOME": str(filled.home)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "x:moh:comment:1" in answer.stdout
    assert answer.stderr.strip() == "[]"
