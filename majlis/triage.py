"""Suggests what an incoming message is about, how urgent it is and who should have it (POLICY 5).

By transparent cue phrases, kept as data (`triage.toml` beside this module): the operator sees which words led to a
suggestion and corrects it. Where a life may be in danger doubt goes to the urgent path; all else is only sorting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .conduct.contacts import Contacts
from .conduct.folding import folded
from .conduct.phrases import Phrases
from .conduct.piece import Kind
from .conduct.pieces import find_pieces
from .conduct.privacy import is_official
from .doubt import Doubt, Weights, doubt
from .sorting import MAY_BE_DANGER
from .text import search_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .conduct.rules import Rules

URGENT: Final = "urgent"
"""The route that wins over all others."""

_STRONG: Final = 3
_WEAK: Final = 1
_ENOUGH: Final = 2
"""A single weak cue sorts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What triage thinks of a message."""

    category: str
    should_escalate: bool
    reason: str | None
    """For customer service or the urgent path; `None` where nobody else is needed."""
    urgency: str
    """immediate, high, normal or low."""
    route: str
    """operator, customer_service, urgent, comms_lead or ignore."""
    why: tuple[str, ...]
    """The words of the message that led here, or what else did; empty for a plain question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Category:
    """One category with its cues."""

    name: str
    urgency: str
    route: str
    reason: str | None = None
    strong: Phrases = field(default_factory=lambda: Phrases(()))
    weak: Phrases = field(default_factory=lambda: Phrases(()))
    clearing: Phrases = field(default_factory=lambda: Phrases(()))
    together: tuple[tuple[str, ...], ...] = ()
    """Groups of named lists that must all be met."""
    unasked: bool = False
    """It holds only where nothing is asked: a greeting before a question is a question."""


class Cues:
    """The cue phrases, and what tells contact data from official data."""

    def __init__(
        self,
        categories: Sequence[_Category],
        lists: Mapping[str, Phrases],
        rules: Rules,
        contacts: Contacts,
        weights: Weights | None = None,
    ) -> None:
        self.categories = tuple(categories)
        self.lists = lists
        self.rules = rules
        self.contacts = contacts
        self.weights = weights

    @cached_property
    def by_name(self) -> Mapping[str, _Category]:
        """Categories by their names."""
        return {each.name: each for each in self.categories}


def cues_from(
    table: Mapping[str, Any],
    rules: Rules,
    contacts: Contacts | None = None,
    *,
    weights: Weights | None = None,
) -> Cues:
    """Decode cues from the form of `triage.toml`.

    Args:
        table: `lists`, `danger`, `categories`, `inherit`.
        rules: For the word lists by which contact data is found.
        contacts: What is official and therefore nobody's personal data.
        weights: By which words that no phrase names give rise to doubt; None: only phrases count.

    Raises:
        ValueError: Something is missing, unknown or no phrase; the message names it.
    """
    for name in table:
        if name not in {"lists", "danger", "categories", "inherit"}:
            raise ValueError(f"{name}: unknown field")
    lists = {name: _phrases(f"lists.{name}", each) for name, each in table.get("lists", {}).items()}
    lists["idioms"] = _phrases("danger.idioms", table.get("danger", {}).get("idioms", ()))
    lists["inherit"] = _phrases("inherit.phrases", table.get("inherit", {}).get("phrases", ()))
    for name in _LISTS:
        lists.setdefault(name, Phrases(()))
    categories = [_category(each, lists) for each in table.get("categories", ())]
    return Cues(categories, lists, rules, contacts or Contacts(), weights)


def with_own(table: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the shipped cues with an administrator's: phrases are added, none is taken away.

    Args:
        table: In the form of `triage.toml`.
        own: Tables of `lists` by name, and `categories` by name with `strong`, `weak`, `not`.

    Raises:
        ValueError: A list or category is unknown; the message names it.
    """
    lists = {name: list(phrases) for name, phrases in table["lists"].items()}
    categories = {each["name"]: dict(each) for each in table["categories"]}
    for added in own:
        for name, phrases in added.get("lists", {}).items():
            if name not in lists:
                raise ValueError(f"triage.lists.{name}: no such list")
            lists[name] += phrases
        for name, body in added.get("categories", {}).items():
            if name not in categories:
                raise ValueError(f"triage.categories.{name}: no such category")
            for part, phrases in body.items():
                if part not in {"strong", "weak", "not"}:
                    raise ValueError(f"triage.categories.{name}.{part}: unknown field")
                categories[name][part] = [*categories[name].get(part, ()), *phrases]
    return {**table, "lists": lists, "categories": list(categories.values())}


_LISTS: Final = (
    "now",
    "past",
    "yesterday",
    "wait_or_neglect",
    "person",
    "family",
    "reported",
    "fiction",
    "laughs",
    "opening",
    "cry",
    "service",
    "general_question",
    "hypothetical",
    "mine",
    "at_once",
    "recovered",
    "staff",
    "rude",
    "ask_word",
)
_FIELDS: Final = frozenset({"name", "urgency", "route", "reason", "strong", "weak", "not", "all", "unasked"})


def _category(body: Mapping[str, Any], lists: Mapping[str, Phrases]) -> _Category:
    name = body.get("name")
    if not isinstance(name, str):
        raise ValueError("categories: one has no name")  # noqa: TRY004  one kind of error for wrong data
    for key in body:
        if key not in _FIELDS:
            raise ValueError(f"categories.{name}.{key}: unknown field")
    for key in ("urgency", "route"):
        if key not in body:
            raise ValueError(f"categories.{name}.{key}: missing")
    together = tuple(tuple(group) for group in body.get("all", ()))
    for each in (each for group in together for each in group):
        if each not in lists:
            raise ValueError(f"categories.{name}.all: no list named {each!r}")
    return _Category(
        name=name,
        urgency=body["urgency"],
        route=body["route"],
        reason=body.get("reason"),
        strong=_phrases(f"categories.{name}.strong", body.get("strong", ())),
        weak=_phrases(f"categories.{name}.weak", body.get("weak", ())),
        clearing=_phrases(f"categories.{name}.not", body.get("not", ())),
        together=together,
        unasked=body.get("unasked", False),
    )


def _phrases(name: str, data: Any) -> Phrases:
    if not isinstance(data, Sequence) or isinstance(data, str) or not all(isinstance(each, str) for each in data):
        raise ValueError(f"{name}: not a list of texts")
    try:
        return Phrases(data)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


_REPEATED: Final = re.compile(r"([^\W\d_])\1{2,}")
_HANDLE: Final = re.compile(r"@\w+")


def folded_message(text: str) -> str:
    """Return a message as cues and weights read it: folded, without handles, drawn-out letters once."""
    return _REPEATED.sub(r"\1", _HANDLE.sub(" ", search_key(text)))


def suggest(text: str, thread: Sequence[str], network: str, cues: Cues) -> Suggestion:
    """Suggest category, urgency, reason and route of a message.

    Args:
        text: As received.
        thread: Earlier texts of the thread, oldest first.
        network: Where it came from. What is a contact on one network is one on all, so no cue depends on it.
        cues: The phrases in force.
    """
    key = folded_message(text)
    says_same = len(key.split()) <= _SHORT and cues.lists["inherit"].occur_in(key)
    if danger := _danger(key, cues):
        return danger
    plain = _weighed(key, cues)
    found = None if says_same else _doubted(key, plain, cues)
    if found is not None and found.is_urgent and (category := cues.by_name.get(found.kind)):
        return _suggestion(category, found.words)
    own = _exposure(text, cues) or _scored(key, plain, cues)
    if says_same and (own is None or own.urgency == "low"):
        for earlier in reversed(thread):
            before = suggest(earlier, (), network, cues)
            if before.should_escalate and before.route != URGENT:
                return replace(before, why=("as the message before",))
    return _raised(own or _plain(key, cues), found)


def _raised(own: Suggestion, found: Doubt | None) -> Suggestion:
    """Return a suggestion to look at soon where there is some doubt, but not enough for the urgent path."""
    if found is None:
        return own
    return replace(own, urgency="high", why=(MAY_BE_DANGER, *found.words))


_SHORT: Final = 8
"""Words of a message that says no more than "same here"; a guess."""


def _suggestion(category: _Category, why: tuple[str, ...], reason: str | None = None) -> Suggestion:
    reason = reason or category.reason
    return Suggestion(
        category=category.name,
        should_escalate=reason is not None,
        reason=reason,
        urgency=category.urgency,
        route=category.route,
        why=why[:_SHOWN],
    )


_SHOWN: Final = 3
"""Reasons given; more are not read."""


class _Met(dict[str, bool]):
    """Which lists a message meets, each looked for once and only when asked for.

    Where it says that somebody is well now, that is no word of danger now. What opens a question has to open the
    message.
    """

    def __init__(self, key: str, cues: Cues) -> None:
        super().__init__()
        self._key = key
        self._lists = cues.lists

    def __missing__(self, name: str) -> bool:
        is_of_now = name in {"now", "at_once"} and self["recovered"]
        key = _without(self._key, self._lists["recovered"]) if is_of_now else self._key
        phrases = self._lists[name]
        found = self[name] = _opens(key, phrases) if name == "opening" else phrases.occur_in(key)
        return found


def _danger(key: str, cues: Cues) -> Suggestion | None:
    """Look for danger to life, idioms taken out; the category with the most cues among those that see any.

    A past emergency told as a complaint or as thanks is none, a question about first aid or about what one would do is
    none; all of them only while nothing in the message speaks of now.
    """
    key = _without_idioms(key, cues)
    met = _Met(key, cues)
    best: tuple[int, Suggestion] | None = None
    for category in cues.categories:
        found = _signs(key, category, cues, met) if category.route == URGENT else ()
        if found and (best is None or len(found) > best[0]):
            best = len(found), _suggestion(category, found)
    return best[1] if best else None


def _without_idioms(key: str, cues: Cues) -> str:
    return _without(key, cues.lists["idioms"])


def _without(key: str, phrases: Phrases) -> str:
    for each in list(phrases.finditer(key)):
        key = key[: each.start()] + " " * len(each[0]) + key[each.end() :]
    return key


def hints_of(key: str, cues: Cues) -> tuple[tuple[str, ...], bool, bool]:
    """Return what learning needs of a folded message: its hints, whether it is plain, whether a phrase sees danger."""
    plain = _weighed(key, cues)
    return _hints(key, plain, cues), _is_plain(plain), _danger(key, cues) is not None


def _is_plain(plain: _Plain | None) -> bool:
    """Tell whether a strong cue says that the message is about something else."""
    return plain is not None and plain[0] >= _STRONG


def _hints(key: str, plain: _Plain | None, cues: Cues) -> tuple[str, ...]:
    """Return what the phrases say of a folded message beside danger."""
    met = _Met(key, cues)
    hints = [name for name in _HINTING if met[name]]
    if plain is not None:
        score, category, _ = plain
        hints += [f"as {category.name}", f"scored {min(score, _SCORED)}"]
    return (*hints, "asked") if _is_asked(key, cues) else tuple(hints)


_HINTING: Final = (
    *("hypothetical", "recovered", "past", "general_question", "reported", "fiction", "now", "mine", "at_once"),
    *("laughs", "opening", "cry", "family", "person", "yesterday", "wait_or_neglect", "service"),
)
_SCORED: Final = 6
"""Two strong cues; more say no more."""


def _doubted(key: str, plain: _Plain | None, cues: Cues) -> Doubt | None:
    """Doubt where no phrase sees danger and the words together weigh like it."""
    if cues.weights is None:
        return None
    words, hints = cues.weights.signs.read(key), _hints(key, plain, cues)
    return doubt(words, hints, cues.weights, is_plain=_is_plain(plain))


def _signs(key: str, category: _Category, cues: Cues, met: _Met) -> tuple[str, ...]:
    """Return the signs of one kind of danger, none where the message is about another time or nobody."""
    strong, weak = category.strong.found_in(key), category.weak.found_in(key)
    strong += _together(key, category, cues, met)
    if not strong and not weak:
        return ()
    happened = met["past"] or met["yesterday"]
    if not strong and not (met["now"] or (met["person"] and not happened)):
        return ()
    found = (*strong, *weak)
    if met["at_once"]:
        return found
    if category.name != "emergency":
        return () if _is_only_told(met) else found
    return () if _is_no_emergency(met, is_asked=_is_asked(key, cues)) else found


def _is_only_told(met: _Met) -> bool:
    """Threats and self-harm in a story, or in news of another time, that nobody near the writer is part of."""
    is_news = met["reported"] and (met["past"] or met["yesterday"])
    is_over = met["recovered"] and met["past"]
    return (is_over or ((met["fiction"] or is_news) and not met["family"])) and not met["now"]


def _is_no_emergency(met: _Met, *, is_asked: bool) -> bool:
    """Only supposed, of another time, of nobody, well again, in the news, or a question about a service."""
    if met["hypothetical"] and not met["mine"]:
        return True
    if met["now"]:
        return False
    is_told = met["past"] or (met["laughs"] and not met["person"]) or (met["yesterday"] and met["wait_or_neglect"])
    is_general = met["general_question"] and not met["person"]
    is_news = (met["reported"] or met["fiction"]) and not met["family"]
    is_of_nobody = not (met["mine"] or met["family"] or met["cry"])
    is_question = is_asked and is_of_nobody and (met["opening"] or (met["service"] and not met["person"]))
    return met["recovered"] or is_told or is_general or is_news or is_question


_PERSONAL: Final = frozenset(Kind) - {Kind.TOLL, Kind.HANDLE, Kind.NATIONAL_ID_LIKE}


def _exposure(text: str, cues: Cues) -> Suggestion | None:
    """See personal data that the message itself publishes."""
    category = cues.by_name.get("privacy")
    if category is None:
        return None
    pieces = find_pieces(folded(text).key, cues.contacts.default_region, cues.rules).data
    kinds = {each.kind for each in pieces if each.kind in _PERSONAL and not is_official(each, cues.contacts)}
    return _suggestion(category, tuple(sorted(kinds))) if kinds else None


def _scored(key: str, plain: _Plain | None, cues: Cues) -> Suggestion | None:
    """Sort by the cues of the other categories."""
    if plain is None:
        return None
    _, category, why = plain
    is_staff = category.name == "complaint" and all(cues.lists[name].occur_in(key) for name in ("staff", "rude"))
    return _suggestion(category, why, "staff_complaint" if is_staff else None)


_Plain: TypeAlias = tuple[int, _Category, tuple[str, ...]]
"""Score, category and the words of its cues."""


def _weighed(key: str, cues: Cues) -> _Plain | None:
    """Return the category besides danger with the most cues, with its score and their words."""
    best: _Plain | None = None
    met = _Met(key, cues)
    is_asked = _is_asked(key, cues)
    for category in cues.categories:
        if category.route == URGENT or (category.unasked and is_asked):
            continue
        score, why = _score(key, category, cues, met)
        if score >= _ENOUGH and (best is None or score > best[0]):
            best = score, category, why
    return best


def _score(key: str, category: _Category, cues: Cues, met: _Met) -> tuple[int, tuple[str, ...]]:
    strong, weak = category.strong.found_in(key), category.weak.found_in(key)
    strong += _together(key, category, cues, met)
    if not (strong or weak) or category.clearing.occur_in(key):
        return 0, ()
    return _STRONG * len(strong) + _WEAK * len(weak), (*strong, *weak)


def _together(key: str, category: _Category, cues: Cues, met: _Met) -> tuple[str, ...]:
    """Return, for each group of lists that are all met, the words that met them."""
    groups = (group for group in category.together if all(met[name] for name in group))
    return tuple(" + ".join(cues.lists[name].found_in(key)[0] for name in group) for group in groups)


def _is_asked(key: str, cues: Cues) -> bool:
    """By its mark, by a word that asks, or by a first word that does."""
    is_marked = "?" in key or "\u061f" in key
    return is_marked or cues.lists["ask_word"].occur_in(key) or _opens(key, cues.lists["opening"])


def _opens(key: str, phrases: Phrases) -> bool:
    text = key.strip()
    return any(each.start() == 0 for each in phrases.finditer(text))


def _plain(key: str, cues: Cues) -> Suggestion:
    """Sort what no cue spoke about: a question about health, about services, or neither."""
    if not _is_asked(key, cues):
        return Suggestion(category="other", should_escalate=False, reason=None, urgency="low", route="operator", why=())
    topics = cues.lists.get("health_topic")
    why = topics.found_in(key) if topics else ()
    return Suggestion(
        category="inquiry_health" if why else "inquiry_service",
        should_escalate=False,
        reason=None,
        urgency="normal",
        route="operator",
        why=why,
    )


def triage_check(rows: Iterable[Mapping[str, Any]], cues: Cues) -> Iterator[dict[str, Any]]:
    """Answer the rows of `majlis check triage`, one by one; the rows before one are its thread.

    Args:
        rows: `id`, `text`, and optionally `thread_id`, `parent_id`, `network`, `from_ministry`.
        cues: The phrases in force.

    Yields:
        `id`, `category`, `should_escalate`, `reason`, `urgency`, `route`, `why`; all but the id null for the
        ministry's own, `{"id", "error"}` for a row that lacks a field.
    """
    threads: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        text = row.get("text")
        if row.get("id") is None or not isinstance(text, str):
            missing = "id" if row.get("id") is None else "text"
            yield {**({"id": row["id"]} if missing == "text" else {}), "error": f"{missing}: missing or not a text"}
            continue
        thread = threads.setdefault(row.get("thread_id"), []) if row.get("thread_id") is not None else []
        if row.get("from_ministry"):
            yield {"id": row["id"], **dict.fromkeys(_ANSWERED)}
        else:
            found = suggest(text, _before(row, thread), str(row.get("network") or ""), cues)
            yield {"id": row["id"], **_shown(found)}
        thread.append(row)


_ANSWERED: Final = ("category", "should_escalate", "reason", "urgency", "route", "why")


def _shown(found: Suggestion) -> dict[str, Any]:
    return {
        "category": found.category,
        "should_escalate": found.should_escalate,
        "reason": found.reason,
        "urgency": found.urgency,
        "route": found.route,
        "why": "; ".join(found.why),
    }


def _before(row: Mapping[str, Any], thread: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the citizens' texts before a row, its parent last."""
    earlier = [each for each in thread if not each.get("from_ministry")]
    earlier.sort(key=lambda each: each.get("id") == row.get("parent_id"))
    return tuple(str(each["text"]) for each in earlier)
