"""Resolve the direction of one paragraph, by Unicode's bidirectional algorithm (UAX #9, Unicode 15).

The names P2, X5a, W4, N0, L1 beside the code are the rules of the annex, https://www.unicode.org/reports/tr9/.
What a paragraph is (P1), where lines break and what a cell is belongs to `tui.arabic.layout`.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

MAX_DEPTH = 125
"""Deepest explicit level (BD2)."""

_MAX_OPEN_BRACKETS = 63
"""Opening brackets that are waited for at once; more give up on pairing (BD16)."""

_EMBEDDINGS = frozenset({"LRE", "RLE", "LRO", "RLO"})
_INITIATORS = frozenset({"LRI", "RLI", "FSI"})
_CONTROLS = _EMBEDDINGS | _INITIATORS | {"PDF", "PDI"}
_REMOVED = _EMBEDDINGS | {"PDF", "BN"}  # what X9 takes out
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "PDI"}) | _INITIATORS  # NI in the rules' words
_RIGHTWARD = frozenset({"R", "AL", "AN"})  # without one of these or a control, nothing leaves level 0
_BLANK = frozenset({"WS", "PDI"}) | _INITIATORS | _REMOVED  # what L1 resets before a separator or a line's end
_STRONG_AS = {"L": "L", "R": "R", "EN": "R", "AN": "R"}  # how N0 to N2 see what is not neutral

_DEFAULT_CLASSES = (  # of unassigned code points, from the header of DerivedBidiClass.txt
    (0x0590, 0x05FF, "R"),
    (0x0600, 0x07BF, "AL"),
    (0x07C0, 0x085F, "R"),
    (0x0860, 0x08FF, "AL"),
    (0x20A0, 0x20CF, "ET"),
    (0xFB1D, 0xFB4F, "R"),
    (0xFB50, 0xFDCF, "AL"),
    (0xFDD0, 0xFDEF, "BN"),
    (0xFDF0, 0xFDFF, "AL"),
    (0xFE70, 0xFEFE, "AL"),
    (0x10800, 0x10CFF, "R"),
    (0x10D00, 0x10D3F, "AL"),
    (0x10D40, 0x10EBF, "R"),
    (0x10EC0, 0x10EFF, "AL"),
    (0x10F00, 0x10F2F, "R"),
    (0x10F30, 0x10F6F, "AL"),
    (0x10F70, 0x10FFF, "R"),
    (0x1E800, 0x1EC6F, "R"),
    (0x1EC70, 0x1ECBF, "AL"),
    (0x1ECC0, 0x1ECFF, "R"),
    (0x1ED00, 0x1ED4F, "AL"),
    (0x1ED50, 0x1EDFF, "R"),
    (0x1EE00, 0x1EEFF, "AL"),
    (0x1EF00, 0x1EFFF, "R"),
    (0xE0000, 0xE0FFF, "BN"),
    *((plane | 0xFFFE, plane | 0xFFFF, "BN") for plane in range(0, 0x110000, 0x10000)),
)

_LATE_MIRRORS = (("\u2e55", "\u2e56"), ("\u2e57", "\u2e58"), ("\u2e59", "\u2e5a"), ("\u2e5b", "\u2e5c"))
"""Bracket pairs of Unicode 14 that python-bidi's table does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A paragraph whose levels are known; lines are cut from it with `line_levels`."""

    base: int
    """Paragraph embedding level: 0 left to right, 1 right to left."""
    levels: tuple[int, ...]
    """One level per code point, before L1; what X9 removes has the level of what stands before it."""
    classes: tuple[str, ...]
    """Original bidirectional class per code point."""


class _Classes(dict[str, str]):
    """Bidirectional class by character, looked up once."""

    def __missing__(self, ch: str) -> str:
        found = unicodedata.bidirectional(ch) or _default_class(ord(ch))
        self[ch] = found
        return found


def _default_class(code: int) -> str:
    return next((kind for first, last, kind in _DEFAULT_CLASSES if first <= code <= last), "L")


_CLASSES = _Classes()


class _Bracket(NamedTuple):
    pair: str  # the closing bracket in its canonical form: one name for both ends
    opens: bool


@cache
def _mirrors() -> dict[str, str]:
    from bidi.mirror import MIRRORED  # noqa: PLC0415  (loads a native library: only once Arabic is shown)

    table: dict[str, str] = dict(MIRRORED)
    for left, right in _LATE_MIRRORS:
        table |= {left: right, right: left}
    return table


@cache
def _brackets() -> dict[str, _Bracket]:
    """Return the paired brackets (BD14, BD15): neutral, mirrored, of category Ps or Pe."""
    table = {}
    for ch, other in _mirrors().items():
        category = unicodedata.category(ch)
        if category in {"Ps", "Pe"} and unicodedata.bidirectional(ch) == "ON":
            closing = other if category == "Ps" else ch
            # U+2329/232A and U+3008/3009 are canonically the same pair (BD16)
            table[ch] = _Bracket(unicodedata.normalize("NFC", closing), category == "Ps")
    return table


def mirror(ch: str) -> str:
    """Return the glyph's mirror image (L4), or the character itself where it has none."""
    return _mirrors().get(ch, ch)


def resolve(text: str, base: int | None = None) -> Resolved:
    """Resolve the levels of one paragraph.

    Args:
        text: One paragraph, in logical order; a separator may end it.
        base: Paragraph level 0 or 1, or `None` for the first strong letter (P2, P3).
    """
    return resolve_classes(text, classes_of(text), base)


def resolve_classes(text: str, classes: tuple[str, ...], base: int | None = None) -> Resolved:
    """Resolve a paragraph whose classes are known; see `resolve`."""
    if base is None:
        base = first_strong(classes) or 0
    present = set(classes)
    if base == 0 and present.isdisjoint(_RIGHTWARD) and present.isdisjoint(_CONTROLS):
        return Resolved(base=0, levels=(0,) * len(classes), classes=classes)
    if present.isdisjoint(_CONTROLS):
        levels, kinds = [base] * len(classes), list(classes)
        matching: dict[int, int] = {}
    else:
        matching = _matching_isolates(classes)
        levels, kinds = _explicit_levels(classes, base, matching)
    kept = [i for i, kind in enumerate(classes) if kind not in _REMOVED] if present & _REMOVED else range(len(classes))
    # The ends of a sequence are judged by explicit levels, so all sequences are cut before any level changes.
    for sequence in list(_sequences(kept, levels, classes, matching, base)):
        _resolve_sequence(sequence, text, classes, kinds, levels)
    if present & _REMOVED:
        before = base
        for i, kind in enumerate(classes):
            if kind in _REMOVED:
                levels[i] = before
            before = levels[i]
    return Resolved(base=base, levels=tuple(levels), classes=classes)


def first_strong(classes: Sequence[str], start: int = 0, stop: int | None = None) -> int | None:
    """Return 0 or 1 by the first strong class outside isolates (P2, P3), or `None` without one."""
    depth = 0
    for kind in classes[start:stop]:
        if kind in _INITIATORS:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif depth == 0:
            if kind == "L":
                return 0
            if kind in {"R", "AL"}:
                return 1
    return None


def classes_of(text: str) -> tuple[str, ...]:
    """Return the bidirectional class of each code point."""
    return tuple([_CLASSES[ch] for ch in text])


def _matching_isolates(classes: Sequence[str]) -> dict[int, int]:
    """Pair isolate initiators with their PDI, both ways (BD9); those without a partner are absent."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    for i, kind in enumerate(classes):
        if kind in _INITIATORS:
            waiting.append(i)
        elif kind == "PDI" and waiting:
            opener = waiting.pop()
            pairs[opener], pairs[i] = i, opener
        elif kind == "B":
            waiting.clear()
    return pairs


class _Status(NamedTuple):
    level: int
    override: str | None
    is_isolate: bool


def _next_level(level: int, kind: str) -> int:
    """Return the next odd level for RLx, the next even one for LRx."""
    return (level + 1) | 1 if kind.startswith("R") else (level + 2) & ~1


def _explicit_levels(  # noqa: C901, PLR0912, PLR0915  (one story: X1 to X8 share their counters and their stack)
    classes: Sequence[str], base: int, matching: dict[int, int]
) -> tuple[list[int], list[str]]:
    """Apply X1 to X8: the explicit level of each code point, and its class after overrides."""
    levels = [base] * len(classes)
    kinds = list(classes)
    bottom = _Status(base, None, False)  # noqa: FBT003  (fields of a stack entry)
    stack = [bottom]  # X1
    overflow_isolates = overflow_embeddings = valid_isolates = 0
    done = 0
    for i in [i for i, kind in enumerate(classes) if kind in _CONTROLS or kind == "B"]:
        kind, top = classes[i], stack[-1]
        _settle(levels, kinds, done, i, top)  # X6
        done = i + 1
        if kind in _EMBEDDINGS:  # X2 to X5
            level = _next_level(top.level, kind)
            if level <= MAX_DEPTH and not overflow_isolates and not overflow_embeddings:
                override = {"LRO": "L", "RLO": "R"}.get(kind)
                stack.append(_Status(level, override, False))  # noqa: FBT003
            elif not overflow_isolates:
                overflow_embeddings += 1
        elif kind in _INITIATORS:  # X5a to X5c
            levels[i] = top.level
            kinds[i] = top.override or kind
            if kind == "FSI" and not overflow_isolates:  # deeper down it would make no difference
                inner = first_strong(classes, i + 1, matching.get(i))
                kind = "RLI" if inner == 1 else "LRI"  # X5c: as if it were the other
            level = _next_level(top.level, kind)
            if level <= MAX_DEPTH and not overflow_isolates and not overflow_embeddings:
                valid_isolates += 1
                stack.append(_Status(level, None, True))  # noqa: FBT003
            else:
                overflow_isolates += 1
        elif kind == "PDI":  # X6a
            if overflow_isolates:
                overflow_isolates -= 1
            elif valid_isolates:
                overflow_embeddings = 0
                while not stack[-1].is_isolate:
                    stack.pop()
                stack.pop()
                valid_isolates -= 1
            top = stack[-1]
            levels[i] = top.level
            kinds[i] = top.override or kind
        elif kind == "PDF":  # X7
            if overflow_isolates:
                pass
            elif overflow_embeddings:
                overflow_embeddings -= 1
            elif not top.is_isolate and len(stack) > 1:
                stack.pop()
        else:  # X8
            stack = [bottom]
            overflow_isolates = overflow_embeddings = valid_isolates = 0
    _settle(levels, kinds, done, len(classes), stack[-1])
    return levels, kinds


def _settle(levels: list[int], kinds: list[str], start: int, end: int, status: _Status) -> None:
    """Give what stands between two controls its level, and its class if an override is on (X6)."""
    levels[start:end] = [status.level] * (end - start)
    if status.override is not None:
        kinds[start:end] = [kind if kind == "BN" else status.override for kind in kinds[start:end]]


class _Sequence(NamedTuple):
    indices: list[int]
    level: int
    sos: str
    eos: str


def _sequences(
    kept: Sequence[int], levels: Sequence[int], classes: Sequence[str], matching: dict[int, int], base: int
) -> Iterator[_Sequence]:
    """Cut what X9 left into isolating run sequences, with their ends' directions (BD7, BD13, X10)."""
    if not kept:
        return
    starts = [0, *(n for n, (a, b) in enumerate(pairwise(kept), 1) if levels[a] != levels[b])]
    runs = [list(kept[a:b]) for a, b in pairwise([*starts, len(kept)])]
    around = [base, *(levels[run[0]] for run in runs), base]
    waiting: dict[int, tuple[list[int], int]] = {}  # by initiator: its sequence so far, the level before its start
    done: list[tuple[list[int], int, int]] = []
    for n, run in enumerate(runs, 1):
        before = around[n - 1]
        sequence = run
        if classes[run[0]] == "PDI" and matching.get(run[0]) in waiting:
            sequence, before = waiting.pop(matching[run[0]])
            sequence += run
        last = sequence[-1]
        if classes[last] in _INITIATORS and last in matching:
            waiting[last] = (sequence, before)
        else:
            # An initiator that nothing closes looks at the paragraph, not at its own contents (X10).
            done.append((sequence, before, base if classes[last] in _INITIATORS else around[n + 1]))
    for sequence, before, after in done:
        level = levels[sequence[0]]
        yield _Sequence(sequence, level, "LR"[max(level, before) & 1], "LR"[max(level, after) & 1])


def _resolve_sequence(
    sequence: _Sequence, text: str, classes: Sequence[str], kinds: Sequence[str], levels: list[int]
) -> None:
    """Apply W1 to W7, N0 to N2, I1 and I2 to one isolating run sequence."""
    indices = sequence.indices
    types = [kinds[i] for i in indices]
    _weak(types, sequence.sos)
    if not _NEUTRAL.isdisjoint(types):
        _paired_brackets(sequence, types, text, classes)
        _neutrals(types, sequence)
    if sequence.level & 1:  # I2
        for i, kind in zip(indices, types, strict=True):
            if kind != "R":
                levels[i] += 1
    else:  # I1
        for i, kind in zip(indices, types, strict=True):
            if kind != "L":
                levels[i] += 1 if kind == "R" else 2


def _weak(types: list[str], sos: str) -> None:  # noqa: C901  (W1 to W3 in one walk, then the others)
    before = strong = sos
    for n, kind in enumerate(types):
        if kind == "NSM":  # W1
            kind = "ON" if before in _INITIATORS or before == "PDI" else before  # noqa: PLW2901
            types[n] = kind
        before = kind
        if kind == "EN":
            if strong == "AL":  # W2
                types[n] = before = "AN"
        elif kind in {"L", "R"}:
            strong = kind
        elif kind == "AL":
            strong = kind
            types[n] = "R"  # W3, ahead of its turn: W1 looks at `before`, which keeps AL
    present = set(types)
    if not present.isdisjoint({"ES", "CS", "ET"}):
        _number_separators(types)
    if "EN" in present:  # W7
        strong = sos
        for n, kind in enumerate(types):
            if kind in {"L", "R"}:
                strong = kind
            elif kind == "EN" and strong == "L":
                types[n] = "L"


def _number_separators(types: list[str]) -> None:
    last = len(types) - 1
    for n, kind in enumerate(types):  # W4
        if kind in {"ES", "CS"} and 0 < n < last:
            around = types[n - 1]
            if around == types[n + 1] and (around == "EN" or (around == "AN" and kind == "CS")):
                types[n] = around
    terminator = None
    for n, kind in enumerate([*types, "ON"]):
        if kind == "ET":
            terminator = n if terminator is None else terminator
            continue
        if terminator is not None:  # W5, and W6 for terminators without a number
            joins = kind == "EN" or (terminator > 0 and types[terminator - 1] == "EN")
            types[terminator:n] = ["EN" if joins else "ON"] * (n - terminator)
            terminator = None
        if kind in {"ES", "CS"}:  # W6
            types[n] = "ON"


def _bracket_pairs(indices: Sequence[int], types: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Find bracket pairs (BD16) as positions in the sequence, in order of the opening one."""
    brackets = _brackets()
    pairs: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for n, i in enumerate(indices):
        if types[n] != "ON" or (bracket := brackets.get(text[i])) is None:
            continue
        if bracket.opens:
            if len(waiting) == _MAX_OPEN_BRACKETS:
                return []
            waiting.append((bracket.pair, n))
            continue
        for depth in range(len(waiting) - 1, -1, -1):
            if waiting[depth][0] == bracket.pair:
                pairs.append((waiting[depth][1], n))
                del waiting[depth:]
                break
    return sorted(pairs)


def _paired_brackets(sequence: _Sequence, types: list[str], text: str, classes: Sequence[str]) -> None:
    """Apply N0: a pair takes the direction of what it encloses, seen from its surroundings."""
    embedding = "LR"[sequence.level & 1]
    strong: Callable[[str], str | None] = _STRONG_AS.get
    for opening, closing in _bracket_pairs(sequence.indices, types, text):
        inside = {strong(kind) for kind in types[opening + 1 : closing]}
        if embedding in inside:  # N0 b
            direction = embedding
        elif inside <= {None}:  # N0 d
            continue
        else:  # N0 c
            context = next((found for kind in reversed(types[:opening]) if (found := strong(kind))), sequence.sos)
            direction = context if context != embedding else embedding
        for end in (opening, closing):
            types[end] = direction
            for n in range(end + 1, len(types)):  # marks on a bracket go with it
                if classes[sequence.indices[n]] != "NSM":
                    break
                types[n] = direction


def _neutrals(types: list[str], sequence: _Sequence) -> None:
    embedding = "LR"[sequence.level & 1]
    before, start = sequence.sos, None
    for n, kind in enumerate([*types, sequence.eos]):
        if kind in _NEUTRAL:
            start = n if start is None else start
            continue
        after = _STRONG_AS[kind]
        if start is not None:
            types[start:n] = [before if before == after else embedding] * (n - start)  # N1, N2
            start = None
        before = after


def line_levels(resolved: Resolved, start: int, end: int) -> list[int]:
    """Return the levels of one line, `[start, end)` of the paragraph, with its blanks reset (L1)."""
    levels = list(resolved.levels[start:end])
    trailing = True
    for n in range(len(levels) - 1, -1, -1):
        kind = resolved.classes[start + n]
        if kind in {"S", "B"}:
            trailing = True
        elif kind not in _BLANK:
            trailing = False
        if trailing:
            levels[n] = resolved.base
    return levels


def reorder(levels: Sequence[int]) -> list[int]:
    """Return logical indices in visual order, left to right (L2)."""
    order = list(range(len(levels)))
    if not levels:
        return order
    highest = max(levels)
    lowest = min(levels)
    if highest == lowest:
        return order[::-1] if highest & 1 else order
    for level in range(highest, lowest - 1 if lowest & 1 else lowest, -1):
        start = None
        for n, here in enumerate([*levels, -1]):
            if here >= level:
                start = n if start is None else start
            elif start is not None:
                order[start:n] = order[start:n][::-1]
                start = None
    return order
