"""What X's refusals mean.

Source: the status table of API facts, section 2.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from connectors.http import Answer, NotJson
from connectors.verdict import Says, Verdict

NOT_ANSWERABLE = "not-answerable"
"""X does not let this account answer this post: its author neither mentioned nor quoted us."""

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
    errors: list[Problem] | None = None


def verdict_of(answer: Answer, *, write: bool) -> Verdict:
    """Judge an answer that is not a success."""
    try:
        body = answer.decode(_Body)
    except NotJson:
        body = _Body()
    words = body.detail or body.message or body.title or ""
    if body.errors and not body.detail:
        words = body.errors[0].message or body.errors[0].detail or words
    name = (
        f"{answer.status} {body.reason or Problem(type=body.type).kind}".strip()
        .removesuffix(" about:blank")
        .removesuffix("about:blank")
    )
    says, wait_s, name = _meaning(answer, body, name.strip(), write=write)
    narrow = wait_s is not None and wait_s != CREDIT_S  # windows are counted per call, credit per account
    return Verdict(says=says, code=name, reason=words, wait_s=wait_s, narrow=narrow)


def _meaning(answer: Answer, body: _Body, name: str, *, write: bool) -> tuple[Says, float | None, str]:
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
            says, name = _forbidden(body, kind, name, write=write)
        case 404:
            says = Says.GONE if answer.body.strip() else Says.NO_RIGHT  # empty: an endpoint not open to us
        case 429:
            says, wait_s = Says.WAIT, (CREDIT_S if kind == "usage-capped" else reset_s(answer))
        case status if status in {408, 409} or status >= 500:  # noqa: PLR2004  # passing faults of HTTP
            says, wait_s = Says.FAULT, answer.retry_after_s
        case _:
            says = Says.NO
    return says, wait_s, name


def _bad_request(body: _Body, name: str) -> tuple[Says, str]:
    named = {parameter for each in body.errors or [] for parameter in (each.parameters or {})}
    named |= {each.parameter for each in body.errors or [] if each.parameter}
    if "since_id" in named:
        return Says.STALE, STALE_MARK
    if named & {"pagination_token", "next_token"}:
        return Says.STALE, name
    return Says.NO, name


def _forbidden(body: _Body, kind: str, name: str, *, write: bool) -> tuple[Says, str]:
    """Judge a 403: the same words twice, a right that is missing, or a post we may not answer."""
    words = (body.detail or "").lower()
    if "duplicate content" in words:
        return Says.DUPLICATE, "403 duplicate"
    if kind in {"client-forbidden", "unsupported-authentication", "oauth1-permissions"}:
        return Says.NO_RIGHT, name
    if write and any(part in words for part in ("mention", "summon", "quote", "reply to this", "conversation")):
        return Says.NO, NOT_ANSWERABLE
    return (Says.NO if write else Says.NO_RIGHT), name


def reset_s(answer: Answer) -> float:
    """Return the seconds until a window ends, by the service's own clock; at least one."""
    reset = answer.headers.get("x-rate-limit-reset", "")
    asked_s = answer.retry_after_s
    if not reset.isdecimal() or len(reset) > _LONGEST_STAMP or answer.served_at is None:
        return LIMIT_S if asked_s is None else max(1.0, asked_s)
    ends_at = datetime.fromtimestamp(int(reset), UTC)
    return max(1.0, asked_s or 0.0, (ends_at - answer.served_at).total_seconds())


def is_dead(answer: Answer) -> bool:
    """Whether the service did not know us."""
    return answer.status == 401  # noqa: PLR2004  # unauthorised


def is_used_up(answer: Answer) -> bool:
    """Whether this was the last call that its window allows."""
    return answer.headers.get("x-rate-limit-remaining") == "0"
