"""What X's refusals mean.

Source: the status table of API facts, section 2.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from connectors.http import Answer, NotJson
from connectors.refusals import PersonClosed
from connectors.rows import decoded
from connectors.verdict import Says, Verdict
from majlis.errors import NotAnswerable, Refused

NOT_ANSWERABLE = "not-answerable"
"""X does not let this account answer this post: its author neither mentioned nor quoted us."""

CLOSED = "closed"
"""This person takes no messages from us."""

_WAYS_OUT: dict[str, type[Refused]] = {NOT_ANSWERABLE: NotAnswerable, CLOSED: PersonClosed}
"""Refusals with a way out of their own."""

_NO_RIGHT = frozenset({"client-forbidden", "unsupported-authentication", "oauth1-permissions"})
_ABOUT_ANSWERING = ("mentioned", "mention", "summon", "engaged", "quote", "reply to this", "conversation")
_ABOUT_MESSAGES = ("direct message", "send messages", "permission to dm", "cannot dm")
"""Words of X's own by which its refusals are told apart; their types say nothing more. As seen in 2026-11."""

STALE_MARK = "since_id"
"""The id from which to read on is too old."""

CREDIT_S = 3600.0
"""Out of credit, or of the month's share: asked again hourly."""

LIMIT_S = 900.0
"""Wait at a limit whose end is not said: the length of X's windows."""

_LONGEST_STAMP = 11
"""Digits of epoch seconds until the year 5138; more are no time."""


class Problem(msgspec.Struct):
    """One entry of `errors`."""

    message: str | None = None
    title: str | None = None
    detail: str | None = None
    type: str | None = None
    code: int | None = None
    parameters: dict[str, list[str]] | None = None
    parameter: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None
    value: str | None = None

    @property
    def kind(self) -> str:
        """The last part of the type's address; its host has changed over the years."""
        return (self.type or "").rstrip("/").rsplit("/", 1)[-1]


class _Body(msgspec.Struct):
    title: str | None = None
    detail: str | None = None
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    errors: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def problems(self) -> list[Problem]:
        """What is wrong, one by one; odd ones are left out."""
        try:
            return decoded(msgspec.json.decode(bytes(self.errors), type=list[msgspec.Raw] | None) or [], Problem)
        except msgspec.DecodeError:
            return []


def verdict_of(answer: Answer, *, write: bool) -> Verdict:
    """Judge an answer that is not a success."""
    try:
        body = answer.decode(_Body)
    except NotJson:
        body = _Body()
    problems = body.problems
    words = body.detail or body.message or body.title or ""
    if problems and not body.detail:
        words = problems[0].message or problems[0].detail or words
    name = (
        f"{answer.status} {body.reason or Problem(type=body.type).kind}".strip()
        .removesuffix(" about:blank")
        .removesuffix("about:blank")
    )
    says, wait_s, name = _meaning(answer, body, name.strip(), words, write=write)
    narrow = wait_s is not None and wait_s != CREDIT_S  # windows are counted per call, credit per account
    kind = _WAYS_OUT.get(name, Refused)
    return Verdict(says=says, code=name, reason=words, wait_s=wait_s, narrow=narrow, kind=kind)


def _meaning(answer: Answer, body: _Body, name: str, words: str, *, write: bool) -> tuple[Says, float | None, str]:
    kind = Problem(type=body.type).kind
    wait_s: float | None = None
    match answer.status:
        case 400:
            says, name = _bad_request(body, name)
        case 401:
            says = Says.SIGN_IN
        case 402:
            says, wait_s = Says.WAIT, CREDIT_S
        case 403:
            says, name = _forbidden(words.lower(), kind, name, write=write)
        case 404:
            says = Says.GONE if answer.body.strip() else Says.NO_RIGHT  # empty: an endpoint not open to us
        case 429:
            says, wait_s = Says.WAIT, (CREDIT_S if kind == "usage-capped" else shut_s(answer) or reset_s(answer))
        case status if status in {408, 409} or status >= 500:  # noqa: PLR2004  # passing faults of HTTP
            says, wait_s = Says.FAULT, answer.retry_after_s
        case _:
            says = Says.NO
    return says, wait_s, name


def _bad_request(body: _Body, name: str) -> tuple[Says, str]:
    problems = body.problems
    named = {parameter for each in problems for parameter in (each.parameters or {})}
    named |= {each.parameter for each in problems if each.parameter}
    if "since_id" in named:
        return Says.STALE, STALE_MARK
    if named & {"pagination_token", "next_token"}:
        return Says.STALE, name
    return Says.NO, name


def _forbidden(words: str, kind: str, name: str, *, write: bool) -> tuple[Says, str]:
    """Judge a 403: the same words twice, a right that is missing, a post we may not answer, a closed person."""
    if "duplicate content" in words:
        return Says.DUPLICATE, "403 duplicate"
    if kind in _NO_RIGHT:
        return Says.NO_RIGHT, name
    if not write:
        return Says.NO_RIGHT, name
    if "deleted or not visible" in words:
        return Says.GONE, name
    if any(part in words for part in _ABOUT_MESSAGES):
        return Says.NO, CLOSED
    return Says.NO, NOT_ANSWERABLE if any(part in words for part in _ABOUT_ANSWERING) else name


def reset_s(answer: Answer, limit: str = "x-rate-limit") -> float:
    """Return the seconds until a window ends, by the service's own clock; at least one."""
    reset = answer.headers.get(f"{limit}-reset", "")
    asked_s = answer.retry_after_s
    if not reset.isdecimal() or len(reset) > _LONGEST_STAMP or answer.served_at is None:
        return LIMIT_S if asked_s is None else max(1.0, asked_s)
    ends_at = datetime.fromtimestamp(int(reset), UTC)
    return max(1.0, asked_s or 0.0, (ends_at - answer.served_at).total_seconds())


def is_dead(answer: Answer) -> bool:
    """Whether the service did not know us."""
    return answer.status == 401  # noqa: PLR2004  # unauthorised


_SETS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
"""Beginnings of the headers that tell what is left: of the window, of the app's day, of the account's day."""


def shut_s(answer: Answer) -> float | None:
    """Return for how long this call is used up, by whichever limit ends last; None while something is left."""
    used_up = [name for name in _SETS if answer.headers.get(f"{name}-remaining") == "0"]
    return max((reset_s(answer, name) for name in used_up), default=None)
