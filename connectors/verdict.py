"""What a service's answer means for us, in one vocabulary; and how that becomes an error of the domain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

from majlis.errors import Busy, Gone, MajlisError, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import Network

from .http import Lost, NotJson, NotSent, redact

PAUSE_S = 5.0
"""Wait after a passing fault before the caller's own backoff takes over; a guess."""

LONGEST_REASON = 160
"""Characters of a service's own words that are shown."""


class Says(Enum):
    """What a service says."""

    WAIT = auto()
    """A limit; the wait is given."""
    SIGN_IN = auto()
    """The token is dead."""
    NO_RIGHT = auto()
    """This token may not do this; other things still work."""
    NO = auto()
    """A final no to this very request."""
    GONE = auto()
    """The thing is not there, or not visible to us."""
    STALE = auto()
    """The continuation mark is no longer valid."""
    FAULT = auto()
    """A passing fault of the service; a write may have happened."""
    DUPLICATE = auto()
    """The same words once more: probably there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An answer that is not the wanted one."""

    says: Says
    code: str
    """The service's own code, for whoever looks it up."""
    reason: str = ""
    """The service's own words."""
    wait_s: float | None = None
    narrow: bool = False
    """Whether the limit is that of this one call; the account's other calls have their own."""
    kind: type[Refused] = Refused
    """What a final no is called before a person, where there is a way out of its own."""


class Failed(Exception):
    """A service answered, but not with what was asked for."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"{verdict.says.name} {verdict.code}")
        self.verdict = verdict


class Unreachable(Busy):
    """The service cannot be reached, or has a fault of its own. Facts: account, wait_s, reason."""

    happened = "{account}: the service cannot be reached ({reason})."


class ListingBusy(Busy):
    """One listing has to wait; the account's others go on. Facts: account, wait_s, reason."""


def reason_of(verdict: Verdict) -> str:
    """Return what may be shown of a service's words, with its code."""
    words = " ".join(redact(verdict.reason).split())
    if len(words) > LONGEST_REASON:
        words = words[:LONGEST_REASON].rstrip() + "…"
    return f"{words} [{verdict.code}]" if words else verdict.code


def _final(verdict: Verdict, account: str, network: Network) -> MajlisError | None:
    """Return the error of a verdict that means the same for reads and writes."""
    match verdict.says:
        case Says.WAIT:
            kind = ListingBusy if verdict.narrow else Busy
            return kind(account=account, wait_s=verdict.wait_s or PAUSE_S, reason=reason_of(verdict))
        case Says.SIGN_IN:
            return NeedsSignIn(account=account, network=network)
        case Says.NO | Says.NO_RIGHT:
            return verdict.kind(account=account, reason=reason_of(verdict), code=verdict.code)
        case _:
            return None


@contextmanager
def reading(account: str, network: Network) -> Iterator[None]:
    """Turn what goes wrong while reading into errors of the domain.

    Raises:
        Busy: A limit, or (`Unreachable`) no connection or a fault of the service.
        NeedsSignIn: The token is dead.
        Refused: A right is missing, or the request was wrong.
        Gone: The thing asked for is not there.
        Malformed: The answer cannot be read.
    """
    try:
        yield
    except (NotSent, Lost) as error:
        raise Unreachable(account=account, wait_s=PAUSE_S, reason=str(error)) from error
    except NotJson as error:
        raise Malformed(account=account, what=str(error)) from error
    except Failed as error:
        verdict = error.verdict
        if final := _final(verdict, account, network):
            raise final from error
        if verdict.says is Says.GONE:
            raise Gone(account=account, subject=reason_of(verdict)) from error
        wait_s = verdict.wait_s or PAUSE_S
        raise Unreachable(account=account, wait_s=wait_s, reason=reason_of(verdict)) from error


@contextmanager
def writing(account: str, network: Network, what: str) -> Iterator[None]:
    """Turn what goes wrong while writing into errors of the domain.

    Raises:
        Busy: A limit, or (`Unreachable`) no connection: certainly not done.
        NeedsSignIn: The token is dead: certainly not done.
        Refused: Certainly not done, and never will be.
        Unknown: It may have happened.
    """
    try:
        yield
    except NotSent as error:
        raise Unreachable(account=account, wait_s=PAUSE_S, reason=str(error)) from error
    except (Lost, NotJson) as error:
        raise Unknown(account=account, what=what) from error
    except Failed as error:
        verdict = error.verdict
        if final := _final(verdict, account, network):
            raise final from error
        if verdict.says in {Says.GONE, Says.STALE}:
            raise Refused(account=account, reason=reason_of(verdict), code=verdict.code) from error
        raise Unknown(account=account, what=what) from error
