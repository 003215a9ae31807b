"""What the command line says in Arabic: every page of help, and whatever is said of calls that are wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Cli
from tui.cli import verbs
from tui.cli.parser import Parser, common

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"[^\s()«»“”،؛\"'`⟪⟫|]*[A-Za-z]{2,}[^\s()«»“”،؛\"'`⟪⟫|]*")
_TYPED = re.compile(r"[-_./:@=<>\d*$+]|^[A-Z]{1,4}$|^[A-Z_]+$")
"""What only a machine would write: options, paths, names of messages, keys, formats and placeholders."""
_NAMES = re.compile(
    "majlis|Majlis|Facebook|YouTube|Google|Python|SQLite|PostgreSQL|TinyDB|JUnit|Unix|systemd|psql|jq|openssl|"
    "facebook|youtube|root|groupadd|ar|en|both|all"
)
_FIELDS = re.compile(
    "id|text|kind|public|context|blocked|findings|point|pair|due|category|reason|urgency|why|logical|base|"
    "name|handle|ministry|phone|email|domains|emails|phones|handles|pages|reveal"
)
"""Words that are typed, or stand in lines of JSON."""
_RAW = re.compile(r"\(بلفظ النظام: [^)]*\)")
"""What the system says, beside what we say of it."""
_VALUE = "zzz"


def foreign(said: str, *known: str) -> list[str]:
    """Return what is left in Latin letters of an answer, but for names and what is typed."""
    allowed = {*(word for name in verbs.FAMILY for word in name.split()), *known}
    words = (word.lstrip("وبلك").strip(".:,?!؟…[]{}") for word in _WORD.findall(_RAW.sub("", said)))
    left = [word for word in words if word and word not in allowed and not _TYPED.search(word)]
    return [word for word in left if not (_NAMES.fullmatch(word) or _FIELDS.fullmatch(word))]


def choices(verb: str) -> set[str]:
    """Return the words that can be typed after a verb: the values that its options choose from."""
    parser = Parser(verb)
    verbs.load(verb).arguments(parser)
    return {str(each) for action in parser._actions for each in action.choices or ()}


def wrong_calls(verb: str) -> Iterator[tuple[str, ...]]:
    """Yield calls that lack something or have something too much, for the verb and for each of its options."""
    parser = common(Parser(verb))
    verbs.load(verb).arguments(parser)
    flags = {flag: action.nargs != 0 for action in parser._actions for flag in action.option_strings}
    del flags["-h"], flags["--help"], flags["--json"], flags["--store"], flags["--site"]
    yield ()
    yield ("--nope",)
    yield (_VALUE,)
    yield (_VALUE,) * 7
    yield ("x:moh:comment:404",)
    for flag, takes_value in flags.items():
        yield (flag,) if takes_value else (f"{flag}=1",)
        yield (flag, _VALUE, *(_VALUE for _ in parser.what))


def test_every_page_of_help_is_arabic(cli: Cli) -> None:
    """But for what is typed."""
    left: dict[str, list[str]] = {}
    for verb in verbs.FAMILY:
        said = cli(*verb.split(), "--help", "--language", "ar")
        shown, _heading, examples = said.out.partition("أمثلة")
        assert examples, verb
        if found := foreign(shown, *choices(verb)):
            left[verb] = found

    assert left == {}


@pytest.mark.parametrize("family", list(verbs.SUMMARIES))
def test_what_is_said_of_a_wrong_call_is_arabic(
    filled: Cli, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is missing, unknown or impossible."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    left: dict[tuple[str, ...], list[str]] = {}
    for verb in verbs.SUMMARIES[family]:
        known = {*choices(verb), _VALUE}
        for call in wrong_calls(verb):
            said = filled(*verb.split(), *call, "--language", "ar")
            if found := foreign(said.err, *known, *call):
                left[verb, *call] = [*found, said.err]

    assert left == {}


@pytest.mark.parametrize(
    ("call", "en", "ar"),
    [
        ("list --limit many", "--limit takes a whole number, not “many”", "تأخذ --limit عدداً صحيحاً، لا «many»"),
        (
            "list --view no",
            "--view cannot be “no”; choose from queue, mine",
            "لا يمكن أن تكون --view «no»؛ اختر من queue، mine",
        ),
        ("show", "missing: MESSAGE", "ينقصه: MESSAGE"),
        ("list --nope", "not known here: --nope", "غير معروف هنا: --nope"),
        ("list --limit", "a value is missing after --limit", "تنقص قيمة بعد --limit"),
        ("doctor --offline=1", "--offline takes no value", "لا تأخذ --offline قيمة"),
        ("demo --speed fast", "--speed takes a number, not “fast”", "تأخذ --speed عدداً، لا «fast»"),
        ("--site", "a value is missing after --site", "تنقص قيمة بعد --site"),
        ("--language fr list", "--language cannot be “fr”; choose from ar, en", "اختر من ar، en"),
    ],
)
def test_a_command_line_that_cannot_be_read_is_told_in_the_language_asked_for(
    cli: Cli, call: str, en: str, ar: str
) -> None:
    """Even where what cannot be read is among what every command takes."""
    cli.env["LANG"] = "ar_AE.UTF-8"

    arabic = cli(*call.split())
    cli.env["LANG"] = "C"
    english = cli(*call.split())

    assert (arabic.code, english.code) == (2, 2)
    assert ar in arabic.err
    assert en in english.err
    assert "majlis  --help" not in english.err


def test_the_language_asked_for_is_known_before_the_rest_is_read(cli: Cli) -> None:
    """However it is spelled, and wherever it stands."""
    assert "تنقص قيمة" in cli("--language=ar", "list", "--site").err
    assert "تنقص قيمة" in cli("list", "--language", "ar", "--site").err


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("store = 5", "السطر 1: store: المنتظر"),
        ('x = "', "باللفظ الأصلي: "),
        ('\n[accounts.a]\nnetwork = "myspace"\nid = "1"', "السطر 3: accounts.a.network: القيمة 'myspace'"),
        ('[accounts."a b"]\nnetwork = "x"\nid = "1"', "accounts.a b: يتكوّن"),
        (None, "تتعذّر قراءة"),
    ],
)
def test_a_settings_file_that_is_wrong_is_told_in_arabic(cli: Cli, written: str | None, said: str) -> None:
    """With its line, and a library's own words marked as such."""
    site = cli.config / "site.toml"
    if written is None:
        site.mkdir()
    else:
        site.write_text(written, encoding="utf-8")

    answer = cli("list", "--language", "ar")

    assert answer.code == 78
    assert said in answer.err
    assert ", line " not in answer.err
