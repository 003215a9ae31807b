"""A wire-level scenario: the services' own bodies through the real clients and normalisers, and no socket anywhere."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, assert_never

import msgspec

from connectors.http import Answer, Lost, NotSent, Sent
from connectors.tokens import FixedToken
from majlis.errors import MajlisError, NeedsSignIn, Unknown
from majlis.message import Network
from majlis.outbox import Entry, Receipt
from majlis.ports import Budget, Capability, Clock, Connector, Mark, Page, Probe, Stream

from .accepted import Accepted
from .rows import AccountRow, Answered, Asked, Fault, FaultKind, Token, Wire
from .script import Scenario, Step
from .times import length

_TOKEN: Final = "played"  # noqa: S105  # nobody is shown it
_STATUS: Final = {FaultKind.BUSY: 429, FaultKind.UNAUTHORIZED: 401, FaultKind.FORBIDDEN: 403, FaultKind.ERROR: 500}


@dataclass(slots=True)
class _Body:
    """A line that answers, and how often it still does."""

    row: Wire
    left: int | None


@dataclass(slots=True)
class _Failing:
    fault: Fault
    left: int
    step: Step


class PlayedLine:
    """Answers one account's calls by the script; nothing goes out."""

    def __init__(self, account: AccountRow, scenario: Scenario, clock: Clock) -> None:
        kinds = (Wire, Fault, Token)
        self._steps = [s for s in scenario.steps if isinstance(s.what, kinds) and s.what.account == account.id]
        self._clock = clock
        self._bodies: list[_Body] = []
        self._failing: list[_Failing] = []
        self.signed_in = True
        self.took = False
        """Whether a write was taken since somebody looked."""
        self.is_lenient = False
        """Whether a call that nothing answers is no fault of the script."""
        self.unanswered: list[str] = []

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to answer with yet."""
        return bool(self._bodies)

    def catch_up(self) -> None:
        """Let everything happen whose time has come."""
        while self._steps and self._steps[0].at <= self._clock.now():
            step = self._steps.pop(0)
            match step.what:
                case Wire():
                    self._bodies.append(_Body(step.what, step.what.times))
                case Fault():
                    self._failing.append(_Failing(step.what, step.what.times, step))
                case Token():
                    self.signed_in = step.what.state == "alive"
                case _:  # pragma: no cover  # nothing else was kept
                    pass

    async def carry(self, sent: Sent, out: Callable[[Sent], Awaitable[Answer]]) -> Answer:
        """Answer a call as the latest line says that fits it."""
        del out
        self.catch_up()
        fault = self._met("write" if sent.write else "read")
        if fault is not None and not (sent.write and fault.accepted):
            return await self._failed(fault)
        body = next((each for each in reversed(self._bodies) if each.left != 0 and fits(each.row.request, sent)), None)
        if body is None:
            if not self.is_lenient:
                asked = "".join(f" {name}={value}" for name, value in sorted(sent.query.items()) if name in _SHOWN)
                self.unanswered.append(f"{sent.method} {sent.path}{asked}")
            raise NotSent(f"nothing in the scenario answers {sent.method} {sent.path}")
        if body.left is not None:
            body.left -= 1
        self.took = self.took or (sent.write and body.row.response.cut != "before" and _is_yes(body.row.response))
        if fault is not None:
            return await self._failed(fault)
        return await self._answered(body.row.response)

    def _met(self, on: str) -> Fault | None:
        now = self._clock.now()
        self._failing = [
            each for each in self._failing if (each.left > 0 if each.step.until is None else each.step.until > now)
        ]
        found = next((each for each in self._failing if each.fault.on in (on, "both")), None)
        if found is None:
            return None
        found.left -= 1
        return found.fault

    async def _failed(self, fault: Fault) -> Answer:
        match fault.kind:
            case FaultKind.BUSY:
                return Answer(status=429, headers={"retry-after": str(round(fault.wait_s))}, body=b"{}")
            case FaultKind.UNAUTHORIZED | FaultKind.FORBIDDEN | FaultKind.ERROR:
                return Answer(status=_STATUS[fault.kind], body=b"{}")
            case FaultKind.GARBAGE:
                return Answer(status=200, body=b"<html>")
            case FaultKind.SILENCE:
                await self._clock.sleep_until(self._clock.now() + timedelta(seconds=fault.wait_s))
                raise Lost("no answer")
            case FaultKind.DOWN:
                raise NotSent("cannot be reached")
            case FaultKind.CUT:
                raise Lost("the line broke")
            case _:
                assert_never(fault.kind)

    async def _answered(self, answered: Answered) -> Answer:
        if answered.wait is not None:
            await self._clock.sleep_until(self._clock.now() + length(answered.wait))
        if answered.cut == "before":
            raise NotSent("the line broke before the service had the call")
        if answered.cut == "after":
            raise Lost("the line broke after the service had the call")
        headers = {name.lower(): value for name, value in answered.headers.items()}
        return Answer(status=answered.status, headers=headers, body=_bytes(answered))


_SHOWN: Final = frozenset({"ids", "id", "query", "after", "pagination_token", "next_token", "pageToken", "parentId"})
"""Parameters that say which call it was."""


def _is_yes(answered: Answered) -> bool:
    return 200 <= answered.status < 300  # noqa: PLR2004  # the 2xx of HTTP


def _bytes(answered: Answered) -> bytes:
    if answered.json is not msgspec.UNSET:
        return json.dumps(answered.json, ensure_ascii=False).encode()
    if answered.base64 is not None:
        return base64.b64decode(answered.base64)
    return (answered.text or "").encode()


def fits(asked: Asked, sent: Sent) -> bool:
    """Whether a request is one that a line answers: method, path, and what it names of query, form and body."""
    return (
        asked.method == sent.method
        and _is_path(asked.path, sent.path)
        and asked.query.items() <= {name: str(value) for name, value in sent.query.items()}.items()
        and asked.form.items() <= dict(sent.form or {}).items()
        and (asked.body is None or _holds(sent.body, asked.body))
    )


def _is_path(pattern: str, path: str) -> bool:
    if pattern.endswith("/*"):
        return re.fullmatch(_globbed(pattern[:-1]) + ".+", path) is not None
    return re.fullmatch(_globbed(pattern), path) is not None


def _globbed(pattern: str) -> str:
    return "[^/]+".join(map(re.escape, pattern.split("*")))


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and _holds(value[name], part) for name, part in wanted.items()
        )
    return bool(value == wanted)


class WiredNetwork:
    """One account whose service is played on the wire; everything above the line is what reads the real one."""

    def __init__(self, account: AccountRow, scenario: Scenario, clock: Clock, machine: Clock) -> None:
        self._line = PlayedLine(account, scenario, clock)
        self._clock = clock
        self._machine = machine
        self._real = _connector(account, machine, self._line)
        self._accepted: list[Accepted] = []

    @property
    def network(self) -> Network:
        """Which network it plays."""
        return self._real.network

    @property
    def account(self) -> str:
        """The account's id in the scenario."""
        return self._real.account

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """What the network has done for us, in order of time."""
        return tuple(self._accepted)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Requests that no line answers, as they were made."""
        return tuple(self._line.unanswered)

    def streams(self) -> tuple[Stream, ...]:
        """Return the real listings."""
        return self._real.streams()

    def capabilities(self) -> frozenset[Capability]:
        """Return what the account can do."""
        return self._real.capabilities()

    def budget(self) -> Budget | None:
        """Return nothing: a script is not counted."""
        return None

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Fetch the next page of a stream; before the script's first answer there is nothing."""
        self._require_token()
        if not self._line.has_begun:
            return Page(stream=stream, messages=(), mark=mark or Mark(), more=False, read_at=self._machine.now())
        return await self._real.read(stream, mark)

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, and remember it if the service took it."""
        self._require_token()
        self._line.took = False
        receipt: Receipt | None = None
        try:
            receipt = await self._real.perform(entry)
        except Unknown:
            if self._line.took:
                self._accept(entry)
            raise
        self._accept(entry)
        return receipt

    def _accept(self, entry: Entry) -> None:
        to = entry.target.native_id if entry.target else None
        self._accepted.append(Accepted(at=self._clock.now(), action=entry.action, to=to, text=entry.text))

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made."""
        self._require_token()
        return await self._real.find(entry)

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Ask what is still there; where no line says, nobody knows."""
        self._require_token()
        self._line.is_lenient = True
        try:
            return await self._real.look(ids)
        finally:
            self._line.is_lenient = False

    async def is_signed_in(self) -> bool:
        """Whether the script says so."""
        self._line.catch_up()
        return self._line.signed_in

    async def probe(self) -> Probe:
        """Ask the played service."""
        try:
            self._require_token()
        except MajlisError as error:
            return Probe(account=self.account, ok=False, problem=error)
        return await self._real.probe()

    def _require_token(self) -> None:
        self._line.catch_up()
        if not self._line.signed_in:
            raise NeedsSignIn(account=self.account, network=self.network)

    async def aclose(self) -> None:
        """Give back nothing: it holds no connection."""
        await self._real.aclose()


def _connector(account: AccountRow, clock: Clock, line: PlayedLine) -> Connector:
    """Return the real connector of an account, with the played line in place of the network."""
    network, name = account.network, account.id
    tokens = FixedToken(_TOKEN, account=name, network=network)
    url, own = account.api_url or "http://127.0.0.1", account.native_id or "0"
    match network:
        case Network.FACEBOOK:
            from connectors.facebook import FacebookConnector, FacebookSettings  # noqa: PLC0415  what is played alone

            return FacebookConnector(FacebookSettings(account=name, page=own, api_url=url), clock, tokens, line=line)
        case Network.X:
            from connectors.x import XConnector, XSettings  # noqa: PLC0415  same

            x = XSettings(account=name, user=own, handle=account.handle, api_url=url)
            return XConnector(x, clock, tokens, line=line)
        case Network.YOUTUBE:
            from connectors.youtube import YouTubeConnector, YouTubeSettings  # noqa: PLC0415  same

            tube = YouTubeSettings(account=name, channel=own, api_url=url, token_url=url)
            return YouTubeConnector(tube, clock, tokens, line=line)
        case _:
            assert_never(network)
