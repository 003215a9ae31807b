"""Rules about wording: by word lists (heuristics), capitals, emoji, hidden controls and length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from majlis import text as texts
from majlis.snippets import SLOT

from .draft import Draft, Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

_PUBLIC_ONLY: Final = frozenset({"R-PII-HEALTH", "R-PII-ASK"})
"""In private they ask for what the policy wants asked there."""


def listed_wording(draft: Draft) -> Iterator[Hit]:
    """Yield a hit for each rule whose words stand in one sentence; see `words.toml` on how lists work together."""
    for rule in draft.rules.by_words:
        if draft.context.public or rule not in _PUBLIC_ONLY:
            yield from _by_words(draft, rule)


def _by_words(draft: Draft, rule: str) -> Iterator[Hit]:
    """Yield the first place of a rule's words in a text."""
    main, needed, clearing = (draft.rules.phrases(f"{rule}{suffix}") for suffix in ("", ".and", ".not"))
    if not main.occur_in(draft.key):
        return
    for start, end in draft.sentences:
        sentence = draft.key[start:end]
        found = main.first(sentence)
        if found and (not needed or needed.occur_in(sentence)) and not clearing.occur_in(sentence):
            yield draft.hit(rule, start + found.start(), start + found.end())
            return


_LATIN: Final = re.compile(r"[A-Za-z]+")
_FEWEST_LETTERS: Final = 12
_CAPITAL_SHARE: Final = 0.6
"""Source of both: POLICY 4."""


def capitals(draft: Draft) -> Iterator[Hit]:
    """R-TONE-CAPS: most Latin letters are capitals; acronyms, links, addresses and handles do not count."""
    if not any(char.isupper() for char in draft.text):
        return
    acronyms = {each.upper() for each in draft.rules.words("acronyms")}
    words = [
        word[0]
        for word in _LATIN.finditer(_without_addresses(draft))
        if word[0] not in acronyms and word[0].removesuffix("s") not in acronyms
    ]
    letters = "".join(words)
    if len(letters) >= _FEWEST_LETTERS and sum(map(str.isupper, letters)) > _CAPITAL_SHARE * len(letters):
        yield Hit(rule="R-TONE-CAPS")


def _without_addresses(draft: Draft) -> str:
    """Return the original text with links and contact data blanked out."""
    text = draft.text
    places = [(each.start, each.end) for each in draft.pieces.data] + [
        (each.start, each.end) for each in draft.pieces.links
    ]
    for place in places:
        start, end = draft.folded.span(*place)
        text = text[:start] + " " * (end - start) + text[end:]
    return text


_MOST_EMOJI: Final = 3
"""Source: POLICY 4."""


def many_emoji(draft: Draft) -> Iterator[Hit]:
    """R-STYLE-INFORMAL: more emoji than an official account uses; keycaps are figures."""
    if draft.text.isascii():
        return
    found = [each for each in texts.EMOJI.finditer(draft.text) if not each[0][0].isascii()]
    if len(found) > _MOST_EMOJI:
        yield Hit(rule="R-STYLE-INFORMAL", start=found[0].start(), end=found[-1].end())


_CONTROLS: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0001]+"
)


def hidden_controls(draft: Draft) -> Iterator[Hit]:
    """R-STYLE-BIDI: bidi and zero-width controls, one hit for each run; the joiner inside an emoji is no control."""
    if draft.text.isascii():
        return
    text = texts.EMOJI.sub(lambda found: "x" * len(found[0]), draft.text)
    for found in _CONTROLS.finditer(text):
        yield Hit(rule="R-STYLE-BIDI", start=found.start(), end=found.end())


def over_length(draft: Draft) -> Iterator[Hit]:
    """R-STYLE-LONG: more than the network takes, counted its way."""
    context = draft.context
    kind = "private" if not context.public else "post" if context.kind == "post" else "comment"
    limit = texts.limit(context.network, kind)
    # No unit of any network weighs less than half a code point once links are counted at their weight.
    if limit is None or (len(draft.text) * 2 <= limit and "." not in draft.text):
        return
    over = texts.length(draft.text, context.network, kind) - limit
    if over > 0:
        yield Hit(rule="R-STYLE-LONG", facts={"n": str(over)})


def open_slots(draft: Draft) -> Iterator[Hit]:
    """R-STYLE-SLOT: a place of a saved reply that nobody has filled."""
    for found in SLOT.finditer(draft.text):
        yield Hit(rule="R-STYLE-SLOT", start=found.start(), end=found.end(), facts={"slot": found[0]})


_WORD: Final = re.compile(r"#\w+|(?P<word>[^\W\d_]+(?:['\u2019-][^\W\d_]+)*)")
"""Hashtags stand in a row at the end of many posts, and nobody reads them as a sentence."""
_PARAGRAPH: Final = re.compile(r"[^\n]+")
_LONGEST_SENTENCE: Final = 30
_LONGEST_PARAGRAPH: Final = 80
"""Words. Both are guesses; plain-language guides for public bodies ask for 20 to 25 in a sentence, and reminders must
stay rare."""


def long_winded(draft: Draft) -> Iterator[Hit]:
    """R-STYLE-PLAIN: the first sentence, or else the first paragraph, of a post that is long; links are no words."""
    if draft.context.kind != "post":
        return
    paragraphs = [found.span() for found in _PARAGRAPH.finditer(draft.key)]
    for places, longest in ((draft.sentences, _LONGEST_SENTENCE), (paragraphs, _LONGEST_PARAGRAPH)):
        for start, end in places:
            count = _words_between(draft, start, end)
            if count > longest:
                yield draft.hit("R-STYLE-PLAIN", start, end, n=str(count))
                return


def _words_between(draft: Draft, start: int, end: int) -> int:
    apart = [(link.start, link.end) for link in draft.pieces.links]
    words = (start + found.start() for found in _WORD.finditer(draft.key[start:end]) if found["word"])
    return sum(not any(first <= at < last for first, last in apart) for at in words)


_FIGURE: Final = re.compile(
    r"\d[\d.,]*\s?[%\u066a]|\b\d+ (?:in|out of|of every) \d+|\d+ من (?:كل|اصل|بين) \d+"
    r"|\d[\d.,]*\s?(?:مليون|ملايين|الف|million|thousand|billion)"
    r"|\d[\d.,]* (?:وفاه|حاله|مصاب\w*|deaths|cases|people)|(?:واحد|شخص) من (?:كل )?\w+"
)


def unsourced_figures(draft: Draft) -> Iterator[Hit]:
    """R-CLAIM-SOURCE: a figure about health in a post that names no source and has no link."""
    if (
        draft.context.kind != "post"
        or draft.pieces.links
        or draft.rules.phrases("R-CLAIM-SOURCE.not").occur_in(draft.key)
    ):
        return
    subjects = draft.rules.phrases("R-CLAIM-SOURCE")
    for start, end in draft.sentences:
        sentence = draft.key[start:end]
        figure = _FIGURE.search(sentence)
        if figure and subjects.occur_in(sentence):
            yield draft.hit("R-CLAIM-SOURCE", start + figure.start(), start + figure.end())
            return
