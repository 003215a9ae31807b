"""A scripted inbox behind the same protocol as the networks: for practice, for tests, for showing a fault again."""

from __future__ import annotations

from .mistakes import BadScenario
from .player import ScenarioConnector, connectors_for
from .script import Scenario, built_in_day, load

__all__ = ["BadScenario", "Scenario", "ScenarioConnector", "built_in_day", "connectors_for", "load"]
