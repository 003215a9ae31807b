"""What the Graph API's refusals and limits mean. Decided by code and subcode, not by HTTP status or type.

Source: the error table of API facts, section 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from connectors.http import Answer, NotJson, decode
from connectors.refusals import PersonClosed
from connectors.verdict import Says, Verdict
from majlis.errors import Refused

from .refusals import LinkRefused, PrivateReplyRefused, WindowShut

_T = TypeVar("_T")

THROTTLED_S = 300.0
"""Wait after a limit without a stated end; doubled up to an hour when it comes again."""

LONGEST_REGAIN_S = 24 * 3600.0
"""No longer than a day, whatever a header says: limits count over a rolling day. Source: API facts, section 1."""
MOST_PERCENT = 1000
"""Figures beyond it say nothing more."""

_HOUR_S = 3600.0
_PARAMETER = 100

_BY_CODE: tuple[tuple[frozenset[int], Says, float | None], ...] = (
    (frozenset({102, 104, 190}), Says.SIGN_IN, None),
    (frozenset({4, 17, 32, 613, *range(80000, 80015)}), Says.WAIT, None),
    (frozenset({341, 368}), Says.WAIT, _HOUR_S),
    (frozenset({506}), Says.DUPLICATE, None),
    (frozenset({1, 2}), Says.FAULT, None),
    (frozenset({3, 10, *range(200, 300)}), Says.NO_RIGHT, None),
)
"""Codes, what they mean, and for how long where that is fixed; the first row that fits counts."""

_BY_SUBCODE: dict[tuple[int, int], tuple[Says, float | None]] = {
    (10, 2018278): (Says.NO, None),
    (10, 1893063): (Says.WAIT, _HOUR_S),
    (100, 33): (Says.GONE, None),
    (100, 2018001): (Says.NO, None),
}
"""Exceptions to the table of codes."""

_KINDS: dict[tuple[int, int | None], type[Refused]] = {
    (10, 2018278): WindowShut,
    (100, 2018001): PersonClosed,
    (551, None): PersonClosed,
    (1545041, None): PersonClosed,
    (10900, None): PrivateReplyRefused,
    (10903, None): PrivateReplyRefused,
    (1609005, None): LinkRefused,
}
"""Refusals with a way out of their own; without a subcode, whichever it has."""

OUTSIDE_WINDOW = "10/2018278"
"""The person wrote too long ago for a plain private message."""
TOO_MUCH = "1/reduce"
"""The service wants to be asked for less."""


class ErrorBody(msgspec.Struct):
    """The inside of the error envelope."""

    message: str | None = None
    type: str | None = None
    code: int | None = None
    error_subcode: int | None = None
    is_transient: bool | None = None
    error_user_msg: str | None = None


class _Envelope(msgspec.Struct):
    error: ErrorBody


def verdict_of(answer: Answer) -> Verdict:
    """Judge an answer that is not a success."""
    try:
        error = answer.decode(_Envelope).error
    except NotJson:
        return _by_status(answer)
    return _by_code(error, answer)


def error_of(answer: Answer) -> ErrorBody | None:
    """Return the error of an answer that says 200 and yet carries one."""
    try:
        return answer.decode(_Envelope).error
    except NotJson:
        return None


def is_dead(answer: Answer) -> bool:
    """Whether the service did not know us: with any status, and with 200 too."""
    if error_of(answer) is None:
        return answer.status == 401  # noqa: PLR2004  # unauthorised
    return verdict_of(answer).says is Says.SIGN_IN


def _by_status(answer: Answer) -> Verdict:
    code = f"HTTP {answer.status}"
    match answer.status:
        case 401:
            return Verdict(says=Says.SIGN_IN, code=code)
        case 429:
            return Verdict(says=Says.WAIT, code=code, wait_s=answer.retry_after_s or THROTTLED_S)
        case 408 | 409:
            return Verdict(says=Says.FAULT, code=code)
        case 404:
            return Verdict(says=Says.GONE, code=code)
        case status if status >= 500:  # noqa: PLR2004  # the 5xx of HTTP
            return Verdict(says=Says.FAULT, code=code, wait_s=answer.retry_after_s)
        case _:
            return Verdict(says=Says.NO, code=code)


def _by_code(error: ErrorBody, answer: Answer) -> Verdict:
    code, subcode = error.code or 0, error.error_subcode
    words = error.error_user_msg or error.message or ""
    says, wait_s = _meaning(code, subcode, error, answer)
    if says is Says.WAIT and wait_s is None:
        wait_s = usage_of(answer.headers).regain_s or answer.retry_after_s or THROTTLED_S
    name = f"{code}/{subcode}" if subcode else str(code)
    if code == 1 and "reduce the amount" in (error.message or "").lower():
        name = TOO_MUCH
    kind = _KINDS.get((code, subcode)) or _KINDS.get((code, None)) or Refused
    return Verdict(says=says, code=name, reason=words, wait_s=wait_s, kind=kind)


def _meaning(code: int, subcode: int | None, error: ErrorBody, answer: Answer) -> tuple[Says, float | None]:
    if subcode is not None and (known := _BY_SUBCODE.get((code, subcode))):
        return known
    for codes, says, wait_s in _BY_CODE:
        if code in codes:
            return says, wait_s
    if error.is_transient or answer.status >= 500:  # noqa: PLR2004  # the 5xx of HTTP
        return Says.FAULT, answer.retry_after_s
    return (_parameter(error) if code == _PARAMETER else Says.NO), None


def _parameter(error: ErrorBody) -> Says:
    """Judge code 100: a wrong request, an old cursor, or in truth a missing right."""
    words = (error.message or "").lower()
    if "cursor" in words or "paging_token" in words:
        return Says.STALE
    if error.error_subcode is None and "permission" in words:
        return Says.NO_RIGHT
    return Says.NO


# -------------------------------------------------------------------------------------------------------------- limits


OF_APP, OF_OBJECTS = "x-app-usage", "x-business-use-case-usage"
"""Headers that say how much is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much of the limits is used."""

    percent: int = 0
    """The worst of all figures."""
    regain_s: float | None = None
    """Until access comes back, where the service says so."""


class _Figures(msgspec.Struct):
    call_count: float | None = None
    total_cputime: float | None = None
    total_time: float | None = None
    estimated_time_to_regain_access: float | None = None
    """Minutes."""

    def worst(self) -> int:
        known = max(self.call_count or 0, self.total_cputime or 0, self.total_time or 0)
        return round(min(max(known, 0), MOST_PERCENT))


def usage_of(headers: Mapping[str, str]) -> Usage:
    """Read the JSON inside the usage headers; what cannot be read counts as nothing used."""
    figures: list[_Figures] = []
    if app := headers.get(OF_APP):
        figures += _decoded(app, _Figures)
    if business := headers.get(OF_OBJECTS):
        for by_object in _decoded(business, dict[str, list[_Figures]]):
            figures += [each for listed in by_object.values() for each in listed]
    minutes = max((each.estimated_time_to_regain_access or 0 for each in figures), default=0)
    regain_s = min(max(minutes, 0) * 60, LONGEST_REGAIN_S)
    return Usage(percent=max((each.worst() for each in figures), default=0), regain_s=regain_s or None)


def _decoded(text: str, kind: type[_T]) -> list[_T]:
    try:
        return [decode(text.encode(), kind)]
    except NotJson:
        return []
