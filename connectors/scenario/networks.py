"""The played networks of a scenario: items given directly, or the services' own bodies through the real clients."""

from __future__ import annotations

from typing import Protocol

from majlis.ports import Clock, Connector

from .accepted import Accepted
from .mistakes import BadScenario
from .player import ScenarioConnector
from .script import Scenario


class PlayedNetwork(Connector, Protocol):
    """A connector whose network is played, and remembers what it did for us."""

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

    Raises:
        BadScenario: It is of a kind that cannot be played.
    """
    if scenario.header.network == "wire":
        raise BadScenario(path=scenario.header.name, line=1, field="network", detail="'wire' cannot be played yet")
    return tuple(ScenarioConnector(account, scenario, clock, machine) for account in scenario.header.accounts)


__all__ = ["Accepted", "PlayedNetwork", "connectors_for"]
