"""The language of the interface: catalogues read at start, switched while running.

Texts are translated when they are drawn, never when a module is imported. The catalogue in force is one per process,
as with gettext: command line and screens share it. Text of messages has its own language, which this leaves alone.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from gettext import c2py
from pathlib import Path
from string import Formatter
from typing import Final

from majlis.errors import Either, MajlisError, fill
from tui.arabic.layout import embed
from tui.details import OURS, SYSTEM
from tui.vocabulary import WORDS

LANGUAGES = ("ar", "en")
"""Codes of the catalogues that there are; Arabic and English are equal."""

NAMES = {"ar": "العربية", "en": "English"}
"""Each language in its own words."""

FOLDER = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One language's texts."""

    code: str
    texts: Mapping[str, str] = field(default_factory=dict)
    """English template → template in this language."""
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """English singular → one template per plural form."""
    form_of: Callable[[int], int] = lambda n: int(n != 1)
    """The plural form of a number."""

    @property
    def from_right(self) -> bool:
        """Whether the interface begins at the right."""
        return self.code == "ar"


def read(code: str, folder: Path = FOLDER) -> Catalogue:
    """Read a catalogue from its `.po` file.

    The file is read at every start, so this takes only what such a file can hold, in about 3 ms; polib, which a test
    compares it with, takes 20.

    Raises:
        OSError: There is no such file.
        ValueError: A line is none of a catalogue; the message names it.
    """
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for entry in _entries((folder / f"{code}.po").read_text("utf-8")):
        if "msgid_plural" in entry:
            forms = tuple(value for name, value in sorted(entry.items()) if name.startswith("msgstr["))
            if all(forms):
                plurals[entry["msgid"]] = forms
        elif entry.get("msgstr"):
            texts[entry["msgid"]] = entry["msgstr"]
    return Catalogue(code=code, form_of=_plural_rule(texts.pop("", "")), texts=texts, plurals=plurals)


def _entries(source: str) -> Iterator[dict[str, str]]:
    """Yield the entries of a catalogue, by keyword; fuzzy ones are not in force."""
    for block in source.split("\n\n"):
        entry: dict[str, str] = {}
        keyword, fuzzy = "", False
        for line in block.splitlines():
            if line.startswith("#"):
                fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            start = line.find('"')
            if start < 0 or not line.endswith('"'):
                raise ValueError(f"no line of a catalogue: {line!r}")
            keyword = line[:start].strip() or keyword
            # The escapes of a catalogue are among those of JSON.
            entry[keyword] = entry.get(keyword, "") + json.loads(line[start:])
        if entry and not fuzzy:
            yield entry


def _plural_rule(header: str) -> Callable[[int], int]:
    """Return the function that a `Plural-Forms` header writes in C; English where there is none."""
    rule = header.partition("plural=")[2].partition(";")[0]
    chosen: Callable[[int], int] = c2py(rule or "n != 1")
    return chosen


class _InForce:
    """The catalogue of this process."""

    catalogue = Catalogue(code="en")


def use(code: str) -> Catalogue:
    """Put a language in force; what is on the screen must be drawn anew after it.

    Raises:
        ValueError: There is no such language.
    """
    if code not in LANGUAGES:
        raise ValueError(f"no such language: {code!r}")
    if _InForce.catalogue.code != code or not _InForce.catalogue.texts:
        _InForce.catalogue = read(code)
    return _InForce.catalogue


def code() -> str:
    """Return the code of the language in force."""
    return _InForce.catalogue.code


def from_right() -> bool:
    """Tell whether the interface begins at the right."""
    return _InForce.catalogue.from_right


def N_(msgid: str) -> str:  # noqa: N802  the name that gettext tools look for
    """Mark a text for the catalogues and leave it alone; it is translated where it is drawn."""
    return msgid


def _(msgid: str, /, **facts: object) -> str:
    """Translate a template and fill its slots; a slot without a fact stays visible."""
    return _filled(_plain(msgid), facts) if facts else _plain(msgid)


def _filled(template: str, facts: Mapping[str, object]) -> str:
    """Fill a template; a fact that ends a sentence by itself gets no second full stop."""
    return _SECOND_STOP.sub("", fill(template, _told(facts, _typed_slots(template))))


def _plain(msgid: str) -> str:
    text = _InForce.catalogue.texts.get(msgid, msgid)
    return _set_apart(text) if from_right() else text


@lru_cache(maxsize=2048)
def _set_apart(text: str) -> str:
    """Isolate commands and options, which an Arabic sentence would draw with their dashes and their ends elsewhere."""
    return _COMMAND.sub("\N{LEFT-TO-RIGHT ISOLATE}\\g<0>\N{POP DIRECTIONAL ISOLATE}", text)


@lru_cache(maxsize=2048)
def _typed_slots(template: str) -> frozenset[str]:
    """Return the slots of a template that stand in a command: what fills them is typed as it is."""
    return frozenset(slot for command in _COMMAND.findall(template) for slot in _SLOT.findall(command))


def say(template: str, facts: Mapping[str, object]) -> str:
    """Translate a template of the domain with its facts: words for codes, isolated names, local times."""
    return _filled(_plain(template), facts)


def ngettext(singular: str, plural: str, n: int, /, **facts: object) -> str:
    """Translate a template that depends on a number, which fills its slot `n`."""
    forms = _InForce.catalogue.plurals.get(singular)
    template = forms[_InForce.catalogue.form_of(n)] if forms else (singular if n == 1 else plural)
    return _filled(_set_apart(template) if from_right() else template, {**facts, "n": n})


_SECOND_STOP = re.compile(r"(?<=[.!?…\u061f]\u2069)\.(?!\S)")
"""A full stop after what was filled in and ends with a mark of its own."""
_COMMAND = re.compile(
    r"(?<![!-~])(?:(?:majlis|pip|chmod|store)(?= )|--(?=[a-z]))[!-'*-~\u2026]*(?: [!-'*-~\u2026]+)*(?<![.,:;])"
)
"""What is typed as it stands: a command with its words, an option; no parentheses, and not what ends a sentence."""
_SLOT = re.compile(r"\{(\w+)\}")
_TYPED: Final = frozenset({"to", "verb", "nearest", "word", "option", "text", "name", "tags"})
"""Slots for what somebody has typed, wherever they stand: a name that is spelled like a state is no state."""
_ISOLATES = re.compile("[\u2066-\u2069]")


def bare(text: str) -> str:
    """Return a sentence of ours without the isolates that keep its parts apart on one line.

    A program needs none, and where a line breaks between two of them they would be shown as signs.
    """
    return _ISOLATES.sub("", text)


def word(value: object) -> str:
    """Return the word for a code of the domain, such as a state, a role or a reason; the code where it has none."""
    known = WORDS.get(_code(value))
    return _code(value) if known is None else _plain(known)


def problem(error: MajlisError) -> str:
    """Return an error in the language in force: what happened, what is safe, what to do next."""
    return " ".join(say(template, error.facts) for template in error.templates)


def retold(text: str) -> str:
    """Return what is kept as an error's English text in the language in force; an unknown text as it is."""
    return text if code() == "en" else _retold(text, code())


@lru_cache(maxsize=64)
def _retold(text: str, language: str) -> str:
    del language  # a part of the key
    found = [(parts, match.groupdict()) for parts, form in _forms() if (match := form.fullmatch(text))]
    if not found:
        return text
    parts, facts = max(found, key=lambda each: len("".join(each[0])))
    return " ".join(say(part, facts) for part in parts)


def _forms() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    """Return the templates of every kind of error, and what their English text looks like."""
    kinds: list[type[MajlisError]] = [MajlisError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    told = {tuple(part for part in (kind.happened, kind.safe, kind.advice) if part) for kind in kinds}
    return tuple((parts, re.compile(_form(" ".join(parts)), re.DOTALL)) for parts in sorted(told) if parts)


def _form(template: str) -> str:
    seen: set[str] = set()
    made = ""
    for literal, name, _spec, _conversion in Formatter().parse(template):
        made += re.escape(literal)
        if name is not None:
            made += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
            seen.add(name)
    return made


def listed(words: Iterable[str]) -> str:
    """Return words as a list of the language in force; the Arabic comma parts Arabic ones."""
    return ("\N{ARABIC COMMA} " if code() == "ar" else ", ").join(words)


def _told(facts: Mapping[str, object], typed: frozenset[str]) -> dict[str, object]:
    """Return what fills a template; what the program or the system itself tells is translated like every text.

    Args:
        facts: By slot.
        typed: Slots of what somebody is to type: no word stands for it.
    """
    told: dict[str, object] = {}
    for name, value in facts.items():
        if name in _TYPED:
            told[name] = embed(_code(value))
        elif name in typed:
            told[name] = embed(shlex.quote(_code(value)))  # a name with a blank in it must not end the command
        elif name in _TELLING and isinstance(value, str):
            told[name] = _detail(value, is_ours=name == "detail")
        else:
            told[name] = _fact(value)
    return told


_TELLING = frozenset({"detail", "reason", "problem"})
"""Facts in which an error says more, in English."""
_FOREIGN = re.compile(r"(?=.*[A-Za-z]{2} [A-Za-z`']{2})[^\u0600-\u06ff]+", re.DOTALL)


def _detail(text: str, *, is_ours: bool) -> str:
    """Return what an error says in its details; what nobody knows is marked as being told in its own words.

    Args:
        text: In English.
        is_ours: Whether it is the program's own to say, and no service's.
    """
    texts = _InForce.catalogue.texts
    if text in WORDS or code() == "en":
        return _fact(text)
    if text in texts:
        return _plain(text)
    matches = [(template, match.groupdict()) for template, form in _details() if (match := form.fullmatch(text))]
    if matches:
        return say(*max(matches, key=lambda each: len(each[0])))
    before, part, last = text.rpartition(": ")
    if last in _system():
        said = _("{said} (in the system's words: {raw})", said=_plain(_system()[last]), raw=last)
        return f"{embed(before)}{part}{said}" if part else said
    return _("in its own words: {raw}", raw=text) if is_ours and _FOREIGN.fullmatch(text) else _fact(text)


@cache
def _system() -> Mapping[str, str]:
    return {os.strerror(number): said for number, said in SYSTEM.items()}


@cache
def _details() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((template, re.compile(_form(template), re.DOTALL)) for template in OURS)


def _either(values: Either) -> str:
    first, *others = (word(each) for each in values)
    for other in others:
        first = _("{first} or {other}", first=first, other=other)
    return bare(first)


def _fact(value: object) -> str:
    """Return a value as it may stand inside a sentence: nothing in it can rearrange the words around it."""
    if isinstance(value, Either):
        return _either(value)
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime):
        return embed(value.isoformat(sep=" ", timespec="minutes"))
    return word(value) if _code(value) in WORDS else embed(str(value))


def _code(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


__all__ = [
    "LANGUAGES",
    "NAMES",
    "N_",
    "Catalogue",
    "_",
    "code",
    "from_right",
    "listed",
    "ngettext",
    "problem",
    "read",
    "retold",
    "say",
    "use",
    "word",
]
