"""A scripted inbox behind the same protocol as the networks: for practice, for tests, for showing a fault again."""

from __future__ import annotations

from .mistakes import BadScenario
from .networks import Accepted, PlayedNetwork, connectors_for
from .player import ScenarioConnector
from .script import TRAINING, Scenario, Step, built_in_day, load, training

__all__ = [
    "TRAINING",
    "Accepted",
    "BadScenario",
    "PlayedNetwork",
    "Scenario",
    "ScenarioConnector",
    "Step",
    "built_in_day",
    "connectors_for",
    "load",
    "training",
]
