"""E-mail addresses, plain and disguised: "at" and "dot" in words of both languages, blanks, brackets, controls.

All patterns read the folded key: lower case, hamza carriers and teh marbuta already plain, controls gone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from majlis.domains import TOP_LEVEL

from .piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ARABIC: Final = "\u0621-\u064a"
_GAP: Final = r"[ \t]{0,2}"
_OPEN, _SHUT = r"[(\[{<«*_/|-]", r"[)\]}>»*_/|-]"

_AT_WORD: Final = "at|ات|ءات|ايت"
_DOT_WORD: Final = "dot|نقطه|دوت|نقط|ضوت"
_AT: Final = (
    rf"(?P<sign>{_GAP}@{_GAP})"
    rf"|{_GAP}{_OPEN}{_GAP}(?:@|a|{_AT_WORD}|عند|علي){_GAP}{_SHUT}{_GAP}"
    rf"|(?P<bare>[ \t]{{1,2}}(?:{_AT_WORD})(?: sign)?[ \t]{{1,2}})"
)
_DOT: Final = re.compile(
    rf"\.(?! )|(?P<spaced>[ \t]{{0,2}}\.[ \t]{{0,2}})"
    rf"|(?P<said>{_GAP}{_OPEN}{_GAP}(?:\.|{_DOT_WORD}){_GAP}{_SHUT}{_GAP}|[ \t]{{1,2}}(?:{_DOT_WORD})[ \t]{{1,2}})"
)
_LOCAL: Final = (
    r"(?<![a-z0-9_%+.-])[a-z0-9_%+-]++(?:\.[a-z0-9_%+-]++)*+"
    rf"|(?<![{_ARABIC}])[{_ARABIC}]++(?:[._-][{_ARABIC}]++)*+"
)
_SAID_DOT: Final = rf"(?:{_GAP}[(\[{{]{_GAP}|[ \t])(?:{_DOT_WORD})(?:{_GAP}[)\]}}]{_GAP}|[ \t])"
_BEFORE: Final = re.compile(rf"(?P<local>(?:{_LOCAL})(?:{_SAID_DOT}(?:{_LOCAL}))?)(?:{_AT})")
_LABEL: Final = re.compile(rf"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|[{_ARABIC}]+")
_SPACED: Final = re.compile(
    r"(?<![a-z0-9])(?:[a-z0-9._-] ){2,}[a-z0-9] ?@ ?(?:[a-z0-9-] ){2,}\. ?(?:[a-z] )+[a-z](?![a-z0-9])"
)
_HAS_AT: Final = re.compile(rf"@|{_OPEN} ?a ?{_SHUT}|(?<![a-z0-9{_ARABIC}])(?:{_AT_WORD}|عند|علي)(?![a-z0-9{_ARABIC}])")

_RESERVED: Final = frozenset({"example", "test", "invalid", "localhost"})
_ARABIC_TOP_LEVEL: Final = {"كوم": "com", "نت": "net", "اورج": "org"}
_LONG_TOP: Final = 4
"""Letters of a top-level domain that is rather the second part of a handle, as in `@huda.clinic`; but for `info`."""
_ODD: Final = re.compile(r"[._\d]")
"""What stands in a mailbox and not in a word."""

_CUE: Final = re.compile(r"e-?mail|\bmail|write to|بريد|ايميل|راسل|ارسل")
_CUE_REACH: Final = 40


def find_emails(key: str, providers: Mapping[str, str], prose: frozenset[str]) -> Iterator[Piece]:
    """Yield the addresses in a folded key, in order, never overlapping.

    Args:
        key: Folded.
        providers: Names of mail providers, as people say them in either script, to their domains.
        prose: Words that stand before "at" in plain English; an address with a bare "at" does not begin with one.
    """
    if not _HAS_AT.search(key):
        return
    at = 0
    while before := _BEFORE.search(key, at):
        piece = _address(key, before, providers, prose)
        # After a refused "at" the words behind it may be the local part of another address.
        at = piece.end if piece else before.end("local")
        if piece:
            yield piece
    for spaced in _SPACED.finditer(key):
        yield Piece(Kind.EMAIL, spaced.start(), spaced.end(), spaced[0].replace(" ", ""))


def _address(key: str, before: re.Match[str], providers: Mapping[str, str], prose: frozenset[str]) -> Piece | None:
    """Judge one candidate by what follows its "at"; `None` when it is prose."""
    end, domain, is_said = _domain(key, before.end(), providers)
    if not domain:
        return None
    start = before.start("local")
    local = _DOT.sub(".", before["local"])
    if local in prose and (before["bare"] or before["sign"] not in {None, "@"}):
        return None
    if before["bare"] and not (is_said or domain in providers.values() or _ODD.search(local) or _is_cued(key, start)):
        return None
    if _is_handle(before, local, domain):
        return None
    return Piece(Kind.EMAIL, start, end, f"{local}@{domain}")


def _is_handle(before: re.Match[str], local: str, domain: str) -> bool:
    """Tell whether a blank before the sign and none behind it makes a handle of what looks like a domain."""
    sign = before["sign"] or ""
    if not (sign[:1].isspace() and sign.endswith("@")):
        return False
    top = domain.rpartition(".")[2]
    if not local.isascii() or (top not in TOP_LEVEL and top not in _RESERVED):
        return True
    # A word before it, and behind it what is a domain only since every word may be one.
    return top not in _RESERVED and len(top) >= _LONG_TOP and not _ODD.search(local)


def _domain(key: str, start: int, providers: Mapping[str, str]) -> tuple[int, str, bool]:
    """Read a domain: where it ends, what it is (empty: none there), and whether a word or bracket said "dot".

    A dot with a blank is as often the end of a sentence, so it joins labels only while no domain is complete.
    """
    labels: list[str] = []
    end, domain, is_said, is_loose = start, "", False, False
    while label := _LABEL.match(key, start):
        provider = providers.get(label[0]) if not labels else None
        labels.append(provider.partition(".")[0] if provider else _ARABIC_TOP_LEVEL.get(label[0], label[0]))
        if provider:
            end, domain = label.end(), provider
        elif len(labels) > 1 and _ends_domain(labels[-1], known=is_loose):
            end, domain = label.end(), ".".join(labels)
        dot = _DOT.match(key, label.end())
        if dot is None or (dot["spaced"] and len(labels) > 1 and domain):
            break
        is_said = is_said or dot["said"] is not None
        is_loose = is_loose or dot[0] != "."
        start = dot.end()
    return end, domain, is_said


def _ends_domain(label: str, *, known: bool) -> bool:
    """Tell whether a label may end a domain; written with blanks or words it has to be a known one."""
    if label in TOP_LEVEL or label in _RESERVED:
        return True
    return not known and label.isascii() and label.isalpha() and len(label) > 1


def _is_cued(key: str, start: int) -> bool:
    return _CUE.search(key, max(0, start - _CUE_REACH), start) is not None
