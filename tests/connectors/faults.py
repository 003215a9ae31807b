"""What the services may do wrong, and what comes of it: the table behind the fault tests and docs/connectors.md.

Run as a module it prints the table of that page.
"""

from __future__ import annotations

import gzip
import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

from connectors.verdict import ListingBusy, Unreachable
from majlis.errors import Busy, Gone, MajlisError, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import Network

from .networks import problem, refusal
from .service import Reply

FB, X, YT = Network.FACEBOOK, Network.X, Network.YOUTUBE

READS: Mapping[type[MajlisError] | None, str] = {
    None: "goes on",
    Busy: "waits",
    ListingBusy: "listing waits",
    Unreachable: "later",
    NeedsSignIn: "stops",
    Refused: "set aside",
    Gone: "gone",
    Malformed: "unread",
}
"""The word for what comes of reading."""

SENDS: Mapping[type[MajlisError] | None, str] = {
    None: "sent",
    Busy: "again",
    ListingBusy: "again",
    Unreachable: "again",
    NeedsSignIn: "stops",
    Refused: "refused",
    Unknown: "unknown",
}
"""The word for what comes of sending."""

MEANINGS: tuple[tuple[str, str], ...] = (
    ("goes on", "a dead token was replaced, and the call repeated once"),
    ("waits", "the whole account waits, never shorter than the service says"),
    ("listing waits", "only this listing waits; the account's others go on"),
    ("later", "tried again after a wait that doubles up to 5 minutes; the mark stays where it was"),
    ("stops", "no further call; the strip says what to do, and it goes on within seconds of a sign-in"),
    ("set aside", "this listing is asked again after an hour; the others go on"),
    ("gone", "what was asked for is not there"),
    ("unread", "nothing of the answer is taken; tried again later"),
    ("sent", "with the replaced token, once"),
    ("again", "certainly not sent; tried again by itself"),
    ("refused", "certainly not sent, and never will be; the text is its author's draft again"),
    ("unknown", "it may have gone out: looked up among our own items, never sent again by itself"),
)
"""What the words of the table mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One fault on one network."""

    reply: Reply
    """Given to every call."""
    read: type[MajlisError] | None
    """What reading raises; None: nothing."""
    write: type[MajlisError] | None
    """What sending raises; None: nothing."""
    wait_s: float | None = None
    """How long the service wants us to wait, where it says so."""
    done: Reply | None = None
    """Given to writes, where it is another one."""
    token: Reply | None = None
    """What the token endpoint answers; then the API takes no token but a fresh one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, on those networks where it can happen."""

    name: str
    on: Mapping[Network, Case] = field(default_factory=dict)


def graph(code: int, subcode: int | None = None, *, status: int = 400, **headers: str) -> Reply:
    """Return a refusal in Graph's envelope."""
    error = {"message": "no", "type": "OAuthException", "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body={"error": error | ({"error_subcode": subcode} if subcode else {})})


def everywhere(name: str, reply: Reply, read: type[MajlisError], write: type[MajlisError], **more: Any) -> Fault:
    """Return a fault that means the same on all three."""
    return Fault(name=name, on={each: Case(reply=reply, read=read, write=write, **more) for each in (FB, X, YT)})


def wired(body: Iterable[bytes], length: int | str, pause_s: float = 0.0) -> Reply:
    """Return an answer of which every byte is written by hand."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()
    return Reply(wire=Pieces(head, body), pause_s=pause_s)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A head and a body, as often as they are asked for."""

    head: bytes
    body: Iterable[bytes]

    def __iter__(self) -> Any:
        return chain([self.head], self.body)


DATE = "Mon, 23 Nov 2026 08:10:00 GMT"
"""The service's clock: ten minutes ahead of ours."""
RESET = "1795421520"
"""2026-11-23 08:12:00 UTC in epoch seconds: two minutes later on that clock."""

USAGE = json.dumps({"1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 7}]})
DEAD = {FB: graph(190, 463), X: problem(401, "Unauthorized"), YT: refusal(401, "authError")}
FRESH = Reply(body={"access_token": "fresh", "refresh_token": "r2", "expires_in": 3600})
WHOLE = b'{"data": [], "items": []}'

LIMITS = (
    Fault(
        name="429 with the time of its end; the clocks ten minutes apart",
        on={
            FB: Case(reply=graph(80001, X_Business_Use_Case_Usage=USAGE, Date=DATE), read=Busy, write=Busy, wait_s=420),
            X: Case(
                reply=Reply(status=429, body={}, headers={"x-rate-limit-reset": RESET, "Date": DATE}),
                read=ListingBusy,
                write=Busy,
                wait_s=120,
            ),
        },
    ),
    Fault(
        name="429 with `Retry-After`",
        on={
            FB: Case(reply=graph(32, status=429, Retry_After="77"), read=Busy, write=Busy, wait_s=77),
            X: Case(
                reply=Reply(status=429, body={}, headers={"Retry-After": "77"}), read=ListingBusy, write=Busy, wait_s=77
            ),
            YT: Case(reply=Reply(status=429, body={}, headers={"Retry-After": "77"}), read=Busy, write=Busy, wait_s=77),
        },
    ),
    Fault(
        name="429 with `Retry-After` as a time; the clocks ten minutes apart",
        on={
            each: Case(
                reply=Reply(status=429, body={}, headers={"Retry-After": DATE.replace("10:00", "11:30"), "Date": DATE}),
                read=ListingBusy if each is X else Busy,
                write=Busy,
                wait_s=90,
            )
            for each in (FB, X, YT)
        },
    ),
    Fault(
        name="402: out of credit",
        on={X: Case(reply=problem(402, "credits"), read=Busy, write=Busy, wait_s=3600)},
    ),
    Fault(
        name="403: blocked for a policy (Graph 368)",
        on={FB: Case(reply=graph(368, status=403), read=Busy, write=Busy, wait_s=3600)},
    ),
    Fault(
        name="403 `quotaExceeded`: nothing left until midnight Pacific",
        on={YT: Case(reply=refusal(403, "quotaExceeded"), read=Busy, write=Busy, wait_s=86400)},
    ),
    Fault(
        name="403 `rateLimitExceeded`",
        on={YT: Case(reply=refusal(403, "rateLimitExceeded"), read=Busy, write=Busy, wait_s=30)},
    ),
    Fault(
        name="503 with `Retry-After`",
        on={
            each: Case(
                reply=Reply(status=503, raw=b"", headers={"Retry-After": "40"}),
                read=Unreachable,
                write=Unknown,
                wait_s=40,
            )
            for each in (FB, X, YT)
        },
    ),
)

RIGHTS = (
    Fault(
        name="401, and the token can be replaced",
        on={
            each: Case(
                reply=Reply(body={}),
                done=Reply(body={"data": {"id": "1"}, "id": "1"}),
                token=FRESH,
                read=None,
                write=None,
            )
            for each in (X, YT)
        },
    ),
    Fault(
        name="401, and the refresh is refused",
        on={
            each: Case(
                reply=DEAD[each],
                token=Reply(status=400, body={"error": "invalid_grant"}),
                read=NeedsSignIn,
                write=NeedsSignIn,
            )
            for each in (X, YT)
        },
    ),
    Fault(
        name="401, and the refresh is answered but the line is cut",
        on={
            each: Case(reply=DEAD[each], token=Reply(body=FRESH.body, cut=True), read=Unreachable, write=Unreachable)
            for each in (X, YT)
        },
    ),
    Fault(
        name="401, and nothing can replace the token (Graph 190)",
        on={each: Case(reply=DEAD[each], read=NeedsSignIn, write=NeedsSignIn) for each in (FB, X, YT)},
    ),
    Fault(
        name="403: a right is missing (Graph 200)",
        on={
            FB: Case(reply=graph(200, status=403), read=Refused, write=Refused),
            X: Case(reply=problem(403, "no", kind="client-forbidden"), read=Refused, write=Refused),
            YT: Case(reply=refusal(403, "insufficientPermissions"), read=Refused, write=Refused),
        },
    ),
    Fault(
        name="403: not this one (Graph 10/2018278, not summoned on X, `commentsDisabled`)",
        on={
            FB: Case(reply=graph(10, 2018278), read=Refused, write=Refused),
            X: Case(reply=problem(403, "You can only reply to posts that mention you."), read=Refused, write=Refused),
            YT: Case(reply=refusal(403, "commentsDisabled"), read=Refused, write=Refused),
        },
    ),
    Fault(
        name="403: the same words twice (Graph 506)",
        on={
            FB: Case(reply=graph(506), read=Unreachable, write=Unknown),
            X: Case(
                reply=problem(403, "You are not allowed to create a Tweet with duplicate content."),
                read=Unreachable,
                write=Unknown,
            ),
        },
    ),
    Fault(
        name="404 (Graph 100/33)",
        on={
            FB: Case(reply=graph(100, 33), read=Gone, write=Refused),
            X: Case(reply=problem(404, "no", kind="resource-not-found"), read=Gone, write=Refused),
            YT: Case(reply=refusal(404, "commentNotFound"), read=Gone, write=Refused),
        },
    ),
    Fault(
        name="404 with an empty body: not open to this account",
        on={X: Case(reply=Reply(status=404, raw=b""), read=Refused, write=Refused)},
    ),
)

BODIES = (
    everywhere("500 with a page of HTML", Reply(status=500, raw=b"<html>oops</html>"), Unreachable, Unknown),
    everywhere("502 with nothing", Reply(status=502, raw=b""), Unreachable, Unknown),
    everywhere("200 with HTML in place of JSON", Reply(raw=b"<html>hello</html>"), Malformed, Unknown),
    everywhere("JSON that ends in its middle", Reply(raw=b'{"data": [{"id": "1", "te'), Malformed, Unknown),
    everywhere("the line cut within the body", Reply(body={"data": ["x" * 4000]}, cut=True), Unreachable, Unknown),
    everywhere("the line cut before an answer", Reply(drop=True), Unreachable, Unknown),
    everywhere(
        "gzip that is broken",
        Reply(raw=b"\x1f\x8b\x08\x00" + b"broken" * 20, headers={"Content-Encoding": "gzip"}),
        Malformed,
        Unknown,
    ),
    everywhere(
        "gzip that ends in its middle",
        Reply(
            raw=gzip.compress(json.dumps({"data": [f"x{n}" for n in range(900)]}).encode())[:-40],
            headers={"Content-Encoding": "gzip"},
        ),
        Malformed,
        Unknown,
    ),
    everywhere("`Content-Length` too small", wired([WHOLE], 9), Unreachable, Unknown),
    everywhere("`Content-Length` that is no number", wired([WHOLE], "many"), Unreachable, Unknown),
    everywhere("headers, then silence", wired([], 400), Unreachable, Unknown),
    everywhere("one byte at a time, without end", wired(repeat(b" "), 10**9, pause_s=0.01), Unreachable, Unknown),
    everywhere("a body of 50 MB", wired(repeat(b" " * 65536, 800), 800 * 65536), Unreachable, Unknown),
    everywhere(
        "a redirect to another host",
        Reply(status=307, headers={"Location": "https://elsewhere.example/steal"}),
        Unreachable,
        Unknown,
    ),
)

FAULTS: tuple[Fault, ...] = (*LIMITS, *RIGHTS, *BODIES)

WALKS: tuple[tuple[str, str, str], ...] = (
    ("pages_that_overlap", "duplicate and overlapping pages", "each row is kept once; nothing is lost"),
    (
        "a_continuation_that_expires",
        "a continuation that expires mid-walk",
        "the walk goes on by id or time from the oldest row stored, else begins again from the mark",
    ),
    (
        "a_crash_between_two_pages",
        "a crash between two pages of a walk",
        "the next process goes on with the page after the last one stored; the mark moves with the last page",
    ),
    ("an_empty_page_with_a_next_link", "an empty page with a next link", "the walk goes on"),
    ("rows_out_of_order", "rows out of order", "all of them are taken"),
    ("a_row_that_changed", "a row that changed", "the same message with a new edition; the old text is kept"),
    (
        "a_row_that_vanished",
        "a row that vanished while its listing was walked",
        "its neighbours are found by the next reading; a look names it as gone",
    ),
    ("ids_beyond_63_bits", "ids beyond 2^63", "kept as they are"),
    ("nobody_as_author", "no author, or null in its place", "a message of somebody unknown"),
    (
        "hostile_texts",
        "emoji, ESC and bidi overrides in every text",
        "stored as received, drawn harmless: see tests/tui/arabic/test_hostile.py",
    ),
    ("clocks_ten_minutes_apart", "clocks ten minutes apart", "what was sent is found all the same"),
    ("accepted_and_the_answer_lost", "a post accepted, and the answer lost", "unknown, then found; sent once"),
    ("accepted_and_answered_500", "a post accepted, and answered 500", "unknown, then found; sent once"),
    (
        "accepted_twice_by_the_service",
        "a post that the service itself took twice",
        "sent; the second one is read as ours and asks nobody for an answer",
    ),
)
"""Name of the test, the fault, and what comes of it."""

BEGIN, END = "<!-- faults: made from tests/connectors/faults.py -->", "<!-- end of faults -->"


def page() -> str:
    """Return the part of docs/connectors.md that is made from here."""
    return "\n".join([*_answers(), "", *_walks()])


def _answers() -> Iterable[str]:
    for word, meaning in MEANINGS:
        yield f"- **{word}**: {meaning}."
    yield ""
    yield "| what the service does | Facebook reads | sends | X reads | sends | YouTube reads | sends |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for fault in FAULTS:
        cells = [word for network in (FB, X, YT) for word in _words(fault.on.get(network))]
        yield f"| {' | '.join([fault.name, *cells])} |"


def _words(case: Case | None) -> tuple[str, str]:
    return ("-", "-") if case is None else (READS[case.read], SENDS[case.write])


def _walks() -> Iterable[str]:
    yield "| what happens to a walk or a write | what comes of it, on all three |"
    yield "| --- | --- |"
    for _test, fault, outcome in WALKS:
        yield f"| {fault} | {outcome} |"


if __name__ == "__main__":
    print(textwrap.dedent(page()))  # noqa: T201  # it is a command
