"""What a sitting holds: claims that composing keeps alive, whose loss is noticed, and that go back at the end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from majlis.commands import Claim, Release
from majlis.errors import Ask, MajlisError
from majlis.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from majlis.commands import Command
    from majlis.desk import Desk
    from majlis.message import Claim as ClaimLease
    from majlis.message import Message, MessageKey
    from majlis.outcome import Outcome
    from majlis.ports import Clock, Store

RETRY: Final = timedelta(seconds=5)
"""Until a claim that the store would not renew is tried again. A guess; the lease is for much longer."""


class Turn(Enum):
    """What became of a claim without this sitting's doing."""

    TAKEN = auto()
    """A colleague holds it."""
    SETTLED = auto()
    """It was dealt with in another way."""
    RUN_OUT = auto()
    """It is back in the queue."""
    REGAINED = auto()
    """It had run out while an answer was being written, and nobody had taken it: it is held again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """One such thing, and the message as it stands now."""

    turn: Turn
    message: Message


class Holding:
    """Carries commands out and remembers which claims they have made; time comes from whoever calls.

    Nothing here runs by itself: a process that is stopped renews nothing, one that was killed frees nothing, and what
    they held runs out.
    """

    def __init__(self, *, store: Store, desk: Desk, clock: Clock) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._held: dict[MessageKey, ClaimLease] = {}
        self._deciding = 0
        """Commands under way: what they change is no surprise."""
        self._missed: set[str] = set()
        """Keys of what changed meanwhile, and is looked at afterwards."""
        self._not_before: datetime | None = None

    async def decide(self, command: Command) -> Outcome:
        """Carry a command out.

        Raises:
            MajlisError: As `Desk.do`.
        """
        self._deciding += 1
        try:
            outcome = await self._desk.do(command)
            if outcome.message is not None:
                self._note(outcome.message)
        finally:
            self._deciding -= 1
        return outcome

    def _note(self, message: Message) -> None:
        claim = self._mine(message)
        if claim is not None:
            self._held[message.key] = claim
        else:
            self._held.pop(message.key, None)

    def _is_deciding(self) -> bool:
        return self._deciding > 0

    def _mine(self, message: Message) -> ClaimLease | None:
        claim = message.standing.claim
        is_mine = claim is not None and claim.holder == self._desk.operator.name
        return claim if is_mine and message.standing.state is MessageState.CLAIMED else None

    async def changed(self, keys: Iterable[str], composed: MessageKey | None) -> tuple[Turned, ...]:
        """Look at what is held and has changed.

        Args:
            keys: Of everything that changed.
            composed: What is being answered: a claim on it that has run out is not given up.
        """
        self._missed.update(keys)
        if self._is_deciding():
            return ()
        missed, self._missed = self._missed, set()
        turned: list[Turned] = []
        for key in [key for key in self._held if str(key) in missed]:
            message = await self._store.message(key)
            if message is None or key not in self._held:
                continue
            claim = self._mine(message)
            if claim is not None:
                self._held[key] = claim
            elif self._is_deciding():
                self._missed.add(str(key))
            elif message.standing.state is MessageState.NEW and key == composed:
                self._held[key] = replace(self._held[key], until=self._clock.now())
            else:
                del self._held[key]
                turned.append(Turned(turn=_turn(message), message=message))
        return tuple(turned)

    async def renew(self, composed: MessageKey | None) -> tuple[Turned, ...]:
        """Keep the claim of what is being composed alive: once in half its life.

        Raises:
            MajlisError: The store cannot say now; it is tried again in a while.
        """
        now, life = self._clock.now(), self._desk.policy.claim_lease
        claim = self._held.get(composed) if composed is not None else None
        if composed is None or claim is None or self._is_deciding():
            return ()
        if life / 2 < claim.until - now <= life or (self._not_before is not None and now < self._not_before):
            return ()
        self._not_before = now + RETRY
        try:
            outcome = await self.decide(Claim(key=composed))
        except Ask:
            return await self.changed([str(composed)], None)
        self._not_before = None
        if claim.holds(now) or outcome.message is None:
            return ()
        return (Turned(turn=Turn.REGAINED, message=outcome.message),)

    async def give_back(self) -> None:
        """Give back all that is held; what cannot be given back runs out."""
        for key in list(self._held):
            with suppress(MajlisError):
                await self.decide(Release(key=key))


def _turn(message: Message) -> Turn:
    match message.standing.state:
        case MessageState.NEW:
            return Turn.RUN_OUT
        case MessageState.CLAIMED:
            return Turn.TAKEN
        case _:
            return Turn.SETTLED
