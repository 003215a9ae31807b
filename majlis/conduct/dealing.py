"""Rules about whom a reply is for: R-DIR and R-ESC."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from majlis.text import script_of, search_key

from .draft import Draft, Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .rules import Rules

_ALIKE: Final = 0.9
_PEOPLE: Final = 3
"""Source of both: POLICY 4."""


def canned_reply(draft: Draft) -> Iterator[Hit]:
    """R-DIR-CANNED: the same words went to several other people."""
    own = core(draft.text, draft.rules, draft.context.author_name)
    if not own:
        return
    count = sum(_are_alike(own, core(sent, draft.rules)) for sent in draft.context.sent)
    if count >= _PEOPLE:
        yield Hit(rule="R-DIR-CANNED", facts={"n": str(count)})


_HANDLE: Final = re.compile(r"@[\w.]+")
_NOT_WORD: Final = re.compile(r"[\W_]+")


def core(text: str, rules: Rules, name: str | None = None) -> tuple[str, ...]:
    """Return the words of a reply without handle, greeting and name."""
    key = _HANDLE.sub(" ", search_key(text))
    if name:
        key = key.replace(search_key(name), " ")
    key = _greeting(rules.words("greetings")).sub("", key, count=1)
    return tuple(_NOT_WORD.sub(" ", key).split())


@lru_cache(maxsize=8)
def _greeting(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a greeting at the beginning, with up to three words of a name before a comma."""
    choices = "|".join(re.escape(search_key(word)) for word in sorted(words, key=len, reverse=True)) or "(?!)"
    return re.compile(rf"^\W*(?:(?:{choices})\b(?:[ \t]+\w+){{0,3}}[ \t]*[,\u060c:!]|(?:{choices})\b)?\W*")


def _are_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two replies share nearly all their words in nearly the same order."""
    total = len(one) + len(other)
    shared = sum((Counter(one) & Counter(other)).values())
    # The order can only lower the share, and comparing it is the dear part.
    if not total or 2 * shared / total < _ALIKE:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE


_LONGEST_QUESTION: Final = 60
_STEM: Final = 4


def unanswered_question(draft: Draft) -> Iterator[Hit]:
    """R-DIR-NOANSWER: a question got no word of its own back, no link, no figure where one was asked, no next step."""
    item = draft.context.item
    if item is None or script_of(item) != script_of(draft.text) or draft.pieces.links:
        return
    asked = search_key(_HANDLE.sub(" ", item))
    question = _question(draft, asked)
    if question is None or draft.rules.phrases("next_steps").occur_in(draft.key):
        return
    wants_figure = draft.rules.phrases("asks_figure").occur_in(asked)
    if wants_figure and any(char.isdigit() for char in draft.key):
        return
    if _stems(draft, asked) & _stems(draft, draft.key):
        return
    yield Hit(rule="R-DIR-NOANSWER", facts={"question": question})


def _question(draft: Draft, asked: str) -> str | None:
    """Return the question in a message, shortened for showing; `None` when it asks nothing."""
    if not ("?" in asked or "\u061f" in asked or draft.rules.phrases("questions").occur_in(asked)):
        return None
    shown = _HANDLE.sub("", draft.context.item or "").strip()
    return shown if len(shown) <= _LONGEST_QUESTION else shown[: _LONGEST_QUESTION - 1].rstrip() + "\u2026"


_PREFIX: Final = re.compile("^(?:[\u0648\u0641])?(?:\u0628\u0627\u0644|\u0627\u0644|\u0644\u0644)?")


def _stems(draft: Draft, key: str) -> set[str]:
    """Return the beginnings of the words that carry meaning: enough to tell that two texts speak of one thing."""
    empty = draft.rules.folded_words("empty_words")
    words = (word for word in _NOT_WORD.sub(" ", key).split() if word not in empty)
    bare = (_PREFIX.sub("", word) for word in words)
    return {word[:_STEM] for word in bare if len(word) >= _STEM - 1 and word not in empty}


_ARABIZI: Final = re.compile(r"[a-z][23579][a-z]|\b[3579][a-z]{2,}|[a-z]{2,}[23579]\b")


def other_language(draft: Draft) -> Iterator[Hit]:
    """R-DIR-LANG: Arabic is answered in Latin script, or the reverse; Arabic written in Latin letters fits either."""
    item = draft.context.item
    if item is None:
        return
    scripts = {script_of(item), script_of(draft.text)}
    if scripts == {"ar", "en"} and not _is_arabizi(draft, search_key(item)):
        yield Hit(rule="R-DIR-LANG")


def _is_arabizi(draft: Draft, key: str) -> bool:
    return _ARABIZI.search(_HANDLE.sub(" ", key)) is not None or draft.rules.phrases("arabizi").occur_in(key)


def taken_message(draft: Draft) -> Iterator[Hit]:
    """R-DIR-DOUBLE: another operator is at it, or has answered."""
    if draft.context.taken_by:
        yield Hit(rule="R-DIR-DOUBLE", facts={"operator": draft.context.taken_by})


def needed_escalation(draft: Draft) -> Iterator[Hit]:
    """R-ESC-NEEDED and R-ESC-URGENT, from what triage saw in the message answered."""
    if draft.context.urgent:
        yield Hit(rule="R-ESC-URGENT", facts={"key": "!"})
    elif draft.context.escalation:
        yield Hit(rule="R-ESC-NEEDED", facts={"reason": draft.context.escalation, "key": "e"})
