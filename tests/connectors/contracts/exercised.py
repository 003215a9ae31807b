"""Which calls of a client were made, and with which of their options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

_C = TypeVar("_C")


class Exercised(Generic[_C]):
    """A client that remembers what it was asked for; `client` is used in its place."""

    def __init__(self, client: _C, *, leave_out: frozenset[str] = frozenset({"aclose"})) -> None:
        """Take the client, and which of its public coroutines make no call."""
        self._real = client
        self._methods = {
            name: method
            for name, method in inspect.getmembers(client, inspect.iscoroutinefunction)
            if not name.startswith("_") and name not in leave_out
        }
        self._made: dict[str, list[inspect.BoundArguments]] = {name: [] for name in self._methods}

    @property
    def client(self) -> _C:
        """The client itself, watched."""
        return cast("_C", self)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        return self._watched(name, real) if name in self._methods else real

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self._made[name].append(inspect.signature(real).bind(*args, **named))
            return real(*args, **named)

        return call

    def missing(self) -> list[str]:
        """Return the methods never called, and the options never both left out and given another value."""
        lacking: list[str] = []
        for name, method in self._methods.items():
            made = self._made[name]
            if not made:
                lacking.append(name)
            for option in inspect.signature(method).parameters.values():
                given = [each.arguments.get(option.name, option.default) for each in made]
                optional = option.default is not inspect.Parameter.empty
                if optional and not any(each != option.default for each in given):
                    lacking.append(f"{name}({option.name} given)")
                if (optional and option.default not in given) or (_may_be_none(option) and None not in given):
                    lacking.append(f"{name}({option.name} left out)")
        return lacking


def _may_be_none(option: inspect.Parameter) -> bool:
    return "None" in str(option.annotation)
