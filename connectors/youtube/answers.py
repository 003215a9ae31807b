"""What YouTube's refusals mean. Decided by reason and status together; messages hold HTML and decide nothing.

Source: the table of API facts, section 3.
"""

from __future__ import annotations

import html

import msgspec

from connectors.http import Answer, NotJson
from connectors.verdict import Says, Verdict

QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
"""The day's units are used up."""

COMMENTS_OFF = "commentsDisabled"
"""This video takes no comments."""

PROCESSING = "processingFailure"
"""A fault of the service that has lasted for days."""

RATE_S = 30.0
"""Wait at a short-lived limit; a guess within "seconds to minutes"."""

_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_NO_RIGHT = frozenset(
    {"forbidden", "insufficientPermissions", "accessNotConfigured", "ineligibleAccount", "SERVICE_UNAVAILABLE"}
)
_FAULTS = frozenset({"backendError", "internalError", PROCESSING})
_UNSETTLED = frozenset({408, 409, 412})
"""Statuses after which only another look tells what happened: time-out, conflict, precondition."""
_SERVER = 500


class _Detail(msgspec.Struct):
    reason: str | None = None
    message: str | None = None


class _Error(msgspec.Struct):
    code: int | None = None
    message: str | None = None
    status: str | None = None
    errors: list[_Detail] | None = None


class _Envelope(msgspec.Struct):
    error: _Error | str


def verdict_of(answer: Answer) -> Verdict:
    """Judge an answer that is not a success."""
    try:
        error = answer.decode(_Envelope).error
    except NotJson:
        error = _Error()
    if isinstance(error, str):  # the token endpoint's form
        return Verdict(says=Says.SIGN_IN, code=error)
    reason = (error.errors[0].reason if error.errors else None) or ""
    says, wait_s = _meaning(answer.status, reason)
    if answer.retry_after_s is not None and says in {Says.WAIT, Says.FAULT}:
        wait_s = answer.retry_after_s
    return Verdict(says=says, code=f"{answer.status} {reason}".strip(), reason=_plain(error.message), wait_s=wait_s)


def is_dead(answer: Answer) -> bool:
    """Whether the service did not know us."""
    return answer.status == 401  # noqa: PLR2004  # unauthorised


def reason_of(verdict: Verdict) -> str:
    """Return the service's reason from a verdict's code."""
    return verdict.code.partition(" ")[2]


def _meaning(status: int, reason: str) -> tuple[Says, float | None]:
    wait_s: float | None = None
    if status == 401:  # noqa: PLR2004  # unauthorised
        says = Says.SIGN_IN
    elif reason in QUOTA:
        says = Says.WAIT  # until when is the ledger's to say
    elif reason in _RATE or status == 429:  # noqa: PLR2004  # too many requests
        says, wait_s = Says.WAIT, RATE_S
    elif reason == "invalidPageToken":
        says = Says.STALE
    elif reason in _FAULTS or status >= _SERVER or status in _UNSETTLED:
        says = Says.FAULT
    elif status == 403 and reason in _NO_RIGHT | {""}:  # noqa: PLR2004  # forbidden
        says = Says.NO_RIGHT
    elif status == 404:  # noqa: PLR2004  # not found
        says = Says.GONE
    else:
        says = Says.NO
    return says, wait_s


def _plain(message: str | None) -> str:
    """Take the tags out of a message that a person may read."""
    out, inside = [], False
    for char in message or "":
        if char in "<>":
            inside = char == "<"
        elif not inside:
            out.append(char)
    return html.unescape("".join(out))
