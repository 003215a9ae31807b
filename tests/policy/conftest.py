"""The screens and the command line, as their own tests open them."""

from __future__ import annotations

from tests.cli.conftest import cli, filled
from tests.cli.test_figures import counted
from tests.tui.conftest import _as_before, memory, sitting

__all__ = ["_as_before", "cli", "counted", "filled", "memory", "sitting"]
