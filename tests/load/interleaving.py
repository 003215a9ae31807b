"""Every order in which several parties can take their steps, tried one after another: no threads, no chance.

A party is a coroutine that stops before each step which others can see: what it writes to the store, what it hands to
the network. `explore` runs all orders of these steps from the same beginning. Where two orders have led to the same
place, what follows is the same too and is tried once.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any, Protocol

Body = Coroutine[Any, Any, None]


class Violation(AssertionError):
    """Something happened that must never happen; says in which order of steps."""


class Point:
    """Where a party stops until it is its turn."""

    def __await__(self) -> Generator[Point, None, None]:
        yield self


@types.coroutine
def advance(body: Body) -> Generator[Any, Any, bool]:
    """Run a party to its next stop; return whether there is one. What else it waits for is waited for."""
    if inspect.getcoroutinestate(body) == inspect.CORO_CLOSED:
        return False
    given: Any = None
    while True:
        try:
            waits_for = body.send(given)
        except StopIteration:
            return False
        if isinstance(waits_for, Point):
            return True
        given = yield waits_for


class World(Protocol):
    """One beginning, and what can be said of any moment after it."""

    parties: dict[str, Body]
    """By name, in the order in which they are tried."""

    async def place(self, name: str) -> object:
        """Return all that decides what a party does next, besides the state that all see."""
        ...

    async def state(self) -> object:
        """Return all that others can see."""
        ...

    async def finish(self) -> None:
        """Look at the end.

        Raises:
            Violation: Something is not as it must be.
        """
        ...


@dataclass(slots=True)
class Explored:
    """How much there was."""

    ends: int = 0
    """Orders that were followed to their end."""
    states: set[object] = field(default_factory=set)


async def explore(make: Callable[[], Awaitable[World]], *, prune: bool = True, most: int | None = None) -> Explored:
    """Try all orders.

    Args:
        make: Makes the same beginning again and again.
        prune: Whether equal states are followed once; off, every single order is.
        most: Orders at most, for a sample; None: all.

    Raises:
        Violation: In some order something happened that must not.
    """
    explored = Explored()
    waiting: list[tuple[str, ...]] = [()]
    while waiting and (most is None or explored.ends < most):
        order = waiting.pop()
        world = await make()
        done: list[str] = []
        live: dict[str, Body] = {}
        try:
            # To their first stops, which nobody can see.
            live = {name: body for name, body in world.parties.items() if await advance(body)}
            for name in order:
                await _step(live, name, done)
            while live:
                places = [(name, done.count(name), await world.place(name)) for name in live]
                here = (tuple(places), await world.state())
                if prune and here in explored.states:
                    break
                explored.states.add(here)
                first, *others = live
                waiting += [(*done, other) for other in others]
                await _step(live, first, done)
            else:
                await world.finish()
                explored.ends += 1
        except Violation as error:
            raise Violation(f"{error}\nafter {' '.join(done)}") from error
        finally:
            for body in world.parties.values():
                body.close()
    return explored


async def _step(live: dict[str, Body], name: str, done: list[str]) -> None:
    done.append(name)
    if not await advance(live[name]):
        del live[name]
