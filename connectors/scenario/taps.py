"""Listens to what goes over the wire, and writes it down as lines that answer the same requests again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from connectors.http import Answer, NotSent, Sent
from majlis.message import Network
from majlis.ports import Clock

from .bodies import Bodies
from .rows import Answered, Asked, Wire

TOGETHER: Final = timedelta(seconds=5)
"""Calls of one turn at an account: they follow each other sooner than this. A guess."""
_HEADERS: Final = ("retry-after", "x-rate-limit-limit", "x-rate-limit-remaining", "x-app-usage")
_ON: Final = frozenset({"next", "next_token", "nextPageToken"})
"""By what an answer says that there is more."""
Keep = Callable[[datetime, Wire], None]


@dataclass(frozen=True, slots=True)
class _Heard:
    """One call, and its answer or how the line broke."""

    sent: Sent
    came: Answer | Literal["before", "after"]


class Tap:
    """Listens at one account; the calls of a turn are written together, with the time of the first one.

    A replay reads as soon as a line says so, and has to find all of a turn's answers then.
    """

    def __init__(self, account: str, network: Network, bodies: Bodies, clock: Clock, keep: Keep) -> None:
        """Take whom to listen to.

        Args:
            account: As the recording names it.
            network: Whose service it is.
            bodies: Takes people out.
            clock: The time.
            keep: Writes a line.
        """
        self._account = account
        self._network = network
        self._bodies = bodies
        self._clock = clock
        self._keep = keep
        self._turn: list[_Heard] = []
        self._last_said: dict[str, Wire] = {}
        """What each request was answered last."""
        self._begun = clock.now()
        self._last = clock.now()

    async def carry(self, sent: Sent, out: Callable[[Sent], Awaitable[Answer]]) -> Answer:
        """Make a call, and write down what was asked and what came."""
        now = self._clock.now()
        if now - self._last > TOGETHER:
            self.flush()
        if not self._turn:
            self._begun = now
        came: Answer | Literal["before", "after"] = "after"
        try:
            answer = came = await out(sent)
        except NotSent:
            came = "before"
            raise
        finally:
            self._last = self._clock.now()
            self._turn.append(_Heard(sent, came))
        return answer

    def _asked(self, sent: Sent) -> Asked:
        return Asked(
            method=sent.method,  # type: ignore[arg-type]  # a verb of HTTP
            path=self._bodies.path(self._network, sent.path),
            query=self._bodies.query(self._network, sent.query),
        )

    def _answered(self, came: Answer | Literal["before", "after"]) -> Answered:
        if not isinstance(came, Answer):
            return Answered(cut=came)
        headers = {name: came.headers[name] for name in _HEADERS if name in came.headers}
        status = min(max(came.status, 200), 599)
        if not came.body:
            return Answered(status=status, headers=headers)
        value = _json_of(came)
        if value is msgspec.UNSET:
            text = self._bodies.text(came.body.decode("utf-8", "replace"))
            return Answered(status=status, headers=headers, text=text)
        # A replay asks for no more than was asked for, or nobody would answer.
        value = _without_more(self._bodies.answer(self._network, value), self._bodies.asked_for)
        return Answered(status=status, headers=headers, json=value)

    def flush(self) -> None:
        """Write down the turn that is over.

        Who is in it is learned before any text is looked at: services name people in other answers than their words.
        Of equal requests the later answers come first, since the latest line counts.
        """
        heard, self._turn = self._turn, []
        self._bodies.asked_for.clear()  # by this turn
        groups: dict[str, list[tuple[Asked, _Heard]]] = {}
        for each in heard:
            asked = self._asked(each.sent)
            name = json.dumps([asked.method, asked.path, asked.query], sort_keys=True)
            groups.setdefault(name, []).append((asked, each))
            if isinstance(each.came, Answer):
                self._bodies.meet(_json_of(each.came))
        for name, group in groups.items():
            for place, (asked, each) in enumerate(reversed(group)):
                times = None if place == 0 else 1
                row = Wire(at="", account=self._account, request=asked, response=self._answered(each.came), times=times)
                if place > 0 or self._last_said.get(name) != row:  # the same as before is said already
                    self._keep(self._begun, row)
                if place == 0:
                    self._last_said[name] = row


def _json_of(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return msgspec.UNSET


def _without_more(value: Any, asked_for: set[str]) -> Any:
    if isinstance(value, list):
        return [_without_more(each, asked_for) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_more(part, asked_for)
        for name, part in value.items()
        if name not in _ON or not isinstance(part, str) or any(part.endswith(cursor) for cursor in asked_for)
    }
