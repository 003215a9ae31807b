"""The table of the service's refusals."""

from __future__ import annotations

import json

import pytest

from connectors.http import Answer
from connectors.verdict import Says
from connectors.youtube.answers import verdict_of
from tests.connectors.service import Reply

from .channel import refusal

_OURS = ["keyInvalid", "badRequest", "invalidFilters", "incompatibleParameters", "missingRequiredParameter"]
_SHOWN = ["commentTextRequired", "commentTextTooLong", "parentIdMissing", "parentCommentIsPrivate"]
_RIGHTS = ["forbidden", "insufficientPermissions", "accessNotConfigured", "ineligibleAccount"]
_GONE = ["commentNotFound", "parentCommentNotFound", "commentThreadNotFound", "videoNotFound", "channelNotFound"]

TABLE: list[tuple[Reply, Says]] = [
    *[(refusal(403, reason), Says.WAIT) for reason in ("quotaExceeded", "dailyLimitExceeded")],
    *[(refusal(403, reason), Says.WAIT) for reason in ("rateLimitExceeded", "userRateLimitExceeded")],
    (refusal(429, "rateLimitExceeded"), Says.WAIT),
    (refusal(401, "authError"), Says.SIGN_IN),
    *[(refusal(400, reason), Says.NO) for reason in (*_OURS, *_SHOWN, "operationNotSupported", "banWithoutReject")],
    (refusal(400, "invalidPageToken"), Says.STALE),
    (refusal(400, "processingFailure"), Says.FAULT),
    (refusal(403, "commentsDisabled"), Says.NO),
    *[(refusal(403, reason), Says.NO_RIGHT) for reason in _RIGHTS],
    *[(refusal(404, reason), Says.GONE) for reason in _GONE],
    (refusal(409, "conflict"), Says.FAULT),
    (refusal(412, "preconditionFailed"), Says.FAULT),
    *[(refusal(status, "backendError"), Says.FAULT) for status in (500, 502, 503)],
    (refusal(500, "internalError"), Says.FAULT),
    (Reply(status=400, body={"error": "invalid_grant", "error_description": "expired"}), Says.SIGN_IN),
    (Reply(status=401, raw=b""), Says.SIGN_IN),
    (Reply(status=408, raw=b""), Says.FAULT),
    (Reply(status=429, raw=b""), Says.WAIT),
    (Reply(status=502, raw=b"<html>bad gateway</html>"), Says.FAULT),
    (Reply(status=503, body={"error": {"code": 503, "errors": None}}), Says.FAULT),
    (Reply(status=404, raw=b"<html>"), Says.GONE),
    (Reply(status=400, raw=b"<html>"), Says.NO),
]


@pytest.mark.parametrize(("reply", "says"), TABLE)
def test_refusals_are_told_apart_by_status_and_reason(reply: Reply, says: Says) -> None:
    """The table of API facts, section 3."""
    body = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
    assert verdict_of(Answer(status=reply.status, body=body)).says is says


def test_messages_lose_their_tags() -> None:
    """The service's words hold HTML; a person reads text."""
    body = json.dumps(refusal(403, "quotaExceeded", 'exceeded your <a href="/q">quota</a>.').body).encode()
    assert verdict_of(Answer(status=403, body=body)).reason == "exceeded your quota."
