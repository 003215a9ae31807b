"""Both languages say everything, lose no slot, and count as their grammar does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from connectors.verdict import Unreachable
from majlis.errors import BadSettings, Conflict, Either, NotAllowed, StoreRescued
from majlis.policy import Role
from tests.tui.msgids import everything
from tui import language
from tui.details import OURS, SYSTEM
from tui.language import FOLDER, LANGUAGES, _, bare, ngettext, problem, read, say, word
from tui.vocabulary import WORDS

SLOT = re.compile(r"\{(\w+)\}")
ARABIC = re.compile(r"[\u0600-\u06ff]")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    language.use("en")
    yield
    language.use("en")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_of_the_program_is_in_the_catalogue(code: str) -> None:
    """Calls of the gettext names, the domain's templates and the words for its codes."""
    single, plural = everything()
    known = {entry.msgid for entry in polib.pofile(str(FOLDER / f"{code}.po"))}

    assert sorted(single - known) == []
    assert sorted({pair[0] for pair in plural} - known) == []


def test_every_text_is_translated_into_arabic() -> None:
    """No entry is empty or fuzzy; English is its own translation."""
    catalogue = polib.pofile(str(FOLDER / "ar.po"))

    assert [e.msgid for e in catalogue.untranslated_entries()] == []
    assert [e.msgid for e in catalogue.fuzzy_entries()] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_slot_is_lost_or_invented(code: str) -> None:
    """A translation has the slots of its id; only a plural form may say its number in words."""
    for entry in polib.pofile(str(FOLDER / f"{code}.po")):
        slots = set(SLOT.findall(entry.msgid))
        if entry.msgstr:
            assert set(SLOT.findall(entry.msgstr)) == slots, entry.msgid
        for form in entry.msgstr_plural.values():
            assert slots - {"n"} <= set(SLOT.findall(form)) <= slots, entry.msgid


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_quick_reader_reads_what_polib_reads(code: str) -> None:
    """The one that runs at every start is compared with the one that is known to be right."""
    ours, theirs = read(code), polib.pofile(str(FOLDER / f"{code}.po"))

    assert ours.texts == {e.msgid: e.msgstr for e in theirs if e.msgstr}
    assert ours.plurals == {
        e.msgid: tuple(e.msgstr_plural[n] for n in sorted(e.msgstr_plural)) for e in theirs if e.msgid_plural
    }


def test_a_line_that_is_none_of_a_catalogue_is_named(tmp_path: Path) -> None:
    """Whoever edits a catalogue by hand is told which line is wrong."""
    (tmp_path / "ar.po").write_text('msgid "a"\nmsgstr b\n', "utf-8")

    with pytest.raises(ValueError, match="msgstr b"):
        read("ar", tmp_path)


@pytest.mark.parametrize(
    ("n", "expected"),
    [(0, "أقل من يوم"), (1, "يوم"), (2, "يومان"), (3, "3 أيام"), (11, "11 يوماً"), (100, "100 يوم"), (103, "103 أيام")],
)
def test_arabic_counts_in_six_forms(n: int, expected: str) -> None:
    """None, one, two, few, many, hundreds."""
    language.use("ar")

    assert ngettext("{n} day", "{n} days", n) == expected


def test_english_counts_in_two_forms() -> None:
    """One and other."""
    assert [ngettext("{n} day", "{n} days", n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]


def test_the_language_changes_while_running() -> None:
    """Texts are translated when they are drawn."""
    before = _("Queue")
    language.use("ar")

    assert (before, _("Queue")) == ("Queue", "الانتظار")


def test_an_error_is_said_in_both_languages() -> None:
    """What happened, what is safe, what to do next; codes become words."""
    error = NotAllowed(action="override", role="supervisor")

    english = problem(error)
    language.use("ar")
    arabic = problem(error)

    assert english == "Your role does not allow this (override). Nothing was changed. It needs the role: supervisor."
    assert "مشرف" in arabic
    assert not re.search(r"[A-Za-z]{3,}", arabic)


@pytest.mark.parametrize("number", SYSTEM)
def test_a_fault_of_the_system_is_told_with_its_own_words_beside(number: int) -> None:
    """The words of the language in force say what it means, the system's can be searched for."""
    error = BadSettings(path="site.toml", key="-", detail=f"127.0.0.1: {os.strerror(number)}")
    language.use("ar")

    said = bare(problem(error))

    assert f": {_(SYSTEM[number])} (بلفظ النظام: {os.strerror(number)})" in said


@pytest.mark.parametrize("template", OURS)
def test_a_detail_with_facts_in_it_is_found_again(template: str) -> None:
    """Whatever the layers below tell is told in the language in force, and not marked as foreign."""
    facts = dict.fromkeys(SLOT.findall(template), "7")
    language.use("ar")

    said = problem(BadSettings(path="p", key="k", detail=template.format(**facts)))

    assert bare(said) == bare(problem(BadSettings(path="p", key="k", detail=""))).replace(
        "p: k: ", f"p: k: {bare(say(template, facts))}"
    )


def test_a_detail_that_nobody_knows_is_marked_as_foreign() -> None:
    """A library's words stay as they are, and are not taken for ours."""
    error = BadSettings(path="p", key="k", detail="Object missing required field")
    language.use("ar")

    assert "باللفظ الأصلي: Object missing required field" in bare(problem(error))


def test_a_path_in_a_command_can_be_pasted() -> None:
    """Whatever is in it; what stands in no command is told as it is."""
    error = StoreRescued(path="/srv/x y/inbox.db", rescued="/srv/x y/saved.db")

    for each in LANGUAGES:
        language.use(each)
        said = bare(problem(error))
        assert "majlis store restore '/srv/x y/saved.db' --replace" in said
        assert "'/srv/x y/inbox.db'" not in said


def test_a_name_cannot_rearrange_a_sentence() -> None:
    """Names are isolated, and cannot end their isolation."""
    hostile = "x\N{POP DIRECTIONAL ISOLATE}\N{RIGHT-TO-LEFT OVERRIDE}y"

    said = problem(Conflict(subject="s", colleague=hostile))

    assert "\N{FIRST STRONG ISOLATE}xy\N{POP DIRECTIONAL ISOLATE}" in said


def test_a_refusal_names_every_role_that_may() -> None:
    """As a list of which one will do, in both languages; to a program as a list."""
    error = NotAllowed(action="claim", role=Either((Role.OPERATOR, Role.PUBLISHER, Role.SUPERVISOR)))
    assert str(error).endswith("It needs the role: operator or publisher or supervisor.")
    assert language.bare(problem(error)) == str(error)

    language.use("ar")
    assert "موظف التواصل أو ناشر أو مشرف" in language.bare(problem(error))


@pytest.mark.parametrize("why", ["is she ill?", "هل هي مريضة؟", "she left.", "!"])
def test_a_sentence_ends_with_one_mark(why: str) -> None:
    """Also where it ends with somebody's own words that have a mark."""
    said = language.bare(_("{colleague} has taken it over: {why}.", colleague="huda", why=why))

    assert said == f"huda has taken it over: {why}"
    assert language.bare(_("{colleague} has taken it over: {why}.", colleague="huda", why="ill")).endswith("ill.")


def test_an_unknown_slot_stays_visible() -> None:
    """A fact that is missing is no error."""
    assert say("Sent to {name}.", {}) == "Sent to {name}."


def test_every_code_has_an_arabic_word() -> None:
    """States, roles, reasons and actions read as words."""
    language.use("ar")

    assert [code for code in WORDS if not ARABIC.search(word(code))] == []


def test_there_are_two_languages() -> None:
    """Any other is refused."""
    with pytest.raises(ValueError, match="fr"):
        language.use("fr")


def test_the_kept_text_of_an_error_is_told_in_the_language_in_force() -> None:
    """With its facts; a text that nobody knows stays as it is."""
    error = Unreachable(account="moh", wait_s=5, reason="127.0.0.1: Connection refused")
    assert language.retold(str(error)) == str(error)

    language.use("ar")
    assert language.bare(language.retold(str(error))) == language.bare(problem(error))
    assert "moh" in language.retold(str(error))
    assert language.retold("something else") == "something else"
