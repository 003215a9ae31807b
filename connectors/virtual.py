"""An event loop whose time is not the wall's: when nobody has anything left to do, it is the next sleeper's time.

So a week passes as fast as what happens in it can be done, and it passes in the same order every time. What runs on it
reaches nothing outside: whoever waits for another machine would find that hours have gone by.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

RESOLUTION_S = 1e-9
"""Sleepers whose times differ by less wake together; fixed, since the machine's own differs between machines."""


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on a loop of its own, whose time begins at zero."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs what is ready; when nothing is, it jumps to the next timer."""

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(_Jumping(self._jump))
        self._clock_resolution = RESOLUTION_S
        self.set_default_executor(_AtOnce())

    def time(self) -> float:
        """Return seconds since the loop was made."""
        return self._now_s

    def _jump(self, by_s: float) -> None:
        self._now_s += by_s


class _AtOnce(ThreadPoolExecutor):
    """Does work while whoever asks waits: a thread would be done at some moment, and never at the same one twice."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it, and return that it is done."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  whoever waits gets it
            done.set_exception(error)
        return done


class _Jumping(selectors.BaseSelector):
    """Waits for nothing: what is there is returned, and the time that would have been waited has passed."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        self._inner = selectors.DefaultSelector()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; without a timer there is nothing to jump to, and a thread or a signal has to come."""
        found = self._inner.select(None if timeout is None else 0)
        if not found and timeout is not None and timeout > 0:
            self._jump(timeout)
        return found

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a file."""
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Watch it no longer."""
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch it for something else."""
        return self._inner.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """Return what is watched."""
        return self._inner.get_map()

    def close(self) -> None:
        """Watch nothing any more."""
        self._inner.close()
