"""The played networks of a scenario: items given directly, or the services' own bodies through the real clients."""

from __future__ import annotations

from typing import Protocol

from majlis.ports import Clock, Connector

from .accepted import Accepted
from .player import ScenarioConnector
from .script import Scenario


class PlayedNetwork(Connector, Protocol):
    """A connector whose network is played, and remembers what it did for us."""

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Requests that nothing in the scenario answers."""
        ...

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """What it has done, in order of time; what was refused or never arrived is not among it."""
        ...


def connectors_for(scenario: Scenario, clock: Clock, machine: Clock | None = None) -> tuple[PlayedNetwork, ...]:
    """Return one connector per account of the scenario, in the header's order.

    Args:
        scenario: What happens.
        clock: The networks' own.
        machine: That of the machine that asks them; None: it shows the same.
    """
    if scenario.header.network == "wire":
        from .wired import WiredNetwork  # noqa: PLC0415  it loads the three real clients

        return tuple(WiredNetwork(account, scenario, clock, machine or clock) for account in scenario.header.accounts)
    return tuple(ScenarioConnector(account, scenario, clock, machine) for account in scenario.header.accounts)


__all__ = ["Accepted", "PlayedNetwork", "connectors_for"]
